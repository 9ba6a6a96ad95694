"""Values of tensors in numbers other than doubles: exact rationals here, residues in modular.py, balls in balls.py.

An array has dtype object and one axis for each axis of its tensor. The walk, sums, products and constant arrays are the
same in every arithmetic; a subclass says what a number, a power and an operation are.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from opt_einsum import contract

from service.expression.numbers import Rational
from service.expression.operation import Array
from service.expression.shapes import Axes, Size, split
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor


class NotRational(Exception):
    """Never leaves the package: the tensor is no rational number at these sizes."""


def parts(roots: Iterable[Tensor]) -> list[Tensor]:
    """All that the tensors are made of, each once, arguments before what uses them (ids count up)."""
    stack = list(roots)
    seen = set(stack)
    for tensor in stack:
        for child in tensor.children():
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return sorted(seen, key=lambda tensor: tensor.id)


def length(size: Size, sizes: Mapping[str, int]) -> int:
    """The whole number that a size is."""
    coefficient, letters = split(size)
    return coefficient * math.prod([sizes[letter] for letter in letters])


def lengths(shape: Axes, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple([length(size, sizes) for size in shape])


def work(roots: Iterable[Tensor], sizes: Mapping[str, int]) -> int:
    """About how many operations on numbers the values of the tensors cost."""
    total = 0
    for tensor in parts(roots):
        own = lengths(tensor.sizes if isinstance(tensor, Product) else tensor.shape, sizes)
        entries = math.prod(lengths(tensor.shape, sizes))
        total += entries * max(own, default=1) if isinstance(tensor, (Product, Apply)) else entries
    return total


class TensorValues(ABC):
    """The values of tensors at one point. Shared parts are computed once, also from one call to the next."""

    def __init__(self, variables: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
        self.variables = variables
        self.sizes = sizes
        self.known: dict[Tensor, Array] = {}

    @abstractmethod
    def number(self, value: Rational) -> Any:
        """A rational number in this arithmetic."""

    @abstractmethod
    def constant(self, name: str) -> Any:
        """pi or e."""

    @abstractmethod
    def power(self, tensor: Power, base: Array) -> Any:
        """An element-wise power; what its exponent is made of is known."""

    @abstractmethod
    def apply(self, tensor: Apply, *arguments: Array) -> Any:
        """An operation on arrays."""

    def __call__(self, root: Tensor) -> Array:
        known = self.known
        for tensor in parts([root]):
            if tensor not in known:
                known[tensor] = _as_array(self._value(tensor))
        return known[root]

    def _value(self, tensor: Tensor) -> Any:
        if isinstance(tensor, Product):
            return self._product(tensor)
        if isinstance(tensor, Sum):
            return sum((self.number(coefficient) * self.known[term] for coefficient, term in tensor.terms), self.number(0))
        if isinstance(tensor, Power):
            return self.power(tensor, self.known[tensor.base])
        if isinstance(tensor, Apply):
            return self.apply(tensor, *[self.known[argument] for argument in tensor.arguments])
        assert isinstance(tensor, Leaf)
        return self._leaf(tensor)

    def _leaf(self, tensor: Leaf) -> Any:
        if tensor.kind == "variable":
            return self.variables[tensor.name]
        if tensor.kind == "constant":
            return self.constant(tensor.name)
        if tensor.kind == "size":
            return self.number(length(tensor.name, self.sizes))
        shape = lengths(tensor.shape, self.sizes)
        if tensor.kind == "unit":
            return self.numbers(np.arange(shape[0]) == tensor.name)
        pairs, rows, columns = shape  # a pairing: 1 where k = i + rows·j
        return self.numbers(np.eye(pairs, dtype=int).reshape(pairs, columns, rows).transpose(0, 2, 1))

    def numbers(self, array: Array) -> Array:
        """An array of whole numbers in this arithmetic."""
        return np.asarray(np.frompyfunc(lambda entry: self.number(int(entry)), 1, 1)(array))

    def _product(self, tensor: Product) -> Any:
        """Contract what has labels, repeat along labels that no factor has, put on the diagonal what `out` has twice."""
        own = lengths(tensor.sizes, self.sizes)
        scale = self.number(tensor.coefficient)
        operands: list[Any] = []
        carried: set[int] = set()
        for factor, labels in tensor.factors:
            if labels:
                operands += [self.known[factor], labels]
                carried.update(labels)
            else:
                scale = scale * self.known[factor].item()
        for label, size in enumerate(own):
            if label not in carried and label not in tensor.out:
                scale = scale * self.number(size)
        distinct = list(dict.fromkeys(tensor.out))
        core = _as_array(contract(*operands, [label for label in distinct if label in carried])) if operands else _as_array(self.number(1))
        core = np.reshape(core, [own[label] if label in carried else 1 for label in distinct])
        core = scale * np.broadcast_to(core, [own[label] for label in distinct])
        if len(distinct) == len(tensor.out):
            return core
        result = self.numbers(np.zeros([own[label] for label in tensor.out], dtype=int))
        grid = dict(zip(distinct, np.ix_(*[np.arange(own[label]) for label in distinct]), strict=True))
        result[tuple([grid[label] for label in tensor.out])] = core
        return result


def _as_array(value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


class Rationals(TensorValues):
    """Exact rational numbers: what an exponent is at known sizes. Raises NotRational."""

    def number(self, value: Rational) -> Fraction:
        return Fraction(value)

    def constant(self, name: str) -> Any:
        raise NotRational

    def power(self, tensor: Power, base: Array) -> Any:
        exponent = tensor.exponent
        if isinstance(exponent, Tensor) or exponent.denominator != 1 or abs(exponent.numerator) > 64 or not np.all(base):
            raise NotRational
        return base ** int(exponent)

    def apply(self, tensor: Apply, *arguments: Array) -> Any:
        raise NotRational

    def _leaf(self, tensor: Leaf) -> Any:
        if tensor.kind == "variable":
            raise NotRational
        return super()._leaf(tensor)


def rational_exponent(tensor: Power, sizes: Mapping[str, int]) -> Rational | None:
    """The exponent of a power where it is one rational number at these sizes, else None."""
    if not isinstance(tensor.exponent, Tensor):
        return tensor.exponent
    if tensor.exponent.shape:
        return None
    try:
        return Fraction(Rationals({}, sizes)(tensor.exponent).item())
    except NotRational:
        return None
