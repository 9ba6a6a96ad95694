"""The derivation of the normal equations: read back and evaluated at numbers, every text means what its step says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from service.answers import normal_equations
from service.answers.evaluation import evaluate
from service.errors import CheckFailed

WAYS = [(False, False), (True, False), (False, True), (True, True)]
DECLARED = {**normal_equations.VARIABLES, **normal_equations.WEIGHTS, **normal_equations.PENALTY}
RANDOM = np.random.default_rng(4)
POINT = {
    "X": RANDOM.standard_normal((6, 3)),
    "y": RANDOM.standard_normal((6, 1)),
    "W": np.diag([1.0, 2, 3, 1, 2, 3]),
    "D": np.diag([0, 0.5, 0.5]),
}


def value(text: str, **more: np.ndarray) -> np.ndarray:
    point = {name: array.tolist() for name, array in {**POINT, **more}.items()}
    used = {name: kind for name, kind in DECLARED.items() if name in text}
    answer = evaluate({"expression": text, "variables": used, "at": {name: point[name] for name in used}})
    return np.array(answer["value"], dtype=float).reshape(-1)


def solved(weighted: bool, penalised: bool) -> np.ndarray:
    w = POINT["W"] if weighted else np.eye(6)
    d = POINT["D"] if penalised else np.zeros((3, 3))
    return np.linalg.solve(POINT["X"].T @ w @ POINT["X"] + d, POINT["X"].T @ w @ POINT["y"])


@pytest.mark.parametrize(("weighted", "penalised"), WAYS)
def test_each_line_means_what_it_says(weighted: bool, penalised: bool) -> None:
    steps = {step["rule"]: step for step in normal_equations.steps(weighted, penalised, 7.0)}
    b = solved(weighted, penalised)
    expand, zero, solve = steps["expand"], steps["set to zero"], steps["solve"]
    assert value(expand["before"]["text"], b=b) == pytest.approx(value(expand["after"]["text"], b=b))
    other = RANDOM.standard_normal((3, 1))
    sides = value(zero["equation"]["left"]["text"], b=other) - value(zero["equation"]["right"]["text"])
    assert value(zero["before"]["text"], b=other) == pytest.approx(2 * sides)
    assert value(zero["equation"]["left"]["text"], b=b) == pytest.approx(value(zero["equation"]["right"]["text"]))
    assert value(solve["solution"]["text"]) == pytest.approx(b[:, 0])
    assert steps["QR instead of the inverse"]["condition_numbers"] == {"design": 7.0, "normal_equations": 49.0}


@pytest.mark.parametrize(("weighted", "penalised"), WAYS)
def test_the_steps_follow_one_another(weighted: bool, penalised: bool) -> None:
    steps = normal_equations.steps(weighted, penalised, None)
    for before, after in pairwise(steps[1:-2]):
        assert before["after"]["text"] == after["before"]["text"]


def test_a_line_that_is_another_function_is_refused() -> None:
    with pytest.raises(CheckFailed, match="steps"):
        normal_equations._same("norm2(y - X*b)^2", "y'*y - b'*X'*y + b'*X'*X*b", normal_equations.VARIABLES)
