"""POST /v1/solve"""

from __future__ import annotations

from typing import Any

from service.linalg import balls, with_digits
from service.linalg import solve as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import (
    VECTOR_OR_MATRIX,
    Answer,
    ConditionAnswer,
    ConditionNormAnswer,
    DigitsAnswer,
    DigitsField,
    ErrorBoundAnswer,
    PreciseArithmeticAnswer,
    RadiusAnswer,
    SystemRequest,
    nullable,
)


class Request(SystemRequest):
    digits = DigitsField()


class Response(ResponseSchema):
    x = Answer(VECTOR_OR_MATRIX, "The solution, in the shape of the right-hand side")
    condition_number = ConditionAnswer("‖A‖·‖A⁻¹‖: how much larger than that of the entries the relative error of x can be")
    condition_norm = ConditionNormAnswer()
    arithmetic = PreciseArithmeticAnswer()
    digits = DigitsAnswer()
    radius = RadiusAnswer("x")
    error_bound = ErrorBoundAnswer(
        "Verified bound on max|x - x*| / max|x*|, the worst right-hand side, the rounding of decimals to doubles included; 0 when exact"
    )
    correct_digits = Answer(nullable({"type": "integer"}), "The same in digits of the largest entry of x; null when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=Request,
    response=Response,
    examples=[
        Example("One right-hand side", {"matrix": [[2, 1], [5, 3]], "rhs": [1, 2]}),
        Example("Two right-hand sides, exactly", {"matrix": [[2, 1], [5, 4]], "rhs": [[1, 0], [0, 1]], "arithmetic": "exact"}),
        Example("With 30 digits", {"matrix": [[1, 0.1], [0.3, 0.7]], "rhs": [1, 0], "digits": 30}),
        Example("No unique solution", {"matrix": [[1, 2], [2, 4]], "rhs": [1, 3]}, refused="singular-matrix"),
    ],
)
def solve(request: dict[str, Any]) -> dict[str, Any]:
    """Solution of a square system A·x = b.

    In floats by LU with iterative refinement and a verified bound on the error, or in exact rationals. A singular system is
    refused: with the relations between the rows, and whether there is no solution or there are infinitely many.
    """
    if balls.wanted(request.get("digits"), request.get("arithmetic")):
        return with_digits.solve(request["matrix"], request["rhs"], request["digits"])
    return linalg.solve(request["matrix"], request["rhs"], request.get("arithmetic")).to_json()
