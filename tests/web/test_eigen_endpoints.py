"""Eigenvalues, definiteness, functions, digits and expressions over the whole stack: fields, pointers, representations."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.answering import assert_answers

UNIT = {"re": 0, "im": 1}
ANSWERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("eigen", {"matrix": [[2, 1], [1, 2]]}, {"eigenvalues": [3, 1], "symmetric": True, "defective": False}),
    ("eigen", {"matrix": [[0, -1], [1, 0]]}, {"eigenvalues": [UNIT, {"re": 0, "im": -1}]}),
    ("eigen", {"matrix": [["1/2"]]}, {"eigenvalues": ["1/2"], "arithmetic": "exact"}),
    ("eigen", {"matrix": [[1, 1], [1, 0]], "arithmetic": "exact"}, {"eigenvalues": ["(1 + sqrt(5))/2", "(1 - sqrt(5))/2"]}),
    ("eigen", {"matrix": [[2, 0], [0, 3]], "digits": 5}, {"eigenvalues": ["3.0000", "2.0000"], "radius": ["0", "0"], "arithmetic": "ball"}),
    ("eigen", {"matrix": [["a", "b"], ["b", "a"]]}, {"eigenvalues": ["a + b", "a - b"], "arithmetic": "symbolic"}),
    ("eigen", {"matrix": [["sqrt(2)", 1], [1, "sqrt(2)"]]}, {"arithmetic": "symbolic"}),
    ("eigen", {"matrix": [[UNIT, 1], [0, 2]], "vectors": False}, {"eigenvectors": None}),
    ("diagonalize", {"matrix": [[2, 1], [0, 2]]}, {"diagonalizable": False, "jordan_form": [["2", "1"], ["0", "2"]], "d": None}),
    ("diagonalize", {"matrix": [[UNIT, 0], [0, 1]]}, {"diagonalizable": True, "arithmetic": "float"}),
    ("definiteness", {"matrix": [[2, 1], [1, 3]]}, {"definiteness": "positive definite"}),
    ("definiteness", {"matrix": [[0]]}, {"definiteness": "positive semidefinite", "negative_semidefinite": True}),
    ("matrix-function", {"matrix": [[4, 1], [0, 4]], "function": "sqrtm"}, {"result": [[2, 0.25], [0, 2]]}),
    ("matrix-function", {"matrix": [[2]], "function": "power", "exponent": "1/2", "digits": 5}, {"result": [["1.4142"]]}),
    ("matrix-function", {"matrix": [[4]], "function": "power", "exponent": 0.5}, {"result": [[2]]}),
    ("matrix-function", {"matrix": [["1/2"]], "function": "power", "exponent": -3}, {"result": [["8"]], "arithmetic": "exact"}),
    ("inverse", {"matrix": [[3]], "digits": 4}, {"inverse": [["0.3333"]], "radius": [["0.0000334"]], "digits": 4}),
    ("inverse", {"matrix": [["a", 0], [0, 1]]}, {"inverse": [["1/a", "0"], ["0", "1"]], "provided": ["a != 0"]}),
    ("determinant", {"matrix": [["x", 1], [1, "x"]]}, {"determinant": "(x - 1)*(x + 1)", "arithmetic": "symbolic"}),
    ("determinant", {"matrix": [[0.1]], "digits": 3}, {"determinant": "0.100", "radius": "0"}),
    ("solve", {"matrix": [["a"]], "rhs": ["b"]}, {"x": ["b/a"], "provided": ["a != 0"]}),
    ("solve", {"matrix": [[3]], "rhs": [1], "digits": 3}, {"x": ["0.333"]}),
    ("svd", {"matrix": [[3, 0], [0, 4]], "digits": 3}, {"singular_values": ["4.00", "3.00"], "u": None}),
]


@pytest.mark.parametrize(("operation", "request_", "expected"), ANSWERS)
def test_answers(client: FlaskClient, operation: str, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_answers(client, operation, request_, expected)


HUGE = 10**200
REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("eigen", {"matrix": [[1, 2]]}, 422, "shape-mismatch", "/matrix"),
    ("eigen", {"matrix": []}, 400, "not-a-matrix", "/matrix"),
    ("eigen", {"matrix": [[1, None], [1, 2]]}, 400, "not-a-matrix", "/matrix/0/1"),
    ("eigen", {"matrix": [[1]], "digits": 0}, 400, "invalid-input", "/digits"),
    ("eigen", {"matrix": [[1]], "digits": 10**6}, 413, "limit-exceeded", "/digits"),
    ("eigen", {"matrix": [["a"]], "digits": 10}, 400, "invalid-input", "/digits"),
    ("eigen", {"matrix": [["a"]], "arithmetic": "exact"}, 400, "invalid-input", "/arithmetic"),
    ("eigen", {"matrix": [["a +"]]}, 400, "expression-syntax", "/matrix/0/0"),
    ("eigen", {"matrix": [["a", UNIT], [1, 2]]}, 400, "not-a-matrix", "/matrix/0/0"),
    ("eigen", {"matrix": [[UNIT]], "arithmetic": "exact"}, 400, "invalid-input", "/matrix"),
    ("diagonalize", {"matrix": [[1, 2, 3]]}, 422, "shape-mismatch", "/matrix"),
    ("diagonalize", {"matrix": [["x"]]}, 400, "not-a-matrix", "/matrix/0/0"),
    ("diagonalize", {"matrix": [["sqrt(2)"]]}, 400, "not-a-matrix", "/matrix/0/0"),
    ("definiteness", {"matrix": [[0.1, 0.3], [0.3, 0.9]]}, 422, "undecided", "/matrix"),
    ("definiteness", {"matrix": [[1, UNIT], [UNIT, 1]]}, 422, "mathematics-refuses", "/matrix"),
    ("matrix-function", {"matrix": [[1]]}, 400, "invalid-input", "/function"),
    ("matrix-function", {"matrix": [[1]], "function": "gamma"}, 400, "invalid-input", "/function"),
    ("matrix-function", {"matrix": [[1]], "function": "power"}, 400, "invalid-input", "/exponent"),
    ("matrix-function", {"matrix": [[1]], "function": "power", "exponent": "x"}, 400, "invalid-input", "/exponent"),
    ("matrix-function", {"matrix": [[1]], "function": "power", "exponent": "1/0"}, 400, "invalid-input", "/exponent"),
    ("matrix-function", {"matrix": [[1]], "function": "power", "exponent": True}, 400, "invalid-input", "/exponent"),
    ("matrix-function", {"matrix": [[0]], "function": "logm"}, 422, "singular-matrix", "/matrix"),
    ("inverse", {"matrix": [[1, 2], [2, 4]], "digits": 5}, 422, "singular-matrix", "/matrix"),
    ("inverse", {"matrix": [[1]], "digits": 5, "arithmetic": "exact"}, 400, "invalid-input", "/digits"),
    ("inverse", {"matrix": [["a", "a"], ["b", "b"]]}, 422, "singular-matrix", "/matrix"),
    ("solve", {"matrix": [["a"]], "rhs": ["b", "c"]}, 422, "shape-mismatch", "/rhs"),
    ("svd", {"matrix": [[1]], "digits": "5"}, 400, "invalid-input", "/digits"),
]


@pytest.mark.parametrize(("operation", "request_", "status", "code", "pointer"), REFUSED)
def test_refusals(client: FlaskClient, operation: str, request_: dict[str, Any], status: int, code: str, pointer: str) -> None:
    answer = client.post(f"/v1/{operation}", json=request_)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["errors"][0]["pointer"] == pointer


ODD = [
    [[0]],
    [[1e308, 1e308], [1e308, -1e308]],
    [[5e-324]],
    [[1e-300, 1e300], [1e300, 1e-300]],
    [[HUGE, 1], [1, HUGE]],
    [[str(HUGE), f"1/{HUGE}"], [1, 2]],
    [["1/3", "0.1"], [1e-8, 2]],
    [[UNIT, 0], [0, UNIT]],
    [[1e200, UNIT], [1, 1e-200]],
    [["a", "b"], ["a", "b"]],
    [["sqrt(2)", 1], [1, "sqrt(3)"]],
    [[0.1] * 7] * 7,
    [[1, 2, 3]],
    [[1], [2]],
]


@pytest.mark.parametrize("matrix", ODD, ids=lambda matrix: str(matrix)[:30])
@pytest.mark.parametrize(
    ("operation", "options"),
    [
        ("eigen", {}),
        ("eigen", {"arithmetic": "exact"}),
        ("eigen", {"digits": 40}),
        ("eigen", {"left": True, "arithmetic": "float"}),
        ("diagonalize", {}),
        ("definiteness", {}),
        ("matrix-function", {"function": "expm"}),
        ("matrix-function", {"function": "logm"}),
        ("matrix-function", {"function": "sqrtm", "digits": 15}),
        ("matrix-function", {"function": "power", "exponent": -7}),
        ("inverse", {"digits": 15}),
        ("determinant", {"digits": 15}),
        ("svd", {"digits": 15}),
    ],
)
def test_odd_matrices_end_in_an_answer_or_a_declared_error(client: FlaskClient, matrix: Any, operation: str, options: Any) -> None:
    answer = client.post(f"/v1/{operation}", json={"matrix": matrix, **options})
    assert answer.status_code in (200, 400, 413, 422), answer.text
    if answer.status_code == 200:
        assert all(check["passed"] for check in answer.get_json()["checks"])
