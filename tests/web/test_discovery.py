"""What machines find: the catalogue, the description, pages for language models; and what they are told of an operation that will go."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.settings import Settings
from service.web import about, pipeline
from service.web.discovery import CATALOG, RELATIONS
from service.web.registry import ENDPOINTS
from service.web.retirement import Retirement
from tests.web.conftest import Trial

ADDRESSES = sorted(
    {address for _, address, _ in RELATIONS} | {CATALOG, "/", "/robots.txt", "/favicon.ico", "/llms-full.txt", "/openapi.yaml"}
)


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_address_answers_get_head_and_options(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.data
    head = client.head(path)
    assert (head.status_code, head.data, head.mimetype) == (200, b"", answer.mimetype)
    assert {"GET", "HEAD"} <= set(client.options(path).headers["Allow"].split(", "))


def test_the_catalogue_is_a_linkset(client: FlaskClient) -> None:
    answer = client.get(CATALOG, base_url="http://nabla.example:8080")
    assert answer.mimetype == "application/linkset+json"
    assert answer.mimetype_params == {"profile": "https://www.rfc-editor.org/info/rfc9727"}
    catalogue, described = answer.get_json(force=True)["linkset"]
    assert catalogue["anchor"] == "http://nabla.example:8080/.well-known/api-catalog"
    assert [item["href"] for item in catalogue["item"]] == [described["anchor"]]
    links = [(relation, link) for relation, found in described.items() if relation != "anchor" for link in found]
    assert {relation for relation, _ in links} == {"service-desc", "service-doc", "service-meta", "status"}
    for _, link in links:
        assert client.get(link["href"].removeprefix("http://nabla.example:8080")).status_code in (200, 503)


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/operations", "/v1/limits", "/version", "/llms.txt", "/v1/nothing", CATALOG])
def test_what_is_no_operation_links_to_the_description(client: FlaskClient, path: str) -> None:
    links = dict(re.findall(r'<([^>]+)>; rel="([^"]+)"', client.get(path).headers["Link"]))
    assert links["/openapi.json"] == "service-desc"
    assert links["/docs"] == "service-doc"
    assert links[CATALOG] == "api-catalog"


def test_language_models_are_told_of_every_operation(client: FlaskClient) -> None:
    short, full = client.get("/llms.txt").text, client.get("/llms-full.txt").text
    assert short.startswith("# Nabla\n\n> ")
    for entry in ENDPOINTS.values():
        assert f"- [{entry.name}]({entry.path}): {entry.summary}" in short
        assert f"## POST {entry.path}: " in full
        assert all(f"- `{name}`" in full for name in entry.request.fields)


RETIREMENT = Retirement(since=date(2027, 1, 1), until=date(2028, 1, 1), successor="/v1/gradient")


def test_an_operation_that_will_go_says_so_in_every_answer() -> None:
    app = create_app(Settings(log_level="error"))
    entry = replace(Trial().endpoint(), retirement=RETIREMENT)
    app.add_url_rule(entry.path, entry.operation_id, pipeline.view(entry, app.extensions["nabla"]), methods=["GET", "POST", "QUERY"])
    client = app.test_client()
    for _ in range(3):  # computed, and remembered twice
        answer = client.get("/v1/trial?order=1")
        told: dict[str, Any] = dict(answer.headers)
        assert told["Deprecation"] == f"@{int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())}"  # RFC 9745: a Date of RFC 9651
        assert parsedate_to_datetime(told["Sunset"]) == datetime(2028, 1, 1, tzinfo=UTC)
        assert '</v1/gradient>; rel="successor-version"' in told["Link"]
        assert 'rel="deprecation"' in told["Link"]
    assert about.describe(entry)["retirement"] == {"since": "2027-01-01", "until": "2028-01-01", "successor": "/v1/gradient"}


def test_an_operation_that_stays_says_nothing(client: FlaskClient) -> None:
    assert not {"Deprecation", "Sunset", "Link"} & set(client.get("/v1/trial?order=1").headers.keys())
    assert all(about.describe(entry)["retirement"] is None for entry in ENDPOINTS.values() if entry.retirement is None)
