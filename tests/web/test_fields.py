"""Request fields take their JSON type and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

# field, value, pointer of the fault
REFUSED: list[tuple[str, Any, str]] = [
    ("order", "1", "/order"),
    ("order", 1.0, "/order"),
    ("order", True, "/order"),
    ("order", None, "/order"),
    ("order", [1], "/order"),
    ("order", -1, "/order"),
    ("order", 10, "/order"),
    ("order", 10**30, "/order"),
    ("tolerance", "0.5", "/tolerance"),
    ("tolerance", "1_000", "/tolerance"),
    ("tolerance", "١", "/tolerance"),
    ("tolerance", False, "/tolerance"),
    ("tolerance", 10**400, ""),
    ("tolerance", -0.1, "/tolerance"),
    ("exact", 1, "/exact"),
    ("exact", "true", "/exact"),
    ("layout", "sideways", "/layout"),
    ("layout", 1, "/layout"),
    ("layout", ["mixed"], "/layout"),
    ("colours", "blue", "/colours"),
    ("colours", ["red", "blue"], "/colours/1"),
    ("colours", ["red", 1], "/colours/1"),
    ("colours", 1, "/colours"),
    ("label", 1, "/label"),
    ("label", {}, "/label"),
    ("expression", 1, "/expression"),
    ("expression", {"text": "x"}, "/expression"),
    ("expression", ["x", None], "/expression/1"),
    ("expression", [["x", "y"], ["x", True]], "/expression/1/1"),
    ("expression", [[["x"]]], "/expression/0/0"),
    ("wrt", 1, "/wrt"),
    ("wrt", ["x", 2], "/wrt/1"),
    ("at", 1, "/at"),
    ("at", {"x": None}, "/at/x"),
    ("at", {"x": True}, "/at/x"),
    ("at", {"a/b~c": {}}, "/at/a~1b~0c"),
    ("at", [{"x": 1}, 2], "/at/1"),
    ("at", [{"x": 1}, {"x": None}], "/at/1/x"),
    ("variables", ["x"], "/variables"),
    ("variables", {"x": 1}, "/variables/x"),
    ("matrix", "[[1]]", "/matrix"),
    ("matrix", [], "/matrix"),
    ("matrix", [[1, 2], [3]], "/matrix/1"),
    ("matrix", [[1, 2], [3, None]], "/matrix/1/1"),
    ("matrix", [[1, 2], [True, 4]], "/matrix/1/0"),
    ("vector", 5, "/vector"),
    ("nonsense", 1, "/nonsense"),
]


@pytest.mark.parametrize(("field", "value", "pointer"), REFUSED)
def test_another_type_is_refused_by_its_pointer(client: FlaskClient, field: str, value: Any, pointer: str) -> None:
    answer = client.post("/v1/trial", json={field: value})
    problem = answer.get_json()
    assert answer.status_code == 400, problem
    assert problem["errors"][0]["pointer"] == pointer


TAKEN: list[tuple[str, Any]] = [
    ("order", 0),
    ("tolerance", 1),
    ("tolerance", 0.5),
    ("exact", True),
    ("layout", "numerator"),
    ("colours", "red"),
    ("colours", ["green", "red"]),
    ("label", ""),
    ("expression", "x^2"),
    ("expression", ["x", 2, 0.5]),
    ("expression", [["x", "y"], [1, 2]]),
    ("wrt", "x"),
    ("wrt", ["x", "y"]),
    ("at", {"x": 1, "y": [1, 2], "A": [[1, "1/2"]], "z": "pi/2"}),
    ("at", [{"x": 1}, {"x": 2}]),
    ("variables", {"x": "vector(n)", "A": {"shape": ["m", "n"]}}),
    ("matrix", [[1, 2.5], ["1/3", 4]]),
    ("vector", [1, 2]),
]


@pytest.mark.parametrize(("field", "value"), TAKEN)
def test_its_own_type_is_taken(client: FlaskClient, field: str, value: Any) -> None:
    answer = client.post("/v1/trial", json={field: value})
    assert answer.status_code == 200, answer.text


def test_every_fault_is_reported_at_once(client: FlaskClient) -> None:
    answer = client.post("/v1/trial", json={"oder": 1, "order": "1", "exact": 0, "at": {"x": None}})
    pointers = [fault["pointer"] for fault in answer.get_json()["errors"]]
    assert pointers == ["/oder", "/at/x", "/order", "/exact"]


def test_a_field_that_was_left_out_has_its_default_or_is_absent(client: FlaskClient) -> None:
    answer = client.post("/v1/trial", json={})
    assert answer.get_json()["answer"] == {"exact": "False", "layout": "mixed"}
