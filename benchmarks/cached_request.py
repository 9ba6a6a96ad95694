"""A repeated request against a bare Flask jsonify: CPU of the server a request, the same gunicorn configuration, in turns.

Both run under deploy/gunicorn.conf.py with one worker; the order is turned round every other round (ABBA). What the worker has used
is summed over its threads, in nanoseconds, as the kernel's scheduler counts it.
"""

from __future__ import annotations

import http.client
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from tests import servers

REQUESTS, ROUNDS = 300, 10
BODY = orjson.dumps({"expression": "x1^2 + 3*x1*x2 + x2^2", "wrt": ["x1", "x2"], "at": {"x1": 1, "x2": 2}})
HEADERS = {"Content-Type": "application/json"}


def bare() -> Flask:
    """The reference: a route, a dict, jsonify."""
    app = Flask(__name__)

    @app.route("/v1/gradient", methods=["GET", "POST"])
    def gradient() -> ResponseReturnValue:
        return jsonify({"value": [8.0, 7.0], "result": {"text": "[2*x1 + 3*x2, 3*x1 + 2*x2]"}})

    @app.route("/livez")
    def livez() -> ResponseReturnValue:
        return jsonify({"status": "ok"})

    return app


def cpu(parent: int) -> float:
    """Seconds of CPU that the children of a process (gunicorn's workers) have used."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    threads = [thread for child in children for thread in Path(f"/proc/{child}/task").iterdir()]
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def sender(base: str, method: str, path: str, body: bytes | None) -> Callable[[], None]:
    connection = http.client.HTTPConnection(urlsplit(base).netloc)

    def status() -> int:
        connection.request(method, path, body, HEADERS if body else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def send() -> None:
        try:
            found = status()
        except (OSError, http.client.HTTPException):  # kept open for too long while the others had their turn
            connection.close()
            found = status()
        if found != 200:
            raise RuntimeError(f"{method} {path}: {found}")

    give_up = time.monotonic() + 60
    while status() != 200 and time.monotonic() < give_up:  # on a busy machine it takes a while until it can compute
        time.sleep(0.2)
    return send


def run() -> list[dict[str, Any]]:
    """Medians over rounds in which the configurations take turns."""
    with tempfile.TemporaryDirectory() as folder:
        ours = servers.started(Path(folder))
        theirs = servers.started(Path(folder), application="benchmarks.cached_request:bare()")
        with ours as (base, process), theirs as (bare_base, bare_process):
            query = "/v1/gradient?expression=x1%5E2%2B3*x1*x2%2Bx2%5E2"
            cases = {
                "Flask jsonify, GET": (bare_process, sender(bare_base, "GET", "/v1/gradient", None)),
                "Flask jsonify, POST": (bare_process, sender(bare_base, "POST", "/v1/gradient", BODY)),
                "Nabla, cached GET": (process, sender(base, "GET", query, None)),
                "Nabla, cached POST": (process, sender(base, "POST", "/v1/gradient", BODY)),
            }
            times: dict[str, list[float]] = {name: [] for name in cases}
            for turn in range(ROUNDS):
                for name, (server, send) in list(cases.items())[:: 1 if turn % 2 else -1]:
                    before = cpu(server)
                    for _ in range(REQUESTS):
                        send()
                    times[name].append((cpu(server) - before) / REQUESTS)
    medians = {name: statistics.median(values) * 1e6 for name, values in times.items()}
    rows = []
    for name, median in medians.items():
        reference = medians[f"Flask jsonify, {name.split()[-1]}"]
        rows.append({"request": name, "CPU, us": round(median), "against jsonify": round(median / reference, 2)})
    return rows
