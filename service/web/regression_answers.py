"""The members of the answer that only some regression models have."""

from __future__ import annotations

from marshmallow import fields

from service.web.endpoint import ResponseSchema
from service.web.linear_algebra import Answer
from service.web.values import NUMBER, REAL, TEXT, array_of, nullable, record

MAYBE = nullable(NUMBER)
RATIO = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "estimate": MAYBE, "confidence_interval": nullable(array_of(MAYBE))},
    "required": ["name", "estimate", "confidence_interval"],
    "additionalProperties": False,
}
INTERVAL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "confidence_interval": array_of(MAYBE)},
    "required": ["name", "confidence_interval"],
    "additionalProperties": False,
}


class GeneralizedLinearAnswer(ResponseSchema):
    """Of logistic, multinomial and poisson."""

    family = fields.String(metadata={"description": "The distribution of the response"})
    link = fields.String(metadata={"description": "The function of the mean that is linear"})
    classes = Answer(array_of({"type": "string"}), "The labels; the first is the reference, the second of two succeeds", required=False)
    odds_ratios = Answer(array_of(RATIO), "exp of the coefficients of the link logit", required=False)
    rate_ratios = Answer(array_of(RATIO), "exp of the coefficients of the logarithmic link", required=False)
    deviance = Answer(NUMBER, "Twice what the log-likelihood is below that of the saturated model", required=False)
    null_deviance = Answer(NUMBER, "The deviance without predictors", required=False)
    null_degrees_of_freedom = fields.Integer(metadata={"description": "Of the model without predictors"})
    pearson_chi_squared = Answer(MAYBE, "The sum of the squared Pearson residuals", required=False)
    null_log_likelihood = Answer(NUMBER, "The log-likelihood without predictors", required=False)
    mcfadden_r_squared = Answer(MAYBE, "1 - log-likelihood / null log-likelihood", required=False)
    likelihood_ratio_statistic = Answer(MAYBE, "Of all coefficients but the intercept being zero: chi-squared", required=False)
    likelihood_ratio_degrees_of_freedom = fields.Integer(metadata={"description": "Of this statistic"})
    likelihood_ratio_p_value = Answer(MAYBE, "The p-value of it", required=False)
    information = fields.String(metadata={"description": "What the standard errors come from: expected (Fisher) or observed information"})
    iterations = fields.Integer(metadata={"description": "How many steps Newton's method took before it was polished"})
    linear_predictors = Answer(array_of(MAYBE), "X·b + offset, on request", required=False)
    deviance_residuals = Answer(array_of(MAYBE), "On request", required=False)
    pearson_residuals = Answer(array_of(MAYBE), "On request", required=False)
    working_residuals = Answer(array_of(MAYBE), "(y - mean) / (d mean / d linear predictor), on request", required=False)
    profile_intervals = Answer(array_of(INTERVAL), "Profile-likelihood intervals, on request; null is an infinite end", required=False)


class PenalizedAnswer(ResponseSchema):
    """Of ridge, lasso and elastic-net."""

    objective = fields.String(metadata={"description": "What was minimised"})
    alpha = Answer(REAL, "The weight of the penalty", required=False)
    selection = Answer(
        nullable(record("PenaltySelection", {"criterion": TEXT, "value": NUMBER})),
        "How alpha was chosen: the criterion and its value; null where it was given",
        required=False,
    )
    l1_ratio = Answer(NUMBER, "The part of the lasso in the penalty", required=False)
    nonzero = Answer(array_of({"type": "string"}), "lasso, elastic-net: the predictors whose coefficients are not zero", required=False)
    objective_value = Answer(NUMBER, "lasso, elastic-net: the objective at the minimum", required=False)
    duality_gap = Answer(NUMBER, "lasso, elastic-net: no b has an objective that is lower by more", required=False)
    effective_degrees_of_freedom = Answer(
        NUMBER, "The trace of the hat matrix without the intercept; lasso, elastic-net: how many are not zero", required=False
    )
    gcv = Answer(MAYBE, "ridge: the criterion of generalised cross-validation, n·RSS/(n - df)²", required=False)


class NonlinearAnswer(ResponseSchema):
    """Of nonlinear, beside the members of least squares."""

    expression = fields.String(metadata={"description": "The model as it was read"})
    method = fields.String(metadata={"description": "What found the neighbourhood of the minimum: lm, newton, trf or dogbox"})
    starts = Answer(
        array_of(
            {
                "type": "object",
                "properties": {
                    "start": {"type": "object", "additionalProperties": NUMBER},
                    "residual_sum_of_squares": MAYBE,
                    "reason": nullable({"type": "string"}),
                },
                "required": ["start", "residual_sum_of_squares", "reason"],
                "additionalProperties": False,
            }
        ),
        "What each of several starts led to; null, with the reason, where to nothing",
        required=False,
    )
    jacobian = Answer(
        array_of(
            {
                "type": "object",
                "properties": {"name": {"type": "string"}, "text": {"type": "string"}, "latex": {"type": "string"}},
                "required": ["name", "text", "latex"],
                "additionalProperties": False,
            }
        ),
        "The derivative of the model by each parameter, on request",
        required=False,
    )
