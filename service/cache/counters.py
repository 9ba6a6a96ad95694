"""How often something was asked for in a stretch of time: counted in memory that all workers of a machine share, and in Redis."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import tempfile
import threading
from typing import Protocol


class Counters(Protocol):
    """Safe in threads; never raises, never waits for long."""

    def add(self, name: str, until: int, seconds: int, amount: int = 1) -> int:
        """`amount` more under `name` in the stretch of time of `seconds` that ends at `until` (of the epoch): how many that makes."""


class SharedCount(Protocol):
    """What of a Redis is needed here (service/cache/redis.py)."""

    def count(self, key: str, seconds: int, amount: int = 1) -> int | None:
        """`amount` more under `key`, forgotten after `seconds`; None when Redis does not answer."""


SLOTS = 1 << 16
PLACES = 8  # slots in a row that a name may be kept in
SLOT = struct.Struct("=8sII")  # whose: the digest of the name; how many; until when


class LocalCounters:
    """A table of fixed size in memory that is shared by the processes forked after it was made.

    A name is kept in one of the eight slots after the place that its digest says. When all are taken by others the one that ends
    first goes: with tens of thousands of clients at once some start anew, and none is refused for another's sake.
    The lock is one of POSIX: it ends with the process that holds it, however that ends.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)  # noqa: SIM115
        self._file.truncate((SLOTS + PLACES) * SLOT.size)
        self._table = mmap.mmap(self._file.fileno(), (SLOTS + PLACES) * SLOT.size)
        self._secret = os.urandom(16)  # nobody can choose names that meet in one slot
        self._threads = threading.Lock()  # locks of POSIX are between processes only

    def add(self, name: str, until: int, seconds: int, amount: int = 1) -> int:
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8, key=self._secret).digest()
        first = int.from_bytes(digest, "little") % SLOTS
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                return self._add(digest, first, until, amount)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _add(self, digest: bytes, first: int, until: int, amount: int) -> int:
        places = range(first, first + PLACES)
        slots = [SLOT.unpack_from(self._table, place * SLOT.size) for place in places]
        chosen = next((i for i, (whose, _, _) in enumerate(slots) if whose == digest), None)
        if chosen is None:
            chosen = min(range(PLACES), key=lambda i: slots[i][2])
        whose, count, end = slots[chosen]
        count = min(count + amount, 0xFFFFFFFF) if whose == digest and end == until else amount
        SLOT.pack_into(self._table, places[chosen] * SLOT.size, digest, count, until)
        return count


class TieredCounters:
    """Counts in Redis, for all machines together, and here as well: when Redis does not answer, what this machine knows holds."""

    def __init__(self, near: Counters, far: SharedCount) -> None:
        self._near, self._far = near, far

    def add(self, name: str, until: int, seconds: int, amount: int = 1) -> int:
        here = self._near.add(name, until, seconds, amount)
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        everywhere = self._far.count(f"nabla:rate:{digest}:{until}", seconds, amount)
        return here if everywhere is None else max(here, everywhere)
