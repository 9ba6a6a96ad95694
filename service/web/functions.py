"""What the endpoints about functions share: fields and the schemas of their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError

from service.web.endpoint import RequestSchema
from service.web.fields import AnswerField, ExpressionField, RequestField, VariablesField, WrtField, is_number
from service.web.values import NOTHING, NUMBER, TEXT, VALUE, VALUES, nullable, record


class NamedField(RequestField):
    """An object from names to numbers, arrays or exact texts."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(value, 'an object from names to values, such as {"x": 1}')
        for name, coordinate in value.items():
            if not isinstance(coordinate, (str, list)) and not is_number(coordinate):
                raise ValidationError({name: self.wrong(coordinate, 'a number, an array or an exact text such as "pi/2"').messages})
        return value

    def json_schema(self) -> dict[str, Any]:
        return VALUES


class RangesField(RequestField):
    """An object from names to ranges [low, high]."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(value, 'an object from names to ranges, such as {"x": [-1, 1]}')
        for name, ends in value.items():
            if not isinstance(ends, list) or len(ends) != 2 or not all(end is None or is_number(end) for end in ends):
                raise ValidationError({name: self.wrong(ends, "a range [low, high]").messages})
        return value

    def json_schema(self) -> dict[str, Any]:
        ends = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"anyOf": [NUMBER, NOTHING]}}
        return {"type": "object", "additionalProperties": ends}


class BoundsField(RequestField):
    """An object from names to [low, high]: numbers, exact texts, null, or arrays of the variable's shape."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(value, 'an object from names to [low, high], such as {"x": [0, null]}')
        for name, ends in value.items():
            if not isinstance(ends, list) or len(ends) != 2:
                raise ValidationError({name: self.wrong(ends, "a pair [low, high], null where there is no bound").messages})
            for end in ends:
                if end is not None and not isinstance(end, (str, list)) and not is_number(end):
                    raise ValidationError({name: self.wrong(end, "a number, null or an array").messages})
        return value

    def json_schema(self) -> dict[str, Any]:
        end = nullable(VALUE)
        return {"type": "object", "additionalProperties": {"type": "array", "minItems": 2, "maxItems": 2, "items": end}}


class ConditionsField(RequestField):
    """Comparisons as texts, in a list or one alone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        entries = value if isinstance(value, list) else [value]
        for entry in entries:
            if not isinstance(entry, (str, dict)):
                raise self.wrong(entry, 'a condition such as "x + y <= 1", or a list of them')
        return entries

    def json_schema(self) -> dict[str, Any]:
        return {
            "anyOf": [
                TEXT,
                {
                    "type": "array",
                    "items": {"anyOf": [TEXT, record("SciPyConstraint", {"type": {**TEXT, "enum": ["ineq", "eq"]}, "fun": TEXT})]},
                },
            ]
        }


class WindowField(RangesField):
    """What a picture shows."""

    def __init__(self) -> None:
        super().__init__(
            metadata={"description": 'Of a picture of curves or contour lines: the ranges to show, such as {"x": [-2, 2], "y": [0, 3]}'}
        )


class FunctionRequest(RequestSchema):
    """A function, and what it is a function of."""

    expression = ExpressionField(required=True, metadata={"description": 'The function, such as "x^2 + x*y + y^2"'})
    variables = VariablesField(metadata={"description": 'What is not a scalar, such as {"x": "vector(n)", "Q": "spd(n)"}'})
    wrt = WrtField(metadata={"description": "The unknowns; left out, every variable without a value in at, in order of appearance"})


def field(schema: Mapping[str, Any]) -> Callable[..., AnswerField]:
    """The class of an answer's field with this JSON Schema."""
    return type("DataAnswer", (AnswerField,), {"schema": dict(schema)})
