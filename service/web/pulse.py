"""The pulse of a worker: one thread that writes down once a second how the worker is, and ends it when it is stuck.

A worker whose interpreter hangs does not reach its heartbeat and is replaced by gunicorn (`timeout`). A single thread that hangs
goes unnoticed by that, and four of them are a worker that answers nothing. So a request that runs past all deadlines makes
`/livez` fail here, and the worker leave: it takes no further requests, and is gone when those it has are done, or at the latest
after `GRACE`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Protocol

from service.web.metrics import Metrics
from service.web.records import Records

INTERVAL = 1.0  # seconds
STUCK = 90.0  # seconds that no request runs: several times the longest deadline
GRACE = 30.0  # seconds that a stuck worker has to finish what else it is at
PAGE = os.sysconf("SC_PAGE_SIZE")

log = logging.getLogger("nabla.worker")


class Pool(Protocol):
    """What of service/compute/pool.py is told."""

    counts: Counter[str]

    def state(self) -> dict[str, int]:
        """Who is where."""


class Pulse:
    """`is_up` says whether the shared cache is being asked."""

    def __init__(self, records: Records, pool: Pool | None, shared_cache: SharedCache | None) -> None:
        self._records, self._pool, self._shared_cache = records, pool, shared_cache
        self._told: Counter[str] = Counter()
        self._leaving = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        if self._records.metrics is not None:
            self._records.metrics.add("nabla_worker_starts")
        self._thread.start()

    def stop(self) -> None:
        """Writes down what is left to be told."""
        self._stop.set()
        self._thread.join(2 * INTERVAL)
        self._tell()

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                self._tell()
                self._look_after()
            except Exception:
                log.exception("the pulse of a worker failed")

    def _tell(self) -> None:
        metrics = self._records.metrics
        if metrics is None:
            return
        metrics.flush()
        count, longest = self._records.running()
        metrics.set("nabla_workers", 1)
        metrics.set("nabla_running", count)
        metrics.set("nabla_longest_running_seconds", longest)
        metrics.set("nabla_worker_resident_bytes", int(Path("/proc/self/statm").read_text().split()[1]) * PAGE)
        metrics.set("nabla_worker_open_files", len(os.listdir("/proc/self/fd")))
        if self._shared_cache is not None:
            metrics.set("nabla_shared_cache_up", int(self._shared_cache.is_up))
        if self._pool is not None:
            self._tell_of_pool(metrics, self._pool)

    def _tell_of_pool(self, metrics: Metrics, pool: Pool) -> None:
        for name, value in pool.state().items():
            metrics.set("nabla_pool", value, name)
        now = Counter(pool.counts)
        for event, count in (now - self._told).items():
            metrics.add("nabla_computations", event, amount=count)
        self._told = now

    def _look_after(self) -> None:
        _, longest = self._records.running()
        if longest < STUCK:
            return
        if not self._leaving:
            log.error("a request has been running for %d s: this worker leaves", longest)
            os.kill(os.getpid(), signal.SIGTERM)
        self._leaving += INTERVAL
        if self._leaving > GRACE:
            with contextlib.suppress(Exception):
                self._tell()
            os._exit(70)


class SharedCache(Protocol):
    """What of service/cache/redis.py is told."""

    @property
    def is_up(self) -> bool:
        """Whether it is asked at the moment."""
