"""POST /v1/convexity"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.functions.convexity import convexity as answer
from service.web.calculus import ExpressionAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.functions import ConditionsField, FunctionRequest, NamedField, field
from service.web.values import BOOLEAN, NOTHING, NUMBER, TEXT, VALUES, array_of, by_name, nullable, record

MAYBE = {"anyOf": [BOOLEAN, NOTHING]}
CONSTANT = {"anyOf": [NUMBER, TEXT, NOTHING]}
CERTIFICATE = {
    "type": "object",
    "properties": {"rule": TEXT, "text": TEXT, "hessian": TEXT, "rules": array_of(TEXT)},
    "required": ["rule", "text"],
}
CHORD = record(
    "ChordCounterexample",
    {"u": VALUES, "v": VALUES, "middle": VALUES, "value_at_middle": NUMBER, "mean_of_values": NUMBER, "text": TEXT},
)


class Request(FunctionRequest):
    at = NamedField(metadata={"description": "The values of names that are no unknowns"})
    domain = ConditionsField(
        metadata={
            "description": 'Where the function is looked at, such as ["y > 0"] or ["x >= 0", "x <= pi"], a convex set; of parameters, too. '
            "Left out, it is where the function has values"
        }
    )


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The unknowns"})
    convex = field(MAYBE)(required=True, metadata={"description": "Whether it is convex; null for a concave function that may be affine"})
    strictly_convex = field(MAYBE)(required=True, metadata={"description": "Whether strictly so; null where that was not decided"})
    strongly_convex = field(MAYBE)(required=True, metadata={"description": "Whether f - m|x|^2/2 is convex for an m above 0"})
    concave = field(MAYBE)(required=True, metadata={"description": "Whether it is concave"})
    quasiconvex = field(MAYBE)(required=True, metadata={"description": "True where its sublevel sets are known to be convex, else null"})
    quasiconcave = field(MAYBE)(required=True, metadata={"description": "True where its superlevel sets are known to be convex, else null"})
    strong_convexity_constant = field(CONSTANT)(
        required=True,
        metadata={"description": "Such an m, where one is known: a number, or an expression where sizes or values are letters"},
    )
    lipschitz_constant = field(CONSTANT)(
        required=True, metadata={"description": "The Lipschitz constant of the gradient, where it is known; likewise"}
    )
    function_lipschitz_constant = field(CONSTANT)(
        required=True, metadata={"description": "The Lipschitz constant of the function itself, where it is known; likewise"}
    )
    formulas = field(by_name(TEXT))(required=True, metadata={"description": "The constants as expressions, by name, those that have one"})
    certificate = field(CERTIFICATE)(required=True, metadata={"description": "What shows it"})
    counterexample = field(nullable(CHORD))(
        required=True,
        metadata={"description": "u and v of the domain with f((u + v)/2) > (f(u) + f(v))/2, for a function that is not convex"},
    )
    checks = ChecksField()


@endpoint(
    family="functions",
    request=Request,
    response=Response,
    bare="convex",
    examples=[
        Example("A quadratic function", {"expression": "x^2 + y^2 + x*y", "wrt": ["x", "y"]}),
        Example("Not convex", {"expression": "x^2 - y^2", "wrt": ["x", "y"]}),
        Example("On a half plane", {"expression": "x^2/y", "wrt": ["x", "y"], "domain": ["y > 0"]}),
        Example(
            "Logistic loss",
            {
                "expression": "sum(log(1 + exp(X*theta))) - y'*X*theta",
                "variables": {"X": "matrix(n,d)", "theta": "vector(d)", "y": "vector(n)"},
                "wrt": "theta",
            },
        ),
    ],
)
def convexity(request: dict[str, Any]) -> dict[str, Any]:
    """Whether a function is convex, with a certificate or a counterexample.

    Exactly for quadratic functions, polynomials of one unknown and Hessians whose principal minors have a sign; by the structure of the
    Hessian; by the rules of disciplined convex programming; or two points of the domain between which the function lies above its chord.
    What none of these decides is an error with the code undecided, never a "no".
    """
    return answer(request)
