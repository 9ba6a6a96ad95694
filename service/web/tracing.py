"""Whether spans are wanted, by the standard variables of OpenTelemetry; nothing of its SDK is loaded where they are not."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from service.web.trace import Trace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")


class Spans(Protocol):
    """service/web/telemetry.py."""

    def span(self, noted: Trace, environ: WSGIEnvironment, status: int) -> None:
        """A request has been answered."""

    def close(self) -> None:
        """The worker ends."""


def wanted(environment: Mapping[str, str], operations: Mapping[str, str]) -> Callable[[], Spans] | None:
    """What starts the spans of a worker, after its fork; None where no endpoint is named, or they are switched off.

    Raises ValueError when the packages are missing, or a protocol is asked for that is not spoken.
    """
    if not any(environment.get(name) for name in ENDPOINTS):
        return None
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return None
    for name in PROTOCOLS:
        if environment.get(name, "http/protobuf") != "http/protobuf":
            raise ValueError(f"{name} must be http/protobuf, the only protocol that is spoken here, not {environment[name]!r}")
    try:
        telemetry = importlib.import_module("service.web.telemetry")
    except ModuleNotFoundError as error:
        raise ValueError(f"{ENDPOINTS[0]} asks for traces: pip install -r requirements-otel.txt ({error})") from None
    return lambda: telemetry.Telemetry(operations)
