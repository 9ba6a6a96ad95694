"""Values of nodes at points, in doubles."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from service import limits
from service.errors import ShapeMismatch, UndefinedAtPoint
from service.expression.nodes import Node, at_sizes, in_order
from service.expression.operation import Array, Elementwise, operation
from service.expression.shapes import Size, axes, describe, split
from service.operations.leaves import Variable

Point = Mapping[str, Array]
SIZE = operation("size")
SYMBOLS = {"divide": "/", "entry-divide": "/", "power": "^", "entry-power": "^"}
"""How operators without a name in the language are told of."""


class Evaluator:
    """An expression at fixed sizes, ready for many points; `further` ones are computed with it, what they share once."""

    def __init__(self, node: Node, sizes: Mapping[str, Size], further: Sequence[Node] = ()) -> None:
        roots = [at_sizes(root, sizes) for root in (node, *further)]
        self.root = roots[0]
        order = in_order(dict.fromkeys(roots))
        for part in order:
            limits.check("matrix-entries", math.prod(size for size in part.shape if isinstance(size, int)))
        places = {node: place for place, node in enumerate(order)}
        self.steps = [(node, [places[argument] for argument in node.arguments]) for node in order]
        self.roots = [places[root] for root in roots]

    def __call__(self, point: Point) -> Array:
        """The value: one axis for each size that is not 1. Not finite where the expression is undefined."""
        return self.values(point)[0]

    def values(self, point: Point) -> list[Array]:
        """The values of the expression and of the further ones."""
        found = self.all_values(point)
        return [np.asarray(found[place]) for place in self.roots]

    def all_values(self, point: Point) -> list[Any]:
        """The value of each node of `steps`."""
        values: list[Any] = []
        with np.errstate(all="ignore"):
            for node, places in self.steps:
                if isinstance(node.parameter, Variable):
                    values.append(point[node.parameter.name])
                else:
                    try:
                        values.append(node.operation.value(node, *[values[place] for place in places]))
                    except np.linalg.LinAlgError:
                        values.append(np.full(axes(node.shape), np.nan))
        return values


def sizes_at(variables: Mapping[str, Variable], point: Point) -> dict[str, Size]:
    """The whole numbers that the sizes are at a point; raises ShapeMismatch when the arrays disagree."""
    sizes: dict[str, Size] = {}
    origin: dict[str, str] = {}
    for name, array in point.items():
        declared = variables.get(name)
        if declared is None:
            continue
        expected = axes(declared.shape)
        given = array.shape
        if len(given) == len(expected) + 1 and 1 in given and len(expected) < 2:  # an n×1 array is a vector
            given = tuple(length for length in given if length != 1) or ((1,) * len(expected))
        if len(given) != len(expected):
            raise ShapeMismatch(
                f"{name} is {describe(declared.shape)}, but its value at the point has the shape {list(array.shape)}", pointer=f"/at/{name}"
            )
        for size, length in zip(expected, given, strict=True):
            coefficient, letters = split(size)
            known = coefficient
            for letter in letters:
                known *= int(sizes.get(letter, 0))
            if len(letters) == 1 and letters[0] not in sizes and length % coefficient == 0:
                sizes[letters[0]] = length // coefficient
                origin[letters[0]] = name
            elif known != length:
                other = next((f" ({letter} is {sizes[letter]} because of {origin[letter]})" for letter in letters if letter in origin), "")
                raise ShapeMismatch(
                    f"{name} is {describe(declared.shape)}, but its value at the point has the shape {list(array.shape)}{other}",
                    pointer=f"/at/{name}",
                )
    return sizes


def reshaped(variables: Mapping[str, Variable], point: Point, sizes: Mapping[str, Size]) -> dict[str, Array]:
    """The point's arrays with exactly the axes that the sizes leave."""
    result = {}
    for name, array in point.items():
        declared = variables.get(name)
        if declared is not None:
            shape = declared.shape
            numbers = [size if isinstance(size, int) else _length(size, sizes) for size in axes(shape)]
            result[name] = np.reshape(np.asarray(array, dtype=float), [number for number in numbers if number != 1])
    return result


def _length(size: Size, sizes: Mapping[str, Size]) -> int:
    coefficient, letters = split(size)
    for letter in letters:
        coefficient *= int(sizes[letter])
    return coefficient


def require_values(evaluator: Evaluator, point: Point) -> None:
    """Raises UndefinedAtPoint naming the variables without a value."""
    needed = [step[0].parameter.name for step in evaluator.steps if isinstance(step[0].parameter, Variable)]
    missing = [name for name in dict.fromkeys(needed) if name not in point]
    if missing:
        raise UndefinedAtPoint(f"the point has no value for {', '.join(missing)}", hint='give it in "at"', pointer="/at")


def letters_of(nodes: Iterable[Node]) -> list[str]:
    """The letters of sizes that stand in expressions, in the arrays' shapes or as numbers."""
    letters: dict[str, None] = {}
    for node in in_order(nodes):
        for size in (*node.shape, *([node.parameter] if node.operation is SIZE else [])):
            letters.update(dict.fromkeys(split(size)[1]))
    return list(letters)


def _size_at(letter: str, point: Point) -> int:
    """The size that a point gives for a letter that no array tells."""
    value = point.get(letter)
    if value is None:
        raise UndefinedAtPoint(
            f"{letter} is a size, and no value at the point tells it", hint=f'give it: "at": {{"{letter}": 3, ...}}', pointer="/at"
        )
    if value.ndim or value != round(float(value)) or value < 1:
        raise UndefinedAtPoint(f"{letter} is a size: a whole number from 1 on", pointer=f"/at/{letter}")
    return int(value)


def all_sizes_at(nodes: Iterable[Node], variables: Mapping[str, Variable], point: Point) -> dict[str, Size]:
    """As `sizes_at`, and those of the letters in the expressions that no array tells, which the point has to give.

    Raises UndefinedAtPoint where it does not.
    """
    sizes = sizes_at(variables, point)
    for letter in letters_of(nodes):
        if letter not in sizes:
            sizes[letter] = _size_at(letter, point)
    return sizes


def _culprit(evaluator: Evaluator, point: Point) -> str:
    """What the first operation was that made something that is not finite of finite arguments."""
    values = [np.asarray(value, dtype=float) for value in evaluator.all_values(point)]
    for (node, places), value in zip(evaluator.steps, values, strict=True):
        arguments = [values[place] for place in places]
        if np.isfinite(value).all() or not all(np.isfinite(argument).all() for argument in arguments):
            continue
        symbol = SYMBOLS.get(node.operation.name, "")
        if not symbol and not node.operation.in_language:
            return ": a number is too large"
        if not symbol and not isinstance(node.operation, Elementwise):
            return f": {node.operation.name} has none there"
        place = tuple(np.argwhere(~np.isfinite(value))[0])
        numbers = [f"{float(argument[place] if argument.ndim else argument):.6g}" for argument in arguments]
        told = symbol.join(numbers) if symbol else f"{node.operation.name}({', '.join(numbers)})"
        return f": {told} is {'infinite in double precision' if np.isinf(value[place]) else 'no real number'}"
    return ""


def value_at(node: Node, variables: Mapping[str, Variable], point: Point) -> Array:
    """The finite value of a node at a point with the shape that the node has at these sizes (a row is 1×n).

    Raises UndefinedAtPoint naming the variables without a value, or when the value is not finite.
    """
    sizes = all_sizes_at([node], variables, point)
    evaluator = Evaluator(node, sizes)
    require_values(evaluator, point)
    known = reshaped(variables, point, sizes)
    value = evaluator(known)
    if not np.all(np.isfinite(value)):
        raise UndefinedAtPoint(f"the value at this point is not a finite number{_culprit(evaluator, known)}", pointer="/at")
    value = value + 0.0  # no negative zeros
    shape = node.shape
    return value.reshape(1, -1) if len(shape) == 2 and shape[0] == 1 and shape[1] != 1 else value
