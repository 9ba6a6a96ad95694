"""POST /v1/minimize"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.errors import InputError
from service.functions.constrained import CONSTRAINED
from service.functions.descent import METHODS
from service.functions.minimize import minimize as answer
from service.web.calculus import ExpressionAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, IntegerField, NumberField
from service.web.function_drawings import DESCENT
from service.web.functions import BoundsField, ConditionsField, FunctionRequest, NamedField, WindowField, field
from service.web.values import BOOLEAN, NOTHING, NUMBER, TEXT, VALUES, nullable, record

MAYBE = {"anyOf": [BOOLEAN, NOTHING]}
CONSTANT = {"anyOf": [NUMBER, NOTHING]}
MINIMUM = {
    "type": "object",
    "properties": {"point": VALUES, "value": NUMBER},
    "required": ["point", "value"],
}
ITERATE = {
    "type": "object",
    "properties": {"point": VALUES, "value": NUMBER, "gradient_norm": NUMBER, "constraint_violation": NUMBER},
    "required": ["point", "value", "gradient_norm"],
    "additionalProperties": False,
}
NUMBERS = {"anyOf": [NUMBER, {"type": "array", "items": NUMBER}]}
MULTIPLIER = {
    "type": "object",
    "properties": {"constraint": TEXT, "kind": TEXT, "multiplier": NUMBERS, "excess": NUMBERS, "active": BOOLEAN},
    "required": ["constraint", "kind", "multiplier", "excess", "active"],
    "additionalProperties": False,
}
MULTIPLIERS = nullable(record("BoundMultipliers", {"lower": VALUES, "upper": VALUES}, ("lower", "upper")))
PROOF = record("MinimumProof", {"method": TEXT, "radius": NUMBER, "unique_in_box": BOOLEAN})
RATE = {
    "title": "RateBound",
    "type": "object",
    "properties": {
        "formula": TEXT,
        "applies": BOOLEAN,
        "holds": MAYBE,
        "text": TEXT,
        "distance_squared": CONSTANT,
        "last_bound": CONSTANT,
        "last_gap": CONSTANT,
        "largest_ratio": CONSTANT,
    },
    "required": ["formula", "applies", "holds", "text"],
}


SYNONYMS = {"x0": "start", "tol": "tolerance", "max_iterations": "iterations"}
"""What SciPy's users call a field."""


class MethodField(ChoiceField):
    """A method, in small letters or as SciPy writes it: SLSQP, L-BFGS-B."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value.lower() if isinstance(value, str) else value, attr, data, **kwargs)


class Request(FunctionRequest):
    window = WindowField()
    start = NamedField(metadata={"description": 'Where to begin, such as {"x": 3, "y": 4}; has to be given'})
    at = NamedField(metadata={"description": "The values of names that are no unknowns"})
    method = MethodField(
        (*METHODS, "sgd", *CONSTRAINED),
        metadata={"description": "The way down; left out, newton, which has a line search, or slsqp where there are constraints"},
    )
    constraints = ConditionsField(metadata={"description": 'Inequalities and equations, such as ["x + y <= 1", "x^2 + y^2 == 1"]'})
    bounds = BoundsField(metadata={"description": 'Ranges of unknowns, such as {"x": [0, 1], "y": [null, 5]}'})
    step = NumberField(minimum=0, metadata={"description": "The step of the methods without a line search; left out, 1/L where L is known"})
    momentum = NumberField(minimum=0, maximum=1, metadata={"description": "Of momentum and nesterov: the share of the last move; 0.9"})
    decay = NumberField(minimum=0, metadata={"description": "Of sgd: the step after t updates is step/(1 + decay*t); 0"})
    batch_size = IntegerField(minimum=1, metadata={"description": "Of sgd: how many rows of the data each update sees; 32"})
    epochs = IntegerField(minimum=1, metadata={"description": "Of sgd: how often it goes through the data; 100"})
    seed = IntegerField(minimum=0, metadata={"description": "Of sgd: the seed of the order of the rows; 0"})
    iterations = IntegerField(minimum=1, metadata={"description": "How many steps at most"})
    tolerance = NumberField(minimum=0, metadata={"description": "It has converged when the gradient's norm is at most this; 1e-10"})
    x0 = NamedField(metadata={"description": "SciPy's name of start"})
    tol = NumberField(minimum=0, metadata={"description": "SciPy's name of tolerance"})
    max_iterations = IntegerField(minimum=1, metadata={"description": "Another name of iterations"})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The unknowns"})
    method = fields.String(required=True, metadata={"description": "The method"})
    minimum = field(MINIMUM)(required=True, metadata={"description": "The point, by name, and the value there"})
    converged = fields.Boolean(required=True, metadata={"description": "Whether the gradient is as small as was asked for"})
    reason = fields.String(
        required=True,
        metadata={
            "description": "Why it stopped: gradient (small enough), enclosed (by rounding, at a proven minimum), kkt (under constraints, "
            "the conditions of a minimum hold), or iterations"
        },
    )
    iterations = fields.Integer(required=True, metadata={"description": "The number of steps"})
    gradient_norm = fields.Float(required=True, metadata={"description": "The norm of the gradient at the point"})
    hessian_eigenvalues = fields.List(
        fields.Float(),
        required=True,
        metadata={"description": "The eigenvalues of the Hessian there; under constraints of the Lagrangian's, along the active ones"},
    )
    kind = fields.String(
        required=True,
        metadata={"description": "global minimum, local minimum, degenerate, saddle point or critical point; or not converged"},
    )
    epochs = fields.Integer(metadata={"description": "Of sgd: how often it went through the data"})
    batch_size = fields.Integer(metadata={"description": "Of sgd: the rows of an update"})
    seed = fields.Integer(metadata={"description": "Of sgd: the seed"})
    generator = fields.String(metadata={"description": "Of sgd: what shuffled the rows"})
    data = fields.List(fields.String(), metadata={"description": "Of sgd: the arrays with rows"})
    convex_problem = field(MAYBE)(
        metadata={"description": "Whether the function and the inequalities are convex, and the equations affine: then it is global"}
    )
    multipliers = field({"type": "array", "items": MULTIPLIER})(
        metadata={
            "description": "Of each constraint: w in gradient f + sum of w*gradient(excess) = 0; the excess is left - right "
            "for <= and ==, right - left for >="
        }
    )
    bound_multipliers = field(MULTIPLIERS)(metadata={"description": "Of the lower and the upper bounds, by name"})
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
    proof = field(nullable(PROOF))(
        required=True, metadata={"description": "A box around the point with one critical point and only one, in ball arithmetic"}
    )
    checks = ChecksField()


@endpoint(
    family="functions",
    request=Request,
    response=Response,
    bare="minimum",
    left_side=lambda answer: {"value": "f"},
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
        Example(
            "Under constraints",
            {
                "expression": "(x - 2)^2 + (y - 1)^2",
                "constraints": ["x^2 <= y", "x + y <= 2"],
                "bounds": {"x": [0, None]},
                "start": {"x": 0.5, "y": 0.5},
            },
        ),
        Example(
            "Stochastic gradient descent",
            {
                "expression": "norm2(X*w - y)^2/n",
                "variables": {"X": "matrix(n,d)", "w": "vector(d)", "y": "vector(n)"},
                "wrt": "w",
                "at": {"X": [[1, 0], [1, 1], [1, 2], [1, 3]], "y": [1, 3, 4, 7]},
                "start": {"w": [0, 0]},
                "method": "sgd",
                "batch_size": 2,
                "epochs": 20,
                "seed": 7,
                "step": 0.05,
                "decay": 0.01,
            },
        ),
        Example("No minimum", {"expression": "x^3 - x", "start": {"x": -2}}, refused="no-convergence"),
    ],
)
def minimize(request: dict[str, Any]) -> dict[str, Any]:
    """Local minimum of a scalar function, with the path and the reason for stopping; under constraints and bounds, too.

    By gradient descent, momentum, adaptive steps (adagrad, rmsprop, adam), stochastic gradient descent over rows of data, Newton's method
    with a line search, or BFGS, with exact derivatives. Where the Hessian is regular, the critical point is proven in ball arithmetic, and
    given to all digits of a double. Constraints and bounds by SciPy (slsqp, trust-constr, l-bfgs-b), led on by Newton's method on the
    active ones; the conditions of Karush, Kuhn and Tucker are the checks of the answer.
    """
    for synonym, name in SYNONYMS.items():
        if synonym in request:
            if name in request:
                raise InputError(f"{synonym} is another name of {name}, and both were sent", hint="send one", pointer=f"/{synonym}")
            request = {**request, name: request[synonym]}
    return answer(request)
