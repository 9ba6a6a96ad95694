"""A stuck request makes the worker fail its probe and leave; what the pulse tells is what the pool and the cache say."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import threading
from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.settings import Settings
from service.web import pulse
from service.web.pulse import Pulse
from service.web.records import Records
from service.web.worker import Worker
from tests.web.conftest import Trial, application


class Told:
    """Metrics that keep what they are told."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, ...], float] = {}

    def add(self, name: str, *labels: str, amount: float = 1) -> None:
        self.values[name, *labels] = self.values.get((name, *labels), 0) + amount

    def flush(self) -> None:
        self.values["flushed",] = 1

    def set(self, name: str, value: float, *labels: str) -> None:
        self.values[name, *labels] = value


class Pool:
    counts = Counter({"killed": 2})

    def state(self) -> dict[str, int]:
        return {"fast": 1, "ready": 1}


class SharedCache:
    is_up = False


def records() -> Any:
    kept: Any = Records()
    kept.metrics = Told()
    return kept


def test_what_is_told() -> None:
    kept, pool = records(), Pool()
    beat = Pulse(kept, pool, SharedCache())
    kept.begin()
    beat._tell()
    pool.counts["killed"] += 3
    beat._tell()
    told = kept.metrics.values
    assert told["nabla_computations", "killed"] == 5
    assert told["nabla_pool", "fast"] == 1
    assert told["nabla_shared_cache_up",] == 0
    assert told["nabla_running",] == told["flushed",] == 1
    assert told["nabla_worker_resident_bytes",] > 1e6
    kept.end()
    assert kept.running() == (0, 0.0)


def test_a_stuck_worker_leaves_and_is_gone_after_its_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = records()
    beat = Pulse(kept, None, None)
    done: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append(("kill", number)))
    monkeypatch.setattr(os, "_exit", lambda status: done.append(("exit", status)))
    kept.begin()
    beat._look_after()
    assert done == []
    kept._running[threading.get_ident()] -= pulse.STUCK + 1
    for _ in range(int(pulse.GRACE / pulse.INTERVAL)):
        beat._look_after()
    assert done == [("kill", signal.SIGTERM)]
    beat._look_after()
    assert done[-1] == ("exit", 70)


def test_probes_say_why_not(trial: Trial) -> None:
    app = application(trial, Settings(log_level="error"))
    client, state = app.test_client(), app.extensions["nabla"]
    assert [(client.get(path).status_code, client.get(path).get_json()["status"]) for path in ("/livez", "/readyz")] == [
        (200, "alive"),
        (200, "ready"),
    ]
    state.records._running[0] = -1e9
    answer = client.get("/livez")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "stuck"})


def test_a_request_is_running_while_it_is_computed(client: FlaskClient, trial: Trial) -> None:
    kept = client.application.extensions["nabla"].records
    seen = []
    trial.handler = lambda request: {"answer": seen.append(kept.running()[0]), "checks": []}
    client.post("/v1/trial", json={"order": 1})
    client.post("/v1/trial", json={"oops": 1})
    trial.handler = lambda request: request["no such key"]
    client.post("/v1/trial", json={"order": 2})
    assert seen == [1]
    assert kept.running()[0] == 0


def test_a_worker_lets_go_of_its_listeners_once() -> None:
    """gunicorn may ask twice, when the signal comes between two looks; and a worker may be told to stop before it began."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    worker: Any = Worker.__new__(Worker)
    worker.alive, worker._accepting, worker.sockets = False, False, [listener]
    worker.poller, worker.nr_conns, worker.worker_connections = selectors.DefaultSelector(), 0, 10
    for enabled in (True, False, False):
        worker.set_accept_enabled(enabled)
    assert listener.fileno() == -1
    assert not worker.poller.get_map()
    worker.poller.close()
