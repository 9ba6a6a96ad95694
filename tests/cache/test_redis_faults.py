"""Redis refused, black-holed, slow, dying, full, poisoned: the cache answers None in time, and never raises."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from service.cache import envelope
from service.cache.breaker import PAUSES, Breaker, log
from service.cache.redis import CONNECTIONS, PATIENCE, RedisCache
from tests.cache import faults
from tests.servers import PATIENT

KEY = "nabla:test:response:fault"
SLACK = 0.5  # seconds that a busy machine may add


@pytest.mark.parametrize("behave", faults.BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_a_server_that_misbehaves_costs_little_and_gives_nothing(behave: faults.Behaviour) -> None:
    with faults.server(behave) as url:
        cache = RedisCache(url)
        started = time.monotonic()
        assert cache.get(KEY) is None
        assert time.monotonic() - started < PATIENCE + SLACK
        assert cache.set(KEY, b"{}", 60) in (True, False)


@pytest.mark.parametrize("place", [faults.nobody, faults.unroutable])
def test_a_server_that_cannot_be_reached_costs_little(place: object) -> None:
    with place() as url:  # type: ignore[operator]
        cache = RedisCache(url)
        started = time.monotonic()
        assert cache.get(KEY) is None
        assert cache.set(KEY, b"{}", 60) is False
        assert time.monotonic() - started < PATIENCE + SLACK


def test_after_a_failure_the_next_request_does_not_wait() -> None:
    with faults.server(faults.never_answers) as url:
        cache = RedisCache(url)
        cache.get(KEY)
        started = time.monotonic()
        for _ in range(100):
            cache.get(KEY)
        assert time.monotonic() - started < PATIENCE + SLACK


def test_the_log_says_once_that_it_is_down_and_once_that_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(log, "warning", lambda message, *details: said.append(message))
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    assert breaker.lets_through()
    breaker.failed(redis.ConnectionError("gone"))
    for pause in (*PAUSES, PAUSES[-1]):
        breaker.failed(redis.ConnectionError("gone as well"))  # another that was under way: nothing new
        assert not breaker.lets_through()
        assert not breaker.wants_probe()
        now[0] += pause
        assert [breaker.wants_probe() for _ in range(3)] == [True, False, False]
        breaker.failed(redis.ConnectionError("still gone"))
    breaker.succeeded()
    breaker.succeeded()
    assert breaker.lets_through()
    assert said == ["the shared cache does not answer; going on without it: %s", "the shared cache answers again"]


def is_used_again(cache: RedisCache) -> bool:
    """As requests come in, a probe finds that Redis is back; no request waits for it."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        if cache.set(KEY, b"{}", 60):
            return True
        time.sleep(0.02)
    return False


def test_it_is_used_again_when_it_is_back(redis_url: str) -> None:
    cache = RedisCache(redis_url, patience=PATIENT)
    cache._breaker.failed(redis.ConnectionError("gone"))
    assert cache.set(KEY, b"{}", 60) is False
    assert is_used_again(cache)


def test_a_name_that_is_resolved_slowly_holds_nobody(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, slow = socket.getaddrinfo, threading.Event()

    def resolve_slowly(*args: Any, **options: Any) -> Any:
        slow.wait(20)
        return resolve(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    cache = RedisCache(redis_url)
    started = time.monotonic()
    for _ in range(20):
        assert cache.get(KEY) is None
    assert time.monotonic() - started < PATIENCE + SLACK
    slow.set()
    assert is_used_again(cache)


def test_a_storm_of_requests_makes_few_connections(redis_url: str) -> None:
    cache, store = RedisCache(redis_url, patience=PATIENT), redis.Redis.from_url(redis_url)
    before = store.info("clients")["connected_clients"]
    with ThreadPoolExecutor(60) as pool:
        list(pool.map(lambda number: cache.get(f"{KEY}{number % 7}"), range(600)))
    assert store.info("clients")["connected_clients"] - before <= CONNECTIONS


def poison(sealed: bytes) -> dict[str, bytes]:
    """Values that somebody or something put under our key."""
    other = "nabla:0.0.1-0000000000:response:fault"
    return {
        "nothing": b"",
        "not JSON": b"\x80\x04\x95pickle",
        "JSON of another kind": b"[1,2,3]",
        "no envelope": b'{"result":1}',
        "cut off": sealed[:-5],
        "a changed digit": sealed.replace(b'{"a":1}', b'{"a":2}'),
        "of another version": envelope.seal(other, b'{"a":1}') or b"",
        "of another key": envelope.seal(KEY + "0", b'{"a":1}') or b"",
        "not an object inside": envelope._head(KEY, b"[1]", b"") + b"[1]}",
        "not JSON inside": envelope._head(KEY, b"nonsense", b"") + b"nonsense}",
        "not base64 inside": envelope._head(KEY, b'"?"', b"") + b'"?"}',
        "too long": envelope.seal(KEY, b'{"a":1}') + b" " * envelope.LARGEST,  # type: ignore[operator]
    }


SEALED = envelope.seal(KEY, b'{"a":1}') or b""


@pytest.mark.parametrize("kind", poison(SEALED))
def test_a_poisoned_value_is_as_if_it_were_not_there(redis_url: str, kind: str) -> None:
    cache = RedisCache(redis_url, patience=PATIENT)
    redis.Redis.from_url(redis_url).set(KEY, poison(SEALED)[kind])
    assert cache.get(KEY) is None
    assert cache.set(KEY, b'{"a":3}', 60)
    assert cache.get(KEY) == b'{"a":3}'


def test_a_value_of_another_type_is_as_if_it_were_not_there(redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    client.delete(KEY)
    client.rpush(KEY, "a", "b")
    assert RedisCache(redis_url, patience=PATIENT).get(KEY) is None
    client.delete(KEY)


def test_with_a_secret_nobody_else_can_write_a_value(redis_url: str) -> None:
    forged = envelope.seal(KEY, b'{"a":"forged"}') or b""
    redis.Redis.from_url(redis_url).set(KEY, forged)
    assert RedisCache(redis_url, patience=PATIENT).get(KEY) == b'{"a":"forged"}'
    assert RedisCache(redis_url, b"secret", PATIENT).get(KEY) is None
    assert RedisCache(redis_url, b"secret", PATIENT).set(KEY, b'{"a":1}', 60)
    assert RedisCache(redis_url, b"secret", PATIENT).get(KEY) == b'{"a":1}'
    assert RedisCache(redis_url, b"another", PATIENT).get(KEY) is None


def test_the_value_in_redis_is_json_that_names_its_key(redis_url: str) -> None:
    RedisCache(redis_url, patience=PATIENT).set(KEY, b'{"a":1}', 60)
    stored = redis.Redis.from_url(redis_url).get(KEY)
    assert isinstance(stored, bytes)
    assert stored.startswith(b'{"key":"' + KEY.encode())
    assert stored.endswith(b'"value":{"a":1}}')
