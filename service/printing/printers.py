"""The walk that all printers share, and the two that print a whole expression on one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from service import limits
from service.expression.nodes import Node, in_order
from service.expression.operation import Printed

Form = Callable[..., Printed]


def to_text(root: Node) -> str:
    """The expression in the language of requests: what is printed can be sent back."""
    return printed(root, lambda node, *arguments: node.operation.text(node, *arguments)).text


def to_latex(root: Node) -> str:
    """The expression in LaTeX (amsmath)."""
    return printed(root, lambda node, *arguments: node.operation.latex(node, *arguments)).text


def printed(root: Node, form: Form, names: Mapping[Node, str] | None = None) -> Printed:
    """Print a node by its operations' forms; nodes in `names` are printed as their name.

    Shared parts are printed once and their text repeated, so the answer can be exponentially longer than the graph:
    raises LimitExceeded past `answer-characters` before that costs anything.
    """
    allowed = limits.limit("answer-characters")
    known: dict[Node, Printed] = {}
    for node in in_order([root]):
        name = names.get(node) if names and node is not root else None
        result = Printed(name) if name else form(node, *[known[argument] for argument in node.arguments])
        if len(result.text) > allowed:
            limits.check("answer-characters", len(result.text))
        known[node] = result
    return known[root]
