"""The QR factorization A = Q·R (A·P = Q·R with pivoting), where the diagonal of R is real and not negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray
from scipy import linalg as scipy_linalg

from service import limits
from service.certificates import Check, decided, measured, require
from service.linalg.bounds import UNIT
from service.linalg.exact import check_size, exact_rank
from service.linalg.exact_numbers import beyond_doubles
from service.linalg.factor_bounds import powers_of_two, qr_bound, sizes_of_columns
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.modular import is_product
from service.linalg.norm import entry_rounding
from service.linalg.numerical_rank import numerical_rank, unit_of
from service.linalg.orthogonalize import Orthogonal, orthogonalize
from service.linalg.square_roots import surd_text
from service.linalg.svd import leading_phases

LIFTED = 2.0**-500


@dataclass(frozen=True)
class QR:
    """q is m×k with orthonormal columns and r k×n, upper triangular (trapezoidal when m < n), k = min(m, n), or m when full.

    With pivoting column j of A·P is column permutation[j] of A (from 0), and the diagonal of r does not increase. `rank` is exact
    for whole and rational entries, and None where the singular values of others leave it open. `error_bound` bounds ‖q − q*‖
    (Frobenius, the first n columns) and, for each column, ‖r − r*‖/‖r‖; None where the factors are not unique: the columns are
    dependent, or could not be proven independent.
    """

    q: Any
    r: Any
    permutation: list[int] | None
    rank: int | None
    arithmetic: Arithmetic
    error_bound: float | None
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        pivoted = {} if self.permutation is None else {"p": permutation_matrix(self.permutation), "permutation": self.permutation}
        return {
            "q": self.q,
            "r": self.r,
            **pivoted,
            "rank": self.rank,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


def permutation_matrix(permutation: list[int]) -> NDArray[np.int64]:
    """P with A·P = A[:, permutation]; its transpose exchanges rows."""
    return np.eye(len(permutation), dtype=np.int64)[:, permutation]


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def qr(matrix: Matrix, full: bool = False, pivoting: bool = False, arithmetic: Arithmetic | None = None) -> QR:
    """The factorization of an m×n matrix by Householder reflections (LAPACK), or exactly, by Gram and Schmidt.

    Exactly the entries are rationals times square roots; q has a column for each independent one of A, or m when full, and then
    the rows of r below the rank are zero. Raises LimitExceeded, CheckFailed.
    """
    m, n = matrix.shape
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    limits.check("cubic-size", min(m, n), "/matrix")
    if full or pivoting:
        limits.check("cubic-size", max(m, n), "/matrix")
    if mode == "exact":
        return _exactly(matrix, full, pivoting)
    a = matrix.floats
    scale = powers_of_two(sizes_of_columns(a)) if not pivoting else np.full(n, 1 / unit_of(a))
    scaled = a * scale
    permutation = None
    if pivoting:
        q, r, order = scipy_linalg.qr(scaled, mode="full" if full else "economic", pivoting=True, check_finite=False)
        permutation, scaled = order.tolist(), scaled[:, order]
    else:
        q, r = np.linalg.qr(scaled, mode="complete" if full else "reduced")
    q, r = normalised(q, r)
    k = min(m, n)
    bound = qr_bound(scaled, q[:, :k], r[:k], entry_rounding(matrix, np.abs(a)))
    checks = factor_checks(scaled, q, r, pivoting)
    r = r / (scale if permutation is None else scale[permutation])
    if not np.isfinite(r).all():
        raise beyond_doubles()
    rank = exact_rank(matrix)
    rank = numerical_rank(a).rank if rank is None else rank
    return QR(q + 0.0, r + 0.0, permutation, rank, "float", bound if np.isfinite(bound) else None, require(checks))


def normalised(q: Floats, r: Floats) -> tuple[Floats, Floats]:
    """The same factors with a real diagonal of r that is not negative. Where it is zero, and in the further columns of a full q, the
    first entry of the column of q whose size is within a millionth of the largest is positive."""
    k = min(r.shape)
    head = r.diagonal() * np.where(np.abs(r.diagonal()) < LIFTED, 1 / LIFTED, 1.0)  # the phase of a subnormal number has few digits
    sizes = np.abs(head)
    phases = leading_phases(q.T).conj()
    phases[:k] = np.where(sizes > 0, np.divide(head, sizes, out=np.ones_like(head), where=sizes > 0), phases[:k])
    q, r = q * phases, r * phases[: len(r), None].conj()
    r[range(k), range(k)] = np.abs(r.diagonal())
    return q, np.triu(r)


def factor_checks(a: Floats, q: Floats, r: Floats, pivoted: bool) -> list[Check]:
    """That Q·R is A column by column, that the columns of Q are orthonormal, and that R has its shape and signs."""
    (m, n), width = a.shape, q.shape[1]
    tolerance = 10 * (max(m, n) + 10) * UNIT
    lengths, errors = np.linalg.norm(a, axis=0), np.linalg.norm(a - q @ r, axis=0)
    error = float(np.max(np.divide(errors, lengths, out=np.where(errors > 0, np.inf, 0.0), where=lengths > 0)))
    diagonal = r.diagonal()
    shape = bool((np.tril(r, -1) == 0).all() and (diagonal.imag == 0).all() and (diagonal.real >= 0).all())
    checks = [
        measured("reconstruction", error, tolerance * np.sqrt(width), "the columns of A - Q R, each relative to that of A"),
        measured(
            "orthogonality", float(np.linalg.norm(q.conj().T @ q - np.eye(width))), tolerance * np.sqrt(width), "||Q'Q - I|| (Frobenius)"
        ),
        decided("triangular", shape, "R is upper triangular, its diagonal real and not negative"),
    ]
    if pivoted:
        steps = diagonal.real
        checks.append(decided("order", bool((steps[1:] <= steps[:-1] * (1 + tolerance)).all()), "the diagonal of R does not increase"))
    return checks


def _exactly(matrix: Matrix, full: bool, pivoting: bool) -> QR:
    """Q = V·D^(-1/2) and R = D^(1/2)·U, where A·P = V·U by Gram and Schmidt and VᵀV = D; for a full Q of A·P beside I."""
    m, n = matrix.shape
    check_size(matrix, 4 * m * (n + m if full else n))  # Gram determinants have twice the digits
    columns = matrix.exact.transpose().tolist()
    permutation = pivot_order(columns) if pivoting else None
    columns = columns if permutation is None else [columns[j] for j in permutation]
    if full:
        columns = columns + [[flint.fmpq(int(i == j)) for i in range(m)] for j in range(m)]
    a = flint.fmpq_mat(columns).transpose()
    found = orthogonalize(a)
    norms, rank = found.squared_norms, sum(j < n for j in found.independent)
    checks = [orthogonality_check(a, found)]
    if pivoting:
        ordered = all(norms[i] >= norms[i + 1] for i in range(rank - 1)) and found.independent[:rank] == list(range(rank))
        checks.append(decided("order", ordered, "the diagonal of R does not increase, exactly"))
    r = [[surd_text(value, d) for value in row[:n]] for row, d in zip(found.coefficients.tolist(), norms, strict=True)]
    q = [[surd_text(value / d, d) for value, d in zip(row, norms, strict=True)] for row in found.vectors.tolist()]
    return QR(q, r, permutation, rank, "exact", 0.0, require(checks))


def pivot_order(columns: list[list[Any]]) -> list[int]:
    """The order in which each column has the largest part across the earlier ones (the first such); dependent columns at the end."""
    rest = dict(enumerate(columns))
    order: list[int] = []
    while rest:
        sizes = {j: sum((value * value for value in column), flint.fmpq(0)) for j, column in rest.items()}
        best = max(sizes, key=lambda j: (sizes[j], -j))
        chosen, size = rest.pop(best), sizes[best]
        order.append(best)
        if size == 0:
            return [*order, *rest]
        for j, column in rest.items():
            factor = sum((p * q for p, q in zip(chosen, column, strict=True)), flint.fmpq(0)) / size
            rest[j] = [q - factor * p for p, q in zip(chosen, column, strict=True)]
    return order


def orthogonality_check(a: Any, found: Orthogonal) -> Check:
    """That V·U = A and VᵀV = D (modulo a prime), with positive norms and an echelon form U."""
    v, u, d = found.vectors.tolist(), found.coefficients, found.squared_norms
    if not d:
        return decided("orthogonality", all(value == 0 for value in a.entries()), "every vector is zero")
    diagonal = [[d[i] if i == j else flint.fmpq(0) for j in range(len(d))] for i in range(len(d))]
    holds = is_product(v, u.tolist(), a.tolist()) and is_product(list(zip(*v, strict=True)), v, diagonal)
    holds = holds and all(entry > 0 for entry in d) and len(found.independent) == len(d)
    triangular = all(u[i, j] == (flint.fmpq(1) if j == first else 0) for i, first in enumerate(found.independent) for j in range(first + 1))
    return decided(
        "orthogonality",
        bool(holds and triangular),
        "A = V U and V'V = D, diagonal, modulo 2^61 - 1; exactly: D > 0, U unit upper triangular",
    )
