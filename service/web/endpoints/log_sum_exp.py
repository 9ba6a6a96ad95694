"""POST /v1/log-sum-exp"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_softmax import symbolic_log_sum_exp
from service.learning import softmax
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.learning_fields import ScoresRequest, scores, temperature_of
from service.web.linear_algebra import Answer, LatexAnswer
from service.web.values import NUMBER, VALUE, nullable


class Response(ResponseSchema):
    value = Answer(nullable(VALUE), "T·log Σ exp(x/T); of a matrix a list with an entry for each row")
    latex = LatexAnswer("The value")
    gradient = Answer(nullable(VALUE), "softmax(x/T); of a matrix for each row")
    hessian = Answer(nullable(VALUE), "(diag(p) - p·p')/T with p the gradient; null over the limit formed-entries")
    maximum = Answer(nullable(VALUE), "max x, which is taken out of the sum so that nothing overflows; null for expressions")
    bounds = Answer(nullable(VALUE), "[max x, max x + T·log n], between which the value lies; null for expressions")
    temperature = Answer(nullable(NUMBER), "T")
    checks = ChecksField()


@endpoint(
    family="learning",
    request=ScoresRequest,
    response=Response,
    bare="value",
    left_side=r"\operatorname{logsumexp}\left(x\right)",
    examples=[
        Example("Where exp(x) overflows", {"vector": [1000, 1000.5, 999]}),
        Example("Of each row, with a temperature", {"matrix": [[1, 2, 3], [0, 0, 0]], "temperature": 0.5}),
        Example("Of expressions", {"vector": ["a", "b"]}),
        Example("A temperature below zero", {"vector": [1, 2], "temperature": -1}, refused="invalid-input"),
    ],
)
def log_sum_exp(request: dict[str, Any]) -> dict[str, Any]:
    """Logarithm of a sum of exponentials, with gradient and Hessian.

    The smooth maximum log Σ exp(x), convex, with the gradient softmax(x). By ball arithmetic with the largest entry taken out: correct
    to the last digit at entries of any size, and checked against SciPy.
    """
    array, field = scores(request)
    if array.kind == "symbolic":
        return symbolic_log_sum_exp(array, field, temperature_of(request), request.get("variables"))
    return softmax.log_sum_exp(array, field, temperature_of(request))
