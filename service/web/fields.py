"""The fields of requests and of answers. A request field takes its JSON type and nothing else: nothing is coerced.

Request fields know three things: how a JSON value becomes the handler's value (`_deserialize`), how a query parameter
becomes a JSON value (`from_query`), and their JSON Schema (`json_schema`, which feeds openapi.yaml). What a value
*means* (whether an expression parses, whether shapes fit) is for the packages below; their errors pass through with
the field's pointer in front.

A field called `n` that is refused answers `{"pointer": "/n", "detail": ...}`. The field's `metadata={"description": ...}`
is shown in the documentation and as the hint when the field is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from marshmallow import ValidationError, fields

from service import limits
from service.errors import NablaError
from service.linalg.matrices import as_vector, read_matrix, read_vector
from service.linalg.matrix import Matrix
from service.web import strict_json
from service.web.array_files import read_base64
from service.web.strict_json import NotJson
from service.web.values import BASE64, DECLARATION, MATRIX, NUMBER, TEXT, VALUE, VALUES, VECTOR, by_name


def json_type(value: Any) -> str:
    """What a JSON value is, in the words of an error: "the text \\"3\\"", "a list", "null"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {json.dumps(value[:40], ensure_ascii=False)}"
    if isinstance(value, (int, float)):
        return f"the number {str(value)[:40]}"
    return "a list" if isinstance(value, list) else "an object"


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class RequestField(fields.Field[Any]):
    """Base of what may stand in a request."""

    takes_tables = False  # whether a file of named columns may fill it
    textual = False  # a textual field takes a query parameter as it stands, any other one as JSON
    default_error_messages = {"required": "is required", "null": "must not be null; leave the field out instead"}

    def json_schema(self) -> dict[str, Any]:
        raise NotImplementedError

    def from_query(self, text: str) -> Any:
        """The JSON value that the query parameter `text` stands for; raises NotJson when it is broken JSON."""
        if self.textual:
            return text
        try:
            return strict_json.loads(text.encode())
        except NotJson:
            if text[:1] in ("[", "{"):
                raise
            return text

    def wrong(self, value: Any, wanted: str) -> ValidationError:
        return ValidationError(f"must be {wanted}, not {json_type(value)}")


# --- scalars ------------------------------------------------------------------------------------------------------


class _RangeField(RequestField):
    """A number with inclusive bounds."""

    def __init__(self, *, minimum: float | None = None, maximum: float | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.minimum, self.maximum = minimum, maximum

    def within(self, value: Any) -> Any:
        if self.minimum is not None and value < self.minimum:
            raise ValidationError(f"must be at least {self.minimum}, not {str(value)[:40]}")
        if self.maximum is not None and value > self.maximum:
            raise ValidationError(f"must be at most {self.maximum}, not {str(value)[:40]}")
        return value

    def json_schema(self) -> dict[str, Any]:
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return {name: bound for name, bound in bounds.items() if bound is not None}


class IntegerField(_RangeField):
    """A whole number: not 2.0, not "2", not true."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(value, "a whole number")
        return int(self.within(value))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", **super().json_schema()}


class NumberField(_RangeField):
    """A JSON number, as a float."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not is_number(value):
            raise self.wrong(value, "a number")
        try:
            return float(self.within(value))
        except OverflowError:
            raise ValidationError("must be below 1.8e308 in magnitude") from None

    def json_schema(self) -> dict[str, Any]:
        return {**NUMBER, **super().json_schema()}


class BooleanField(RequestField):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(value, "true or false")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class TextField(RequestField):
    """A string."""

    textual = True

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.wrong(value, "a string")
        return value

    def json_schema(self) -> dict[str, Any]:
        return dict(TEXT)


class ChoiceField(TextField):
    """One of the strings `choices`. With a `default` it may be left out."""

    def __init__(self, choices: Sequence[str], default: str | None = None, **options: Any) -> None:
        if default is not None:
            options["load_default"] = default
        super().__init__(**options)
        self.choices = tuple(choices)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value not in self.choices:
            raise self.wrong(value, "one of " + ", ".join(f'"{choice}"' for choice in self.choices))
        return str(value)

    def json_schema(self) -> dict[str, Any]:
        return {**TEXT, "enum": list(self.choices)}


# --- expressions ----------------------------------------------------------------------------------------------------


class _TextOrListField(RequestField):
    """A string, or a list; in a query a text that starts with "[" and is JSON is the list, any other text is itself."""

    textual = True

    def from_query(self, text: str) -> Any:
        if text.startswith("["):
            try:
                return strict_json.loads(text.encode())
            except NotJson:
                pass
        return text


class ExpressionField(_TextOrListField):
    """An expression: a string, a list (a vector function) or a list of lists (a matrix function) of strings and numbers."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | list[Any]:
        if isinstance(value, str):
            return value
        if not isinstance(value, list):
            raise self.wrong(value, "an expression in a string, or a list or a list of lists of them")
        for i, row in enumerate(value):
            for j, entry in enumerate(row) if isinstance(row, list) else [(None, row)]:
                if not isinstance(entry, str) and not is_number(entry):
                    error = self.wrong(entry, "an expression in a string, or a number")
                    raise ValidationError({i: error.messages if j is None else {j: error.messages}})
        return value

    def json_schema(self) -> dict[str, Any]:
        entry = {"anyOf": [TEXT, NUMBER]}
        row = {"type": "array", "items": entry}
        return {"anyOf": [TEXT, row, {"type": "array", "items": row}]}


class WrtField(_TextOrListField):
    """A name or a list of names."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | list[str]:
        if isinstance(value, list):
            for i, name in enumerate(value):
                if not isinstance(name, str):
                    raise ValidationError({i: self.wrong(name, "a name").messages})
        elif not isinstance(value, str):
            raise self.wrong(value, "a name or a list of names")
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}


class ChoicesField(_TextOrListField):
    """One of the strings `choices`, or a list of them."""

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        super().__init__(**options)
        self.choice = ChoiceField(choices)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        if not isinstance(value, list):
            return [self.choice.deserialize(value)]
        for i, entry in enumerate(value):
            try:
                self.choice.deserialize(entry)
            except ValidationError as error:
                raise ValidationError({i: error.messages}) from None
        return value

    def json_schema(self) -> dict[str, Any]:
        choice = self.choice.json_schema()
        return {"anyOf": [choice, {"type": "array", "items": choice}]}


class VariablesField(RequestField):
    """Declarations: a name to a string such as "matrix(m,n)", or to an object with `shape`, `properties`, `depends_on`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(value, "an object from names to declarations")
        limits.check("variables", len(value), f"/{attr}")
        for name, declaration in value.items():
            if not isinstance(declaration, (str, dict)):
                raise ValidationError({name: self.wrong(declaration, 'a declaration such as "vector(n)"').messages})
        return value

    def json_schema(self) -> dict[str, Any]:
        return by_name(DECLARATION)


class PointField(RequestField):
    """Where to evaluate: an object from names to numbers, arrays or exact texts; or a list of such objects."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(value, list):
            limits.check("points", len(value), f"/{attr}")
            for i, point in enumerate(value):
                try:
                    self._check_point(point)
                except ValidationError as error:
                    raise ValidationError({i: error.messages}) from None
        else:
            self._check_point(value)
        return value

    def _check_point(self, point: Any) -> None:
        if not isinstance(point, dict):
            raise self.wrong(point, 'an object from names to values, such as {"x": 1}')
        for name, coordinate in point.items():
            if not isinstance(coordinate, (str, list)) and not is_number(coordinate):
                raise ValidationError({name: self.wrong(coordinate, 'a number, an array or an exact text such as "pi/2"').messages})

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [VALUES, {"type": "array", "items": VALUES}]}


class ProductField(RequestField):
    """A product with a derivative: {"jvp": {"x": direction}}, {"vjp": weights} or {"hvp": {"x": direction}}."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(value, 'an object such as {"hvp": {"x": [1, 0]}}')
        return value

    def json_schema(self) -> dict[str, Any]:
        return {
            "title": "DerivativeProduct",
            "type": "object",
            "properties": {"jvp": VALUES, "vjp": VALUE, "hvp": VALUES},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }


# --- arrays ---------------------------------------------------------------------------------------------------------


class ArrayField(RequestField):
    """An array that `read` turns from JSON lists into what the handler works on, without a schema for each entry.

    `read(value)` raises the errors of service/errors.py (MatrixFormatError and the like) with a pointer into the value.
    """

    depth: int | None = None  # lists in lists; None when it varies
    takes_files = True  # whether `read` makes a Matrix, which a file or a text in base64 may hold as well
    takes_names = False  # whether a text names something that holds the array

    def __init__(self, read: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.read = read

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            if self.takes_files and isinstance(value, dict) and "base64" in value:
                value = read_base64(value)
            if isinstance(value, Matrix):
                return as_vector(value) if self.depth == 1 else value
            return self.read(value)
        except NablaError as error:
            raise error.at(f"/{attr}") from None

    def json_schema(self) -> dict[str, Any]:
        schema = {1: VECTOR, 2: MATRIX}.get(self.depth or 0, {"type": "array", "items": VALUE})
        return {"anyOf": [schema, BASE64]} if self.takes_files else schema


class MatrixField(ArrayField):
    """A list of rows."""

    depth = 2

    def __init__(self, read: Callable[[Any], Any] = read_matrix, **options: Any) -> None:
        super().__init__(read, **options)


class VectorField(ArrayField):
    """A list of entries."""

    depth = 1

    def __init__(self, read: Callable[[Any], Any] = read_vector, **options: Any) -> None:
        super().__init__(read, **options)


class VectorsField(ArrayField):
    """A list of vectors of one length, each a list of entries: by default the rows of a matrix."""

    depth = 2

    def __init__(self, read: Callable[[Any], Any] = read_matrix, **options: Any) -> None:
        super().__init__(read, **options)


# --- answers --------------------------------------------------------------------------------------------------------


class AnswerField(fields.Field[Any]):
    """Base of the answer's own fields; plain ones (`fields.Integer`, `fields.String`, ...) are marshmallow's."""

    schema: dict[str, Any] = {}

    def json_schema(self) -> dict[str, Any]:
        return dict(self.schema)


class ChecksField(AnswerField):
    """The list of what was verified about the answer."""

    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Check"}}

    def __init__(self, **options: Any) -> None:
        options.setdefault("metadata", {"description": "What was verified about this very answer; a failing check is an error instead"})
        super().__init__(required=True, **options)
