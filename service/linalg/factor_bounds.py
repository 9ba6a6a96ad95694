"""How far computed triangular factors can be from the true ones, verified after the fact.

One idea serves all three factorizations: with the inverses X, Y of the computed factors, X·A·Y is the identity plus a small F. The
true factors of I + F are as near to the identity as F is small, and carried back they are the true factors of A. The norm of F is
bounded with the rounding of its own computation, and with the change that reading the entries as doubles has made.
(Compare Rump and Ogita, Super-fast validated solution of linear systems, J. Comput. Appl. Math. 199, 2007, for the Cholesky case.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from service.linalg.bounds import SLACK, gamma
from service.linalg.matrix import Floats


def powers_of_two(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors that bring each size to about 1, exactly; 1 for a size of 0."""
    factors: NDArray[np.float64] = np.ldexp(1.0, np.clip(-np.frexp(np.where(sizes > 0, sizes, 1.0))[1], -1000, 1000))
    return factors


def sizes_of_columns(a: Floats) -> NDArray[np.float64]:
    """The largest real or imaginary part in each column; the modulus of the largest doubles would overflow."""
    return np.asarray(np.maximum(np.abs(a.real), np.abs(a.imag)).max(axis=0))


def triangular_inverse(triangle: Floats, lower: bool) -> Floats | None:
    """The inverse by LAPACK (trtri); None when it overflows or an entry of the diagonal is 0."""
    invert = lapack.ztrtri if triangle.dtype.kind == "c" else lapack.dtrtri
    inverse, info = invert(triangle, lower=lower)
    if info != 0 or not np.isfinite(inverse).all():
        return None
    return np.asarray(np.tril(inverse) if lower else np.triu(inverse))


def near_identity(f: float) -> float:
    """‖H − I‖ in the Frobenius norm for the Cholesky factor H of I + F, ‖F‖ ≤ f < 1/2, and for the R of M with MᴴM = I + F.

    H = I + S with S + Sᴴ + SSᴴ = F, and the half of a Hermitian matrix has a norm of at most 1/√2 of it: s ≤ (f + s²)/√2.
    """
    return 2 * f / (math.sqrt(2) + math.sqrt(2 - 4 * f)) * SLACK if f < 0.49 else math.inf


def near_identity_lu(f: float) -> float:
    """The same for both factors of I + F = (I + S)(I + T): S + T = F − ST, so that z = ‖[S T]‖ ≤ f + z²/2."""
    return 2 * f / (1 + math.sqrt(1 - 2 * f)) * SLACK if f < 0.49 else math.inf


def carried_back(s: float, g: float) -> float:
    """‖(I + G)⁻¹(I + S) − I‖ ≤ (s + g)/(1 − g), for a computed inverse that is off by G."""
    return (s + g) / (1 - g) * SLACK if g < 0.5 else math.inf


def norm(array: Floats) -> float:
    value = float(np.linalg.norm(array))
    return value if math.isfinite(value) else math.inf


def _defect(triangle: Floats, inverse: Floats) -> float:
    """‖inverse·triangle − I‖, rounding included; the product the other way round has the same bound by symmetry of use."""
    n = len(triangle)
    slip = gamma(n + 2, triangle.dtype.kind) * norm(np.abs(inverse) @ np.abs(triangle))
    return (norm(inverse @ triangle - np.eye(n)) + slip) * SLACK


def cholesky_bound(a: Floats, l: Floats, rounding: float) -> float:  # noqa: E741
    """‖row of L − L*‖/‖row of L‖ for each row of the computed Cholesky factor of the Hermitian a (n×n), whose entries may be off by
    `rounding` relatively. Infinite when a could not be proven positive definite, which a finite bound proves."""
    n, kind = len(a), a.dtype.kind
    scale = powers_of_two(np.abs(l).max(axis=1))
    a, l = a * scale[:, None] * scale, l * scale[:, None]  # noqa: E741
    x = triangular_inverse(l, lower=True)
    if x is None:
        return math.inf
    sizes = norm(np.abs(x) @ np.abs(a) @ np.abs(x).T)
    f = (norm(x @ a @ x.conj().T - np.eye(n)) + (gamma(2 * n + 4, kind) + rounding * SLACK) * sizes) * SLACK
    return _or_infinite(carried_back(near_identity(f), _defect(l, x)))


def lu_bound(a: Floats, l: Floats, u: Floats, rounding: float) -> float:  # noqa: E741
    """The same for a = L·U, m×n with m×k and k×n factors, k = min(m, n): for each row of L and each column of U.

    A matrix that is not square is bordered with the identity, which changes neither factor.
    """
    (m, n), kind = a.shape, a.dtype.kind
    k, size = min(m, n), max(m, n)
    square = np.zeros((size, size), dtype=a.dtype)
    square[:m, :n] = a * (scale := powers_of_two(sizes_of_columns(a)))
    lower, upper = np.eye(size, dtype=a.dtype), np.eye(size, dtype=a.dtype)
    lower[:m, :k], upper[:k, :n] = l, u * scale
    square[range(k, size), range(k, size)] += m != n
    if m < n:
        square[k:, :k] = 0
    x, y = triangular_inverse(lower, lower=True), triangular_inverse(upper, lower=False)
    if x is None or y is None:
        return math.inf
    sizes = norm(np.abs(x) @ np.abs(square) @ np.abs(y))
    f = (norm(x @ square @ y - np.eye(size)) + (gamma(2 * size + 4, kind) + rounding * SLACK) * sizes) * SLACK
    z = near_identity_lu(f)
    return _or_infinite(max(carried_back(z, _defect(lower, x)), carried_back(z, _defect(y, upper))))


def qr_bound(a: Floats, q: Floats, r: Floats, rounding: float) -> float:
    """‖Q − Q*‖ in the Frobenius norm and, for each column, ‖R − R*‖/‖R‖, for a = Q·R (m×n), q m×k and r k×n with k = min(m, n).

    Infinite when the first k columns could not be proven independent, without which the factors are not unique.
    """
    (m, n), kind = a.shape, a.dtype.kind
    k = min(m, n)
    scale = powers_of_two(sizes_of_columns(a))
    a, r = a * scale, r * scale
    head, rest = a[:, :k], a[:, k:]
    s = triangular_inverse(np.ascontiguousarray(r[:, :k]), lower=False)
    if s is None:
        return math.inf
    columns = head @ s
    slip = (gamma(k + 2, kind) + rounding * SLACK) * norm(np.abs(head) @ np.abs(s))
    length = norm(columns)
    f = norm(columns.conj().T @ columns - np.eye(k)) + gamma(m + 2, kind) * length**2 + slip * (2 * length + slip)
    x = near_identity(f * SLACK)
    if not x < 0.5:
        return math.inf
    of_q = (norm(q - columns) + slip + x / (1 - x) * math.sqrt(1 + f)) * SLACK
    of_r = carried_back(x, _defect(s, np.ascontiguousarray(r[:, :k])))
    if not rest.size:
        return _or_infinite(max(of_q, of_r))
    sizes = np.linalg.norm(rest, axis=0) + np.finfo(np.float64).tiny
    moved = np.linalg.norm(q.conj().T @ rest - r[:, k:], axis=0) + (gamma(m + 2, kind) * math.sqrt(k) + of_q + rounding * 2) * sizes
    lengths = np.linalg.norm(r[:, k:], axis=0)
    of_rest = float(
        np.max(np.divide(moved, lengths, out=np.full(len(moved), np.inf), where=lengths > 0), initial=0.0, where=rest.any(axis=0))
    )
    return _or_infinite(max(of_q, of_r, of_rest * SLACK))


def _or_infinite(value: float) -> float:
    return value if math.isfinite(value) else math.inf
