"""When a request is whole: at its last byte and not before, however it was cut; what is broken is not waited for."""

from __future__ import annotations

import pytest

from service.web.framing import Arrival

BODY = b'{"matrix": [[1, 2], [2, 4]]}'
HEAD = b"POST /v1/rank HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = {
    "no body": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an empty line before it": b"\r\nGET / HTTP/1.0\r\n\r\n",
    "a stated length": HEAD + b"content-LENGTH: %d\r\n\r\n" % len(BODY) + BODY,
    "a length of nothing": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{    \r\n3;a=b\r\n1}\n\r\n0\r\n\r\n",
    "chunks and trailers": HEAD + b"Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\n",
    "chunks that hold the end of a body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n\r\n0\r\n\r\n12\r\n0\r\n\r\n",
}
BROKEN = {
    "no version": b"GET /\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01",
    "a bare line feed": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n",
    "a line that does not end": b"GET /" + b"a" * 9_000,
    "a head that does not end": b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 120_000,
    "a size that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nsize\r\n",
    "a size below zero": HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    "a size with an underscore": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1_0\r\n",
    "no size, and no end of its line": HEAD + b'Transfer-Encoding: chunked\r\n\r\n{"a": 1}',
    "two lengths": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
    "a size without an end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 9_000,
    "a chunk longer than its size": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "another coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
    "a length beyond the limit": HEAD + b"Content-Length: 1001\r\n\r\n",
    "chunks beyond the limit": HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFF\r\n" + b"a" * 1_001,
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_a_request_is_whole_at_its_last_byte(name: str, step: int) -> None:
    arrival = Arrival(1_000)
    pieces = [WHOLE[name][i : i + step] for i in range(0, len(WHOLE[name]), step)]
    for i, piece in enumerate(pieces):
        arrival.add(piece)
        assert arrival.is_whole() is (i == len(pieces) - 1), arrival.data
    arrival.add(b"GET / HTTP/1.1\r\n")  # the next one, sent at once
    assert arrival.is_whole()


@pytest.mark.parametrize("name", BROKEN)
def test_what_will_be_refused_is_not_waited_for(name: str) -> None:
    arrival = Arrival(1_000)
    arrival.add(BROKEN[name])
    assert arrival.is_whole()


def test_chunks_of_a_byte_each_end_somewhere() -> None:
    arrival = Arrival(1_000_000)
    arrival.add(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        arrival.add(b"1\r\na\r\n" * 10_000)
        if arrival.is_whole():
            break
    else:
        raise AssertionError("it would be read for ever")


def test_a_client_that_waits_for_a_word_is_known() -> None:
    arrival = Arrival(1_000)
    arrival.add(HEAD + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
    assert not arrival.is_whole()
    assert arrival.expects
