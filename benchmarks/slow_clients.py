"""Slow clients of five kinds against good requests: gunicorn's own workers, ours, and both behind nginx.

The median and the 99th percentile of good requests beside so many slow clients, and how many had no answer within 3 s. gevent is
measured where it is installed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import servers
from tests.deploy import proxy
from tests.hostile import slow

GOOD = 100
COUNTS = (0, 24, 200)
WORKERS = ("service.web.worker.Worker", "gthread", "gevent")


@contextlib.contextmanager
def gunicorn(worker: str, folder: Path) -> Iterator[tuple[str, int]]:
    """The service under two workers of this class."""
    port = servers.free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(servers.ROOT / "deploy" / "gunicorn.conf.py"), "--worker-class", worker]
    environment = {**os.environ, "PORT": str(port), "WEB_CONCURRENCY": "2", "LOG_LEVEL": "error"}
    with (folder / "gunicorn.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=servers.ROOT, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(600):
                with contextlib.suppress(OSError):
                    if servers.request(f"http://127.0.0.1:{port}/readyz", timeout=2).status == 200:
                        break
                time.sleep(0.1)
            yield "127.0.0.1", port
        finally:
            process.terminate()
            process.wait(60)


def measure(name: str, address: tuple[str, int]) -> Iterator[dict[str, Any]]:
    slow.good_requests(address, 20)
    for count in COUNTS:
        with slow.clients(address, count):
            taken = sorted(slow.good_requests(address, GOOD, patience=3))
        median, late = (f"{taken[int(len(taken) * part)] * 1e3:.1f}" for part in (0.5, 0.99))
        yield {
            "server": name,
            "slow clients": count,
            "p50 ms": median,
            "p99 ms": late,
            "lost": sum(map(math.isinf, taken)),
            "of": len(taken),
        }


def run() -> list[dict[str, Any]]:
    """The table."""
    rows: list[dict[str, Any]] = []
    for worker in WORKERS:
        if worker == "gevent" and importlib.util.find_spec("gevent") is None:
            continue
        with tempfile.TemporaryDirectory() as scratch, gunicorn(worker, Path(scratch)) as address:
            rows += measure(worker, address)
            with proxy.nginx(Path(scratch), address) as front:
                rows += measure(f"{worker} behind nginx", front)
    return rows
