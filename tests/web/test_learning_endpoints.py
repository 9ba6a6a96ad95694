"""The endpoints on learning over the whole stack: fields, pointers, expressions. The mathematics is tested in tests/learning."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.answering import assert_answers

ANSWERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("pca", {"X": [[1, 0], [3, 0]]}, {"explained_variance": [2, 0], "components": [[1, 0], [0, 1]], "mean": [2, 0], "ddof": 1}),
    ("pca", {"X": [[1, 0], [3, 0]], "ddof": 0, "n_components": 1}, {"explained_variance": [1], "explained_variance_ratio": [1]}),
    ("pca", {"X": [[1], [2], [3]], "standardise": True}, {"explained_variance": [1], "scale": [1], "scores": [[-1], [0], [1]]}),
    ("log-sum-exp", {"vector": [7]}, {"value": 7, "gradient": [1], "hessian": [[0]]}),
    ("log-sum-exp", {"vector": ["a", "b"]}, {"value": "logsumexp([a, b])"}),
    ("softmax", {"vector": [5, 5]}, {"value": [0.5, 0.5], "jacobian": [[0.25, -0.25], [-0.25, 0.25]]}),
    ("softmax", {"vector": [5, 5], "temperature": "1/2"}, {"jacobian": [[0.5, -0.5], [-0.5, 0.5]], "temperature": 0.5}),
    ("softmax", {"vector": ["z"]}, {"value": ["1"], "jacobian": [["0"]]}),
    ("softmax", {"matrix": [[0, 0]]}, {"value": [[0.5, 0.5]]}),
    ("cross-entropy", {"logits": [0, 0], "labels": 0}, {"gradient": [-0.5, 0.5], "value": 0.6931471805599453}),
    ("cross-entropy", {"logits": ["a", "b"], "labels": 0}, {"value": "logsumexp([a, b]) - a"}),
    ("conditional-expectation", {"x": ["a", "a"], "t": [1, "2"]}, {"mean": "3/2", "mse": "1/4", "arithmetic": "exact"}),
    ("conditional-expectation", {"joint": [[1, 1]], "y": [3, 4]}, {"mean": 3.5, "count": 2}),
]


@pytest.mark.parametrize(("operation", "request_", "expected"), ANSWERS)
def test_answers(client: FlaskClient, operation: str, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    assert_answers(client, operation, request_, expected)


def test_the_derivation_of_the_components(client: FlaskClient) -> None:
    body = client.post("/v1/pca", json={"X": [[1, 2], [2, 5], [4, 4]], "steps": True}).get_json()
    assert [step["rule"] for step in body["steps"]][-3:] == ["read off the gradient", "stationary point", "variance of a direction"]
    assert "stationary" in [check["name"] for check in body["checks"]]


REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("pca", {}, 400, "invalid-input", "/X"),
    ("pca", {"X": [[1, "a"], [2, 3]]}, 400, "not-a-matrix", "/X/0/1"),
    ("pca", {"X": [[1, 2]]}, 400, "invalid-input", "/X"),
    ("pca", {"X": [[1], [2]], "n_components": 0}, 400, "invalid-input", "/n_components"),
    ("pca", {"X": [[1], [2]], "ddof": 2}, 400, "invalid-input", "/ddof"),
    ("pca", {"X": [[1], [2]], "standardize": True, "standardise": False}, 400, "invalid-input", "/standardise"),
    ("log-sum-exp", {}, 400, "invalid-input", "/vector"),
    ("log-sum-exp", {"vector": [1], "matrix": [[1]]}, 400, "invalid-input", "/vector"),
    ("log-sum-exp", {"vector": []}, 400, "not-a-matrix", "/vector"),
    ("log-sum-exp", {"vector": [{"re": 0, "im": 1}]}, 400, "invalid-input", "/vector"),
    ("log-sum-exp", {"vector": ["1e400"]}, 422, "mathematics-refuses", ""),
    ("log-sum-exp", {"vector": [1], "temperature": "x"}, 400, "invalid-input", "/temperature"),
    ("log-sum-exp", {"vector": ["a+"]}, 400, "expression-syntax", "/vector/0"),
    ("softmax", {"vector": ["a"] * 9}, 413, "limit-exceeded", "/vector"),
    ("softmax", {"matrix": [["a", 1]]}, 422, "shape-mismatch", "/matrix"),
    ("softmax", {"vector": ["a", "b"], "temperature": 0}, 400, "invalid-input", "/temperature"),
    ("cross-entropy", {"logits": [1, 2]}, 400, "invalid-input", "/labels"),
    ("cross-entropy", {"logits": [1, 2], "labels": True}, 400, "invalid-input", "/labels"),
    ("cross-entropy", {"logits": [1, 2], "labels": [0.5, None]}, 400, "not-a-matrix", "/labels/1"),
    ("cross-entropy", {"logits": ["a", "b"], "labels": 2}, 400, "invalid-input", "/labels"),
    ("cross-entropy", {"logits": ["a", "b"], "labels": [1, 0, 0]}, 422, "shape-mismatch", "/labels"),
    ("cross-entropy", {"logits": ["a", "b"], "labels": 0, "reduction": "sum"}, 400, "invalid-input", "/reduction"),
    ("conditional-expectation", {}, 400, "invalid-input", "/x"),
    ("conditional-expectation", {"x": [1]}, 400, "invalid-input", "/y"),
    ("conditional-expectation", {"x": [None], "y": [1]}, 400, "invalid-input", "/x/0"),
    ("conditional-expectation", {"x": ["1/0"], "y": [1]}, 400, "invalid-input", "/x/0"),
    ("conditional-expectation", {"x": [1], "y": [1], "t": [1]}, 400, "invalid-input", "/t"),
    ("conditional-expectation", {"x": [1], "y": [{"re": 0, "im": 1}]}, 400, "invalid-input", "/y"),
]


@pytest.mark.parametrize(("operation", "request_", "status", "code", "pointer"), REFUSED)
def test_refusals(client: FlaskClient, operation: str, request_: dict[str, Any], status: int, code: str, pointer: str) -> None:
    answer = client.post(f"/v1/{operation}", json=request_)
    body = answer.get_json()
    assert (answer.status_code, body["code"], body["errors"][0]["pointer"]) == (status, code, pointer), body


def test_backpropagation(client: FlaskClient) -> None:
    layers = [{"type": "affine", "W": [[1, 2], [3, 4]], "b": [0, 1]}, {"type": "softmax"}]
    body = client.post("/v1/backpropagation", json={"layers": layers, "loss": "cross-entropy", "x": [0, 0], "target": 0}).get_json()
    assert body["gradients"]["b1"] == pytest.approx([-0.7310585786300049, 0.7310585786300049])
    assert body["gradients"]["W1"] == [[0, 0], [0, 0]]
    assert [layer["jacobian_shapes"]["input"] for layer in body["layers"]] == [[2, 2], [2, 2]]


LINE = [{"type": "affine", "W": [[1]]}]


@pytest.mark.parametrize(
    ("request_", "status", "pointer"),
    [
        ({}, 400, "/layers"),
        ({"layers": LINE}, 400, "/layers/0"),
        ({"layers": LINE, "target": [1]}, 400, "/x"),
        ({"layers": LINE, "x": [1]}, 400, "/target"),
        ({"layers": LINE, "X": [[1]], "target": 3}, 400, "/target"),
        ({"layers": LINE, "x": [1], "X": [[1]], "target": 3}, 400, "/X"),
        ({"layers": LINE, "x": [1], "target": [2], "subgradient": 2}, 400, "/subgradient"),
        ({"layers": LINE, "X": [[1], [2]], "target": [2, 3], "reduction": "median"}, 400, "/reduction"),
        ({"layers": ["affine"], "samples": "n"}, 400, "/samples"),
        ({"layers": [{"type": "conv1d", "size": 0}], "inputs": 5}, 400, "/layers/0/size"),
        ({"layers": LINE, "x": [1], "target": ["a"]}, 400, "/target/0"),
        ({"layers": LINE, "x": [{"re": 0, "im": 1}], "target": [1]}, 400, "/x"),
        ({"layers": LINE, "x": [1], "target": [[1, 2]]}, 422, "/target"),
        ({"layers": LINE, "x": [1], "target": [1], "loss": "absolute"}, 400, "/loss"),
        ({"layers": [{"type": "affine", "weights": 1}]}, 400, "/layers/0"),
        ({"layers": ["affine"], "inputs": "x y"}, 400, "/inputs"),
    ],
)
def test_networks_that_are_refused(client: FlaskClient, request_: dict[str, Any], status: int, pointer: str) -> None:
    answer = client.post("/v1/backpropagation", json=request_)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (status, pointer), answer.text


IMAGE = [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"kernel": [[1, 1]], "signal": IMAGE, "mode": "valid"},
            {"convolution": [[3, 5], [9, 11]], "shape": [4, 6], "output_shape": [2, 2]},
        ),
        (
            {"kernel": [1, -1], "signal": [2, 5], "jacobians": True},
            {"jacobians": {"signal": [[1, 0], [-1, 1], [0, -1]], "kernel": [[2, 0], [5, 2], [0, 5]]}},
        ),
        ({"kernel": [1, -1], "signal": [2, 5, 4], "mode": "valid", "adjoint": [1, 3]}, {"adjoint": [-1, -2, 3]}),
        ({"kernel": [1, -1], "length": 3, "mode": "valid", "adjoint": ["1/2", 3]}, {"adjoint": ["-1/2", "-5/2", "3"]}),
        ({"kernel": [[1, -1]], "signal_shape": [1, 2], "adjoint": [[1, 2, 3]]}, {"adjoint": [[-1, -1]], "convolution": None}),
        ({"kernel": [["a", "b"]], "signal": [["x"], ["y"]]}, {"convolution": [["a*x", "b*x"], ["a*y", "b*y"]], "output_shape": [2, 2]}),
        ({"kernel": [[1], [2]], "signal": [1, 1]}, {"convolution": [1, 3, 2]}),
    ],
)
def test_convolutions(client: FlaskClient, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = client.post("/v1/convolution", json=request_)
    assert answer.status_code == 200, answer.text
    assert {name: answer.get_json()[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("request_", "status", "pointer"),
    [
        ({"kernel": IMAGE, "signal": [1, 2]}, 422, "/signal"),
        ({"kernel": [1, 2], "signal": IMAGE}, 422, "/kernel"),
        ({"kernel": IMAGE, "length": 3}, 422, "/length"),
        ({"kernel": IMAGE}, 400, "/signal"),
        ({"kernel": IMAGE, "signal_shape": [0, 2]}, 400, "/signal_shape"),
        ({"kernel": IMAGE, "signal_shape": [2]}, 400, "/signal_shape"),
        ({"kernel": IMAGE, "signal": [[1, 2], [3]]}, 400, "/signal/1"),
        ({"kernel": [1], "length": 2, "jacobians": True}, 400, "/signal"),
        ({"kernel": [1], "length": 2, "adjoint": [1]}, 422, "/adjoint"),
        ({"kernel": ["a"], "signal": ["b"], "jacobians": True}, 400, "/jacobians"),
        ({"kernel": [["a"]], "signal": [["b", 1]], "mode": "wide"}, 400, "/mode"),
    ],
)
def test_convolutions_that_are_refused(client: FlaskClient, request_: dict[str, Any], status: int, pointer: str) -> None:
    answer = client.post("/v1/convolution", json=request_)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (status, pointer), answer.text
