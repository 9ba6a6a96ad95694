"""Eigenvalues and eigenvectors in floats by LAPACK, with bounds on the eigenvalues that hold.

In general: for any invertible X and diagonal D, A is similar to D + X⁻¹(AX − XD), and Gershgorin's discs around the entries of
D enclose the eigenvalues. A group of discs that meets no other one holds as many eigenvalues as it has discs. Here D and X are
LAPACK's, and X⁻¹ is verified (‖I − RX‖ < 1). For a Hermitian A, X is nearly unitary: by Ostrowski and Weyl
the eigenvalues of A differ from D by at most ‖XᴴX − I‖·|d| + ‖A − XDXᴴ‖.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from service.errors import NoConvergence
from service.linalg.bounds import SLACK, TINY, extended, extended_gamma, gamma, inverse_defect
from service.linalg.matrix import Floats

WIDE_SIZE = 64  # n up to which residuals are computed in extended precision


@dataclass(frozen=True)
class FloatSpectrum:
    """n eigenvalues in decreasing order, a right eigenvector of unit length in each column of `right` and a left one in each of
    `left` (None where not asked for); `bounds` on the eigenvalues are infinite where `right` could not be inverted. The eigenvalues of a
    `group` are those whose enclosures meet: it has one member when the eigenvalue is simple for certain."""

    values: Floats
    right: Floats
    left: Floats | None
    bounds: NDArray[np.float64]
    conditions: NDArray[np.float64]
    groups: NDArray[Any]

    @property
    def all_simple(self) -> bool:
        return len(set(self.groups.tolist())) == len(self.values) and bool(np.isfinite(self.bounds).all())


def spectrum(a: Floats, is_hermitian: bool, rounding: float, left: bool = False) -> FloatSpectrum:
    """The spectrum of an n×n matrix of moderate size; `rounding` is the relative error of its entries (0, or half a unit).

    Raises NoConvergence.
    """
    try:
        found = _hermitian(a, rounding) if is_hermitian else _general(a, rounding, left)
    except np.linalg.LinAlgError:
        raise NoConvergence("the iteration for the eigenvalues did not converge", pointer="/matrix") from None
    return found


def _hermitian(a: Floats, rounding: float) -> FloatSpectrum:
    values, x = np.linalg.eigh(a)
    values, x = np.ascontiguousarray(values[::-1]), np.ascontiguousarray(x[:, ::-1])
    n, kind = len(a), a.dtype.kind
    defect = float(np.linalg.norm(x.conj().T @ x - np.eye(n))) + gamma(n + 2, kind) * n
    size = float(np.linalg.norm(a))
    residual = float(np.linalg.norm(a - (x * values) @ x.conj().T)) + 3 * gamma(n + 3, kind) * math.sqrt(n) * size
    bounds = (defect * np.abs(values) + residual + rounding * size + TINY) * SLACK
    x = normalised(x)
    return FloatSpectrum(values, x, x, bounds, np.ones(n), _groups(values, bounds))


def _general(a: Floats, rounding: float, want_left: bool) -> FloatSpectrum:
    left: Floats | None = None
    if want_left:
        values, y, x = scipy.linalg.eig(a, left=True, check_finite=False)  # type: ignore[misc]
        left = normalised(y)
    else:
        values, x = np.linalg.eig(a)
    x, n = normalised(x), len(values)
    try:
        r = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return FloatSpectrum(values, x, left, np.full(n, np.inf), np.full(n, np.inf), np.zeros(n, dtype=int))
    moved = _moved(a, values, x, r, rounding)
    bounds = moved.sum(axis=1) * SLACK
    lengths = np.linalg.norm(r, axis=1)
    groups = _groups(values, bounds)
    for group in set(groups.tolist()):
        members = groups == group
        if members.sum() > 1:  # which eigenvalue belongs to which disc is not known
            distances = np.abs(values[members][:, None] - values[members][None, :])
            bounds[members] = (distances + bounds[members][None, :]).max(axis=1)
    bounds = np.minimum(bounds, _sharpened(values, moved, bounds))
    order = _order(values, bounds)
    groups = groups[order]
    left = None if left is None else left[:, order]
    return FloatSpectrum(values[order], x[:, order], left, bounds[order], lengths[order], groups)


def _moved(a: Floats, values: Floats, x: Floats, r: Floats, rounding: float) -> NDArray[np.float64]:
    """Bounds on the sizes of the entries of X⁻¹(AX − XD); infinite when X⁻¹ could not be verified.

    X⁻¹ = (I − F)⁻¹R with F = I − RX, so that X⁻¹M = RM + F(I − F)⁻¹RM.
    """
    n = len(a)
    contraction = inverse_defect(r, x).contraction
    if not contraction < 1:
        return np.full((n, n), np.inf)
    sizes = np.abs(a) @ np.abs(x)
    scale = sizes + np.abs(x) * np.abs(values)
    if n <= WIDE_SIZE:
        wide = extended(x)
        rho = np.abs(extended(a) @ wide - wide * values).astype(np.float64) + extended_gamma(n + 2, "c") * scale
    else:
        rho = np.abs(a @ x - x * values) + gamma(n + 2, "c") * scale
    moved = np.abs(r) @ (rho + rounding * sizes + TINY * n) * SLACK
    moved = moved + contraction / (1 - contraction) * moved.sum(axis=0) * SLACK
    return moved if np.isfinite(moved).all() else np.full((n, n), np.inf)


def _sharpened(values: Floats, moved: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smaller discs for eigenvalues far from the others: the row i of D + M multiplied by e and the column i divided by it
    makes the disc i smaller, and the others larger, which is allowed as long as they stay apart."""
    n = len(values)
    if n == 1 or not np.isfinite(radii).all():
        return radii
    distances = np.abs(values[:, None] - values[None, :])
    np.fill_diagonal(distances, np.inf)
    gaps, rows = distances.min(axis=1), moved.sum(axis=1)
    factors = 4 * moved.max(axis=0) / gaps
    sharp = (np.diagonal(moved) + factors * rows) * SLACK
    apart = (sharp < gaps / 4) & (rows.max() * SLACK < gaps / 4) & (factors < 1)
    return np.where(apart, sharp, np.inf)


def _groups(values: Floats, bounds: NDArray[np.float64]) -> NDArray[Any]:
    """The number of the group of each value: those whose discs meet, directly or through others."""
    if not np.isfinite(bounds).all():
        return np.zeros(len(values), dtype=int)
    meeting = np.abs(values[:, None] - values[None, :]) <= (bounds[:, None] + bounds[None, :]) * SLACK
    return np.asarray(connected_components(meeting, directed=False)[1])


def _order(values: Floats, bounds: NDArray[np.float64]) -> NDArray[Any]:
    """Decreasing by real part, where the bounds tell them apart, then by imaginary part."""
    order = np.argsort(-values.real, kind="stable")
    real, slack = values.real[order], np.where(np.isfinite(bounds[order]), bounds[order], 0.0)
    step = real[:-1] - real[1:] > slack[:-1] + slack[1:]
    level = np.concatenate([[0], np.cumsum(step)])
    return np.asarray(order[np.lexsort((-values.imag[order], level))])


def normalised(columns: Floats) -> Floats:
    """The columns with unit length, and such that the first entry among the largest of each is positive."""
    sizes = np.abs(columns)
    first = (sizes >= (1 - 1e-6) * sizes.max(axis=0)).argmax(axis=0)
    places = first, np.arange(columns.shape[1])
    leading = columns[places]
    columns = columns * (leading.conj() / np.abs(leading) / np.linalg.norm(columns, axis=0))
    if columns.dtype.kind == "c":
        columns[places] = columns[places].real
    return columns
