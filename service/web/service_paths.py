"""The addresses of the service itself (service/web/about.py) in openapi.yaml."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

TEXT: dict[str, Any] = {"type": "string"}
NDJSON = "application/x-ndjson"


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


FIELD = _object(name=TEXT, required={"type": "boolean"}, description=TEXT, schema={"type": "object", "additionalProperties": {}})
EXAMPLE = _object(title=TEXT, request={"type": "object", "additionalProperties": {}}, refused={"type": ["string", "null"]})
RETIREMENT = _object(since=TEXT, until={"type": ["string", "null"]}, successor={"type": ["string", "null"]})
OPERATION = _object(
    name=TEXT,
    family=TEXT,
    summary=TEXT,
    description=TEXT,
    path=TEXT,
    methods=_list(TEXT),
    fields=_list(FIELD),
    examples=_list(EXAMPLE),
    retirement={"anyOf": [RETIREMENT, {"type": "null"}]},
)
LIMIT = _object(name=TEXT, allowed={"type": "integer"}, unit=TEXT, description=TEXT)

# path: (operationId, summary, schema of the answer)
PATHS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "/v1/operations": ("operations", "Every operation: what it does, its fields, its examples", _object(operations=_list(OPERATION))),
    "/v1/limits": ("limits", "Every limit, as it is in force", _object(limits=_list(LIMIT))),
    "/version": (
        "version",
        "What answers",
        _object(name=TEXT, version=TEXT, engine=TEXT, python=TEXT, libraries={"type": "object", "additionalProperties": TEXT}),
    ),
    "/livez": ("livez", "Whether the process answers", _object(status=TEXT)),
    "/readyz": ("readyz", "Whether requests may be sent here", _object(status=TEXT)),
}
PROBES = ("/livez", "/readyz")
REFUSALS = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in (401, 403, 429)}
METRICS_MEDIA = ("text/plain", "application/openmetrics-text")


def add_to(spec: APISpec) -> None:
    """Adds the paths to the specification."""
    _add_batch(spec)
    for path, (operation_id, summary, schema) in PATHS.items():
        answer = {"description": "The answer", "content": {"application/json": {"schema": schema}}}
        others = {"503": {**answer, "description": "Not now: the status says why"}} if path in PROBES else REFUSALS
        spec.path(path, operations={"get": _operation(operation_id, summary, {"200": answer, **others})})
    text = {
        "description": "In the format of Prometheus, or of OpenMetrics",
        "content": {media: {"schema": TEXT} for media in METRICS_MEDIA},
    }
    responses = {"200": text, **REFUSALS, "404": {"$ref": "#/components/responses/Problem404"}}
    spec.path("/metrics", operations={"get": _operation("metrics", "The metrics of all workers, where they are switched on", responses)})
    code = {"name": "code", "in": "path", "required": True, "schema": TEXT}
    row = {"application/json": {"schema": _object(code=TEXT, status={"type": "integer"}, title=TEXT, help=TEXT)}}
    answer = {"description": "The answer", "content": {"text/plain": {"schema": TEXT}, **row}}
    responses = {"200": answer, "404": {"$ref": "#/components/responses/Problem404"}}
    explain = _operation("problem", "What a problem means: where the `type` of a problem document leads", responses)
    spec.path("/problems/{code}", operations={"get": {**explain, "parameters": [code]}})


ITEM = {
    "title": "BatchItem",
    "type": "object",
    "description": "One request: the fields of the operation beside its name, or in `request`",
    "properties": {
        "operation": TEXT,
        "id": {"type": ["string", "integer"], "description": "Comes back with the answer"},
        "request": {"type": "object", "additionalProperties": {}, "description": "The fields, where they do not stand beside"},
        "format": {**TEXT, "description": "The form of this answer, one that is text"},
        "member": {**TEXT, "description": "Which member such a form holds"},
    },
    "required": ["operation"],
    "additionalProperties": {},
}
ANSWERED = {
    "title": "BatchAnswer",
    "type": "object",
    "properties": {
        "id": {"type": ["string", "integer"]},
        "operation": TEXT,
        "status": {"type": "integer", "description": "As the request would have alone"},
        "etag": TEXT,
        "body": {
            "anyOf": [{"type": "object", "additionalProperties": {}}, TEXT],
            "description": "The answer, a text where its form is one; or the problem",
        },
    },
    "required": ["status", "body"],
}


def _add_batch(spec: APISpec) -> None:
    lines = {"type": "string", "description": "A line for each item"}
    request = {
        "type": "object",
        "properties": {
            "items": {**_list(ITEM), "minItems": 1},
            "deadline_ms": {"type": "integer", "minimum": 1, "description": "By when all are answered, counted from the arrival"},
        },
        "required": ["items"],
        "additionalProperties": False,
    }
    first = {"operation": "rank", "matrix": [[1, 2], [2, 4]]}
    example = {"two": {"value": {"items": [first, {"id": "b", "operation": "trace", "request": {"matrix": [[1, 2], [3, 4]]}}]}}}
    content = {"application/json": {"schema": _object(items=_list(ANSWERED))}, NDJSON: {"schema": lines}}
    responses: dict[str, Any] = {"200": {"description": "The answers, in order", "content": content}}
    responses |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in (400, 406, 413, 415, 500, 503)}
    body = {"application/json": {"schema": request, "examples": example}, NDJSON: {"schema": lines}}
    post = {
        **_operation("batch", "Many requests in one, each with its own status", responses),
        "parameters": [{"name": "format", "in": "query", "schema": {"type": "string", "enum": ["json", "ndjson"]}}],
        "requestBody": {"required": True, "content": body},
    }
    spec.path("/v1/batch", operations={"post": post})


def _operation(operation_id: str, summary: str, responses: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": operation_id, "tags": ["service"], "summary": summary, "responses": responses}
