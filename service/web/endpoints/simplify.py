"""POST /v1/simplify"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.simplification import simplify as answer
from service.web.calculus import ExpressionAnswer
from service.web.domains import DomainsAnswer
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ExpressionField, VariablesField


class Request(RequestSchema):
    expression = ExpressionField(
        required=True, metadata={"description": 'What is to be written shorter, such as "(x^2 - 1)/(x - 1)"; or a list, or a list of lists'}
    )
    variables = VariablesField(metadata={"description": 'What is not a scalar, such as {"A": "matrix(n,n)"}'})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The expression as it was read"})
    result = ExpressionAnswer(required=True, metadata={"description": "The shortest form that was found, or the expression itself"})
    decided_by = fields.String(
        required=True, metadata={"description": "What shows that both are the same function: normal-form, modular or numerical"}
    )
    error_probability = fields.Float(
        required=True,
        metadata={"description": "0 where it is proven, a bound where decided modulo primes, an estimate where numerically"},
    )
    domains = DomainsAnswer(metadata={"description": "Whether one of the two is defined where the other is not"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare="result",
    left_side="f",
    examples=[
        Example("A fraction in lowest terms", {"expression": "(x^2 - 1)/(x - 1)"}),
        Example(
            "Matrices",
            {"expression": "tr(A*B) - tr(B*A) + tr(A')", "variables": {"A": "matrix(n,n)", "B": "matrix(n,n)"}},
        ),
        Example("Entry by entry", {"expression": ["x + x", "(a + b)^2 - (a - b)^2"]}),
        Example("By a trigonometric law", {"expression": "sin(x)*cos(x)/tan(x)"}),
    ],
)
def simplify(request: dict[str, Any]) -> dict[str, Any]:
    """The shortest known way to write an expression.

    By the normal form of the language, in which like terms are collected and the laws of the operations are used; by exact
    fractions of polynomials, factored and multiplied out; and by SymPy for scalar functions. The result is shown to be the same
    function, as `equivalent` shows it; where the two are defined at different points (x = 1 above) the answer says so.
    """
    return answer(request)
