"""Redis killed, paused, slow, full, read-only and poisoned under load: wrong answers and errors (0), added latency, the way back.

The service runs with one worker on a real Redis. Clients send requests that the memory of the worker does not know, every other one new and
every other one asked before, so that each asks Redis and writes to it or reads from it, and check every answer. `first` is the worst
of the three first requests after the fault, over the median before it.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis

from benchmarks.chaos_parts import Row, Service
from tests import servers

CLIENTS, PAUSE = 4, 0.02  # clients at once, seconds between two requests of one
SECONDS = 3.0  # of load before a fault, and during it
FIRST, BACK = 110, 6  # milliseconds that the first requests may take longer; seconds until a Redis that is well is used again
_numbers = itertools.count(2)


@dataclass
class Load:
    """What became of the requests, in their order."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def milliseconds(self, part: float) -> float:
        return 1e3 * sorted(self.seconds)[min(len(self.seconds) - 1, int(part * len(self.seconds)))]


class Client:
    """One connection to the service."""

    def __init__(self, base: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)
        self._draw = random.Random(1)

    def ask(self, load: Load) -> None:
        """A request whose answer is known without asking: one that was never made before, or one of the last hundred."""
        k = next(_numbers)
        k = k if k % 2 else max(3, k - 1 - 2 * self._draw.randrange(1, 50))
        body = json.dumps({"matrix": [[k, 1], [2 * k, 2]]})
        started = time.perf_counter()
        self._connection.request("POST", "/v1/rank", body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        data = answer.read()
        load.seconds.append(time.perf_counter() - started)
        if answer.status != 200 or json.loads(data)["rank"] != 1:
            load.errors.append(f"{answer.status} {data[:200]!r}")


def under_load(base: str, seconds: float) -> Load:
    load, over = Load(), time.monotonic() + seconds

    def serve() -> None:
        client = Client(base)
        while time.monotonic() < over:
            client.ask(load)
            time.sleep(PAUSE)

    threads = [threading.Thread(target=serve) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


class Store:
    """A Redis that can be maltreated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = servers.free_port()
        self.client = redis.Redis(port=self.port, socket_timeout=2)
        self._running: Any = None
        self.start()

    def start(self) -> None:
        command = [servers.redis_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._running = servers.running(command, self._folder / "redis.log", self.port)
        self._running.__enter__()
        self.process = int(self.client.info("server")["process_id"])

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        self._running.__exit__(None, None, None)

    def written(self) -> int:
        """How many values have been written since it started."""
        return int(self.client.info("commandstats").get("cmdstat_set", {}).get("calls", 0)) if self.process else 0


Fault = Callable[[Store], Any]


@contextmanager
def killed(store: Store) -> Iterator[None]:
    store.stop()
    yield
    store.start()


@contextmanager
def paused(store: Store) -> Iterator[None]:
    os.kill(store.process, signal.SIGSTOP)
    yield
    os.kill(store.process, signal.SIGCONT)


@contextmanager
def _repeatedly(action: Callable[[], Any]) -> Iterator[None]:
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(0.01):
            with suppress(redis.RedisError):
                action()

    action()
    thread = threading.Thread(target=repeat)
    thread.start()
    yield
    over.set()
    thread.join()


@contextmanager
def slow(store: Store) -> Iterator[None]:
    """Every command takes two seconds."""
    with _repeatedly(lambda: store.client.execute_command("CLIENT", "PAUSE", "2000", "ALL")):
        yield


@contextmanager
def full(store: Store) -> Iterator[None]:
    store.client.config_set("maxmemory-policy", "noeviction")
    store.client.config_set("maxmemory", "1")
    yield
    store.client.config_set("maxmemory", "0")


@contextmanager
def read_only(store: Store) -> Iterator[None]:
    store.client.replicaof("127.0.0.1", "1")
    yield
    store.client.replicaof("NO", "ONE")


@contextmanager
def poisoned(store: Store) -> Iterator[None]:
    """All values are replaced by others', all the time."""
    kinds = [b"", b"\x80\x04pickle", b'{"rank":7}', b'{"key":"x","digest":"y","value":{"rank":7}}', b'{"rank":7}' + b" " * 1_000_000]
    junk = itertools.cycle(kinds[:4] * 20 + kinds)

    def spoil() -> None:
        for key in store.client.scan_iter("nabla:*", count=1000):
            store.client.set(key, next(junk), keepttl=True)

    with _repeatedly(spoil):
        yield


FAULTS: dict[str, Fault] = {"killed": killed, "paused": paused, "slow": slow, "full": full, "read-only": read_only, "poisoned": poisoned}


def run() -> list[dict[str, Any]]:
    """A row for each fault."""
    return list(_rows())


def promises(_: Service) -> Iterator[Row]:
    """The same for `make chaos`, with a service of its own, which has a Redis."""
    for row in _rows():
        latency = f"p50 {row['p50 before, ms']} -> {row['p50 during']} ms, p99 {row['p99 before']} -> {row['p99 during']} ms"
        back = f"used again after {row['used again after, s']} s"
        figure = f"{row['errors']} of {row['requests']} wrong or lost; first {row['first']} ms; {latency}; {back}"
        holds = not row["errors"] and float(row["first"]) <= FIRST and row["used again after, s"] <= BACK
        yield Row(f"Redis {row['Redis is']}", figure, f"0; first <= +{FIRST} ms; back <= {BACK} s", holds)


def _rows() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        settings = {"REDIS_URL": f"redis://127.0.0.1:{store.port}/0", "CACHE_MEMORY_BYTES": "20000", "LOG_LEVEL": "error"}
        with servers.service(Path(folder), **settings) as base:
            under_load(base, SECONDS)
            for name, fault in FAULTS.items():
                yield _row(name, fault, base, store)
        store.stop()


def _row(name: str, fault: Fault, base: str, store: Store) -> dict[str, Any]:
    before = under_load(base, SECONDS)
    first, client = Load(), Client(base)
    with fault(store):
        for _ in range(3):
            client.ask(first)
        during = under_load(base, SECONDS)
    back = _back_after(base, store)
    errors = before.errors + first.errors + during.errors
    return {
        "Redis is": name,
        "requests": len(during.seconds),
        "errors": len(errors),
        "p50 before, ms": round(before.milliseconds(0.5), 1),
        "p50 during": round(during.milliseconds(0.5), 1),
        "p99 before": round(before.milliseconds(0.99), 1),
        "p99 during": round(during.milliseconds(0.99), 1),
        "first": f"{1e3 * (max(first.seconds) - statistics.median(before.seconds)):+.0f}",
        "used again after, s": round(back, 1),
    }


def _back_after(base: str, store: Store) -> float:
    """Seconds until a value is written again, under load."""
    started, client, load = time.monotonic(), Client(base), Load()
    written = store.written()
    while time.monotonic() - started < 30:
        client.ask(load)
        with suppress(redis.RedisError):
            if store.written() > written:
                break
        time.sleep(0.01)
    return time.monotonic() - started
