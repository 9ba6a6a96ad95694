"""POST /v1/chain-rule"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from service import limits
from service.answers.chain_rule import chain_rule as answer
from service.web import left_sides
from service.web.calculus import RESULT, ExpressionAnswer, PointAnswer, ResultAnswer, StepsAnswer, ValueAnswer
from service.web.calculus_drawings import CHAIN_GRAPH
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import AnswerField, BooleanField, ChecksField, ExpressionField, PointField, RequestField, VariablesField, WrtField

EXPRESSION = ExpressionAnswer.schema
PATH = {
    "type": "object",
    "properties": {
        "through": {"type": "string", "description": "the inner function"},
        "outer_derivative": {**EXPRESSION, "description": "outer by the inner function, the others held"},
        "inner_derivative": {**EXPRESSION, "description": "the inner function by wrt"},
        "product": {**EXPRESSION, "description": "what this path adds, in the inner names"},
    },
    "required": ["through", "outer_derivative", "inner_derivative", "product"],
    "additionalProperties": False,
}


class InnerField(RequestField):
    """Names to expressions."""

    entry = ExpressionField()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(value, "an object from names to expressions")
        limits.check("inner-functions", len(value), f"/{attr}")
        for name, source in value.items():
            try:
                self.entry.deserialize(source)
            except ValidationError as error:
                raise ValidationError({name: error.messages}) from None
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.entry.json_schema()}


class ExpressionsAnswer(AnswerField):
    schema = {"type": "object", "additionalProperties": EXPRESSION}


class PathsAnswer(AnswerField):
    schema = {"type": "array", "items": PATH}


class JacobiansAnswer(AnswerField):
    schema = {
        "type": "object",
        "properties": {"outer": RESULT, "inner": RESULT},
        "required": ["outer", "inner"],
        "additionalProperties": False,
    }


class Request(RequestSchema):
    inner = InnerField(
        required=True,
        metadata={"description": 'The inner functions by name, such as {"u": "x^2", "v": "ln(x)"}; they may be made of each other'},
    )
    outer = ExpressionField(required=True, metadata={"description": 'What is made of them, such as "u*v"; a list is a vector function'})
    variables = VariablesField(
        metadata={"description": 'What is not a scalar, such as {"A": "matrix(m,n)"}; inner functions need no declaration'}
    )
    wrt = WrtField(
        metadata={"description": "The variable, or the scalars, to differentiate by; left out, all that the functions are made of"}
    )
    steps = BooleanField(
        load_default=False,
        metadata={"description": "Whether the answer tells the derivation: the sum over the paths, or by rules where there are arrays"},
    )
    at = PointField(metadata={"description": "Where to evaluate the derivative: values of the variables, not of the inner functions"})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    inner = ExpressionsAnswer(required=True, metadata={"description": "The inner functions as they were read"})
    outer = ExpressionAnswer(required=True, metadata={"description": "The outer function as it was read"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The composed function"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables differentiated by"})
    result = ResultAnswer(required=True, metadata={"description": "The derivative of the composed function"})
    paths = PathsAnswer(
        required=True, metadata={"description": "One for each inner function that depends on wrt; they add up to the result"}
    )
    direct = ExpressionAnswer(metadata={"description": "What outer depends on wrt by itself adds to the paths"})
    jacobians = JacobiansAnswer(
        metadata={
            "description": "Of outer by the inner functions and of these by wrt, where both are matrices: the paths are their product"
        }
    )
    value = ValueAnswer(metadata={"description": "The result at the point, a list of values at a list of points"})
    at = PointAnswer(metadata={"description": "The point"})
    steps = StepsAnswer(metadata={"description": "The derivation, where it was asked for; each step has been checked at random points"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare=("value", "result"),
    left_side=left_sides.derivative,
    drawings={"graph": CHAIN_GRAPH},
    examples=[
        Example("A product, as a sum over two paths", {"inner": {"u": "x^2", "v": "ln(x)"}, "outer": "u*v", "wrt": "x", "steps": True}),
        Example(
            "A vector function of three variables, and its value",
            {
                "inner": {"u": "x1^2*x2^2", "v": "sqrt(x2*x3)"},
                "outer": ["u^2", "u*v", "v^2"],
                "wrt": ["x1", "x2", "x3"],
                "at": {"x1": 1.5, "x2": 2, "x3": 0.5},
            },
        ),
        Example(
            "Least squares through its residual",
            {
                "inner": {"r": "A*x - b"},
                "outer": "r'*r",
                "variables": {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"},
                "wrt": "x",
            },
        ),
        Example("In a circle", {"inner": {"u": "v + x", "v": "u^2"}, "outer": "u*v", "wrt": "x"}, refused="invalid-input"),
    ],
)
def chain_rule(request: dict[str, Any]) -> dict[str, Any]:
    """Derivative of an outer function of named inner functions, path by path.

    The derivative is a sum over the inner functions through which the variable reaches the outer one: the derivative of outer
    by each, times its own. The paths are shown, and checked to add up to the derivative of the composed function.
    """
    return answer(request)
