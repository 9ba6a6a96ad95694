"""POST /v1/trace"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_sums import symbolic_trace
from service.linalg import trace as linalg
from service.linalg.matrices import read_symbolic_matrix
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, MatrixField, VariablesField
from service.web.linear_algebra import Answer, ArithmeticRequest, ErrorBoundAnswer, LatexAnswer, TakesExpressions, WidestArithmeticAnswer
from service.web.values import ENTRY


class Request(TakesExpressions, ArithmeticRequest):
    matrix = MatrixField(
        read=read_symbolic_matrix,
        required=True,
        metadata={"description": 'A list of rows. An entry is a number, an exact text such as "45/22", or an expression such as "sin(t)"'},
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})


class Response(ResponseSchema):
    trace = Answer(ENTRY, "The sum of the diagonal, which is the sum of the eigenvalues; the text of a whole number beyond 2^53")
    latex = LatexAnswer("The trace")
    arithmetic = WidestArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the absolute error, the rounding of decimals to doubles included; 0 when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="trace",
    left_side=r"\operatorname{tr} A",
    examples=[
        Example("Whole entries", {"matrix": [[2, 1], [5, 3]]}),
        Example("Exactly", {"matrix": [["1/2", 1], [0, "1/3"]]}),
        Example("Of expressions", {"matrix": [["cos(t)", "-sin(t)"], ["sin(t)", "cos(t)"]]}),
        Example("Only a square matrix has one", {"matrix": [[1, 2, 3]]}, refused="shape-mismatch"),
    ],
)
def trace(request: dict[str, Any]) -> dict[str, Any]:
    """Trace of a square matrix.

    The exact sum of the diagonal, rounded once when it is answered in floats, and compared with the sum of the eigenvalues.
    """
    matrix = request["matrix"]
    if matrix.kind == "symbolic" and "arithmetic" not in request:
        return symbolic_trace(matrix, request.get("variables"))
    return linalg.trace(matrix, request.get("arithmetic")).to_json()
