"""A client's connection as the worker sees it: a socket that keeps what cannot be sent yet, a parser fed from memory."""

from __future__ import annotations

import socket
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from service import limits
from service.web import at_once
from service.web.framing import Arrival


class ClientSocket(socket.socket):
    """A socket whose `sendall` keeps what the kernel does not take at once in `unsent`, for the main loop to send."""

    unsent: bytearray
    waits: bool  # whether sendall waits after all, within the time of an answer
    answered: bool  # whether anything was sent to this request

    def sendall(self, data: Any, flags: int = 0) -> None:
        self.answered = True
        if self.waits:
            self.settimeout(limits.limit("send-seconds"))
            super().sendall(bytes(self.unsent) + data)
            self.unsent.clear()
            return
        view = memoryview(data)
        if not self.unsent:
            view = view[self.send_now(view) :]
        self.unsent += view

    def send_now(self, data: Any) -> int:
        """How many bytes the kernel took."""
        try:
            return self.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0


class Gathered(SocketUnreader):
    """What gunicorn's parser reads from: the bytes that have been gathered, and no socket."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.data = memoryview(b"")

    def chunk(self, size_hint: int | None = None) -> bytes:
        size = max(self.mxchunk, min(size_hint or 0, self.max_body_chunk))
        taken, self.data = bytes(self.data[:size]), self.data[size:]
        return taken

    def holds_more(self) -> bool:
        """Whether anything stands behind what was read."""
        return bool(self.data) or bool(self.buf.getbuffer().nbytes)

    def take_rest(self) -> bytes:
        """The bytes behind the request that was read: the next one's."""
        rest: bytes = self.take_buffered() + bytes(self.data)
        self.data = memoryview(b"")
        return rest


class Connection(TConn):
    """A client's connection. `deadline` is when the main loop stops waiting for it."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, ClientSocket(fileno=sock.detach()), client, server)
        self.sock.unsent, self.sock.waits, self.sock.answered = bytearray(), False, False
        self.arrival: Arrival | None = None
        self.data_ready = True  # gunicorn's own waiting is not used
        self.deadline = 0.0
        self.since = 0.0
        self.is_cut = False  # whether the client stopped in the middle, so that nothing can follow
        self.is_kept = False

    def init(self) -> None:
        if not self.initialized:
            super().init()
            self.parse_anew()

    def parse_anew(self) -> None:
        self.parser = at_once.ReadAhead(self.cfg, self.sock, self.client)
        self.parser.unreader = Gathered(self.sock)

    @property
    def held(self) -> int:
        """Bytes that wait for the client."""
        return len(self.sock.unsent) + (len(self.arrival.data) if self.arrival else 0)
