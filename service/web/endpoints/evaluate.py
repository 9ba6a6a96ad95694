"""POST /v1/evaluate"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.evaluation import evaluate as value_of
from service.web.calculus import ExpressionAnswer, ExpressionRequest, PointAnswer, ValueAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    value = ValueAnswer(required=True, metadata={"description": "Its value at the point, a list of values at a list of points"})
    at = PointAnswer(metadata={"description": "The point"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=ExpressionRequest,
    response=Response,
    bare="value",
    left_side="f",
    examples=[
        Example("An inner product", {"expression": "e'*e", "variables": {"e": "vector(n)"}, "at": {"e": [1, -2, 3]}}),
        Example("No variables, no point", {"expression": "sin(pi/6) + 3/4"}),
        Example("Outside the domain", {"expression": "log(x)", "at": {"x": -1}}, refused="undefined-at-point"),
    ],
)
def evaluate(request: dict[str, Any]) -> dict[str, Any]:
    """Value of an expression at a point, or at several.

    Computed twice, as it is written and from its normal form; where the two disagree the digits are lost to cancellation,
    and the answer is an error.
    """
    return value_of(request)
