"""What the parts of the web layer share within one application: the caches and how long things are kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from flask import current_app, has_app_context

from service import limits
from service.cache.port import Cache
from service.cache.single_flight import SingleFlight
from service.cache.tiered import TieredCache
from service.compute.pool import Pool
from service.settings import SETTINGS
from service.web import logs
from service.web.known import KnownRequests
from service.web.pulse import STUCK, Pulse, SharedCache
from service.web.records import Records
from service.web.tracing import Spans


class Worker(Protocol):
    """What of gunicorn's worker is asked."""

    alive: bool


CHILD = (sys.executable, "-m", "service.web.child")
SECRETS = (*(entry.name.upper() for entry in SETTINGS if not entry.repr), "OTEL_EXPORTER_OTLP_HEADERS")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class State:
    """One for each application; `create_app` makes it."""

    cache: Cache
    cache_ttl: int  # seconds
    freshness: str  # Cache-Control of the answer to a GET
    flights: SingleFlight = field(default_factory=SingleFlight)
    known: KnownRequests = field(default_factory=KnownRequests)
    pool: Pool | None = None  # where long computations run; None: in the thread of their request
    records: Records = field(default_factory=Records)
    shared_cache: SharedCache | None = None
    pulse: Pulse | None = None
    start_spans: Callable[[], Spans] | None = None
    spans: Spans | None = None
    worker: Worker | None = None  # gunicorn's, once it has begun; None in tests

    @property
    def memory(self) -> Cache:
        """The part of the cache that is inside this process."""
        return self.cache.near if isinstance(self.cache, TieredCache) else self.cache

    def begin(self, worker: Worker) -> None:
        """A worker process has forked: threads and other processes may be started from here on (deploy/gunicorn.conf.py)."""
        self.worker = worker
        self.start_pool()
        self.pulse = Pulse(self.records, self.pool, self.shared_cache)
        self.pulse.start()
        if self.start_spans is not None:
            self.spans = self.start_spans()
            self.records.span = self.spans.span

    def end(self) -> None:
        """The worker has done what was in flight."""
        if self.pulse is not None:
            self.pulse.stop()
        if self.spans is not None:
            self.spans.close()
        self.stop_pool()

    def start_pool(self, command: Sequence[str] = CHILD) -> None:
        """From now on long computations run in children of this process."""
        kept_from_it = dict.fromkeys(SECRETS, "")  # what computes for strangers knows no password
        environment = {"LOG_LEVEL": logs.level(), **limits.environment(), **dict.fromkeys(THREADS, "1"), **kept_from_it}
        self.pool = Pool(command, environment)

    def stop_pool(self) -> None:
        """Ends the children of this process."""
        if self.pool is not None:
            self.pool.close()

    def why_not_ready(self) -> str | None:
        """Why no request should be sent here; None when nothing is against it."""
        if self.worker is not None and not self.worker.alive:
            return "stopping"
        if self.pool is not None and not self.pool.is_ready:
            return "warming up"
        return None

    def why_not_alive(self) -> str | None:
        """Why this process should be replaced; None when nothing is against it."""
        return "stuck" if self.records.running()[1] > STUCK else None


_of_the_process: State | None = None


def adopt(state: State) -> None:
    """Makes `state` that of this whole process, which serves no HTTP."""
    global _of_the_process  # noqa: PLW0603
    _of_the_process = state


def current_state() -> State | None:
    """The state of the application that serves this request, or of this process; None outside any."""
    return current_app.extensions["nabla"] if has_app_context() else _of_the_process
