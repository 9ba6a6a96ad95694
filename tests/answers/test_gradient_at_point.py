"""Gradients of numbers, as a client's own program computes them at a point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.answers.gradient_check import gradient_check
from service.errors import InputError, ShapeMismatch, UndefinedAtPoint
from service.expression.arena import fresh_arena

VARIABLES = {"x": "vector(n)", "A": "matrix(m,n)", "W": "matrix(m,n)", "b": "vector(m)", "M": "matrix(n,n)"}
LEAST_SQUARES = {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, -1], "b": [1, 0, 2]}


@pytest.fixture(autouse=True)
def arena() -> Iterator[None]:
    with fresh_arena():
        yield


def check(expression: str, wrt: Any, gradient: Any, at: Any, **more: Any) -> dict[str, Any]:
    return gradient_check({"expression": expression, "variables": VARIABLES, "wrt": wrt, "gradient": gradient, "at": at, **more})


# 2*A'*(A*x - b) = 2*A'*(-2, -1, -3) by hand.
@pytest.mark.parametrize(
    ("expression", "wrt", "gradient", "at"),
    [
        ("s^2", "s", [4], {"s": 2}),
        ("s^2*t", ["s", "t"], [4, 1], {"s": 1, "t": 2}),
        ("norm2(A*x - b)^2", "x", [-40, -52], LEAST_SQUARES),
        ("norm2(A*x - b)^2", "x", "2*A'*(A*x - b)", LEAST_SQUARES),
        ("norm2(A*x - b)^2", "x", ["-40 + 1e-9", -52], LEAST_SQUARES),
        ("norm2(W*x)^2", "W", [[2, 4], [4, 8]], {"W": [[1, 0], [0, 1]], "x": [1, 2]}),
        ("det(M)", "M", [[4, -2], [-2, 1]], {"M": [[1, 2], [2, 4]]}),
    ],
)
def test_right_numbers_pass(expression: str, wrt: Any, gradient: Any, at: Any) -> None:
    found = check(expression, wrt, gradient, at)
    assert found["passed"] is True
    assert found["error"] <= found["tolerance"]
    assert found["likely_slip"] is None
    assert found["decided_by"] == "value"


@pytest.mark.parametrize(
    ("expression", "wrt", "gradient", "at", "code", "detail"),
    [
        ("norm2(A*x - b)^2", "x", [-20, -26], LEAST_SQUARES, "factor", "factor 2"),
        ("norm2(A*x - b)^2", "x", [40, 52], LEAST_SQUARES, "sign", "opposite"),
        ("norm2(A*x - b)^2", "x", [-40, -52.001], LEAST_SQUARES, "entries", "entry 2 should be -52, and is -52.001"),
        ("norm2(A*x - b)^2", "x", [[-40, -52]], LEAST_SQUARES, "shape", "[1, 2]"),
        ("norm2(A*x - b)^2", "x", [-40, -52, 1], LEAST_SQUARES, "shape", "[3]"),
        ("s^2*t", ["s", "t"], [4, 1.001], {"s": 1, "t": 2}, "entries", "by t"),
        ("norm2(W*x - b)^2", "W", [[2, 0], [4, 0]], {"W": [[1, 0], [0, 1]], "x": [1, 2], "b": [0, 2]}, "transposed", "transposed"),
        ("norm2(A*x - b)^2", "x", [1, 1], LEAST_SQUARES, None, ""),
    ],
)
def test_wrong_numbers_are_told(expression: str, wrt: Any, gradient: Any, at: Any, code: str | None, detail: str) -> None:
    found = check(expression, wrt, gradient, at)
    assert found["passed"] is False
    assert (found["likely_slip"] or {}).get("code") == code
    assert detail in (found["likely_slip"] or {"detail": ""})["detail"]


def test_layouts() -> None:
    at = {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, 2]}
    assert check("A*x", "x", [[1, 3, 5], [2, 4, 6]], at, layout="denominator")["passed"]
    assert not check("A*x", "x", [[1, 3, 5], [2, 4, 6]], at)["passed"]


def test_refusals() -> None:
    with pytest.raises(InputError, match="one point"):
        check("s^2", "s", [4], [{"s": 2}, {"s": 3}])
    with pytest.raises(UndefinedAtPoint):
        check("log(s)", "s", [4], {"s": -2})
    with pytest.raises(ShapeMismatch):
        check("norm2(x)^2", "x", [4], {"x": [[1, 2], [3, 4]]})
