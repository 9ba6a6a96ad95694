"""Steps over HTTP: there when they are asked for, and told as they are asked for, found or made."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

LAYER = {"expression": "W*x", "variables": {"W": "matrix(n,m)", "x": "vector(m)"}, "wrt": "x"}
KINDS = {
    "derivative": LAYER,
    "gradient": {"expression": "norm2(W*x)^2", "variables": LAYER["variables"], "wrt": "x"},
    "jacobian": LAYER,
    "hessian": {"expression": "norm2(W*x)^2", "variables": LAYER["variables"], "wrt": "x"},
}


def ask(client: FlaskClient, kind: str, **further: Any) -> dict[str, Any]:
    reply = client.post(f"/v1/{kind}", json=KINDS[kind] | further)
    assert reply.status_code == 200, reply.get_json()
    answer: dict[str, Any] = reply.get_json()
    return answer


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_there_when_they_are_asked_for(client: FlaskClient, kind: str) -> None:
    """In any order of the questions: what is cached for one way of telling is not the answer to another."""
    plain, rules, indices = (ask(client, kind, **further) for further in ({}, {"steps": True}, {"steps": True, "explain": "index"}))
    assert "steps" not in plain
    assert "delta" in str(indices["steps"])
    assert "delta" not in str(rules["steps"])
    assert rules["result"] == indices["result"] == plain["result"]
    assert ask(client, kind, steps=True, explain="index") == indices
    assert ask(client, kind, steps=True, explain="rules") == rules
    assert ask(client, kind, steps=False) == plain


def test_a_step_is_data(client: FlaskClient) -> None:
    for step in ask(client, "jacobian", steps=True)["steps"]:
        assert set(step) == {"rule", "code", "before", "after", "text", "wrt"}
        assert set(step["before"]) == set(step["after"]) == {"text", "latex"}
        assert step["wrt"] == ["x"]


def test_steps_go_with_a_point(client: FlaskClient) -> None:
    at = {"W": [[1, 2], [3, 4], [5, 6]], "x": [1, 1]}
    answer = ask(client, "gradient", steps=True, at=at)
    assert answer["value"] == [158, 200]
    assert answer["steps"][-1]["after"]["text"] == answer["result"]["text"]


def test_another_way_of_telling_is_refused_by_name(client: FlaskClient) -> None:
    reply = client.post("/v1/jacobian", json=LAYER | {"steps": True, "explain": "indexes"})
    assert reply.status_code == 400
    assert "index" in reply.get_json()["errors"][0]["detail"] + str(reply.get_json()["errors"][0].get("hint"))
    assert client.get("/v1/derivative?expression=x^2&wrt=x&steps=true").get_json()["steps"]


MATRIX_STEPS = {
    "rank": {"matrix": [[1, 2], [2, 4]]},
    "inverse": {"matrix": [[2, 1], [5, 3]]},
    "determinant": {"matrix": [[2, 1], [5, 3]]},
    "solve": {"matrix": [[2, 1], [5, 3]], "rhs": [1, 2]},
    "orthonormalize": {"vectors": [[1, 1, 0], [1, 0, 1]]},
    "qr": {"matrix": [[1, 1], [1, 0], [0, 1]], "pivoting": True},
    "eigen": {"matrix": [[2, 1], [1, 2]]},
    "diagonalize": {"matrix": [[2, 1], [1, 2]]},
}


@pytest.mark.parametrize("name", MATRIX_STEPS)
def test_computations_by_hand(client: FlaskClient, name: str) -> None:
    request = MATRIX_STEPS[name]
    plain, told = (client.post(f"/v1/{name}", json=request | further).get_json() for further in ({}, {"steps": True}))
    steps = told.pop("steps")
    assert told == plain
    assert all(set(step) == {"rule", "code", "before", "after", "text"} for step in steps)


@pytest.mark.parametrize("name", sorted(MATRIX_STEPS))
def test_steps_that_cannot_be_told_are_refused(client: FlaskClient, name: str) -> None:
    field = "vectors" if name == "orthonormalize" else "matrix"
    large = [[int(i == j) + 1 for j in range(9)] for i in range(9)]
    more = {"rhs": [1] * 9} if name == "solve" else {}
    reply = client.post(f"/v1/{name}", json={field: large, **more, "steps": True})
    assert (reply.status_code, reply.get_json()["errors"][0]["pointer"]) == (413, f"/{field}")
    if name in ("rank", "inverse", "determinant", "eigen"):
        reply = client.post(f"/v1/{name}", json={"matrix": [["a", "b"], ["c", "d"]], "steps": True})
        assert (reply.status_code, reply.get_json()["errors"][0]["pointer"]) == (400, "/steps")
