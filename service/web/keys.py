"""API keys: who may use the service, where the operator wants to know. `python -m service.web.keys new NAME` makes one.

Only the SHA-256 of a key is kept. A key has 256 random bits, so that its digest cannot be inverted by trying, and a slow hash
such as scrypt, which protects words that people choose, would only cost every request 50 ms.

One line, or one entry of a list separated by blanks, is `name:sha256[:limits[:until]]`:

    lms:5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8
    homework:5e88...42d8:100/minute,2000/hour:2027-06-30
    former:5e88...42d8:off
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import logging
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.web import rate_limit
from service.web.rate_limit import Rate

PREFIX = "nabla_"  # so that scanners of repositories recognise a key that got lost
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DIGEST = re.compile(r"[0-9a-fA-F]{64}")
FORM = "name:sha256[:limits[:until]]"
LONGEST_KEY = 256
OFF = "off"

log = logging.getLogger("nabla.keys")


@dataclass(frozen=True)
class Key:
    """What is known of a key. `rates` are its own; None: those of everybody. `until` is the first second that it is over."""

    name: str
    digest: bytes
    rates: tuple[Rate, ...] | None = None
    until: float | None = None
    is_off: bool = False

    def is_over(self, now: float) -> bool:
        return self.until is not None and now >= self.until


def parse(text: str, source: str) -> tuple[Key, ...]:
    """The keys that a text lists; `#` begins a comment. Raises ValueError, which names the line and never quotes it."""
    keys: dict[str, Key] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for entry in re.sub(r",\s+", ",", line.partition("#")[0]).split():
            try:
                key = _entry(entry)
            except ValueError as error:
                raise ValueError(f"{source}, line {number}: {error}") from None
            if key.name in keys:
                raise ValueError(f"{source}, line {number}: a second key is called {key.name}")
            keys[key.name] = key
    return tuple(keys.values())


def _entry(entry: str) -> Key:
    name, _, rest = entry.partition(":")
    digest, _, rest = rest.partition(":")
    limits, _, until = rest.partition(":")
    if not NAME.fullmatch(name) or not DIGEST.fullmatch(digest):
        raise ValueError(f"an entry is {FORM}, with the SHA-256 of the key as 64 hexadecimal digits; `make key NAME=...` writes one")
    is_off = limits.lower() == OFF
    try:
        rates = rate_limit.parse(limits) if limits and not is_off else None
    except ValueError:
        raise ValueError(f"the limits of {name} must be {OFF}, or for instance {rate_limit.EXAMPLE}") from None
    return Key(name, bytes.fromhex(digest), rates, _end_of(until, name) if until else None, is_off)


def _end_of(day: str, name: str) -> float:
    """The end of a day, in UTC."""
    try:
        first = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(), datetime.UTC)
    except ValueError:
        raise ValueError(f"the last day of {name} must be a date such as 2027-06-30") from None
    return (first + datetime.timedelta(days=1)).timestamp()


class Keys:
    """The keys in force: those of a text, and those of a file, which is read anew when it changes.

    A file that has become unreadable leaves the keys as they were, and says so in the log; at the start it raises ValueError.
    """

    def __init__(self, text: str = "", path: str = "") -> None:
        self._fixed = parse(text, "API_KEYS")
        self._path = Path(path) if path else None
        self._stamp: tuple[int, int, int] | None = None
        self._looked = 0.0
        self._lock = threading.Lock()
        self._keys = self._fixed
        if self._path is not None:
            try:
                self._keys = self._read(self._path)
            except OSError as error:
                raise ValueError(f"API_KEYS_FILE cannot be read: {error.strerror}") from None

    @property
    def is_empty(self) -> bool:
        """Whether no key is asked for: neither a text nor a file was given."""
        return not self._fixed and self._path is None

    def find(self, sent: str) -> Key | None:
        """The key with this text. Every key is compared in constant time, whether one was found or not."""
        self._look()
        if len(sent) > LONGEST_KEY:
            return None
        digest = hashlib.sha256(sent.encode("utf-8", "surrogatepass")).digest()
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def _read(self, path: Path) -> tuple[Key, ...]:
        status = path.stat()
        self._stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        keys = parse(path.read_text(encoding="utf-8"), "API_KEYS_FILE")
        names = {key.name for key in self._fixed}
        if twice := next((key.name for key in keys if key.name in names), None):
            raise ValueError(f"API_KEYS_FILE: a key of API_KEYS is called {twice}, too")
        return self._fixed + keys

    def _look(self) -> None:
        """Reads the file anew when it is another one than before; looks once a second at most."""
        now = time.monotonic()
        if self._path is None or now - self._looked < 1 or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = now
            status = self._path.stat()
            if (status.st_mtime_ns, status.st_size, status.st_ino) != self._stamp:
                self._keys = self._read(self._path)
                log.info("the keys were read anew: %d", len(self._keys))
        except (OSError, ValueError) as error:
            log.error("the keys stay as they were: %s", error.strerror if isinstance(error, OSError) else error)
        finally:
            self._lock.release()


def new(name: str, limits: str = "", until: str = "") -> tuple[str, str]:
    """A new key, and the entry to keep of it. Raises ValueError for a name, limits or a day that an entry cannot have."""
    key = PREFIX + secrets.token_urlsafe(32)
    parts = [name, hashlib.sha256(key.encode()).hexdigest(), limits.replace(" ", ""), until]
    entry = ":".join(parts).rstrip(":")
    if not NAME.fullmatch(name):
        raise ValueError("a name has letters, digits, dots, dashes and underscores, 64 at most")
    _entry(entry)
    return key, entry


def main(arguments: Sequence[str]) -> int:
    """`new NAME [LIMITS [UNTIL]]`: the entry goes to stdout, to be appended to a file; the key to stderr, this once."""
    if not 2 <= len(arguments) <= 4 or arguments[0] != "new":
        sys.stderr.write("usage: python -m service.web.keys new NAME [LIMITS [UNTIL]] >> keys.txt\n")
        return 2
    try:
        key, entry = new(*arguments[1:])
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stderr.write(f"the key, shown this once: {key}\nits entry, for API_KEYS or the file API_KEYS_FILE:\n")
    sys.stderr.flush()
    sys.stdout.write(f"{entry}\n")
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
