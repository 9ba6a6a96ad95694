"""The form and the headers of an answer: media types, validators, how long it keeps."""

from __future__ import annotations

from flask import Request, request
from werkzeug import Response
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from service.web.problems import NotAcceptable

JSON = "application/json"
OFFERED = (JSON,)  # what an answer can be had in; further representations have their place here
SAFE_METHODS = ("GET", "HEAD", "QUERY")


def choose(accept: str | None) -> str:
    """The media type to answer in; raises NotAcceptable when none of those asked for can be had."""
    if not accept or accept == "*/*" or accept == JSON:
        return JSON
    best = parse_accept_header(accept, MIMEAccept).best_match(OFFERED)
    if best is None:
        raise NotAcceptable(
            f"the answer cannot be had as {accept[:80]}", hint=f"it can be had as {', '.join(OFFERED)}", facts={"available": list(OFFERED)}
        )
    return best


def is_current(request: Request, tag: str) -> bool:
    """Whether the client has this answer already. A POST has no such condition: it is answered (RFC 9110, 13.1.2)."""
    if "HTTP_IF_NONE_MATCH" not in request.environ or request.method not in SAFE_METHODS:
        return False
    tags = request.if_none_match
    return not tags.star_tag and tags.contains_weak(tag)


def not_modified(tag: str, max_age: int) -> Response:
    return Response(status=304, headers=_headers(tag, max_age))


def success(body: bytes, media_type: str, tag: str, max_age: int) -> Response:
    return Response(body, 200, [("Content-Type", media_type), *_headers(tag, max_age)])


def _headers(tag: str, max_age: int) -> list[tuple[str, str]]:
    headers = [("ETag", f'"{tag}"'), ("Vary", "Accept")]
    if request.method in SAFE_METHODS:
        headers.append(("Cache-Control", f"public, max-age={max_age}"))
    return headers
