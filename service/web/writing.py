"""Answers to bytes, in one place. What cannot be a JSON number does not leave: an infinity is an error, never null."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from service.certificates import Check
from service.errors import UndefinedAtPoint
from service.web.array_files import as_base64

PLAIN = {str, int, bool, bytes, type(None)}
OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE


def to_json(answer: Any, base64: bool = False) -> bytes:
    """The answer as one line of JSON, keys in the order given, numbers in their shortest form that reads back the same; with
    `base64`, arrays of numbers as {shape, dtype, base64}.

    Complex numbers become {"re", "im"}, fractions texts such as "45/22". Raises UndefinedAtPoint when a number is not finite.
    """
    tree = plain(encoded(answer, as_base64) if base64 else answer)
    try:
        return orjson.dumps(tree, option=OPTIONS)
    except TypeError:  # a whole number beyond 64 bits
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":"), default=np.ndarray.tolist).encode() + b"\n"


def checked(value: Any, name: str) -> Any:
    """The member `name` of an answer, for a file: arrays stay arrays. Raises UndefinedAtPoint when a number is not finite."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "iufc":
        return value if np.isfinite(value).all() else _refuse(name)
    return _plain(value, name)


def encoded(value: Any, encode: Callable[[NDArray[Any]], dict[str, Any]], name: str = "the answer") -> Any:
    """The answer with its arrays of numbers as `encode` makes them."""
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "iufc":
        return encode(checked(value, name))
    if isinstance(value, dict):
        return {key: encoded(item, encode, key) for key, item in value.items()}
    return value


def plain(value: Any) -> Any:
    """The answer as what JSON has: dicts, lists, texts, finite numbers, and arrays of these."""
    return _plain(value, "the answer")


def _plain(value: Any, name: str) -> Any:
    """`value` with what JSON has, arrays kept; `name` is the member it stands in, for the error."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is float:
        return value if math.isfinite(value) else _refuse(name)
    if kind is dict:
        return {key: _plain(item, key) for key, item in value.items()}
    if kind is list or kind is tuple:
        return _plain_list(value, name)
    if kind is np.ndarray:
        return _plain_array(value, name)
    if kind is Check:
        return _plain(value.to_json(), value.name)
    if kind is complex:
        return {"re": _plain(value.real, name), "im": _plain(value.imag, name)}
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, np.generic):
        return _plain(value.item(), name)
    raise TypeError(f"an answer cannot hold a {kind.__name__} (in {name})")


def _plain_list(values: list[Any] | tuple[Any, ...], name: str) -> Any:
    """Lists of one kind of plain values, which can be long, are looked at by C loops only."""
    kinds = set(map(type, values))
    if kinds <= PLAIN:
        return values
    if kinds == {float}:
        return values if all(map(math.isfinite, values)) else _refuse(name)
    return [_plain(item, name) for item in values]


def _plain_array(array: np.ndarray[Any, Any], name: str) -> Any:
    if array.ndim == 0:
        return _plain(array.item(), name)
    if array.dtype.kind in "iub":
        return np.ascontiguousarray(array)
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, np.float64) if np.isfinite(array).all() else _refuse(name)
    return _plain(array.tolist(), name)


def _refuse(name: str) -> Any:
    raise UndefinedAtPoint(
        f"{name} would not be a finite number: the computation overflows, or is undefined for these values",
        hint="use values of moderate size, or scale the problem",
        facts={"member": name},
    )
