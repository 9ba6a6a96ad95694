"""POST /v1/coordinates"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.exact_constants import with_constants
from service.errors import NoSolution, ShapeMismatch
from service.linalg.matrices import read_symbolic_matrix, read_symbolic_vector
from service.linalg.solve import all_solutions
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, VectorField, VectorsField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer, ErrorBoundAnswer
from service.web.values import ENTRY, MATRIX, array_of, nullable

COUNT = {"type": "integer", "minimum": 0}


class Request(RequestSchema):
    vector = VectorField(read=read_symbolic_vector, required=True, metadata={"description": "The vector to be written as a combination"})
    vectors = VectorsField(
        read=read_symbolic_matrix, required=True, metadata={"description": "The vectors to combine, each a list of entries"}
    )
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class Response(ResponseSchema):
    coordinates = Answer(array_of(ENTRY), "The coefficients; zeros in the free places when they are not unique")
    unique = Answer({"type": "boolean"}, "Whether these are the only ones: the vectors are independent")
    degrees_of_freedom = Answer(COUNT, "How many coefficients can be chosen freely")
    free_variables = Answer(array_of(COUNT), "Their places, from 0")
    null_space = Answer(MATRIX, "Lists of coefficients that combine to zero: any combination of them may be added")
    rank = Answer(COUNT, "The dimension of the span of the vectors")
    explanation = fields.String(required=True, metadata={"description": "The same in words"})
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the error relative to the largest coefficient; 0 when exact")
    correct_digits = Answer(nullable({"type": "integer"}), "The same in digits; null when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="coordinates",
    examples=[
        Example("In a basis, exactly", {"vector": ["3/5", "1/3"], "vectors": [["3/5", "1/3"], ["1/3", 1]]}),
        Example("Not unique", {"vector": [1, 2], "vectors": [[1, 0], [0, 1], [1, 1]], "arithmetic": "exact"}),
        Example("Outside the span", {"vector": [1, 2, 3], "vectors": [[1, 0, 0], [0, 1, 0]]}, refused="no-solution"),
    ],
)
def coordinates(request: dict[str, Any]) -> dict[str, Any]:
    """Coordinates of a vector: the coefficients with which it is a combination of given vectors.

    When the vectors depend on each other the coefficients are not unique, and `null_space` says what may be added. A vector
    outside the span is refused; `projection` finds the nearest one in it.
    """
    vector, vectors = with_constants(request["vector"], "/vector"), with_constants(request["vectors"], "/vectors")
    count, length = vectors.shape
    if vector.shape[0] != length:
        detail = f"the vector has {vector.shape[0]} entries and the others have {length}"
        raise ShapeMismatch(detail, "all vectors have the same number of entries", "/vector")
    try:
        found = all_solutions(vectors.transposed(), vector, request.get("arithmetic"), "/vectors", "/vector")
    except NoSolution as error:
        error.detail = error.detail.replace("the system has no solution", "the vector is no combination of the others", 1)
        error.hint = "projection finds the nearest vector that is one"
        raise
    answer = found.to_json()
    answer = {"coordinates": answer.pop("x")} | answer
    return answer | {"explanation": found.explanation(count, "coordinates"), "checks": found.checks}
