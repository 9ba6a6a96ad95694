"""POST /v1/definiteness"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.linalg import definiteness as linalg
from service.web.eigen_fields import RayleighAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest
from service.web.values import ENTRY, NUMBER, REAL, array_of, nullable

COUNT = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
NAMES = ["positive definite", "positive semidefinite", "negative definite", "negative semidefinite", "indefinite"]
INERTIA = {
    "type": "object",
    "properties": {"positive": COUNT, "negative": COUNT, "zero": COUNT},
    "required": ["positive", "negative", "zero"],
    "additionalProperties": False,
}
WITNESS = nullable(
    {"type": "object", "properties": {"x": array_of(ENTRY), "value": REAL}, "required": ["x", "value"], "additionalProperties": False}
)


class Response(ResponseSchema):
    definiteness = Answer({"type": "string", "enum": NAMES}, "The zero matrix is called positive semidefinite")
    positive_definite = Answer(BOOLEAN, "x'Ax > 0 for all x that are not 0")
    positive_semidefinite = Answer(BOOLEAN, "x'Ax ≥ 0 for all x")
    negative_definite = Answer(BOOLEAN, "x'Ax < 0 for all x that are not 0")
    negative_semidefinite = Answer(BOOLEAN, "x'Ax ≤ 0 for all x")
    symmetric = Answer(
        BOOLEAN, "Whether the matrix is symmetric (Hermitian); otherwise what follows is about (A + A')/2, which gives the same x'Ax"
    )
    inertia = Answer(INERTIA, "How many eigenvalues are positive, negative and zero")
    explanation = fields.String(required=True, metadata={"description": "The same in words"})
    eigenvalues = Answer(array_of(NUMBER), "In decreasing order, as doubles")
    error_bounds = Answer(array_of(NUMBER), "A verified bound on the error of each")
    rayleigh_quotient = RayleighAnswer()
    witnesses = Answer(
        {"type": "object", "additionalProperties": WITNESS},
        "For each sign (positive, negative, zero) that x'Ax takes, an x and the value; null where no short x was found",
    )
    leading_principal_minors = Answer(
        array_of({"type": "string"}), "Exact entries, up to n = 12: for Sylvester's criterion", required=False
    )
    arithmetic = ArithmeticAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=ArithmeticRequest,
    response=Response,
    bare="definiteness",
    examples=[
        Example("Positive definite", {"matrix": [[2, 1], [1, 3]]}),
        Example("Indefinite, with a vector for each sign", {"matrix": [[0, 1], [1, 0]]}),
        Example("Decimals", {"matrix": [[0.5, 0.1], [0.1, 0.3]]}),
        Example("Not symmetric: the symmetric part decides", {"matrix": [[1, 2], [0, 1]]}),
        Example("Decided by the rounding of the entries", {"matrix": [[0.1, 0.3], [0.3, 0.9]]}, refused="undecided"),
    ],
)
def definiteness(request: dict[str, Any]) -> dict[str, Any]:
    """Definiteness of a quadratic form x'Ax.

    Decided exactly for whole and rational entries, by verified bounds on the eigenvalues for decimals; an eigenvalue
    that rounding could move across 0 is an error, unless exact arithmetic is asked for.
    """
    return linalg.definiteness(request["matrix"], request.get("arithmetic"))
