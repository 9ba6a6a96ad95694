"""Computations end at their deadlines, die alone, leave nothing behind, and do not stand in each other's way."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from service import limits
from service.compute.pool import Pool
from service.errors import ComputationDied, CpuBudgetExceeded, DeadlineExceeded, Overloaded

OVERSHOOT = 0.1  # seconds: the promise
CHILDREN = "/proc/{0}/task/{0}/children"


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = Pool([sys.executable, "-m", "tests.compute.labour"], {})
    yield pool
    pool.close()


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    return lambda name, value: monkeypatch.setitem(limits._values, name, value)


@dataclass
class Deadline:
    at: float


def within(seconds: float) -> Deadline:
    return Deadline(time.monotonic() + seconds)


def ask(pool: Pool, task: str, seconds: float = 20.0, client: str = "someone") -> str:
    return pool.run(task.encode(), within(seconds), client, lambda question: question[::-1], lambda notes: None).decode()


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(CHILDREN.format(pid)).read_text().split()]


def test_a_task_is_answered(pool: Pool) -> None:
    assert ask(pool, "echo hello") == "hello"
    assert ask(pool, "ask level") == "level"[::-1]
    assert len(ask(pool, "large 5000000")) == 5_000_000
    assert ask(pool, f"echo {'y' * 3_000_000}") == "y" * 3_000_000


def test_a_child_does_one_task_after_another(pool: Pool) -> None:
    assert len({ask(pool, "pid") for _ in range(20)}) <= limits.limit("fast-computations")


@pytest.mark.parametrize("task", ["spin 60", "sleep 60", "hang 60", "lapack"])
def test_whatever_it_does_it_ends_at_its_deadline(pool: Pool, task: str) -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        ask(pool, task, 0.3)
    assert 0.3 <= time.monotonic() - started < 0.3 + OVERSHOOT
    assert ask(pool, "echo next") == "next"


def test_what_it_had_noted_is_known(pool: Pool) -> None:
    noted: list[bytes] = []
    with pytest.raises(DeadlineExceeded):
        pool.run(b"note simplify", within(0.2), "someone", bytes, noted.append)
    assert noted == [b"simplify"]
    with pytest.raises(DeadlineExceeded):
        pool.run(b"sleep 9", within(0.2), "someone", bytes, noted.append)
    assert noted == [b"simplify", b""]


def test_a_reply_can_bring_the_deadline_nearer(pool: Pool) -> None:
    deadline = within(60)

    def reply(question: bytes) -> bytes:
        deadline.at = time.monotonic() + 0.2
        return question

    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        pool.run(b"ask-then-sleep", deadline, "someone", reply, lambda notes: None)
    assert time.monotonic() - started < 0.2 + OVERSHOOT + 0.2


def test_one_that_dies_is_done_again_once(pool: Pool, tmp_path: Path) -> None:
    assert ask(pool, f"die-once {tmp_path / 'died'}") == "second"
    with pytest.raises(ComputationDied):
        ask(pool, "die")
    assert ask(pool, "echo next") == "next"


def test_a_child_that_is_killed_from_outside_costs_nobody_an_answer(pool: Pool) -> None:
    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(ask, pool, "sleep 0.4") for _ in range(2)]
        time.sleep(0.2)
        os.kill(int(children(pool.nursery.zygote or 0)[0]), signal.SIGKILL)
        assert [answer.result() for answer in answers] == ["sleep", "sleep"]


def test_a_zygote_that_is_killed_is_back_within_two_seconds(pool: Pool) -> None:
    before = pool.nursery.zygote
    assert before is not None
    offspring = children(before)
    started = time.monotonic()
    os.kill(before, signal.SIGKILL)
    assert eventually(lambda: pool.nursery.zygote != before)
    assert ask(pool, "echo again") == "again"
    assert time.monotonic() - started < 2
    offspring = [child for child in offspring if child != pool.nursery.zygote]  # the twin took its place
    assert eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in offspring)), "its children went with it"


def test_both_zygotes_may_be_killed_at_once(pool: Pool) -> None:
    eventually(lambda: len(pool.nursery._zygotes) == 2)
    for zygote in list(pool.nursery._zygotes):
        os.kill(zygote.pid, signal.SIGKILL)
    assert eventually(lambda: not pool.is_ready or len(pool.nursery._zygotes) < 2)
    assert ask(pool, "echo again") == "again"


def test_memory_is_bounded(pool: Pool) -> None:
    assert ask(pool, "eat 4000000000") == "no memory"
    assert ask(pool, "eat 50000000") == "50000000"


def test_past_its_slice_a_computation_leaves_the_fast_lane(pool: Pool) -> None:
    places = limits.limit("fast-computations")
    assert limits.limit("slice-milliseconds") < 1_500
    with ThreadPoolExecutor() as threads:
        long = [threads.submit(ask, pool, "spin 60", 1.5, f"client {i}") for i in range(2 * places)]
        assert eventually(lambda: pool.state()["slow"] == 2 * places)
        assert pool.state()["fast"] == 0
        assert ask(pool, "priority") == str(os.getpriority(os.PRIO_PROCESS, 0)), "others run as before"
        for answer in long:
            with pytest.raises(DeadlineExceeded):
                answer.result()


def test_no_session_but_its_own_is_slowed_down(pool: Pool) -> None:
    """A child that has not made its session yet belongs to that of the service, which must not be slowed down with it."""
    before = Path("/proc/self/autogroup").read_text() if Path("/proc/self/autogroup").exists() else ""
    for _ in range(20):
        child = pool.nursery.take(time.monotonic() + 5)
        assert child is not None
        child.slow_down()
        pool.nursery.let_go()
        child.kill()
    assert not before or Path("/proc/self/autogroup").read_text() == before


def test_a_full_slow_lane_lets_computations_wait(pool: Pool, limit: Callable[[str, int], None]) -> None:
    limit("slow-computations", 1)
    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(ask, pool, "spin 0.2") for _ in range(4)]
        assert [answer.result() for answer in answers] == ["spin"] * 4


def test_a_client_has_so_many_long_computations_and_no_more(pool: Pool, limit: Callable[[str, int], None]) -> None:
    limit("client-computations", 1)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(ask, pool, "spin 60", 3.0, "greedy")
        assert eventually(lambda: pool.state()["slow"] == 1)
        with pytest.raises(CpuBudgetExceeded) as refused:
            ask(pool, "spin 60", 5, "greedy")
        assert refused.value.facts["limit"] == "client-computations"
        assert ask(pool, "spin 0.1", 5, "another") == "spin"
        assert ask(pool, "echo small", 5, "greedy") == "small"
        with pytest.raises(DeadlineExceeded):
            first.result()


def test_a_client_over_its_budget_gets_short_computations_only(limit: Callable[[str, int], None]) -> None:
    limit("cpu-budget", 0)
    pool = Pool([sys.executable, "-m", "tests.compute.labour"], {})
    try:
        assert ask(pool, "spin 0.3") == "spin"
        assert ask(pool, "echo short") == "short"
        with pytest.raises(CpuBudgetExceeded) as refused:
            ask(pool, "spin 60")
        assert refused.value.facts["limit"] == "cpu-budget"
        assert refused.value.facts["retry_after"] >= 1
        assert ask(pool, "spin 0.1", client="another") == "spin"
    finally:
        pool.close()


def test_what_is_too_much_is_shed(pool: Pool, limit: Callable[[str, int], None]) -> None:
    limit("requests-in-flight", 2)
    with ThreadPoolExecutor() as threads:
        held = [threads.submit(ask, pool, "sleep 0.5") for _ in range(2)]
        assert eventually(lambda: pool.state()["in_flight"] == 2)
        started = time.monotonic()
        with pytest.raises(Overloaded) as refused:
            ask(pool, "echo one more")
        assert time.monotonic() - started < OVERSHOOT
        assert refused.value.facts["limit"] == "requests-in-flight"
        assert [answer.result() for answer in held] == ["sleep", "sleep"]


def test_kills_leave_nothing_behind(pool: Pool) -> None:
    ask(pool, "echo warm")
    time.sleep(0.1)

    def held() -> tuple[int, int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count(), len(children(os.getpid()))

    before = held()
    zygote = pool.nursery.zygote or 0
    fds = len(os.listdir(f"/proc/{zygote}/fd"))
    for _ in range(100):
        with pytest.raises(DeadlineExceeded):
            ask(pool, "sleep 9", 0.005)
    assert eventually(lambda: held() <= before)
    assert eventually(lambda: len(os.listdir(f"/proc/{zygote}/fd")) == fds)
    assert eventually(lambda: len(children(zygote)) <= limits.limit("fast-computations") + 1), "and the twin"
    assert pool.nursery.zygote == zygote


def test_nobody_outlives_the_worker() -> None:
    code = """if True:
        import sys, time
        from types import SimpleNamespace
        from service.compute.pool import Pool
        pool = Pool([sys.executable, "-m", "tests.compute.labour"], {})
        pool.run(b"echo", SimpleNamespace(at=time.monotonic() + 20), "someone", bytes, print)
        print(pool.nursery.zygote, flush=True)
        pool.run(b"hang 60", SimpleNamespace(at=time.monotonic() + 60), "someone", bytes, print)
    """
    read, write = os.pipe()
    worker = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)])
    os.close(write)
    with os.fdopen(read) as output:
        zygote = int(output.readline())
        assert eventually(lambda: len(children(zygote)) > 1), "children, and a twin"
        family = [zygote, *children(zygote)]
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    assert eventually(lambda: not any(Path(f"/proc/{member}").exists() for member in family))


def test_closing_ends_everything() -> None:
    pool = Pool([sys.executable, "-m", "tests.compute.labour"], {})
    assert ask(pool, "echo here") == "here"
    zygote = pool.nursery.zygote
    pool.close()
    assert not Path(f"/proc/{zygote}").exists()
