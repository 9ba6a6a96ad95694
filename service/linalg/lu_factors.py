"""The factorization P·A = L·U by Gaussian elimination, of a matrix of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from scipy.linalg import lapack

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import MathematicsRefuses, Undecided
from service.linalg.bounds import GOOD, TRUSTED, UNIT, gamma
from service.linalg.elimination import ExactFactors, Pivoting, eliminate
from service.linalg.exact import affordable
from service.linalg.exact_numbers import beyond_doubles, nearest_doubles, texts
from service.linalg.factor_bounds import lu_bound, powers_of_two, sizes_of_columns
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.modular import is_product
from service.linalg.norm import entry_rounding
from service.linalg.qr import permutation_matrix
from service.linalg.singular import too_sensitive

SMALLEST = 2.0**-1074
EXACT_UP_TO = 12  # n up to which exact factors of whole or rational entries cost a fraction of a millisecond
BOUNDED_UP_TO = 1_500


@dataclass(frozen=True)
class LU:
    """l is m×k with ones on its diagonal, u k×n, k = min(m, n): row i of l·u is row permutation[i] of A (from 0). Floats or texts.

    `error_bound` bounds the error of each row of l and each column of u relative to its norm, for this order of the rows; None
    where the factors are not unique, or no bound was verified. `growth_factor` is max|u|/max|a| (floats).
    """

    l: Any  # noqa: E741
    u: Any
    permutation: list[int]
    growth_factor: float | None
    arithmetic: Arithmetic
    error_bound: float | None
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "l": self.l,
            "u": self.u,
            "p": permutation_matrix(self.permutation).T,
            "permutation": self.permutation,
            "growth_factor": self.growth_factor,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def lu(matrix: Matrix, pivoting: Pivoting = "partial", arithmetic: Arithmetic | None = None) -> LU:
    """The factors of an m×n matrix.

    "partial" takes for each pivot the largest entry of its column, "none" keeps the rows in their order. In floats by LAPACK (getrf) with
    a verified bound; small whole and rational matrices exactly, and rounded. Raises MathematicsRefuses ("none", where a
    leading minor is zero), Undecided ("none" in floats, where one may be), LimitExceeded, CheckFailed.
    """
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    limits.check("cubic-size", max(matrix.shape), "/matrix")
    if mode == "exact" or (matrix.is_exact_data and max(matrix.shape) <= EXACT_UP_TO):
        return _exactly(matrix, pivoting, mode)
    a = matrix.floats
    scale = powers_of_two(sizes_of_columns(a))
    scaled = a * scale
    factors = _by_lapack(scaled) if pivoting == "partial" else _without_exchanges(scaled)
    bound = np.inf
    if factors is not None:
        lower, upper, permutation = factors
        bound = lu_bound(scaled[permutation], lower, upper, entry_rounding(matrix, np.abs(a)))
    if pivoting == "none" and not bound <= GOOD:
        if affordable(matrix):
            return _exactly(matrix, pivoting, mode)
        if not bound <= TRUSTED:
            raise _undecided(matrix, bound)
    assert factors is not None
    checks = factor_checks(scaled, lower, upper, permutation, pivoting)
    growth = float(np.abs(upper).max() / np.abs(scaled).max()) if scaled.any() else 1.0
    upper = upper / scale
    if not np.isfinite(upper).all():
        raise beyond_doubles()
    return LU(lower + 0.0, upper + 0.0, permutation, growth, "float", bound if np.isfinite(bound) else None, require(checks))


def _undecided(matrix: Matrix, bound: float) -> MathematicsRefuses:
    if np.isfinite(bound):
        return too_sensitive("the factors", bound)
    hint = None if matrix.is_complex else 'send "arithmetic": "exact", or "pivoting": "partial"'
    return Undecided("a leading minor is 0 up to rounding: whether there is an L U without exchanging rows cannot be told", hint, "/matrix")


Factors = tuple[Floats, Floats, list[int]]


def _by_lapack(a: Floats) -> Factors:
    """getrf; a zero pivot leaves a column of zeros in L below it."""
    packed, swaps, _ = (lapack.zgetrf if a.dtype.kind == "c" else lapack.dgetrf)(a)
    permutation = list(range(len(a)))
    for i, j in enumerate(swaps.tolist()):
        permutation[i], permutation[j] = permutation[j], permutation[i]
    k = min(a.shape)
    lower = np.tril(packed[:, :k], -1)
    lower[range(k), range(k)] = 1
    return np.ascontiguousarray(lower), np.ascontiguousarray(np.triu(packed[:k])), permutation


def _without_exchanges(a: Floats) -> Factors | None:
    """None when a pivot is zero."""
    work, k = a.copy(), min(a.shape)
    lower = np.eye(len(a), k, dtype=a.dtype)
    for j in range(k):
        if work[j, j] == 0:
            return None
        lower[j + 1 :, j] = work[j + 1 :, j] / work[j, j]
        work[j + 1 :, j:] -= np.outer(lower[j + 1 :, j], work[j, j:])
        work[j + 1 :, j] = 0
    return lower, np.ascontiguousarray(np.triu(work[:k])), list(range(len(a)))


def factor_checks(a: Floats, l: Floats, u: Floats, permutation: list[int], pivoting: Pivoting) -> list[Check]:  # noqa: E741
    """That L·U is A with its rows exchanged, entry by entry (Higham, Theorem 9.3), and that the factors have their shapes."""
    k = l.shape[1]
    sizes = np.abs(l) @ np.abs(u)
    errors = np.maximum(np.abs(l @ u - a[permutation]) - 4 * (k + 2) * SMALLEST, 0)  # less what underflow can cost
    error = float(np.max(np.divide(errors, sizes, out=np.where(errors > 0, np.inf, 0.0), where=sizes > 0), initial=0.0))
    shape = bool((np.triu(l, 1) == 0).all() and (l.diagonal() == 1).all() and (np.tril(u, -1) == 0).all())
    order = sorted(permutation) == list(range(len(a)))
    checks = [
        measured("reconstruction", error, 4 * gamma(k + 8, a.dtype.kind), "the entries of L U - P A, relative to those of |L||U|"),
        decided("triangular", shape, "L is lower triangular with ones on its diagonal, U is upper triangular"),
        decided("permutation", order, "each row of A is used once"),
    ]
    if pivoting == "partial":
        most = 1 + 4 * UNIT if l.dtype.kind == "f" else 1.415  # LAPACK compares |Re| + |Im| of complex pivots: up to a factor √2
        checks.append(measured("pivots", float(np.abs(l).max()), most, "the largest entry of L, by the choice of the pivots"))
    return checks


def _exactly(matrix: Matrix, pivoting: Pivoting, mode: Arithmetic) -> LU:
    found = eliminate(matrix, pivoting)
    checks = require([exact_check(matrix, found)])
    lower, upper = flint.fmpq_mat(found.l), flint.fmpq_mat(found.u)
    if mode == "exact":
        return LU(texts(lower), texts(upper), found.permutation, None, mode, 0.0, checks)
    l_floats, u_floats, a = nearest_doubles(lower), nearest_doubles(upper), matrix.floats
    growth = float(np.abs(u_floats).max() / np.abs(a).max()) if a.any() else 1.0
    bound = UNIT
    if matrix.kind == "float":
        scale = powers_of_two(sizes_of_columns(a))
        bound += lu_bound((a * scale)[found.permutation], l_floats, u_floats * scale, UNIT)
        if bound > TRUSTED:
            raise too_sensitive("the factors", bound)
    return LU(l_floats, u_floats, found.permutation, growth, mode, bound, checks)


def exact_check(matrix: Matrix, found: ExactFactors) -> Check:
    """That L·U = P·A (modulo a prime), and that the factors have their shapes."""
    rows = matrix.exact.tolist()
    holds = sorted(found.permutation) == list(range(len(rows)))
    holds = holds and is_product(found.l, found.u, [rows[i] for i in found.permutation])
    shape = all(value == (i == j) for i, row in enumerate(found.l) for j, value in enumerate(row) if j >= i)
    shape = shape and all(value == 0 for i, row in enumerate(found.u) for value in row[:i])
    return decided(
        "reconstruction", bool(holds and shape), "L U = P A modulo 2^61 - 1; exactly: L has ones on its diagonal, U is triangular"
    )
