"""The rank of a float matrix from its singular values, or "undecided" where they leave no gap."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.errors import NoConvergence
from service.linalg.dependencies import Dependency, float_dependencies
from service.linalg.matrix import Floats

# A singular value is computed to about one unit of roundoff of the largest. Those that count must stand clear of the
# tolerance (CLEAR times), and the others must lie far below those that count (GAP times): a matrix whose singular values fall
# slowly through the tolerance, such as Hilbert's, has no numerical rank.
CLEAR = 10.0
GAP = 1e3
EPSILON = float(np.finfo(np.float64).eps)
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class NumericalRank:
    """`rank` counts the singular values above `tolerance`, or is None when they leave it undecided; `gap` is the quotient of the
    smallest one that counts and the next (None when either is missing or zero); `dependencies` relate the rows."""

    rank: int | None
    singular_values: NDArray[np.float64]
    tolerance: float
    gap: float | None
    dependencies: list[Dependency] | None


def default_tolerance(shape: tuple[int, int], largest_singular_value: float) -> float:
    """max(m, n)·ε·σ₁, as NumPy and MATLAB have it."""
    return max(shape) * EPSILON * largest_singular_value


def singular_values(a: Floats) -> NDArray[np.float64]:
    """In decreasing order. Raises NoConvergence when LAPACK's iteration fails, or would not end: on infinities it may not."""
    if not np.isfinite(a).all():
        raise NoConvergence("a number on the way is beyond the range of doubles", hint="divide the matrix by a number")
    try:
        values = np.linalg.svd(a, compute_uv=False)
    except np.linalg.LinAlgError:
        raise NoConvergence("the iteration for the singular values did not converge") from None
    if not np.isfinite(values).all():
        raise NoConvergence("the singular values are beyond the range of doubles", hint="divide the matrix by a number")
    return values


def numerical_rank(a: Floats, tolerance: float | None = None) -> NumericalRank:
    """The numerical rank of a (m×n). With a `tolerance` given it is the number of singular values above it, and decided.

    Raises NoConvergence, also when a singular value is beyond the range of doubles.
    """
    unit, sent = unit_of(a), a
    a = a / unit
    values = singular_values(a)
    if not math.isfinite(float(values[0]) * unit):
        raise NoConvergence("the singular values are beyond the range of doubles", hint="divide the matrix by a number")
    limit = default_tolerance(a.shape, float(values[0])) if tolerance is None else tolerance / unit
    rank = int((values > limit).sum())
    gap = values[rank - 1] / values[rank] if 0 < rank < len(values) else np.inf
    found = NumericalRank(rank, values * unit, limit * unit, float(gap) if np.isfinite(gap) else None, [])
    if tolerance is None and not is_clear(sent, values, rank, limit):
        return replace(found, rank=None, dependencies=None)
    if rank == len(a):
        return found
    small = len(a) <= limits.limit("cubic-size")
    return replace(found, dependencies=float_dependencies(a, rank, max(limit, TINY) * CLEAR) if small else None)


def unit_of(a: Floats) -> float:
    """A power of two about as large as the largest entry: dividing by it is exact, and keeps squares in range."""
    return float(np.ldexp(1.0, min(max(int(np.frexp(np.abs(a).max())[1]), -1000), 1000)))


def is_clear(a: Floats, values: NDArray[np.float64], rank: int, tolerance: float) -> bool:
    """Whether the singular values leave no doubt about the rank.

    A rank that only the units of rows and columns make small (diag(1, 1e-20) has rank 2) is not clear either:
    scaling rows and columns must not raise it.
    """
    if rank == 0:
        return not a.any()
    if values[rank - 1] < CLEAR * tolerance:
        return False
    if rank == len(values):
        return True
    # What rounding the entries of a matrix of this rank can bring about, and for large ones the errors of the iteration.
    rounding = EPSILON * float(np.linalg.norm(values)) * max(1.0, max(a.shape) ** 0.5 / 4)
    if values[rank] * GAP > values[rank - 1] or values[rank] > rounding:
        return False
    scaled = singular_values(equilibrated(a))
    return int((scaled > default_tolerance(a.shape, float(scaled[0]))).sum()) == rank


def equilibrated(a: Floats) -> Floats:
    """Rows, then columns, scaled by powers of two to entries of at most 1: this keeps the rank."""
    for axis in (1, 0):
        sizes = np.abs(a).max(axis=axis, keepdims=True)
        a = a * np.ldexp(1.0, np.clip(-np.frexp(np.where(sizes > 0, sizes, 1.0))[1], -1000, 1000))
    return a
