"""Stochastic gradient descent: the same bytes for the same seed, estimates without bias, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.errors import InputError, NoConvergence
from service.expression.arena import fresh_arena
from service.functions.function import Question
from service.functions.minimize import minimize
from service.functions.stochastic import Batches, unbiased
from tests.functions.asking import ask

X = [[1, 0.5], [1, -1], [1, 2], [1, 3.5], [1, -2.5]]
Y = [1.9, -1, 5.1, 8, -4.2]
VARIABLES = {"X": "matrix(n,d)", "w": "vector(d)", "y": "vector(n)"}
LEAST: dict[str, Any] = {
    "expression": "norm2(X*w - y)^2/n",
    "variables": VARIABLES,
    "wrt": "w",
    "at": {"X": X, "y": Y},
    "start": {"w": [0, 0]},
    "method": "sgd",
    "step": 0.05,
    "batch_size": 2,
}


def test_it_comes_near_the_least_squares_solution() -> None:
    answer = ask(minimize, **LEAST, epochs=300, decay=0.02, seed=1)
    wanted = np.linalg.lstsq(np.array(X), np.array(Y), rcond=None)[0]
    assert answer["minimum"]["point"]["w"] == pytest.approx(list(wanted), abs=5e-3)
    assert (answer["epochs"], answer["iterations"], answer["reason"], answer["converged"]) == (300, 900, "iterations", False)


def test_the_seed_decides_the_path() -> None:
    first, again, other = (ask(minimize, **LEAST, epochs=5, seed=seed)["path"] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_one_batch_of_all_rows_is_gradient_descent() -> None:
    path = ask(minimize, **{**LEAST, "batch_size": 5}, epochs=3)["path"]
    other = ask(minimize, **{**LEAST, "method": "gradient-descent"}, iterations=3)["path"]
    for one, two in zip(path, other, strict=True):
        assert one["point"]["w"] == pytest.approx(two["point"]["w"], rel=1e-12)


@pytest.mark.parametrize(
    "expression",
    ["norm2(X*w - y)^2", "norm2(X*w - y)^2 + norm2(w)^2", "mean(softplus(X*w)) - y'*X*w/n + w'*w", "sum(log(1 + exp(X*w))) + norm2(w)"],
)
def test_sums_and_means_and_what_is_beside_them(expression: str) -> None:
    start = {"w": [0.3, -0.2]}
    assert ask(minimize, **{**LEAST, "expression": expression, "start": start, "step": 0.001}, epochs=3)["epochs"] == 3


def test_scalars_as_unknowns() -> None:
    answer = ask(
        minimize, expression="mean((a + b*x - y).^2)", variables={"x": "vector(n)", "y": "vector(n)"}, wrt=["a", "b"],
        at={"x": [0, 1, 2], "y": [1, 3, 5]}, start={"a": 0, "b": 0}, method="sgd", batch_size=1, step=0.1, epochs=400,
    )  # fmt: skip
    assert answer["minimum"]["point"] == {"a": pytest.approx(1), "b": pytest.approx(2)}
    assert (answer["kind"], answer["converged"]) == ("global minimum", True)


def test_estimates_with_a_bias_are_refused() -> None:
    with fresh_arena():
        batches = Batches(Question(LEAST), LEAST)
        column = np.array([0.5, 0.5])
        assert unbiased(batches, [column], np.random.default_rng(0)).passed
        batches.is_sum = True
        assert not unbiased(batches, [column], np.random.default_rng(0)).passed


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"expression": "norm2(X*w - y)"}, InputError),
        ({"batch_size": 6}, InputError),
        ({"step": 5, "epochs": 500}, NoConvergence),
        ({"expression": "x^2", "wrt": "x", "variables": {}, "at": {}, "start": {"x": 1}}, InputError),
    ],
)
def test_what_fails_tells_why(changes: dict[str, Any], error: type[Exception]) -> None:
    with fresh_arena(), pytest.raises(error):
        minimize({**LEAST, **changes})
