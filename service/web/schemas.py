"""Fields to JSON Schema, for openapi.yaml and `GET /v1/operations`: our own fields say it themselves, apispec knows marshmallow's."""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import missing
from marshmallow.fields import Field

from service.web.fields import AnswerField, RequestField


def _own_schema(converter: Any, field: Field[Any], **_: Any) -> dict[str, Any]:
    """An attribute function of apispec's converter."""
    if not isinstance(field, (RequestField, AnswerField)):
        return {}
    schema = field.json_schema()
    return {"anyOf": [schema, {"type": "null"}]} if field.allow_none else schema


def new_spec(**options: Any) -> tuple[APISpec, MarshmallowPlugin]:
    """An empty specification whose marshmallow plugin knows our fields."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: "")
    spec = APISpec(openapi_version="3.1.0", plugins=[plugin], **options)
    assert plugin.converter is not None
    plugin.converter.add_attribute_function(_own_schema)
    return spec, plugin


_, _PLUGIN = new_spec(title="", version="")


def field_schema(field: Field[Any]) -> dict[str, Any]:
    """The JSON Schema of one field, with its default and description."""
    assert _PLUGIN.converter is not None
    schema: dict[str, Any] = _PLUGIN.converter.field2property(field)
    if field.load_default is not missing and field.load_default is not None:
        schema["default"] = field.load_default
    return schema
