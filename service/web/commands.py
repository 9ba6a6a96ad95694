"""The curl commands that send a request: shown on the front page, in hints and in the documentation, and they can be pasted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote_plus

from flask import has_request_context, request

SANE_HOST = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,60}/")
ANYWHERE = "http://localhost:8000/"
PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+", re.ASCII)  # no shell reads anything into these
ABOUT_THE_ANSWER = (b"format", b"member", b"arrays", b"picture")  # query parameters that say what form the answer has; no fields
LONGEST_QUERY = 200  # characters that a command repeats
LONGEST_DATA = 140  # characters: a longer text is sent from a file


def here() -> str:
    """The address that the client reached the service at, with its slash; a usual one where that cannot be pasted."""
    host = request.host_url if has_request_context() else ""
    return host if SANE_HOST.fullmatch(host) else ANYWHERE


def curl(url: str, payload: Mapping[str, Any]) -> str:
    """`curl -s URL -H 'Content-Type: application/json' -d '...'`; works with every curl, which --json does not."""
    return f"curl -s {url} -H 'Content-Type: application/json' -d {quote(json.dumps(payload, ensure_ascii=False))}"


def post(path: str, text: str) -> str:
    """Sends a JSON text to an address of this service; a long one from a file."""
    if len(text) > LONGEST_DATA:
        return post_file(path)
    return f"curl {_url(path)} -H 'content-type: application/json' -d {quote(text)}"


def post_file(path: str) -> str:
    """Sends a JSON text that stands in a file."""
    return f"curl {_url(path)} -H 'content-type: application/json' -d @request.json"


def post_in_double_quotes(path: str, text: str) -> str:
    """The same for a shell that knows no single quotes, which is cmd.exe."""
    data = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'curl {here()}{path.lstrip("/")} -H "content-type: application/json" -d "{data}"'


def query(path: str, parameters: Iterable[str]) -> str:
    """Sends `name=value` texts as a query that curl encodes."""
    return " ".join(["curl -G", *(f"--data-urlencode {quote(text)}" for text in parameters), _url(path)])


def send_file(path: str, media_type: str, name: str) -> str:
    """Sends a file as it is, with the options that stood in the query."""
    return f"curl --data-binary @{_word(name)} -H 'content-type: {media_type}' {_url(path, options=True)}"


def send_parts(path: str, files: Mapping[str, str]) -> str:
    """Sends several files, each as the field of its name, and the options that stood in the query."""
    parts = [f"{field}=@{name}" for field, name in files.items()] + [unquote_plus(pair) for pair in _asked(of_the_answer=False)]
    return form(path, parts)


def form(path: str, parts: Iterable[str]) -> str:
    """Sends `name=value` texts as the parts of a form."""
    return " ".join(["curl", *(f"-F {_word(part)}" for part in parts), _url(path)])


def get(path: str, raw_query: str = "") -> str:
    """Asks for an address; -g keeps curl from reading brackets in it."""
    address = here() + path.lstrip("/")
    return f"curl -g {_word(address + '?' + raw_query)}" if raw_query else f"curl {_word(address)}"


def quote(text: str) -> str:
    """The text in single quotes for a shell; a quote inside, common in this language, stays readable: x'\\''*A*x."""
    return "'" + text.replace("'", "'\\''") + "'"


def is_about_the_answer(pair: bytes) -> bool:
    """Whether a `name=value` of a query says what form the answer has."""
    return pair.partition(b"=")[0] in ABOUT_THE_ANSWER


def _url(path: str, *, options: bool = False) -> str:
    """The address, with the form of the answer that was asked for; with the other fields of the query too, where they stay there."""
    pairs = [*(_asked(of_the_answer=False) if options else ()), *_asked(of_the_answer=True)]
    query = percent_encoded("&".join(pairs), safe="%&=+:,.^*()/-_~'")
    return _word(here() + path.lstrip("/") + ("?" + query if query else ""))


def _asked(*, of_the_answer: bool) -> list[str]:
    """What stood in the query of the request that is corrected; nothing where that is a batch, whose items have their own."""
    raw = request.query_string if has_request_context() and request.path.rstrip("/") != "/v1/batch" else b""
    if len(raw) > LONGEST_QUERY or not raw.isascii():
        return []
    return [pair.decode() for pair in raw.split(b"&") if pair and is_about_the_answer(pair) == of_the_answer]


def _word(text: str) -> str:
    return text if PLAIN.fullmatch(text) else quote(text)
