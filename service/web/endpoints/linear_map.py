"""POST /v1/linear-map"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.functions.linear_map import linear_map as answer
from service.web.calculus import ExpressionAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.function_drawings import PLANE
from service.web.functions import FunctionRequest, field
from service.web.values import BOOLEAN, NOTHING, NUMBER, TEXT, VALUE, VALUES, nullable, record

ROWS = {"type": "array", "items": {"type": "array", "items": TEXT}}
EXPRESSION = ExpressionAnswer.schema
COUNTEREXAMPLE = record(
    "AxiomCounterexample",
    {
        "axiom": {**TEXT, "enum": ["additivity", "homogeneity"]},
        "scalar": nullable(NUMBER),
        "u": VALUES,
        "v": nullable(VALUES),
        "at": VALUES,
        "left": VALUE,
        "right": VALUE,
        "text": TEXT,
    },
    ("scalar", "at"),
)


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables that it is to be linear in, together"})
    linear = fields.Boolean(required=True, metadata={"description": "Whether f(u + v) = f(u) + f(v) and f(c*u) = c*f(u)"})
    affine = field({"anyOf": [BOOLEAN, NOTHING]})(metadata={"description": "Of a function that is not linear: whether f(x) - f(0) is"})
    matrix = field({"anyOf": [ROWS, EXPRESSION, NOTHING]})(
        metadata={"description": "Its matrix: rows of texts, or one expression where sizes are letters"}
    )
    columns = fields.List(fields.String(), metadata={"description": "What the columns of the matrix belong to"})
    rank = fields.Integer(metadata={"description": "The rank"})
    kernel = field(ROWS)(metadata={"description": "A basis of what goes to 0"})
    image = field(ROWS)(metadata={"description": "A basis of the values"})
    injective = fields.Boolean(metadata={"description": "Whether only 0 goes to 0"})
    surjective = fields.Boolean(metadata={"description": "Whether every vector is a value"})
    counterexample = field(COUNTEREXAMPLE)(metadata={"description": "Numbers for which an axiom fails"})
    checks = ChecksField()


@endpoint(
    family="functions",
    request=FunctionRequest,
    response=Response,
    bare=("matrix", "linear"),
    drawings={"plane": PLANE},
    examples=[
        Example("A linear map", {"expression": ["x", "y", "x+y"], "wrt": ["x", "y"]}),
        Example("Of the plane", {"expression": ["2*x + y", "x + 2*y"], "wrt": ["x", "y"]}),
        Example("Not linear", {"expression": ["x", "y", "x*y"], "wrt": ["x", "y"]}),
        Example("Affine", {"expression": "A*x + b", "variables": {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, "wrt": "x"}),
        Example("Of matrices", {"expression": "A*X - X*A", "variables": {"A": "matrix(n,n)", "X": "matrix(n,n)"}, "wrt": "X"}),
    ],
)
def linear_map(request: dict[str, Any]) -> dict[str, Any]:
    """Whether a function is linear, with its matrix, kernel and image.

    Or the axiom that fails, additivity or homogeneity, with numbers that show it.
    """
    return answer(request)
