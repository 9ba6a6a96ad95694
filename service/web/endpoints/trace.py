"""POST /v1/trace"""

from __future__ import annotations

from typing import Any

from service.linalg import trace as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import ENTRY, Answer, ArithmeticAnswer, ArithmeticRequest, ErrorBoundAnswer


class Response(ResponseSchema):
    trace = Answer(ENTRY, "The sum of the diagonal, which is the sum of the eigenvalues; the text of a whole number beyond 2^53")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the absolute error, the rounding of decimals to doubles included; 0 when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=ArithmeticRequest,
    response=Response,
    bare="trace",
    examples=[
        Example("Whole entries", {"matrix": [[2, 1], [5, 3]]}),
        Example("Exactly", {"matrix": [["1/2", 1], [0, "1/3"]]}),
        Example("Only a square matrix has one", {"matrix": [[1, 2, 3]]}, refused="shape-mismatch"),
    ],
)
def trace(request: dict[str, Any]) -> dict[str, Any]:
    """Trace of a square matrix.

    The exact sum of the diagonal, rounded once when it is answered in floats, and compared with the sum of the eigenvalues.
    """
    return linalg.trace(request["matrix"], request.get("arithmetic")).to_json()
