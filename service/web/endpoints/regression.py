"""POST /v1/regression"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from service.errors import NablaError
from service.learning.design import Observations
from service.learning.ols import INCLUDES, ols
from service.linalg.matrices import read_vector
from service.linalg.matrix import Matrix
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoiceField, MatrixField, NumberField, RequestField, TextField, VectorField
from service.web.linear_algebra import ARITHMETIC, NUMBER, REAL, Answer, ArithmeticAnswer, ConditionAnswer, array_of, nullable

MODELS = ("ols",)


class ColumnsField(RequestField):
    """Named columns: an object from names to lists of numbers."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Mapping[str, Matrix]:
        if not isinstance(value, dict) or not value:
            raise self.wrong(value, 'an object from names to columns, such as {"age": [31, 45]}')
        columns = {}
        for name, column in value.items():
            try:
                columns[name] = read_vector(column)
            except NablaError as error:
                raise error.at(f"/{attr}/{name.replace('~', '~0').replace('/', '~1')}") from None
        return columns

    def json_schema(self) -> dict[str, Any]:
        column = array_of({"anyOf": [NUMBER, {"type": "string"}]})
        return {"type": "object", "additionalProperties": column, "minProperties": 1}


class IncludeField(RequestField):
    """A list of members to add to the answer."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or any(name not in INCLUDES for name in value):
            raise ValidationError(f"must be a list of names out of {', '.join(INCLUDES)}")
        return tuple(value)

    def json_schema(self) -> dict[str, Any]:
        return array_of({"type": "string", "enum": list(INCLUDES)})


class Request(RequestSchema):
    model = ChoiceField(MODELS, "ols", metadata={"description": "ols: ordinary least squares, weighted when there are weights"})
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
    design = observed.design(request["intercept"], request.get("arithmetic"))
    return ols(design, request["confidence_level"], request["include"]).to_json()
