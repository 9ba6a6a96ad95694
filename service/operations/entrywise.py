"""What the functions of one number have in common; they are applied to each entry of an array."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from service.expression.algebra import call
from service.expression.nodes import Node
from service.expression.operation import Array, Elementwise
from service.expression.sums import coefficient_of
from service.expression.tensors import Apply, Power, Tensor, number_of
from service.operations.samples import BOTH_SIGNS, of_any_shape


class Unary(Elementwise):
    """f(x), entry by entry. A subclass states the facts of its handbook page, and `slope`; samples are made for it."""

    ufunc: ClassVar[np.ufunc]
    """What computes it."""
    domain: ClassVar[tuple[float, float]] = BOTH_SIGNS
    """Where the samples are drawn."""
    parity: ClassVar[int] = 0
    """1 where f(-x) = f(x), -1 where f(-x) = -f(x), 0 where neither holds."""
    undoes: ClassVar[str] = ""
    """The function g with f(g(x)) = x wherever g(x) exists."""
    nonnegative: ClassVar[bool] = False
    """Whether f(x) ≥ 0 for every real x."""

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if "name" in cls.__dict__:
            cls.samples = (*of_any_shape(cls.name, cls.domain), *cls.__dict__.get("samples", ()))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        """f'(x), which may be written with y = f(x); of the shape of y."""
        raise TypeError(f"{self.name} has no derivative")

    def derivative(self, y: Tensor, *x: Tensor) -> Tensor:
        return self.slope(y, x[0])

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = self.ufunc(arguments[0])
        return result

    def side(self, node: Node, *arguments: Array) -> Array:
        return off_zero(arguments[0])

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """f(g(x)) = x for its inverse function, f(-x) = ±f(x) for an even or odd one."""
        (x,) = arguments
        if self.undoes and isinstance(x, Apply) and x.operation.name == self.undoes:
            return x.arguments[0]
        if self.parity and coefficient_of(x)[0] < 0:
            return self.parity * call(self.name, -x)
        return None


def off_zero(x: Array) -> Array:
    """The sign of each entry, NaN for 0: the side of a kink at 0."""
    return np.where(x == 0, np.nan, np.sign(x))


def is_nonnegative(tensor: Tensor) -> bool:
    """Whether no entry can be negative, as far as the outermost operation tells. False when in doubt."""
    if isinstance(tensor, Apply):
        return isinstance(tensor.operation, Unary) and tensor.operation.nonnegative
    if isinstance(tensor, Power):
        exponent = tensor.exponent
        return not isinstance(exponent, Tensor) and (exponent.numerator % 2 == 0 or exponent.denominator % 2 == 0)
    value = number_of(tensor)
    return value is not None and value >= 0
