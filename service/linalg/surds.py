"""Exact numbers with square roots: sums of rationals times roots of whole numbers, such as 1/2 + sqrt(2)/2 or 3 − 2i.

They form a field: a sum of products is one again, and the reciprocal follows from conjugation (changing the sign of one root
at a time until only a rational is left). Gaussian rationals are the case of the single root i = sqrt(−1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint

from service import limits
from service.errors import LimitExceeded
from service.linalg.exact_numbers import nearest_double

LARGEST_EXPONENT = 1_000
MOST_TERMS = 64  # six independent roots
LARGEST_RADICAND = 10**12  # what trial division takes apart at once

IMAGINARY = -1  # the radicand of i


@dataclass(frozen=True, eq=False, repr=False)
class Surd:
    """Σ c·sqrt(d) over `terms` {d: c}: d whole and square-free (1 for the rational part, negative for imaginary ones), c an
    fmpq that is not 0. Immutable."""

    terms: Mapping[int, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", {radicand: value for radicand, value in sorted(self.terms.items()) if value != 0})
        if len(self.terms) > MOST_TERMS:
            raise LimitExceeded(f"an exact number has more than {MOST_TERMS} independent square roots", 'send "arithmetic": "float"')

    @staticmethod
    def of(value: Any) -> Surd:
        """The number as a Surd: an int, Fraction, fmpq or Surd."""
        if isinstance(value, Surd):
            return value
        if isinstance(value, Fraction):
            return Surd({1: flint.fmpq(value.numerator, value.denominator)})
        return Surd({1: flint.fmpq(value)})

    def __add__(self, other: Any) -> Surd:
        total = dict(self.terms)
        for radicand, value in Surd.of(other).terms.items():
            total[radicand] = total.get(radicand, flint.fmpq(0)) + value
        return Surd(total)

    __radd__ = __add__

    def __neg__(self) -> Surd:
        return Surd({radicand: -value for radicand, value in self.terms.items()})

    def __sub__(self, other: Any) -> Surd:
        return self + -Surd.of(other)

    def __rsub__(self, other: Any) -> Surd:
        return Surd.of(other) - self

    def __mul__(self, other: Any) -> Surd:
        total: dict[int, Any] = {}
        for left, x in self.terms.items():
            for right, y in Surd.of(other).terms.items():
                common = math.gcd(left, right)
                sign = -1 if left < 0 and right < 0 else 1  # sqrt(-a)·sqrt(-b) = -sqrt(a·b)
                radicand = (left // common) * (right // common)
                total[radicand] = total.get(radicand, flint.fmpq(0)) + sign * common * x * y
        return Surd(total)

    __rmul__ = __mul__

    def reciprocal(self) -> Surd:
        """1 over it; raises ZeroDivisionError for 0."""
        if not self.terms:
            raise ZeroDivisionError
        over, under = Surd.of(1), self
        while set(under.terms) != {1}:
            radicand = next(value for value in under.terms if value != 1)
            prime = IMAGINARY if radicand < 0 else smallest_prime(radicand)
            conjugate = under._conjugate(prime)
            over, under = over * conjugate, under * conjugate
        return over * Surd({1: 1 / under.terms[1]})

    def _conjugate(self, prime: int) -> Surd:
        """With the sign of the root of `prime` (or of i) changed."""
        return Surd({d: -value if (d < 0 if prime == IMAGINARY else d % prime == 0) else value for d, value in self.terms.items()})

    def conjugate(self) -> Surd:
        """The complex conjugate."""
        return self._conjugate(IMAGINARY)

    def __truediv__(self, other: Any) -> Surd:
        return self * Surd.of(other).reciprocal()

    def __rtruediv__(self, other: Any) -> Surd:
        return Surd.of(other) * self.reciprocal()

    def __pow__(self, exponent: Any) -> Surd:
        power = Surd.of(exponent).rational()
        doubled = 2 * power
        if doubled.q != 1 or abs(doubled) > 2 * LARGEST_EXPONENT:
            return NotImplemented
        base, count = (self, int(power.p)) if power.q == 1 else (self.sqrt(), int(doubled.p))
        base = base if count >= 0 else base.reciprocal()
        limits.check("exact-digits", int(base.bits * abs(count) * math.log10(2)))
        result = Surd.of(1)
        for digit in f"{abs(count):b}":
            result = result * result * base if digit == "1" else result * result
        return result

    def __rpow__(self, base: Any) -> Surd:
        return Surd.of(base) ** self

    def sqrt(self) -> Surd:
        """The root of a rational number ≥ 0; raises ValueError for others."""
        value = self.rational()
        if value < 0:
            raise ValueError("the root of a negative number")
        square, free = square_part(int(value.p) * int(value.q))
        return Surd({free: flint.fmpq(square, int(value.q))}) if value != 0 else self

    def rational(self) -> Any:
        """It as fmpq; raises ValueError when it is none."""
        if set(self.terms) - {1}:
            raise ValueError("not a rational number")
        return self.terms.get(1, flint.fmpq(0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Surd, int, Fraction, flint.fmpq)) and self.terms == Surd.of(other).terms

    def __hash__(self) -> int:
        return hash(tuple(self.terms.items()))

    @property
    def is_complex(self) -> bool:
        """Whether it has an imaginary part."""
        return any(radicand < 0 for radicand in self.terms)

    @cached_property
    def parts(self) -> tuple[Surd, Surd]:
        """The real and the imaginary part, both real."""
        real = {radicand: value for radicand, value in self.terms.items() if radicand > 0}
        imaginary = {-radicand: value for radicand, value in self.terms.items() if radicand < 0}
        return Surd(real), Surd(imaginary)

    def __complex__(self) -> complex:
        return complex(float(self.parts[0]), float(self.parts[1]))

    def __float__(self) -> float:
        """The nearest double or its neighbour, of a real number. Raises OverflowError beyond doubles."""
        if not self.terms:
            return 0.0
        if set(self.terms) == {1}:
            return nearest_double(self.terms[1])
        bits = 128
        while True:  # each term to 2^-bits, by whole numbers
            total = sum(_scaled(int(value.p), int(value.q), radicand, bits) for radicand, value in self.terms.items())
            if abs(total) >> 60 > 2 * len(self.terms):  # a sum of independent roots is not 0, so this comes to an end
                return total / (1 << bits)
            bits *= 2

    @property
    def bits(self) -> int:
        """The length of its longest numerator or denominator."""
        return max((int(part).bit_length() for value in self.terms.values() for part in (value.p, value.q)), default=1)

    def __str__(self) -> str:
        """In the expression language: "sqrt(2)/2", "1 - 2*sqrt(3)"; for people, "i" among it."""
        text = ""
        for radicand, value in self.terms.items():
            size = abs(value)
            number = str(size) if radicand == 1 else _root(radicand, str(size.p), str(size.q))
            sign = "-" if value < 0 else "+"
            text += f" {sign} {number}" if text else f"{'-' if sign == '-' else ''}{number}"
        return text or "0"


def gaussian(re: Any, im: Any) -> Surd:
    """re + im·i for rationals."""
    return Surd({1: re, IMAGINARY: im})


def _scaled(over: int, under: int, radicand: int, bits: int) -> int:
    """over/under·sqrt(radicand)·2^bits, off by at most 2."""
    size = math.isqrt(over * over * radicand << 2 * bits) // under
    return size if over > 0 else -size


def _root(radicand: int, over: str, under: str) -> str:
    root = "*".join((["i"] if radicand < 0 else []) + ([f"sqrt({abs(radicand)})"] if abs(radicand) > 1 else []))
    return f"{'' if over == '1' else f'{over}*'}{root}{'' if under == '1' else f'/{under}'}"


def square_part(value: int) -> tuple[int, int]:
    """(s, d) with value = s²·d, d square-free; raises LimitExceeded when the value is too large to be taken apart."""
    if value > LARGEST_RADICAND:
        root = math.isqrt(value)
        if root * root == value:
            return root, 1
        raise LimitExceeded(f"the root of a number beyond {LARGEST_RADICAND} is not taken exactly", 'send "arithmetic": "float"')
    square, free = 1, 1
    for prime, power in flint.fmpz(value).factor():
        square *= int(prime) ** (power // 2)
        free *= int(prime) ** (power % 2)
    return square, free


def terms_of_field(numbers: Iterable[Surd]) -> int:
    """How many terms a number may have that is made of these: 2 for each independent root, multiplied."""
    radicands = {radicand for number in numbers for radicand in number.terms}
    primes = {int(prime) for radicand in radicands for prime, _ in flint.fmpz(abs(radicand)).factor()}
    return int(2 ** (len(primes) + any(radicand < 0 for radicand in radicands)))


def smallest_prime(value: int) -> int:
    return min(int(prime) for prime, _ in flint.fmpz(value).factor())


def as_exact_json(value: Any) -> Any:
    """An fmpq or a Surd as JSON carries it: "45/22", "sqrt(2)/2", {"re": "1/2", "im": "-3"}."""
    if isinstance(value, Surd) and value.is_complex:
        real, imaginary = value.parts
        return {"re": str(real), "im": str(imaginary)}
    return str(value)
