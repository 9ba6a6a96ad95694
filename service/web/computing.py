"""Where an answer is computed, and by when: small work in the thread of its request, all else in a process that can be killed.

What is small is decided by what the endpoint says of itself (`Endpoint.direct`) and by the sizes of the arrays. Everything else
crosses to a child of the pool (service/compute/pool.py, service/web/child.py) as the bytes that were sent, and comes back as
the bytes of the answer.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from flask import request

from service import limits, progress
from service.cache import keys
from service.compute import runner
from service.errors import CpuBudgetExceeded, DeadlineExceeded, Overloaded
from service.linalg.matrix import Matrix
from service.web import parcels, reading, trace, validation, writing
from service.web.clients import client_of
from service.web.drawings import SVG
from service.web.endpoint import Endpoint
from service.web.forms import PLAIN, Form
from service.web.parcels import Outcome, Task
from service.web.reading import Sent
from service.web.state import State
from service.web.trace import Trace

DEADLINE = "deadline_ms"
FORM = "?form"  # the part of a key that tells forms of one answer apart; no field is called so
ASKED = re.compile(rb"\bdeadline_ms(?:\"\s*:\s*|=)([1-9][0-9]{0,8})\b")
GLANCE = 2_000  # bytes
LARGE = 32_000  # bytes of a body that may take long to understand
MOST_ENTRIES = 256  # of all arrays of a request that is small: 16×16
MOST_EXACT = 36  # of these where exact arithmetic is asked for
MODERATE = 1e-50, 1e50  # magnitudes between which nothing over- or underflows on the way
LARGEST_PARTIAL = 1_000  # bytes of results that were found before the deadline

Recall = Callable[[str, int | None], bool]


def understand(endpoint: Endpoint, sent: Sent) -> dict[str, Any]:
    """The validated fields of the request."""
    with trace.stage("parse"):
        payload = reading.decode(endpoint, sent)
    with trace.stage("validate"):
        return validation.validate(endpoint, payload)


def answer(endpoint: Endpoint, fields: dict[str, Any], form: Form = PLAIN) -> bytes:
    """The handler's answer in the form asked for, computed here and now."""
    progress.stage("compute")
    if form.media_type == SVG:
        with trace.stage("compute"):
            return runner.run(endpoint.name, lambda: endpoint.picture(fields, form.picture))
    with trace.stage("compute"):
        result = runner.run(endpoint.name, lambda: endpoint(fields))
    progress.stage("serialize")
    with trace.stage("serialize"):
        body = form.write(endpoint, result)
    limits.check("answer-bytes", len(body))
    return body


def key_of(endpoint: Endpoint, fields: dict[str, Any], form: Form) -> str:
    """The key of the answer in the caches; its last part is the answer's ETag."""
    return keys.key("response", endpoint.name, fields if form.is_plain else {**fields, FORM: form})


def outcome(endpoint: Endpoint, task: Task, noted: Trace, recall: Recall) -> Outcome:
    """What a task ends in, in a child, from the bytes that were sent. `recall` asks the worker whether the answer is known there."""
    progress.stage("validate")
    fields = understand(endpoint, task.sent)
    asked = fields.pop(DEADLINE, None)
    if task.is_new and recall(key_of(endpoint, fields, task.form), asked):
        return Outcome(b"", None, {}, [])
    body = answer(endpoint, fields, task.form)
    shown = ("parse", "validate", "compute", "serialize") if task.is_new else ("compute", "serialize")
    return Outcome(body, None, {name: noted.stages[name] for name in shown if name in noted.stages}, noted.caches)


class Deadline:
    """By when a request is to be answered, counted from its arrival."""

    def __init__(self, started: float) -> None:
        """`started` on the clock of time.perf_counter."""
        self._started = time.monotonic() - (time.perf_counter() - started)
        self.milliseconds = limits.limit("request-milliseconds")

    def lower(self, milliseconds: int | None) -> None:
        """What the request itself asked for."""
        if milliseconds is not None:
            self.milliseconds = min(self.milliseconds, milliseconds)

    def copy(self) -> Deadline:
        """The same, to be lowered for a part of what it is for."""
        return copy.copy(self)

    def glance(self, sent: Sent) -> None:
        """Lowers it by what stands at either end of a body that is not understood yet."""
        ends = sent.data[:GLANCE] + b" " + sent.data[-GLANCE:] if sent.media_type == reading.JSON else sent.query
        found = ASKED.search(ends)
        self.lower(int(found[1]) if found else None)

    @property
    def at(self) -> float:
        """On the clock of time.monotonic."""
        return self._started + self.milliseconds / 1e3

    def left(self) -> float:
        """Seconds."""
        return self.at - time.monotonic()

    def exceeded(self, stage: str, partial: dict[str, str] | None = None) -> DeadlineExceeded:
        """The error that says so."""
        facts: dict[str, Any] = {
            "limit": "request-milliseconds",
            "allowed": limits.limit("request-milliseconds"),
            "deadline_ms": self.milliseconds,
            "stage": stage,
        }
        if partial:
            facts["partial"] = partial
        found = f"; found until then, and unverified: {', '.join(partial)}" if partial else ""
        return DeadlineExceeded(
            f"the answer was not there after {self.milliseconds} ms, the time of the request, which ended in the stage {stage}{found}",
            hint="ask for less, or allow more by deadline_ms, up to the limit request-milliseconds",
            facts=facts,
        )


def produce(state: State, endpoint: Endpoint, sent: Sent, fields: dict[str, Any], form: Form, deadline: Deadline) -> bytes:
    """The answer's bytes. Raises DeadlineExceeded, Overloaded and the like beside what the handler raises."""
    if deadline.left() <= 0:
        raise deadline.exceeded("validate")
    if state.pool is None or is_small(endpoint, fields, form):
        return answer(endpoint, fields, form)
    return delegate(state, endpoint, sent, form, deadline)


def is_large(state: State, sent: Sent) -> bool:
    """Whether even to understand the request is work for a child."""
    return state.pool is not None and len(sent.data) > LARGE


def is_small(endpoint: Endpoint, fields: dict[str, Any], form: Form = PLAIN) -> bool:
    """Whether the cost is certain to be a few milliseconds: a direct method on small arrays of moderate doubles."""
    if not endpoint.direct or form.media_type == SVG or fields.get("steps") or fields.get("digits") is not None:
        return False
    entries = 0
    for value in fields.values():
        if isinstance(value, Matrix):
            if value.numbers is None or not _is_moderate(value.numbers):
                return False
            entries += value.numbers.size
        elif not (value is None or isinstance(value, (bool, int, float, str))):
            return False
    return entries <= (MOST_EXACT if fields.get("arithmetic") == "exact" else MOST_ENTRIES)


def _is_moderate(numbers: np.ndarray[Any, Any]) -> bool:
    if numbers.size > MOST_ENTRIES:
        return False
    sizes = np.abs(numbers)
    small, large = MODERATE
    return bool(sizes.max() < large and not ((sizes < small) & (sizes > 0)).any())


def delegate(state: State, endpoint: Endpoint, sent: Sent, form: Form, deadline: Deadline, recall: Recall | None = None) -> bytes:
    """The answer's bytes, computed in a child of the pool; b"" when `recall`, which is asked once the request is understood, knows it."""
    pool = state.pool
    assert pool is not None
    noted = trace.begin(request.environ)
    notes = parcels.pack_note("stage", "wait", None)  # for a child; one that has begun notes its own stages

    def note(found: bytes) -> None:
        nonlocal notes
        notes = found

    def reply(question: bytes) -> bytes:
        head, value = parcels.unpack_question(question)
        if "key" in head:
            assert recall is not None
            return b"1" if recall(head["key"], head["deadline_ms"]) else b"0"
        if "set" in head:
            return b"1" if state.cache.set(head["set"], value, state.cache_ttl) else b"0"
        found = state.cache.find(head["get"])
        return b"" if found is None else found.level.encode() + b"\n" + found.value

    started = time.perf_counter()
    task = Task(endpoint.name, form, noted.request_id, recall is not None, sent).pack()
    try:
        ended = Outcome.unpack(pool.run(task, deadline, client_of(request.environ), reply, note))
    except DeadlineExceeded:
        stage, found = parcels.unpack_notes(notes)
        raise deadline.exceeded(stage or "compute", _fitting(found)) from None
    noted.stages["pool"] = time.perf_counter() - started - sum(ended.stages.values())
    noted.stages |= ended.stages
    noted.caches += ended.caches
    if ended.error is not None:
        raise ended.error
    return ended.body


def _fitting(found: dict[str, str]) -> dict[str, str]:
    """The results that a problem document has room for, the last ones first."""
    kept: dict[str, str] = {}
    for name, text in reversed(found.items()):
        if len(writing.to_json({**kept, name: text})) <= LARGEST_PARTIAL:
            kept[name] = text
    return kept


def share(state: State, key: str, deadline: Deadline, compute: Callable[[], bytes]) -> bytes:
    """What `compute()` gives; of several requests for the same answer one computes, and the others wait, each within its deadline."""
    leads = False

    def lead() -> bytes:
        nonlocal leads
        leads = True
        return compute()

    while True:
        try:
            return state.flights.run(key, lead, timeout=max(0.0, deadline.left()))
        except TimeoutError:
            raise deadline.exceeded("wait for the same request") from None
        except (DeadlineExceeded, Overloaded, CpuBudgetExceeded):  # of the other request, which says nothing about this one
            if leads:
                raise
