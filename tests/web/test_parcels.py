"""Whole numbers beyond 64 bits pass between a worker and its computing children, too."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from service.errors import LimitExceeded
from service.web import parcels
from service.web.parcels import Outcome

LARGE = 10**25


def test_the_facts_of_an_error_are_kept_exactly() -> None:
    error = LimitExceeded("too much", facts={"limit": "digits", "value": LARGE})
    found = Outcome.unpack(Outcome(b"", error, {}, []).pack()).error
    assert found is not None
    assert found.facts == error.facts


def test_a_deadline_beyond_all_times_is_none() -> None:
    head, _ = parcels.unpack_question(parcels.pack_key("a", LARGE))
    assert head == {"key": "a", "deadline_ms": parcels.LONGEST}
    assert parcels.unpack_question(parcels.pack_key("a", None))[0]["deadline_ms"] is None


@pytest.mark.parametrize(
    ("operation", "fields", "status"),
    [
        ("eigen", {"matrix": [[1, 2], [3, 4]], "digits": LARGE}, 413),
        ("rank", {"matrix": [[i * j + 0.5 for i in range(100)] for j in range(100)], "deadline_ms": LARGE}, 200),
    ],
)
def test_they_are_answered_as_in_the_request_itself(live_server: str, operation: str, fields: dict[str, object], status: int) -> None:
    request = Request(f"{live_server}/v1/{operation}", json.dumps(fields).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=20) as answer:
            found = answer.status
    except HTTPError as problem:
        found = problem.code
    assert found == status
