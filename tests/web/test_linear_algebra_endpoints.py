"""The endpoints on matrices over the whole stack: fields, pointers, representations. The mathematics is tested in tests/linalg."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.answering import assert_answers

UNIT = {"re": 0, "im": 1}
UNIT_TEXT = {"re": "0", "im": "1"}
ZERO_SPACES = {"column_space": 0, "row_space": 0, "null_space": 2, "left_null_space": 1}

ANSWERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("rank", {"matrix": [[1, 2, 3], [2, 4, 6]]}, {"rank": 1, "max_rank": 2, "nullity": 2, "arithmetic": "exact"}),
    ("rank", {"matrix": [[3.5, 0.5], [0, 0.01]], "tolerance": 0.1}, {"rank": 1, "arithmetic": "float", "tolerance": 0.1}),
    ("inverse", {"matrix": [["a"]], "arithmetic": "symbolic"}, {"inverse": [["1/a"]], "arithmetic": "symbolic"}),
    ("inverse", {"matrix": [[0.5]], "arithmetic": "symbolic"}, {"inverse": [["2"]], "arithmetic": "exact"}),
    ("norm", {"vector": ["a", 1], "arithmetic": "symbolic"}, {"norm": "sqrt(a^2 + 1)", "arithmetic": "symbolic"}),
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
    ("solve", {"matrix": [[2, 4]], "rhs": [6], "arithmetic": "exact"}, {"x": ["3", "0"], "unique": False, "null_space": [["-2", "1"]]}),
    ("solve", {"matrix": [[2, 4], [1, 2]], "rhs": [[6, 2], [3, 1]], "general": True}, {"x": [[3, 1], [0, 0]], "free_variables": [1]}),
    ("inverse", {"matrix": [[UNIT]], "arithmetic": "exact"}, {"inverse": [[{"re": "0", "im": "-1"}]], "determinant": UNIT_TEXT}),
    ("inverse", {"matrix": [[{"re": "1/2", "im": 0}]]}, {"inverse": [["2"]], "arithmetic": "exact"}),
    ("determinant", {"matrix": [[UNIT, 1], [1, UNIT]], "arithmetic": "exact"}, {"determinant": "-2", "sign": -1}),
    ("determinant", {"matrix": [[UNIT, 1], [0, 2]], "arithmetic": "exact"}, {"determinant": {"re": "0", "im": "2"}, "sign": None}),
    ("rank", {"matrix": [[1, UNIT], [UNIT, -1]], "arithmetic": "exact"}, {"rank": 1, "nullity": 1}),
    ("svd", {"matrix": [[3, 0, 0], [0, 4, 0]]}, {"singular_values": [4, 3], "rank": 2}),
    ("svd", {"matrix": [[0, 0]], "full": True}, {"singular_values": [0], "vt": [[1, 0], [0, 1]], "condition_number": None}),
    ("null-space", {"matrix": [[1, 2]], "arithmetic": "exact"}, {"basis": [["-2", "1"]], "dimension": 1, "ambient_dimension": 2}),
    ("null-space", {"matrix": [[1, 2], [2, 4]], "side": "left", "arithmetic": "exact"}, {"basis": [["-2", "1"]]}),
    ("null-space", {"matrix": [[3, 0], [0, 5]]}, {"basis": [], "dimension": 0, "error_bound": 0}),
    ("null-space", {"matrix": [["sqrt(2)", 2]]}, {"basis": [["-sqrt(2)", "1"]], "arithmetic": "exact"}),
    ("column-space", {"matrix": [[1, 2], [2, 4]], "arithmetic": "exact"}, {"basis": [["1", "2"]], "pivot_columns": [0], "rank": 1}),
    ("column-space", {"matrix": [[1, 2], [2, 4]], "lines": "rows", "arithmetic": "exact"}, {"basis": [["1", "2"]]}),
    ("column-space", {"matrix": [[0, 0]], "all": True, "arithmetic": "exact"}, {"basis": [], "dimensions": ZERO_SPACES}),
    ("independence", {"vectors": [[1, 0], ["sqrt(2)/2", 0]]}, {"independent": False, "relation": ["sqrt(2)/2", "-1"], "dimension": 1}),
    ("coordinates", {"vector": [2, 1], "vectors": [[1, 0], [1, 1]]}, {"coordinates": [1, 1], "unique": True}),
    ("change-of-basis", {"basis": [[0, 1], [1, 0]], "matrix": [["1", 2], [3, 4]]}, {"matrix": [["4", "3"], ["2", "1"]], "vector": None}),
    ("projection", {"vector": ["2", 1], "onto": [1, 0]}, {"projection": ["2", "0"], "residual": ["0", "1"], "distance": 1}),
    ("projection", {"vector": ["2", 1], "normal": [1, 0]}, {"projection": ["0", "1"], "dimension": 1, "coordinates": None}),
    ("matrix-equation", {"A": [["2"]], "C": [[1, 2]]}, {"X": [["1/2", "1"]], "equation": "AX=C", "unique": True}),
    ("least-squares", {"matrix": [[1], [2]], "rhs": [1, 2]}, {"x": [1], "unique": True, "residual_norm": 0}),
    ("least-squares", {"matrix": [[1, 2]], "rhs": [5], "arithmetic": "exact"}, {"x": ["1", "2"], "unique": False, "rank": 1}),
]


@pytest.mark.parametrize(("operation", "request_", "expected"), ANSWERS)
def test_answers(client: FlaskClient, operation: str, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_answers(client, operation, request_, expected)


REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("inverse", {"matrix": [[1, 2], [3]]}, 400, "not-a-matrix", "/matrix/1"),
    ("inverse", {"matrix": [[1, True], [3, 4]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("inverse", {"matrix": [[1, None], [3, 4]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("pseudoinverse", {"matrix": [[1, "x"], [3, 4]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("inverse", {"matrix": []}, 400, "not-a-matrix", "/matrix"),
    ("inverse", {}, 400, "invalid-input", "/matrix"),
    ("inverse", {"matrix": [[1]], "arithmetic": "rational"}, 400, "invalid-input", "/arithmetic"),
    ("inverse", {"matrix": [[2**60 + 1]], "arithmetic": "float"}, 400, "not-a-matrix", "/matrix/0/0"),
    ("inverse", {"matrix": [[{"re": 0, "im": 0}]], "arithmetic": "exact"}, 422, "singular-matrix", "/matrix"),
    ("least-squares", {"matrix": [[1]], "rhs": [1], "weights": [0]}, 400, "invalid-input", "/weights/0"),
    ("least-squares", {"matrix": [[1]], "rhs": [1], "weights": [1, 1]}, 422, "shape-mismatch", "/weights"),
    ("solve", {"matrix": [[1, 1], [1, 2], [1, 3]], "rhs": [1, 2, 4]}, 422, "no-solution", "/rhs"),
    ("solve", {"matrix": [[1, 1, 1]], "rhs": [1, 2]}, 422, "shape-mismatch", "/rhs"),
    ("inverse", {"matrix": [[1, 2, 3]]}, 422, "shape-mismatch", "/matrix"),
    ("inverse", {"matrix": [[1, 2], [2, 4]]}, 422, "singular-matrix", "/matrix"),
    ("inverse", {"matrix": [[1 / (i + j + 1) for j in range(15)] for i in range(15)]}, 422, "undecided", "/matrix"),
    ("determinant", {"matrix": [[1, 2]]}, 422, "shape-mismatch", "/matrix"),
    ("solve", {"matrix": [[1]], "rhs": [1, 2]}, 422, "shape-mismatch", "/rhs"),
    ("solve", {"matrix": [[1]], "rhs": ["a +"]}, 400, "expression-syntax", "/rhs/0"),
    ("solve", {"matrix": [[1]], "rhs": 1}, 400, "not-a-matrix", "/rhs"),
    ("solve", {"matrix": [[0]], "rhs": [1]}, 422, "singular-matrix", "/matrix"),
    ("svd", {"matrix": [["1/2", "x"]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("svd", {"matrix": [[1]], "full": 1}, 400, "invalid-input", "/full"),
    ("least-squares", {"matrix": [[1], [2]], "rhs": [1]}, 422, "shape-mismatch", "/rhs"),
    ("null-space", {"matrix": [["pi", 1]]}, 400, "not-a-matrix", "/matrix/0/0"),
    ("null-space", {"matrix": [["a", 1]]}, 422, "unknown-name", "/matrix/0/0"),
    ("null-space", {"matrix": [[1, 2], [3]]}, 400, "not-a-matrix", "/matrix/1"),
    ("null-space", {"matrix": [[1, 2]], "side": "up"}, 400, "invalid-input", "/side"),
    ("null-space", {"matrix": [[1 / (i + j + 1) for j in range(13)] for i in range(13)]}, 422, "undecided", "/matrix"),
    ("independence", {"vectors": [1, 2]}, 400, "not-a-matrix", "/vectors/0"),
    ("independence", {"vectors": [["sqrt(2)"] * 25] * 25}, 413, "limit-exceeded", "/vectors"),
    ("coordinates", {"vector": [1, 2], "vectors": [[1, 0]]}, 422, "no-solution", "/vector"),
    ("coordinates", {"vector": [1], "vectors": [[1, 0]]}, 422, "shape-mismatch", "/vector"),
    ("coordinates", {"vector": [[1, 2]], "vectors": [[1, 0]]}, 400, "not-a-matrix", "/vector"),
    ("change-of-basis", {"basis": [[1, 2], [2, 4]]}, 422, "rank-deficient", "/basis"),
    ("projection", {"vector": [1, 2]}, 400, "invalid-input", "/matrix"),
    ("projection", {"vector": [1, 2], "onto": [1, 1], "normal": [1, 0]}, 400, "invalid-input", "/matrix"),
    ("projection", {"vector": [1, 2], "onto": [1, 1, 1]}, 422, "shape-mismatch", "/onto"),
    ("matrix-equation", {"C": [[1]]}, 400, "invalid-input", "/A"),
    ("matrix-equation", {"A": [[0.0]], "C": [[0.5]]}, 422, "singular-matrix", "/A"),
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


@pytest.mark.parametrize(
    ("operation", "name", "meant"),
    [
        ("solve", "A", "matrix"),
        ("solve", "b", "rhs"),
        ("solve", "assume_a", "structure"),
        ("low-rank", "k", "rank"),
        ("rank", "tol", "tolerance"),
    ],
)
def test_names_of_other_libraries_are_understood(client: FlaskClient, operation: str, name: str, meant: str) -> None:
    answer = client.post(f"/v1/{operation}", json={name: 1}).get_json()
    assert f"did you mean {meant}?" in [entry["hint"] for entry in answer["errors"]]
