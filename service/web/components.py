"""Schemas that bear a title become components of openapi.yaml, once each, and are referred to wherever they stand."""

from __future__ import annotations

import json
from typing import Any

from service.web.values import DESCRIPTIONS

CHOICES = {  # the names of choices that many operations offer
    ("float", "exact"): "Arithmetic",
    ("float", "exact", "symbolic"): "ArithmeticOrSymbolic",
    ("float", "exact", "ball", "symbolic"): "ArithmeticInUse",
    ("mixed", "numerator", "denominator"): "Layout",
    ("automatic", "einsum", "structured", "kronecker"): "ArrayForm",
    ("independent", "projected", "duplicated"): "StructureConvention",
    ("rules", "index", "differential", "paths"): "Explanation",
}
REFERENCE = "#/components/schemas/"
NO_SCHEMAS = {"examples", "example", "default", "enum", "const"}  # members that hold data


def hoist(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with every titled schema among its components. Raises ValueError when two bear one title and differ."""
    found: dict[str, Any] = {}
    schemas = document["components"]["schemas"]
    replaced = {name: _replace(part, found) for name, part in document.items() if name in ("paths", "components")}
    components = replaced["components"]
    clashes = set(found) & set(schemas)
    if clashes:
        raise ValueError(f"these titles are names of other components: {', '.join(sorted(clashes))}")
    components["schemas"] = dict(sorted({**components["schemas"], **found}.items()))
    return {**document, **replaced}


def _replace(part: Any, found: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_replace(item, found) for item in part]
    if not isinstance(part, dict):
        return part
    inner = {name: value if name in NO_SCHEMAS else _replace(value, found) for name, value in part.items()}
    if not inner.keys() & {"type", "anyOf", "oneOf", "enum"}:
        return inner
    if "default" in inner:
        inner = _with_default_told(inner)
    title = inner.get("title") or CHOICES.get(tuple(inner.get("enum", ())))
    if not isinstance(title, str):
        return inner
    own, said = DESCRIPTIONS.get(title), inner.get("description")
    schema = {name: value for name, value in inner.items() if name not in ("title", "description")} | ({"description": own} if own else {})
    if found.setdefault(title, schema) != schema:
        raise ValueError(f"two schemas are called {title}, and differ:\n{found[title]}\n{schema}")
    return {"$ref": REFERENCE + title} | ({"description": said} if said and said != own else {})


def _with_default_told(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its default in words. As a keyword, generators of clients make of it that the field is always there."""
    default = json.dumps(schema["default"], ensure_ascii=False)
    description = f"{schema['description'].rstrip('. ')}. " if schema.get("description") else ""
    return {
        **{name: value for name, value in schema.items() if name != "default"},
        "description": f"{description}Left out, it is {default}",
    }
