"""Requests as bytes, and their answers read as a distrustful client would: every one a whole, declared HTTP answer."""

from __future__ import annotations

import gzip
import json
import socket
from dataclasses import dataclass
from typing import Any

import zstandard

from service.web.problems import LARGEST_BODY, MEDIA_TYPE, PROBLEMS

PATIENCE = 20.0  # seconds
HASH_MODULUS = 2**61 - 1  # whole numbers that differ by it share a hash
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The code of a problem."""
        document = json.loads(self.body) if self.headers.get("content-type") == MEDIA_TYPE else {}
        return document.get("code")

    def check(self) -> None:
        """That it is an answer which the service declares: JSON that is JSON, or a small problem document that tells no secrets."""
        kind = self.headers.get("content-type", "")
        assert self.status < 500 or self.status in (501, 503), self
        if self.status >= 400:
            assert kind == MEDIA_TYPE, self
            assert len(self.body) <= LARGEST_BODY
            document = json.loads(self.body)
            assert document["status"] == self.status
            assert PROBLEMS[document["code"]].status == self.status
            assert b"Traceback" not in self.body
            assert b".py" not in self.body
        elif kind == JSON:
            json.loads(self.body, parse_constant=_no_constant)
        assert self.status == 204 or self.body or self.headers.get("content-length") == "0"


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no number of JSON")


def encode(parts: list[Any]) -> bytes:
    """The bytes of a row: texts; {"hex"}; {"repeat", "times"}; {"numbered", "times"}: a text with a number in it; {"hashed",
    "times"}: the same with numbers of one hash; {"gzip", "times", "keep"}: compressed, of which some bytes are kept."""
    return b"".join(part.encode() if isinstance(part, str) else _encode(part) for part in parts)


def _encode(part: dict[str, Any]) -> bytes:
    times = part.get("times", 1)
    if "hex" in part:
        return bytes.fromhex(part["hex"])
    if "repeat" in part:
        return part["repeat"].encode() * times
    if "gzip" in part:
        return gzip.compress(part["gzip"].encode() * times, mtime=0)[: part.get("keep")]
    factor = HASH_MODULUS if "hashed" in part else 1
    return "".join(part.get("hashed", part.get("numbered")) % (number * factor) for number in range(times)).encode()


def post(path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a POST that ends the connection."""
    fields = {"Host": "localhost", "Connection": "close", **headers, "Content-Length": str(len(body))}
    return (
        f"POST {path} HTTP/1.1\r\n".encode() + "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n" + body
    )


def send(address: tuple[str, int], data: bytes, *, half_close: bool = False, patience: float = PATIENCE) -> list[Answer]:
    """All answers to the bytes, sent in one go, until the connection is closed. Raises TimeoutError when it is not."""
    with socket.create_connection(address, timeout=patience) as connection:
        received = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except (ConnectionResetError, BrokenPipeError):
            pass  # it was refused before it was all sent; the answer is there to be read
        try:
            while more := connection.recv(65_536):
                received += more
        except ConnectionResetError:
            pass
    answers = []
    while received:
        answer, received = _parse(received)
        if answer.status >= 200:
            answers.append(answer)
    return answers


def ask(address: tuple[str, int], operation: str, fields: dict[str, Any]) -> Answer:
    """The answer to one request as JSON."""
    [answer] = send(address, post(f"/v1/{operation}", {"Content-Type": JSON}, json.dumps(fields).encode()))
    return answer


def _parse(data: bytes) -> tuple[Answer, bytes]:
    head, end, rest = data.partition(b"\r\n\r\n")
    assert end, f"this is no whole answer: {data[:200]!r}"
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status, _ = first.split(" ", 2)
    assert version in ("HTTP/1.0", "HTTP/1.1"), first
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0 if int(status) < 200 else len(rest)))
    assert len(rest) >= length, "the answer breaks off"
    body, coding = rest[:length], headers.get("content-encoding")
    if body and coding:
        body = gzip.decompress(body) if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return Answer(int(status), headers, body), rest[length:]
