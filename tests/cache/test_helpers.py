"""Whoever asks waits until the moment that was given, and no longer."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.cache.helpers import Helpers

LONG = 20.0  # seconds


def soon(seconds: float = LONG) -> float:
    return time.monotonic() + seconds


def test_results_and_errors_come_back() -> None:
    helpers = Helpers(2)
    assert helpers.run(lambda: 42, soon()) == 42
    with pytest.raises(ZeroDivisionError):
        helpers.run(lambda: 1 // 0, soon())


def test_nobody_waits_for_what_hangs_and_others_go_on() -> None:
    helpers, hang = Helpers(2), threading.Event()
    with pytest.raises(TimeoutError):
        helpers.run(lambda: hang.wait(LONG), soon(0.01))
    assert helpers.run(lambda: 42, soon()) == 42
    hang.set()


def test_when_all_hang_those_who_ask_give_up_and_what_they_asked_is_not_done_later() -> None:
    helpers, hang, done = Helpers(2), threading.Event(), []
    for _ in range(2):
        helpers.start(lambda: hang.wait(LONG), LONG)
    with pytest.raises(TimeoutError):
        helpers.run(lambda: done.append(1), soon(0.01))
    hang.set()
    assert helpers.run(lambda: 42, soon()) == 42
    assert not done


def test_there_are_no_more_threads_than_allowed_and_no_more_than_needed() -> None:
    helpers, names, lock = Helpers(3), set(), threading.Lock()

    def work() -> None:
        with lock:
            names.add(threading.get_ident())
        time.sleep(0.01)

    for _ in range(5):
        helpers.run(work, soon())
        time.sleep(0.01)
    assert len(names) == 1
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda _: helpers.run(work, soon()), range(60)))
    assert len(names) == 3


def test_without_a_thread_left_nobody_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    helpers = Helpers(2)
    monkeypatch.setattr(threading.Thread, "start", no_more)
    with pytest.raises(TimeoutError):
        helpers.run(lambda: 42, soon(0.01))
    monkeypatch.undo()
    assert helpers.run(lambda: 42, soon()) == 42
