"""Bounds that hold: how far a computed inverse or solution can be from the true one, rounding of the bound included.

Standard model (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3): a sum of n products, in any order,
fused or not, is off by at most gamma(n) times the same sum of absolute values. The bounds on inverses follow from one
identity, verified after the fact: with E = I − A·X and ‖E‖ < 1, A is invertible and A⁻¹ = X·(I − E)⁻¹ (Rump, Acta Numerica
2010, §10). Bounds are computed in doubles too; `SLACK` covers their own rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.linalg.matrix import Floats

UNIT = 2.0**-53  # unit roundoff of doubles
TINY = 2.0**-1000  # more than what underflow can cost in a sum
SLACK = 1.001

WIDE_PRODUCTS = 8_000_000  # of numbers in extended precision, which take about a nanosecond each: no BLAS knows them
GOOD = 1e-8  # a relative error up to here needs no better arithmetic
TRUSTED = 1e-3  # beyond this an answer is refused: fewer than three digits would be right

Extended = NDArray[Any]  # longdouble or clongdouble


def gamma(terms: int, kind: str = "f", unit: float = UNIT) -> float:
    """Relative rounding error of a sum of `terms` products; for complex numbers (`kind` "c") of 4(terms + 4) real ones."""
    steps = (terms if kind == "f" else 4 * (terms + 4)) * unit
    return steps / (1 - steps) if steps < 0.5 else float("inf")


def extended(array: Floats) -> Extended:
    """`array` in the widest floating-point type of the machine (80 bit on x86)."""
    return array.astype(np.clongdouble if array.dtype.kind == "c" else np.longdouble)


def widened(array: Any, products: int) -> Any:
    """`array` in extended precision when it takes part in an affordable number of products, in doubles otherwise."""
    if products <= WIDE_PRODUCTS:
        return extended(array)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)


def gamma_in(terms: int, array: NDArray[Any]) -> float:
    """`gamma` for sums in the precision of `array`."""
    return gamma(terms, array.dtype.kind, float(np.finfo(array.dtype).eps) / 2)


def extended_gamma(terms: int, kind: str = "f") -> float:
    """`gamma` for sums in `extended`."""
    return gamma(terms, kind, float(np.finfo(np.longdouble).eps) / 2)


def largest(values: NDArray[Any]) -> float:
    """The largest entry of a non-negative array; infinity when any is NaN."""
    value = float(values.max())
    return value if value == value else float("inf")


@dataclass(frozen=True)
class InverseDefect:
    """How far X is from A⁻¹ for float A and X of size n×n; norms are the largest sums of columns.

    `conditioning` holds the column sums of |A|·|X| + I (Bauer and Skeel's condition of the inverse; no scaling of the columns
    of A changes it), `residual` those of |A·X − I| as computed, `bounds` those of |A·X − I| with the rounding of the
    computation. When `contraction`, their maximum, is below 1, A is invertible and the column j of A⁻¹ − X has a norm of
    at most ‖X‖·bounds[j]/(1 − contraction); when nothing could be verified it is infinite.
    """

    residual: NDArray[np.float64]
    conditioning: NDArray[np.float64]
    bounds: NDArray[np.float64]
    contraction: float

    @property
    def amplification(self) -> float:
        """1/(1 − contraction), infinite when nothing could be verified."""
        return SLACK / (1 - self.contraction) if self.contraction < 1 else float("inf")


def inverse_defect(a: Floats, x: Floats) -> InverseDefect:
    """The defect of x as inverse of a: one product of matrices and O(n²) more."""
    n = len(a)
    product = a @ x
    product.flat[:: n + 1] -= 1
    residual = np.abs(product).sum(axis=0)
    conditioning = np.abs(a).sum(axis=0) @ np.abs(x) + 1
    bounds = (residual + gamma(n + 2, a.dtype.kind) * conditioning + TINY * n) * SLACK
    contraction = largest(bounds)
    return InverseDefect(residual, conditioning, bounds, contraction if contraction < 1 else float("inf"))


@dataclass(frozen=True)
class SolutionDefect:
    """How far x is from the solution x* of A·x = b.

    `backward` is the largest |b − A·x| / (|A||x| + |b|) over all entries (Oettli and Prager: the smallest relative change of the
    entries of A and b that makes x exact). For each column of b, `error` bounds max|x − x*| for the doubles as they
    are (infinite when nothing could be verified), and `entry_error` bounds what a change of each entry of A and b by
    half a unit in its last place can add.
    """

    backward: float
    error: NDArray[np.float64]
    entry_error: NDArray[np.float64]


def propagated(r: Floats, moved: NDArray[Any], defect: InverseDefect) -> NDArray[np.float64]:
    """For each column, a bound on max|A⁻¹·ρ| over all |ρ| ≤ `moved`: A⁻¹ρ = Rρ + RE(I − E)⁻¹ρ, with r and `defect` as below."""
    rows = np.abs(r)
    further = largest(rows) * defect.contraction * defect.amplification * moved.sum(axis=0)
    return np.asarray(((rows @ moved).max(axis=0) + further) * SLACK, dtype=np.float64)


def solution_defect(a: Floats, b: Floats, x: Floats, r: Floats, defect: InverseDefect) -> SolutionDefect:
    """The defect of x (n×k) for a (n×n) and b (n×k), where r is an approximate inverse of a with its `defect`.

    With the residual ρ = b − A·x, in extended precision where that is affordable: x* − x = A⁻¹ρ = R(I − E)⁻¹ρ = Rρ + RE(I − E)⁻¹ρ.
    """
    n, kind = len(a), a.dtype.kind
    wide = widened(a, n * n * x.shape[1])
    rho = b.astype(wide.dtype) - wide @ x.astype(wide.dtype)
    scale = np.abs(a) @ np.abs(x) + np.abs(b)
    rounding = gamma_in(n + 4, wide) * scale + TINY * n
    size = np.abs(rho).astype(np.float64)
    backward = largest(np.divide(size, scale, out=np.zeros_like(size), where=scale > 0))
    rows = np.abs(r)
    first = np.abs(r @ rho.astype(a.dtype)).max(axis=0) + (rows @ (gamma(n + 2, kind) * size + rounding)).max(axis=0)
    second = largest(rows) * defect.contraction * defect.amplification * (size + rounding).sum(axis=0)
    entry_error = UNIT * propagated(r, scale, defect)
    theta = UNIT * largest(rows @ np.abs(a).sum(axis=1)) * defect.amplification  # terms of higher order repeat u|A⁻¹||A|
    entry_error = entry_error / (1 - theta) if theta < 1 else np.full_like(entry_error, np.inf)
    error = (first + second) * SLACK
    return SolutionDefect(backward, np.where(np.isnan(error), np.inf, error), np.where(np.isnan(entry_error), np.inf, entry_error))
