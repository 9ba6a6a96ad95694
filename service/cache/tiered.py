"""A small fast cache in front of a shared one."""

from __future__ import annotations

from service.cache.port import Cache, Found


class TieredCache:
    """Asks `near` first, then `far`; what only `far` knew is kept in `near` for `near_ttl` seconds."""

    def __init__(self, near: Cache, far: Cache, near_ttl: int) -> None:
        self.near, self._far, self._near_ttl = near, far, near_ttl

    def get(self, key: str) -> bytes | None:
        found = self.find(key)
        return None if found is None else found.value

    def find(self, key: str) -> Found | None:
        found = self.near.find(key)
        if found is None:
            found = self._far.find(key)
            if found is not None:
                self.near.set(key, found.value, self._near_ttl)
        return found

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        near = self.near.set(key, value, min(ttl, self._near_ttl))
        return self._far.set(key, value, ttl) or near
