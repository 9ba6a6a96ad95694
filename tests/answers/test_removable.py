"""Values of derivatives where the printed formula has none: right where the derivative exists, refused where it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers import removable
from service.answers.derivation import derive, values
from service.answers.task import read_task
from service.errors import UndefinedAtPoint
from service.expression.arena import fresh_arena

X3 = {"X": "matrix(3,3)"}
SINGULAR = {"X": [[1, 2, 3], [2, 4, 6], [1, 0, 1]]}


def value(kind: str, request: dict[str, Any]) -> tuple[Any, list[Any]]:
    with fresh_arena():
        task, checks = read_task(kind, request), []
        return values(derive(task), task, request["at"], checks=checks), checks


# By hand: the gradient of det is the matrix of cofactors, of prod the products of the other entries.
LIMITS = [
    ("gradient", {"expression": "det(X)", "variables": X3, "at": SINGULAR}, [[4, 4, -4], [-2, -2, 2], [0, 0, 0]]),
    ("gradient", {"expression": "det(X)", "variables": {"X": "matrix(n,n)"}, "at": {"X": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}},
     [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]]),
    ("gradient", {"expression": "det(X)", "variables": X3, "at": {"X": [[0, 0, 0]] * 3}}, np.zeros((3, 3))),
    ("gradient", {"expression": "det(X)^2", "variables": X3, "at": SINGULAR}, np.zeros((3, 3))),
    ("gradient", {"expression": "tr(adj(X))", "variables": X3, "at": SINGULAR}, [[5, -2, -1], [-2, 2, 0], [-3, -6, 5]]),
    ("gradient", {"expression": "prod(x)", "variables": {"x": "vector(n)"}, "at": {"x": [0, 2, 3]}}, [6, 0, 0]),
    ("gradient", {"expression": "prod(x)", "variables": {"x": "vector(n)"}, "at": {"x": [0, 0, 3]}}, [0, 0, 0]),
    ("hessian", {"expression": "prod(x)", "variables": {"x": "vector(n)"}, "at": {"x": [0, 2, 3]}}, [[0, 3, 2], [3, 0, 0], [2, 0, 0]]),
    ("hessian", {"expression": "norm2(x)^3", "variables": {"x": "vector(3)"}, "at": {"x": [0, 0, 0]}}, np.zeros((3, 3))),
    ("derivative", {"expression": "sqrt(x^4)", "at": {"x": 0}}, 0),
    ("derivative", {"expression": "(x^2)^(3/2)", "order": 2, "at": {"x": 0}}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "request_", "expected"), LIMITS, ids=[f"{kind} {request['expression']}" for kind, request, _ in LIMITS])
def test_the_derivative_is_given_where_it_exists(kind: str, request_: dict[str, Any], expected: Any) -> None:
    found, checks = value(kind, request_)
    assert np.allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert [check["name"] for check in checks] == ["removable-singularity"]


@pytest.mark.parametrize(
    "request_",
    [
        {"expression": "sqrt(x^2)", "at": {"x": 0}},
        {"expression": "sqrt(x^2)", "order": 2, "at": {"x": 0}},
        {"expression": "sqrt(x^2) + abs(y)", "wrt": "x", "at": {"x": 0, "y": 1}},
        {"expression": "(x^2)^(3/2)", "order": 3, "at": {"x": 0}},
        {"expression": "sqrt(x'*x)", "variables": {"x": "vector(2)"}, "at": {"x": [0, 0]}},
        {"expression": "x^0.5", "at": {"x": 0}},
        {"expression": "x^2*log(x)", "at": {"x": 0}},
        {"expression": "sin(x)/x", "at": {"x": 0}},
        {"expression": "x*y/(x^2 + y^2)", "wrt": "x", "at": {"x": 0, "y": 0}},
    ],
    ids=lambda request: request["expression"],
)
def test_it_is_refused_where_it_does_not_exist(request_: dict[str, Any]) -> None:
    with pytest.raises(UndefinedAtPoint):
        value("derivative", request_)


def test_one_point_of_several() -> None:
    found, checks = value(
        "gradient",
        {"expression": "det(X)", "variables": {"X": "matrix(2,2)"}, "at": [{"X": [[1, 2], [2, 4]]}, {"X": [[1, 2], [2, 5]]}]},
    )
    assert np.allclose(found, [[[4, -2], [-2, 1]], [[5, -2], [-2, 1]]], atol=1e-12)
    assert len(checks) == 1


def test_limits_that_differ_a_little_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a weight perturbed, the limits along the lines are no longer the same."""
    weights = np.array(removable.WEIGHTS)
    weights[0] *= 1 + 1e-6
    monkeypatch.setattr(removable, "WEIGHTS", weights)
    with pytest.raises(UndefinedAtPoint):
        value("gradient", {"expression": "det(X)", "variables": X3, "at": SINGULAR})
