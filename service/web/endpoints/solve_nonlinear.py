"""POST /v1/solve-nonlinear"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.functions.solve_nonlinear import ITERATIONS, TOLERANCE
from service.functions.solve_nonlinear import solve_nonlinear as answer
from service.web.calculus import ExpressionAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, IntegerField, NumberField
from service.web.functions import FunctionRequest, NamedField, field
from service.web.values import BOOLEAN, NOTHING, NUMBER, TEXT, VALUES

ITERATE = {
    "type": "object",
    "properties": {"point": VALUES, "residual_norm": NUMBER},
    "required": ["point", "residual_norm"],
    "additionalProperties": False,
}
NUMBERS = {"type": "array", "items": NUMBER}
CONVERGENCE = {
    "type": "object",
    "properties": {
        "errors": {**NUMBERS, "description": "the distance of each iterate to the root"},
        "quadratic_ratios": {**NUMBERS, "description": "e_(k+1)/e_k^2: bounded where the convergence is quadratic"},
        "order": {"anyOf": [NUMBER, NOTHING], "description": "the order that the last errors above rounding show"},
        "quadratic": {"anyOf": [BOOLEAN, NOTHING], "description": "whether that order is above 1.5; null where too few errors tell"},
    },
    "required": ["errors", "quadratic_ratios", "order", "quadratic"],
    "additionalProperties": False,
}
PROOF = {
    "type": "object",
    "properties": {"method": TEXT, "radius": NUMBER, "unique_in_box": BOOLEAN},
    "required": ["method", "radius", "unique_in_box"],
    "additionalProperties": False,
}


class Request(FunctionRequest):
    start = NamedField(required=True, metadata={"description": 'Where to begin, such as {"x": 1, "y": 2}'})
    at = NamedField(metadata={"description": "The values of names that are no unknowns"})
    tolerance = NumberField(
        minimum=0, load_default=TOLERANCE, metadata={"description": "It has converged when a step is this short, relative to 1 + |x|"}
    )
    iterations = IntegerField(minimum=1, load_default=ITERATIONS, metadata={"description": "How many steps at most"})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The unknowns"})
    method = fields.String(required=True, metadata={"description": "newton"})
    solution = field(VALUES)(required=True, metadata={"description": "The root, by name"})
    residual_norm = fields.Float(required=True, metadata={"description": "|F| there"})
    iterations = fields.Integer(required=True, metadata={"description": "The number of steps"})
    path = field({"type": "array", "items": ITERATE})(required=True, metadata={"description": "The iterates, the start first"})
    convergence = field(CONVERGENCE)(required=True, metadata={"description": "How fast the errors fell"})
    proof = field({"anyOf": [PROOF, NOTHING]})(
        required=True,
        metadata={
            "description": "The box around the solution that holds one root and only one; null where the Jacobian is too near singular"
        },
    )
    checks = ChecksField()


@endpoint(
    family="functions",
    request=Request,
    response=Response,
    bare="solution",
    examples=[
        Example("A circle and a line", {"expression": ["x^2 + y^2 - 4", "x - y"], "wrt": ["x", "y"], "start": {"x": 1, "y": 2}}),
        Example(
            "In a vector",
            {
                "expression": "A*x + x.^3 - b",
                "variables": {"A": "matrix(n,n)", "x": "vector(n)", "b": "vector(n)"},
                "wrt": "x",
                "at": {"A": [[4, 1], [1, 3]], "b": [1, 2]},
                "start": {"x": [0, 0]},
            },
        ),
        Example("No real root", {"expression": "x^2 + 1", "start": {"x": 0.5}}, refused="no-convergence"),
    ],
)
def solve_nonlinear(request: dict[str, Any]) -> dict[str, Any]:
    """Root of a system of equations by Newton's method.

    With the exact Jacobian; a step is halved while it makes the residual grow. The root is refined and proven in ball
    arithmetic where the Jacobian is regular. Where it does not converge, the error tells where it stopped.
    """
    return answer(request)
