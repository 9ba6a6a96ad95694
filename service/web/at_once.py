"""A request whose answer is remembered is answered in the worker's main loop: no thread is woken, and none need be free.

HTTP's grammar and the frame of the answer are gunicorn's, the answer is the front's. A request that the front does not know
goes on to a thread, already parsed, with what was noted of it. The same bytes from the same address are parsed once: parsing is
most of what a remembered answer costs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cachetools import LRUCache
from gunicorn.http import wsgi
from gunicorn.http.parser import RequestParser

from service.web import known, trace
from service.web.front import MARKS, Answer, Front

LONGEST_REQUEST = known.LONGEST_BODY + 16_000  # bytes, its head included
LONGEST_PARSED, MOST_PARSED = 4_000, 500  # bytes of a request that is not parsed again, and how many of them


class ReadAhead(RequestParser):
    """A parser that the main loop may have run already: the thread that asks next gets what came of it."""

    outcome: Any = None  # the request, or the error

    def __next__(self) -> Any:
        outcome, self.outcome = self.outcome, None
        if outcome is None:
            return super().__next__()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def run_ahead(self) -> Any:
        """The request that is here, whole; None when gunicorn refuses it, which the thread will tell."""
        try:
            self.outcome = super().__next__()
        except Exception as error:
            self.outcome = error
            return None
        return self.outcome


class Sink(list[bytes]):
    """Takes what would go to a socket."""

    sendall = list.append


class Parsed(NamedTuple):
    """A request as gunicorn parsed it, and its WSGI environment as the front marked it."""

    request: Any
    environ: dict[str, Any]


class Recall:
    """Answers from the memory of `front`. Used by one thread, the main loop's."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._parsed: LRUCache[tuple[Any, bytes], Parsed] = LRUCache(MOST_PARSED)

    def again(self, conn: Any, data: bytes, closes: bool) -> tuple[bytes, bool] | None:
        """The bytes of the answer to `data`, and whether the connection goes on; None when it is not known without parsing."""
        parsed = self._parsed.get((_address(conn), data))
        if parsed is None:
            return None
        answer = self._front.recall_at_once(dict(parsed.environ))
        if answer is None:
            return None
        return _framed(wsgi.Response(parsed.request, Sink(), conn.cfg), answer, closes)

    def first(self, conn: Any, data: bytes, request: Any, closes: bool) -> tuple[bytes, bool] | None:
        """The same for a request that was parsed; None when the front does not know it."""
        response, environ = wsgi.create(request, Sink(), conn.client, conn.server, conn.cfg)
        answer = self._front.recall_at_once(environ)
        if answer is None:
            request.body = environ["wsgi.input"]
            request.body.noted = {name: environ[name] for name in MARKS if name in environ}  # `Front` takes it up from here
            return None
        is_read = _is_read(conn.parser)
        if is_read and len(data) <= LONGEST_PARSED and not conn.parser.unreader.holds_more():
            del environ[trace.PLACE], environ["wsgi.early_hints"], environ["gunicorn.socket"]
            self._parsed[_address(conn), data] = Parsed(request, environ)
        return _framed(response, answer, closes or not is_read)


def _is_read(parser: Any) -> bool:
    """Reads the rest of a body that the answer did not need, so that it is not taken for the next request. Whether that can be done."""
    try:
        return bool(parser.finish_body())
    except Exception:  # it is not here: what is too large is refused unread
        return False


def _address(conn: Any) -> Any:
    """Whose word is believed in forwarding headers depends on it."""
    return conn.client[0] if isinstance(conn.client, tuple) else conn.client


def _framed(response: Any, answer: Answer, closes: bool) -> tuple[bytes, bool]:
    if closes:
        response.force_close()
    response.start_response(answer.status, answer.headers)
    response.write(answer.body)
    response.close()
    return b"".join(response.sock), not response.should_close()
