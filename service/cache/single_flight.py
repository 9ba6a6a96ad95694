"""Of several threads that want the same value at once, one computes it and the others take what it found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future


class SingleFlight:
    """`run` by key; nothing is kept past the computation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[bytes]] = {}

    def run(self, key: str, compute: Callable[[], bytes], timeout: float | None = None) -> bytes:
        """What `compute` gives or raises: this thread's own, or that of the thread which is at it already, for which this one
        waits at most `timeout` seconds. Raises TimeoutError after that."""
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if leads:
            try:
                flight.set_result(compute())
            except BaseException as error:
                flight.set_exception(error)
            finally:
                with self._lock:
                    del self._flights[key]
            return flight.result()
        return flight.result(timeout)
