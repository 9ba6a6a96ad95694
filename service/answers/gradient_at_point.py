"""A client's gradient at one point, checked: numbers against the value of the derivative there."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from service.answers.derivation import derive, values
from service.answers.forms import expression_to_json
from service.answers.points import read_points
from service.answers.slips import LARGEST_DENOMINATOR, Slip
from service.answers.task import Task, read_back
from service.calculus.evaluate import value_at
from service.calculus.verify import TOLERANCE
from service.errors import InputError
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import SCALAR

ENTRIES_TOLD = 3


def check_at_point(task: Task, gradient: Node, layout: str, at: object) -> dict[str, Any]:
    """Whether the value of `gradient` is that of the derivative at the point `at`; if not, the likely slip.

    `error` is the largest difference of an entry, relative to the largest entry of the derivative; null where the shapes do
    not fit. Raises InputError (several points), UndefinedAtPoint and what a derivation raises.
    """
    if isinstance(at, list):
        raise InputError("a gradient of numbers is checked at one point", hint='"at": {"x": [1, 2]}', pointer="/at")
    found, checks = derive(task), list[Any]()
    right = np.asarray(values(found, task, at, checks=checks))
    if right.ndim == 2 and is_turned(task, layout):
        right = right.T
    (point,) = read_points(at, task.variables, task.parsed.sizes)
    given = np.asarray(value_at(gradient, task.variables, point))
    fits = given.shape == right.shape
    error = _relative(given, right) if fits else None
    passed = error is not None and error <= TOLERANCE
    slip = None if passed else _slip(given, right, task)
    return {
        "operation": "gradient-check",
        "expression": expression_to_json(task.parsed.node),
        "gradient": expression_to_json(gradient),
        "wrt": task.targets.names,
        "layout": layout,
        "at": at,
        "passed": passed,
        "error": error,
        "tolerance": TOLERANCE,
        "expected": expression_to_json(read_back(found["result"]["text"], task.parsed)),
        "expected_value": right,
        "likely_slip": None if slip is None else {"code": slip.code, "detail": slip.detail},
        "decided_by": "value",
        "error_probability": None,
        "checks": [*found["checks"], *checks],
    }


def is_turned(task: Task, layout: str) -> bool:
    """Whether a derivative with two axes is transposed in this layout: a gradient in the numerator's, a Jacobian in the denominator's."""
    return layout == ("numerator" if task.parsed.node.shape == SCALAR else "denominator")


def _relative(given: Array, right: Array) -> float:
    scale = float(np.max(np.abs(right), initial=0)) or 1.0
    return float(np.max(np.abs(given - right), initial=0)) / scale


def _slip(given: Array, right: Array, task: Task) -> Slip | None:
    """The plainest change that makes the numbers right."""
    if given.size == right.size and given.shape != right.shape and _relative(given.ravel(), right.ravel()) <= TOLERANCE:
        return Slip("shape", f"right, but its shape is {list(given.shape)}, and should be {list(right.shape)}")
    if right.ndim == 2 and given.shape == right.T.shape and _relative(given.T, right) <= TOLERANCE:
        return Slip("transposed", "right, but transposed")
    if given.shape != right.shape:
        return Slip("shape", f"its shape is {list(given.shape)}, and should be {list(right.shape)}")
    if _relative(-given, right) <= TOLERANCE:
        return Slip("sign", "it is the gradient with the opposite sign")
    factor = _factor(given, right)
    if factor is not None:
        return Slip("factor", f"it is {factor} of the gradient: a constant factor {1 / factor} is missing")
    return _entries(given, right, task)


def _factor(given: Array, right: Array) -> Fraction | None:
    """The simple number that the given array is a multiple of the right one by."""
    largest = np.unravel_index(np.argmax(np.abs(right)), right.shape)
    if not right[largest] or not given[largest]:
        return None
    factor = Fraction(float(given[largest] / right[largest])).limit_denominator(LARGEST_DENOMINATOR)
    return factor if factor and _relative(given, float(factor) * right) <= TOLERANCE else None


def _entries(given: Array, right: Array, task: Task) -> Slip | None:
    """Which entries differ, where not all do."""
    wrong = np.argwhere(np.abs(given - right) > TOLERANCE * (float(np.max(np.abs(right), initial=0)) or 1.0))
    if not right.ndim or len(wrong) == right.size:
        return None
    told = []
    for place in wrong[:ENTRIES_TOLD]:
        by = f", by {task.targets.names[place[-1]]}," if task.targets.side_by_side else ""
        name = place[0] + 1 if len(place) == 1 else f"({', '.join(str(index + 1) for index in place)})"
        told.append(f"entry {name}{by} should be {float(right[tuple(place)]):.6g}, and is {float(given[tuple(place)]):.6g}")
    more = f"; {len(wrong) - len(told)} more entries differ" if len(wrong) > len(told) else ""
    return Slip("entries", f"{'; '.join(told)}{more}")
