"""Exact rational coefficients: `int` where whole, else `Fraction`."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TypeAlias

from service import limits

Rational: TypeAlias = int | Fraction

MAXIMAL_POWER_BITS = 4096


def tidy(number: Rational) -> Rational:
    """A whole fraction as an int."""
    return number if type(number) is int else number.numerator if number.denominator == 1 else number


def absolute(number: Rational) -> Rational:
    return -number if number < 0 else number


def reciprocal(number: Rational) -> Rational:
    return tidy(Fraction(number.denominator, number.numerator))


def power(base: Rational, exponent: Rational) -> Rational | None:
    """base^exponent when it is rational and small enough to write down, else None (9^9^9, sqrt(2), 1/0)."""
    if base == 1:
        return 1
    if base == 0:
        return 0 if exponent > 0 else None
    if exponent == -1:
        return reciprocal(base)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1:
        return _root(base, exponent) if base > 0 and bits * absolute(exponent) <= MAXIMAL_POWER_BITS else None
    if bits * absolute(exponent) > MAXIMAL_POWER_BITS:
        return None
    return tidy(Fraction(base) ** exponent.numerator)


def _root(base: Rational, exponent: Rational) -> Rational | None:
    """4^(1/2) = 2; None when the root is irrational."""
    degree = exponent.denominator
    if degree > 64:
        return None
    roots = []
    for part in (base.numerator, base.denominator):
        root = round(part ** (1 / degree)) if part.bit_length() < 900 else 0
        if root**degree != part:
            return None
        roots.append(root)
    return tidy(Fraction(roots[0], roots[1]) ** exponent.numerator)


def content(numbers: list[Rational]) -> Rational:
    """The largest rational that divides all of them to whole numbers; its sign is the first number's."""
    numerator, denominator = 0, 1
    if all(type(number) is int for number in numbers):
        found: Rational = gcd(*numbers)  # type: ignore[arg-type]
        return -found if numbers[0] < 0 else found
    for number in numbers:
        numerator = gcd(numerator, number.numerator)
        denominator = denominator * number.denominator // gcd(denominator, number.denominator)
    found = tidy(Fraction(numerator, denominator))
    return -found if numbers[0] < 0 else found


def bounded(number: Rational) -> Rational:
    """The number itself; raises LimitExceeded when writing it down would be unreasonable."""
    bits = number.numerator.bit_length() + number.denominator.bit_length()
    if bits > 10_000:
        limits.check("exact-digits", bits * 3 // 10)
    return number
