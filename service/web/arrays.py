"""A stand-in until `service/linalg/matrices.py` is there: JSON lists to float arrays, refused by position."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import MatrixFormatError


def read_vector(value: Any) -> NDArray[np.float64]:
    if not isinstance(value, list):
        raise MatrixFormatError("must be a list of numbers")
    for i, entry in enumerate(value):
        if isinstance(entry, bool) or not isinstance(entry, (int, float)):
            raise MatrixFormatError("an entry must be a number", pointer=f"/{i}")
    return np.array(value, dtype=float)


def read_matrix(value: Any) -> NDArray[np.float64]:
    if not isinstance(value, list) or not value or not all(isinstance(row, list) for row in value):
        raise MatrixFormatError("must be a list of rows")
    for i, row in enumerate(value):
        if len(row) != len(value[0]):
            raise MatrixFormatError(f"row {i + 1} has {len(row)} entries, row 1 has {len(value[0])}", pointer=f"/{i}")
        try:
            read_vector(row)
        except MatrixFormatError as error:
            raise error.at(f"/{i}") from None
    return np.array(value, dtype=float)


read_vectors = read_matrix
