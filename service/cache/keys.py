"""Keys that differ when anything differs that an answer could depend on: the engine's version, the level, every part.

Parts are written with their type and length in front, so that no two lists of parts run into the same bytes
(`("a", "bc")` and `("ab", "c")`), 1 is not 1.0 and not true, and 0.0 is not -0.0.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import orjson

from service.version import ENGINE


def key(level: str, operation: str, parts: Mapping[str, Any]) -> str:
    """`nabla:<engine>:<level>:<digest>`.

    The names of `parts` are sorted; inside a part objects keep their order, since an answer may show it. Parts hold None,
    booleans, numbers, strings, bytes, fractions, FLINT's numbers, lists, mappings, NumPy arrays and dataclasses of these;
    raises TypeError for anything else.
    """
    digest = hashlib.blake2b(digest_size=20)
    _write(digest.update, [operation, dict(sorted(parts.items()))])
    return f"nabla:{ENGINE}:{level}:{digest.hexdigest()}"


def _write(put: Callable[[bytes], None], value: Any) -> None:
    """Feeds one value, with its type and length, to the digest."""
    if value is None or isinstance(value, (bool, int, float, complex, Fraction)) or type(value).__module__.startswith("flint"):
        text = f"{value!r}"
        put(f"{type(value).__name__}{len(text)}:{text}".encode())
    elif isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
        put(f"{type(value).__name__}{len(data)}:".encode() + data)
    elif isinstance(value, (list, tuple, dict)) and (plain := _plain_json(value)):
        put(f"json{len(plain)}:".encode() + plain)
    elif isinstance(value, (list, tuple)):
        put(f"list{len(value)}:".encode())
        for item in value:
            _write(put, item)
    elif isinstance(value, Mapping):
        put(f"map{len(value)}:".encode())
        for name, item in value.items():
            _write(put, name)
            _write(put, item)
    elif isinstance(value, np.ndarray):
        _write_array(put, value)
    elif dataclasses.is_dataclass(value):
        put(f"record{type(value).__name__}:".encode())
        for entry in dataclasses.fields(value):
            _write(put, getattr(value, entry.name))
    else:
        raise TypeError(f"a cache key cannot hold a {type(value).__name__}")


def _plain_json(value: Any) -> bytes | None:
    """Lists and objects of plain JSON, which can be long, in one go. JSON keeps all their differences, but null may be a NaN."""
    try:
        data = orjson.dumps(
            value, option=orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATETIME
        )
    except TypeError:  # something else inside, or a whole number beyond 64 bits
        return None
    return None if b"null" in data else data


def _write_array(put: Callable[[bytes], None], array: np.ndarray[Any, Any]) -> None:
    if array.dtype.kind in "biufc":
        put(f"array{array.dtype.str}{array.shape}:".encode())
        put(np.ascontiguousarray(array).tobytes())
    else:
        _write(put, [list(array.shape), array.ravel().tolist()])
