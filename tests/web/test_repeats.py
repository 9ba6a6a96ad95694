"""What a repeated request costs, and what caches on the way are told: encodings of answers, their tags, permalinks, HEAD."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import zstandard
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.cache import envelope
from service.web import encodings
from service.web.registry import ENDPOINTS

EXAMPLES = [
    (entry, example.request)
    for entry in ENDPOINTS.values()
    for example in sorted(entry.examples, key=lambda example: len(json.dumps(example.request)))[:1]
    if example.refused is None
]
LONG = "/v1/inverse?matrix=[[2,1],[5,3]]&steps=true"  # the answer is over a thousand bytes
SHORT = "/v1/rank?matrix=[[1,2],[2,4]]&format=text"


def decoded(answer: TestResponse) -> bytes:
    encoding = answer.headers.get("Content-Encoding")
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompress(answer.data)
    return gzip.decompress(answer.data) if encoding == "gzip" else answer.data


ACCEPTS: list[tuple[str | None, str | None]] = [
    (None, None),
    ("identity", None),
    ("gzip", "gzip"),
    ("x-gzip", "gzip"),
    ("gzip, deflate, br, zstd", "zstd"),
    ("zstd;q=0.5, gzip", "gzip"),
    ("*", "zstd"),
    ("zstd;q=0, *", "gzip"),
    ("gzip;q=0", None),
    ("gzip;q=0.5, identity", None),
    ("br, deflate", None),
    ("gzip;q=broken", None),
    ("*;q=0, identity;q=1", None),
    (",;,", None),
]


@pytest.mark.parametrize(("accept", "encoding"), ACCEPTS)
def test_an_answer_is_encoded_as_the_client_likes_it(client: FlaskClient, accept: str | None, encoding: str | None) -> None:
    plain = client.get(LONG)
    headers = {"Accept-Encoding": accept} if accept is not None else {}
    for _ in range(3):  # computed or found, found again, remembered
        answer = client.get(LONG, headers=headers)
        assert answer.headers.get("Content-Encoding") == encoding
        assert decoded(answer) == plain.data
        assert answer.headers["Content-Length"] == str(len(answer.data))
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        assert (answer.headers["ETag"] == plain.headers["ETag"]) == (encoding is None)
    assert client.get(SHORT, headers=headers).headers.get("Content-Encoding") is None


def test_each_encoding_has_its_own_tag_and_the_client_is_told_which_it_has(client: FlaskClient) -> None:
    plain = client.get(LONG).headers["ETag"]
    small = client.get(LONG, headers={"Accept-Encoding": "gzip"}).headers["ETag"]
    assert small == plain[:-1] + '-gzip"'
    asked: list[tuple[str, str | None, str | None]] = [
        (plain, None, plain),
        (plain, "gzip", plain),  # as it is is always welcome
        (small, "gzip", small),
        (f'W/{small}, "other"', "gzip, br", small),
        (small, None, None),  # the client could not read what it has
        (small, "zstd", None),
        (small.replace("gzip", "zstd"), "zstd", small.replace("gzip", "zstd")),
        (small.replace("gzip", "br"), "br, gzip", None),
        ("*", "gzip", small),
        ("*", None, plain),
    ]
    for tags, accept, current in asked:
        for _ in range(2):
            headers = {"If-None-Match": tags} | ({"Accept-Encoding": accept} if accept else {})
            answer = client.get(LONG, headers=headers)
            assert answer.status_code == (304 if current else 200), (tags, accept)
            if current:
                assert answer.headers["ETag"] == current
                assert answer.data == b""
                assert "immutable" in answer.headers["Cache-Control"]


def test_anything_will_do_only_where_there_is_something(client: FlaskClient) -> None:
    assert client.get("/v1/inverse?matrix=[[0]]", headers={"If-None-Match": "*"}).status_code == 422
    first = client.get("/v1/inverse?matrix=[[3]]", headers={"If-None-Match": "*"})
    assert first.status_code == 304
    assert client.post("/v1/inverse", json={"matrix": [[3]]}, headers={"If-None-Match": "*"}).status_code == 200


def test_the_encodings_give_the_same_bytes_every_time() -> None:
    for encode in encodings.ENCODERS.values():
        assert encode(b"nabla" * 1000) == encode(b"nabla" * 1000)
    assert encodings.encoded(bytes(range(256)) * 3 + b"x" * 300, "gzip")[1] == "gzip"
    noise = bytes((i * i * 7919 + i // 3 * 104729) % 256 for i in range(1100))
    assert len(encodings.encoded(noise, "gzip")[0]) <= len(noise)


@pytest.mark.parametrize(("entry", "request_"), EXAMPLES, ids=[entry.name for entry, _ in EXAMPLES])
def test_the_link_to_an_answer_gives_the_answer(client: FlaskClient, entry: Any, request_: dict[str, Any]) -> None:
    """The GET of `Content-Location` has the same bytes and the same tag; HEAD has the headers of the GET."""
    answer = client.post(entry.path, json={**request_, "deadline_ms": 9_000})
    link = answer.headers["Content-Location"]
    assert link.startswith(f"{entry.path}?")
    found = client.get(link)
    assert (found.data, found.headers["ETag"]) == (answer.data, answer.headers["ETag"])
    assert "hit" in found.headers["Cache-Status"]
    assert "Content-Location" not in found.headers
    head = client.head(link)
    assert head.data == b""
    for name in ("ETag", "Content-Type", "Content-Length", "Vary", "Cache-Control"):
        assert head.headers[name] == found.headers[name]


@pytest.mark.parametrize("form", ["format=text", "format=csv&member=condition_number", "arrays=base64", "format=latex"])
def test_a_link_asks_for_the_form(client: FlaskClient, form: str) -> None:
    answer = client.post(f"/v1/inverse?{form}", json={"matrix": [[2, 1], [5, 3]]})
    assert answer.headers["Content-Location"] == f"/v1/inverse?matrix=%5B%5B2,1%5D,%5B5,3%5D%5D&{form}"
    by_accept = client.post("/v1/inverse", json={"matrix": [[2, 1], [5, 3]]}, headers={"Accept": "text/csv"})
    assert client.get(by_accept.headers["Content-Location"]).data == by_accept.data


@pytest.mark.parametrize(
    "request_",
    [
        {"expression": "[x^2, y]"},  # in a query this is a list of two expressions
        {"expression": "x^2 + " * 500 + "1"},
    ],
)
def test_what_a_query_cannot_say_has_no_link(client: FlaskClient, request_: dict[str, Any]) -> None:
    answer = client.post("/v1/jacobian" if "[" in request_["expression"] else "/v1/derivative", json=request_)
    assert answer.status_code == 200, answer.text
    location = answer.headers.get("Content-Location")
    assert location is None or client.get(location).data == answer.data


def test_a_plus_survives_the_link(client: FlaskClient) -> None:
    answer = client.post("/v1/derivative", json={"expression": "x^2 + 3*x", "wrt": "x"})
    assert "%2B" in answer.headers["Content-Location"]
    assert client.get(answer.headers["Content-Location"]).data == answer.data


@pytest.mark.parametrize("value", [b"", b"1,2\n3,4\n", b"\x93NUMPY\x00\xff", b"[1]", b"3.0\n", b'{"a":1}'])
@pytest.mark.parametrize("secret", [b"", b"key"])
def test_answers_of_every_form_travel_to_the_shared_cache(value: bytes, secret: bytes) -> None:
    key = "nabla:0:response:ab"
    sealed = envelope.seal(key, value, secret)
    assert envelope.unseal(key, sealed, secret) == value
    assert envelope.unseal(key + "x", sealed, secret) is None
