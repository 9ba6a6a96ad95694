"""What the parts of the web layer share within one application: the caches and how long things are kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from cachetools import LRUCache
from flask import current_app, has_app_context

from service.cache.port import Cache
from service.cache.single_flight import SingleFlight

MOST_ALIASES = 20_000


class Aliases:
    """Which answer the bytes of an earlier request asked for, so that a repetition need not be parsed to be recognised."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: LRUCache[bytes, str] = LRUCache(MOST_ALIASES)

    def get(self, alias: bytes) -> str | None:
        with self._lock:
            return self._keys.get(alias)

    def set(self, alias: bytes, key: str) -> None:
        with self._lock:
            self._keys[alias] = key


@dataclass
class State:
    """One for each application; `create_app` makes it."""

    cache: Cache
    cache_ttl: int  # seconds
    http_max_age: int  # seconds that a client may keep the answer to a GET
    flights: SingleFlight = field(default_factory=SingleFlight)
    aliases: Aliases = field(default_factory=Aliases)


def current_state() -> State | None:
    """The state of the application that serves this request; None outside any."""
    return current_app.extensions["nabla"] if has_app_context() else None
