"""Eigenvalues by the characteristic polynomial, and eigenvectors by elimination, told step by step on exact matrices."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from service.linalg.eigen_exact import characteristic
from service.linalg.exact_spectrum import Eigenvalue, ExactSpectrum
from service.teaching.exact_steps import (
    TOLERANCE,
    ExactStep,
    Line,
    double,
    matrix_line,
    numbers_of,
    of_rows,
    rows_of,
    step,
    text_line,
)

LONGEST_ROOT = 40
"""Characters: longer closed forms of eigenvalues are shown as digits."""


def eigen_steps(found: ExactSpectrum) -> list[ExactStep]:
    """The characteristic polynomial, its factors, its roots, and for each root the eigenvectors, where they can be written down."""
    a, n = found.a, found.a.nrows()
    told = characteristic(found)
    polynomial = a.charpoly()
    inside = matrix_line(a)
    unit = f"lambda*eye({n})" if n > 1 else "lambda"
    latex = rf"\det\left(\lambda I - {inside.latex}\right)"
    start = Line(f"det({unit} - {inside.text})", latex, a, 1, inside)
    expanded = text_line(told["text"], polynomial)
    steps = [step("characteristic polynomial", start, expanded, _claims_polynomial)]
    factored = text_line(told["factored"], polynomial)
    if told["factored"] != f"({told['text']})":
        steps.append(step("factor", expanded, factored, lambda left, right: bool(left.value == right.value)))
    else:
        factored = expanded
    values = [_number(value.text) for value in found.values]
    often = [f"{_short(value.text)} counted {value.factor.algebraic} times" for value in found.values if value.factor.algebraic > 1]
    roots = text_line(f"[{', '.join(_short(value.text) for value in found.values)}]", values)
    if any(_short(value.text) != _text(value.text) for value in found.values):
        often.append("rounded where they are long")
    where = f", {', '.join(often)}" if often else ""
    steps.append(step("eigenvalues", factored, roots, _claims_roots, where=where))
    if found.is_explicit:
        for value in found.values:
            steps += _vectors(found, value)
    return steps


def diagonal_steps(found: ExactSpectrum) -> list[ExactStep]:
    """The same, and A = P·D·P⁻¹, or P·J·P⁻¹, where all numbers are real and can be written down."""
    steps = eigen_steps(found)
    form = found.jordan_form()
    if not found.is_explicit or form is None or any(isinstance(value.text, dict) for value in found.values):
        return steps
    basis, middle = _matrix_text(found.jordan_basis()), _matrix_text(form)
    text = f"{basis}*{middle}*inv({basis})"
    a = np.array([[double(entry) for entry in row] for row in rows_of(found.a)])

    def holds(before: Line, after: Line) -> bool:
        return bool(np.max(np.abs(np.reshape(numbers_of(after.text), -1) - a.ravel())) <= TOLERANCE * max(1e-300, float(np.max(np.abs(a)))))

    rule = "diagonal form" if found.is_diagonalizable else "Jordan form"
    return [*steps, step(rule, matrix_line(found.a), text_line(text, a), holds)]


def _vectors(found: ExactSpectrum, value: Eigenvalue) -> list[ExactStep]:
    n, text = found.a.nrows(), _text(value.text)
    chains = found.chains[id(value.factor)][1]
    places = _places(found, value)
    columns = [[row[place] for row in found.eigenvectors()] for place in places]
    assert len(columns) == len(chains)
    basis = text_line(
        _matrix_text(list(zip(*columns, strict=True))), [[_number(entry) for entry in row] for row in zip(*columns, strict=True)]
    )
    if value.factor.degree > 1:
        inside = f"({text})*eye({n})" if n > 1 else f"({text})"
        start = text_line(f"{matrix_line(found.a).text} - {inside}", _shifted(found.a, value))
        return [step("eigenvectors", start, basis, _claims_kernel, result=text)]
    shift = flint.fmpq(*map(int, value.text.split("/")))
    shifted = found.a - of_rows([[shift if i == j else 0 for j in range(n)] for i in range(n)])
    reduced = shifted.rref()[0]
    exact = of_rows([[flint.fmpq(*map(int, str(entry).split("/"))) for entry in row] for row in zip(*columns, strict=True)])

    def holds(before: Line, after: Line) -> bool:
        is_zero = all(entry == 0 for entry in (before.value * after.value).entries())
        return bool(is_zero and after.value.rank() == n - before.value.rank() == after.value.ncols())

    return [
        step(
            "shift",
            matrix_line(shifted),
            matrix_line(reduced),
            lambda left, right: bool(left.value.rref()[0] == right.value),
            result=text,
            entry=_within(text),
        ),
        step("eigenvectors", matrix_line(reduced), matrix_line(exact), holds, result=text),
    ]


def _places(found: ExactSpectrum, value: Eigenvalue) -> list[int]:
    """The columns of the eigenvectors of one eigenvalue."""
    start = 0
    for other in found.values:
        count = other.factor.geometric
        if other is value:
            return list(range(start, start + count))
        start += count
    raise AssertionError("no such eigenvalue")


def _shifted(a: Any, value: Eigenvalue) -> Any:
    shift = _number(value.text)
    return np.array([[double(entry) - (shift if i == j else 0) for j, entry in enumerate(row)] for i, row in enumerate(rows_of(a))])


# --- what is claimed ------------------------------------------------------------------------------------------------


def _claims_polynomial(before: Line, after: Line) -> bool:
    """det(t·I - A) at n + 1 points determines the polynomial."""
    n = before.value.nrows()
    for t in range(n + 1):
        shifted = of_rows([[t * (i == j) - entry for j, entry in enumerate(row)] for i, row in enumerate(rows_of(before.value))])
        if shifted.det() != after.value(flint.fmpq(t)):
            return False
    return True


def _claims_roots(before: Line, after: Line) -> bool:
    coefficients = [double(entry) for entry in before.value.coeffs()]
    for root in np.reshape(np.asarray(after.value), -1):
        terms = [coefficient * root**power for power, coefficient in enumerate(coefficients)]
        if abs(sum(terms)) > TOLERANCE * max(sum(map(abs, terms)), 1e-300):
            return False
    return True


def _claims_kernel(before: Line, after: Line) -> bool:
    matrix, columns = np.asarray(before.value), np.asarray(after.value)
    scale = float(np.max(np.abs(matrix))) * float(np.max(np.abs(columns)))
    return bool(np.max(np.abs(matrix @ columns)) <= TOLERANCE * scale and np.all(np.any(columns != 0, axis=0)))


# --- texts ----------------------------------------------------------------------------------------------------------


def _text(entry: Any) -> str:
    """The text of an exact number; a complex one with i."""
    if not isinstance(entry, dict):
        return str(entry)
    real, imaginary = str(entry["re"]), str(entry["im"])
    sign, size = ("-", imaginary[1:]) if imaginary.startswith("-") and not _is_sum(imaginary[1:]) else ("+", imaginary)
    size = f"({size})" if _is_sum(size) else size
    part = "i" if size == "1" else f"{size}*i"
    return f"{'-' if sign == '-' else ''}{part}" if real == "0" else f"{real} {sign} {part}"


def _short(entry: Any) -> str:
    """The text, or its digits where that is long."""
    text = _text(entry)
    if len(text) <= LONGEST_ROOT:
        return text
    number = _number(entry)
    if isinstance(entry, dict):
        return _text({"re": f"{number.real:.13g}", "im": f"{number.imag:.13g}"})
    return f"{number:.13g}"


def _within(text: str) -> str:
    return f"({text})" if _is_sum(text) else text


def _is_sum(text: str) -> bool:
    return " " in text or "-" in text


def _number(entry: Any) -> complex | float:
    """An exact number as a double."""
    if isinstance(entry, dict):
        return complex(float(numbers_of(str(entry["re"]))), float(numbers_of(str(entry["im"]))))
    return float(numbers_of(str(entry)))


def _matrix_text(rows: Any) -> str:
    return f"[{'; '.join(', '.join(_text(entry) for entry in row) for row in rows)}]"
