"""A client's gradient, checked: against ours as a function, and against differences of the function itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.answers.derivation import derive
from service.answers.equivalence import compare, counterexample_to_json
from service.answers.forms import expression_to_json
from service.answers.gradient_at_point import check_at_point, is_turned
from service.answers.slips import likely_slip
from service.answers.task import Task, read_back, read_task
from service.calculus import build
from service.calculus.verify import TOLERANCE, check_derivative
from service.certificates import Check, require
from service.errors import InputError, Undecided, UnknownName
from service.expression.nodes import Node
from service.expression.shapes import axes
from service.language import Declarations, parse


def gradient_check(request: Mapping[str, Any]) -> dict[str, Any]:
    """Whether `gradient` is the derivative of `expression` by `wrt`, in the layout asked for; if not, the likely slip.

    With `at`, whether it has the value of the derivative at this point.

    `error` is the relative difference to central differences of the function, null where the shapes do not fit. Raises
    NotDifferentiable, CheckFailed, Undecided and what the language raises.
    """
    layout = request.get("layout", "mixed")
    task = read_task("derivative", {name: request[name] for name in ("expression", "variables", "wrt") if name in request})
    if len(task.targets.variables) > 1 and not task.targets.side_by_side:
        raise InputError(
            "a gradient is checked by one array, or by several scalars side by side", hint='name one variable: "wrt": "x"', pointer="/wrt"
        )
    gradient = _read_gradient(request["gradient"], task)
    if "at" in request:
        return check_at_point(task, gradient, layout, request["at"])
    found = derive(task)
    ours = read_back(found["result"]["text"], task.parsed)
    turned = len(ours.shape) == 2 and is_turned(task, layout)
    expected = build.transpose(ours) if turned else ours
    check = _against_differences(build.transpose(gradient) if turned else gradient, ours, task)
    passed, how, checks = _verdict(gradient, expected, check)
    slip = None if passed else likely_slip(gradient, expected, task.targets.variables)
    return {
        "operation": "gradient-check",
        "expression": expression_to_json(task.parsed.node),
        "gradient": expression_to_json(gradient),
        "wrt": task.targets.names,
        "layout": layout,
        "passed": passed,
        "error": None if check is None else check.error,
        "tolerance": TOLERANCE,
        "expected": expression_to_json(expected),
        "likely_slip": None if slip is None else {"code": slip.code, "detail": slip.detail},
        **how,
        "checks": [*found["checks"], *[check.to_json() for check in require(checks)]],
    }


def _read_gradient(source: object, task: Task) -> Node:
    """The client's gradient, over the variables of the function and no others."""
    read = parse(source, Declarations(task.parsed.declared, task.parsed.sizes), "/gradient")
    for name in read.variables:
        if name not in task.variables:
            raise UnknownName(
                f"the gradient has a variable {name}, which the function has not",
                hint=f"the variables are {', '.join(task.variables)}",
                pointer="/gradient",
            )
    return read.node


def _against_differences(gradient: Node, ours: Node, task: Task) -> Check | None:
    """The gradient against differences of the function's own value; None where its shape does not allow it."""
    if axes(gradient.shape) != axes(ours.shape):
        return None
    try:
        return check_derivative(task.parsed.node, gradient, task.targets.names, task.variables, "your-gradient")
    except Undecided:
        return None


def _verdict(gradient: Node, expected: Node, check: Check | None) -> tuple[bool, dict[str, Any], list[Check]]:
    """Whether the two are the same function, how that was decided, and the checks of it.

    Where it cannot be decided, the differences tell. A gradient that is equal must agree with them too.
    """
    try:
        verdict = compare(gradient, expected)
    except Undecided:
        if check is None:
            raise
        return check.passed, {"decided_by": "differences", "error_probability": None}, []
    how: dict[str, Any] = {"decided_by": verdict.decided_by, "error_probability": verdict.error_probability}
    if verdict.counterexample is not None:
        how["counterexample"] = counterexample_to_json(verdict.counterexample)
    return verdict.equivalent, how, [*verdict.checks, *([check] if verdict.equivalent and check is not None else [])]
