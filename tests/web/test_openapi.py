"""openapi.yaml is what the code says, valid, and its examples hold: each is replayed over the whole stack."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import yaml
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from service.web import openapi, problems
from service.web.endpoint import Endpoint, Example
from service.web.fields import RequestField
from service.web.registry import ENDPOINTS

FILE = Path(__file__).resolve().parent.parent.parent / "openapi.yaml"
EXAMPLES = [pytest.param(entry, i, id=f"{entry.name}-{i + 1}") for entry in ENDPOINTS.values() for i in range(len(entry.examples))]


@cache
def document() -> dict[str, Any]:
    return yaml.load(FILE.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # type: ignore[no-any-return]


def test_it_is_current() -> None:
    assert openapi.as_yaml() == FILE.read_text(), "openapi.yaml is stale: run `make openapi` and commit it"


def test_it_is_valid() -> None:
    validate(document())


def validator(schema: dict[str, Any]) -> OAS31Validator:
    return OAS31Validator({**schema, "components": document()["components"]})


def replay(client: FlaskClient, entry: Endpoint, example: Example) -> Any:
    return client.post(entry.path, data=json.dumps(example.request).encode(), content_type="application/json")


@pytest.mark.parametrize(("entry", "index"), EXAMPLES)
def test_an_example_has_the_answer_that_is_documented(client: FlaskClient, entry: Endpoint, index: int) -> None:
    example = entry.examples[index]
    answer = replay(client, entry, example)
    stem = "".join(word.capitalize() for word in entry.operation_id.split("_"))
    if example.refused is None:
        assert answer.status_code == 200, answer.text
        response = document()["components"]["responses"][f"{stem}Answer"]["content"]["application/json"]
    else:
        assert answer.get_json()["code"] == example.refused
        response = document()["components"]["responses"][f"{stem}Problem{answer.status_code}"]["content"][problems.MEDIA_TYPE]
    documented = response["examples"][f"example-{index + 1}"]["value"]
    assert openapi.rounded(answer.get_json()) == documented
    errors = [f"{error.json_path}: {error.message}" for error in validator(response["schema"]).iter_errors(answer.get_json())]
    assert not errors


@pytest.mark.parametrize(("entry", "index"), EXAMPLES)
def test_an_example_is_a_request_that_the_schema_takes(entry: Endpoint, index: int) -> None:
    operation = document()["paths"][entry.path]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert entry.examples[index].refused == "invalid-input" or not list(validator(schema).iter_errors(entry.examples[index].request))


@pytest.mark.parametrize(("entry", "index"), EXAMPLES)
def test_post_get_and_query_give_the_same_bytes(client: FlaskClient, entry: Endpoint, index: int) -> None:
    request = entry.examples[index].request
    query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}
    by_post = replay(client, entry, entry.examples[index])
    body = json.dumps(request).encode()  # not json=, which sorts the names: the order of columns shows in an answer
    by_query_method = client.open(entry.path, method="QUERY", data=body, content_type="application/json")
    by_get = client.get(f"{entry.path}?{urlencode(query)}")
    assert by_post.data == by_query_method.data
    if by_get.status_code == 400:  # a lone "x y" cannot be told from "x+y": escaped, it can
        by_get = client.get(f"{entry.path}?{urlencode(query, quote_via=quote)}")
    assert by_post.data == by_get.data, by_get.text


@pytest.mark.parametrize("entry", ENDPOINTS.values(), ids=lambda entry: entry.name)
def test_an_endpoint_keeps_the_rules_of_the_house(entry: Endpoint) -> None:
    assert entry.handler.__module__ == f"service.web.endpoints.{entry.operation_id}"
    assert entry.summary
    assert entry.family
    assert entry.examples
    assert any(example.refused is None for example in entry.examples)
    lax = [name for name, field in entry.request.fields.items() if not isinstance(field, RequestField)]
    assert not lax, f"request fields come from service/web/fields.py; these would coerce: {lax}"
    undescribed = [name for name, field in entry.request.fields.items() if not field.metadata.get("description")]
    assert not undescribed
    assert "checks" in entry.response.fields
