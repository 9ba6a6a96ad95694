"""Singular values in decreasing order, with the tolerance below which they count as zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.linalg.matrix import Matrix
from service.linalg.svd import svd
from service.scenes.numbers import power_of_ten, short


@dataclass(frozen=True)
class SingularValues:
    """`values` (k) in decreasing order, in units of 10^`exponent`; up to `tolerance` they count as zero."""

    values: NDArray[np.float64]
    tolerance: float
    exponent: int
    title: str
    description: str


def singular_values(matrix: Matrix) -> SingularValues | None:
    """The singular values of an m×n matrix of numbers; None for a matrix of expressions. Raises as `svd`."""
    if matrix.kind == "symbolic":
        return None
    found = svd(matrix)
    values = found.singular_values
    unit, exponent = power_of_ten(values)
    rows, columns = matrix.shape
    rank = "left open by the rounding of the entries" if found.rank is None else str(found.rank)
    condition = "infinite" if found.condition_number is None else short(found.condition_number)
    return SingularValues(
        values / unit,
        found.tolerance / unit,
        exponent,
        f"Singular values of a {rows}×{columns} matrix",
        f"{len(values)} singular values in decreasing order, from {short(float(values[0]))} down to {short(float(values[-1]))}. "
        f"Values up to {short(found.tolerance)}, drawn hollow, count as zero. The rank is {rank}, the condition number {condition}.",
    )
