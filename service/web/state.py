"""What the parts of the web layer share within one application: the caches and how long things are kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import current_app, has_app_context

from service import limits
from service.cache.port import Cache
from service.cache.single_flight import SingleFlight
from service.compute.pool import Pool
from service.web import logs
from service.web.known import KnownRequests

CHILD = (sys.executable, "-m", "service.web.child")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class State:
    """One for each application; `create_app` makes it."""

    cache: Cache
    cache_ttl: int  # seconds
    http_max_age: int  # seconds that a client may keep the answer to a GET
    flights: SingleFlight = field(default_factory=SingleFlight)
    known: KnownRequests = field(default_factory=KnownRequests)
    pool: Pool | None = None  # where long computations run; None: in the thread of their request

    def start_pool(self, command: Sequence[str] = CHILD) -> None:
        """From now on long computations run in children of this process. Called in each worker, after its fork."""
        environment = {"LOG_LEVEL": logs.level(), **limits.environment(), **dict.fromkeys(THREADS, "1")}
        self.pool = Pool(command, environment)

    def stop_pool(self) -> None:
        """Ends the children of this process."""
        if self.pool is not None:
            self.pool.close()


_of_the_process: State | None = None


def adopt(state: State) -> None:
    """Makes `state` that of this whole process, which serves no HTTP."""
    global _of_the_process  # noqa: PLW0603
    _of_the_process = state


def current_state() -> State | None:
    """The state of the application that serves this request, or of this process; None outside any."""
    return current_app.extensions["nabla"] if has_app_context() else _of_the_process
