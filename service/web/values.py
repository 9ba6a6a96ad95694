"""JSON Schemas of what stands in requests and answers again and again: numbers, arrays of them, declarations.

A schema with a `title` is a component of openapi.yaml under that name (`service/web/components.py`), so that a generated
client has one type for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def array_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def record(title: str | None, members: Schema, optional: Sequence[str] = ()) -> Schema:
    """An object with these members and no others, all there but the optional ones."""
    required = [name for name in members if name not in optional]
    named: Schema = {"title": title} if title else {}
    return {**named, "type": "object", "properties": members, "required": required, "additionalProperties": False}


NUMBER: Schema = {"type": "number"}
INTEGER: Schema = {"type": "integer"}
BOOLEAN: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
NOTHING: Schema = {"type": "null"}
EXACT: Schema = {"type": "string", "description": "an exact number, such as 45/22 or sqrt(2)/2"}
REAL: Schema = {
    "title": "Real",
    "description": "a number, or the text of an exact one such as 45/22 or sqrt(2)/2",
    "anyOf": [NUMBER, EXACT],
}
COMPLEX = record("ComplexNumber", {"re": REAL, "im": REAL})
ENTRY: Schema = {
    "title": "Entry",
    "description": "a number; the text of an exact one, or of an expression; a complex number",
    "anyOf": [NUMBER, EXACT, COMPLEX],
}
VECTOR: Schema = {"title": "Vector", **array_of(ENTRY)}
MATRIX: Schema = {"title": "Matrix", "description": "a list of rows", **array_of(array_of(ENTRY))}
BASE64: Schema = {
    "title": "Base64Array",
    "type": "object",
    "description": "an array in base64: its bytes row by row, little-endian",
    "properties": {
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 2},
        "dtype": {"type": "string", "default": "float64"},
        "base64": TEXT,
    },
    "required": ["shape", "base64"],
    "additionalProperties": False,
}

MOST_AXES = 6  # of arrays that are described entry by entry; a schema that contains itself would say more, and few generators read one


def _arrays(entry: Schema) -> list[Schema]:
    """Arrays of such entries: lists of them, lists of lists, ..."""
    nested = [entry]
    for _ in range(MOST_AXES):
        nested.append(array_of(nested[-1]))
    return [*nested[1:], {"type": "array", "items": {}, "description": f"more than {MOST_AXES} axes"}]


VALUE: Schema = {
    "title": "Value",
    "description": "a number, the text of an exact one or of an expression, a complex number, or an array of them",
    "anyOf": [NUMBER, TEXT, COMPLEX, *_arrays(ENTRY)],
}
TEXTS: Schema = {"title": "Texts", "description": "an array of expressions with any number of axes", "anyOf": _arrays(TEXT)}
VALUES: Schema = {"title": "ValuesByName", "description": "the values of variables, by name", **by_name(VALUE)}

SHAPE: Schema = {
    "title": "Shape",
    "type": "array",
    "items": {"anyOf": [TEXT, INTEGER]},
    "description": "[] a scalar, [n] a vector, [rows, columns] a matrix",
}
DECLARATION: Schema = {
    "title": "Declaration",
    "description": 'what a name stands for: "vector(n)", "matrix(m,n)", "spd(n)", or the same as an object',
    "anyOf": [
        TEXT,
        {
            "title": "DeclarationObject",
            "type": "object",
            "properties": {
                "shape": {"anyOf": [TEXT, SHAPE]},
                "properties": array_of(TEXT),
                "depends_on": {"anyOf": [TEXT, array_of(TEXT)]},
            },
            "additionalProperties": False,
        },
    ],
}

DESCRIPTIONS = {  # of the components themselves; what is said beside a reference is about its place
    schema["title"]: schema["description"] for schema in (REAL, ENTRY, MATRIX, BASE64, VALUE, TEXTS, VALUES, SHAPE, DECLARATION)
}
