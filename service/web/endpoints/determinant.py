"""POST /v1/determinant"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_matrix import symbolic_determinant
from service.linalg import balls, with_digits
from service.linalg import determinant as linalg
from service.teaching.elimination import determinant_steps
from service.teaching.exact_steps import small_exact
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import (
    Answer,
    DigitsAnswer,
    ErrorBoundAnswer,
    LatexAnswer,
    PreciseArithmeticAnswer,
    ProvidedAnswer,
    RadiusAnswer,
    SymbolicRequest,
    is_symbolic,
)
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import ENTRY, NUMBER, nullable


class Request(SymbolicRequest, StepsRequest):
    pass


class Response(ResponseSchema):
    determinant = Answer(
        nullable(ENTRY),
        "The determinant; a whole number beyond 2^53 is a text, digit by digit; null beyond the range of doubles: see log_abs_determinant",
    )
    arithmetic = PreciseArithmeticAnswer()
    digits = DigitsAnswer()
    radius = RadiusAnswer("the determinant")
    sign = Answer(nullable({"type": "integer", "enum": [-1, 0, 1]}), "Its sign; null for a complex one")
    log_abs_determinant = Answer(nullable(NUMBER), "ln|det A|; null for zero")
    provided = ProvidedAnswer()
    latex = LatexAnswer("The determinant")
    error_bound = ErrorBoundAnswer("Verified bound on the relative error, the rounding of decimals to doubles included; null for zero")
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="determinant",
    left_side=r"\det A",
    examples=[
        Example("Whole entries: exact, where floats would say 0", {"matrix": [[94906267, 94906266], [94906266, 94906265]]}),
        Example("Rational entries", {"matrix": [["1/2", "1/3"], ["1/4", "1/5"]]}),
        Example("Decimals", {"matrix": [[0.5, 1.25], [2, -3]]}),
        Example("By elimination, step by step", {"matrix": [[0, 1, 2], [1, 2, 1], [2, 7, 9]], "steps": True}),
        Example("Of expressions", {"matrix": [["1", "x", "x^2"], ["1", "y", "y^2"], ["1", "z", "z^2"]]}),
        Example("With 40 digits", {"matrix": [["1/3", 1], [0.1, "2/7"]], "digits": 40}),
    ],
)
def determinant(request: dict[str, Any]) -> dict[str, Any]:
    """Determinant of a square matrix.

    Exact for whole and rational entries whatever the arithmetic; otherwise the product of the pivots, with a verified
    bound on its error, or exact and rounded where the size allows.
    """
    return with_steps(_determinant(request), request, lambda: determinant_steps(small_exact(request["matrix"])))


def _determinant(request: dict[str, Any]) -> dict[str, Any]:
    if is_symbolic(request, "matrix"):
        return symbolic_determinant(request["matrix"].texts(), request.get("variables"))
    if balls.wanted(request.get("digits"), request.get("arithmetic")):
        return with_digits.determinant(request["matrix"], request["digits"])
    return linalg.determinant(request["matrix"], request.get("arithmetic")).to_json()
