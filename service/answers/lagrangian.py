"""Why the principal components are eigenvectors: maximise w'*S*w where w'*w = 1, by the method of Lagrange multipliers, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.answers.derivation import derive
from service.answers.task import read_task
from service.calculus.evaluate import value_at
from service.certificates import Check, measured
from service.expression.nodes import Node
from service.language import declare, parse
from service.linalg.matrix import Floats
from service.printing.printers import to_latex, to_text
from service.teaching.sentences import sentence

VARIABLES = {"S": "symmetric(p)", "w": "vector(p)", "lambda": "scalar"}
OBJECTIVE, LAGRANGIAN = "w'*S*w", "w'*S*w - lambda*(w'*w - 1)"
CONDITION, EIGENVALUE = "S*w - lambda*w", "lambda"
TOLERANCE = 1e-10


def principal_directions() -> list[dict[str, Any]]:
    """The steps from the variance along w to S*w = lambda*w, the gradient among them taken by the engine, and verified there."""
    answer = derive(read_task("gradient", {"expression": LAGRANGIAN, "variables": VARIABLES, "wrt": "w", "steps": True}))
    gradient = answer["result"]["text"]
    return [
        _step("Lagrange multiplier", OBJECTIVE, LAGRANGIAN),
        *answer["steps"],
        _step("stationary point", gradient, CONDITION),
        _step("variance of a direction", OBJECTIVE, EIGENVALUE),
    ]


def stationary_check(covariance: Floats, direction: Floats, variance: float) -> Check:
    """That the last two steps hold at an answer: at the unit vector `direction` (p) the gradient of the Lagrangian, as derived, is
    zero, and the variance along it is the multiplier."""
    scale = variance if variance > 0 else 1.0
    point = {"S": covariance / scale, "w": direction, "lambda": np.asarray(1.0)}
    declared = dict(declare(VARIABLES).variables)
    answer = derive(read_task("gradient", {"expression": LAGRANGIAN, "variables": VARIABLES, "wrt": "w"}))
    gradient = value_at(_read(answer["result"]["text"]), declared, point)
    along = float(value_at(_read(OBJECTIVE), declared, point))
    error = max(float(np.abs(gradient).max()), abs(along - 1.0))
    return measured("stationary", error, TOLERANCE, "the derived gradient of the Lagrangian, and w'*S*w - lambda, at the first component")


def _read(text: str) -> Node:
    return parse(text, declare(VARIABLES)).node


def _step(rule: str, before: str, after: str) -> dict[str, Any]:
    lines = [{"text": to_text(node), "latex": to_latex(node)} for node in map(_read, (before, after))]
    return {
        "rule": rule,
        "code": rule.lower().replace(" ", "-"),
        "before": lines[0],
        "after": lines[1],
        "text": sentence(rule),
        "wrt": ["w"],
    }
