"""Spans reach a collector, continue the client's trace and hold nothing of what was computed; without the variables nothing loads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.settings import Settings
from service.web import tracing
from tests.servers import ROOT
from tests.web.conftest import Trial, application

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector(HTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[ExportTraceServiceRequest] = []


class Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_request_is_a_span_of_the_trace_that_it_belongs_to(trial: Trial, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    app = application(trial, Settings(log_level="error"))
    state = app.extensions["nabla"]
    state.spans = state.start_spans()
    state.records.span = state.spans.span
    client = app.test_client()
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "abc"}
    client.get("/v1/rank?matrix=[[1,2],[3,private]]", headers=headers)
    client.get("/v1/rank?matrix=[[1,2],[3,4]]", headers={"traceparent": "nonsense"})
    state.spans.close()
    sent = [one for message in collector.received for one in message.resource_spans]
    assert {"service.name": "nabla"}.items() <= {a.key: a.value.string_value for a in sent[0].resource.attributes}.items()
    refused, answered = [span for one in sent for scope in one.scope_spans for span in scope.spans]
    assert (refused.trace_id.hex(), refused.parent_span_id.hex()) == (TRACE, PARENT)
    assert refused.name == answered.name == "GET /v1/rank"
    assert answered.trace_id.hex() not in (TRACE, "0" * 32)
    told = {a.key: a.value.string_value or a.value.int_value for a in refused.attributes}
    assert told["http.response.status_code"] == 400
    assert told["error.type"] == "not-json"
    assert told["nabla.request_id"] == "abc"
    assert "private" not in str(sent)
    assert 0 < answered.end_time_unix_nano - answered.start_time_unix_nano < 60e9
    assert any(a.key == "nabla.stage.compute_ms" for a in answered.attributes)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"},
    ],
)
def test_off_unless_an_endpoint_is_named(environment: dict[str, str]) -> None:
    assert tracing.wanted(environment, {}) is None


def test_another_protocol_is_refused() -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    with pytest.raises(ValueError, match="must be http/protobuf"):
        tracing.wanted(environment, {})


def test_nothing_is_loaded_when_off() -> None:
    modules = ["service.web.telemetry", "opentelemetry.exporter.otlp"]  # redis-py loads the rest where it is installed
    code = f"import sys, service.app; service.app.create_app(); print([name in sys.modules for name in {modules}])"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[False, False]\n"
