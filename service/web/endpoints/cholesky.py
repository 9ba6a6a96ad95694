"""POST /v1/cholesky"""

from __future__ import annotations

from typing import Any

from service.linalg import cholesky as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoiceField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest, ErrorBoundAnswer
from service.web.values import MATRIX, REAL, array_of


class Request(ArithmeticRequest):
    lower = BooleanField(load_default=True, metadata={"description": "true: A = L·Lᴴ, answered as l. false: A = Uᴴ·U, answered as u"})
    form = ChoiceField(
        ("cholesky", "ldl"),
        "cholesky",
        metadata={
            "description": "ldl: A = L·D·Lᴴ with ones on the diagonal of L; real matrices then need not be positive definite, as long as "
            "no rows have to be exchanged"
        },
    )


class Response(ResponseSchema):
    l = Answer(MATRIX, "The lower triangular factor, unless lower is false", required=False)  # noqa: E741
    u = Answer(MATRIX, "The upper triangular factor, when lower is false", required=False)
    d = Answer(array_of(REAL), "The diagonal of D, in the form ldl", required=False)
    form = Answer({"type": "string", "enum": ["cholesky", "ldl"]}, "The form that was asked for")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on each row of l (column of u) relative to its norm, of l·√d in the form ldl; "
        "it also proves that A is positive definite"
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="l",
    left_side="L",
    examples=[
        Example("In floats", {"matrix": [[4.0, 2.0], [2.0, 3.5]]}),
        Example("Exactly", {"matrix": [[4, 2], [2, 3]], "arithmetic": "exact"}),
        Example("A semidefinite matrix", {"matrix": [[4, 2], [2, 1]], "form": "ldl"}),
        Example("Not positive definite", {"matrix": [[1, 2], [2, 1]]}, refused="not-positive-definite"),
    ],
)
def cholesky(request: dict[str, Any]) -> dict[str, Any]:
    """Cholesky factorization of a symmetric (Hermitian) positive definite matrix.

    A matrix that is not positive definite is refused with the first leading minor that is not positive.
    """
    return linalg.cholesky(request["matrix"], request.get("arithmetic"), request["lower"], request["form"]).to_json()
