"""A file as named columns: CSV with or without a line of names, an .npy matrix.

A line of names is one with a cell that is no number. Without one the columns are called x1, x2, ..., and the last of them y.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from service import limits
from service.errors import MatrixFormatError
from service.linalg.exact_numbers import read_rational
from service.linalg.matrix import Kind, Matrix, short
from service.web.array_files import CSV, DECIMAL, NPY, NUMERIC, TSV, WHOLE, read_csv, read_npy

SEPARATORS = {CSV: b",", TSV: b"\t"}
LONGEST_CELL = 10_000  # characters, in files that are read cell by cell
RESPONSE = "y"

Columns = dict[str, Any]
"""Matrices (n×1) by name; of columns that hold anything but plain numbers the lists of their entries."""


def read_table(media_type: str, data: bytes) -> Columns:
    """The columns of the file. Raises MatrixFormatError by line and column, LimitExceeded."""
    if media_type == NPY:
        return _split(read_npy(data))
    separator = SEPARATORS[media_type]
    data = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n\t ")
    head, _, rest = data.partition(b"\n")
    if not rest:
        raise MatrixFormatError("the file has one line: there is no observation below the names", "a line of names, then a line for each")
    if rest.translate(None, NUMERIC + separator + b"\n") or b"\r" in head[:-1]:
        return _cell_by_cell(data, separator)
    names = None if _is_numeric(head, separator) else _names(next(_reader(head.decode(errors="replace"), separator)))
    try:
        matrix = read_csv(data if names is None else rest, separator)
    except MatrixFormatError:
        return _cell_by_cell(data, separator)  # which knows the lines by their numbers in the file
    if names is not None and matrix.shape[1] != len(names):
        return _cell_by_cell(data, separator)
    return _split(matrix, names)


def _is_numeric(line: bytes, separator: bytes) -> bool:
    cells = line.decode(errors="replace").strip("\r").split(separator.decode())
    return all(isinstance(_value(cell.strip().strip('"'), ""), (int, float)) or _is_exact(cell) for cell in cells)


def _is_exact(cell: str) -> bool:
    try:
        return read_rational(cell.strip().strip('"')) is not None
    except ZeroDivisionError:
        return False


def _split(matrix: Matrix, names: Sequence[str] | None = None) -> Columns:
    width = matrix.shape[1]
    names = names or [*(f"x{j + 1}" for j in range(width - 1)), RESPONSE]
    columns = matrix.transposed()
    return {name: _column(columns, j, matrix) for j, name in enumerate(names)}


def _column(columns: Matrix, j: int, whole: Matrix) -> Matrix:
    n = whole.shape[0]
    if columns.numbers is not None:
        kind: Kind = "integer" if whole.kind == "integer" else "float"
        return Matrix((n, 1), kind, columns.numbers[j].reshape(n, 1), is_vector=True, is_binary=whole.is_binary)
    return Matrix((n, 1), whole.kind, None, [[entry] for entry in columns.rows[j]], is_vector=True, is_binary=whole.is_binary)


def _cell_by_cell(data: bytes, separator: bytes) -> Columns:
    """For files with quotes, texts or exact numbers in them."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MatrixFormatError(f"line {line} is not UTF-8 text", "a file of columns; .npy is application/x-npy") from None
    limits.check("matrix-entries", text.count(separator.decode()) + text.count("\n") + 1)
    try:
        rows = list(_reader(text.replace("\r\n", "\n"), separator))
    except csv.Error as error:
        raise MatrixFormatError(f"the file is no CSV: {str(error)[:80]}", "quotes come in pairs, and lines end in a line feed") from None
    first = rows[0]
    with_names = not all(isinstance(_value(cell.strip(), ""), (int, float)) or _is_exact(cell) for cell in first)
    names = _names(first) if with_names else [*(f"x{j + 1}" for j in range(len(first) - 1)), RESPONSE]
    body = rows[1:] if with_names else rows
    for i, row in enumerate(body):
        if len(row) != len(names):
            line = i + 1 + with_names
            hint = "cells are separated by commas" if separator == b"," else "cells are separated by tabs"
            raise MatrixFormatError(f"line {line} has {len(row)} cells where line 1 has {len(names)}", hint)
    return {
        name: [_value(row[j].strip(), f"line {i + 1 + with_names}, column {j + 1} ({short(name)})") for i, row in enumerate(body)]
        for j, name in enumerate(names)
    }


def _reader(text: str, separator: bytes) -> Any:
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(io.StringIO(text), delimiter=separator.decode(), strict=True, skipinitialspace=True)


def _names(cells: Sequence[str]) -> list[str]:
    """Raises MatrixFormatError for names that are missing, or stand twice."""
    names = [cell.strip() for cell in cells]
    for j, name in enumerate(names):
        if not name:
            hint = "leave out the row numbers: to_csv(index=False) in pandas, row.names = FALSE in R"
            raise MatrixFormatError(f"line 1, column {j + 1} has no name", hint)
        limits.check("name-length", len(name))
        if name in names[:j]:
            raise MatrixFormatError(f"two columns are called {short(name)}", "a column is known by its name")
    return names


def _value(cell: str, where: str) -> Any:
    """The JSON value of one cell. Raises MatrixFormatError for an empty one, and NA."""
    if where and cell in ("", "NA", "NaN", "nan", "NULL", "null", "."):
        raise MatrixFormatError(f"{where} is {'empty' if not cell else short(cell)}", "leave out the observations that are not complete")
    if WHOLE.fullmatch(cell) and len(cell) <= limits.limit("exact-digits"):
        return int(cell)
    if DECIMAL.fullmatch(cell):
        value = float(cell)
        if abs(value) == float("inf"):
            raise MatrixFormatError(f"{where} is beyond the range of doubles", "quote exact numbers as texts in JSON")
        return value
    return cell
