"""Exact numbers: the texts that name them, and the doubles nearest to them."""

from __future__ import annotations

import math
import re
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.errors import MathematicsRefuses

Floats = NDArray[Any]  # float64 or complex128, C order, finite

FRACTION = re.compile(r"\s*([+-]?[0-9]+)\s*/\s*([0-9]+)\s*", re.ASCII)
DECIMAL = re.compile(r"\s*([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,6}))?\s*", re.ASCII)


def read_rational(text: str) -> Any | None:
    """The fmpq that `text` names: "45/22", "-3", "0.25", "1e-3"; None when it names none (it may be an expression).

    Raises LimitExceeded when the number is longer than the limit exact-digits, ZeroDivisionError for "1/0".
    """
    fraction = FRACTION.fullmatch(text)
    if fraction:
        limits.check("exact-digits", max(map(len, fraction.groups())))
        return flint.fmpq(int(fraction[1]), int(fraction[2]))
    decimal = DECIMAL.fullmatch(text)
    if not decimal or not (decimal[2] or decimal[3]):
        return None
    sign, whole, fractional, exponent = decimal[1], decimal[2], decimal[3], int(decimal[4] or 0)
    limits.check("exact-digits", len(whole) + len(fractional) + abs(exponent))
    value = flint.fmpq(int(sign + whole + fractional))
    power = exponent - len(fractional)
    return value * 10**power if power >= 0 else value / 10**-power


def nearest_double(value: Any) -> float:
    """The double nearest to the fmpq `value` (the division of whole numbers in Python is correctly rounded).

    Raises OverflowError beyond the range of doubles.
    """
    return int(value.p) / int(value.q)


def nearest_root(value: Any) -> float:
    """The square root of the fmpq `value` ≥ 0, to the last digit or two. Raises MathematicsRefuses beyond the range of doubles."""
    shift = (int(value.q).bit_length() - int(value.p).bit_length()) // 2  # brings value·4^shift near 1
    scaled = nearest_double(value * flint.fmpq(4) ** shift)
    try:
        return math.ldexp(math.sqrt(scaled), -shift)
    except OverflowError:
        raise beyond_doubles() from None


def beyond_doubles() -> MathematicsRefuses:
    return MathematicsRefuses("a number of the answer is beyond the range of doubles", hint='send "arithmetic": "exact" for exact numbers')


def nearest_doubles(matrix: Any) -> NDArray[np.float64]:
    """The fmpq_mat `matrix`, each entry correctly rounded. Raises MathematicsRefuses beyond the range of doubles."""
    try:
        return np.array([[nearest_double(value) for value in row] for row in matrix.tolist()], dtype=np.float64)
    except OverflowError:
        raise beyond_doubles() from None


def texts(matrix: Any) -> list[list[str]]:
    """The entries of an fmpq_mat as JSON carries them: "45/22", "3"."""
    return [[str(value) for value in row] for row in matrix.tolist()]
