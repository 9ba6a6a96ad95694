"""The nginx of deploy/nginx.conf, on a port of its own, in front of a service."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests import servers

CONFIGURATION = servers.ROOT / "deploy" / "nginx.conf"


def program() -> str | None:
    """nginx, where there is one; Debian has it where a user's path does not lead."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def nginx(folder: Path, service: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """Yields the address that it listens on."""
    port = servers.free_port()
    text = CONFIGURATION.read_text()
    for sent, meant in {"listen 8080 ": f"listen 127.0.0.1:{port} ", "server service:8000 ": f"server {service[0]}:{service[1]} "}.items():
        assert text.count(sent) == 1
        text = text.replace(sent, meant)
    prefix = folder / f"nginx-{port}"
    prefix.mkdir()
    (prefix / "nginx.conf").write_text(text)
    shutil.copy(CONFIGURATION.with_name("problems.conf"), prefix)
    user = " user root;" if os.getuid() == 0 else ""  # else its workers could not enter the folder
    command = [program() or "nginx", "-p", str(prefix), "-e", "stderr", "-c", str(prefix / "nginx.conf"), "-g", f"daemon off;{user}"]
    with (prefix / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            give_up = time.monotonic() + 10
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"nginx did not start:\n{(prefix / 'log').read_text()[-2000:]}")
                time.sleep(0.05)
            yield "127.0.0.1", port
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
