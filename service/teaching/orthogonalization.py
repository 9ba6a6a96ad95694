"""Gram and Schmidt's method on exact vectors, told vector by vector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import flint
import numpy as np

from service.linalg.orthogonalize import orthogonalize
from service.linalg.square_roots import surd_text
from service.teaching.exact_steps import TOLERANCE, ExactStep, Line, double, latex_of, matrix_line, of_rows, rows_of, step, text_line


def gram_schmidt_steps(a: Any) -> list[ExactStep]:
    """Of the columns of an fmpq_mat: each loses its projections on those before, and is divided by its length."""
    steps: list[ExactStep] = []
    vectors: list[list[Any]] = []
    for place, column in enumerate(a.transpose().tolist()):
        name = str(place + 1)
        vector = column
        if vectors:
            vector = _without_projections(steps, column, tuple(vectors), name)
        if any(entry != 0 for entry in vector):
            vectors.append(vector)
            _normalized(steps, vector, name)
        elif column == vector:
            steps.append(step("dependent vector", _line(column), _line(vector), lambda left, right: left.value == right.value, row=name))
    return steps


def qr_steps(a: Any, permutation: list[int] | None = None) -> list[ExactStep]:
    """Of A, or of its columns in this order: the orthonormal columns of Q, and R."""
    if permutation is not None:
        a = of_rows([[row[place] for place in permutation] for row in rows_of(a)])
    return [*gram_schmidt_steps(a), *triangular_step(a)]


def triangular_step(a: Any) -> list[ExactStep]:
    """A = Q·R for the orthonormal columns of Q."""
    found = orthogonalize(a)
    if not found.independent:
        return []
    norms = found.squared_norms
    r = [[surd_text(value, d) for value in row] for row, d in zip(rows_of(found.coefficients), norms, strict=True)]
    values = [[double(value) * math.sqrt(double(d)) for value in row] for row, d in zip(rows_of(found.coefficients), norms, strict=True)]
    q = np.array([[double(value) / math.sqrt(double(d)) for value, d in zip(row, norms, strict=True)] for row in rows_of(found.vectors)])

    def holds(before: Line, after: Line) -> bool:
        given = np.array([[double(value) for value in row] for row in rows_of(before.value)])
        return bool(np.max(np.abs(q @ np.asarray(after.value) - given)) <= TOLERANCE * max(1e-300, float(np.max(np.abs(given)))))

    return [step("triangular factor", matrix_line(a), text_line(f"[{'; '.join(', '.join(row) for row in r)}]", values), holds)]


def _without_projections(steps: list[ExactStep], column: list[Any], vectors: Sequence[list[Any]], name: str) -> list[Any]:
    factors = [_dot(vector, column) / _dot(vector, vector) for vector in vectors]
    left = column
    for factor, vector in zip(factors, vectors, strict=True):
        left = [p - factor * q for p, q in zip(left, vector, strict=True)]

    def holds(before: Line, after: Line) -> bool:
        rest = [row[0] for row in rows_of(after.value)]
        taken = [p[0] - q for p, q in zip(rows_of(before.value), rest, strict=True)]
        combined = [sum((f * v[i] for f, v in zip(factors, vectors, strict=True)), flint.fmpq(0)) for i in range(len(rest))]
        return all(_dot(vector, rest) == 0 for vector in vectors) and taken == combined

    terms = "".join(
        f" {'-' if factor > 0 else '+'} {abs(factor)}*{_shown(vector)}"
        for factor, vector in zip(factors, vectors, strict=True)
        if factor != 0
    )
    identity = f"{_shown(column)}{terms} = {_shown(left)}" if terms else "there are none, it is orthogonal to them"
    rule = "subtract projections" if any(entry != 0 for entry in left) else "dependent vector"
    if terms:
        steps.append(step(rule, _line(column), _line(left), holds, row=name, identity=identity))
    return left


def _normalized(steps: list[ExactStep], vector: list[Any], name: str) -> None:
    square = _dot(vector, vector)
    if square == 1:
        return
    texts = [surd_text(entry / square, square) for entry in vector]
    length = math.sqrt(double(square))

    def holds(before: Line, after: Line) -> bool:
        entries = np.array([double(row[0]) for row in rows_of(before.value)])
        unit = np.asarray(after.value)
        return bool(np.max(np.abs(unit * length - entries)) <= TOLERANCE * length and abs(float(unit @ unit) - 1) <= TOLERANCE)

    after = text_line(f"[{', '.join(texts)}]", [double(entry) / length for entry in vector])
    steps.append(step("normalize", _line(vector), after, holds, row=name, result=surd_text(flint.fmpq(1), square)))


def _line(vector: list[Any]) -> Line:
    """A column."""
    column = matrix_line(flint.fmpq_mat(len(vector), 1, vector))
    body = r" \\ ".join(map(latex_of, vector))
    return Line(_shown(vector), rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", column.value)


def _shown(vector: list[Any]) -> str:
    return f"[{', '.join(map(str, vector))}]"


def _dot(one: list[Any], two: list[Any]) -> Any:
    return sum((p * q for p, q in zip(one, two, strict=True)), flint.fmpq(0))
