"""POST /v1/gradient-check"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.gradient_check import gradient_check as answer
from service.answers.task import LAYOUTS
from service.web.calculus import LAYOUT, ExpressionAnswer, PointAnswer, ValueAnswer
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.endpoints.equivalent import CounterexampleAnswer
from service.web.fields import AnswerField, ChecksField, ChoiceField, ExpressionField, PointField, VariablesField, WrtField, is_number
from service.web.values import NUMBER


class SlipAnswer(AnswerField):
    schema = {
        "anyOf": [
            {
                "type": "object",
                "properties": {"code": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["code", "detail"],
                "additionalProperties": False,
            },
            {"type": "null"},
        ]
    }


class GradientField(ExpressionField):
    """An expression, or a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | list[Any]:
        return super()._deserialize([value] if is_number(value) else value, attr, data, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [NUMBER, *super().json_schema()["anyOf"]]}


class Request(RequestSchema):
    expression = ExpressionField(required=True, metadata={"description": 'The function, such as "x\'*Q*x"'})
    gradient = GradientField(
        required=True, metadata={"description": 'Its gradient as you have it, such as "2*Q*x"; at a point also numbers'}
    )
    variables = VariablesField(metadata={"description": 'What is not a scalar, such as {"x": "vector(n)", "Q": "matrix(n,n)"}'})
    wrt = WrtField(metadata={"description": "The variable, or the scalars, that it is the gradient by"})
    layout = ChoiceField(LAYOUTS, "mixed", metadata={"description": LAYOUT})
    at = PointField(metadata={"description": "A point, where your gradient is numbers: they are compared with its value there"})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    gradient = ExpressionAnswer(required=True, metadata={"description": "Your gradient as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables differentiated by"})
    layout = fields.String(required=True, metadata={"description": "The layout in use"})
    passed = fields.Boolean(required=True, metadata={"description": "Whether your gradient is the gradient"})
    error = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Its relative difference to central differences of the function; null where the shapes do not fit"},
    )
    tolerance = fields.Float(required=True, metadata={"description": "What such a difference may be"})
    expected = ExpressionAnswer(required=True, metadata={"description": "The gradient"})
    at = PointAnswer(metadata={"description": "The point"})
    expected_value = ValueAnswer(metadata={"description": "Its value at the point"})
    likely_slip = SlipAnswer(
        required=True,
        metadata={
            "description": "What would make it right, if that was found: shape, row, transposed, entries, order, sign, factor, "
            "duplicated-entries, projected, symmetric-assumed, missing-term, missing-factor, exponent, elementwise-product, matrix-product"
        },
    )
    decided_by = fields.String(
        required=True, metadata={"description": "shape, normal-form, modular, numerical or differences; value at a point"}
    )
    error_probability = fields.Float(
        required=True, allow_none=True, metadata={"description": "As in equivalent; null where differences decided"}
    )
    counterexample = CounterexampleAnswer(metadata={"description": "A point at which the two differ: yours left, the gradient right"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare="passed",
    examples=[
        Example(
            "Right, for a symmetric matrix",
            {"expression": "x'*Q*x", "gradient": "2*Q*x", "variables": {"x": "vector(n)", "Q": "symmetric(n)"}, "wrt": "x"},
        ),
        Example(
            "Wrong, for any other",
            {"expression": "x'*Q*x", "gradient": "2*Q*x", "variables": {"x": "vector(n)", "Q": "matrix(n,n)"}, "wrt": "x"},
        ),
        Example("A forgotten inner derivative", {"expression": "sin(x^2)", "gradient": "cos(x^2)", "wrt": "x"}),
        Example("Numbers at a point", {"expression": "x^2*y", "gradient": [4, 1.001], "wrt": ["x", "y"], "at": {"x": 1, "y": 2}}),
        Example("A name that the function has not", {"expression": "x^2", "gradient": "2*z", "wrt": "x"}, refused="unknown-name"),
    ],
)
def gradient_check(request: dict[str, Any]) -> dict[str, Any]:
    """Check of a gradient that you have worked out.

    Compared with ours as a function, and with differences of the function itself at random points; when it is wrong, the
    likely slip is named. Of a vector function, the Jacobian is checked.
    """
    return answer(request)
