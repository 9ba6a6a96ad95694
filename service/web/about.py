"""What the service says of itself: alive, ready, version, operations, limits, problems."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from flask import Blueprint, current_app, request
from werkzeug import Response

from service.limits import LIMITS, limit
from service.version import ENGINE, VERSION
from service.web import writing
from service.web.discovery import LINKS
from service.web.endpoint import Endpoint
from service.web.problems import PROBLEMS, NotFound
from service.web.registry import ENDPOINTS
from service.web.schemas import field_schema
from service.web.state import State

about = Blueprint("about", __name__)


def _json(answer: dict[str, Any], cache_control: str = "no-cache") -> Response:
    return Response(writing.to_json(answer), mimetype="application/json", headers={"Cache-Control": cache_control, "Link": LINKS})


@about.get("/livez")
def livez() -> Response:
    """The process answers, and no request is stuck in it. What is not alive should be replaced."""
    return _probe("alive", _state().why_not_alive())


@about.get("/readyz")
def readyz() -> Response:
    """Requests may be sent here. A cache that is down is no reason against it."""
    return _probe("ready", _state().why_not_ready())


def _probe(healthy: str, why_not: str | None) -> Response:
    response = _json({"status": why_not or healthy}, "no-store")
    response.status_code = 503 if why_not else 200
    return response


def _state() -> State:
    state: State = current_app.extensions["nabla"]
    return state


@about.get("/metrics")
def metrics() -> Response:
    """The metrics of all workers, for Prometheus."""
    kept = _state().records.metrics
    if kept is None:
        raise NotFound("metrics are switched off", hint="METRICS=on switches them on")
    data, media_type = kept.scrape(request.headers.get("Accept", ""))
    return Response(data, content_type=media_type, headers={"Cache-Control": "no-store"})


@about.get("/version")
def version() -> Response:
    """What answers: `engine` changes with every change of the code, and is part of every cache key."""
    libraries = {name: metadata.version(name) for name in ("numpy", "scipy", "sympy", "python-flint")}
    return _json({"name": "nabla", "version": VERSION, "engine": ENGINE, "python": platform.python_version(), "libraries": libraries})


@about.get("/v1/operations")
def operations() -> Response:
    """Every operation: what it does, its fields, its examples."""
    return _json({"operations": [describe(entry) for entry in ENDPOINTS.values()]})


def describe(entry: Endpoint) -> dict[str, Any]:
    """One operation as `GET /v1/operations` has it."""
    fields = [
        {
            "name": name,
            "required": field.required,
            "description": field.metadata.get("description", ""),
            "schema": field_schema(field),
        }
        for name, field in entry.request.fields.items()
    ]
    examples = [{"title": example.title, "request": example.request, "refused": example.refused} for example in entry.examples]
    return {
        "name": entry.name,
        "family": entry.family,
        "summary": entry.summary,
        "description": entry.description,
        "path": entry.path,
        "methods": ["POST", "GET", "QUERY"],
        "fields": fields,
        "pictures": {name: drawing.shows for name, drawing in entry.drawings.items()},
        "examples": examples,
        "retirement": entry.retirement.told() if entry.retirement else None,
    }


@about.get("/v1/limits")
def limits() -> Response:
    """Every limit, as it is in force here."""
    rows = [
        {"name": row.name, "allowed": limit(row.name), "unit": row.unit, "description": f"the largest allowed {row.help}"} for row in LIMITS
    ]
    return _json({"limits": rows})


@about.get("/problems/<code>")
def problem(code: str) -> Response:
    """What the `type` of a problem document leads to."""
    row = PROBLEMS.get(code)
    if row is None:
        raise NotFound(f"there is no problem called {code[:60]}", hint=f"there are {', '.join(PROBLEMS)}")
    if request.accept_mimetypes.best_match(["text/plain", "application/json"]) == "application/json":
        return _json({"code": row.code, "status": row.status, "title": row.title, "help": row.help})
    return Response(f"{row.title} ({row.code}, HTTP {row.status})\n\n{row.help}\n", mimetype="text/plain")
