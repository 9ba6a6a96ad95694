"""What is kept of a request once it is answered: its line in the log, its numbers in the metrics, its span in a trace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from service.web import logs
from service.web.metrics import Metrics
from service.web.trace import Trace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Span = Callable[[Trace, "WSGIEnvironment", int], None]  # reports a request to OpenTelemetry (service/web/telemetry.py)


class Records:
    """One for each application. `metrics` and `span` are None where they are not wanted."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self.metrics = metrics
        self.span: Span | None = None
        self._running: dict[int, float] = {}

    def keep(self, noted: Trace, environ: WSGIEnvironment, status: int) -> None:
        """A request has been answered."""
        logs.request_line(noted, environ["REQUEST_METHOD"], environ["PATH_INFO"], status)
        if self.metrics is not None:
            self.metrics.count(noted, environ["PATH_INFO"], status)
        if self.span is not None:
            self.span(noted, environ, status)

    def begin(self) -> None:
        """This thread takes on a request that is not answered from memory."""
        self._running[threading.get_ident()] = time.monotonic()

    def end(self) -> None:
        """It is done with it."""
        self._running.pop(threading.get_ident(), None)

    def running(self) -> tuple[int, float]:
        """How many requests threads are at, and for how many seconds the longest has been running."""
        begun = list(self._running.values())
        return len(begun), time.monotonic() - min(begun) if begun else 0.0
