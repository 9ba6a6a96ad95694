"""Matrices in and out: what reading and writing add to LAPACK, by form; over HTTP beside math.js; exact answers beside python-flint."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flint
import numpy as np
import orjson
from numpy.typing import NDArray

from service.web import reading, validation, writing
from service.web.array_files import NPY, as_base64, write_npy
from service.web.endpoint import Endpoint
from service.web.registry import ENDPOINTS
from tests import servers

SIZES = {3: 200, 30: 100, 100: 30, 300: 7, 1000: 3}  # rows: rounds
MATHJS = "15.2.0"
Matrix = NDArray[np.float64]


def medians(calls: Mapping[str, Callable[[Matrix], Any]], n: int, rounds: int, symmetric: bool = False) -> dict[str, float]:
    """Milliseconds of wall time. Every round has a matrix of its own, so that no cache answers, and the calls take turns."""
    random = np.random.default_rng(n)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 2):
        matrix = random.standard_normal((n, n))
        matrix = matrix + matrix.T if symmetric else matrix
        for name, call in calls.items():
            start = time.perf_counter()
            call(matrix)
            if turn > 1:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) * 1e3 for name, values in times.items()}


# --- in and out, in process -------------------------------------------------------------------------------------------


def as_json(matrix: Matrix) -> bytes:
    return orjson.dumps({"matrix": matrix}, option=orjson.OPT_SERIALIZE_NUMPY)


def body(matrix: Matrix, form: str) -> reading.Sent:
    if form == ".npy":
        return reading.Sent(NPY, write_npy(matrix))
    return reading.Sent(reading.JSON, as_json(matrix) if form == "JSON" else orjson.dumps({"matrix": as_base64(matrix)}))


def written(answer: dict[str, Any], entry: Endpoint, form: str) -> bytes:
    if form == ".npy":
        return write_npy(answer[str(entry.bare)])
    return writing.to_json(answer, base64=form == "base64")


def parts(operation: str, form: str, lapack: Callable[[Matrix], Any]) -> dict[str, Callable[[Matrix], Any]]:
    """What is timed: LAPACK alone, reading, the operation with its certificate, writing. Each works on what the last one left."""
    entry, left = ENDPOINTS[operation], {}

    def read(matrix: Matrix) -> None:
        left["fields"] = validation.validate(entry, reading.decode(entry, left["sent"]))

    def send(matrix: Matrix) -> None:
        left["sent"] = body(matrix, form)

    def operate(matrix: Matrix) -> None:
        left["answer"] = entry(left["fields"])

    return {"send": send, "lapack": lapack, "in": read, "call": operate, "out": lambda matrix: written(left["answer"], entry, form)}


def forms() -> Iterator[dict[str, Any]]:
    """(in + LAPACK + out)/LAPACK is the price of the form; with the certificate, of the whole answer."""
    operations = {"inverse": np.linalg.inv, "svd": lambda matrix: np.linalg.svd(matrix, full_matrices=False)}
    for operation, lapack in operations.items():
        for n, rounds in SIZES.items():
            for form in ("JSON", ".npy", "base64"):
                found = medians(parts(operation, form, lapack), n, rounds)
                around = found["in"] + found["out"]
                yield {
                    "what": f"{operation} {n}×{n}, {form}",
                    "ms": round(around + found["call"], 3),
                    "peer": "LAPACK alone",
                    "peer, ms": round(found["lapack"], 3),
                    "ratio": round((around + found["call"]) / found["lapack"], 2),
                    "(in + LAPACK + out) / LAPACK": round((around + found["lapack"]) / found["lapack"], 2),
                }


# --- over HTTP, beside math.js ----------------------------------------------------------------------------------------


def posting(address: str, path: str) -> Callable[[Matrix], bytes]:
    connection = http.client.HTTPConnection(address)

    def call(matrix: Matrix) -> bytes:
        connection.request("POST", path, as_json(matrix), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(content.decode()[:500])
        return content

    return call


@contextlib.contextmanager
def mathjs(folder: Path) -> Iterator[str | None]:
    """The address of a server with math.js; None where there is no Node."""
    if not shutil.which("npm"):
        yield None
        return
    subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), f"mathjs@{MATHJS}"], check=True, capture_output=True)
    script = shutil.copy(Path(__file__).with_name("mathjs_server.js"), folder)
    with subprocess.Popen(["node", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


def over_http() -> Iterator[dict[str, Any]]:
    """A symmetric 10×10 matrix: the whole request, from one client, one after another."""
    with tempfile.TemporaryDirectory() as folder, servers.service(Path(folder)) as base, mathjs(Path(folder)) as peer:
        for operation, theirs in (("inverse", "/inverse"), ("eigen", "/eigenvalues")):
            if peer is None or operation not in ENDPOINTS:
                continue
            calls = {"ours": posting(urlsplit(base).netloc, f"/v1/{operation}"), "theirs": posting(peer, theirs)}
            found = medians(calls, 10, 400, symmetric=True)
            yield {
                "what": f"{operation} 10×10 over HTTP",
                "ms": round(found["ours"], 3),
                "peer": f"math.js {MATHJS} on Node's http",
                "peer, ms": round(found["theirs"], 3),
                "ratio": round(found["ours"] / found["theirs"], 2),
                "(in + LAPACK + out) / LAPACK": "",
            }


# --- exact, beside python-flint ---------------------------------------------------------------------------------------


def exactly() -> Iterator[dict[str, Any]]:
    """The operation with its certificate against the bare call and its strings."""
    for n in (10, 20, 40):
        random = np.random.default_rng(n)
        rows = random.integers(-9, 10, (n, n)).tolist()
        for operation, bare in (
            ("inverse", lambda a: [[str(value) for value in row] for row in a.inv().tolist()]),
            ("determinant", lambda a: str(a.det())),
            ("rank", lambda a: a.rank()),
        ):
            entry = ENDPOINTS[operation]
            fields = {"matrix": rows, "arithmetic": "exact"}
            calls = {
                "ours": lambda matrix, entry=entry, fields=fields: entry(entry.request.load(fields)),
                "theirs": lambda matrix, bare=bare, rows=rows: bare(flint.fmpq_mat(flint.fmpz_mat(rows))),
            }
            found = medians(calls, 2, 30)
            yield {
                "what": f"exact {operation} {n}×{n}",
                "ms": round(found["ours"], 3),
                "peer": "bare python-flint + strings",
                "peer, ms": round(found["theirs"], 3),
                "ratio": round(found["ours"] / found["theirs"], 2),
                "(in + LAPACK + out) / LAPACK": "",
            }


def run() -> list[dict[str, Any]]:
    return [*forms(), *over_http(), *exactly()]
