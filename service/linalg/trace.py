"""The trace of a square matrix: the exact sum of the diagonal, rounded once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.certificates import Check, decided, measured, require
from service.linalg.bounds import SLACK, UNIT, gamma
from service.linalg.exact import require_square
from service.linalg.exact_numbers import beyond_doubles, nearest_double
from service.linalg.matrix import LARGEST_INTEGER, Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.numerical_rank import unit_of

EIGENVALUES_UP_TO = 100  # n up to which the sum of the eigenvalues is computed beside the trace
POLYNOMIAL_UP_TO = 30


@dataclass(frozen=True)
class Trace:
    """`value` is a text in exact arithmetic, and for a whole number beyond 2^53; otherwise a number. `error_bound` is absolute: the
    one rounding of the sum, and that of the entries to doubles."""

    value: str | float | complex
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {"trace": self.value, "arithmetic": self.arithmetic, "error_bound": self.error_bound, "checks": self.checks}


def trace(matrix: Matrix, arithmetic: Arithmetic | None = None) -> Trace:
    """The sum of the diagonal of an n×n matrix. Raises ShapeMismatch, MathematicsRefuses beyond the range of doubles."""
    require_square(matrix, "a trace")
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    if matrix.is_complex:
        return _complex(matrix.floats)
    total = sum((matrix.exact_entry(i, i) for i in range(matrix.shape[0])), flint.fmpq(0))
    checks = [sum_check(matrix, total)]
    if mode == "exact" or (matrix.kind == "integer" and abs(total) > LARGEST_INTEGER):
        return Trace(str(total), mode, 0.0, require(checks))
    value = _rounded(total)
    checks += eigenvalue_check(matrix.floats, value)
    if matrix.kind == "integer":
        return Trace(int(value), mode, 0.0, require(checks))
    bound = (UNIT * abs(value) + math.fsum(UNIT * np.abs(matrix.floats.diagonal()))) * SLACK + 2.0**-1074 * matrix.shape[0]
    return Trace(value, mode, bound, require(checks))


def _rounded(total: Any) -> float:
    try:
        return nearest_double(total)
    except OverflowError:
        raise beyond_doubles() from None


def _complex(a: Floats) -> Trace:
    """The doubles as they are, real and imaginary parts apart."""
    diagonal = a.diagonal()
    parts = [sum(map(Fraction, part.tolist()), Fraction(0)) for part in (diagonal.real, diagonal.imag)]
    value = complex(*(_rounded(flint.fmpq(part.numerator, part.denominator)) for part in parts))
    bound = 2 * math.fsum(UNIT * np.abs(diagonal)) * SLACK + 2.0**-1074 * len(a)
    again = complex(math.fsum(diagonal.real), math.fsum(diagonal.imag))
    checks = [decided("sum", again == value, "the correctly rounded sum, computed in another way"), *eigenvalue_check(a, value)]
    return Trace(value, "float", bound, require(checks))


def sum_check(matrix: Matrix, total: Any) -> Check:
    """The trace as minus the second coefficient of the characteristic polynomial, or as a sum of fractions for larger matrices."""
    n = matrix.shape[0]
    if n <= POLYNOMIAL_UP_TO and matrix.is_exact_data:
        polynomial = matrix.exact.charpoly()
        return decided(
            "characteristic-polynomial", -polynomial[n - 1] == total, "minus the coefficient of x^(n-1) in det(x I - A), exactly"
        )
    again = sum((Fraction(int(value.p), int(value.q)) for value in (matrix.exact_entry(i, i) for i in reversed(range(n)))), Fraction(0))
    return decided("sum", again == Fraction(int(total.p), int(total.q)), "the exact sum, computed in another order")


def eigenvalue_check(a: Floats, value: complex) -> list[Check]:
    """The trace against the sum of the eigenvalues: those of a matrix within a few roundings of `a` add up to its trace."""
    n = len(a)
    if n > EIGENVALUES_UP_TO or not a.any():
        return []
    unit = unit_of(a)
    try:
        total = np.linalg.eigvals(a / unit).sum()
    except np.linalg.LinAlgError:
        return []
    error = abs(total - value / unit) / float(np.linalg.norm(a / unit))
    tolerance = 20 * math.sqrt(n) * gamma(10 * n + 20, a.dtype.kind)
    return [measured("eigenvalue-sum", error, tolerance, "the trace against the sum of the eigenvalues, relative to ||A|| (Frobenius)")]
