"""Many requests in one: each item's bytes and tag are those that it has alone, what is wrong with one is said in its place."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import limits
from service.errors import LimitExceeded
from service.web import batch
from service.web.batch import MEMBERS, NDJSON
from service.web.registry import ENDPOINTS
from tests import servers

SMALL = [
    (entry.name, min((example.request for example in entry.examples), key=lambda request: len(json.dumps(request))))
    for entry in list(ENDPOINTS.values())[::4]
]


def test_no_field_is_called_as_a_member_of_an_item() -> None:
    for entry in ENDPOINTS.values():
        assert not set(MEMBERS) & set(entry.request.fields), entry.name


def test_an_item_is_answered_as_it_is_alone(client: FlaskClient) -> None:
    items: list[dict[str, Any]] = [
        {"operation": name, "id": i, "request": request} if i % 2 else {"operation": name, **request}
        for i, (name, request) in enumerate(SMALL)
    ]
    answer = client.post("/v1/batch", json={"items": items})
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    for item, (name, request), found in zip(items, SMALL, answer.get_json()["items"], strict=True):
        alone = client.post(f"/v1/{name}", json=request)
        assert (found["status"], found.get("etag"), found["body"]) == (alone.status_code, alone.headers.get("ETag"), alone.get_json())
        assert (found.get("id"), found["operation"]) == (item.get("id"), name)
        if alone.status_code == 200:
            assert "hit" in alone.headers["Cache-Status"]
    assert client.post("/v1/batch", json={"items": items}).data == answer.data
    lines = b"".join(json.dumps(item).encode() + b"\n" for item in items)
    streamed = client.post("/v1/batch", data=lines, content_type=NDJSON)
    assert streamed.content_type == NDJSON
    assert [json.loads(line) for line in streamed.data.splitlines()] == answer.get_json()["items"]
    crossed = client.post("/v1/batch", data=lines, content_type=NDJSON, headers={"Accept": "application/json"})
    assert crossed.data == answer.data
    assert client.post("/v1/batch?format=ndjson", json={"items": items}).data == streamed.data


def test_an_item_may_have_another_form(client: FlaskClient) -> None:
    matrix = {"operation": "inverse", "matrix": [[2, 1], [5, 3]]}
    items = [matrix | {"format": "latex"}, matrix | {"format": "csv"}, matrix | {"format": "text", "member": "determinant"}]
    bodies = [item["body"] for item in client.post("/v1/batch", json={"items": items}).get_json()["items"]]
    assert bodies == [r"A^{-1} = \begin{bmatrix} 3 & -1 \\ -5 & 2 \end{bmatrix}", "3.0,-1.0\n-5.0,2.0", "1"]


WRONG: list[tuple[Any, int, str, str]] = [
    (5, 400, "invalid-input", "an item of a batch is an object"),
    ({}, 400, "invalid-input", "operation must be"),
    ({"operation": "invers"}, 404, "unknown-operation", "invers"),
    ({"operation": ["inverse"]}, 400, "invalid-input", "operation must be"),
    ({"operation": "inverse", "matrx": [[1]]}, 400, "invalid-input", "matrx"),
    ({"operation": "inverse", "request": {}, "matrix": [[1]]}, 400, "invalid-input", "beside it"),
    ({"operation": "inverse", "request": [[1]]}, 400, "invalid-input", "must be a JSON object"),
    ({"operation": "inverse", "matrix": [[0]]}, 422, "singular-matrix", "singular"),
    ({"operation": "inverse", "matrix": [[1]], "id": None}, 400, "invalid-input", "id must be"),
    ({"operation": "inverse", "matrix": [[1]], "id": "x" * 300}, 400, "invalid-input", "id must be"),
    ({"operation": "inverse", "matrix": [[1]], "format": "npy"}, 406, "not-acceptable", "no place in JSON"),
    ({"operation": "inverse", "matrix": [[1]], "format": "xml"}, 406, "not-acceptable", "xml"),
    ({"operation": "inverse", "matrix": [[1]], "format": 3}, 400, "invalid-input", "texts"),
    ({"operation": "inverse", "matrix": [[1]], "deadline_ms": 0}, 400, "invalid-input", "deadline_ms"),
]


@pytest.mark.parametrize(("item", "status", "code", "says"), WRONG)
def test_what_is_wrong_with_an_item_is_said_in_its_place(client: FlaskClient, item: Any, status: int, code: str, says: str) -> None:
    good = {"operation": "rank", "matrix": [[1]]}
    answer = client.post("/v1/batch", json={"items": [good, item, good]})
    first, found, last = answer.get_json()["items"]
    assert first == last
    assert first["status"] == 200
    assert (found["status"], found["body"]["code"]) == (status, code)
    assert says in found["body"]["detail"]
    assert "etag" not in found


def test_a_broken_line_is_a_problem_in_its_place(client: FlaskClient) -> None:
    answer = client.post("/v1/batch", data=b'{"operation":\n\n{"operation":"rank","matrix":[[1]]}', content_type="application/jsonl")
    assert [json.loads(line)["status"] for line in answer.data.splitlines()] == [400, 200]


REFUSED: list[tuple[bytes, str | None, str, int, str]] = [
    (b"", None, "", 400, "not-json"),
    (b"[]", "application/json", "", 400, "invalid-input"),
    (b'{"items": []}', "application/json", "", 400, "invalid-input"),
    (b'{"items": {}}', "application/json", "", 400, "invalid-input"),
    (b'{"items": [1], "more": 2}', "application/json", "", 400, "invalid-input"),
    (b'{"items": [1], "deadline_ms": 1.5}', "application/json", "", 400, "invalid-input"),
    (b'{"items": [1]}', "application/json", "?deadline_ms=soon", 400, "invalid-input"),
    (b'{"items": [1]}', "application/json", "?deadline_ms=5&deadline_ms=6", 400, "invalid-input"),
    (b'{"items": [1], "deadline_ms": 5}', "application/json", "?deadline_ms=6", 400, "invalid-input"),
    (b" \r\n\n\t\n", NDJSON, "", 400, "invalid-input"),
    (b"1\n" * 501, NDJSON, "", 413, "limit-exceeded"),
    (b'{"items": [1]}', "application/json", "?colour=red", 400, "invalid-input"),
    (b'{"items": [1]}', "application/json", "?format=csv", 406, "not-acceptable"),
    (b"1,2", "text/csv", "", 415, "unsupported-media-type"),
    (b"\n\n", NDJSON, "", 400, "invalid-input"),
    (b'{"items": [' + b"1," * 500 + b"1]}", "application/json", "", 413, "limit-exceeded"),
]


@pytest.mark.parametrize(("data", "content_type", "query", "status", "code"), REFUSED)
def test_a_batch_that_is_none(client: FlaskClient, data: bytes, content_type: str | None, query: str, status: int, code: str) -> None:
    answer = client.post(f"/v1/batch{query}", data=data, content_type=content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_lines_beyond_the_limit_are_not_held() -> None:
    data = b"ab\n" * 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded):
            batch._read(NDJSON, data, {})
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_one_deadline_is_for_all(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known is answered even when the time is over."""
    known = {"operation": "rank", "matrix": [[7]]}
    client.post("/v1/batch", json={"items": [known]})
    slow = {"operation": "hessian", "expression": "sum(tanh(W*x).^4)", "variables": {"W": "matrix(3,3)", "x": "vector(3)"}, "wrt": ["W"]}
    answer = client.post("/v1/batch", json={"items": [slow, {"operation": "rank", "matrix": [[8]]}, known], "deadline_ms": 1})
    assert [item["status"] for item in answer.get_json()["items"]][1:] == [503, 200]
    monkeypatch.setitem(limits._values, "batch-bytes", 10)
    answer = client.post("/v1/batch", json={"items": [known, known]})
    second = answer.get_json()["items"][1]
    assert (second["status"], second["body"]["limit"]) == (413, "batch-bytes")


def test_lines_come_over_http(live_server: str) -> None:
    items = [{"operation": "gradient", "expression": f"x^{k}*y", "id": k} for k in range(2, 9)] + [{"operation": "nothing"}]
    reply = servers.request(f"{live_server}/v1/batch?format=ndjson", {"items": items})
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert [line["status"] for line in lines] == [200] * 7 + [404]
    assert [line.get("id") for line in lines] == [*range(2, 9), None]
