"""Who a request comes from: the name of its key, else its address."""

from __future__ import annotations

import ipaddress
from typing import Any

NAME = "nabla.client"  # in the environ: the name of the key that the request showed (service/web/admission.py)
UNKNOWN = "unknown"  # a request that came through a Unix socket, without a proxy that is believed

_trusted = 0


def configure(trusted_proxies: int) -> None:
    """How many proxies stand in front of the service, each of which adds the address of its client to X-Forwarded-For."""
    global _trusted  # noqa: PLW0603
    _trusted = trusted_proxies


def client_of(environ: dict[str, Any]) -> str:
    """`key:<name>`, else `address_of`: what the budgets and limits of one client are counted under."""
    name: str | None = environ.get(NAME)
    return f"key:{name}" if name else address_of(environ)


def address_of(environ: dict[str, Any]) -> str:
    """The address of the client, an IPv6 address as its /64, which is what one customer gets.

    Only the last entries of X-Forwarded-For are believed, as many as there are trusted proxies: those before them are
    whatever the client wrote.
    """
    address = environ.get("REMOTE_ADDR") or ""
    if _trusted:
        entries = [entry.strip() for entry in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if entry.strip()]
        if entries:
            address = entries[-min(_trusted, len(entries))]
    if ":" not in address:
        return address[:64] or UNKNOWN
    return _network(address)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.IPv6Address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address[:64]
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
