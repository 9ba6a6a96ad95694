"""The walk that all printers share, and the two that print a whole expression on one line."""

from __future__ import annotations

from service import limits
from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.operation import Printed
from service.operations.leaves import Variable

READABLE = 1_500
"""Characters up to which an expression is written without names for its repeated parts."""
LEAST_NAMED = 12
"""Characters from which on a part that stands twice is given a name."""


def to_text(root: Node) -> str:
    """The expression in the language of requests: what is printed can be sent back.

    A long one names its repeated parts: `t0.*x + t0 where t0 = exp(A*x)`.
    """
    return _written(root, "text", " where ", "{} = {}", "t{}")


def to_latex(root: Node) -> str:
    """The expression in LaTeX (amsmath)."""
    return _written(root, "latex", r" \quad \text{where} \quad ", "{} = {}", "t_{{{}}}")


def _written(root: Node, form: str, where: str, definition: str, name: str) -> str:
    known: dict[Node, Printed] = memo().setdefault(("printed", form), {})  # several results share most of their parts
    try:
        return printed(root, form, known, READABLE).text
    except _TooLong:
        names, parts = shared_parts([root])
    if not names:
        return printed(root, form, {}).text
    known = {}
    definitions = []
    for part in parts:
        definitions.append(definition.format(name.format(names[part]), printed(part, form, known).text))
        known[part] = Printed(name.format(names[part]))
    return printed(root, form, known).text + where + ", ".join(definitions)


class _TooLong(Exception):
    """A text passed the length that was asked for."""


def printed(root: Node, form: str, known: dict[Node, Printed], readable: int | None = None) -> Printed:
    """Print a node by its operations' `form`; `known` holds what is printed already, and takes the rest.

    Shared parts are printed once and their text repeated, so a text can be exponentially longer than the graph: raises
    LimitExceeded past `answer-characters` before that costs anything, _TooLong past `readable`.
    """
    allowed = readable or limits.limit("answer-characters")
    for node in in_order([root], known):
        arguments = [known[argument] for argument in node.arguments]
        result: Printed = getattr(node.operation, form)(node, *arguments)
        if len(result.text) > allowed:
            if readable:
                raise _TooLong
            limits.check("answer-characters", len(result.text))
        known[node] = result
    return known[root]


def shared_parts(roots: list[Node], least: int = LEAST_NAMED) -> tuple[dict[Node, int], list[Node]]:
    """The parts that stand more than once and would be at least so many characters long, numbered, in order of computation.

    The numbers pass over those that a variable of the expression already has after a t.
    """
    uses: dict[Node, int] = {}
    order = in_order(roots)
    for node in order:
        for argument in node.arguments:
            uses[argument] = uses.get(argument, 0) + 1
    taken = {node.parameter.name for node in order if isinstance(node.parameter, Variable)}
    lengths: dict[Node, int] = {}
    names: dict[Node, int] = {}
    parts = []
    number = 0
    for node in order:
        length = 2 + sum(lengths[argument] + 1 for argument in node.arguments)
        if uses.get(node, 0) > 1 and node.arguments and length >= least:
            while f"t{number}" in taken:
                number += 1
            names[node] = number
            number += 1
            parts.append(node)
            length = 2
        lengths[node] = length
    return names, parts
