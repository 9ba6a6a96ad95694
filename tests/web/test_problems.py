"""The shape of an error is one across the service, small, and says where and what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import errors
from service.errors import Fault, NablaError, ShapeMismatch, Span, UndefinedAtPoint
from service.web.problems import PROBLEMS, HttpError, document
from service.web.registry import ENDPOINTS
from tests.web.conftest import Trial

MEMBERS = ["type", "title", "status", "detail", "instance", "code", "message", "hint", "errors"]
FAULT_MEMBERS = ["pointer", "position", "length", "detail", "hint"]


def subclasses(kind: type[NablaError]) -> list[type[NablaError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in subclasses(child))]


@pytest.mark.parametrize("kind", subclasses(NablaError), ids=lambda kind: kind.__name__)
def test_every_class_of_errors_is_in_the_table(kind: type[NablaError]) -> None:
    row = PROBLEMS[kind.code]
    assert row.error is kind
    assert row.help.endswith((".", "?"))


def test_the_table_agrees_with_the_tree_drawn_in_errors() -> None:
    """The docstring of service/errors.py states code and status of each class."""
    drawn = [line.split() for line in (errors.__doc__ or "").splitlines() if line.startswith(("├", "│", "└", "NablaError "))]
    for words in drawn:
        names = [word for word in words if word.isidentifier()]
        statuses = [int(word) for word in words if word.isdecimal() and len(word) == 3]
        if statuses:
            kind = getattr(errors, names[0])
            assert PROBLEMS[kind.code].status == statuses[0], names[0]
            assert kind.code in words


def check_shape(body: bytes, status: int) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(body)
    assert list(problem)[: len(MEMBERS)] == MEMBERS
    assert problem["status"] == status == PROBLEMS[problem["code"]].status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["message"] == problem["detail"]
    assert 1 <= len(problem["errors"]) <= 5
    assert all(list(fault) == FAULT_MEMBERS for fault in problem["errors"])
    assert len(body) <= 4_000
    return problem


@pytest.mark.parametrize("path", [entry.path for entry in ENDPOINTS.values()] + ["/v1/nothing", "/nothing", "/livez"])
@pytest.mark.parametrize("method", ["POST", "GET", "QUERY", "DELETE"])
def test_errors_have_one_shape_everywhere(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method, query_string="no_such_field=1" if method == "GET" else "")
    if path == "/livez" and method == "GET":
        return
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Request-Id"]
    check_shape(answer.data, answer.status_code)


def test_an_error_of_the_mathematics_becomes_its_problem(client: FlaskClient, trial: Trial) -> None:
    def refuse(request: dict[str, Any]) -> dict[str, Any]:
        raise ShapeMismatch("A is 2×3, x has 2 entries", "did you mean A'*x?", span=Span(3, 6), facts={"left": [2, 3]}).at("/expression")

    trial.handler = refuse
    answer = client.post("/v1/trial", json={"expression": "A*x"})
    problem = check_shape(answer.data, 422)
    assert problem["code"] == "shape-mismatch"
    assert problem["hint"] == "did you mean A'*x?"
    assert problem["left"] == [2, 3]
    assert problem["errors"] == [
        {"pointer": "/expression", "position": 3, "length": 3, "detail": "A is 2×3, x has 2 entries", "hint": "did you mean A'*x?"}
    ]


def test_a_defect_is_a_500_that_tells_nothing_of_the_inside(client: FlaskClient, trial: Trial, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(request: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("secret of the house")

    trial.handler = fail
    answer = client.post("/v1/trial", json={}, headers={"X-Request-Id": "find-me"})
    assert check_shape(answer.data, 500)["code"] == "internal-error"
    assert b"secret" not in answer.data
    assert b"Traceback" not in answer.data


def test_an_answer_that_is_not_finite_is_refused_and_never_null(client: FlaskClient, trial: Trial) -> None:
    trial.handler = lambda request: {"answer": [1.0, float("nan")], "checks": []}
    assert check_shape(client.post("/v1/trial", json={}).data, 422)["code"] == "undefined-at-point"


def test_long_errors_are_cut() -> None:
    faults = [Fault("d" * 10_000, "/p" * 5_000, Span(1, 2), "h" * 10_000) for _ in range(100)]
    error = UndefinedAtPoint("x" * 10_000, "y" * 10_000, faults=faults, facts={"shown": 1, "large": list(range(10_000))})
    body = json.dumps(document(error, "/v1/" + "z" * 10_000), ensure_ascii=False).encode()
    assert len(body) <= 4_000
    problem = json.loads(body)
    assert len(problem["errors"]) + problem["more_errors"] == 100


def test_facts_that_cannot_be_written_do_not_spoil_the_problem() -> None:
    for fact in (float("inf"), object()):
        assert "fact" not in document(NablaError("no", facts={"fact": fact}), "/")


def test_facts_never_replace_a_member() -> None:
    assert document(NablaError("no", facts={"status": 200}), "/")["status"] == 422


def test_every_type_leads_to_its_explanation(client: FlaskClient) -> None:
    for row in PROBLEMS.values():
        assert row.help in client.get(row.type).text
        assert client.get(row.type, headers={"Accept": "application/json"}).get_json()["status"] == row.status
    assert client.get("/problems/none").status_code == 404


def test_a_mistyped_operation_names_the_nearest(client: FlaskClient) -> None:
    for path in ("/v1/gradeint", "/v1/Gradient", "/gradient", "/v1/gradient/"):
        if "gradient" in ENDPOINTS:
            assert client.post(path, json={}).get_json()["hint"] == "did you mean /v1/gradient?"


def test_http_errors_carry_their_headers() -> None:
    assert HttpError("no", headers={"Allow": "GET"}).headers == {"Allow": "GET"}
