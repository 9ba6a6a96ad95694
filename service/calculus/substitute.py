"""Variables replaced by expressions."""

from __future__ import annotations

from collections.abc import Mapping

from service.errors import ShapeMismatch
from service.expression.nodes import Node, in_order, make
from service.expression.shapes import describe
from service.operations.leaves import Variable


def substitute(root: Node, replacements: Mapping[str, Node]) -> Node:
    """The expression with variables replaced, all at once, by expressions of their shape. Raises ShapeMismatch.

    Iterative, shared parts once: the result is as large as root and the replacements together.
    """
    rebuilt: dict[Node, Node] = {}
    for node in in_order([root]):
        if isinstance(node.parameter, Variable):
            found = replacements.get(node.parameter.name, node)
            if found.shape != node.shape:
                raise ShapeMismatch(f"{node.parameter.name} is {describe(node.shape)}, and what replaces it {describe(found.shape)}")
            rebuilt[node] = found
        elif any(rebuilt[argument] is not argument for argument in node.arguments):
            arguments = [rebuilt[argument] for argument in node.arguments]
            rebuilt[node] = make(node.operation.name, *arguments, parameter=node.parameter)
        else:
            rebuilt[node] = node
    return rebuilt[root]
