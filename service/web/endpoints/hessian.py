"""POST /v1/hessian"""

from __future__ import annotations

from typing import Any

from service.web import left_sides
from service.web.calculus import DerivativeRequest, DerivativeResponse, ExpressionAnswer, ValueAnswer, differentiate
from service.web.endpoint import Example, endpoint
from service.web.fields import AnswerField, BooleanField
from service.web.values import TEXT

METHOD = (
    "entries, rows, columns and sum: with the small matrices that the Hessian is made of, which `cores` shows; "
    "dense: with the Hessian as one matrix, of a symmetric variable in its free entries"
)
STEP = {
    "type": "object",
    "properties": {
        "step": ValueAnswer.schema,
        "method": {**TEXT, "enum": ["entries", "rows", "columns", "sum", "dense"], "description": METHOD},
        "condition_number": {"type": "number", "description": "of the Hessian, in the 2-norm"},
        "descent": {"type": "boolean", "description": "whether the function falls along the step: not so near a saddle or a maximum"},
        "decrement": {
            "anyOf": [{"type": "number"}, {"type": "null"}],
            "description": "sqrt(g'*inv(H)*g); half its square is how much the quadratic model falls",
        },
        "cores": {"type": "array", "items": ExpressionAnswer.schema},
    },
    "required": ["step", "method", "condition_number", "descent", "decrement"],
    "additionalProperties": False,
}


class NewtonAnswer(AnswerField):
    schema = {"anyOf": [STEP, {"type": "array", "items": STEP}]}


class Request(DerivativeRequest):
    newton = BooleanField(load_default=False, metadata={"description": "Whether to solve H*step = -gradient at the point"})


class Response(DerivativeResponse):
    newton = NewtonAnswer(metadata={"description": "The Newton step at the point, a list of them at a list of points"})


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare=("value", "result", "results"),
    left_side=left_sides.hessian,
    examples=[
        Example("Two variables", {"expression": "x^3*y + sin(y)", "wrt": ["x", "y"], "at": {"x": 1, "y": "pi/2"}}),
        Example(
            "Logistic loss, and its Hessian times a direction",
            {
                "expression": "sum(log(1 + exp(X*theta))) - y'*X*theta",
                "variables": {"X": "matrix(N,d)", "theta": "vector(d)", "y": "vector(N)"},
                "wrt": "theta",
                "at": {"X": [[1, 2], [1, -1], [1, 0]], "theta": [0.5, 0], "y": [1, 0, 1]},
                "product": {"hvp": {"theta": [1, 0]}},
            },
        ),
        Example(
            "By a matrix, as a core and a delta",
            {
                "expression": "normF(T - U*V')^2",
                "variables": {"T": "matrix(m,n)", "U": "matrix(m,r)", "V": "matrix(n,r)"},
                "wrt": "U",
                "form": "structured",
            },
        ),
        Example(
            "A Newton step of a factorization, with a Hessian that is not formed",
            {
                "expression": "normF(T - U*V')^2",
                "variables": {"T": "matrix(m,n)", "U": "matrix(m,r)", "V": "matrix(n,r)"},
                "wrt": "U",
                "at": {"T": [[1, 2], [3, 4], [5, 7]], "U": [[1, 0], [0, 1], [1, 1]], "V": [[1, 0], [1, 2]]},
                "newton": True,
            },
        ),
        Example(
            "No Newton step",
            {"expression": "(x - y)^2", "wrt": ["x", "y"], "at": {"x": 1, "y": 2}, "newton": True},
            refused="singular-matrix",
        ),
    ],
)
def hessian(request: dict[str, Any]) -> dict[str, Any]:
    """Hessian of a scalar function: the matrix of its second derivatives.

    Its axes are the variable's, twice. By a matrix it has four axes and comes in index notation, or in the form that is
    asked for. Products with it and Newton steps do not form it where there is another way.
    """
    return differentiate("hessian", request)
