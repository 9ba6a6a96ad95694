"""The language as a handbook: one class an operation, a file a family. Importing the package fills the registry."""

from service.operations import (
    arithmetic,
    comparisons,
    entries,
    exponential,
    extremes,
    hyperbolic,
    index_notation,
    leaves,
    piecewise,
    roots,
    special_functions,
    trigonometric,
)

__all__ = [
    "arithmetic",
    "comparisons",
    "entries",
    "exponential",
    "extremes",
    "hyperbolic",
    "index_notation",
    "leaves",
    "piecewise",
    "roots",
    "special_functions",
    "trigonometric",
]
