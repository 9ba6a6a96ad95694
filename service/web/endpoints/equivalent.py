"""POST /v1/equivalent"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.equivalence import equivalent as verdict
from service.web.calculus import ExpressionAnswer
from service.web.domains import PLACE, DomainsAnswer
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import AnswerField, ChecksField, ExpressionField, VariablesField
from service.web.values import VALUE


class CounterexampleAnswer(AnswerField):
    schema = {
        "title": "Counterexample",
        "type": "object",
        "properties": {
            **PLACE,
            "left": VALUE,
            "right": VALUE,
            "difference": {"type": "number", "description": "they differ by at least this"},
        },
        "required": ["point", "left", "right", "difference"],
        "additionalProperties": False,
    }


class Request(RequestSchema):
    left = ExpressionField(required=True, metadata={"description": 'One expression, such as "det(A*B)"'})
    right = ExpressionField(required=True, metadata={"description": 'The other, such as "det(A)*det(B)"'})
    variables = VariablesField(metadata={"description": 'What is not a scalar, such as {"A": "matrix(n,n)", "S": "spd(n)"}'})


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    left = ExpressionAnswer(required=True, metadata={"description": "The left side as it was read"})
    right = ExpressionAnswer(required=True, metadata={"description": "The right side as it was read"})
    equivalent = fields.Boolean(required=True, metadata={"description": "Whether both are the same function, where both are defined"})
    decided_by = fields.String(required=True, metadata={"description": "shape, normal-form, modular or numerical"})
    error_probability = fields.Float(
        required=True,
        metadata={"description": "0 where it is proven, a bound where decided modulo primes, an estimate where numerically"},
    )
    detail = fields.String(required=True, metadata={"description": "What was seen"})
    counterexample = CounterexampleAnswer(metadata={"description": "A point at which the two differ, and their values there"})
    domains = DomainsAnswer(metadata={"description": "Whether one side is defined where the other is not"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare="equivalent",
    examples=[
        Example(
            "The determinant of a product, decided modulo primes",
            {"left": "det(A*B)", "right": "det(A)*det(B)", "variables": {"A": "matrix(n,n)", "B": "matrix(n,n)"}},
        ),
        Example("A product that does not commute", {"left": "A*B", "right": "B*A", "variables": {"A": "matrix(n,n)", "B": "matrix(n,n)"}}),
        Example("Equal where both are defined", {"left": "log(x*y)", "right": "log(x) + log(y)"}),
        Example("A square root forgets the sign", {"left": "sqrt(x^2)", "right": "x"}),
        Example("Nowhere defined", {"left": "sqrt(-1 - x^2)", "right": "x"}, refused="undecided"),
    ],
)
def equivalent(request: dict[str, Any]) -> dict[str, Any]:
    """Whether two expressions are the same function.

    Decided by normal form, else by exact values modulo large primes where both are rational, else by values in ball
    arithmetic at random points; the answer says by which, and how likely it is wrong. "No" comes with a counterexample.
    What cannot be decided is an error, never "no".
    """
    return verdict(request)
