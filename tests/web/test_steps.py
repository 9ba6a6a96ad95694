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


def test_the_chain_rule_is_told_in_the_names_of_the_request(client: FlaskClient) -> None:
    request = {"inner": {"u": "x^2", "v": "ln(x)"}, "outer": "u*v", "wrt": "x", "steps": True}
    steps = client.post("/v1/chain-rule", json=request).get_json()["steps"]
    assert [step["after"]["text"] for step in steps[:2]] == ["d/du(f)*d/dx(u) + d/dv(f)*d/dx(v)", "2*v*x + u*(1/x)"]
    assert "from x to f: x → u → f, x → v → f; where u = x^2, v = log(x), f = u*v." in steps[0]["text"]
    several = {"inner": {"u": "x1^2*x2^2", "v": "sqrt(x2*x3)"}, "outer": ["u^2", "u*v", "v^2"], "wrt": ["x1", "x2", "x3"], "steps": True}
    answer = client.post("/v1/chain-rule", json=several).get_json()
    assert answer["steps"][-1]["after"]["text"] == answer["result"]["text"]
    assert "from x2 to f2: x2 → u → f2, x2 → v → f2" in answer["steps"][0]["text"]
    nested = {"inner": {"v": "sin(u)", "u": "x^2"}, "outer": "v + u*x", "steps": True}
    told = client.post("/v1/chain-rule", json=nested).get_json()["steps"]
    assert "x → u → v → f, x → u → f, x → f" in told[0]["text"]
    arrays = {"inner": {"r": "A*x - b"}, "outer": "r'*r", "variables": {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, "wrt": "x"}
    told = client.post("/v1/chain-rule", json=arrays | {"steps": True}).get_json()["steps"]
    assert told[-1]["code"] == "read-off-the-gradient"
    assert "steps" not in client.post("/v1/chain-rule", json=arrays).get_json()


def test_a_differential_is_told(client: FlaskClient) -> None:
    request = {"expression": "det(A)", "variables": {"A": "matrix(n,n)"}}
    told = client.post("/v1/differential", json=request | {"steps": True}).get_json()["steps"]
    assert [step["code"] for step in told] == ["jacobi-s-formula", "collect-the-change", "read-off-the-gradient-from-the-trace"]
    assert "steps" not in client.post("/v1/differential", json=request).get_json()


def test_a_taylor_polynomial_is_told(client: FlaskClient) -> None:
    def told(**request: Any) -> list[dict[str, Any]]:
        reply = client.post("/v1/taylor", json=request | {"steps": True})
        assert reply.status_code == 200, reply.get_json()
        assert "steps" not in client.post("/v1/taylor", json=request).get_json()
        steps: list[dict[str, Any]] = reply.get_json()["steps"]
        return steps

    steps = told(expression="exp(2*x)", order=3)
    assert steps[-1]["code"] == "taylor-s-formula"
    assert steps[0]["before"]["text"] == "d/dx(exp(2*x))"
    about = told(expression="sqrt(x)", wrt="x", about={"x": "a"}, order=2)
    assert about[-1]["before"]["text"].startswith("sqrt(a) + ")
    assert told(expression="exp(x)*y", wrt=["x", "y"], about={"x": 0, "y": 1})[-1]["wrt"] == ["x", "y"]
    assert told(expression="logdet(X)", variables={"X": "spd(n)", "A": "spd(n)"}, wrt="X", about={"X": "A"})
    assert told(expression="sin(x)", order=0) == []
    assert told(expression="sin(x)", order=9)[-1]["code"] != "taylor-s-formula"
    assert told(expression=["x*y", "x^2"], wrt=["x", "y"], about={"x": 1})
