"""Multinomial logistic regression: log(p_k/p_0) = x·b_k for the classes k after the first, which is the reference.

(Agresti: Categorical Data Analysis, 3rd ed., 8.1.) The information is AᵀA with the rows √p_k (e_k − p) ⊗ x, k = 0, 1, ..., since
Σ p_k (e_k − p)(e_k − p)' = diag(p) − pp'. Along a line, ℓ''' is a third central moment of scores: at most their range times ℓ''.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from service import limits
from service.certificates import require
from service.errors import MathematicsRefuses
from service.learning.generalized_linear import listed, mcfadden, no_maximum, ratios, separated
from service.learning.inference import table
from service.learning.maximum import State, maximise, row_lengths
from service.learning.model import Model, Task
from service.learning.sample import Sample, new_rows, read_sample, refuse_dependence, refuse_exact
from service.learning.separation import Demands, separating_direction
from service.linalg.bounds import TRUSTED, Extended, extended, extended_gamma
from service.linalg.matrix import Floats

INCLUDES = ("fitted_values", "covariance")
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class MultinomialLikelihood:
    """ℓ of b, the coefficients of class 1, then of class 2, ...: see `maximum.Concave`. `places` (n) count the classes from 0."""

    X: Floats
    places: NDArray[np.intp]
    classes: int
    weights: Numbers

    @cached_property
    def wide(self) -> Extended:
        return extended(self.X)

    @cached_property
    def chosen(self) -> Numbers:
        """n×(K−1): 1 where the class was observed."""
        return np.asarray(self.places[:, None] == np.arange(1, self.classes), dtype=float)

    def scores(self, b: Any) -> Any:
        """The linear predictors n×K, those of the reference 0."""
        X = self.X if b.dtype == np.float64 else self.wide
        scores = np.zeros((len(X), self.classes), dtype=b.dtype)
        scores[:, 1:] = X @ b.reshape(self.classes - 1, -1).T
        return scores

    def probabilities(self, b: Any) -> tuple[Any, Any]:
        """Probabilities n×K, and ℓ of each observation."""
        scores = self.scores(b)
        shifted = scores - scores.max(axis=1, keepdims=True)
        grown = np.exp(shifted)
        total = grown.sum(axis=1)
        return grown / total[:, None], shifted[np.arange(len(scores)), self.places] - np.log(total)

    def start(self) -> Numbers:
        return np.zeros(self.X.shape[1] * (self.classes - 1))

    def at(self, b: Numbers) -> State:
        with np.errstate(all="ignore"):
            p, values = self.probabilities(b)
            score = ((self.chosen - p[:, 1:]) * self.weights[:, None]).T @ self.X
            value = float((self.weights * values).sum())
            return State(value if math.isfinite(value) else -math.inf, score.ravel(), self._root(p))

    def _root(self, p: Numbers) -> Floats:
        n, width = self.X.shape
        root = np.empty((self.classes, n, self.classes - 1, width))
        for k in range(self.classes):
            for c in range(1, self.classes):
                factor = np.sqrt(self.weights * p[:, k]) * (float(k == c) - p[:, c])
                root[k, :, c - 1] = factor[:, None] * self.X
        return root.reshape(self.classes * n, -1)

    def score(self, b: Numbers, careful: bool) -> tuple[Extended, Numbers]:
        n, width = self.X.shape
        with np.errstate(all="ignore"):
            p, _ = self.probabilities(extended(b))
            short = (self.chosen - p[:, 1:]) * self.weights[:, None]
            sizes = np.abs(self.X)
            moved = extended_gamma(width + 2) * (sizes @ np.abs(b).reshape(self.classes - 1, -1).T).max(axis=1)
            rounding = moved + extended_gamma(n + self.classes + 20)
            return (short.T @ self.wide).ravel(), np.tile(sizes.T @ (self.weights * rounding), self.classes - 1)

    def predictors(self, step: Numbers) -> float:
        return float(np.abs(self.scores(step)).max())

    def bend(self, b: Numbers, s: Floats) -> float:
        width = self.X.shape[1]
        lengths = [np.linalg.norm(self.X @ s[c * width : (c + 1) * width], axis=1) for c in range(self.classes - 1)]
        return 2 * float(np.max(lengths))

    def demands(self) -> Demands:
        """The score of the observed class is to be above that of every other one."""
        n = len(self.X)
        row = np.repeat(np.arange(n), self.classes)
        other = np.tile(np.arange(self.classes), n)
        kept = other != self.places[row]
        above, below = self.places[row][kept] - 1, other[kept] - 1
        return Demands(row[kept], above, below, np.zeros(int(kept.sum()), dtype=bool), self.classes - 1)


def _multinomial(task: Task) -> dict[str, Any]:
    refuse_exact(task)
    return multinomial_answer(task, read_sample(task))


def multinomial_answer(task: Task, sample: Sample) -> dict[str, Any]:
    """Classes are labels in alphabetical order, or numbers in theirs.

    Raises Separated, NoConvergence, CheckFailed, MathematicsRefuses for a single class, LimitExceeded.
    """
    labels = sample.labels or tuple(f"{value:.15g}" for value in np.unique(sample.y))
    places = np.unique(sample.y, return_inverse=True)[1].astype(np.intp)
    if len(labels) < 2:
        raise MathematicsRefuses(f'every response is "{labels[0][:60]}"', "there are at least two classes", "/y")
    n, p, count = len(places), len(sample.names), len(labels)
    limits.check("cubic-size", p * (count - 1), "/y")
    limits.check("fit-entries", n * count * p * (count - 1), "/y")
    likelihood = MultinomialLikelihood(sample.X, places, count, sample.weights)
    found = maximise(likelihood)
    if found is None or not found.basis.defect < TRUSTED:
        refuse_dependence(sample.design)
    if found is None or math.isinf(found.distance):
        direction = separating_direction(sample.X, sample.exact, likelihood.demands())
        if direction is not None:
            raise separated(direction, list(labels[1:]), sample)
    if found is None:
        raise no_maximum(sample)
    checks = require(found.checks())
    errors = row_lengths(found.basis.s)
    names = [f"{label}:{name}" for label in labels[1:] for name in sample.names]
    rows = table(names, found.b.tolist(), found.b, errors, math.inf, task.confidence_level)
    value, null = found.state.log_likelihood, _null(likelihood, sample.has_intercept)
    freedom = (p - sample.has_intercept) * (count - 1)
    by_class, first = found.b.reshape(count - 1, p), int(sample.has_intercept)
    statistic = max(2 * (value - null), 0.0)
    members: dict[str, Any] = {
        "family": "multinomial",
        "link": "logit",
        "classes": list(labels),
        "parameters": [row.to_json() for row in rows],
        "coefficients": by_class[:, first:],
        "intercept": by_class[:, 0] if first else None,
        "odds_ratios": [entry for k in range(count - 1) for entry in ratios(rows[k * p : (k + 1) * p], sample.has_intercept)],
        "observations": n,
        "rank": p,
        "arithmetic": "float",
        "degrees_of_freedom": (n - p) * (count - 1),
        "deviance": -2 * value + 0.0,
        "null_deviance": -2 * null + 0.0,
        "null_degrees_of_freedom": (n - first) * (count - 1),
        "log_likelihood": value,
        "null_log_likelihood": null,
        "mcfadden_r_squared": mcfadden(value, null),
        "likelihood_ratio_statistic": statistic if freedom else None,
        "likelihood_ratio_degrees_of_freedom": freedom,
        "likelihood_ratio_p_value": float(special.chdtrc(freedom, statistic)) if freedom else None,
        "aic": 2 * len(rows) - 2 * value,
        "bic": len(rows) * math.log(n) - 2 * value,
        "information": "observed",
        "iterations": found.iterations,
    }
    if "fitted_values" in task.include:
        members["fitted_values"] = likelihood.probabilities(found.b)[0]
    if "covariance" in task.include:
        members["covariance"] = found.basis.s @ found.basis.s.T
    if task.predict is not None:
        new = new_rows(task.predict, sample)
        p_new = MultinomialLikelihood(new, np.zeros(len(new), dtype=np.intp), count, np.ones(len(new))).probabilities(found.b)[0]
        members["predictions"] = [{"estimate": labels[int(row.argmax())], "probabilities": listed(row)} for row in p_new]
    return members | {"checks": checks}


def _null(likelihood: MultinomialLikelihood, has_intercept: bool) -> float:
    """ℓ without predictors: by the shares of the classes, or all equally likely where there is no intercept either."""
    if not has_intercept:
        return -float(likelihood.weights.sum()) * math.log(likelihood.classes)
    totals = np.bincount(likelihood.places, weights=likelihood.weights, minlength=likelihood.classes)
    return float(special.xlogy(totals, totals / totals.sum()).sum())


MULTINOMIAL = Model("multinomial", "one of several classes, labels or numbers; the first is the reference", _multinomial, includes=INCLUDES)
