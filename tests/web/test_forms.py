"""The forms of requests and answers over the whole stack: every operation on one matrix takes and gives files."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from service.web.array_files import CSV, NPY, TSV, as_base64, read_base64, write_npy
from service.web.drawings import SVG
from service.web.endpoint import Endpoint
from service.web.forms import KINDS
from service.web.registry import ENDPOINTS
from service.web.rows import write_rows

WITH_MATRIX = [entry for entry in ENDPOINTS.values() if entry.main == "matrix"]
A = np.array([[2.0, 1.0], [5.0, 3.0]])


def first_example(entry: Endpoint) -> dict[str, Any]:
    """An example whose matrix is plain numbers."""
    for example in entry.examples:
        rows = example.request.get("matrix")
        if example.refused is None and isinstance(rows, list) and all(type(x) in (int, float) for row in rows for x in row):
            return dict(example.request)
    pytest.skip("no example of plain numbers")


@pytest.mark.parametrize("entry", WITH_MATRIX, ids=lambda entry: entry.name)
def test_a_matrix_comes_in_every_form(client: FlaskClient, entry: Endpoint) -> None:
    """The answer in JSON is the same, to the byte, whatever the matrix came in."""
    request = first_example(entry)
    wanted = client.post(entry.path, json=request)
    matrix = np.array(request.pop("matrix"), dtype=float)
    query = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}
    for media_type, data in ((CSV, write_rows(matrix, b",")), (TSV, write_rows(matrix, b"\t"))):
        for method in ("POST", "QUERY"):
            answer = client.open(entry.path, method=method, data=data, content_type=media_type, query_string=query)
            assert answer.data == wanted.data, answer.text
    for answer in (
        client.post(entry.path, data=write_npy(matrix), content_type=NPY, query_string=query),
        client.post(entry.path, json={"matrix": as_base64(matrix), **request}),
    ):  # doubles that are meant as they are: the bounds may be other ones, since no decimals were rounded
        assert answer.status_code == 200, answer.text
        assert set(answer.get_json()) == set(wanted.get_json())


def test_an_inverse_there_and_back(client: FlaskClient) -> None:
    csv = client.post("/v1/inverse", data=b"2,1\n5,3\n", content_type=CSV, headers={"Accept": CSV})
    assert csv.data == b"3.0,-1.0\n-5.0,2.0\n"
    back = client.post("/v1/inverse?format=npy", data=csv.data, content_type=CSV)
    assert np.load(io.BytesIO(back.data), allow_pickle=False).tolist() == A.tolist()
    assert back.content_type == NPY
    encoded = client.post("/v1/inverse?arrays=base64", json={"matrix": as_base64(A)}).get_json()["inverse"]
    assert read_base64(encoded).floats.tolist() == [[3, -1], [-5, 2]]
    exact = client.post("/v1/inverse?arithmetic=exact&format=csv", data=b"2,0\n0,3\n", content_type=CSV)
    assert exact.data == b"1/2,0\n0,1/3\n"


def test_a_get_has_forms_too(client: FlaskClient) -> None:
    assert client.get("/v1/rank?matrix=[[1,2],[2,4]]&format=csv").data == b"1\n"
    assert client.get("/v1/svd?matrix=[[3,0],[0,4]]&format=csv&member=vt").data == b"0.0,1.0\n1.0,0.0\n"
    assert client.get("/v1/rank?matrix=[[1,2],[2,4]]", headers={"Accept": "text/csv;q=0.5, application/json;q=0.4"}).data == b"1\n"


REFUSED: list[tuple[str, bytes, str, dict[str, str], int, str, str]] = [
    ("/v1/inverse", b"1,2\n3,x", CSV, {}, 400, "not-a-matrix", "/matrix/1/1"),
    ("/v1/inverse", b"1,2\n3", CSV, {}, 400, "not-a-matrix", "/matrix/1"),
    ("/v1/inverse?matrix=[[1]]", b"1,2\n3,4", CSV, {}, 400, "invalid-input", "/matrix"),
    ("/v1/inverse?arithmetik=exact", b"1,2\n3,4", CSV, {}, 400, "invalid-input", "/arithmetik"),
    ("/v1/solve", b"1,2\n3,4", CSV, {}, 400, "invalid-input", "/rhs"),
    ("/v1/inverse", b"\x93NUMPY", NPY, {}, 400, "not-a-matrix", "/matrix"),
    ("/v1/gradient", b"1,2", CSV, {}, 415, "unsupported-media-type", ""),
    ("/v1/inverse?format=xml", b"1", CSV, {}, 406, "not-acceptable", ""),
    ("/v1/inverse?format=csv&format=csv", b"1", CSV, {}, 400, "invalid-input", "/format"),
    ("/v1/inverse?format=csv&member=inverze", b"1", CSV, {}, 400, "invalid-input", "/member"),
    ("/v1/inverse?member=inverse", b"1", CSV, {}, 400, "invalid-input", "/member"),
    ("/v1/inverse?format=npy&member=checks", b"1", CSV, {}, 406, "not-acceptable", ""),
    ("/v1/inverse?format=npy&arithmetic=exact", b"2", CSV, {}, 406, "not-acceptable", ""),
    ("/v1/inverse?arrays=hex", b"1", CSV, {}, 400, "invalid-input", "/arrays"),
    ("/v1/inverse", b"1", CSV, {"Accept": "image/png"}, 406, "not-acceptable", ""),
    ("/v1/inverse", b"0", CSV, {"Accept": CSV}, 422, "singular-matrix", "/matrix"),
    ("/v1/inverse", b"\xff\xfe1\x00", CSV, {}, 400, "not-a-matrix", "/matrix"),
]


@pytest.mark.parametrize(("path", "data", "media_type", "headers", "status", "code", "pointer"), REFUSED)
def test_refusals(
    client: FlaskClient, path: str, data: bytes, media_type: str, headers: dict[str, str], status: int, code: str, pointer: str
) -> None:
    answer = client.post(path, data=data, content_type=media_type, headers=headers)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["errors"][0]["pointer"] == pointer
    assert answer.content_type == "application/problem+json"


def test_what_can_be_had_is_listed(client: FlaskClient) -> None:
    body = client.get("/v1/inverse?matrix=[[2]]&format=xml").get_json()
    assert body["available"] == [kind.media_type for kind in KINDS if kind.media_type != SVG]
    assert "npy" in body["hint"]


def test_forms_do_not_share_a_validator(client: FlaskClient) -> None:
    """ETags differ by form, and each is answered from the cache in its own."""
    path = "/v1/inverse?matrix=[[2,0.5],[5,3]]"
    answers = {form: client.get(f"{path}&{form}") for form in ("format=json", "format=csv", "format=npy", "arrays=base64", "format=tsv")}
    tags = {answer.headers["ETag"] for answer in answers.values()}
    assert len(tags) == len(answers)
    for form, answer in answers.items():
        again = client.get(f"{path}&{form}")
        assert again.data == answer.data
        assert "hit" in again.headers["Cache-Status"]
        assert client.get(f"{path}&{form}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    by_accept = client.get(path, headers={"Accept": CSV})
    assert by_accept.headers["ETag"] == answers["format=csv"].headers["ETag"]
    assert client.get(path, headers={"If-None-Match": by_accept.headers["ETag"]}).status_code == 200


def test_a_large_matrix_in_every_form(client: FlaskClient) -> None:
    matrix = np.random.default_rng(0).standard_normal((300, 200))
    for data, media_type in ((write_rows(matrix, b","), CSV), (write_npy(matrix), NPY)):
        answer = client.post("/v1/svd?format=npy&member=u", data=data, content_type=media_type)
        assert np.load(io.BytesIO(answer.data), allow_pickle=False).shape == (300, 200)
