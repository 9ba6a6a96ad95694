"""JSON as RFC 8259 has it, read strictly: nothing is merged, rounded or coerced in silence.

orjson is fast, refuses NaN, infinities, numbers beyond a double, bad UTF-8 and lone surrogates, but merges duplicate keys
and turns whole numbers beyond 64 bits into floats. `loads` notices when a document could hold either, and reads it
again with the standard library, which can be told not to.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import orjson

from service import limits
from service.errors import InputError, Span

SMALL = 2_000  # bytes up to which a regular expression is faster than a few vector operations
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # one that never ends runs to the end: linear in any text
LONG_NUMBER = re.compile(rb"(?<![.0-9])[0-9]{19}")  # 64 bits hold 18 digits for certain


class NotJson(InputError):
    """The text is not JSON. `span` is the place, in characters."""

    code, title = "not-json", "Not JSON"


class DuplicateKey(NotJson):
    code, title = "duplicate-key", "A key stands twice"


def loads(data: bytes) -> Any:
    """The value of the JSON text `data` that a client sent; raises NotJson, DuplicateKey or LimitExceeded."""
    _check_nesting(data)
    return parse(data)


def parse(data: bytes) -> Any:
    """The value of the JSON text `data`, however deep and long; raises NotJson or DuplicateKey."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _explain(data, error) from None
    if _colons(data) != _pairs(value) or _has_long_number(data):
        return json.loads(data, object_pairs_hook=_object)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, item in pairs:
        if name in value:
            shown = json.dumps(name[:60], ensure_ascii=False)
            raise DuplicateKey(f"the key {shown} stands twice in one object", hint="keep one of the two")
        value[name] = item
    return value


def _pairs(value: Any) -> int:
    """How many `key: value` pairs can be seen without walking through numbers.

    At most as many as there are colons in the text: duplicates, colons inside strings and pairs that were not looked
    at make it fewer, and then the document is read again.
    """
    if isinstance(value, dict):
        return len(value) + sum(_pairs(item) for item in value.values() if isinstance(item, (dict, list)))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return sum(_pairs(item) for item in value)
    return 0


def _colons(data: bytes) -> int:
    if len(data) <= SMALL:
        return data.count(b":")
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(":")))


def _has_long_number(data: bytes) -> bool:
    """Whether 19 digits stand in a row, other than behind a decimal point."""
    if len(data) <= SMALL:
        return LONG_NUMBER.search(data) is not None
    text = np.frombuffer(data, np.uint8)
    digit = (text - np.uint8(ord("0"))) < 10
    run = digit
    for shift in (1, 2, 4, 8, 3):  # where runs of 2, 4, 8, 16 and 19 begin
        run = run[:-shift] & run[shift:]
    begins = np.flatnonzero(run)
    before = begins[begins > 0] - 1
    return bool((~digit[before] & (text[before] != ord("."))).any())


def _check_nesting(data: bytes) -> None:
    """Bounds the number of arrays and objects, and their depth, before anything is allocated or recurses."""
    if len(data) <= SMALL and data.count(b"[") + data.count(b"{") <= limits.limit("json-depth"):
        return
    arrays, depth = _nesting(data)
    if depth > limits.limit("json-depth") or arrays > limits.limit("json-arrays"):  # brackets inside strings counted too
        arrays, depth = _nesting(STRING.sub(b"", data))
        limits.check("json-arrays", arrays)
        limits.check("json-depth", depth)


def _nesting(data: bytes) -> tuple[int, int]:
    """The number of opening brackets, and the greatest depth."""
    brackets = np.frombuffer(data, np.uint8) | 0x20  # "[" becomes "{", and "]" becomes "}"
    brackets = brackets[(brackets == ord("{")) | (brackets == ord("}"))]
    steps = np.int8(ord("|")) - brackets.view(np.int8)  # "{", "|", "}" are neighbours: +1 opens, -1 closes
    return int(np.count_nonzero(steps == 1)), int(np.cumsum(steps, dtype=np.int32).max(initial=0))


# What stands at the place that the reader stumbled on (in lower case), and what would be right.
HINTS: tuple[tuple[str, str], ...] = (
    ("'", 'JSON takes double quotes: {"expression": "x^2"}'),
    ("nan", "NaN and infinities are not numbers of JSON, and never enter"),
    ("inf", "NaN and infinities are not numbers of JSON, and never enter"),
    ("-inf", "NaN and infinities are not numbers of JSON, and never enter"),
    ("true", "JSON writes true, false and null in lower case"),
    ("false", "JSON writes true, false and null in lower case"),
    ("none", "JSON writes null in lower case, and knows no None; leave the field out instead"),
    (",", "take out the comma before the closing bracket"),
    ("np.", "send the numbers alone: a list of rows, [[1, 2], [3, 4]]"),
    ("array", "send the numbers alone: a list of rows, [[1, 2], [3, 4]]"),
)


def _explain(data: bytes, error: orjson.JSONDecodeError) -> NotJson:
    """What is wrong, where, and what would be right."""
    if not data.strip():
        return NotJson("there is nothing here where JSON is due", hint='send a JSON object, such as {"expression": "x^2"}')
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        return NotJson("this is not UTF-8; it looks like UTF-16 or UTF-32", hint="JSON travels in UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        return NotJson("this begins with a byte order mark", hint="send UTF-8 without one")
    place = error.pos
    rest = data.decode("utf-8", "replace")[place : place + 8].lower()
    hint = next((hint for start, hint in HINTS if rest.startswith(start)), None)
    return NotJson(f"this is not JSON: {error.msg}", span=Span(place, place + 1), hint=hint)
