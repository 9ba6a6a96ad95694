"""One random expression examined: the service's derivative against differences of an evaluator that shares nothing with it.

`examine` asks for the derivative, and compares the text and the code that are printed with tests/oracle.py.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.answers import derivation
from service.answers.task import read_task
from service.errors import CheckFailed, LimitExceeded, NablaError, NotDifferentiable, Undecided, UndefinedAtPoint
from service.expression.arena import fresh_arena
from tests import oracle
from tests.calculus.random_expressions import SHAPES, SIZES, VARIABLES, Question, question
from tests.oracle import Array

RIGHT, UNDEFINED, REFUSED, CHECK_FAILED = "right", "undefined", "refused", "refused by its own check"
WRONG, WRONG_CODE, CRASH = "WRONG", "WRONG CODE", "CRASH"
TOLERANCE = 1e-5
RANGES = ((0.3, 1.7), (0.3, 1.7), (0.05, 0.95), (-0.9, 0.9), (1.1, 2.4), (-2.0, -0.2), (3.0, 6.0))


@dataclass
class Outcome:
    """What came: `milliseconds` without the checks, `rank` the number of axes of the result."""

    seed: int
    question: Question
    status: str = RIGHT
    text: str = ""
    detail: str = ""
    rank: int = 0
    milliseconds: float = 0.0

    @property
    def is_bad(self) -> bool:
        return self.status in (WRONG, WRONG_CODE, CRASH)

    @property
    def is_in_matrix_notation(self) -> bool:
        return "einsum(" not in self.text

    def __str__(self) -> str:
        asked = f"{self.question.expression} by {self.question.by}{' twice' if self.question.order == 2 else ''}"
        return f"{self.seed}: {self.status}: {asked} -> {self.text} {self.detail}"


def answer(asked: Question) -> dict[str, Any]:
    request = {"expression": asked.expression, "variables": VARIABLES, "wrt": asked.by, "order": asked.order}
    with fresh_arena():
        return derivation.derive(read_task("derivative", request))


def examine(seed: int) -> Outcome:
    """One random question, asked and compared."""
    asked = question(seed)
    outcome = Outcome(seed, asked)
    start = time.perf_counter()
    try:
        found = answer(asked)
    except (NotDifferentiable, Undecided, UndefinedAtPoint, LimitExceeded) as error:
        outcome.status, outcome.detail = REFUSED, str(error)
    except CheckFailed as error:
        outcome.status, outcome.detail = CHECK_FAILED, str(error)
    except NablaError as error:
        outcome.status, outcome.detail = CRASH, f"{type(error).__name__}: {error}"
    except Exception:
        outcome.status, outcome.detail = CRASH, traceback.format_exc(limit=-2)
    else:
        outcome.milliseconds = 1e3 * (time.perf_counter() - start)
        result = found["result"]
        outcome.text = result["text"]
        with np.errstate(all="ignore"):
            _compare(outcome, result)
    return outcome


def _compare(outcome: Outcome, result: dict[str, Any]) -> None:
    """The printed text against differences, the printed code against the text."""
    asked = outcome.question
    function = asked.expression
    if asked.order == 2:
        function = answer(asked._replace(order=1))["result"]["text"]
    errors = []
    for values in _points(outcome.seed):
        try:
            value, slope = oracle.evaluate(function, values), oracle.evaluate(outcome.text, values)
        except np.linalg.LinAlgError:
            continue
        except oracle.Meaningless as error:
            outcome.status, outcome.detail = WRONG, f"the text is not in the language: {error}"
            return
        if not all(np.isfinite(array).all() and np.abs(array).max(initial=0) < 1e7 for array in (value, slope)):
            continue
        outcome.rank = slope.ndim
        if not _is_steady(outcome.text, slope, values):
            continue
        complaint = _complaint(result["code"]["numpy"], slope, values)
        if complaint:
            outcome.status, outcome.detail = WRONG_CODE, f"{complaint}\n{result['code']['numpy']}"
            return
        error = _error(function, value, slope, values, asked.by, np.random.default_rng(outcome.seed))
        if error is not None:
            errors.append(error)
        if len(errors) == 2:
            break
    if not errors:
        outcome.status = UNDEFINED
    elif min(errors) > TOLERANCE:
        outcome.status, outcome.detail = WRONG, f"relative errors {errors}"


def _is_steady(text: str, slope: Array, values: dict[str, Any]) -> bool:
    """Whether rounding leaves the value as it is: not on a kink, and not the small difference of large terms."""
    nudged = {name: value * (1 + (place + 1) * 1e-11) if name not in SIZES else value for place, (name, value) in enumerate(values.items())}
    change = np.abs(oracle.evaluate(text, nudged) - slope).max(initial=0)
    return bool(change <= 1e-7 * max(1.0, float(np.abs(slope).max(initial=0))))


def _complaint(code: str, slope: Array, values: dict[str, Any]) -> str:
    """What is wrong with the printed code, if anything."""
    try:
        value = _run(code, values)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if value.size != slope.size:
        return f"shape {value.shape} instead of {slope.shape}"
    scale = max(1.0, float(np.abs(slope).max(initial=0)))
    return "" if np.allclose(value.reshape(slope.shape), slope, rtol=1e-6, atol=1e-6 * scale) else "another value"


def _run(code: str, values: dict[str, Any]) -> Array:
    """The printed function, run with nothing but its own imports."""
    space: dict[str, Any] = {}
    exec(code, space)
    function = next(value for name, value in space.items() if callable(value) and name == "derivative")
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    arguments = [np.squeeze(values[name]) for name in names]
    return np.asarray(function(*arguments), dtype=float)


def _points(seed: int) -> Iterator[dict[str, Any]]:
    for low, high in RANGES:
        yield point(np.random.default_rng(seed), low, high)


def point(draw: np.random.Generator, low: float, high: float) -> dict[str, Any]:
    """Random values of all variables, and the sizes."""
    values: dict[str, Any] = dict(SIZES)
    for name, shape in SHAPES.items():
        rows, columns = (SIZES.get(size, 1) for size in shape.split(","))
        value = draw.uniform(low, high, (rows, columns))
        if rows == columns > 1:
            value = value + np.diag(np.arange(rows) + 2.0)
        if name == "S":
            value = value + value.T
        elif name == "P":
            value = value @ value.T
        elif name == "D":
            value = np.diag(np.diag(value))
        values[name] = value
    return values


def _direction(by: str, shape: tuple[int, ...], draw: np.random.Generator) -> Array:
    """A way to move a variable that keeps what is declared of it."""
    direction = draw.standard_normal(shape)
    if by in "SP":
        return np.asarray(direction + direction.T)
    return np.diag(np.diag(direction)) if by == "D" else direction


def _error(function: str, value: Array, slope: Array, values: dict[str, Any], by: str, draw: np.random.Generator) -> float | None:
    """The smallest relative error to central differences over a few steps; None where they are undefined."""
    direction = _direction(by, values[by].shape, draw)
    flat = np.squeeze(direction)
    if slope.size != value.size * flat.size:
        return np.inf
    expected = np.tensordot(slope.reshape(value.shape + flat.shape), flat, axes=flat.ndim)
    errors = []
    for step in (2e-3, 2e-4, 2e-5):

        def central(h: float) -> Array:
            ahead, behind = (oracle.evaluate(function, {**values, by: values[by] + sign * h * direction}) for sign in (1, -1))
            return (ahead - behind) / (2 * h)

        try:
            numeric = (4 * central(step / 2) - central(step)) / 3
        except np.linalg.LinAlgError:
            continue
        if np.isfinite(numeric).all():
            size = max(np.abs(expected).max(initial=0), np.abs(numeric).max(initial=0), 1e-3 * np.abs(value).max(initial=0), 1e-5)
            errors.append(float(np.abs(numeric - expected).max(initial=0) / size))
    return min(errors, default=None)
