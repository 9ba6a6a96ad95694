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

from flask import request
from werkzeug import Response

from service.cache import keys
from service.web import computing, negotiation, reading, trace
from service.web.endpoint import Endpoint
from service.web.state import State

FORM = "?form"  # the part of a key that tells forms of one answer apart; no field is called so


def view(endpoint: Endpoint, state: State) -> Callable[[], Response]:
    """The view function of an endpoint: POST, GET and QUERY alike."""

    def serve() -> Response:
        noted = trace.begin(request.environ)
        accept = request.environ.get("HTTP_ACCEPT")
        form = negotiation.choose(endpoint, accept, reading.asked_form(request.environ))
        with trace.stage("parse"):
            sent = reading.read(request)
        fields = computing.understand(endpoint, sent)
        deadline = computing.Deadline(noted.started, fields.pop(computing.DEADLINE, None))
        key = keys.key("response", endpoint.name, fields if form.is_plain else {**fields, FORM: form})
        tag = key.rpartition(":")[2]
        if negotiation.is_current(request.environ, tag):
            return negotiation.not_modified(tag, state.http_max_age)
        with trace.stage("cache"):
            found = state.cache.find(key)
        if found is None:
            body = computing.share(state, key, deadline, lambda: computing.produce(state, endpoint, sent, fields, form, deadline))
            with trace.stage("cache"):
                stored = state.cache.set(key, body, state.cache_ttl)
            trace.note_cache("response", "fwd=miss; stored" if stored else "fwd=miss")
        else:
            body = found.value
            trace.note_cache("response", f"hit; detail={found.level}")
        response = negotiation.success(body, form.media_type, tag, state.http_max_age)
        state.known.add(request.environ, key, response.headers)
        return response

    return serve
