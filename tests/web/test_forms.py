"""Forms and products over HTTP: on every derivative endpoint, and the value beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from service import limits
from service.answers.task import FORMS

FACTORS = {"T": "matrix(m,n)", "U": "matrix(m,r)", "V": "matrix(n,r)"}
AT = {"T": [[1, 2], [3, 4], [5, 7]], "U": [[1, 0], [0, 1], [1, 1]], "V": [[1, 0], [1, 2]]}
KINDS = {
    "gradient": {"expression": "normF(T - U*V')^2", "variables": FACTORS, "wrt": "U", "at": AT},
    "hessian": {"expression": "normF(T - U*V')^2", "variables": FACTORS, "wrt": "U", "at": AT},
    "jacobian": {"expression": "U*V'", "variables": FACTORS, "wrt": "U", "at": {"U": AT["U"], "V": AT["V"]}},
    "derivative": {"expression": "tr(U*V'*T')", "variables": FACTORS, "wrt": "U", "order": 2, "at": AT},
}
LOGISTIC = {"expression": "sum(log(1 + exp(X*w)))", "variables": {"X": "matrix(N,d)", "w": "vector(d)"}, "wrt": "w"}


def ask(client: FlaskClient, kind: str, request: dict[str, Any], status: int = 200) -> dict[str, Any]:
    reply = client.post(f"/v1/{kind}", json=request)
    assert reply.status_code == status, reply.get_json()
    answer: dict[str, Any] = reply.get_json()
    return answer


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_on_every_endpoint(client: FlaskClient, kind: str) -> None:
    values = {}
    for form in FORMS:
        answer = ask(client, kind, {**KINDS[kind], "form": form})
        assert all(check["passed"] for check in answer["checks"])
        values[form] = np.array(answer["value"]).reshape(-1, order="F")
    for form in FORMS:
        np.testing.assert_allclose(values[form], values["automatic"], rtol=1e-12, atol=1e-12)
    assert ask(client, kind, {**KINDS[kind], "vectorized": True}) == ask(client, kind, {**KINDS[kind], "form": "kronecker"})


def test_every_result_in_the_form(client: FlaskClient) -> None:
    """Scalars side by side are entries in every form."""
    for form in FORMS:
        assert ask(client, "hessian", {"expression": "x^2*y", "wrt": ["x", "y"], "form": form})["result"]["form"] == "entries"
        blocks = ask(client, "hessian", {"expression": "normF(T - U*V')^2", "variables": FACTORS, "wrt": ["U", "V"], "form": form})[
            "results"
        ]
        assert [list(row) for row in blocks.values()] == [["U", "V"], ["U", "V"]]


def test_an_unknown_form_names_the_known_ones(client: FlaskClient) -> None:
    problem = ask(client, "gradient", {"expression": "x^2", "form": "kroneker"}, 400)
    assert "kronecker" in str(problem["errors"])


def test_a_product_comes_with_the_value(client: FlaskClient) -> None:
    at = {"X": [[1, 2], [0, 1], [3, 1]], "w": [0.5, -1]}
    answer = ask(client, "hessian", {**LOGISTIC, "at": at, "product": {"hvp": {"w": [1, 2]}}})
    np.testing.assert_allclose(np.array(answer["value"]) @ [1, 2], answer["product"]["value"], rtol=1e-12)


def test_a_large_matrix_is_not_formed_for_a_product(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    at = {"X": [[1, 2], [0, 1], [3, 1]], "w": [0.5, -1]}
    monkeypatch.setitem(limits._values, "formed-entries", 3)
    answer = ask(client, "hessian", {**LOGISTIC, "at": at, "product": {"hvp": {"w": [1, 2]}}})
    assert "value" not in answer
    assert "value" in answer["product"]
    assert "value" in ask(client, "hessian", {**LOGISTIC, "at": at})
    assert "value" in ask(client, "gradient", {**LOGISTIC, "at": at, "product": {"jvp": {"w": [1, 2]}}})


def test_a_part_that_is_too_large_is_not_formed_for_a_product(client: FlaskClient) -> None:
    """X'*diag(...)*X holds a matrix of 2,000×2,000; the product needs none."""
    at = {"X": [[1, place / 1000] for place in range(2000)], "w": [0.5, -1]}
    answer = ask(client, "hessian", {**LOGISTIC, "at": at, "product": {"hvp": {"w": [1, 2]}}})
    assert "value" not in answer
    assert len(answer["product"]["value"]) == 2
