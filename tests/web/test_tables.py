"""Files of named columns: CSV with and without names, .npy; what is refused is named by line and column."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from service.errors import LimitExceeded, MatrixFormatError
from service.linalg.matrix import Matrix
from service.web.array_files import CSV, NPY, TSV
from service.web.tables import read_table


def plain(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: column.floats[:, 0].tolist() if isinstance(column, Matrix) else column for name, column in columns.items()}


TABLES: list[tuple[bytes, dict[str, Any]]] = [
    (b"a,b\n1,2\n3,4.5\n", {"a": [1, 3], "b": [2, 4.5]}),
    (b'"a","b c"\r\n1,2\r\n3,4\r\n', {"a": [1, 3], "b c": [2, 4]}),
    (b"\xef\xbb\xbfa,b\n1,2\n3,4", {"a": [1, 3], "b": [2, 4]}),
    (b'a,kind\n1,"yes, sir"\n2,no\n', {"a": [1, 2], "kind": ["yes, sir", "no"]}),
    (b"a,b\n1/3,2\n1,.5\n", {"a": ["1/3", 1], "b": [2, 0.5]}),
    (b"1,2\n3,4\n", {"x1": [1, 3], "y": [2, 4]}),
    (b"1/2,2\n3,4\n", {"x1": [0.5, 3], "y": [2, 4]}),
    ("größe,b\n1,2\n3,4\n".encode(), {"größe": [1, 3], "b": [2, 4]}),
    (b" a , b \n1, 2\n3, 4\n", {"a": [1, 3], "b": [2, 4]}),
]


@pytest.mark.parametrize(("data", "columns"), TABLES)
def test_columns_by_name(data: bytes, columns: dict[str, Any]) -> None:
    assert plain(read_table(CSV, data)) == columns
    if b'"yes' not in data:
        assert plain(read_table(TSV, data.replace(b",", b"\t"))) == columns


REFUSED: list[tuple[bytes, str]] = [
    (b"", "one line"),
    (b"a,b", "one line"),
    (b"a,b\n", "one line"),
    (b",b\n1,2\n", "line 1, column 1 has no name"),
    (b"a,a\n1,2\n", 'two columns are called "a"'),
    (b"a,b\n1,2\n3\n", "line 3 has 1 cells where line 1 has 2"),
    (b"a,b\n1,2,3\n", "line 2 has 3 cells where line 1 has 2"),
    (b"a,b\n1,\n", 'line 2, column 2 ("b") is empty'),
    (b"a,b\n1,NA\n", 'line 2, column 2 ("b") is "NA"'),
    (b"a,b\n1,1e999\n", "beyond the range"),
    (b"a,b\n1,\xff\n", "line 2 is not UTF-8"),
    (b'a,b\n1,"2\n', "no CSV"),
    (b'a,b\n1,"' + b"x" * 20_000 + b'"\n', "no CSV"),
]


@pytest.mark.parametrize(("data", "detail"), REFUSED)
def test_what_is_refused(data: bytes, detail: str) -> None:
    with pytest.raises(MatrixFormatError) as caught:
        read_table(CSV, data)
    assert detail in caught.value.detail


def test_tables_keep_to_the_limits() -> None:
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        read_table(CSV, b"a,b\nx," + b"," * 2_300_000)
    with pytest.raises(LimitExceeded, match="name-length"):
        read_table(CSV, b"a" * 200 + b",b\n1,2\n")


def test_a_matrix_of_numpy_ends_in_the_response() -> None:
    file = io.BytesIO()
    np.save(file, np.array([[1.0, 2, 3], [4, 5, 6]]))
    assert plain(read_table(NPY, file.getvalue())) == {"x1": [1, 4], "x2": [2, 5], "y": [3, 6]}


CARS = b"speed,dist,w\n4,2,1\n7,4,1\n8,16,2\n9,10,1\n10,18,1\n"


def test_a_regression_of_a_file(client: FlaskClient) -> None:
    by_file = client.post("/v1/regression?response=dist&weights=w&predict=[11]", data=CARS, content_type="text/csv")
    data = {"speed": [4, 7, 8, 9, 10], "dist": [2, 4, 16, 10, 18], "w": [1, 1, 2, 1, 1]}
    by_json = client.post("/v1/regression", json={"data": data, "response": "dist", "weights": "w", "predict": [11]})
    assert by_file.status_code == 200, by_file.text
    assert by_file.data == by_json.data
    assert [row["name"] for row in by_file.get_json()["parameters"]] == ["intercept", "speed"]


def test_a_picture_of_a_file(client: FlaskClient) -> None:
    answer = client.post("/v1/regression?response=dist&weights=w&picture=fit", data=CARS, content_type="text/csv")
    assert answer.mimetype == "image/svg+xml"


REQUESTS: list[tuple[str, bytes, str, int, str]] = [
    ("response=nothing", CARS, "text/csv", 422, "unknown-name"),
    ("weights=nothing", CARS, "text/csv", 422, "unknown-name"),
    ("", b"a,b\n1,2\n", "text/csv", 422, "unknown-name"),
    ("response=b", b"a,b\n1,yes\n2,no\n", "text/csv", 400, "not-a-matrix"),
    ("", b"not a file", "application/x-npy", 400, "not-a-matrix"),
    ("data={}", CARS, "text/csv", 400, "invalid-input"),
]


@pytest.mark.parametrize(("query", "data", "media_type", "status", "code"), REQUESTS)
def test_files_that_do_not_fit(client: FlaskClient, query: str, data: bytes, media_type: str, status: int, code: str) -> None:
    answer = client.post(f"/v1/regression?{query}", data=data, content_type=media_type)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
