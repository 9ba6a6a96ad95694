"""All critical points of a function whose gradient is polynomial, but for factors that are nowhere 0: exact algebraic points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from service.calculus.ball_functions import Imprecise
from service.errors import Undecided
from service.expression.operation import Array
from service.functions.algebraic import AlgebraicPoint, Terms, terms_of
from service.functions.exact import Exact, NotPolynomial, Ratio
from service.functions.function import Function
from service.functions.inertia import Inertia, at_point, in_balls
from service.functions.polynomial_systems import NotFinite, TooLarge, solve_system
from service.precision import precision

BITS = 512
LARGEST_SYSTEM = 6
LARGEST_HESSIAN = 12


@dataclass(frozen=True)
class Stationary:
    """One critical point: its coordinates, f there as an element of its field (None where f is not rational), its inertia."""

    point: AlgebraicPoint
    value: Any | None
    inertia: Inertia | None


class Gradient:
    """The gradient and the function of `function`, exactly. Raises NotPolynomial."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.exact = Exact(function)
        if self.exact.parameters:
            raise NotPolynomial
        self.count = self.exact.count
        parts = self.exact.values_of(function.first)
        self.entries: list[Ratio] = list(function.unknowns.by_column(parts, 1)[0])
        self.equations: list[Terms] = []
        for entry in self.entries:
            try:
                self.equations.append(terms_of(self._without_positive(self._ratio(entry).top), self.count))
            except ValueError:
                raise NotPolynomial from None

    def _ratio(self, entry: Any) -> Ratio:
        return entry if isinstance(entry, Ratio) else self.exact.number(entry)

    def _without_positive(self, polynomial: Any) -> Any:
        """The polynomial without multiple factors, and without those that are nowhere 0."""
        if polynomial == 0:
            return polynomial
        if len(polynomial) > 400 or polynomial.total_degree() > 60:
            raise NotPolynomial
        generators = self.exact.context.gens()
        total = self.exact.one
        for factor, _ in polynomial.factor()[1]:
            if not any(factor == generators[place] for place in self.exact.positive):
                total = total * factor
        return total

    def solutions(self) -> tuple[list[AlgebraicPoint], int]:
        """The real points at which the gradient is defined and zero, and the number of complex ones of the system.

        Raises NotFinite, TooLarge.
        """
        if self.count > LARGEST_SYSTEM and any(sum(exponents) > 1 for terms in self.equations for exponents, _ in terms):
            raise TooLarge
        found = solve_system(self.equations, self.count)
        return [point for point in found.points if self._is_defined(point)], found.complex_count

    def _is_defined(self, point: AlgebraicPoint) -> bool:
        for entry in self.entries:
            try:
                below = terms_of(self._ratio(entry).below, self.count)
            except ValueError:
                continue
            if point.element(below) == 0:
                return False
        with precision(BITS):
            try:
                column = self.column(point)
                values = [*np.ravel(self.function.value_balls(column)), *np.ravel(self.function.jacobian_balls(column))]
            except Imprecise:
                return False
            return all(value.is_finite() for value in values)

    def column(self, point: AlgebraicPoint) -> Array:
        """The coordinates in balls, inside `precision(bits)`."""
        return np.array([point.ball(coordinate) for coordinate in point.coordinates], dtype=object)

    def element(self, point: AlgebraicPoint, ratio: Any) -> Any | None:
        """A quotient of polynomials at the point; None where it has letters."""
        ratio = self._ratio(ratio)
        try:
            top, below = point.element(terms_of(ratio.top, self.count)), point.element(terms_of(ratio.below, self.count))
        except ValueError:
            return None
        modulus = flint.fmpq_poly(point.minimal)
        _, inverse, _ = below.xgcd(modulus)
        return top * inverse % modulus

    def described(self, points: Sequence[AlgebraicPoint]) -> list[Stationary]:
        """The points with the values and the inertia of the Hessian there."""
        try:
            value = np.ravel(self.exact.values_of([self.function.tensor])[0])[0]
            hessian = self._hessian()
        except NotPolynomial:
            value, hessian = None, None
        found = []
        for point in points:
            height = None if value is None else self.element(point, value)
            found.append(Stationary(point, height, self._inertia(point, hessian)))
        return found

    def _hessian(self) -> list[list[Any]]:
        parts = self.exact.values_of([tensor for row in self.function.second for tensor in row])
        count = len(self.function.by)
        rows = []
        for i, shape in enumerate(self.function.unknowns.shapes):
            entries = int(np.prod(shape, dtype=int))
            block = self.function.unknowns.by_column(parts[i * count : (i + 1) * count], entries)
            free = self.function.unknowns.frees[i]
            rows += list(block if free is None else free.T.astype(int) @ block)
        return [list(row) for row in rows]

    def _inertia(self, point: AlgebraicPoint, hessian: list[list[Any]] | None) -> Inertia | None:
        if hessian is not None and self.count <= LARGEST_HESSIAN:
            elements = [[self.element(point, entry) for entry in row] for row in hessian]
            if not any(entry is None for entry in itertools.chain(*elements)):
                try:
                    return at_point(point, elements)
                except Undecided:
                    return None
        with precision(BITS):
            try:
                return in_balls(self.function.hessian_balls(self.column(point)))
            except Imprecise:
                return None


__all__ = ["Gradient", "NotFinite", "NotPolynomial", "Stationary", "TooLarge"]
