"""The field `code`: NumPy always, other languages where they are asked for."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

QUESTION: dict[str, Any] = {"expression": "norm2(x)^2", "variables": {"x": "vector(n)"}, "wrt": "x"}


def codes(client: FlaskClient, **more: Any) -> dict[str, str]:
    result: dict[str, str] = client.post("/v1/gradient", json={**QUESTION, **more}).get_json()["result"]["code"]
    return result


def test_numpy_comes_alone_and_always(client: FlaskClient) -> None:
    assert list(codes(client)) == list(codes(client, code=[])) == list(codes(client, code="numpy")) == ["numpy"]
    assert codes(client)["numpy"].endswith("    return 2 * x\n")


def test_other_languages_come_when_asked_for(client: FlaskClient) -> None:
    found = codes(client, code=["matlab", "julia", "pytorch", "jax"])
    assert list(found) == ["numpy", "matlab", "julia", "pytorch", "jax"]
    assert "result = 2 * x;" in found["matlab"]
    assert list(codes(client, code="julia")) == ["numpy", "julia"]
    query = "/v1/gradient?expression=x^2&wrt=x&code=julia"
    assert "return 2 * x" in client.get(query).get_json()["result"]["code"]["julia"]


def test_what_was_asked_for_before_is_no_answer_now(client: FlaskClient) -> None:
    """The derivation in the cache is that of the same languages."""
    assert [list(codes(client, code=code)) for code in (["julia"], ["jax"], [])] == [["numpy", "julia"], ["numpy", "jax"], ["numpy"]]


def test_an_unknown_language_is_refused_by_its_place(client: FlaskClient) -> None:
    problem = client.post("/v1/gradient", json={**QUESTION, "code": ["jax", "fortran"]}).get_json()
    assert problem["errors"][0]["pointer"] == "/code/1"
    assert "numpy" in problem["errors"][0]["detail"]


def test_differentials_have_code_too(client: FlaskClient) -> None:
    answer = client.post("/v1/differential", json={**QUESTION, "code": ["julia"]}).get_json()
    assert "return 2 * dot(x, dx)" in answer["result"]["code"]["julia"]
