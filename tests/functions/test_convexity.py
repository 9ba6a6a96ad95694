"""Convexity: certificates, constants, and counterexamples whose numbers are checked here again."""

from __future__ import annotations

import math
from typing import Any

import pytest

from service.errors import Undecided
from service.expression.arena import fresh_arena
from service.functions.convexity import convexity
from tests.functions.asking import ask

LEARNING = {"X": "matrix(n,d)", "t": "vector(d)", "y": "vector(n)"}


@pytest.mark.parametrize(
    ("expression", "strong", "lipschitz"),
    [("x^2 + y^2 + x*y", 1.0, 3.0), ("3*x^2 + 4*y^2", 6.0, 8.0), ("(x - y)^2", 0.0, 4.0), ("x + y", 0.0, 0.0)],
)
def test_quadratics_have_their_constants(expression: str, strong: float, lipschitz: float) -> None:
    answer = ask(convexity, expression=expression, wrt=["x", "y"])
    assert (answer["convex"], answer["strictly_convex"]) == (True, strong > 0)
    assert answer["strong_convexity_constant"] == pytest.approx(strong)
    assert answer["lipschitz_constant"] == pytest.approx(lipschitz)


def test_polynomials_of_one_unknown_are_decided() -> None:
    assert ask(convexity, expression="x^4 - 4*x^3 + 6*x^2")["convex"]  # f'' = 12·(x - 1)², touches 0
    assert ask(convexity, expression="x^4 + x^2")["strong_convexity_constant"] == 2
    assert not ask(convexity, expression="x^4 - 4*x^3 + 5.999*x^2")["convex"]
    assert ask(convexity, expression="-x^4")["concave"]


@pytest.mark.parametrize(
    ("expression", "f"),
    [
        ("x^3", lambda x: x**3),
        ("sin(x)", math.sin),
        ("x^4 - x^2", lambda x: x**4 - x**2),
        ("sqrt(abs(x))", lambda x: math.sqrt(abs(x))),
    ],
)
def test_a_counterexample_lies_above_its_chord(expression: str, f: Any) -> None:
    answer = ask(convexity, expression=expression)
    example = answer["counterexample"]
    u, v = example["u"]["x"], example["v"]["x"]
    assert not answer["convex"]
    assert f((u + v) / 2) > (f(u) + f(v)) / 2


@pytest.mark.parametrize(
    "expression",
    ["sum(log(1 + exp(X*t))) - y'*X*t", "norm2(X*t - y)^2", "norm2(X*t - y)^2 + norm2(t)^2/2", "sum(exp(X*t))"],
)
def test_losses_by_the_structure_of_the_hessian(expression: str) -> None:
    assert ask(convexity, expression=expression, variables=LEARNING, wrt="t")["convex"]


def test_doubt_is_an_error() -> None:
    with fresh_arena(), pytest.raises(Undecided):
        convexity({"expression": "t'*X*t", "variables": {"X": "matrix(n,n)", "t": "vector(n)"}, "wrt": "t"})
