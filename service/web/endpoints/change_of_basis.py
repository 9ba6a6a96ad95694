"""POST /v1/change-of-basis"""

from __future__ import annotations

from typing import Any

from service.answers.exact_constants import with_constants
from service.linalg import change_of_basis as linalg
from service.linalg.matrices import read_symbolic_matrix, read_symbolic_vector
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, MatrixField, VectorField, VectorsField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer, ConditionAnswer, ConditionNormAnswer, ErrorBoundAnswer
from service.web.values import ENTRY, MATRIX, array_of, nullable


class Request(RequestSchema):
    basis = VectorsField(
        read=read_symbolic_matrix,
        required=True,
        metadata={"description": "The list of the n basis vectors, written in the standard basis: the columns of S"},
    )
    matrix = MatrixField(read=read_symbolic_matrix, metadata={"description": "A linear map, n×n, in the standard basis"})
    vector = VectorField(read=read_symbolic_vector, metadata={"description": "A vector, in the standard basis"})
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class Response(ResponseSchema):
    matrix = Answer(nullable(MATRIX), "The map in the new basis: S⁻¹·A·S; null when no matrix was sent")
    vector = Answer(nullable(array_of(ENTRY)), "The vector in the new basis: S⁻¹·v; null when none was sent")
    transition = Answer(MATRIX, "S: its columns are the basis vectors; it takes new coordinates to old ones")
    transition_inverse = Answer(MATRIX, "S⁻¹: it takes old coordinates to new ones")
    condition_number = ConditionAnswer("‖S‖·‖S⁻¹‖")
    condition_norm = ConditionNormAnswer()
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the error of each column relative to its largest entry; 0 when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare=("matrix", "vector"),
    examples=[
        Example("A map, exactly", {"matrix": [[-1, -2], [1, -1]], "basis": [["3/5", "1/3"], ["1/3", 1]]}),
        Example("A map and a vector", {"matrix": [[2.0, 1.0], [1.0, 2.0]], "basis": [[1.0, 1.0], [1.0, -1.0]], "vector": [3.0, 0.5]}),
        Example("No basis", {"matrix": [[1, 0], [0, 1]], "basis": [[1, 2], [2, 4]]}, refused="rank-deficient"),
    ],
)
def change_of_basis(request: dict[str, Any]) -> dict[str, Any]:
    """Change of basis: a linear map and a vector in the coordinates of another basis.

    A' = S⁻¹·A·S and v' = S⁻¹·v, where the columns of S are the basis vectors. Vectors that depend on each other are refused with
    the relation between them.
    """
    given = {name: with_constants(request[name], f"/{name}") for name in ("basis", "matrix", "vector") if name in request}
    return linalg.change_of_basis(given["basis"], given.get("matrix"), given.get("vector"), request.get("arithmetic")).to_json()
