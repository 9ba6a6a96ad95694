"""Taylor polynomials: against published series, and against themselves where they are wrong."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from service.errors import CheckFailed, InputError, ShapeMismatch, UndefinedAtPoint
from service.expression.arena import fresh_arena
from service.functions import taylor as module
from service.functions.taylor import taylor
from tests.functions.asking import ask

SERIES = {  # M. Abramowitz, I. Stegun: Handbook of Mathematical Functions, 4.1.24, 4.2.1, 4.3.65-67, 4.4.42, 4.5.64, 3.6.9, 7.1.5
    "log(1 + x)": "x - x^2/2 + x^3/3 - x^4/4 + x^5/5",
    "exp(x)": "1 + x + x^2/2 + x^3/6 + x^4/24 + x^5/120",
    "sin(x)": "x - x^3/6 + x^5/120",
    "cos(x)": "1 - x^2/2 + x^4/24",
    "tan(x)": "x + x^3/3 + 2*x^5/15",
    "atan(x)": "x - x^3/3 + x^5/5",
    "tanh(x)": "x - x^3/3 + 2*x^5/15",
    "(1 + x)^(1/2)": "1 + x/2 - x^2/8 + x^3/16 - 5*x^4/128 + 7*x^5/256",
    "1/(1 - x)": "1 + x + x^2 + x^3 + x^4 + x^5",
}


@pytest.mark.parametrize("expression", SERIES)
def test_published_series(expression: str) -> None:
    assert ask(taylor, expression=expression, order=5)["result"]["text"] == SERIES[expression]


def test_any_order() -> None:
    """Of exp(sin(x)) the coefficients are those of OEIS A002017 over k!."""
    known = [1, 1, 1, 0, -3, -8, -3, 56, 217, 64, -2951, -12672, 5973]
    terms = ask(taylor, expression="exp(sin(x))", order=12)["terms"]
    factorial = 1
    for k, term in enumerate(terms):
        factorial *= max(k, 1)
        value = term["text"].replace(f"x^{k}", "1").replace("x", "1").replace("*1", "")
        assert Fraction(value) == Fraction(known[k], factorial)


def test_about_points_and_expressions() -> None:
    assert ask(taylor, expression="sin(x)", about={"x": "pi/6"}, order=1)["result"]["text"] == "1/2 + (x - pi/6)*sqrt(3)/2"
    assert ask(taylor, expression="sqrt(x)", wrt="x", about={"x": "a"}, order=1)["result"]["text"] == "sqrt(a) + (x - a)/(2*sqrt(a))"
    assert ask(taylor, expression="x^3 + 2*x", about={"x": 2}, order=2)["result"]["text"] == "12 + 14*(x - 2) + 6*(x - 2)^2"


def test_of_vectors_and_matrices() -> None:
    """logdet: K. B. Petersen, M. S. Pedersen: The Matrix Cookbook, (57) and (61); inv: its (186) to the second order."""
    logdet = ask(taylor, expression="logdet(X)", variables={"X": "spd(n)", "A": "spd(n)"}, wrt="X", about={"X": "A"})
    assert logdet["result"]["text"] == "logdet(A) + tr((X - A)*inv(A)) - tr((X - A)*inv(A)*(X - A)*inv(A))/2"
    inverse = ask(taylor, expression="inv(X)", variables={"X": "matrix(n,n)"}, wrt="X", about={"X": "eye(n)"})
    assert inverse["result"]["text"] == "eye(n) - (X - eye(n)) + (X - eye(n))^2"
    quadratic = {"expression": "x'*A*x", "variables": {"x": "vector(2)", "A": "matrix(2,2)"}, "wrt": "x", "about": {"x": [1, 2]}}
    value = ask(taylor, **quadratic, at={"x": [3, -1], "A": [[1, 2], [3, 4]]})["value"]
    assert value == pytest.approx(np.array([3, -1]) @ np.array([[1, 2], [3, 4]]) @ np.array([3, -1]))


@pytest.mark.parametrize(
    ("expression", "order", "within"),
    [("sin(x)", 3, [-1, 1]), ("exp(x)", 20, [-1, 1]), ("log(1 + x)", 4, [-0.5, 1]), ("1/(1 + x^2)", 2, [-0.5, 0.5])],
)
def test_the_remainder_is_bounded(expression: str, order: int, within: list[float]) -> None:
    remainder = ask(taylor, expression=expression, order=order, within={"x": within})["remainder"]
    assert 0 < remainder["largest_seen"] <= remainder["bound"] < 200 * remainder["largest_seen"]


def test_a_wrong_polynomial_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = module._Task.term

    def wrong(task: module._Task, order: int) -> object:
        return right(task, order - 1 if order == 2 else order)

    monkeypatch.setattr(module._Task, "term", wrong)
    with pytest.raises(CheckFailed):
        ask(taylor, expression="exp(x)", order=2)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"expression": "log(x)"}, UndefinedAtPoint),
        ({"expression": "abs(x)"}, UndefinedAtPoint),
        ({"expression": "sqrt(x)", "order": 1}, UndefinedAtPoint),
        ({"expression": "x^2", "about": {"x": [1, 2]}}, ShapeMismatch),
        ({"expression": "x^2", "about": {"y": 1}}, InputError),
        ({"expression": "x^2", "within": {"x": [1, 2]}}, InputError),
        ({"expression": "x^2", "within": {}}, InputError),
    ],
)
def test_what_has_none_is_refused(request_: dict[str, object], error: type[Exception]) -> None:
    with fresh_arena(), pytest.raises(error):
        taylor(request_)


def test_the_gradient_and_the_hessian_at_the_point() -> None:
    """Magnus and Neudecker, Matrix Differential Calculus, chapters 9 and 10: d log|X| = tr(inv(X) dX)."""
    found = ask(taylor, expression="exp(x)*y", wrt=["x", "y"], about={"x": 0, "y": 1})
    assert (found["gradient"]["value"].tolist(), found["hessian"]["value"].tolist()) == ([1, 1], [[1, 1], [1, 0]])
    variables = {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}
    found = ask(taylor, expression="norm2(A*x - b)^2", variables=variables, wrt="x")
    assert (found["gradient"]["text"], found["hessian"]["text"]) == ("-2*A'*b", "2*A'*A")
    found = ask(taylor, expression="logdet(X)", variables={"X": "spd(n)", "A": "spd(n)"}, wrt="X", about={"X": "A"}, order=1)
    assert (found["gradient"]["text"], "hessian" in found) == ("inv(A)", False)
    found = ask(taylor, expression=["x*y", "x^2"], about={"x": 1, "y": 2})
    assert found["jacobian"]["value"].tolist() == [[2, 1], [2, 0]]
