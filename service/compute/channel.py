"""Messages between a worker and one computing child: a kind, a length, the bytes, over a Unix socket."""

from __future__ import annotations

import socket
import struct
import time

HEAD = struct.Struct("!cI")  # the kind, the number of bytes that follow

TASK, ANSWER, ASK, REPLY = b"t", b"a", b"?", b"!"


class Closed(Exception):
    """The other end is gone."""


class Late(Exception):
    """Nothing whole arrived in time; what did arrive is kept for the next call."""


class Channel:
    """One end. Not for two threads at once."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._held = bytearray()

    def send(self, kind: bytes, payload: bytes, until: float | None = None) -> None:
        """Sends one message, by the time `until` (time.monotonic). Raises Closed or Late."""
        self._allow(until)
        head = HEAD.pack(kind, len(payload))
        try:
            if len(payload) < 65_536:
                self.socket.sendall(head + payload)
            else:
                self.socket.sendall(head)
                self.socket.sendall(payload)
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Closed from None

    def receive(self, until: float | None = None) -> tuple[bytes, bytes]:
        """The next message: kind and bytes. Raises Closed, or Late at `until`."""
        wanted = HEAD.size
        while True:
            if len(self._held) >= wanted:
                kind, length = HEAD.unpack_from(self._held)
                wanted = HEAD.size + length
                if len(self._held) >= wanted:
                    payload = bytes(memoryview(self._held)[HEAD.size : wanted])
                    del self._held[:wanted]
                    return kind, payload
            self._allow(until)
            try:
                data = self.socket.recv(min(max(wanted - len(self._held), 65_536), 1 << 20))
            except TimeoutError:
                raise Late from None
            except OSError:
                raise Closed from None
            if not data:
                raise Closed
            self._held += data

    def is_open(self) -> bool:
        """Whether the other end is there, which has nothing to say now."""
        self.socket.settimeout(0)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        self.socket.close()

    def _allow(self, until: float | None) -> None:
        if until is None:
            self.socket.settimeout(None)
            return
        left = until - time.monotonic()
        if left <= 0:
            raise Late
        self.socket.settimeout(left)
