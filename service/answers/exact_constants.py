"""Entries such as "sqrt(2)/2" as exact numbers: what the language reads, computed in sums of square roots."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service import limits
from service.errors import MatrixFormatError
from service.expression.nodes import Node, in_order
from service.language.reading import parse_number
from service.linalg.matrix import Matrix, place, pointer, short
from service.linalg.surds import Surd
from service.operations.leaves import Number


def with_constants(matrix: Matrix, field: str) -> Matrix:
    """The matrix with its expressions computed exactly; `field` is its pointer in the request.

    Raises what the language raises, UnknownName for a variable, MatrixFormatError for a constant that is no sum of rationals
    times square roots, such as pi.
    """
    if matrix.kind != "symbolic":
        return matrix
    rows = [[_read(matrix, field, i, j) for j in range(matrix.shape[1])] for i in range(matrix.shape[0])]
    if any(isinstance(entry, Surd) for row in rows for entry in row):
        return replace(matrix, kind="surd", sent=rows)
    return replace(matrix, kind="rational", sent=rows)


def _read(matrix: Matrix, field: str, i: int, j: int) -> Any:
    entry = matrix.rows[i][j]
    if not isinstance(entry, str):
        return entry
    at = field + pointer(i, j, matrix.is_vector)
    limits.check("exact-digits", len(entry), at)
    try:
        number = exact_value(parse_number(entry, at))
    except (TypeError, AttributeError, ValueError, ZeroDivisionError):
        raise MatrixFormatError(
            f"{place(i, j, matrix.is_vector)}, {short(entry)}, is not a sum of rational numbers times square roots",
            'exact entries are such as "45/22" or "sqrt(2)/2"; send the decimals of any other number',
            at,
        ) from None
    return number if set(number.terms) - {1} else number.rational()


def exact_value(node: Node) -> Surd:
    """The value of a scalar without variables: the operations' own values, on exact numbers. Raises TypeError, AttributeError,
    ValueError or ZeroDivisionError for what Surd has no method for."""
    values: dict[Node, Any] = {}
    for part in in_order([node]):
        if isinstance(part.operation, Number):
            fraction = Fraction(part.parameter)
            value: Any = Surd({1: flint.fmpq(fraction.numerator, fraction.denominator)})
        else:
            value = part.operation.value(part, *[values[argument] for argument in part.arguments])
        values[part] = np.asarray(value, dtype=object)
    found = values[node].item()
    if not isinstance(found, Surd):
        raise TypeError("not exact")
    return found
