"""multipart/form-data (RFC 7578), as curl -F and HTML forms send it: a part for each field, a file for each array.

    curl -F matrix=@A.csv -F rhs=@b.npy -F arithmetic=exact .../v1/solve

A file is what its part says that it is, else what its name says, else what it begins with. A part that is no file is written as a
query parameter is: a text as it stands, anything else as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from service import limits
from service.errors import InputError, NablaError
from service.web import array_files, packed, strict_json, tables
from service.web.array_files import CSV, NPY, TSV
from service.web.endpoint import Endpoint
from service.web.fields import ArrayField, RequestField
from service.web.packed import MSGPACK
from service.web.problems import HttpError
from service.web.strict_json import NotJson

MULTIPART = "multipart/form-data"
JSON = "application/json"
BY_ENDING = {"csv": CSV, "tsv": TSV, "tab": TSV, "npy": NPY, "json": JSON, "msgpack": MSGPACK, "mpk": MSGPACK}
READABLE = {CSV, TSV, NPY, JSON, MSGPACK} | dict.fromkeys(packed.OTHER_NAMES, MSGPACK).keys()


@dataclass
class Part:
    """One part, as it came."""

    name: str
    file_name: str | None
    media_type: str
    pieces: list[bytes] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def is_file(self) -> bool:
        return self.file_name is not None or self.media_type in READABLE


def fields_of_parts(endpoint: Endpoint, content_type: str, data: bytes) -> dict[str, Any]:
    """The payload. Raises InputError by the part's pointer, HttpError for what is no multipart, LimitExceeded."""
    payload: dict[str, Any] = {}
    for part in _parts(content_type, data):
        if part.name in payload:
            raise InputError(f"the part {part.name[:60]} stands twice", pointer=f"/{part.name[:60]}", hint="send each field once")
        try:
            payload[part.name] = _value(endpoint, part)
        except NablaError as error:
            raise error.at(f"/{part.name[:60]}") from None
    return payload


def _parts(content_type: str, data: bytes) -> Iterator[Part]:
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not boundary or len(boundary) > 200 or not boundary.isascii():
        raise HttpError("the multipart body has no boundary", hint="curl -F names one by itself: leave the content type to it")
    decoder = MultipartDecoder(boundary.encode(), max_parts=limits.limit("form-parts"))
    decoder.receive_data(data)
    decoder.receive_data(None)
    part: Part | None = None
    try:
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                media_type = parse_options_header(event.headers.get("content-type", ""))[0].lower()
                if not event.name:
                    raise HttpError("a part of the multipart body has no name", hint="a part is called as its field: -F matrix=@A.csv")
                part = Part(event.name, event.filename if isinstance(event, File) else None, media_type)
            elif isinstance(event, Data) and part is not None:
                part.pieces.append(event.data)
                if not event.more_data:
                    yield part
    except RequestEntityTooLarge:
        limits.check("form-parts", limits.limit("form-parts") + 1)
    except ValueError as error:
        raise HttpError(f"the multipart body cannot be read: {str(error)[:80]}", hint="curl -F writes one") from None


def _value(endpoint: Endpoint, part: Part) -> Any:
    """The JSON value of a part, or the matrix or the columns that its file holds."""
    described = endpoint.request.fields.get(part.name)
    if not isinstance(described, RequestField):
        return None  # unknown: the validation names the nearest field
    if not part.is_file:
        return _written(described, part)
    if described.takes_tables or (isinstance(described, ArrayField) and described.takes_files):
        kind = _kind(part)
        if kind in (JSON, MSGPACK):
            return strict_json.loads(part.data) if kind == JSON else packed.unpack(part.data)
        return tables.read_table(kind, part.data) if described.takes_tables else array_files.READERS[kind](part.data)
    return _text(part).rstrip("\r\n") if described.textual else strict_json.loads(part.data)


def _written(described: RequestField, part: Part) -> Any:
    text = _text(part)
    try:
        value = described.from_query(text)
    except NotJson as error:
        error.hint = error.hint or f"a file of numbers comes with an @: -F '{part.name}=@A.csv'"
        raise
    is_scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if is_scalar and isinstance(described, ArrayField) and not described.takes_names:
        raise InputError(
            f"{part.name} is an array, and its part holds {text[:20].strip()!r}",
            hint=f"a file comes with an @: -F '{part.name}=@A.csv'; numbers as JSON: -F '{part.name}=[[1, 2], [3, 4]]' "
            "(curl -F drops what stands behind a semicolon)",
        )
    return value


def _text(part: Part) -> str:
    try:
        return part.data.decode()
    except UnicodeDecodeError:
        raise InputError(f"the part {part.name[:60]} is not UTF-8 text", hint="a file of numbers is .csv, .tsv, .npy or .json") from None


def _kind(part: Part) -> str:
    """What a file is: by its content type, its name, or its first bytes."""
    if part.media_type in READABLE:
        return MSGPACK if part.media_type in packed.OTHER_NAMES else part.media_type
    ending = (part.file_name or "").rpartition(".")[2].lower()
    if ending in BY_ENDING:
        return BY_ENDING[ending]
    start = part.data[:1_000]
    if start.startswith(array_files.MAGIC):
        return NPY
    if start.lstrip()[:1] in (b"[", b"{"):
        return JSON
    return TSV if b"\t" in start and b"," not in start else CSV
