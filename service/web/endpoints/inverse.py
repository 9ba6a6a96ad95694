"""POST /v1/inverse"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_matrix import symbolic_inverse
from service.linalg import balls, with_digits
from service.linalg import inverse as linalg
from service.teaching.elimination import inverse_steps
from service.teaching.exact_steps import small_exact
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import (
    Answer,
    ConditionAnswer,
    ConditionNormAnswer,
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
from service.web.values import ENTRY, MATRIX, nullable


class Request(SymbolicRequest, StepsRequest):
    pass


class Response(ResponseSchema):
    inverse = Answer(MATRIX, "The inverse, a list of rows")
    determinant = Answer(nullable(ENTRY), "The determinant, as the operation `determinant` answers it; null where its bound is too weak")
    condition_number = ConditionAnswer("‖A‖·‖A⁻¹‖: how much larger than that of the entries the relative error of the inverse can be")
    condition_norm = ConditionNormAnswer()
    arithmetic = PreciseArithmeticAnswer()
    digits = DigitsAnswer()
    radius = RadiusAnswer("the inverse")
    provided = ProvidedAnswer()
    latex = LatexAnswer("The inverse")
    error_bound = ErrorBoundAnswer(
        "Verified bound on the relative error in the 1-norm, the rounding of decimals to doubles included; 0 in exact arithmetic"
    )
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="inverse",
    left_side="A^{-1}",
    examples=[
        Example("In floats", {"matrix": [[2, 1], [5, 3]]}),
        Example("Exactly", {"matrix": [["3/5", "1/3"], ["1/3", 1]]}),
        Example("By elimination, step by step", {"matrix": [[2, 1], [5, 3]], "steps": True}),
        Example("Of expressions", {"matrix": [["a", "b"], ["c", "d"]]}),
        Example("With 30 digits", {"matrix": [[0.1, 0.7], [0.4, 0.3]], "digits": 30}),
        Example("A singular matrix, and why it has no inverse", {"matrix": [[0, 1, 2], [1, 2, 1], [2, 7, 8]]}, refused="singular-matrix"),
    ],
)
def inverse(request: dict[str, Any]) -> dict[str, Any]:
    """Inverse of a square matrix.

    In floats with a verified bound on its error, or in exact rationals. Where floats are not good enough the exact inverse,
    rounded, takes their place if the size allows. A singular matrix is refused with its rank and the relations between
    its rows; one that floats cannot tell from a singular one is refused as undecided.
    """
    return with_steps(_inverse(request), request, lambda: inverse_steps(small_exact(request["matrix"])))


def _inverse(request: dict[str, Any]) -> dict[str, Any]:
    if is_symbolic(request, "matrix"):
        return symbolic_inverse(request["matrix"].texts(), request.get("variables"))
    if balls.wanted(request.get("digits"), request.get("arithmetic")):
        return with_digits.inverse(request["matrix"], request["digits"])
    return linalg.inverse(request["matrix"], request.get("arithmetic")).to_json()
