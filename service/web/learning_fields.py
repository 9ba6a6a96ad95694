"""What the endpoints of softmax and its kin share: the array of numbers or expressions, its rows, labels, temperature."""

from __future__ import annotations

from typing import Any

import flint

from service.errors import InputError, NablaError
from service.linalg.exact_numbers import read_rational
from service.linalg.matrices import read_symbolic_matrix, read_symbolic_vector, read_symbolic_vector_or_matrix
from service.linalg.matrix import Matrix
from service.web.endpoint import RequestSchema
from service.web.fields import MatrixField, RequestField, VariablesField, VectorField, is_number, json_type
from service.web.linear_algebra import RationalField
from service.web.values import ENTRY, NUMBER, array_of


class TemperatureField(RationalField):
    def __init__(self) -> None:
        super().__init__(metadata={"description": "T > 0 in softmax(x/T); 1 when left out. Towards 0 all weight goes to the largest entry"})


def temperature_of(request: dict[str, Any]) -> Any:
    """The temperature of a request, as fmpq."""
    return request.get("temperature", flint.fmpq(1))


class ScoresRequest(RequestSchema):
    """A vector, or a matrix with a case in each row."""

    vector = VectorField(read=read_symbolic_vector, metadata={"description": "The entries; numbers, exact texts, or expressions"})
    matrix = MatrixField(read=read_symbolic_matrix, metadata={"description": "In its place: one vector in each row"})
    temperature = TemperatureField()
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})


def scores(request: dict[str, Any]) -> tuple[Matrix, str]:
    """The array of a request, and the name of its field. Raises InputError where there are both, or none."""
    sent = [name for name in ("vector", "matrix") if name in request]
    if len(sent) != 1:
        what = "both a vector and a matrix" if sent else "neither a vector nor a matrix"
        raise InputError(f"the request has {what}", 'send "vector": [1, 2, 3], or "matrix" with a vector in each row', "/vector")
    return request[sent[0]], sent[0]


class LabelsField(RequestField):
    """The place of a class, a list of places or probabilities, or a row of probabilities for each case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if not isinstance(value, list):
            raise self.wrong(value, "the place of a class, a list of them, or probabilities")
        try:
            return read_symbolic_vector_or_matrix(value)
        except NablaError as error:
            raise error.at(f"/{attr}") from None

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "integer"}, array_of(ENTRY), array_of(array_of(ENTRY))]}


class KeysField(RequestField):
    """A list of values of a random variable: numbers (as fmpq), exact texts, or the names of categories."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list) or not value:
            raise self.wrong(value, "a list of numbers or of names")
        return [self._key(entry, f"/{attr}/{i}") for i, entry in enumerate(value)]

    def _key(self, entry: Any, at: str) -> Any:
        if not isinstance(entry, str) and not is_number(entry):
            raise InputError(f"{json_type(entry)} is neither a number nor a name", "a value of x is a number, or a text", at)
        try:
            number = read_rational(str(entry))
        except ZeroDivisionError:
            raise InputError("divides by zero", None, at) from None
        return entry if number is None else number

    def json_schema(self) -> dict[str, Any]:
        return array_of({"anyOf": [NUMBER, {"type": "string"}]})
