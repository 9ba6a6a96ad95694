"""What was meant as JSON, as JSON; and what could mean two things, left alone."""

from __future__ import annotations

import json
import time

import pytest

from service.web.repair import LONGEST, repaired

REPAIRED: dict[str, str] = {
    "{'matrix': [[1, 2], [3, 4]]}": '{"matrix": [[1, 2], [3, 4]]}',
    '{"matrix": [[1,2],[3,4],],}': '{"matrix": [[1, 2], [3, 4]]}',
    '{"matrix": ((1, 2), (3, 4))}': '{"matrix": [[1, 2], [3, 4]]}',
    '{"x": (1,)}': '{"x": [1]}',
    '{"x": (1)}': '{"x": 1}',
    "{'steps': True, 'full': False, 'k': None}": '{"steps": true, "full": false, "k": null}',
    '{"matrix": array([[1., 2.],\n       [3., 4.]])}': '{"matrix": [[1.0, 2.0], [3.0, 4.0]]}',
    '{"matrix": np.array([[1, 2]], dtype=np.float64)}': '{"matrix": [[1, 2]]}',
    '{"matrix": torch.tensor([[.5, -1.e3]])}': '{"matrix": [[0.5, -1.0e3]]}',
    '{"x": [np.float64(1.5), np.int64(2)]}': '{"x": [1.5, 2]}',
    '{"matrix": [[1. 2.]\n [3. 4.]]}': '{"matrix": [[1.0, 2.0], [3.0, 4.0]]}',
    '{"matrix": [1 2; 3 4]}': '{"matrix": [[1, 2], [3, 4]]}',
    '{"matrix": [1, 2; 3, 4]}': '{"matrix": [[1, 2], [3, 4]]}',
    '{"matrix": [[1, 2], [3, 4]]} // mine': '{"matrix": [[1, 2], [3, 4]]}',
    '{"matrix": [[1, 2], # first\n [3, 4]] /* all */}': '{"matrix": [[1, 2], [3, 4]]}',
    "{“matrix”: [[1, 2]]}": '{"matrix": [[1, 2]]}',
    "{matrix: [[2,1],[5,3]]}": '{"matrix": [[2, 1], [5, 3]]}',
    "{expression: x^2*y + sin(x, y), wrt: x}": '{"expression": "x^2*y + sin(x, y)", "wrt": "x"}',
    "dict(matrix=[[1, 2]], steps=True)": '{"matrix": [[1, 2]], "steps": true}',
    '{"matrix": [[3/5, 1/3], [1/3, 1]]}': '{"matrix": [["3/5", "1/3"], ["1/3", 1]]}',
    '{"matrix": [[a, b], [c, d]]}': '{"matrix": [["a", "b"], ["c", "d"]]}',
    '{"x": [007, +1, 1_000]}': '{"x": [7, 1, 1000]}',
    "{'expression': \"x'*A*x\"}": '{"expression": "x\'*A*x"}',
    "{'expression': 'x\\'*A*x'}": '{"expression": "x\'*A*x"}',
    "[[1,2],[3,4],]": "[[1, 2], [3, 4]]",
    '{"expression": "x^2" "wrt": "x"}': '{"expression": "x^2", "wrt": "x"}',
    "{}": "{}",
}  # fmt: skip

LEFT_ALONE = (
    "", "{", "[[1, 2], [3, 4]", '{"matrix": [[nan, 1]]}', '{"x": [inf]}', '{"x": -Infinity}', '{"x": float("nan")}', '{"a" 1}', "{1: 2}",
    '{"a": 1} {"b": 2}', '{"x": open("/etc/passwd")}', '{"x": lambda: 1}', '{"x": [1, 2}', '"', "'{matrix:", "[1,2", "(1, 2", "array(",
    "array([1], 2)", '{"x": np.zeros(3)}', "<html>", "\0", "{'a': 'b}",
)  # fmt: skip


@pytest.mark.parametrize("text", REPAIRED)
def test_a_text_is_rewritten(text: str) -> None:
    found = repaired(text)
    assert found is not None
    assert json.loads(found) == json.loads(REPAIRED[text])


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_not_clear_is_left_alone(text: str) -> None:
    assert repaired(text) is None


@pytest.mark.parametrize("text", list(REPAIRED.values()))
def test_json_stays_what_it_is(text: str) -> None:
    assert repaired(text) is not None
    assert json.loads(repaired(text) or "") == json.loads(text)


@pytest.mark.parametrize("unit", ["[", "{'a':", "(", "array(", "'", '"', "/*", "[1;", "{a: (", "\\", "1_", "+", "-1 ", "{a: b(", "{a:b,"])
def test_long_and_deep_texts_take_no_time(unit: str) -> None:
    text = (unit * LONGEST)[:LONGEST]
    begin = time.process_time()
    repaired(text)
    elapsed = time.process_time() - begin
    small = text[: LONGEST // 8]
    begin = time.process_time()
    for _ in range(8):
        repaired(small)
    assert elapsed < 10 * (time.process_time() - begin) + 0.02  # linear, but for the clock's grain


def test_what_is_longer_than_a_hint_is_left_alone() -> None:
    assert repaired("[" + "1," * LONGEST + "]") is None
