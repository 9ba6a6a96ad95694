"""POST /v1/projection"""

from __future__ import annotations

from typing import Any

from service.answers.exact_constants import with_constants
from service.linalg import projection as linalg
from service.linalg.matrices import read_symbolic_matrix, read_symbolic_vector
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, MatrixField, VectorField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer, ErrorBoundAnswer
from service.web.values import ENTRY, MATRIX, NUMBER, array_of, nullable


class Request(RequestSchema):
    vector = VectorField(read=read_symbolic_vector, required=True, metadata={"description": "The vector to project"})
    matrix = MatrixField(read=read_symbolic_matrix, metadata={"description": "Project onto the space that its columns span"})
    onto = VectorField(read=read_symbolic_vector, metadata={"description": "Project onto the line along this vector"})
    normal = VectorField(read=read_symbolic_vector, metadata={"description": "Project onto the hyperplane across this vector"})
    point = VectorField(read=read_symbolic_vector, metadata={"description": "A point that the space goes through; left out, the origin"})
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class Response(ResponseSchema):
    projection = Answer(array_of(ENTRY), "The nearest point of the space")
    residual = Answer(array_of(ENTRY), "vector - projection, orthogonal to the space")
    distance = Answer(NUMBER, "Its length: the distance of the vector from the space")
    projector = Answer(nullable(MATRIX), "P with P² = P = P', the same for every vector; null when it is larger than matrix-entries")
    coordinates = Answer(nullable(array_of(ENTRY)), "The projection in the columns of the matrix (from the point); null for a hyperplane")
    dimension = Answer({"type": "integer", "minimum": 0}, "The dimension of the space")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on ‖error of P‖₂, and on the error of the projection relative to ‖vector‖ + ‖point‖")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="projection",
    examples=[
        Example("Onto a column space", {"matrix": [[1.0, 2.0], [2.0, 5.0], [3.0, 4.0]], "vector": [1.0, 0.0, 2.0]}),
        Example("Onto a line, exactly", {"onto": [1, 2, 2], "vector": [3, 0, 3], "arithmetic": "exact"}),
        Example("Onto a plane through a point", {"normal": [0.5, 1.5, 1], "point": [0, 0, 1], "vector": [1, 1, 1]}),
    ],
)
def projection(request: dict[str, Any]) -> dict[str, Any]:
    """Orthogonal projection of a vector onto a line, a column space or a hyperplane.

    The columns need not be independent. With `point` the space goes through it instead of the origin. One of `matrix`, `onto` and
    `normal` says what to project onto.
    """
    names = ("vector", "matrix", "onto", "normal", "point")
    given = {name: with_constants(request[name], f"/{name}") for name in names if name in request}
    return linalg.projection(**given, arithmetic=request.get("arithmetic")).to_json()
