"""After a failure nobody is kept waiting: the breaker is open until a probe, which no request waits for, has succeeded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds until a probe after the first, the second, the third, every further failure in a row

log = logging.getLogger("nabla.cache")


class Breaker:
    """Says once that it is open, and once that it is closed again. Safe in threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._probe_at = 0.0
        self._probing = False
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        return not self._failures

    def wants_probe(self) -> bool:
        """Whether it is time to see if things are well again. Of all who ask at that time one is told so."""
        if not self._failures or self._clock() < self._probe_at:
            return False
        with self._lock:
            wants = self._failures > 0 and self._clock() >= self._probe_at
            if wants:
                self._probing, self._probe_at = True, self._clock() + PAUSES[-1]
        return wants

    def failed(self, error: Exception) -> None:
        """Of many who fail at once, and of those who were under way when the first did, one counts."""
        with self._lock:
            if self._failures and not self._probing:
                return
            self._probing = False
            self._probe_at = self._clock() + PAUSES[min(self._failures, len(PAUSES) - 1)]
            self._failures += 1
            first = self._failures == 1
        if first:
            log.warning("the shared cache does not answer; going on without it: %s", str(error)[:200])

    def succeeded(self) -> None:
        if self._failures:
            with self._lock:
                recovered, self._failures, self._probing = self._failures > 0, 0, False
            if recovered:
                log.warning("the shared cache answers again")
