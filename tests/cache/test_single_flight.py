"""Of many threads that want one value, one computes it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.cache.single_flight import SingleFlight


def test_fifty_threads_compute_once() -> None:
    flights, calls, everybody = SingleFlight(), [], threading.Barrier(50)

    def compute() -> bytes:
        calls.append(1)
        time.sleep(0.2)
        return b"value"

    def ask(_: int) -> bytes:
        everybody.wait()
        return flights.run("key", compute)

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(50))) == {b"value"}
    assert len(calls) == 1


def test_an_error_reaches_the_caller_and_is_not_remembered() -> None:
    flights = SingleFlight()

    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        flights.run("key", fail)
    assert flights.run("key", lambda: b"now") == b"now"


def test_different_keys_do_not_wait_for_each_other() -> None:
    flights = SingleFlight()
    assert flights.run("a", lambda: flights.run("b", lambda: b"inner")) == b"inner"
