"""A matrix that is declared orthogonal: Q'*Q = eye(n) is used, its value is checked, and of a variable it is not used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers.derivation import derive, values
from service.answers.differential import differential
from service.answers.task import read_task
from service.calculus.lower import lower
from service.calculus.verify import draw_value
from service.errors import MathematicsRefuses
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.operations.leaves import Variable

VARIABLES = {"A": "matrix(n,n)", "Q": "orthogonal(n)", "R": "orthogonal(n)", "x": "vector(n)", "a": "vector(n)", "X": "matrix(n,k)"}
ROTATION = [[0.6, -0.8], [0.8, 0.6]]


@pytest.mark.parametrize(
    ("kind", "expression", "wrt", "text"),
    [
        ("gradient", "norm2(Q*x)^2", "x", "2*x"),
        ("hessian", "norm2(Q*x)^2", "x", "2*eye(n)"),
        ("gradient", "normF(Q*A*R')^2", "A", "2*A"),
        ("gradient", "tr(Q'*A*Q)", "A", "eye(n)"),
        ("gradient", "normF(Q)^2*a'*x", "x", "n*a"),
        ("gradient", "logdet(Q*A)", "A", "inv(A)'"),
        ("derivative", "inv(Q)*x", "x", "Q'"),
        ("derivative", "pinv(Q')*x", "x", "Q"),
        ("gradient", "norm2(Q*x)^2", "Q", "2*Q*x*x'"),
        ("gradient", "tr(Q'*Q*Q'*Q)", "Q", "4*Q*Q'*Q"),
    ],
)
def test_derivatives(kind: str, expression: str, wrt: str, text: str) -> None:
    with fresh_arena():
        assert derive(read_task(kind, {"expression": expression, "variables": VARIABLES, "wrt": wrt}))["result"]["text"] == text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Q'*Q", "eye(n)"),
        ("Q*Q'", "eye(n)"),
        ("inv(Q)", "Q'"),
        ("Q*R*R'*Q'*A", "A"),
        ("logdet(Q)", "0"),
        ("diag(Q*Q')", "ones(n)"),
        ("R'*Q'*Q*R*x", "x"),
    ],
)
def test_the_normal_form(left: str, right: str) -> None:
    with fresh_arena():
        one, other = (lower(parse(text, declare(VARIABLES)).node) for text in (left, right))
        assert one is other


@pytest.mark.parametrize(
    ("left", "right"), [("Q*Q", "eye(n)"), ("Q'*R", "eye(n)"), ("Q*A*Q'", "A"), ("diag(Q*Q)", "ones(n)"), ("Q.*Q", "ones(n,n)")]
)
def test_what_is_not_the_same(left: str, right: str) -> None:
    with fresh_arena():
        one, other = (lower(parse(text, declare(VARIABLES)).node) for text in (left, right))
        assert one is not other


def test_a_second_derivative_by_it_does_not_use_the_property() -> None:
    """Contracted with eye, tr(Q'QQ'Q) at Q + t: the second derivative at 0 is 4·(2·tr(Q'Q) + tr(Q²)) with independent entries."""
    Q = np.array(ROTATION)
    request = {"expression": "tr(Q'*Q*Q'*Q)", "variables": VARIABLES, "wrt": "Q"}
    with fresh_arena():
        task = read_task("hessian", request)
        H = np.asarray(values(derive(task), task, {"Q": ROTATION}))
    assert np.einsum("iijj", H) == pytest.approx(4 * (2 * np.trace(Q.T @ Q) + np.trace(Q @ Q)))


def test_the_differential_by_it_does_not_use_the_property() -> None:
    with fresh_arena():
        answer: dict[str, Any] = differential({"expression": "tr(Q'*Q)", "variables": VARIABLES, "wrt": "Q"})
    assert all(check["passed"] for check in answer["checks"])
    assert answer["result"]["text"] == "2*tr(Q'*dQ)"


def test_one_that_moves_is_like_any_other() -> None:
    with fresh_arena():
        moving = {"Q": {"shape": ["n", "n"], "properties": ["orthogonal"], "depends_on": ["t"]}, "x": "vector(n)"}
        answer = derive(read_task("gradient", {"expression": "norm2(Q*x)^2", "variables": moving, "wrt": "t"}))
    assert answer["result"]["text"] == "2*x'*Q'*dQ_dt*x"


def test_random_values_are_orthogonal() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        Q = draw_value(Variable("Q", ("n", "n"), frozenset({"orthogonal"})), {"n": 4}, random, 0.3, 1.7)
        np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-12)


def test_its_value_has_to_be_orthogonal() -> None:
    request = {"expression": "norm2(Q*x)^2", "variables": VARIABLES, "wrt": "x"}
    with fresh_arena():
        task = read_task("gradient", request)
        answer = derive(task)
        np.testing.assert_allclose(values(answer, task, {"Q": ROTATION, "x": [1, 2]}), [2, 4])
        with pytest.raises(MathematicsRefuses, match="declared orthogonal"):
            values(answer, task, {"Q": [[0.6, -0.8], [0.8, 0.7]], "x": [1, 2]})
        with pytest.raises(MathematicsRefuses, match="declared orthogonal"):
            values(answer, task, {"Q": 3, "x": 2})
