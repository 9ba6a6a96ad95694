"""Text → tokens: numbers, names and symbols, each with its place."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from service import limits
from service.errors import ExpressionSyntaxError, Span
from service.language.hints import hint_for_character

NUMBER, NAME, SYMBOL, END = "number", "name", "symbol", "end"

# In `2.*x`, `2./x` and `2.^x` the point belongs to the operator; `2.T` and `2.'` are transposes.
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number> (?: [0-9]+ (?: \.(?![*/^']|T\b) [0-9]* )? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? )
    | (?P<name> [^\W\d_]\w* )
    | (?P<symbol> \.[*/^] | \*\* | \.T\b | [<>=!]= | [-+*/^'()\[\],;<>=] )
    | (?P<other> \S )
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text; the last one is of kind END.

    Raises ExpressionSyntaxError at a character that is not in the language, LimitExceeded for a text, name or number
    that is too long.
    """
    limits.check("expression-length", len(text))
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind: str = match.lastgroup  # type: ignore[assignment]  # one of the groups always matches
        token = Token(kind, match[kind], match.start(kind))
        if kind == NAME:
            check_name(token.text, token.start, text)
        elif kind == "other":
            raise unreadable(text, token.start)
        tokens.append(token)
    tokens.append(Token(END, "", len(text)))
    return tokens


def is_name(text: str) -> bool:
    """Whether the text can be a name: letters, digits and _, a letter first."""
    match = _TOKEN.fullmatch(text)
    return match is not None and match.lastgroup == NAME and match["name"] == text and foreign_character(text) is None


def check_name(name: str, start: int, text: str) -> None:
    """Raises ExpressionSyntaxError at a character that no name has, LimitExceeded for a name that is too long."""
    if len(name) > limits.limit("name-length"):
        limits.check("name-length", len(name))
    if not name.isascii():
        position = foreign_character(name)
        if position is not None:
            raise unreadable(text, start + position)


def foreign_character(name: str) -> int | None:
    """The place of the first character that a name does not have, or None.

    Letters of any script are welcome as long as Unicode holds them for themselves: `𝑥` and `ᵀ` are x and T in disguise
    (generated code would confuse them), `²` and `₁` are numbers.
    """
    if name.isascii():
        return None
    for position, character in enumerate(name):
        plain = character.isalpha() or (character.isascii() and (character.isdigit() or character == "_"))
        if not plain or not unicodedata.is_normalized("NFKC", character):
            return position
    return None if unicodedata.is_normalized("NFKC", name) and name.isidentifier() else 0


def unreadable(text: str, position: int) -> ExpressionSyntaxError:
    """The error for a character that is not in the language."""
    character = text[position]
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return ExpressionSyntaxError(
        f"the character {shown} is not in the language",
        hint=hint_for_character(text, position),
        span=Span(position, position + 1),
    )
