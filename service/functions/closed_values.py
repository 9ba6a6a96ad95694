"""Values at points with closed forms, in closed form."""

from __future__ import annotations

import numpy as np

from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.expression.nodes import Node, make
from service.expression.shapes import axes
from service.functions.constants import folded
from service.functions.function import Function
from service.language import parse_number
from service.printing.printers import to_text


def value_text(function: Function, texts: list[str]) -> str:
    """The function at a point with closed forms."""
    numbers = np.empty(len(texts), dtype=object)
    numbers[:] = [parse_number(text) for text in texts]
    arrays = function.unknowns.arrays(numbers) if all(free is None for free in function.unknowns.frees) else None
    known = known_numbers(function)
    if arrays is None or known is None:
        return repr(function.value(np.array([float(Evaluator(number, {})({})) for number in numbers])))
    moved = known
    for declared, shape in zip(function.unknowns.variables, function.unknowns.shapes, strict=True):
        entries = np.reshape(arrays[declared.name], -1)
        table = (shape[0], shape[1]) if len(shape) == 2 else (len(entries), 1)
        moved[declared.name] = make("literal", *entries, parameter=table) if axes(declared.shape) else entries[0]
    node = folded(substitute(function.question.node, moved))
    for _ in range(2):  # products of roots are numbers only then
        node = folded(Notation({}).node(lower(node)))
    return to_text(node)


def known_numbers(function: Function) -> dict[str, Node] | None:
    """What the request gives for scalars, as it is written; None where it gives arrays."""
    if any(np.ndim(array) for array in function.known.values()):
        return None
    given = {name: function.question.given[name] for name in function.known}
    return {name: parse_number(value if isinstance(value, str) else repr(value)) for name, value in given.items()}
