"""POST /v1/pseudoinverse"""

from __future__ import annotations

from typing import Any

from service.linalg import pseudoinverse as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, NumberField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest, ConditionAnswer, ErrorBoundAnswer
from service.web.values import MATRIX, NUMBER


class Request(ArithmeticRequest):
    tolerance = NumberField(
        minimum=0,
        metadata={"description": "Floats: singular values up to here count as zero. Left out, max(m, n)·ε·σ₁, and a clear gap is demanded"},
    )


class Response(ResponseSchema):
    pseudoinverse = Answer(MATRIX, "The Moore-Penrose inverse, n×m for a matrix m×n")
    rank = Answer({"type": "integer"}, "The rank of the matrix")
    condition_number = ConditionAnswer("σ₁/σᵣ, r the rank")
    tolerance = Answer(NUMBER, "The tolerance that was asked for", required=False)
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on each row (column, when m < n) relative to its norm, the rounding of decimals included; 0 when exact; null where "
        "a rank below both m and n was read off from floats: another matrix within rounding then has another pseudoinverse"
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="pseudoinverse",
    left_side="A^{+}",
    examples=[
        Example("In floats", {"matrix": [[1.0, 2.0], [2.0, 5.0], [3.0, 4.0]]}),
        Example("Exactly, of dependent columns", {"matrix": [[1, 2], [2, 4]], "arithmetic": "exact"}),
        Example("With a tolerance", {"matrix": [[1.5, 0], [0, 0.001]], "tolerance": 0.01}),
    ],
)
def pseudoinverse(request: dict[str, Any]) -> dict[str, Any]:
    """Moore-Penrose pseudoinverse of a matrix, with the four Penrose conditions among its checks."""
    return linalg.pseudoinverse(request["matrix"], request.get("arithmetic"), request.get("tolerance")).to_json()
