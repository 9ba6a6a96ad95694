"""Counts are exact over threads and processes, bounded in memory, and go on when Redis does not."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.cache.counters import LocalCounters, TieredCounters
from service.cache.redis import RedisCache
from tests.cache import faults
from tests.servers import PATIENT


def test_threads_and_processes_count_together() -> None:
    counters = LocalCounters()
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            for _ in range(200):
                counters.add("all", 60, 60)
            os._exit(0)
        children.append(child)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: counters.add("all", 60, 60), range(200)))
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert counters.add("all", 60, 60) == 801


def test_a_new_window_begins_at_one() -> None:
    counters = LocalCounters()
    assert [counters.add("a", until, 60) for until in (60, 60, 120, 120, 60)] == [1, 2, 1, 2, 1]


def test_no_number_of_clients_grows_the_table_or_is_refused_for_another() -> None:
    counters = LocalCounters()
    assert {counters.add(f"client {i}", 60, 60) for i in range(30_000)} == {1}


def test_machines_count_together_in_redis(redis_url: str) -> None:
    name = f"machines {time.time()}"
    one, two = (TieredCounters(LocalCounters(), RedisCache(redis_url, patience=PATIENT)) for _ in range(2))
    assert [one.add(name, 60, 60), two.add(name, 60, 60), one.add(name, 60, 60)] == [1, 2, 3]


@pytest.mark.parametrize("behave", faults.BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_without_redis_this_machine_counts_on(behave: faults.Behaviour) -> None:
    with faults.server(behave) as url:
        counters = TieredCounters(LocalCounters(), RedisCache(url))
        assert [counters.add("a", 60, 60) for _ in range(5)] == [1, 2, 3, 4, 5]
