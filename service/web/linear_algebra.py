"""What the endpoints on matrices share: the fields of their requests, and the shapes of numbers in their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, post_load

from service.errors import InputError
from service.linalg.exact_numbers import read_rational
from service.linalg.matrices import read_symbolic_matrix, read_vector_or_matrix
from service.linalg.matrix import Matrix
from service.web.endpoint import RequestSchema
from service.web.fields import (
    AnswerField,
    ArrayField,
    ChoiceField,
    IntegerField,
    MatrixField,
    RequestField,
    VariablesField,
    is_number,
)
from service.web.values import BASE64, ENTRY, MATRIX, NUMBER, REAL, VALUE, VECTOR, array_of, nullable

ARITHMETIC = (
    'float: doubles, with a verified bound on the error. exact: rationals, answered as texts such as "45/22"; a decimal means '
    "itself, 0.1 is one tenth. Left out, it is float, and exact as soon as an entry is the text of a number, or a whole number beyond 2^53"
)

DIGITS = (
    "So many correct digits, as texts, each with the radius that the true value cannot leave (ball arithmetic). Decimals mean themselves: "
    "0.1 is one tenth"
)


VECTOR_OR_MATRIX = {"anyOf": [VECTOR, MATRIX]}


class Answer(AnswerField):
    """A member of an answer with the JSON Schema `schema`; it is always there, unless `required` says otherwise."""

    def __init__(self, schema: dict[str, Any], description: str, *, required: bool = True) -> None:
        super().__init__(required=required, metadata={"description": description})
        self.schema = schema


class ArithmeticAnswer(Answer):
    def __init__(self) -> None:
        super().__init__({"type": "string", "enum": ["float", "exact"]}, "The arithmetic that was used")


class WidestArithmeticAnswer(Answer):
    """The same where entries may be expressions."""

    def __init__(self) -> None:
        super().__init__({"type": "string", "enum": ["float", "exact", "symbolic"]}, "The arithmetic that was used")


class LatexAnswer(Answer):
    def __init__(self, what: str) -> None:
        super().__init__({"type": "string"}, f"{what} in LaTeX, when entries are expressions", required=False)


class PreciseArithmeticAnswer(Answer):
    """The same where digits can be asked for."""

    def __init__(self) -> None:
        super().__init__(
            {"type": "string", "enum": ["float", "exact", "ball", "symbolic"]}, "The arithmetic that was used; ball with digits"
        )


class DigitsAnswer(Answer):
    def __init__(self) -> None:
        super().__init__({"type": "integer"}, "With digits: how many the numbers have, the last right to one unit", required=False)


class RadiusAnswer(Answer):
    def __init__(self, of: str) -> None:
        super().__init__(VALUE, f"With digits: how far the true value can be from each number of {of}, in its shape", required=False)


class ErrorBoundAnswer(Answer):
    def __init__(self, description: str) -> None:
        super().__init__(nullable(NUMBER), description)


class ConditionAnswer(Answer):
    def __init__(self, description: str) -> None:
        super().__init__(nullable(NUMBER), description + "; null when it is infinite, or beyond the range of doubles")


class ConditionNormAnswer(Answer):
    def __init__(self) -> None:
        super().__init__({"type": "string", "enum": ["2", "1"]}, "The norm in it: the 2-norm up to n = 50, the 1-norm beyond")


class DependenciesAnswer(Answer):
    """Relations between rows, or between columns."""

    def __init__(self, line: str, description: str) -> None:
        place = {"type": "integer", "minimum": 0}
        term = {
            "title": f"{line.capitalize()}Term",
            "type": "object",
            "properties": {line: place, "coefficient": ENTRY},
            "required": [line, "coefficient"],
            "additionalProperties": False,
        }
        relation = {
            "title": f"{line.capitalize()}Relation",
            "type": "object",
            "properties": {line: place, "combination": array_of(term)},
            "required": [line, "combination"],
            "additionalProperties": False,
        }
        super().__init__(nullable(array_of(relation)), description)


class MatrixRequest(RequestSchema):
    """One matrix."""

    matrix = MatrixField(
        required=True,
        metadata={"description": 'A list of rows. An entry is a number, the text of an exact one such as "45/22", or {"re": 1, "im": -2}'},
    )


class ArithmeticRequest(MatrixRequest):
    """One matrix, and the arithmetic to work in."""

    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class DigitsField(IntegerField):
    """How many correct digits are wanted."""

    def __init__(self) -> None:
        super().__init__(minimum=1, metadata={"description": DIGITS})


class TakesExpressions(RequestSchema):
    """Requests whose entries may be expressions: "symbolic" may be sent for them, and numbers alone are exact then."""

    arithmetic = ChoiceField(
        ("float", "exact", "symbolic"),
        metadata={"description": f"{ARITHMETIC}. symbolic: of expressions, where it may be left out; of numbers alone it is exact"},
    )

    @post_load
    def settle(self, request: dict[str, Any], **_: Any) -> dict[str, Any]:
        if request.get("arithmetic") != "symbolic":
            return request
        arrays = [value for value in request.values() if isinstance(value, Matrix)]
        rest = {name: value for name, value in request.items() if name != "arithmetic"}
        return rest if any(array.kind == "symbolic" for array in arrays) else {**request, "arithmetic": "exact"}


class PreciseRequest(ArithmeticRequest):
    """One matrix, the arithmetic to work in, and how many digits are wanted."""

    digits = DigitsField()


class SymbolicRequest(TakesExpressions, PreciseRequest):
    """The same, with expressions among the entries."""

    matrix = MatrixField(
        read=read_symbolic_matrix,
        required=True,
        metadata={
            "description": 'A list of rows. An entry is a number, an exact text such as "45/22", {"re": 1, "im": -2}, or an expression'
        },
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions"})


def is_symbolic(request: dict[str, Any], *members: str) -> bool:
    """Whether one of the arrays holds expressions. Raises InputError for what they exclude."""
    if not any(request[member].kind == "symbolic" for member in members):
        return False
    for name in ("digits", "arithmetic"):
        if request.get(name) is not None:
            raise InputError(f"expressions among the entries are computed with symbolically: {name} has no place", pointer=f"/{name}")
    for member in members:
        if request[member].is_complex:
            raise InputError("complex entries beside expressions are not taken", pointer=f"/{member}")
    return True


class ProvidedAnswer(Answer):
    def __init__(self) -> None:
        super().__init__(array_of({"type": "string"}), "Expressions: where the answer holds", required=False)


class ConstantsRequest(ArithmeticRequest):
    """The same, with exact square roots among the entries."""

    matrix = MatrixField(
        read=read_symbolic_matrix,
        required=True,
        metadata={
            "description": 'A list of rows. An entry is a number, an exact text such as "45/22" or "sqrt(2)/2", or {"re": 1, "im": -2}'
        },
    )


class RationalField(RequestField):
    """A number, or the text of an exact one, as fmpq."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        number = None
        if is_number(value) or isinstance(value, str):
            try:
                number = read_rational(str(value))
            except ZeroDivisionError:
                raise ValidationError("divides by zero") from None
        if number is None:
            raise self.wrong(value, 'a number, or the text of one such as "1/3"')
        return number

    def json_schema(self) -> dict[str, Any]:
        return REAL


class RightHandSideField(ArrayField):
    """A vector, or a matrix with a right-hand side in each column."""

    def __init__(self, read: Callable[[Any], Any] = read_vector_or_matrix, **options: Any) -> None:
        super().__init__(read, **options)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [VECTOR, MATRIX, BASE64]}


class SystemRequest(ArithmeticRequest):
    """A matrix and one or several right-hand sides."""

    rhs = RightHandSideField(
        required=True,
        metadata={"description": "The right-hand side, an entry for each row; a list of rows holds one right-hand side in each column"},
    )
