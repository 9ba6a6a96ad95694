"""POST /v1/low-rank"""

from __future__ import annotations

from typing import Any

from service.linalg import low_rank as linalg
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, IntegerField, NumberField
from service.web.linear_algebra import Answer, ErrorBoundAnswer, MatrixRequest
from service.web.values import COMPLEX, NUMBER, array_of

FACTOR = array_of(array_of({"anyOf": [NUMBER, COMPLEX]}))


class Request(MatrixRequest):
    rank = IntegerField(minimum=0, metadata={"description": "The rank of the approximation; or send `tolerance` or `energy`"})
    tolerance = NumberField(
        minimum=0, metadata={"description": "The largest error allowed in the 2-norm: the least rank that keeps it is taken"}
    )
    energy = NumberField(minimum=0, maximum=1, metadata={"description": "The part of Σσⱼ² to keep: the least rank that does is taken"})


class Response(ResponseSchema):
    approximation = Answer(FACTOR, "The best approximation of this rank, u·diag(σ₁ … σₖ)·vt")
    rank = Answer({"type": "integer"}, "Its rank k (less when A itself has less)")
    error_frobenius = Answer(NUMBER, "√(Σ_{j>k} σⱼ²), the distance in the Frobenius norm: no matrix of rank k is nearer (Eckart and Young)")
    error_spectral = Answer(NUMBER, "σₖ₊₁, the distance in the 2-norm: no matrix of rank k is nearer")
    relative_error = Answer(NUMBER, "The first over ‖A‖ (Frobenius)")
    energy = Answer(NUMBER, "Σ_{j≤k} σⱼ²/Σσⱼ², the part that is kept")
    unique = Answer({"type": "boolean"}, "false when σₖ = σₖ₊₁ up to rounding: there are several best approximations")
    u = Answer(FACTOR, "The first k left singular vectors, in columns")
    singular_values = Answer(array_of(NUMBER), "All of them, in decreasing order")
    vt = Answer(FACTOR, "The first k right singular vectors, in rows")
    error_bound = ErrorBoundAnswer("Verified: no matrix of rank k is nearer to A by more than this times ‖A‖ (Frobenius)")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="approximation",
    examples=[
        Example("Of rank 1", {"matrix": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "rank": 1}),
        Example("Within a tolerance", {"matrix": [[3.0, 0.1], [0.1, 0.2], [0.0, 0.1]], "tolerance": 0.25}),
        Example("Keeping 99 % of the energy", {"matrix": [[3.0, 0.1], [0.1, 0.2], [0.0, 0.1]], "energy": 0.99}),
    ],
)
def low_rank(request: dict[str, Any]) -> dict[str, Any]:
    """Best approximation of a matrix by one of lower rank, with its error in the 2-norm and in the Frobenius norm."""
    return linalg.low_rank(request["matrix"], *(request.get(name) for name in ("rank", "tolerance", "energy"))).to_json()
