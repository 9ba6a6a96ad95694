"""`Matrix`: a matrix as it was sent, and what its entries mean. (`service/linalg/matrices.py` reads them.)

A JSON number means a decimal: 0.1 is one tenth. `floats` are the nearest doubles; `exact` are the shortest decimals that
name these doubles, as rationals. A number without a fractional part is an integer (2.0 and 2 are one number in JSON).
The doubles of an array that never was text mean their binary values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import flint
import numpy as np

from service.errors import InputError, MatrixFormatError, NablaError
from service.linalg.exact_numbers import Floats as Floats
from service.linalg.exact_numbers import nearest_double
from service.linalg.exact_tables import Table
from service.linalg.surds import Surd, gaussian

Kind = Literal["integer", "rational", "float", "surd", "symbolic"]
Arithmetic = Literal["float", "exact"]
LARGEST_INTEGER = 2**53  # up to here every whole number is a double


@dataclass(frozen=True, eq=False)
class Matrix:
    """An m×n matrix, m, n ≥ 1, with finite entries.

    `kind` is "integer" (whole numbers of any size), "float" (numbers that doubles hold), "rational" (some entry is the
    text of an exact number, or a whole number beyond 2^53 stands beside fractions), "surd" (some entry has an exact square root
    or is an exact complex number) or "symbolic" (some entry is an expression). `numbers` holds the entries when doubles hold
    them all without rounding what was sent; otherwise `sent` does: int, float, fmpq (exact texts), Surd and str (expressions),
    row by row. `is_vector` tells the n×1 matrix that was sent as a flat list, and is answered as one; `is_binary` the doubles
    that mean their binary values.
    """

    shape: tuple[int, int]
    kind: Kind
    numbers: Floats | None
    sent: Sequence[Sequence[Any]] | None = None
    is_vector: bool = False
    is_binary: bool = False

    @property
    def is_complex(self) -> bool:
        if self.kind == "surd":
            return any(isinstance(entry, Surd) and entry.is_complex for row in self.rows for entry in row)
        return self.numbers is not None and self.numbers.dtype.kind == "c"

    @property
    def is_exact_data(self) -> bool:
        """Whether the entries are whole or rational numbers, and not decimals that doubles had to round."""
        return self.kind in ("integer", "rational")

    @property
    def is_rounded(self) -> bool:
        """Whether `floats` may differ from what was sent: decimals and fractions are not all doubles."""
        return self.kind != "integer" and not self.is_binary

    @cached_property
    def rows(self) -> Sequence[Sequence[Any]]:
        if self.sent is not None:
            return self.sent
        assert self.numbers is not None
        return self.numbers.tolist()  # type: ignore[no-any-return]

    @cached_property
    def floats(self) -> Floats:
        """The entries as doubles, each the nearest. Raises MatrixFormatError for an expression, for a whole number beyond
        2^53 that is not a double (rounding it was not asked for), and for a rational beyond the range of doubles."""
        if self.numbers is not None:
            return self.numbers
        self.refuse_expressions()
        values = [[self._as_double(entry, i, j) for j, entry in enumerate(row)] for i, row in enumerate(self.rows)]
        return np.array(values)

    @cached_property
    def integers(self) -> Any:
        """The entries as fmpz_mat; only for kind "integer"."""
        if self.numbers is not None:
            return flint.fmpz_mat(self.numbers.astype(np.int64).tolist())
        return flint.fmpz_mat([list(map(int, row)) for row in self.rows])

    @cached_property
    def exact(self) -> Any:
        """The entries as fmpq_mat. Raises MatrixFormatError for an expression, InputError for roots and complex entries."""
        self.refuse_expressions()
        if self.kind == "surd":
            raise InputError("square roots and exact complex numbers are not taken here", hint='send "arithmetic": "float"')
        if self.is_complex:
            raise InputError("exact arithmetic takes real entries only", hint='leave "arithmetic" out, or send "float"')
        if self.kind == "integer":
            return flint.fmpq_mat(self.integers)
        return flint.fmpq_mat([[self._as_rational(entry) for entry in row] for row in self.rows])

    @cached_property
    def table(self) -> Table:
        """The entries in the smallest exact field that holds them: rationals, or numbers with square roots (i among them)."""
        if self.kind == "surd":
            return Table.of(
                [[entry if isinstance(entry, Surd) else self._as_rational(entry) for entry in row] for row in self.rows], None, True
            )
        if not self.is_complex:
            return Table(self.shape, self.exact)
        return Table.of([[gaussian(*map(self._as_rational, (entry.real, entry.imag))) for entry in row] for row in self.rows], None, True)

    def exact_entry(self, i: int, j: int) -> Any:
        """One entry as fmpq, of a real matrix without expressions."""
        return self._as_rational(self.rows[i][j])

    def transposed(self) -> Matrix:
        """The n×m matrix of the same entries."""
        numbers = None if self.numbers is None else np.ascontiguousarray(self.numbers.T)
        sent = None if self.sent is None else [list(column) for column in zip(*self.sent, strict=True)]
        return replace(self, shape=self.shape[::-1], numbers=numbers, sent=sent, is_vector=False)

    def texts(self) -> list[list[Any]]:
        """The entries as the language reads them: texts and numbers."""
        return [[str(entry) if isinstance(entry, (flint.fmpq, Surd)) else entry for entry in row] for row in self.rows]

    def refuse_expressions(self) -> None:
        """Raises MatrixFormatError, by position, when an entry is an expression."""
        if self.kind != "symbolic":
            return
        i, j = next((i, j) for i, row in enumerate(self.rows) for j, entry in enumerate(row) if isinstance(entry, str))
        raise MatrixFormatError(
            f"{place(i, j, self.is_vector)} is the text {short(self.rows[i][j])}, which is not a number",
            hint='an entry is a number, or the text of an exact one such as "45/22", "-3" or "0.25"',
            pointer=pointer(i, j, self.is_vector),
        )

    def _as_double(self, entry: Any, i: int, j: int) -> float | complex:
        where, at = place(i, j, self.is_vector), pointer(i, j, self.is_vector)
        try:
            if isinstance(entry, Surd):
                return complex(entry) if entry.is_complex else float(entry)
            value = nearest_double(entry) if isinstance(entry, flint.fmpq) else float(entry)
        except OverflowError:
            raise MatrixFormatError(f"{where} is beyond the range of doubles", EXACT_HINT, at) from None
        if isinstance(entry, int) and int(value) != entry:
            raise MatrixFormatError(f"{where} is a whole number beyond 2^53 that no double holds: it would be rounded", EXACT_HINT, at)
        return value

    def _as_rational(self, entry: Any) -> Any:
        if isinstance(entry, float):
            return flint.fmpq(*(entry if self.is_binary else Decimal(repr(entry))).as_integer_ratio())
        return flint.fmpq(entry)


EXACT_HINT = 'send "arithmetic": "exact"'


def choose_arithmetic(asked: Arithmetic | None, surds: bool = False, /, **matrices: Matrix | None) -> Arithmetic:
    """The arithmetic to work in: the one asked for, else "exact" as soon as an entry is an exact text or beyond doubles.

    The matrices are given by the names of their fields. Raises InputError for complex entries and square roots in exact
    arithmetic (unless `surds`: the operation works on `Matrix.table`), LimitExceeded, and MatrixFormatError for an entry that
    float arithmetic would have to round, with the pointer in the request.
    """
    present = {name: matrix for name, matrix in matrices.items() if matrix is not None}
    mode = asked or ("exact" if any(matrix.numbers is None for matrix in present.values()) else "float")
    for name, matrix in present.items():
        try:
            _ = matrix.floats if mode == "float" else matrix.table if surds else matrix.exact
        except NablaError as error:
            raise error.at(f"/{name}") from None
    return mode


def joined(columns: Sequence[Matrix]) -> Matrix:
    """The matrices, of one height, side by side."""
    if len(columns) == 1:
        return columns[0]
    shape = columns[0].shape[0], sum(part.shape[1] for part in columns)
    is_binary = all(part.is_binary for part in columns)
    kinds = {part.kind for part in columns}
    numbers = [part.numbers for part in columns if part.numbers is not None]
    if len(numbers) == len(columns):
        return Matrix(shape, "integer" if kinds == {"integer"} else "float", np.hstack(numbers), is_binary=is_binary)
    kind: Kind = "symbolic" if "symbolic" in kinds else "surd" if "surd" in kinds else "integer" if kinds == {"integer"} else "rational"
    rows = [[entry for part in parts for entry in part] for parts in zip(*(part.rows for part in columns), strict=True)]
    return Matrix(shape, kind, None, rows, is_binary=is_binary)


def as_sent(matrix: Matrix, values: Sequence[Any] | Floats) -> Any:
    """The n×k array `values` in the shape in which `matrix` was sent: a flat list for a vector, rows otherwise."""
    if not matrix.is_vector:
        return values
    return values[:, 0] if isinstance(values, np.ndarray) else [row[0] for row in values]


def place(i: int, j: int, is_vector: bool) -> str:
    """Where the entry (i, j), counted from 0, stands, for people."""
    return f"entry {i + 1}" if is_vector else f"the entry in row {i + 1}, column {j + 1}"


def pointer(i: int, j: int, is_vector: bool) -> str:
    """JSON pointer of the entry (i, j), relative to the array."""
    return f"/{i}" if is_vector else f"/{i}/{j}"


def short(text: object) -> str:
    """An entry's text for an error message: quoted, and never long."""
    text = str(text)
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'
