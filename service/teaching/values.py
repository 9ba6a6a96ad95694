"""Values of the lines of a derivation, so that each step is checked: nothing here knows a rule of differentiation.

A derivative that is not carried out has the value that differences of its own function give,
D(h) = (f(x + hd) - f(x - hd))/(2h), (4·D(h/2) - D(h))/3 = f'·d + O(h⁴): with d = 1 for d/dx, a random dX for d(...), and
each unit vector in turn for d/dx_j.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from service.calculus import build, verify
from service.calculus.evaluate import Evaluator
from service.calculus.tensor_values import length
from service.calculus.total import derivative_variable
from service.expression.nodes import Node, in_order
from service.expression.operation import Array
from service.expression.shapes import SCALAR, Size
from service.operations.comparisons import Comparison
from service.operations.leaves import Variable, variable
from service.teaching.components import EntryDerivative
from service.teaching.indexed import ENTRY, Grid, Indexed, Label
from service.teaching.inert import inert_parts, with_parts

FEW = 4


class Trial:
    """One random point at one choice of sizes, with a random direction for each variable.

    `letters` are the indices that lines are written with, and their sizes; of those that are `free`, which no sum runs
    over, a few values are enough. By a symmetric matrix, derivatives by single entries have no meaning: their sum with
    those by the `mirrored` entries has. `named` are further names, which stand for expressions.
    """

    def __init__(
        self,
        variables: Mapping[str, Variable],
        sizes: Mapping[str, Size],
        letters: Mapping[str, Size],
        free: Sequence[str],
        mirrored: tuple[str, ...],
        domain: tuple[float, float],
        seed: int,
        named: Mapping[str, Node],
    ) -> None:
        self.variables = variables
        self.sizes = sizes
        self.random = np.random.default_rng(seed)
        self.point = verify.draw_point(variables, sizes, self.random, *domain)
        numbers = {name: int(number) for name, number in sizes.items()}
        self.letters = {letter: np.arange(length(size, numbers)) for letter, size in letters.items()}
        for letter in free:
            if len(self.letters[letter]) > FEW:
                self.letters[letter] = np.sort(self.random.choice(self.letters[letter], FEW, replace=False))
        self.mirrored = mirrored
        for letter in mirrored:
            self.letters[letter] = self.letters[mirrored[0]]
        self.directions: dict[str, Array] = {}
        self.differences: dict[tuple[Node, float], Array] = {}
        self.values: dict[tuple[Node, float], Array] = {}
        self.evaluators: dict[Node, Evaluator] = {}
        for name, node in named.items():
            self.point[name] = self.evaluator(node)(self.point)
        self.magnitude = 0.0
        """Of the functions that differences were taken of: it bounds their rounding errors."""

    def value(self, line: Node, step: float) -> Array:
        """The value of a line; derivatives that are not carried out by differences with this step.

        A line written with indices has an axis for each letter.
        """
        if (line, step) not in self.values:
            self.values[line, step] = self._value(line, step)
        return self.values[line, step]

    def _value(self, line: Node, step: float) -> Array:
        parts = {part: self.difference(part, step) for part in inert_parts(line)}
        if is_indexed(line):
            return self.on_grid(line, self.point, parts)
        names = {part: variable(Variable(f"?{place}", part.shape)) for place, part in enumerate(parts)}
        point = {**self.point, **{name.parameter.name: parts[part] for part, name in names.items()}}
        return self.evaluator(with_parts(line, names))(point)

    def evaluator(self, node: Node) -> Evaluator:
        """An expression at the sizes of this trial."""
        if node not in self.evaluators:
            self.evaluators[node] = Evaluator(node, self.sizes)
        return self.evaluators[node]

    def on_grid(self, line: Node, point: Mapping[str, Array], parts: Mapping[Node, Array]) -> Array:
        """The value of a line written with indices, for all choices of them."""
        values: dict[Node, Any] = dict(parts)
        order = in_order([line], values)
        arrays = {node.parameter.what.array for node in order if node.operation is ENTRY}
        grid = Grid(self.letters, {array: self.evaluator(array)(point) for array in arrays})
        with np.errstate(all="ignore"):
            for node in order:
                arguments = [values[argument] for argument in node.arguments]
                if isinstance(node.operation, Indexed):
                    values[node] = node.operation.on_grid(node, grid, *arguments)
                elif not arguments:
                    values[node] = self.evaluator(node)(point)
                elif isinstance(node.operation, Comparison):  # what is equal was summed in another order, and differs by rounding
                    values[node] = node.operation.value(node, *[np.asarray(argument, dtype=np.float32) for argument in arguments])
                elif node.operation is build.POWER:  # whose own value takes an array for a matrix
                    values[node] = np.power(*arguments)
                else:
                    values[node] = node.operation.value(node, *arguments)
        return np.asarray(values[line])

    def placed(self, line: Node, labels: tuple[Label, ...], step: float) -> Array:
        """The value of an array whose axes carry these labels, as that of a line written with indices."""
        return Grid(self.letters, {}).placed(self.value(line, step), labels)

    def mirror(self, line: Node, value: Array) -> Array:
        """The value of a line in which nothing is left to be carried out, plus that for the mirrored entry."""
        if not self.mirrored or inert_parts(line) or value.ndim < len(self.letters):
            return 2 * value if self.mirrored and not inert_parts(line) else value
        axes = [list(self.letters).index(letter) for letter in self.mirrored]
        return value + np.swapaxes(value, *axes)

    # Derivatives that are not carried out.

    def difference(self, part: Node, step: float) -> Array:
        """The value of a derivative that is not carried out."""
        key = (part, step)
        if key not in self.differences:
            self.differences[key] = self._by_entries(part, step) if isinstance(part.operation, EntryDerivative) else self._along(part, step)
        return self.differences[key]

    def is_defined(self, root: Node) -> bool:
        """Whether a plain expression has a value here."""
        return bool(np.all(np.isfinite(self.evaluator(root)(self.point))))

    def direction(self, by: Variable) -> Array:
        """What stands for dX: 1 for a scalar, else random, with the properties that X is declared to have."""
        if by.name not in self.directions:
            is_scalar = by.shape == SCALAR
            self.directions[by.name] = np.ones(()) if is_scalar else verify.draw_direction(by, self.point[by.name], self.random)
        return self.directions[by.name]

    def _along(self, part: Node, step: float) -> Array:
        (argument,), by = part.arguments, part.parameter.variable
        moves = {by.name: self.direction(by)}
        if by.shape == SCALAR:
            for other in self.variables.values():  # all that is declared to depend on it moves too
                if by.name in other.depends_on and derivative_variable(other, by.name).name in self.point:
                    moves[other.name] = self.point[derivative_variable(other, by.name).name]
        if not argument.arguments and argument.parameter == by:
            return moves[by.name]
        function = self.evaluator(argument)
        return self._richardson(lambda h: function(self._moved(moves, h)), step)

    def _by_entries(self, part: Node, step: float) -> Array:
        (argument,), by = part.arguments, part.parameter
        shape = self.point[by.variable.name].shape
        axes = [list(self.letters).index(letter) for letter in by.labels]
        slopes: dict[tuple[int, ...], Array] = {}
        for place in np.ndindex(tuple([len(self.letters[letter]) for letter in by.labels])):
            unit = np.zeros(shape)
            entry = tuple([self.letters[letter][index] for letter, index in zip(by.labels, place, strict=True)])
            unit[entry] = 1
            if self.mirrored:
                unit[entry[::-1]] += 1
            slopes[place] = self._richardson(self._along_entry(argument, {by.variable.name: unit}), step)
        lengths = np.array(np.broadcast_shapes(*[slope.shape for slope in slopes.values()], (1,) * len(self.letters)))
        lengths[axes] = [len(self.letters[letter]) for letter in by.labels]
        result = np.zeros(lengths)
        for place, slope in slopes.items():
            here: list[slice] = [slice(None)] * len(self.letters)
            for axis, index in zip(axes, place, strict=True):
                here[axis] = slice(index, index + 1)
            result[tuple(here)] = slope
        return result

    def _along_entry(self, argument: Node, move: Mapping[str, Array]) -> Callable[[float], Array]:
        return lambda h: self.on_grid(argument, self._moved(move, h), {})

    def _moved(self, moves: Mapping[str, Array], by: float) -> dict[str, Array]:
        return {**self.point, **{name: self.point[name] + by * rate for name, rate in moves.items()}}

    def _richardson(self, function: Callable[[float], Array], step: float) -> Array:
        values = {h: function(h) for h in (step, -step, step / 2, -step / 2)}
        finite = [np.max(np.abs(value), initial=0) for value in values.values() if np.all(np.isfinite(value))]
        self.magnitude = max([self.magnitude, *map(float, finite)])
        with np.errstate(all="ignore"):
            central = [(values[h] - values[-h]) / (2 * h) for h in (step, step / 2)]
            return np.asarray((4 * central[1] - central[0]) / 3)


def is_indexed(line: Node) -> bool:
    """Whether a line is written with indices."""
    return any(isinstance(node.operation, (Indexed, EntryDerivative)) for node in in_order([line]))
