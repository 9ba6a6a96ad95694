"""Which requests have been answered before, recognised by their bytes: method, address, query, body, what they are and what
form of answer they ask for.

The pipeline understands a request; from then on the same bytes ask for the same answer, and nothing of them need be parsed
again. What is remembered is the key of the answer in the cache, and the answer's headers, not the answer.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from cachetools import LRUCache

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST = 10_000  # requests, at about a kilobyte each
LONGEST_BODY = 16_000  # bytes: reading a longer body costs little beside what is asked with it
PLACE = "nabla.fingerprint"  # where the WSGI environment holds the fingerprint of its request


class Known(NamedTuple):
    """The key of the answer in the cache, and the headers that came with it (those of the answer itself, not of one request)."""

    key: str
    headers: list[tuple[str, str]]


class KnownRequests:
    """The least recently used go first. Safe in threads."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._known: LRUCache[bytes, Known] = LRUCache(most)

    def get(self, environ: WSGIEnvironment) -> Known | None:
        """What is known of this request; None when it is new, or of a kind that is not remembered."""
        mark = environ.get(PLACE) or _fingerprint(environ)
        if mark is None:
            return None
        environ[PLACE] = mark
        with self._lock:
            return self._known.get(mark)

    def add(self, environ: WSGIEnvironment, key: str, headers: Iterable[tuple[str, str]]) -> None:
        """Remembers a request that `get` was asked about: it was answered with the value of `key`, under these headers."""
        mark = environ.get(PLACE)
        if mark is not None:
            with self._lock:
                self._known[mark] = Known(key, list(headers))


def _fingerprint(environ: WSGIEnvironment) -> bytes | None:
    """A digest of all that the pipeline reads of a request; None for the unusual.

    The body is read for it, and put back. It does not cover conditions (If-None-Match), which `front` decides.
    """
    path: str = environ["PATH_INFO"]
    if not path.startswith("/v1/") or "HTTP_CONTENT_ENCODING" in environ or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length: str = environ.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        return None
    body = b""
    if length != "0":
        try:
            body = environ["wsgi.input"].read(int(length))
        except Exception as error:  # each server has its own classes for connections that are broken
            environ["wsgi.input"] = _Broken(error)
            return None
        environ["wsgi.input"] = Body(body)
        if len(body) != int(length):
            return None
    # No header and no query holds a line break; a path may.
    head = (
        f"{environ['REQUEST_METHOD']}\n{environ.get('QUERY_STRING', '')}\n{environ.get('CONTENT_TYPE', '')}\n"
        f"{environ.get('HTTP_ACCEPT')}\n{environ.get('HTTP_ACCEPT_ENCODING')}\n{length}\n{len(path)}\n{path}"
    )
    return hashlib.blake2b(head.encode("utf-8", "surrogateescape") + body, digest_size=20).digest()


class Body(io.BytesIO):
    """A body that was read, for the next reader; what is noted of its request may be put on it (service/web/at_once.py)."""


class _Broken(io.RawIOBase):
    """A body whose reading failed once, and fails again in the same way for the next reader."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def read(self, size: int = -1) -> bytes:
        raise self._error
