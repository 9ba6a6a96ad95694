"""The form and the headers of an answer: media types, validators, how long it keeps."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from flask import request
from werkzeug import Response
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_etags

from service.errors import InputError
from service.web import writing
from service.web.array_files import CSV, NPY, TSV, WRITERS, NoSuchForm
from service.web.drawings import SVG
from service.web.endpoint import Endpoint
from service.web.problems import NotAcceptable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

JSON = "application/json"
FORMATS = {"json": JSON, "csv": CSV, "tsv": TSV, "npy": NPY, "svg": SVG}  # the names for ?format=
SAFE_METHODS = ("GET", "HEAD", "QUERY")


@dataclass(frozen=True)
class Form:
    """What an answer is to look like: its media type; of a file of numbers the `member` of the answer that it holds; of JSON
    whether arrays of numbers are {shape, dtype, base64}; of a picture its name, None for the first that there is."""

    media_type: str = JSON
    member: str | None = None
    base64: bool = False
    picture: str | None = None

    @property
    def is_plain(self) -> bool:
        return self == PLAIN

    def write(self, answer: dict[str, Any]) -> bytes:
        """The answer as bytes. Raises NotAcceptable when it has no such form."""
        if self.media_type == JSON:
            return writing.to_json(answer, base64=self.base64)
        assert self.member is not None
        value = writing.checked(answer.get(self.member), self.member)
        try:
            return WRITERS[self.media_type](value)
        except NoSuchForm as error:
            raise NotAcceptable(
                f"{self.member} cannot be had as {self.media_type} here: {error}",
                hint="?member= names another member of the answer; JSON holds all of it",
                facts={"available": [JSON]},
            ) from None


PLAIN = Form()


def choose(endpoint: Endpoint, accept: str | None, asked: tuple[bytes, ...] = ()) -> Form:
    """The form to answer in, from the header Accept and the parameters `format`, `member`, `arrays` and `picture` of the query,
    which win.

    Raises NotAcceptable when none of those asked for can be had, InputError for a parameter that makes no sense.
    """
    if not asked and (not accept or accept in ("*/*", JSON)):
        return PLAIN
    wishes = _wishes(asked)
    offered = [JSON, *(WRITERS if endpoint.bare or "member" in wishes else ()), *([SVG] if endpoint.drawings else ())]
    picture = wishes.get("picture")
    if picture is not None and picture not in endpoint.drawings:
        names = ", ".join(endpoint.drawings)
        hint = f"its pictures are {names}" if names else "GET /v1/operations tells which operations have pictures"
        raise InputError(f"{endpoint.name} has no picture called {picture[:60]}", hint, "/picture")
    media_type = _media_type(endpoint, accept, wishes.get("format", "svg" if picture else None), offered)
    if picture is not None and media_type != SVG:
        raise InputError("picture is for the answer as SVG", "format=svg, or leave format out", "/picture")
    member = wishes.get("member")
    if member is not None and member not in endpoint.response.fields:
        nearest = difflib.get_close_matches(member, endpoint.response.fields, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(endpoint.response.fields)}"
        raise InputError(f"{member[:60]} is not a member of the answer of {endpoint.name}", hint, "/member")
    if wishes.get("arrays", "lists") not in ("lists", "base64"):
        raise InputError(f"arrays cannot be had as {wishes['arrays'][:40]}", "arrays=base64, or arrays=lists", "/arrays")
    if media_type == SVG:
        return Form(SVG, picture=picture)
    if media_type != JSON:
        return Form(media_type, member or endpoint.bare)
    if member is not None:
        raise InputError("JSON holds the whole answer: member is for a file of numbers", "add format=csv or format=npy", "/member")
    return Form(base64=wishes.get("arrays") == "base64")


def _wishes(asked: tuple[bytes, ...]) -> dict[str, str]:
    wishes: dict[str, str] = {}
    for pair in asked:
        name, _, value = pair.decode("latin-1").partition("=")
        if name in wishes:
            raise InputError(f"the parameter {name} stands twice", "send each parameter once", f"/{name}")
        wishes[name] = unquote_plus(value)
    return wishes


def _media_type(endpoint: Endpoint, accept: str | None, name: str | None, offered: list[str]) -> str:
    if name is not None:
        found = FORMATS.get(name.lower(), name if name in offered else "")
    else:
        found = parse_accept_header(accept or "*/*", MIMEAccept).best_match(offered) or ""
    if found not in offered:
        wanted = name if name is not None else accept
        names = [key for key, value in FORMATS.items() if value in offered]
        raise NotAcceptable(
            f"the answer of {endpoint.name} cannot be had as {str(wanted)[:80]}",
            hint=f"it can be had as {', '.join(offered)}, by Accept or by ?format={'|'.join(names)}",
            facts={"available": offered},
        )
    return found


def is_current(environ: WSGIEnvironment, tag: str) -> bool:
    """Whether the client has this answer already. A POST has no such condition: it is answered (RFC 9110, 13.1.2)."""
    if "HTTP_IF_NONE_MATCH" not in environ or environ["REQUEST_METHOD"] not in SAFE_METHODS:
        return False
    tags = parse_etags(environ["HTTP_IF_NONE_MATCH"])
    return not tags.star_tag and tags.contains_weak(tag)


def not_modified(tag: str, max_age: int) -> Response:
    return Response(status=304, headers=_headers(tag, max_age))


def success(body: bytes, media_type: str, tag: str, max_age: int) -> Response:
    content_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    return Response(body, 200, [("Content-Type", content_type), *_headers(tag, max_age)])


def _headers(tag: str, max_age: int) -> list[tuple[str, str]]:
    headers = [("ETag", f'"{tag}"'), ("Vary", "Accept")]
    if request.method in SAFE_METHODS:
        headers.append(("Cache-Control", f"public, max-age={max_age}"))
    return headers
