"""The walk that all printers share, and the two that print a whole expression on one line."""

from __future__ import annotations

from service import limits
from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.operation import Printed

FORMS = ("text", "latex", "numpy")


def to_text(root: Node) -> str:
    """The expression in the language of requests: what is printed can be sent back."""
    return printed(root, "text", _memo("text")).text


def to_latex(root: Node) -> str:
    """The expression in LaTeX (amsmath)."""
    return printed(root, "latex", _memo("latex")).text


def _memo(form: str) -> dict[Node, Printed]:
    """What has been printed in this arena: several results share most of their parts."""
    known: dict[Node, Printed] = memo().setdefault(("printed", form), {})
    return known


def printed(root: Node, form: str, known: dict[Node, Printed]) -> Printed:
    """Print a node by its operations' `form`; `known` holds what is printed already, and takes the rest.

    Shared parts are printed once and their text repeated, so the answer can be exponentially longer than the graph:
    raises LimitExceeded past `answer-characters` before that costs anything.
    """
    allowed = limits.limit("answer-characters")
    for node in in_order([root], known):
        arguments = [known[argument] for argument in node.arguments]
        result: Printed = getattr(node.operation, form)(node, *arguments)
        if len(result.text) > allowed:
            limits.check("answer-characters", len(result.text))
        known[node] = result
    return known[root]
