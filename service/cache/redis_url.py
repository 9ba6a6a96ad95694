"""REDIS_URL: one server, a server that Sentinels know, or a cluster; each with TLS or without.

    redis://[[user]:password@]host[:6379][/db]                                  rediss://... with TLS
    redis+sentinel://[[user]:password@]host[:26379][,host...]/master[/db]        rediss+sentinel://...
    redis+cluster://[[user]:password@]host[:6379][,host...]                      rediss+cluster://...
    unix://[[user]:password@]/path

Options of redis-py may follow as a query, those of TLS above all: `?ssl_ca_certs=/path/ca.pem`, `?ssl_certfile=...&ssl_keyfile=...`;
`sentinel_username` and `sentinel_password` where the Sentinels ask for their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

Client = redis.Redis | RedisCluster

URL = re.compile(
    r"(?P<scheme>(?P<base>rediss?)\+(?P<kind>sentinel|cluster))://(?P<user>[^@/?]*@)?(?P<hosts>[^@/?]+)(?P<path>/[^?]*)?(?P<query>\?.*)?"
)
HOST = re.compile(r"(?P<name>[^\[\]:]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d{1,5}))?")
PORTS = {"sentinel": 26379, "cluster": 6379}
SENTINELS_OWN = ("username", "password", "db", "client_name")  # what of the options is not meant for the Sentinels


def connector(url: str, **options: Any) -> Callable[[], Client]:
    """What makes a client for `url`, with further options of redis-py. Raises ValueError, saying what would be right.

    Making a client of a cluster asks its nodes, and may wait and fail; the others connect when they are used.
    """
    options = {"retry": Retry(NoBackoff(), 0), "protocol": 2, **options}
    if not url.startswith("rediss"):
        # Naming the library to the server costs a round trip. With TLS 1.3 it is needed: the tickets that follow the handshake make
        # redis-py (8.1, RESP2) believe that an answer is left over on a new connection.
        options["driver_info"] = None
    parts = URL.fullmatch(url)
    try:
        if parts is None:
            return _single(url, options)
        own = parse_url(f"{parts['base']}://{parts['user'] or ''}host{parts['query'] or ''}")  # type: ignore[no-untyped-call]
        hosts = [_host(host, PORTS[parts["kind"]]) for host in parts["hosts"].split(",")]
        names = (parts["path"] or "").strip("/").split("/")
    except (ValueError, TypeError) as error:
        raise ValueError(f"REDIS_URL is not understood: {_without_password(str(error), url)}") from None
    is_tls = own.pop("connection_class", None) is not None
    del own["host"]
    options |= own | ({"ssl": True} if is_tls else {})
    return _sentinel(hosts, names, options) if parts["kind"] == "sentinel" else _cluster(hosts, names, options)


def _single(url: str, options: dict[str, Any]) -> Callable[[], Client]:
    pool = redis.Redis.from_url(url, **options).connection_pool
    pool.connection_class(**pool.connection_kwargs)  # an unknown option is told here, at the start; nothing connects yet
    return lambda: redis.Redis.from_url(url, **options)


def _sentinel(hosts: list[tuple[str, int]], names: list[str], options: dict[str, Any]) -> Callable[[], Client]:
    if not names[0] or len(names) > 2 or not (names[1:] or ["0"])[0].isdecimal():
        raise ValueError("REDIS_URL has to name the master that the Sentinels know: redis+sentinel://host:26379/mymaster")
    options["db"] = int((names[1:] or ["0"])[0])
    own = {name: options.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in options}
    shared = {name: value for name, value in options.items() if name not in (*SENTINELS_OWN, "parser_class", "max_connections")}

    def connect() -> Client:
        sentinel = Sentinel(hosts, sentinel_kwargs=shared | own, **options)  # type: ignore[no-untyped-call]
        client: Client = sentinel.master_for(names[0])  # type: ignore[no-untyped-call]
        return client

    connect()  # connects when it is used
    return connect


def _cluster(hosts: list[tuple[str, int]], names: list[str], options: dict[str, Any]) -> Callable[[], Client]:
    if names not in ([""], ["0"]):
        raise ValueError("REDIS_URL names a database, and a cluster has only one: redis+cluster://host:6379")

    def connect() -> Client:
        nodes = [ClusterNode(name, port) for name, port in hosts]  # type: ignore[no-untyped-call]
        return RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)

    return connect


def _host(text: str, default: int) -> tuple[str, int]:
    parts = HOST.fullmatch(text)
    if parts is None or not 0 < int(parts["port"] or default) < 65_536:
        raise ValueError(f"{text!r} is not host:port")
    return parts["name"].strip("[]"), int(parts["port"] or default)


def _without_password(message: str, url: str) -> str:
    """Errors are logged, and passwords are not."""
    secret = url.rpartition("@")[0].partition("://")[2].partition(":")[2]
    for part in [secret, *re.split(r"[:/?#]", secret)]:  # a password with such letters in it is taken apart before it is refused
        message = message.replace(part, "***") if part else message
    return message
