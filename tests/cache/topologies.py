"""Real Redis servers in other forms than one plain server: behind a Sentinel, as a cluster, with TLS."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis

from tests import servers

PASSWORD = "a-password"


def wait_for(is_so: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while True:
        with contextlib.suppress(redis.RedisError, OSError):
            if is_so():
                return
        assert time.monotonic() < give_up
        time.sleep(0.02)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


@contextlib.contextmanager
def sentinel(folder: Path) -> Iterator[str]:
    """A master with a password, and a Sentinel that knows it as `mymaster`."""
    with servers.redis_server(folder, "--requirepass", PASSWORD, ready=b"-NOAUTH") as master:
        configuration, port = folder / "sentinel.conf", servers.free_port()
        configuration.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor mymaster 127.0.0.1 {port_of(master)} 1\nsentinel auth-pass mymaster {PASSWORD}\n"
        )
        with servers.running([servers.redis_program(), str(configuration), "--sentinel"], folder / "sentinel.log", port):
            yield f"redis+sentinel://:{PASSWORD}@127.0.0.1:{servers.free_port()},127.0.0.1:{port}/mymaster/2"


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Two nodes with half of the slots each."""
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "5000")
    places = [folder / "one", folder / "two"]
    for place in places:
        place.mkdir()
    with servers.redis_server(places[0], *options) as one, servers.redis_server(places[1], *options) as two:
        nodes = [redis.Redis.from_url(url) for url in (one, two)]
        for node, slots in zip(nodes, (range(8192), range(8192, 16384)), strict=True):
            node.execute_command("CLUSTER ADDSLOTS", *slots)
        nodes[0].execute_command("CLUSTER MEET", "127.0.0.1", port_of(two))
        wait_for(lambda: all(b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO") for node in nodes))
        yield f"redis+cluster://127.0.0.1:{port_of(one)}"


@contextlib.contextmanager
def tls(folder: Path) -> Iterator[str]:
    """A server that speaks TLS only, with a certificate that it signed itself."""
    key, certificate, port = folder / "key.pem", folder / "certificate.pem", servers.free_port()
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", *names]
    subprocess.run([*new, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    options = ["--tls-port", str(port), "--port", "0", "--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    command = [servers.redis_program(), "--bind", "127.0.0.1", "--save", "", "--tls-auth-clients", "no", *options]
    with servers.running(command, folder / "tls.log", port, ready=None):
        yield f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
