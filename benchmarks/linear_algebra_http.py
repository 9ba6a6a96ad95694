"""Inverses over HTTP: the service under gunicorn, with its certificate, against LAPACK + orjson in process, and LAPACK alone."""

from __future__ import annotations

import http.client
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson
from numpy.typing import NDArray

from service.web import writing
from service.web.endpoints.inverse import inverse
from tests import servers

SIZES = {3: 300, 10: 300, 30: 200, 100: 100, 300: 20}  # rows: rounds
HEADERS = {"Content-Type": "application/json"}


def with_lapack(matrix: NDArray[np.float64], body: bytes) -> bytes:
    """What a bare script does: no validation, no bound, no condition number, no determinant."""
    sent = orjson.loads(body)
    return orjson.dumps({"inverse": np.linalg.inv(np.array(sent["matrix"]))}, option=orjson.OPT_SERIALIZE_NUMPY)


def in_process(matrix: NDArray[np.float64], body: bytes) -> bytes:
    """Our handler without HTTP."""
    return writing.to_json(inverse(inverse.request.load(orjson.loads(body))))


def lapack_alone(matrix: NDArray[np.float64], body: bytes) -> Any:
    return np.linalg.inv(matrix)


def over_http(connection: http.client.HTTPConnection) -> Callable[[NDArray[np.float64], bytes], bytes]:
    def call(matrix: NDArray[np.float64], body: bytes) -> bytes:
        connection.request("POST", "/v1/inverse", body, HEADERS)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(content.decode()[:500])
        return content

    return call


def run() -> list[dict[str, Any]]:
    """Medians of wall time; every request has a matrix of its own, so that no cache answers, and the configurations take turns."""
    random = np.random.default_rng(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder, servers.service(Path(folder)) as base:
        connection = http.client.HTTPConnection(urlsplit(base).netloc)
        calls = {"over HTTP": over_http(connection), "in process": in_process, "LAPACK + orjson": with_lapack, "LAPACK": lapack_alone}
        for n, rounds in SIZES.items():
            times: dict[str, list[float]] = {name: [] for name in calls}
            for _ in range(rounds):
                matrix = random.standard_normal((n, n))
                body = orjson.dumps({"matrix": matrix}, option=orjson.OPT_SERIALIZE_NUMPY)
                for name, call in calls.items():
                    start = time.perf_counter()
                    call(matrix, body)
                    times[name].append(time.perf_counter() - start)
            medians = {name: statistics.median(values) * 1e3 for name, values in times.items()}
            row: dict[str, Any] = {"n": n, **{f"{name}, ms": round(value, 3) for name, value in medians.items()}}
            row["HTTP / (LAPACK + orjson)"] = round(medians["over HTTP"] / medians["LAPACK + orjson"], 2)
            row["in process / LAPACK"] = round(medians["in process"] / medians["LAPACK"], 2)
            rows.append(row)
        connection.close()
    return rows
