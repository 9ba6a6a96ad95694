"""The parts of `benchmarks/chaos.py`, each a few rows of figures from one running service."""

from __future__ import annotations

import os
import random
import re
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import chaos_load as load
from benchmarks.chaos_load import Client, Request, Tally

SECONDS = 12  # of load for one figure


@dataclass(frozen=True)
class Row:
    promise: str
    figure: str
    bound: str
    holds: bool

    def cells(self) -> dict[str, Any]:
        return {"promise": self.promise, "figure": self.figure, "bound": self.bound, "holds": "yes" if self.holds else "NO"}


@dataclass(frozen=True)
class Service:
    """The running service: gunicorn's arbiter, its workers, their zygotes and these one's children."""

    port: int
    arbiter: int
    minutes: float

    def workers(self) -> list[int]:
        return offspring(self.arbiter)

    def computing(self) -> list[int]:
        """Zygotes, their twins and their children, whoever their parents are by now."""
        group = os.getpgid(self.arbiter)
        return [pid for pid in map(int, filter(str.isdecimal, _listed("/proc"))) if _computes(pid, group)]

    def zygotes(self) -> list[int]:
        return [pid for pid in self.computing() if _session(pid) != pid]

    def children(self) -> list[int]:
        return [pid for pid in self.computing() if _session(pid) == pid]

    def everybody(self) -> list[int]:
        return [self.arbiter, *self.workers(), *self.zygotes(), *self.children()]

    def wait_until_ready(self, seconds: float = 60) -> float:
        """Until each worker has its zygote, and that its children; how long it took."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            if len(self.workers()) >= 2 and len(self.zygotes()) >= 4 and len(self.children()) >= 4:
                return time.monotonic() - begin
            time.sleep(0.02)
        raise RuntimeError("the service did not become whole")


def offspring(pid: int) -> list[int]:
    """The child processes of all threads of a process; none when it is gone."""
    found: list[int] = []
    for task in _listed(f"/proc/{pid}/task"):
        try:
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            continue
    return found


def _computes(pid: int, group: int) -> bool:
    try:
        return b"service.web.child" in Path(f"/proc/{pid}/cmdline").read_bytes() and _group(pid) == group
    except OSError:
        return False


def _group(pid: int) -> int:
    """The process group of the service: that of a child's zygote for a child, which has one of its own."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own, parent = int(stat[2]), int(stat[1])
    return os.getpgid(parent) if own == pid else own


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def memory(pids: list[int]) -> float:
    """Megabytes that the processes hold, what they share counted once (the proportional set size)."""
    total = 0
    for pid in pids:
        try:
            total += int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)[1])  # type: ignore[index]
        except OSError:
            continue
    return total / 1e3


def descriptors(pids: list[int]) -> int:
    return sum(len(_listed(f"/proc/{pid}/fd")) for pid in pids)


# --- attackers ------------------------------------------------------------------------------------------------------


def attackers(service: Service) -> Iterator[Row]:
    """Good clients beside four that send what blows up."""
    load.good_load(service.port, 5)
    alone = load.good_load(service.port, SECONDS)
    with load.attackers(service.port, 4) as attack:
        beside = load.good_load(service.port, 2 * SECONDS)
    yield Row(
        "good p50 / p99 alone", f"{alone.median:.1f} / {alone.milliseconds(0.99):.1f} ms (the machine: {alone.jitter})", "", not alone.lost
    )
    ratio = beside.milliseconds(0.99) / alone.milliseconds(0.99)
    figure = f"{beside.median:.1f} / {beside.milliseconds(0.99):.1f} ms, {ratio:.1f}x (the machine: {beside.jitter})"
    yield Row("good p50 / p99 beside 4 attackers", figure, "3x or 50 ms", ratio <= 3 or beside.milliseconds(0.99) <= 50)
    yield Row("good requests lost", f"{beside.lost or 0} of {beside.ends.total()}", "0", not beside.lost)
    yield Row("what the attackers got", str(dict(attack.ends)), "no 500", not any(end.startswith("500") for end in attack.ends))


# --- deadlines ------------------------------------------------------------------------------------------------------


def deadlines(service: Service) -> Iterator[Row]:
    """By how much a request outlives its deadline."""
    client = Client(service.port, "10.1.0.1")
    over = []
    for milliseconds in (50, 200, 1000):
        for _ in range(4):
            for bomb in load.bombs():
                bomb = Request(bomb.operation, {**bomb.body, "deadline_ms": milliseconds})
                begin = time.perf_counter()
                status, _ = client.send(bomb)
                if status == 503:
                    over.append((time.perf_counter() - begin) * 1e3 - milliseconds)
    figure = f"median {statistics.median(over):.1f}, most {max(over):.1f} ms over, {len(over)} requests"
    yield Row("deadline overshoot", figure, "100 ms", max(over) <= 100)


# --- kills ----------------------------------------------------------------------------------------------------------


@contextmanager
def _every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            act()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _kill_one(pids: list[int]) -> None:
    if pids:
        with suppress(ProcessLookupError):
            os.kill(random.choice(pids), signal.SIGKILL)


def kills(service: Service) -> Iterator[Row]:
    """kill -9 under load."""
    with _every(0.25, lambda: _kill_one(service.children())):
        tally = load.good_load(service.port, SECONDS)
    yield _survived("kill -9 of a compute child, 4 a second", tally, allowed=0)
    with _every(2, lambda: _kill_one(service.zygotes())):
        tally = load.good_load(service.port, SECONDS)
    yield _survived("kill -9 of a zygote, every 2 s", tally, allowed=0)
    service.wait_until_ready()
    whole: list[float] = []

    def kill_a_worker() -> None:
        victim = random.choice(service.workers())
        os.kill(victim, signal.SIGKILL)
        begin = time.monotonic()
        while victim in service.workers() or len(service.workers()) < 2:
            time.sleep(0.01)
        whole.append(time.monotonic() - begin)

    with _every(8, kill_a_worker):
        tally = load.good_load(service.port, 3 * 8 + 4)
    yield _survived(f"kill -9 of a gunicorn worker, {len(whole)} times", tally, allowed=load.GOOD_CLIENTS * len(whole))
    yield Row("two workers again after", f"{max(whole):.2f} s", "2 s", max(whole) <= 2)
    yield Row("and all their processes after", f"{service.wait_until_ready():.2f} s more", "", True)


def _survived(what: str, tally: Tally, allowed: int) -> Row:
    wrong = sum(count for end, count in tally.ends.items() if end not in ("200", "connection lost"))
    lost = tally.ends["connection lost"]
    figure = f"{tally.lost or 'none lost'} of {tally.ends.total()}, p99 {tally.milliseconds(0.99):.0f} ms"
    return Row(what, figure, "0 wrong, 0 5xx" + (f", {allowed} lost" if allowed else ", 0 lost"), wrong == 0 and lost <= allowed)


# --- overhead -------------------------------------------------------------------------------------------------------


def overhead(service: Service) -> Iterator[Row]:
    """What the budget costs: nothing where work runs in its request's thread, a round trip to a child elsewhere."""
    client = Client(service.port, "10.2.0.1")
    pool: list[float] = []
    direct: list[float] = []
    for _ in range(400):
        for make, found in ((load.evaluate, pool), (load.inverse, direct)):
            timing = client.timing(make())
            found.append(timing.get("pool", 0.0))
    yield Row(
        "overhead of the pool, one request at a time",
        f"median {statistics.median(pool) * 1e3:.0f} us",
        "1000 us",
        statistics.median(pool) < 1,
    )
    yield Row("overhead in the thread", f"{max(direct) * 1e3:.0f} us", "0", max(direct) == 0)


# --- the long run ---------------------------------------------------------------------------------------------------


CACHES = 2 * 16  # megabytes: CACHE_MEMORY_BYTES of two workers


def soak(service: Service) -> Iterator[Row]:
    """Mixed load for minutes: memory, processes and descriptors before and after, and a third of the way."""
    load.good_load(service.port, 15)
    time.sleep(1)
    before = service.everybody()
    first = memory(before), len(before), descriptors(before)
    seconds = 60 * service.minutes
    with load.attackers(service.port, 1) as attack:
        tally = load.good_load(service.port, seconds)
    time.sleep(12)
    after = service.everybody()
    last = memory(after), len(after), descriptors(after)
    what = f"{tally.ends.total()} good requests, {attack.ends.total()} bombs in {service.minutes:g} min"
    yield Row(what, f"lost: {tally.lost or 0}; p99 {tally.milliseconds(0.99):.0f} ms", "0", not tally.lost)
    yield Row("memory", f"{first[0]:.0f} MB, then {last[0]:.0f} MB", "+30 MB and the caches", last[0] - first[0] <= 30 + CACHES)
    yield Row("processes", f"{first[1]}, then {last[1]}", "no more", last[1] <= first[1] + 2)
    yield Row("descriptors", f"{first[2]}, then {last[2]}", "no more", last[2] <= first[2] + 16)
