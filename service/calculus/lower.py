"""Nodes → tensors: each operation says what it is; shared parts are lowered once."""

from __future__ import annotations

from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.tensors import Tensor


def lower(root: Node) -> Tensor:
    """The tensor of a node. Iterative: arguments come before what uses them."""
    known = memo()
    for node in in_order([root]):
        if ("lowered", node) not in known:
            arguments = [known["lowered", argument] for argument in node.arguments]
            known["lowered", node] = node.operation.lower(node, *arguments)
    tensor: Tensor = known["lowered", root]
    return tensor
