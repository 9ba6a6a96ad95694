"""Computations in processes that can be killed, each within its deadline, none in the way of the others.

A computation begins in the *fast* lane, which has few places. Past a slice of processor time it leaves it for the *slow* lane,
where others go first; it waits, stopped, while that is full. What it uses there is owed by
its client; the computations of a client over its budget begin in the slow lane, or are refused when that is full. So short
computations wait for short ones only, whoever else is at what.

    run      a place in flight, or Overloaded
    fast     a place in the fast lane and a child; the task; the answer, mostly
    slow     past the slice: the place in the fast lane is free for others
    killed   at the deadline, or when the client owes too much
    again    once, when the child died by itself
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from service import limits
from service.compute import channel
from service.compute.channel import Closed, Late
from service.compute.child import Child
from service.compute.debts import Debts
from service.compute.nursery import Nursery
from service.errors import ComputationDied, CpuBudgetExceeded, DeadlineExceeded, Overloaded

FORGIVEN = 0.5  # seconds of processor time a second
ATTEMPTS = 2
AGAIN = 0.15  # seconds until what the kernel refused for now is tried again
SLOWEST_WAITING = 0.5  # of the places in flight: so many may be taken by computations past their slice

Reply = Callable[[bytes], bytes]  # answers what a child asks while it computes
Noted = Callable[[bytes], None]  # gets what a child had noted when it was killed


class Deadline(Protocol):
    """When a request is given up, on the clock of time.monotonic. A reply to its child may bring it nearer."""

    @property
    def at(self) -> float: ...


class _Lane:
    """A number of places, and those who wait for one."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self.taken = 0

    def enter(self, places: int, until: float) -> bool:
        """Takes a place, waiting for one until then."""
        with self._changed:
            while self.taken >= places:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
            self.taken += 1
            return True

    def leave(self) -> None:
        with self._changed:
            self.taken -= 1
            self._changed.notify_all()


class Pool:
    """One for each worker process. `counts` are totals since the start, for the metrics."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._fast = _Lane(threading.Condition(self._lock))
        self._slow = _Lane(threading.Condition(self._lock))
        self._in_flight = 0
        self._long: Counter[str] = Counter()  # computations past their slice, by client
        self._debts = Debts(limits.limit("cpu-budget"), FORGIVEN)
        self.counts: Counter[str] = Counter()
        self.nursery = Nursery(command, environment, size=limits.limit("fast-computations"))

    @property
    def is_ready(self) -> bool:
        return self.nursery.is_up

    def state(self) -> dict[str, int]:
        """Who is where at this moment."""
        return {"in_flight": self._in_flight, "fast": self._fast.taken, "slow": self._slow.taken, "ready": int(self.is_ready)}

    def close(self) -> None:
        self.nursery.close()

    def run(self, task: bytes, deadline: Deadline, client: str, reply: Reply, noted: Noted) -> bytes:
        """The child's answer to `task`.

        Raises DeadlineExceeded, Overloaded, CpuBudgetExceeded or ComputationDied.
        """
        with self._lock:
            if self._in_flight >= limits.limit("requests-in-flight"):
                self.counts["shed"] += 1
                raise _overloaded("requests-in-flight")
            self._in_flight += 1
        try:
            for _ in range(ATTEMPTS):
                try:
                    return _Run(self, task, deadline, client, reply, noted).answer()
                except Closed:
                    self.counts["died"] += 1
            raise ComputationDied(
                "the process that computed this ended twice before it had an answer", hint="ask for less: it may need too much memory"
            )
        finally:
            with self._lock:
                self._in_flight -= 1


class _Run:
    """One attempt at one task."""

    def __init__(self, pool: Pool, task: bytes, deadline: Deadline, client: str, reply: Reply, noted: Noted) -> None:
        self.pool, self.task, self.deadline, self.client, self.reply, self.noted = pool, task, deadline, client, reply, noted
        self.lane: _Lane | None = None
        self.child: Child | None = None
        self.is_long = False

    def answer(self) -> bytes:
        pool = self.pool
        try:
            wait = pool._debts.seconds_to_wait(self.client)
            if wait:
                self._begin_slow(wait)
            else:
                self._enter(pool._fast, "fast-computations")
            child = self.child = pool.nursery.take(self.deadline.at)
            if child is None:
                raise self._too_late()
            if wait:
                self._slow_down(child)
            answer = self._converse(child)
            if answer[:1] == b"+" and not child.is_slow:
                self._settle(child)
                self.child = None
                pool.nursery.give_back(child)
            return answer[1:]
        finally:
            if self.child is not None:
                self._settle(self.child)
                self.child.kill()
                if not self.child.is_slow:
                    pool.nursery.let_go()
            if self.lane is not None:
                self.lane.leave()
            if self.is_long:
                self._is_no_longer_long()

    def _converse(self, child: Child) -> bytes:
        """Sends the task, answers what the child asks, demotes it past its slice; the answer."""
        line = child.channel
        slice_ = limits.limit("slice-milliseconds") / 1e3
        child.begin()
        look = time.monotonic() + slice_
        send: tuple[bytes, bytes] | None = (channel.TASK, self.task)
        while True:
            try:
                if send is not None:
                    line.send(*send, self.deadline.at)
                    send = None
                kind, payload = line.receive(min(look, self.deadline.at))
                if kind == channel.ANSWER:
                    return payload
                send = (channel.REPLY, self.reply(payload))
            except Late:
                if time.monotonic() >= self.deadline.at:
                    raise self._too_late() from None
                left = slice_ - child.used()
                if left <= 0 and not self.is_long:
                    self._past_slice(child)
                # a fast one that comes late here waits for the processor, or for a reply
                look = self._look_again(child) if child.is_slow else time.monotonic() + max(left, 0.005)

    def _look_again(self, child: Child) -> float:
        """Makes sure of its priority; when to look next."""
        if child.slow_down() and self.is_long:
            return math.inf
        return time.monotonic() + AGAIN

    def _past_slice(self, child: Child) -> None:
        """Out of the fast lane, into the slow one; stopped while that is full."""
        pool = self.pool
        if child.is_slow:  # its client is over its budget: short computations only
            raise self._over_budget(pool._debts.seconds_to_wait(self.client))
        pool.counts["demoted"] += 1
        self._slow_down(child)
        child.pause()
        assert self.lane is not None
        self.lane.leave()
        self.lane = None
        with pool._lock:
            if pool._long[self.client] >= limits.limit("client-computations"):
                pool.counts["over-budget"] += 1
                raise CpuBudgetExceeded(
                    f"{pool._long[self.client]} long computations of this client are running already",
                    hint="wait for their answers before asking for more; short computations go on",
                    facts={"limit": "client-computations", "retry_after": 1},
                )
            if pool._long.total() >= limits.limit("requests-in-flight") * SLOWEST_WAITING:
                pool.counts["shed"] += 1
                raise _overloaded("slow-computations")
            pool._long[self.client] += 1
            self.is_long = True
        self._enter(pool._slow, "slow-computations")
        child.resume()

    def _slow_down(self, child: Child) -> None:
        """There is no way back to the fast lane: another child takes its place there."""
        child.slow_down()
        self.pool.nursery.let_go()

    def _begin_slow(self, wait: float) -> None:
        """A client over its budget: a place in the slow lane that is free, or none."""
        slow = self.pool._slow
        if not slow.enter(limits.limit("slow-computations"), 0.0):
            raise self._over_budget(wait)
        self.lane = slow

    def _over_budget(self, wait: float) -> CpuBudgetExceeded:
        self.pool.counts["over-budget"] += 1
        seconds = max(1, math.ceil(wait))
        return CpuBudgetExceeded(
            "the long computations of this client have used up its budget of processor time",
            hint=f"try again in {seconds} s; short computations go on. GET /v1/limits says how large cpu-budget is",
            facts={"limit": "cpu-budget", "retry_after": seconds},
        )

    def _enter(self, lane: _Lane, limit: str) -> None:
        if not lane.enter(limits.limit(limit), self.deadline.at):
            raise self._too_late()
        self.lane = lane

    def _settle(self, child: Child) -> None:
        """What it used past its slice is owed."""
        owed = child.used() - limits.limit("slice-milliseconds") / 1e3
        if owed > 0:
            self.pool._debts.charge(self.client, owed)

    def _too_late(self) -> DeadlineExceeded:
        if self.child is not None:
            self.pool.counts["killed"] += 1
            self.noted(self.child.notes())
        return DeadlineExceeded("the time of the request was over before there was an answer")

    def _is_no_longer_long(self) -> None:
        with self.pool._lock:
            self.pool._long[self.client] -= 1
            if not self.pool._long[self.client]:
                del self.pool._long[self.client]


def _overloaded(limit: str) -> Overloaded:
    return Overloaded(
        "the service has too much to do at once, and this request would have waited too long",
        hint="try again after Retry-After",
        facts={"limit": limit, "retry_after": 1},
    )
