"""Scalar functions at many points at once: every variable is a number, or an array with one entry for each point.

In doubles and in extended precision by the operations' own NumPy values, and in balls (Arb). The tensors are walked once, shared
parts are computed once, as in generated code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from service.calculus.balls import Balls
from service.calculus.tensor_values import parts
from service.errors import MathematicsRefuses
from service.expression.numbers import Rational
from service.expression.operation import Array, Elementwise
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor

Values = Mapping[str, Any]
Step = Callable[[list[Any]], Any]
CONSTANTS = {"pi": "3.14159265358979323846264338327950288", "e": "2.71828182845904523536028747135266250"}


class NotExtended(Exception):
    """Never leaves the packages: an operation that has values in doubles only."""


class Pointwise:
    """Scalar tensors, ready for many points. Raises MathematicsRefuses where one is no function of numbers, entry by entry."""

    def __init__(self, roots: Sequence[Tensor]) -> None:
        self.order = parts(roots)
        for tensor in self.order:
            _refuse_arrays(tensor)
        self.places = {tensor: place for place, tensor in enumerate(self.order)}
        self.roots = [self.places[root] for root in roots]
        self._steps: dict[Any, list[Step | str]] = {}

    def floats(self, values: Values, kind: type[np.floating[Any]] = np.float64) -> list[Any]:
        """The values of the roots in NumPy's type `kind`; not finite where undefined. Raises NotExtended."""
        if kind not in self._steps:
            self._steps[kind] = [self._step(tensor, kind) for tensor in self.order]
        found: list[Any] = []
        with np.errstate(all="ignore"):
            for step in self._steps[kind]:
                found.append(values[step] if isinstance(step, str) else step(found))
        return [found[place] for place in self.roots]

    def balls(self, values: Values) -> list[Any]:
        """The values of the roots as balls, inside `precision(bits)`. Raises Imprecise."""
        known = _PointwiseBalls(values, {})
        known.walk(self.order)
        return [known.known[self.order[place]] for place in self.roots]

    def _step(self, tensor: Tensor, kind: type[np.floating[Any]]) -> Step | str:
        """How a tensor is computed from what comes before it; the name of a variable."""
        if isinstance(tensor, Leaf):
            if tensor.kind == "variable":
                return str(tensor.name)
            constant = kind(CONSTANTS[tensor.name])
            return lambda found: constant
        if isinstance(tensor, Sum):
            return _sum([(_number(weight, kind), self.places[term]) for weight, term in tensor.terms])
        if isinstance(tensor, Product):
            return _product(_number(tensor.coefficient, kind), [self.places[factor] for factor, _ in tensor.factors])
        if isinstance(tensor, Power):
            base = self.places[tensor.base]
            if isinstance(tensor.exponent, Tensor):
                above = self.places[tensor.exponent]
                return lambda found: found[base] ** found[above]
            exponent: Any = tensor.exponent
            exponent = int(exponent) if exponent.denominator == 1 else _number(exponent, kind)
            return lambda found: _power(found[base], exponent)
        assert isinstance(tensor, Apply)
        return _apply(tensor, [self.places[argument] for argument in tensor.arguments], kind)


def _refuse_arrays(tensor: Tensor) -> None:
    entrywise = not isinstance(tensor, Apply) or isinstance(tensor.operation, Elementwise)
    leaf = not isinstance(tensor, Leaf) or tensor.kind in ("variable", "constant")
    if tensor.shape or (isinstance(tensor, Product) and tensor.sizes) or not entrywise or not leaf:
        name = f" ({tensor.operation.name})" if isinstance(tensor, Apply) else ""
        raise MathematicsRefuses(
            f"the function holds vectors or matrices{name}, and is evaluated for each observation by itself", "write it with numbers only"
        )


def _number(value: Rational, kind: type[np.floating[Any]]) -> Any:
    """A rational in the type; a Python float for doubles, which leaves the type of arrays alone."""
    if kind is np.float64:
        return float(value)
    return kind(str(value.numerator)) / kind(str(value.denominator))


def _sum(terms: list[tuple[Any, int]]) -> Step:
    def step(found: list[Any]) -> Any:
        total: Any = None
        for weight, place in terms:
            term = found[place] if weight == 1 else weight * found[place]
            total = term if total is None else total + term
        return total

    return step


def _product(coefficient: Any, places: list[int]) -> Step:
    if not places:
        return lambda found: coefficient

    def step(found: list[Any]) -> Any:
        result = math.prod([found[place] for place in places[1:]], start=found[places[0]])
        return result if coefficient == 1 else coefficient * result

    return step


def _power(base: Any, exponent: Any) -> Any:
    """Whole powers of a number by floats, so that a negative power of an integer is no error."""
    return np.asarray(base) ** exponent


def _apply(tensor: Apply, places: list[int], kind: type[np.floating[Any]]) -> Step:
    value: Any = tensor.operation.value

    def step(found: list[Any]) -> Any:
        try:
            result = value(None, *[np.asarray(found[place]) for place in places])
        except TypeError:
            if kind is np.float64:
                raise
            raise NotExtended from None
        if kind is not np.float64 and result.dtype != kind:
            raise NotExtended
        return result

    return step


class _PointwiseBalls(Balls):
    """Arrays with an entry for each point, or single balls, for every scalar tensor."""

    def walk(self, order: Sequence[Tensor]) -> None:
        for tensor in order:
            self.known[tensor] = _as_array(self._value(tensor))

    def _product(self, tensor: Product) -> Any:
        result: Any = self.number(tensor.coefficient)
        for factor, _ in tensor.factors:
            result = result * self.known[factor]
        return result


def _as_array(value: Any) -> Array:
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array
