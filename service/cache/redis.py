"""The shared cache. Redis may be down, slow, full or full of rubbish: a request waits for it at most its patience, and goes on.

Commands run in a few helper threads (helpers.py), so that nothing of Redis, not even the resolution of its name, holds a request.
After a failure the breaker (breaker.py) keeps all requests from waiting until a probe in the background has succeeded.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from redis.connection import DefaultParser
from redis.exceptions import RedisClusterException

from service.cache import envelope
from service.cache.breaker import Breaker
from service.cache.helpers import Helpers
from service.cache.port import Found
from service.cache.redis_url import Client, connector

T = TypeVar("T")

PATIENCE = 0.04  # seconds for one command, connecting included
PROBE_PATIENCE = 1.0  # seconds for a probe, which nobody waits for
CONNECTIONS = 8  # at most, of one process

log = logging.getLogger("nabla.cache")
_command = threading.local()  # .deadline: when the command that this thread is at is given up


class _Parser(DefaultParser):  # type: ignore[misc, valid-type]
    """A socket's timeout begins anew with every byte that drips in; here all receives of one command share its deadline."""

    def read_from_socket(self, timeout: Any = None, raise_on_timeout: bool = True) -> Any:
        left = _command.deadline - time.monotonic()
        if left <= 0:
            raise redis.TimeoutError("the command's time is over")
        return super().read_from_socket(timeout=left, raise_on_timeout=True)


class RedisCache:
    """Connects when first used, in whichever process that is; values are sealed (service/cache/envelope.py).

    `patience` is how many seconds a command may take, connecting included. Raises ValueError when the URL is none
    (service/cache/redis_url.py).
    """

    def __init__(self, url: str, secret: bytes = b"", patience: float = PATIENCE) -> None:
        self._secret, self._patience = secret, patience
        self._breaker = Breaker()
        self._said: set[str] = set()
        self._helpers = Helpers(CONNECTIONS)
        own = {} if "+cluster" in url else {"parser_class": _Parser}  # a cluster's client brings its own
        self._connect = connector(url, socket_connect_timeout=patience, socket_timeout=patience, max_connections=CONNECTIONS, **own)
        self._client: Client | None = None

    def get(self, key: str) -> bytes | None:
        sealed = self._ask(lambda client: client.get(key))
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
        return sealed is not None and bool(self._ask(lambda client: client.set(key, sealed, ex=ttl)))

    @property
    def is_up(self) -> bool:
        """Whether it is asked at the moment: not for a while after failures."""
        return self._breaker.lets_through()

    def count(self, key: str, seconds: int, amount: int = 1) -> int | None:
        """`amount` more under `key`, which is forgotten after `seconds`: how many that makes; None when Redis does not say."""

        def command(client: Client) -> int:
            with client.pipeline(transaction=False) as pipe:
                pipe.incrby(key, amount)
                pipe.expire(key, seconds)
                return int(pipe.execute()[0])

        return self._ask(command)

    def _ask(self, command: Callable[[Client], T]) -> T | None:
        """What Redis says, or None when it says nothing, or nothing sensible, in time."""
        if not self._breaker.lets_through():
            if self._breaker.wants_probe():
                self._helpers.start(lambda: self._attempt(lambda client: client.get("nabla:probe"), PROBE_PATIENCE), PROBE_PATIENCE)
            return None
        deadline = time.monotonic() + self._patience
        try:
            return self._helpers.run(lambda: self._attempt(command, self._patience), deadline)
        except TimeoutError as error:
            self._failed(error)
            return None

    def _attempt(self, command: Callable[[Client], T], patience: float) -> T | None:
        """Runs in a helper."""
        _command.deadline = time.monotonic() + patience
        try:
            client = self._client
            if client is None:
                client = self._client = self._connect()
            answer = command(client)
        except (redis.ConnectionError, redis.TimeoutError, RedisClusterException, OSError) as error:
            self._failed(error)
            return None
        except Exception as error:  # an error reply (full, read-only) or rubbish on the line: Redis is there, but no help
            self._say_once(f"the shared cache refuses: {str(error)[:200]}")
            answer = None
        self._breaker.succeeded()
        return answer

    def _failed(self, error: Exception) -> None:
        self._breaker.failed(error)
        self._client = None  # the next one asks anew where Redis is

    def _say_once(self, message: str) -> None:
        if message not in self._said and len(self._said) < 20:
            self._said.add(message)
            log.warning(message)
