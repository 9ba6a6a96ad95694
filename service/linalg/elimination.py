"""Gaussian elimination in rationals: the exact L and U of a matrix of any shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import flint

from service.errors import MathematicsRefuses
from service.linalg.exact import check_size
from service.linalg.matrix import Matrix

Pivoting = Literal["partial", "none"]


@dataclass(frozen=True)
class ExactFactors:
    """A with its rows in the order `permutation` equals L·U: `l` is m×k with ones on the diagonal, `u` k×n, both lists of fmpq,
    k = min(m, n)."""

    l: list[list[Any]]  # noqa: E741
    u: list[list[Any]]
    permutation: list[int]


def eliminate(matrix: Matrix, pivoting: Pivoting) -> ExactFactors:
    """By rows. With "partial" the pivot is the entry of the largest size in its column, the first of several; with "none" a zero
    pivot is allowed only above zeros. Raises MathematicsRefuses, naming the leading minor that is zero, LimitExceeded."""
    m, n = matrix.shape
    k = min(m, n)
    check_size(matrix, m * n)
    work = matrix.exact.tolist()
    permutation = list(range(m))
    factors: list[list[Any]] = [[] for _ in range(m)]
    for j in range(k):
        if pivoting == "partial":
            best = max(range(j, m), key=lambda i: (abs(work[i][j]), -i))
            work[j], work[best] = work[best], work[j]
            factors[j], factors[best] = factors[best], factors[j]
            permutation[j], permutation[best] = permutation[best], permutation[j]
        pivot = work[j][j]
        for i in range(j + 1, m):
            row = work[i]
            if row[j] == 0:
                factors[i].append(flint.fmpq(0))
                continue
            if pivot == 0:
                raise _no_pivot(j)
            factor = row[j] / pivot
            factors[i].append(factor)
            work[i] = [flint.fmpq(0)] * (j + 1) + [a - factor * b for a, b in zip(row[j + 1 :], work[j][j + 1 :], strict=True)]
    one, zero = flint.fmpq(1), flint.fmpq(0)
    lower = [(factors[i][:i] + [one] + [zero] * k)[:k] for i in range(m)]
    return ExactFactors(lower, work[:k], permutation)


def _no_pivot(j: int) -> MathematicsRefuses:
    return MathematicsRefuses(
        f"there is no L U without exchanging rows: the leading minor of order {j + 1} is 0, and the column below is not",
        hint='send "pivoting": "partial"',
        pointer="/matrix",
        facts={"leading_minor": j + 1},
    )
