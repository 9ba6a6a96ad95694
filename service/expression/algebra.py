"""What rules are written with: operators on tensors, `call("cos", x)`, `einsum("ij,j->i", A, x)`."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from service.expression.numbers import Rational
from service.expression.operation import apply, operation
from service.expression.products import power, product
from service.expression.shapes import Axes, Shape, Size
from service.expression.sums import add, filled, number, scale
from service.expression.tensors import Labels, Tensor

Operand: TypeAlias = Tensor | int | Fraction


def call(name: str, *arguments: Tensor) -> Tensor:
    """The operation registered as `name`, applied to tensors."""
    return apply(operation(name), *arguments)


def einsum(pattern: str, *tensors: Tensor, coefficient: Rational = 1, sizes: dict[str, Size] | None = None) -> Tensor:
    """A product in Einstein's notation: `einsum("ij,jk->ik", A, B)`. A letter twice on the right is a diagonal.

    `sizes` tells the size of letters that only the right side has.
    """
    inputs, out = _parse(pattern)
    named = {ord(letter): size for letter, size in (sizes or {}).items()}
    return product(coefficient, list(zip(tensors, inputs, strict=True)), out, named)


@lru_cache(maxsize=512)
def _parse(pattern: str) -> tuple[tuple[Labels, ...], Labels]:
    left, right = pattern.split("->")
    return tuple(tuple(map(ord, letters)) for letters in left.split(",")), tuple(map(ord, right))


def matrix_labels(shape: Shape, row: int, column: int) -> Labels:
    """The labels of the axes that an array of this shape has: those of its sizes that are not 1."""
    return ((row,) if shape[0] != 1 else ()) + ((column,) if shape[1] != 1 else ())


def spread(tensor: Tensor, shape: Axes) -> Tensor:
    """A scalar as an array of this shape, each entry equal to it; an array as it is."""
    if tensor.shape or not shape:
        return tensor
    return product(1, [(tensor, ())], tuple(range(len(shape))), dict(enumerate(shape)))


def total(tensor: Tensor) -> Tensor:
    """The sum of all entries."""
    return product(1, [(tensor, tuple(range(len(tensor.shape))))])


def hadamard(left: Tensor, right: Tensor) -> Tensor:
    """Entry by entry; a scalar goes with every entry."""
    labels = tuple(range(len(left.shape or right.shape)))
    return product(1, [(left, labels if left.shape else ()), (right, labels if right.shape else ())], labels)


def plus(left: Tensor, right: Tensor, sign: int = 1) -> Tensor:
    shape = left.shape or right.shape
    return add([(1, spread(left, shape)), (sign, spread(right, shape))], shape)


def _tensor(value: Operand) -> Tensor:
    return value if isinstance(value, Tensor) else number(value)


def _multiply(left: Tensor, right: Operand) -> Tensor:
    return hadamard(left, right) if isinstance(right, Tensor) else scale(right, left)


def _divide(left: Tensor, right: Operand) -> Tensor:
    return hadamard(left, power(right, -1)) if isinstance(right, Tensor) else scale(1 / Fraction(right), left)


def _constant(value: Operand, like: Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else filled(value, like.shape)


Tensor.__add__ = lambda self, other: plus(self, _constant(other, self))
Tensor.__radd__ = lambda self, other: plus(_constant(other, self), self)
Tensor.__sub__ = lambda self, other: plus(self, _constant(other, self), -1)
Tensor.__rsub__ = lambda self, other: plus(_constant(other, self), self, -1)
Tensor.__mul__ = _multiply
Tensor.__rmul__ = _multiply
Tensor.__truediv__ = _divide
Tensor.__rtruediv__ = lambda self, other: hadamard(power(self, -1), _tensor(other))
Tensor.__pow__ = power
Tensor.__neg__ = lambda self: scale(-1, self)
