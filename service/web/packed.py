"""application/msgpack, in and out: what JSON holds, and arrays of numbers as {shape, dtype, data} with their bytes as they are.

What is read is checked as JSON is: no key twice, no NaN, no other types than those of JSON and bytes, nesting and the number of
lists within their limits before anything is built from them.
"""

from __future__ import annotations

import binascii
import math
import re
from typing import Any

import msgpack
import numpy as np

from service import limits
from service.errors import InputError, LimitExceeded
from service.web import writing
from service.web.array_files import as_bytes
from service.web.strict_json import DuplicateKey

MSGPACK = "application/msgpack"
OTHER_NAMES = ("application/x-msgpack", "application/vnd.msgpack")
LARGEST_WHOLE = 2**64
KINDS = {dict, list, str, int, float, bool, type(None)}
TOO_LONG = re.compile(r"([0-9]+) exceeds max_array_len")


class NotMessagePack(InputError):
    """The bytes are not MessagePack, or hold what JSON has no word for."""

    code, title = "not-msgpack", "Not MessagePack"


def pack(answer: dict[str, Any]) -> bytes:
    """The answer; whole numbers beyond 64 bits are texts. Raises UndefinedAtPoint when a number is not finite."""
    data: bytes = msgpack.packb(_packable(writing.plain(writing.encoded(answer, as_bytes))))
    return data


def _packable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _packable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_packable(item) for item in value]
    if isinstance(value, np.ndarray):
        return _packable(value.tolist())
    return str(value) if isinstance(value, int) and not -LARGEST_WHOLE // 2 <= value < LARGEST_WHOLE else value


def _array(found: dict[Any, Any]) -> dict[Any, Any]:
    """{shape, dtype, data} as JSON has it, in base64."""
    rest = {name: value for name, value in found.items() if name != "data"}
    return {**rest, "base64": binascii.b2a_base64(found["data"], newline=False).decode()}


class _Reader:
    """Counts what is read, so that a few bytes do not become many objects."""

    def __init__(self) -> None:
        self._arrays = 0

    def count(self, value: Any) -> Any:
        self._arrays += 1
        limits.check("json-arrays", self._arrays)
        return value

    def object(self, pairs: list[tuple[Any, Any]]) -> Any:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise DuplicateKey("a key stands twice in one map", hint="keep one of the two")
        return self.count(_array(found) if "data" in found and isinstance(found["data"], bytes) else found)

    def extension(self, code: int, data: bytes) -> Any:
        raise NotMessagePack(f"an extension of type {code} has no meaning here", hint="send numbers, texts, lists, maps and bytes")


def unpack(data: bytes) -> Any:
    """The value of MessagePack that a client sent. Raises NotMessagePack, DuplicateKey, LimitExceeded."""
    reader = _Reader()
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_array_len=limits.limit("matrix-entries"),
            max_map_len=limits.limit("json-arrays"),
            max_ext_len=1_000,
            list_hook=reader.count,
            object_pairs_hook=reader.object,
            ext_hook=reader.extension,
        )
    except (NotMessagePack, DuplicateKey, LimitExceeded):
        raise
    except (ValueError, msgpack.exceptions.UnpackException, RecursionError) as error:
        if too_long := TOO_LONG.search(str(error)):
            limits.check("matrix-entries", int(too_long[1]))
        why = str(error)[:80] or "they end too early"
        raise NotMessagePack(f"the bytes are not MessagePack: {why}", hint="msgpack.packb writes it") from None
    _check(value, 1)
    return value


def _check(value: Any, depth: int) -> None:
    """Raises NotMessagePack for what JSON has no word for, LimitExceeded for what is nested too deep."""
    if isinstance(value, bytes):
        hint = 'an array is {"shape": [2, 2], "dtype": "float64", "data": its bytes}'
        raise NotMessagePack("bytes stand where a number, a text, a list or a map is due", hint=hint)
    if type(value) not in KINDS:
        raise NotMessagePack("a point in time has no meaning here", hint="send numbers, texts, lists, maps and bytes")
    if isinstance(value, float) and not math.isfinite(value):
        raise NotMessagePack("NaN and infinities are not numbers here, and never enter")
    if not isinstance(value, (dict, list)):
        return
    limits.check("json-depth", depth)
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                raise NotMessagePack("a key of a map is not a text", hint="name the fields as in JSON")
            _check(item, depth + 1)
    elif set(map(type, value)) == {float}:
        if not all(map(math.isfinite, value)):
            raise NotMessagePack("NaN and infinities are not numbers here, and never enter")
    else:
        for item in value:
            _check(item, depth + 1)
