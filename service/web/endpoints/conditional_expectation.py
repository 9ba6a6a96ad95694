"""POST /v1/conditional-expectation"""

from __future__ import annotations

from typing import Any

from service.errors import InputError
from service.learning import conditional
from service.linalg.matrix import choose_arithmetic
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, MatrixField, VectorField
from service.web.learning_fields import KeysField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer
from service.web.values import ENTRY, INTEGER, REAL, array_of, nullable, record


class Request(RequestSchema):
    x = KeysField(
        metadata={"description": "The conditions: numbers, or names. One for each pair, or for each row of a joint table (0, 1, 2, ...)"}
    )
    y = VectorField(metadata={"description": "The outcomes: of pairs one for each x; of a joint table one for each column (0, 1, 2, ...)"})
    t = VectorField(metadata={"description": "Another name for y"})
    joint = MatrixField(
        metadata={"description": "In place of pairs: a row for each value of X, a column for each of Y; probabilities, or numbers of cases"}
    )
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


CASE = record("ConditionalCase", {"y": ENTRY, "probability": REAL})
GIVEN = record(
    "ConditionalRow",
    {"x": ENTRY, "mean": REAL, "variance": REAL, "count": nullable(INTEGER), "probability": REAL, "distribution": array_of(CASE)},
)


class Response(ResponseSchema):
    table = Answer(
        array_of(GIVEN),
        "For each x, in order: mean = E[Y | X = x], variance = Var(Y | X = x), count (null for probabilities), probability = P(X = x), and "
        "the conditional distribution of Y",
    )
    mse = Answer(REAL, "The mean squared error of f(x) = E[Y | X = x], the least that a function of x can have")
    mean = Answer(REAL, "E[Y], which is E[E[Y | X]]")
    variance = Answer(REAL, "Var(Y), the mean squared error of the constant E[Y]; divided by N, not N - 1")
    variance_of_means = Answer(REAL, "Var(E[Y | X]), the part of the variance that X explains")
    mean_of_variances = Answer(REAL, "E[Var(Y | X)], the part that is left; the two add up to Var(Y)")
    explained = Answer(nullable(REAL), "Var(E[Y | X])/Var(Y), the correlation ratio η²; null for a constant Y")
    count = Answer(nullable({"type": "integer"}), "The number of pairs, or of cases in the table; null for probabilities")
    arithmetic = ArithmeticAnswer()
    checks = ChecksField()


@endpoint(
    family="learning",
    request=Request,
    response=Response,
    bare="table",
    examples=[
        Example("Pairs", {"x": [22, 22, 22, 23, 23], "y": [1.7, 1.6, 1.8, 1.75, 1.65]}),
        Example("Exactly, by names", {"x": ["a", "a", "b"], "y": [1, 2, 4], "arithmetic": "exact"}),
        Example("A joint distribution", {"joint": [["1/4", "1/4"], ["1/2", 0]], "x": [0, 1], "y": [-1, 1]}),
        Example("A table of counts", {"joint": [[10, 20], [5, 5]], "x": ["old", "new"], "y": [0, 1]}),
        Example("Probabilities that do not add up", {"joint": [[0.5, 0.2], [0.2, 0.2]]}, refused="invalid-input"),
    ],
)
def conditional_expectation(request: dict[str, Any]) -> dict[str, Any]:
    """Conditional expectation E[Y | X] of pairs of data or of a joint distribution.

    The function of x with the least mean squared error, that error, and how the variance of Y splits into what X explains and what
    it does not. Computed and verified in exact rational arithmetic; decimals mean themselves.
    """
    if "t" in request and "y" in request:
        raise InputError("t is another name for y", "send one of them", "/t")
    name = "t" if "t" in request else "y"
    y, x, joint = request.get(name), request.get("x"), request.get("joint")
    arithmetic = choose_arithmetic(request.get("arithmetic"), **{name: y, "joint": joint})
    for field, array in ((name, y), ("joint", joint)):
        if array is not None and array.is_complex:
            raise InputError("complex numbers have no order and no variance here", "send real numbers", f"/{field}")
    if joint is not None:
        groups = conditional.of_table(joint, x, y)
    elif x is None or y is None:
        raise InputError("pairs take x and y", 'send "x" and "y", or the joint distribution as "joint"', f"/{'x' if x is None else 'y'}")
    else:
        groups = conditional.of_pairs(x, y)
    return conditional.conditional_expectation(groups, joint is None or joint.kind == "integer", arithmetic)
