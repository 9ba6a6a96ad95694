"""The sign of a polynomial over a domain, by what is known of its letters: term by term, by factors, by roots, by completing squares.

Sufficient: None tells nothing. Each of the ways is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from service.functions.algebraic import integral, real_roots
from service.functions.inertia import of_rationals
from service.functions.ranges import ANY, Range
from service.functions.semidefinite import Sign
from service.precision import precision

BITS = 256
MOST_TERMS = 400
LARGEST_FORM = 8


class PolynomialSigns:
    """`ranges` are those of the generators, in order; `facts` are polynomials that are not below 0, strictly above where told so."""

    def __init__(self, context: Any, ranges: Sequence[Range], facts: Sequence[tuple[Any, bool]]) -> None:
        self.context = context
        self.ranges = ranges
        self.facts = {str(_monic(fact)[0]): (_monic(fact)[1], strict) for fact, strict in facts}

    def of(self, polynomial: Any) -> Sign | None:
        """The sign on the whole domain: 1 is not below 0, -1 not above; strict where 0 is not reached."""
        if polynomial == 0:
            return Sign(1, False)
        if len(polynomial) > MOST_TERMS:
            return None
        found = self._by_terms(polynomial)
        if found is None or not found.strict:
            found = self._by_factors(polynomial) or found
        return found

    def _by_factors(self, polynomial: Any) -> Sign | None:
        content, factors = polynomial.factor()
        sign, strict = (1 if content > 0 else -1), True
        for factor, times in factors:
            found = self._of_factor(factor)
            if times % 2 == 0:
                strict = strict and bool(found and found.strict)
            elif found is None:
                return None
            else:
                sign, strict = sign * found.sign, strict and found.strict
        return Sign(sign, strict)

    def _of_factor(self, factor: Any) -> Sign | None:
        ways = (self._by_facts, self._by_terms, self._by_roots, self._by_form, self._by_shift)
        found = [sign for sign in (way(factor) for way in ways) if sign]
        return next((sign for sign in found if sign.strict), found[0] if found else None)

    def _by_facts(self, factor: Any) -> Sign | None:
        monic, lead = _monic(factor)
        fact = self.facts.get(str(monic))
        return None if fact is None else Sign(1 if (lead > 0) == (fact[0] > 0) else -1, fact[1])

    def _by_terms(self, polynomial: Any, ranges: Sequence[Range] | None = None) -> Sign | None:
        known = self.ranges if ranges is None else ranges
        signs, strict = set(), False
        for exponents, coefficient in polynomial.terms():
            sign, is_strict = (1 if coefficient > 0 else -1), True
            for place, exponent in enumerate(exponents):
                if exponent:
                    found = known[place] if place < len(known) else ANY
                    if exponent % 2 and not found.sign:
                        return None
                    sign *= found.sign if exponent % 2 else 1
                    is_strict = is_strict and found.strict
            signs.add(sign)
            strict = strict or is_strict
        return Sign(signs.pop(), strict) if len(signs) == 1 else None

    def _by_roots(self, factor: Any) -> Sign | None:
        """Of an irreducible polynomial in one letter: no root inside its range."""
        used = [place for place, degree in enumerate(factor.degrees()) if degree]
        if len(used) != 1:
            return None
        found = self.ranges[used[0]] if used[0] < len(self.ranges) else ANY
        poly = univariate(factor, used[0])
        roots = roots_inside(poly, found)
        if roots is None or roots:
            return None
        at = inner_point(found)
        value = poly(flint.fmpq(at.numerator, at.denominator))
        ends = [end for end, is_open in ((found.low, found.above), (found.high, found.below)) if not is_open and not math.isinf(end)]
        strict = all(poly(flint.fmpq(Fraction(end).numerator, Fraction(end).denominator)) != 0 for end in ends)
        return Sign(1 if value > 0 else -1, strict) if value != 0 else None

    def _by_form(self, factor: Any) -> Sign | None:
        """Of a polynomial of degree 2: the matrix of its quadratic form, with a 1 beside the letters, is semidefinite."""
        if factor.total_degree() != 2:
            return None
        used = [place for place, degree in enumerate(factor.degrees()) if degree]
        if len(used) > LARGEST_FORM:
            return None
        size = len(used) + 1
        rows = [[flint.fmpq(0)] * size for _ in range(size)]
        for exponents, coefficient in factor.terms():
            places = [index for index, place in enumerate(used) for _ in range(int(exponents[place]))] + [size - 1, size - 1]
            i, j = places[0], places[1]
            rows[i][j] += coefficient / 2
            rows[j][i] += coefficient / 2
        for sign in (1, -1):
            inertia = of_rationals([[sign * entry for entry in row] for row in rows])
            if not inertia.negative:
                return Sign(sign, not inertia.zero)
        return None

    def _by_shift(self, factor: Any) -> Sign | None:
        """Term by term, the letters counted from the ends of their ranges."""
        images, ranges, moved = [], [], False
        for place, letter in enumerate(self.context.gens()):
            found = self.ranges[place] if place < len(self.ranges) else ANY
            image = letter
            for end, direction, is_open in ((found.low, 1, found.above), (found.high, -1, found.below)):
                if not math.isinf(end) and end != 0 and not moved_already(image, letter):
                    ratio = Fraction(end)
                    image = direction * letter + flint.fmpq(ratio.numerator, ratio.denominator)
                    found, moved = Range(Fraction(0), above=is_open), True
            images.append(image)
            ranges.append(found)
        if not moved:
            return None
        return self._by_terms(factor.compose(*images), ranges)


def moved_already(image: Any, letter: Any) -> bool:
    return bool(image != letter)


def _monic(polynomial: Any) -> tuple[Any, Any]:
    lead = polynomial.leading_coefficient()
    return polynomial / lead, lead


def univariate(polynomial: Any, place: int) -> Any:
    """A polynomial in one of the generators as one of its own."""
    terms = {int(exponents[place]): coefficient for exponents, coefficient in polynomial.terms()}
    return flint.fmpq_poly([terms.get(k, 0) for k in range(max(terms) + 1)])


def roots_inside(polynomial: Any, found: Range) -> list[float] | None:
    """The real roots inside a range, its ends left out, of a polynomial without multiple roots; None where that cannot be told."""
    if polynomial.degree() < 1:
        return []
    inside = []
    for factor, _ in integral(polynomial).factor()[1]:
        with precision(BITS):
            for root in real_roots(factor):
                places = []
                for end, above in ((found.low, True), (found.high, False)):
                    if math.isinf(end):
                        places.append(True)
                        continue
                    ratio = flint.fmpq(Fraction(end).numerator, Fraction(end).denominator)
                    if factor(ratio) == 0 and root.overlaps(flint.arb(ratio)):
                        places.append(False)
                    elif root > flint.arb(ratio) or root < flint.arb(ratio):
                        places.append(bool(root > flint.arb(ratio)) == above)
                    else:
                        return None
                if all(places):
                    inside.append(float(root.mid()))
    return sorted(inside)


def inner_point(found: Range) -> Fraction:
    """A number inside a range."""
    if math.isinf(found.low) and math.isinf(found.high):
        return Fraction(0)
    if math.isinf(found.low):
        return Fraction(found.high) - 1
    if math.isinf(found.high):
        return Fraction(found.low) + 1
    return (Fraction(found.low) + Fraction(found.high)) / 2
