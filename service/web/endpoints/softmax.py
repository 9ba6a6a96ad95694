"""POST /v1/softmax"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_softmax import symbolic_softmax
from service.learning import softmax as learning
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField
from service.web.learning_fields import ScoresRequest, scores, temperature_of
from service.web.linear_algebra import Answer, LatexAnswer
from service.web.values import NUMBER, VALUE, nullable


class Response(ResponseSchema):
    value = Answer(nullable(VALUE), "p = exp(x/T)/Σ exp(x/T); of a matrix for each row")
    latex = LatexAnswer("The value")
    log_softmax = Answer(nullable(VALUE), "log p, which keeps its digits where p is too small for a double")
    jacobian = Answer(nullable(VALUE), "(diag(p) - p·p')/T, of a matrix for each row; null over the limit formed-entries")
    argmax = Answer(nullable(VALUE), "The place of the first largest entry, counted from 0; null for expressions")
    temperature = Answer(nullable(NUMBER), "T")
    checks = ChecksField()


@endpoint(
    family="learning",
    request=ScoresRequest,
    response=Response,
    bare="value",
    left_side=r"\operatorname{softmax}\left(x\right)",
    examples=[
        Example("Of three scores", {"vector": [1, 2, 3]}),
        Example("Where exp(x) overflows", {"vector": [1000, 1001, 1002]}),
        Example("Of each row, with a temperature", {"matrix": [[1, 2, 3], [0, 0, 0]], "temperature": 2}),
        Example("Of expressions", {"vector": ["z", 0]}),
        Example("No scores", {"temperature": 1}, refused="invalid-input"),
    ],
)
def softmax(request: dict[str, Any]) -> dict[str, Any]:
    """Softmax of a vector or of the rows of a matrix, with its Jacobian.

    By ball arithmetic with the largest entry taken out: correct to the last digit at entries of any size, and checked against SciPy.
    """
    array, field = scores(request)
    if array.kind == "symbolic":
        return symbolic_softmax(array, field, temperature_of(request), request.get("variables"))
    return learning.softmax(array, field, temperature_of(request))
