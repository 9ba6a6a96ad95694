"""Values in ball arithmetic (`service/precision.py`).

Two disjoint balls prove that two values differ; two that overlap, however small, only support that they are equal.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.calculus.ball_functions import FUNCTIONS, Imprecise
from service.calculus.tensor_values import TensorValues, rational_exponent
from service.expression.numbers import Rational
from service.expression.operation import Array
from service.expression.tensors import Apply, Power, Tensor


def ball(value: Rational) -> Any:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def balls(array: Array) -> Array:
    """An array of rational numbers as balls."""
    return np.asarray(np.frompyfunc(ball, 1, 1)(array), dtype=object)


class Balls(TensorValues):
    """Values inside `precision(bits)`. Raises Imprecise where a ball is too wide to tell what an operation does."""

    def number(self, value: Rational) -> Any:
        return ball(value)

    def constant(self, name: str) -> Any:
        return {"pi": flint.arb.pi, "e": flint.arb.const_e}[name]()

    def power(self, tensor: Power, base: Array) -> Any:
        exponent = rational_exponent(tensor, self.sizes)
        if exponent is not None:
            return np.frompyfunc(lambda entry: _power(entry, Fraction(exponent)), 1, 1)(base)
        assert isinstance(tensor.exponent, Tensor)
        return np.frompyfunc(lambda entry, raised: entry**raised, 2, 1)(base, self.known[tensor.exponent])

    def apply(self, tensor: Apply, *arguments: Array) -> Any:
        function = FUNCTIONS.get(tensor.operation.name)
        if function is None:
            raise Imprecise
        return function(*arguments)


def _power(base: Any, exponent: Fraction) -> Any:
    """A whole power exactly, a square root by itself, any other power of a base above 0 by its logarithm."""
    if exponent.denominator == 1:
        return base ** ball(exponent)
    if exponent.denominator == 2:
        return base.sqrt() ** ball(exponent.numerator)
    return base ** ball(exponent)
