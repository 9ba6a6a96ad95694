"""Points whose coordinates are algebraic numbers: elements of Q(t), t a real root of an irreducible polynomial p.

Every polynomial of the coordinates is again such an element, so that whether it is 0 is decided exactly, and its sign by balls
around the root, which python-flint isolates with certainty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from service.errors import Undecided
from service.precision import precision

PRECISIONS = (128, 512, 2048, 8192)
Terms = Sequence[tuple[Sequence[int], Any]]
"""A polynomial in the coordinates: exponents and rational coefficients."""


@dataclass(frozen=True)
class AlgebraicPoint:
    """`minimal` is p, `place` counts its real roots in ascending order; `coordinates` are polynomials in t of lower degree."""

    minimal: Any
    place: int
    coordinates: tuple[Any, ...]

    def element(self, terms: Terms) -> Any:
        """A polynomial at the point, as an element of Q(t)."""
        total = flint.fmpq_poly([0])
        modulus = flint.fmpq_poly(self.minimal)
        known: dict[tuple[int, int], Any] = {}
        for exponents, coefficient in terms:
            value = flint.fmpq_poly([coefficient])
            for place, exponent in enumerate(exponents):
                if exponent:
                    key = place, int(exponent)
                    if key not in known:
                        known[key] = _power(self.coordinates[place], int(exponent), modulus)
                    value = value * known[key] % modulus
            total = total + value
        return total % modulus

    def ball(self, element: Any) -> Any:
        """An element as a ball, inside `precision(bits)`."""
        if element.degree() <= 0:
            return flint.arb(element[0])
        return _at(element, real_roots(self.minimal)[self.place])

    def number(self, element: Any) -> float:
        """An element, rounded."""
        for bits in PRECISIONS:
            with precision(bits):
                found = self.ball(element)
                if found.is_finite() and (found.rel_accuracy_bits() > 60 or element == 0):
                    return float(found.mid())
        raise Undecided("the coordinates of a point could not be computed to the digits of a double")

    def sign(self, element: Any) -> int:
        """The sign of an element, exactly. Raises Undecided."""
        if element == 0:
            return 0
        for bits in PRECISIONS:
            with precision(bits):
                found = self.ball(element)
                if found > 0:
                    return 1
                if found < 0:
                    return -1
        raise Undecided("the sign of a number at a point could not be decided")

    def text(self, element: Any) -> str | None:
        """An element in closed form, with a square root at most; None where it has none."""
        if element.degree() <= 0:
            return str(element[0])
        if self.minimal.degree() != 2:
            return None
        c, b, a = (flint.fmpz(self.minimal[i]) for i in range(3))
        discriminant = b * b - 4 * a * c
        sign = 1 if self.place == 1 else -1
        if a < 0:
            sign = -sign
        outside, inside = _square_part(discriminant)
        rational = flint.fmpq(element[0]) - flint.fmpq(element[1]) * flint.fmpq(b, 2 * a)
        root = flint.fmpq(element[1]) * sign * flint.fmpq(outside, 2 * a)
        return surd_text(rational, root, inside)


def surd_text(rational: Any, root: Any, inside: Any) -> str:
    """rational + root·sqrt(inside)."""
    size = abs(root)
    top = f"sqrt({inside})" if size.p == 1 else f"{size.p}*sqrt({inside})"
    part = top if size.q == 1 else f"{top}/{size.q}"
    if rational == 0:
        return part if root > 0 else f"-{part}"
    return f"{rational} {'+' if root > 0 else '-'} {part}"


def surd_of(number: Fraction) -> str:
    """The square root of a positive rational number, with as little under the root as there can be."""
    outside, inside = _square_part(flint.fmpz(number.numerator * number.denominator))
    root = flint.fmpq(outside, number.denominator)
    return str(root) if inside == 1 else surd_text(flint.fmpq(0), root, inside)


def _square_part(number: Any) -> tuple[Any, Any]:
    """s and d with number = s²·d, d without squares."""
    outside, inside = flint.fmpz(1), flint.fmpz(1)
    for prime, exponent in flint.fmpz(number).factor():
        outside *= prime ** (exponent // 2)
        inside *= prime ** (exponent % 2)
    return outside, inside


def _power(base: Any, exponent: int, modulus: Any) -> Any:
    found = flint.fmpq_poly([1])
    square = base
    while exponent:
        if exponent & 1:
            found = found * square % modulus
        square = square * square % modulus
        exponent >>= 1
    return found


def _at(element: Any, root: Any) -> Any:
    total = flint.arb(0)
    for coefficient in reversed(element.coeffs()):
        total = total * root + flint.arb(coefficient)
    return total


def real_roots(polynomial: Any) -> list[Any]:
    """The real roots of a polynomial without multiple roots, isolated, in ascending order; inside `precision(bits)`."""
    return sorted((root.real for root, _ in polynomial.complex_roots() if root.imag == 0), key=lambda root: root.mid())


def integral(polynomial: Any) -> Any:
    """A whole multiple of a polynomial over Q, primitive."""
    found: Any = flint.fmpq_poly(polynomial).numer()
    return found / found.content() if found else found


def univariate_roots(polynomial: Any) -> list[AlgebraicPoint]:
    """The real roots of a polynomial over Q in one unknown, each once, in ascending order."""
    found = []
    for factor, _ in integral(polynomial).factor()[1]:
        with precision(PRECISIONS[0]):
            count = len(real_roots(factor))
        t = flint.fmpq_poly([0, 1]) % flint.fmpq_poly(factor)
        found += [AlgebraicPoint(factor, place, (t,)) for place in range(count)]
    return sorted(found, key=lambda point: point.number(point.coordinates[0]))


def terms_of(polynomial: Any, count: int) -> list[tuple[tuple[int, ...], Any]]:
    """The terms of a polynomial in its first `count` generators. Raises ValueError where it has others."""
    found = []
    for exponents, coefficient in polynomial.terms():
        if any(exponents[count:]):
            raise ValueError("further generators")
        found.append((tuple(int(exponent) for exponent in exponents[:count]), coefficient))
    return found
