"""All real solutions of a system of polynomial equations over Q with finitely many complex ones.

A Gröbner basis (python-flint) tells the algebra Q[x]/I of finite dimension D. A linear form u that takes different values at
different solutions gives them all: its characteristic polynomial has the values as roots, and each coordinate is a quotient
g_i(u)/g(u) of polynomials. The number of distinct solutions is the rank of Hermite's trace form, that of the real ones its
signature, which is what the solutions found are counted against. (F. Rouillier, Solving zero-dimensional systems through the
rational univariate representation, AAECC 9, 1999; D. Cox, J. Little, D. O'Shea: Using Algebraic Geometry, chapters 2 and 3.)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint

from service.functions.algebraic import AlgebraicPoint, Terms, integral, real_roots, univariate_roots
from service.precision import precision

BASIS_LIMITS = (200, 400, 4_000)
"""At most so many polynomials, terms in each, bits in each coefficient."""
LARGEST_DIMENSION = 40
FORMS = 12
Monomial = tuple[int, ...]


class NotFinite(Exception):
    """Never leaves the package: there are infinitely many complex solutions."""


class TooLarge(Exception):
    """Never leaves the package: over the bounds above."""


@dataclass(frozen=True)
class Solutions:
    """The real solutions, and how many distinct complex ones there are."""

    points: list[AlgebraicPoint]
    complex_count: int


def solve_system(equations: Sequence[Terms], count: int) -> Solutions:
    """All real solutions in `count` unknowns. Raises NotFinite, TooLarge."""
    if count == 1:
        return _univariate(equations)
    names = tuple(f"x{i}" for i in range(count))
    context = flint.fmpz_mpoly_ctx.get(names, "degrevlex")
    whole = [_whole(terms, context) for terms in equations]
    whole = [polynomial for polynomial in whole if polynomial != 0]
    if not whole:
        raise NotFinite
    found: Any = flint.fmpz_mpoly_vec(whole, context).buchberger_naive(BASIS_LIMITS)
    basis, done = found
    if not done:
        raise TooLarge
    return _Algebra([*basis.autoreduction()], count).solutions()


def _univariate(equations: Sequence[Terms]) -> Solutions:
    common: Any = flint.fmpq_poly([0])
    for terms in equations:
        polynomial = flint.fmpq_poly([0])
        for (exponent,), coefficient in terms:
            polynomial = polynomial + flint.fmpq_poly([*[0] * exponent, coefficient])
        common = common.gcd(polynomial)
    if common == 0:
        raise NotFinite
    if common.degree() == 0:
        return Solutions([], 0)
    distinct = sum(factor.degree() for factor, _ in integral(common).factor()[1])
    return Solutions(univariate_roots(common), distinct)


def _whole(terms: Terms, context: Any) -> Any:
    common = flint.fmpz(1)
    for _, coefficient in terms:
        common = common.lcm(flint.fmpq(coefficient).q)
    return context.from_dict({tuple(exponents): (flint.fmpq(coefficient) * common).p for exponents, coefficient in terms})


def _order(monomial: Monomial) -> tuple[int, ...]:
    return (sum(monomial), *[-exponent for exponent in reversed(monomial)])


class _Algebra:
    """Q[x]/I: the monomials that no leading one divides are a basis; `by[i]` is multiplication by x_i, a D×D matrix."""

    def __init__(self, basis: Sequence[Any], count: int) -> None:
        self.count = count
        rules: dict[Monomial, list[tuple[Monomial, Any]]] = {}
        for polynomial in basis:
            terms = [(tuple(int(e) for e in exponents), flint.fmpq(c)) for exponents, c in polynomial.terms()]
            terms.sort(key=lambda term: _order(term[0]), reverse=True)
            lead, scale = terms[0]
            rules[lead] = [(monomial, -coefficient / scale) for monomial, coefficient in terms[1:]]
        self.rules = rules
        self.monomials = self._standard()
        self.places = {monomial: place for place, monomial in enumerate(self.monomials)}
        self.size = len(self.monomials)
        self.known: dict[Monomial, list[Any]] = {}
        self.by = [self._multiplication(i) for i in range(count)]

    def _standard(self) -> list[Monomial]:
        for i in range(self.count):
            if not any(all(e == 0 for j, e in enumerate(lead) if j != i) for lead in self.rules):
                raise NotFinite
        found, layer = [], [(0,) * self.count]
        if any(not any(lead) for lead in self.rules):
            return []
        while layer:
            found += layer
            if len(found) > LARGEST_DIMENSION:
                raise TooLarge
            grown = {tuple(e + (j == i) for j, e in enumerate(monomial)) for monomial in layer for i in range(self.count)}
            layer = [m for m in grown if not any(all(a <= b for a, b in zip(lead, m, strict=True)) for lead in self.rules)]
        return sorted(found, key=_order)

    def _vector(self, monomial: Monomial) -> list[Any]:
        """A monomial in the basis. The way down ends: what it is replaced by comes before it in the order."""
        if monomial in self.places:
            return [flint.fmpq(int(place == self.places[monomial])) for place in range(self.size)]
        if monomial not in self.known:
            rule = self.rules.get(monomial)
            if rule is None:
                i = next(j for j, e in enumerate(monomial) if e and _lowered(monomial, j) not in self.places)
                inner = self._vector(_lowered(monomial, i))
                rule = [(_raised(standard, i), c) for standard, c in zip(self.monomials, inner, strict=True) if c != 0]
            total = [flint.fmpq(0)] * self.size
            for other, coefficient in rule:
                for place, entry in enumerate(self._vector(other)):
                    if entry != 0:
                        total[place] += coefficient * entry
            self.known[monomial] = total
        return self.known[monomial]

    def _multiplication(self, i: int) -> Any:
        columns = [self._vector(_raised(monomial, i)) for monomial in self.monomials]
        return flint.fmpq_mat([list(row) for row in zip(*columns, strict=True)]) if columns else None

    def solutions(self) -> Solutions:
        if not self.size:
            return Solutions([], 0)
        products = [self._of(monomial) for monomial in self.monomials]
        traces = [_trace(matrix) for matrix in products]
        form = [[_dot(traces, [column[0] for column in (left * right).tolist()]) for right in products] for left in products]
        hermite = flint.fmpq_mat(form)
        distinct = int(hermite.rank())
        real = _signature(hermite)
        for weights in self._forms():
            u = sum((weight * matrix for weight, matrix in zip(weights, self.by, strict=True)), self.by[0] * 0)
            polynomial = integral(_charpoly(u))
            square_free = integral(_product(factor for factor, _ in polynomial.factor()[1]))
            if square_free.degree() == distinct:
                points = self._points(u, square_free, traces)
                if len(points) != real:  # cannot be: both are exact
                    raise TooLarge
                return Solutions(points, distinct)
        raise TooLarge

    def _forms(self) -> list[tuple[int, ...]]:
        units = [tuple(int(i == j) for j in range(self.count)) for i in range(self.count)]
        return units + [tuple((k + 1) ** i for i in range(self.count)) for k in range(FORMS)]

    def _of(self, monomial: Monomial) -> Any:
        matrix = flint.fmpq_mat([[int(i == j) for j in range(self.size)] for i in range(self.size)])
        for i, exponent in enumerate(monomial):
            for _ in range(exponent):
                matrix = matrix * self.by[i]
        return matrix

    def _points(self, u: Any, square_free: Any, traces: Sequence[Any]) -> list[AlgebraicPoint]:
        """Rouillier's g_v(T) = Σ_k Tr(v·u^k)·H_(d-k-1)(T), with H_j(T) = Σ_i a_i·T^(j-i) for the square-free a_0·T^d + a_1·T^(d-1) + ..."""
        d = square_free.degree()
        falling = [flint.fmpq(square_free[d - i]) for i in range(d + 1)]
        horner = [flint.fmpq_poly([falling[j - e] for e in range(j + 1)]) for j in range(d)]
        powers = [flint.fmpq_mat(self.size, 1, self._vector((0,) * self.count))]
        for _ in range(d - 1):
            powers.append(u * powers[-1])
        numerators = []
        for by in [None, *self.by]:
            total = flint.fmpq_poly([0])
            for k, vector in enumerate(powers):
                moved = vector if by is None else by * vector
                total = total + flint.fmpq_poly([_dot(traces, [row[0] for row in moved.tolist()])]) * horner[d - k - 1]
            numerators.append(total)
        found = []
        for factor, _ in square_free.factor()[1]:
            modulus = flint.fmpq_poly(factor)
            _, inverse, _ = (numerators[0] % modulus).xgcd(modulus)
            coordinates = tuple(numerator * inverse % modulus for numerator in numerators[1:])
            with precision(128):
                count = len(real_roots(factor))
            found += [AlgebraicPoint(factor, place, coordinates) for place in range(count)]
        return sorted(found, key=lambda point: [point.number(coordinate) for coordinate in point.coordinates])


def _lowered(monomial: Monomial, i: int) -> Monomial:
    return tuple(e - (j == i) for j, e in enumerate(monomial))


def _raised(monomial: Monomial, i: int) -> Monomial:
    return tuple(e + (j == i) for j, e in enumerate(monomial))


def _trace(matrix: Any) -> Any:
    return sum((matrix[i, i] for i in range(matrix.nrows())), flint.fmpq(0))


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    return sum((a * b for a, b in zip(left, right, strict=True)), flint.fmpq(0))


def _charpoly(matrix: Any) -> Any:
    return matrix.charpoly()


def _product(factors: Any) -> Any:
    total = flint.fmpz_poly([1])
    for factor in factors:
        total = total * factor
    return total


def _signature(symmetric: Any) -> int:
    """By the signs of the coefficients of the characteristic polynomial, all of whose roots are real (Descartes)."""
    positive, negative = sign_counts([int(c > 0) - int(c < 0) for c in _charpoly(symmetric).coeffs()])
    return positive - negative


def sign_counts(signs: Sequence[int]) -> tuple[int, int]:
    """How many positive and negative roots a polynomial with real roots only has, by the signs of its coefficients, lowest first."""
    told = [sign for sign in signs if sign]
    turned = [sign * (-1) ** place for place, sign in enumerate(signs) if sign]
    changes = [sum(a != b for a, b in itertools.pairwise(row)) for row in (told, turned)]
    return changes[0], changes[1]
