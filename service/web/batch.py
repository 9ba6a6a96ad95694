"""POST /v1/batch: many requests in one, each with its own status, in order, as JSON or line by line as they are ready (NDJSON).

    {"items": [{"operation": "rank", "matrix": [[1, 2], [2, 4]]}, {"id": "b", "operation": "inverse", "request": {"matrix": [[2]]}}]}

An item goes the way of any request: its answer is found in the caches or computed in its lane, and has the bytes and the ETag
that it would have alone. What goes wrong with one is the problem in its place. One deadline, counted from the arrival, is for all.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import request, stream_with_context
from werkzeug import Response

from service import limits
from service.errors import InputError, NablaError
from service.web import admission, commands, computing, encodings, mistakes, negotiation, pipeline, problems, reading, trace, writing
from service.web.endpoint import Endpoint
from service.web.forms import BY_TYPE, JSON, PLAIN, Form
from service.web.problems import InternalError, NotAcceptable, UnknownOperation, UnsupportedMediaType
from service.web.registry import ENDPOINTS
from service.web.state import State
from service.web.strict_json import NotJson, loads

PATH = "/v1/batch"
NDJSON = "application/x-ndjson"
OTHER_NAMES = ("application/ndjson", "application/jsonl")
BY_NAME = {"json": JSON, "ndjson": NDJSON}
MEMBERS = ("id", "operation", "request", "format", "member")
GLUED = re.compile(rb"\}[ \t\r]*\{")
MILLISECONDS = re.compile(r"[0-9]{1,15}", re.ASCII)
LINE = re.compile(rb"[^ \t\r\n][^\n]*")  # none that is blank
LONGEST_ID = 200  # characters

log = logging.getLogger("nabla.request")


@dataclass
class Batch:
    """What was sent: the items, or a line for each that is not read yet; and by when all are to be answered."""

    items: list[Any]
    deadline_ms: int | None = None


def view(state: State) -> Callable[[], Response]:
    """The view function of POST /v1/batch."""

    def serve() -> Response:
        environ = request.environ
        noted = trace.begin(environ)
        query = _query(environ.get("QUERY_STRING", ""))
        sent_as = request.mimetype or JSON
        kind = NDJSON if sent_as in (NDJSON, *OTHER_NAMES) else sent_as
        answer_as = _answer_as(query.pop("format", None), environ.get("HTTP_ACCEPT"), kind)
        with trace.stage("parse"):
            batch = _read(kind, reading.whole_body(request), query)
        admission.charge(environ, len(batch.items) - 1)
        deadline = computing.Deadline(noted.started)
        deadline.lower(batch.deadline_ms)
        lines = _lines(state, batch.items, deadline, noted)
        if answer_as != JSON:
            return Response(
                stream_with_context(lines), 200, [("Content-Type", answer_as), ("Vary", "Accept"), ("Cache-Control", "no-store")]
            )
        body, encoding = encodings.encoded(
            b'{"items":[' + b",".join(line.rstrip(b"\n") for line in lines) + b"]}\n", environ.get("HTTP_ACCEPT_ENCODING")
        )
        headers = [("Content-Type", JSON), ("Vary", "Accept, Accept-Encoding"), ("Cache-Control", "no-store")]
        return Response(body, 200, headers + ([("Content-Encoding", encoding)] if encoding else []))

    return serve


# --- what was sent --------------------------------------------------------------------------------------------------------


def _query(query: str) -> dict[str, str]:
    pairs = parse_qsl(query[: limits.limit("query-length")], keep_blank_values=True)
    for name, _ in pairs:
        if name not in ("format", "deadline_ms"):
            raise InputError(
                f"{name[:60]} is not a parameter of a batch", hint="format=ndjson and deadline_ms are", pointer=f"/{name[:60]}"
            )
    if len(dict(pairs)) < len(pairs):
        raise InputError("a parameter of the batch stands twice", hint="keep one of the two", pointer=f"/{pairs[0][0]}")
    return dict(pairs)


def _answer_as(name: str | None, accept: str | None, kind: str) -> str:
    """The media type of the answer: as asked, else as the batch came."""
    order = [NDJSON, *OTHER_NAMES, JSON] if kind == NDJSON else [JSON, NDJSON, *OTHER_NAMES]
    found = BY_NAME.get(name.lower()) if name is not None else negotiation.best(accept or "*/*", order)
    if found is None:
        wanted = name if name is not None else accept
        raise NotAcceptable(
            f"the answers of a batch cannot be had as {str(wanted)[:80]}",
            hint="format=json, or format=ndjson",
            facts={"available": [JSON, NDJSON]},
        )
    return found


def _read(kind: str, data: bytes, query: dict[str, str]) -> Batch:
    """Raises InputError, NotJson, LimitExceeded, UnsupportedMediaType."""
    if kind == NDJSON:
        lines = [found[0] for found in islice(LINE.finditer(data), limits.limit("batch-items") + 1)]
        _refuse_glued(lines)
        batch = Batch(lines)
    elif kind == JSON:
        batch = _of_json(loads(data))
    else:
        accepted = f"{JSON}, {NDJSON}"
        raise UnsupportedMediaType(
            f"a batch of type {kind[:80]} is not read", hint=f"send {JSON}, or {NDJSON}", headers={"Accept-Post": accepted}
        )
    if "deadline_ms" in query:
        if batch.deadline_ms is not None:
            raise InputError(
                "deadline_ms stands in the body, and in the query, too", hint="leave out one of the two", pointer="/deadline_ms"
            )
        text = query["deadline_ms"]
        batch.deadline_ms = _deadline(int(text) if MILLISECONDS.fullmatch(text) else text)
    if not batch.items:
        raise InputError("there is no item in the batch", hint='send {"items": [{"operation": "rank", "matrix": [[1, 2], [2, 4]]}]}')
    limits.check("batch-items", len(batch.items), "/items")
    return batch


def _refuse_glued(lines: list[bytes]) -> None:
    """Raises NotJson for a single line that holds several items: curl -d has taken the ends of the lines out."""
    if len(lines) == 1 and GLUED.search(lines[0]):
        try:
            loads(lines[0])
        except NotJson as error:
            command = commands.send_file("/v1/batch", NDJSON, "items.ndjson")
            raise mistakes.corrected(error, "-d eats the ends of lines; send the file as it is", command) from None


def _of_json(value: Any) -> Batch:
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        raise InputError(
            "a batch is an object with a list of items",
            hint='{"items": [{"operation": "rank", "matrix": [[1, 2], [2, 4]]}]}',
            pointer="/items",
        )
    for name in value:
        if name not in ("items", "deadline_ms"):
            raise InputError(
                f"{name[:60]} is not a member of a batch", hint="its members are items and deadline_ms", pointer=f"/{name[:60]}"
            )
    return Batch(value["items"], _deadline(value["deadline_ms"]) if "deadline_ms" in value else None)


def _deadline(value: Any) -> int:
    if type(value) is not int or not 1 <= value < 2**53:
        raise InputError("deadline_ms must be a whole number of milliseconds, 1 or more", pointer="/deadline_ms")
    return value


# --- what is answered -----------------------------------------------------------------------------------------------------


def _lines(state: State, items: list[Any], deadline: computing.Deadline, noted: trace.Trace) -> Iterator[bytes]:
    """The answers, a line each, in order."""
    total = 0
    try:
        for item in items:
            line = _line(state, item, deadline, total)
            total += len(line)
            noted.caches.clear()  # they are of the items, and there may be many
            yield line
    finally:
        trace.end()


def _line(state: State, item: Any, deadline: computing.Deadline, total: int) -> bytes:
    """One answer: {"id", "operation", "status", "etag", "body"}, those that there are."""
    head: dict[str, Any] = {}
    try:
        item = loads(item) if isinstance(item, bytes) else item
        _name(item, head)
        endpoint, form = _endpoint(item), _form(item)
        limits.check("batch-bytes", total)
        answer = pipeline.answer(endpoint, state, form, _sent(item, endpoint), deadline.copy())
        head |= {"status": 200, "etag": answer.headers["ETag"]}
        body = answer.get_data()
        written = body if form.media_type == JSON else orjson.dumps(body.decode().rstrip("\n"))
    except NablaError as error:
        head["status"], written = _problem(error, item)
    except Exception as error:
        log.error("defect", exc_info=error)
        head["status"], written = _problem(InternalError("the service failed on this item; the fault is not yours"), item)
    start = orjson.dumps(head)[:-1]
    return start + b',"body":' + written.rstrip(b"\n") + b"}\n"


def _problem(error: NablaError, item: Any) -> tuple[int, bytes]:
    operation = item.get("operation") if isinstance(item, dict) else None
    path = f"/v1/{operation}" if isinstance(operation, str) and operation in ENDPOINTS else PATH
    return problems.PROBLEMS[error.code].status, writing.to_json(problems.document(error, path))


def _name(item: Any, head: dict[str, Any]) -> None:
    """Notes what the item is called, as soon as it is known."""
    if not isinstance(item, dict):
        raise InputError("an item of a batch is an object", hint='such as {"operation": "rank", "matrix": [[1, 2], [2, 4]]}')
    if "id" in item:
        name = item["id"]
        if not (isinstance(name, str) and len(name) <= LONGEST_ID) and not (type(name) is int and abs(name) < 2**53):
            raise InputError(f"id must be a text of at most {LONGEST_ID} characters, or a whole number", pointer="/id")
        head["id"] = name
    if isinstance(item.get("operation"), str):
        head["operation"] = item["operation"][:100]


def _endpoint(item: dict[str, Any]) -> Endpoint:
    name = item.get("operation")
    if not isinstance(name, str):
        raise InputError("operation must be the name of one, as a text", hint="GET /v1/operations lists them", pointer="/operation")
    endpoint = ENDPOINTS.get(name)
    if endpoint is None:
        nearest = mistakes.nearest_operation(name)
        hint = f"did you mean {nearest}?" if nearest else "GET /v1/operations lists the operations"
        raise UnknownOperation(f"there is no operation called {name[:60]}", hint=hint)
    return endpoint


def _form(item: dict[str, Any]) -> Form:
    """JSON, or a form that is text, which then is a string."""
    asked = [name for name in ("format", "member") if name in item]
    if not asked:
        return PLAIN
    if not all(isinstance(item[name], str) and item[name].isascii() for name in asked):
        raise InputError("format and member are texts", pointer=f"/{asked[0]}")
    form = negotiation.choose(_endpoint(item), None, tuple(f"{name}={item[name]}".encode() for name in asked))
    if BY_TYPE[form.media_type].is_binary:
        raise NotAcceptable(f"{form.media_type} has no place in JSON", hint="ask for it outside a batch", facts={"available": [JSON]})
    return form


def _sent(item: dict[str, Any], endpoint: Endpoint) -> reading.Sent:
    """The item's fields, as a body of their own."""
    rest = {name: value for name, value in item.items() if name not in MEMBERS}
    fields = item.get("request", rest)
    if "request" in item and rest:
        name = next(iter(rest))
        raise InputError(
            f"the fields are in request, and {name[:60]} stands beside it", hint="put all of them into request", pointer="/request"
        )
    try:
        data = orjson.dumps(fields)
    except TypeError:  # a whole number beyond 64 bits
        data = json.dumps(fields, ensure_ascii=False).encode()
    return reading.Sent(reading.JSON, data)
