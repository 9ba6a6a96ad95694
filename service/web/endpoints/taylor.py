"""POST /v1/taylor"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.expression.arena import fresh_arena
from service.functions.taylor import taylor as polynomial
from service.functions.taylor_steps import taylor_steps
from service.printing.functions import DIALECTS
from service.web import left_sides
from service.web.calculus import CODE, CODE_ANSWER, PRINTED, ExpressionAnswer, PointAnswer, StepsAnswer, ValueAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoicesField, IntegerField, PointField
from service.web.function_drawings import TAYLOR
from service.web.functions import FunctionRequest, NamedField, RangesField, WindowField, field
from service.web.values import INTEGER, NOTHING, NUMBER, TEXT, VALUE, VALUES, array_of, by_name

TERM = {"type": "object", "properties": {"order": INTEGER, **PRINTED}, "required": ["order", *PRINTED], "additionalProperties": False}
RESULT = {"type": "object", "properties": {**PRINTED, "code": CODE_ANSWER}, "required": [*PRINTED, "code"], "additionalProperties": False}
AT_POINT = {
    "title": "DerivativeAtPoint",
    "type": "object",
    "properties": {**PRINTED, "value": VALUE},
    "required": list(PRINTED),
    "description": "text, latex and shape, and where it is numbers their value",
}
LOCAL = {"anyOf": [AT_POINT, by_name(AT_POINT)], "description": "of several arrays one for each by name"}
REMAINDER = {
    "type": "object",
    "properties": {
        "bound": {**NUMBER, "description": "|f - T| is nowhere in the box larger than this (Lagrange's form, in ball arithmetic)"},
        "order": INTEGER,
        "within": by_name(array_of({"anyOf": [NUMBER, TEXT, NOTHING]})),
        "largest_seen": {**NUMBER, "description": "the largest |f - T| at some points of the box"},
    },
    "required": ["bound", "order", "within", "largest_seen"],
    "additionalProperties": False,
}


class Request(FunctionRequest):
    window = WindowField()
    about = NamedField(metadata={"description": 'The point, as numbers, arrays or expressions: {"x": 0}, {"x": "a"}; left out, 0'})
    order = IntegerField(minimum=0, load_default=2, metadata={"description": "The order of the polynomial"})
    within = RangesField(metadata={"description": 'Where the remainder is to be bounded, such as {"x": [-1, 1]}'})
    at = PointField(metadata={"description": "Where to evaluate the polynomial"})
    steps = BooleanField(
        load_default=False,
        metadata={"description": "Whether the answer tells the derivatives step by step, and by one scalar what is made of them"},
    )
    code = ChoicesField(tuple(DIALECTS), metadata={"description": CODE})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables of the expansion"})
    about = field(VALUES)(required=True, metadata={"description": "The point"})
    order = fields.Integer(required=True, metadata={"description": "The order"})
    result = field(RESULT)(required=True, metadata={"description": "The polynomial"})
    terms = field({"type": "array", "items": TERM})(required=True, metadata={"description": "The parts of each order, d^k f(a; x - a)/k!"})
    gradient = field(LOCAL)(metadata={"description": "Of a scalar function from order 1: its gradient at the point"})
    hessian = field(LOCAL)(metadata={"description": "From order 2: its Hessian there"})
    jacobian = field(LOCAL)(metadata={"description": "Of a vector or matrix function from order 1: its Jacobian there"})
    remainder = field(REMAINDER)(metadata={"description": "A bound of what is left out, where a box was given"})
    value = ValueAnswer(metadata={"description": "The value of the polynomial at the point or points of at"})
    at = PointAnswer(metadata={"description": "The point"})
    steps = StepsAnswer(metadata={"description": "The derivation, where it was asked for; each step has been checked at random points"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare=("value", "result"),
    left_side=left_sides.taylor,
    drawings={"curve": TAYLOR},
    examples=[
        Example("Two variables", {"expression": "exp(x)*y", "wrt": ["x", "y"], "about": {"x": 0, "y": 1}, "order": 2}),
        Example("With a bound of the remainder", {"expression": "sin(x)", "order": 7, "within": {"x": [-1, 1]}}),
        Example("Step by step", {"expression": "exp(2*x)", "order": 3, "steps": True}),
        Example("About any point", {"expression": "sqrt(x)", "wrt": "x", "about": {"x": "a"}, "order": 3}),
        Example(
            "A function of a matrix",
            {"expression": "logdet(X)", "variables": {"X": "spd(n)", "A": "spd(n)"}, "wrt": "X", "about": {"X": "A"}},
        ),
        Example("No polynomial there", {"expression": "log(x)", "about": {"x": 0}}, refused="undefined-at-point"),
    ],
)
def taylor(request: dict[str, Any]) -> dict[str, Any]:
    """Taylor polynomial of a function about a point.

    Of scalars, vectors and matrices: the sum of d^k f(a; x - a)/k!. It is checked that f - T falls with one power more than the
    order. In a box, the remainder is bounded.
    """
    answer = polynomial(request)
    if request["steps"]:
        with fresh_arena():
            answer = {**answer, "steps": taylor_steps(request, answer)}
    return answer
