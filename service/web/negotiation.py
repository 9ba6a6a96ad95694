"""The form and the headers of an answer: media types, validators, how long it keeps."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from werkzeug import Response
from werkzeug.http import parse_etags

from service.errors import InputError
from service.web import encodings
from service.web.drawings import SVG
from service.web.endpoint import Endpoint
from service.web.forms import BY_NAME, BY_TYPE, JSON, PLAIN, Form, Kind, offered
from service.web.problems import NotAcceptable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # opened by itself, a picture is a document: it runs nothing
SAFE_METHODS = ("GET", "HEAD", "QUERY")


def choose(endpoint: Endpoint, accept: str | None, asked: tuple[bytes, ...] = ()) -> Form:
    """The form to answer in, from the header Accept and the parameters `format`, `member`, `arrays` and `picture` of the query,
    which win.

    Raises NotAcceptable when none of those asked for can be had, InputError for a parameter that makes no sense.
    """
    if not asked and (not accept or accept in ("*/*", JSON)):
        return PLAIN
    wishes = _wishes(asked)
    member, picture = wishes.get("member"), wishes.get("picture")
    if picture is not None and picture not in endpoint.drawings:
        names = ", ".join(endpoint.drawings)
        hint = f"its pictures are {names}" if names else "GET /v1/operations tells which operations have pictures"
        raise InputError(f"{endpoint.name} has no picture called {picture[:60]}", hint, "/picture")
    media_type = _media_type(endpoint, accept, wishes.get("format", "svg" if picture else None), offered(endpoint, member is not None))
    if picture is not None and media_type != SVG:
        raise InputError("picture is for the answer as SVG", "format=svg, or leave format out", "/picture")
    if member is not None:
        _check_member(endpoint, member, media_type)
    arrays = wishes.get("arrays", "lists")
    if arrays not in ("lists", "base64"):
        raise InputError(f"arrays cannot be had as {arrays[:40]}", "arrays=base64, or arrays=lists", "/arrays")
    return Form(media_type, member, base64=arrays == "base64" and media_type == JSON, picture=picture)


def _check_member(endpoint: Endpoint, member: str, media_type: str) -> None:
    if member not in endpoint.response.fields:
        nearest = difflib.get_close_matches(member, endpoint.response.fields, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(endpoint.response.fields)}"
        raise InputError(f"{member[:60]} is not a member of the answer of {endpoint.name}", hint, "/member")
    if BY_TYPE[media_type].whole or media_type == SVG:
        raise InputError(
            f"{media_type} holds the whole answer: member is for a form that holds a part of it", "add format=text or format=csv", "/member"
        )


def _wishes(asked: tuple[bytes, ...]) -> dict[str, str]:
    wishes: dict[str, str] = {}
    for pair in asked:
        name, _, value = pair.decode("latin-1").partition("=")
        if name in wishes:
            raise InputError(f"the parameter {name} stands twice", "send each parameter once", f"/{name}")
        wishes[name] = unquote_plus(value)
    return wishes


def _media_type(endpoint: Endpoint, accept: str | None, name: str | None, kinds: tuple[Kind, ...]) -> str:
    """One of the media types of `kinds`, or another name of one."""
    types = [kind.media_type for kind in kinds] + [other for kind in kinds for other in kind.other_names]
    if name is not None:
        known = BY_NAME.get(name.lower())
        found = known.media_type if known else name.lower()
    else:
        found = best(accept or "*/*", types) or ""
    if found not in types:
        wanted = name if name is not None else accept
        raise NotAcceptable(
            f"the answer of {endpoint.name} cannot be had as {str(wanted)[:80]}",
            hint=f"by Accept or by ?format= it can be had as {', '.join(kind.name for kind in kinds)}",
            facts={"available": [kind.media_type for kind in kinds]},
        )
    return found


def best(accept: str, types: Sequence[str]) -> str | None:
    """The one of `types` that the header Accept likes best (RFC 9110, 12.5.1): of each the most specific range that it falls under
    counts; among equals the earlier of `types`. None when all are refused."""
    ranges = _ranges(accept)
    liking = {media_type: _liking(media_type, ranges) for media_type in types}
    found = max(types, key=lambda media_type: liking[media_type])  # the first of the greatest
    return found if liking[found][0] > 0 else None


def _liking(media_type: str, ranges: Mapping[str, float]) -> tuple[float, int]:
    """The quality, and how specific the range is that gives it."""
    for specific, name in ((2, media_type), (1, f"{media_type.partition('/')[0]}/*"), (0, "*/*")):
        if name in ranges:
            return ranges[name], specific
    return 0.0, 0


def _ranges(accept: str) -> dict[str, float]:
    """Media ranges with their qualities; parameters other than q do not tell our forms apart, and what has a broken q counts for 0."""
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [parameter[2:].strip() for parameter in parameters if parameter.startswith("q=")]
        quality = 1.0 if not weights else float(weights[0]) if WEIGHT.fullmatch(weights[0]) else 0.0
        if name:
            ranges["*/*" if name == "*" else name] = max(quality, ranges.get(name, 0.0))
    return ranges


# --- validators and what caches are told ---------------------------------------------------------------------------------


def current_tag(environ: WSGIEnvironment, tag: str) -> str | None:
    """The tag under which the client has the answer called `tag` already: as it is, or in an encoding that it accepts; None when it
    has not said so. A POST has no such condition: it is answered (RFC 9110, 13.1.2)."""
    if "HTTP_IF_NONE_MATCH" not in environ or environ["REQUEST_METHOD"] not in SAFE_METHODS:
        return None
    plain, tags = tag.partition("-")[0], parse_etags(environ["HTTP_IF_NONE_MATCH"])
    accepted = environ.get("HTTP_ACCEPT_ENCODING")
    names = [plain, *(f"{plain}-{name}" for name in encodings.ENCODERS if encodings.accepts(accepted, name))]
    return next((name for name in names if not tags.star_tag and tags.contains_weak(name)), None)


def wants_none(environ: WSGIEnvironment) -> bool:
    """Whether any answer at all is one that the client has: `If-None-Match: *`, which only holds once there is an answer."""
    return environ.get("HTTP_IF_NONE_MATCH", "").strip() == "*" and environ["REQUEST_METHOD"] in SAFE_METHODS


def not_modified(environ: WSGIEnvironment, tag: str, freshness: str, location: str | None = None) -> Response:
    return Response(status=304, headers=_headers(environ, tag, freshness, location))


def success(
    environ: WSGIEnvironment,
    body: bytes,
    media_type: str,
    tag: str,
    freshness: str,
    encoding: str | None = None,
    location: str | None = None,
) -> Response:
    """The answer; `tag` names these bytes, in this encoding, and `location` is where a GET has them."""
    content_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    encoded = [("Content-Encoding", encoding)] if encoding else []
    headers = [("Content-Type", content_type), *encoded, *_headers(environ, tag, freshness, location)]
    return Response(body, 200, headers if media_type != SVG else [*headers, ("Content-Security-Policy", SVG_POLICY)])


def _headers(environ: WSGIEnvironment, tag: str, freshness: str, location: str | None) -> list[tuple[str, str]]:
    headers = [("ETag", f'"{tag}"'), ("Vary", "Accept, Accept-Encoding")]
    if environ["REQUEST_METHOD"] in SAFE_METHODS:
        headers.append(("Cache-Control", freshness))
    if location:
        headers.append(("Content-Location", location))
    return headers
