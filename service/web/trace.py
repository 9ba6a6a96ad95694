"""How one answer came to be: its request's id, the time of each stage, what each cache said. Goes into headers and the log.

Nothing of this may reach a body: the same request has the same bytes.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import g, has_request_context, request

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass
class Trace:
    """What is noted of the current request. `stages` in seconds; `caches` nearest the mathematics first (RFC 9211)."""

    request_id: str
    started: float
    stages: dict[str, float] = field(default_factory=dict)
    caches: list[str] = field(default_factory=list)
    code: str | None = None  # of the problem that the request ended in

    def server_timing(self) -> str:
        total = time.perf_counter() - self.started
        parts = [f"{name};dur={seconds * 1e3:.3f}" for name, seconds in self.stages.items()]
        return ", ".join([*parts, f"total;dur={total * 1e3:.3f}"])


def current() -> Trace:
    """The trace of the request being served; begun when first asked for."""
    trace: Trace | None = g.get("trace")
    if trace is None:
        sent = request.headers.get("X-Request-Id", "")
        trace = g.trace = Trace(sent if SANE_ID.fullmatch(sent) else os.urandom(8).hex(), time.perf_counter())
    return trace


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Times a stage of the request for `Server-Timing`; stages of one name add up. Outside a request it does nothing."""
    if not has_request_context():
        yield
        return
    started = time.perf_counter()
    try:
        yield
    finally:
        stages = current().stages
        stages[name] = stages.get(name, 0.0) + time.perf_counter() - started


def note_cache(level: str, outcome: str) -> None:
    """Adds an entry to `Cache-Status`: `note_cache("derivation", "hit")`."""
    if has_request_context():
        current().caches.append(f"nabla-{level}; {outcome}")
