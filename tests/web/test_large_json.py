"""The shortcut for large arrays in JSON reads what strict_json reads, and leaves the rest to it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.web import large_json, strict_json

PAD = " " * 1_000
TAKEN = [
    '{"matrix": [[1, 2.5], [-0.0, 1e-300]]}',
    '{"matrix": [[1]], "arithmetic": "exact", "tolerance": 0.5, "full": true, "other": null}',
    '{"matrix": [[1, 2]], "rhs": [[3], [4]]}',
    '{"rhs": [1, 2], "matrix": [[9007199254740991]]}',
    '{"rhs": {"shape": [1], "dtype": "float64", "base64": "AAAAAAAAAAA="}, "matrix": [[1]]}',
]
LEFT = [
    "[[1, 2]]",
    '{"matrix": [[1, true]]}',
    '{"matrix": [[1, null]]}',
    '{"matrix": [[1, "2"]]}',
    '{"matrix": [[1, {"re": 1}]]}',
    '{"matrix": [[1, [2]], [3, 4]]}',
    '{"matrix": [[1, 2], 3]}',
    '{"matrix": [[1], 2]}',
    '{"matrix": [[1, 2], [3]]}',
    '{"matrix": [[]]}',
    '{"matrix": []}',
    '{"matrix": [[9007199254740993]]}',
    '{"matrix": [[1e400]]}',
    '{"matrix": [[123456789012345678901234567890]]}',
    '{"matrix": [[NaN]]}',
    '{"matrix": [[01]]}',
    '{"matrix": [[1]], "matrix": [[2]]}',
    '{"matrix": [[1]], "label": "a:b"}',
    '{"matrix": [[1]], "label": "["}',
    '{"matrix": [[1]], "at": {"x": 1}}',
    '{"matrix": {"shape": [1], "shape": [1], "base64": "AAAAAAAAAAA="}}',
    '{"matrix": {"re": 1}}',
    '{"at": null, "matrix": {"shape": {"shape": 1}, "base64": "AAAAAAAAAAA="}}',
    '{"matrix": [[1]]',
    '\ufeff{"matrix": [[1]]}',
    '{"matrix": [[1]], "label": "\\ud800"}',
]


def plain(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item.tolist() if isinstance(item, np.ndarray) else item for name, item in value.items()}


@pytest.mark.parametrize("text", TAKEN)
def test_the_usual_is_read_the_same(text: str) -> None:
    data = (text + PAD).encode()
    found = large_json.loads(data, {"matrix", "rhs"})
    assert found is not None
    assert isinstance(found["matrix"], np.ndarray)
    assert plain(found) == strict_json.loads(data)


@pytest.mark.parametrize("text", LEFT)
def test_the_unusual_is_left(text: str) -> None:
    assert large_json.loads((text + PAD).encode(), {"matrix"}) is None


def test_small_requests_and_other_fields_are_left() -> None:
    assert large_json.loads(b'{"matrix": [[1]]}', {"matrix"}) is None
    found = large_json.loads(('{"X": [[1, 2]]}' + PAD).encode(), {"matrix"})
    assert found == {"X": [[1, 2]]}


@given(
    st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53), min_size=3, max_size=3), min_size=1)
)
@settings(deadline=None)
def test_numbers_are_rounded_alike(rows: list[list[float]]) -> None:
    data = (json.dumps({"matrix": rows}) + PAD).encode()
    found = large_json.loads(data, {"matrix"})
    if found is not None:
        assert found["matrix"].tolist() == np.array(strict_json.loads(data)["matrix"], float).tolist()


@given(st.text(alphabet='[]{}:,"1e-.tn ', max_size=60))
@settings(deadline=None, max_examples=200)
def test_whatever_is_taken_is_json_and_read_the_same(text: str) -> None:
    data = ('{"matrix": [[1, 2], ' + text + PAD).encode()
    found = large_json.loads(data, {"matrix"})
    if found is not None:
        assert plain(found) == strict_json.loads(data)
