"""Steps on exact numbers and matrices, and their proof: in rationals what is claimed, and read back what is printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from service import limits
from service.calculus.evaluate import Evaluator
from service.errors import CheckFailed, InputError, Undecided
from service.language import declare, parse
from service.linalg.matrix import Matrix
from service.printing.printers import to_latex
from service.teaching.sentences import code_of, sentence

LAMBDA, IMAGINARY = 0.737, 0.419
"""Texts that hold lambda, or i to the first power, are read back with these numbers for them."""
TOLERANCE = 1e-9
STEPS_HINT = "leave steps out, or scale the numbers"


@dataclass(frozen=True)
class Line:
    """A line as it is printed, and what it means: an fmpq, fmpq_mat or fmpq_poly (in lambda), lists of doubles (each to its own
    size, complex ones written with i), or an array of doubles (to the size of the largest).

    `factor` and `inside`: the line is ± the determinant of what `inside` is part of, and that is what is read back.
    """

    text: str
    latex: str
    value: Any
    factor: int = 1
    inside: Line | None = None

    def to_json(self) -> dict[str, str]:
        return {"text": self.text, "latex": self.latex}


Claim = Callable[[Line, Line], bool]


@dataclass(frozen=True)
class ExactStep:
    """One step: the rule's name, the line before and after, a sentence, and what the step claims of the two lines."""

    rule: str
    before: Line
    after: Line
    text: str
    holds: Claim

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "code": code_of(self.rule),
            "before": self.before.to_json(),
            "after": self.after.to_json(),
            "text": self.text,
        }


def step(rule: str, before: Line, after: Line, holds: Claim, /, **facts: str) -> ExactStep:
    return ExactStep(rule, before, after, sentence(rule, **facts), holds)


def proved(steps: Iterable[ExactStep]) -> list[dict[str, Any]]:
    """The steps as data. Raises CheckFailed where a claim does not hold, or a text does not mean what it stands for."""
    told = list(steps)
    for each in told:
        for line in (each.before, each.after):
            if not is_read_back(line):
                raise CheckFailed(f"a line of the steps does not mean what it should: {line.text[:200]}", facts={"rule": each.rule})
        if not each.holds(each.before, each.after):
            raise CheckFailed(
                f"a step does not hold: {each.rule}, from {each.before.text[:200]} to {each.after.text[:200]}", facts={"rule": each.rule}
            )
    return [each.to_json() for each in told]


def small_exact(matrix: Matrix, pointer: str = "/matrix") -> Any:
    """The entries as fmpq_mat. Raises InputError for expressions, roots and complex entries, LimitExceeded."""
    return of_small(matrix, pointer).exact


def of_small(matrix: Matrix, pointer: str = "/matrix") -> Matrix:
    """The matrix, when an operation on it can be told in steps. Raises InputError, LimitExceeded."""
    limits.check("steps-size", max(matrix.shape), pointer)
    if matrix.kind in ("symbolic", "surd") or matrix.is_complex:
        raise InputError(
            "steps are told for real numbers", hint="rational entries, decimals among them; or leave steps out", pointer="/steps"
        )
    return matrix


# --- lines ----------------------------------------------------------------------------------------------------------


def matrix_line(matrix: Any, bar: int | None = None) -> Line:
    """An fmpq_mat; `bar` is the number of columns before a vertical line."""
    rows = rows_of(matrix)
    _check_digits(entry for row in rows for entry in row)
    text = f"[{'; '.join(', '.join(map(str, row)) for row in rows)}]"
    body = r" \\ ".join(" & ".join(map(latex_of, row)) for row in rows)
    if bar is None:
        return Line(text, rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", matrix)
    columns = "c" * bar + "|" + "c" * (matrix.ncols() - bar)
    return Line(text, rf"\left[\begin{{array}}{{{columns}}} {body} \end{{array}}\right]", matrix)


def number_line(value: Any) -> Line:
    _check_digits([flint.fmpq(value)])
    return Line(str(value), latex_of(value), flint.fmpq(value))


def determinant_line(matrix: Any, sign: int) -> Line:
    """±det(A); the value is A, the factor the sign."""
    inside = matrix_line(matrix)
    mark = "-" if sign < 0 else ""
    return Line(f"{mark}det({inside.text})", f"{mark}{inside.latex.replace('bmatrix', 'vmatrix')}", matrix, sign, inside)


def text_line(text: str, value: Any) -> Line:
    """A text in the language, with its LaTeX; `value` is what it stands for."""
    return Line(text, to_latex(parse(text, declare(None)).node), value)


def latex_of(value: Any) -> str:
    value = flint.fmpq(value)
    if value.q == 1:
        return str(value)
    return rf"{'-' if value < 0 else ''}\frac{{{abs(value.p)}}}{{{value.q}}}"


def _check_digits(entries: Iterable[Any]) -> None:
    bits = max((max(int(abs(entry.p)).bit_length(), int(entry.q).bit_length()) for entry in entries), default=0)
    limits.check("steps-digits", math.ceil(bits * math.log10(2)))


def rows_of(matrix: Any) -> list[list[Any]]:
    return matrix.tolist()  # type: ignore[no-any-return]


def of_rows(rows: Sequence[Sequence[Any]]) -> Any:
    """The fmpq_mat of these rows."""
    return flint.fmpq_mat(len(rows), len(rows[0]), [flint.fmpq(entry) for row in rows for entry in row])


# --- read back ------------------------------------------------------------------------------------------------------


def is_read_back(line: Line) -> bool:
    """Whether the text, read as a client's would be, has the value that the line stands for."""
    if line.inside is not None:
        mark, rest = ("-", line.text[1:]) if line.text.startswith("-") else ("", line.text)
        is_sign = line.factor == (-1 if mark else 1)
        return is_sign and rest.startswith("det(") and rest.endswith(f"{line.inside.text})") and is_read_back(line.inside)
    found = np.reshape(numbers_of(line.text), -1)
    expected, scale = _expected(line.value)
    if found.shape != expected.shape:
        return False
    return bool(np.all(np.abs(found - expected) <= TOLERANCE * scale))


def numbers_of(text: str) -> Any:
    """The value of a text in the language, with LAMBDA for lambda and IMAGINARY for i."""
    return Evaluator(parse(text, declare(None)).node, {})({"lambda": np.asarray(LAMBDA), "i": np.asarray(IMAGINARY)})


def _expected(value: Any) -> tuple[Any, Any]:
    """What a value comes to in doubles, and the scale of the rounding errors in it, or in each of its entries."""
    if isinstance(value, flint.fmpq_poly):
        terms = [double(coefficient) * LAMBDA**power for power, coefficient in enumerate(value.coeffs())]
        return np.array([math.fsum(terms)]), sum(map(abs, terms))
    if isinstance(value, flint.fmpq_mat):
        array = np.array([double(entry) for row in rows_of(value) for entry in row])
    elif isinstance(value, flint.fmpq):
        array = np.array([double(value)])
    else:
        given = np.reshape(np.asarray(value), -1)
        array = given.real + IMAGINARY * given.imag
    return array, np.max(np.abs(array), initial=0) if isinstance(value, np.ndarray) else np.abs(array)


def double(value: Any) -> float:
    """The nearest double of an fmpq or fmpz. Raises Undecided where there is none, for then a step cannot be multiplied out."""
    value = flint.fmpq(value)
    try:
        nearest = int(value.p) / int(value.q)
    except OverflowError:
        nearest = math.inf
    if math.isinf(nearest) or (nearest == 0 and value != 0):
        raise Undecided("the steps hold numbers beyond the range of doubles, so that they cannot be checked", STEPS_HINT, "/steps")
    return nearest
