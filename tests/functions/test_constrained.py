"""Minima under constraints and bounds: published problems, multipliers known from duality, and certificates that refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from service.errors import ExpressionSyntaxError, InputError, NoConvergence, NoSolution
from service.expression.arena import fresh_arena
from service.functions.constrained import Problem, solved
from service.functions.function import Question
from service.functions.kkt import certificate
from service.functions.minimize import minimize
from service.functions.solve_nonlinear import read_start
from tests.functions.asking import ask
from tests.functions.hock_schittkowski import PROBLEMS


@pytest.mark.parametrize(("number", "method"), [*[(number, None) for number in PROBLEMS], (21, "trust-constr"), (71, "trust-constr")])
def test_problems_of_hock_and_schittkowski(number: int, method: str | None) -> None:
    problem = PROBLEMS[number]
    start = {f"x{place}": value for place, value in enumerate(problem.start, 1)}
    request = {"constraints": problem.constraints, "bounds": problem.bounds, "start": start, **({"method": method} if method else {})}
    answer = ask(minimize, expression=problem.expression, **request)
    assert answer["minimum"]["value"] == pytest.approx(problem.value, rel=1e-8, abs=1e-10)
    assert answer["reason"] == "kkt"


def test_multipliers_of_a_projection() -> None:
    """The point of x + y = 1 next to the origin: 2x + v = 0 (S. Boyd, L. Vandenberghe: Convex Optimization, 5.5.3)."""
    answer = ask(minimize, expression="x^2 + y^2", constraints=["x + y = 1"], start={"x": 3, "y": 4})
    assert answer["minimum"]["point"] == {"x": 0.5, "y": 0.5}
    assert answer["multipliers"][0]["multiplier"] == -1
    assert (answer["kind"], answer["convex_problem"]) == ("global minimum", True)
    assert answer["proof"]


def test_water_filling() -> None:
    """Example 5.2 of Boyd and Vandenberghe: -Σ log(a + x) over the simplex; x = max(0, 1/v - a)."""
    answer = ask(
        minimize,
        expression="-sum(log(a + x))",
        variables={"x": "vector(3)", "a": "vector(3)"},
        at={"a": [0.2, 0.5, 3]},
        wrt="x",
        constraints=["x >= 0", "sum(x) == 1"],
        start={"x": [0.3, 0.3, 0.4]},
    )
    assert answer["minimum"]["point"]["x"] == pytest.approx([0.65, 0.35, 0])
    assert answer["multipliers"][1]["multiplier"] == pytest.approx(1 / 0.85)
    assert answer["multipliers"][0]["multiplier"] == pytest.approx([0, 0, 1 / 0.85 - 1 / 3])
    assert answer["kind"] == "global minimum"


def test_scipys_words_are_understood() -> None:
    told = ask(minimize, expression="(x - 1)^2", constraints=[{"type": "ineq", "fun": "-x"}], start={"x": 2})
    assert told["minimum"]["point"] == {"x": 0}
    assert told["multipliers"][0] == {"constraint": "-x >= 0", "kind": "inequality", "multiplier": 2, "excess": 0, "active": True}


def test_bounds_are_numbers_texts_and_arrays() -> None:
    request: dict[str, Any] = {"expression": "sum(x)", "variables": {"x": "vector(2)"}, "start": {"x": [1, 1]}}
    answer = ask(minimize, **request, bounds={"x": [[-1, -2], None]})
    assert answer["minimum"]["point"]["x"] == [-1, -2]
    assert answer["bound_multipliers"]["lower"]["x"] == [1, 1]
    assert ask(minimize, **request, bounds={"x": ["-1/4", 7]})["minimum"]["value"] == -0.5


def test_a_saddle_is_none_of_the_minima() -> None:
    answer = ask(minimize, expression="x^2 - y^2", bounds={"y": [-1, 2]}, start={"x": 1, "y": 0.1})
    assert answer["minimum"]["point"] == {"x": 0, "y": 2}
    assert answer["kind"] == "local minimum"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"expression": "x", "constraints": ["x <= 0", "x >= 1"], "start": {"x": 0}}, NoSolution),
        ({"expression": "x", "constraints": ["x <= 0"], "start": {"x": 0}}, NoConvergence),
        ({"expression": "x", "constraints": ["x^2 <= -1"], "start": {"x": 1}}, NoConvergence),
        ({"expression": "x", "constraints": ["x > 0"], "start": {"x": 0}}, InputError),
        ({"expression": "x", "constraints": ["x"], "start": {"x": 0}}, ExpressionSyntaxError),
        ({"expression": "x", "constraints": [{"type": "le", "fun": "x"}], "start": {"x": 0}}, InputError),
        ({"expression": "x", "bounds": {"x": [1, 0]}, "start": {"x": 0}}, InputError),
        ({"expression": "x", "bounds": {"y": [0, 1]}, "start": {"x": 0}}, InputError),
        ({"expression": "x", "bounds": {"x": [[0, 1], None]}, "start": {"x": 0}}, InputError),
        ({"expression": "x", "bounds": {"x": [0, 1]}, "start": {"x": 0}, "method": "newton"}, InputError),
        ({"expression": "x", "constraints": ["x >= 0"], "start": {"x": 0}, "method": "l-bfgs-b"}, InputError),
        ({"expression": "x^2", "start": {"x": 0}, "method": "slsqp"}, InputError),
    ],
)
def test_what_fails_tells_why(request_: dict[str, Any], error: type[Exception]) -> None:
    with fresh_arena(), pytest.raises(error):
        minimize(request_)


def test_the_way_leads_on_from_a_saddle() -> None:
    box = {"x": [-1, 1], "y": [-1, 1]}
    assert ask(minimize, expression="x*y", bounds=box, start={"x": 1, "y": 1})["minimum"]["value"] == -1


@pytest.mark.parametrize("constraints", [[], ["X >= 0"]])
def test_the_border_of_the_definite_matrices_holds_no_minimum(constraints: list[str]) -> None:
    with fresh_arena(), pytest.raises(NoConvergence, match="singular"):
        minimize({"expression": "tr(X*X)", "variables": {"X": "spd(2)"}, "start": {"X": [[1, 0], [0, 1]]}, "constraints": constraints})


def test_a_function_is_convex_where_the_constraints_lead() -> None:
    cubic = ask(minimize, expression="x^3 + y^2", bounds={"x": [0, None]}, constraints=["x + y >= 1"], start={"x": 1, "y": 1})
    assert (cubic["kind"], cubic["convex_problem"]) == ("global minimum", True)
    assert ask(minimize, expression="x^3 + y^2", constraints=["x + y >= 1", "x >= -9"], start={"x": 1, "y": 1})["convex_problem"] is False


def test_the_certificate_refuses_what_is_no_minimum() -> None:
    request = {"expression": "x^2 + y^2", "constraints": ["x + y >= 1"], "bounds": {"x": [0.75, None]}, "start": {"x": 3, "y": 4}}
    with fresh_arena():
        question = Question(request, "constraints")
        problem = Problem(question, read_start(question, request["start"]), request["bounds"])
        solution = solved(problem, np.array([0.75, 0.25]), 1e-6)

        def failing(**changes: Any) -> set[str]:
            return {check.name for check in certificate(problem, replace(solution, **changes)) if not check.passed}

        assert failing() == set()
        assert failing(x=solution.x - 1e-5) >= {"primal-feasibility"}
        assert failing(w=solution.w + 1e-5) == {"stationarity"}
        assert failing(w=-solution.w) >= {"dual-feasibility"}
        assert failing(lower=solution.lower * 0) == {"stationarity"}
        assert failing(x=solution.x + np.array([0, 1])) >= {"complementary-slackness"}
