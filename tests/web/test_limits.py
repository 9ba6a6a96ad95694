"""Every limit of the table is in force: a request that trips exactly it, and whose error names it. A row without one fails."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import limits
from service.app import create_app
from service.limits import LIMITS
from service.settings import Settings
from tests.servers import ROOT

SYMBOLS = {"matrix": [["a", "b"], ["c", "d"]]}
NETWORK = {
    "layers": [{"type": "affine", "W": [[0.5, -0.25]], "b": [0.1]}, {"type": "tanh"}],
    "loss": "mse",
    "x": [1, 2],
    "target": [1],
}


@dataclass(frozen=True)
class Trip:
    """What is over the limit when that is lowered to `lowered`."""

    lowered: int
    operation: str
    body: dict[str, Any]
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def expression(text: str | list[str], **fields: Any) -> dict[str, Any]:
    return {"expression": text, **fields}


SQUARE = [[1.5, 2, 0], [3, 4, 1], [1, 0, 2]]
FIT = {"model": "logistic", "X": [[1], [2], [3], [4], [5]], "y": [0, 1, 0, 1, 1]}
TRIPS: dict[str, Trip] = {
    "body-bytes": Trip(20, "gradient", expression("x^2 + y^2 + z^2")),
    "json-depth": Trip(1, "inverse", {"matrix": SQUARE}),
    "json-arrays": Trip(2, "inverse", {"matrix": [[2.5] * 20] * 20}),
    "expression-length": Trip(5, "gradient", expression("x^2 + y^2")),
    "expression-depth": Trip(3, "gradient", expression("sin(cos(sin(cos(sin(x)))))")),
    "expression-nodes": Trip(3, "gradient", expression("x^2 + y^2 + z^2")),
    "derivation-nodes": Trip(5, "gradient", expression("x^2 + y^2 + z^2")),
    "answer-characters": Trip(10, "gradient", expression("sin(x)*cos(x)*exp(x)", wrt="x")),
    "name-length": Trip(3, "gradient", expression("theta^2")),
    "number-digits": Trip(4, "gradient", expression("1.23456*x")),
    "variables": Trip(1, "gradient", expression("x^2 + y", variables={"x": "scalar", "y": "scalar"})),
    "inner-functions": Trip(1, "chain-rule", {"inner": {"u": "x^2", "v": "x^3"}, "outer": "u*v"}),
    "graph-parts": Trip(2, "autodiff", expression("sin(x*y) + x", at={"x": 1, "y": 2})),
    "points": Trip(1, "gradient", expression("x^2", at=[{"x": 1}, {"x": 2}])),
    "matrix-entries": Trip(4, "inverse", {"matrix": SQUARE}),
    "cubic-size": Trip(2, "inverse", {"matrix": SQUARE}),
    "exact-size": Trip(2, "inverse", {"matrix": [[1, 2, 0], [3, 4, 1], [1, 0, 2]], "arithmetic": "exact"}),
    "exact-digits": Trip(5, "inverse", {"matrix": [["1234567/3", 1], [1, 1]]}),
    "surd-size": Trip(2, "rank", {"matrix": [["sqrt(2)", 1, 0], [1, 1, 0], [0, 0, 1]]}),
    "surd-work": Trip(2, "rank", {"matrix": [["sqrt(2)", 1], [1, 1]]}),
    "exact-entries": Trip(2, "norm", {"vector": ["1/2", 1, 1]}),
    "exact-answer-digits": Trip(2, "inverse", {"matrix": [[12, 5], [7, 11]], "arithmetic": "exact"}),
    "function-size": Trip(2, "matrix-function", {"matrix": SQUARE, "function": "logm", "digits": 20}),
    "symbolic-size": Trip(1, "determinant", SYMBOLS),
    "symbolic-spectrum-size": Trip(1, "eigen", SYMBOLS),
    "symbolic-degree": Trip(1, "determinant", {"matrix": [["x^2", "b"], ["c", "d"]]}),
    "symbolic-terms": Trip(1, "determinant", SYMBOLS),
    "steps-size": Trip(2, "inverse", {"matrix": SQUARE, "steps": True}),
    "steps-digits": Trip(1, "inverse", {"matrix": [[123456789, 5], [7, 11]], "steps": True}),
    "digits": Trip(10, "inverse", {"matrix": SQUARE, "digits": 20}),
    "digits-work": Trip(0, "inverse", {"matrix": [[1.5 + i * j % 7 + 40 * (i == j) for i in range(40)] for j in range(40)], "digits": 50}),
    "unknowns": Trip(1, "minimize", expression("(x-1)^2 + y^2", start={"x": 0, "y": 0})),
    "constraints": Trip(1, "minimize", expression("x^2 + y^2", start={"x": 1, "y": 1}, constraints=["x >= 1", "y >= 1"])),
    "iterations": Trip(3, "minimize", expression("(x-1)^2 + y^2", start={"x": 0, "y": 0}, iterations=50)),
    "taylor-order": Trip(3, "taylor", expression("exp(x)", order=5)),
    "fit-entries": Trip(3, "regression", {**FIT, "include": ["profile_intervals"]}),
    "convolution-products": Trip(3, "convolution", {"kernel": [1.5, 2, 3], "signal": [1, 2, 3, 4]}),
    "network-layers": Trip(1, "backpropagation", NETWORK),
    "symbolic-layers": Trip(1, "backpropagation", {"layers": [{"type": "affine", "size": "m"}, {"type": "sigmoid"}]}),
    "query-length": Trip(5, "gradient", {}, query="expression=x^2"),
    "answer-bytes": Trip(20, "inverse", {"matrix": SQUARE}),
    "batch-items": Trip(1, "batch", {"items": [{"operation": "rank", "request": {"matrix": [[1]]}}] * 2}),
    "formula-entries": Trip(2, "inverse", {"matrix": SQUARE}, query="format=latex"),
    "formula-characters": Trip(2, "inverse", {"matrix": SQUARE}, query="format=latex"),
    "mathml-characters": Trip(2, "gradient", expression("x^2*y"), query="format=mathml"),
    "mathml-depth": Trip(0, "gradient", expression("1/(x^(2*y))"), query="format=mathml"),
    "picture-parts": Trip(1, "autodiff", expression("sin(x*y) + x", at={"x": 1, "y": 2}), query="format=svg"),
    "picture-work": Trip(1, "taylor", expression("exp(x)", order=3), query="format=svg"),
    "picture-layers": Trip(1, "backpropagation", NETWORK, query="format=svg"),
}
# Those that no single request to the application can trip, or that change an answer and refuse none, and where they are tested.
ELSEWHERE = {
    "header-seconds": "tests/web/test_computing.py",
    "body-seconds": "tests/web/test_computing.py",
    "send-seconds": "service/web/worker.py",
    "request-milliseconds": "tests/web/test_computing.py",
    "compute-megabytes": "tests/web/test_computing.py",
    "requests-in-flight": "tests/compute/test_pool.py",
    "fast-computations": "tests/compute/test_pool.py",
    "slow-computations": "tests/compute/test_pool.py",
    "client-computations": "tests/compute/test_pool.py",
    "slice-milliseconds": "tests/compute/test_pool.py",
    "cpu-budget": "tests/compute/test_pool.py",
    "decompressed-bytes": "tests/web/test_ways_in.py",
    "form-parts": "tests/web/test_limits.py",
    "compression-ratio": "tests/web/test_ways_in.py",
    "batch-bytes": "tests/web/test_batch.py",
}
TOLD = {  # the answer says less, or says it in another form
    "entries-characters": "service/answers/derivation.py",
    "index-letters": "service/calculus/notation.py",
    "formed-entries": "service/learning/backpropagation.py",
    "paths": "service/teaching/computation_graph.py",
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(Settings(log_level="error", cache_memory_bytes=0)).test_client()


@pytest.mark.parametrize("name", TRIPS)
def test_a_request_over_it_is_told_which_it_is(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    trip = TRIPS[name]
    monkeypatch.setitem(limits._values, name, trip.lowered)
    address = f"/v1/{trip.operation}" + (f"?{trip.query}" if trip.query else "")
    if trip.body:
        answer = client.post(address, data=json.dumps(trip.body), content_type="application/json", headers=trip.headers)
    else:
        answer = client.get(address, headers=trip.headers)
    problem = answer.get_json(force=True)
    assert answer.status_code in (413, 414), problem
    assert problem.get("limit", "query-length") == name, problem
    assert name in problem["detail"] or answer.status_code == 414
    assert problem.get("allowed", trip.lowered) == trip.lowered


def test_every_limit_is_tripped_somewhere() -> None:
    assert {entry.name for entry in LIMITS} - {*TRIPS, *ELSEWHERE, *TOLD} == set()


@pytest.mark.parametrize("name", [*ELSEWHERE, *TOLD])
def test_what_is_looked_at_elsewhere_is(name: str) -> None:
    text = (ROOT / (ELSEWHERE | TOLD)[name]).read_text(encoding="utf-8")
    assert name in text or name.replace("-", "_").upper() in text


def test_parts_of_a_form_are_counted(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits._values, "form-parts", 1)
    answer = client.post("/v1/gradient", data={"expression": "x^2", "wrt": "x"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.get_json(force=True)["limit"]) == (413, "form-parts")


def test_the_service_tells_all_of_them(client: FlaskClient) -> None:
    told = {entry["name"]: entry for entry in client.get("/v1/limits").get_json()["limits"]}
    assert {entry.name: entry.default for entry in LIMITS}.keys() <= told.keys()
