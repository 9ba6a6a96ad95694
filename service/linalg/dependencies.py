"""Linear relations: which rows (or columns) are combinations of the ones before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import flint
import numpy as np

from service.linalg.exact_numbers import Floats
from service.linalg.exact_tables import Table
from service.linalg.surds import as_exact_json

Line = Literal["row", "column", "vector"]
TERMS_SHOWN = 6
RELATIONS_SHOWN = 3
NOISE = 1e-12  # float coefficients below this, relative to the largest, are rounding


@dataclass(frozen=True)
class Dependency:
    """The `line` number `index` (from 0) equals the sum of coefficient × line over `combination`; an empty sum is zero.

    Coefficients are exact texts ("3", "-1/2", "sqrt(2)/2"; of complex numbers {"re", "im"}), or floats for a relation that was
    found in floats.
    """

    line: Line
    index: int
    combination: tuple[tuple[int, Any], ...]

    def to_json(self, names: Sequence[str] | None = None) -> dict[str, object]:
        """{"row": 2, "combination": [{"row": 0, "coefficient": "3"}]}; with the lines' names in place of numbers when given."""
        terms = [{self.line: names[i] if names else i, "coefficient": coefficient} for i, coefficient in self.combination]
        return {self.line: names[self.index] if names else self.index, "combination": terms}

    def sentence(self, names: Sequence[str] | None = None) -> str:
        """The relation for people, who count from 1: "row 3 = 3·row 1 + 2·row 2"; its first terms when there are many."""
        left = self._called(self.index, names)
        if not self.combination:
            return f"{left} is zero"
        right = ""
        for i, coefficient in self.combination[:TERMS_SHOWN]:
            text = _coefficient(coefficient)
            text = text if len(text) <= 24 else f"{text[:20]}..."
            sign, size = ("-", text[1:]) if text.startswith("-") else ("+", text)
            term = self._called(i, names) if size == "1" else f"{size}·{self._called(i, names)}"
            right += f" {sign} {term}" if right else f"{'-' if sign == '-' else ''}{term}"
        more = " + ..." if len(self.combination) > TERMS_SHOWN else ""
        return f"{left} = {right}{more}"

    def _called(self, index: int, names: Sequence[str] | None) -> str:
        return names[index] if names else f"{self.line} {index + 1}"


def shown(dependencies: list[Dependency] | None) -> str:
    """The first relations in words."""
    sentences = [entry.sentence() for entry in (dependencies or [])[:RELATIONS_SHOWN]]
    return "; ".join(sentences) + ("; ..." if len(dependencies or []) > RELATIONS_SHOWN else "")


def _coefficient(value: Any) -> str:
    """A coefficient for people; a sum stands in brackets."""
    if isinstance(value, dict):
        return f"({value['re']} + {value['im']}·i)".replace("+ -", "- ")
    text = value if isinstance(value, str) else f"{value:.6g}"
    return f"({text})" if " " in text else text


def exact_dependencies(matrix: Any, line: Line = "row") -> tuple[list[int], list[Dependency]]:
    """The independent lines of the Table, fmpq_mat or fmpz_mat `matrix`, first come first kept, and the others as their
    combinations.

    In the reduced row echelon form of a matrix with the lines as columns, the pivots are the lines that are independent of
    the earlier ones, and every other column holds its own coefficients in terms of the pivots before it.
    """
    table = matrix if isinstance(matrix, Table) else Table((matrix.nrows(), matrix.ncols()), flint.fmpq_mat(matrix))
    reduced, pivots = (table.transposed() if line == "row" else table).echelon()
    rows = reduced.rows
    found = []
    for j in sorted(set(range(reduced.shape[1])) - set(pivots)):
        terms = tuple((pivots[i], as_exact_json(rows[i][j])) for i in range(len(pivots)) if rows[i][j] != 0)
        found.append(Dependency(line, j, terms))
    return pivots, found


def float_dependencies(a: Floats, rank: int, tolerance: float, line: Line = "row") -> list[Dependency] | None:
    """The same in floats for a matrix of the numerical rank `rank`; None when that finds another number of independent lines,
    and for complex matrices."""
    lines = a if line == "row" else a.T
    kept = independent_lines(lines, rank, tolerance)
    if kept is None or np.iscomplexobj(a):
        return None
    dependent = [i for i in range(len(lines)) if i not in set(kept)]
    if not kept:
        return [Dependency(line, i, ()) for i in dependent]
    weights = np.linalg.lstsq(lines[kept].T, lines[dependent].T, rcond=None)[0]
    weights[np.abs(weights) <= NOISE * np.abs(weights).max(axis=0)] = 0.0
    return [
        Dependency(line, i, tuple((j, float(w)) for j, w in zip(kept, column, strict=True) if w != 0 and j < i))
        for i, column in zip(dependent, weights.T, strict=True)
    ]


def independent_lines(lines: Floats, rank: int, tolerance: float) -> list[int] | None:
    """The rows of `lines` that are independent of the earlier ones: a row is dependent when what the earlier independent ones
    leave of it is at most `tolerance`. None when their number is not `rank`."""
    basis = np.empty((rank, lines.shape[1]), dtype=lines.dtype)  # orthonormal, spans the independent lines so far
    kept: list[int] = []
    for i, vector in enumerate(lines):
        spanned = basis[: len(kept)]
        rest = vector - (spanned.conj() @ vector) @ spanned
        rest -= (spanned.conj() @ rest) @ spanned  # twice is enough (Kahan, Parlett)
        size = float(np.linalg.norm(rest))
        if size > tolerance:
            if len(kept) == rank:
                return None
            basis[len(kept)] = rest / size
            kept.append(i)
    return kept if len(kept) == rank else None
