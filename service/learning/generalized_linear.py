"""Generalized linear models: the mean of each observation is g⁻¹(x·b + offset). Fit, inference and the answer that they share.

Newton's method with the observed information, polished in extended precision, with a bound on the error of the estimates
(maximum.py). Dispersion 1: z tests. (McCullagh, Nelder: Generalized Linear Models, 2nd ed.; conventions of R's glm.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from service.certificates import require
from service.errors import NablaError, NoConvergence, RankDeficient, Separated, Undecided
from service.learning.families import Family, Terms
from service.learning.inference import Parameter, table
from service.learning.maximum import Maximum, State, maximise, newton_step, row_lengths
from service.learning.sample import Sample, refuse_dependence
from service.learning.separation import Demands, Direction, separating_direction
from service.linalg.bounds import TRUSTED, UNIT, Extended, extended, extended_gamma, gamma
from service.linalg.matrix import Floats
from service.linalg.orthogonal_fit import Basis, basis_of

INCLUDES = (
    "fitted_values linear_predictors residuals deviance_residuals pearson_residuals working_residuals standardized_residuals "
    "leverage cooks_distance covariance profile_intervals"
).split()
INFORMATION = ("expected", "observed")
Numbers = NDArray[np.float64]


FEW = 50_000  # entries of the design up to which extended precision costs little
BLOCK = 128


def _in_blocks(X: Floats, values: Numbers) -> Numbers:
    """Xᵀv, summed in blocks: the rounding grows with the length of a block and their number, not with that of v."""
    whole = len(values) - len(values) % BLOCK
    blocks = values[:whole].reshape(-1, 1, BLOCK) @ X[:whole].reshape(-1, BLOCK, X.shape[1])
    return np.asarray(blocks.sum(axis=0)[0] + values[whole:] @ X[whole:])


@dataclass(frozen=True)
class Likelihood:
    """ℓ(b) = Σ wᵢ ℓᵢ(xᵢ·b + offsetᵢ), concave: see `maximum.Concave`. X is n×p; y successes in m trials, or counts."""

    family: Family
    X: Floats
    y: Numbers
    m: Numbers
    offset: Numbers
    weights: Numbers

    @cached_property
    def wide(self) -> Extended:
        return extended(self.X)

    @cached_property
    def sizes(self) -> Floats:
        return np.abs(self.X)

    def terms(self, b: Any) -> Terms:
        with np.errstate(all="ignore"):
            eta = (self.X if b.dtype == np.float64 else self.wide) @ b + self.offset
            return self.family.terms(eta, self.y, self.m)

    def start(self) -> Numbers:
        """One step of reweighted least squares from fitted values near the observed ones; 0 where that is undefined."""
        eta = self.family.start(self.y, self.m)
        with np.errstate(all="ignore"):
            found = self.family.terms(eta, self.y, self.m)
            root = np.sqrt(self.weights * found.expected)[:, None] * self.X
            right = self.X.T @ (self.weights * (found.expected * (eta - self.offset) + found.score))
            step = newton_step(State(0.0, right, root))
            b = np.zeros(self.X.shape[1]) if step is None else step
            return b if math.isfinite(self.at(b).log_likelihood) else np.zeros(len(b))

    def at(self, b: Numbers) -> State:
        with np.errstate(all="ignore"):
            found = self.terms(b)
            value = float((self.weights * found.log_likelihood).sum())
            root = np.sqrt(self.weights * found.observed)[:, None] * self.X
            return State(value if math.isfinite(value) else -math.inf, self.X.T @ (self.weights * found.score), root)

    def score(self, b: Numbers, careful: bool) -> tuple[Extended, Numbers]:
        """In extended precision for few data or where `careful`, else in doubles, the sum over the observations in blocks."""
        n, p = self.X.shape
        precise = careful or self.X.size <= FEW
        unit, eps = (extended_gamma, extended_gamma(16)) if precise else (gamma, 16 * UNIT)
        with np.errstate(all="ignore"):
            at = extended(b) if precise else b
            eta = (self.wide if precise else self.X) @ at + self.offset
            found = self.family.terms(eta, self.y, self.m)
            moved = unit(p + 2) * (self.sizes @ np.abs(b) + np.abs(self.offset)) * found.observed.astype(np.float64)
            each = eps if self.family.precise else UNIT * (16 + 4 * eta.astype(np.float64) ** 2)
            count = n if precise else BLOCK + n // BLOCK + 1
            rounding = moved + each * found.size.astype(np.float64) + unit(count + 4) * np.abs(found.score).astype(np.float64)
            weighted = self.weights * found.score
            gradient = weighted @ self.wide if precise else _in_blocks(self.X, weighted)
            return gradient, self.sizes.T @ (self.weights * rounding)

    def predictors(self, step: Numbers) -> float:
        return float(np.abs(self.X @ step).max())

    def bend(self, b: Numbers, s: Floats) -> float:
        with np.errstate(all="ignore"):
            return float((self.family.bend(self.X @ b + self.offset) * np.linalg.norm(self.X @ s, axis=1))[self.weights > 0].max())

    def demands(self) -> Demands:
        """What a direction without end has to do: raise η where all succeeded, lower it where none did, leave it elsewhere."""
        n = len(self.y)
        full = (self.y == self.m) & (self.family.name == "binomial")
        empty = self.y == 0
        above, below = np.where(empty, -1, 0), np.where(empty, 0, -1)
        return Demands(np.arange(n), above, below, ~(full | empty), 1)

    @cached_property
    def saturated(self) -> Numbers:
        return self.family.saturated(self.y, self.m)

    @cached_property
    def constant(self) -> float:
        return float((self.weights * self.family.constant(self.y, self.m)).sum())

    def deviance(self, b: Numbers) -> float:
        return float(self.deviances(b).sum())

    def deviances(self, b: Numbers) -> Numbers:
        """2(ℓ of the saturated model − ℓ) of each observation."""
        lost = self.saturated - self.terms(b if self.X.size > FEW else extended(b)).log_likelihood
        return np.asarray(np.maximum(2 * self.weights * lost.astype(np.float64), 0))


def fitted(likelihood: Likelihood, sample: Sample) -> Maximum:
    """The maximum of the likelihood. Raises Separated, NoConvergence, CheckFailed, RankDeficient."""
    found = maximise(likelihood)
    if found is None or not found.basis.defect < TRUSTED:
        refuse_dependence(sample.design)
    if found is None or found.distance == math.inf:
        direction = separating_direction(likelihood.X, sample.exact, likelihood.demands())
        if direction is not None:
            raise separated(direction, [""], sample)
    if found is None:
        raise no_maximum(sample)
    require(found.checks())
    return found


def no_maximum(sample: Sample) -> NablaError:
    return NoConvergence(
        "Newton's method found no maximum of the likelihood: the information becomes singular on the way",
        "the fitted means run to the end of their range, or the predictors differ too much in size: centre and scale them",
        sample.design.pointer,
    )


def separated(direction: Direction, classes: list[str], sample: Sample) -> Separated:
    """The refusal that names the direction; `classes` are those that have a column of their own."""
    named: dict[str, str] = {}
    for label, column in zip(classes, direction.entries, strict=True):
        for name, value in zip(sample.names, column, strict=True):
            if value:
                named[f"{label}:{name}" if label else name] = str(value)
    terms = [(name if value == "1" else f"-{name}" if value == "-1" else f"{value}*{name}") for name, value in named.items()]
    written = " + ".join(terms[:6]).replace("+ -", "- ") + (" + ..." if len(terms) > 6 else "")
    how = "every observation on its side" if direction.complete else "no observation on the wrong side, some on the boundary"
    return Separated(
        f"the likelihood has no maximum: {direction.kind} separation along {written} (it puts {how})",
        "there are no finite estimates: collect more observations, leave predictors out, or shrink the estimates with a penalty",
        sample.design.pointer,
        facts={"separation": direction.kind, "direction": named},
    )


@dataclass(frozen=True)
class Fit:
    """A fitted model: the maximum, the information that standard errors come from, and the fit without predictors."""

    likelihood: Likelihood
    sample: Sample
    maximum: Maximum
    information: str
    basis: Basis
    null: Likelihood
    null_b: Numbers

    @property
    def b(self) -> Numbers:
        return self.maximum.b

    @cached_property
    def errors(self) -> Numbers:
        return row_lengths(self.basis.s)

    @cached_property
    def eta(self) -> Numbers:
        likelihood = self.likelihood
        if likelihood.X.size > FEW:
            return np.asarray(likelihood.X @ self.b + likelihood.offset)
        return np.asarray((likelihood.wide @ extended(self.b) + likelihood.offset).astype(np.float64))

    @cached_property
    def deviances(self) -> Numbers:
        return self.likelihood.deviances(self.b)

    @cached_property
    def log_likelihood(self) -> float:
        return self.maximum.state.log_likelihood + self.likelihood.constant

    @cached_property
    def null_log_likelihood(self) -> float:
        return self.null.at(self.null_b).log_likelihood + self.null.constant


def fit(likelihood: Likelihood, sample: Sample, information: str = "expected") -> Fit:
    """Fit and null fit. Raises what `fitted` raises, and RankDeficient."""
    maximum = fitted(likelihood, sample)
    basis: Basis | None = maximum.basis
    if information == "expected" and not likelihood.family.canonical:
        basis = basis_of(np.sqrt(likelihood.weights * likelihood.terms(maximum.b).expected)[:, None] * likelihood.X)
    if basis is None or not math.isfinite(basis.defect):
        raise RankDeficient("the information matrix is singular to the precision of floats", pointer=sample.design.pointer)
    null, b = replace(likelihood, X=np.ones((len(likelihood.y), 1))), np.zeros(1)
    if sample.has_intercept and not likelihood.offset.any():
        total = float((likelihood.weights * likelihood.y).sum() / (likelihood.weights * likelihood.m).sum())
        b = likelihood.family.linked(np.array([total]))
    elif sample.has_intercept:
        found = maximise(null) if sample.X.shape[1] > 1 else maximum
        if found is None:
            raise Undecided("the model without predictors has no maximum", pointer="/y")
        b = found.b
    return Fit(likelihood, sample, maximum, information, basis, null, b)


def listed(values: NDArray[Any]) -> list[float | None]:
    """Numbers, None for those that do not exist."""
    return [value if math.isfinite(value) else None for value in (np.asarray(values, dtype=np.float64) + 0.0).tolist()]


def finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def answer(found: Fit, level: float, include: tuple[str, ...], ratio: str) -> dict[str, Any]:
    """The members that all these models have; `ratio` is what exp of a coefficient is called, where it is one."""
    likelihood, sample = found.likelihood, found.sample
    b, n, p = found.b, len(likelihood.y), len(found.b)
    rows = table(sample.names, b.tolist(), b, found.errors, math.inf, level)
    deviance, null_deviance = float(found.deviances.sum()), found.null.deviance(found.null_b)
    freedom = p - int(sample.has_intercept)
    ratio_statistic = max(null_deviance - deviance, 0.0)
    mean = likelihood.m * likelihood.family.mean(found.eta)
    variance = likelihood.m * likelihood.family.variance(likelihood.family.mean(found.eta))
    with np.errstate(all="ignore"):
        pearson = np.sqrt(likelihood.weights) * (likelihood.y - mean) / np.sqrt(variance)
    result: dict[str, Any] = {
        "family": likelihood.family.name,
        "link": likelihood.family.link,
        "parameters": [row.to_json() for row in rows],
        "coefficients": b[int(sample.has_intercept) :].tolist(),
        "intercept": float(b[0]) if sample.has_intercept else None,
        **({ratio: ratios(rows, sample.has_intercept)} if ratio else {}),
        "observations": n,
        "rank": p,
        "arithmetic": "float",
        "degrees_of_freedom": n - p,
        "deviance": deviance,
        "null_deviance": null_deviance,
        "null_degrees_of_freedom": n - int(sample.has_intercept),
        "pearson_chi_squared": finite(float((pearson**2).sum())),
        "log_likelihood": found.log_likelihood,
        "null_log_likelihood": found.null_log_likelihood,
        "mcfadden_r_squared": mcfadden(found.log_likelihood, found.null_log_likelihood),
        "likelihood_ratio_statistic": ratio_statistic if freedom else None,
        "likelihood_ratio_degrees_of_freedom": freedom,
        "likelihood_ratio_p_value": float(special.chdtrc(freedom, ratio_statistic)) if freedom else None,
        "aic": 2 * p - 2 * found.log_likelihood,
        "bic": p * math.log(n) - 2 * found.log_likelihood,
        "information": found.information,
        "iterations": found.maximum.iterations,
    }
    result |= {name: EXTRAS[name](found, pearson) for name in include if name in EXTRAS}
    return result


def ratios(rows: list[Parameter], has_intercept: bool) -> list[dict[str, Any]]:
    """exp of the coefficients and of their intervals; of the intercept no ratio is made."""
    found = []
    for row in rows[int(has_intercept) :]:
        ends = row.confidence_interval
        with np.errstate(all="ignore"):
            found.append(
                {
                    "name": row.name,
                    "estimate": finite(float(np.exp(float(row.estimate)))),
                    "confidence_interval": None if ends is None else listed(np.exp(np.array(ends))),
                }
            )
    return found


def mcfadden(log_likelihood: float, null: float) -> float | None:
    """1 − ℓ/ℓ₀ (McFadden, 1974)."""
    return 1 - log_likelihood / null if null < 0 else None


# --- what is given on request ------------------------------------------------------------------------------------------


def _leverage(found: Fit) -> Numbers:
    """The diagonal of W^½ X (XᵀWX)⁻¹ Xᵀ W^½ with the expected information, as R has it."""
    likelihood = found.likelihood
    weights = likelihood.weights * likelihood.terms(found.b).expected
    return np.asarray(weights * ((likelihood.X @ found.basis.s) ** 2).sum(axis=1))


def _residuals(found: Fit, _: Numbers) -> list[float | None]:
    likelihood = found.likelihood
    return listed(likelihood.y / likelihood.m - likelihood.family.mean(found.eta))


def _deviance_residuals(found: Fit) -> Numbers:
    likelihood = found.likelihood
    sign = np.sign(likelihood.y - likelihood.m * likelihood.family.mean(found.eta))
    return np.asarray(sign * np.sqrt(found.deviances))


def _working(found: Fit, _: Numbers) -> list[float | None]:
    likelihood = found.likelihood
    with np.errstate(all="ignore"):
        return listed((likelihood.y / likelihood.m - likelihood.family.mean(found.eta)) / likelihood.family.derivative(found.eta))


def _standardized(found: Fit, _: Numbers) -> list[float | None]:
    with np.errstate(all="ignore"):
        return listed(_deviance_residuals(found) / np.sqrt(np.maximum(1 - _leverage(found), 0)))


def _cooks(found: Fit, pearson: Numbers) -> list[float | None]:
    leverage = _leverage(found)
    with np.errstate(all="ignore"):
        return listed((pearson / (1 - leverage)) ** 2 * leverage / len(found.b))


EXTRAS: dict[str, Callable[[Fit, Numbers], Any]] = {
    "fitted_values": lambda found, _: listed(found.likelihood.family.mean(found.eta)),
    "linear_predictors": lambda found, _: listed(found.eta),
    "residuals": _residuals,
    "deviance_residuals": lambda found, _: listed(_deviance_residuals(found)),
    "pearson_residuals": lambda _, pearson: listed(pearson),
    "working_residuals": _working,
    "standardized_residuals": _standardized,
    "leverage": lambda found, _: listed(_leverage(found)),
    "cooks_distance": _cooks,
    "covariance": lambda found, _: found.basis.s @ found.basis.s.T,
}


def predictions(found: Fit, rows: Floats, offset: Numbers, level: float) -> list[dict[str, Any]]:
    """At new rows of the design (k×p): the mean, and its interval, that of the linear predictor through the link."""
    eta = rows @ found.b + offset
    errors = np.linalg.norm(rows @ found.basis.s, axis=1)
    half = float(special.ndtri(0.5 + level / 2)) * errors
    mean = found.likelihood.family.mean
    with np.errstate(all="ignore"):
        columns = zip(listed(mean(eta)), listed(eta), listed(errors), listed(mean(eta - half)), listed(mean(eta + half)), strict=True)
    return [
        {"estimate": value, "linear_predictor": at, "standard_error": error, "confidence_interval": [low, high]}
        for value, at, error, low, high in columns
    ]
