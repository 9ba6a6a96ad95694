"""Hostile bytes over HTTP against the service as it is deployed: each ends in a declared answer, none runs, hangs or breaks it.

http.json and bodies.json hold a row an attempt: its name, what is sent, the statuses (and codes) it may end in.
"""

from __future__ import annotations

import contextlib
import json
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import mutations, slow, wire
from tests.hostile.conftest import MARK

HERE = Path(__file__).parent
HTTP: list[dict[str, Any]] = json.loads((HERE / "http.json").read_text())
BODIES: list[dict[str, Any]] = json.loads((HERE / "bodies.json").read_text())
INJECTIONS: list[str] = json.loads((HERE / "injections.json").read_text())
SAMPLED = 1_500  # mutated requests in the suite; `make fuzz` sends more
REFUSED = (400, 413, 422)

Address = tuple[str, int]


def test_there_are_enough() -> None:
    names = [row["name"] for row in HTTP + BODIES]
    assert len(set(names)) == len(names) >= 250


@pytest.mark.parametrize("row", HTTP, ids=lambda row: row["name"])
def test_http(target: Address, row: dict[str, Any]) -> None:
    answers = wire.send(target, wire.encode(row["send"]), half_close=row.get("half_close", False))
    assert answers
    assert len(answers) == row.get("answers", len(answers))
    expect(answers[0], row)


@pytest.mark.parametrize("row", BODIES, ids=lambda row: row["name"])
def test_body(target: Address, row: dict[str, Any]) -> None:
    [answer] = wire.send(target, wire.post(row["path"], row["headers"], wire.encode(row["body"])))
    expect(answer, row)


def expect(answer: wire.Answer, row: dict[str, Any]) -> None:
    answer.check()
    assert answer.status in row["status"], answer
    assert answer.status < 400 or answer.code in row.get("code", [answer.code]), answer


def test_nothing_that_is_sent_is_run(target: Address, witness: Path) -> None:
    """Code in place of every text that an operation takes, and in the names of its fields, variables and columns."""
    requests = [request for text in INJECTIONS for request in mutations.with_text(text.replace("MARK", MARK))]
    for (operation, fields), answer in zip(requests, ask_all(target, requests), strict=True):
        answer.check()
        assert answer.status in REFUSED, (operation, fields, answer)
    assert not witness.read_text()
    assert not list(Path.cwd().rglob(f"*{MARK}*"))


MANY = {
    "odd values in every field of every operation": [mutations.mutated(seed) for seed in range(SAMPLED)],
    "numbers at the ends of doubles": mutations.extremes(),
    "expressions that blow up": mutations.bombs(deadline=200),
}


@pytest.mark.parametrize("kind", MANY)
def test_many(target: Address, kind: str) -> None:
    requests = MANY[kind]
    for (operation, fields), answer in zip(requests, ask_all(target, requests), strict=True):
        try:
            answer.check()
        except AssertionError as error:
            raise AssertionError(f"{operation} {json.dumps(fields)[:1000]}") from error


def ask_all(target: Address, requests: list[mutations.Request]) -> list[wire.Answer]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda request: wire.ask(target, *request), requests))


def test_slow_clients_hold_no_thread(target: Address) -> None:
    """More of them than there are threads; requests beside them are answered, and none is lost."""
    with slow.clients(target, 150):
        assert max(slow.good_requests(target, 30)) < float("inf")


@pytest.mark.parametrize("kind", ["idle", "slow head"])
def test_more_connections_than_there_are_places_give_way(target: Address, kind: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4_096:
        pytest.skip("this many connections cannot be opened here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4_096), hard))
    with contextlib.ExitStack() as connections:
        for _ in range(2_300):  # two workers have 1,000 places each
            connection = connections.enter_context(socket.create_connection(target, timeout=5))
            with contextlib.suppress(OSError):
                connection.sendall(slow.KINDS[kind][0])
        assert max(slow.good_requests(target, 20)) < float("inf")
