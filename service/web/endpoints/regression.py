"""POST /v1/regression"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.learning.design import Observations
from service.learning.model import Task
from service.learning.models import MODELS, OPTIONS, fit
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoiceField, MatrixField, NumberField, TextField, VectorField
from service.web.linear_algebra import ARITHMETIC, NUMBER, REAL, Answer, ArithmeticAnswer, ConditionAnswer, array_of, nullable
from service.web.regression_fields import ColumnsField, IncludeField


class Request(RequestSchema):
    model = ChoiceField(
        tuple(MODELS), "ols", metadata={"description": "; ".join(f"{name}: {model.summary}" for name, model in MODELS.items())}
    )
    X = MatrixField(metadata={"description": "The predictors, a row an observation; they are named x1, x2, ..."})
    x = VectorField(metadata={"description": "A single predictor, named x"})
    data = ColumnsField(metadata={"description": "Or named columns: every one but the response is a predictor"})
    y = VectorField(metadata={"description": "The response, a number for each observation"})
    response = TextField(load_default="y", metadata={"description": "The column of data that is the response, when y is left out"})
    intercept = BooleanField(load_default=True, metadata={"description": "Whether the model has a constant term"})
    weights = VectorField(metadata={"description": "Positive weights: the squared residual of each observation counts so much"})
    confidence_level = NumberField(load_default=0.95, metadata={"description": "Of the confidence intervals, between 0 and 1"})
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})
    include = IncludeField(load_default=(), metadata={"description": "What to add to the answer"})


PARAMETER = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "estimate": REAL,
        "standard_error": {**nullable(NUMBER), "description": "null when no degrees of freedom are left"},
        "statistic": {**nullable(NUMBER), "description": "t, the estimate over its standard error; null for a perfect fit"},
        "p_value": {**nullable(NUMBER), "description": "two-sided, of the parameter being zero"},
        "confidence_interval": {**nullable(array_of(NUMBER)), "description": "its two ends"},
    },
    "required": ["name", "estimate", "standard_error", "statistic", "p_value", "confidence_interval"],
    "additionalProperties": False,
}


class Response(ResponseSchema):
    model = fields.String(required=True, metadata={"description": "The model"})
    parameters = Answer(array_of(PARAMETER), "In model order, the intercept first")
    coefficients = Answer(array_of(REAL), "The estimates without the intercept")
    intercept = Answer(nullable(REAL), "The estimate of the intercept; null without one")
    observations = fields.Integer(required=True, metadata={"description": "How many observations there are"})
    degrees_of_freedom = fields.Integer(required=True, metadata={"description": "Observations less parameters"})
    residual_standard_deviation = Answer(nullable(NUMBER), "sqrt(RSS / degrees of freedom); null when none are left")
    residual_sum_of_squares = Answer(NUMBER, "RSS, the (weighted) sum of squared residuals")
    total_sum_of_squares = Answer(NUMBER, "TSS, about the mean; about zero without an intercept")
    r_squared = Answer(nullable(NUMBER), "1 - RSS/TSS; null for a constant response")
    adjusted_r_squared = Answer(nullable(NUMBER), "The same with the degrees of freedom taken into account")
    f_statistic = Answer(nullable(NUMBER), "Of all coefficients but the intercept being zero; null for a perfect fit")
    f_degrees_of_freedom = Answer(array_of({"type": "integer"}), "Of numerator and denominator")
    f_p_value = Answer(nullable(NUMBER), "The p-value of it")
    log_likelihood = Answer(nullable(NUMBER), "With normal errors; null for a perfect fit")
    aic = Answer(nullable(NUMBER), "Akaike's criterion; the variance counts as a parameter")
    bic = Answer(nullable(NUMBER), "The Bayesian criterion; the variance counts as a parameter")
    rank = fields.Integer(required=True, metadata={"description": "The rank of the design: the number of parameters"})
    condition_number = ConditionAnswer("σ₁/σₚ of the design, the intercept's ones included")
    arithmetic = ArithmeticAnswer()
    fitted_values = Answer(array_of(REAL), "X·b, on request", required=False)
    residuals = Answer(array_of(REAL), "y - X·b, on request", required=False)
    covariance = Answer(nullable(array_of(array_of(NUMBER))), "Of the estimates, on request", required=False)
    checks = ChecksField()


@endpoint(
    family="learning",
    request=Request,
    response=Response,
    bare="coefficients",
    examples=[
        Example("A line through four points", {"model": "ols", "X": [[1], [2], [3], [4]], "y": [3, 5, 7, 9.5]}),
        Example(
            "Named columns, and the residuals",
            {
                "model": "ols",
                "data": {"dose": [0, 1, 2, 3, 4, 5], "age": [31, 45, 28, 52, 39, 44], "y": [2.1, 3.9, 6.2, 7.8, 10.1, 12.2]},
                "include": ["residuals"],
            },
        ),
        Example(
            "Columns that depend on each other",
            {"model": "ols", "X": [[1, 2], [2, 4], [3, 6], [4, 8]], "y": [1, 2, 3, 5]},
            refused="rank-deficient",
        ),
    ],
)
def regression(request: dict[str, Any]) -> dict[str, Any]:
    """Fit of a regression model, with its inference.

    By QR with refinement in extended precision, and by exact rationals, correctly rounded, for small data or where the verified
    bound on the fit is not good enough. Columns that depend on each other are an error that names them, never dropped.
    """
    observed = Observations(**{name: request.get(name) for name in ("X", "x", "data", "y", "weights")}, response=request["response"])
    task = Task(
        observed,
        request["intercept"],
        request.get("arithmetic"),
        request["confidence_level"],
        request["include"],
        request.get("predict"),
        request.get("steps", False),
        {name: request[name] for name in OPTIONS if name in request},
    )
    return fit(request["model"], task)
