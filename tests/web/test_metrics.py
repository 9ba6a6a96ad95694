"""Requests are counted once, by names of the service's own; the counts of processes that are gone stay, their gauges go."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from service.settings import Settings
from service.web import metrics
from service.web.metrics import METRICS, Metrics
from service.web.registry import ENDPOINTS
from tests.web.conftest import Trial, application

Samples = dict[tuple[str, ...], float]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of its own for the metrics of the test."""
    kept = metrics.values.ValueClass
    monkeypatch.setenv(metrics.DIRECTORY, str(tmp_path))
    yield tmp_path
    metrics.values.ValueClass = kept


@pytest.fixture
def client(trial: Trial, directory: Path) -> FlaskClient:
    return application(trial, Settings(log_level="error")).test_client()


def samples(text: str) -> Samples:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client: FlaskClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.mimetype == "text/plain"
    return samples(answer.text)


def test_every_request_is_counted_once_and_by_name(client: FlaskClient) -> None:
    body = {"expression": "x^2"}
    for _ in range(3):
        client.post("/v1/gradient", json=body)
    client.post("/v1/gradient", json={"oops": 1})
    client.get("/v1/no-such-operation-at-all")
    client.get("/livez")
    seen = scraped(client)
    assert seen["nabla_requests_total", "gradient", "200"] == 3
    assert seen["nabla_requests_total", "gradient", "400"] == 1
    assert seen["nabla_requests_total", "other", "404"] == 1
    assert seen["nabla_requests_total", "livez", "200"] == 1
    assert seen["nabla_request_seconds_count", "gradient"] == 2
    assert seen["nabla_stage_seconds_count", "gradient", "compute"] == 1
    assert seen["nabla_cache_total", "response", "miss"] == 1
    assert seen["nabla_cache_total", "response", "memory"] == 2
    assert seen["nabla_problems_total", "invalid-input"] == 1


def test_no_client_can_make_labels(client: FlaskClient) -> None:
    for i in range(50):
        client.open(f"/made-up-{i}", method=f"METHOD{i}")
        client.get("/v1/gradient?expression=x", headers={"X-Request-Id": f"id-{i}", "Accept": f"text/{i}"})
    operations = {key[1] for key in scraped(client) if key[0] == "nabla_requests_total"}
    assert operations <= {*ENDPOINTS, *metrics.SERVICE.values(), metrics.OTHER}


def test_prometheus_may_ask_for_the_open_format(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.mimetype == "application/openmetrics-text"
    assert answer.text.endswith("# EOF\n")


def test_switched_off_there_is_nothing(trial: Trial, directory: Path) -> None:
    client = application(trial, Settings(log_level="error", metrics="off")).test_client()
    assert client.get("/metrics").status_code == 404
    assert not list(directory.glob("*.db"))


def test_open_metrics_need_no_key(trial: Trial, directory: Path) -> None:
    entry = "a:" + "0" * 64
    for setting, status in (("on", 401), ("open", 200)):
        client = application(trial, Settings(log_level="error", metrics=setting, api_keys=entry)).test_client()
        assert client.get("/metrics").status_code == status


def test_the_next_process_goes_on_counting_and_gauges_of_the_dead_go(directory: Path) -> None:
    here = Metrics(directory, {})
    here.add("nabla_problems", "a")
    for _ in range(5):
        child = os.fork()
        if child == 0:
            here.add("nabla_problems", "a")
            here.set("nabla_running", 7)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
    seen = samples(here.scrape("")[0].decode())
    assert seen["nabla_problems_total", "a"] == 6
    assert ("nabla_running",) not in seen
    assert len(list(directory.glob("counter_*.db"))) == 2


def test_the_table_names_each_metric_once_and_well() -> None:
    names = [row.name for row in METRICS]
    assert len(set(names)) == len(names)
    for row in METRICS:
        assert row.name.startswith("nabla_")
        assert row.help
        assert list(row.buckets) == sorted(row.buckets)
