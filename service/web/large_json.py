"""Large arrays of numbers in JSON, read by simdjson straight into memory that NumPy sees: no Python object for a number.

A shortcut for the usual large request, an object whose matrices are lists of rows of numbers; it reads nothing that
`strict_json` would not read the same. Whatever is unusual in the least (a text, a boolean, an object, rows of different lengths,
brackets or colons that are not accounted for, a number beyond 2^53) is left to that.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import simdjson
from numpy.typing import NDArray

from service import limits
from service.linalg.matrix import LARGEST_INTEGER

MOST_OBJECTS = 10
MOST_COLONS = 300  # simdjson looks a name up by walking past all that stand before it
SMALLEST = 1_000  # bytes: below, there is nothing to gain


def loads(data: bytes, arrays: Collection[str]) -> dict[str, Any] | None:
    """The object that `data` holds, the members named in `arrays` as two-dimensional float arrays; None when this is not the
    way to read it."""
    if len(data) < SMALLEST or not data.startswith(b"{"):
        return None
    text = np.frombuffer(data, np.uint8)
    braces, brackets, colons = (int(np.count_nonzero(text == ord(mark))) for mark in "{[:")  # bytes.count takes five times as long
    if brackets > limits.limit("json-arrays") or braces > MOST_OBJECTS or colons > MOST_COLONS:
        return None
    try:
        document = simdjson.Parser().parse(data)
        if not isinstance(document, simdjson.Object):
            return None
        names = list(document)
        payload: dict[str, Any] = {}
        for name in names:
            value = document[name]
            if isinstance(value, simdjson.Array):
                payload[name] = _numbers(value) if name in arrays and isinstance(value[0], simdjson.Array) else value.as_list()
            elif isinstance(value, simdjson.Object):
                payload[name] = _encoded(value) if name in arrays else None
            else:
                payload[name] = value
    except (ValueError, TypeError, IndexError, RuntimeError):  # not JSON, or not this kind of it: strict_json says which
        return None
    objects = [value for value in payload.values() if isinstance(value, dict)]
    if len(payload) != len(names) or braces != len(objects) + 1:
        return None
    if colons != len(names) + sum(map(len, objects)):  # a name twice, or colons inside texts
        return None
    return payload if brackets == sum(map(_lists_in, payload.values())) else None


def _numbers(rows: simdjson.Array) -> NDArray[np.float64]:
    """The rows as an array; raises ValueError and TypeError for rows of different lengths and whatever is no number. (Deeper
    lists are flattened here, and noticed by the count of brackets.)"""
    (width,) = {len(row) for row in rows if isinstance(row, simdjson.Array)}
    numbers = np.frombuffer(rows.as_buffer(of_type="d")).reshape(len(rows), width)
    if max(numbers.max(), -numbers.min()) >= LARGEST_INTEGER:
        raise ValueError("a whole number that a double may not hold")
    return numbers


def _encoded(value: simdjson.Object) -> dict[str, Any]:
    """An array in base64, unlike any other object."""
    if set(value) - {"shape", "dtype", "base64"}:
        raise ValueError("another object")
    return value.as_dict()


def _lists_in(value: Any) -> int:
    """How many lists a member is made of."""
    if isinstance(value, dict):
        return sum(map(_lists_in, value.values()))
    if isinstance(value, np.ndarray):
        return len(value) + 1
    return 1 + sum(map(_lists_in, value)) if isinstance(value, list) else 0
