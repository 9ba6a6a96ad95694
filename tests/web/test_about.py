"""What the service says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.limits import LIMITS
from service.version import ENGINE, VERSION, _fingerprint
from service.web.registry import ENDPOINTS


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_it_lives_and_is_ready(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_version_is_said(client: FlaskClient) -> None:
    answer = client.get("/version").get_json()
    assert (answer["version"], answer["engine"]) == (VERSION, ENGINE)
    assert ENGINE.startswith(VERSION + "-")


def test_every_operation_is_listed_with_its_fields_and_examples(client: FlaskClient) -> None:
    listed = client.get("/v1/operations").get_json()["operations"]
    assert [entry["name"] for entry in listed] == list(ENDPOINTS)
    for entry in listed:
        endpoint = ENDPOINTS[entry["name"]]
        assert [field["name"] for field in entry["fields"]] == list(endpoint.request.fields)
        assert len(entry["examples"]) == len(endpoint.examples)
        assert entry["summary"]
        assert entry["path"] == f"/v1/{entry['name']}"


def test_every_limit_is_listed(client: FlaskClient) -> None:
    listed = client.get("/v1/limits").get_json()["limits"]
    assert [row["name"] for row in listed] == [row.name for row in LIMITS]
    assert all(row["allowed"] > 0 and row["description"] for row in listed)


def test_the_engine_changes_with_the_source(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    before = _fingerprint(tmp_path)
    assert _fingerprint(tmp_path) == before
    (tmp_path / "a.py").write_text("x = 2")
    assert _fingerprint(tmp_path) != before
