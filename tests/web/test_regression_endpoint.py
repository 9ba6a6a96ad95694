"""The regression endpoint over the whole stack. The fit itself is tested in tests/learning."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.learning.ols import INCLUDES as OF_LINEAR_MODELS

POINTS = {"X": [[1], [2], [3], [4]], "y": [3, 5, 7, 9.5]}


def test_a_line(client: FlaskClient) -> None:
    body = client.post("/v1/regression", json={"model": "ols", **POINTS}).get_json()
    assert body["coefficients"] == [2.15]
    assert body["intercept"] == 0.75
    assert [entry["name"] for entry in body["parameters"]] == ["intercept", "x1"]
    assert "residuals" not in body


WAYS: list[dict[str, Any]] = [
    POINTS,
    {"x": [1, 2, 3, 4], "y": [3, 5, 7, 9.5]},
    {"data": {"a": [1, 2, 3, 4], "y": [3, 5, 7, 9.5]}},
    {"data": {"out": [3, 5, 7, 9.5], "a": [1, 2, 3, 4]}, "response": "out"},
    {"data": {"a": [1, 2, 3, 4]}, "y": [3, 5, 7, 9.5]},
    {"X": [[1, 1], [1, 2], [1, 3], [1, 4]], "y": [3, 5, 7, 9.5], "intercept": False},
    {**POINTS, "weights": [2, 2, 2, 2]},
]


@pytest.mark.parametrize("request_", WAYS)
def test_the_same_fit_in_every_way(client: FlaskClient, request_: dict[str, Any]) -> None:
    body = client.post("/v1/regression", json=request_).get_json()
    assert [entry["estimate"] for entry in body["parameters"]] == [0.75, 2.15]


def test_what_is_asked_for_in_addition(client: FlaskClient) -> None:
    request = {**POINTS, "include": ["residuals", "covariance"], "confidence_level": 0.9, "arithmetic": "exact"}
    body = client.post("/v1/regression", json=request).get_json()
    assert body["residuals"] == ["1/10", "-1/20", "-1/5", "3/20"]
    assert len(body["covariance"]) == 2
    low, high = body["parameters"][1]["confidence_interval"]
    assert low < 2.15 < high


def test_labels_trials_and_predictions(client: FlaskClient) -> None:
    data = {"dose": [1, 2, 3, 4, 5], "dead": [1, 3, 4, 8, 9], "n": [10, 10, 10, 10, 10]}
    request: dict[str, Any] = {"model": "logistic", "data": data, "response": "dead", "trials": "n", "predict": {"dose": [2.5, 6]}}
    body = client.post("/v1/regression", json={**request, "include": ["fitted_values", "profile_intervals"]}).get_json()
    assert [entry["name"] for entry in body["parameters"]] == ["intercept", "dose"]
    assert len(body["predictions"]) == 2
    assert sum(body["fitted_values"]) == pytest.approx(2.5)
    labelled = {"model": "logistic", "x": [1, 2, 3, 4, 5], "y": ["no", "no", "yes", "no", "yes"]}
    assert client.post("/v1/regression", json=labelled).get_json()["classes"] == ["no", "yes"]
    booleans = {"model": "logistic", "x": [1, 2, 3, 4, 5], "y": [False, False, True, False, True]}
    assert client.post("/v1/regression", json=booleans).get_json()["classes"] == ["false", "true"]
    three = {"model": "multinomial", "x": [1, 2, 3, 4, 5, 6, 7], "y": [0, 1, 0, 2, 1, 2, 1], "predict": [3, 4]}
    body = client.post("/v1/regression", json=three).get_json()
    assert len(body["coefficients"]) == len(body["intercept"]) == 2
    assert sum(body["predictions"][0]["probabilities"]) == pytest.approx(1)


CURVE: dict[str, Any] = {"model": "nonlinear", "x": [1, 2, 3, 5, 7, 10], "y": [109, 149, 149, 191, 213, 224]}


def test_a_curve(client: FlaskClient) -> None:
    request = {**CURVE, "expression": "b1*(1 - exp(-b2*x))", "start": {"b1": 1, "b2": 1}, "predict": [4], "include": ["jacobian"]}
    body = client.post("/v1/regression", json=request).get_json()
    assert body["coefficients"] == pytest.approx([213.80940889, 0.54723748542], rel=1e-10)
    assert body["jacobian"][1]["text"] == "b1*x*exp(-b2*x)"
    low, high = body["predictions"][0]["prediction_interval"]
    assert low < body["predictions"][0]["estimate"] < high
    several = {**request, "start": [{"b1": 1, "b2": 1}, {"b1": 100, "b2": 0.75}], "bounds": {"b2": [0, None]}}
    body = client.post("/v1/regression", json=several).get_json()
    assert len(body["starts"]) == 2


REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"model": "rigde", **POINTS}, 400, "invalid-input", "/model"),
    ({"y": [1, 2]}, 400, "invalid-input", "/X"),
    ({"X": [[1]], "x": [1], "y": [1]}, 400, "invalid-input", "/X"),
    ({"X": [[1], [2]]}, 422, "unknown-name", "/y"),
    ({"X": [[1], ["a"]], "y": [1, 2]}, 400, "not-a-matrix", "/X/1/0"),
    ({"X": [[1], [2]], "y": [1, None]}, 400, "not-a-matrix", "/y/1"),
    ({"data": {"a/b": [1, True], "y": [1, 2]}}, 400, "not-a-matrix", "/data/a~1b/1"),
    ({"data": {}, "y": [1]}, 400, "invalid-input", "/data"),
    ({"data": {"y": [1, 2]}, "intercept": False}, 400, "invalid-input", "/data"),
    ({"X": [[1], [2], [3]], "y": [1, 2]}, 422, "shape-mismatch", "/X"),
    ({"X": [[1, 2], [2, 4], [3, 6], [4, 8]], "y": [1, 2, 3, 5]}, 422, "rank-deficient", "/X"),
    ({"X": [[1, 2]], "y": [1]}, 422, "rank-deficient", "/X"),
    ({**POINTS, "weights": [1, 1, 1, -1]}, 400, "invalid-input", "/weights"),
    ({**POINTS, "confidence_level": 1}, 400, "invalid-input", "/confidence_level"),
    ({**POINTS, "include": ["nonsense"]}, 400, "invalid-input", "/include"),
    ({"model": "logistic", **POINTS}, 422, "mathematics-refuses", "/y"),
    ({"model": "logistic", **POINTS, "y": [0, 0, 1, 1]}, 422, "separated", "/X"),
    ({"model": "logistic", **POINTS, "y": [1, 1, 1, 1]}, 422, "separated", "/X"),
    ({"model": "logistic", **POINTS, "y": [1, 0, 1, 0], "trials": "n"}, 422, "unknown-name", "/trials"),
    ({"model": "logistic", **POINTS, "y": [1, 0, 1, 0], "trials": [1, None, 1, 1]}, 400, "not-a-matrix", "/trials/1"),
    ({"model": "logistic", **POINTS, "y": [1, 0, 1, 0], "link": "cauchit"}, 400, "invalid-input", "/link"),
    ({"model": "logistic", **POINTS, "y": [1, 0, 1, 0], "arithmetic": "exact"}, 400, "invalid-input", "/arithmetic"),
    ({"model": "ols", **POINTS, "y": ["a", "b", "c", "d"]}, 400, "not-a-matrix", "/y/0"),
    ({"model": "ols", **POINTS, "trials": 3}, 400, "invalid-input", "/trials"),
    ({"model": "poisson", **POINTS}, 422, "mathematics-refuses", "/y"),
    ({"model": "poisson", **POINTS, "y": [1, 0, 1, 0], "predict": [[1, 2]]}, 422, "shape-mismatch", "/predict"),
    ({**CURVE, "expression": "a*x"}, 400, "invalid-input", "/start"),
    ({**CURVE, "start": {"a": 1}}, 400, "invalid-input", "/expression"),
    ({**CURVE, "expression": "a*x", "start": {"a": "1"}}, 400, "invalid-input", "/start/a"),
    ({**CURVE, "expression": "a*x", "start": {"a": True}}, 400, "invalid-input", "/start/a"),
    ({**CURVE, "expression": "a*x", "start": [1]}, 400, "invalid-input", "/start"),
    ({**CURVE, "expression": "a*x", "start": []}, 400, "invalid-input", "/start"),
    ({**CURVE, "expression": "a*z", "start": {"a": 1}}, 422, "unknown-name", "/expression"),
    ({**CURVE, "expression": "a*x", "start": {"a": 1, "b": 2}}, 422, "unknown-name", "/start/b"),
    ({**CURVE, "expression": "log*x", "start": {"log": 1}}, 422, "invalid-declaration", "/start"),
    ({**CURVE, "expression": "a b*x", "start": {"a b": 1}}, 422, "invalid-declaration", "/start"),
    ({**CURVE, "expression": "a*x", "start": {"a": 1}, "bounds": {"a": 3}}, 400, "invalid-input", "/bounds/a"),
    ({**CURVE, "expression": "exp(a*x)", "start": {"a": 1e5}}, 422, "undefined-at-point", "/start"),
    ({**CURVE, "expression": "a*b*x", "start": {"a": 1, "b": 1}}, 422, "rank-deficient", "/start"),
    ({**CURVE, "y": ["a"] * 6, "expression": "a*x", "start": {"a": 1}}, 400, "not-a-matrix", "/y/0"),
    ({**CURVE, "y": [1, 2], "expression": "a*x", "start": {"a": 1}}, 422, "shape-mismatch", "/x"),
    ({"model": "nonlinear", "x": [1], "y": [1], "expression": "a*x+b", "start": {"a": 1, "b": 1}}, 422, "rank-deficient", "/y"),
    ({"X": [[2**60 + 1], [1]], "y": [1, 2], "arithmetic": "float"}, 400, "not-a-matrix", "/X/0/0"),
]


@pytest.mark.parametrize(("request_", "status", "code", "pointer"), REFUSED)
def test_refusals(client: FlaskClient, request_: dict[str, Any], status: int, code: str, pointer: str) -> None:
    answer = client.post("/v1/regression", json=request_)
    body = answer.get_json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["errors"][0]["pointer"] == pointer


ODD: list[dict[str, Any]] = [
    {"X": [[1]], "y": [1]},
    {"X": [[1, 1], [1, 1]], "y": [1, 1]},
    {"x": [], "y": []},
    {"X": [[]], "y": []},
    {"x": [1, 2, 3], "y": [1, 2, 4], "weights": [1, 0, 1]},
    {"x": ["NaN", 1, 2], "y": [1, 2, 3]},
    {"x": [1e308, 1e308, -1e308], "y": [1e308, -1e308, 1e308]},
    {"x": [5e-324, 1e-323, 0], "y": [1, 2, 3]},
    {"x": [1, 2, 3, 4], "y": ["1/3", "2/3", 1, "sqrt(2)"]},
    {"data": {"a": [1, 2, 3], "y": [1, 2, 3], "": [4, 5, 7]}},
    {"data": {"y": [1, 2, 4]}},
    {"X": [[1, 2, 3], [4, 5, 6]], "y": [1, 2]},
    {"x": [0, 0, 0, 0], "y": [0, 0, 0, 0]},
    {"x": [1, 2, 3, 4], "y": [1, 1, 1, 1]},
    {"x": [1, 2, 3, 4], "y": [2, 4, 6, 8]},
    {"x": [{"re": 1, "im": 1}, 2, 3], "y": [1, 2, 3]},
    {"x": [2**63, 1, 2], "y": [1, 2, 3]},
    {"x": [True, 1], "y": [1, 2]},
    {"X": "a", "y": "b"},
    {"x": [1, 2, 3, 7], "y": [1, 2, 3, 5], "weights": [1e-300, 1e300, 1, 1]},
    {"x": [1, 2, 3, 7], "y": [1, 2, 3, 5], "weights": 2},
    {"x": [1, 2, 3, 7], "y": [1, 2, 3, 5], "weights": "w"},
    {"X": [[i**k for k in range(1, 15)] for i in range(20)], "y": list(range(20))},
]
ASKED: list[dict[str, Any]] = [
    {"intercept": False},
    {"arithmetic": "exact"},
    {"include": list(OF_LINEAR_MODELS), "predict": [[1]], "steps": True},
    {"standard_errors": "HC3"},
    {"model": "polynomial", "degree": 2, "predict": [1e300]},
    {"model": "polynomial", "degree": 100},
    {"model": "polynomial", "degree": 0},
    {"model": "polynomial"},
    {"model": "ridge", "alpha": 1, "steps": True},
    {"model": "ridge", "alpha": "gcv"},
    {"model": "ridge", "alpha": 1e-300},
    {"model": "ridge", "alpha": 1e300},
    {"model": "ridge", "alpha": "1e-900"},
    {"model": "ridge", "alpha": True},
    {"model": "lasso", "alpha": 0.1, "predict": {"x": 1}},
    {"model": "lasso", "alpha": 1e-300},
    {"model": "elastic-net", "alpha": 1, "l1_ratio": 1e-300, "standardize": True},
    {"confidence_level": 1 - 1e-16},
    {"predict": []},
    {"model": "lasso", "alpha": 1, "include": ["anova"]},
    {"model": "lasso", "alpha": 1, "steps": True},
]


@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
def test_odd_data_are_answered_or_refused_with_the_reason(client: FlaskClient, data: dict[str, Any]) -> None:
    for asked in ASKED:
        answer = client.post("/v1/regression", json={**data, **asked})
        assert answer.status_code in (200, 400, 413, 422), (asked, answer.text)
        body = answer.get_json()
        if answer.status_code == 200:
            assert all(check["passed"] for check in body["checks"])
        else:
            assert body["detail"]
            assert body["errors"][0]["pointer"] or body["code"] in (
                "mathematics-refuses",
                "check-failed",
                "no-convergence",
                "undefined-at-point",
            )
