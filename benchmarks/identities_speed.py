"""From the text of a request to the printed answer (text, LaTeX, code), over all published identities, without and with the checks."""

from __future__ import annotations

import statistics
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

from service.answers import derivation
from service.answers.task import read_task
from service.expression.arena import fresh_arena
from tests.calculus.identities import IDENTITIES, Identity
from tests.calculus.test_identities import declarations

ROUNDS = 5


def unchecked() -> AbstractContextManager[Any]:
    """Derivations without the checks of the answer."""
    return mock.patch.object(derivation, "_checks", return_value=[])


def milliseconds(identity: Identity) -> float:
    """Parse, derive, print: the median of a few, each in an arena of its own as for a new request."""
    request: dict[str, Any] = {"expression": identity.expression, "variables": declarations(identity), "wrt": identity.wrt}
    if identity.order > 1:
        request["order"] = identity.order
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        with fresh_arena():
            derivation.derive(read_task(identity.kind, request))
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e3


def run() -> list[dict[str, Any]]:
    rows = []
    for what, patch in (("without checks", unchecked()), ("with checks", nullcontext())):
        with patch:
            times = {identity: milliseconds(identity) for identity in dict.fromkeys(IDENTITIES)}
        ordered = sorted(times.values())
        slowest = max(times, key=lambda identity: times[identity])
        rows.append(
            {
                "derivation": what,
                "identities": len(ordered),
                "p50, ms": round(statistics.median(ordered), 2),
                "p99, ms": round(ordered[int(0.99 * len(ordered))], 1),
                "largest, ms": round(ordered[-1], 1),
                "aim for p99": "< 20 ms" if what == "without checks" else "",
                "slowest": f"{slowest.kind} of {slowest.expression} by {slowest.wrt}",
            }
        )
    return rows
