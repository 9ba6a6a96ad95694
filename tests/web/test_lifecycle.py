"""Workers come and go, and no request that was accepted is lost: recycling, reload, kill -9, the end. With the real gunicorn."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.web.test_metrics import Samples, samples

RECYCLED_AFTER = 60
BODY = b'{"label": "x"}'
HEADERS = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    options = ("--max-requests", str(RECYCLED_AFTER), "--max-requests-jitter", "10")
    application = "tests.web.lifecycle_app:create_app()"
    folder = tmp_path_factory.mktemp("lifecycle")
    with servers.started(folder, *options, application=application, WEB_CONCURRENCY="2", LOG_LEVEL="warning") as running:
        yield running


def ask(base: str, order: int = 0) -> int:
    """The status of a request on a connection of its own."""
    return servers.request(f"{base}/v1/trial", {"order": order, "label": f"{time.monotonic_ns()}"}).status


def keep_asking(base: str, number: int) -> list[int]:
    """The statuses of requests on one connection, which is made anew when the server says that it closes it."""
    statuses = []
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=20)
    for _ in range(number):
        connection.request("POST", "/v1/trial", BODY, HEADERS)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def ask_once(base: str) -> str:
    """The status of a request on a connection of its own, or `refused` when there was no connection, or `lost`."""
    host, _, port = urlsplit(base).netloc.partition(":")
    try:
        connection = socket.create_connection((host, int(port)), timeout=20)
    except OSError:
        return "refused"
    try:
        with connection:
            head = f"POST /v1/trial HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
            connection.sendall(head.encode() + BODY)
            return connection.recv(12).decode()[9:] or "lost"
    except OSError:
        return "lost"


def workers(arbiter: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{arbiter}/task/{arbiter}/children").read_text().split()]


def scraped(base: str) -> Samples:
    return samples(servers.request(f"{base}/metrics").text)


def settled(base: str, arbiter: int) -> Samples:
    """The metrics once two workers are left, and have said so."""
    give_up = time.monotonic() + 30
    while True:
        seen = scraped(base)
        if seen.get(("nabla_workers",)) == len(workers(arbiter)) == 2 or time.monotonic() > give_up:
            return seen
        time.sleep(0.1)


def trials(seen: Samples) -> float:
    return sum(value for key, value in seen.items() if key[:2] == ("nabla_requests_total", "other"))


def load(base: str, disturb: threading.Event) -> list[int]:
    """The statuses of 400 requests of four clients, half of them on connections that are kept; a disturbance meanwhile."""
    with ThreadPoolExecutor(4) as pool:
        kept = [pool.submit(keep_asking, base, 100) for _ in range(2)]
        single = [pool.submit(lambda: [ask(base) for _ in range(100)]) for _ in range(2)]
        time.sleep(0.05)
        disturb.set()
        return [status for future in kept + single for status in future.result()]


def test_recycled_and_reloaded_workers_lose_no_request_and_no_count(server: tuple[str, int]) -> None:
    base, arbiter = server
    first = set(workers(arbiter))
    before = trials(settled(base, arbiter))
    disturb = threading.Event()

    def reload() -> None:
        disturb.wait(10)
        for _ in range(2):
            os.kill(arbiter, signal.SIGHUP)
            time.sleep(0.4)

    thread = threading.Thread(target=reload)
    thread.start()
    assert load(base, disturb) == [200] * 400
    thread.join()
    seen = settled(base, arbiter)
    assert seen["nabla_workers",] == 2
    assert trials(seen) - before == 400
    assert not first & set(workers(arbiter))
    assert seen["nabla_worker_starts_total",] >= 6


def test_what_never_became_a_request_is_counted(server: tuple[str, int]) -> None:
    base, arbiter = server
    host, _, port = urlsplit(base).netloc.partition(":")
    before = settled(base, arbiter).get(("nabla_problems_total", "bad-request"), 0)
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"no HTTP at all\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"
    assert scraped(base)["nabla_problems_total", "bad-request"] == before + 1


def test_a_worker_that_is_killed_is_replaced_and_its_counts_stay(server: tuple[str, int]) -> None:
    base, arbiter = server
    assert ask(base) == 200
    before = trials(settled(base, arbiter))
    os.kill(workers(arbiter)[0], signal.SIGKILL)
    assert [ask(base) for _ in range(10)] == [200] * 10
    seen = settled(base, arbiter)
    assert seen["nabla_workers",] == 2
    assert trials(seen) == before + 10


def test_the_end_finishes_what_is_in_flight_and_says_that_nothing_more_should_come(server: tuple[str, int]) -> None:
    """The last test of the module: it ends the server."""
    base, arbiter = server
    kept = http.client.HTTPConnection(urlsplit(base).netloc, timeout=10)
    kept.request("GET", "/readyz")
    answer = kept.getresponse()
    assert (answer.status, answer.read()) == (200, b'{"status":"ready"}\n')
    with ThreadPoolExecutor(30) as pool:
        in_flight = [pool.submit(ask, base, 9) for _ in range(6)]
        time.sleep(0.2)
        late = [pool.submit(lambda: [ask_once(base) for _ in range(15)]) for _ in range(20)]
        os.kill(arbiter, signal.SIGTERM)
        give_up = time.monotonic() + 5
        said = (200, b"")
        while said[0] == 200 and time.monotonic() < give_up:  # until the signal has reached the worker
            time.sleep(0.05)
            kept.request("GET", "/readyz")
            answer = kept.getresponse()
            said = (answer.status, answer.read())
        assert said == (503, b'{"status":"stopping"}\n')
        assert [future.result() for future in in_flight] == [200] * 6
        assert {outcome for future in late for outcome in future.result()} <= {"200", "refused"}


def test_memory_is_steady_over_thousands_of_requests(live_server: str) -> None:
    """Half of them are new, a tenth are refused; what the cache keeps of them is a few megabytes."""
    connection = http.client.HTTPConnection(urlsplit(live_server).netloc, timeout=30)

    def send(first: int, last: int) -> int:
        for i in range(first, last):
            matrix = f"[[{i // 2}, 1.5], [2, {i % 7}]]" if i % 10 else f"[[{i}, 1], [2]]"
            connection.request("POST", "/v1/determinant", f'{{"matrix": {matrix}}}'.encode(), HEADERS)
            answer = connection.getresponse()
            assert answer.status == (200 if i % 10 else 400), answer.read()
            answer.read()
        time.sleep(1.2)  # the pulse of the worker
        seen = scraped(live_server)
        return int(max(value for key, value in seen.items() if key[0] == "nabla_worker_resident_bytes"))

    before = send(0, 1_000)
    assert send(1_000, 5_000) - before < 30e6


def test_a_worker_is_ready_when_the_processes_that_it_computes_in_are(live_server: str) -> None:
    give_up = time.monotonic() + 60
    seen = set()
    while (answer := servers.request(f"{live_server}/readyz")).status != 200 and time.monotonic() < give_up:
        seen.add((answer.status, answer.json()["status"]))
        time.sleep(0.1)
    assert answer.json() == {"status": "ready"}
    assert seen <= {(503, "warming up")}
