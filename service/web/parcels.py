"""What travels between a worker and its computing children, as bytes: tasks, answers, errors, questions to the caches, notes.

Nothing here is unpickled: a child that somebody got hold of can send a wrong answer, and no code.
"""

from __future__ import annotations

import struct
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from service.errors import Fault, NablaError, Span
from service.web import problems, strict_json, writing
from service.web.forms import Form
from service.web.problems import HttpError
from service.web.reading import Sent

LENGTH = struct.Struct("!I")
LONGEST = 2**53  # milliseconds: more is no deadline


@dataclass(frozen=True)
class Task:
    """One request, as it came: the child reads it again."""

    operation: str
    form: Form
    request_id: str
    is_new: bool  # whether the worker has not understood it, and is to be asked whether it knows the answer
    sent: Sent

    def pack(self) -> bytes:
        sent = self.sent
        head = {
            "operation": self.operation,
            "form": asdict(self.form),
            "request_id": self.request_id,
            "is_new": self.is_new,
            "media_type": sent.media_type,
            "query": sent.query.decode("latin-1"),
        }
        return _pack(head, sent.data)

    @classmethod
    def unpack(cls, parcel: bytes) -> Task:
        head, data = _unpack(parcel)
        sent = Sent(head["media_type"], data, head["query"].encode("latin-1"))
        return cls(head["operation"], Form(**head["form"]), head["request_id"], head["is_new"], sent)


@dataclass(frozen=True)
class Outcome:
    """What a task ended in: the answer's bytes, or an error; and what its trace noted."""

    body: bytes
    error: NablaError | None
    stages: dict[str, float]
    caches: list[str]

    def pack(self) -> bytes:
        error = None if self.error is None else _pack_error(self.error)
        return _pack({"error": error, "stages": self.stages, "caches": self.caches}, self.body)

    @classmethod
    def unpack(cls, parcel: bytes) -> Outcome:
        head, body = _unpack(parcel)
        error = None if head["error"] is None else _unpack_error(head["error"])
        return cls(body, error, head["stages"], head["caches"])


def pack_get(key: str) -> bytes:
    """A question to the caches: the value of a key."""
    return _pack({"get": key}, b"")


def pack_set(key: str, value: bytes) -> bytes:
    """A value for the caches to keep."""
    return _pack({"set": key}, value)


def pack_key(key: str, deadline_ms: int | None) -> bytes:
    """A question to the worker: whether it knows the answer of this key. With what the request says of its deadline."""
    return _pack({"key": key, "deadline_ms": None if deadline_ms is None else min(deadline_ms, LONGEST)}, b"")


def unpack_question(parcel: bytes) -> tuple[dict[str, Any], bytes]:
    return _unpack(parcel)


def pack_note(kind: str, name: str, value: Any) -> bytes:
    """One line of a blackboard."""
    return orjson.dumps([kind, name, value]) + b"\n"


def unpack_notes(notes: bytes) -> tuple[str | None, dict[str, Any]]:
    """The last stage on a blackboard, and the results that were found. A line that broke off is left out."""
    stage, found = None, {}
    for line in notes.split(b"\n")[:-1]:
        kind, name, value = orjson.loads(line)
        if kind == "stage":
            stage = name
        else:
            found[name] = value
    return stage, found


def _pack(head: dict[str, Any], body: bytes) -> bytes:
    data = orjson.dumps(head)
    return LENGTH.pack(len(data)) + data + body


def _unpack(parcel: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = LENGTH.unpack_from(parcel)
    end = LENGTH.size + length
    return orjson.loads(parcel[LENGTH.size : end]), parcel[end:]


def _pack_error(error: NablaError) -> dict[str, Any]:
    return {
        "code": error.code,
        "detail": error.detail,
        "hint": error.hint,
        "pointer": error.pointer,
        "span": _pack_span(error.span),
        "faults": [[fault.detail, fault.pointer, _pack_span(fault.span), fault.hint] for fault in error.faults],
        "facts": writing.to_json(problems.plain_facts(error.facts)).decode(),  # whole numbers beyond 64 bits included
        "headers": dict(error.headers) if isinstance(error, HttpError) and error.headers else None,
    }


def _unpack_error(packed: dict[str, Any]) -> NablaError:
    error = problems.PROBLEMS[packed["code"]].error(
        packed["detail"],
        hint=packed["hint"],
        pointer=packed["pointer"],
        span=_unpack_span(packed["span"]),
        faults=[Fault(detail, pointer, _unpack_span(span), hint) for detail, pointer, span, hint in packed["faults"]],
        facts=strict_json.parse(packed["facts"].encode()),
    )
    if isinstance(error, HttpError):
        error.headers = packed["headers"]
    return error


def _pack_span(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]


def _unpack_span(span: list[int] | None) -> Span | None:
    return None if span is None else Span(*span)
