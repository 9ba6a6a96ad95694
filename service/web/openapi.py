"""`python -m service.web.openapi` prints openapi.yaml: OpenAPI 3.1, made from the registry, the tables and the worked examples.

The examples' answers are computed here. Their numbers are rounded (`ROUND_TO` digits, what is smaller than `NOISE` is zero),
so that the file does not change with the processor that it is made on.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
import yaml
from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from service.compute import runner
from service.errors import NablaError
from service.version import VERSION
from service.web import array_files, components, forms, problems, service_paths, writing
from service.web.discovery import TAGLINE
from service.web.drawings import SVG
from service.web.endpoint import Endpoint, Example
from service.web.fields import RequestField
from service.web.multipart import MULTIPART
from service.web.packed import MSGPACK
from service.web.registry import by_family
from service.web.schemas import field_schema, new_spec

ROUND_TO = 9  # significant digits
NOISE = 1e-11
OPERATION_PROBLEMS = (400, 401, 403, 406, 413, 414, 415, 422, 429, 500, 503)

DESCRIPTION = f"""{TAGLINE}

Every operation answers `POST` with a JSON object, `GET` with the same fields as query parameters (JSON values, plain strings
for expressions), and `QUERY` (RFC 10008) with the body of the `POST`. The same request to the same version gives the same
bytes. Errors are problem documents (RFC 9457). Numbers in the examples below are rounded.
"""

CHECK = {
    "type": "object",
    "description": "One verified property of the answer",
    "properties": {
        "name": {"type": "string"},
        "passed": {"type": "boolean"},
        "error": {"type": ["number", "null"], "description": "the measured violation; null for a yes-or-no property"},
        "tolerance": {"type": ["number", "null"], "description": "its bound"},
        "detail": {"type": "string"},
    },
    "required": ["name", "passed", "error", "tolerance", "detail"],
    "additionalProperties": False,
}
PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457); some codes add members of their own",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": sorted(problems.PROBLEMS)},
        "message": {"type": "string", "description": "the same as `detail`"},
        "hint": {"type": ["string", "null"], "description": "what would be right"},
        "command": {"type": "string", "description": "the request as it was most likely meant, as a curl command to paste"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the request"},
                    "position": {"type": ["integer", "null"], "description": "character offset in the text at the pointer"},
                    "length": {"type": ["integer", "null"], "description": "how many characters are meant"},
                    "detail": {"type": "string"},
                    "hint": {"type": ["string", "null"]},
                },
                "required": ["pointer", "position", "length", "detail", "hint"],
                "additionalProperties": False,
            },
        },
        "more_errors": {"type": "integer", "description": "how many further errors are not listed"},
    },
    "required": ["type", "title", "status", "detail", "instance", "code", "message", "hint", "errors"],
}
HEADERS = {
    "ETag": "names this answer; send it back in If-None-Match with a GET or QUERY",
    "Cache-Status": "which cache answered (RFC 9211)",
    "Server-Timing": "the time of each stage, in milliseconds",
    "X-Request-Id": "the id of this request in the log; yours, when you sent one",
}
SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key, where the operator asks for one"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in a header of its own"},
}
FILES: dict[str, Any] = {
    array_files.CSV: {"schema": {"type": ["string", "number"], "contentMediaType": array_files.CSV}},  # a number is a file of one cell
    array_files.TSV: {"schema": {"type": ["string", "number"], "contentMediaType": array_files.TSV}},
    array_files.NPY: {"schema": {"type": "string", "contentMediaType": array_files.NPY}},
}
PARTS = {
    "type": "object",
    "description": "A part for each field: a file for an array (CSV, TSV, .npy, JSON, MessagePack) or a table, text for a text, else JSON",
    "additionalProperties": {"type": "string"},
}
PACKED = {"type": "string", "contentMediaType": MSGPACK, "description": "The same object in MessagePack, or the main array alone"}
BODIES: dict[str, Any] = {
    MULTIPART: {"schema": {"$ref": "#/components/schemas/Parts"}},
    MSGPACK: {"schema": {"$ref": "#/components/schemas/Packed"}},
}
FORM_PARAMETERS: dict[str, dict[str, Any]] = {
    "format": {
        "schema": {"title": "AnswerFormat", "type": "string", "enum": list(forms.BY_NAME)},
        "description": "The form of the answer, as Accept has it; those beside json, msgpack and svg hold one member of it",
    },
    "member": {"schema": {"type": "string"}, "description": "Which member the form holds; left out, the bare answer"},
    "arrays": {
        "schema": {"title": "ArrayNotation", "type": "string", "enum": ["lists", "base64"]},
        "description": "base64: arrays of numbers in the JSON answer are {shape, dtype, base64}",
    },
    "picture": {"schema": {"type": "string"}, "description": "Which picture; left out, the first in the list that the request has"},
}


def build() -> dict[str, Any]:
    """The whole document."""
    info = {"description": DESCRIPTION, "license": {"name": "MIT", "identifier": "MIT"}}
    spec, plugin = new_spec(title="Nabla", version=VERSION, info=info)
    assert plugin.converter is not None
    spec.components.schema("Check", CHECK)
    spec.components.schema("Problem", PROBLEM)
    spec.components.schema("Parts", PARTS)
    spec.components.schema("Packed", PACKED)
    for name, text in HEADERS.items():
        spec.components.header(name, {"description": text, "schema": {"type": "string"}})
    for name, parameter in FORM_PARAMETERS.items():
        spec.components.parameter(name, "query", parameter)
    for status in sorted({row.status for row in problems.PROBLEMS.values()}):
        spec.components.response(f"Problem{status}", _problem_response(status))
    for family, entries in by_family():
        spec.tag({"name": family})
        for entry in entries:
            _add_operation(spec, plugin.converter, entry)
    spec.tag({"name": "service"})
    service_paths.add_to(spec)
    for name, scheme in SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    document = spec.to_dict() | {"security": [{}, *({name: []} for name in SECURITY_SCHEMES)]}  # {}: a key is asked for by some only
    return components.hoist({name: document[name] for name in ("openapi", "info", "security", "tags", "paths", "components")})


def _problem_response(status: int) -> dict[str, Any]:
    rows = [row for row in problems.PROBLEMS.values() if row.status == status]
    text = "\n".join(f"- `{row.code}`: {row.help}" for row in rows)
    return {"description": text, "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _add_operation(spec: APISpec, converter: OpenAPIConverter, entry: Endpoint) -> None:
    """The POST and the GET of one endpoint; OpenAPI 3.1 has no place for QUERY, which takes the POST's body."""
    stem = "".join(word.capitalize() for word in entry.operation_id.split("_"))
    for suffix, schema in (("Request", entry.request), ("Answer", entry.response)):
        spec.components.schemas[f"{stem}{suffix}"] = converter.schema2jsonschema(schema)
    answer_members = spec.components.schemas[f"{stem}Answer"]["properties"]
    if "operation" in answer_members:
        answer_members["operation"]["const"] = entry.name  # tells answers of several operations apart
    answers = _add_answers(spec, stem, entry)
    requests = {_key(i): {"summary": example.title, "value": example.request} for i, example in enumerate(entry.examples, 1)}
    body = {"schema": {"$ref": f"#/components/schemas/{stem}Request"}, "examples": requests}
    common: dict[str, Any] = {"tags": [entry.family], "summary": entry.summary}
    if entry.description:
        common["description"] = entry.description
    if entry.retirement is not None:
        common["deprecated"] = True
    post = {
        "operationId": entry.operation_id,
        **common,
        "parameters": _forms(entry),
        "requestBody": {"required": True, "content": {"application/json": body} | (FILES if entry.table or entry.main else {}) | BODIES},
        "responses": dict(answers),
    }
    get = {
        "operationId": f"{entry.operation_id}_by_query",
        **common,
        "parameters": _parameters(entry) + _forms(entry),
        "responses": {status: answer for status, answer in answers.items() if status != "415"},
    }
    spec.path(entry.path, operations={"post": post, "get": get})


def _forms(entry: Endpoint) -> list[Any]:
    """The names of the parameters about the form of the answer."""
    return ["format", *(["member"] if entry.bare else []), "arrays", *(["picture"] if entry.drawings else [])]


def _pictures(entry: Endpoint) -> str:
    return "; ".join(f"{name}: {drawing.shows}" for name, drawing in entry.drawings.items())


def _parameters(entry: Endpoint) -> list[dict[str, Any]]:
    """The fields as query parameters: textual ones as they stand, the others as JSON."""
    parameters = []
    for name, field in entry.request.fields.items():
        schema = field_schema(field)
        description = schema.pop("description", "")
        textual = isinstance(field, RequestField) and field.textual
        form = {"schema": schema if schema.get("type") == "string" else {"type": "string"}} if textual else _json_content(schema)
        parameters.append({"name": name, "in": "query", "required": field.required, "description": description, **form})
    return parameters


def _json_content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _add_answers(spec: APISpec, stem: str, entry: Endpoint) -> dict[str, Any]:
    """References to the answer and the problems by status, each shown with the examples that end in it."""
    shown: dict[int, dict[str, Any]] = {200: {}}
    for i, example in enumerate(entry.examples, 1):
        status, document = outcome(entry, example)
        shown.setdefault(status, {})[_key(i)] = {"summary": example.title, "value": rounded(document)}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{stem}Answer"}, "examples": shown.pop(200)}}
    for kind in forms.offered(entry)[1:]:
        text = _pictures(entry) if kind.media_type == SVG else kind.holds
        schema = {"type": "string", "description": text}
        content[kind.media_type] = {"schema": schema | ({"contentMediaType": kind.media_type} if kind.is_binary else {})}
    spec.components.response(f"{stem}Answer", {"description": "The answer", "headers": headers, "content": content})
    answers = {"200": {"$ref": f"#/components/responses/{stem}Answer"}}
    answers |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in OPERATION_PROBLEMS}
    for status, examples in shown.items():
        response = _problem_response(status)
        response["content"][problems.MEDIA_TYPE]["examples"] = examples
        spec.components.response(f"{stem}Problem{status}", response)
        answers[str(status)] = {"$ref": f"#/components/responses/{stem}Problem{status}"}
    return answers


def _key(number: int) -> str:
    return f"example-{number}"


def outcome(entry: Endpoint, example: Example) -> tuple[int, dict[str, Any]]:
    """Status and document that the example ends in. Raises RuntimeError when that is not what it says."""
    try:
        fields = entry.request.load(orjson.loads(orjson.dumps(example.request)))
        status, document = 200, writing.to_json(runner.run(entry.name, lambda: entry(fields)))
        code = None
    except NablaError as error:
        status, document = problems.PROBLEMS[error.code].status, writing.to_json(problems.document(error, entry.path))
        code = error.code
    if code != example.refused:
        raise RuntimeError(f"{entry.name}, example {example.title!r}: ended in {code}, not in {example.refused}\n{document.decode()}")
    return status, orjson.loads(document)


def rounded(value: Any) -> Any:
    """The JSON value with its floats rounded."""
    if isinstance(value, float):
        return 0.0 if abs(value) < NOISE else float(f"{value:.{ROUND_TO}g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    return value


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Short lists on one line, texts of several lines as blocks, no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_list(dumper: Any, value: list[Any]) -> Any:
    plain = not any(isinstance(item, dict) for item in value) and len(str(value)) <= 120
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=plain)


def _represent_text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(list, _represent_list)
_Dumper.add_representer(str, _represent_text)


def as_yaml() -> str:
    """The document as it is checked in."""
    plain = orjson.loads(orjson.dumps(build()))
    text: str = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    return text


if __name__ == "__main__":
    sys.stdout.write(as_yaml())
