"""POST /v1/regression"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers import normal_equations
from service.errors import InputError
from service.learning.design import Observations
from service.learning.diagnostics import ROBUST
from service.learning.generalized_linear import INFORMATION
from service.learning.logistic import LINKS
from service.learning.model import Task
from service.learning.models import MODELS, OPTIONS, fit
from service.scenes.fitted_mean import fitted_mean
from service.scenes.regression import SCENES, Scatter, Scene
from service.web.calculus import LINE
from service.web.drawings import Drawing
from service.web.endpoint import Example, RequestSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoiceField, IntegerField, MatrixField, NumberField, TextField, VectorField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer
from service.web.regression_answers import GeneralizedLinearAnswer, NonlinearAnswer, PenalizedAnswer
from service.web.regression_fields import (
    AlphaField,
    BoundsField,
    ColumnOrNameField,
    ColumnsField,
    IncludeField,
    PointsField,
    ResponseField,
    StartField,
)
from service.web.values import NUMBER, REAL, TEXT, array_of, nullable, record

DERIVED = ("ols", "polynomial", "ridge")


class Request(RequestSchema):
    model = ChoiceField(
        tuple(MODELS), "ols", metadata={"description": "; ".join(f"{name}: {model.summary}" for name, model in MODELS.items())}
    )
    X = MatrixField(metadata={"description": "The predictors, a row an observation; they are named x1, x2, ..."})
    x = VectorField(metadata={"description": "A single predictor, named x"})
    data = ColumnsField(
        metadata={"description": "Or named columns: every one but the response is a predictor. A file of columns (CSV, .npy) fills this"}
    )
    y = ResponseField(
        metadata={"description": "The response, a number for each observation; or labels of classes; or the name of a column of data"}
    )
    response = TextField(
        load_default="y",
        metadata={"description": "The column of data that is the response, when y is left out; nonlinear: or an expression, log(y)"},
    )
    intercept = BooleanField(load_default=True, metadata={"description": "Whether the model has a constant term"})
    weights = ColumnOrNameField(
        metadata={"description": "Positive weights, or the column of data that holds them: the squared residual of each counts so much"}
    )
    confidence_level = NumberField(load_default=0.95, metadata={"description": "Of the confidence intervals, between 0 and 1"})
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})
    degree = IntegerField(minimum=0, maximum=100, metadata={"description": "polynomial: the highest power of x"})
    alpha = AlphaField(
        metadata={
            "description": "ridge: the weight of Σb² beside Σr², or gcv, or leave-one-out to have it chosen; "
            "lasso, elastic-net: the weight of the penalty beside Σr²/(2n)"
        }
    )
    l1_ratio = NumberField(minimum=0, maximum=1, metadata={"description": "elastic-net: the part of the lasso, 0.5 left out"})
    standardize = BooleanField(
        metadata={"description": "ridge, lasso, elastic-net: whether the penalty sees predictors divided by their standard deviations"}
    )
    standard_errors = ChoiceField(
        ("classical", *ROBUST),
        metadata={"description": "ols, polynomial: classical (left out), or those that hold under unequal variances, HC0 to HC3"},
    )
    predict = PointsField(
        metadata={"description": "New points: a row for each, a list of numbers for a single predictor, or an object of named columns"}
    )
    link = ChoiceField(LINKS, metadata={"description": "Of the model logistic; logit where it is left out"})
    trials = ColumnOrNameField(metadata={"description": "logistic: how many trials each response counts the successes of"})
    offset = ColumnOrNameField(metadata={"description": "logistic, poisson: what is added to the linear predictor"})
    exposure = ColumnOrNameField(metadata={"description": "poisson: its logarithm is the offset"})
    information = ChoiceField(INFORMATION, metadata={"description": "Standard errors from the expected or the observed information"})
    expression = TextField(metadata={"description": "nonlinear: the model, over columns and parameters: b1*(1 - exp(-b2*x))"})
    start = StartField(metadata={"description": "nonlinear: a starting value for each parameter, or a list of such starts"})
    bounds = BoundsField(metadata={"description": "nonlinear: [lower, upper] of some parameters"})
    steps = BooleanField(
        load_default=False,
        metadata={"description": "ols, polynomial, ridge: whether the answer derives the normal equations, and tells why QR solves them"},
    )
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
        "at_bound": {"type": "boolean", "description": "true where it is held at its bound, and not estimated"},
    },
    "required": ["name", "estimate", "standard_error", "statistic", "p_value", "confidence_interval"],
    "additionalProperties": False,
}


SCALED = array_of(nullable(NUMBER))
NAMED = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "value": NUMBER},
    "required": ["name", "value"],
    "additionalProperties": False,
}
INTERVAL = nullable(array_of(NUMBER))
PREDICTION = {
    "type": "object",
    "properties": {
        "estimate": {"anyOf": [nullable(REAL), {"type": "string"}], "description": "the mean; multinomial: the likeliest class"},
        "linear_predictor": nullable(NUMBER),
        "standard_error": {**nullable(NUMBER), "description": "of the mean, or of the linear predictor where there is one"},
        "confidence_interval": {**nullable(array_of(nullable(NUMBER))), "description": "of the mean at this point"},
        "prediction_interval": {**INTERVAL, "description": "of a new observation of weight 1"},
        "probabilities": {**array_of(NUMBER), "description": "of each class"},
    },
    "required": ["estimate"],
    "additionalProperties": False,
}


ANOVA_ROW = record(
    "AnovaRow",
    {
        "source": TEXT,
        "degrees_of_freedom": NUMBER,
        "sum_of_squares": NUMBER,
        "mean_square": nullable(NUMBER),
        "statistic": nullable(NUMBER),
        "p_value": nullable(NUMBER),
    },
)
ANOVA = record("Anova", {"terms": array_of(ANOVA_ROW), "regression": ANOVA_ROW, "residual": ANOVA_ROW, "total": ANOVA_ROW})
TEXTUAL = {"rule": TEXT, "code": TEXT, "before": LINE, "after": LINE, "text": TEXT, "wrt": array_of(TEXT)}
BESIDE = {
    "equation": record("LineEquation", {"left": LINE, "right": LINE}),
    "solution": LINE,
    "condition_numbers": record("DesignConditionNumbers", {"design": nullable(NUMBER), "normal_equations": nullable(NUMBER)}),
}
STEP = record("RegressionStep", {**TEXTUAL, **BESIDE}, tuple(BESIDE))


class Response(GeneralizedLinearAnswer, PenalizedAnswer, NonlinearAnswer):
    model = fields.String(required=True, metadata={"description": "The model"})
    parameters = Answer(array_of(PARAMETER), "In model order, the intercept first")
    coefficients = Answer(
        array_of({"anyOf": [REAL, array_of(REAL)]}), "The estimates without the intercept, for each class where there are some"
    )
    intercept = Answer({"anyOf": [nullable(REAL), array_of(REAL)]}, "The estimate of the intercept; null without one")
    standard_errors = Answer({"type": "string"}, "Which ones the table holds: classical, or HC0 to HC3", required=False)
    observations = fields.Integer(required=True, metadata={"description": "How many observations there are"})
    degrees_of_freedom = Answer(NUMBER, "Observations less parameters; less effective ones for ridge", required=False)
    residual_standard_deviation = Answer(nullable(NUMBER), "sqrt(RSS / degrees of freedom); null when none are left", required=False)
    residual_sum_of_squares = Answer(NUMBER, "RSS, the (weighted) sum of squared residuals", required=False)
    regression_sum_of_squares = Answer(NUMBER, "TSS - RSS, what the model explains", required=False)
    total_sum_of_squares = Answer(NUMBER, "TSS, about the mean; about zero without an intercept", required=False)
    r_squared = Answer(nullable(NUMBER), "1 - RSS/TSS; null for a constant response", required=False)
    adjusted_r_squared = Answer(nullable(NUMBER), "The same with the degrees of freedom taken into account", required=False)
    f_statistic = Answer(nullable(NUMBER), "Of all coefficients but the intercept being zero; null for a perfect fit", required=False)
    f_degrees_of_freedom = Answer(array_of({"type": "integer"}), "Of numerator and denominator", required=False)
    f_p_value = Answer(nullable(NUMBER), "The p-value of it", required=False)
    log_likelihood = Answer(nullable(NUMBER), "With normal errors; null for a perfect fit", required=False)
    aic = Answer(nullable(NUMBER), "Akaike's criterion; the variance counts as a parameter", required=False)
    bic = Answer(nullable(NUMBER), "The Bayesian criterion; the variance counts as a parameter", required=False)
    rank = fields.Integer(metadata={"description": "The rank of the design: the number of parameters"})
    condition_number = Answer(nullable(NUMBER), "σ₁/σₚ of the design; null beyond the range of doubles", required=False)
    arithmetic = ArithmeticAnswer()
    fitted_values = Answer(array_of({"anyOf": [nullable(REAL), array_of(NUMBER)]}), "The fitted means, on request", required=False)
    residuals = Answer(array_of(nullable(REAL)), "y less the fitted values, on request", required=False)
    standardized_residuals = Answer(
        SCALED, "e/(s·sqrt(1 - h)), or deviance residuals/sqrt(1 - h), on request; null where the leverage is 1", required=False
    )
    studentized_residuals = Answer(SCALED, "The same, s estimated without that observation, on request", required=False)
    leverage = Answer(SCALED, "h, the diagonal of the hat matrix, on request", required=False)
    cooks_distance = Answer(SCALED, "How far the fit moves without that observation, on request", required=False)
    covariance = Answer(nullable(array_of(array_of(NUMBER))), "Of the estimates, on request", required=False)
    correlation = Answer(nullable(array_of(array_of(NUMBER))), "Of the estimates, on request", required=False)
    robust_standard_errors = Answer(
        nullable({"type": "object", "additionalProperties": array_of(NUMBER)}),
        "HC0 to HC3 in model order, on request; HC2 and HC3 are left out where an observation has leverage 1",
        required=False,
    )
    variance_inflation = Answer(array_of(NAMED), "1/(1 - R²) of each predictor on the others, on request", required=False)
    anova = Answer(ANOVA, "Analysis of variance, on request: sequential terms, regression, residual, total", required=False)
    durbin_watson = Answer(nullable(NUMBER), "Near 2 without serial correlation, on request", required=False)
    predictions = Answer(array_of(PREDICTION), "At the new points, with predict", required=False)
    steps = Answer(
        array_of(STEP),
        "With steps, the derivation: each line proved equal to the one before; the last step holds the condition numbers",
        required=False,
    )
    checks = ChecksField()


def _drawing(scene: Scene, shows: str) -> Drawing:
    def prepare(request: dict[str, Any]) -> Scatter | None:
        task = _task(request)
        MODELS[request["model"]].check(task)
        return scene(task, request["model"])

    return Drawing("regression", prepare, shows)


@endpoint(
    family="learning",
    request=Request,
    response=Response,
    bare="coefficients",
    left_side=r"\hat{\beta}",
    drawings={
        "fit": _drawing(SCENES["fit"], "one predictor: the fit with its confidence and prediction bands (ols, polynomial)"),
        "curve": _drawing(fitted_mean, "one predictor: the fitted probability or count with its band (logistic, poisson)"),
        "residuals": _drawing(SCENES["residuals"], "the residuals against the fitted values (ols, polynomial)"),
        "qq": _drawing(SCENES["qq"], "the standardised residuals against normal quantiles (ols, polynomial)"),
        "leverage": _drawing(SCENES["leverage"], "the standardised residuals against leverage, with Cook's distance (ols, polynomial)"),
    },
    examples=[
        Example("A line through four points", {"model": "ols", "X": [[1], [2], [3], [4]], "y": [3, 5, 7, 9.5]}),
        Example(
            "The derivation of the normal equations",
            {"model": "ols", "X": [[1, 2], [2, 1], [3, 5], [4, 4]], "y": [1, 2, 3, 5], "steps": True},
        ),
        Example(
            "Named columns, and the residuals",
            {
                "model": "ols",
                "data": {"dose": [0, 1, 2, 3, 4, 5], "age": [31, 45, 28, 52, 39, 44], "y": [2.1, 3.9, 6.2, 7.8, 10.1, 12.2]},
                "include": ["residuals"],
            },
        ),
        Example(
            "A parabola, with predictions",
            {"model": "polynomial", "x": [0, 1, 2, 3, 4], "y": [1.1, 1.9, 5.2, 9.8, 17.1], "degree": 2, "predict": [5, 6]},
        ),
        Example(
            "Ridge, the penalty chosen by generalised cross-validation",
            {"model": "ridge", "X": [[1, 2], [2, 1], [3, 5], [4, 4], [5, 7]], "y": [2.5, 1.0, 6.0, 3.0, 8.5], "alpha": "gcv"},
        ),
        Example(
            "Lasso",
            {"model": "lasso", "X": [[1, 2], [2, 1], [3, 5], [4, 4], [5, 7]], "y": [1.2, 1.9, 3.1, 4.2, 4.8], "alpha": 0.1},
        ),
        Example(
            "Beetles killed by a dose: successes in trials",
            {
                "model": "logistic",
                "data": {
                    "dose": [1.6907, 1.7242, 1.7552, 1.7842, 1.8113, 1.8369, 1.861, 1.8839],
                    "killed": [6, 13, 18, 28, 52, 53, 61, 60],
                    "number": [59, 60, 62, 56, 63, 59, 62, 60],
                },
                "response": "killed",
                "trials": "number",
                "link": "cloglog",
            },
        ),
        Example(
            "A saturating curve, with a prediction",
            {
                "model": "nonlinear",
                "expression": "b1*(1 - exp(-b2*x))",
                "data": {"x": [1, 2, 3, 5, 7, 10], "y": [109, 149, 149, 191, 213, 224]},
                "start": {"b1": 100, "b2": 0.75},
                "predict": {"x": [4]},
                "include": ["jacobian"],
            },
        ),
        Example(
            "Classes that a line separates",
            {"model": "logistic", "x": [1, 2, 3, 4], "y": ["no", "no", "yes", "yes"]},
            refused="separated",
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
    task = _task(request)
    answer = fit(request["model"], task)
    if not task.steps or "steps" in answer:
        return answer
    if request["model"] not in DERIVED:
        raise InputError(f"the model {request['model']} has no derivation to tell", f"there is one of {', '.join(DERIVED)}", "/steps")
    told = normal_equations.steps(task.observations.weights is not None, request["model"] == "ridge", answer["condition_number"])
    return answer | {"steps": told}


def _task(request: dict[str, Any]) -> Task:
    """What the model is asked."""
    observed = (
        Observations(
            **{name: request.get(name) for name in ("X", "x", "data", "y", "weights")},
            response=request["response"],
        )
        .with_named_response()
        .with_named_weights()
    )
    return Task(
        observed,
        request["intercept"],
        request.get("arithmetic"),
        request["confidence_level"],
        request["include"],
        request.get("predict"),
        request.get("steps", False),
        {name: request[name] for name in OPTIONS if name in request},
    )
