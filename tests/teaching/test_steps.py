"""Every step of textbook derivations, by an evaluator that shares nothing with the service."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest

from service.answers.derivation import derive
from service.answers.task import read_task
from service.expression.arena import fresh_arena
from tests import oracle
from tests.oracle import Array
from tests.teaching import told
from tests.teaching.textbook import ARRAYS, MATRICES, SCALARS, SIZES, VECTORS, Exercise

TOLERANCE = 1e-6
BY_RULES = (*SCALARS, *VECTORS, *MATRICES)
BY_INDICES = (*VECTORS, *MATRICES)


ANSWERS: dict[tuple[str, str], dict[str, Any]] = {}


def answer(exercise: Exercise, explain: str) -> dict[str, Any]:
    """Asked for once for all that is to be seen about it."""
    key = name(exercise), explain
    if key not in ANSWERS:
        with fresh_arena():
            ANSWERS[key] = derive(read_task(exercise.kind, request(exercise) | {"steps": True, "explain": explain}))
    return ANSWERS[key]


def request(exercise: Exercise) -> dict[str, Any]:
    return {"expression": exercise.expression, "wrt": exercise.wrt, **exercise.further, "variables": variables(exercise)}


def variables(exercise: Exercise) -> dict[str, Any]:
    """The declarations of the names that occur; by scalars everything is one."""
    if exercise in SCALARS:
        return exercise.further.get("variables", {})  # type: ignore[no-any-return]
    return {**ARRAYS, **exercise.further.get("variables", {})}


def name(exercise: Exercise) -> str:
    return "-".join([str(part).replace(" ", "") for part in exercise if part != {}])


def point(exercise: Exercise) -> dict[str, Any]:
    """A value for every name: of a variable, of its differential dX, of its derivative by t, of a size."""
    random = np.random.default_rng(7)
    values: dict[str, Any] = dict(SIZES)
    for letter in "stuvx":
        values |= {letter: random.uniform(0.5, 1.5), f"d{letter}": random.standard_normal()}
    for variable, declared in variables(exercise).items():
        shape = _shape(declared)
        value, direction = random.uniform(0.3, 1.2, shape), random.standard_normal(shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            value = value + 3 * np.eye(shape[0])
        if isinstance(declared, str) and declared.startswith(("symmetric", "spd")):
            value, direction = value + value.T, direction + direction.T
        values |= {variable: value, f"d{variable}": direction, f"d{variable}_dt": random.standard_normal(shape)}
    return values


def _shape(declared: Any) -> tuple[int, ...]:
    if isinstance(declared, dict):
        sizes = [str(size) for size in declared["shape"]]
    else:
        kind, _, inside = declared.rstrip(")").partition("(")
        sizes = inside.split(",") * (2 if kind in ("symmetric", "spd") else 1)
    return tuple([SIZES.get(size) or int(size) for size in sizes])


def sides(step: dict[str, Any], is_indexed: bool, values: dict[str, Any], sizes: dict[str, int]) -> tuple[Array, Array]:
    """The two values that a step claims to be equal; `sizes` are those of the indices."""
    before, after, code = step["before"]["text"], step["after"]["text"], step["code"]
    still = {f"d{variable}" for variable in values if variable not in step["wrt"]}
    values = {variable: value for variable, value in values.items() if variable not in still}
    if code == "layout":
        return np.sort(told.plain(before, values), axis=None), np.sort(told.plain(after, values), axis=None)
    if code == "components":
        left = told.plain(before, values)
        letters = match[1] if (match := re.match(r"Entry (\w+) of", step["text"])) else ""
        return left, told.entries(after, letters, left.shape, values, sizes)
    if code == "matrix-notation":
        right = told.plain(after, values)
        letters = match[1] if (match := re.match(r"That is entry (\w+) of", step["text"])) else ""
        return told.entries(before, letters, right.shape, values, sizes), right
    if code.startswith("read-off"):
        change = np.asarray(values[f"d{step['wrt'][0]}"])
        change = change.reshape([length for length in change.shape if length != 1])
        return told.plain(before, values), np.tensordot(told.plain(after, values), change, change.ndim)
    if is_indexed:
        return told.both(before, after, values, sizes)
    return told.plain(before, values), told.plain(after, values)


def check(exercise: Exercise, explain: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = answer(exercise, explain)["steps"]
    values, sizes = point(exercise), dict[str, int]()
    for step in steps:
        if step["code"] == "components":
            sizes = {}
        left, right = sides(step, explain == "index", values, sizes)
        assert np.allclose(left, right, rtol=TOLERANCE, atol=TOLERANCE * max(1.0, float(np.max(np.abs(left), initial=0)))), step
    return steps


@pytest.mark.parametrize("exercise", BY_RULES, ids=name)
def test_each_step_by_rules_is_true(exercise: Exercise) -> None:
    steps = check(exercise, "rules")
    assert 0 < len(steps) <= 30


@pytest.mark.parametrize("exercise", BY_RULES, ids=name)
def test_each_step_in_differentials_is_true(exercise: Exercise) -> None:
    steps = check(exercise, "differential")
    assert 0 < len(steps) <= 40
    depends = "depends_on" in str(exercise.further)
    assert depends == steps[0]["before"]["text"].startswith(("d/d", "[d/d"))


@pytest.mark.parametrize("exercise", BY_INDICES, ids=name)
def test_each_step_by_indices_is_true(exercise: Exercise) -> None:
    steps = check(exercise, "index")
    assert "delta" in str(steps)
    assert steps[-1]["code"] in ("matrix-notation", "layout")


@pytest.mark.parametrize("explain", ["rules", "index"])
@pytest.mark.parametrize("exercise", BY_RULES, ids=name)
def test_the_steps_hang_together(exercise: Exercise, explain: str) -> None:
    """Each step goes on where the last one ended, or with the derivative of that, or begins with the function again."""
    found = answer(exercise, explain)
    steps = found["steps"]
    function = found["expression"]["text"]
    assert function in steps[0]["before"]["text"] or isinstance(exercise.expression, list)
    for last, step in itertools.pairwise(steps):
        before, after = step["before"]["text"], last["after"]["text"]
        begins_anew = last["wrt"] != step["wrt"] and function in before
        assert before == after or f"({after})" in before or begins_anew or _is_table_of(before, after), (after, before)


def _is_table_of(before: str, after: str) -> bool:
    """Whether each entry of a gradient written out is differentiated next."""
    return after.startswith("[") and all(f"({entry})" in before for entry in after[1:-1].split(", "))


@pytest.mark.parametrize("explain", ["rules", "index", "differential", "paths"])
@pytest.mark.parametrize("exercise", BY_RULES, ids=name)
def test_the_last_step_is_the_answer(exercise: Exercise, explain: str) -> None:
    found = answer(exercise, explain)
    results = [found["result"]] if "result" in found else list(found["results"].values())
    by_name = {step["wrt"][-1]: step["after"] for step in found["steps"]}
    assert [result["text"] for result in results] == [after["text"] for after in by_name.values()][-len(results) :]
    assert [result["latex"] for result in results] == [after["latex"] for after in by_name.values()][-len(results) :]


@pytest.mark.parametrize("explain", ["rules", "index", "differential", "paths"])
@pytest.mark.parametrize("exercise", BY_RULES, ids=name)
def test_the_answer_is_the_same_with_and_without_steps(exercise: Exercise, explain: str) -> None:
    with fresh_arena():
        bare = derive(read_task(exercise.kind, request(exercise)))
    found = answer(exercise, explain)
    assert {field: value for field, value in found.items() if field != "steps"} == bare


def test_the_evaluator_of_these_tests_sees_what_is_wrong() -> None:
    values = {"W": np.arange(6.0).reshape(2, 3), "x": np.array([1.0, 2.0, 4.0]), "dx": np.array([0.5, -1.0, 2.0]), "t": 0.3}
    left, right = told.both("d/dx_j(sum_k W_ik*x_k)", "W_ij", values, {})
    assert np.allclose(left, right)
    assert not np.allclose(*told.both("d/dx_j(sum_k W_ik*x_k)", "W_ij*delta_ij", values | {"W": np.eye(3) + 1}, {}))
    assert np.allclose(told.plain("d(x'*x)", values), oracle.evaluate("2*x'*dx", values))
    assert not np.allclose(told.plain("d(x'*x)", values), oracle.evaluate("x'*dx", values))
    assert np.allclose(told.plain("2*d/dt(sin(t))", values), 2 * np.cos(0.3))
