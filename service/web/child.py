"""`python -m service.web.child FD`: what a computing child does with a task, and the start of the process they are forked from.

A child reads the request again, as the worker did, and answers with the finished bytes. The caches it asks for derivations
are those of the worker, at the other end of the channel.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from typing import Any

import orjson

from service import limits, progress
from service.cache.port import Found
from service.compute import channel, zygote
from service.compute.channel import Channel
from service.errors import LimitExceeded, NablaError
from service.settings import Settings
from service.web import computing, drawings, logs, trace
from service.web.forms import Form
from service.web.parcels import Outcome, Task, pack_get, pack_key, pack_note, pack_set
from service.web.problems import InternalError
from service.web.registry import ENDPOINTS
from service.web.state import State, adopt

log = logging.getLogger("nabla.compute")


class WorkersCache:
    """The worker's caches, asked over the channel. How long they keep a value is theirs to know."""

    def __init__(self, worker: Channel) -> None:
        self._worker = worker

    def get(self, key: str) -> bytes | None:
        found = self.find(key)
        return found.value if found else None

    def find(self, key: str) -> Found | None:
        level, _, value = self._ask(pack_get(key)).partition(b"\n")
        return Found(value, level.decode()) if level else None

    def set(self, key: str, value: bytes, ttl: int) -> bool:
        return self._ask(pack_set(key, value)) == b"1"

    def recall(self, key: str, deadline_ms: int | None) -> bool:
        """Whether the worker knows the whole answer."""
        return self._ask(pack_key(key, deadline_ms)) == b"1"

    def _ask(self, question: bytes) -> bytes:
        self._worker.send(channel.ASK, question)
        return self._worker.receive()[1]


def work(parcel: bytes, worker: Channel, blackboard: int) -> bytes:
    """Answers one task. Whatever happens, it is an outcome."""
    task = Task.unpack(parcel)
    noted = trace.begin({"HTTP_X_REQUEST_ID": task.request_id})
    cache = WorkersCache(worker)
    adopt(State(cache, cache_ttl=0, freshness=""))

    def tell(kind: str, name: str, value: Any) -> None:
        os.write(blackboard, pack_note(kind, name, value))

    progress.listen(tell)
    try:
        return computing.outcome(ENDPOINTS[task.operation], task, noted, cache.recall).pack()
    except NablaError as error:
        return Outcome(b"", error, noted.stages, noted.caches).pack()
    except MemoryError:
        allowed = limits.limit("compute-megabytes")
        short = LimitExceeded(
            f"the computation needs more than {allowed} megabytes of memory: the limit compute-megabytes",
            hint="ask for less; GET /v1/limits lists every limit",
            facts={"limit": "compute-megabytes", "allowed": allowed},
        )
        return Outcome(b"", short, {}, []).pack()
    except Exception as error:
        log.error("defect", exc_info=error, extra={"members": {"request_id": task.request_id, "operation": task.operation}})
        defect = InternalError("the service failed on this request; the fault is not yours", hint="report the X-Request-Id of this answer")
        return Outcome(b"", defect, {}, []).pack()
    finally:
        trace.end()


def warm_up() -> None:
    """Does once what is slow the first time, so that no child has to: the first example of each operation, and a picture."""
    with_picture = next(endpoint for endpoint in ENDPOINTS.values() if endpoint.drawings)
    for endpoint in [*ENDPOINTS.values(), with_picture]:
        with contextlib.suppress(NablaError):
            fields = endpoint.request.load(orjson.loads(orjson.dumps(endpoint.examples[0].request)))
            computing.answer(endpoint, fields)
            if endpoint is with_picture:
                computing.answer(endpoint, fields, Form(drawings.SVG))


def main() -> None:
    """The zygote of one worker; its control socket is the descriptor named on the command line."""
    settings = Settings.from_environment(os.environ)
    limits.configure(settings.limits)
    logs.configure(settings.log_level)
    control = socket.socket(fileno=int(sys.argv[1]))
    zygote.die_with_parent()
    warm_up()
    zygote.serve(control, work, limits.limit("compute-megabytes") * 1_000_000)


if __name__ == "__main__":
    main()
