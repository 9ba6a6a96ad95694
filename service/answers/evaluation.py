"""The value of an expression, computed in two ways that share no rounding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from service.answers.forms import expression_to_json
from service.answers.points import read_points, spread
from service.answers.task import all_variables
from service.calculus.evaluate import value_at
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.certificates import measured, require
from service.language import declare, parse
from service.operations.leaves import variable

TOLERANCE = 1e-9


def evaluate(request: Mapping[str, Any]) -> dict[str, Any]:
    """Raises UndefinedAtPoint, ShapeMismatch, CheckFailed (the two ways disagree), and what the language raises."""
    parsed = parse(request["expression"], declare(request.get("variables")))
    variables = all_variables(parsed)
    names = {name: variable(declared) for name, declared in variables.items()}
    normal = Notation(names, parsed.decimals).node(lower(parsed.node))
    at = spread(request.get("at", {}), variables)
    points = read_points(at, variables, parsed.sizes)
    values = [value_at(parsed.node, variables, point) for point in points]
    error = 0.0
    for point, value in zip(points, values, strict=True):
        other = value_at(normal, variables, point).reshape(value.shape)
        scale = float(np.max(np.abs(value), initial=0)) or float(np.max(np.abs(other), initial=0)) or 1.0
        error = max(error, float(np.max(np.abs(value - other), initial=0)) / scale)
    answer: dict[str, Any] = {
        "operation": "evaluate",
        "expression": expression_to_json(parsed.node),
        "value": values if isinstance(at, list) else values[0],
    }
    if "at" in request:
        answer["at"] = request["at"]
    answer["checks"] = require(
        [measured("two-ways", error, TOLERANCE, "relative difference between the value as written and the value of the normal form")]
    )
    return answer
