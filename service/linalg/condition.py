"""The condition number of an invertible matrix."""

from __future__ import annotations

import math

import numpy as np

from service.linalg.matrix import Floats, Matrix
from service.linalg.numerical_rank import singular_values

TWO_NORM_SIZE = 50  # up to here the 2-norm, that a reader expects, costs little; beyond, it costs several times the inverse


def condition_of_rank(matrix: Matrix, rank: int) -> float | None:
    """σ₁/σᵣ; None for rank 0 and beyond the range of doubles."""
    values = singular_values(matrix.table.doubles() if matrix.numbers is None else matrix.floats)
    return float(values[0] / values[rank - 1]) if rank and values[rank - 1] > values[0] * 1e-300 else None


def condition_number(a: Floats, inverse: Floats) -> tuple[float | None, str]:
    """‖A‖·‖A⁻¹‖ and the norm that was used: "2", or "1" for n > TWO_NORM_SIZE (at most a factor n away).

    None beyond the range of doubles. From the norms of both matrices, so that it is as good as the inverse is, where
    the quotient of singular values would lose the smallest one.
    """
    norm = 2 if len(a) <= TWO_NORM_SIZE else 1
    if not np.isfinite(inverse).all():
        return None, str(norm)  # LAPACK may not return from a matrix that holds an infinity
    value = float(np.linalg.norm(a, norm) * np.linalg.norm(inverse, norm))
    return (max(value, 1.0) if math.isfinite(value) else None), str(norm)
