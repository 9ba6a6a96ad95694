"""The shared cache. Redis may be down, slow, full or full of rubbish: a request waits for it at most `PATIENCE`, and goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.connection import DefaultParser
from redis.retry import Retry

from service.cache import envelope
from service.cache.port import Found

T = TypeVar("T")

PATIENCE = 0.04  # seconds for one command, connecting included
PAUSES = (0.2, 0.2, 5.0)  # seconds to leave Redis alone after the first, the second, every further failure in a row

log = logging.getLogger("nabla.cache")
_command = threading.local()  # .deadline: when the command that this thread waits for is given up


class _Parser(DefaultParser):  # type: ignore[misc, valid-type]
    """A socket's timeout begins anew with every byte that drips in; here all receives of one command share its deadline."""

    def read_from_socket(self, timeout: Any = None, raise_on_timeout: bool = True) -> Any:
        left = _command.deadline - time.monotonic()
        if left <= 0:
            raise redis.TimeoutError("the command's time is over")
        return super().read_from_socket(timeout=left, raise_on_timeout=True)


class Breaker:
    """After failures in a row nobody is kept waiting for a while. Says once that it is broken, and once that it is whole."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        return self._clock() >= self._closed_until

    def failed(self, error: Exception) -> None:
        with self._lock:
            self._closed_until = self._clock() + PAUSES[min(self._failures, len(PAUSES) - 1)]
            self._failures += 1
            first = self._failures == 1
        if first:
            log.warning("the shared cache does not answer; going on without it: %s", error)

    def succeeded(self) -> None:
        if self._failures:
            with self._lock:
                recovered, self._failures = self._failures > 0, 0
            if recovered:
                log.warning("the shared cache answers again")


class RedisCache:
    """Connects when first used, in whichever process that is; values are sealed (service/cache/envelope.py)."""

    def __init__(self, url: str, secret: bytes = b"") -> None:
        self._secret = secret
        self._breaker = Breaker()
        self._said: set[str] = set()
        self._client = redis.Redis.from_url(
            url,
            socket_connect_timeout=PATIENCE / 2,
            socket_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            parser_class=_Parser,
            protocol=2,
            driver_info=None,  # each of these would cost a round trip on connecting
        )

    def get(self, key: str) -> bytes | None:
        sealed = self._ask(lambda: self._client.get(key))
        if sealed is None:
            return None
        value = envelope.unseal(key, sealed, self._secret)
        if value is None:
            self._say_once("the shared cache holds values that are not ours; they are dropped and computed anew")
        return value

    def find(self, key: str) -> Found | None:
        value = self.get(key)
        return None if value is None else Found(value, "redis")

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        sealed = envelope.seal(key, value, self._secret)
        return sealed is not None and bool(self._ask(lambda: self._client.set(key, sealed, ex=ttl)))

    @property
    def is_up(self) -> bool:
        """Whether it is asked at the moment: not for a while after failures."""
        return self._breaker.lets_through()

    def count(self, key: str, seconds: int) -> int | None:
        """One more under `key`, which is forgotten after `seconds`: how many that makes; None when Redis does not say."""

        def command() -> int:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.incr(key)
                pipe.expire(key, seconds)
                return int(pipe.execute()[0])

        return self._ask(command)

    def _ask(self, command: Callable[[], T]) -> T | None:
        """What Redis says, or None when it says nothing, or nothing sensible, in time."""
        if not self._breaker.lets_through():
            return None
        _command.deadline = time.monotonic() + PATIENCE
        try:
            answer = command()
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self._breaker.failed(error)
            return None
        except Exception as error:  # an error reply (full, read-only) or rubbish on the line: Redis is there, but no help
            self._say_once(f"the shared cache refuses: {str(error)[:200]}")
            return None
        self._breaker.succeeded()
        return answer

    def _say_once(self, message: str) -> None:
        if message not in self._said and len(self._said) < 20:
            self._said.add(message)
            log.warning(message)
