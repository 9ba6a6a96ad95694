"""A derivation is made once for all points, is the same found or made, and its key has everything it depends on."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask.testing import FlaskClient

from service.web import derivations
from tests.web.conftest import Trial


def derive(trial: Trial, made: list[str]) -> None:
    """Lets the trial look its expression up as a derivation, apart from the point."""

    def handler(request: dict[str, Any]) -> dict[str, Any]:
        def compute() -> dict[str, Any]:
            made.append(request["expression"])
            return {"text": f"d {request['expression']}", "coefficient": Fraction(1, 2), "shape": ("n", 2), "large": 2**80}

        found = derivations.cached("trial", {"expression": request["expression"]}, compute)
        return {"answer": found, "at": request["at"], "checks": []}

    trial.handler = handler


def test_a_new_point_finds_the_derivation_made(client: FlaskClient, trial: Trial) -> None:
    made: list[str] = []
    derive(trial, made)
    first = client.post("/v1/trial", json={"expression": "x^2", "at": {"x": 1}})
    second = client.post("/v1/trial", json={"expression": "x^2", "at": {"x": 2}})
    third = client.post("/v1/trial", json={"expression": "x^3", "at": {"x": 2}})
    assert made == ["x^2", "x^3"]
    assert first.headers["Cache-Status"] == "nabla-derivation; fwd=miss; stored, nabla-response; fwd=miss; stored"
    assert second.headers["Cache-Status"] == "nabla-derivation; hit; detail=memory, nabla-response; fwd=miss; stored"
    assert third.headers["Cache-Status"] == first.headers["Cache-Status"]
    assert first.get_json()["answer"] == second.get_json()["answer"]


def test_found_and_made_are_the_same(client: FlaskClient, trial: Trial) -> None:
    derive(trial, [])
    bodies = [client.post("/v1/trial", json={"expression": "x^2", "at": {"x": x}}).get_json()["answer"] for x in (1, 2)]
    assert bodies[0] == bodies[1] == {"text": "d x^2", "coefficient": "1/2", "shape": ["n", 2], "large": 2**80}


def test_without_an_application_it_is_made() -> None:
    assert derivations.cached("trial", {"expression": "x"}, lambda: {"shape": ("n",)}) == {"shape": ["n"]}
