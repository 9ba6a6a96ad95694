"""Least squares: the x that brings A·x nearest to b, the shortest one when there are several."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, RankDeficient, ShapeMismatch
from service.linalg.bounds import GOOD, SLACK, TRUSTED, UNIT, extended, largest, widened
from service.linalg.dependencies import Dependency, exact_dependencies
from service.linalg.exact import affordable, check_size, require_rows
from service.linalg.exact_numbers import beyond_doubles, nearest_root
from service.linalg.exact_tables import Table
from service.linalg.lu import powers_of_two
from service.linalg.matrix import Arithmetic, Floats, Matrix, as_sent, choose_arithmetic
from service.linalg.numerical_rank import singular_values
from service.linalg.orthogonal_fit import Basis, basis_of, entry_error, fit, orthogonality_check
from service.linalg.rank import rank
from service.linalg.singular import too_sensitive
from service.linalg.surds import Surd

Driver = Literal["auto", "qr", "svd"]
DRIVERS: tuple[Driver, ...] = ("auto", "qr", "svd")


@dataclass(frozen=True)
class LeastSquares:
    """`x` (n, or n×k) and `residual` b − A·x (m, or m×k) in the shape of the right-hand side: floats, or exact texts.

    `residual_norm` is ‖b − A·x‖₂, a number or a list, and `weighted_residual_norm` the root of Σ wᵢ|rᵢ|². `unique` is False when
    the columns of A depend on each other: x is then the shortest of all solutions, and `dependencies` says which columns are
    combinations of earlier ones. `condition_number` is σ₁/σᵣ, r the rank. `error_bound` bounds max|x − x*|/max|x*|, the rounding
    of decimals to doubles included; None where no bound was verified.
    """

    x: Any
    residual: Any
    residual_norm: Any
    rank: int
    unique: bool
    dependencies: list[Dependency] | None
    condition_number: float | None
    arithmetic: Arithmetic
    error_bound: float | None
    checks: list[Check]
    weighted_residual_norm: Any = None

    def to_json(self) -> dict[str, Any]:
        weighted = {} if self.weighted_residual_norm is None else {"weighted_residual_norm": self.weighted_residual_norm}
        return {
            "x": self.x,
            "residual": self.residual,
            "residual_norm": self.residual_norm,
            **weighted,
            "rank": self.rank,
            "unique": self.unique,
            "dependencies": None if self.dependencies is None else [entry.to_json() for entry in self.dependencies],
            "condition_number": self.condition_number,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def least_squares(
    matrix: Matrix,
    rhs: Matrix,
    arithmetic: Arithmetic | None = None,
    weights: Matrix | None = None,
    driver: Driver = "auto",
    tolerance: float | None = None,
) -> LeastSquares:
    """The x (n, or n×k) that minimises ‖b − A·x‖₂ for A m×n and b m (or m×k); with `weights` w > 0 (m) Σ wᵢ|bᵢ − (A·x)ᵢ|².

    In floats by QR with refinement in extended precision when the columns are independent, by singular values otherwise; where the
    verified bound is not good enough the exact solution, rounded, takes its place if the size allows. The `driver` "qr" insists on
    independent columns, "svd" on singular values, of which those up to `tolerance` count as zero. Raises InputError, ShapeMismatch,
    RankDeficient ("qr"), LimitExceeded, Undecided (floats leave the rank open), CheckFailed.
    """
    m, n = matrix.shape
    require_rows(matrix, rhs)
    mode = choose_arithmetic(arithmetic, True, matrix=matrix, rhs=rhs, weights=weights)
    if weights is not None:
        check_weights(weights, m)
    limits.check("cubic-size", min(m, n), "/matrix")
    limits.check("cubic-size", rhs.shape[1], "/rhs")
    if mode == "exact" and (driver != "auto" or tolerance is not None):
        detail = "a driver and a tolerance have no meaning in exact arithmetic"
        raise InputError(detail, "leave them out", "/driver" if driver != "auto" else "/tolerance")
    if driver == "qr" and tolerance is not None:
        raise InputError("a tolerance is for singular values", 'send "driver": "svd", or leave one of the two out', "/tolerance")
    if mode == "exact":
        return _exact(matrix, rhs, weights)
    kind = np.result_type(matrix.floats, rhs.floats)
    roots = 1.0 if weights is None else np.sqrt(weights.floats)
    a, b = matrix.floats.astype(kind, copy=False) * roots, rhs.floats.astype(kind, copy=False) * roots
    roundings = 3 if weights is not None else int(matrix.is_rounded or rhs.is_rounded)  # of root, product and entry
    verified = _by_qr(a, b, roundings)
    if driver == "svd" or tolerance is not None:
        return _unweighted(_compared(_shortest(matrix, rhs, a, b, tolerance), verified), matrix, rhs, weights)
    if driver == "qr" and verified is None:
        raise RankDeficient("the columns of the matrix could not be proven independent", 'send "driver": "svd", or none', "/matrix")
    if verified and verified.is_good:
        return _unweighted(verified.answer(rhs), matrix, rhs, weights)
    cheap = affordable(matrix) and not rhs.is_complex
    if cheap and (verified or matrix.is_exact_data):
        return _rounded(matrix, rhs, a, b, verified, weights, roundings)
    if verified and verified.bound < 1:
        require(verified.checks)
        return _unweighted(verified.answer(rhs), matrix, rhs, weights)
    return _unweighted(_shortest(matrix, rhs, a, b), matrix, rhs, weights)


def check_weights(weights: Matrix, rows: int) -> None:
    """Raises ShapeMismatch and InputError for weights that are not a positive number for each row."""
    if weights.shape[0] != rows:
        raise ShapeMismatch(f"the matrix has {rows} rows and there are {weights.shape[0]} weights", "one weight for each row", "/weights")
    positive = weights.floats.real > 0
    if weights.is_complex or not positive.all():
        i = 0 if weights.is_complex else int(np.argmin(positive[:, 0]))
        raise InputError(f"weight {i + 1} is not a positive number", "leave out the row to give it no weight", f"/weights/{i}")


def _unweighted(answer: LeastSquares, matrix: Matrix, rhs: Matrix, weights: Matrix | None) -> LeastSquares:
    """With the residual of the equations as they were sent, beside the weighted norm."""
    if weights is None:
        return answer
    x = np.asarray(answer.x).reshape(matrix.shape[1], -1)
    residual = _residual(matrix.floats.astype(x.dtype), rhs.floats.astype(x.dtype), x)
    norms = _norms(rhs, np.linalg.norm(residual, axis=0))
    return replace(answer, residual=as_sent(rhs, residual + 0.0), residual_norm=norms, weighted_residual_norm=answer.residual_norm)


# --- full column rank, in floats -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Verified:
    """A solution for columns of A that are proven independent."""

    basis: Basis
    x: Floats
    residual: Floats
    condition_number: float | None
    bound: float
    checks: list[Check]

    @property
    def is_good(self) -> bool:
        return self.bound <= GOOD and all(check.passed for check in self.checks)

    def answer(self, rhs: Matrix) -> LeastSquares:
        n = len(self.x)
        units = powers_of_two(self.residual, 0)
        norms = _norms(rhs, np.linalg.norm(self.residual * units, axis=0) / units)
        x, residual = as_sent(rhs, self.x + 0.0), as_sent(rhs, self.residual + 0.0)
        return LeastSquares(x, residual, norms, n, True, [], self.condition_number, "float", self.bound, self.checks)


def _by_qr(a: Floats, b: Floats, roundings: int) -> _Verified | None:
    """The solution with its bound, each entry being off by so many roundings; None when the columns of A could not be proven
    independent."""
    basis = basis_of(a) if a.shape[0] >= a.shape[1] else None
    if basis is None or not math.isfinite(basis.defect):
        return None
    found = fit(extended(a), extended(b), basis)
    spread = roundings * _relative(entry_error(a, b, found.x, found.residual, basis), found.x) if roundings else 0.0
    bound = _relative(found.error, found.x) + spread
    bound = bound / (1 - bound) * SLACK if bound < 1 else math.inf
    checks = [orthogonality_check(found, a.shape), measured("forward-error", bound, TRUSTED, ERROR_DETAIL)]
    return _Verified(basis, found.x, found.residual, _condition(basis.r, len(basis.r)), bound, checks)


ERROR_DETAIL = "verified bound on the relative error of x, rounding of the entries included"


def _relative(errors: NDArray[np.float64], x: Floats) -> float:
    """The largest error of a column relative to its largest entry."""
    worst, sizes = errors.max(axis=0), np.abs(x).max(axis=0)
    return largest(np.divide(worst, sizes, out=np.where(worst > TINY_ERROR, np.inf, 0.0), where=sizes > 0))


TINY_ERROR = 1e-280  # underflow, where the solution is zero


# --- the shortest solution, in floats --------------------------------------------------------------------------------


def _compared(answer: LeastSquares, verified: _Verified | None) -> LeastSquares:
    """With a bound from the distance to a verified solution, where there is one and no singular value was left out."""
    if verified is None or not answer.unique:
        return answer
    apart = _relative(np.abs(np.asarray(answer.x).reshape(verified.x.shape) - verified.x), verified.x)
    bound = (apart * (1 + verified.bound) + verified.bound) * SLACK
    return replace(answer, error_bound=bound if math.isfinite(bound) else None)


def _shortest(matrix: Matrix, rhs: Matrix, a: Floats, b: Floats, tolerance: float | None = None) -> LeastSquares:
    """The solution of minimal norm from the singular values that count, refined once. Raises Undecided when the rank is open."""
    found = rank(matrix.transposed(), None if tolerance is None else "float", tolerance)
    r, n = found.rank, a.shape[1]
    units = float(powers_of_two(a, None)), powers_of_two(b, 0)  # so that no square overflows
    a, b = a * units[0], b * units[1]
    u, values, vt = np.linalg.svd(a, full_matrices=False)
    u, values, vt = u[:, :r], values[:r], vt[:r]
    x = np.zeros((n, b.shape[1]), dtype=a.dtype)
    for _ in range(2):
        x = x + vt.conj().T @ ((u.conj().T @ _residual(a, b, x)) / values[:, None])
    residual = _residual(a, b, x)
    checks = require(shortest_checks(a, b, x, u, vt))
    columns = None if found.dependencies is None else [replace(entry, line="column") for entry in found.dependencies]
    norms = _norms(rhs, np.linalg.norm(residual, axis=0) / units[1])
    x, residual = as_sent(rhs, x * units[0] / units[1] + 0.0), as_sent(rhs, residual / units[1] + 0.0)
    return LeastSquares(x, residual, norms, r, r == n, columns, _condition(a, r), "float", None, checks)


def shortest_checks(a: Floats, b: Floats, x: Floats, u: Floats, vt: Floats) -> list[Check]:
    """That x is a solution (its residual has no part in the column space, spanned by u) and the shortest (it lies in the row
    space, spanned by vt)."""
    tolerance = 100 * (sum(a.shape) + 10) * UNIT
    along = np.linalg.norm(u.conj().T @ _residual(a, b, x), axis=0)
    scale = np.linalg.norm(np.abs(a) @ np.abs(x) + np.abs(b), axis=0)
    outside = np.linalg.norm(x - vt.conj().T @ (vt @ x), axis=0)
    length = np.linalg.norm(x, axis=0)
    return [
        measured("orthogonality", _ratio(along, scale), tolerance, "the residual along the column space, relative to || |A||x| + |b| ||"),
        measured("shortest", _ratio(outside, length), tolerance, "the part of x outside the row space, relative to ||x||"),
    ]


def _ratio(parts: NDArray[np.float64], wholes: NDArray[np.float64]) -> float:
    """The largest quotient; infinite when a whole overflows."""
    return largest(np.where(np.isfinite(wholes), np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0), np.inf))


def _residual(a: Floats, b: Floats, x: Floats) -> Floats:
    """b − A·x, in extended precision and rounded."""
    products = a.size * x.shape[1]
    return np.asarray((widened(b, products) - widened(a, products) @ widened(x, products)).astype(a.dtype))


# --- exact ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ExactSolution:
    """The shortest solution x (n×k) and the residual (m×k) as fmpq_mat, with the relations between the columns of A."""

    x: Table
    residual: Table
    weights: Table | None
    rank: int
    dependencies: list[Dependency]
    checks: list[Check]


def _solve_exactly(matrix: Matrix, rhs: Matrix, weights: Matrix | None) -> _ExactSolution:
    """With C the independent columns of A (m×r), A = C·F (F is r×n) and W the weights: x = Fᴴ(FFᴴ)⁻¹(CᴴWC)⁻¹CᴴWb."""
    n, k = matrix.shape[1], rhs.shape[1]
    a, b = matrix.table, rhs.table
    if a.is_rational and b.is_rational:
        check_size(matrix, 2 * min(matrix.shape) * (min(matrix.shape) + k))
    independent, dependencies = exact_dependencies(a, "column")
    w = None if weights is None else weights.table
    if independent:
        across = scaled_rows(a.columns(independent), w).adjoint()
        x = (across @ a.columns(independent)).solved(across @ b)
        if dependencies:
            f = Table.of(a.echelon()[0].rows[: len(independent)])
            x = f.adjoint() @ (f @ f.adjoint()).solved(x)
    else:
        x = Table.zeros((n, k))
    residual = b - a @ x
    checks = exact_checks(a, x, scaled_rows(residual, w), len(independent))
    return _ExactSolution(x, residual, w, len(independent), dependencies, checks)


def scaled_rows(table: Table, weights: Table | None) -> Table:
    """Each row times its weight."""
    if weights is None:
        return table
    return Table.of([[weight * entry for entry in row] for row, (weight,) in zip(table.rows, weights.rows, strict=True)], table.shape[1])


def exact_checks(a: Table, x: Table, residual: Table, found: int) -> list[Check]:
    """That x solves the normal equations (the `residual` in its weights), and lies in the row space of A, exactly."""
    joined = a.adjoint().beside(x)
    return [
        decided(
            "orthogonality", (a.adjoint() @ residual).is_zero(), "the residual, in its weights, is orthogonal to every column, exactly"
        ),
        decided("shortest", len(joined.echelon()[1]) == found, "x is a combination of the rows, exactly, and so the shortest solution"),
    ]


def _exact(matrix: Matrix, rhs: Matrix, weights: Matrix | None) -> LeastSquares:
    found = _solve_exactly(matrix, rhs, weights)
    return _exact_answer(matrix, rhs, found, Table.json, "exact", 0.0)


def _rounded(
    matrix: Matrix, rhs: Matrix, a: Floats, b: Floats, verified: _Verified | None, weights: Matrix | None, roundings: int
) -> LeastSquares:
    """The exact solution of the problem as sent, rounded to doubles. Raises Undecided when the rounding of its entries matters
    so much that another reader of the same numbers would get another solution."""
    found, spread = _solve_exactly(matrix, rhs, weights), 0.0
    if verified and roundings:
        x, residual = found.x.doubles(), found.residual.doubles() * (1.0 if weights is None else np.sqrt(weights.floats))
        spread = roundings * _relative(entry_error(a, b, x, residual, verified.basis), x)
        if not spread <= TRUSTED:
            raise too_sensitive("the solution", spread)
    return _exact_answer(matrix, rhs, found, Table.doubles, "float", UNIT + spread)


def _exact_answer(
    matrix: Matrix, rhs: Matrix, found: _ExactSolution, written: Callable[[Any], Any], mode: Arithmetic, bound: float
) -> LeastSquares:
    """The answer of an exact solution, its numbers as `written` gives them."""
    return LeastSquares(
        x=as_sent(rhs, written(found.x)),
        residual=as_sent(rhs, written(found.residual)),
        residual_norm=_exact_norms(rhs, found.residual, None),
        weighted_residual_norm=_exact_norms(rhs, found.residual, found.weights) if found.weights is not None else None,
        rank=found.rank,
        unique=found.rank == matrix.shape[1],
        dependencies=found.dependencies,
        condition_number=_condition(matrix.table.doubles(), found.rank),
        arithmetic=mode,
        error_bound=bound,
        checks=require(found.checks),
    )


# --- what both kinds share --------------------------------------------------------------------------------------------


def _condition(a: Floats, found: int) -> float | None:
    """σ₁/σᵣ; None for rank 0 and beyond the range of doubles."""
    values = singular_values(a)
    return float(values[0] / values[found - 1]) if found and values[found - 1] > values[0] * 1e-300 else None


def _norms(rhs: Matrix, values: Any) -> Any:
    """One number for a vector, a list for several right-hand sides."""
    return float(values[0]) if rhs.is_vector else values


def _exact_norms(rhs: Matrix, residual: Table, weights: Table | None) -> Any:
    squares = (residual.adjoint() @ scaled_rows(residual, weights)).rows
    return _norms(rhs, [_root(squares[j][j]) for j in range(len(squares))])


def _root(square: Any) -> float:
    """The root of an fmpq, or of a Surd that is real and not negative."""
    if not isinstance(square, Surd):
        return nearest_root(square)
    if set(square.terms) <= {1}:
        return nearest_root(square.terms.get(1, flint.fmpq(0)))
    try:
        return math.sqrt(max(0.0, float(square)))
    except OverflowError:
        raise beyond_doubles() from None
