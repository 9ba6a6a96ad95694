"""One line of JSON a request, with what an operator needs and nothing that a client computed."""

from __future__ import annotations

import json
import logging

import pytest
from flask.testing import FlaskClient

from service.settings import Settings
from service.web.logs import JsonFormatter
from tests.web.conftest import Trial, application


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the service's handler would write."""
    written: list[str] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    recorder = Recorder()
    recorder.setFormatter(JsonFormatter())
    monkeypatch.setattr(logging.getLogger("nabla"), "handlers", [recorder])
    return written


@pytest.fixture
def talkative(trial: Trial, lines: list[str]) -> FlaskClient:
    return application(trial, Settings(log_level="info")).test_client()


def test_a_request_has_a_line(talkative: FlaskClient, lines: list[str]) -> None:
    talkative.get("/v1/trial?label=private", headers={"X-Request-Id": "abc"})
    talkative.get("/v1/trial?oops=private")
    good, bad = (json.loads(line) for line in lines)
    assert {name: good[name] for name in ("level", "request_id", "method", "path", "status", "code")} == {
        "level": "info",
        "request_id": "abc",
        "method": "GET",
        "path": "/v1/trial",
        "status": 200,
        "code": None,
    }
    assert good["cache"] == ["nabla-response; fwd=miss; stored"]
    assert good["duration_ms"] > 0
    assert (bad["status"], bad["code"]) == (400, "invalid-input")
    assert "private" not in "".join(lines)


def test_a_defect_has_its_traceback_under_the_request_id(talkative: FlaskClient, trial: Trial, lines: list[str]) -> None:
    trial.handler = lambda request: request["no such key"]
    talkative.post("/v1/trial", json={}, headers={"X-Request-Id": "find-me"})
    defect = json.loads(lines[0])
    assert defect["level"] == "error"
    assert defect["request_id"] == "find-me"
    assert "KeyError" in defect["traceback"]


def test_levels_are_kept(trial: Trial, lines: list[str]) -> None:
    application(trial, Settings(log_level="warning")).test_client().get("/livez")
    assert not lines
