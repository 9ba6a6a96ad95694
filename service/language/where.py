"""Names for parts: `t0.*x + t0 where t0 = exp(A*x), t1 = ...`. A later definition may use an earlier one."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NamedTuple

from service.errors import ExpressionSyntaxError, Span
from service.expression.operation import is_function
from service.language.tokens import is_name

_WHERE = re.compile(r"\swhere\s+(?=[^\W\d]\w*\s*=(?!=))")
_DEFINITION = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)")
_HINT = "a definition is written t0 = exp(x), and several are separated by commas"


class Definition(NamedTuple):
    """The part of a text that says what a name stands for."""

    name: str
    start: int
    end: int


def split_definitions(text: str, declared: Container[str]) -> tuple[str, list[Definition]]:
    """The text before `where`, and the definitions after it, none where there is no `where`.

    Raises ExpressionSyntaxError for a name that is taken or defined twice.
    """
    where = _WHERE.search(text) if "where" in text else None
    if where is None:
        return text, []
    starts = [where.end(), *_separators(text, where.end())]
    definitions: list[Definition] = []
    for place, start in enumerate(starts):
        head = _DEFINITION.match(text, start)
        end = starts[place + 1] - 1 if place + 1 < len(starts) else len(text)
        name = head[1] if head else ""
        if head is None or not is_name(name) or not text[head.end() : end].strip():
            raise ExpressionSyntaxError("a definition is missing here", _HINT, span=Span(start, end))
        if name in declared or is_function(name) or any(name == other.name for other in definitions):
            raise ExpressionSyntaxError(f"{name} means something already", "define another name", span=Span(head.start(1), head.end(1)))
        definitions.append(Definition(name, head.end(), end))
    return text[: where.start()], definitions


def _separators(text: str, position: int) -> list[int]:
    """Where a new definition starts: after each comma outside brackets that a `name =` follows."""
    found = []
    depth = 0
    for index in range(position, len(text)):
        character = text[index]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0 and _DEFINITION.match(text, index + 1):
            found.append(index + 1)
    return found
