"""The answer of `simplify`: shorter, the same function, and never on SymPy's word alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.answers import simplification
from service.answers.simplification import simplify
from service.expression.arena import fresh_arena

SQUARES = {"A": "matrix(n,n)", "B": "matrix(n,n)", "x": "vector(n)"}
VECTOR = {"x": "vector(n)"}
SHORTER: list[tuple[Any, str, dict[str, str]]] = [
    ("x + x", "2*x", {}),
    ("(x^2 - 1)/(x - 1)", "x + 1", {}),
    ("x^3 - 3*x^2 + 3*x - 1", "(x - 1)^3", {}),
    ("1/(x - 1) - 1/(x + 1)", "2/(x^2 - 1)", {}),
    ("sin(x)^2 + cos(x)^2", "1", {}),
    ("exp(x)*exp(-x)", "1", {}),
    ("log(exp(x))", "x", {}),
    ("0.1*x + 0.2*x", "0.3*x", {}),
    ("I*x + I*x", "2*I*x", {}),  # the names of SymPy's constants are names here
    ("theta_1 - S + E/E*E", "theta_1 - S + E", {}),
    ("inv(A)*A*x", "x", SQUARES),
    ("tr(A*B) - tr(B*A) + x'*A'*x", "x'*A*x", SQUARES),
    ("x'*x + norm2(x)^2", "2*x'*x", VECTOR),
    (["x + x", "(a + b)^2 - (a - b)^2"], "[2*x, 4*a*b]", {}),
    ([["x*x", "1 + 1"], ["y - y", "z"]], "[x^2, 2; 0, z]", {}),
]
KEPT = ["x", "5", "sin(x)", "relu(x)", "x/0", "A*B - B*A"]


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def asked(expression: Any, variables: dict[str, str] | None = None) -> dict[str, Any]:
    return simplify({"expression": expression, "variables": variables or {}})


@pytest.mark.parametrize(("expression", "shorter", "variables"), SHORTER, ids=[row[1] for row in SHORTER])
def test_it_is_written_shorter(expression: Any, shorter: str, variables: dict[str, str]) -> None:
    answer = asked(expression, variables)
    assert answer["result"]["text"] == shorter
    assert answer["checks"]
    assert all(check["passed"] for check in answer["checks"])
    with fresh_arena():
        assert asked(shorter, variables)["result"]["text"] == shorter


@pytest.mark.parametrize("expression", ["x", "5", "sin(x)", "relu(x)", "x/0", "x*y - z"])
def test_what_is_short_stays(expression: str) -> None:
    assert asked(expression)["result"] == asked(expression)["expression"]


def test_where_it_is_defined_is_told() -> None:
    assert "x = 1" in asked("(x^2 - 1)/(x - 1)")["domains"]["detail"]
    assert "domains" not in asked("sin(x)")


@pytest.mark.parametrize("wrong", ["1", "x", "abs(x)", "2*x + 1e-9", "0"])
def test_a_wrong_form_is_not_believed(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simplification, "simplified", lambda node: wrong)
    expression = "sin(x)*exp(x + cos(x))"
    assert asked(expression)["result"]["text"] == expression
