"""Lasso and elastic net: minimise 1/(2n) Σ wᵢ(yᵢ − xᵢᵀb)² + α(ρ Σ|bⱼ| + (1 − ρ)/2 Σ bⱼ²), the intercept not penalised.

α is scikit-learn's `alpha` and ρ its `l1_ratio` (1 for the lasso). In glmnet α is called lambda and ρ alpha, and glmnet standardises the
predictors unless told `standardize = FALSE`; here they are taken as they are unless `standardize` asks for it. n is the sum of the
weights. For ½Σr² + λΣ|b|, as the literature often has it, λ = n·α.

Coordinate descent (Friedman, Hastie, Tibshirani 2010) finds which coefficients are zero and the signs of the others; given these the
minimum solves linear equations, which are solved to the last digits. The certificate is the duality
gap: the objective less a value that no b can go below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, measured, require
from service.errors import InputError, NoConvergence
from service.learning import penalized
from service.learning.design import Design
from service.learning.model import Model, Task
from service.learning.penalized import read_alpha
from service.linalg.bounds import extended
from service.linalg.matrix import Floats

Vector = NDArray[np.float64]

SWEEPS = 20_000
WORK = 30_000_000  # coordinates that are visited, at most
STILL = 1e-9
GAP = 1e-8
OBJECTIVE = "1/(2n) sum of w (y - Xb)^2 + alpha (l1_ratio sum of |b| + (1 - l1_ratio)/2 sum of b^2), n the sum of the weights"


@dataclass(frozen=True)
class Problem:
    """½‖y − Xb‖²/n + l1‖b‖₁ + ½l2‖b‖² for centred X (n×q), y (n), rows times the roots of the weights."""

    X: Floats
    y: Vector
    l1: float
    l2: float

    def objective(self, b: Vector) -> float:
        r = self.y - self.X @ b
        return float(r @ r) / (2 * len(r)) + self.l1 * float(np.abs(b).sum()) + self.l2 * float(b @ b) / 2

    def gap(self, b: Vector) -> float:
        """The objective less the dual value of the residual scaled to be feasible; the ridge part stands as more rows of X."""
        n = len(self.y)
        r = self.y - self.X @ b
        slopes = self.X.T @ r / n - self.l2 * b
        largest = float(np.abs(slopes).max())
        scale = min(1.0, self.l1 / largest) if largest > 0 else 1.0
        squares = (float(r @ r) + n * self.l2 * float(b @ b)) / n
        dual = scale * float(r @ self.y) / n - scale**2 * squares / 2
        return self.objective(b) - dual


@dataclass(frozen=True)
class Sparse:
    """The fit: `estimates` in model order, `b` those of the scaled predictors, and the problem that they solve."""

    design: Design
    problem: Problem
    estimates: Vector
    b: Vector

    @property
    def residuals(self) -> Vector:
        wide = extended(self.design.y) - extended(self.design.floats) @ extended(self.estimates)
        return np.asarray(wide.astype(np.float64)) + 0.0


@np.errstate(all="ignore")
def sparse(design: Design, alpha: float, l1_ratio: float = 1.0, standardize: bool = False) -> Sparse:
    """Raises LimitExceeded, NoConvergence, InputError for exact arithmetic."""
    if design.arithmetic == "exact":
        raise InputError("the lasso and the elastic net are fitted in floats", 'leave "arithmetic" out, and send numbers', "/arithmetic")
    limits.check("cubic-size", design.parameters, design.pointer)
    first = int(design.has_intercept)
    if design.parameters == first:
        raise InputError("there are no predictors to penalise", "add a predictor", design.pointer)
    scale = penalized.scales(design, standardize)
    X, y = design.floats[:, first:] / scale, design.y
    weights = np.ones(len(y)) if design.w is None else design.w
    mass = float(weights.sum())
    means, mean = (weights @ X / mass, float(weights @ y / mass)) if first else (np.zeros(X.shape[1]), 0.0)
    roots = np.sqrt(weights * (len(y) / mass))
    problem = Problem((X - means) * roots[:, None], (y - mean) * roots, alpha * l1_ratio, alpha * (1 - l1_ratio))
    b = minimum(problem)
    return Sparse(design, problem, np.r_[[mean - float(means @ b)] * first, b / scale] + 0.0, b)


def _answer(task: Task, l1_ratio: float) -> dict[str, Any]:
    limits.check("exact-digits", len(str(task.options.get("alpha", ""))), "/alpha")
    alpha = float(read_alpha(task.options.get("alpha"), "a number above 0; it is lambda in glmnet"))
    if not 0 < l1_ratio <= 1:
        raise InputError("l1_ratio is above 0 and at most 1", 'without an L1 part it is "ridge"', "/l1_ratio")
    if not alpha > 0:
        raise InputError("alpha is above 0", 'without a penalty it is "ols"', "/alpha")
    standardize = task.options.get("standardize", False)
    found = sparse(task.observations.design(task.intercept, task.arithmetic), alpha, l1_ratio, standardize)
    design, problem, r = found.design, found.problem, found.residuals
    checks = require(sparse_checks(problem, found.b))
    written = found.estimates.tolist()
    shortcuts = penalized.shortcuts(design, written)
    weighted = problem.y - problem.X @ found.b
    by_weight = 1.0 if design.w is None else float(design.w.mean())
    residual, total = float(weighted @ weighted) * by_weight, float(problem.y @ problem.y) * by_weight
    nonzero = [name for name, value in zip(design.terms.predictors, shortcuts["coefficients"], strict=True) if value]
    answer = {
        "objective": OBJECTIVE if not standardize else f"{OBJECTIVE}; predictors divided by their standard deviations",
        "alpha": task.options["alpha"],
        "l1_ratio": l1_ratio,
        "parameters": penalized.parameters(design, written, [None] * design.parameters),
        **shortcuts,
        "nonzero": nonzero,
        "observations": design.observations,
        "effective_degrees_of_freedom": len(nonzero),
        "residual_sum_of_squares": residual,
        "total_sum_of_squares": total,
        "r_squared": 1 - residual / total if total > 0 else None,
        "objective_value": problem.objective(found.b),
        "duality_gap": max(problem.gap(found.b), 0.0),
        "arithmetic": "float",
    }
    if "fitted_values" in task.include:
        answer["fitted_values"] = design.y - r
    if "residuals" in task.include:
        answer["residuals"] = r
    if task.predict is not None:
        answer["predictions"] = penalized.predictions(design, found.estimates, task.predict)
    return answer | {"checks": checks}


def _lasso(task: Task) -> dict[str, Any]:
    return _answer(task, 1.0)


def _elastic_net(task: Task) -> dict[str, Any]:
    return _answer(task, float(task.options.get("l1_ratio", 0.5)))


def sparse_checks(problem: Problem, b: Vector) -> list[Check]:
    """The duality gap, and the conditions of Karush, Kuhn and Tucker; either refuses another b."""
    scale = float(problem.y @ problem.y) / (2 * len(problem.y)) or 1.0
    slopes = problem.X.T @ (problem.y - problem.X @ b) / len(problem.y) - problem.l2 * b
    off = np.where(b == 0, np.maximum(np.abs(slopes) - problem.l1, 0.0), np.abs(slopes - problem.l1 * np.sign(b)))
    return [
        measured("duality-gap", max(problem.gap(b), 0.0) / scale, GAP, "the objective less a lower bound of it, relative to that of b = 0"),
        measured("optimality", float(off.max()) / max(problem.l1, float(np.abs(slopes).max())), GAP, "the conditions of optimality"),
    ]


def minimum(problem: Problem) -> Vector:
    """Coordinate descent on the Gram matrix until nothing moves, then the equations of the coefficients that are not zero."""
    n, q = problem.X.shape
    gram, right = problem.X.T @ problem.X / n, problem.X.T @ problem.y / n
    if not (np.isfinite(gram).all() and np.isfinite(right).all()):
        raise NoConvergence("the squares of the numbers are beyond the range of doubles", "scale the predictors")
    curvature = gram.diagonal() + problem.l2
    b, slopes = np.zeros(q), right.copy()  # slopes = right − gram·b
    for sweep in range(1, min(SWEEPS, max(WORK // q, 50)) + 1):
        largest = 0.0
        for j in range(q):
            if curvature[j] <= 0:
                continue
            target = slopes[j] + gram[j, j] * b[j]
            value = np.sign(target) * max(abs(target) - problem.l1, 0.0) / curvature[j]
            step = value - b[j]
            if step:
                slopes -= gram[j] * step
                b[j] = value
                largest = max(largest, abs(step) * float(np.sqrt(curvature[j])))
        if largest <= STILL * float(np.sqrt(problem.y @ problem.y / n)) or sweep % 50 == 0:
            polished = _polished(problem, gram, right, b)
            if polished is not None:
                return polished
            if largest == 0:
                return b
    raise NoConvergence(
        f"coordinate descent has not converged after {sweep} sweeps; the duality gap is {problem.gap(b):.3g}",
        "send a larger alpha, or scale the predictors",
        "/alpha",
    )


def _polished(problem: Problem, gram: NDArray[np.float64], right: Vector, b: Vector) -> Vector | None:
    """The minimum with the zeros and signs of b; None when it has others."""
    active = np.flatnonzero(b)
    found = np.zeros_like(b)
    if len(active):
        signs = np.sign(b[active])
        matrix = gram[np.ix_(active, active)] + problem.l2 * np.eye(len(active))
        try:
            values = np.linalg.solve(matrix, right[active] - problem.l1 * signs)
        except np.linalg.LinAlgError:
            return None
        found[active] = values
        n, columns = len(problem.y), extended(np.ascontiguousarray(problem.X[:, active]))
        for _ in range(2):  # refined with the gradient from the data, not from the Gram matrix
            residual = extended(problem.y) - columns @ extended(found[active])
            slopes = columns.T @ residual / n - problem.l2 * found[active] - problem.l1 * signs
            found[active] += np.linalg.solve(matrix, slopes.astype(np.float64))
        if not np.isfinite(found).all() or (np.sign(found[active]) != signs).any():
            return None
    return found if all(check.passed for check in sparse_checks(problem, found)) else None


LASSO = Model(
    "lasso",
    "least squares with the penalty alpha·Σ|b|, which sets some to zero",
    _lasso,
    ("alpha", "standardize"),
    penalized.INCLUDES,
)
ELASTIC_NET = Model(
    "elastic-net",
    "least squares with the penalties of lasso and ridge, mixed by l1_ratio",
    _elastic_net,
    ("alpha", "l1_ratio", "standardize"),
    penalized.INCLUDES,
)
