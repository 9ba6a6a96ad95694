"""Declarations and samples that many operations share. Generic: not square, not symmetric, sizes all different."""

from __future__ import annotations

from service.expression.operation import Sample

VECTOR = {"x": "vector(n)"}
VECTORS = {"x": "vector(n)", "y": "vector(n)"}
TWO_VECTORS = {"x": "vector(m)", "y": "vector(n)"}
MATRIX = {"A": "matrix(m,n)"}
MATRICES = {"A": "matrix(m,n)", "B": "matrix(m,n)"}
SQUARE = {"A": "matrix(n,n)"}
VECTOR_AND_MATRIX = {"x": "vector(n)", "A": "matrix(m,n)"}

POSITIVE = (0.3, 1.7)
BOTH_SIGNS = (-1.7, 1.7)


def of_any_shape(name: str, domain: tuple[float, float] = BOTH_SIGNS) -> tuple[Sample, ...]:
    """The function of a scalar, a vector, a row, a matrix and its transpose."""
    return (
        Sample(f"{name}(x)", {}, domain),
        Sample(f"{name}(x)", VECTOR, domain),
        Sample(f"{name}(x')", VECTOR, domain),
        Sample(f"{name}(A)", MATRIX, domain),
        Sample(f"{name}(A')", MATRIX, domain),
    )
