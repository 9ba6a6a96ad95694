"""The answer of a nonlinear fit: inference on the tangent plane, what is given on request, predictions with bands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from service import limits
from service.certificates import require
from service.errors import ShapeMismatch, UndefinedAtPoint, UnknownName
from service.learning.expression_model import Column, one_column
from service.learning.generalized_linear import listed
from service.learning.inference import Sums, table
from service.learning.model import NewPoints, Task
from service.learning.nonlinear_polish import Minimum
from service.learning.nonlinear_search import Problem
from service.linalg.matrix import Matrix
from service.printing.printers import to_latex, to_text

INCLUDES = ("fitted_values", "residuals", "standardized_residuals", "leverage", "covariance", "correlation", "jacobian")
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """A minimum over the `free` parameters (their places), the others held at a bound; θ has them all."""

    minimum: Minimum
    theta: Vector
    free: list[int]
    method: str


def answer(task: Task, problem: Problem, found: Found, tried: list[dict[str, Any]] | None) -> dict[str, Any]:
    least, names, n, p = found.minimum, problem.model.names, problem.observations, len(found.free)
    w = np.ones(n) if problem.weights is None else problem.weights.doubles
    y = least.fitted + least.residuals
    centre = float((w * y).sum() / w.sum())
    total = float((w * (y - centre) ** 2).sum())
    explained = max(total - least.residual_sum, 0.0)
    r_squared = 1 - least.residual_sum / total if total > 0 else None
    sums = Sums(least.residual_sum, total, explained, r_squared, n, p, True, float(np.log(w).sum()))
    deviation = sums.residual_standard_deviation
    errors = None if deviation is None else deviation * np.sqrt(np.diagonal(least.inverse_gram))
    rows = table([names[j] for j in found.free], least.theta.tolist(), least.theta, errors, sums.degrees_of_freedom, task.confidence_level)
    free = iter(rows)
    parameters = [next(free).to_json() if j in found.free else _at_bound(name, float(found.theta[j])) for j, name in enumerate(names)]
    aic, bic = sums.information_criteria()
    members: dict[str, Any] = {
        "expression": to_text(problem.model.parsed.node),
        "parameters": parameters,
        "coefficients": found.theta.tolist(),
        "intercept": None,
        "observations": n,
        "degrees_of_freedom": sums.degrees_of_freedom,
        "residual_standard_deviation": deviation,
        "residual_sum_of_squares": sums.residual,
        "total_sum_of_squares": sums.total,
        "r_squared": sums.r_squared,
        "adjusted_r_squared": sums.adjusted_r_squared,
        "log_likelihood": sums.log_likelihood,
        "aic": aic,
        "bic": bic,
        "rank": p,
        "condition_number": least.condition,
        "arithmetic": "float",
        "method": found.method,
        "iterations": least.iterations,
    }
    if tried is not None:
        members["starts"] = tried
    extras: dict[str, Callable[[], Any]] = {
        "fitted_values": lambda: listed(least.fitted),
        "residuals": lambda: listed(least.residuals),
        "leverage": lambda: listed(_leverage(least, w)),
        "standardized_residuals": lambda: _standardized(least, w, deviation),
        "covariance": lambda: None if deviation is None else least.inverse_gram * deviation**2,
        "correlation": lambda: _correlation(least.inverse_gram),
        "jacobian": lambda: [
            {"name": name, "text": to_text(node), "latex": to_latex(node)} for name, node in problem.model.written_gradient().items()
        ],
    }
    members |= {name: extras[name]() for name in task.include}
    if task.predict is not None:
        members["predictions"] = _predictions(problem, found, task.predict, deviation, sums.degrees_of_freedom, task.confidence_level)
    return members | {"checks": require(least.checks())}


def _at_bound(name: str, value: float) -> dict[str, Any]:
    """A parameter that is held at its bound is not estimated: it has no standard error."""
    empty: dict[str, Any] = {"standard_error": None, "statistic": None, "p_value": None, "confidence_interval": None}
    return {"name": name, "estimate": value, **empty, "at_bound": True}


def _leverage(least: Minimum, w: Vector) -> Vector:
    """The diagonal of the tangent plane's hat matrix, W^½ J (JᵀWJ)⁻¹ Jᵀ W^½."""
    return np.asarray(w * np.einsum("ij,jk,ik->i", least.jacobian, least.inverse_gram, least.jacobian))


def _standardized(least: Minimum, w: Vector, deviation: float | None) -> list[float | None]:
    if not deviation:
        return [None] * len(w)
    with np.errstate(all="ignore"):
        return listed(np.sqrt(w) * least.residuals / (deviation * np.sqrt(np.maximum(1 - _leverage(least, w), 0))))


def _correlation(gram: Vector) -> Vector:
    roots = np.sqrt(np.diagonal(gram))
    return np.asarray(gram / np.outer(roots, roots))


def _predictions(
    problem: Problem, found: Found, sent: NewPoints, deviation: float | None, freedom: int, level: float
) -> list[dict[str, Any]]:
    """f at new points, with the bands of the tangent plane. Raises UnknownName, ShapeMismatch, UndefinedAtPoint."""
    wanted = tuple(problem.model.columns)
    if isinstance(sent, Matrix):
        if sent.shape[1] != len(wanted):
            detail = f"the new points have {sent.shape[1]} coordinates for {len(wanted)} predictors"
            raise ShapeMismatch(detail, f"they are {', '.join(wanted)}", "/predict")
        sent = {name: one_column(sent, j) for j, name in enumerate(sorted(wanted))}
    missing = [name for name in wanted if name not in sent]
    if missing:
        raise UnknownName(f"predict has no column {missing[0]}", f"its columns are {', '.join(wanted)}", "/predict")
    columns = {name: Column(sent[name], f"/predict/{name}") for name in wanted}
    heights = {len(column.doubles) for column in columns.values()} or {1}
    if len(heights) > 1:
        raise ShapeMismatch("the columns of predict have different lengths", "an entry for each new point", "/predict")
    limits.check("points", max(heights), "/predict")
    values = problem.model.values(problem.model.first, found.theta.tolist(), np.float64, columns)
    value, *slopes = [np.broadcast_to(np.asarray(part, dtype=np.float64), (max(heights),)) for part in values]
    if not (np.isfinite(value).all() and np.isfinite(slopes).all()):
        raise UndefinedAtPoint("the model is undefined at a new point", None, "/predict")
    J = np.stack([slopes[j] for j in found.free], axis=1)
    if deviation is None:
        return [
            {"estimate": each, "standard_error": None, "confidence_interval": None, "prediction_interval": None} for each in value.tolist()
        ]
    spread = np.einsum("ij,jk,ik->i", J, found.minimum.inverse_gram, J)
    factor = float(special.stdtrit(freedom, 0.5 + level / 2))
    error, whole = deviation * np.sqrt(np.maximum(spread, 0)), deviation * np.sqrt(1 + np.maximum(spread, 0))
    return [
        {
            "estimate": at,
            "standard_error": each,
            "confidence_interval": [at - factor * each, at + factor * each],
            "prediction_interval": [at - factor * wide, at + factor * wide],
        }
        for at, each, wide in zip(value.tolist(), error.tolist(), whole.tolist(), strict=True)
    ]
