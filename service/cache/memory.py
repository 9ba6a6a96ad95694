"""The cache inside the process: the least recently used values go first, the size is bounded in bytes."""

from __future__ import annotations

import threading

from cachetools import TLRUCache

from service.cache.port import Found

OVERHEAD = 750  # bytes that an entry costs beside its value, measured: the key, the bookkeeping


class MemoryCache:
    """Holds at most `size` bytes, all included. A value over a quarter of that is not kept: it would drive out all the others."""

    def __init__(self, size: int) -> None:
        self._largest = size // 4
        self._lock = threading.Lock()
        self._entries: TLRUCache[str, tuple[bytes, int]] = TLRUCache(
            maxsize=size,
            ttu=lambda key, entry, now: now + entry[1],
            getsizeof=lambda entry: len(entry[0]) + OVERHEAD,
        )

    def get(self, key: str) -> bytes | None:
        with self._lock:
            entry = self._entries.get(key)
        return entry[0] if entry else None

    def find(self, key: str) -> Found | None:
        value = self.get(key)
        return None if value is None else Found(value, "memory")

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        if len(value) + OVERHEAD > self._largest:
            return False
        exact = bytes(memoryview(value))  # orjson's bytes keep the 4 kB that they were written into
        with self._lock:
            self._entries[key] = (exact, ttl)
        return True
