"""Settings: one table, read from the environment at start. `make serve` with `LOG_LEVEL=warning` is an example.

The name of a setting in the environment is that of the field in capitals; limits are `LIMIT_<NAME>` (service/limits.py).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from service.limits import LIMITS

METRICS = ("on", "open", "off")
LOG_LEVELS = ("debug", "info", "warning", "error")


def setting(default: Any, help_text: str, *, secret: bool = False) -> Any:
    """One row of the table. A secret is not shown where settings are."""
    return field(default=default, repr=not secret, metadata={"help": help_text})


@dataclass(frozen=True)
class Settings:
    """The table. `limits` holds the limits that differ from their defaults, by name."""

    redis_url: str = setting(
        "",
        "URL of a Redis that the workers share as a cache (redis://, rediss://, unix://, redis+sentinel://host:26379/mymaster, "
        "redis+cluster://host:6379; docs/caching.md); empty: none",
        secret=True,
    )
    redis_wait_ms: int = setting(40, "milliseconds that a request waits for Redis before it goes on without it")
    cache_secret: str = setting("", "key of the MAC that values in Redis carry; without it a checksum only", secret=True)
    cache_memory_bytes: int = setting(16_000_000, "size of the cache inside each worker; 0 switches all caches off")
    cache_ttl_seconds: int = setting(86_400, "how long an answer or a derivation is kept")
    http_max_age_seconds: int = setting(86_400, "how long a client may keep the answer to a GET or QUERY (Cache-Control)")
    api_keys: str = setting(
        "", "keys that may ask, as name:sha256[:limits[:until]], separated by blanks; empty: everybody may", secret=True
    )
    api_keys_file: str = setting("", "a file of such entries, one a line; read anew when it changes")
    rate_limit: str = setting("", "requests of one key, or of one address: 100/minute, or 10/second, 1000/hour; empty: any number")
    trusted_proxies: int = setting(0, "how many proxies stand in front, whose entries in X-Forwarded-For are believed")
    cors_origins: str = setting("", "origins whose pages may ask, such as https://lms.example.org, or *; empty: none")
    metrics: str = setting("on", "GET /metrics: on; open, so that it needs no key even where the rest does; off")
    log_level: str = setting("info", "the least that is logged: " + ", ".join(LOG_LEVELS))
    limits: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in force. Raises ValueError, saying what would be right."""
        values: dict[str, Any] = {}
        for entry in SETTINGS:
            text = environment.get(entry.name.upper())
            if text is not None:
                values[entry.name] = _whole(entry.name.upper(), text) if isinstance(entry.default, int) else text.strip()
        if values.get("metrics", "on").lower() not in METRICS:
            raise ValueError(f"METRICS must be one of {', '.join(METRICS)}, not {values['metrics']!r}")
        if values.get("log_level", "info").lower() not in LOG_LEVELS:
            raise ValueError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {values['log_level']!r}")
        return cls(**values, limits=_limits(environment))


SETTINGS = tuple(entry for entry in fields(Settings) if "help" in entry.metadata)


def _limits(environment: Mapping[str, str]) -> dict[str, int]:
    names = {f"LIMIT_{limit.name.replace('-', '_').upper()}": limit.name for limit in LIMITS}
    values = {}
    for name, text in environment.items():
        if name.startswith("LIMIT_"):
            if name not in names:
                nearest = difflib.get_close_matches(name, names, 1)
                raise ValueError(f"{name} is not a limit{f'; did you mean {nearest[0]}?' if nearest else ''}")
            values[names[name]] = _whole(name, text)
    return values


def _whole(name: str, text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError(f"{name} must be a whole number, not {text!r}")
    return int(text)
