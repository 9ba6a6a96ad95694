"""What follows from a fit with normal errors: standard errors, t and F tests, intervals, information criteria.

Distributions by scipy.special (stdtr, stdtrit, fdtrc). A figure that does not exist (no degrees of freedom left, a perfect fit, a
constant response) is None, never infinite and never NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scipy import special


@dataclass(frozen=True)
class Parameter:
    """One line of the table of coefficients. `estimate` is a float, or an exact text."""

    name: str
    estimate: float | str
    standard_error: float | None
    statistic: float | None
    p_value: float | None
    confidence_interval: tuple[float, float] | None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "estimate": self.estimate,
            "standard_error": self.standard_error,
            "statistic": self.statistic,
            "p_value": self.p_value,
            "confidence_interval": None if self.confidence_interval is None else list(self.confidence_interval),
        }


def parameter(
    name: str, written: float | str, estimate: float, standard_error: float | None, degrees_of_freedom: int, level: float
) -> Parameter:
    """The t test of one coefficient against zero and its confidence interval of the given level."""
    if standard_error is None or not math.isfinite(standard_error):
        return Parameter(name, written, None, None, None, None)
    half = float(special.stdtrit(degrees_of_freedom, 0.5 + level / 2)) * standard_error
    interval = (estimate - half, estimate + half)
    if standard_error == 0:
        return Parameter(name, written, 0.0, None, None, interval)
    statistic = estimate / standard_error
    if not all(map(math.isfinite, (statistic, *interval))):
        return Parameter(name, written, None, None, None, None)
    p_value = min(1.0, 2 * float(special.stdtr(degrees_of_freedom, -abs(statistic))))
    return Parameter(name, written, standard_error, statistic, p_value, interval)


@dataclass(frozen=True)
class Sums:
    """The sums of squares of a linear fit with n observations and p parameters: `residual`, and `total` about the (weighted) mean
    when there is an intercept, about zero otherwise. `log_weights` is Σ ln wᵢ."""

    residual: float
    total: float
    observations: int
    parameters: int
    has_intercept: bool
    log_weights: float = 0.0

    @property
    def degrees_of_freedom(self) -> int:
        return self.observations - self.parameters

    @property
    def residual_standard_deviation(self) -> float | None:
        return math.sqrt(self.residual / self.degrees_of_freedom) if self.degrees_of_freedom else None

    @property
    def r_squared(self) -> float | None:
        """1 − RSS/TSS; without an intercept TSS is about zero, as R and statsmodels have it."""
        return 1 - self.residual / self.total if self.total > 0 else None

    @property
    def adjusted_r_squared(self) -> float | None:
        if self.r_squared is None or not self.degrees_of_freedom:
            return None
        return 1 - (1 - self.r_squared) * (self.observations - self.has_intercept) / self.degrees_of_freedom

    @property
    def f_degrees_of_freedom(self) -> tuple[int, int]:
        return self.parameters - self.has_intercept, self.degrees_of_freedom

    def f_test(self) -> tuple[float | None, float | None]:
        """F and its p-value, of all coefficients but the intercept being zero."""
        above, below = self.f_degrees_of_freedom
        if not above or not below or self.residual == 0:
            return None, None
        statistic = max(self.total - self.residual, 0.0) / self.residual * (below / above)
        if not math.isfinite(statistic):
            return None, None
        return statistic, float(special.fdtrc(above, below, statistic))

    @property
    def log_likelihood(self) -> float | None:
        """Of normal errors with the variance at its maximum, RSS/n."""
        if self.residual == 0:
            return None
        n = self.observations
        return (self.log_weights - n * (math.log(2 * math.pi * self.residual / n) + 1)) / 2

    def information_criteria(self) -> tuple[float | None, float | None]:
        """AIC and BIC; the variance counts as a parameter, as R has it."""
        if self.log_likelihood is None:
            return None, None
        k = self.parameters + 1
        return 2 * k - 2 * self.log_likelihood, k * math.log(self.observations) - 2 * self.log_likelihood
