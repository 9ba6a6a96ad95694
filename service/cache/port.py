"""What a cache is: a place that may remember bytes by a key, and never gets in the way."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """A value, and the name of the level that knew it."""

    value: bytes
    level: str


class Cache(Protocol):
    """All methods are safe in threads and never raise. A cache may forget whatever it likes, but gives nothing it was not given."""

    def get(self, key: str) -> bytes | None:
        """The value last set for `key`, or None."""

    def find(self, key: str) -> Found | None:
        """The same, and where it was."""

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        """Remember `value` for at most `ttl` seconds; says whether it was stored."""


class NullCache:
    """Remembers nothing."""

    def get(self, key: str) -> bytes | None:
        return None

    def find(self, key: str) -> Found | None:
        return None

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        return False
