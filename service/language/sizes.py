"""Sizes as they are written: `3`, `n`, `2*m*n`, in declarations and in `eye(n)`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from service import limits
from service.errors import ExpressionSyntaxError, Span
from service.expression.numbers import Rational, tidy
from service.expression.operation import is_function
from service.expression.shapes import Size, multiply, split
from service.language import complaints
from service.language.names import CONSTANTS
from service.language.tokens import END, Token, is_name
from service.operations.constant_arrays import ConstantArray

_PLAIN_NUMBER = re.compile(r"\s*(?P<sign>[+-]?)\s*(?P<numerator>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(?:/\s*(?P<denominator>[0-9]+)\s*)?")


class NotASize(Exception):
    """Never leaves the package: `detail` says what is wrong, `hint` what would be right."""

    def __init__(self, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.detail, self.hint = detail, hint


def parse_size(text: str) -> Size:
    """The size that a text is: a whole number, a letter (any name), or a product of them. Raises NotASize, LimitExceeded."""
    parts: list[Size] = []
    for part in text.split("*"):
        word = part.strip()
        if word.isascii() and word.isdigit():
            if len(word) > 15 or int(word) > limits.limit("matrix-entries"):
                limits.check("matrix-entries", int(word[:15]))
            if int(word) == 0:
                raise NotASize("0 is no size", "the smallest size is 1")
            parts.append(int(word))
        elif is_name(word):
            limits.check("name-length", len(word))
            if word in CONSTANTS or is_function(word):
                raise NotASize(f"{word} is a {'constant' if word in CONSTANTS else 'function'}, not a size", "take another letter")
            parts.append(word)
        else:
            hint = "a size is a whole number, a letter or a product of them: 3, n, m*n"
            raise NotASize(f"{complaints.quote(word)} is no size" if word else "a size is missing", hint)
    return multiply(*parts)


def letters_of(size: Size) -> list[str]:
    """The letters of a size, in order."""
    return split(size)[1]


def read_sizes(text: str, tokens: list[Token], position: int, operation: ConstantArray) -> tuple[list[Any], dict[str, Span], int]:
    """What stands between the brackets of `eye(n)` or `unit(2, n)`: plain numbers, then sizes; the letters among them
    with their places; and the position after the closing bracket.

    Raises ExpressionSyntaxError, LimitExceeded.
    """
    found: list[Any] = []
    letters: dict[str, Span] = {}
    opening = tokens[position - 1]
    start = opening.end
    while True:
        token = tokens[position]
        position += 1
        if token.kind == END:
            raise complaints.never_closed(opening)
        if token.text in (",", ")"):
            try:
                if len(found) < operation.numbers:
                    found.append(_plain_number(text[start : token.start], operation))
                else:
                    found.append(parse_size(text[start : token.start]))
                    letters |= dict.fromkeys(letters_of(found[-1]), Span(start, token.start))
            except NotASize as error:
                span = Span(start, token.start)
                raise ExpressionSyntaxError(f"in {operation.usage()}, {error.detail}", hint=error.hint, span=span) from None
            start = token.end
        if token.text == ")":
            break
    least, most = operation.arity
    if len(found) < least or (most is not None and len(found) > most):
        raise complaints.wrong_count(operation, len(found), Span(tokens[0].start, token.end))
    return found, letters, position


def _plain_number(text: str, operation: ConstantArray) -> Rational:
    """A number that needs no arithmetic: 2, -0.5, 1/3; whole where it is a place, `unit(2, n)`."""
    match = _PLAIN_NUMBER.fullmatch(text)
    limits.check("number-digits", len(text.strip()))
    if match is None or (match["denominator"] and not int(match["denominator"])):
        raise NotASize(f"{complaints.quote(text.strip()) or 'nothing'} is no number", "a plain number: 1, 0.5, 1/2")
    value = tidy(Fraction(match["sign"] + match["numerator"]) / int(match["denominator"] or 1))
    if not operation.inferred and value.denominator != 1:
        raise NotASize(f"{complaints.quote(text.strip())} is no place", "places count from 1")
    return value
