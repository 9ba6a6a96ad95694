"""Deadlines, memory and time to arrive, over HTTP against the real service; and what is small enough to need none of that."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson
import pytest
from marshmallow import ValidationError

from service import progress
from service.errors import NablaError
from service.web import computing
from service.web.registry import ENDPOINTS
from tests import servers

OVERSHOOT = 0.1  # seconds: the promise
BOMB = {"expression": "sin(x*y)*cos(y*z)*exp(sin(x*z))"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    limits = {"LIMIT_REQUEST_MILLISECONDS": "1500", "LIMIT_COMPUTE_MEGABYTES": "600"}
    seconds = {"LIMIT_HEADER_SECONDS": "1", "LIMIT_BODY_SECONDS": "1"}
    with servers.service(tmp_path_factory.mktemp("computing"), **limits, **seconds) as base:
        end = time.monotonic() + 30
        while servers.request(f"{base}/readyz").status != 200 and time.monotonic() < end:
            time.sleep(0.05)
        yield base


def ask(base: str, operation: str, body: dict[str, Any]) -> tuple[servers.Reply, float]:
    started = time.monotonic()
    answer = servers.request(f"{base}/v1/{operation}", body)
    return answer, time.monotonic() - started


@pytest.mark.parametrize("milliseconds", [None, 300, 1_000_000])
def test_a_request_ends_at_its_deadline(base: str, milliseconds: int | None) -> None:
    body = BOMB if milliseconds is None else {**BOMB, "deadline_ms": milliseconds}
    answer, seconds = ask(base, "critical-points", body)
    problem = answer.json()
    expected = min(milliseconds or 10**9, 1500)
    assert (answer.status, problem["code"]) == (503, "deadline-exceeded")
    assert expected / 1e3 <= seconds < expected / 1e3 + OVERSHOOT + 0.2  # the client's own time, on a machine with other work
    assert (problem["limit"], problem["deadline_ms"], problem["stage"]) == ("request-milliseconds", expected, "compute")
    assert answer.headers["Retry-After"]


def test_a_deadline_counts_before_a_large_body_is_understood(base: str) -> None:
    answer, seconds = ask(base, "inverse", {"matrix": [["1/3"] * 1000] * 1000, "deadline_ms": 200})
    assert (answer.status, answer.json()["code"]) == (503, "deadline-exceeded")
    assert seconds < 0.2 + OVERSHOOT + 1  # the client writes four megabytes of JSON first


def test_a_deadline_is_no_part_of_what_is_asked(base: str) -> None:
    first = servers.request(f"{base}/v1/gradient", {"expression": "x^2*y^7"})
    second = servers.request(f"{base}/v1/gradient", {"expression": "x^2*y^7", "deadline_ms": 1200})
    assert first.status == second.status == 200
    assert first.body == second.body
    assert first.headers["ETag"] == second.headers["ETag"]
    assert "hit" in second.headers["Cache-Status"]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "100", True, None])
def test_a_deadline_is_a_positive_whole_number(base: str, wrong: object) -> None:
    answer = servers.request(f"{base}/v1/gradient", {"expression": "x^2", "deadline_ms": wrong})
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (400, "/deadline_ms")


def test_a_deadline_in_a_query(base: str) -> None:
    assert servers.request(f"{base}/v1/gradient?expression=x%5E2&deadline_ms=1400").status == 200
    assert servers.request(f"{base}/v1/gradient?expression=x%5E2&deadline_ms=soon").status == 400


def test_memory_is_bounded(base: str) -> None:
    answer, _ = ask(base, "svd", {"matrix": np.random.default_rng(1).standard_normal((1100, 1100)).tolist()})
    assert answer.status in (413, 503)
    if answer.status == 413:
        assert answer.json()["limit"] == "compute-megabytes"


def test_large_and_small_bodies_have_the_same_answer(base: str) -> None:
    """A large body is understood in a child; spaces make one large."""
    small = json.dumps({"matrix": [[2, 1], [1, 3]], "rhs": [1, 2]}).encode()
    header = {"Content-Type": "application/json"}
    answers = [servers.request(f"{base}/v1/solve", data, headers=header) for data in (small, small + b" " * 50_000, b" " * 50_000 + small)]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == len({answer.headers["ETag"] for answer in answers}) == 1
    assert "hit" in answers[1].headers["Cache-Status"]
    wrong = servers.request(f"{base}/v1/solve", small.replace(b"rhs", b"rsh") + b" " * 50_000, headers=header)
    told = servers.request(f"{base}/v1/solve", small.replace(b"rhs", b"rsh"), headers=header).json()
    told.pop("command", None)  # a large body is not written into a command
    assert wrong.json() == told


@pytest.mark.parametrize(
    ("sent", "limit"),
    [
        (b"POST /v1/rank HTTP/1.1\r\nHost: a\r\n", "header-seconds"),
        (b"POST /v1/rank HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n{", "body-seconds"),
    ],
)
def test_a_request_arrives_within_its_time(base: str, sent: bytes, limit: str) -> None:
    place = urlsplit(base)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as connection:
        connection.sendall(sent)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["limit"] == limit


def test_what_runs_in_a_thread_is_small_whatever_its_numbers_are() -> None:
    """The worst of each operation that is computed in the thread of its request: sizes at the bound, numbers of all kinds."""
    draw = np.random.default_rng(7)
    n = 16
    matrices = [
        draw.standard_normal((n, n)),
        np.exp(draw.uniform(-100, 100, (n, n))),
        1.0 / (np.arange(n)[:, None] + np.arange(n) + 1),
        np.triu(np.ones((n, n))) - 1e-9 * np.eye(n),
        np.outer(np.arange(1.0, n + 1), np.ones(n)),
        draw.integers(-9, 9, (n, n)).astype(float),
        np.zeros((n, n)),
    ]
    slowest = {}
    for name, entry in ENDPOINTS.items():
        if not entry.direct or "matrix" not in entry.request.fields:
            continue
        for matrix in matrices:
            body: dict[str, Any] = {"matrix": matrix.tolist()}
            if entry.request.fields.get("rank") is not None:
                body["rank"] = 3
            if "rhs" in entry.request.fields:
                body["rhs"] = [1.0] * n
                body["matrix"] = matrix[:, : n - 1].tolist()
            try:
                fields = entry.request.load(orjson.loads(orjson.dumps(body)))
                assert computing.is_small(entry, fields), name
                started = time.process_time()
                entry(fields)
            except NablaError:
                pass
            except ValidationError:
                break
            slowest[name] = max(slowest.get(name, 0.0), time.process_time() - started)
    assert len(slowest) > 10
    assert {name: seconds for name, seconds in slowest.items() if seconds > 0.5} == {}, "seconds of processor time"


@pytest.mark.parametrize(
    ("operation", "body", "is_small"),
    [
        ("inverse", {"matrix": [[2.5, 1], [1, 3]]}, True),
        ("inverse", {"matrix": [[2.5, 1], [1, 3]], "steps": True}, False),
        ("inverse", {"matrix": [[2.5, 1], [1, 3]], "digits": 10}, False),
        ("inverse", {"matrix": [["1/2", 1], [1, 3]]}, False),
        ("inverse", {"matrix": [["a", 1], [1, 3]]}, False),
        ("inverse", {"matrix": [[1e200, 1], [1, 3]]}, False),
        ("inverse", {"matrix": [[1e-200, 1], [1, 3]]}, False),
        ("inverse", {"matrix": np.eye(17).tolist()}, False),
        ("matrix-function", {"matrix": [[2.5, 1], [1, 3]], "function": "logm"}, False),
        ("gradient", {"expression": "x^2"}, False),
    ],
)
def test_only_direct_methods_on_few_moderate_doubles_are_small(operation: str, body: dict[str, Any], is_small: bool) -> None:
    entry = ENDPOINTS[operation]
    assert computing.is_small(entry, entry.request.load(orjson.loads(orjson.dumps(body)))) == is_small


def test_an_interrupted_derivation_has_told_its_result_before_its_check() -> None:
    told: list[tuple[str, str, object]] = []
    progress.listen(lambda kind, name, value: told.append((kind, name, value)))
    try:
        computing.answer(ENDPOINTS["gradient"], ENDPOINTS["gradient"].request.load({"expression": "x^2*y", "wrt": "x"}))
    finally:
        progress.listen(None)
    assert told == [
        ("stage", "compute", None),
        ("stage", "differentiate", None),
        ("found", "result", "2*x*y"),
        ("stage", "check", None),
        ("stage", "serialize", None),
    ]
