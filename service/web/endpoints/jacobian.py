"""POST /v1/jacobian"""

from __future__ import annotations

from typing import Any

from service.answers.task import read_task
from service.expression.arena import fresh_arena
from service.functions.change_of_variables import jacobian_determinant
from service.web import left_sides
from service.web.calculus import PRINTED, DerivativeRequest, DerivativeResponse, ValueAnswer, differentiate
from service.web.endpoint import Example, endpoint
from service.web.fields import AnswerField, BooleanField


class DeterminantAnswer(AnswerField):
    schema = {
        "type": "object",
        "properties": {**PRINTED, "value": ValueAnswer.schema},
        "required": list(PRINTED),
        "additionalProperties": False,
    }


class Request(DerivativeRequest):
    determinant = BooleanField(load_default=False, metadata={"description": "Whether to give the determinant of the Jacobian too"})


class Response(DerivativeResponse):
    determinant = DeterminantAnswer(metadata={"description": "The determinant of the Jacobian, with its value at the point"})


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare=("value", "result", "results"),
    left_side=left_sides.jacobian,
    examples=[
        Example(
            "A vector function of two scalars",
            {"expression": ["t1^2*t2", "5*t1 + sin(t2)"], "wrt": ["t1", "t2"], "at": {"t1": 2, "t2": 3}},
        ),
        Example(
            "The determinant, for a change of variables",
            {"expression": ["r*cos(p)", "r*sin(p)"], "wrt": ["r", "p"], "determinant": True},
        ),
        Example(
            "Softmax, of any size", {"expression": "softmax(z)", "variables": {"z": "vector(K)"}, "wrt": "z", "at": {"z": [1.0, 2.0, 3.0]}}
        ),
        Example(
            "A matrix by a matrix, as a Kronecker product",
            {
                "expression": "A*X*B",
                "variables": {"A": "matrix(p,m)", "X": "matrix(m,n)", "B": "matrix(n,q)"},
                "wrt": "X",
                "form": "kronecker",
            },
        ),
        Example(
            "The index method with the Kronecker delta, step by step",
            {"expression": "W*x", "variables": {"W": "matrix(n,m)", "x": "vector(m)"}, "wrt": "x", "steps": True, "explain": "index"},
        ),
    ],
)
def jacobian(request: dict[str, Any]) -> dict[str, Any]:
    """Jacobian of a vector or matrix function.

    A row for each entry of the function, a column for each entry of the variable. Results with more than two axes come in
    index notation, the function's axes first, or in the form that is asked for. Its determinant, where it is square, is the
    factor by which a change of variables stretches volumes.
    """
    answer = differentiate("jacobian", request)
    if request["determinant"]:
        with fresh_arena():
            determinant, more = jacobian_determinant(read_task("jacobian", request), answer, request.get("at"))
        checks = [*answer.pop("checks"), *more]
        answer.update({"determinant": determinant, "checks": checks})
    return answer
