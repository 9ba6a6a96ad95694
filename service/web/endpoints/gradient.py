"""POST /v1/gradient"""

from __future__ import annotations

from typing import Any

from service.answers.derivation import steepest_ascent
from service.web import left_sides
from service.web.calculus import DerivativeRequest, DerivativeResponse, differentiate
from service.web.calculus_drawings import CONTOUR, curve_of, graph_of
from service.web.endpoint import Example, endpoint
from service.web.fields import AnswerField
from service.web.functions import WindowField
from service.web.values import NUMBER, VALUE, VALUES, record


class SteepestAscentAnswer(AnswerField):
    schema = record("SteepestAscent", {"direction": {"anyOf": [VALUE, VALUES]}, "rate": NUMBER})


class Response(DerivativeResponse):
    steepest_ascent = SteepestAscentAnswer(
        allow_none=True,
        metadata={
            "description": "At a point: the unit vector in which the function grows fastest, and the rate ‖∇f‖; null where that is zero"
        },
    )


class Request(DerivativeRequest):
    window = WindowField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare=("value", "result", "results"),
    left_side=left_sides.gradient,
    drawings={"contour": CONTOUR, "curve": curve_of("gradient"), "graph": graph_of("gradient")},
    examples=[
        Example(
            "Two variables, and the value at a point",
            {"expression": "x1^2 + 3*x1*x2 + x2^2", "wrt": ["x1", "x2"], "at": {"x1": 1, "x2": 2}},
        ),
        Example(
            "Least squares in matrix notation, sizes unknown, with code for four more languages",
            {
                "expression": "norm2(A*x - b)^2/2",
                "variables": {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"},
                "wrt": "x",
                "code": ["jax", "pytorch", "julia", "matlab"],
            },
        ),
        Example(
            "By a symmetric matrix, with the free entries as the variables",
            {"expression": "x'*S*x", "variables": {"S": "symmetric(n)", "x": "vector(n)"}, "wrt": "S", "structure": "duplicated"},
        ),
        Example("One variable", {"expression": "x^4 - 3*x^2 + x"}),
        Example(
            "Shapes that do not fit",
            {"expression": "A*x", "variables": {"A": "matrix(m,n)", "x": "vector(m)"}, "wrt": "x"},
            refused="shape-mismatch",
        ),
    ],
)
def gradient(request: dict[str, Any]) -> dict[str, Any]:
    """Gradient of a scalar function.

    By scalars, vectors or matrices with symbolic or known sizes. The gradient has the shape of the variable; several
    scalars give one vector, several arrays a result each.
    """
    answer = differentiate("gradient", request)
    if "result" in answer and "value" in answer and not isinstance(answer["value"], list):
        answer["steepest_ascent"] = steepest_ascent(answer["value"])
    return answer
