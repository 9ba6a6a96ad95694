"""POST /v1/jacobian"""

from __future__ import annotations

from typing import Any

from service.web.calculus import DerivativeRequest, DerivativeResponse, differentiate
from service.web.endpoint import Example, endpoint


@endpoint(
    family="calculus",
    request=DerivativeRequest,
    response=DerivativeResponse,
    examples=[
        Example(
            "A vector function of two scalars",
            {"expression": ["t1^2*t2", "5*t1 + sin(t2)"], "wrt": ["t1", "t2"], "at": {"t1": 2, "t2": 3}},
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
    index notation, the function's axes first, or in the form that is asked for.
    """
    return differentiate("jacobian", request)
