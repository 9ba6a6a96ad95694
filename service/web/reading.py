"""From an HTTP request to the JSON object of its fields. Guesses nothing: a likely mistake is answered with the corrected command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import numpy as np
from flask import Request

from service import limits
from service.errors import InputError, NablaError
from service.linalg.matrices import from_numbers
from service.web import array_files, commands, encodings, large_json, mistakes, packed, strict_json, tables
from service.web.endpoint import Endpoint
from service.web.fields import RequestField
from service.web.multipart import MULTIPART, fields_of_parts
from service.web.packed import MSGPACK
from service.web.problems import HttpError, QueryTooLong, UnsupportedMediaType
from service.web.strict_json import NotJson

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

JSON = "application/json"

BODIES = (JSON, *array_files.READERS, MSGPACK, MULTIPART)  # what is read; files of numbers have their options in the query
WITH_QUERY = {*array_files.READERS, MSGPACK}


@dataclass(frozen=True)
class Sent:
    """What the client sent, undecoded: a body of this media type with the query string beside it, or a query string alone
    (`media_type` None). The media type of a multipart body has its boundary with it."""

    media_type: str | None
    data: bytes
    query: bytes = b""


def read(request: Request) -> Sent:
    """The body of a POST or QUERY, the query string of a GET; both within their limits."""
    query = _without_form(request.environ.get("QUERY_STRING", ""))
    return Sent(None, _query(request, query)) if request.method in ("GET", "HEAD") else _body(request, query)


def decode(endpoint: Endpoint, sent: Sent) -> Any:
    """The JSON value of the fields; an array that came as a file is a Matrix already."""
    if sent.media_type is None:
        return fields_of_query(endpoint, sent.data)
    if sent.media_type == JSON:
        try:
            payload = large_json.loads(sent.data, endpoint.arrays)
            if payload is None:
                return strict_json.loads(sent.data)
        except NotJson as error:
            raise mistakes.not_json(error, endpoint, sent.data) from None
        return {name: from_numbers(value) if isinstance(value, np.ndarray) else value for name, value in payload.items()}
    if sent.media_type.startswith(MULTIPART):
        return fields_of_parts(endpoint, sent.media_type, sent.data)
    value = packed.unpack(sent.data) if sent.media_type == MSGPACK else None
    if isinstance(value, dict) and "base64" not in value:
        if sent.query:
            raise InputError("the body holds all fields, and there is a query string, too", hint="put every field into the body")
        return value
    return _with_options(endpoint, sent, value)


def _with_options(endpoint: Endpoint, sent: Sent, value: Any) -> dict[str, Any]:
    """The main array out of a file (`value` where it is read already), with the other fields out of the query."""
    main = endpoint.table or endpoint.main
    assert sent.media_type is not None
    if main is None:
        raise _unsupported(f"{endpoint.name} does not take a file of type {sent.media_type}", f"send JSON: curl --json ... {endpoint.path}")
    try:
        if value is None and sent.media_type in array_files.READERS:
            value = tables.read_table(sent.media_type, sent.data) if endpoint.table else array_files.READERS[sent.media_type](sent.data)
    except NablaError as error:
        raise error.at(f"/{main}") from None
    fields = fields_of_query(endpoint, sent.query)
    if main in fields:
        raise InputError(f"the body is {main}, and {main} stands in the query, too", pointer=f"/{main}", hint="leave out one of the two")
    return {main: value} | fields


def asked_form(environ: WSGIEnvironment) -> tuple[bytes, ...]:
    """The parameters of the query that say what form the answer has."""
    query = environ.get("QUERY_STRING")
    return tuple(pair for pair in query.encode("latin-1").split(b"&") if commands.is_about_the_answer(pair)) if query else ()


def _without_form(query: str) -> bytes:
    return b"&".join(pair for pair in query.encode("latin-1").split(b"&") if not commands.is_about_the_answer(pair)) if query else b""


def _query(request: Request, query: bytes) -> bytes:
    if request.content_length or "Transfer-Encoding" in request.headers:
        error = HttpError("a GET carries its fields in the query string, and this one came with a body")
        data = request.stream.read(mistakes.LONGEST) if request.content_length else b""
        raise mistakes.corrected(error, "leave out -X GET, and curl sends a POST", mistakes.of_media_type(request, data)[1])
    if len(query) > limits.limit("query-length"):
        raise mistakes.corrected(
            QueryTooLong(f"the query string has {len(query)} characters; at most {limits.limit('query-length')} are read"),
            "send the fields as a JSON body",
            commands.post_file(request.path),
        )
    return query


def _body(request: Request, query: bytes) -> Sent:
    environ = request.environ
    if query and _media_type(request) not in WITH_QUERY:
        if found := mistakes.file_with_options(request):
            raise mistakes.corrected(_unsupported(f"a body of type {_media_type(request)[:80]} is not read", ""), *found)
        error = InputError(f"a {request.method} carries its fields in the body, and this one has a query string")
        command = mistakes.moved_to_body(request, query) if len(query) <= mistakes.LONGEST else None
        raise mistakes.corrected(error, "put every field into the JSON body, or all into the query of a GET", command)
    if len(query) > limits.limit("query-length"):
        raise QueryTooLong(f"the query string has {len(query)} characters; at most {limits.limit('query-length')} are read")
    data = _bytes_of_body(environ)
    if environ.get("CONTENT_TYPE") == JSON and "HTTP_CONTENT_ENCODING" not in environ:  # what nearly everybody sends
        return Sent(JSON, data)
    data = encodings.decoded(data, request.headers.get("Content-Encoding", ""))
    media_type = _media_type(request)
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.user_agent.string.startswith("curl/") and mistakes.may_be_glued(media_type, data):
        raise mistakes.glued(request, media_type, data)
    if media_type not in BODIES:
        why, command = mistakes.of_media_type(request, data)
        raise mistakes.corrected(_unsupported(f"a body of type {media_type[:80]} is not read", ""), why, command)
    if charset not in ("utf-8", "utf8"):
        raise _unsupported(f"the character set {charset[:40]} is not read", "text travels in UTF-8")
    return Sent(request.content_type if media_type == MULTIPART else media_type, data, query)


def _media_type(request: Request) -> str:
    found = request.mimetype or JSON
    return MSGPACK if found in packed.OTHER_NAMES else found


def whole_body(request: Request) -> bytes:
    """The body without its content encoding. Raises LimitExceeded, UnsupportedMediaType, HttpError when it breaks off."""
    return encodings.decoded(_bytes_of_body(request.environ), request.headers.get("Content-Encoding", ""))


def _bytes_of_body(environ: WSGIEnvironment) -> bytes:
    """The whole body, never a part of it; raises LimitExceeded, or HttpError when it breaks off."""
    length, stream = environ.get("CONTENT_LENGTH"), environ["wsgi.input"]
    most = limits.limit("body-bytes")
    if length:
        limits.check("body-bytes", int(length))
    elif not environ.get("wsgi.input_terminated"):
        return b""
    try:
        data: bytes = stream.read(int(length) if length else most + 1)
    except Exception as error:  # each server has its own classes for chunks and connections that are broken
        raise HttpError("the body could not be read to its end") from error
    limits.check("body-bytes", len(data))
    if length and len(data) < int(length):
        raise HttpError(f"the body broke off: {len(data)} of {length} bytes arrived")
    return data


def _unsupported(detail: str, hint: str) -> UnsupportedMediaType:
    accepted = ", ".join(BODIES)
    return UnsupportedMediaType(
        detail, hint=hint, facts={"accepted": list(BODIES)}, headers={"Accept-Post": accepted, "Accept-Query": accepted}
    )


def fields_of_query(endpoint: Endpoint, query: bytes) -> dict[str, Any]:
    """Fields from `a=1&b=x^2`. Each parameter once; textual fields as they stand, others as JSON."""
    payload: dict[str, Any] = {}
    for pair in query.split(b"&") if query else []:
        raw_name, _, raw_value = pair.partition(b"=")
        name, value = _unquote(raw_name), _unquote(raw_value)
        if name in payload:
            raise InputError(f"the parameter {name[:60]} stands twice", pointer=f"/{name[:60]}", hint="send each parameter once")
        field = endpoint.request.fields.get(name)
        if not isinstance(field, RequestField):
            payload[name] = value  # unknown: the validation names the nearest field
            continue
        if field.textual and b"+" in raw_value and not _means_space(field, raw_value):
            spaced = InputError(f"the + in the parameter {name} arrived as a space, as HTML forms have it", pointer=f"/{name}")
            why = "write %2B for a plus and %20 for a space, or let curl do it"
            raise mistakes.corrected(spaced, why, mistakes.with_plus(endpoint, query))
        try:
            payload[name] = field.from_query(value)
        except NotJson as error:
            raise mistakes.corrected(error, error.hint, mistakes.rewritten(endpoint, query, name, value)).at(f"/{name}") from None
        if isinstance(payload[name], str) and not field.textual and (meant := mistakes.in_braces(endpoint, query, name, value)):
            braceless = InputError(f"{name} must be an object, and the braces of this one are missing", pointer=f"/{name}")
            raise mistakes.corrected(braceless, "curl reads braces in an address; -G sends them", meant)
    return payload


def _means_space(field: RequestField, raw: bytes) -> bool:
    """Whether the client surely wrote + for a space: it writes %2B for a plus, or the + stands between the entries of a list."""
    if b"%2b" in raw.lower():
        return True
    as_space, as_plus = field.from_query(_unquote(raw)), field.from_query(_unquote(raw.replace(b"+", b"%2B")))
    return isinstance(as_space, list) and not isinstance(as_plus, list)


def _unquote(raw: bytes) -> str:
    """A percent-encoded part of the query; raises HttpError when it is not UTF-8."""
    try:
        return unquote_plus(raw.decode(), errors="strict")
    except UnicodeDecodeError:
        raise HttpError(
            "the query string is not percent-encoded UTF-8", hint="let curl encode it: curl -G --data-urlencode 'name=value' ..."
        ) from None
