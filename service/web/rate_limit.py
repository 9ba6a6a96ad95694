"""Rate limits: `100/minute`, or several at once: `10/second, 1000/hour`. What a client has left, and the headers that say so.

A window is a fixed stretch of the clock (a minute begins at its full minute, in UTC), so that all workers and machines agree
on it without talking to each other, and `reset` is known without asking anybody.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from service.cache.counters import Counters

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
SHORT = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}
RATE = re.compile(r"([1-9]\d{0,8})\s*(?:/|per)\s*(?:([1-9]\d{0,4})\s*)?([a-z]+)")
EXAMPLE = "100/minute, or several as in 10/second, 1000/hour"


@dataclass(frozen=True)
class Rate:
    """At most `quota` requests in each window of `window` seconds."""

    quota: int
    window: int
    name: str

    def __str__(self) -> str:
        return f"{self.quota}/{self.name}"


@dataclass(frozen=True)
class Standing:
    """Where a client stands in one rate: how many requests it has left, and the seconds until the count begins anew."""

    rate: Rate
    remaining: int
    reset: int
    is_over: bool


def parse(text: str, source: str = "") -> tuple[Rate, ...]:
    """The rates that a text names; none for an empty text. Raises ValueError, saying what would be right."""
    parts = [part.strip().lower() for part in re.split("[,;]", text) if part.strip()]
    rates = [_rate(part, text, source) for part in parts]
    if len({rate.window for rate in rates}) < len(rates):
        raise ValueError(f"{source}{text!r} limits the same stretch of time twice")
    return tuple(sorted(rates, key=lambda rate: rate.window))


def _rate(part: str, text: str, source: str) -> Rate:
    match = RATE.fullmatch(part)
    unit = match[3] if match else ""
    unit = SHORT.get(unit, unit.removesuffix("s") if len(unit) > 1 else unit)
    if not match or unit not in SECONDS:
        raise ValueError(f"{source}{text!r} is no rate limit; write for instance {EXAMPLE}")
    many = int(match[2] or 1)
    return Rate(int(match[1]), many * SECONDS[unit], unit if many == 1 else f"{many}-{unit}s")


def count(
    counters: Counters, client: str, rates: tuple[Rate, ...], clock: Callable[[], float] = time.time, amount: int = 1
) -> tuple[Standing, ...]:
    """Counts `amount` requests of `client`, and says where it stands in each rate now."""
    now = clock()
    standings = []
    for rate in rates:
        until = (int(now // rate.window) + 1) * rate.window
        used = counters.add(f"{rate.window}:{client}", until, rate.window, amount)
        reset = max(1, math.ceil(until - now))
        standings.append(Standing(rate, max(0, rate.quota - used), reset, used > rate.quota))
    return tuple(standings)


def tightest(standings: tuple[Standing, ...]) -> Standing:
    """The rate that hinders most: one that is overrun, the longest to wait for; else that with the least left."""
    return max(standings, key=lambda one: (one.is_over, one.reset if one.is_over else -one.remaining))


def headers(standings: tuple[Standing, ...], clock: Callable[[], float] = time.time) -> list[tuple[str, str]]:
    """`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11), and the older `X-RateLimit-*`, whose
    reset is the time of the epoch in seconds, as most services have it."""
    hindering = tightest(standings)
    return [
        ("RateLimit-Policy", ", ".join(f'"{one.rate.name}";q={one.rate.quota};w={one.rate.window}' for one in standings)),
        ("RateLimit", ", ".join(f'"{one.rate.name}";r={one.remaining};t={one.reset}' for one in standings)),
        ("X-RateLimit-Limit", str(hindering.rate.quota)),
        ("X-RateLimit-Remaining", str(hindering.remaining)),
        ("X-RateLimit-Reset", str(int(clock()) + hindering.reset)),
    ]
