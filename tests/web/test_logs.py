"""One line of JSON a request, with what an operator needs and nothing that a client computed."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.settings import Settings
from service.web import logs
from tests.web.conftest import Trial, application


@pytest.fixture
def talkative(trial: Trial) -> FlaskClient:
    return application(trial, Settings(log_level="info")).test_client()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_request_has_a_line(talkative: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    talkative.get("/v1/trial?label=private", headers={"X-Request-Id": "abc"})
    talkative.get("/v1/trial?oops=private")
    good, bad = lines(capsys)
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
    assert "private" not in str([good, bad])


def test_a_defect_has_its_traceback_under_the_request_id(talkative: FlaskClient, trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    logs.logger.handlers[0].setStream(sys.stderr)  # type: ignore[attr-defined]
    trial.handler = lambda request: request["no such key"]
    talkative.post("/v1/trial", json={}, headers={"X-Request-Id": "find-me"})
    defect, request = lines(capsys)
    assert (defect["level"], defect["request_id"]) == ("error", "find-me")
    assert "KeyError" in defect["traceback"]
    assert (request["status"], request["code"]) == (500, "internal-error")


def test_levels_are_kept(trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    application(trial, Settings(log_level="warning")).test_client().get("/livez")
    assert not lines(capsys)
