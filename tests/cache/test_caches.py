"""One suite over every form of the cache: what any of them may be asked, and must do."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from service.cache.memory import MemoryCache
from service.cache.port import Cache, NullCache
from service.cache.redis import RedisCache
from service.cache.tiered import TieredCache
from tests.servers import PATIENT

FORMS: dict[str, Callable[[str], Cache]] = {
    "null": lambda url: NullCache(),
    "memory": lambda url: MemoryCache(8_000_000),
    "redis": lambda url: RedisCache(url, patience=PATIENT),
    "redis with a secret": lambda url: RedisCache(url, b"a secret", PATIENT),
    "memory in front of redis": lambda url: TieredCache(MemoryCache(8_000_000), RedisCache(url, patience=PATIENT), 60),
}


@pytest.fixture(params=FORMS)
def cache(request: pytest.FixtureRequest, redis_url: str) -> Cache:
    return FORMS[request.param](redis_url)


def remembers(cache: Cache) -> bool:
    return not isinstance(cache, NullCache)


def test_what_was_never_set_is_not_there(cache: Cache) -> None:
    assert cache.get("nabla:test:never") is None


@pytest.mark.parametrize("value", [b"{}", b'{"a":[1.5,"\xc3\xa9"]}', b'{"a": 1}\n', b'{"v":"' + b"x" * 100_000 + b'"}'])
def test_a_value_comes_back_byte_for_byte(cache: Cache, value: bytes) -> None:
    key = f"nabla:test:round-trip:{hash(value)}"
    assert cache.set(key, value, 60) is remembers(cache)
    assert cache.get(key) == (value if remembers(cache) else None)


def test_the_last_value_counts(cache: Cache) -> None:
    cache.set("nabla:test:twice", b'{"a":1}', 60)
    cache.set("nabla:test:twice", b'{"a":2}', 60)
    assert cache.get("nabla:test:twice") == (b'{"a":2}' if remembers(cache) else None)


def test_values_expire(cache: Cache) -> None:
    cache.set("nabla:test:expires", b"{}", 1)
    give_up = time.monotonic() + 10
    while cache.get("nabla:test:expires") is not None:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_value_that_is_too_long_is_not_kept_and_does_no_harm(cache: Cache) -> None:
    cache.set("nabla:test:small", b'{"a":1}', 60)
    assert cache.set("nabla:test:long", b'{"v":"' + b"x" * 5_000_000 + b'"}', 60) is False
    assert cache.get("nabla:test:long") is None
    assert cache.get("nabla:test:small") == (b'{"a":1}' if remembers(cache) else None)


def test_threads_do_not_disturb_each_other(cache: Cache) -> None:
    def work(number: int) -> bool:
        key, value = f"nabla:test:thread:{number}", b'{"a":%d}' % number
        for _ in range(30):
            cache.set(key, value, 60)
            if cache.get(key) not in (value, None):
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_the_memory_cache_stays_within_its_bytes() -> None:
    cache = MemoryCache(100_000)
    for number in range(1_000):
        cache.set(str(number), b"x" * 1_000, 60)
    kept = [number for number in range(1_000) if cache.get(str(number)) is not None]
    assert 50 <= len(kept) <= 100
    assert kept[-1] == 999


@pytest.mark.parametrize("length", [50, 500, 5_000])
def test_the_bytes_of_the_memory_cache_are_all_that_it_takes(length: int) -> None:
    """Measured, the keys and the bookkeeping included, with values as they come from orjson, whose bytes keep their buffers."""
    size = 1_000_000
    tracemalloc.start()
    try:
        cache, before = MemoryCache(size), tracemalloc.get_traced_memory()[0]
        for number in range(3 * size // (length + 500)):
            cache.set(f"nabla:0.1.0-0123456789:response:{number:040d}", orjson.dumps({"v": "x" * length}), 60)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.5 * size < taken < 1.05 * size


def test_what_only_the_far_cache_knew_is_kept_near() -> None:
    near, far = MemoryCache(100_000), MemoryCache(100_000)
    far.set("k", b"{}", 60)
    assert TieredCache(near, far, 60).get("k") == b"{}"
    assert near.get("k") == b"{}"


def test_a_redis_cache_survives_a_fork(redis_url: str) -> None:
    """A connection made before a fork is not shared after it: parent and child ask at once, and each gets its own answer."""
    cache = RedisCache(redis_url, patience=PATIENT)
    for name in (b"parent", b"child"):
        cache.set(f"nabla:test:{name.decode()}", b'{"a":"%s"}' % name, 60)

    def is_right(name: bytes) -> bool:
        return all(cache.get(f"nabla:test:{name.decode()}") == b'{"a":"%s"}' % name for _ in range(200))

    child = os.fork()
    if child == 0:
        os._exit(0 if is_right(b"child") else 1)
    assert is_right(b"parent")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
