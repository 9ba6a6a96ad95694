"""Answers with as many correct digits as asked ("digits": 50), by ball arithmetic.

A ball is a midpoint and a radius that the true value cannot leave (`service/precision.py`). `to_digits` raises the
precision until every ball is small enough, and writes each value as a text with its digits, and the radius around the
text. Decimals mean themselves here, as in exact arithmetic.

For an operation: `wanted(digits, arithmetic)` looks at the request, `ball_matrix` makes the matrix, `to_digits` answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import flint

from service import limits
from service.certificates import Check, measured
from service.errors import InputError, Undecided
from service.linalg.exact_numbers import beyond_doubles
from service.linalg.matrix import Arithmetic, Matrix
from service.precision import precision

GUARD_BITS = 40
RADIUS_DIGITS = 3
MOST_BITS = 200_000  # of the exponent of a number that is written down
LEAST_EXPONENT = -7  # 0.0000001 is written out, anything smaller as 1e-8

Compute = Callable[[], Sequence[Any]]


@dataclass(frozen=True)
class Digits:
    """A real number: `text` has the digits asked for, the last one right to one unit, and the number is within `radius` of it."""

    text: str
    radius: str


ZERO = Digits("0", "0")


def wanted(digits: int | None, arithmetic: Arithmetic | None) -> bool:
    """Whether digits are asked for. Raises InputError beside "exact", LimitExceeded."""
    if digits is None:
        return False
    if arithmetic == "exact":
        raise InputError("an exact answer has all its digits", 'leave out "digits", or "arithmetic": "exact"', "/digits")
    limits.check("digits", digits, "/digits")
    return True


def check_work(size: int, digits: int, weight: int = 1) -> None:
    """Raises LimitExceeded for more digits of a matrix of this size than take a few seconds; `weight` is the cost beside an inverse."""
    limits.check("digits-work", size**3 * digits * weight // 1_000_000, "/digits")


def to_digits(digits: int, compute: Compute, zero_below: Fraction | None, bits_for_zero: int, small_as_zero: bool = False) -> list[Any]:
    """The arb or acb values of `compute()`, each a Digits or a pair of them (real and imaginary part).

    `compute` is called inside `precision`; where it fails for lack of it, it raises ZeroDivisionError or ValueError. A part
    that is smaller than `zero_below` is known to be 0. The precision is doubled until it suffices, which for such values
    it does at `bits_for_zero`; raises Undecided beyond that. With `small_as_zero` a part that cannot be told from 0, and is below
    10^-2·digits of the largest, is written as 0 with its radius.
    """
    bits = math.ceil(digits * math.log2(10)) + GUARD_BITS
    most = 4 * (bits + bits_for_zero)
    while bits <= most:
        with precision(bits):
            try:
                values = compute()
            except (ZeroDivisionError, ValueError):
                values = None
            answers = None if values is None else _all_written(values, digits, zero_below, small_as_zero)
        if answers is not None:
            return answers
        bits *= 2
    raise Undecided(f"{digits} digits could not be had with {most} bits of precision", "ask for fewer digits", "/digits")


def _all_written(values: Sequence[Any], digits: int, zero_below: Fraction | None, small_as_zero: bool) -> list[Any] | None:
    answers: list[Any] = []
    small = Fraction(0)
    if small_as_zero and all(value.is_finite() for value in values):
        small = max((dyadic(abs(value).abs_upper()) for value in values), default=Fraction(0)) / 10 ** (2 * digits)
    for value in values:
        parts = [value.real, value.imag] if isinstance(value, flint.acb) else [value]
        found = [written(part, digits, zero_below) or _as_zero(part, small) for part in parts]
        if None in found:
            return None
        answers.append(found[0] if len(found) == 1 else tuple(found))
    return answers


def _as_zero(part: Any, small: Fraction) -> Digits | None:
    """Zero with its radius for a ball around 0 that is no larger than `small`."""
    if not part.is_finite() or not part.contains(0):
        return None
    radius = dyadic(part.abs_upper())
    return Digits("0", _upper(radius)) if 0 < radius <= small else None


def written(ball: Any, digits: int, zero_below: Fraction | None = None) -> Digits | None:
    """The arb `ball` with so many significant digits; None when its radius is too large for that."""
    if not ball.is_finite():
        return None
    middle, radius = dyadic(ball.mid()), dyadic(ball.rad())
    if zero_below is not None and abs(middle) + radius < zero_below:
        return ZERO
    return rounded(middle, radius, digits)


def rounded(middle: Fraction, radius: Fraction, digits: int) -> Digits | None:
    """The number within `radius` of `middle`, with so many significant digits; None when `radius` is too large for that."""
    if middle == 0:
        return ZERO if radius == 0 else None
    exponent = _decimal_exponent(abs(middle))
    unit = _power_of_ten(exponent - digits + 1)
    if radius * 100 > unit:
        return None
    whole = round(middle / unit)
    if abs(whole) == 10**digits:  # 9.99... has become 10
        unit, exponent, whole = unit * 10, exponent + 1, whole // 10
    return Digits(_decimal(whole, exponent - digits + 1), _upper(abs(middle - whole * unit) + radius))


def dyadic(ball: Any) -> Fraction:
    """The exact arb `ball` as a fraction. Raises MathematicsRefuses where writing that down would be unreasonable."""
    mantissa, exponent = ball.man_exp()
    if abs(exponent) > MOST_BITS:
        raise beyond_doubles()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def ball_matrix(matrix: Matrix) -> Any:
    """The matrix as arb_mat, or acb_mat when complex, inside `precision`."""
    if not matrix.is_complex:
        return flint.arb_mat(matrix.exact)
    re, im = (flint.arb_mat(part).tolist() for part in exact_parts(matrix))
    return flint.acb_mat([[flint.acb(x, y) for x, y in zip(*rows, strict=True)] for rows in zip(re, im, strict=True)])


def exact_parts(matrix: Matrix) -> tuple[Any, Any]:
    """The real and the imaginary part of a complex matrix, as fmpq_mat."""
    re, im = (replace(matrix, numbers=part.copy()).exact for part in (matrix.floats.real, matrix.floats.imag))
    return re, im


def real_form(matrix: Matrix) -> Any:
    """The fmpq_mat of a real matrix; of a complex one the real [[Re, −Im], [Im, Re]], of twice the size."""
    if not matrix.is_complex:
        return matrix.exact
    re, im = (part.tolist() for part in exact_parts(matrix))
    top = [a + [-value for value in b] for a, b in zip(re, im, strict=True)]
    return flint.fmpq_mat(top + [b + a for a, b in zip(re, im, strict=True)])


def smallest_part(matrix: Matrix, rhs: Matrix | None = None) -> tuple[Fraction, int]:
    """What no real or imaginary part of A⁻¹, or of A⁻¹·b, is below unless it is 0, and its bits.

    With A = N/d, b = c/e for whole N, c: by Cramer's rule every entry is d·(a whole number)/(e·det N), and its parts are
    d·(whole)/(e·|det N|²); Hadamard bounds det N by the product of the lengths of the rows.
    """
    integers, denominator = real_form(matrix).numer_denom()
    squared = 1
    for row in integers.tolist():
        squared *= max(1, sum(int(value) ** 2 for value in row))
    divisor = 1 if rhs is None else int(real_form(rhs).numer_denom()[1])
    bound = Fraction(int(denominator), divisor * (squared if matrix.is_complex else math.isqrt(squared) + 1))
    if rhs is not None and rhs.is_complex and not matrix.is_complex:
        bound = min(bound, Fraction(int(denominator), divisor * squared))
    return bound, max(1, bound.denominator.bit_length() - bound.numerator.bit_length() + 1)


def texts_of(values: Sequence[Any], width: int) -> list[list[Any]]:
    """The texts of `to_digits` in rows of `width`; complex numbers as {"re", "im"}."""
    return _rows([_json(value, "text") for value in values], width)


def radii_of(values: Sequence[Any], width: int) -> list[list[Any]]:
    """Their radii in the same shape."""
    return _rows([_json(value, "radius") for value in values], width)


def text_of(value: Any) -> Any:
    return _json(value, "text")


def radius_of(value: Any) -> Any:
    return _json(value, "radius")


def product_check(matrix: Matrix, x: Sequence[Any], rhs: Any, digits: int) -> Check:
    """That A times the texts x (row by row) is `rhs` (arb_mat or acb_mat) as far as their digits reach."""
    with precision(math.ceil(digits * math.log2(10)) + GUARD_BITS + 64):
        a, width = ball_matrix(matrix), len(x) // matrix.shape[1]
        b = ball_matrix(rhs) if isinstance(rhs, Matrix) else rhs
        values = [parse(value) for value in x]
        kind = flint.acb_mat if any(isinstance(value, flint.acb) for value in values) else flint.arb_mat
        columns = kind(matrix.shape[1], width, values)
        defect = flint.acb_mat(a) * columns - b
        sizes = _sizes(a) * _sizes(columns) + _sizes(b)
        worst = 0.0
        for error, size in zip(defect.entries(), sizes.entries(), strict=True):
            if size > 0:
                worst = max(worst, float((abs(error) / size * flint.arb(10) ** digits).abs_upper()))
    return measured("residual", worst, 10.0, f"largest |A X - B| of the printed digits relative to |A||X| + |B|, in units of 1e-{digits}")


def in_units(error: Fraction, size: Fraction, digits: int) -> float:
    """|error| / |size| in units of 10^-digits."""
    ratio = abs(error) * 10**digits / (abs(size) or 1)
    return float(ratio) if ratio < 2**1000 else math.inf


def parse(value: Any) -> Any:
    """The Digits (or pair) as arb or acb, from its text."""
    if isinstance(value, tuple):
        return flint.acb(parse(value[0]), parse(value[1]))
    number = Fraction(value.text)
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def _sizes(matrix: Any) -> Any:
    return flint.arb_mat(matrix.nrows(), matrix.ncols(), [flint.arb(abs(entry).abs_upper()) for entry in matrix.entries()])


def _rows(values: list[Any], width: int) -> list[list[Any]]:
    return [values[start : start + width] for start in range(0, len(values), width)]


def _json(value: Any, member: str) -> Any:
    if isinstance(value, tuple):
        return {"re": getattr(value[0], member), "im": getattr(value[1], member)}
    return getattr(value, member)


def _decimal_exponent(value: Fraction) -> int:
    """The e with 10^e ≤ value < 10^(e + 1)."""
    guess = math.floor((value.numerator.bit_length() - value.denominator.bit_length()) * math.log10(2))
    while _power_of_ten(guess) > value:
        guess -= 1
    while _power_of_ten(guess + 1) <= value:
        guess += 1
    return guess


def _power_of_ten(exponent: int) -> Fraction:
    return Fraction(10**exponent) if exponent >= 0 else Fraction(1, 10**-exponent)


def _decimal(whole: int, exponent: int) -> str:
    """whole·10^exponent, written out where that is short."""
    sign, digits = "-" if whole < 0 else "", str(abs(whole))
    leading = len(digits) - 1 + exponent
    if exponent > 0 or leading < LEAST_EXPONENT:
        fraction = digits[1:]
        return f"{sign}{digits[0]}{'.' if fraction else ''}{fraction}e{leading}"
    if exponent == 0:
        return sign + digits
    if leading < 0:
        return f"{sign}0.{'0' * (-leading - 1)}{digits}"
    return f"{sign}{digits[: leading + 1]}.{digits[leading + 1 :]}"


def _upper(radius: Fraction) -> str:
    """A short decimal that is at least `radius`."""
    if radius == 0:
        return "0"
    exponent = _decimal_exponent(radius) - RADIUS_DIGITS + 1
    return _decimal(math.ceil(radius / _power_of_ten(exponent)), exponent)
