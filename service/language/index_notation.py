"""The labels of einsum(ik,lj->ijkl, A, B): one letter an axis."""

from __future__ import annotations

from service.errors import ExpressionSyntaxError, Span
from service.language.tokens import NAME, Token
from service.operations.index_notation import LETTERS, Pattern

_HINT = "write einsum(ij,jk->ik, A, B): a letter for each axis of each array, and the letters of the result after ->"


def read_pattern(tokens: list[Token], position: int) -> tuple[Pattern, int]:
    """The pattern that starts at `position`, and the position after the comma that ends it.

    Raises ExpressionSyntaxError for what is no pattern, and for a label on the right that is not on the left.
    """
    start = tokens[position]
    numbers: dict[str, int] = {}
    inputs: list[tuple[int, ...]] = []
    while True:
        token = tokens[position]
        labels = ""
        if token.kind == NAME:
            labels = token.text
            position += 1
        inputs.append(_numbered(labels, numbers, token))
        separator = tokens[position].text
        position += 1
        if separator == "-" and tokens[position].text == ">":
            position += 1
            break
        if separator != ",":
            raise ExpressionSyntaxError("einsum begins with the labels of its arrays", _HINT, span=Span(start.start, start.end))
    out: tuple[int, ...] = ()
    if tokens[position].kind == NAME:
        token = tokens[position]
        unknown = next((letter for letter in token.text if letter not in numbers), None)
        if unknown is not None:
            raise ExpressionSyntaxError(
                f"the label {unknown} stands on the right and on no array", _HINT, span=Span(token.start, token.end)
            )
        out = _numbered(token.text, numbers, token)
        position += 1
    if tokens[position].text != ",":
        raise ExpressionSyntaxError("after the labels of einsum come its arrays", _HINT, span=Span(start.start, start.end))
    return Pattern(tuple(inputs), out), position + 1


def _numbered(labels: str, numbers: dict[str, int], token: Token) -> tuple[int, ...]:
    for letter in labels:
        if letter.lower() not in LETTERS:
            raise ExpressionSyntaxError(f"{letter} is no label", _HINT, span=Span(token.start, token.end))
        numbers.setdefault(letter, len(numbers))
    return tuple([numbers[letter] for letter in labels])
