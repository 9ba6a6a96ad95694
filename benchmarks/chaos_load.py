"""Load for `benchmarks/chaos.py`: good clients at a steady rate, each answer checked, and attackers that send what blows up."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
Verdict = Callable[[Body], bool]

GOOD_CLIENTS = 8
SLEEPER = """if True:
    import sys, time
    end = time.perf_counter() + float(sys.argv[1])
    while (begin := time.perf_counter()) < end:
        time.sleep(0.01)
        print(time.perf_counter() - begin - 0.01)
"""
_numbers = itertools.count(2)


@dataclass(frozen=True)
class Request:
    operation: str
    body: Body
    is_right: Verdict = lambda answer: True


def inverse() -> Request:
    k = next(_numbers)
    return Request("inverse", {"matrix": [[k, 0], [0, 4]]}, lambda answer: abs(answer["inverse"][0][0] * k - 1) < 1e-12)


def rank() -> Request:
    k = next(_numbers)
    return Request("rank", {"matrix": [[k, 1, 2], [2 * k, 2, 4], [0, 1, 1]]}, lambda answer: answer["rank"] == 2)


def gradient() -> Request:
    k = next(_numbers)
    body = {"expression": f"{k}*x^2 + y", "at": {"x": 1, "y": 1}}
    return Request("gradient", body, lambda answer: answer["value"] == [2.0 * k, 1.0])


def evaluate() -> Request:
    k = next(_numbers)
    body = {"expression": "norm2(A*x)^2", "variables": {"A": "matrix(2,2)", "x": "vector(2)"}}
    return Request(
        "evaluate", {**body, "at": {"A": [[k, 0], [0, 1]], "x": [1, 1]}}, lambda answer: abs(answer["value"] / (k * k + 1) - 1) < 1e-12
    )


def solve_exactly() -> Request:
    k = next(_numbers)
    body = {"matrix": [[k, 1], [0, 3]], "rhs": [1, 3], "arithmetic": "exact"}
    return Request("solve", body, lambda answer: answer["x"] == ["0", "1"])


def fit() -> Request:
    k = next(_numbers)
    body = {"model": "ols", "X": [[1], [2], [3], [4]], "y": [k, 2 * k, 3 * k, 4 * k]}
    return Request("regression", body, lambda answer: abs(answer["coefficients"][0] / k - 1) < 1e-9)


GOOD = (inverse, rank, gradient, evaluate, solve_exactly, fit)


def bombs() -> list[Request]:
    """Requests that are accepted, and take from ten seconds to for ever. No two are the same."""
    draw = random.Random(next(_numbers))

    def fraction() -> str:
        return f"{draw.randrange(10**90, 10**99)}/{draw.randrange(10**90, 10**99)}"

    k = next(_numbers)
    return [
        Request("rank", {"matrix": [[fraction() for _ in range(70)] for _ in range(70)]}),
        Request("taylor", {"expression": f"exp(sin(x*y)+{k}*z*w)", "order": 40}),
        Request("critical-points", {"expression": f"sin(x*y)*cos(y*z)*exp(sin(x*{k}*z))"}),
        Request("derivative", {"expression": f"tan(sin({k}*x*y*z)*exp(cos(x^y)))^9", "order": 5, "wrt": "x"}),
        Request("hessian", {"expression": f"log({'+'.join(f'exp({k}*x{i}*x{i + 1})' for i in range(150))})"}),
    ]


@dataclass
class Tally:
    """What became of the requests: seconds of each that was answered, and how many ended how."""

    seconds: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)  # seconds by which the machine itself woke a sleeping process late

    def milliseconds(self, part: float) -> float:
        return 1e3 * sorted(self.seconds)[min(len(self.seconds) - 1, int(part * len(self.seconds)))] if self.seconds else float("nan")

    @property
    def median(self) -> float:
        return 1e3 * statistics.median(self.seconds) if self.seconds else float("nan")

    @property
    def jitter(self) -> str:
        """How late this machine wakes who sleeps: no service answers faster than that."""
        delays = sorted(self.delays)
        return f"{1e3 * delays[int(0.99 * len(delays))]:.0f} ms"

    @property
    def lost(self) -> dict[str, int]:
        return {end: count for end, count in self.ends.items() if end != "200"}


class Client:
    """One client with its own address and its own connection, which it opens again when it breaks."""

    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self._connection: http.client.HTTPConnection | None = None

    def timing(self, request: Request) -> dict[str, float]:
        """Milliseconds of each stage, as the service tells them."""
        status, _, header = self._send(request)
        assert status == 200, status
        return {name: float(value) for name, value in re.findall(r"(\w+);dur=([\d.]+)", header)}

    def send(self, request: Request) -> tuple[int, Body]:
        """Status and answer; raises OSError or http.client.HTTPException when the connection breaks."""
        return self._send(request)[:2]

    def _send(self, request: Request) -> tuple[int, Body, str]:
        """Opens a connection where there is none."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Content-Type": "application/json", "X-Forwarded-For": self._address}
        try:
            self._connection.request("POST", f"/v1/{request.operation}", json.dumps(request.body), headers)
            answer = self._connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers.get("Server-Timing", "")
        except BaseException:
            self._connection.close()
            self._connection = None
            raise


def judge(client: Client, request: Request, tally: Tally, started: float) -> None:
    try:
        status, answer = client.send(request)
    except (OSError, http.client.HTTPException):
        tally.ends["connection lost"] += 1
        return
    seconds = time.perf_counter() - started
    if status == 200:
        tally.seconds.append(seconds)
        tally.ends["200" if request.is_right(answer) else "wrong"] += 1
    else:
        tally.ends[f"{status} {answer.get('code')}"] += 1


def good_load(port: int, seconds: float, rate: float = 40.0) -> Tally:
    """Good clients, together `rate` requests a second, each at its appointed time; latency counts from then."""
    tally = Tally()
    begin = time.perf_counter() + 0.1
    turns = iter(range(int(rate * seconds)))
    lock = threading.Lock()

    def serve(number: int) -> None:
        client = Client(port, f"10.0.0.{number}")
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None:
                return
            due = begin + turn / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            judge(client, GOOD[turn % len(GOOD)](), tally, due)

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(GOOD_CLIENTS)]
    for thread in threads:
        thread.start()
    with subprocess.Popen([sys.executable, "-c", SLEEPER, str(seconds)], stdout=subprocess.PIPE, text=True) as sleeper:
        assert sleeper.stdout is not None
        tally.delays = [float(line) for line in sleeper.stdout]
    for thread in threads:
        thread.join()
    return tally


@contextmanager
def attackers(port: int, count: int) -> Iterator[Tally]:
    """So many clients, each sending bombs one after another, and heeding no Retry-After beyond a tenth of a second."""
    tally, over = Tally(), threading.Event()

    def attack(number: int) -> None:
        client = Client(port, f"192.0.2.{number}")
        requests: Iterator[Request] = itertools.chain.from_iterable(bombs()[number:] + bombs() for _ in itertools.count())
        for request in requests:
            if over.is_set():
                return
            before = tally.ends.total()
            judge(client, request, tally, time.perf_counter())
            if tally.lost and before != tally.ends.total():
                over.wait(0.1)

    threads = [threading.Thread(target=attack, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    try:
        yield tally
    finally:
        over.set()
        for thread in threads:
            thread.join(15)
