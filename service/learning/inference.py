"""What follows from a fit with normal errors: standard errors, t and F tests, intervals, information criteria.

Distributions by scipy.special (stdtr, stdtrit, fdtrc). A figure that does not exist (no degrees of freedom left, a perfect fit, a
constant response) is None, never infinite and never NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Vector = NDArray[np.float64]


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


def table(
    names: Sequence[str], written: Sequence[float | str], estimates: Vector, errors: Vector | None, degrees_of_freedom: float, level: float
) -> list[Parameter]:
    """The t test of each coefficient against zero, with its confidence interval of the given level; infinitely many degrees of
    freedom make it the z test."""
    if errors is None or degrees_of_freedom < 1:
        return [Parameter(name, value, None, None, None, None) for name, value in zip(names, written, strict=True)]
    half = float(special.stdtrit(degrees_of_freedom, 0.5 + level / 2)) * errors
    statistics = np.divide(estimates, errors, out=np.zeros_like(estimates), where=errors > 0)
    p_values = np.minimum(1.0, 2 * special.stdtr(degrees_of_freedom, -np.abs(statistics)))
    low, high = estimates - half, estimates + half
    there = np.isfinite(errors) & np.isfinite(statistics) & np.isfinite(low) & np.isfinite(high)
    tested = there & (errors > 0)
    columns = (errors.tolist(), statistics.tolist(), p_values.tolist(), low.tolist(), high.tolist(), there.tolist(), tested.tolist())
    return [
        Parameter(name, value, error if known else None, t if test else None, p if test else None, (a, b) if known else None)
        for name, value, error, t, p, a, b, known, test in zip(names, written, *columns, strict=True)
    ]


@dataclass(frozen=True)
class Sums:
    """The sums of squares of a linear fit with n observations and p parameters: `residual`, `total` about the (weighted) mean when
    there is an intercept and about zero otherwise, `regression` their difference; `r_squared` is regression/total (None for a
    constant response), as R and statsmodels have it. `log_weights` is Σ ln wᵢ,
    `deviation` the residual standard deviation where it is known better than by its square."""

    residual: float
    total: float
    regression: float
    r_squared: float | None
    observations: int
    parameters: int
    has_intercept: bool
    log_weights: float = 0.0
    deviation: float | None = None

    @property
    def degrees_of_freedom(self) -> int:
        return self.observations - self.parameters

    @property
    def residual_standard_deviation(self) -> float | None:
        if self.deviation is not None or self.degrees_of_freedom <= 0:
            return self.deviation
        return math.sqrt(self.residual / self.degrees_of_freedom)

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
        statistic = max(self.regression, 0.0) / self.residual * (below / above)
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
