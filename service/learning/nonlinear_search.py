"""Nonlinear least squares, the search: from a starting value to the neighbourhood of a minimum of Σ w (y − f(x, θ))².

SciPy's Levenberg–Marquardt (MINPACK) and trust-region solvers with our symbolic Jacobian, one after the other until one arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from service.learning.expression_model import Column, ExpressionModel, Response

Numbers = NDArray[Any]
BEYOND = 1e100  # a residual that is not finite, for solvers that need a number
EVALUATIONS = {"lm": 2_000, "trf": 300, "dogbox": 300}
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Problem:
    """Minimise Σ w (y − f)² over θ within `lower` ≤ θ ≤ `upper` (infinite where free)."""

    model: ExpressionModel
    response: Response
    weights: Column | None
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    observations: int

    @property
    def is_bounded(self) -> bool:
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())

    def roots(self, kind: Any = np.float64) -> Any:
        """√w, n long or the number 1."""
        return 1.0 if self.weights is None else np.sqrt(self.weights.of(kind))

    @cached_property
    def observed(self) -> NDArray[np.float64]:
        return self.response.floats()

    def spread(self, values: Any) -> Numbers:
        """A value for each observation, also where the model does not depend on them."""
        return np.broadcast_to(np.asarray(values), (self.observations,))

    def residuals(self, theta: Numbers) -> NDArray[np.float64]:
        """√w (f − y)."""
        (value,) = self.model.values(self.model.value, theta.tolist())
        return np.asarray(self.roots() * (self.spread(value) - self.observed), dtype=np.float64)

    def jacobian(self, theta: Numbers) -> NDArray[np.float64]:
        """The derivatives of the residuals, n×p."""
        parts = self.model.values(self.model.first, theta.tolist())[1:]
        return np.stack([np.asarray(self.roots() * self.spread(part), dtype=np.float64) for part in parts], axis=1)

    def column_balls(self) -> dict[str, Numbers]:
        return {name: column.balls() for name, column in self.model.columns.items()}

    def weight_balls(self) -> Any:
        return flint.arb(1) if self.weights is None else self.weights.balls()


def searches(problem: Problem, start: NDArray[np.float64]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Where each solver stops, with its name. They are tried in this order; none depends on chance."""
    sizes = np.where(start != 0, np.abs(start), 1.0)
    plans: list[tuple[str, Any]] = [("trf", "jac"), ("trf", sizes), ("dogbox", "jac"), ("trf", 1.0)]
    if not problem.is_bounded:
        plans = [("lm", "jac"), ("newton", 1.0), ("lm", sizes), *plans]
    seen: list[NDArray[np.float64]] = []
    for method, scale in plans:
        found = start if method == "newton" else _solve(problem, start, method, scale)
        if found is not None and not any(np.array_equal(found, other) for other in seen):
            seen.append(found)
            yield method, found


def _solve(problem: Problem, start: NDArray[np.float64], method: Any, scale: Any) -> NDArray[np.float64] | None:
    def residuals(theta: Numbers) -> Numbers:
        values = problem.residuals(theta)
        return values if np.isfinite(values).all() else np.where(np.isfinite(values), np.clip(values, -BEYOND, BEYOND), BEYOND)

    def jacobian(theta: Numbers) -> Numbers:
        return np.nan_to_num(problem.jacobian(theta), nan=0.0, posinf=BEYOND, neginf=-BEYOND)

    bounds = (-np.inf, np.inf) if method == "lm" else (problem.lower, problem.upper)
    tolerances: dict[str, Any] = {"ftol": TOLERANCE, "xtol": TOLERANCE, "gtol": TOLERANCE}
    try:
        with np.errstate(all="ignore"):
            found: Any = optimize.least_squares(
                residuals, start, jacobian, bounds, method=method, x_scale=scale, max_nfev=EVALUATIONS[method], **tolerances
            )
    except (ValueError, np.linalg.LinAlgError):  # a step to where nothing is defined
        return None
    return np.asarray(found.x) if np.isfinite(found.x).all() else None
