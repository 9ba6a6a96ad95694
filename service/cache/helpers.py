"""A few threads that talk to other servers, so that nobody who asks for something waits longer than until a given moment.

Timeouts of sockets do not bound everything: names are resolved, certificates exchanged and clusters explored without one for
the whole. A thread that hangs in such a thing hangs alone.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Task(Generic[T]):
    """What is to be done, and what came of it once `done` can be acquired."""

    def __init__(self, call: Callable[[], T], deadline: float) -> None:
        self.call, self.deadline = call, deadline
        self.result: T | None = None
        self.error: Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Helpers:
    """At most `most` threads, started when they are needed, in whichever process that is (a fork leaves them behind)."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._tasks: SimpleQueue[Task[Any]] = SimpleQueue()
        self._threads = 0
        self._waiting = 0  # tasks that no thread has taken yet, less threads that have nothing to do

    def run(self, call: Callable[[], T], deadline: float) -> T:
        """What `call()` gives or raises in another thread, by `deadline` (time.monotonic). Raises TimeoutError when it takes longer;
        it is then left to itself, and not begun at all if it has not begun."""
        task = Task(call, deadline)
        self._put(task)
        if not task.done.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise TimeoutError("no answer in time")
        if task.error is not None:
            raise task.error
        return task.result  # type: ignore[return-value]

    def start(self, call: Callable[[], T], seconds: float) -> None:
        """Has `call` done in another thread within `seconds`, or not at all; whoever calls does not wait for it."""
        self._put(Task(call, time.monotonic() + seconds))

    def _put(self, task: Task[Any]) -> None:
        if self._process != os.getpid():
            self._begin()
        with self._lock:
            self._waiting += 1
            if self._waiting > 0 and self._threads < self._most:
                self._start()
        self._tasks.put(task)

    def _start(self) -> None:
        with contextlib.suppress(RuntimeError):  # the machine has no thread left: those that there are do the work, or it times out
            threading.Thread(target=self._work, args=(self._tasks,), name="cache", daemon=True).start()
            self._threads += 1

    def _work(self, tasks: SimpleQueue[Task[Any]]) -> None:
        while True:
            with self._lock:
                self._waiting -= 1
            task = tasks.get()
            if time.monotonic() < task.deadline:
                try:
                    task.result = task.call()
                except Exception as error:
                    task.error = error
            task.done.release()
