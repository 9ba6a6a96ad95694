"""What happens to a request for an operation, whatever the operation.

    choose    Accept and ?format= -> the form of the answer   negotiation.choose  400 406
    read      the bytes, within their limits                  reading.read        400 413 414 415
    parse     bytes -> JSON, or one array                           reading.decode      400
    validate  JSON -> fields                                  validation          400
    key       fields -> ETag, key of the answer               cache.keys          -> 304
    cache     key -> the answer as it was sent before         cache               -> 200
    compute   fields -> the answer                            compute.run         413 422 503
    serialize the answer -> bytes, kept for the next time     writing             422

Errors are raised where they are found and become problems in one place (hooks.py); they are never kept. A request that comes
again in the same bytes does not come this far: service/web/front.py answers it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request
from werkzeug import Response

from service.cache import keys
from service.compute import runner
from service.web import negotiation, reading, trace, validation
from service.web.drawings import SVG
from service.web.endpoint import Endpoint
from service.web.state import State

FORM = "?form"  # the part of a key that tells forms of one answer apart; no field is called so


def view(endpoint: Endpoint, state: State) -> Callable[[], Response]:
    """The view function of an endpoint: POST, GET and QUERY alike."""

    def serve() -> Response:
        trace.begin(request.environ)
        accept = request.environ.get("HTTP_ACCEPT")
        form = negotiation.choose(endpoint, accept, reading.asked_form(request.environ))
        with trace.stage("parse"):
            sent = reading.read(request)
        fields = understand(endpoint, sent)
        key = keys.key("response", endpoint.name, fields if form.is_plain else {**fields, FORM: form})
        tag = key.rpartition(":")[2]
        if negotiation.is_current(request.environ, tag):
            return negotiation.not_modified(tag, state.http_max_age)
        with trace.stage("cache"):
            found = state.cache.find(key)
        if found is None:
            body = state.flights.run(key, lambda: answer(endpoint, fields, form))
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


def understand(endpoint: Endpoint, sent: reading.Sent) -> dict[str, Any]:
    """The validated fields of the request."""
    with trace.stage("parse"):
        payload = reading.decode(endpoint, sent)
    with trace.stage("validate"):
        return validation.validate(endpoint, payload)


def answer(endpoint: Endpoint, fields: dict[str, Any], form: negotiation.Form = negotiation.PLAIN) -> bytes:
    """The handler's answer in the form asked for."""
    if form.media_type == SVG:
        with trace.stage("compute"):
            return runner.run(endpoint.name, lambda: endpoint.picture(fields, form.picture))
    with trace.stage("compute"):
        result = runner.run(endpoint.name, lambda: endpoint(fields))
    with trace.stage("serialize"):
        return form.write(result)
