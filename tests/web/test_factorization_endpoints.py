"""Factorizations, norms, products over the whole stack: fields, pointers, refusals. The mathematics is tested in tests/linalg."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.answering import assert_answers

J = {"re": 0, "im": 1}
ANSWERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "qr",
        {"matrix": [[3, 1], [4, 2]], "arithmetic": "exact"},
        {"q": [["3/5", "-4/5"], ["4/5", "3/5"]], "r": [["5", "11/5"], ["0", "2/5"]]},
    ),
    ("qr", {"matrix": [["1/2"]], "pivoting": True}, {"r": [["1/2"]], "permutation": [0], "arithmetic": "exact"}),
    ("qr", {"matrix": [[3], [4]], "full": True, "arithmetic": "exact"}, {"q": [["3/5", "4/5"], ["4/5", "-3/5"]], "r": [["5"], ["0"]]}),
    ("qr", {"matrix": [[0, 2]], "pivoting": True}, {"permutation": [1, 0], "p": [[0, 1], [1, 0]], "r": [[2, 0]]}),
    ("lu", {"matrix": [[1, 2], [4, 4]]}, {"l": [[1, 0], [0.25, 1]], "u": [[4, 4], [0, 1]], "p": [[0, 1], [1, 0]], "permutation": [1, 0]}),
    ("lu", {"matrix": [[2, 1], [4, 3]], "pivoting": "none"}, {"l": [[1, 0], [2, 1]], "u": [[2, 1], [0, 1]], "permutation": [0, 1]}),
    ("cholesky", {"matrix": [[4, 2], [2, 5]]}, {"l": [[2, 0], [1, 2]], "form": "cholesky"}),
    ("cholesky", {"matrix": [[4, 2], [2, 5]], "lower": False}, {"u": [[2, 1], [0, 2]]}),
    ("cholesky", {"matrix": [[4, 2], [2, 1]], "form": "ldl"}, {"l": [[1, 0], [0.5, 1]], "d": [4, 0]}),
    ("orthonormalize", {"vectors": [[3, 4], [6, 8]]}, {"basis": [[0.6, 0.8]], "dimension": 1, "independent_vectors": [0]}),
    ("orthonormalize", {"matrix": [[3, 6], [4, 8]], "arithmetic": "exact"}, {"basis": [["3/5", "4/5"]], "orthogonal": [["3", "4"]]}),
    ("low-rank", {"matrix": [[2, 0], [0, 1]], "rank": 1}, {"approximation": [[2, 0], [0, 0]], "error_spectral": 1, "error_frobenius": 1}),
    ("pseudoinverse", {"matrix": [[2, 0], [0, 0]]}, {"pseudoinverse": [[0.5, 0], [0, 0]], "rank": 1}),
    ("pseudoinverse", {"matrix": [["1/2"], [0]]}, {"pseudoinverse": [["2", "0"]], "arithmetic": "exact"}),
    ("condition", {"matrix": [[2, 0], [0, 1]]}, {"condition_number": 2, "condition_norm": "2", "singular": False}),
    ("condition", {"matrix": [[2, 0], [0, 1]], "ord": "inf"}, {"condition_number": 2, "condition_norm": "inf"}),
    ("condition", {"matrix": [[1, 1], [1, 1]]}, {"condition_number": None, "singular": True, "distance_to_singularity": 0}),
    ("norm", {"vector": [3, 4], "ord": "inf"}, {"norm": 4, "ord": "inf", "l1": 7, "l2": 5, "linf": 4}),
    ("norm", {"vector": [1, 1], "arithmetic": "exact"}, {"norm": "sqrt(2)", "l1": "2"}),
    ("norm", {"matrix": [[3, 0], [0, -4]], "ord": "nuc"}, {"norm": 7, "spectral": 4, "frobenius": 5}),
    ("inner-product", {"x": [J], "y": [1]}, {"dot": {"re": 0, "im": -1}, "orthogonal": False}),
    ("inner-product", {"x": [1, 0], "y": [0, 1], "weight": [[2, 1], [1, 2]]}, {"dot": 1, "orthogonal": False, "cosine": 0.5}),
    ("trace", {"matrix": [[1, 2], [3, 4]]}, {"trace": 5}),
    ("convolution", {"kernel": [1, 2], "signal": [1, 0, 3]}, {"convolution": [1, 2, 3, 6], "shape": [4, 3], "mode": "full"}),
    ("convolution", {"kernel": [1], "signal": ["1/2"]}, {"convolution": ["1/2"], "matrix": [["1"]], "arithmetic": "exact"}),
]


@pytest.mark.parametrize(("operation", "request_", "expected"), ANSWERS)
def test_answers(client: FlaskClient, operation: str, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_answers(client, operation, request_, expected)


REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("qr", {"matrix": [[J]], "arithmetic": "exact"}, 400, "invalid-input", "/matrix"),
    ("lu", {"matrix": [[0, 1], [1, 0]], "pivoting": "none"}, 422, "mathematics-refuses", "/matrix"),
    ("lu", {"matrix": [[1]], "pivoting": "rook"}, 400, "invalid-input", "/pivoting"),
    ("cholesky", {"matrix": [[1, 2], [2, 1]]}, 422, "not-positive-definite", "/matrix"),
    ("cholesky", {"matrix": [[1, 2], [3, 1]]}, 422, "not-positive-definite", "/matrix"),
    ("cholesky", {"matrix": [[1, 2]]}, 422, "shape-mismatch", "/matrix"),
    ("orthonormalize", {}, 400, "invalid-input", ""),
    ("orthonormalize", {"vectors": [[1]], "matrix": [[1]]}, 400, "invalid-input", ""),
    ("orthonormalize", {"vectors": [[1, 2], [3]]}, 400, "not-a-matrix", "/vectors/1"),
    ("low-rank", {"matrix": [[1]]}, 400, "invalid-input", "/rank"),
    ("low-rank", {"matrix": [[1]], "rank": 2}, 422, "mathematics-refuses", "/rank"),
    ("low-rank", {"matrix": [[1]], "rank": -1}, 400, "invalid-input", "/rank"),
    ("low-rank", {"matrix": [[1]], "energy": 1.5}, 400, "invalid-input", "/energy"),
    ("low-rank", {"matrix": [[2**60 + 1]], "rank": 1}, 400, "not-a-matrix", "/matrix/0/0"),
    ("pseudoinverse", {"matrix": [["1/2"]], "tolerance": 1}, 400, "invalid-input", "/tolerance"),
    ("pseudoinverse", {"matrix": []}, 400, "not-a-matrix", "/matrix"),
    ("condition", {"matrix": [[1, 2]], "ord": 1}, 422, "shape-mismatch", "/ord"),
    ("condition", {"matrix": [[1]], "ord": 3}, 400, "invalid-input", "/ord"),
    ("condition", {"matrix": [[1]], "ord": "nuc"}, 400, "invalid-input", "/ord"),
    ("norm", {"vector": [1], "matrix": [[1]]}, 400, "invalid-input", ""),
    ("norm", {}, 400, "invalid-input", ""),
    ("norm", {"vector": [1], "ord": "fro"}, 400, "invalid-input", "/ord"),
    ("norm", {"vector": [1], "ord": True}, 400, "invalid-input", "/ord"),
    ("norm", {"vector": [1e308, 1e308], "ord": 1}, 422, "mathematics-refuses", ""),
    ("norm", {"matrix": [[1]], "ord": 1.5}, 400, "invalid-input", "/ord"),
    ("inner-product", {"x": [1], "y": [1, 2]}, 422, "shape-mismatch", "/y"),
    ("inner-product", {"x": [1, 2], "y": [1, 2], "weight": [[1, 2], [2, 1]]}, 422, "not-positive-definite", "/weight"),
    ("inner-product", {"x": [1, 2], "y": [1, 2], "weight": [[1, 2, 3]]}, 422, "shape-mismatch", "/weight"),
    ("inner-product", {"x": 3, "y": [1]}, 400, "not-a-matrix", "/x"),
    ("trace", {"matrix": [[1, 2]]}, 422, "shape-mismatch", "/matrix"),
    ("convolution", {"kernel": [1, 2], "signal": [1], "mode": "valid"}, 422, "shape-mismatch", "/kernel"),
    ("convolution", {"kernel": [1, 2]}, 400, "invalid-input", "/signal"),
    ("convolution", {"kernel": [1], "length": 10**9}, 413, "limit-exceeded", "/length"),
    ("convolution", {"kernel": [[1, 2], [3, 4]], "length": 3}, 422, "shape-mismatch", "/length"),
    ("convolution", {"kernel": [1], "length": 0}, 400, "invalid-input", "/length"),
]


@pytest.mark.parametrize(("operation", "request_", "status", "code", "pointer"), REFUSED)
def test_refusals(client: FlaskClient, operation: str, request_: dict[str, Any], status: int, code: str, pointer: str) -> None:
    answer = client.post(f"/v1/{operation}", json=request_)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["errors"][0]["pointer"] == pointer
    assert len(answer.data) < 4_000


def test_an_order_in_a_query(client: FlaskClient) -> None:
    for text, norm in (("inf", 4), ("1", 7), ("-inf", 3)):
        assert client.get("/v1/norm", query_string={"vector": "[3,4]", "ord": text}).get_json()["norm"] == norm
