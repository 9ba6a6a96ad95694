"""Odd questions end in declared errors, or in answers; never in another exception."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from service.errors import NablaError
from service.expression.arena import fresh_arena
from service.functions.convexity import convexity
from service.functions.critical_points import critical_points
from service.functions.linear_map import linear_map
from service.functions.minimize import minimize
from service.functions.solve_nonlinear import solve_nonlinear
from service.functions.taylor import taylor

EXPRESSIONS: list[Any] = [
    "x", "0", "x/0", "1/x", "x^y", "abs(x)", "[x, x]", "A*x", "det(X)", "lambda_max(X)", "logdet(X)", "inv(X)", "sum(x)", "x[1]",
    "gamma(x)", "floor(x)", "where(x > 0, x, -x)", "exp(exp(exp(x)))", "x^200", "1e300*x^2", "sqrt(-1 - x^2)", "x - x", "pi", "e^x",
    ["x", "x^2"], [["x", "1"], ["2", "x"]], [],
]  # fmt: skip
DECLARED: list[dict[str, Any]] = [
    {},
    {"x": "vector(n)"},
    {"x": "vector(1)"},
    {"X": "spd(2)"},
    {"x": "matrix(2,3)"},
    {"x": {"shape": [1, 3]}},
]
STARTS: dict[str, Any] = {"x": 1}


@pytest.mark.parametrize("compute", [convexity, critical_points, linear_map, minimize, solve_nonlinear, taylor])
def test_odd_questions(compute: Any) -> None:
    for expression in EXPRESSIONS:
        for variables in DECLARED:
            with fresh_arena(), contextlib.suppress(NablaError):
                answer = compute({"expression": expression, "variables": variables, "start": STARTS})
                assert all(check.passed for check in answer["checks"])


def test_a_box_at_the_edge_of_doubles() -> None:
    with fresh_arena():
        assert taylor({"expression": "x^2", "within": {"x": [-1e308, 1e308]}})["remainder"]["bound"] == 0
