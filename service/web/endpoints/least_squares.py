"""POST /v1/least-squares"""

from __future__ import annotations

from typing import Any

from service.linalg import least_squares as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, NumberField, VectorField
from service.web.linear_algebra import (
    VECTOR_OR_MATRIX,
    Answer,
    ArithmeticAnswer,
    ConditionAnswer,
    DependenciesAnswer,
    ErrorBoundAnswer,
    SystemRequest,
)
from service.web.values import NUMBER, array_of


class Request(SystemRequest):
    weights = VectorField(
        metadata={"description": "A positive number for each row: what is minimised is Σ wᵢ·rᵢ². Left out, all are 1. (Not σᵢ, but 1/σᵢ²)"}
    )
    driver = ChoiceField(
        linalg.DRIVERS,
        "auto",
        metadata={"description": "qr: insist on independent columns. svd: by singular values. auto: qr where the columns are independent"},
    )
    tolerance = NumberField(
        minimum=0,
        metadata={"description": "Floats: singular values up to here count as zero. Left out, a clear gap is demanded"},
    )


class Response(ResponseSchema):
    x = Answer(VECTOR_OR_MATRIX, "The solution; the shortest one when there are several")
    residual = Answer(VECTOR_OR_MATRIX, "b - A·x")
    residual_norm = Answer({"anyOf": [NUMBER, array_of(NUMBER)]}, "‖b - A·x‖₂, a list for several right-hand sides")
    weighted_residual_norm = Answer({"anyOf": [NUMBER, array_of(NUMBER)]}, "The root of Σ wᵢ·rᵢ², with weights", required=False)
    rank = Answer({"type": "integer"}, "The rank of A")
    unique = Answer({"type": "boolean"}, "Whether this is the only solution: the columns of A are independent")
    dependencies = DependenciesAnswer("column", "The columns that are combinations of earlier ones; null where floats do not show how")
    condition_number = ConditionAnswer("σ₁/σᵣ, r the rank")
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on max|x - x*| / max|x*|, the rounding of decimals to doubles included; 0 when exact; null where there is none"
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="x",
    left_side="x",
    examples=[
        Example("Three equations, two unknowns", {"matrix": [[1.0, 2.0], [2.0, 5.0], [3.0, 4.0]], "rhs": [1.0, 0.0, 2.0]}),
        Example("With weights", {"matrix": [[1], [1], [1]], "rhs": [1, 2, 6], "weights": [1, 1, 2]}),
        Example("Exactly", {"matrix": [[1, 1], [1, 2], [1, 3]], "rhs": [1, 2, 4], "arithmetic": "exact"}),
        Example("Dependent columns: the shortest solution", {"matrix": [[1, 2], [2, 4], [3, 6]], "rhs": [1, 2, 4]}),
    ],
)
def least_squares(request: dict[str, Any]) -> dict[str, Any]:
    """The x that brings A·x nearest to b.

    By QR with refinement in extended precision and a verified bound on the error; by singular values when the columns of A
    depend on each other, which is said and explained; in exact rationals when asked.
    """
    options = (request.get("weights"), request["driver"], request.get("tolerance"))
    return linalg.least_squares(request["matrix"], request["rhs"], request.get("arithmetic"), *options).to_json()
