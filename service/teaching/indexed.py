"""What the index method writes with: entries x_j, sums over indices, the Kronecker delta.

All of them are scalars, so the operators and functions of the language go with them, and so do the rules. An index is a
letter, or a position where one entry is meant (from 0). Letters of different sums are different.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from service.expression.nodes import Node, in_order
from service.expression.nodes import build as build_node
from service.expression.operation import Array, Binding, Printed
from service.expression.shapes import SCALAR, Shape, Sizes
from service.expression.tensors import Tensor
from service.operations.leaves import name_to_latex, number
from service.printing.printers import printed
from service.teaching.inert import Named, Told, names_in, remake

Label = str | int

_KNOWN_SIZES = Sizes()


class Place(NamedTuple):
    """One entry of an array, which is the tensor written as a node."""

    array: Node
    tensor: Tensor
    labels: tuple[Label, ...]


class Indexed(Told):
    """Base: a scalar for each choice of its indices."""

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR

    def on_grid(self, node: Node, grid: Grid, *arguments: Array) -> Array:
        """The values for all choices of indices."""
        raise NotImplementedError

    def renamed(self, parameter: Any, old: Label, new: Label) -> Any:
        """The parameter with one index in the place of another."""
        return parameter

    def own_labels(self, node: Node) -> Sequence[Label]:
        """The indices that stand at the node itself."""
        return node.parameter  # type: ignore[no-any-return]


class Entry(Indexed):
    """x_j, A_ij, inv(A)_ij, det(A). The parameter names the variables in the array and holds the Place."""

    name, arity = "entry", (0, 0)

    def renamed(self, parameter: Any, old: Label, new: Label) -> Any:
        place: Place = parameter.what
        return Named(parameter.names, place._replace(labels=_swapped(place.labels, old, new)))

    def own_labels(self, node: Node) -> Sequence[Label]:
        return node.parameter.what.labels  # type: ignore[no-any-return]

    def on_grid(self, node: Node, grid: Grid, *arguments: Array) -> Array:
        place: Place = node.parameter.what
        return grid.placed(grid.array(place.array), place.labels)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        place: Place = node.parameter.what
        shown = printed(place.array, "text", {})
        return Printed(f"{shown.within(Binding.ATOM)}_{subscript(place.labels)}") if place.labels else shown

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        place: Place = node.parameter.what
        shown = printed(place.array, "latex", {})
        return Printed(with_subscript(shown.within_latex(Binding.ATOM), place.labels)) if place.labels else shown


class Kronecker(Indexed):
    """The Kronecker delta: 1 where both indices are equal, else 0. The parameter holds the two."""

    name, arity = "delta", (0, 0)

    def renamed(self, parameter: Any, old: Label, new: Label) -> Any:
        return _swapped(parameter, old, new)

    def on_grid(self, node: Node, grid: Grid, *arguments: Array) -> Array:
        left, right = (grid.index(label) for label in node.parameter)
        return np.asarray(left == right, dtype=float)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"delta_{subscript(node.parameter)}")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\delta_{{{latex_subscript(node.parameter)}}}")


class SumOver(Indexed):
    """The sum over indices. The parameter holds them."""

    name, rule, linear = "sum over", "sum rule", "each"

    def on_grid(self, node: Node, grid: Grid, *arguments: Array) -> Array:
        return grid.summed(arguments[0], node.parameter)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"sum_{subscript(node.parameter)} {arguments[0].within(Binding.PRODUCT)}", Binding.PRODUCT)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        below = ", ".join(name_to_latex(label) for label in node.parameter)
        return Printed(rf"\sum_{{{below}}} {arguments[0].within_latex(Binding.PRODUCT)}", Binding.PRODUCT)


ENTRY, KRONECKER, SUM_OVER = Entry(), Kronecker(), SumOver()


def entry(array: Node, tensor: Tensor, labels: Sequence[Label]) -> Node:
    return build_node(ENTRY, (), Named(names_in(array), Place(array, tensor, tuple(labels))), _KNOWN_SIZES)


def delta(left: Label, right: Label) -> Node:
    """δ with its indices in order: letters in alphabetical order, then positions."""
    if left == right:
        return number(1)
    first, second = sorted((left, right), key=lambda label: (isinstance(label, int), label))
    return build_node(KRONECKER, (), (first, second), _KNOWN_SIZES)


def sum_over(labels: Sequence[Label], body: Node) -> Node:
    return build_node(SUM_OVER, (body,), tuple(labels), _KNOWN_SIZES) if labels else body


def renamed(root: Node, old: Label, new: Label) -> Node:
    """The expression with one index in the place of another."""
    made: dict[Node, Node] = {}
    for node in in_order([root]):
        operation = node.operation
        parameter = operation.renamed(node.parameter, old, new) if isinstance(operation, Indexed) else node.parameter
        arguments = [made[argument] for argument in node.arguments]
        if operation is KRONECKER:
            made[node] = delta(*parameter)
        elif parameter == node.parameter and all(a is b for a, b in zip(arguments, node.arguments, strict=True)):
            made[node] = node
        else:
            made[node] = remake(operation, arguments, parameter)
    return made[root]


def count_values(line: Node, lengths: Mapping[str, int]) -> int:
    """How many choices of indices the largest part of a line has, before sums are carried out."""
    letters: dict[Node, frozenset[Label]] = {}
    largest = 1
    for node in in_order([line]):
        inside = frozenset[Label]().union(*[letters[argument] for argument in node.arguments])
        own = node.operation.own_labels(node) if isinstance(node.operation, Indexed) else getattr(node.parameter, "labels", ())
        largest = max(largest, math.prod([lengths[label] for label in inside.union(own) if isinstance(label, str)]))
        letters[node] = inside.difference(own) if node.operation is SUM_OVER else inside.union(own)
    return largest


def _swapped(labels: Sequence[Label], old: Label, new: Label) -> tuple[Label, ...]:
    return tuple([new if label == old else label for label in labels])


def subscript(labels: Sequence[Label]) -> str:
    """Indices under a name: ij, and i1,j where one of them is longer than a letter. Positions count from 1."""
    texts = [label if isinstance(label, str) else str(label + 1) for label in labels]
    return ("" if all(len(text) == 1 for text in texts) else ",").join(texts)


def with_subscript(latex: str, labels: Sequence[Label]) -> str:
    return f"{latex if len(latex) == 1 else f'{{{latex}}}'}_{{{latex_subscript(labels)}}}"


def latex_subscript(labels: Sequence[Label]) -> str:
    return subscript([name_to_latex(label) if isinstance(label, str) and len(label) > 1 else label for label in labels])


# --- values ---------------------------------------------------------------------------------------------------------


class Grid:
    """All choices of indices at once: each letter has an axis of its own, in every array, for the values that it takes."""

    def __init__(self, letters: Mapping[str, Array], arrays: Mapping[Node, Array]) -> None:
        self.letters = letters
        self.arrays = arrays
        self.axes = {letter: axis for axis, letter in enumerate(letters)}

    def array(self, node: Node) -> Array:
        return self.arrays[node]

    def placed(self, array: Array, labels: Sequence[Label]) -> Array:
        """An array whose axes carry these labels, as an array over all letters; a letter twice is a diagonal."""
        index = np.broadcast_arrays(*[self.index(label) for label in labels]) if labels else []
        return np.asarray(array[tuple(index)]) if labels else np.asarray(array)

    def index(self, label: Label) -> Array:
        """The values of an index along its axis."""
        if isinstance(label, int):
            return np.asarray(label).reshape((1,) * len(self.axes))
        shape = [1] * len(self.axes)
        shape[self.axes[label]] = len(self.letters[label])
        return self.letters[label].reshape(shape)

    def summed(self, array: Array, labels: Sequence[str]) -> Array:
        """The sum over letters; what does not depend on one counts as often as it has values."""
        for label in labels:
            constant = array.ndim == 0 or array.shape[self.axes[label]] == 1
            array = array * len(self.letters[label]) if constant else np.sum(array, axis=self.axes[label], keepdims=True)
        return array
