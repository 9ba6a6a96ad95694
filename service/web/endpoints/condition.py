"""POST /v1/condition"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.errors import InputError
from service.linalg import conditioning as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest, ErrorBoundAnswer
from service.web.order_field import OrderField
from service.web.values import NUMBER, REAL, nullable


class Request(ArithmeticRequest):
    ord = OrderField(
        ("fro",), load_default=2.0, metadata={"description": 'The norm: 2, or for a square matrix also 1, "inf" or "fro"; left out, 2'}
    )


class Response(ResponseSchema):
    condition_number = Answer(
        nullable(REAL), "‖A‖·‖A⁻¹‖, in the 2-norm σ₁/σₙ; null when it is infinite; exactly a text where it has a short closed form"
    )
    condition_norm = Answer({"type": "string", "enum": ["1", "2", "inf", "fro"]}, "The norm in it")
    singular = fields.Boolean(required=True, metadata={"description": "Whether the matrix is singular, or lacks full rank"})
    digits_lost = Answer(nullable(NUMBER), "log10 of the condition number: how many decimal digits a solution may lose")
    distance_to_singularity = Answer(
        NUMBER, "1/‖A⁻¹‖ in the same norm (the 2-norm for fro): the size of the smallest change that makes A singular"
    )
    explanation = fields.String(required=True, metadata={"description": "The same in words"})
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the relative error of the condition number; 0 when exact; null when it is infinite")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="condition_number",
    left_side=r"\kappa\left(A\right)",
    examples=[
        Example("Nearly dependent rows", {"matrix": [[1, 1], [1, 1.0001]]}),
        Example("Exactly", {"matrix": [[1, 1], [1, 2]], "arithmetic": "exact"}),
        Example("In the 1-norm", {"matrix": [[1.0, 2.0], [3.0, 4.0]], "ord": 1}),
        Example("A singular matrix", {"matrix": [[1, 2], [2, 4]]}),
    ],
)
def condition(request: dict[str, Any]) -> dict[str, Any]:
    """Condition number of a matrix: how far it magnifies errors, and how near it is to a singular matrix.

    From a verified inverse, so that it is as good for ill-conditioned matrices; any shape in the 2-norm.
    """
    if request["ord"] not in linalg.ORDERS:
        raise InputError(f"there is no condition number of the order {request['ord']}", 'it is 1, 2, "inf" or "fro"', "/ord")
    return linalg.condition(request["matrix"], request["ord"], request.get("arithmetic")).to_json()
