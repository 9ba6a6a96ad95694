"""Nodes: operations applied to nodes, as a person writes them. Interned, with rows and columns known at birth."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping
from typing import Any

from service.expression.arena import Interned, find, memo, store
from service.expression.operation import Operation, operation
from service.expression.shapes import Shape, Size, Sizes

_KNOWN_SIZES = Sizes()


class Node(Interned):
    """`parameter` is what an operation knows beside its arguments: a number, a name, a position."""

    __slots__ = ("arguments", "operation", "parameter", "shape")
    operation: Operation
    arguments: tuple[Node, ...]
    parameter: Any
    shape: Shape


def make(name: str, *arguments: Node, parameter: Hashable = None) -> Node:
    """The operation called `name` applied to nodes whose sizes are known; raises ShapeMismatch."""
    return build(operation(name), arguments, parameter, _KNOWN_SIZES)


def build(operation: Operation, arguments: tuple[Node, ...], parameter: Hashable, sizes: Sizes) -> Node:
    """As `make`, learning sizes on the way; raises ShapeMismatch when the shapes do not fit."""
    key = (Node, operation, parameter, *arguments)
    found: Node | None = find(key)
    if found is None:
        found = Node()
        found.shape = operation.shape([argument.shape for argument in arguments], parameter, sizes)
        found.operation, found.arguments, found.parameter = operation, arguments, parameter
        store(key, found)
    return found


def in_order(roots: Iterable[Node], known: Container[Node] = ()) -> list[Node]:
    """The nodes that the roots are made of, each once, arguments before what uses them; what is `known` is left out.

    Ids are given in order of creation, and arguments exist before their user: sorting is a topological order.
    """
    stack = [root for root in roots if root not in known]
    seen = set(stack)
    for node in stack:
        for argument in node.arguments:
            if argument not in seen and argument not in known:
                seen.add(argument)
                stack.append(argument)
    stack.sort(key=_age)
    return stack


def _age(item: Interned) -> int:
    return item.id


def at_sizes(root: Node, sizes: Mapping[str, Size]) -> Node:
    """The same expression with letters of sizes replaced by whole numbers; a size of 1 makes a vector a scalar."""
    rebuilt: dict[Node, Node] = memo().setdefault(("at sizes", *sorted(sizes.items())), {})
    for node in in_order([root], rebuilt):
        arguments = tuple([rebuilt[argument] for argument in node.arguments])
        rebuilt[node] = build(node.operation, arguments, node.operation.sized(node, sizes), _KNOWN_SIZES)
    return rebuilt[root]
