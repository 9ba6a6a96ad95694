"""The front: what answers a request before Flask sees it, when its answer is in this process's memory.

    trace       the request's id, the clock               trace.of
    admission   keys, origins, rates; nothing by default  admission        401 403 429
    recall      the same bytes were answered before?      known, cache     200 304
    Flask       everything else: hooks, pipeline          hooks, pipeline

It decides nothing of its own: what a request means and what the headers of its answer are, the pipeline said when the same
bytes came before (service/web/known.py). It never waits: only the memory of the process is asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from service.cache.port import Cache
from service.cache.tiered import TieredCache
from service.errors import NablaError
from service.web import known, logs, negotiation, problems, trace
from service.web.admission import Admission
from service.web.state import State
from service.web.trace import Trace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOT_MODIFIED = ("ETag", "Vary", "Cache-Control")  # the headers of an answer that a 304 repeats (RFC 9110, 15.4.5)
ASKED = "nabla.asked"  # set in the WSGI environment once the memory has been asked
MARKS = (trace.PLACE, known.PLACE, ASKED)  # what is noted of a request in its WSGI environment


class Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Front:
    """WSGI middleware around Flask's `wsgi_app`. `admission` is None when nothing is switched on."""

    def __init__(self, flask: WSGIApplication, state: State, admission: Admission | None = None) -> None:
        self._flask = flask
        self._known = state.known
        self._memory: Cache = state.cache.near if isinstance(state.cache, TieredCache) else state.cache
        self._admission = admission

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.update(getattr(environ["wsgi.input"], "noted", ()))  # in the main loop (service/web/at_once.py)
        noted = trace.of(environ)
        if self._admission is not None:
            preflight = self._admission.preflight(environ)
            if preflight is not None:
                start_response(*_finished(noted, environ, Answer("204 NO CONTENT", preflight, b""))[:2])
                return []
            try:
                admitted = self._admission.admit(environ)
            except NablaError as error:
                return _refuse(error, noted, environ, start_response)
            start_response = _with(admitted, start_response)
        answer = None if ASKED in environ else self.recall(environ)
        if answer is None:
            return self._flask(environ, start_response)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def recall_at_once(self, environ: WSGIEnvironment) -> Answer | None:
        """The whole answer where it can be given without waiting for anything. What is asked here is not asked again."""
        if self._admission is not None:  # it may wait, or refuse: that is for the request's own thread
            return None
        environ[ASKED] = True
        return self.recall(environ)

    def recall(self, environ: WSGIEnvironment) -> Answer | None:
        """The remembered answer, its line in the log written; None when there is none."""
        noted = trace.of(environ)
        request = self._known.get(environ)
        if request is None:
            return None
        if "HTTP_IF_NONE_MATCH" in environ and negotiation.is_current(environ, request.key.rpartition(":")[2]):
            headers = [header for header in request.headers if header[0] in NOT_MODIFIED]
            return _finished(noted, environ, Answer("304 NOT MODIFIED", headers, b""))
        body = self._memory.get(request.key)
        if body is None:
            return None
        noted.stages["cache"] = time.perf_counter() - noted.started
        noted.caches.append("nabla-response; hit; detail=memory")
        return _finished(noted, environ, Answer("200 OK", request.headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body))


def _finished(noted: Trace, environ: WSGIEnvironment, answer: Answer) -> Answer:
    logs.request_line(noted, environ["REQUEST_METHOD"], environ["PATH_INFO"], int(answer.status[:3]))
    return answer._replace(headers=answer.headers + noted.headers())


def _refuse(error: NablaError, noted: Trace, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The problem that `error` is, as hooks.py would give it."""
    noted.code = error.code
    response = problems.response(error, environ["PATH_INFO"])
    logs.request_line(noted, environ["REQUEST_METHOD"], environ["PATH_INFO"], response.status_code)
    response.headers.extend(noted.headers())
    return response(environ, start_response)


def _with(admitted: list[tuple[str, str]], start_response: StartResponse) -> StartResponse:
    """`start_response` with further headers."""
    if not admitted:
        return start_response

    def start(status: str, headers: list[tuple[str, str]], *exc_info):  # type: ignore[no-untyped-def]
        return start_response(status, headers + admitted, *exc_info)

    return start
