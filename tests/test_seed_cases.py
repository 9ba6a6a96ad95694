"""The worked examples of the source documents, over HTTP: all of them hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import servers
from tests.equivalence import same_function

DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "seed_cases.json").read_text())["cases"]


def follow(document: Any, path: str) -> Any:
    """The value at a dotted path; lists by number, `length` of a list."""
    for step in path.split("."):
        if step == "length":
            document = len(document)
            continue
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def shortfall(base: str, case: dict[str, Any], expected: dict[str, Any], reply: servers.Reply) -> str | None:
    """Why the answer falls short of one expectation; None when it does not."""
    if "status" in expected:
        missing = [word for word in expected["mentions"] if word not in json.dumps(reply.json(), ensure_ascii=False)]
        return None if reply.status == expected["status"] and not missing else f"status {reply.status}, missing {missing}"
    if reply.status != 200:
        return f"status {reply.status}: {reply.text[:200]}"
    try:
        found = follow(reply.json(), expected["path"])
    except (KeyError, IndexError, TypeError, ValueError):
        return f"there is no {expected['path']}"
    return None if meets(base, case, expected, found) else f"{expected['path']} is {str(found)[:200]}, not {expected}"


def meets(base: str, case: dict[str, Any], expected: dict[str, Any], found: Any) -> bool:
    if "equals" in expected:
        return bool(found == expected["equals"])
    if "contains" in expected:
        return expected["contains"] in json.dumps(found, ensure_ascii=False)
    if "approx" in expected:
        wanted, given = np.array(expected["approx"], dtype=float), np.array(found, dtype=float)
        close = wanted.shape == given.shape and np.allclose(given, wanted, expected.get("rtol", 1e-9), expected.get("atol", 1e-12))
        return bool(close)
    if isinstance(found, dict):
        found = found["entries"] if isinstance(found.get("entries"), list) else found["text"]
    return same_function(base, found, expected["equivalent"], case["request"].get("variables"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_worked_example_holds(live_server: str, case: dict[str, Any]) -> None:
    reply = servers.request(f"{live_server}/v1/{case['operation']}", case["request"])
    reasons = [reason for expected in case["expect"] if (reason := shortfall(live_server, case, expected, reply))]
    assert not reasons, reasons
