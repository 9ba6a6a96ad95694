"""POST /v1/matrix-function"""

from __future__ import annotations

from typing import Any

from service.linalg import matrix_functions as linalg
from service.web.eigen_fields import SPECTRAL_MATRIX
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField
from service.web.linear_algebra import (
    Answer,
    DigitsAnswer,
    ErrorBoundAnswer,
    PreciseArithmeticAnswer,
    PreciseRequest,
    RadiusAnswer,
    RationalField,
)
from service.web.values import NUMBER


class Request(PreciseRequest):
    function = ChoiceField(
        linalg.FUNCTIONS,
        required=True,
        metadata={"description": "expm, logm, sqrtm, sinm, cosm, signm: the function of the whole matrix, not of its entries; power: Aᵏ"},
    )
    exponent = RationalField(metadata={"description": 'The k of power: a whole number, a decimal, or a text such as "1/3"'})


class Response(ResponseSchema):
    result = Answer(SPECTRAL_MATRIX, "f(A), a list of rows")
    arithmetic = PreciseArithmeticAnswer()
    digits = DigitsAnswer()
    radius = RadiusAnswer("the result")
    error_bound = ErrorBoundAnswer(
        "Verified bound on the error of an entry relative to the largest, the rounding of decimals included; null where only estimated"
    )
    error_estimate = Answer(NUMBER, "For large matrices: the residual that the check measured, which bounds nothing", required=False)
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=Request,
    response=Response,
    bare="result",
    examples=[
        Example("The exponential of a Jordan block", {"matrix": [[2, 1], [0, 2]], "function": "expm"}),
        Example("A square root", {"matrix": [[2.5, 1.5], [1.5, 2.5]], "function": "sqrtm"}),
        Example("A power, exactly", {"matrix": [[1, 1], [1, 0]], "function": "power", "exponent": 100, "arithmetic": "exact"}),
        Example("A logarithm with 30 digits", {"matrix": [[1, 1], [0, 2]], "function": "logm", "digits": 30}),
        Example("No logarithm", {"matrix": [[1, 1], [1, 1]], "function": "logm"}, refused="singular-matrix"),
    ],
)
def matrix_function(request: dict[str, Any]) -> dict[str, Any]:
    """Functions of a square matrix: exponential, logarithm, square root, powers, sine, cosine, sign.

    Up to n = 120 (40 for logarithms and roots) in ball arithmetic, on the exact spectrum where that is needed, so that defective
    matrices are no exception; whole powers of rational matrices are exact. Roots and logarithms are principal ones; for
    negative eigenvalues those from the upper half-plane.
    """
    return linalg.matrix_function(
        request["matrix"], request["function"], request.get("exponent"), request.get("arithmetic"), request.get("digits")
    )
