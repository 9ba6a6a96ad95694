"""The fields that only regressions have: named columns, and what to add to the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from marshmallow import ValidationError
from numpy.typing import NDArray

from service import limits
from service.errors import NablaError
from service.learning.models import INCLUDES
from service.linalg.matrices import as_vector, from_numbers, read_vector, read_vector_or_matrix
from service.linalg.matrix import LARGEST_INTEGER, Matrix
from service.web.array_files import read_base64
from service.web.fields import ArrayField, NumberField, RequestField, VectorField, is_number
from service.web.values import BASE64, NUMBER, TEXT, array_of


def read_column(value: Any) -> Matrix:
    """A list of numbers; or one of texts or booleans, which are the labels of classes: a matrix of kind "symbolic", refused as numbers."""
    if isinstance(value, list) and value and set(map(type, value)) <= {float, int}:
        numbers = _numbers(value)
        if numbers is not None:
            return as_vector(from_numbers(numbers))
    if isinstance(value, list) and value and all(isinstance(entry, bool) for entry in value):
        value = [str(entry).lower() for entry in value]
    if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
        try:
            return read_vector(value)
        except NablaError:
            limits.check("matrix-entries", len(value))
            return Matrix((len(value), 1), "symbolic", None, [[entry] for entry in value], is_vector=True)
    return read_vector(value)


def _numbers(value: list[Any]) -> NDArray[np.float64] | None:
    """The column as doubles, when these hold it; None for whatever the slow way has something to say about."""
    try:
        numbers = np.array(value, dtype=np.float64)
    except OverflowError:
        return None
    return numbers[:, None] if np.abs(numbers).max() < LARGEST_INTEGER else None


class ResponseField(VectorField):
    """The response: numbers or labels, or the name of the column of `data` that holds them."""

    takes_names = True

    def __init__(self, **options: Any) -> None:
        super().__init__(read_column, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, str) else super()._deserialize(value, attr, data, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [*super().json_schema()["anyOf"], TEXT]}


class ColumnsField(RequestField):
    """Named columns: an object from names to lists of numbers; a file of columns is one."""

    takes_tables = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Mapping[str, Matrix]:
        if not isinstance(value, dict) or not value:
            raise self.wrong(value, 'an object from names to columns, such as {"age": [31, 45]}')
        columns = {}
        for name, column in value.items():
            try:
                if isinstance(column, dict) and "base64" in column:
                    column = as_vector(read_base64(column))
                columns[name] = column if isinstance(column, Matrix) else read_column(column)
            except NablaError as error:
                raise error.at(f"/{attr}/{name.replace('~', '~0').replace('/', '~1')}") from None
        return columns

    def json_schema(self) -> dict[str, Any]:
        column = array_of({"anyOf": [NUMBER, {"type": "string"}]})
        return {"type": "object", "additionalProperties": column, "minProperties": 1}


class PointsField(ArrayField):
    """A row for each point, a list of numbers, or an object of named columns (a number for a column of one)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_vector_or_matrix, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict) and "base64" not in value:
            columns = {name: column if isinstance(column, (list, dict)) else [column] for name, column in value.items()}
            return ColumnsField().deserialize(columns, attr)
        return super()._deserialize(value, attr, data, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        entry = {"anyOf": [NUMBER, {"type": "string"}]}
        column = {"anyOf": [entry, array_of(entry)]}
        named = {"type": "object", "additionalProperties": column, "minProperties": 1}
        return {"anyOf": [array_of(entry), array_of(array_of(entry)), BASE64, named]}


class ColumnOrNameField(RequestField):
    """A number for each observation, one number for all, or the name of a column of `data`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Matrix | str | float:
        if isinstance(value, str):
            return value
        field = NumberField() if is_number(value) else VectorField()
        return field._deserialize(value, attr, data)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [NUMBER, {"type": "string"}, *VectorField().json_schema()["anyOf"]]}


class AlphaField(RequestField):
    """The weight of a penalty: a number, the text of an exact one, or how to choose it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not is_number(value) and not isinstance(value, str):
            raise self.wrong(value, 'a number, or "gcv", or "leave-one-out"')
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{**NUMBER, "minimum": 0}, {"type": "string"}]}


class StartField(RequestField):
    """Starting values: an object from parameters to numbers, or a list of such objects."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        for start in value if isinstance(value, list) else [value]:
            if not isinstance(start, dict):
                raise self.wrong(start, 'an object from parameters to numbers, such as {"b1": 1}')
            for name, number in start.items():
                if not is_number(number):
                    raise ValidationError({name: self.wrong(number, "a number").messages})
                NumberField().deserialize(number)
        return value

    def json_schema(self) -> dict[str, Any]:
        start = {"type": "object", "additionalProperties": NUMBER, "minProperties": 1}
        return {"anyOf": [start, array_of(start)]}


class BoundsField(RequestField):
    """Bounds: an object from parameters to [lower, upper], null for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise self.wrong(value, 'an object such as {"b1": [0, null]}')
        for name, pair in value.items():
            if not isinstance(pair, list) or len(pair) != 2 or any(end is not None and not is_number(end) for end in pair):
                raise ValidationError({name: self.wrong(pair, "a pair [lower, upper] of numbers, null for none").messages})
            for end in pair:
                if end is not None:
                    NumberField().deserialize(end)
        return value

    def json_schema(self) -> dict[str, Any]:
        pair = {"type": "array", "items": {"anyOf": [NUMBER, {"type": "null"}]}, "minItems": 2, "maxItems": 2}
        return {"type": "object", "additionalProperties": pair}


class IncludeField(RequestField):
    """A list of members to add to the answer."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or any(not isinstance(name, str) or name not in INCLUDES for name in value):
            raise ValidationError(f"must be a list of names out of {', '.join(INCLUDES)}")
        return tuple(value)

    def json_schema(self) -> dict[str, Any]:
        return array_of({"type": "string", "enum": list(INCLUDES)})
