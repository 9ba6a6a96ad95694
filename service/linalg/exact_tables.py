"""Matrices over an exact field: rationals by python-flint, numbers with square roots and Gaussian rationals entry by entry.

The operations that only add, multiply and divide (echelon forms, relations, projections) are written once, on `Table`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np

from service import limits
from service.linalg.exact_numbers import Floats, beyond_doubles, nearest_doubles, texts
from service.linalg.surds import Surd, as_exact_json, terms_of_field


class Table:
    """An m×n matrix, m, n ≥ 0, of rationals (`rational`, an fmpq_mat) or of Surds (`surds`, rows)."""

    def __init__(self, shape: tuple[int, int], rational: Any = None, surds: list[list[Surd]] | None = None) -> None:
        self.shape, self._rational, self._surds = shape, rational, surds

    @staticmethod
    def of(rows: Sequence[Sequence[Any]], width: int | None = None, is_sent: bool = False) -> Table:
        """From rows of int, fmpq and Surd; `width` for a matrix without rows. Raises LimitExceeded when too many Surds, or too long
        ones, were sent."""
        shape = len(rows), len(rows[0]) if rows else width or 0
        if any(isinstance(entry, Surd) for row in rows for entry in row):
            table = Table(shape, surds=[[Surd.of(entry) for entry in row] for row in rows])
            if is_sent:
                entries = [entry for row in table.rows for entry in row]
                terms = terms_of_field(entries)
                limits.check("surd-size", min(shape) * terms)
                limits.check("surd-work", shape[0] * shape[1] * terms * max(entry.bits for entry in entries))
            return table
        return Table(shape, flint.fmpq_mat(shape[0], shape[1], [flint.fmpq(entry) for row in rows for entry in row]))

    @staticmethod
    def zeros(shape: tuple[int, int]) -> Table:
        return Table(shape, flint.fmpq_mat(*shape))

    @staticmethod
    def identity(n: int) -> Table:
        return Table.of([[int(i == j) for j in range(n)] for i in range(n)], n)

    @property
    def rows(self) -> list[list[Any]]:
        if self._surds is not None:
            return self._surds
        return self._rational.tolist() if all(self.shape) else [[] for _ in range(self.shape[0])]

    @property
    def is_rational(self) -> bool:
        return self._surds is None

    def __add__(self, other: Table) -> Table:
        return self._entrywise(other, lambda x, y: x + y)

    def __sub__(self, other: Table) -> Table:
        return self._entrywise(other, lambda x, y: x - y)

    def _entrywise(self, other: Table, combine: Callable[[Any, Any], Any]) -> Table:
        if self.is_rational and other.is_rational:
            return Table(self.shape, combine(self._rational, other._rational))
        pairs = zip(self.rows, other.rows, strict=True)
        return Table(self.shape, surds=[[Surd.of(combine(x, y)) for x, y in zip(*pair, strict=True)] for pair in pairs])

    def __matmul__(self, other: Table) -> Table:
        shape = self.shape[0], other.shape[1]
        if self.is_rational and other.is_rational:
            return Table(shape, self._rational * other._rational)
        columns = list(zip(*other.rows, strict=True))
        zero = Surd({})
        return Table(
            shape, surds=[[sum((Surd.of(x) * y for x, y in zip(row, c, strict=True)), zero) for c in columns] for row in self.rows]
        )

    def transposed(self) -> Table:
        if self._surds is None:
            return Table(self.shape[::-1], self._rational.transpose())
        return Table(self.shape[::-1], surds=[list(column) for column in zip(*self._surds, strict=True)])

    def adjoint(self) -> Table:
        """The conjugate transpose."""
        flipped = self.transposed()
        if flipped._surds is not None:
            flipped._surds = [[entry.conjugate() for entry in row] for row in flipped._surds]
        return flipped

    def columns(self, places: Sequence[int]) -> Table:
        """The columns at these places."""
        return Table.of([[row[j] for j in places] for row in self.rows], len(places))

    def beside(self, other: Table) -> Table:
        """The two, of one height, side by side."""
        rows = [left + right for left, right in zip(self.rows, other.rows, strict=True)]
        return Table.of(rows, self.shape[1] + other.shape[1])

    def inverse(self) -> Table:
        """Of a square matrix; raises ZeroDivisionError for a singular one."""
        if self._surds is None:
            return Table(self.shape, self._rational.inv())
        return self.solved(Table.identity(self.shape[0]))

    def is_inverse_of(self, other: Table) -> bool:
        """Whether other @ self = I, for square matrices of one size; in whole numbers where both are rational."""
        n = self.shape[0]
        if self._surds is None and other._surds is None:
            (over, under), (other_over, other_under) = self._rational.numer_denom(), other._rational.numer_denom()
            unit = flint.fmpz_mat(n, n)
            for i in range(n):
                unit[i, i] = under * other_under
            return bool(other_over * over == unit)
        return (other @ self - Table.identity(n)).is_zero()

    def is_zero(self) -> bool:
        if self._surds is None:
            return bool(self._rational == flint.fmpq_mat(*self.shape))
        return all(not entry.terms for row in self._surds for entry in row)

    def echelon(self) -> tuple[Table, list[int]]:
        """The reduced row echelon form and the places of its pivots."""
        if self._surds is None:
            reduced, rank = self._rational.rref()
            table = reduced.tolist() if rank else []
            return Table(self.shape, reduced), [next(j for j, entry in enumerate(table[i]) if entry != 0) for i in range(rank)]
        rows = [list(row) for row in self._surds]
        pivots: list[int] = []
        for j in range(self.shape[1]):
            top = len(pivots)
            found = next((i for i in range(top, len(rows)) if rows[i][j].terms), None)
            if found is None:
                continue
            rows[top], rows[found] = rows[found], rows[top]
            factor = rows[top][j].reciprocal()
            rows[top] = [entry * factor for entry in rows[top]]
            for i, row in enumerate(rows):
                if i != top and row[j].terms:
                    rows[i] = [x - row[j] * y for x, y in zip(row, rows[top], strict=True)]
            pivots.append(j)
        return Table(self.shape, surds=rows), pivots

    def solved(self, rhs: Table) -> Table:
        """The X with self @ X = rhs for an invertible matrix; raises ZeroDivisionError for a singular one."""
        if self.is_rational and rhs.is_rational:
            return Table(rhs.shape, self._rational.solve(rhs._rational))
        n = self.shape[0]
        reduced, pivots = self.beside(rhs).echelon()
        if pivots[:n] != list(range(n)):
            raise ZeroDivisionError
        return reduced.columns(range(n, n + rhs.shape[1]))

    def determinant(self) -> Any:
        """Of a square matrix: an fmpq, or a Surd (the product of the pivots of an elimination)."""
        if self._surds is None:
            return self._rational.det()
        rows, value = [list(row) for row in self._surds], Surd.of(1)
        for j in range(len(rows)):
            found = next((i for i in range(j, len(rows)) if rows[i][j].terms), None)
            if found is None:
                return Surd({})
            if found != j:
                rows[j], rows[found], value = rows[found], rows[j], -value
            value, factor = value * rows[j][j], rows[j][j].reciprocal()
            for row in rows[j + 1 :]:
                if row[j].terms:
                    weight = row[j] * factor
                    row[j:] = [x - weight * y for x, y in zip(row[j:], rows[j][j:], strict=True)]
        return value

    def json(self) -> list[list[Any]]:
        """The entries as texts (complex ones as objects of texts)."""
        if self._surds is None:
            return texts(self._rational) if all(self.shape) else self.rows
        return [[as_exact_json(entry) for entry in row] for row in self._surds]

    def approximately(self) -> Floats:
        """The entries to about 15 digits, as needed for norms; infinities beyond the range of doubles."""
        if self._surds is not None:
            return self.doubles()
        return np.array([float(flint.arb(entry)) for entry in self._rational.entries()]).reshape(self.shape)

    def doubles(self) -> Floats:
        """The nearest doubles. Raises MathematicsRefuses beyond their range."""
        if self._surds is None:
            return nearest_doubles(self._rational) if all(self.shape) else np.zeros(self.shape)
        is_complex = any(entry.is_complex for row in self._surds for entry in row)
        try:
            values = [[complex(entry) if is_complex else float(entry) for entry in row] for row in self._surds]
        except OverflowError:
            raise beyond_doubles() from None
        return np.array(values)
