"""How many eigenvalues of a symmetric matrix are positive, negative and zero: exactly, at algebraic points, or in balls.

All roots of its characteristic polynomial are real, so that Descartes' rule counts them by the signs of the coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint

from service.functions.algebraic import AlgebraicPoint
from service.functions.polynomial_systems import sign_counts


@dataclass(frozen=True)
class Inertia:
    positive: int
    negative: int
    zero: int

    @property
    def semidefinite(self) -> bool:
        return self.negative == 0

    @property
    def kind(self) -> str:
        """What a critical point is by it."""
        if self.positive and self.negative:
            return "saddle point"
        if self.zero:
            return "degenerate"
        return "local minimum" if self.positive else "local maximum"


def of_rationals(rows: Sequence[Sequence[Any]]) -> Inertia:
    """Of a symmetric matrix of fmpq."""
    coefficients = flint.fmpq_mat([list(row) for row in rows]).charpoly().coeffs()
    return _counted([(c > 0) - (c < 0) for c in coefficients])


def at_point(point: AlgebraicPoint, rows: Sequence[Sequence[Any]]) -> Inertia:
    """Of a symmetric matrix of elements of the point's field, by the method of Faddeev and LeVerrier. Raises Undecided."""
    n = len(rows)
    modulus = flint.fmpq_poly(point.minimal)
    zero, one = flint.fmpq_poly([0]), flint.fmpq_poly([1])
    coefficients = [one]
    current = [[zero] * n for _ in range(n)]
    for k in range(1, n + 1):
        shifted = [[entry + (coefficients[-1] if i == j else zero) for j, entry in enumerate(row)] for i, row in enumerate(current)]
        current = [[sum((rows[i][m] * shifted[m][j] for m in range(n)), zero) % modulus for j in range(n)] for i in range(n)]
        trace = sum((current[i][i] for i in range(n)), zero)
        coefficients.append(trace * flint.fmpq(-1, k))
    return _counted([point.sign(c) for c in reversed(coefficients)])


def in_balls(rows: Any) -> Inertia | None:
    """Of a symmetric matrix of balls, inside `precision(bits)`; None where a sign cannot be told."""
    coefficients = flint.arb_mat([list(row) for row in rows]).charpoly().coeffs()
    signs = []
    for coefficient in coefficients:
        if not (coefficient > 0 or coefficient < 0 or (coefficient == 0 and coefficient.is_exact())):
            return None
        signs.append(1 if coefficient > 0 else -1 if coefficient < 0 else 0)
    return _counted(signs)


def _counted(signs: Sequence[int]) -> Inertia:
    positive, negative = sign_counts(signs)
    zero = next((place for place, sign in enumerate(signs) if sign), len(signs) - 1)
    return Inertia(positive, negative, zero)
