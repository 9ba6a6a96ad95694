"""What happens to a request for an operation, whatever the operation.

    choose    Accept and ?format= -> the form of the answer   negotiation.choose  400 406
    read      the bytes, within their limits                  reading.read        400 413 414 415
    parse     bytes -> JSON, or one array                           reading.decode      400
    validate  JSON -> fields                                  validation          400
    key       fields -> ETag, key of the answer               cache.keys          -> 304
    cache     key -> the answer as it was sent before         cache               -> 200
    compute   fields -> the answer, by its deadline           computing           413 422 429 503
    serialize the answer -> bytes, kept for the next time     writing             422

Errors are raised where they are found and become problems in one place (hooks.py); they are never kept. A request that comes
again in the same bytes does not come this far: service/web/front.py answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request
from werkzeug import Response

from service.web import computing, encodings, negotiation, permalinks, reading, trace
from service.web.endpoint import Endpoint
from service.web.forms import Form
from service.web.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def view(endpoint: Endpoint, state: State) -> Callable[[], Response]:
    """The view function of an endpoint: POST, GET and QUERY alike."""

    def serve() -> Response:
        environ = request.environ
        noted = trace.begin(environ)
        form = negotiation.choose(endpoint, environ.get("HTTP_ACCEPT"), reading.asked_form(environ))
        with trace.stage("parse"):
            sent = reading.read(request)
        return _Request(endpoint, state, form, sent, computing.Deadline(noted.started), environ).serve()

    return serve


def answer(endpoint: Endpoint, state: State, form: Form, sent: reading.Sent, deadline: computing.Deadline) -> Response:
    """The answer to a request that is a part of another one: it has no conditions, and leaves as it is."""
    return _Request(endpoint, state, form, sent, deadline, {"REQUEST_METHOD": "POST"}).serve()


@dataclass
class _Request:
    """One request, from its bytes to its answer."""

    endpoint: Endpoint
    state: State
    form: Form
    sent: reading.Sent
    deadline: computing.Deadline
    environ: WSGIEnvironment
    key: str = ""  # of the answer
    recalled: Response | None = None
    kept: bool = False  # whether this request has computed its answer, and not waited for another one to

    def serve(self) -> Response:
        endpoint, state, form, sent, deadline = self.endpoint, self.state, self.form, self.sent, self.deadline
        if computing.is_large(state, sent):  # to understand it may take long, too
            deadline.glance(sent)
            body = computing.delegate(state, endpoint, sent, form, deadline, self.recall)
            return self.recalled or self.success(self.keep(body))
        fields = computing.understand(endpoint, sent)
        asked = fields.pop(computing.DEADLINE, None)
        if not self.recall(computing.key_of(endpoint, fields, form), asked):
            body = computing.share(
                state, self.key, deadline, lambda: self.keep(computing.produce(state, endpoint, sent, fields, form, deadline))
            )
            if not self.kept:
                trace.note_cache("response", "fwd=miss; collapsed")
        return self.recalled or self.success(body)

    def recall(self, key: str, deadline_ms: int | None) -> bool:
        """What the request asks for is known now. Whether its answer is known, too, or the client has it already."""
        self.key = key
        self.deadline.lower(deadline_ms)
        current = negotiation.current_tag(self.environ, self.tag)
        if current is not None:
            self.recalled = negotiation.not_modified(self.environ, current, self.state.freshness, self.location)
            return True
        with trace.stage("cache"):
            found = self.state.cache.find(key)
        if found is None:
            return False
        trace.note_cache("response", f"hit; detail={found.level}")
        self.recalled = self.success(found.value)
        return True

    def keep(self, body: bytes) -> bytes:
        """The answer, once the caches have it, so that whoever asks next finds it there."""
        with trace.stage("cache"):
            stored = self.state.cache.set(self.key, body, self.state.cache_ttl)
        trace.note_cache("response", "fwd=miss; stored" if stored else "fwd=miss")
        self.kept = True
        return body

    def success(self, body: bytes) -> Response:
        """The answer in the encoding that the client likes. The next one who asks in these bytes has it from the memory."""
        environ, state = self.environ, self.state
        shorter, encoding = encodings.encoded(body, environ.get("HTTP_ACCEPT_ENCODING"))
        key = f"{self.key}-{encoding}" if encoding else self.key
        if encoding:
            state.memory.set(key, shorter, state.cache_ttl)
        tag = key.rpartition(":")[2]
        response = negotiation.success(environ, shorter, self.form.media_type, tag, state.freshness, encoding, self.location)
        if self.endpoint.retirement is not None:
            response.headers.extend(self.endpoint.retirement.headers())
        state.known.add(environ, key, response.headers)
        if negotiation.wants_none(environ):
            return negotiation.not_modified(environ, tag, state.freshness, self.location)
        return response

    @property
    def location(self) -> str | None:
        """Where a GET has the same answer."""
        return None if self.sent.media_type is None else permalinks.permalink(self.endpoint, self.sent, self.form)

    @property
    def tag(self) -> str:
        return self.key.rpartition(":")[2]
