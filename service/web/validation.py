"""From the JSON value that was sent to the fields that a handler takes; every fault by its JSON pointer."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError

from service.errors import Fault, InputError
from service.web import mistakes
from service.web.endpoint import Endpoint
from service.web.fields import json_type

MOST_UNKNOWN = 20  # names that are looked at; looking for the nearest field of a million would take minutes

ELSEWHERE = {  # what NumPy, SciPy and MATLAB call a field
    "a": "matrix", "m": "matrix", "x": "vector", "v": "vector", "b": "rhs", "k": "rank", "tol": "tolerance", "rcond": "tolerance",
    "atol": "tolerance", "full_matrices": "full", "mode": "full", "assume_a": "structure", "lapack_driver": "driver", "w": "weights",
    "compute_uv": "vectors", "eigvals_only": "vectors", "p": "ord", "order": "ord",
}  # fmt: skip


def validate(endpoint: Endpoint, payload: Any) -> dict[str, Any]:
    """The validated fields with their defaults; raises InputError, or what an array's reader raises."""
    schema = endpoint.request
    if not isinstance(payload, dict):
        error = InputError(f"the body must be a JSON object, not {json_type(payload)}")
        raise mistakes.corrected(error, "name the fields", mistakes.bare(endpoint, payload))
    known = {name: value for name, value in payload.items() if name in schema.fields}
    unknown = [name for name in payload if name not in known]
    meant = {name: _nearest(name, list(schema.fields)) for name in unknown[:MOST_UNKNOWN]}
    faults = [_unknown(name, nearest, list(schema.fields)) for name, nearest in meant.items()]
    try:
        fields: dict[str, Any] = schema.load(known)
    except ValidationError as error:
        for pointer, detail in _flatten(error.normalized_messages()):
            missing = schema.fields.get(pointer[1:]) if detail == "is required" else None
            hint = missing.metadata.get("description") if missing else None
            faults.append(Fault(f"{pointer[1:].replace('/', '.')} {detail}", pointer, hint=hint))
    if faults:
        command = mistakes.renamed(endpoint, payload, meant) if meant and len(meant) == len(unknown) else None
        facts = {"command": command} if command else {}
        raise InputError(faults[0].detail, pointer=faults[0].pointer, hint=faults[0].hint, faults=faults, facts=facts)
    return fields


def _nearest(name: str, known: list[str]) -> str | None:
    """The known field that an unknown one resembles, or is called in another library."""
    usual = ELSEWHERE.get(name[:60].lower())
    return usual if usual in known else next(iter(difflib.get_close_matches(name[:60].lower(), known, 1)), None)


def _unknown(name: str, nearest: str | None, known: list[str]) -> Fault:
    """Names the nearest known field."""
    hint = f"did you mean {nearest}?" if nearest else f"the fields are {', '.join(known)}"
    return Fault(f"{name[:60]} is not a field of this operation", _pointer(name[:60]), hint=hint)


def _flatten(messages: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as pairs of a JSON pointer and a text."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flatten(inner, pointer if name == "_schema" else pointer + _pointer(name))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(inner, pointer)
    else:
        yield pointer, str(messages)


def _pointer(name: object) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")
