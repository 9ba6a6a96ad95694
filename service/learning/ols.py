"""Ordinary (and weighted) least squares, and polynomials, with the inference of the linear model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from service.certificates import Check, require
from service.errors import InputError
from service.learning.design import Design
from service.learning.diagnostics import ROBUST, Diagnostics, with_nulls
from service.learning.inference import Parameter, table
from service.learning.linear_fit import LinearFit, fit
from service.learning.model import Model, Task
from service.learning.prediction import predict

INCLUDES = (
    "fitted_values",
    "residuals",
    "standardized_residuals",
    "studentized_residuals",
    "leverage",
    "cooks_distance",
    "covariance",
    "correlation",
    "robust_standard_errors",
    "variance_inflation",
    "anova",
    "durbin_watson",
)
NEEDS_FRAME = frozenset(
    ("standardized_residuals", "studentized_residuals", "leverage", "cooks_distance", "robust_standard_errors", "anova")
)
CLASSICAL = "classical"


@dataclass(frozen=True)
class Regression:
    """The answer of a linear model without a penalty. `errors` names the standard errors of the table: classical, HC0 to HC3."""

    fit: LinearFit
    level: float = 0.95
    errors: str = CLASSICAL
    include: tuple[str, ...] = ()

    @cached_property
    def diagnostics(self) -> Diagnostics:
        return Diagnostics(self.fit)

    @cached_property
    def covariance(self) -> Any:
        """Of the estimates (p×p), by the standard errors chosen; None when no degrees of freedom are left."""
        deviation = self.fit.sums.residual_standard_deviation
        if deviation is None:
            return None
        if self.errors == CLASSICAL:
            return self.fit.inverse_gram * deviation**2
        return self.diagnostics.robust_covariance(self.errors)

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The table of the estimates."""
        found = self.fit
        errors = found.standard_errors
        if errors is not None and self.errors != CLASSICAL:
            errors = np.sqrt(self.covariance.diagonal())
        return table(found.design.names, found.written, found.estimates, errors, found.sums.degrees_of_freedom, self.level)

    def to_json(self) -> dict[str, Any]:
        found, sums, design = self.fit, self.fit.sums, self.fit.design
        written = found.written
        statistic, p_value = sums.f_test()
        aic, bic = sums.information_criteria()
        return {
            "parameters": [entry.to_json() for entry in self.parameters],
            "coefficients": written[1:] if design.has_intercept else written,
            "intercept": written[0] if design.has_intercept else None,
            "standard_errors": self.errors,
            "observations": sums.observations,
            "degrees_of_freedom": sums.degrees_of_freedom,
            "residual_standard_deviation": sums.residual_standard_deviation,
            "residual_sum_of_squares": sums.residual,
            "regression_sum_of_squares": sums.regression,
            "total_sum_of_squares": sums.total,
            "r_squared": sums.r_squared,
            "adjusted_r_squared": sums.adjusted_r_squared,
            "f_statistic": statistic,
            "f_degrees_of_freedom": list(sums.f_degrees_of_freedom),
            "f_p_value": p_value,
            "log_likelihood": sums.log_likelihood,
            "aic": aic,
            "bic": bic,
            "rank": sums.parameters,
            "condition_number": found.condition_number,
            "arithmetic": found.arithmetic,
            **self.extras(),
        }

    def extras(self) -> dict[str, Any]:
        """The members that were asked for."""
        wanted = {
            "fitted_values": lambda: self.fit.written_fitted,
            "residuals": lambda: self.fit.written_residuals,
            "standardized_residuals": lambda: with_nulls(self.diagnostics.standardized),
            "studentized_residuals": lambda: with_nulls(self.diagnostics.studentized),
            "leverage": lambda: self.diagnostics.leverage,
            "cooks_distance": lambda: with_nulls(self.diagnostics.cooks_distance),
            "covariance": lambda: self.covariance,
            "correlation": lambda: _correlation(self.covariance),
            "robust_standard_errors": self._robust,
            "variance_inflation": self.diagnostics.variance_inflation,
            "anova": self.diagnostics.anova,
            "durbin_watson": self.diagnostics.durbin_watson,
        }
        return {name: wanted[name]() for name in INCLUDES if name in self.include}

    def checks(self) -> list[Check]:
        """What was verified: the fit, and the basis that diagnostics stand on where there are any."""
        with_basis = self.errors != CLASSICAL or NEEDS_FRAME & set(self.include)
        return [*self.fit.checks, *(require(self.diagnostics.checks()) if with_basis else ())]

    def _robust(self) -> dict[str, Any] | None:
        """The standard errors of every kind that there is for these data, in model order."""
        if self.fit.sums.residual_standard_deviation is None:
            return None
        alone = float((1 - self.diagnostics.leverage).min()) <= 1e-10
        kinds = ROBUST[:2] if alone else ROBUST
        return {kind: np.sqrt(self.diagnostics.robust_covariance(kind).diagonal()) for kind in kinds}


def _correlation(covariance: Any) -> Any:
    if covariance is None or not (covariance.diagonal() > 0).all():
        return None
    roots = np.sqrt(covariance.diagonal())
    return np.clip(covariance / roots / roots[:, None], -1.0, 1.0)


def regression(design: Design, task: Task) -> dict[str, Any]:
    """The answer for a design: what OLS and the polynomial have in common.

    Raises RankDeficient (which columns depend on which, or more parameters than observations), Undecided, LimitExceeded,
    CheckFailed.
    """
    found = Regression(fit(design), task.confidence_level, task.options.get("standard_errors", CLASSICAL), task.include)
    answer = found.to_json()
    if task.predict is not None:
        answer["predictions"] = predict(found.fit, task.predict, task.confidence_level)
    return answer | {"checks": found.checks()}


def _ols(task: Task) -> dict[str, Any]:
    return regression(_design(task), task)


def _polynomial(task: Task) -> dict[str, Any]:
    return regression(_design_of_polynomial(task), task)


def _design(task: Task) -> Design:
    return task.observations.design(task.intercept, task.arithmetic)


def _design_of_polynomial(task: Task) -> Design:
    degree = task.options.get("degree")
    if degree is None:
        raise InputError("a polynomial has a degree", 'send "degree": 2 for a parabola', "/degree")
    return task.observations.design(task.intercept, task.arithmetic, degree)


def linear_fit_of(task: Task, model: str) -> LinearFit | None:
    """The fit alone; None for another model than these two."""
    designs = {OLS.name: _design, POLYNOMIAL.name: _design_of_polynomial}
    return fit(designs[model](task)) if model in designs else None


OLS = Model("ols", "ordinary least squares, weighted when there are weights", _ols, ("standard_errors",), INCLUDES)
POLYNOMIAL = Model(
    "polynomial", "a polynomial in x of the given degree, by least squares", _polynomial, ("degree", "standard_errors"), INCLUDES
)
