"""METRICS: what `GET /metrics` tells Prometheus, in one table, and how requests are counted.

Each process counts in files of its own (the multiprocess mode of prometheus-client), and a scrape of any worker adds up the
files of all. A file belongs to a *slot*, not to a process: a worker takes the first slot whose lock nobody holds, and goes on
counting where the one before it stopped. So totals never fall, and however many workers come and go there are as many files as
workers at a time. The kernel gives a lock back when its process ends, however that ends.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections import Counter as Counts
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector

from service.version import ENGINE, VERSION
from service.web.trace import FROM_MEMORY, Trace

OURS = "nabla-metrics-"
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STAGE_SECONDS = (0.0005, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0)
OTHER = "other"
SERVICE = {"/": "home", "/v1/operations": "operations", "/v1/limits": "limits", "/v1/batch": "batch"}
SERVICE |= {f"/{name}": name for name in ("livez", "readyz", "version", "metrics", "docs", "openapi.yaml", "openapi.json")}


@dataclass(frozen=True)
class Metric:
    """One row. `live` sums a gauge over the workers that are alive; `each` shows that of every worker."""

    name: str
    kind: str  # counter, histogram, live, each, max
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS


METRICS = (
    Metric("nabla_requests", "counter", "requests answered, those from memory included", ("operation", "status")),
    Metric(
        "nabla_request_seconds",
        "histogram",
        "time from the arrival of a request to its answer, unless it is from memory",
        ("operation",),
    ),
    Metric("nabla_stage_seconds", "histogram", "time of a stage of these requests", ("operation", "stage"), STAGE_SECONDS),
    Metric("nabla_problems", "counter", "requests that ended in a problem, by its code", ("code",)),
    Metric("nabla_cache", "counter", "what the caches said: hit, and where; miss", ("kind", "outcome")),
    Metric("nabla_computations", "counter", "what befell computations in other processes", ("event",)),
    Metric("nabla_pool", "live", "computations in other processes at this moment, and workers whose pool is ready", ("state",)),
    Metric("nabla_running", "live", "requests that threads of the workers are at"),
    Metric("nabla_longest_running_seconds", "each", "how long the oldest of them has been running"),
    Metric("nabla_shared_cache_up", "each", "1 while Redis is asked, 0 while it is left alone after failures"),
    Metric("nabla_workers", "live", "workers that are alive"),
    Metric("nabla_worker_starts", "counter", "workers that began, the first ones included"),
    Metric("nabla_worker_resident_bytes", "each", "memory of a worker"),
    Metric("nabla_worker_open_files", "each", "descriptors that a worker has open"),
    Metric("nabla_build_info", "max", "always 1; the labels say what runs", ("version", "engine")),
)
ROWS = {row.name: row for row in METRICS}
GAUGES = {"live": "livesum", "each": "liveall", "max": "max"}


class _Slots:
    """The slot of the process that asks; one that was forked takes a slot of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._pid, self._slot = 0, 0
        self._lock: IO[bytes] | None = None

    def __call__(self) -> int:
        if self._pid != os.getpid():
            self._pid, self._slot = os.getpid(), 0
            while (lock := self._locked(self._slot)) is None:
                self._slot += 1
            self._lock = lock  # held as long as this process lives
        return self._slot

    def _locked(self, slot: int) -> IO[bytes] | None:
        lock = (self._directory / f"{slot}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return None
        return lock

    def forget_dead(self) -> None:
        """Removes the gauges of workers that are gone; what they counted stays."""
        for path in self._directory.glob("gauge_live*.db"):
            lock = self._locked(int(path.stem.rpartition("_")[2]))
            if lock is not None:
                path.unlink(missing_ok=True)
                lock.close()


class Metrics:
    """The metrics of this process and of those forked from it, counted in `directory`. `operations` are names by path."""

    def __init__(self, directory: Path, operations: Mapping[str, str]) -> None:
        self._directory = directory
        self._operations = SERVICE | dict(operations)
        self._slots = _Slots(directory)
        values.ValueClass = values.MultiProcessValue(self._slots)
        self._made: dict[str, MetricWrapperBase] = {}  # when first used: what is never used shows no zero
        self._children: dict[tuple[str, ...], Any] = {}
        self._from_memory: Counts[tuple[str, int]] = Counts()
        self._lock = threading.Lock()

    def _child(self, name: str, *labels: str) -> Any:
        """A metric with its labels, looked up once. The labels are names of this service, so that there are never many."""
        key = (name, *labels)
        child = self._children.get(key)
        if child is None:
            with self._lock:
                metric = self._made.get(name)
                if metric is None:
                    metric = self._made[name] = _metric(ROWS[name])
                child = self._children[key] = metric.labels(*labels) if labels else metric
        return child

    def add(self, name: str, *labels: str, amount: float = 1) -> None:
        self._child(name, *labels).inc(amount)

    def set(self, name: str, value: float, *labels: str) -> None:
        self._child(name, *labels).set(value)

    def observe(self, name: str, seconds: float, *labels: str) -> None:
        self._child(name, *labels).observe(seconds)

    def count(self, noted: Trace, path: str, status: int) -> None:
        """A request has been answered. One from memory costs less than writing it down: such are summed up first (`flush`)."""
        operation = self._operations.get(path, OTHER)
        if noted.caches and noted.caches[-1] == FROM_MEMORY:
            with self._lock:
                self._from_memory[operation, status] += 1
            return
        self.add("nabla_requests", operation, str(status))
        self.observe("nabla_request_seconds", time.perf_counter() - noted.started, operation)
        for entry in noted.caches:
            self.add("nabla_cache", *_outcome(entry))
        if noted.code is not None:
            self.add("nabla_problems", noted.code)
        for stage, seconds in noted.stages.items():
            self.observe("nabla_stage_seconds", seconds, operation, stage)

    def flush(self) -> None:
        """Writes down what was summed up; called by the pulse of the worker, and before a scrape."""
        with self._lock:
            summed, self._from_memory = self._from_memory, Counts()
        for (operation, status), count in summed.items():
            self.add("nabla_requests", operation, str(status), amount=count)
            self.add("nabla_cache", *_outcome(FROM_MEMORY), amount=count)

    def scrape(self, accept: str) -> tuple[bytes, str]:
        """The sum over all processes, and its media type."""
        self.flush()
        self._slots.forget_dead()
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self._directory))
        encoder, media_type = choose_encoder(accept)
        return encoder(registry), media_type


@cache
def _outcome(entry: str) -> tuple[str, str]:
    """`nabla-response; hit; detail=memory` -> response, memory; `nabla-derivation; fwd=miss; stored` -> derivation, miss."""
    level, _, outcome = entry.partition("; ")
    name, _, detail = outcome.partition("; detail=")
    return level.removeprefix("nabla-"), detail or ("hit" if name == "hit" else "miss")


def _metric(row: Metric) -> MetricWrapperBase:
    if row.kind == "counter":
        return Counter(row.name, row.help, row.labels, registry=None)
    if row.kind == "histogram":
        return Histogram(row.name, row.help, row.labels, registry=None, buckets=row.buckets)
    return Gauge(row.name, row.help, row.labels, registry=None, multiprocess_mode=GAUGES[row.kind])  # type: ignore[arg-type]


_metrics: dict[Path, Metrics] = {}


def of_process(operations: Mapping[str, str]) -> Metrics:
    """The metrics of this process: in the directory of PROMETHEUS_MULTIPROC_DIR, else in one that is removed at the end."""
    given = os.environ.get(DIRECTORY, "")
    if Path(given).name.startswith(OURS) and Path(given) not in _metrics:
        given = ""  # that of another process, which started this one
    directory = Path(given or tempfile.mkdtemp(prefix=OURS, dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    if directory not in _metrics:
        directory.mkdir(parents=True, exist_ok=True)
        for path in directory.glob("*.db"):  # what an earlier run counted
            path.unlink()
        os.environ[DIRECTORY] = str(directory)  # where the library looks
        if not given:
            atexit.register(_remove, directory, os.getpid())
        metrics = _metrics[directory] = Metrics(directory, operations)
        metrics.set("nabla_build_info", 1, VERSION, ENGINE)
    return _metrics[directory]


def _remove(directory: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(directory, ignore_errors=True)
