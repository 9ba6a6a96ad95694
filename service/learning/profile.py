"""Profile-likelihood intervals: where 2(ℓ_max − ℓ_profile) reaches the quantile of χ² with one degree of freedom.

(Venables, Ripley: Modern Applied Statistics with S, 4th ed., 8.4.) They do not trust ℓ to be a parabola, as Wald's intervals do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import optimize, special

from service import limits
from service.learning.generalized_linear import Fit, Likelihood
from service.learning.maximum import maximise

WIDENINGS = 12


def profile_intervals(found: Fit, level: float) -> list[dict[str, Any]]:
    """For each parameter its interval; an end is None where the profile does not fall that far (it is infinite).

    Raises LimitExceeded: about 20 fits for each parameter.
    """
    limits.check("fit-entries", 20 * found.likelihood.X.size * len(found.b), "/include")
    quantile = float(special.ndtri(0.5 + level / 2))
    intervals = []
    for j, name in enumerate(found.sample.names):
        fall = _fall(found.likelihood, j, found.maximum.state.log_likelihood, quantile**2)
        ends = [_crossing(fall, float(found.b[j]), side * quantile * float(found.errors[j])) for side in (-1, 1)]
        intervals.append({"name": name, "confidence_interval": ends})
    return intervals


def _fall(likelihood: Likelihood, j: int, top: float, goal: float) -> Callable[[float], float]:
    """How far the profile at b_j = v has fallen, less the goal."""
    others = np.delete(likelihood.X, j, axis=1)
    column = likelihood.X[:, j]

    def fall(v: float) -> float:
        fixed = replace(likelihood, X=others, offset=likelihood.offset + v * column)
        if not others.shape[1]:
            value = fixed.at(np.zeros(0)).log_likelihood
        else:
            best = maximise(fixed)
            value = -math.inf if best is None else best.state.log_likelihood
        return 2 * (top - value) - goal if math.isfinite(value) else 1e300

    return fall


def _crossing(fall: Callable[[float], float], middle: float, half: float) -> float | None:
    """Where the fall reaches the goal on the side of `half` (signed)."""
    near, far = middle, middle + half
    for _ in range(WIDENINGS):
        if fall(far) >= 0:
            return float(optimize.brentq(fall, near, far, xtol=1e-10 * abs(half), rtol=1e-12))
        near, far = far, middle + 2 * (far - middle)
    return None
