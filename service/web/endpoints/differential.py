"""POST /v1/differential"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.differential import differential as answer
from service.printing.functions import DIALECTS
from service.web.calculus import CODE, ExpressionAnswer, ResultAnswer, StepsAnswer
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import AnswerField, BooleanField, ChecksField, ChoicesField, ExpressionField, VariablesField, WrtField
from service.web.values import DECLARATION, by_name


class GradientsAnswer(AnswerField):
    schema = by_name(ExpressionAnswer.schema)


class IntroducedAnswer(AnswerField):
    schema = by_name(DECLARATION)


class Request(RequestSchema):
    expression = ExpressionField(
        required=True,
        metadata={"description": 'The function, such as "inv(A)"; a list is a vector function, a list of lists a matrix function'},
    )
    variables = VariablesField(metadata={"description": 'What is not a scalar, such as {"A": "matrix(n,n)"}'})
    wrt = WrtField(metadata={"description": "The names that vary, all together; left out, every variable"})
    code = ChoicesField(tuple(DIALECTS), metadata={"description": CODE})
    steps = BooleanField(
        load_default=False,
        metadata={"description": "Whether the answer tells the derivation, of each variable up to the derivative that is read off"},
    )


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables that vary"})
    result = ResultAnswer(required=True, metadata={"description": "df, in the variables and their differentials"})
    introduced = IntroducedAnswer(
        required=True, metadata={"description": "The names of the differentials, declared as a request's variables declare them"}
    )
    gradients = GradientsAnswer(
        metadata={"description": "Of a scalar function: the G by each variable, of which df is the sum of tr(G'*dX)"}
    )
    steps = StepsAnswer(metadata={"description": "The derivation, where it was asked for; each step has been checked at random points"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare="result",
    left_side=r"\mathrm{d} f",
    examples=[
        Example("An inverse", {"expression": "inv(A)", "variables": {"A": "matrix(n,n)"}}),
        Example("A determinant, and its gradient read off", {"expression": "det(A)", "variables": {"A": "matrix(n,n)"}, "steps": True}),
        Example("A product", {"expression": "A*B", "variables": {"A": "matrix(m,k)", "B": "matrix(k,n)"}, "wrt": ["A", "B"]}),
        Example("A name that is taken", {"expression": "x*dx", "wrt": "x"}, refused="invalid-declaration"),
    ],
)
def differential(request: dict[str, Any]) -> dict[str, Any]:
    """Differential of a scalar, vector or matrix function.

    df in the variables and their differentials: the differential of `A` is called `dA`. Checked against differences of the
    function along random directions.
    """
    return answer(request)
