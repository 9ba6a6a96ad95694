"""Ordinary (and weighted) least squares with the inference of the linear model.

In floats by QR with refinement in extended precision; by exact rationals when asked, or when the verified bounds on the float fit
are not good enough and the size allows. The normal equations are formed in exact arithmetic only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import RankDeficient, Undecided
from service.learning.design import Design
from service.learning.inference import Parameter, Sums, parameter
from service.learning.model import Model, Task
from service.linalg.bounds import TRUSTED, Extended, extended
from service.linalg.dependencies import Dependency, exact_dependencies
from service.linalg.exact import affordable, check_size, is_identity
from service.linalg.exact_numbers import beyond_doubles, nearest_doubles, texts
from service.linalg.matrix import Arithmetic, Floats
from service.linalg.numerical_rank import numerical_rank, singular_values
from service.linalg.orthogonal_fit import Basis, Fit, basis_of, fit, orthogonality_check

GOOD = 1e-12  # relative error of estimates and standard errors up to which the float fit needs no exact one
ALWAYS_EXACT = 400  # entries of the design up to which the exact fit costs a few milliseconds at most
INCLUDES = ("fitted_values", "residuals", "covariance")


@dataclass(frozen=True)
class LinearFit:
    """What the float fit and the exact one have in common: estimates (p), the diagonal and the whole of (XᵀWX)⁻¹, sums of
    squares, fitted values and residuals (n)."""

    estimates: NDArray[np.float64]
    written: list[float] | list[str]
    inverse_gram: NDArray[np.float64]
    sums: Sums
    fitted: list[float] | list[str]
    residuals: list[float] | list[str]
    condition_number: float | None
    arithmetic: Arithmetic
    checks: list[Check]


@dataclass(frozen=True)
class Regression:
    """The answer of a linear model. `parameters` in model order, the intercept first."""

    names: tuple[str, ...]
    has_intercept: bool
    fit: LinearFit
    parameters: list[Parameter]
    include: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        found, sums = self.fit, self.fit.sums
        statistic, p_value = sums.f_test()
        aic, bic = sums.information_criteria()
        answer: dict[str, Any] = {
            "parameters": [entry.to_json() for entry in self.parameters],
            "coefficients": found.written[1:] if self.has_intercept else found.written,
            "intercept": found.written[0] if self.has_intercept else None,
            "observations": sums.observations,
            "degrees_of_freedom": sums.degrees_of_freedom,
            "residual_standard_deviation": sums.residual_standard_deviation,
            "residual_sum_of_squares": sums.residual,
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
        }
        if "fitted_values" in self.include:
            answer["fitted_values"] = found.fitted
        if "residuals" in self.include:
            answer["residuals"] = found.residuals
        if "covariance" in self.include:
            variance = sums.residual_standard_deviation
            answer["covariance"] = None if variance is None else found.inverse_gram * variance**2
        return answer | {"checks": found.checks}


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def ols(design: Design, confidence_level: float = 0.95, include: tuple[str, ...] = ()) -> Regression:
    """Fit y = X·b by (weighted) least squares.

    Raises RankDeficient (which columns depend on which, or more parameters than observations), Undecided, LimitExceeded,
    CheckFailed.
    """
    found = _fit(design)
    deviation = found.sums.residual_standard_deviation
    errors = None if deviation is None else deviation * np.sqrt(np.diagonal(found.inverse_gram))
    parameters = [
        parameter(
            name,
            found.written[j],
            float(found.estimates[j]),
            None if errors is None else float(errors[j]),
            found.sums.degrees_of_freedom,
            confidence_level,
        )
        for j, name in enumerate(design.names)
    ]
    return Regression(design.names, design.has_intercept, found, parameters, include)


def _answer(task: Task) -> dict[str, Any]:
    design = task.observations.design(task.intercept, task.arithmetic)
    return ols(design, task.confidence_level, task.include).to_json()


OLS = Model("ols", "ordinary least squares, weighted when there are weights", _answer, includes=INCLUDES)


def _fit(design: Design) -> LinearFit:
    n, p = design.observations, design.parameters
    if n < p:
        raise RankDeficient(
            f"{n} observations cannot determine {p} parameters: {', '.join(design.names[:8])}{', ...' if p > 8 else ''}",
            "send more observations, or fewer predictors",
            design.pointer,
            facts={"observations": n, "parameters": p},
        )
    limits.check("cubic-size", p, design.pointer)
    if design.arithmetic == "exact":
        return _exact_fit(design)
    found = _float_fit(design)
    cheap = affordable(design.columns)
    if found and (not cheap or (_is_good(found) and n * p > ALWAYS_EXACT)):
        return _float_answer(design, found)
    if not found:
        _refuse_numerical_dependence(design, cheap)
    return _exact_fit(design)


# --- in floats ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _FloatFit:
    basis: Basis
    fit: Fit
    x: Extended  # the design and the response, rows multiplied by the square roots of the weights
    y: Extended


def _float_fit(design: Design) -> _FloatFit | None:
    """The fit by QR; None when the columns could not be proven independent."""
    x, y = extended(design.columns.floats), extended(design.response.floats)
    if design.weights is not None:
        roots = np.sqrt(extended(design.weights.floats))
        x, y = x * roots, y * roots
    basis = basis_of(x.astype(np.float64))
    if basis is None or not math.isfinite(basis.defect):
        return None
    return _FloatFit(basis, fit(x, y, basis), x, y)


def _is_good(found: _FloatFit) -> bool:
    """Whether estimates and standard errors are known to GOOD; a zero estimate is measured by its standard error."""
    deviation = float(np.linalg.norm(found.fit.residual)) / math.sqrt(max(len(found.y) - len(found.basis.s), 1))
    scale = np.maximum(np.abs(found.fit.x[:, 0]), deviation * np.sqrt(found.basis.inverse_gram_diagonal()) * 1e-3)
    accurate = bool((found.fit.error[:, 0] <= GOOD * scale).all())
    return accurate and found.basis.defect <= GOOD and float(found.fit.residual_error[0]) <= GOOD


def _float_answer(design: Design, found: _FloatFit) -> LinearFit:
    estimates = found.fit.x[:, 0] + 0.0
    residual_sum = float((found.fit.residual**2).sum())
    if math.isfinite(residual_sum) and float(found.fit.residual_error[0]) >= 1:
        residual_sum = 0.0  # what is left cannot be told from rounding
    fitted = design.columns.floats @ estimates
    residuals = (extended(design.response.floats)[:, 0] - extended(design.columns.floats) @ extended(estimates)).astype(np.float64)
    return LinearFit(
        estimates,
        estimates.tolist(),
        found.basis.s @ found.basis.s.T,
        _sums(design, residual_sum, design.response.floats, _weights(design)),
        (fitted + 0.0).tolist(),
        (residuals + 0.0).tolist(),
        _condition(found.basis.r),
        "float",
        require(float_checks(found.fit, found.basis, (design.observations, design.parameters))),
    )


def float_checks(found: Fit, basis: Basis, shape: tuple[int, int]) -> list[Check]:
    """Each refuses a fit that was tampered with: the residual, the independence of the columns, the digits of the answer."""
    scale = float(np.abs(found.x).max()) or 1.0
    residual_error = float(found.residual_error[0])
    return [
        orthogonality_check(found, shape),
        measured("rank", basis.defect, TRUSTED, "bound on ||Q'Q - I||, Q = X R^-1: the columns of X are independent"),
        measured("forward-error", float(found.error.max()) / scale, TRUSTED, "verified bound on the error of the estimates"),
        measured("residual", residual_error if residual_error < 1 else 0.0, TRUSTED, "rounding in the norm of the residual"),
    ]


def _refuse_numerical_dependence(design: Design, cheap: bool) -> None:
    """Raises RankDeficient when the columns, scaled, have a clear numerical rank below p, and Undecided when they have none and
    exact arithmetic is too expensive (not `cheap`) to tell."""
    columns = design.columns.floats
    scaled = columns / np.maximum(np.abs(columns).max(axis=0), np.finfo(np.float64).tiny)
    found = numerical_rank(np.ascontiguousarray(scaled.T))
    if found.rank is not None and found.rank < design.parameters:
        raise _dependent(design, _exact_relations(design, found.rank))
    if not cheap:
        raise Undecided(
            "floats cannot tell whether the columns of the design are independent: it is too ill-conditioned",
            'centre and scale the predictors, or send "arithmetic": "exact" where the size allows',
            design.pointer,
        )


# --- exact --------------------------------------------------------------------------------------------------------------


def _exact_fit(design: Design) -> LinearFit:
    """The fit in rationals. The numbers of the answer are texts in exact arithmetic, correctly rounded doubles otherwise."""
    p, mode = design.parameters, design.arithmetic
    check_size(design.columns, 2 * p * p, design.pointer)
    x, y = design.columns.exact, design.response.exact
    weighted = x if design.weights is None else _scaled_rows(x, design.weights.exact)
    gram = weighted.transpose() * x
    try:
        inverse = gram.inv()
    except ZeroDivisionError:
        raise _dependent(design, exact_dependencies(x, "column")[1]) from None
    estimates = inverse * (weighted.transpose() * y)
    fitted = x * estimates
    residuals = y - fitted
    residual_sum = residuals.transpose() * _weighted(design, residuals)
    doubles = nearest_doubles(estimates)[:, 0]
    return LinearFit(
        doubles + 0.0,
        [row[0] for row in texts(estimates)] if mode == "exact" else (doubles + 0.0).tolist(),
        nearest_doubles(inverse),
        _sums(design, float(nearest_doubles(residual_sum)[0, 0]), nearest_doubles(y), _weights(design)),
        [row[0] for row in texts(fitted)] if mode == "exact" else nearest_doubles(fitted)[:, 0].tolist(),
        [row[0] for row in texts(residuals)] if mode == "exact" else nearest_doubles(residuals)[:, 0].tolist(),
        _condition(nearest_doubles(x)),
        mode,
        require(exact_checks(weighted, residuals, gram, inverse)),
    )


def exact_checks(weighted: Any, residuals: Any, gram: Any, inverse: Any) -> list[Check]:
    """That the residuals are those of the best fit, and that X'WX has the inverse from which the errors are taken."""
    orthogonal = (weighted.transpose() * residuals).rank() == 0
    return [
        decided("orthogonality", orthogonal, "the residual is orthogonal to every column of the design, exactly, in rational arithmetic"),
        decided("rank", is_identity(gram * inverse), "X'X has an exact inverse: the columns of X are independent"),
    ]


def _scaled_rows(x: Any, weights: Any) -> Any:
    return flint.fmpq_mat([[weight[0] * value for value in row] for row, weight in zip(x.tolist(), weights.tolist(), strict=True)])


def _weighted(design: Design, column: Any) -> Any:
    return column if design.weights is None else _scaled_rows(column, design.weights.exact)


# --- what both share ----------------------------------------------------------------------------------------------------


def _sums(design: Design, residual: float, response: Floats, weights: Floats) -> Sums:
    """The sums of squares, the total one in extended precision about the mean (or about zero, without an intercept)."""
    y, w = extended(response), extended(weights)
    centre = (w * y).sum() / w.sum() if design.has_intercept else 0.0
    total = float((w * (y - centre) ** 2).sum())
    if not math.isfinite(residual + total):
        raise beyond_doubles()
    return Sums(residual, total, design.observations, design.parameters, design.has_intercept, float(np.log(w).sum()))


def _weights(design: Design) -> Floats:
    return np.ones((design.observations, 1)) if design.weights is None else design.weights.floats


def _condition(a: Floats) -> float | None:
    """σ₁/σₚ of the design; None beyond the range of doubles."""
    values = singular_values(a)
    return float(values[0] / values[-1]) if values[-1] > values[0] * 1e-300 else None


def _exact_relations(design: Design, rank: int) -> list[Dependency] | None:
    """The relations between the columns as sent, when there are as many as floats show."""
    if not affordable(design.columns):
        return None
    independent, relations = exact_dependencies(design.columns.exact, "column")
    return relations if len(independent) == rank else None


def _dependent(design: Design, relations: list[Dependency] | None) -> RankDeficient:
    names = design.names
    if not relations:
        reason = "to the precision of floats, a column is a combination of others"
        return RankDeficient(f"the parameters are not determined: {reason}", "leave that column out", design.pointer)
    return RankDeficient(
        f"the parameters are not determined, because {'; '.join(entry.sentence(names) for entry in relations[:3])}",
        f"leave out {', '.join(names[entry.index] for entry in relations[:3])}",
        design.pointer,
        facts={
            "rank": design.parameters - len(relations),
            "parameters": design.parameters,
            "dependencies": [entry.to_json(names) for entry in relations[:3]],
        },
    )
