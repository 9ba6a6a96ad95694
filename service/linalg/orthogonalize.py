"""Gram and Schmidt's method in rationals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint

from service.linalg.dependencies import Dependency, exact_dependencies


@dataclass(frozen=True)
class Orthogonal:
    """A = V·U (all fmpq_mat), where the columns of V (m×r) are orthogonal and not zero, with `squared_norms` on the diagonal of VᵀV, and U
    is r×n in echelon form with ones at the columns `independent`. `dependencies` write the other columns of A in terms of these."""

    vectors: Any
    coefficients: Any
    squared_norms: list[Any]
    independent: list[int]
    dependencies: list[Dependency]


def orthogonalize(a: Any) -> Orthogonal:
    """Of the columns of the fmpq_mat `a` (m×n); a column that depends on earlier ones adds none. Of a zero matrix V is m×0."""
    independent, dependencies = exact_dependencies(a, "column")
    columns = a.transpose().tolist()
    vectors: list[list[Any]] = []
    norms: list[Any] = []
    for j in independent:
        vector = columns[j]
        for other, norm in zip(vectors, norms, strict=True):
            factor = _dot(other, columns[j]) / norm
            vector = [p - factor * q for p, q in zip(vector, other, strict=True)] if factor != 0 else vector
        vectors.append(vector)
        norms.append(_dot(vector, vector))
    v = flint.fmpq_mat(len(independent), a.nrows(), [value for vector in vectors for value in vector]).transpose()
    products = (v.transpose() * a).tolist() if independent else []
    u = flint.fmpq_mat(len(independent), a.ncols(), [value / norm for row, norm in zip(products, norms, strict=True) for value in row])
    return Orthogonal(v, u, norms, independent, dependencies)


def _dot(one: list[Any], two: list[Any]) -> Any:
    return sum((p * q for p, q in zip(one, two, strict=True)), flint.fmpq(0))
