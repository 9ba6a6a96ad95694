"""Ridge regression: minimise Σ wᵢ(yᵢ − xᵢᵀb)² + λ Σ bⱼ², the intercept not penalised, predictors as they are unless standardised.

This is scikit-learn's `Ridge(alpha)`, and MASS's `lm.ridge(lambda)` where predictors are standardised; λ chosen by generalised
cross-validation (Golub, Heath, Wahba, Technometrics 21, 1979) or by leave-one-out, which has a closed form: the residuals over 1 − hᵢ.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from service import limits
from service.certificates import Check, decided, require
from service.errors import NoConvergence
from service.learning import penalized
from service.learning.design import Design
from service.learning.linear_fit import LinearFit, fit
from service.learning.model import Model, Task
from service.learning.penalized import Vector, read_alpha

CRITERIA = {"gcv": "gcv", "loo": "leave-one-out", "leave-one-out": "leave-one-out"}
GRID = 161  # values of λ from LOWEST times the least squared singular value to HIGHEST times the largest
LOWEST, HIGHEST = 1e-10, 1e6
FLAT = 1e-12  # relative rounding of the criterion
OBJECTIVE = "sum of w (y - Xb)^2 + alpha sum of b^2, the intercept not penalised"


def _ridge(task: Task) -> dict[str, Any]:
    """Raises InputError for an alpha that is none, NoConvergence when the criterion has no minimum, and what `fit` raises."""
    limits.check("exact-digits", len(str(task.options.get("alpha", ""))), "/alpha")
    design = task.observations.design(task.intercept, task.arithmetic)
    limits.check("cubic-size", design.parameters, design.pointer)
    alpha = task.options.get("alpha")
    scale = penalized.scales(design, task.options.get("standardize", False))
    selection: dict[str, Any] | None = None
    checks: list[Check] = []
    if isinstance(alpha, str) and alpha in CRITERIA:
        alpha, value, checks = choose(design, CRITERIA[alpha], scale)
        selection = {"criterion": CRITERIA[str(task.options["alpha"])], "value": value}
    exact = read_alpha(alpha, 'a number of at least 0, "gcv" or "leave-one-out"')
    found, penalty = ridge(design, exact, scale)
    return _to_json(found, penalty, task) | {
        "alpha": alpha,
        "selection": selection,
        "objective": OBJECTIVE if not task.options.get("standardize") else f"{OBJECTIVE}; predictors divided by their standard deviations",
        "checks": [*found.checks, *require(checks)],
    }


def ridge(design: Design, alpha: Fraction, scale: Vector) -> tuple[LinearFit, Vector]:
    """The fit, and the dⱼ = λ·scaleⱼ² of the penalty Σ dⱼbⱼ² (p, the intercept's 0)."""
    first = int(design.has_intercept)
    exact = [flint.fmpq(0)] * first + [flint.fmpq(*(alpha * Fraction(value) ** 2).as_integer_ratio()) for value in scale.tolist()]
    return fit(design, exact if alpha else None), np.r_[np.zeros(first), float(alpha) * scale**2]


def _to_json(found: LinearFit, penalty: Vector, task: Task) -> dict[str, Any]:
    """Standard errors are those of the estimator for this λ, √(s²·diag(H⁻¹XᵀWXH⁻¹)), H = XᵀWX + D: they know nothing of its bias."""
    design, sums = found.design, found.sums
    n, first, inverse = sums.observations, int(sums.has_intercept), found.inverse_gram
    trace = effective_degrees(found, penalty)
    free = n - trace
    deviation = math.sqrt(sums.residual / free) if free > 1e-9 * n else None
    errors: list[float | None] = [None] * design.parameters
    if deviation is not None:
        variance = inverse.diagonal() - (inverse**2) @ penalty  # H⁻¹(H − D)H⁻¹
        errors = list((deviation * np.sqrt(np.maximum(variance, 0.0))).tolist())
    answer: dict[str, Any] = {
        "objective": OBJECTIVE,
        "alpha": None,
        "selection": None,
        "parameters": penalized.parameters(design, found.written, errors),
        **penalized.shortcuts(design, found.written),
        "observations": n,
        "effective_degrees_of_freedom": trace - first,
        "degrees_of_freedom": free,
        "residual_standard_deviation": deviation,
        "residual_sum_of_squares": sums.residual,
        "total_sum_of_squares": sums.total,
        "r_squared": sums.r_squared,
        "gcv": n * sums.residual / free**2 if deviation is not None else None,
        "condition_number": found.condition_number,
        "arithmetic": found.arithmetic,
    }
    if "fitted_values" in task.include:
        answer["fitted_values"] = found.written_fitted
    if "residuals" in task.include:
        answer["residuals"] = found.written_residuals
    if task.predict is not None:
        answer["predictions"] = penalized.predictions(design, found.estimates, task.predict)
    return answer


def effective_degrees(found: LinearFit, penalty: Vector) -> float:
    """The trace of the hat matrix, the intercept included: p − Σ dⱼ(H⁻¹)ⱼⱼ."""
    return found.design.parameters - float(penalty @ found.inverse_gram.diagonal())


# --- the choice of λ --------------------------------------------------------------------------------------------------


def choose(design: Design, criterion: str, scale: Vector) -> tuple[float, float, list[Check]]:
    """The λ where the criterion is least, its value there, and the check that it is larger on either side: on a grid of powers, then
    by Brent's method between the neighbours."""
    score, values = criterion_of(design, criterion, scale)
    grid = np.geomspace(values[-1] * LOWEST, values[0] * HIGHEST, GRID)
    scores = np.array([score(value) for value in grid.tolist()])
    if not np.isfinite(scores).any():
        raise NoConvergence(f"{criterion} has no value for these data", "send alpha as a number", "/alpha")
    best = int(np.nanargmin(scores))
    if best == len(grid) - 1:
        raise NoConvergence(
            f"{criterion} has no minimum: it falls as alpha grows, up to {grid[-1]:.3g}",
            "the predictors explain nothing beyond the intercept; send alpha as a number",
            "/alpha",
        )
    if best == 0:
        raise NoConvergence(
            f"{criterion} has no minimum: it falls as alpha goes to 0, down to {grid[0]:.3g}",
            'least squares itself is best: "ols"',
            "/alpha",
        )
    low, high = math.log(grid[best - 1]), math.log(grid[best + 1])
    found = optimize.minimize_scalar(lambda t: score(math.exp(t)), bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    chosen = float(f"{math.exp(found.x):.12g}")
    return chosen, score(chosen), [minimum_check(score, chosen)]


def minimum_check(score: Callable[[float], float], chosen: float) -> Check:
    """That the criterion is larger 1 % on either side: which another λ fails."""
    least = score(chosen)
    holds = least * (1 - FLAT) <= min(score(chosen * 1.01), score(chosen / 1.01))
    return decided("selection", holds, "the criterion is larger for alpha 1 % smaller and 1 % larger")


def criterion_of(design: Design, criterion: str, scale: Vector) -> tuple[Callable[[float], float], NDArray[np.float64]]:
    """The criterion as a function of λ, from the singular values of the (weighted, centred) predictors; and their squares."""
    X, y = design.floats[:, int(design.has_intercept) :] / scale, design.y
    weights = np.ones(len(y)) if design.w is None else design.w
    roots = np.sqrt(weights)
    hats = np.zeros(len(y))
    if design.has_intercept:
        X, y, hats = X - weights @ X / weights.sum(), y - weights @ y / weights.sum(), weights / weights.sum()
    if not X.shape[1]:
        raise NoConvergence("there are no predictors to penalise", "add a predictor", design.pointer)
    u, s, _ = np.linalg.svd(X * roots[:, None], full_matrices=False)
    keep = s > s[0] * 1e-12
    if not 1e-140 < s[0] < 1e140:
        raise NoConvergence("the predictors are constant, or too large or small to be squared", "send alpha as a number", "/alpha")
    u, squares = u[:, keep], s[keep] ** 2
    right = roots * y
    turned = u.T @ right
    across, n = u**2, len(y)

    def score(penalty: float) -> float:
        shrunk = squares / (squares + penalty)
        residual = right - u @ (shrunk * turned)
        if criterion == "leave-one-out":
            return float(((residual / (1 - hats - across @ shrunk)) ** 2).mean())
        free = n - float(hats.sum()) - float(shrunk.sum())
        return n * float(residual @ residual) / free**2

    return score, squares


RIDGE = Model(
    "ridge",
    "least squares with the penalty alpha·‖b‖², alpha given or chosen by cross-validation",
    _ridge,
    ("alpha", "standardize"),
    penalized.INCLUDES,
)
