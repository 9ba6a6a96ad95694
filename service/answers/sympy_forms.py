"""SymPy's `simplify` as a source of shorter forms of scalar functions. Nothing that it says is believed: the caller compares.

It gets no text, only what was built here from nodes, and no numbers that could explode (docs: SymPy evaluates what it is given).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import sympy

from service.expression.nodes import Node

MOST_NODES = 80  # what SymPy does with larger ones may take for ever
LARGEST_EXPONENT = 20
LARGEST_NUMBER = 10**12

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{
        name: getattr(sympy, name)
        for name in "exp log sqrt cbrt sign sin cos tan sec csc cot asin acos atan sinh cosh tanh asinh acosh atanh erf gamma".split()
    },
    "abs": sympy.Abs,
    "add": lambda *terms: reduce(operator.add, terms),
    "subtract": operator.sub,
    "times": lambda *factors: reduce(operator.mul, factors),
    "divide": operator.truediv,
    "negate": operator.neg,
}
CONSTANTS = {"pi": sympy.pi, "e": sympy.E}
UNREADABLE = (sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.Piecewise)
LETTER = re.compile(r"\bu(\d+)_\b")


class _Foreign(Exception):
    """Something that SymPy is not asked about."""


def simplified(node: Node) -> str | None:
    """A shorter form in the language, unproven; None where there is none, or SymPy is not asked."""
    letters: dict[str, Any] = {}
    try:
        found = sympy.simplify(_translated(node, letters))
    except (_Foreign, ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError, RecursionError):
        return None
    if found.has(*UNREADABLE):
        return None
    names = list(letters)
    text = sympy.sstr(found).replace("Abs(", "abs(").replace("**", "^")
    return LETTER.sub(lambda match: names[int(match[1])], re.sub(r"\bE\b", "e", text))


def _translated(root: Node, letters: dict[str, Any]) -> Any:
    """`letters` gets the variables by name. Raises _Foreign."""
    count = 0

    def visit(node: Node) -> Any:
        nonlocal count
        count += 1
        name = node.operation.name
        if count > MOST_NODES or node.shape != (1, 1):
            raise _Foreign
        if name == "number":
            if not isinstance(node.parameter, int) or abs(node.parameter) > LARGEST_NUMBER:
                raise _Foreign
            return sympy.Integer(node.parameter)
        if name == "constant":
            return CONSTANTS[node.parameter]
        if name == "variable":
            return letters.setdefault(node.parameter.name, sympy.Symbol(f"u{len(letters)}_", real=True))
        arguments = [visit(child) for child in node.arguments]
        if name == "power":
            base, exponent = arguments
            if exponent.is_number and not (exponent.is_Rational and abs(exponent) <= LARGEST_EXPONENT and exponent.q <= LARGEST_EXPONENT):
                raise _Foreign
            return base**exponent
        if name not in FUNCTIONS:
            raise _Foreign
        return FUNCTIONS[name](*arguments)

    return visit(root)
