"""Requests from pages of other origins (CORS, the Fetch standard): only those on the operator's list, and without cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:.]+\](:\d{1,5})?|null|\*", re.IGNORECASE)
METHODS = "GET, HEAD, POST, QUERY, OPTIONS"
REQUEST_HEADERS = "Accept, Authorization, Content-Encoding, Content-Type, If-None-Match, Traceparent, Tracestate, X-API-Key, X-Request-Id"
EXPOSED = (
    "Allow, Cache-Status, Content-Disposition, Content-Location, Deprecation, ETag, Link, RateLimit, RateLimit-Policy, Retry-After, "
    "Server-Timing, Sunset, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
)
MAX_AGE = "7200"  # seconds that a browser keeps a preflight; none keeps it longer

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Origins:
    """The list. `https://*.example.org` stands for every host below example.org, `*` for every origin."""

    exact: frozenset[str]
    below: tuple[re.Pattern[str], ...]
    every: bool

    @classmethod
    def parse(cls, text: str) -> Origins | None:
        """The origins of a setting, separated by commas or blanks; None when there are none. Raises ValueError."""
        origins = [origin.rstrip("/").lower() for origin in re.split(r"[,\s]+", text) if origin]
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"CORS_ORIGINS: {origin!r} is no origin; write https://lms.example.org, https://*.example.org or *")
        if not origins:
            return None
        below = [re.compile(re.escape(origin).replace(r"\*", r"[a-z0-9.-]+")) for origin in origins if "//*." in origin]
        return cls(frozenset(origins) - {"*"}, tuple(below), "*" in origins)

    def allow(self, origin: str) -> bool:
        origin = origin.lower()
        return self.every or origin in self.exact or any(pattern.fullmatch(origin) for pattern in self.below)

    def headers(self, environ: dict[str, Any]) -> Headers:
        """What every answer gets, errors too: a page could not read them otherwise."""
        origin = environ.get("HTTP_ORIGIN")
        vary = [] if self.every else [("Vary", "Origin")]
        if origin is None or not self.allow(origin):
            return vary
        return [("Access-Control-Allow-Origin", "*" if self.every else origin), ("Access-Control-Expose-Headers", EXPOSED), *vary]

    def preflight(self, environ: dict[str, Any]) -> Headers | None:
        """The headers that answer a browser's question whether it may ask; None when this is none, or it may not."""
        if environ.get("REQUEST_METHOD") != "OPTIONS" or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
            return None
        if not self.allow(environ.get("HTTP_ORIGIN", "")):
            return None
        return [
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", REQUEST_HEADERS),
            ("Access-Control-Max-Age", MAX_AGE),
        ]
