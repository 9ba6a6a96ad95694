"""POST /v1/hessian"""

from __future__ import annotations

from typing import Any

from service.web.calculus import DerivativeRequest, DerivativeResponse, differentiate
from service.web.endpoint import Example, endpoint


@endpoint(
    family="calculus",
    request=DerivativeRequest,
    response=DerivativeResponse,
    examples=[
        Example("Two variables", {"expression": "x^3*y + sin(y)", "wrt": ["x", "y"], "at": {"x": 1, "y": "pi/2"}}),
        Example(
            "Logistic loss",
            {
                "expression": "sum(log(1 + exp(X*theta))) - y'*X*theta",
                "variables": {"X": "matrix(N,d)", "theta": "vector(d)", "y": "vector(N)"},
                "wrt": "theta",
            },
        ),
    ],
)
def hessian(request: dict[str, Any]) -> dict[str, Any]:
    """Hessian of a scalar function: the matrix of its second derivatives.

    Its axes are the variable's, twice. By a matrix it has four axes and comes in index notation.
    """
    return differentiate("hessian", request)
