"""A float matrix factored once: its inverse with the bounds on it, and its determinant with the bound on that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from service.linalg.bounds import GOOD, SLACK, UNIT, InverseDefect, gamma, inverse_defect, largest
from service.linalg.matrix import Floats

BLOCK = 64  # columns that getri works on at once; LAPACK's own default is slow


@dataclass(frozen=True)
class Factored:
    """`scaled` = diag(`scale`)·A, where `scale` holds powers of two that bring the rows to a size of about 1, so that
    bounds do not suffer from the units of the rows; `scaled_inverse` is its approximate inverse and `defect` how far
    from it. `factors` (L below, U on and above the diagonal) and `pivots` (in step i row i was exchanged with row pivots[i]) are
    those of the transpose of `scaled`.
    """

    scale: NDArray[np.float64]
    scaled: Floats
    scaled_inverse: Floats
    defect: InverseDefect
    factors: Floats
    pivots: NDArray[Any]

    def inverse(self) -> Floats:
        """The approximate inverse of A itself."""
        return self.scaled_inverse * self.scale


def powers_of_two(a: Floats, axis: int | None) -> Any:
    """For each line along `axis` (for the whole array when None) the power of two that brings its largest entry near 1."""
    sizes = np.abs(a).max(axis=axis)
    return _near_one(np.where(sizes > 0, sizes, 1.0))


def _near_one(sizes: Any) -> Any:
    return np.ldexp(1.0, np.maximum(np.minimum(-np.frexp(sizes)[1], 1000), -1000))  # np.clip takes several times as long


def factor(a: Floats) -> Factored | None:
    """LU with partial pivoting by LAPACK (getrf, getri); None when a pivot is zero. O(n³)."""
    sizes = np.abs(a).max(axis=1)
    if not sizes.all():
        return None
    scale = _near_one(sizes)
    scaled = a * scale[:, None]
    getrf, getri = (lapack.zgetrf, lapack.zgetri) if scaled.dtype.kind == "c" else (lapack.dgetrf, lapack.dgetri)
    factors, pivots, info = getrf(scaled.T)  # the transpose is in the order that LAPACK wants, without a copy
    if info > 0:
        return None
    inverse, info = getri(factors, pivots, lwork=BLOCK * len(a))
    return Factored(scale, scaled, inverse.T, inverse_defect(scaled, inverse.T), factors, pivots)


@dataclass(frozen=True)
class FloatDeterminant:
    """det A = `mantissa`·2^`exponent`, 0.5 ≤ |mantissa| < 1. `error` bounds the relative error for the doubles as they are
    (infinite when nothing could be verified), `entry_error` what half a unit in the last place of each entry adds."""

    mantissa: Any
    exponent: int
    error: float
    entry_error: float

    def value(self) -> Any | None:
        """The double nearest to it; None beyond the range of normal doubles."""
        if not -1020 <= self.exponent <= 1023:
            return None
        return self.mantissa * 2.0**self.exponent

    def log_abs(self) -> float:
        """ln|det A|."""
        return math.log(abs(self.mantissa)) + self.exponent * math.log(2)


def determinant_of(factored: Factored) -> FloatDeterminant:
    """The product of the pivots.

    With P·B = L·U − Δ for B the transpose of `scaled` and |Δ| ≤ gamma(n)|L||U| (Higham, Theorem 9.3), det(LU)/det(PB) is the
    determinant of I + ΔB⁻¹, whose eigenvalues lie within ρ = ‖|Δ||B⁻¹|‖ of 1: the relative error is below (1 + ρ)ⁿ − 1.
    """
    n, kind = len(factored.scaled), factored.scaled.dtype.kind
    mantissa, exponent = _product(np.diagonal(factored.factors))
    shift = int((1 - np.frexp(factored.scale)[1]).sum())  # scale is 2^(e − 1) with frexp's e
    if np.count_nonzero(factored.pivots != np.arange(n)) % 2:
        mantissa = -mantissa
    sizes = np.abs(factored.factors)
    upper = np.triu(sizes)
    sums = ((sizes - upper).sum(axis=0) + 1) @ upper
    inverse = np.abs(factored.scaled_inverse.T)
    spread = largest(sums @ inverse) * gamma(n + 1, kind) * factored.defect.amplification
    sensitivity = float(np.einsum("ij,ij", np.abs(factored.scaled), inverse)) * factored.defect.amplification
    error = math.expm1(n * math.log1p(spread)) if spread < 1 / n else math.inf
    if not error <= GOOD:
        error = min(error, _by_trace(factored, sizes, inverse))
    error = (error + gamma(2 * n, kind)) * SLACK
    return FloatDeterminant(mantissa, exponent + shift, error, UNIT * sensitivity if math.isfinite(sensitivity) else math.inf)


def _by_trace(factored: Factored, sizes: NDArray[np.float64], inverse: NDArray[np.float64]) -> float:
    """A sharper bound on |det(I + E) − 1| for E = ΔB⁻¹, at the cost of two products of matrices, for large n:
    |ln det(I + E)| ≤ |tr E| + ‖E‖²/(2(1 − ‖E‖)) in the Frobenius norm, where |E| ≤ gamma·|L||U||B⁻¹|.

    `sizes` holds |L| below the diagonal and |U| on and above it; `inverse` is |X| for the computed X = B⁻¹, and ‖X‖·Σ bounds bounds
    the entries of B⁻¹ − X (`InverseDefect`).
    """
    n, kind = len(inverse), factored.scaled.dtype.kind
    product = (np.tril(sizes, -1) + np.eye(n)) @ np.triu(sizes)
    order = np.arange(n)
    for i, j in enumerate(factored.pivots.tolist()):
        order[[i, j]] = order[[j, i]]
    further = largest(inverse.sum(axis=1)) * float(factored.defect.bounds.sum()) * factored.defect.amplification
    slope = float(np.einsum("ij,ji", product, inverse[:, order])) + largest(product) * further
    size = float(np.linalg.norm(product @ inverse)) + float(np.linalg.norm(product)) * further
    slope, size = slope * gamma(n + 1, kind) * SLACK, size * gamma(n + 1, kind) * SLACK
    if not size < 0.5 or not slope < 0.5:
        return math.inf
    return math.expm1(slope + size**2 / (2 * (1 - size)))


def _product(values: Floats) -> tuple[Any, int]:
    """The product as mantissa and exponent of 2, safe from overflow."""
    exponents = np.frexp(np.abs(values))[1]
    half = exponents // 2
    mantissas = values * np.ldexp(1.0, -half) * np.ldexp(1.0, half - exponents)
    total, exponent = values.dtype.type(1), int(exponents.sum())
    for start in range(0, len(values), 500):  # 500 mantissas cannot underflow
        total = total * np.prod(mantissas[start : start + 500])
        shift = int(np.frexp(abs(total))[1])
        total, exponent = total * 2.0**-shift, exponent + shift
    return total.item(), exponent
