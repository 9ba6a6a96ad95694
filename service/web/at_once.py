"""A request whose answer is remembered is answered in the worker's main loop: no thread is woken, and none need be free.

HTTP's grammar and the frame of the answer are gunicorn's, the answer is the front's. A request that the front does not know
goes on to a thread, already parsed, with what was noted of it.
"""

from __future__ import annotations

import io
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.parser import RequestParser

from service.web.front import MARKS, Front
from service.web.known import LONGEST_BODY

LONGEST_REQUEST = LONGEST_BODY + 16_000  # bytes, its head included


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


class Body(io.BytesIO):
    """The body of a request that the front was asked about, and what was noted in its WSGI environment: `Front` takes it up."""

    def __init__(self, data: bytes, noted: dict[str, Any]) -> None:
        super().__init__(data)
        self.noted = noted


class Sink(list[bytes]):
    """Takes what would go to a socket."""

    sendall = list.append


def answer(front: Front, request: Any, conn: Any, closes: bool) -> tuple[bytes, bool] | None:
    """The bytes of the answer, and whether the connection goes on; None when the front does not know the request."""
    sink = Sink()
    response, environ = wsgi.create(request, sink, conn.client, conn.server, conn.cfg)
    found = front.recall_at_once(environ)
    if found is None:
        request.body = Body(environ["wsgi.input"].read(), {name: environ[name] for name in MARKS if name in environ})
        return None
    if closes:
        response.force_close()
    response.start_response(found.status, found.headers)
    response.write(found.body)
    response.close()
    return b"".join(sink), not response.should_close()
