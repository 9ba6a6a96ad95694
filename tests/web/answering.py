"""What every answer to a request is held to."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient


def assert_answers(client: FlaskClient, operation: str, request: dict[str, Any], expected: dict[str, Any]) -> None:
    """The answer has the expected members, and checks that all passed."""
    answer = client.post(f"/v1/{operation}", json=request)
    assert answer.status_code == 200, answer.text
    body = answer.get_json()
    assert {name: body[name] for name in expected} == expected
    assert body["checks"]
    assert all(check["passed"] for check in body["checks"])
