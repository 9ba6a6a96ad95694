"""POST /v1/derivative"""

from __future__ import annotations

from typing import Any

from service.answers.task import HIGHEST_ORDER
from service.web import left_sides
from service.web.calculus import DerivativeRequest, DerivativeResponse, differentiate
from service.web.calculus_drawings import curve_of, graph_of
from service.web.endpoint import Example, endpoint
from service.web.fields import IntegerField
from service.web.functions import WindowField


class Request(DerivativeRequest):
    window = WindowField()
    order = IntegerField(minimum=1, maximum=HIGHEST_ORDER, load_default=1, metadata={"description": "How many times to differentiate"})


@endpoint(
    family="calculus",
    request=Request,
    response=DerivativeResponse,
    bare=("value", "result", "results"),
    left_side=left_sides.derivative,
    drawings={"curve": curve_of("derivative"), "graph": graph_of("derivative")},
    examples=[
        Example("The chain rule", {"expression": "exp(sin(x))", "wrt": "x", "at": {"x": 0.7}}),
        Example("A rotation by its angle", {"expression": [["cos(t)", "sin(t)"], ["-sin(t)", "cos(t)"]], "wrt": "t"}),
        Example("The third derivative", {"expression": "x^5 - 2*x^3", "wrt": "x", "order": 3}),
        Example("Step by step, by the rules of differentiation", {"expression": "x*exp(-x^2)", "wrt": "x", "steps": True}),
    ],
)
def derivative(request: dict[str, Any]) -> dict[str, Any]:
    """Derivative of a scalar, vector or matrix function, of any order.

    The axes are the function's, then the variable's once for each order.
    """
    return differentiate("derivative", request)
