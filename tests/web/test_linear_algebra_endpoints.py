"""The endpoints on matrices over the whole stack: fields, pointers, representations. The mathematics is tested in tests/linalg."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

ANSWERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("rank", {"matrix": [[1, 2, 3], [2, 4, 6]]}, {"rank": 1, "max_rank": 2, "nullity": 2, "arithmetic": "exact"}),
    ("rank", {"matrix": [[3.5, 0.5], [0, 0.01]], "tolerance": 0.1}, {"rank": 1, "arithmetic": "float", "tolerance": 0.1}),
    ("rank", {"matrix": [["a", "b"], ["2*a", "2*b"]]}, {"rank": 1, "arithmetic": "symbolic", "dependencies": None}),
    ("rank", {"matrix": [["x^2", "sin(y)"], ["1/2", 3]]}, {"rank": 2, "nullity": 0}),
    ("inverse", {"matrix": [[2, 1], [5, 3]]}, {"inverse": [[3, -1], [-5, 2]], "determinant": 1, "arithmetic": "float"}),
    ("inverse", {"matrix": [["1/2", 0], [0, 3]]}, {"inverse": [["2", "0"], ["0", "1/3"]], "determinant": "3/2", "error_bound": 0}),
    ("inverse", {"matrix": [[{"re": 0, "im": 2}]]}, {"inverse": [[{"re": 0, "im": -0.5}]]}),
    ("determinant", {"matrix": [[94906267, 94906266], [94906266, 94906265]]}, {"determinant": -1, "sign": -1}),
    ("determinant", {"matrix": [[3037000501, 0], [0, 3037000501]]}, {"determinant": "9223372043074251001", "arithmetic": "float"}),
    ("determinant", {"matrix": [[18446744073709551617, 1], [1, 1]]}, {"determinant": "18446744073709551616", "arithmetic": "exact"}),
    ("solve", {"matrix": [[2, 0], [0, 4]], "rhs": [2, 2]}, {"x": [1, 0.5]}),
    ("solve", {"matrix": [[2, 0], [0, 4]], "rhs": [["1/3"], [2]]}, {"x": [["1/6"], ["1/2"]]}),
    ("svd", {"matrix": [[3, 0, 0], [0, 4, 0]]}, {"singular_values": [4, 3], "rank": 2}),
    ("svd", {"matrix": [[0, 0]], "full": True}, {"singular_values": [0], "vt": [[1, 0], [0, 1]], "condition_number": None}),
    ("least-squares", {"matrix": [[1], [2]], "rhs": [1, 2]}, {"x": [1], "unique": True, "residual_norm": 0}),
    ("least-squares", {"matrix": [[1, 2]], "rhs": [5], "arithmetic": "exact"}, {"x": ["1", "2"], "unique": False, "rank": 1}),
]


@pytest.mark.parametrize(("operation", "request_", "expected"), ANSWERS)
def test_answers(client: FlaskClient, operation: str, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = client.post(f"/v1/{operation}", json=request_)
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert {name: body[name] for name in expected} == expected
    assert body["checks"]
    assert all(check["passed"] for check in body["checks"])


REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("inverse", {"matrix": [[1, 2], [3]]}, 400, "not-a-matrix", "/matrix/1"),
    ("inverse", {"matrix": [[1, True], [3, 4]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("inverse", {"matrix": [[1, None], [3, 4]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("inverse", {"matrix": [[1, "x"], [3, 4]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("inverse", {"matrix": []}, 400, "not-a-matrix", "/matrix"),
    ("inverse", {}, 400, "invalid-input", "/matrix"),
    ("inverse", {"matrix": [[1]], "arithmetic": "symbolic"}, 400, "invalid-input", "/arithmetic"),
    ("inverse", {"matrix": [[2**60 + 1]], "arithmetic": "float"}, 400, "not-a-matrix", "/matrix/0/0"),
    ("inverse", {"matrix": [[{"re": 0, "im": 1}]], "arithmetic": "exact"}, 400, "invalid-input", "/matrix"),
    ("inverse", {"matrix": [[1, 2, 3]]}, 422, "shape-mismatch", "/matrix"),
    ("inverse", {"matrix": [[1, 2], [2, 4]]}, 422, "singular-matrix", "/matrix"),
    ("inverse", {"matrix": [[1 / (i + j + 1) for j in range(15)] for i in range(15)]}, 422, "undecided", "/matrix"),
    ("determinant", {"matrix": [[1, 2]]}, 422, "shape-mismatch", "/matrix"),
    ("solve", {"matrix": [[1]], "rhs": [1, 2]}, 422, "shape-mismatch", "/rhs"),
    ("solve", {"matrix": [[1]], "rhs": ["a"]}, 400, "not-a-matrix", "/rhs/0"),
    ("solve", {"matrix": [[1]], "rhs": 1}, 400, "not-a-matrix", "/rhs"),
    ("solve", {"matrix": [[0]], "rhs": [1]}, 422, "singular-matrix", "/matrix"),
    ("svd", {"matrix": [["1/2", "x"]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("svd", {"matrix": [[1]], "full": 1}, 400, "invalid-input", "/full"),
    ("least-squares", {"matrix": [[1], [2]], "rhs": [1]}, 422, "shape-mismatch", "/rhs"),
    ("rank", {"matrix": [[1]], "tolerance": -1}, 400, "invalid-input", "/tolerance"),
    ("rank", {"matrix": [["1/2"]], "tolerance": 1}, 400, "invalid-input", "/tolerance"),
    ("rank", {"matrix": [["x +", 1]]}, 400, "expression-syntax", "/matrix/0/0"),
    ("rank", {"matrix": [["log(-1-x^2)", 1]]}, 422, "undecided", "/matrix"),
]


@pytest.mark.parametrize(("operation", "request_", "status", "code", "pointer"), REFUSED)
def test_refusals(client: FlaskClient, operation: str, request_: dict[str, Any], status: int, code: str, pointer: str) -> None:
    answer = client.post(f"/v1/{operation}", json=request_)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["errors"][0]["pointer"] == pointer
    assert len(answer.data) < 4_000


def test_a_singular_matrix_is_explained(client: FlaskClient) -> None:
    body = client.post("/v1/inverse", json={"matrix": [[0, 1, 2], [1, 2, 1], [2, 7, 8]]}).get_json()
    assert "row 3 = 3·row 1 + 2·row 2" in body["detail"]
    assert body["dependencies"] == [{"row": 2, "combination": [{"row": 0, "coefficient": "3"}, {"row": 1, "coefficient": "2"}]}]


def test_the_problem_of_a_large_singular_matrix_stays_small(client: FlaskClient) -> None:
    rows = [[(i * 7 + j * 13) % 10 for j in range(60)] for i in range(60)]
    answer = client.post("/v1/inverse", json={"matrix": rows})
    assert answer.get_json()["code"] == "singular-matrix"
    assert len(answer.data) < 4_000


def test_a_get_takes_the_matrix_as_json(client: FlaskClient) -> None:
    answer = client.get("/v1/rank", query_string={"matrix": "[[1,2],[2,4]]"})
    assert answer.get_json()["rank"] == 1
