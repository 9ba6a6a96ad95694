"""Spans for OpenTelemetry. Loaded by service/web/tracing.py where the standard variables of the environment ask for it.

A request is one span, written when it is answered; it continues the trace that the header `traceparent` names. Nothing that a
client sent is in it beside the path. The SDK reads OTEL_EXPORTER_OTLP_*, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER by itself.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.version import VERSION
from service.web.trace import Trace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

METHODS = ("GET", "HEAD", "POST", "QUERY", "OPTIONS")
LONGEST_GOODBYE = 3.0  # seconds that the last spans may take when a worker ends
PARENT = {"traceparent": "HTTP_TRACEPARENT", "tracestate": "HTTP_TRACESTATE"}


class Telemetry:
    """Made in a worker after its fork, for it starts a thread. `operations` are names by path."""

    def __init__(self, operations: Mapping[str, str]) -> None:
        self._operations = operations
        self._provider = TracerProvider(resource=_resource())
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("nabla", VERSION)
        self._propagator = TraceContextTextMapPropagator()

    def span(self, noted: Trace, environ: WSGIEnvironment, status: int) -> None:
        """A request has been answered."""
        end = time.time_ns()
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in METHODS else "_OTHER"
        path = environ["PATH_INFO"]
        operation = self._operations.get(path)
        attributes: dict[str, str | int | float] = {
            "http.request.method": method,
            "url.path": path[:200],
            "http.response.status_code": status,
            "nabla.request_id": noted.request_id,
        }
        if operation is not None:
            attributes |= {"http.route": path, "nabla.operation": operation}
        if noted.code is not None:
            attributes["error.type"] = noted.code
        if noted.caches:
            attributes["nabla.cache"] = ", ".join(noted.caches)
        attributes |= {f"nabla.stage.{stage}_ms": round(seconds * 1e3, 3) for stage, seconds in noted.stages.items()}
        span = self._tracer.start_span(
            f"{method} {path}" if operation is not None else method,
            context=self._propagator.extract({name: environ[key] for name, key in PARENT.items() if key in environ}),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=end - int((time.perf_counter() - noted.started) * 1e9),
        )
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)

    def close(self) -> None:
        """Sends the last spans. A collector that is down does not keep the worker."""
        goodbye = threading.Thread(target=self._provider.shutdown, daemon=True)
        goodbye.start()
        goodbye.join(LONGEST_GOODBYE)


def _resource() -> Resource:
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({SERVICE_VERSION: VERSION} | ({} if named else {SERVICE_NAME: "nabla"}))
