"""The exact spectrum of a rational matrix: the irreducible factors of its characteristic polynomial, how their roots repeat,
and the roots themselves in balls.

All roots of an irreducible factor f behave alike (they are conjugate over Q). With d = deg f and multiplicity m, the null
space of f(A)^k has the dimension d·(the number of Jordan chain links of level ≤ k), so that ranks of rational matrices
tell the Jordan form without a root being known. Roots are isolated by Arb, at any precision.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from service.errors import Undecided
from service.linalg.balls import dyadic
from service.linalg.exact_numbers import beyond_doubles
from service.precision import precision

FIRST_BITS = 160
MOST_BITS = 40_000
USUAL_BITS = 250  # of coefficients, for each degree: what entries of doubles come to
CLOSE_BITS = 1_000


@dataclass(frozen=True)
class Factor:
    """An irreducible fmpz_poly with the sizes of the Jordan blocks of each of its roots, in decreasing order."""

    polynomial: Any
    blocks: tuple[int, ...]

    @property
    def degree(self) -> int:
        return int(self.polynomial.degree())

    @property
    def algebraic(self) -> int:
        return sum(self.blocks)

    @property
    def geometric(self) -> int:
        return len(self.blocks)

    @property
    def rational(self) -> Any | None:
        """The root of a linear factor, as fmpq."""
        return flint.fmpq(-self.polynomial[0], self.polynomial[1]) if self.degree == 1 else None


@dataclass(frozen=True)
class Root:
    """An eigenvalue, with the `factor` it is a root of, and a ball (acb) around it and no other."""

    factor: Factor
    ball: Any

    @property
    def is_real(self) -> bool:
        return bool(self.ball.imag.is_zero())


def characteristic_polynomial(a: Any) -> Any:
    """det(xI − A) of an fmpq_mat, as fmpq_poly."""
    return a.charpoly()


def factors(a: Any, is_symmetric: bool) -> list[Factor]:
    """The factors of the characteristic polynomial of the n×n fmpq_mat `a`. Raises Undecided (`_refuse_close_roots`)."""
    found = irreducible(characteristic_polynomial(a))
    return [Factor(polynomial, _blocks(a, polynomial, times, is_symmetric)) for polynomial, times in found]


def irreducible(polynomial: Any) -> list[tuple[Any, int]]:
    """The irreducible factors of an fmpq_poly over Q, as fmpz_poly, with their multiplicities. Raises as `factors`."""
    _, found = polynomial.numer().factor()
    for factor, _ in found:
        _refuse_close_roots(factor)
    return [(factor, int(times)) for factor, times in found]


def isolated(polynomial: Any) -> list[Any]:
    """The roots of an irreducible fmpz_poly as disjoint balls (acb), inside `precision`; real ones have the imaginary part 0."""
    if polynomial.degree() > 2:
        return [ball for ball, _ in polynomial.complex_roots()]
    if polynomial.degree() == 1:
        return [flint.acb(flint.arb(flint.fmpq(-polynomial[0], polynomial[1])))]
    c, b, a = (polynomial[i] for i in range(3))
    middle, discriminant = flint.arb(flint.fmpq(-b, 2 * a)), flint.fmpq(b * b - 4 * a * c, 4 * a * a)
    part = flint.arb(abs(discriminant)).sqrt()
    if discriminant < 0:
        return [flint.acb(middle, part), flint.acb(middle, -part)]
    return [flint.acb(middle + part), flint.acb(middle - part)]


def _refuse_close_roots(polynomial: Any) -> None:
    """Raises Undecided for a polynomial with huge coefficients whose roots could not be told apart at moderate precision: isolating
    those takes seconds (the time grows with the fourth power of the digits in which they agree)."""
    degree = polynomial.degree()
    if degree < 3 or polynomial.height_bits() <= USUAL_BITS * degree:
        return
    heights = [abs(int(value)).bit_length() for value in polynomial.coeffs()]
    shift = max((heights[i] - heights[degree]) // (degree - i) for i in range(degree) if heights[i])  # roots of about this size
    with precision(CLOSE_BITS):
        lead = polynomial[degree]
        last = [-flint.arb(polynomial[i]) / lead * flint.arb(2) ** (shift * (i - degree)) for i in range(degree)]
        rows = [[flint.arb(int(i == j + 1)) for j in range(degree - 1)] + [last[i]] for i in range(degree)]
        try:
            flint.acb_mat(flint.arb_mat(rows)).eig()
        except ValueError:
            raise Undecided(
                "the eigenvalues agree in hundreds of digits, or differ by hundreds of orders of magnitude", pointer="/matrix"
            ) from None


def _blocks(a: Any, polynomial: Any, times: int, is_symmetric: bool) -> tuple[int, ...]:
    if times == 1 or is_symmetric:  # a symmetric matrix has a basis of eigenvectors
        return (1,) * times
    degree = polynomial.degree()
    value = _at_matrix(polynomial, a)
    power, levels = value, [0]
    while levels[-1] < times:
        levels.append((a.nrows() - power.rank()) // degree)
        power = power * value
    at_least = [high - low for low, high in itertools.pairwise(levels)]  # the blocks of size k + 1 or more
    return tuple(sum(count > i for count in at_least) for i in range(at_least[0]))


def _at_matrix(polynomial: Any, a: Any) -> Any:
    """f(A) by Horner's rule."""
    n = a.nrows()
    value = flint.fmpq_mat(n, n)
    for coefficient in reversed(polynomial.coeffs()):
        value = value * a
        for i in range(n):
            value[i, i] += coefficient
    return value


def roots(spectrum: list[Factor]) -> list[Root]:
    """All different eigenvalues in decreasing order (real part, then imaginary part), inside `precision`."""
    found = [Root(factor, ball) for factor in spectrum for ball in isolated(factor.polynomial)]
    return sorted(found, key=functools.cmp_to_key(_decreasing))


def _decreasing(left: Root, right: Root) -> int:
    """By real parts where their balls are disjoint, by imaginary parts otherwise."""
    for a, b in ((left.ball.real, right.ball.real), (left.ball.imag, right.ball.imag)):
        if not a.overlaps(b):
            return -1 if a > b else 1
    return 0


@dataclass(frozen=True)
class DoubleRoot:
    """An eigenvalue as the nearest double (complex128), and a bound on the distance."""

    factor: Factor
    value: complex
    bound: float


def roots_in_doubles(spectrum: list[Factor]) -> list[DoubleRoot]:
    """The different eigenvalues in decreasing order, real and imaginary part each correctly rounded (to half a unit and 2^-20 of it).

    Raises MathematicsRefuses beyond the range of doubles.
    """
    bits = FIRST_BITS
    while True:
        with precision(bits):
            found = roots(spectrum)
        if bits > MOST_BITS or all(_is_fine(root.ball.real) and _is_fine(root.ball.imag) for root in found):
            return [_in_doubles(root) for root in found]
        bits *= 2


def _is_fine(part: Any) -> bool:
    return bool(part.is_zero() or part.rel_accuracy_bits() > 73)


def _in_doubles(root: Root) -> DoubleRoot:
    values, bound = [], Fraction(0)
    for part in (root.ball.real, root.ball.imag):
        middle, radius = dyadic(part.mid()), dyadic(part.rad())
        try:
            value = middle.numerator / middle.denominator
        except OverflowError:
            raise beyond_doubles() from None
        values.append(value)
        bound += abs(middle - Fraction(value)) + radius
    return DoubleRoot(root.factor, complex(*values), upper(bound))


def upper(bound: Fraction) -> float:
    """A double that is at least `bound`."""
    value = float(bound)
    return math.nextafter(value, math.inf) if Fraction(value) < bound else value


def repeated(spectrum: list[Any]) -> list[int]:
    """For each of n eigenvalues with repetition, the place of it among the different ones (roots, or double roots)."""
    return [place for place, root in enumerate(spectrum) for _ in range(root.factor.algebraic)]


def eigenspace(a: Any, root: Root) -> list[list[Any]]:
    """A basis of the eigenspace in balls (n×g rows of acb), inside `precision`; raises ZeroDivisionError when that is too low.

    The bordered matrix [[A − λI, B], [C, 0]] with g further rows and columns is invertible for nearly all B, C, and its
    solution for (0, I) is (V, 0): the columns of V are the basis with C·V = I.
    """
    n, g = a.nrows(), root.factor.geometric
    kind: Any = flint.arb_mat if root.is_real else flint.acb_mat
    value = root.ball.real if root.is_real else root.ball
    shifted = kind(a) - kind(n, n, [value if i == j else 0 for i in range(n) for j in range(n)])
    rows = [row + [_border(i, k) for k in range(g)] for i, row in enumerate(shifted.tolist())]
    rows += [[_border(j, k + g) for j in range(n)] + [0] * g for k in range(g)]
    right = kind(n + g, g, [int(i == n + k) for i in range(n + g) for k in range(g)])
    solution = kind(rows).solve(right)
    return [[flint.acb(entry) for entry in row] for row in solution.tolist()[:n]]


def _border(i: int, k: int) -> int:
    """A fixed table of whole numbers that look random (the mixing of SplitMix64)."""
    x = (i * 0x9E3779B97F4A7C15 + k * 0xD1342543DE82EF95 + 0x632BE59BD9B4E019) % 2**64
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return (x ^ x >> 31) % 1009 - 504
