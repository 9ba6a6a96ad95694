"""The walk that all printers share, and the two that print a whole expression on one line."""

from __future__ import annotations

from service import limits
from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.operation import Printed
from service.operations.leaves import Variable

READABLE = 200
"""Characters of text up to which an expression is written without names for its repeated parts."""
LONG = 1_500
"""Characters from which on it is written with names even where it does not get much shorter by them."""
SHORTER = 0.7
"""To what share of its length an expression has to come down for that."""
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
    """With names in every form, or in none."""
    plain = _plain(root, READABLE) or _plain(root, LONG)
    if plain is not None and (len(plain) <= READABLE or len(_named(root, "text", " where ", "{} = {}", "t{}")) > SHORTER * len(plain)):
        return plain if form == "text" else printed(root, form, _known(form)).text
    return _named(root, form, where, definition, name)


def _plain(root: Node, readable: int) -> str | None:
    """The text without names; None where it is longer than `readable`."""
    try:
        return printed(root, "text", _known("text"), readable).text
    except _TooLong:
        return None


def _known(form: str) -> dict[Node, Printed]:
    """What is printed already: several results share most of their parts."""
    known: dict[Node, Printed] = memo().setdefault(("printed", form), {})
    return known


def _named(root: Node, form: str, where: str, definition: str, name: str) -> str:
    names, parts = shared_parts([root])
    if not names:
        return printed(root, form, {}).text
    known: dict[Node, Printed] = {}
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
    if root in known and len(known[root].text) <= (readable or LONG):
        return known[root]
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
