"""How numbers are written in titles, labels and descriptions."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from service.expression.operation import Array


def short(value: float | complex, digits: int = 4) -> str:
    """A number with so many significant digits, as a person writes it: 0.5, -3, 1.25e+10, 1 + 2i."""
    if isinstance(value, complex):
        if not value.imag:
            return short(value.real, digits)
        sign = "-" if value.imag < 0 else "+"
        size = short(abs(value.imag), digits)
        return f"{short(value.real, digits)} {sign} {'' if size == '1' else size}i"
    return f"{value + 0.0:.{digits}g}"


def vector(values: Iterable[float], digits: int = 3) -> str:
    """A vector as a text: (1, -0.5)."""
    return f"({', '.join(short(float(value), digits) for value in values)})"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def power_of_ten(values: Array) -> tuple[float, int]:
    """A power of ten to divide by, and its exponent, where the largest of the values is too large or too small to be read
    on an axis; else 1 and 0."""
    largest = float(np.abs(values).max())
    exponent = max(math.floor(math.log10(largest)), -300) if largest else 0
    return (1.0, 0) if -3 <= exponent <= 4 else (float(f"1e{exponent}"), exponent)
