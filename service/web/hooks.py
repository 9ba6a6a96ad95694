"""What surrounds every request: its id, its headers, its line in the log; and errors turned into problems, in this one place."""

from __future__ import annotations

import logging

from flask import Flask, current_app, request
from werkzeug import Response, exceptions

from service.errors import NablaError
from service.web import mistakes, problems, trace
from service.web.problems import HttpError, InternalError
from service.web.records import Records
from service.web.state import State

log = logging.getLogger("nabla.request")


def register(app: Flask) -> None:
    """Puts the hooks on the application."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)
    app.register_error_handler(NablaError, _on_error)
    app.register_error_handler(exceptions.HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_defect)


def _records() -> Records:
    state: State = current_app.extensions["nabla"]
    return state.records


def _begin() -> None:
    _records().begin()


def _end(error: BaseException | None) -> None:
    _records().end()


def _trace() -> trace.Trace:
    return trace.of(request.environ)


def _finish(response: Response) -> Response:
    """Headers that every answer has, and the request's line in the log."""
    noted = _trace()
    trace.end()
    response.headers.extend(noted.headers())
    _records().keep(noted, request.environ, response.status_code)
    return response


def _on_error(error: NablaError) -> Response:
    _trace().code = error.code
    return problems.response(error, request.path)


def _on_http_error(error: exceptions.HTTPException) -> Response:
    """What Flask and werkzeug raise: no such address, no such method, a body that broke off."""
    if isinstance(error, exceptions.NotFound):
        return _on_error(mistakes.nothing_here(request))
    if isinstance(error, exceptions.MethodNotAllowed):
        return _on_error(mistakes.wrong_method(request, error.valid_methods or ()))
    if (error.code or 500) >= 500:
        return _on_defect(error)
    return _on_error(HttpError(error.description or "the request could not be read"))


def _on_defect(error: Exception) -> Response:
    """Anything else is a defect: the client learns the request's id, the log the rest."""
    log.error("defect", exc_info=error, extra={"members": {"request_id": _trace().request_id, "path": request.path}})
    return _on_error(
        InternalError("the service failed on this request; the fault is not yours", hint="report the X-Request-Id of this answer")
    )
