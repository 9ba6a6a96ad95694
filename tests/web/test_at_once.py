"""What the main loop answers itself: as a thread would, and while all threads are busy. Over sockets, against gunicorn."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests import servers

VARYING = re.compile(rb"(?m)^(Date|X-Request-Id|Server-Timing|Cache-Status): [^\r]*")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, threads = tmp_path_factory.mktemp("sleepers"), "--threads 4"
    with servers.service(folder, application="tests.web.sleepers:create()", GUNICORN_CMD_ARGS=threads) as url:
        yield url


def connect(base: str) -> socket.socket:
    host, port = urlsplit(base).netloc.split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.settimeout(20)
    return connection


def get(label: str, *, method: str = "GET", version: str = "1.1", headers: str = "") -> bytes:
    return f"{method} /v1/trial?label={label} HTTP/{version}\r\nHost: x\r\n{headers}\r\n".encode()


def post(body: bytes, headers: str = "") -> bytes:
    head = f"POST /v1/trial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def ask(base: str, *requests: bytes, count: int = 1, end: bytes = b"}\n") -> bytes:
    """All that comes back to these requests, sent in one piece, until `count` answers are there."""
    with connect(base) as connection:
        connection.sendall(b"".join(requests))
        received = b""
        while received.count(end) < count:
            piece = connection.recv(100_000)
            if not piece:
                break
            received += piece
        return received


def to_the_end(base: str, request: bytes) -> bytes:
    with connect(base) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(100_000):
            received += piece
        return received


REQUESTS = {
    "GET": get("a"),
    "POST": post(b'{"label": "b"}'),
    "QUERY": post(b'{"label": "c"}').replace(b"POST", b"QUERY"),
    "connection: close": get("d", headers="Connection: close\r\n"),
    "HTTP/1.0": get("e", version="1.0"),
    "HTTP/1.0, kept": get("f", version="1.0", headers="Connection: keep-alive\r\n"),
    "100-continue": post(b'{"label": "g"}', "Expect: 100-continue\r\n"),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_loop_answers_as_a_thread_does(base: str, kind: str) -> None:
    by_thread, by_loop = ask(base, REQUESTS[kind]), ask(base, REQUESTS[kind])
    assert b"fwd=miss; stored" in by_thread
    assert b"hit; detail=memory" in by_loop
    assert VARYING.sub(b"", by_loop) == VARYING.sub(b"", by_thread)


def test_a_known_answer_does_not_wait_for_a_thread(base: str) -> None:
    ask(base, get("known"))
    with ThreadPoolExecutor(4) as pool:
        sleepers = [pool.submit(ask, base, get(f"sleep{number}")) for number in range(4)]
        for _ in range(20):
            assert b"hit; detail=memory" in ask(base, get("known"))
        assert not any(sleeper.done() for sleeper in sleepers)
        assert all(b"200 OK" in sleeper.result() for sleeper in sleepers)


def test_requests_sent_ahead_are_answered_in_their_order(base: str) -> None:
    labels = [label for number in range(8) for label in (f"new{number}", "known")]
    ask(base, get("known"))
    received = ask(base, *[get(label) for label in labels], count=len(labels))
    assert re.findall(rb'"answer":"(\w+)"', received) == [label.encode() for label in labels]


def test_known_requests_sent_ahead_are_answered_however_often_they_come(base: str) -> None:
    pair = get("first"), post(b'{"label": "second"}'), get("third")
    for request in pair:
        ask(base, request)
    for _ in range(4):
        received = ask(base, *pair, count=3)
        assert re.findall(rb'"answer":"(\w+)"', received) == [b"first", b"second", b"third"]


def test_a_request_in_two_pieces_is_answered_by_the_loop_too(base: str) -> None:
    request = post(b'{"label": "pieces"}')
    expected = ask(base, request)
    with connect(base) as connection:
        for cut in (10, len(request) - 4):
            connection.sendall(request[:cut])
            connection.settimeout(0.05)
            with pytest.raises(TimeoutError):
                connection.recv(1)
            connection.settimeout(20)
            connection.sendall(request[cut:])
            received = connection.recv(100_000)
            assert b"hit; detail=memory" in received
            assert VARYING.sub(b"", received) == VARYING.sub(b"", expected)


def test_head_and_not_modified_have_no_body(base: str) -> None:
    answer = ask(base, get("tagged"))
    tag = re.search(rb"ETag: (\S+)\r", answer)
    assert tag
    ending = get("tagged", method="HEAD", headers="Connection: close\r\n")
    first, again = to_the_end(base, ending), to_the_end(base, ending)
    assert again.endswith(b"\r\n\r\n")
    assert VARYING.sub(b"", again) == VARYING.sub(b"", first)
    condition = f"If-None-Match: {tag[1].decode()}\r\n"
    received = ask(base, get("tagged", headers=condition), get("tagged"), count=1)
    assert received.startswith(b"HTTP/1.1 304 NOT MODIFIED\r\n")
    assert received.count(b"HTTP/1.1 ") == 2


def test_a_long_answer_waits_for_a_slow_reader_without_a_thread(base: str) -> None:
    expected = ask(base, get("long"))
    slow = []
    for _ in range(6):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = urlsplit(base).netloc.split(":")
        connection.connect((host, int(port)))
        connection.settimeout(20)
        connection.sendall(get("long"))
        slow.append(connection)
    assert b"200 OK" in ask(base, get("another"))  # all of them wait, and nobody waits for them
    for connection in slow:
        with connection:
            received = b""
            while len(received) < len(expected) - 200:
                received += connection.recv(50_000)
            assert received.startswith(b"HTTP/1.1 200 OK")


CHUNKED = b"POST /v1/trial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
ODD: dict[str, tuple[bytes, bytes]] = {
    "a body in chunks": (CHUNKED + b'6\r\n{"labe\r\n9\r\nl":"odd"}\r\n0\r\n\r\n', b"200"),
    "a chunk of no size": (CHUNKED + b'zz\r\n{"label":"odd"}\r\n0\r\n\r\n', b"400"),
    "a bad trailer": (CHUNKED + b'f\r\n{"label":"odd"}\r\n0\r\nbad trailer\r\n\r\n', b"400"),
    "a chunk longer than it says": (CHUNKED + b'3\r\n{"label":"odd"}\r\n0\r\n\r\n', b"400"),
    "an encoding that is not known": (post(b'{"label": "odd"}', "Content-Encoding: br\r\n"), b"415"),
    "an encoding that is none": (post(b'{"label": "odd"}', "Content-Encoding: gzip\r\n"), b"400"),
    "a GET with a body": (get("odd", headers="Content-Length: 2\r\n") + b"{}", b"400"),
    "a length twice": (post(b'{"label": "odd"}', "Content-Length: 3\r\n"), b"400"),
    "a header without a name": (get("odd", headers=": x\r\n"), b"400"),
    "another version": (get("odd", version="3.0"), b"505"),
    "no address": (b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
}


@pytest.mark.parametrize("kind", ODD)
def test_the_odd_is_answered_however_often_it_comes(base: str, kind: str) -> None:
    sent, status = ODD[kind]
    ask(base, get("odd"))
    for _ in range(3):
        received = ask(base, sent)
        assert received[9:12] in (status, b"400"), received[:300]
        assert (received[9:12] == b"200") is (status == b"200")
    assert b"200 OK" in ask(base, get("odd"))


def test_a_wrong_host_is_refused_though_the_answer_is_known(base: str) -> None:
    ask(base, get("hosted"))
    for wrong in (b"Host: a b\r\n", b""):
        assert to_the_end(base, get("hosted").replace(b"Host: x\r\n", wrong)).startswith(b"HTTP/1.1 400 ")
