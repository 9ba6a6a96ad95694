"""Names that mean something of their own: constants, and derivatives of what depends on a scalar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from service.operations.leaves import Variable, derivative_name

CONSTANTS: dict[str, str] = {"pi": "pi", "π": "pi", "e": "e"}
"""A declared name wins over a constant."""

_DERIVATIVE = re.compile(r"d([0-9]{0,2})(.+)")


def derivative_variable(name: str, declared: Iterable[Variable]) -> Variable | None:
    """The derivative that the name stands for, where a declared variable depends on scalars; else None.

    It has the shape of the variable and is symmetric where that is.
    """
    for variable in declared:
        match = _DERIVATIVE.fullmatch(name) if variable.depends_on else None
        if match is None or not match[2].startswith(variable.name + "_"):
            continue
        by = _scalars(match[2][len(variable.name) + 1 :], variable.depends_on, int(match[1] or 1))
        if by is not None:
            kept = variable.properties & {"symmetric"}
            return Variable(derivative_name(variable.name, by), variable.shape, kept, variable.depends_on, variable.name, by)
    return None


def _scalars(text: str, names: Sequence[str], order: int) -> tuple[str, ...] | None:
    """`dx2dy` as (x, x, y), in alphabetical order; None where it is no such text of this order."""
    todo: list[tuple[str, tuple[str, ...]]] = [(text, ())]
    while todo:
        rest, by = todo.pop()
        if not rest and len(by) == order:
            return tuple(sorted(by))
        for name in names:
            match = re.match(rf"d{re.escape(name)}([0-9]?[0-9]?)", rest)
            times = int(match[1] or 1) if match else 0
            if match and 0 < times <= order - len(by):
                todo.append((rest[match.end() :], by + (name,) * times))
    return None
