"""POST /v1/minimize"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.functions.descent import METHODS
from service.functions.minimize import minimize as answer
from service.web.calculus import TEXT, ExpressionAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, IntegerField, NumberField
from service.web.function_drawings import DESCENT
from service.web.functions import BOOLEAN, NOTHING, NUMBER, OBJECT, FunctionRequest, NamedField, field

MAYBE = {"anyOf": [BOOLEAN, NOTHING]}
CONSTANT = {"anyOf": [NUMBER, NOTHING]}
MINIMUM = {
    "type": "object",
    "properties": {"point": OBJECT, "value": NUMBER},
    "required": ["point", "value"],
    "additionalProperties": {},
}
ITERATE = {
    "type": "object",
    "properties": {"point": OBJECT, "value": NUMBER, "gradient_norm": NUMBER},
    "required": ["point", "value", "gradient_norm"],
    "additionalProperties": False,
}
RATE = {
    "type": "object",
    "properties": {"formula": TEXT, "applies": BOOLEAN, "holds": MAYBE, "text": TEXT},
    "required": ["formula", "applies", "holds", "text"],
    "additionalProperties": {},
}


class Request(FunctionRequest):
    start = NamedField(required=True, metadata={"description": 'Where to begin, such as {"x": 3, "y": 4}'})
    at = NamedField(metadata={"description": "The values of names that are no unknowns"})
    method = ChoiceField(tuple(METHODS), "newton", metadata={"description": "The way down; newton has a line search"})
    step = NumberField(minimum=0, metadata={"description": "The step of the methods without a line search; left out, 1/L where L is known"})
    momentum = NumberField(minimum=0, maximum=1, metadata={"description": "Of momentum and nesterov: the share of the last move; 0.9"})
    iterations = IntegerField(minimum=1, metadata={"description": "How many steps at most"})
    tolerance = NumberField(minimum=0, metadata={"description": "It has converged when the gradient's norm is at most this; 1e-10"})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The unknowns"})
    method = fields.String(required=True, metadata={"description": "The method"})
    minimum = field(MINIMUM)(required=True, metadata={"description": "The point, by name, and the value there"})
    converged = fields.Boolean(required=True, metadata={"description": "Whether the gradient is as small as was asked for"})
    reason = fields.String(
        required=True,
        metadata={"description": "Why it stopped: gradient (small enough), enclosed (by rounding, at a proven minimum), or iterations"},
    )
    iterations = fields.Integer(required=True, metadata={"description": "The number of steps"})
    gradient_norm = fields.Float(required=True, metadata={"description": "The norm of the gradient at the point"})
    hessian_eigenvalues = fields.List(fields.Float(), required=True, metadata={"description": "The eigenvalues of the Hessian there"})
    kind = fields.String(
        required=True, metadata={"description": "global minimum, local minimum, degenerate or saddle point; or not converged"}
    )
    convex = field(MAYBE)(required=True, metadata={"description": "Whether the function is convex; null where that was not decided"})
    lipschitz_constant = field(CONSTANT)(
        required=True, metadata={"description": "The Lipschitz constant L of the gradient, where it is known"}
    )
    strong_convexity_constant = field(CONSTANT)(
        required=True, metadata={"description": "The constant of strong convexity, where it is known"}
    )
    step = field(CONSTANT)(required=True, metadata={"description": "The step in use"})
    path = field({"type": "array", "items": ITERATE})(
        required=True, metadata={"description": "The iterates, the start first; at most 1000"}
    )
    rate_bound = field(RATE)(metadata={"description": "The bound that gradient descent promises, checked along the path"})
    proof = field({"anyOf": [OBJECT, NOTHING]})(
        required=True, metadata={"description": "A box around the point with one critical point and only one, in ball arithmetic"}
    )
    checks = ChecksField()


@endpoint(
    family="functions",
    request=Request,
    response=Response,
    drawings=DESCENT,
    examples=[
        Example(
            "Gradient descent and its bound",
            {
                "expression": "x^2 + 3*y^2",
                "wrt": ["x", "y"],
                "start": {"x": 3, "y": 4},
                "method": "gradient-descent",
                "step": 0.125,
                "iterations": 20,
            },
        ),
        Example("Rosenbrock's function", {"expression": "100*(y - x^2)^2 + (1 - x)^2", "wrt": ["x", "y"], "start": {"x": -1.2, "y": 1}}),
        Example("One variable", {"expression": "x^4 - 3*x^2 + x", "start": {"x": 1}, "method": "newton"}),
        Example("No minimum", {"expression": "x^3 - x", "start": {"x": -2}}, refused="no-convergence"),
    ],
)
def minimize(request: dict[str, Any]) -> dict[str, Any]:
    """Local minimum of a scalar function, with the path and the reason for stopping.

    By gradient descent, momentum, Newton's method with a line search, or BFGS, with exact derivatives. Where the Hessian is regular,
    the critical point is proven in ball arithmetic, and given to all digits of a double.
    """
    return answer(request)
