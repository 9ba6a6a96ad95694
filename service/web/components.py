"""Schemas that bear a title become components of openapi.yaml, once each, and are referred to wherever they stand."""

from __future__ import annotations

from typing import Any

from service.web.values import RECURSIVE

REFERENCE = "#/components/schemas/"
NO_SCHEMAS = {"examples", "example", "default", "enum", "const"}  # members that hold data


def hoist(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with every titled schema among its components. Raises ValueError when two bear one title and differ."""
    found: dict[str, Any] = {}
    schemas = document["components"]["schemas"]
    replaced = {name: _replace(part, found) for name, part in document.items() if name in ("paths", "components")}
    recursive = {name: _replace(schema, found) for name, schema in RECURSIVE.items()}
    components = replaced["components"]
    clashes = set(found) & set(schemas)
    if clashes:
        raise ValueError(f"these titles are names of other components: {', '.join(sorted(clashes))}")
    components["schemas"] = dict(sorted({**components["schemas"], **found, **recursive}.items()))
    return {**document, **replaced}


def _replace(part: Any, found: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_replace(item, found) for item in part]
    if not isinstance(part, dict):
        return part
    inner = {name: value if name in NO_SCHEMAS else _replace(value, found) for name, value in part.items()}
    title = inner.get("title")
    if not isinstance(title, str) or not inner.keys() & {"type", "anyOf", "oneOf"}:
        return inner
    schema = {name: value for name, value in inner.items() if name != "title"}
    known = found.setdefault(title, schema)
    if {**known, "description": ""} != {**schema, "description": ""}:
        raise ValueError(f"two schemas are called {title}, and differ:\n{known}\n{schema}")
    note = {"description": schema["description"]} if schema.get("description") not in (None, known.get("description")) else {}
    return {"$ref": REFERENCE + title, **note}
