"""What the parts of the web layer share within one application: the caches and how long things are kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app, has_app_context

from service.cache.port import Cache
from service.cache.single_flight import SingleFlight
from service.web.known import KnownRequests


@dataclass
class State:
    """One for each application; `create_app` makes it."""

    cache: Cache
    cache_ttl: int  # seconds
    http_max_age: int  # seconds that a client may keep the answer to a GET
    flights: SingleFlight = field(default_factory=SingleFlight)
    known: KnownRequests = field(default_factory=KnownRequests)


def current_state() -> State | None:
    """The state of the application that serves this request; None outside any."""
    return current_app.extensions["nabla"] if has_app_context() else None
