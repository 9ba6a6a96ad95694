"""Inequalities and equations between expressions: the constraints of a minimum, the domain of a function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from service import limits
from service.errors import ExpressionSyntaxError, InputError
from service.expression.nodes import Node, make

EQUATION = re.compile(r"(?<![<>=!])=(?!=)")
SCIPY = {"eq": "==", "ineq": ">="}
HINT = 'such as "x + y <= 1" or "x^2 + y^2 == 1"'
KINDS = ("less", "less_equal", "greater", "greater_equal", "equal")


@dataclass(frozen=True)
class Condition:
    """`excess` is at most 0, or equal to 0: left - right for left <= right and left == right, right - left for left >= right."""

    text: str
    pointer: str
    excess: Node
    equation: bool
    strict: bool


def texts_of(given: Any, pointer: str) -> dict[str, str]:
    """The texts of a list of conditions, or of one, by pointer. Raises InputError.

    SciPy's dictionaries are read too: {"type": "ineq", "fun": "x - 1"} is x - 1 >= 0.
    """
    if given is None:
        return {}
    found = {}
    limits.check("constraints", len(given) if isinstance(given, list) else 1, pointer)
    for place, entry in enumerate(given if isinstance(given, list) else [given]):
        where = f"{pointer}/{place}" if isinstance(given, list) else pointer
        if isinstance(entry, dict):
            if set(entry) != {"type", "fun"} or str(entry["type"]) not in SCIPY or not isinstance(entry["fun"], str):
                raise InputError("a constraint is a text", hint=f'{HINT}; or {{"type": "ineq", "fun": "1 - x - y"}}', pointer=where)
            entry = f"{entry['fun']} {SCIPY[entry['type']]} 0"
        if not isinstance(entry, str):
            raise InputError("a condition is a text", hint=HINT, pointer=where)
        found[where] = entry if " where " in entry else EQUATION.sub("==", entry)
    return found


def read_condition(node: Node, text: str, pointer: str) -> Condition:
    """The condition that a comparison is. Raises ExpressionSyntaxError for what is none."""
    name = node.operation.name
    if name not in KINDS:
        raise ExpressionSyntaxError("a condition compares two sides with <=, >= or ==", hint=HINT, pointer=pointer)
    left, right = node.arguments if name in ("less", "less_equal", "equal") else node.arguments[::-1]
    return Condition(text, pointer, make("add", left, make("negate", right)), name == "equal", name in ("less", "greater"))
