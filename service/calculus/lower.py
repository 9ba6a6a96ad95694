"""Nodes → tensors: each operation says what it is; shared parts are lowered once."""

from __future__ import annotations

from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.tensors import Tensor


def lower(root: Node) -> Tensor:
    """The tensor of a node. Iterative: arguments come before what uses them."""
    known: dict[Node, Tensor] = memo().setdefault("lowered", {})
    for node in in_order([root], known):
        known[node] = node.operation.lower(node, *[known[argument] for argument in node.arguments])
    return known[root]
