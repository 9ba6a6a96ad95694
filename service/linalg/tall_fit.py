"""Weighted, possibly penalised, least squares in doubles for many observations of few columns, with a bound on every coefficient.

b minimises Σ wᵢ(yᵢ − xᵢᵀb)² + Σ dⱼbⱼ². The identity of `orthogonal_fit` carries over: with any S, H = XᵀWX + D and N = SᵀHS − I,
‖N‖ < 1 proves that the columns are independent and that b* − b = H⁻¹g = S(I + N)⁻¹Sᵀg for the gradient g = XᵀW(y − Xb) − Db.
Where S comes from does not matter, ‖N‖ is bounded afterwards. The Cholesky factor of H is the cheapest S, and
good when that bound is tiny; otherwise S is the inverse R of a Householder QR.

The residual y − Xb is computed as if in twice the precision, by products that are exact: X = X₁ + X₂ and b = b₁ + b₂, where X₁ and b₁ hold
so few leading bits of their columns that X₁b₁ has no rounding error in any order of summation (Ozaki, Ogita, Oishi, Rump,
Numerical Algorithms 59, 2012). It is needed once: a small correction of b moves it by −X·Δb, which doubles hold well enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from service.certificates import Check, measured
from service.linalg.bounds import SLACK, TINY, UNIT, gamma
from service.linalg.matrix import Floats
from service.linalg.orthogonal_fit import Basis, basis_of

BLOCK = 2048  # rows that stay in the cache
CHOLESKY_DEFECT = 1e-11
REFINEMENTS = 4
LARGEST, SMALLEST = 1e60, 1e-60  # squares of these, and their products, are in the range of doubles

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class TallFit:
    """`x` (p) minimises; `residual` (n) is y − X·x; `error` bounds each |x − x*| for the doubles as they are, and `entry_error` what half
    a unit in the last place of every entry can add; `orthogonality` is the gradient in an orthonormal basis, relative to
    ‖residual‖ + Σ‖Xⱼ‖|xⱼ| + ‖y‖; `residual_error` and `residual_entry_error` bound the relative error of ‖residual‖."""

    basis: Basis
    x: Vector
    residual: Vector
    error: Vector
    entry_error: Vector
    orthogonality: float
    residual_error: float
    residual_entry_error: float

    @property
    def row_norms(self) -> Vector:
        """sqrt of the diagonal of the inverse of XᵀWX + D."""
        return np.sqrt(self.basis.inverse_gram_diagonal())

    @property
    def gram_entry_error(self) -> float:
        """What half a unit in the last place of every entry can change the inverse gram by, relatively, to first order."""
        return 2 * UNIT * float(np.abs(self.basis.s).sum())


@dataclass(frozen=True)
class Problem:
    """X (n×p), y (n), positive weights (n) or None, penalties d ≥ 0 (p) or None."""

    X: Floats
    y: Vector
    weights: Vector | None = None
    penalty: Vector | None = None

    def gradient(self, residual: Vector, x: Vector) -> Vector:
        """XᵀW·residual − D·x, summed by about √n blocks of about √n rows, which bounds the rounding."""
        weighted = residual if self.weights is None else self.weights * residual
        (n, p), size = self.X.shape, self.block
        whole = n - n % size
        parts = weighted[:whole].reshape(-1, 1, size) @ self.X[:whole].reshape(-1, size, p)
        total: Vector = parts[:, 0].sum(axis=0) + weighted[whole:] @ self.X[whole:]
        return total if self.penalty is None else total - self.penalty * x

    @property
    def block(self) -> int:
        return 1 << math.isqrt(len(self.y)).bit_length()

    @property
    def sum_terms(self) -> int:
        """How many roundings a sum over the observations goes through, the weights' included."""
        return self.block + len(self.y) // self.block + 8

    @property
    def gram_terms(self) -> int:
        """The same for the entries of XᵀWX."""
        n = len(self.y)
        return min(n, BLOCK) + n // BLOCK + 8


def blocks(n: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


def solve(problem: Problem) -> TallFit | None:
    """The fit; None when the columns could not be proven independent, or when numbers are too large or too small for squares."""
    X, y, weights = problem.X, problem.y, problem.weights
    scaled = X if weights is None else X * np.sqrt(weights)[:, None]
    gram = _gram(scaled)
    if problem.penalty is not None:
        gram.flat[:: len(gram) + 1] += problem.penalty
    squares = gram.diagonal().copy()
    y_norm = math.sqrt(float(y @ y) if weights is None else float((weights * y) @ y))
    if not (squares.max() < LARGEST and squares.min() > SMALLEST and y_norm < LARGEST):
        return None
    basis = _cholesky_basis(gram, np.sqrt(squares), problem.gram_terms) or _orthogonal_basis(scaled, problem.penalty)
    if basis is None or not basis.defect < 0.5:
        return None
    return _refined(problem, basis, np.sqrt(squares), y_norm)


def defect(problem: Problem, basis: Basis, x: Vector) -> TallFit:
    """How far x is from the minimum: the certificate alone, for a given x."""
    scaled = problem.X if problem.weights is None else problem.X * np.sqrt(problem.weights)[:, None]
    lengths = np.sqrt((scaled**2).sum(axis=0) + (0 if problem.penalty is None else problem.penalty))
    y_norm = float(np.linalg.norm(problem.y if problem.weights is None else np.sqrt(problem.weights) * problem.y))
    residual, row_error = split_residual(problem, x, lengths)
    return _bounded(problem, basis, x, residual, row_error, lengths, y_norm)


# --- the basis ------------------------------------------------------------------------------------------------------


def _gram(X: Floats) -> Floats:
    n, p = X.shape
    if n <= BLOCK:
        return np.asarray(X.T @ X)
    total = np.zeros((p, p))
    for rows in blocks(n):
        total += X[rows].T @ X[rows]
    return total


def _cholesky_basis(gram: Floats, lengths: Vector, terms: int) -> Basis | None:
    """S from the Cholesky factor of H with its columns scaled; None when the bound on the defect is not tiny."""
    scale = 1 / lengths
    scaled = gram * scale * scale[:, None]
    r, info = lapack.dpotrf(scaled)
    if info:
        return None
    s, info = lapack.dtrtri(r)
    if info:
        return None
    p = len(gram)
    slip = s.T @ scaled @ s
    slip.flat[:: p + 1] -= 1
    sums = np.abs(s).sum(axis=0)  # |scaled| ≤ 1: so |S|ᵀ|H||S| ≤ sums·sumsᵀ, whose norm is ‖sums‖²
    found = math.sqrt(float((slip * slip).sum())) + (gamma(terms) + gamma(2 * p + 12)) * float(sums @ sums)
    return Basis(r * lengths, s * scale[:, None], found * SLACK) if found <= CHOLESKY_DEFECT else None


def _orthogonal_basis(X: Floats, penalty: Vector | None) -> Basis | None:
    """S from a QR factorization; a penalty stands as p rows more."""
    return basis_of(X if penalty is None else np.vstack([X, np.diag(np.sqrt(penalty))]))


# --- the residual, and the refinement -------------------------------------------------------------------------------


def split_residual(problem: Problem, x: Vector, lengths: Vector) -> tuple[Vector, float]:
    """y − X·x, rounded once, and a bound on what else each entry can be off by."""
    X, y, p = problem.X, problem.y, len(x)
    largest = lengths if problem.weights is None and problem.penalty is None else np.maximum(X.max(axis=0), -X.min(axis=0))
    exponents = np.frexp(np.maximum(largest, SMALLEST) * (1 + 1e-6))[1]
    unit = np.ldexp(1.0, exponents)  # |Xᵢⱼ| ≤ unitⱼ
    bits = (52 - (p + 1).bit_length()) // 2
    scaled = x * unit
    size = float(np.abs(scaled).max())
    if not 0 < size < LARGEST:
        return y - X @ x, 0.0 if size == 0 else math.inf
    top = math.ldexp(1.0, math.frexp(size)[1])
    cut = 1.5 * top * 2.0 ** (52 - bits)
    halves = np.empty((p, 2))
    halves[:, 0] = ((scaled + cut) - cut) / unit
    halves[:, 1] = x - halves[:, 0]
    cuts = unit * (1.5 * 2.0 ** (52 - bits))
    residual = np.empty(len(y))
    for rows in blocks(len(y)):
        part, right = X[rows], y[rows]
        lead = part + cuts
        lead -= cuts
        products = lead @ halves
        rest = products[:, 1] + (part - lead) @ x
        head = products[:, 0]
        difference = right - head
        back = difference - right
        residual[rows] = difference + (((right - (difference - back)) - (head + back)) - rest)  # Knuth's TwoSum
    return residual, gamma(p + 6) * p * top * 2.0**-bits * SLACK + TINY


def _refined(problem: Problem, basis: Basis, lengths: Vector, y_norm: float) -> TallFit:
    s = basis.s
    x = s @ (s.T @ problem.gradient(problem.y, np.zeros(s.shape[0])))
    for _ in range(REFINEMENTS):
        residual, row_error = split_residual(problem, x, lengths)
        correction = s @ (s.T @ problem.gradient(residual, x))
        better = x + correction
        change = better - x
        x = better
        moved = float(np.abs(change) @ lengths)
        if moved <= 2.0**-20 * float(np.abs(x) @ lengths) or moved == 0:
            residual = residual - problem.X @ change
            row_error += gamma(len(x) + 4) * moved
            if (np.abs(correction) * (basis.defect + 2.0**-40) <= UNIT / 4 * np.abs(x)).all():
                break  # the next correction would be smaller by this factor
    else:
        residual, row_error = split_residual(problem, x, lengths)
    return _bounded(problem, basis, x, residual, row_error, lengths, y_norm)


def _bounded(problem: Problem, basis: Basis, x: Vector, residual: Vector, row_error: float, lengths: Vector, y_norm: float) -> TallFit:
    s, amplification, weights = basis.s, basis.amplification, problem.weights
    p, n = len(x), len(residual)
    gradient = problem.gradient(residual, x)
    size = math.sqrt(float(residual @ residual) if weights is None else float((weights * residual) @ residual))
    row_total = row_error * math.sqrt(n if weights is None else float(weights.sum()))
    slip = lengths * (gamma(problem.sum_terms) * size + row_total) + TINY * n
    if problem.penalty is not None:
        slip = slip + gamma(4) * problem.penalty * np.abs(x)
    h = s.T @ gradient
    length = math.sqrt(float(h @ h))
    absolute = np.abs(s)
    rows = np.sqrt((s * s).sum(axis=1))
    rounding = absolute @ (absolute.T @ (gamma(2 * p + 4) * np.abs(gradient) + slip * amplification))
    error = (np.abs(s @ h) + rounding + rows * (basis.defect * amplification * length)) * SLACK
    whole = y_norm + float(np.abs(x) @ lengths)
    spread = float(rows @ lengths)
    entry_error = (UNIT * amplification) * rows * (whole + size * spread) * 1.01
    orthogonality = length / (size + whole) if size + whole > 0 else 0.0
    residual_error = row_total / size + (length * amplification / size) ** 2 + gamma(n + 4) if size > 0 else math.inf
    residual_entry = 2 * UNIT * whole / size if size > 0 else math.inf
    error = np.where(np.isnan(error), np.inf, error)
    return TallFit(basis, x, residual, error, entry_error, orthogonality, residual_error, residual_entry)


def orthogonality(found: TallFit, observations: int) -> Check:
    """That the gradient vanishes: the one thing that characterises the minimum."""
    tolerance = 100 * (observations + len(found.x) + 10) * UNIT
    detail = "the gradient X'W(y - Xb) - Db in an orthonormal basis, relative to ||r|| + ||y|| + sum of ||X_j|| |b_j|"
    return measured("orthogonality", found.orthogonality, min(tolerance, 1e-10), detail)
