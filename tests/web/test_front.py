"""What is answered from memory, before Flask runs, is what the pipeline answered: the same bytes under the same headers."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.settings import Settings
from service.web import problems
from service.web.front import MARKS, Front
from service.web.known import LONGEST_BODY, KnownRequests
from service.web.registry import ENDPOINTS
from tests.web.conftest import Trial, application

VARYING = {"X-Request-Id", "Server-Timing", "Cache-Status"}
BODY = {"order": 1, "expression": "x^2"}


def same(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    """What must not depend on where the answer came from; headers in their order."""
    return answer.status_code, [(name, "" if name in VARYING else value) for name, value in answer.headers], answer.data


def front_of(app: Flask) -> Front:
    assert isinstance(app.wsgi_app, Front)
    return app.wsgi_app


@pytest.fixture(scope="module")
def apps(redis_url: str) -> tuple[FlaskClient, FlaskClient, FlaskClient]:
    """One application, a second that shares Redis with it, and one that knows no front."""
    shared = Settings(log_level="error", redis_url=redis_url, redis_wait_ms=10_000)
    plain = create_app(Settings(log_level="error"))
    plain.wsgi_app = front_of(plain)._flask  # type: ignore[method-assign]
    return create_app(shared).test_client(), create_app(shared).test_client(), plain.test_client()


@pytest.mark.parametrize("name", ENDPOINTS)
def test_wherever_an_answer_comes_from_it_is_the_same(apps: tuple[FlaskClient, FlaskClient, FlaskClient], name: str) -> None:
    first, second, plain = apps
    entry = ENDPOINTS[name]
    body = next(json.dumps(example.request) for example in entry.examples if example.refused is None)
    answers = [client.post(entry.path, data=body, content_type="application/json") for client in (first, first, second, second, plain)]
    assert [answer.headers["Cache-Status"].rpartition("nabla-response; ")[2] for answer in answers] == [
        "fwd=miss; stored",
        "hit; detail=memory",
        "hit; detail=redis",
        "hit; detail=memory",
        "fwd=miss; stored",
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({str(same(answer)) for answer in answers}) == 1


WAYS: dict[str, dict[str, Any]] = {
    "POST": {"method": "POST", "json": BODY},
    "QUERY": {"method": "QUERY", "json": BODY},
    "GET": {"method": "GET", "query_string": "order=1&expression=x^2"},
    "HEAD": {"method": "HEAD", "query_string": "order=1&expression=x^2"},
    "a file": {"method": "POST", "data": b"1,2\n3,4", "content_type": "text/csv", "query_string": "order=1"},
    "Accept": {"method": "POST", "json": BODY, "headers": {"Accept": "text/html, application/json;q=0.5"}},
    "arrays": {"method": "POST", "json": BODY, "query_string": "arrays=base64"},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_in_is_remembered(trial: Trial, way: str) -> None:
    app = application(trial, Settings(log_level="error"))
    client = app.test_client()
    expected = client.open("/v1/trial", **WAYS[way])
    assert expected.status_code == 200
    front_of(app)._flask = None  # type: ignore[assignment]  # whoever comes this far, fails
    again = client.open("/v1/trial", **WAYS[way])
    assert same(again) == same(expected)
    assert again.headers["Cache-Status"] == "nabla-response; hit; detail=memory"


@pytest.mark.parametrize("way", ["GET", "HEAD", "QUERY"])
def test_a_client_that_has_the_answer_is_told_so_without_flask(trial: Trial, way: str) -> None:
    app = application(trial, Settings(log_level="error"))
    client, sent = app.test_client(), WAYS[way]
    tag = client.open("/v1/trial", **sent).headers["ETag"]
    again = {**sent, "headers": {"If-None-Match": f'"other", W/{tag}'}}
    flask = front_of(app)._flask
    front_of(app)._flask = None  # type: ignore[assignment]
    by_front = client.open("/v1/trial", **again)
    app.wsgi_app = flask  # type: ignore[method-assign]
    by_flask = client.open("/v1/trial", **again)
    assert by_front.status_code == 304
    assert same(by_front) == same(by_flask)


def test_what_differs_in_anything_that_counts_is_not_taken_for_the_same(client: FlaskClient, trial: Trial) -> None:
    """Each differs from the one before it in one thing; all are sent twice, so that each has the chance of being taken for another."""
    trial.handler = lambda request: {"answer": {name: str(value) for name, value in request.items()}, "checks": []}
    ways: list[dict[str, Any]] = [
        {"method": "GET", "query_string": "order=1"},
        {"method": "GET", "query_string": "order=2"},
        {"method": "POST", "json": {"order": 3}},
        {"method": "POST", "data": b"1,2", "content_type": "text/csv", "query_string": "order=1"},
        {"method": "POST", "data": b"3\t2", "content_type": "text/tab-separated-values", "query_string": "order=1"},
        {"method": "POST", "data": b"12", "content_type": "text/csv", "query_string": "order=1"},
        {"method": "POST", "data": b"2", "content_type": "text/csv", "query_string": "order=1"},
    ]
    first = [client.open("/v1/trial", **way).data for way in ways]
    assert [client.open("/v1/trial", **way).data for way in ways] == first
    assert len(set(first)) == len(ways)
    unlike = {"method": "GET", "query_string": "order=1"}
    assert client.open("/v1/trial", **unlike, headers={"Accept": "image/png"}).status_code == 406
    assert client.open("/v1/trial", **unlike, data=b"{}", content_type="application/json").status_code == 400
    assert client.open("/v1/trial", **{**unlike, "method": "DELETE"}).status_code == 405
    assert client.post("/v1/trial", json={"order": 3}, headers={"Content-Encoding": "br"}).status_code == 415


def test_errors_are_not_remembered(client: FlaskClient, trial: Trial) -> None:
    trial.handler = lambda request: {"answer": float("nan")}
    for _ in range(2):
        assert client.post("/v1/trial", json=BODY).status_code == 422
        assert client.post("/v1/trial", data=b"{", content_type="application/json").status_code == 400
    assert trial.calls == 2


def test_an_answer_that_the_memory_lost_is_computed_anew(trial: Trial) -> None:
    app = application(trial, Settings(log_level="error", cache_memory_bytes=12_000))
    client = app.test_client()
    first = client.post("/v1/trial", json=BODY)
    for number in range(20):
        client.post("/v1/trial", json={"label": f"{number}" + "x" * 600})
    again = client.post("/v1/trial", json=BODY)
    assert same(again) == same(first)
    assert again.headers["Cache-Status"] == "nabla-response; fwd=miss; stored"


def environ(body: bytes = b"{}", **changes: Any) -> dict[str, Any]:
    length = str(len(body))
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/v1/rank", "CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(body), **changes}


def test_a_body_is_there_for_the_next_reader() -> None:
    sent = environ(b'{"a":1}')
    assert KnownRequests().get(sent) is None
    assert sent["wsgi.input"].read(100) == b'{"a":1}'


def test_a_body_that_broke_off_is_left_for_the_reader_who_says_so() -> None:
    known, sent = KnownRequests(), environ(b"half", CONTENT_LENGTH="8")
    assert known.get(sent) is None
    assert sent["wsgi.input"].read(8) == b"half"
    known.add(sent, "key", [])
    assert not known._known


def test_a_body_that_cannot_be_read_fails_for_the_next_reader_too() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError("gone")

    sent = environ(**{"wsgi.input": Gone()})
    assert KnownRequests().get(sent) is None
    with pytest.raises(ConnectionResetError):
        sent["wsgi.input"].read(8)


@pytest.mark.parametrize(
    "odd",
    [
        environ(b"x" * (LONGEST_BODY + 1)),
        environ(CONTENT_LENGTH="-1"),
        environ(CONTENT_LENGTH="²"),
        environ(HTTP_CONTENT_ENCODING="gzip"),
        environ(HTTP_TRANSFER_ENCODING="chunked"),
        environ(PATH_INFO="/"),
    ],
)
def test_the_unusual_is_not_remembered(odd: dict[str, Any]) -> None:
    known = KnownRequests()
    known.get(odd)
    known.add(odd, "key", [])
    assert not known._known


def test_a_line_break_in_a_path_does_not_make_two_requests_one() -> None:
    known = KnownRequests()
    known.get(one := environ(b"", PATH_INFO="/v1/rank\n", CONTENT_LENGTH="0"))
    known.add(one, "one", [])
    assert known.get(environ(b"\n", PATH_INFO="/v1/rank", CONTENT_LENGTH="1")) is None


def test_the_number_of_remembered_requests_is_bounded() -> None:
    known = KnownRequests(3)
    for number in range(5):
        known.get(sent := environ(b"%d" % number))
        known.add(sent, str(number), [])
    assert [known.get(environ(b"%d" % number)) is not None for number in range(5)] == [False, False, True, True, True]


def test_a_remembered_request_takes_about_a_kilobyte() -> None:
    tracemalloc.start()
    try:
        known, before = KnownRequests(), tracemalloc.get_traced_memory()[0]
        for number in range(2_000):
            known.get(sent := environ(b"%d" % number))
            headers = [
                (f"{name}-{number}"[:6], f"{number:040d}") for name in ("Content-Type", "ETag", "Vary", "Cache-Control", "Content-Length")
            ]
            known.add(sent, f"nabla:0.1.0-0123456789:response:{number:040d}", headers)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < 2_000 * 1_500


class OnlyOnce:
    """Admits one request."""

    waits = False

    def __init__(self) -> None:
        self.asked = 0

    def preflight(self, environ: Any) -> None:
        return None

    def admit(self, environ: Any) -> list[tuple[str, str]]:
        self.asked += 1
        if self.asked > 2:
            raise problems.NotAcceptable("enough")
        return [("RateLimit", "left")]


def test_admission_comes_before_the_memory(trial: Trial) -> None:
    app = application(trial, Settings(log_level="error"))
    front_of(app)._admission = OnlyOnce()
    client = app.test_client()
    computed, remembered, refused = (client.post("/v1/trial", json=BODY) for _ in range(3))
    assert same(computed) == same(remembered)
    assert computed.headers["RateLimit"] == "left"
    assert (refused.status_code, refused.get_json()["code"]) == (406, "not-acceptable")
    assert refused.headers["X-Request-Id"]


def test_the_main_loop_admits_once_and_only_where_it_need_not_wait(trial: Trial) -> None:
    app = application(trial, Settings(log_level="error"))
    front = front_of(app)
    front._admission = admission = OnlyOnce()  # type: ignore[assignment]
    sent = environ(b'{"order":1}', PATH_INFO="/v1/trial", CONTENT_TYPE="application/json")
    assert front.recall_at_once(sent) is None
    assert admission.asked == 1
    marked = {name: sent[name] for name in MARKS if name in sent}
    client = app.test_client()
    answer = client.post("/v1/trial", data=b'{"order":1}', content_type="application/json", environ_overrides=marked)
    assert admission.asked == 1
    assert answer.headers["RateLimit"] == "left"
    known = front.recall_at_once(environ(b'{"order":1}', PATH_INFO="/v1/trial", CONTENT_TYPE="application/json"))
    assert known is not None
    assert ("RateLimit", "left") in known.headers
    refused = front.recall_at_once(environ(b'{"order":1}', PATH_INFO="/v1/trial", CONTENT_TYPE="application/json"))
    assert refused is not None
    assert refused.status.startswith("406")
    admission.waits = True
    assert front.recall_at_once(environ(b'{"order":1}')) is None
    assert admission.asked == 3
