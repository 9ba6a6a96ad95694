"""Least squares in floats for a matrix of full column rank: a QR factorization, refined with residuals in extended precision, and
a bound on the error of every coefficient. Fits and regressions stand on it.

With R from A = Q·R and S = R⁻¹, the columns of A·S are orthonormal up to rounding, and (AᴴA)⁻¹ = S(I + N)Sᴴ with a small N that is
bounded afterwards. So the distance of any x from the solution x* is known from its residual ρ = b − A·x:
x* − x = (AᴴA)⁻¹Aᴴρ = S(I + N)SᴴAᴴρ. This identity is both the refinement (Björck's corrected seminormal equations, with ρ and Aᴴρ in
extended precision) and the bound. AᴴA is never formed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from service.certificates import Check, measured
from service.linalg.bounds import SLACK, TINY, UNIT, Extended, gamma, gamma_in, largest, widened
from service.linalg.matrix import Floats

REFINEMENTS = 5


@dataclass(frozen=True)
class Basis:
    """What makes the columns of A (m×n) orthonormal.

    `s` is n×n, upper triangular: the columns of A·s are orthonormal up to `defect`, a bound on the 2-norm of (A·s)ᴴ(A·s) − I;
    `r` is the R of the QR factorization. `defect` is infinite when nothing could be verified.
    """

    r: Floats
    s: Floats
    defect: float

    @property
    def amplification(self) -> float:
        return SLACK / (1 - self.defect) if self.defect < 1 else float("inf")

    def inverse_gram_diagonal(self) -> NDArray[np.float64]:
        """The diagonal of (AᴴA)⁻¹, each entry with a relative error of at most defect/(1 − defect)."""
        return np.asarray((np.abs(self.s) ** 2).sum(axis=1))


@dataclass(frozen=True)
class Fit:
    """x (n×k) minimises ‖b − A·x‖ for each column of b; `residual` is b − A·x. `error` bounds each |x − x*| (n×k) for the doubles as
    they are; `orthogonality` is ‖(A·s)ᴴρ‖ relative to ‖ρ‖ + ‖|A||x|‖: zero for the solution. `residual_error` bounds the
    relative error of ‖ρ‖ for each column of b (infinite when ρ is all rounding)."""

    x: Floats
    residual: Floats
    error: NDArray[np.float64]
    orthogonality: float
    residual_error: NDArray[np.float64]


def basis_of(a: Floats) -> Basis | None:
    """The basis of a matrix m×n with m ≥ n, by Householder QR; None when a column is exactly dependent. O(mn²)."""
    m, n = a.shape
    sizes = np.abs(a).max(axis=0)
    if not sizes.all():
        return None
    scale = np.ldexp(1.0, np.clip(-np.frexp(sizes)[1], -1000, 1000))
    scaled = a * scale
    r = np.linalg.qr(scaled, mode="r")
    invert = lapack.ztrtri if a.dtype.kind == "c" else lapack.dtrtri
    s, info = invert(r)
    if info != 0 or not np.isfinite(s).all():
        return None
    s = np.triu(s)
    columns = scaled @ s
    gram = columns.conj().T @ columns
    gram.flat[:: n + 1] -= 1
    slip = gamma(n + 2, a.dtype.kind) * float(np.linalg.norm(scaled) * np.linalg.norm(s))
    length = float(np.linalg.norm(columns))
    defect = float(np.linalg.norm(gram)) + gamma(m + 2, a.dtype.kind) * length**2 + slip * (2 * length + slip)
    return Basis(r / scale, s * scale[:, None], defect * SLACK if defect < 0.5 else float("inf"))


def fit(a: Extended, b: Extended, basis: Basis) -> Fit:
    """The least-squares solutions for A (m×n) and b (m×k), both in extended precision; `basis` belongs to A in doubles.

    Columns of A and b are brought to a size near 1 by powers of two, so that no bound suffers from over- or underflow.
    """
    products = a.size * b.shape[1]
    a, b = widened(a, products), widened(b, products)
    columns, units = _powers(a), _powers(b)
    found = _fit(a * columns, b * units, Basis(basis.r * columns, basis.s / columns[:, None], basis.defect))
    back = columns[:, None] / units
    return replace(found, x=found.x * back, residual=found.residual / units, error=found.error * back)


def _powers(a: Extended) -> NDArray[np.float64]:
    """For each column the power of two that brings its largest entry near 1."""
    sizes = np.abs(a).max(axis=0)
    return np.asarray(np.ldexp(1.0, np.clip(-np.frexp(np.where(sizes > 0, sizes, 1))[1], -1000, 1000)))


def _fit(a: Extended, b: Extended, basis: Basis) -> Fit:
    kind = basis.s.dtype
    x = np.zeros((a.shape[1], b.shape[1]), dtype=a.dtype)
    transpose = np.ascontiguousarray(a.conj().T)
    for _ in range(REFINEMENTS):
        correction = basis.s @ (basis.s.conj().T @ (transpose @ (b - a @ x)).astype(kind))
        x = x + correction
        if (np.abs(correction) * min(basis.defect, 1.0) <= UNIT / 8 * np.abs(x)).all():
            break  # the next correction would be smaller by the factor basis.defect
    return defect(a, b, x.astype(kind), basis)


def defect(a: Extended, b: Extended, x: Floats, basis: Basis) -> Fit:
    """How far x is from the least-squares solutions: see the head of this module."""
    m, n = a.shape
    kind = "c" if a.dtype.kind == "c" else "f"
    s, across = basis.s, np.abs(basis.s) @ np.abs(basis.s).T
    rho = b - a @ x.astype(a.dtype)
    gradient = a.conj().T @ rho
    sizes = np.abs(a.astype(s.dtype))
    size = sizes @ np.abs(x) + np.abs(b.astype(s.dtype))
    slip = sizes.T @ (gamma_in(m + 2, a) * np.abs(rho.astype(s.dtype)) + gamma_in(n + 2, a) * size) + TINY * m
    h = s.conj().T @ gradient.astype(s.dtype)
    lengths = np.linalg.norm(h, axis=0)
    first = np.abs(s @ h) + gamma(2 * n + 4, kind) * (across @ np.abs(gradient))
    second = np.linalg.norm(s, axis=1)[:, None] * basis.defect * basis.amplification * lengths
    error = (first + second + across @ slip * basis.amplification).astype(np.float64) * SLACK
    scale = np.linalg.norm(rho.astype(s.dtype), axis=0) + np.linalg.norm(size, axis=0)
    orthogonality = largest(np.divide(lengths, scale, out=np.zeros(len(scale)), where=scale > 0))
    size_of_rho = np.linalg.norm(rho.astype(s.dtype), axis=0)
    rounding = (gamma_in(n + 2, a) + UNIT) * np.linalg.norm(size, axis=0) / size_of_rho  # the entries' own included
    residual_error = rounding + (lengths * basis.amplification / size_of_rho) ** 2  # the excess is orthogonal to the residual of x*
    nothing = np.array(np.inf)
    error, residual_error = np.where(np.isnan(error), nothing, error), np.where(np.isnan(residual_error), nothing, residual_error)
    return Fit(x, rho.astype(s.dtype), error, orthogonality, residual_error)


def entry_error(a: Floats, b: Floats, x: Floats, residual: Floats, basis: Basis) -> NDArray[np.float64]:
    """What moving each entry of A and b by half a unit in its last place can add to the error of x: with |ΔA| ≤ u|A|,
    |Δx| ≤ u(|A⁺|(|b| + |A||x|) + |(AᴴA)⁻¹||Aᴴ||ρ|) to first order (Björck, Numerical Methods for Least Squares, 1.4.5). The
    terms of higher order repeat u|A⁺||A|: when that takes the first ones to at most θ < 1 times themselves, they add up to
    a factor 1/(1 − θ)."""
    columns, units = _powers(a), _powers(b)
    a, b, s = a * columns, b * units, basis.s / columns[:, None]
    x, residual = x / columns[:, None] * units, residual * units
    pseudoinverse = np.abs(s @ (a @ s).conj().T)
    gram = np.abs(s @ s.conj().T)
    sizes = np.abs(a)
    moved = pseudoinverse @ (np.abs(b) + sizes @ np.abs(x)) + gram @ (sizes.T @ np.abs(residual))
    moved = UNIT * moved * basis.amplification
    again = UNIT * (pseudoinverse @ (sizes @ moved)) * basis.amplification
    theta = largest(np.divide(again, moved, out=np.zeros_like(moved), where=moved > 0))
    moved = moved / (1 - theta) if theta < 1 else np.full_like(moved, np.inf)
    moved = moved * (columns[:, None] / units)
    return np.where(np.isnan(moved), np.inf, moved)


def orthogonality_check(found: Fit, shape: tuple[int, int]) -> Check:
    """That the residual is orthogonal to the columns of A: the one thing that characterises the solution."""
    tolerance = 100 * (sum(shape) + 10) * UNIT
    detail = "the residual r along the column space, relative to ||r|| + || |A||x| + |b| ||"
    return measured("orthogonality", found.orthogonality, tolerance, detail)
