"""Elimination on exact matrices, told one row operation after the other: rank, determinant, inverse, systems.

A row operation is a product with an elementary matrix from the left; the proof of a step multiplies it out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint

from service.teaching.exact_steps import (
    ExactStep,
    Line,
    determinant_line,
    matrix_line,
    number_line,
    of_rows,
    rows_of,
    step,
)

Draw = Callable[[Any], Line]


def rank_steps(a: Any) -> list[ExactStep]:
    """From the m×n fmpq_mat to an echelon form, and to the number of its pivots."""
    steps, echelon, pivots = _eliminated(a, a.ncols(), matrix_line)
    last = step("rank of the echelon form", matrix_line(echelon), number_line(len(pivots)), _claims_rank, result=str(len(pivots)))
    return [*steps, last]


def determinant_steps(a: Any) -> list[ExactStep]:
    """From det(A) to ±det(U), U triangular, and to the product of its diagonal."""
    n, work, sign = a.nrows(), a, 1
    steps: list[ExactStep] = []

    def told(rule: str, elementary: Any, sign_after: int, **facts: str) -> Any:
        after = elementary * work

        def holds(left: Line, right: Line) -> bool:
            is_same = left.factor * left.value.det() == right.factor * right.value.det()
            return bool(is_same and elementary * left.value == right.value)

        steps.append(step(rule, determinant_line(work, sign), determinant_line(after, sign_after), holds, **facts))
        return after

    for j in range(n):
        pivot = next((i for i in range(j, n) if work[i, j] != 0), None)
        if pivot is None:
            continue
        if pivot != j:
            work = told("exchange rows of a determinant", _exchange(n, pivot, j), -sign, row=str(j + 1), other=str(pivot + 1))
            sign = -sign
        for i in range(j + 1, n):
            if work[i, j] != 0:
                factor = work[i, j] / work[j, j]
                work = told("subtract a multiple", _subtract(n, i, factor, j), sign, **_facts(i, factor, j, j))
    diagonal = [work[i, i] for i in range(n)]
    product = math.prod(diagonal, start=flint.fmpq(sign))
    shown = "*".join(f"({entry})" if entry < 0 or entry.q != 1 else str(entry) for entry in diagonal)
    result = f"{'-' if sign < 0 else ''}{shown} = {product}" if n > 1 or sign < 0 else str(product)
    last = step("determinant of a triangle", determinant_line(work, sign), number_line(product), _claims_determinant, result=result)
    return [*steps, last]


def inverse_steps(a: Any) -> list[ExactStep]:
    """From [A | I] to [I | A⁻¹], for an invertible n×n fmpq_mat, by Gauss and Jordan."""
    n = a.nrows()
    steps, reduced, _ = _reduced(_beside(a, _identity(n)), n)
    inverse = _columns(reduced, n, 2 * n)

    def holds(before: Line, after: Line) -> bool:
        return bool(after.value * a == _identity(n) and before.value == _beside(_identity(n), after.value))

    return [*steps, step("read off the inverse", matrix_line(reduced, n), matrix_line(inverse), holds)]


def system_steps(a: Any, b: Any) -> list[ExactStep]:
    """From [A | B] to the reduced echelon form, and to a solution: the one in which free unknowns are 0."""
    n = a.ncols()
    steps, reduced, pivots = _reduced(_beside(a, b), n)
    rows = rows_of(reduced)
    solution = of_rows([rows[pivots.index(j)][n:] if j in pivots else [0] * b.ncols() for j in range(n)])
    free = [str(j + 1) for j in range(n) if j not in pivots]
    where = f"; unknown {', '.join(free)} can be chosen freely, and is 0 here" if free else ""

    def holds(before: Line, after: Line) -> bool:
        is_free = [row for j, row in enumerate(rows_of(after.value)) if j not in pivots]
        return bool(a * after.value == b) and all(entry == 0 for row in is_free for entry in row)

    return [*steps, step("read off the solution", matrix_line(reduced, n), matrix_line(solution), holds, where=where)]


# --- elimination ----------------------------------------------------------------------------------------------------


def _eliminated(a: Any, columns: int, draw: Draw) -> tuple[list[ExactStep], Any, list[int]]:
    """To an echelon form in the first columns; the columns of the pivots."""
    m, work, row = a.nrows(), a, 0
    steps: list[ExactStep] = []
    pivots: list[int] = []
    for j in range(columns):
        pivot = next((i for i in range(row, m) if work[i, j] != 0), None)
        if pivot is None:
            continue
        if pivot != row:
            work = _told(steps, "exchange rows", _exchange(m, pivot, row), work, draw, row=str(row + 1), other=str(pivot + 1))
        for i in range(row + 1, m):
            if work[i, j] != 0:
                factor = work[i, j] / work[row, j]
                work = _told(steps, "subtract a multiple", _subtract(m, i, factor, row), work, draw, **_facts(i, factor, row, j))
        pivots.append(j)
        row += 1
    return steps, work, pivots


def _reduced(joined: Any, columns: int) -> tuple[list[ExactStep], Any, list[int]]:
    """To the reduced echelon form of the first columns."""

    def draw(matrix: Any) -> Line:
        return matrix_line(matrix, columns)

    m = joined.nrows()
    steps, work, pivots = _eliminated(joined, columns, draw)
    for row, j in reversed(list(enumerate(pivots))):
        if work[row, j] != 1:
            pivot = work[row, j]
            work = _told(steps, "scale a row", _scale(m, row, 1 / pivot), work, draw, row=str(row + 1), result=str(pivot))
        for i in range(row):
            if work[i, j] != 0:
                factor = work[i, j]
                work = _told(steps, "subtract a multiple", _subtract(m, i, factor, row), work, draw, **_facts(i, factor, row, j))
    return steps, work, pivots


def _told(steps: list[ExactStep], rule: str, elementary: Any, work: Any, draw: Draw, **facts: str) -> Any:
    """The matrix after a row operation, which is told."""
    after = elementary * work
    steps.append(step(rule, draw(work), draw(after), lambda left, right: bool(elementary * left.value == right.value), **facts))
    return after


def _facts(i: int, factor: Any, row: int, column: int) -> dict[str, str]:
    return {"row": str(i + 1), "result": str(factor), "other": str(row + 1), "entry": str(column + 1)}


# --- what is claimed ------------------------------------------------------------------------------------------------


def _claims_rank(before: Line, after: Line) -> bool:
    return bool(before.value.rank() == after.value)


def _claims_determinant(before: Line, after: Line) -> bool:
    return bool(before.factor * before.value.det() == after.value)


# --- elementary matrices --------------------------------------------------------------------------------------------


def _identity(n: int) -> Any:
    return flint.fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def _exchange(n: int, i: int, j: int) -> Any:
    matrix = _identity(n)
    matrix[i, i], matrix[j, j], matrix[i, j], matrix[j, i] = 0, 0, 1, 1
    return matrix


def _subtract(n: int, i: int, factor: Any, j: int) -> Any:
    """Row i minus `factor` times row j."""
    matrix = _identity(n)
    matrix[i, j] = -factor
    return matrix


def _scale(n: int, i: int, factor: Any) -> Any:
    matrix = _identity(n)
    matrix[i, i] = factor
    return matrix


def _beside(left: Any, right: Any) -> Any:
    return of_rows([one + two for one, two in zip(rows_of(left), rows_of(right), strict=True)])


def _columns(matrix: Any, start: int, stop: int) -> Any:
    return of_rows([row[start:stop] for row in rows_of(matrix)])
