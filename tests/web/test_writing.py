"""Answers become JSON in one place: exact, in order, and never with NaN, infinity or a silent null."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from service.certificates import decided, measured
from service.errors import UndefinedAtPoint
from service.web import writing

WRITTEN: list[tuple[Any, str]] = [
    (1, "1"),
    (2**70, "1180591620717411303424"),
    ([2**70, 0.5, np.array([1.5])], "[1180591620717411303424,0.5,[1.5]]"),
    (0.1, "0.1"),
    (1e22, "1e+22"),
    (-0.0, "-0.0"),
    (True, "true"),
    (None, "null"),
    ("∂f/∂x", '"∂f/∂x"'),
    (Fraction(45, 22), '"45/22"'),
    (1 - 2j, '{"re":1.0,"im":-2.0}'),
    ((1, 2), "[1,2]"),
    (np.array([[1.0, 2.5]]), "[[1.0,2.5]]"),
    (np.array([[1.0, 2.5], [3.0, 4.0]]).T, "[[1.0,3.0],[2.5,4.0]]"),
    (np.array([1, 2]), "[1,2]"),
    (np.array([True]), "[true]"),
    (np.array([1 + 1j]), '[{"re":1.0,"im":1.0}]'),
    (np.array([Fraction(1, 2), 1], object), '["1/2",1]'),
    (np.array(1.5), "1.5"),
    (np.zeros((0, 2)), "[]"),
    (np.float64(0.5), "0.5"),
    (np.float32(0.5), "0.5"),
    (np.int64(3), "3"),
    (np.bool_(True), "true"),
    (
        measured("residual", 1e-17, 1e-12, "relative"),
        '{"name":"residual","passed":true,"error":1e-17,"tolerance":1e-12,"detail":"relative"}',
    ),
    (decided("exact", True, ""), '{"name":"exact","passed":true,"error":null,"tolerance":null,"detail":""}'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=lambda value: repr(value)[:40])
def test_a_value_is_written_as(value: Any, text: str) -> None:
    assert writing.to_json({"value": value}) == f'{{"value":{text}}}\n'.encode()


NOT_FINITE: list[Any] = [
    float("nan"),
    float("inf"),
    np.float64("-inf"),
    complex(0, float("nan")),
    [1.0, [float("inf")]],
    {"inner": {"deep": float("nan")}},
    np.array([1.0, np.nan]),
    np.array([[1.0], [np.inf]]),
    np.array([1 + 1j * np.inf]),
    np.array([1.0, float("nan")], object),
]


@pytest.mark.parametrize("value", NOT_FINITE, ids=lambda value: repr(value)[:40])
def test_what_is_not_finite_does_not_leave(value: Any) -> None:
    with pytest.raises(UndefinedAtPoint, match="finite"):
        writing.to_json({"value": value})


def test_members_keep_their_order() -> None:
    names = ["z", "a", "m"]
    assert list(json.loads(writing.to_json(dict.fromkeys(names, 1)))) == names


def test_an_unknown_kind_is_a_defect() -> None:
    with pytest.raises(TypeError, match="set"):
        writing.to_json({"value": {1, 2}})


def test_floats_read_back_the_same() -> None:
    numbers = np.random.default_rng(1).standard_normal(1_000) * 10.0 ** np.random.default_rng(2).integers(-300, 300, 1_000)
    assert np.array_equal(np.array(json.loads(writing.to_json({"v": numbers}))["v"]), numbers)
