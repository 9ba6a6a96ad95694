"""Ways in, and the mistakes that people make with curl: each is answered with what would be right."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from service import limits

FORM = "application/x-www-form-urlencoded"

# what was sent: method, query, body, content type; what it ends in: status, code, a part of the hint
MISTAKES: dict[str, tuple[str, str, bytes | None, str | None, int, str, str]] = {
    "-d JSON without a content type": (
        "POST", "", b'{"order": 1}', FORM, 415, "unsupported-media-type",
        """-H 'content-type: application/json' -d '{"order": 1}'""",
    ),
    "-d with form fields": (
        "POST", "", b"expression=x^2&wrt=x", FORM, 415, "unsupported-media-type",
        "curl -G --data-urlencode 'expression=x^2' --data-urlencode 'wrt=x' http://localhost/v1/trial",
    ),
    "-d @A.csv": (
        "POST", "", b"1,23,4", FORM, 415, "unsupported-media-type",
        "--data-binary @A.csv -H 'content-type: text/csv' http://localhost/v1/trial",
    ),
    "no file of NumPy": ("POST", "", b"\x93NUMPY", "application/x-npy", 400, "not-a-matrix", "numpy.save"),
    "a file and its fields in the query": ("POST", "oder=1", b"1,2", "text/csv", 400, "invalid-input", "did you mean order?"),
    "multipart cut short": ("POST", "", b"--x", "multipart/form-data; boundary=x", 400, "bad-request", "curl -F"),
    "another character set": ("POST", "", b'{"order": 1}', "application/json; charset=latin-1", 415, "unsupported-media-type", "UTF-8"),
    "an unescaped plus": ("GET", "expression=x^2+1", None, None, 400, "invalid-input", "--data-urlencode 'expression=x^2+1'"),
    "an unescaped plus that would be a product": ("GET", "expression=2+x", None, None, 400, "invalid-input", "%2B"),
    "an unescaped plus in a list": ("GET", 'expression=["x+1","y"]', None, None, 400, "invalid-input", "%2B"),
    "a parameter twice": ("GET", "order=1&order=2", None, None, 400, "invalid-input", "once"),
    "a GET with a body": ("GET", "", b'{"order": 1}', "application/json", 400, "bad-request", "curl sends a POST"),
    "a POST with a query": ("POST", "order=1", b'{"order": 1}', "application/json", 400, "invalid-input", "JSON body"),
    "a query that is not UTF-8": ("GET", "label=%ff%fe", None, None, 400, "bad-request", "--data-urlencode"),
    "a broken array in a query": ("GET", "matrix=[[1,2],[3,4", None, None, 400, "not-json", ""),
    "a text for a number": ("GET", "order=two", None, None, 400, "invalid-input", ""),
    "an unknown parameter": ("GET", "oder=1", None, None, 400, "invalid-input", "did you mean order?"),
    "a query that is too long": ("GET", "label=" + "x" * 9_000, None, None, 414, "query-too-long", "JSON body"),
    "PUT (curl -T)": ("PUT", "", b'{"order": 1}', "application/json", 405, "method-not-allowed", "POST"),
    "a list where an object is due": ("POST", "", b"[[1,2],[3,4]]", "application/json", 400, "invalid-input", "name the fields"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_answered_with_what_would_be_right(client: FlaskClient, name: str) -> None:
    method, query, body, content_type, status, code, hint = MISTAKES[name]
    answer = client.open("/v1/trial", method=method, query_string=query, data=body, content_type=content_type)
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert hint in (problem["hint"] or "")


PARTS = b"".join(b'--x\r\ncontent-disposition: form-data; name="%c"; filename="f.csv"\r\n\r\n1\r\n' % name for name in b"Ab") + b"--x--\r\n"
REPEATED: dict[str, tuple[str, str, bytes, str, str | None]] = {  # what was sent to inverse or solve, and the command that is answered
    "a file with options, by -d": (
        "inverse?arithmetic=exact&format=csv", "POST", b"2,15,3", FORM,
        "curl --data-binary @A.csv -H 'content-type: text/csv' 'http://localhost/v1/inverse?arithmetic=exact&format=csv'",
    ),
    "a file with options, its lines eaten": (
        "inverse?arithmetic=exact", "POST", b"2,15,3", "text/csv",
        "curl --data-binary @A.csv -H 'content-type: text/csv' 'http://localhost/v1/inverse?arithmetic=exact'",
    ),
    "one of two files, with options": (
        "solve?format=text&arithmetic=exact", "POST", b"2,15,3", FORM,
        "curl -F matrix=@A.csv -F rhs=@rhs.csv -F arithmetic=exact 'http://localhost/v1/solve?format=text'",
    ),
    "a PUT": (
        "inverse?format=csv", "PUT", b"2,1\n5,3\n", "",
        "curl --data-binary @A.csv -H 'content-type: text/csv' 'http://localhost/v1/inverse?format=csv'",
    ),
    "JSON without its name": (
        "inverse?format=text", "POST", b'{"matrix": [[2]]}', FORM,
        """curl 'http://localhost/v1/inverse?format=text' -H 'content-type: application/json' -d '{"matrix": [[2]]}'""",
    ),
    "a plus": (
        "gradient?expression=x^2+1&format=latex", "GET", b"", "",
        "curl -G --data-urlencode 'expression=x^2+1' 'http://localhost/v1/gradient?format=latex'",
    ),
    "what a shell or curl would read": (
        "inverse?member={a}';`x`", "PUT", b"2,1\n5,3\n", "",
        "curl --data-binary @A.csv -H 'content-type: text/csv' 'http://localhost/v1/inverse?member=%7Ba%7D'\\''%3B%60x%60'",
    ),
    "None": (
        "inverse", "POST", b"{'digits': None, 'steps': None, 'matrix': [[2]], 'arithmetic': None}", "application/json",
        """curl http://localhost/v1/inverse -H 'content-type: application/json' -d '{"matrix": [[2]]}'""",
    ),
    "a wrong method with fields": (
        "gradient?expression=x^2&format=text", "DELETE", b"", "", "curl -g 'http://localhost/v1/gradient?expression=x^2&format=text'",
    ),
    "a file in a form that -d sent": (
        "inverse?format=csv", "POST", b"matrix=@A.csv", FORM, "curl -F matrix=@A.csv 'http://localhost/v1/inverse?format=csv'",
    ),
    "parts by the names of the book": (
        "solve?format=csv", "POST", PARTS, "multipart/form-data; boundary=x",
        "curl -F matrix=@A.csv -F rhs=@b.csv 'http://localhost/v1/solve?format=csv'",
    ),
    "a bare vector": (
        "norm", "POST", b"[3, 4]", "application/json",
        """curl http://localhost/v1/norm -H 'content-type: application/json' -d '{"vector": [3, 4]}'""",
    ),
    "a bare vector, not quite JSON": (
        "norm", "POST", b"[3, 4,]", "application/json",
        """curl http://localhost/v1/norm -H 'content-type: application/json' -d '{"vector": [3, 4]}'""",
    ),
    "lines of a batch, eaten": (
        "batch", "POST", b'{"operation": "rank", "matrix": [[1]]}{"operation": "rank", "matrix": [[2]]}', "application/x-ndjson",
        "curl --data-binary @items.ndjson -H 'content-type: application/x-ndjson' http://localhost/v1/batch",
    ),
    "a key twice": ("inverse", "POST", b'{"matrix": [[2]], "matrix": [[3]]}', "application/json", None),
}  # fmt: skip


@pytest.mark.parametrize("name", REPEATED)
def test_the_command_repeats_what_was_right(client: FlaskClient, name: str) -> None:
    address, method, body, content_type, command = REPEATED[name]
    problem = client.open(
        f"/v1/{address}", method=method, data=body, content_type=content_type, headers={"User-Agent": "curl/8"}
    ).get_json()
    assert problem.get("command") == command, problem


@pytest.mark.parametrize(
    ("text", "hint"), [("2;1\n5;3\n", "semicolons"), ("2 1\n5 3\n", "blanks"), ("2\t1\n5\t3\n", "tabs"), ("a,b\n1,2\n", "names")]
)
def test_another_separator_in_the_first_line_is_named(client: FlaskClient, text: str, hint: str) -> None:
    problem = client.post("/v1/inverse", data=text, content_type="text/csv").get_json()
    assert hint in problem["hint"], problem


@pytest.mark.parametrize(
    ("path", "page"),
    [("/docs/", "/docs"), ("/openapi.yml", "/openapi.yaml"), ("/v1/operations/", "/v1/operations"), ("/v1/limit", "/v1/limits"),
     ("/v1/batches", "/v1/batch"), ("/v1//batch/", "/v1/batch"), ("/LLMS.txt", "/llms.txt")],
)  # fmt: skip
def test_the_nearest_page_is_named(client: FlaskClient, path: str, page: str) -> None:
    problem = client.get(path).get_json()
    assert (problem["status"], problem["hint"]) == (404, f"did you mean {page}?")
    assert problem.get("command") == (None if page == "/v1/batch" else f"curl http://localhost{page}")


def test_nothing_resembles_it(client: FlaskClient) -> None:
    assert client.get("/wp-login.php").get_json()["hint"] == "GET /v1/operations lists the operations"


def test_what_is_not_read_is_listed(client: FlaskClient) -> None:
    answer = client.post("/v1/trial", data=b"1,2", content_type="image/png")
    accepted = [
        "application/json",
        "text/csv",
        "text/tab-separated-values",
        "application/x-npy",
        "application/msgpack",
        "multipart/form-data",
    ]
    assert answer.get_json()["accepted"] == accepted
    assert answer.headers["Accept-Post"] == ", ".join(accepted)


def test_an_unknown_encoding_is_refused(client: FlaskClient) -> None:
    answer = client.post("/v1/trial", data=b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "br"})
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "gzip, zstd, identity"


@pytest.mark.parametrize("content_type", [None, "application/json", "Application/JSON; Charset=UTF-8", 'application/json; charset="utf-8"'])
def test_json_is_read_with_and_without_its_name(client: FlaskClient, content_type: str | None) -> None:
    answer = client.post("/v1/trial", data=b'{"order": 1}', content_type=content_type)
    assert answer.status_code == 200, answer.text


def test_a_body_over_the_limit_is_refused_before_it_is_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits._values, "body-bytes", 100)
    answer = client.post("/v1/trial", data=b" " * 101, content_type="application/json")
    assert answer.status_code == 413
    assert answer.get_json()["limit"] == "body-bytes"


FIELDS: dict[str, tuple[str, Any]] = {
    "expression": ("x^2*y", "x^2*y"),
    "expression, escaped plus": (quote("x^2 + 1", safe=""), "x^2 + 1"),
    "expression, as a form": ("x^2+%2B+1", "x^2 + 1"),
    "expression, raw Greek": ("θ^2", "θ^2"),
    "expression, a number": ("2", "2"),
    "expression, a column of the language": ("[x, y]", "[x, y]"),
    "expression, a list": (quote('["x^2", "y"]'), ["x^2", "y"]),
    "expression, a list as a form": ('["x^2",+"y"]', ["x^2", "y"]),
    "wrt": ("x", "x"),
    "wrt, a list": (quote('["x","y"]'), ["x", "y"]),
    "at": (quote('{"x": 1, "y": "pi/2"}'), {"x": 1, "y": "pi/2"}),
    "variables": (quote('{"x": "vector(n)"}'), {"x": "vector(n)"}),
    "matrix": ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
    "order": ("2", 2),
    "tolerance": ("1e-3", 1e-3),
    "exact": ("true", True),
    "layout": ("numerator", "numerator"),
    "label": ("true", "true"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_query_parameter_means_what_the_field_takes(client: FlaskClient, name: str) -> None:
    """The GET and the POST and the QUERY of the same fields have the same bytes."""
    field = name.partition(",")[0]
    text, value = FIELDS[name]
    by_query = client.get("/v1/trial", query_string=f"{field}={text}")
    by_body = client.post("/v1/trial", json={field: value})
    by_query_method = client.open("/v1/trial", method="QUERY", json={field: value})
    assert by_query.status_code == 200, by_query.text
    assert by_query.data == by_body.data == by_query_method.data
    assert by_query.headers["ETag"] == by_body.headers["ETag"] == by_query_method.headers["ETag"]
