"""A matrix of decimals or rationals as whole numbers with a denominator for each column: what exact arithmetic is fast on.

A float means the shortest decimal that names it (`service/linalg/matrix.py`). Decimals of at most 15 digits, which is what people
write, are recognised by vector operations: m = rint(x·10^k) below 10^15 and m/10^k, correctly rounded, equal to x prove that x is
the double of the decimal m/10^k, and no other decimal of at most 15 digits has the same double. Longer ones are read from their texts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import flint
import numpy as np
import orjson
from numpy.typing import NDArray

from service.linalg.matrix import Matrix

MOST_DIGITS = 10.0**15
MOST_PLACES = 15


@dataclass(frozen=True)
class ScaledIntegers:
    """The n×p matrix whose entry (i, j) is `numerators[i, j] / denominators[j]`."""

    numerators: Any  # fmpz_mat
    denominators: list[int]
    bits: int
    """The length of the longest numerator or denominator."""

    @property
    def rational(self) -> Any:
        """The same as fmpq_mat."""
        scale = flint.fmpq_mat(len(self.denominators), len(self.denominators))
        for j, value in enumerate(self.denominators):
            scale[j, j] = flint.fmpq(1, value)
        return flint.fmpq_mat(self.numerators) * scale


def scaled_integers(matrix: Matrix) -> ScaledIntegers:
    """The real matrix as whole numbers over one denominator a column."""
    columns = [integer_column(matrix, j) for j in range(matrix.shape[1])]
    return from_columns([values for values, _ in columns], [denominator for _, denominator in columns])


def from_columns(columns: Sequence[Sequence[int]], denominators: list[int]) -> ScaledIntegers:
    """The matrix of these columns over these denominators."""
    largest = max(map(abs, chain.from_iterable(columns)))
    bits = max(largest.bit_length(), *(value.bit_length() for value in denominators))
    flat = list(chain.from_iterable(zip(*columns, strict=True)))
    return ScaledIntegers(flint.fmpz_mat(len(columns[0]), len(columns), flat), denominators, bits)


def integer_column(matrix: Matrix, j: int) -> tuple[list[int], int]:
    """Column j as whole numbers, and their common denominator."""
    if matrix.numbers is None:
        return _rationals([row[j] for row in matrix.rows])
    column = np.ascontiguousarray(matrix.numbers[:, j])
    if matrix.kind == "integer":
        return list(map(int, column.tolist())), 1
    return _rationals(column.tolist(), binary=True) if matrix.is_binary else _decimals(column)


def _rationals(values: Sequence[Any], binary: bool = False) -> tuple[list[int], int]:
    ratios = [_ratio(value, binary) for value in values]
    denominator = math.lcm(*{q for _, q in ratios})
    return [p * (denominator // q) for p, q in ratios], denominator


def _ratio(value: Any, binary: bool) -> tuple[int, int]:
    if isinstance(value, float):
        return (value if binary else Fraction(repr(value))).as_integer_ratio()
    return (value, 1) if isinstance(value, int) else (int(value.p), int(value.q))


def _decimals(column: NDArray[np.float64]) -> tuple[list[int], int]:
    """The shortest decimals that name the doubles of `column`, over a power of ten."""
    largest = float(np.abs(column).max())
    most = min(MOST_PLACES, 15 - math.frexp(largest)[1] * 3 // 10) if largest else 0  # as many as fit into MOST_DIGITS, or one more
    for places in range(most, max(most - 2, -1), -1):
        if _is_decimal(column, places):
            while places and _is_decimal(column, places - 1):
                places -= 1
            return list(map(int, np.rint(column * 10.0**places).tolist())), 10**places
    text = orjson.dumps(column, option=orjson.OPT_SERIALIZE_NUMPY).decode()[1:-1]
    return _read(text.split(",")) if "e" in text else _plain(text.split(","))


def _is_decimal(column: NDArray[np.float64], places: int) -> bool:
    power = 10.0**places  # exact up to 10^22
    whole = np.rint(column * power)
    return bool((np.abs(whole) < MOST_DIGITS).all() and (whole / power == column).all())


def _plain(texts: list[str]) -> tuple[list[int], int]:
    """The same as `_read` for texts with a point and without an exponent."""
    parts = [text.split(".") for text in texts]
    most = max(len(behind) for _, behind in parts)
    return [int(whole + behind.ljust(most, "0")) for whole, behind in parts], 10**most


def _read(texts: list[str]) -> tuple[list[int], int]:
    """Decimal texts over a power of ten."""
    split = [_places(text) for text in texts]
    most = max(places for _, places in split)
    powers = {places: 10 ** (most - places) for _, places in split}
    return [value * powers[places] for value, places in split], 10**most


def _places(text: str) -> tuple[int, int]:
    """The digits of a decimal as a whole number, and how many stand behind the point."""
    mantissa, mark, exponent = text.partition("e")
    whole, _, behind = mantissa.partition(".")
    if not mark:
        return int(whole + behind), len(behind)
    places = len(behind) - int(exponent)
    return (int(whole + behind), places) if places >= 0 else (int(whole + behind) * 10**-places, 0)
