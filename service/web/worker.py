"""The gunicorn worker of the service: `gthread`, with slow clients waited for in the main loop and never in a thread.

gunicorn's own threads read a request and write its answer with blocking calls, so that a few clients that send or read
slowly hold all of them. Here the main loop gathers a request until it is whole, a thread computes and hands its answer over
without waiting, and the main loop sends what the kernel did not take at once. A request whose answer is remembered is answered
by the main loop itself. Each of these has its time (service/limits.py),
and each connection that is closed is closed without waiting. Whatever gunicorn refuses itself is a problem document.
"""

from __future__ import annotations

import errno
import heapq
import re
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from service import limits
from service.errors import NablaError
from service.web import at_once, edge_problems, problems, trace
from service.web.connections import Connection
from service.web.framing import Arrival
from service.web.front import Front
from service.web.problems import InternalError

READ_AT_ONCE = 262_144  # bytes
SLOWEST = 20_000  # bytes a second that a large request or answer may take
HELD = 256_000_000  # bytes of requests and answers under way that one worker holds for slow clients
COUNTED_FROM = 65_536  # bytes: what is smaller is not worth counting (1,000 of these are 64 MB)
UNREAD = {"REQUEST_METHOD": "-", "PATH_INFO": "-"}
LINGER = 2.0  # seconds for the client to close its side, so that it reads the answer before the connection is gone
EVICTED = 20  # of so many connections one gives way when there is no place for another
SWEEP = 0.25  # seconds between two looks for connections whose time is over
SANE_HOST = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]{0,255}")


class Worker(ThreadWorker):
    """See the module."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting: set[Connection] = set()  # connections in the poller
        self.next_sweep = 0.0
        self.stopped: float | None = None  # when it was seen that the worker stops
        self.memory: at_once.Recall | None = None
        self.alive = True

    def load_wsgi(self) -> None:
        super().load_wsgi()
        front = getattr(self.wsgi, "wsgi_app", None)
        self.memory = at_once.Recall(front) if isinstance(front, Front) else None

    # --- a request arrives ------------------------------------------------------------------------------------------

    def accept(self, listener: Any) -> bool:
        """Takes on a client that has connected. Whether there was one."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                self.evict(self.worker_connections // EVICTED)
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return error.errno == errno.ECONNABORTED
        self.nr_conns += 1
        self.guard(Connection(self.cfg, sock, address, listener.getsockname()), self.gather)
        return True

    def set_accept_enabled(self, enabled: bool) -> None:
        """A worker that stops takes on all who have connected already, and lets go of the listeners: whoever comes later finds
        another worker, or none, but is not left in a queue that nobody serves."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            listeners: list[Any] = self.sockets
            self.sockets: list[Any] = []
            for listener in listeners:
                while self.nr_conns < self.worker_connections and self.accept(listener):
                    pass
                listener.close()

    def gather(self, conn: Connection, begun: bytes = b"") -> None:
        """Waits in the poller for a request, of which `begun` is here already."""
        conn.sock.setblocking(False)
        self.expect(conn, begun)
        if self.look(conn) if begun else self.on_bytes(conn):
            self.wait(conn, selectors.EVENT_READ, self.on_bytes)

    def expect(self, conn: Connection, begun: bytes) -> None:
        conn.arrival = Arrival(limits.limit("body-bytes"), bytearray(begun))
        conn.since = time.monotonic()
        conn.deadline = conn.since + (limits.limit("header-seconds") if begun else self.cfg.keepalive)

    def on_bytes(self, conn: Connection) -> bool:
        """The client may have sent something, or have closed its side. Whether more is to be waited for."""
        assert conn.arrival is not None
        try:
            data = conn.sock.recv(READ_AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:
            return self.drop(conn)
        if not data:
            conn.is_cut = True
            return self.compute(conn) if conn.arrival.data else self.drop(conn)
        if not conn.arrival.data:
            conn.since = time.monotonic()
            conn.deadline = conn.since + limits.limit("header-seconds")
        conn.arrival.add(data)
        return self.look(conn)

    def look(self, conn: Connection) -> bool:
        """Has a thread compute the request, if it is whole and new. Whether more is to be waited for."""
        assert conn.arrival is not None
        if conn.arrival.is_whole() and not self.recall(conn):
            return self.compute(conn)
        if conn.arrival is None or conn.arrival.is_whole():  # behind one that was remembered; a flood of these goes to threads
            return conn.arrival is not None and self.compute(conn)
        if conn.arrival.head is not None:
            if conn.arrival.expects:
                conn.arrival.expects = False
                conn.sock.send_now(b"HTTP/1.1 100 Continue\r\n\r\n")
            conn.deadline = conn.since + limits.limit("body-seconds") + len(conn.arrival.data) / SLOWEST
        if len(conn.arrival.data) > COUNTED_FROM and self.held() > HELD:
            return self.refuse(conn, edge_problems.full())
        return True

    def recall(self, conn: Connection) -> bool:
        """Whether the request is answered by the front, here and now; then `conn.arrival` is the next one, or None at the end."""
        if self.memory is None or conn.arrival is None or conn.arrival.head is None or len(conn.arrival.data) > at_once.LONGEST_REQUEST:
            return False
        is_last = self.nr + 1 >= self.max_requests
        closes = is_last or not self.alive
        data = bytes(conn.arrival.data)
        conn.init()
        conn.sock.setblocking(False)
        found = self.memory.again(conn, data, closes)
        if found is None:
            conn.parser.unreader.data = memoryview(data)
            request = conn.parser.run_ahead()
            if request is None or not has_sane_host(request):
                return False
            settle(request, conn.is_cut)
            try:
                found = self.memory.first(conn, data, request, closes)
            except Exception:  # the body is broken: the thread will tell
                conn.parse_anew()
        if found is None:
            return False
        self.nr += 1
        if is_last and self.alive:
            self.log.info("Autorestarting worker after this request.")
            self.alive = False
        conn.parser.outcome = None
        answer, conn.is_kept = found
        try:
            conn.sock.sendall(answer)
        except OSError:  # the client has gone
            self.drop(conn)
            return True
        if conn.is_kept and not conn.sock.unsent:
            self.expect(conn, conn.parser.unreader.take_rest())
        else:
            self.unwait(conn)
            conn.arrival = None
            self.send_rest(conn)
        return True

    def compute(self, conn: Connection) -> bool:
        """Hands the request to a thread."""
        assert conn.arrival is not None
        self.unwait(conn)
        conn.sock.setblocking(True)
        conn.init()
        if conn.parser.outcome is None:
            conn.parser.unreader.data = memoryview(conn.arrival.data)
        conn.is_cut |= not conn.arrival.is_whole()
        conn.arrival, conn.sock.answered = None, False
        self.enqueue_req(conn)
        return False

    # --- in a thread ------------------------------------------------------------------------------------------------

    def handle(self, conn: Connection) -> Any:
        """Whether the connection can take another request. Every request has an answer, be it broken off in its head."""
        is_kept = super().handle(conn)
        if not conn.sock.answered:
            self.handle_error(None, conn.sock, conn.client, errors.NoMoreData())
        return is_kept

    def handle_request(self, req: Any, conn: Connection) -> Any:
        if not has_sane_host(req):
            raise errors.InvalidHeader("HOST", req=req)
        coding = next((value for name, value in req.headers if name == "TRANSFER-ENCODING"), "chunked")
        if coding.strip(" \t").lower() != "chunked":  # gunicorn lets gzip pass, and leaves it undone
            raise errors.UnsupportedTransferCoding(coding)
        settle(req, conn.is_cut)
        conn.sock.waits = self.held() > HELD
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answers what gunicorn's parser refuses, and what no handler of errors caught, with a problem document."""
        problem = edge_problems.of(exc)
        if isinstance(problem, InternalError):
            self.log.exception("defect")
        try:
            client.sendall(self.written(problem))
        except OSError:
            self.log.debug("the client is gone")

    def written(self, problem: NablaError) -> bytes:
        """The answer to what never became a request of the application, kept in the log and the metrics as others are."""
        noted = trace.of({})
        noted.code = problem.code
        state = getattr(self.wsgi, "extensions", {}).get("nabla")
        if state is not None:
            state.records.keep(noted, UNREAD, problems.PROBLEMS[problem.code].status)
        return edge_problems.as_bytes(problem, noted.request_id)

    # --- an answer leaves -------------------------------------------------------------------------------------------

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """The thread is done; what the kernel has not taken of the answer is still to be sent."""
        try:
            conn.is_kept = bool(not fs.cancelled() and fs.result()) and not conn.is_cut
        except Exception:
            self.close(conn)
            return
        self.send_rest(conn)

    def send_rest(self, conn: Connection) -> None:
        """Lets the client take what the kernel has not, then goes on to what follows."""
        conn.sock.waits = False
        if conn.sock.unsent:
            conn.sock.setblocking(False)
            conn.deadline = time.monotonic() + limits.limit("send-seconds") + len(conn.sock.unsent) / SLOWEST
            self.wait(conn, selectors.EVENT_WRITE, self.on_room)
        else:
            self.follow(conn)

    def on_room(self, conn: Connection) -> None:
        """The client has taken something."""
        try:
            del conn.sock.unsent[: conn.sock.send_now(memoryview(conn.sock.unsent)[:READ_AT_ONCE])]
        except OSError:
            self.drop(conn)
            return
        if not conn.sock.unsent:
            self.unwait(conn)
            self.follow(conn)

    def follow(self, conn: Connection) -> None:
        """What follows an answer: the next request, or the end of the connection."""
        if conn.is_kept:
            self.gather(conn, conn.parser.unreader.take_rest())
        else:
            self.linger(conn)

    # --- a connection ends ------------------------------------------------------------------------------------------

    def refuse(self, conn: Connection, problem: NablaError) -> bool:
        """Answers without a thread, and closes."""
        self.unwait(conn)
        try:
            conn.sock.send_now(self.written(problem))
        except OSError:
            return self.drop(conn)
        self.linger(conn)
        return False

    def linger(self, conn: Connection) -> None:
        """Closes our side, and waits a moment for the client's: a connection closed at once would lose the answer."""
        conn.arrival = None
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close(conn)
            return
        conn.deadline = time.monotonic() + LINGER
        if self.on_last_bytes(conn):
            self.wait(conn, selectors.EVENT_READ, self.on_last_bytes)

    def on_last_bytes(self, conn: Connection) -> bool:
        try:
            if conn.sock.recv(READ_AT_ONCE):
                return True
        except BlockingIOError:
            return True
        except OSError:
            pass
        return self.drop(conn)

    def drop(self, conn: Connection) -> bool:
        self.unwait(conn)
        self.close(conn)
        return False

    def close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.arrival = None
        conn.close()

    # --- waiting ----------------------------------------------------------------------------------------------------

    def wait(self, conn: Connection, events: int, callback: Callable[[Connection], object]) -> None:
        """Has the main loop call back when the connection can be read from, or written to."""
        self.waiting.add(conn)
        self.poller.register(conn.sock, events, lambda _: self.call(conn, callback))

    def call(self, conn: Connection, callback: Callable[[Connection], object]) -> None:
        if conn in self.waiting:  # not if an earlier event of the same round has ended it
            self.guard(conn, callback)

    def guard(self, conn: Connection, callback: Callable[[Connection], object]) -> None:
        """The main loop outlives whatever happens to one connection."""
        try:
            callback(conn)
        except Exception:
            self.log.exception("a connection failed")
            self.drop(conn)

    def unwait(self, conn: Connection) -> None:
        if conn in self.waiting:
            self.waiting.remove(conn)
            self.poller.unregister(conn.sock)

    def held(self) -> int:
        """Bytes of requests and answers that wait for clients."""
        return sum(conn.held for conn in list(self.waiting))

    def murder_pending(self) -> None:
        """Ends the connections whose time is over; called by the main loop after each event."""
        if self.nr_conns >= self.worker_connections:
            self.evict(self.worker_connections // EVICTED)
        now = time.monotonic()
        if now < self.next_sweep:
            return
        self.next_sweep = now + SWEEP
        if not self.alive:
            self.stopped = self.stopped or now
            for conn in self.waiting:
                if conn.arrival is not None and not conn.arrival.data:
                    conn.deadline = min(conn.deadline, self.stopped + LINGER)
        for conn in [conn for conn in self.waiting if conn.deadline <= now]:
            if conn.arrival is not None and conn.arrival.data:
                self.refuse(conn, edge_problems.too_slow("header-seconds" if conn.arrival.head is None else "body-seconds"))
            else:
                self.drop(conn)

    def evict(self, count: int) -> None:
        """Drops the connections that have waited longest for a request to begin, then those for one to become whole, so that
        others find a place."""
        arriving = [conn for conn in self.waiting if conn.arrival is not None]
        for conn in heapq.nsmallest(count, arriving, key=lambda conn: (bool(conn.arrival and conn.arrival.data), conn.since)):
            self.drop(conn)


def has_sane_host(request: Any) -> bool:
    """Whether the header Host is what RFC 9112 (3.2) asks for."""
    hosts = [value for name, value in request.headers if name == "HOST"]
    return bool(hosts or request.version < (1, 1)) and all(SANE_HOST.fullmatch(host) for host in hosts)


def settle(request: Any, is_cut: bool) -> None:
    """What the main loop has done or found out already: "100 Continue" is said; whether the connection ends with the answer."""
    request._expected_100_continue = False
    request.version = min(request.version, (1, 1))  # what is spoken here, and so what the answer says
    if is_cut or any(name == "CONNECTION" and "close" in value.lower() for name, value in request.headers):
        request.force_close()  # gunicorn looks for "close" alone, not in a list
