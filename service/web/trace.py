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

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(slots=True)
class Trace:
    """What is noted of one request. `stages` in seconds; `caches` nearest the mathematics first (RFC 9211)."""

    request_id: str
    started: float
    stages: dict[str, float] = field(default_factory=dict)
    caches: list[str] = field(default_factory=list)
    code: str | None = None  # of the problem that the request ended in

    def server_timing(self) -> str:
        stages = {**self.stages, "total": time.perf_counter() - self.started}
        return ", ".join([f"{name};dur={seconds * 1e3:.3f}" for name, seconds in stages.items()])


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(sent_id: str | None) -> Trace:
    """The trace of the request being served, new when there is none; its id is the client's where that is a sane one."""
    trace = _current.get()
    if trace is None:
        trace = Trace(sent_id if sent_id and SANE_ID.fullmatch(sent_id) else os.urandom(8).hex(), time.perf_counter())
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
