"""The Moore–Penrose inverse: the one matrix X with A·X·A = A, X·A·X = X, and A·X and X·A Hermitian."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError
from service.linalg.bounds import GOOD, SLACK, TRUSTED, UNIT, gamma
from service.linalg.dependencies import exact_dependencies
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import beyond_doubles, nearest_doubles, texts
from service.linalg.factor_bounds import norm, powers_of_two, sizes_of_columns, triangular_inverse
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.norm import entry_rounding
from service.linalg.numerical_rank import unit_of
from service.linalg.rank import rank
from service.linalg.singular import too_sensitive
from service.linalg.svd import svd

EXACT_UP_TO = 12


@dataclass(frozen=True)
class Pseudoinverse:
    """`pseudoinverse` is n×m for A m×n: floats, or exact texts. `condition_number` is σ₁/σᵣ, r the rank. `error_bound` bounds the error of
    each row (each column when m < n) relative to its norm, the rounding of decimals included; None for a rank below both m and
    n that was read off from floats, or given by a tolerance: another matrix within rounding has another pseudoinverse."""

    pseudoinverse: Floats | list[list[str]]
    rank: int
    condition_number: float | None
    tolerance: float | None
    arithmetic: Arithmetic
    error_bound: float | None
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "pseudoinverse": self.pseudoinverse,
            "rank": self.rank,
            "condition_number": self.condition_number,
            **({} if self.tolerance is None else {"tolerance": self.tolerance}),
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def pseudoinverse(matrix: Matrix, arithmetic: Arithmetic | None = None, tolerance: float | None = None) -> Pseudoinverse:
    """The pseudoinverse of an m×n matrix.

    Exactly by a full-rank factorization; in floats by QR when the columns (or rows) are proven independent, else by the singular
    values above max(m, n)·ε·σ₁, which must leave a clear gap, or above `tolerance`. Raises InputError (a tolerance in exact
    arithmetic), Undecided, LimitExceeded, MathematicsRefuses (overflow), CheckFailed.
    """
    m, n = matrix.shape
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    limits.check("cubic-size", max(m, n), "/matrix")
    if tolerance is not None and mode == "exact":
        raise InputError("a tolerance has no meaning in exact arithmetic", "leave one of the two out", "/tolerance")
    small = matrix.is_exact_data and max(m, n) <= EXACT_UP_TO
    if tolerance is None and (mode == "exact" or small):
        return _exactly(matrix, mode)
    if tolerance is None:
        found = _by_qr(matrix)
        if found is not None and found.error_bound is not None and found.error_bound <= GOOD:
            return found
        if matrix.is_exact_data and affordable(matrix):
            return _exactly(matrix, mode)
        if found is not None:
            return found
    return _by_singular_values(matrix, tolerance)


# --- floats ----------------------------------------------------------------------------------------------------------


def _by_qr(matrix: Matrix) -> Pseudoinverse | None:
    """None when neither the columns nor the rows could be proven independent well enough.

    With A = Q·R, S = R⁻¹ and M = A·S, MᴴM = I + F: A⁺ = S(I + F)⁻¹Mᴴ, and each row of X = S·Qᴴ is off by at most the norm of that of S
    times f/(1 − f)·‖M‖ + ‖M − Q‖. The columns of A are brought to one size first.
    """
    wide = matrix.shape[0] < matrix.shape[1]
    a = matrix.floats.conj().T if wide else matrix.floats
    scale, k, kind = powers_of_two(sizes_of_columns(a)), a.shape[1], a.dtype.kind
    a = a * scale
    q, r = np.linalg.qr(a)
    s = triangular_inverse(r, lower=False)
    if s is None:
        return None
    columns = a @ s
    rounding = entry_rounding(matrix, np.abs(matrix.floats)) * SLACK
    slip = (gamma(k + 2, kind) + rounding) * norm(np.abs(a) @ np.abs(s))
    length = norm(columns)
    f = norm(columns.conj().T @ columns - np.eye(k)) + gamma(len(a) + 2, kind) * length**2 + slip * (2 * length + slip)
    x = s @ q.conj().T
    moved = (f / (1 - f) if f < 1 else math.inf) * (length + slip) + norm(columns - q) + slip + gamma(k + 2, kind) * norm(q)
    bound = float(np.max(np.linalg.norm(s, axis=1) / np.linalg.norm(x, axis=1))) * moved * SLACK
    bound = bound / (1 - bound) if bound < 1 else math.inf
    if not bound <= TRUSTED:
        return None
    x = x * scale[:, None]
    x = x.conj().T if wide else x
    checks = penrose_checks(matrix.floats, x)
    detail = "verified bound on each row of X (column when m < n), rounding of the entries included"
    checks.append(measured("forward-error", bound, TRUSTED, detail))
    values = np.linalg.svd(matrix.floats / unit_of(matrix.floats), compute_uv=False)
    return _answer(matrix, x, k, _quotient(values, k), None, bound, checks)


def _by_singular_values(matrix: Matrix, tolerance: float | None) -> Pseudoinverse:
    a = matrix.floats
    found = rank(matrix, "float", tolerance) if tolerance is not None or not matrix.is_exact_data else rank(matrix)
    r = found.rank
    if tolerance is None and r == min(a.shape):
        raise too_sensitive("the pseudoinverse", None)
    unit = unit_of(a)
    decomposition = svd(matrix)
    u, values, vt = decomposition.u[:, :r], decomposition.singular_values[:r] / unit, decomposition.vt[:r]
    x = (vt.conj().T / values) @ u.conj().T
    truncated = (u * values) @ vt * unit
    checks = [*found.checks, *decomposition.checks, *penrose_checks(truncated, x / unit)]
    return _answer(matrix, x / unit, r, _quotient(values, r), tolerance, None, checks)


def _answer(
    matrix: Matrix, x: Floats, r: int, condition: float | None, tolerance: float | None, bound: float | None, checks: list[Check]
) -> Pseudoinverse:
    if not np.isfinite(x).all():
        raise beyond_doubles()
    return Pseudoinverse(x + 0.0, r, condition, tolerance, "float", bound, require(checks))


def _quotient(values: Any, r: int) -> float | None:
    quotient = float(values[0] / values[r - 1]) if r else math.inf
    return quotient if math.isfinite(quotient) else None


def penrose_checks(a: Floats, x: Floats) -> list[Check]:
    """The four conditions, each relative to the product of the norms. Rows and columns of A are brought to one size first by
    a diagonal D on the side where the pseudoinverse follows: (A·D)⁺ = D⁻¹·A⁺ for independent columns."""
    if a.any() and x.any():
        by_columns = a.shape[0] >= a.shape[1]
        scale = powers_of_two(np.abs(a).max(axis=0 if by_columns else 1))
        full_rank = np.linalg.matrix_rank(a * scale if by_columns else a * scale[:, None]) == min(a.shape)
        if full_rank:
            a, x = (a * scale, x / scale[:, None]) if by_columns else (a * scale[:, None], x / scale)
        else:
            unit = unit_of(a)
            a, x = a / unit, x * unit
    ax, xa = a @ x, x @ a
    size = norm(a) * norm(x)
    tolerance = 20 * (sum(a.shape) + 20) * UNIT
    return [
        measured("penrose-1", _ratio(norm(ax @ a - a), norm(a) * size), tolerance, "||A X A - A||, relative to ||A||^2 ||X||"),
        measured("penrose-2", _ratio(norm(x @ ax - x), norm(x) * size), tolerance, "||X A X - X||, relative to ||A|| ||X||^2"),
        measured("penrose-3", _ratio(norm(ax - ax.conj().T), size), tolerance, "||(A X)' - A X||, relative to ||A|| ||X||"),
        measured("penrose-4", _ratio(norm(xa - xa.conj().T), size), tolerance, "||(X A)' - X A||, relative to ||A|| ||X||"),
    ]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else (0.0 if part == 0 else math.inf)


# --- exact -----------------------------------------------------------------------------------------------------------


def _exactly(matrix: Matrix, mode: Arithmetic) -> Pseudoinverse:
    """With C the independent columns of A and A = C·F: A⁺ = Fᵀ(FFᵀ)⁻¹(CᵀC)⁻¹Cᵀ."""
    m, n = matrix.shape
    check_size(matrix, 2 * m * n)
    a = matrix.exact
    independent, dependencies = exact_dependencies(a, "column")
    x = flint.fmpq_mat(n, m)
    if independent:
        c = flint.fmpq_mat([[row[j] for j in independent] for row in a.tolist()])
        x = (c.transpose() * c).solve(c.transpose())
        if dependencies:
            f = flint.fmpq_mat(a.rref()[0].tolist()[: len(independent)])
            x = f.transpose() * (f * f.transpose()).solve(x)
    checks = require(exact_penrose_checks(a, x))
    values = np.linalg.svd(nearest_doubles(a), compute_uv=False)
    condition, r = _condition(a, x, values, len(independent)), len(independent)
    if mode == "exact":
        return Pseudoinverse(texts(x), r, condition, None, mode, 0.0, checks)
    return Pseudoinverse(nearest_doubles(x), r, condition, None, mode, UNIT, checks)


def _condition(a: Any, x: Any, values: Any, r: int) -> float | None:
    """‖A‖₂‖A⁺‖₂, which keeps its digits where σᵣ itself would lose them."""
    if r == 0:
        return None
    value = float(values[0] * np.linalg.svd(nearest_doubles(x), compute_uv=False)[0])
    return max(value, 1.0) if math.isfinite(value) else None


def exact_penrose_checks(a: Any, x: Any) -> list[Check]:
    """The four conditions, exactly."""
    ax, xa = a * x, x * a
    return [
        decided("penrose-1", ax * a == a, "A X A = A holds exactly"),
        decided("penrose-2", xa * x == x, "X A X = X holds exactly"),
        decided("penrose-3", ax.transpose() == ax, "(A X)' = A X holds exactly"),
        decided("penrose-4", xa.transpose() == xa, "(X A)' = X A holds exactly"),
    ]
