"""Exact arithmetic on rational matrices by python-flint: what may be computed, and the singular case explained."""

from __future__ import annotations

import math
from typing import Any

from service import limits
from service.errors import ShapeMismatch, SingularMatrix
from service.linalg.dependencies import exact_dependencies
from service.linalg.matrix import Matrix

# Of decimals with 17 digits, an exact 40×40 inverse takes 0.1 s and a 100×100 one 3 s: up to here a float answer that cannot
# be trusted is replaced by an exact one, rounded.
FALLBACK_SIZE = 40
RELATIONS_SHOWN = 3


def check_size(matrix: Matrix, numbers: int, pointer: str = "/matrix") -> None:
    """Raises LimitExceeded when `matrix` is too large for exact arithmetic whose answer or work area holds `numbers`
    rationals. Numerators and denominators are determinants: by Hadamard n(d + log10(n)/2) digits for entries of d digits."""
    smaller = min(matrix.shape)
    limits.check("exact-size", smaller, pointer)
    integers, denominator = matrix.exact.numer_denom()
    bits = max(int(abs(value)).bit_length() for value in integers.entries())
    determinant = smaller * (bits * math.log10(2) + math.log10(smaller) / 2)
    digits = math.ceil(determinant + int(denominator).bit_length() * math.log10(2)) + 1
    limits.check("exact-answer-digits", 2 * numbers * digits, pointer)


def affordable(matrix: Matrix) -> bool:
    """Whether exact arithmetic may step in for floats that cannot be trusted."""
    if matrix.is_complex:
        return False
    return min(matrix.shape) <= (min(limits.limit("exact-size"), 120) if matrix.is_exact_data else FALLBACK_SIZE)


def require_square(matrix: Matrix, what: str, pointer: str = "/matrix") -> None:
    """Raises ShapeMismatch when `matrix` is not square."""
    m, n = matrix.shape
    if m != n:
        hint = "the pseudoinverse, and least-squares for systems, take any shape" if what == "an inverse" else None
        raise ShapeMismatch(f"only a square matrix has {what}, and this one is {m}×{n}", hint, pointer, facts={"shape": [m, n]})


def singular(matrix: Matrix, consequence: str, also: str = "") -> SingularMatrix:
    """The error for an n×n `matrix` of determinant zero: its rank, and the relations between its rows that show it."""
    n = matrix.shape[0]
    independent, dependencies = exact_dependencies(matrix.exact)
    relations = [dependency.sentence() for dependency in dependencies]
    shown = "; ".join(relations[:RELATIONS_SHOWN]) + ("; ..." if len(relations) > RELATIONS_SHOWN else "")
    rank = len(independent)
    return SingularMatrix(
        f"the matrix is singular: its determinant is 0 and its rank is {rank} where {n} is needed, because {shown}. {consequence}{also}",
        pointer="/matrix",
        facts={
            "determinant": "0",
            "rank": rank,
            "nullity": n - rank,
            "dependencies": [dependency.to_json() for dependency in dependencies],
        },
    )


def identity_defect(product: Any) -> bool:
    """Whether an fmpq_mat is the identity."""
    return all(value == (i == j) for i, row in enumerate(product.tolist()) for j, value in enumerate(row))
