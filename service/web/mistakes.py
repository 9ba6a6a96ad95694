"""The mistakes that people make with curl, and for each the command that was most likely meant.

A mistake is never answered as if it had been right: what was meant is shown, in the hint of the error and alone in its member
`command`, and sending it is left to the client. Every command can be pasted.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote_plus

import orjson
from flask import Request, current_app

from service.errors import MatrixFormatError, NablaError
from service.linalg.matrix import Matrix
from service.web import array_files, commands
from service.web.discovery import LINKS
from service.web.endpoint import Endpoint
from service.web.problems import MethodNotAllowed, NotFound, UnknownOperation
from service.web.registry import ENDPOINTS
from service.web.repair import repaired

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
LONGEST = 2_000  # bytes of a body that are looked at
LONGEST_HINT = 300  # characters, as problems.py cuts
NUMBERS = b"0123456789+-.,;eE\t\r\n "
MEMBERS = re.compile(r"""\s*(?:[A-Za-z_]+\s*:|(["'])[A-Za-z_]+\1\s*:)""")  # of an object without its braces
NULLS = re.compile(r'(?<=\{)(?:"\w+": null, )+|, "\w+": null(?=[,}])|(?<=\{)"\w+": null(?=\})')  # None: the field is left out
FILE = re.compile(r"[A-Za-z0-9_.-]{1,60}", re.ASCII)  # a name that curl -F takes as it is
PAIR = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*=[^=]")
ELSEWHERE = {  # what NumPy, SciPy, MATLAB and R call an operation
    "inv": "inverse", "det": "determinant", "pinv": "pseudoinverse", "eig": "eigen", "eigh": "eigen", "eigvals": "eigen",
    "eigenvalues": "eigen", "eigenvectors": "eigen", "lstsq": "least-squares", "cond": "condition", "condition-number": "condition",
    "chol": "cholesky", "null": "null-space", "nullspace": "null-space", "kernel": "null-space", "orth": "orthonormalize",
    "gram-schmidt": "orthonormalize", "diff": "derivative", "differentiate": "derivative", "grad": "gradient", "jac": "jacobian",
    "hess": "hessian", "logsumexp": "log-sum-exp", "linsolve": "solve", "mldivide": "solve", "conv": "convolution",
    "ols": "regression", "fit": "regression", "linear-regression": "regression", "lm": "regression", "glm": "regression",
    "backprop": "backpropagation", "series": "taylor", "eval": "evaluate", "optimize": "minimize", "roots": "solve-nonlinear",
    "fsolve": "solve-nonlinear", "dot": "inner-product", "image": "column-space", "range": "column-space",
}  # fmt: skip

RENAME = "name the content type"
SEVERAL = "several files are parts"
Refusal = TypeVar("Refusal", bound=NablaError)


def corrected(error: Refusal, why: str | None, command: str | None) -> Refusal:
    """The error with the command that was meant; the hint ends with it where there is room."""
    if command:
        error.facts = {**error.facts, "command": command}
        whole = f"{why}{' ' if why.endswith('?') else ': '}{command}" if why else command
        error.hint = whole if len(whole) <= LONGEST_HINT else why
    else:
        error.hint = why
    return error


# --- addresses and methods --------------------------------------------------------------------------------------------


def nearest_operation(name: str) -> str | None:
    """The operation that was most likely meant by a name that is none."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name[:60]).replace("_", "-").lower()
    if ELSEWHERE.get(name) in ENDPOINTS:
        return ELSEWHERE[name]
    return next(iter(difflib.get_close_matches(name, ENDPOINTS, 1)), None)


def nothing_here(request: Request) -> NotFound:
    """Names the nearest operation."""
    path = request.path
    above, _, last = path.strip("/").rpartition("/")
    if request.method == "PUT" and "/" in above:  # curl -T A.csv .../inverse/ adds the name of the file
        last = above.rpartition("/")[2]
    nearest = nearest_operation(last)
    error = (UnknownOperation if path.startswith("/v1/") else NotFound)(f"there is nothing at {path[:120]}", headers={"Link": LINKS})
    if page := _nearest_page(path, likely=nearest is None):
        error.hint = f"did you mean {page}?"
        error.facts = {"command": commands.get(page)} if request.method in ("GET", "HEAD") and page != "/v1/batch" else {}
        return error
    if nearest is None:
        error.hint = "GET /v1/operations lists the operations"
        return error
    entry = ENDPOINTS[nearest]
    error.hint = f"did you mean {entry.path}?"
    error.facts = {"command": _again(entry, request)}
    return error


def _nearest_page(path: str, *, likely: bool) -> str | None:
    """The address that is no operation and differs by slashes alone; or, where that is `likely`, one that resembles this one."""
    pages = [rule.rule for rule in current_app.url_map.iter_rules() if not rule.arguments and _operation(rule.rule) is None]
    plain = "/" + "/".join(filter(None, path[:60].lower().split("/")))
    return plain if plain in pages else next(iter(difflib.get_close_matches(plain, pages, 1, 0.8)), None) if likely else None


def wrong_method(request: Request, allowed: Iterable[str]) -> MethodNotAllowed:
    """Says which methods are right; for an operation, how the same is sent."""
    methods = ", ".join(sorted(allowed))
    error = MethodNotAllowed(f"{request.path[:120]} does not answer to {request.method[:20]}", headers={"Allow": methods})
    entry = _operation(request.path)
    if entry is None:
        return corrected(error, f"it answers to {methods}", commands.get(request.path[:120]) if "GET" in methods else None)
    is_file = request.method == "PUT" and request.mimetype in ("", FORM) and _has_body(request)
    why = "curl -T sends a PUT" if is_file else f"it answers to {methods}"
    return corrected(error, why, _again(entry, request))


def _operation(path: str) -> Endpoint | None:
    return ENDPOINTS.get(path.removeprefix("/v1/"))


def _again(entry: Endpoint, request: Request) -> str:
    """The same request, sent to the operation as it wants to be asked."""
    query = request.query_string.decode("latin-1")
    has_fields = any(not commands.is_about_the_answer(pair) for pair in request.query_string.split(b"&"))
    if query and len(query) < LONGEST and (request.method in ("GET", "HEAD") or (has_fields and not _has_body(request))):
        return commands.get(entry.path, query)
    return _meant(entry, request.mimetype, _beginning(request))[1] or _example(entry)


def _has_body(request: Request) -> bool:
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def _beginning(request: Request) -> bytes:
    """The body, where it is short and can be read; of a longer one its beginning."""
    try:
        return request.stream.read(LONGEST) if request.content_length else b""
    except Exception:  # a body that breaks off: there is nothing to show then
        return b""


# --- bodies -----------------------------------------------------------------------------------------------------------


def of_media_type(request: Request, data: bytes) -> tuple[str, str | None]:
    """Why a body of this media type is not read, and the command that was meant."""
    path = request.path
    entry = _operation(path)
    if entry is None:
        return _meant_at(path, request.mimetype, data)
    why, command = _meant(entry, request.mimetype, data)
    return (why, command) if command else ("send JSON", _example(entry))


def _meant(entry: Endpoint, media_type: str, data: bytes) -> tuple[str, str | None]:
    if not data:
        return "the body is empty; if -d @file was to fill it, is the file there?", _example(entry)
    return _meant_at(entry.path, media_type, data, entry)


def _meant_at(path: str, media_type: str, data: bytes, entry: Endpoint | None = None) -> tuple[str, str | None]:
    """What the body looks like, whatever it is called."""
    if data.startswith(array_files.MAGIC):
        return RENAME, commands.send_file(path, array_files.NPY, "A.npy")
    if not data[:1_000].translate(None, NUMBERS) and any(mark in data[:1_000] for mark in (b",", b"\n", b"\t")):
        eaten = media_type == FORM and b"\n" not in data
        kind = array_files.TSV if b"\t" in data and b"," not in data else array_files.CSV
        name = "A.tsv" if kind == array_files.TSV else "A.csv"
        others = [other for other in entry.arrays if entry.request.fields[other].required and other != entry.main] if entry else []
        if entry and entry.main and others:
            files = {entry.main: name} | {other: f"{other}{name[1:]}" for other in others}
            return ("-d eats the ends of lines, and several files are parts" if eaten else SEVERAL), commands.send_parts(path, files)
        why = "-d eats the ends of lines; send the file as it is" if eaten else RENAME
        return why, commands.send_file(path, kind, name)
    text = data.decode("utf-8", "replace")
    if text.startswith(("'{", "'[")) and entry:
        return _in_windows(entry)
    if text.lstrip()[:1] in ("{", "[", "(", "“", "‘", "'", '"') or text.startswith("dict(") or MEMBERS.match(text):
        found = as_json(text, entry)
        return RENAME, commands.post(path, found) if found else None
    if PAIR.match(data) and len(data) < LONGEST:
        pairs = [unquote_plus(pair) if "%" in pair else pair for pair in text.split("&")]  # what curl encodes has no + for a space
        if any(pair.partition("=")[2].startswith("@") for pair in pairs):
            return "-F fills a field with a file", commands.form(path, pairs)
        return "send form fields as a query", commands.query(path, pairs)
    return "send JSON", None


def may_be_glued(media_type: str, data: bytes) -> bool:
    """Whether a file of numbers came without any end of a line: one row, or several that curl -d has made one."""
    return media_type in (array_files.CSV, array_files.TSV) and b"\n" not in data and len(data.strip()) > 1


def glued(request: Request, media_type: str, data: bytes) -> MatrixFormatError:
    """The refusal of such a file: the matrix that it would be is one row long, and rarely the one that was meant."""
    error = MatrixFormatError("the file has no end of a line: curl -d takes them out, and the rows would be one")
    name = "A.tsv" if media_type == array_files.TSV else "A.csv"
    command = commands.send_file(request.path, media_type, name)
    return corrected(error, "send it as it is (a single row, too, with its end of line)", command)


def _in_windows(entry: Endpoint) -> tuple[str, str]:
    command = commands.post_in_double_quotes(entry.path, json.dumps(_first(entry)))
    return 'cmd.exe takes no single quotes; use double ones, and \\" inside', command


def as_json(text: str, entry: Endpoint | None) -> str | None:
    """The text as a JSON object, rewritten where it is Python's or MATLAB's; a bare array is the operation's main one."""
    try:
        orjson.loads(text)
        found: str | None = text.strip()
    except orjson.JSONDecodeError:
        found = repaired(f"{{{text}}}" if MEMBERS.match(text) else text)
        found = NULLS.sub("", found) if found else None
    if found and found.startswith("["):
        return f'{{"{_main(entry, flat=not found[1:].lstrip().startswith("["))}": {found}}}' if entry and entry.main else None
    return found if found and found.startswith("{") else None


def _main(entry: Endpoint, *, flat: bool) -> str | None:
    """The field that a bare list fills: the main array, or `vector` where one may stand in its place and the list has no rows."""
    matrix, vector = entry.request.fields.get("matrix"), entry.request.fields.get("vector")
    instead = entry.main == "matrix" and matrix and vector and not matrix.required and not vector.required
    return "vector" if flat and instead else entry.main


def not_json(error: Refusal, entry: Endpoint, data: bytes) -> Refusal:
    """The refusal of a body that is not JSON, with the command that was meant."""
    if len(data) > LONGEST:
        return error
    if not data.strip():
        why, command = _meant(entry, JSON, b"")
        return corrected(error, why, command)
    if data[:3] in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        return error
    why, command = _meant(entry, JSON, data)
    text = data.decode("utf-8", "replace")
    found = as_json(text, entry)
    if not command or found == text.strip():  # the same again would help nobody
        return error
    if why == RENAME and command == commands.post(entry.path, found or ""):
        # it is called JSON already: the text is what is wrong
        why = error.hint.partition(":")[0] if error.hint else "write it as JSON"
    return corrected(error, why, command)


# --- fields and queries -----------------------------------------------------------------------------------------------


def renamed(entry: Endpoint, payload: dict[str, Any], names: dict[str, str | None]) -> str | None:
    """The command with unknown fields called by the names that they resemble; None where one resembles none, or a field that is there."""
    found = {name: nearest for name, nearest in names.items() if nearest and nearest not in payload}
    if len(set(found.values())) < len(names):
        return None
    if any(value is None for value in payload.values()):  # a part of an unknown name is not read
        files = {found.get(name, name): name if "." in name else f"{name}.csv" for name in payload}
        return commands.send_parts(entry.path, files) if all(map(FILE.fullmatch, payload)) and files.keys() <= set(entry.arrays) else None
    if any(isinstance(value, Matrix) for value in payload.values()):
        return None
    return commands.post(entry.path, json.dumps({found.get(name, name): value for name, value in payload.items()}, ensure_ascii=False))


def bare(entry: Endpoint, payload: Any) -> str:
    """The command for a JSON value that is no object: a list is the main array."""
    if isinstance(payload, list) and payload and entry.main:
        return commands.post(entry.path, json.dumps({_main(entry, flat=not isinstance(payload[0], list)): payload}))
    return _example(entry)


def with_plus(entry: Endpoint, query: bytes) -> str:
    """The query with every + of a textual parameter as a plus."""
    names = {name.encode() for name, field in entry.request.fields.items() if getattr(field, "textual", False)}
    split = [pair.partition(b"=") for pair in query.split(b"&")]
    meant = [name + b"=" + (value.replace(b"+", b"%2B") if name in names else value) for name, _, value in split]
    return commands.query(entry.path, [f"{name}={value}" for name, value in _pairs(b"&".join(meant))])


def in_braces(entry: Endpoint, query: bytes, name: str, value: str) -> str | None:
    """The command where curl has taken the braces out of an object in a URL; None where that does not explain the value."""
    try:
        is_object = isinstance(orjson.loads("{" + value + "}"), dict)
    except orjson.JSONDecodeError:
        return None
    pairs = [f"{key}={{{text}}}" if key == name else f"{key}={text}" for key, text in _pairs(query)]
    return commands.query(entry.path, pairs) if is_object else None


def rewritten(entry: Endpoint, query: bytes, name: str, value: str) -> str | None:
    """The command with a broken JSON value of the query repaired."""
    found = repaired(value)
    return commands.query(entry.path, [f"{key}={found if key == name else text}" for key, text in _pairs(query)]) if found else None


def file_with_options(request: Request) -> tuple[str, str | None] | None:
    """Why a file of numbers with options in the query is not read under this name, and the command; None where it is no such file."""
    entry, data = _operation(request.path), _beginning(request) if request.mimetype == FORM else b""
    is_file = data.startswith(array_files.MAGIC) or not data[:1_000].translate(None, NUMBERS)
    return _meant(entry, FORM, data) if entry and data and is_file else None


def moved_to_body(request: Request, query: bytes) -> str | None:
    """One JSON body out of the fields of a query and of a body; or all in a query, where the body is a form."""
    entry, data = _operation(request.path), _beginning(request)
    if entry is None:
        return None
    fields = _pairs(query)
    text = as_json(data.decode("utf-8", "replace"), entry) if data.lstrip()[:1] in (b"{", b"[") else None
    if text is None:
        form = _pairs(data) if PAIR.match(data) else []
        return commands.query(entry.path, [f"{name}={value}" for name, value in [*fields, *form]])
    values = {name: _value(entry, name, value) for name, value in fields}
    return commands.post(entry.path, json.dumps({**json.loads(text), **values}, ensure_ascii=False))


def _value(entry: Endpoint, name: str, text: str) -> Any:
    field = entry.request.fields.get(name)
    try:
        return field.from_query(text) if field else text  # type: ignore[attr-defined]
    except NablaError:
        return text


def _pairs(query: bytes) -> list[tuple[str, str]]:
    return parse_qsl(query[:LONGEST].decode("utf-8", "replace"), keep_blank_values=True)


def _example(entry: Endpoint) -> str:
    return commands.post(entry.path, json.dumps(_first(entry), ensure_ascii=False))


def _first(entry: Endpoint) -> Any:
    """The shortest example that is answered: it is to be shown in a line."""
    answered = [example.request for example in entry.examples if example.refused is None]
    return min(answered, key=lambda request: len(json.dumps(request)))
