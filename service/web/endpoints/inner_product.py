"""POST /v1/inner-product"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_sums import symbolic_inner_product
from service.linalg import inner_product as linalg
from service.linalg.matrices import read_symbolic_vector_or_matrix
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, MatrixField, VariablesField
from service.web.linear_algebra import (
    VECTOR_OR_MATRIX,
    Answer,
    ErrorBoundAnswer,
    LatexAnswer,
    RightHandSideField,
    TakesExpressions,
    WidestArithmeticAnswer,
)
from service.web.values import ENTRY, REAL, nullable

UNDECIDED = nullable({"type": "boolean"})


class Request(TakesExpressions):
    x = RightHandSideField(
        read=read_symbolic_vector_or_matrix,
        required=True,
        metadata={"description": "A vector, or a matrix (a list of rows) for the Frobenius inner product"},
    )
    y = RightHandSideField(read=read_symbolic_vector_or_matrix, required=True, metadata={"description": "Another one of the same shape"})
    weight = MatrixField(
        metadata={"description": "A symmetric (Hermitian) positive definite W for ⟨x, y⟩ = xᴴ·W·y; left out, the identity"}
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})


def inequality(value: str, bound: str, equality: str) -> dict[str, Any]:
    described = {"value": (nullable(REAL), value), "bound": (nullable(REAL), bound), "holds": ({"type": "boolean"}, "")}
    described["equality"] = (UNDECIDED, equality)
    return {
        "type": "object",
        "properties": {name: {**schema, **({"description": text} if text else {})} for name, (schema, text) in described.items()},
        "required": list(described),
        "additionalProperties": False,
    }


class Response(ResponseSchema):
    dot = Answer(ENTRY, "⟨x, y⟩ = Σ conj(xᵢ)·yᵢ: linear in y, and conjugate linear in x, as numpy.vdot has it")
    latex = LatexAnswer("⟨x, y⟩")
    norm_x = Answer(REAL, "√⟨x, x⟩")
    norm_y = Answer(REAL, "√⟨y, y⟩")
    cosine = Answer(nullable(ENTRY), "⟨x, y⟩/(‖x‖‖y‖); null when x or y is zero")
    angle = Answer(nullable(REAL), "In radians, the one whose cosine is Re⟨x, y⟩/(‖x‖‖y‖); null when x or y is zero")
    orthogonal = Answer(UNDECIDED, "Whether ⟨x, y⟩ = 0; null where the rounding of decimals leaves it open")
    distance = Answer(REAL, "‖x − y‖")
    projection = Answer(nullable(VECTOR_OR_MATRIX), "The projection of x onto y, y·⟨y, x⟩/⟨y, y⟩; null when y is zero")
    scalar_projection = Answer(nullable(ENTRY), "⟨y, x⟩/‖y‖, its signed length; null when y is zero")
    cauchy_schwarz = Answer(inequality("|⟨x, y⟩|", "‖x‖‖y‖", "Whether x and y are linearly dependent; null when open"), "|⟨x, y⟩| ≤ ‖x‖‖y‖")
    triangle = Answer(
        inequality("‖x + y‖", "‖x‖ + ‖y‖", "Whether x and y point in the same direction; null when open"), "‖x + y‖ ≤ ‖x‖ + ‖y‖"
    )
    arithmetic = WidestArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the absolute error of `dot`, the rounding of decimals included; 0 when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="dot",
    left_side=r"\left\langle x, y \right\rangle",
    examples=[
        Example("Orthogonal vectors", {"x": [1, 2, 2], "y": [2, 1, -2]}),
        Example("Exactly", {"x": [1, 2, 3], "y": [4, -5, 6], "arithmetic": "exact"}),
        Example("Complex vectors", {"x": [{"re": 1, "im": 2}, 3], "y": [{"re": 0, "im": 1}, 1]}),
        Example("Weighted", {"x": [1, 0], "y": [0, 1], "weight": [[2, 1], [1, 2]]}),
        Example("Of expressions", {"x": ["cos(t)", "sin(t)"], "y": ["-sin(t)", "cos(t)"]}),
        Example("Of matrices", {"x": [[1, 2], [3, 4]], "y": [[0, 1], [1, 0]]}),
    ],
)
def inner_product(request: dict[str, Any]) -> dict[str, Any]:
    """Inner product of two vectors or matrices, and what it says of them.

    Lengths, angle, orthogonality, the projection of one onto the other, and the inequalities of Cauchy and Schwarz and of the
    triangle with their cases of equality. Computed in rationals up to 20,000 entries, so that nothing cancels.
    """
    x, y, weight = request["x"], request["y"], request.get("weight")
    if "symbolic" in (x.kind, y.kind) and "arithmetic" not in request:
        return symbolic_inner_product(x, y, weight, request.get("variables"))
    return linalg.inner_product(x, y, weight, request.get("arithmetic")).to_json()
