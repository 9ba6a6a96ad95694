"""Reading JSON arrays into matrices: fast for numbers, exact for texts, and every refused entry named by its place.

Nothing is coerced. A pointer in an error is relative to the array ("/1/0"). The usual array of numbers is looked at by C
loops only (the set of its types, then one conversion); Python looks at single entries once something is out of the usual.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.errors import Fault, MatrixFormatError
from service.linalg.exact_numbers import read_rational
from service.linalg.matrix import LARGEST_INTEGER, Kind, Matrix, place, pointer, short
from service.linalg.surds import gaussian

FAULTS_SHOWN = 8
ENTRY_HINT = 'an entry is a number, an exact text such as "45/22", or {"re": 1, "im": -2}'
MATRIX_HINT = "a matrix is a list of rows, each a list of entries: [[1, 2], [3, 4]]"
VECTOR_HINT = "a vector is a list of entries: [1, 2, 3]"

Rows = Sequence[Sequence[Any]]


def read_matrix(value: Any) -> Matrix:
    """The matrix of numbers that a JSON list of rows holds.

    Raises MatrixFormatError (ragged, empty, not a list of lists, an entry that is no number) with a pointer relative to
    `value`, LimitExceeded (matrix-entries, exact-digits).
    """
    matrix = read_symbolic_matrix(value)
    matrix.refuse_expressions()
    return matrix


def read_symbolic_matrix(value: Any) -> Matrix:
    """The same with expressions allowed among the entries: texts that are not numbers are kept as they are."""
    if not isinstance(value, list) or not value:
        raise MatrixFormatError(f"{_described(value)} is not a matrix", MATRIX_HINT)
    if set(map(type, value)) != {list}:
        i = next(i for i, row in enumerate(value) if type(row) is not list)
        hint = "a row vector is [[1, 2, 3]], a column is [[1], [2], [3]]" if i == 0 else MATRIX_HINT
        raise MatrixFormatError(f"row {i + 1} is {_described(value[i])}, not a list of entries", hint, f"/{i}")
    width = len(value[0])
    if len(set(map(len, value))) > 1:
        i = next(i for i, row in enumerate(value) if len(row) != width)
        raise MatrixFormatError(
            f"row {i + 1} has {_count(len(value[i]))} where row 1 has {width}", "the rows of a matrix are equally long", f"/{i}"
        )
    if width == 0:
        raise MatrixFormatError("row 1 is empty: a matrix has at least one column", MATRIX_HINT, "/0")
    return _read(value, is_vector=False)


def read_vector(value: Any) -> Matrix:
    """The vector that a flat JSON list holds, as an n×1 matrix that knows it was flat; [[1], [2]] is a column too.

    Raises as `read_matrix` does.
    """
    vector = read_symbolic_vector(value)
    vector.refuse_expressions()
    return vector


def read_symbolic_vector(value: Any) -> Matrix:
    """The same with expressions allowed among the entries."""
    if not isinstance(value, list) or not value:
        raise MatrixFormatError(f"{_described(value)} is not a vector", VECTOR_HINT)
    if list not in set(map(type, value)):
        return _read([[entry] for entry in value], is_vector=True)
    matrix = read_symbolic_matrix(value)
    if matrix.shape[1] != 1:
        raise MatrixFormatError(f"a {matrix.shape[0]}×{matrix.shape[1]} matrix is not a vector", VECTOR_HINT)
    return matrix


def read_vector_or_matrix(value: Any) -> Matrix:
    """A right-hand side: a flat list is one, a list of rows holds one in each column. Raises as `read_matrix` does."""
    matrix = read_symbolic_vector_or_matrix(value)
    matrix.refuse_expressions()
    return matrix


def read_symbolic_vector_or_matrix(value: Any) -> Matrix:
    """The same with expressions allowed among the entries."""
    if isinstance(value, list) and list in set(map(type, value)):
        return read_symbolic_matrix(value)
    return read_symbolic_vector(value)


def from_array(array: NDArray[Any]) -> Matrix:
    """The matrix of a NumPy array of numbers, m×n, or n for a vector; its doubles mean their binary values.

    Raises MatrixFormatError for other shapes and types and for NaN and infinities, LimitExceeded.
    """
    if array.ndim not in (1, 2) or array.size == 0:
        raise MatrixFormatError(f"an array of shape {list(array.shape)} is not a matrix", "a matrix has two axes and at least one entry")
    limits.check("matrix-entries", array.size)
    if array.dtype.kind not in "iufc":
        raise MatrixFormatError(f"an array of type {array.dtype} does not hold numbers", "send float64, or another type of numbers")
    is_vector = array.ndim == 1
    table = array.reshape(len(array), -1)
    numbers = np.ascontiguousarray(table, dtype=np.complex128 if array.dtype.kind == "c" else np.float64)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8 and np.abs(numbers).max() >= LARGEST_INTEGER:
        return Matrix(table.shape, "integer", None, table.tolist(), is_vector)
    _refuse(_not_finite(numbers, is_vector))
    return Matrix(numbers.shape, "integer" if _whole(numbers) else "float", numbers, None, is_vector, is_binary=True)


def from_numbers(numbers: NDArray[np.float64]) -> Matrix:
    """The matrix of doubles that were read from decimals, none of them a whole number beyond 2^53. Raises MatrixFormatError."""
    limits.check("matrix-entries", numbers.size)
    _refuse(_not_finite(numbers, False))
    return Matrix((numbers.shape[0], numbers.shape[1]), "integer" if _whole(numbers) else "float", numbers)


def as_vector(matrix: Matrix) -> Matrix:
    """An n×1 matrix as the vector of its entries. Raises MatrixFormatError for other shapes."""
    if matrix.shape[1] != 1:
        raise MatrixFormatError(f"a {matrix.shape[0]}×{matrix.shape[1]} matrix is not a vector", VECTOR_HINT)
    return matrix


def _read(rows: Rows, is_vector: bool) -> Matrix:
    """The matrix of equally long rows."""
    shape = len(rows), len(rows[0])
    limits.check("matrix-entries", shape[0] * shape[1])
    types = set(map(type, chain.from_iterable(rows)))
    if types <= {int, float}:
        return _read_numbers(rows, shape, is_vector, types)
    exact = dict in types and any(str in map(type, entry.values()) for row in rows for entry in row if isinstance(entry, dict))
    _refuse(_odd_entries(rows, is_vector, complex_with_text=not exact and {dict, str} <= types))
    if exact:
        return _read_exact_complex(rows, shape, is_vector)
    if dict in types:
        numbers = np.array([[_complex(entry) for entry in row] for row in rows], dtype=np.complex128)
        _refuse(_not_finite(numbers, is_vector))
        return Matrix(shape, "float", numbers, None, is_vector)
    return _read_texts(rows, shape, is_vector)


def _read_numbers(rows: Rows, shape: tuple[int, int], is_vector: bool, types: set[type]) -> Matrix:
    """A matrix of JSON numbers only."""
    try:
        numbers = np.array(rows, dtype=np.float64)
    except OverflowError:  # a whole number beyond the range of doubles
        return _read_large(rows, shape, is_vector)
    _refuse(_not_finite(numbers, is_vector))
    if int in types and max(numbers.max(), -numbers.min()) >= LARGEST_INTEGER and _has_large_integer(rows):
        return _read_large(rows, shape, is_vector)
    return Matrix(shape, "integer" if _whole(numbers) else "float", numbers, None, is_vector)


def _read_large(rows: Rows, shape: tuple[int, int], is_vector: bool) -> Matrix:
    """A matrix of JSON numbers, some of them whole numbers beyond 2^53: kept as they are."""
    bits = max(abs(entry).bit_length() for row in rows for entry in row if isinstance(entry, int))
    limits.check("exact-digits", int(bits * math.log10(2)))
    floats = np.array([[entry if isinstance(entry, float) else 0.0 for entry in row] for row in rows], dtype=np.float64)
    _refuse(_not_finite(floats, is_vector))
    return Matrix(shape, "integer" if _whole(floats) else "rational", None, rows, is_vector)


def _read_texts(rows: Rows, shape: tuple[int, int], is_vector: bool) -> Matrix:
    """A matrix with texts among its entries: exact numbers, or expressions."""
    floats = np.array([[entry if isinstance(entry, float) else 0.0 for entry in row] for row in rows], dtype=np.float64)
    _refuse(_not_finite(floats, is_vector))
    kept: list[list[Any]] = []
    kind: Kind = "rational"
    for i, row in enumerate(rows):
        kept.append(list(row))
        for j, entry in enumerate(row):
            if isinstance(entry, str):
                try:
                    number = read_rational(entry)
                except ZeroDivisionError:
                    raise MatrixFormatError(f"{place(i, j, is_vector)} divides by zero", None, pointer(i, j, is_vector)) from None
                kept[i][j] = entry if number is None else number
                kind = "symbolic" if number is None else kind
    return Matrix(shape, kind, None, kept, is_vector)


def _read_exact_complex(rows: Rows, shape: tuple[int, int], is_vector: bool) -> Matrix:
    """A matrix of exact complex numbers, {"re": "1/2", "im": "-3"}, beside numbers and texts of exact numbers."""
    kept = [
        [gaussian(*(_exact_part(entry.get(part, 0), i, j, is_vector) for part in ("re", "im"))) for j, entry in enumerate(row)]
        for i, row in enumerate([[entry if isinstance(entry, dict) else {"re": entry} for entry in row] for row in rows])
    ]
    return Matrix(shape, "surd", None, kept, is_vector)


def _exact_part(part: Any, i: int, j: int, is_vector: bool) -> Any:
    """The real or imaginary part of an exact complex number, as fmpq."""
    try:
        number = read_rational(part if isinstance(part, str) else repr(part))
    except ZeroDivisionError:
        number = None
    if number is None:
        raise MatrixFormatError(f"{place(i, j, is_vector)} has the part {short(part)}, which is no number", None, pointer(i, j, is_vector))
    return number


def _has_large_integer(rows: Rows) -> bool:
    return any(isinstance(entry, int) and abs(entry) > LARGEST_INTEGER for row in rows for entry in row)


def _whole(numbers: NDArray[Any]) -> bool:
    """Whether all are whole numbers within 2^53, where every whole number is a double."""
    if numbers.dtype.kind == "c":
        return False
    return bool((np.rint(numbers) == numbers).all() and max(numbers.max(), -numbers.min()) <= LARGEST_INTEGER)


def _complex(entry: Any) -> complex:
    return complex(entry.get("re", 0), entry.get("im", 0)) if isinstance(entry, dict) else complex(entry)


def _odd_entries(rows: Rows, is_vector: bool, complex_with_text: bool) -> Iterator[Fault]:
    """The entries that are neither numbers, nor texts, nor complex numbers."""
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            where, at = place(i, j, is_vector), pointer(i, j, is_vector)
            if isinstance(entry, bool):
                yield Fault(f"{where} is {_described(entry)}: a boolean is not a number", at, hint=ENTRY_HINT)
            elif isinstance(entry, list):
                yield Fault(f"{where} is a list: the array is nested too deep", at, hint=VECTOR_HINT if is_vector else MATRIX_HINT)
            elif isinstance(entry, dict):
                parts = list(entry.values())
                if not parts or set(entry) - {"re", "im"} or any(type(part) not in (int, float, str) for part in parts):
                    yield Fault(f"{where} is an object that is not a complex number", at, hint='a complex number is {"re": 1, "im": -2}')
                elif not any(isinstance(part, str) for part in parts) and any(
                    isinstance(part, int) and abs(part) > LARGEST_INTEGER for part in parts
                ):
                    yield Fault(f"{where} has a part beyond 2^53, which would have to be rounded", at)
            elif complex_with_text and isinstance(entry, str):
                yield Fault(f"{where} is a text beside complex numbers", at, hint="complex entries are floats: send a number")
            elif not isinstance(entry, (int, float, str)):
                yield Fault(f"{where} is {_described(entry)}, not a number", at, hint=ENTRY_HINT)


def _not_finite(numbers: NDArray[Any], is_vector: bool) -> Iterator[Fault]:
    finite = np.isfinite(numbers)
    if not finite.all():
        for i, j in np.argwhere(~finite).tolist():
            yield Fault(f"{place(i, j, is_vector)} is not finite, or beyond the range of doubles", pointer(i, j, is_vector))


def _refuse(faults: Iterator[Fault]) -> None:
    """Raises MatrixFormatError when there is a fault; it shows the first few."""
    shown = [fault for fault, _ in zip(faults, range(FAULTS_SHOWN), strict=False)]
    if shown:
        raise MatrixFormatError(shown[0].detail, shown[0].hint, shown[0].pointer, faults=shown)


def _count(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries} entries"


def _described(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"the text {short(value)}"
    if isinstance(value, (int, float)):
        return f"the number {str(value)[:40]}"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "an object"
