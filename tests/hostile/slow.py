"""Slow clients of five kinds, as many as wanted, and good requests beside them."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

PAUSE = 0.5  # seconds between two bytes
HEAD = b"POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LARGE = json.dumps({"matrix": [[float((i * 7919 + j * 104729) % 1009) for j in range(300)] for i in range(300)]}).encode()
LARGE_HEAD = HEAD.replace(b"rank", b"qr") + b"Content-Length: %d\r\n\r\n" % len(LARGE)
# what is sent at once, and what follows, a byte a pause
KINDS: dict[str, tuple[bytes, bytes]] = {
    "idle": (b"", b""),
    "slow head": (b"POST /v1/rank HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a"),
    "slow body": (HEAD + b'Content-Length: 100000\r\n\r\n{"matrix": [[', b"1"),
    "endless chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "slow reader": (LARGE_HEAD + LARGE, b""),
}


@contextlib.contextmanager
def clients(address: tuple[str, int], count: int, kinds: tuple[str, ...] = tuple(KINDS)) -> Iterator[None]:
    """`count` connections, of these kinds in turn, until the block ends; those that are closed are opened anew."""
    over = threading.Event()
    threads = [threading.Thread(target=_slow, args=(address, *KINDS[kinds[i % len(kinds)]], over), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(1)  # by now the first bytes are there
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(5)


def _slow(address: tuple[str, int], begin: bytes, piece: bytes, over: threading.Event) -> None:
    while not over.wait(PAUSE):
        with contextlib.suppress(OSError), socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.settimeout(1)
            connection.connect(address)
            connection.sendall(begin)
            while not over.wait(PAUSE):
                if piece:
                    connection.sendall(piece)
                    continue
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1, socket.MSG_PEEK):  # to notice the end; a slow reader takes nothing
                        break


def good_requests(address: tuple[str, int], count: int, patience: float = 10) -> list[float]:
    """Seconds that each of `count` small requests took, on connections of their own; infinity for one without an answer."""
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        body = json.dumps({"matrix": [[1, 2], [2, number]]})
        connection = http.client.HTTPConnection(*address, timeout=patience)
        try:
            connection.request("POST", "/v1/rank", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - begun if answer.status == 200 else float("inf"))
        except (OSError, http.client.HTTPException):
            taken.append(float("inf"))
        finally:
            connection.close()
    return taken
