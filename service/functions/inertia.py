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
    signs = [_sign(coefficient) for coefficient in flint.arb_mat([list(row) for row in rows]).charpoly().coeffs()]
    if None not in signs:
        return _counted([int(sign or 0) for sign in signs])
    try:  # a coefficient in between may be 0
        eigenvalues = flint.acb_mat([list(row) for row in rows]).eig()
    except ValueError:
        return None
    found = [_sign(value.real) for value in eigenvalues]
    return None if None in found else Inertia(found.count(1), found.count(-1), found.count(0))


def _sign(value: Any) -> int | None:
    if value > 0 or value < 0:
        return 1 if value > 0 else -1
    return 0 if value == 0 and value.is_exact() else None


def _counted(signs: Sequence[int]) -> Inertia:
    positive, negative = sign_counts(signs)
    zero = next((place for place, sign in enumerate(signs) if sign), len(signs) - 1)
    return Inertia(positive, negative, zero)
