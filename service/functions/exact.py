"""Functions as quotients of polynomials over Q in the unknowns, in parameters, and in letters for what is not rational.

What is not rational, such as exp(x), gets a letter: an unknown of its own. (python-flint's fmpq_mpoly does the work.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.answers.rational_functions import add, multiply, power
from service.calculus.tensor_values import NotRational, TensorValues, lengths, rational_exponent
from service.errors import LimitExceeded, UndefinedAtPoint
from service.expression.numbers import Rational
from service.expression.operation import Array, Elementwise
from service.expression.shapes import axes
from service.expression.tensors import Apply, Power, Tensor
from service.functions.function import Function, exact_entry
from service.functions.ranges import Range, Ranges

SPARE = 24
POSITIVE = ("exp", "sigmoid", "cosh", "sech", "softplus")
"""Functions that are nowhere 0."""


class NotPolynomial(Exception):
    """Never leaves the package: the function has no such form, or it is too large."""


@dataclass(frozen=True)
class Ratio:
    """A quotient of two polynomials in lowest terms."""

    top: Any
    below: Any

    def __add__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented  # so that NumPy adds entry by entry
        return Ratio(*add((self.top, self.below), self._pair(other)))

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return Ratio(*multiply((self.top, self.below), self._pair(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Ratio:
        return Ratio(-self.top, self.below)

    def __pow__(self, exponent: int) -> Ratio:
        return Ratio(*power((self.top, self.below), exponent))

    def _pair(self, other: Any) -> tuple[Any, Any]:
        return (other.top, other.below) if isinstance(other, Ratio) else (self.top * 0 + other, self.below**0)


class Exact(TensorValues):
    """A function of unknowns with exact values. `names` are those of the generators that are unknowns or parameters.

    With `ranges` given, `letter_ranges` tells between which numbers letters are.
    """

    def __init__(self, function: Function, ranges: Ranges | None = None) -> None:
        self.function = function
        self.ranges = ranges
        self.letter_ranges: dict[int, Range] = {}
        entries = list(function.unknowns.names)
        self.count = len(entries)
        parameters = [
            name for name in function.question.variables if name not in function.known and name not in function.question.targets.names
        ]
        self.parameters = [name for name in parameters if name in function.question.parsed.variables]
        for name in self.parameters:
            if axes(function.question.variables[name].shape):
                raise NotPolynomial
        self.names = entries + self.parameters
        generators = [f"u{i}" for i in range(len(self.names))] + [f"w{i}" for i in range(SPARE)]
        self.context = flint.fmpq_mpoly_ctx.get(generators, "deglex")
        self.one = self.context.constant(1)
        self.letters: dict[tuple[str, ...], int] = {}
        self.positive: set[int] = set()
        self.arguments: dict[int, tuple[str, Ratio]] = {}
        self.radicands: dict[int, tuple[int, Ratio]] = {}
        column = np.array([Ratio(self.context.gens()[i], self.one) for i in range(self.count)], dtype=object)
        arrays = function.unknowns.arrays(column)
        for place, name in enumerate(self.parameters):
            arrays[name] = _alone(Ratio(self.context.gens()[self.count + place], self.one))
        for name in function.known:
            arrays[name] = self._known(name)
        super().__init__(arrays, function.sizes)

    def _known(self, name: str) -> Array:
        flat = []
        for entry in _flat(self.function.question.given[name]):
            value = exact_entry(entry)
            if value is None:
                raise NotPolynomial
            flat.append(self.number(value))
        array = np.empty(len(flat), dtype=object)
        array[:] = flat
        return array.reshape(lengths(axes(self.function.question.variables[name].shape), self.function.sizes))

    def values_of(self, tensors: Sequence[Tensor]) -> list[Array]:
        """The values of tensors as arrays of Ratios. Raises NotPolynomial."""
        try:
            return [np.asarray(self(tensor), dtype=object) for tensor in tensors]
        except (NotRational, LimitExceeded, UndefinedAtPoint):
            raise NotPolynomial from None

    def number(self, value: Rational) -> Ratio:
        fraction = Fraction(value)
        return Ratio(self.context.constant(flint.fmpq(fraction.numerator, fraction.denominator)), self.one)

    def constant(self, name: str) -> Ratio:
        return self.letter(("constant", name), True)

    def letter(self, key: tuple[str, ...], positive: bool) -> Ratio:
        """The letter that stands for this value."""
        place = self.letters.setdefault(key, len(self.names) + len(self.letters))
        if place >= len(self.names) + SPARE:
            raise NotPolynomial
        if positive:
            self.positive.add(place)
        return Ratio(self.context.gens()[place], self.one)

    def power(self, tensor: Power, base: Array) -> Any:
        exponent = rational_exponent(tensor, self.sizes)
        if exponent is None:
            raise NotRational
        fraction = Fraction(exponent)
        if fraction.denominator == 1:
            return np.frompyfunc(lambda entry: entry ** int(fraction), 1, 1)(base)
        root = np.frompyfunc(lambda entry: self._root(fraction.denominator, entry), 1, 1)
        return np.frompyfunc(lambda entry: entry ** int(fraction.numerator), 1, 1)(root(base))

    def _root(self, order: int, entry: Ratio) -> Ratio:
        """The letter of a root, and what stands under it."""
        found = self.letter(("root", str(order), str(entry.top), str(entry.below)), False)
        self.radicands[next(place for place, degree in enumerate(found.top.degrees()) if degree)] = order, entry
        return found

    def apply(self, tensor: Apply, *arguments: Array) -> Any:
        name = tensor.operation.name
        if not isinstance(tensor.operation, Elementwise) or any(np.shape(argument) != np.shape(arguments[0]) for argument in arguments):
            raise NotRational

        def letter(*entries: Ratio) -> Ratio:
            key = (name, *[f"{entry.top}/{entry.below}" for entry in entries])
            found = self.letter(key, name in POSITIVE)
            if len(entries) == 1:
                self.arguments[self.letters[key]] = name, entries[0]
            if self.ranges is not None:
                self.letter_ranges[self.letters[key]] = self.ranges.of(tensor)
            return found

        return np.frompyfunc(letter, len(arguments), 1)(*arguments)


def _alone(value: Any) -> Array:
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _flat(value: Any) -> list[Any]:
    return [entry for part in value for entry in _flat(part)] if isinstance(value, list) else [value]
