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
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from service.errors import NablaError
from service.web import clients, known, negotiation, problems, trace
from service.web.admission import CHARGE, Admission
from service.web.cors import Headers
from service.web.known import Known
from service.web.state import State
from service.web.trace import Trace

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOT_MODIFIED = ("Vary", "Cache-Control", "Content-Location")  # the headers of an answer that a 304 repeats (RFC 9110, 15.4.5)
ASKED = "nabla.asked"  # set in the WSGI environment once the memory has been asked
ADMITTED = "nabla.admitted"  # the headers that the admission has for the answer
MARKS = (trace.PLACE, known.PLACE, clients.NAME, CHARGE, ASKED, ADMITTED)  # what is noted of a request in its WSGI environment


class Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Front:
    """WSGI middleware around Flask's `wsgi_app`. `admission` is None when nothing is switched on."""

    def __init__(self, flask: WSGIApplication, state: State, admission: Admission | None = None) -> None:
        self._flask = flask
        self._known = state.known
        self._memory = state.memory
        self._admission = admission
        self._records = state.records

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ.update(getattr(environ["wsgi.input"], "noted", ()))  # in the main loop (service/web/at_once.py)
        answer = None if ASKED in environ else self.recall(environ)
        if answer is None:
            return self._flask(environ, _with(environ.get(ADMITTED), start_response))
        start_response(answer.status, answer.headers)
        return [answer.body] if answer.body else []

    def recall_at_once(self, environ: WSGIEnvironment) -> Answer | None:
        """As `recall`, where nothing has to be waited for. What is asked here is not asked again."""
        if self._admission is not None and self._admission.waits:
            return None
        environ[ASKED] = True
        return self.recall(environ)

    def recall(self, environ: WSGIEnvironment) -> Answer | None:
        """The answer that needs no Flask, its line in the log written: one that is remembered, or a refusal. None for the rest."""
        noted = trace.of(environ)
        admitted: Headers = []
        if self._admission is not None:
            preflight = self._admission.preflight(environ)
            if preflight is not None:
                return self._finished(noted, environ, Answer("204 NO CONTENT", preflight, b""))
            try:
                admitted = environ[ADMITTED] = self._admission.admit(environ)
            except NablaError as error:
                return self._refusal(error, noted, environ)
        request = self._known.get(environ)
        if request is None:
            return None
        if "HTTP_IF_NONE_MATCH" in environ and (tag := self._current(environ, request)):
            headers = [("ETag", f'"{tag}"'), *(header for header in request.headers if header[0] in NOT_MODIFIED)]
            return self._finished(noted, environ, Answer("304 NOT MODIFIED", headers, b""), admitted)
        body = self._memory.get(request.key)
        if body is None:
            return None
        noted.stages["cache"] = time.perf_counter() - noted.started
        noted.caches.append(trace.FROM_MEMORY)
        return self._finished(
            noted, environ, Answer("200 OK", request.headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body), admitted
        )

    def _current(self, environ: WSGIEnvironment, request: Known) -> str | None:
        """The tag of the answer that the client has already."""
        tag = request.key.rpartition(":")[2]
        if negotiation.wants_none(environ) and self._memory.get(request.key) is not None:
            return tag
        return negotiation.current_tag(environ, tag)

    def _finished(self, noted: Trace, environ: WSGIEnvironment, answer: Answer, admitted: Sequence[tuple[str, str]] = ()) -> Answer:
        self._records.keep(noted, environ, int(answer.status[:3]))
        return answer._replace(headers=[*answer.headers, *noted.headers(), *admitted])

    def _refusal(self, error: NablaError, noted: Trace, environ: WSGIEnvironment) -> Answer:
        """The problem that `error` is, as hooks.py would give it."""
        noted.code = error.code
        response = problems.response(error, environ["PATH_INFO"])
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else response.get_data()
        return self._finished(noted, environ, Answer(response.status, list(response.headers), body))


def _with(admitted: Headers | None, start_response: StartResponse) -> StartResponse:
    """`start_response` with further headers."""
    if not admitted:
        return start_response

    def start(status: str, headers: Headers, *exc_info):  # type: ignore[no-untyped-def]
        return start_response(status, headers + admitted, *exc_info)

    return start
