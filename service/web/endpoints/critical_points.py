"""POST /v1/critical-points"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.functions.critical_points import critical_points as answer
from service.web.calculus import ExpressionAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.function_drawings import CRITICAL
from service.web.functions import FunctionRequest, NamedField, RangesField, WindowField, field
from service.web.values import BOOLEAN, INTEGER, NOTHING, NUMBER, TEXT, VALUES, array_of, by_name, record

KINDS = "local minimum, local maximum, saddle point, inflection point or degenerate, by the Hessian there; of quadratics global minimum"
CASES = array_of(record("KindCase", {"kind": TEXT, "when": array_of(TEXT)}))
POINT = {
    "title": "CriticalPoint",
    "type": "object",
    "properties": {
        "point": {**VALUES, "description": "the unknowns by name: texts where they have a closed form, else numbers"},
        "exact": {**BOOLEAN, "description": "whether the point is given in closed form"},
        "numeric": {**VALUES, "description": "the point in numbers"},
        "value": {"anyOf": [NUMBER, TEXT, NOTHING], "description": "the function there, exactly where it has a closed form"},
        "numeric_value": NUMBER,
        "latex": {**by_name(TEXT), "description": "with parameters: the point in LaTeX"},
        "hessian": {**TEXT, "description": "with parameters: the Hessian there"},
        "kind": {**TEXT, "description": KINDS},
        "degenerate": {**BOOLEAN, "description": "whether the Hessian is singular there"},
        "global": {"anyOf": [BOOLEAN, NOTHING], "description": "whether the extremum is global; null where that was not decided"},
        "hessian_eigenvalues": {"type": "array", "items": NUMBER},
        "provided": {"type": "array", "items": TEXT, "description": "With parameters: the conditions under which it is a critical point"},
        "cases": {**CASES, "description": "Where the kind depends on parameters, each kind with its conditions"},
    },
    "required": ["point", "exact", "value", "kind", "degenerate", "global"],
}
CONDITIONS = {"type": "array", "items": TEXT}
PROVIDED = {**CONDITIONS, "description": "The conditions under which it is one"}
FAMILY = {
    "title": "CriticalFamily",
    "type": "object",
    "properties": {
        "dimension": {**INTEGER, "description": "1 for a line or curve, 2 for a plane or surface, ...; 0 for points that repeat"},
        "equations": {**CONDITIONS, "description": "What holds on it"},
        "point": {**VALUES, "description": "Its points, in terms of the unknowns in free and of whole numbers, the integers"},
        "free": {**CONDITIONS, "description": "The unknowns that may have any value"},
        "integers": {**CONDITIONS, "description": "Names of whole numbers"},
        "kind": {**TEXT, "description": KINDS},
        "cases": {**CASES, "description": "Where the kind depends on the point, each kind with its conditions"},
        "provided": PROVIDED,
        "exact": BOOLEAN,
        "value": {"anyOf": [NUMBER, TEXT, NOTHING], "description": "the function there, where it is the same everywhere"},
        "degenerate": BOOLEAN,
        "global": {"anyOf": [BOOLEAN, NOTHING]},
    },
    "required": ["dimension", "equations", "kind", "provided"],
}


SPECIAL = {
    "title": "CriticalSpecialCase",
    "type": "object",
    "properties": {
        "when": TEXT,
        "points": array_of(POINT),
        "families": array_of(FAMILY),
        "complete": BOOLEAN,
        "undecided": {**TEXT, "description": "why it was not decided"},
    },
    "required": ["when"],
}
BOX = record("Box", {"low": VALUES, "high": VALUES})


class Request(FunctionRequest):
    window = WindowField()
    at = NamedField(metadata={"description": "The values of names that are no unknowns"})
    within = RangesField(
        metadata={"description": 'Where to look if there is no closed form, such as {"x": [0, 7]}; left out, from -10 to 10'}
    )


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The unknowns"})
    points = field({"type": "array", "items": POINT})(required=True, metadata={"description": "The critical points, in ascending order"})
    complete = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether these are proven to be all, within the box where there is one; false where kinks may hide others"
        },
    )
    families = field({"type": "array", "items": FAMILY})(
        metadata={"description": "Lines, curves and surfaces of critical points, and points that repeat with the period"}
    )
    parameters = fields.List(fields.String(), metadata={"description": "Names that are no unknowns and have no value"})
    provided = fields.List(fields.String(), metadata={"description": "What the parameters are taken to satisfy"})
    special_cases = field(array_of(SPECIAL))(metadata={"description": "The points where a parameter has a value that the rest leaves out"})
    period = field(by_name(TEXT))(metadata={"description": "How the gradient repeats, by unknowns"})
    method = fields.String(required=True, metadata={"description": "exact, closed-form or search"})
    within = field(BOX)(metadata={"description": "The box that was searched"})
    undecided = field(array_of(BOX))(metadata={"description": "Parts of the box in which nothing is certain"})
    complex_solutions = fields.Integer(metadata={"description": "How many distinct complex solutions gradient = 0 has"})
    checks = ChecksField()


@endpoint(
    family="functions",
    request=Request,
    response=Response,
    bare="points",
    drawings=CRITICAL,
    examples=[
        Example("A parabola", {"expression": "x^2 + 4*x - 2", "wrt": ["x"]}),
        Example("A saddle point", {"expression": "x^2 - y^2", "wrt": ["x", "y"]}),
        Example(
            "A quadratic function of a vector",
            {"expression": "x'*Q*x/2 - c'*x", "variables": {"x": "vector(n)", "Q": "spd(n)", "c": "vector(n)"}, "wrt": "x"},
        ),
        Example("All nine of Himmelblau's function", {"expression": "(x^2 + y - 11)^2 + (x + y^2 - 7)^2", "wrt": ["x", "y"]}),
        Example("In a box", {"expression": "x + 2*sin(x)", "within": {"x": [0, 7]}}),
        Example("A parameter: the folium of Descartes", {"expression": "x^3 + y^3 - 3*a*x*y", "wrt": ["x", "y"]}),
        Example("A circle of minima", {"expression": "(x^2 + y^2 - 1)^2"}),
        Example("Points that repeat", {"expression": "sin(x)", "within": {"x": [-4, 4]}}),
        Example("Nowhere in closed form", {"expression": "x^4 + a*x^2 + b*x", "wrt": "x"}, refused="undecided"),
    ],
)
def critical_points(request: dict[str, Any]) -> dict[str, Any]:
    """Critical points of a scalar function, classified by the Hessian.

    Of polynomials, and of polynomials times functions that are nowhere 0, all of them, with certainty, in terms of parameters too,
    lines and surfaces of points included. Of quadratic functions of a vector in closed form. Of other functions those in a box, each
    proven, whether they are all, and how they repeat where the gradient is periodic.
    """
    return answer(request)
