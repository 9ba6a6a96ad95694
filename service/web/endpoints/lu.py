"""POST /v1/lu"""

from __future__ import annotations

from typing import Any

from service.linalg import lu_factors as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest, ErrorBoundAnswer
from service.web.values import MATRIX, NUMBER, array_of, nullable


class Request(ArithmeticRequest):
    pivoting = ChoiceField(
        ("partial", "none"),
        "partial",
        metadata={
            "description": "partial: the largest entry of the column is the pivot. none: the rows keep their order, p is the identity"
        },
    )


class Response(ResponseSchema):
    l = Answer(MATRIX, "Lower triangular with ones on the diagonal, m×min(m, n)")  # noqa: E741
    u = Answer(MATRIX, "Upper triangular, min(m, n)×n")
    p = Answer(array_of(array_of({"type": "integer"})), "The permutation matrix: p·A = l·u (SciPy's is its transpose)")
    permutation = Answer(array_of({"type": "integer"}), "The rows of A in the order of those of p·A, from 0")
    growth_factor = Answer(nullable(NUMBER), "The largest entry of u over the largest of A, columns brought to one size; null when exact")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on each row of l and each column of u, relative to its norm, for this order of the rows; null where it could not "
        "be verified, or a pivot is zero"
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="u",
    left_side="U",
    examples=[
        Example("With partial pivoting", {"matrix": [[1.5, 2.0], [3.0, 4.5]]}),
        Example(
            "Exactly, without exchanging rows", {"matrix": [[2, 1, 1], [4, 3, 3], [8, 7, 9]], "pivoting": "none", "arithmetic": "exact"}
        ),
        Example("A leading minor that is zero", {"matrix": [[0, 1], [1, 0]], "pivoting": "none"}, refused="mathematics-refuses"),
    ],
)
def lu(request: dict[str, Any]) -> dict[str, Any]:
    """LU factorization p·A = l·u of a matrix of any shape.

    In floats by Gaussian elimination with a verified bound on the error, or in exact rationals.
    """
    return linalg.lu(request["matrix"], request["pivoting"], request.get("arithmetic")).to_json()
