"""Bodies as they come over a socket: chunked, too long, broken off. A part of a body is never taken for the whole."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from service import limits

WHOLE = b'{"matrix": [[1, 2], [2, 4]]}'
HEAD = b"POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


PADDED = chunk(WHOLE) + chunk(b" " * 1_000_000) * (limits.limit("body-bytes") // 1_000_000 + 1)
BODIES: dict[str, tuple[bytes, int, str | None]] = {
    "of a stated length": (b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE, 200, None),
    "in chunks": (b"Transfer-Encoding: chunked\r\n\r\n" + chunk(WHOLE[:5]) + chunk(WHOLE[5:]) + b"0\r\n\r\n", 200, None),
    "none": (b"\r\n", 400, "not-json"),
    "longer than allowed": (b"Content-Length: 999999999\r\n\r\n" + WHOLE, 413, "limit-exceeded"),
    "longer than allowed, in chunks": (b"Transfer-Encoding: chunked\r\n\r\n" + PADDED + b"0\r\n\r\n", 413, "limit-exceeded"),
    "in two codings": (b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunk(WHOLE) + b"0\r\n\r\n", 501, "not-implemented"),
    "a chunk of fewer bytes than none": (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400, "bad-request"),
    "no chunk at all": (b"Transfer-Encoding: chunked\r\n\r\n" + WHOLE, 400, "bad-request"),
    "of two lengths": (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + WHOLE, 400, "bad-request"),
    "a bad chunk": (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + WHOLE, 400, "bad-request"),
    "broken off": (b"Content-Length: 500\r\n\r\n" + WHOLE, 400, "bad-request"),
    "broken off, in chunks": (b"Transfer-Encoding: chunked\r\n\r\n" + chunk(WHOLE) + b"5\r\n", 400, "bad-request"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_read_whole_or_refused(live_server: str, name: str) -> None:
    rest, status, code = BODIES[name]
    address = urlsplit(live_server)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(HEAD + rest)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65_536):
            answer += data
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status, answer
    assert json.loads(body).get("code") == code
