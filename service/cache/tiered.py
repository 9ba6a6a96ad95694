"""A small fast cache in front of a shared one."""

from __future__ import annotations

from service.cache.port import Cache


class TieredCache:
    """Asks `near` first, then `far`; what only `far` knew is kept in `near` for `near_ttl` seconds."""

    def __init__(self, near: Cache, far: Cache, near_ttl: int) -> None:
        self._near, self._far, self._near_ttl = near, far, near_ttl

    def get(self, key: str) -> bytes | None:
        value = self._near.get(key)
        if value is None:
            value = self._far.get(key)
            if value is not None:
                self._near.set(key, value, self._near_ttl)
        return value

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        near = self._near.set(key, value, min(ttl, self._near_ttl))
        return self._far.set(key, value, ttl) or near
