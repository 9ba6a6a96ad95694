"""MessagePack, multipart and encoded bodies: every operation takes them, and what is malformed, or a bomb, ends in a declared answer."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import msgpack
import numpy as np
import pytest
import zstandard
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import limits
from service.errors import LimitExceeded
from service.web import packed
from service.web.array_files import CSV, NPY, TSV, write_npy
from service.web.encodings import decoded
from service.web.endpoint import Endpoint
from service.web.fields import ArrayField, RequestField
from service.web.multipart import MULTIPART
from service.web.packed import MSGPACK, NotMessagePack
from service.web.problems import HttpError
from service.web.registry import ENDPOINTS
from service.web.rows import write_rows
from service.web.strict_json import DuplicateKey

each_operation = pytest.mark.parametrize("entry", ENDPOINTS.values(), ids=lambda entry: entry.name)
ANSWERED = {
    entry.name: min(
        (example.request for example in entry.examples if example.refused is None), key=lambda request: len(json.dumps(request))
    )
    for entry in ENDPOINTS.values()
}


def is_numeric(value: Any) -> bool:
    rows = value if isinstance(value, list) else []
    return bool(rows) and all(type(x) in (int, float) for row in rows for x in (row if isinstance(row, list) else [row]))


@each_operation
def test_a_request_comes_in_every_form(client: FlaskClient, entry: Endpoint) -> None:
    """The answer is the same, to the byte: one shorter example, its answer kept by the first request, found by all others."""
    request = ANSWERED[entry.name]
    wanted = client.post(entry.path, json=request)
    body = json.dumps(request).encode()
    parts: dict[str, Any] = {}
    for name, value in request.items():
        field = entry.request.fields[name]
        assert isinstance(field, RequestField)
        is_matrix = is_numeric(value) and isinstance(value[0], list)
        if isinstance(field, ArrayField) and field.takes_files and (is_matrix or (field.depth == 1 and is_numeric(value))):
            parts[name] = (io.BytesIO(write_rows(value, b",")), f"{name}.csv")
        else:
            parts[name] = value if isinstance(value, str) and field.textual else json.dumps(value)
    query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}
    ways: dict[str, Callable[[], TestResponse]] = {
        "QUERY": lambda: client.open(entry.path, method="QUERY", json=request),
        "GET": lambda: client.get(f"{entry.path}?{urlencode(query, quote_via=quote)}"),
        "msgpack": lambda: client.post(entry.path, data=msgpack.packb(request), content_type=MSGPACK),
        "gzip": lambda: client.post(
            entry.path, data=gzip.compress(body), content_type="application/json", headers={"Content-Encoding": "gzip"}
        ),
        "zstd": lambda: client.open(
            entry.path, method="QUERY", data=zstandard.compress(body), content_type="application/json", headers={"Content-Encoding": "zstd"}
        ),
        "multipart": lambda: client.post(entry.path, data=parts, content_type=MULTIPART),
    }
    for way, ask in ways.items():
        answer = ask()
        assert answer.data == wanted.data, (way, answer.text)
        assert answer.headers["ETag"] == wanted.headers["ETag"] or way == "multipart", way


A, B = np.array([[2.0, 1.0], [5.0, 3.0]]), np.array([1.0, 2.0])
FILES: list[tuple[tuple[Any, ...], tuple[Any, ...]]] = [
    ((b"2,1\n5,3\n", "A.csv"), (write_npy(B), "b.npy")),
    ((b"2\t1\n5\t3\n", "A"), (write_npy(B), "b")),
    ((b"2,1\n5,3\n", "A.dat", CSV), (b"1\n2\n", "b.txt")),
    ((b"2\t1\n5\t3\n", "A.csv", TSV), (b"[1, 2]", "b")),
    ((write_npy(A), "A.csv", NPY), (b"[1, 2]", "b.json")),
    ((msgpack.packb(A.tolist()), "A.msgpack"), (msgpack.packb([1, 2]), "b", "application/x-msgpack")),
    ((b"\xef\xbb\xbf2,1\r\n5,3\r\n", "A.CSV", "application/octet-stream"), (b"1,2", "b.csv")),
]


@pytest.mark.parametrize(("matrix", "rhs"), FILES)
def test_a_file_is_what_its_part_its_name_or_its_beginning_says(client: FlaskClient, matrix: Any, rhs: Any) -> None:
    parts = {"matrix": (io.BytesIO(matrix[0]), *matrix[1:]), "rhs": (io.BytesIO(rhs[0]), *rhs[1:])}
    answer = client.post("/v1/solve?format=text", data=parts, content_type=MULTIPART)
    assert answer.text == "1.0\n-1.0\n" or (answer.get_json()["code"] == "shape-mismatch" and rhs[0] == b"1,2")


def test_a_table_and_the_name_of_its_response(client: FlaskClient) -> None:
    table = b"size,price\n1,2\n2,3.9\n3,6.2\n"
    by_file = client.post("/v1/regression?format=text", data={"data": (io.BytesIO(table), "t.csv"), "y": "price"}, content_type=MULTIPART)
    by_body = client.post("/v1/regression?y=price&format=text", data=table, content_type=CSV)
    by_json = client.post("/v1/regression?format=text", json={"data": {"size": [1, 2, 3], "price": [2, 3.9, 6.2]}, "y": "price"})
    assert by_file.text == by_body.text == by_json.text
    assert float(by_file.text) == pytest.approx(2.1)
    unknown = client.post("/v1/regression?y=prize", data=table, content_type=CSV).get_json()
    assert (unknown["code"], unknown["errors"][0]["pointer"]) == ("unknown-name", "/y")
    both = client.post("/v1/regression?y=price&response=size", data=table, content_type=CSV).get_json()
    assert (both["code"], both["errors"][0]["pointer"]) == ("invalid-input", "/response")


def part(name: str, content: bytes = b"1") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + content + b"\r\n"


FORMS: list[tuple[str, bytes, str, int, str, str]] = [
    ("a part twice", part("matrix") + part("matrix") + b"--x--", "; boundary=x", 400, "invalid-input", "/matrix"),
    ("no end", part("matrix"), "; boundary=x", 400, "bad-request", ""),
    ("nothing", b"", "; boundary=x", 400, "invalid-input", "/matrix"),
    ("no boundary", part("matrix") + b"--x--", "", 400, "bad-request", ""),
    ("an odd boundary", part("matrix") + b"--x--", "; boundary=" + "y" * 300, 400, "bad-request", ""),
    ("a number for a matrix", part("matrix", b"1") + b"--x--", "; boundary=x", 400, "invalid-input", "/matrix"),
    ("broken JSON", part("matrix", b"[[1,2]") + b"--x--", "; boundary=x", 400, "not-json", "/matrix"),
    ("an unknown field", part("matrx", b"[[1]]") + b"--x--", "; boundary=x", 400, "invalid-input", "/matrx"),
    ("not UTF-8", part("arithmetic", b"\xff") + b"--x--", "; boundary=x", 400, "invalid-input", "/arithmetic"),
    ("no name", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", "; boundary=x", 400, "bad-request", ""),
    ("many parts", b"".join(part(f"p{i}") for i in range(101)) + b"--x--", "; boundary=x", 413, "limit-exceeded", ""),
]  # fmt: skip


@pytest.mark.parametrize(("data", "boundary", "status", "code", "pointer"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_a_form_that_is_not_right(client: FlaskClient, data: bytes, boundary: str, status: int, code: str, pointer: str) -> None:
    answer = client.post("/v1/inverse", data=data, content_type=f"multipart/form-data{boundary}")
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert problem["errors"][0]["pointer"] == pointer


def test_a_dropped_semicolon_is_explained(client: FlaskClient) -> None:
    """curl -F 'matrix=1;2' sends 1."""
    problem = client.post("/v1/inverse", data={"matrix": "1"}, content_type=MULTIPART).get_json()
    assert "semicolon" in problem["hint"]


REFUSED: list[bytes] = [
    b"", b"\xc1", b"\x93\x01", b"\xa2\xff\xff", b"\x82\xa1a\x01\xa1a\x02", b"\x91" * 600 + b"\x01",
    msgpack.packb(float("nan")), msgpack.packb([[1.5, float("-inf")]]), msgpack.packb({"a": [1, float("inf"), "x"]}), msgpack.packb({1: 2}),
    msgpack.packb({"matrix": b"xx"}), msgpack.packb(msgpack.ExtType(5, b"x")), msgpack.packb(msgpack.Timestamp(1)),
    msgpack.packb([[1]]) + b"\x01",
]  # fmt: skip


@pytest.mark.parametrize("data", REFUSED)
def test_what_is_not_messagepack_is_refused(data: bytes) -> None:
    with pytest.raises((NotMessagePack, DuplicateKey, LimitExceeded)) as caught:
        packed.unpack(data)
    assert caught.value.code in ("not-msgpack", "duplicate-key", "limit-exceeded")


@pytest.mark.parametrize(
    ("data", "limit"),
    [
        (b"\xdd\xff\xff\xff\xff", "matrix-entries"),
        (b"\xdd\x00\x06\x00\x00" + b"\x90" * 393216, "json-arrays"),
        (b"\x91" * 100 + b"\x01", "json-depth"),
    ],
)
def test_messagepack_keeps_to_the_limits(data: bytes, limit: str) -> None:
    with pytest.raises(LimitExceeded, match=limit):
        packed.unpack(data)


def test_an_array_of_bytes_is_a_matrix(client: FlaskClient) -> None:
    array = {"shape": [2, 2], "dtype": "float64", "data": A.tobytes()}
    alone = client.post("/v1/inverse?format=text", data=msgpack.packb(array), content_type=MSGPACK)
    inside = client.post("/v1/inverse?format=text", data=msgpack.packb({"matrix": array}), content_type="application/vnd.msgpack")
    assert alone.text == inside.text == "3.0\t-1.0\n-5.0\t2.0\n"
    with_query = client.post("/v1/inverse?arithmetic=exact&format=text", data=msgpack.packb([[2, 1], [5, 3]]), content_type=MSGPACK)
    assert with_query.text == "3\t-1\n-5\t2\n"
    both = client.post("/v1/inverse?arithmetic=exact", data=msgpack.packb({"matrix": [[1]]}), content_type=MSGPACK)
    assert both.status_code == 400
    back = client.post("/v1/inverse?format=msgpack", data=msgpack.packb(array), content_type=MSGPACK)
    inverse = msgpack.unpackb(back.data)["inverse"]
    assert np.frombuffer(inverse["data"], inverse["dtype"]).reshape(inverse["shape"]).tolist() == [[3, -1], [-5, 2]]


BODY = b'{"matrix": [[2, 1], [5, 3]]}'


def zstd_without_a_size(data: bytes) -> bytes:
    stream = zstandard.ZstdCompressor().compressobj()
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (BODY, "identity"),
        (gzip.compress(BODY), "x-gzip"),
        (gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), "GZIP"),
        (zstd_without_a_size(BODY), "zstd"),
        (zstandard.compress(BODY[:9]) + zstd_without_a_size(BODY[9:]), "zstd"),
    ],
)
def test_an_encoded_body_is_decoded(data: bytes, encoding: str) -> None:
    assert decoded(data, encoding) == BODY


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "gzip"),
        (BODY, "gzip"),
        (gzip.compress(BODY)[:-3], "gzip"),
        (gzip.compress(BODY) + b"junk", "gzip"),
        (gzip.compress(b"") * 1000, "gzip"),
        (BODY, "zstd"),
        (zstandard.compress(BODY)[:-3], "zstd"),
        (zstd_without_a_size(BODY)[:-3], "zstd"),
        (zstandard.compress(BODY) + b"junk", "zstd"),
        (zstandard.compress(b"") * 1000, "zstd"),
    ],
)
def test_a_broken_encoding_is_a_bad_request(data: bytes, encoding: str) -> None:
    with pytest.raises(HttpError):
        decoded(data, encoding)


def test_bombs_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    zeros = b"0" * 8_000_000
    for encoding, compress in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        with pytest.raises(LimitExceeded, match="compression-ratio"):
            decoded(compress(zeros), encoding)
        monkeypatch.setitem(limits._values, "decompressed-bytes", 1_000_000)
        with pytest.raises(LimitExceeded, match="decompressed-bytes"):
            decoded(compress(zeros), encoding)
        monkeypatch.undo()
    far = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=25)).compressobj()
    with pytest.raises(HttpError):
        decoded(far.compress(zeros) + far.flush(), "zstd")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "rot13", "*"])
def test_another_encoding_is_not_read(client: FlaskClient, encoding: str) -> None:
    answer = client.post("/v1/inverse", data=BODY, content_type="application/json", headers={"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "gzip, zstd, identity"
