"""POST /v1/cross-entropy"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_softmax import symbolic_cross_entropy
from service.errors import InputError
from service.learning import softmax as learning
from service.linalg.matrices import read_symbolic_vector_or_matrix
from service.linalg.matrix import Matrix
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, VariablesField
from service.web.learning_fields import LabelsField, TemperatureField, temperature_of
from service.web.linear_algebra import Answer, LatexAnswer, RightHandSideField
from service.web.values import NUMBER, VALUE, nullable


class Request(RequestSchema):
    logits = RightHandSideField(
        read=read_symbolic_vector_or_matrix,
        required=True,
        metadata={"description": "The scores of the classes, before softmax: a list, or a row for each example"},
    )
    labels = LabelsField(
        required=True,
        metadata={
            "description": "For a list of logits the place of the class, counted from 0, or a probability for each class (or one-hot). "
            "For rows of logits a list of places, or a row of probabilities for each example"
        },
    )
    temperature = TemperatureField()
    reduction = ChoiceField(learning.REDUCTIONS, "mean", metadata={"description": "The mean of the examples' losses, or their sum"})
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})


class Response(ResponseSchema):
    value = Answer(nullable(VALUE), "The loss -Σ y·log softmax(z/T), in natural units; of several examples their mean or sum")
    latex = LatexAnswer("The value")
    losses = Answer(nullable(VALUE), "The loss of each example; null for a single one")
    probabilities = Answer(nullable(VALUE), "p = softmax(z/T), for each example")
    gradient = Answer(nullable(VALUE), "Of the value by the logits: (p - y)/T for one example")
    hessian = Answer(nullable(VALUE), "Of the value by the logits of each example: (diag(p) - p·p')/T²; null over the limit formed-entries")
    entropy = Answer(nullable(NUMBER), "-Σ y·log y, below which no logits bring the loss; 0 for classes. Null for expressions")
    kl_divergence = Answer(nullable(NUMBER), "What the loss is above the entropy; null for expressions")
    predictions = Answer(nullable(VALUE), "The place of the largest logit; null for expressions")
    reduction = Answer({"type": "string"}, "mean or sum")
    temperature = Answer(nullable(NUMBER), "T")
    checks = ChecksField()


@endpoint(
    family="learning",
    request=Request,
    response=Response,
    bare="value",
    examples=[
        Example("One example, the class by its place", {"logits": [1, 2, 3], "labels": 1}),
        Example("The same, one-hot", {"logits": [1, 2, 3], "labels": [0, 1, 0]}),
        Example("Far out", {"logits": [1000, 0], "labels": 1}),
        Example("Several examples", {"logits": [[2, 1], [0.5, 3]], "labels": [0, 1]}),
        Example("Of expressions", {"logits": ["z1", "z2"], "labels": ["y1", "y2"]}),
        Example("No such class", {"logits": [1, 2, 3], "labels": 3}, refused="invalid-input"),
    ],
)
def cross_entropy(request: dict[str, Any]) -> dict[str, Any]:
    """Cross-entropy of labels and softmax of logits, with gradient and Hessian.

    Stable at logits of any size, for softmax and logarithm are taken together, in ball arithmetic, and checked against SciPy.
    """
    logits, labels, temperature = request["logits"], request["labels"], temperature_of(request)
    if logits.kind == "symbolic" or (isinstance(labels, Matrix) and labels.kind == "symbolic"):
        if request["reduction"] != "mean":
            raise InputError("of expressions one example is taken, and nothing to be reduced", "leave reduction out", "/reduction")
        return symbolic_cross_entropy(logits, labels, temperature, request.get("variables"))
    return learning.cross_entropy(logits, labels, temperature, request["reduction"])
