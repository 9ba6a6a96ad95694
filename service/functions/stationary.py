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
from service.functions.radicals import collected
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
    """The gradient and the function of `function`, exactly; `polynomials` are 0 where it is. Raises NotPolynomial."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.exact = Exact(function)
        self.count = self.exact.count
        parts = self.exact.values_of(function.first)
        self.entries: list[Ratio] = list(function.unknowns.by_column(parts, 1)[0])
        self.entries = [self.without_roots(self._ratio(entry)) for entry in self.entries]
        self.polynomials = [self._without_positive(entry) for entry in self.entries]
        for polynomial in self.polynomials:
            try:
                terms_of(polynomial, len(self.exact.names))
            except ValueError:
                raise NotPolynomial from None

    @property
    def equations(self) -> list[Terms]:
        """The polynomials, without parameters."""
        return [terms_of(polynomial, self.count) for polynomial in self.polynomials]

    def _ratio(self, entry: Any) -> Ratio:
        return entry if isinstance(entry, Ratio) else self.exact.number(entry)

    def without_roots(self, ratio: Ratio) -> Ratio:
        """With r² replaced by what stands under the root r, and so on; no root of order 2 below."""
        gens = self.exact.context.gens()
        for place, (order, radicand) in self.exact.radicands.items():
            if order == 2 and collected(ratio.below, place).keys() & {1}:
                ratio = Ratio(ratio.top * gens[place], ratio.below * gens[place])
            quotients = []
            for polynomial in (ratio.top, ratio.below):
                total = self.exact.number(0)
                for power, part in collected(polynomial, place).items():
                    total = total + Ratio(part * gens[place] ** (power % order), self.exact.one) * radicand ** (power // order)
                quotients.append(total)
            ratio = quotients[0] * quotients[1] ** -1
        return ratio

    def _without_positive(self, entry: Ratio) -> Any:
        """What is 0 where the entry is: its top without multiple factors, and without those that are nowhere 0."""
        polynomial = entry.top
        if polynomial == 0:
            return polynomial
        if len(polynomial) > 400 or polynomial.total_degree() > 60:
            raise NotPolynomial
        generators = self.exact.context.gens()
        total = self.exact.one
        for factor, _ in polynomial.factor()[1]:
            if not any(factor == generators[place] for place in self.exact.positive) and not self._is_under_root_below(factor, entry.below):
                total = total * factor
        return total

    def _is_under_root_below(self, factor: Any, below: Any) -> bool:
        """Whether the factor is a root of what the entry is divided by: where that is 0, the entry is undefined."""
        for place, (_, radicand) in self.exact.radicands.items():
            if factor == self.exact.context.gens()[place]:
                return bool(below.gcd(radicand.top) == radicand.top / radicand.top.leading_coefficient())
        return False

    def solutions(self) -> tuple[list[AlgebraicPoint], int]:
        """The real points at which the gradient is defined and zero, and the number of complex ones of the system.

        Raises NotFinite, TooLarge.
        """
        return self.solutions_of(self.equations)

    def solutions_of(self, equations: Sequence[Terms]) -> tuple[list[AlgebraicPoint], int]:
        """The same of other equations, from which the gradient's follow."""
        if self.count > LARGEST_SYSTEM and any(sum(exponents) > 1 for terms in equations for exponents, _ in terms):
            raise TooLarge
        found = solve_system(equations, self.count)
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
            hessian = self.hessian()
        except NotPolynomial:
            value, hessian = None, None
        found = []
        for point in points:
            height = None if value is None else self.element(point, value)
            found.append(Stationary(point, height, self._inertia(point, hessian)))
        return found

    def hessian(self) -> list[list[Any]]:
        """The second derivatives. Raises NotPolynomial."""
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
