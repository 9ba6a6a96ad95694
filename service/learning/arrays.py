"""Arrays with any number of axes from JSON lists: images, batches of them, kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from service import limits
from service.errors import InputError, MatrixFormatError, NablaError
from service.linalg.matrices import read_matrix, read_vector
from service.linalg.matrix import Floats, Matrix

DEEPEST = 5


def read_array(value: Any) -> Floats:
    """The array of real numbers that nested lists hold, as doubles.

    Raises MatrixFormatError (ragged, empty, an entry that is no number) with a pointer, InputError (complex), LimitExceeded.
    """
    if isinstance(value, Matrix):
        return doubles(value)
    depth, inner = 0, value
    while isinstance(inner, list) and inner and depth <= DEEPEST:
        depth, inner = depth + 1, inner[0]
    if depth > DEEPEST:
        raise MatrixFormatError(f"more than {DEEPEST} lists in each other", "samples × channels × rows × columns at most")
    return _read(value, max(depth, 1))


def _read(value: Any, depth: int) -> Floats:
    if depth <= 2:
        found = doubles(read_vector(value) if depth == 1 else read_matrix(value))
        return found[:, 0] if depth == 1 else found
    if not isinstance(value, list) or not value:
        raise MatrixFormatError("a list is due here", f"{depth} lists in each other, as at the beginning")
    parts = []
    for place, entry in enumerate(value):
        try:
            parts.append(_read(entry, depth - 1))
        except NablaError as error:
            raise error.at(f"/{place}") from None
        if parts[-1].shape != parts[0].shape:
            raise MatrixFormatError("the parts of the array have different shapes", "send them all of one shape", f"/{place}")
    limits.check("matrix-entries", sum(part.size for part in parts))
    return np.stack(parts)


def doubles(matrix: Matrix) -> Floats:
    """Raises InputError for complex numbers."""
    if matrix.is_complex:
        raise InputError("the numbers of a network are real", None)
    return matrix.floats
