"""Symbolic results that outlive their request: a new point at an old expression finds its derivation made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.cache import keys
from service.web import strict_json, trace, writing
from service.web.state import current_state


def cached(operation: str, parts: Mapping[str, Any], compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `compute()` gives, as JSON keeps it, from the cache where it is there.

    `parts` is all that the derivation depends on besides the operation and the engine's version: the canonical expression,
    the variables, `wrt`, the options; not the point. The order of what stands inside a part counts (service/cache/keys.py).
    The result has been through JSON whether it was found or computed: tuples are lists, fractions are texts.
    """
    state = current_state()
    if state is None:
        return _loads(writing.to_json(compute()))
    key = keys.key("derivation", operation, parts)
    with trace.stage("cache"):
        found = state.cache.find(key)
    if found is not None:
        trace.note_cache("derivation", f"hit; detail={found.level}")
        return _loads(found.value)
    made = state.flights.run(key, lambda: writing.to_json(compute()))
    with trace.stage("cache"):
        stored = state.cache.set(key, made, state.cache_ttl)
    trace.note_cache("derivation", "fwd=miss; stored" if stored else "fwd=miss")
    return _loads(made)


def _loads(data: bytes) -> dict[str, Any]:
    return strict_json.parse(data)
