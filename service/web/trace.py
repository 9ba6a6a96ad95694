"""How one answer came to be: its request's id, the time of each stage, what each cache said. Goes into headers and the log.

Nothing of this may reach a body: the same request has the same bytes.
"""

from __future__ import annotations

import os
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}.*")
FROM_MEMORY = "nabla-response; hit; detail=memory"  # the entry of Cache-Status of an answer that was remembered here
PLACE = "nabla.trace"  # where the WSGI environment holds the trace of its request


@dataclass(slots=True)
class Trace:
    """What is noted of one request. `stages` in seconds; `caches` nearest the mathematics first (RFC 9211)."""

    request_id: str
    started: float
    stages: dict[str, float] = field(default_factory=dict)
    caches: list[str] = field(default_factory=list)
    code: str | None = None  # of the problem that the request ended in
    trace_id: str | None = None  # of the trace that the request is part of (W3C Trace Context)
    client: str | None = None  # the name of the key that the request showed

    def headers(self) -> list[tuple[str, str]]:
        """What differs from answer to answer. Called once, when the answer is ready."""
        timing = [f"{name};dur={seconds * 1e3:.3f}, " for name, seconds in self.stages.items()]
        headers = [
            ("X-Request-Id", self.request_id),
            ("X-Content-Type-Options", "nosniff"),
            ("Server-Timing", f"{''.join(timing)}total;dur={(time.perf_counter() - self.started) * 1e3:.3f}"),
        ]
        if self.caches:
            headers.append(("Cache-Status", ", ".join(self.caches)))
        return headers


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def of(environ: WSGIEnvironment) -> Trace:
    """The trace of a request, new when it has none; its id is the client's where that is a sane one."""
    trace: Trace | None = environ.get(PLACE)
    if trace is None:
        sent_id = environ.get("HTTP_X_REQUEST_ID")
        trace = Trace(sent_id if sent_id and SANE_ID.fullmatch(sent_id) else os.urandom(8).hex(), time.perf_counter())
        if "HTTP_TRACEPARENT" in environ and (parent := TRACEPARENT.fullmatch(environ["HTTP_TRACEPARENT"])):
            trace.trace_id = parent[1]
        environ[PLACE] = trace
    return trace


def begin(environ: WSGIEnvironment) -> Trace:
    """The trace of a request, which this thread serves from here on: `stage` and `note_cache` write to it."""
    trace = of(environ)
    _current.set(trace)
    return trace


def end() -> None:
    """The request is over; the next one on this thread begins its own."""
    _current.set(None)


class stage:  # noqa: N801
    """`with stage("parse"): ...` times a stage for `Server-Timing`; stages of one name add up. Outside a request: nothing."""

    __slots__ = ("name", "started")

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self.started = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        trace = _current.get()
        if trace is not None:
            trace.stages[self.name] = trace.stages.get(self.name, 0.0) + time.perf_counter() - self.started


def note_cache(level: str, outcome: str) -> None:
    """Adds an entry to `Cache-Status`: `note_cache("derivation", "hit")`."""
    trace = _current.get()
    if trace is not None:
        trace.caches.append(f"nabla-{level}; {outcome}")
