"""The determinant of a square matrix: exact for whole and rational entries, with a bound on its error for floats."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.linalg.bounds import GOOD, TRUSTED, UNIT
from service.linalg.exact import affordable, check_size, is_exactly_singular, require_square
from service.linalg.exact_numbers import nearest_double
from service.linalg.exact_tables import Table
from service.linalg.lu import Factored, FloatDeterminant, determinant_of, factor
from service.linalg.matrix import LARGEST_INTEGER, Arithmetic, Matrix, choose_arithmetic
from service.linalg.singular import too_sensitive
from service.linalg.surds import as_exact_json

PRIME = 2**61 - 1
EXACT_UP_TO = 12  # n up to which an exact determinant of decimals costs a fraction of a millisecond


@dataclass(frozen=True)
class Determinant:
    """`value` is a text in exact arithmetic; in floats a number, or the text of a whole number beyond 2^53, or None beyond
    the range of doubles (`sign` and `log_abs` say what it is). `error_bound` is relative; None for zero."""

    value: Any
    arithmetic: Arithmetic
    sign: int | None
    log_abs: float | None
    error_bound: float | None
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "determinant": self.value,
            "arithmetic": self.arithmetic,
            "sign": self.sign,
            "log_abs_determinant": self.log_abs,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def determinant(matrix: Matrix, arithmetic: Arithmetic | None = None) -> Determinant:
    """The determinant of an n×n matrix.

    Whole and rational entries: exact, whatever the arithmetic, up to the limit exact-size. Floats: the product of the
    pivots of an LU factorization, replaced by an exact determinant, rounded, where its bound is not good enough.
    Raises ShapeMismatch, LimitExceeded, Undecided when the rounding of the entries alone can change the first digits.
    """
    require_square(matrix, "a determinant")
    n = matrix.shape[0]
    limits.check("cubic-size", n, "/matrix")
    if arithmetic == "float" and matrix.is_exact_data and n <= limits.limit("exact-size"):
        return exact_answer(matrix, "float", sensitivity=0.0)  # of whole numbers beyond 2^53, too
    mode = choose_arithmetic(arithmetic, True, matrix=matrix)
    if mode == "exact" and not matrix.table.is_rational:
        return _in_a_larger_field(matrix.table)
    if mode == "exact":
        return exact_answer(matrix, mode, sensitivity=0.0)
    return determinant_in_floats(matrix, factor(matrix.floats), EXACT_UP_TO)


def determinant_in_floats(matrix: Matrix, factored: Factored | None, exact_up_to: int) -> Determinant:
    """The determinant as "float" arithmetic answers it; of decimals exact, then rounded, up to n = `exact_up_to`."""
    n = matrix.shape[0]
    if matrix.is_exact_data and n <= limits.limit("exact-size"):
        return exact_answer(matrix, "float", sensitivity=0.0)
    found = determinant_of(factored) if factored else None
    if not affordable(matrix) or (n > exact_up_to and found and found.error <= GOOD):
        return float_answer(matrix, found)
    return exact_answer(matrix, "float", found.entry_error if found else math.inf)


def exact_answer(matrix: Matrix, mode: Arithmetic, sensitivity: float) -> Determinant:
    """The exact determinant, as `mode` writes it; `sensitivity` is the relative effect of the rounding of the entries to
    doubles, which counts for decimals in floats only."""
    n = matrix.shape[0]
    check_size(matrix, n)
    integers, denominator = matrix.exact.numer_denom()
    value = flint.fmpq(integers.det(), denominator**n)
    check = modular_check(integers, denominator, value)
    bound = 0.0
    text: str | float | None = str(value)
    if mode == "float":
        bound = 0.0 if matrix.kind == "integer" else UNIT
        if matrix.kind == "float":
            bound += sensitivity
        if matrix.kind != "integer":
            text = _double(value)
        elif abs(value) <= LARGEST_INTEGER:
            text = int(value.p)
    if bound > TRUSTED and value != 0:
        raise too_sensitive("the determinant", bound)
    return Determinant(text, mode, _sign(value), _log_abs(value), bound if value != 0 else None, require([check]))


def _in_a_larger_field(table: Table) -> Determinant:
    """The exact determinant of a matrix with square roots or complex entries."""
    value = table.determinant()
    check = decided("transpose", table.transposed().determinant() == value, "agrees with the determinant of the transpose, exactly")
    if value == 0:
        return Determinant("0", "exact", 0, None, None, require([check]))
    squared = value * value.conjugate()
    if set(squared.terms) == {1}:
        log_abs: float | None = (_log_abs(squared.terms[1]) or 0.0) / 2
    else:
        log_abs = _log_of_double(value)
    if set(value.terms) == {1}:
        sign: int | None = _sign(value.terms[1])
    else:
        sign = None if value.is_complex or log_abs is None else int(math.copysign(1, complex(value).real))
    return Determinant(as_exact_json(value), "exact", sign, log_abs, 0.0, require([check]))


def _log_of_double(value: Any) -> float | None:
    """ln|value|; None beyond the range of doubles."""
    try:
        size = abs(complex(value))
    except OverflowError:
        return None
    return math.log(size) if size else None


def modular_check(integers: Any, denominator: Any, value: Any) -> Check:
    """Compare det(N/d) = `value`, for the fmpz_mat N = `integers`, with the determinant of N modulo a prime."""
    expected = int(flint.nmod_mat(integers, PRIME).det())
    scaled = value * denominator ** integers.nrows()
    holds = scaled.q == 1 and int(scaled.p) % PRIME == expected
    return decided("modular", holds, "agrees with the determinant computed by elimination modulo the prime 2^61 - 1")


def float_answer(matrix: Matrix, found: FloatDeterminant | None) -> Determinant:
    """The determinant from the pivots; raises Undecided when its bound leaves it open."""
    if found is None or not math.isfinite(found.error + found.entry_error):
        if is_exactly_singular(matrix):
            proof = decided("singular", True, "the entries as sent are linearly dependent, exactly")
            return Determinant(0.0, "float", 0, None, None, [proof])
        raise too_sensitive("the determinant", None)
    bound = found.error + found.entry_error
    if bound > TRUSTED:
        raise too_sensitive("the determinant", bound)
    detail = "relative, of the rounding in the factorization and of the entries; it holds, it is no estimate"
    checks = require([measured("forward-error", bound, TRUSTED, detail)])
    value = found.value()
    sign = None if isinstance(found.mantissa, complex) else int(math.copysign(1, found.mantissa))
    return Determinant(value, "float", sign, found.log_abs(), bound, checks)


def _double(value: Any) -> float | None:
    """The nearest double; None beyond the range of normal doubles."""
    try:
        nearest = nearest_double(value)
    except OverflowError:
        return None
    return None if value != 0 and abs(nearest) < sys.float_info.min else nearest


def _sign(value: Any) -> int:
    return int(value > 0) - int(value < 0)


def _log_abs(value: Any) -> float | None:
    """ln|value| of an fmpq of any size; None for zero."""
    if value == 0:
        return None
    size = abs(_double(value) or 0.0)
    return math.log(size) if size else math.log(abs(int(value.p))) - math.log(int(value.q))
