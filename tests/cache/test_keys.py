"""Keys differ where an answer could, and only there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Any

import flint
import numpy as np
import pytest

from service.cache import keys
from service.version import ENGINE


@dataclass(frozen=True)
class Record:
    a: int
    b: Any


DIFFERENT: tuple[Any, ...] = (
    None,
    True,
    1,
    1.0,
    "1",
    b"1",
    complex(1),
    Fraction(1),
    flint.fmpq(1),
    0.0,
    -0.0,
    2**80,
    2**80 + 1,
    [],
    {},
    "",
    [None],
    [float("nan")],
    [1],
    [1.0],
    [True],
    ["1"],
    [0.0],
    [-0.0],
    [2**80],
    [Record(1, None)],
    [{"a": 1, "b": None}],
    [[1]],
    ["a", "bc"],
    ["ab", "c"],
    {"a": 1},
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
    ["a", 1],
    np.array([1.0, 2.0]),
    np.array([[1.0, 2.0]]),
    np.array([[1.0], [2.0]]),
    np.array([1, 2]),
    np.array([1.0, 2.0], np.complex128),
    np.array([1.0, "x"], object),
    Record(1, None),
    Record(1, 2),
    Record(1, np.array([1.0])),
)


def key(value: Any) -> str:
    return keys.key("response", "rank", {"value": value})


def test_every_two_values_have_different_keys() -> None:
    found = [key(value) for value in DIFFERENT]
    clashes = [(DIFFERENT[i], DIFFERENT[j]) for i, j in combinations(range(len(found)), 2) if found[i] == found[j]]
    assert not clashes


def test_the_same_value_has_the_same_key() -> None:
    assert key(np.array([[1.0, 2.0], [3.0, 4.0]])) == key(np.array([[1.0, 3.0], [2.0, 4.0]]).T)
    assert key((1, 2)) == key([1, 2])
    assert keys.key("response", "rank", {"a": 1, "b": 2}) == keys.key("response", "rank", {"b": 2, "a": 1})


def test_a_key_names_engine_and_level_and_depends_on_the_operation() -> None:
    assert key(1).startswith(f"nabla:{ENGINE}:response:")
    assert keys.key("derivation", "rank", {"value": 1}) != key(1)
    assert keys.key("response", "inverse", {"value": 1}) != key(1)


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        key(object())
