"""Minima: the problems of Moré, Garbow and Hillstrom, ways down, bounds, and failures that are told."""

from __future__ import annotations

from typing import Any

import pytest

from service.errors import InputError, NoConvergence, UndefinedAtPoint
from service.expression.arena import fresh_arena
from service.functions import minimize as module
from service.functions.minimize import minimize
from tests.functions.asking import ask
from tests.functions.more_garbow_hillstrom import PROBLEMS


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_of_more_garbow_and_hillstrom(name: str) -> None:
    problem = PROBLEMS[name]
    start = {f"x{place}": value for place, value in enumerate(problem.start, 1)}
    answer = ask(minimize, expression=problem.expression, start=start)
    assert answer["minimum"]["value"] == pytest.approx(problem.value, rel=1e-5, abs=1e-15)
    assert answer["converged"]


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("Rosenbrock", 100),
        ("Helical valley", 100),
        ("Bard", 10),
        ("Brown and Dennis", 100),
        ("Powell singular", 100),
        ("Broyden banded", 100),
    ],
)
def test_from_hard_starts(name: str, factor: int) -> None:
    """The standard start times 10 or 100, as the paper does; some only with the shorter steps of a second try."""
    problem = PROBLEMS[name]
    start = {f"x{place}": factor * value for place, value in enumerate(problem.start, 1)}
    answer = ask(minimize, expression=problem.expression, start=start)
    assert answer["minimum"]["value"] == pytest.approx(problem.value, rel=1e-5, abs=1e-15)


def test_bfgs_ends_where_the_paper_says() -> None:
    problem = PROBLEMS["Biggs EXP6"]
    start = {f"x{place}": value for place, value in enumerate(problem.start, 1)}
    answer = ask(minimize, expression=problem.expression, start=start, method="bfgs")
    assert answer["kind"] in ("local minimum", "degenerate")
    assert answer["minimum"]["value"] == pytest.approx(5.65565e-3, rel=1e-5) or answer["minimum"]["value"] < 1e-15


DESCENT: dict[str, Any] = {"expression": "x^2 + 3*y^2", "wrt": ["x", "y"], "start": {"x": 3, "y": 4}, "method": "gradient-descent"}


def test_gradient_descent_keeps_its_bound() -> None:
    answer = ask(minimize, **DESCENT, iterations=50)
    assert (answer["lipschitz_constant"], answer["step"], answer["iterations"]) == (6, 1 / 6, 50)
    assert answer["rate_bound"]["holds"]
    assert answer["path"][1]["point"] == {"x": 2.0, "y": pytest.approx(0)}
    assert not ask(minimize, **DESCENT, iterations=5, step=0.2)["rate_bound"]["applies"]


@pytest.mark.parametrize("method", ["momentum", "nesterov", "adagrad", "rmsprop", "adam", "newton", "bfgs"])
def test_every_way_leads_down(method: str) -> None:
    asked = {"adagrad": {"step": 1}, "rmsprop": {"step": 0.01, "iterations": 1000}, "adam": {"step": 0.1}}.get(method, {})
    answer = ask(minimize, **{**DESCENT, "method": method, **asked})
    near = 0.02 if method == "rmsprop" else 1e-9  # with a step that stays the same it goes to and fro
    assert answer["minimum"]["point"] == {"x": pytest.approx(0, abs=near), "y": pytest.approx(0, abs=near)}
    assert method == "rmsprop" or answer["kind"] == "global minimum"


def test_newton_leaves_a_saddle() -> None:
    answer = ask(minimize, expression="x^2 - y^2 + y^4", start={"x": 0, "y": 0})
    assert abs(answer["minimum"]["point"]["y"]) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"expression": "x^3 - x", "start": {"x": -2}}, NoConvergence),
        ({"expression": "x^2", "start": {"x": 1}, "method": "gradient-descent", "step": 2}, NoConvergence),
        ({"expression": "exp(x)", "start": {"x": 1}, "iterations": 3, "method": "gradient-descent"}, InputError),
        ({"expression": "log(x)", "start": {"x": -1}}, UndefinedAtPoint),
        ({"expression": "x + y", "start": {"x": -1}}, InputError),
    ],
)
def test_what_fails_tells_why(request_: dict[str, object], error: type[Exception]) -> None:
    with fresh_arena(), pytest.raises(error):
        minimize(request_)


def test_a_bound_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the distance to the minimum taken too small, the bound is broken and the answer refused."""
    monkeypatch.setattr(module, "newton", lambda function, x, options: _at_start(function, x))
    with fresh_arena(), pytest.raises(Exception, match="rate-bound"):
        minimize({**DESCENT, "iterations": 1, "step": 1e-6})


def _at_start(function: Any, x: Any) -> Any:
    path = module.Path()
    path.add(x, -100.0, function.gradient(x))
    return path
