"""Exact arithmetic on rational matrices by python-flint: what may be computed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import flint
import numpy as np

from service import limits
from service.errors import InputError, ShapeMismatch
from service.linalg.matrix import Matrix

# Of decimals with 17 digits, an exact 40×40 inverse takes 0.1 s and a 100×100 one 3 s: up to here a float answer that cannot
# be trusted is replaced by an exact one, rounded.
FALLBACK_SIZE = 40
FALLBACK_ENTRIES = 50_000


def check_size(matrix: Matrix, numbers: int, pointer: str = "/matrix") -> None:
    """Raises LimitExceeded when `matrix` is too large for exact arithmetic whose answer or work area holds `numbers` rationals."""
    limits.check("exact-size", min(matrix.shape), pointer)
    limits.check("exact-answer-digits", 2 * answer_digits(matrix, numbers), pointer)


def check_entries(arithmetic: str | None, **arrays: Matrix | None) -> None:
    """Raises LimitExceeded when an array, given by the name of its field, is too large for exact sums over all its entries."""
    for name, array in arrays.items():
        if array is not None and (arithmetic == "exact" or array.numbers is None):
            limits.check("exact-entries", array.shape[0] * array.shape[1], f"/{name}")


def answer_digits(matrix: Matrix, numbers: int) -> int:
    """The digits that the numerators, or the denominators, of `numbers` rationals may come to. They are determinants: by Hadamard
    each has at most n(d + log10(n)/2) digits for entries of d digits."""
    n = min(matrix.shape)
    if matrix.kind == "integer" and matrix.numbers is not None:
        bits, denominator = int(np.abs(matrix.numbers).max()).bit_length(), 1
    else:
        integers, denominator = matrix.exact.numer_denom()
        bits = max(int(abs(value)).bit_length() for value in integers.entries())
    digits = n * (bits * math.log10(2) + math.log10(n) / 2) + int(denominator).bit_length() * math.log10(2)
    return numbers * (math.ceil(digits) + 1)


def affordable(matrix: Matrix) -> bool:
    """Whether exact arithmetic may step in for floats that cannot be trusted."""
    if matrix.is_complex or matrix.shape[0] * matrix.shape[1] > FALLBACK_ENTRIES:
        return False
    return min(matrix.shape) <= (limits.limit("exact-size") if matrix.is_exact_data else FALLBACK_SIZE)


def require_rational(matrix: Matrix, pointer: str = "/matrix") -> None:
    """Raises InputError for square roots and exact complex numbers among the entries."""
    if matrix.kind == "surd":
        raise InputError("square roots and exact complex numbers among the entries are not taken here", "send decimals", pointer)


def exact_rank(matrix: Matrix) -> int | None:
    """The rank of whole or rational entries where it is cheap; None for others."""
    return int(matrix.exact.rank()) if matrix.is_exact_data and affordable(matrix) else None


def require_square(matrix: Matrix, what: str, pointer: str = "/matrix") -> None:
    """Raises ShapeMismatch when `matrix` is not square."""
    m, n = matrix.shape
    if m != n:
        hint = None if what == "a determinant" else "least-squares takes a matrix of any shape"
        raise ShapeMismatch(f"only a square matrix has {what}, and this one is {m}×{n}", hint, pointer, facts={"shape": [m, n]})


def require_rows(matrix: Matrix, rhs: Matrix) -> None:
    """Raises ShapeMismatch when the right-hand side does not have an entry for each row."""
    n = matrix.shape[0]
    if rhs.shape[0] != n:
        detail = f"the matrix has {n} rows and the right-hand side {rhs.shape[0]}: there is one entry of the right-hand side for each row"
        raise ShapeMismatch(detail, pointer="/rhs", facts={"matrix": list(matrix.shape), "rhs": list(rhs.shape)})


def is_identity(product: Any) -> bool:
    """Whether an fmpq_mat is the identity."""
    return all(value == (i == j) for i, row in enumerate(product.tolist()) for j, value in enumerate(row))


def is_exactly_singular(matrix: Matrix) -> bool:
    """Whether the determinant of the entries as sent is zero; False also when the matrix is too large to tell.

    A complex matrix is as singular as the real [[Re, −Im], [Im, Re]], whose determinant is |det|².
    """
    if matrix.shape[0] > FALLBACK_SIZE // 2:
        return False
    if not matrix.is_complex:
        return bool(matrix.exact.det() == 0)
    re, im = (replace(matrix, numbers=part.copy()).exact for part in (matrix.floats.real, matrix.floats.imag))
    real = [top + [-value for value in bottom] for top, bottom in zip(re.tolist(), im.tolist(), strict=True)]
    real += [bottom + top for top, bottom in zip(re.tolist(), im.tolist(), strict=True)]
    return bool(flint.fmpq_mat(real).det() == 0)
