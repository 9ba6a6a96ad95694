"""What each client owes: processor time of long computations, paid off at a steady rate (a token bucket in seconds of CPU).

The first slice of every computation is free, so that no number of ordinary requests puts anybody into debt.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from cachetools import LRUCache

MOST_CLIENTS = 10_000


class Debts:
    """Seconds owed by client. Within `budget` a client is in credit; `rate` seconds are forgiven a second."""

    def __init__(self, budget: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget, self._rate, self._clock = budget, rate, clock
        self._lock = threading.Lock()
        self._owed: LRUCache[str, tuple[float, float]] = LRUCache(MOST_CLIENTS)

    def charge(self, client: str, seconds: float) -> None:
        with self._lock:
            now = self._clock()
            self._owed[client] = (self._level(client, now) + seconds, now)

    def seconds_to_wait(self, client: str) -> float:
        """How long until the client is within its budget again; 0 when it is."""
        with self._lock:
            return max(0.0, (self._level(client, self._clock()) - self._budget) / self._rate)

    def _level(self, client: str, now: float) -> float:
        owed, since = self._owed.get(client, (0.0, now))
        return max(0.0, owed - (now - since) * self._rate)
