"""The real nginx with deploy/nginx.conf: what it refuses itself is a problem document, slow clients are its own, and it tells the
service who asks. `make test` installs nginx; without it, these are skipped."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from service import limits
from service.web import proxy_problems
from tests import servers
from tests.deploy import proxy
from tests.hostile import slow, wire

HERE = Path(__file__).parent
HTTP = json.loads((HERE.parent / "hostile" / "http.json").read_text())
BODY = b'{"matrix": [[1, 2], [2, 4]]}'
OWN = {  # nginx's own refusals
    "a broken head": (b"GET /livez\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request"),
    "no Host": (b"GET /livez HTTP/1.1\r\n\r\n", 400, "bad-request"),
    "TRACE": (b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405, "method-not-allowed"),
    "the counters": (b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404, "not-found"),
    "a long first line": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "query-too-long"),
    "a long header": (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 9_000 + b"\r\n\r\n", 431, "headers-too-large"),
    "a large body": (wire.post("/v1/rank", {}, b"")[:-21] + b"Content-Length: 48000001\r\n\r\n", 413, "limit-exceeded"),
    "a length and chunks": (slow.HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad-request"),
    "an unknown coding": (slow.HEAD + b"Transfer-Encoding: cake\r\n\r\n", 501, "not-implemented"),
}

pytestmark = pytest.mark.skipif(proxy.program() is None, reason="nginx is not installed: on Debian, as root, `apt-get install nginx`")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address of nginx in front of a service that believes it."""
    folder = tmp_path_factory.mktemp("nginx")
    with servers.service(folder, TRUSTED_PROXIES="1") as base:
        address = urlsplit(base)
        with proxy.nginx(folder, (str(address.hostname), int(address.port or 80))) as place:
            yield place


def test_its_problems_are_ours() -> None:
    assert proxy.CONFIGURATION.with_name("problems.conf").read_text() == proxy_problems.as_nginx(), (
        "deploy/problems.conf is stale: python -m service.web.proxy_problems > deploy/problems.conf"
    )


def test_its_limit_of_bodies_is_ours() -> None:
    assert f"client_max_body_size {limits.limit('body-bytes')};" in proxy.CONFIGURATION.read_text()


@pytest.mark.parametrize("name", OWN)
def test_what_it_refuses_is_a_problem(front: tuple[str, int], name: str) -> None:
    data, status, code = OWN[name]
    answer = wire.send(front, data)[0]
    answer.check()
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["x-request-id"]


def test_hostile_requests_through_it(front: tuple[str, int]) -> None:
    rows = [row for row in HTTP if not row.get("half_close") and "0.9" not in row["name"]]
    with ThreadPoolExecutor(32) as pool:
        for row, answers in zip(rows, pool.map(lambda row: first_answers(front, row), rows), strict=True):
            assert answers, row["name"]
            for answer in answers:
                answer.check()


def first_answers(front: tuple[str, int], row: dict[str, Any]) -> list[wire.Answer]:
    """nginx lets some of these pass, mended, and keeps the connection: a request behind it ends it."""
    data = wire.encode(row["send"]) + b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return wire.send(front, data)


def test_slow_clients_are_its_own(front: tuple[str, int]) -> None:
    with slow.clients(front, 60):
        assert max(slow.good_requests(front, 30)) < float("inf")


def test_the_service_learns_who_asks(front: tuple[str, int]) -> None:
    base = f"http://{front[0]}:{front[1]}"
    sent = {"X-Request-Id": "mine-1", "X-Forwarded-For": "203.0.113.9"}
    answer = servers.request(f"{base}/v1/rank", json.loads(BODY), headers=sent)
    assert answer.headers["X-Request-Id"] == "mine-1"
    other = servers.request(f"{base}/v1/rank", json.loads(BODY), headers={"X-Request-Id": "no sane id"})
    assert len(other.headers["X-Request-Id"]) == 32
    trap = servers.request(f"{base}/v1/rank", b"matrix=1", method="POST", headers={"Content-Type": "text/plain"})
    assert base in trap.text, "the corrected command names the address that the client used"


def test_answers_are_compressed(front: tuple[str, int]) -> None:
    answer = servers.request(f"http://{front[0]}:{front[1]}/v1/operations", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "accept-encoding" in ", ".join(answer.headers.get_all("Vary") or []).lower()


def test_a_service_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    with socket.socket() as held:  # a port on which nobody answers
        held.bind(("127.0.0.1", 0))
        with proxy.nginx(tmp_path, held.getsockname()) as front:
            [answer] = wire.send(front, wire.post("/v1/rank", {"Content-Type": wire.JSON}, BODY))
    answer.check()
    assert (answer.status, answer.code) == (503, "overloaded")
    assert answer.headers["retry-after"] == "1"
