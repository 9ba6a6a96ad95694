"""POST /v1/orthonormalize"""

from __future__ import annotations

from typing import Any

from service.errors import InputError
from service.linalg import orthonormalize as linalg
from service.teaching.exact_steps import small_exact
from service.teaching.orthogonalization import gram_schmidt_steps
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, MatrixField, VectorsField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer, DependenciesAnswer, ErrorBoundAnswer
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import MATRIX, REAL, array_of, nullable


class Request(StepsRequest):
    vectors = VectorsField(metadata={"description": "A list of vectors of one length; or send `matrix`"})
    matrix = MatrixField(metadata={"description": "A list of rows, whose columns are the vectors; or send `vectors`"})
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class Response(ResponseSchema):
    basis = Answer(MATRIX, "The orthonormal vectors, a list of them; exactly with entries such as sqrt(2)/2")
    orthogonal = Answer(MATRIX, "The same vectors before they are normalised: exactly, rational ones")
    squared_norms = Answer(array_of(nullable(REAL)), "The squared lengths of these; null beyond the range of doubles")
    coefficients = Answer(MATRIX, "R, with vector j = Σ R[i][j]·basis[i]")
    dimension = Answer({"type": "integer"}, "The dimension of the span")
    independent_vectors = Answer(array_of({"type": "integer"}), "The vectors that do not depend on earlier ones, from 0")
    dependencies = DependenciesAnswer("vector", "The vectors that are combinations of earlier ones; null where floats do not show how")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the distance of the basis from the true one (Frobenius norm); 0 when exact")
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="basis",
    examples=[
        Example("In floats", {"vectors": [[1, 1, 0], [1, 0, 1], [0, 1, 1]]}),
        Example("Exactly", {"vectors": [[1, 1, 0], [1, 0, 1]], "arithmetic": "exact"}),
        Example("Step by step", {"vectors": [[1, 1, 0], [1, 0, 1], [0, 1, 1]], "steps": True}),
        Example("A dependent vector adds none", {"vectors": [[1, 2], [2, 4], [1, 0]]}),
    ],
)
def orthonormalize(request: dict[str, Any]) -> dict[str, Any]:
    """Orthonormal basis of the span of vectors, by Gram and Schmidt.

    Each vector loses its part along the earlier ones; one that depends on these adds nothing, and is named with the relation.
    """
    vectors, matrix = request.get("vectors"), request.get("matrix")
    if vectors is not None and matrix is None:
        answer = linalg.orthonormalize(vectors, request.get("arithmetic")).to_json()
        return with_steps(answer, request, lambda: gram_schmidt_steps(small_exact(vectors.transposed(), "/vectors")))
    if matrix is not None and vectors is None:
        answer = linalg.orthonormalize(matrix.transposed(), request.get("arithmetic"), "/matrix").to_json()
        return with_steps(answer, request, lambda: gram_schmidt_steps(small_exact(matrix)))
    raise InputError(
        "the vectors are sent as a list, or as the columns of a matrix: send one of the two", '"vectors": [[1, 1, 0], [1, 0, 1]]'
    )
