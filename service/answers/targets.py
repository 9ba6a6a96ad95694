"""What a derivative is taken by: one array, several scalars side by side, or several arrays one after the other."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service import limits
from service.errors import InputError, MathematicsRefuses, UnknownName
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR, axes, describe
from service.operations.leaves import Variable


@dataclass(frozen=True)
class Targets:
    """`side_by_side`: scalars whose derivatives are the entries of one array; else one result for each variable."""

    variables: tuple[Variable, ...]
    side_by_side: bool

    @property
    def names(self) -> list[str]:
        return [variable.name for variable in self.variables]


def read_targets(wrt: object, occurring: Sequence[str], variables: Mapping[str, Variable]) -> Targets:
    """`wrt` is a name, a list of names, or left out: then it is every variable in order of appearance.

    Raises UnknownName with the nearest variable; a declared variable that the expression does not contain is allowed,
    and so is an undeclared scalar (its derivative is zero).
    """
    if wrt is None:
        chosen = [variables[name] for name in occurring]
        if not chosen:
            raise InputError("the expression has no variable to differentiate by", hint='name one in "wrt"', pointer="/wrt")
        return Targets(tuple(chosen), len(chosen) > 1 and all(variable.shape == SCALAR for variable in chosen))
    names = [wrt] if isinstance(wrt, str) else wrt
    if not isinstance(names, Sequence) or not names or not all(isinstance(name, str) for name in names):
        raise InputError("wrt is a name or a list of names", hint='"wrt": "x" or "wrt": ["x", "y"]', pointer="/wrt")
    if len(set(names)) < len(names):
        raise InputError("a name stands twice in wrt", pointer="/wrt")
    chosen = []
    for place, name in enumerate(names):
        pointer = "/wrt" if isinstance(wrt, str) else f"/wrt/{place}"
        if name not in variables:
            near = difflib.get_close_matches(name, variables, n=1)
            if near or not name.isidentifier():
                raise UnknownName(
                    f"{name} is not a variable of the expression",
                    hint=f"did you mean {near[0]}?" if near else f"the variables are {', '.join(variables) or 'none'}",
                    pointer=pointer,
                )
        chosen.append(variables.get(name, Variable(name)))
    return Targets(tuple(chosen), not isinstance(wrt, str) and all(variable.shape == SCALAR for variable in chosen))


def scalar_components(function: Node) -> list[Node]:
    """The scalar components of a function: of a list its entries, of a vector of known size x[1], x[2], ..."""
    if function.shape == SCALAR:
        return [function]
    if function.operation.name == "literal" and function.shape[1] == 1:
        return list(function.arguments)
    lengths = axes(function.shape)
    if len(lengths) == 1 and isinstance(lengths[0], int):
        limits.check("variables", lengths[0])
        return [make("index", function, parameter=(place,)) for place in range(lengths[0])]
    raise MathematicsRefuses(
        f"the function is {describe(function.shape)}: its derivatives by several scalars are no matrix",
        hint='differentiate by one name at a time ("wrt": "x")',
        pointer="/wrt",
    )
