"""POST /v1/diagonalize"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.linalg import diagonalize as linalg
from service.linalg.eigen_exact import exact_spectrum
from service.teaching.characteristic import diagonal_steps
from service.teaching.exact_steps import of_small
from service.web.eigen_fields import SPECTRAL, SPECTRAL_MATRIX, MultiplicitiesAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest, ErrorBoundAnswer
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import NUMBER, array_of, nullable

BLOCKS = {
    "type": "object",
    "properties": {"eigenvalue": SPECTRAL, "sizes": array_of({"type": "integer"})},
    "required": ["eigenvalue", "sizes"],
    "additionalProperties": False,
}


class Request(ArithmeticRequest, StepsRequest):
    pass


class Response(ResponseSchema):
    diagonalizable = Answer({"type": "boolean"}, "Whether there is a basis of eigenvectors")
    orthogonally_diagonalizable = Answer({"type": "boolean"}, "Whether there is a real orthonormal one: whether A is real and symmetric")
    unitarily_diagonalizable = Answer({"type": "boolean"}, "Floats: whether the matrix is Hermitian", required=False)
    eigenvalues = MultiplicitiesAnswer("The different eigenvalues, in decreasing order")
    explanation = fields.String(required=True, metadata={"description": "Why it is diagonalizable, or why not"})
    p = Answer(
        nullable(SPECTRAL_MATRIX),
        "A = P·D·P⁻¹, or P·J·P⁻¹ for a matrix that is not diagonalizable. Exact texts for eigenvalues of degree 1 and 2, else floats; null "
        "where neither could be had",
    )
    d = Answer(nullable(SPECTRAL_MATRIX), "The diagonal matrix of the eigenvalues; null when not diagonalizable")
    p_inverse = Answer(nullable(SPECTRAL_MATRIX), "The inverse of P")
    q = Answer(nullable(array_of(array_of(NUMBER))), "The orthogonal Q of A = Q·D·Q', in floats, for a symmetric matrix")
    jordan_form = Answer(nullable(SPECTRAL_MATRIX), "The Jordan form; null where an eigenvalue has no closed form")
    jordan_blocks = Answer(nullable(array_of(BLOCKS)), "The sizes of the Jordan blocks of each eigenvalue; null in floats, where all are 1")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Floats: verified bound on the eigenvalues, relative to the Frobenius norm of the matrix")
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=Request,
    response=Response,
    bare="p",
    left_side="P",
    examples=[
        Example("A symmetric matrix: the spectral theorem", {"matrix": [[2, 1], [1, 2]]}),
        Example("Not diagonalizable: the Jordan form", {"matrix": [[2, 1], [0, 2]]}),
        Example("Quadratic eigenvalues", {"matrix": [[1, 1], [1, 0]]}),
        Example("Step by step", {"matrix": [[4, 1], [2, 3]], "steps": True}),
        Example("Decimals", {"matrix": [[0.9, 0.3], [0.1, 0.7]]}),
    ],
)
def diagonalize(request: dict[str, Any]) -> dict[str, Any]:
    """Diagonal form of a square matrix, or its Jordan form.

    Exact for whole and rational entries whatever the arithmetic; decimals in floats, unless exact arithmetic is asked for or
    the matrix is not diagonalizable.
    """
    answer = linalg.diagonalize(request["matrix"], request.get("arithmetic"))
    return with_steps(answer, request, lambda: diagonal_steps(exact_spectrum(of_small(request["matrix"]))))
