"""Principal component analysis: the directions in which observations vary most, by the singular values of the centred data.

With Xc the n×p data less their column means (each column divided by its standard deviation when standardised) and
Xc = U·diag(s)·V', the covariance matrix Xc'·Xc/(n − ddof) has the eigenvalues s²/(n − ddof), the variances, and the columns of V
as eigenvectors (Jolliffe, Principal Component Analysis, 2nd ed., ch. 2-3). It is never formed to find them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, measured, require
from service.errors import InputError, MathematicsRefuses, NoConvergence
from service.linalg.bounds import SLACK, TRUSTED, UNIT, extended, extended_gamma, gamma, widened
from service.linalg.exact_numbers import beyond_doubles
from service.linalg.matrix import Floats, Matrix
from service.linalg.numerical_rank import unit_of
from service.linalg.svd import certificate, normalised

TOLERANCE = 1e-10
"""Of the eigenvalue equation and the total variance, relative: far above rounding, far below a wrong digit that is shown."""


@dataclass(frozen=True)
class PrincipalComponents:
    """p columns, k components. `components` is k×p, a unit vector in each row; in each the first entry whose size is within a
    millionth of the largest is positive. `variances` holds all min(n, p), in decreasing order, `scores` is n×k.

    `error_bound` bounds the error of each variance relative to the largest, `direction_bounds` (k) the sine of the angle between
    a component and the true one: None where the next variance is too near to tell the direction. The rounding of decimals to
    doubles is included in both.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64] | None
    variances: NDArray[np.float64]
    total_variance: float
    singular_values: NDArray[np.float64]
    components: Floats
    scores: Floats
    covariance: Floats | None
    whitened: Floats | None
    reconstruction: Floats | None
    reconstruction_error: float
    observations: int
    ddof: int
    error_bound: float
    direction_bounds: list[float | None]
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        k = len(self.components)
        kept = self.variances[:k]
        ratios = self.variances / self.total_variance
        loadings = np.ascontiguousarray(self.components.T)
        answer: dict[str, Any] = {
            "n_components": k,
            "observations": self.observations,
            "explained_variance": kept,
            "explained_variance_ratio": ratios[:k],
            "cumulative_variance_ratio": np.minimum(np.cumsum(ratios)[:k], 1.0),
            "standard_deviations": np.sqrt(kept),
            "total_variance": self.total_variance,
            "singular_values": self.singular_values[:k],
            "components": self.components,
            "loadings": loadings,
            "scaled_loadings": loadings * np.sqrt(kept),
            "mean": self.mean,
            "scale": self.scale,
            "covariance": self.covariance,
            "scores": self.scores,
            "reconstruction_error": self.reconstruction_error,
            "ddof": self.ddof,
            "error_bound": self.error_bound,
            "component_error_bounds": self.direction_bounds,
        }
        if self.whitened is not None:
            answer["whitening"] = loadings / np.sqrt(kept)
            answer["whitened"] = self.whitened
        if self.reconstruction is not None:
            answer["reconstruction"] = self.reconstruction
        return answer | {"checks": self.checks}


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def pca(
    data: Matrix, n_components: int | None = None, standardize: bool = False, ddof: int = 1, whiten: bool = False, reconstruct: bool = False
) -> PrincipalComponents:
    """The principal components of the n×p matrix `data`, an observation in each row; all min(n, p) of them, or the first few.

    Variances are divided by n − ddof: 1 for the unbiased estimate (R, MATLAB, scikit-learn), 0 for that of a whole population.
    Raises InputError (complex entries, too few observations, more components than there are), MathematicsRefuses (no variance at
    all; a constant column to be standardised; whitening along a direction without variance; numbers beyond doubles), LimitExceeded,
    NoConvergence, CheckFailed.
    """
    n, p = data.shape
    k = _count(data, n_components, ddof)
    limits.check("cubic-size", min(n, p), "/X")
    centred = _centre(data, standardize, ddof)
    a, unit = centred.values, centred.unit
    try:
        u, s, vt = np.linalg.svd(a, full_matrices=False)
    except np.linalg.LinAlgError:
        raise NoConvergence("the iteration for the singular values did not converge", pointer="/X") from None
    u, vt = normalised(u, vt, len(s))
    squares = _squares(a, vt)
    s = np.sqrt(squares)
    bound, checks = certificate(a, u, s, vt)
    total = float((extended(a) ** 2).sum()) / (n - ddof)
    bound = (bound + centred.error / float(s[0])) * SLACK
    checks += [total_check(squares / (n - ddof), total), eigen_check(a, s, vt[:k])]
    components = vt[:k] + 0.0
    scores = a @ components.T
    rebuilt = scores @ components
    checks += [scores_check(scores, s[:k]), remainder_check(a - rebuilt, s[k:], float(s[0]))]
    variances = squares / (n - ddof) * unit * unit
    if not np.isfinite(variances).all() or variances[0] < np.finfo(np.float64).tiny:
        raise beyond_doubles()
    whitened = _whitened(scores * unit, variances[:k], bound) if whiten else None
    if whitened is not None:
        checks.append(whitening_check(whitened, n - ddof))
    covariance = None
    if p * p <= limits.limit("matrix-entries"):
        covariance = (extended(a).T @ extended(a) if n * p * p <= 8_000_000 else a.T @ a).astype(np.float64) / (n - ddof) * unit * unit
        covariance = np.where(covariance == 0, 0.0, (covariance + covariance.T) / 2)
    return PrincipalComponents(
        centred.mean,
        centred.scale,
        variances + 0.0,
        total * unit * unit,
        s * unit,
        components,
        scores * unit + 0.0,
        covariance,
        whitened,
        _restored(rebuilt * unit, centred) if reconstruct else None,
        float(np.sqrt((s[k:] ** 2).sum())) * unit,
        n,
        ddof,
        float(2 * bound + bound * bound),
        direction_bounds(s, bound, k, p > len(s)),
        require(checks),
    )


def _count(data: Matrix, wanted: int | None, ddof: int) -> int:
    """The number of components. Raises InputError."""
    n, p = data.shape
    if data.is_complex:
        raise InputError("principal components are of real data", "send the real and the imaginary parts as columns", "/X")
    if n < 2:
        raise InputError(f"the variance of {n} observation is not defined", "X has an observation in each row; send at least two", "/X")
    if n - ddof < 1:
        raise InputError(f"{n} observations less ddof = {ddof} leave nothing to divide by", "ddof is 1, or 0", "/ddof")
    most = min(n, p)
    if wanted is not None and wanted > most:
        raise InputError(f"{n} observations of {p} columns have {most} components, and {wanted} were asked for", None, "/n_components")
    return most if wanted is None else wanted


def _squares(a: Floats, vt: Floats) -> NDArray[np.float64]:
    """The squares of the singular values as ‖a·v‖²/‖v‖² (Rayleigh quotients), whose error is of the order of that of v squared."""
    wide = widened(a, a.size * len(vt))
    found = ((wide @ vt.T.astype(wide.dtype)) ** 2).sum(axis=0) / (extended(vt) ** 2).sum(axis=1)
    return np.minimum.accumulate(found.astype(np.float64))


@dataclass(frozen=True)
class _Centred:
    """`values` are the centred (standardised) data divided by `unit`, a power of two; `error` bounds the Frobenius norm of what
    rounding, that of decimals to doubles included, can have changed in them."""

    values: Floats
    unit: float
    mean: NDArray[np.float64]
    scale: NDArray[np.float64] | None
    error: float


def _centre(data: Matrix, standardize: bool, ddof: int) -> _Centred:
    """Means and differences in extended precision; each difference rounded once."""
    x = extended(data.floats)
    n = len(x)
    unit = unit_of(data.floats)
    x = x / unit
    mean = x.sum(axis=0) / n
    difference = x - mean
    mean = mean + difference.sum(axis=0) / n
    difference = x - mean
    rounding = (0.0 if data.kind == "integer" or data.is_binary else UNIT) + extended_gamma(4)  # of an entry, and of its difference
    sizes = np.linalg.norm(np.abs(x).astype(np.float64), axis=0) + math.sqrt(n) * np.abs(mean).astype(np.float64)
    moved = 2 * rounding * sizes + math.sqrt(n) * 2.0**-1070
    spread = np.sqrt((difference**2).sum(axis=0) / (n - ddof))
    if not (spread.astype(np.float64) * math.sqrt(n) > 4 * moved).any():
        raise MathematicsRefuses("the observations do not vary: there is no variance to explain", "every row of X is the same", "/X")
    scale = None
    if standardize:
        constant = np.flatnonzero(spread.astype(np.float64) * math.sqrt(n) <= 4 * moved)
        if constant.size:
            detail = f"column {constant[0] + 1} is constant, and cannot be divided by its standard deviation, 0"
            raise MathematicsRefuses(detail, "leave that column out", "/X")
        difference = difference / spread
        moved = 2 * moved / spread.astype(np.float64)
        scale = (spread * unit).astype(np.float64)
        again = 1.0
    else:
        again = unit_of(difference.astype(np.float64))
        difference, moved = difference / again, moved / again
    values = np.ascontiguousarray(difference, dtype=np.float64)
    error = float(np.linalg.norm(moved)) + UNIT * float(np.linalg.norm(values))
    found = (mean * unit).astype(np.float64) + 0.0
    final = again * unit if scale is None else 1.0
    if not (np.isfinite(found).all() and math.isfinite(final) and final > 0):
        raise beyond_doubles()
    return _Centred(values, final, found, scale, error * SLACK)


def _whitened(scores: Floats, variances: NDArray[np.float64], bound: float) -> Floats:
    """Scores with unit variance. Raises MathematicsRefuses where a variance cannot be told from zero."""
    none = np.flatnonzero(np.sqrt(variances) <= 1e3 * bound * math.sqrt(float(variances[0])))
    if none.size:
        detail = f"component {none[0] + 1} has no variance that could be told from 0, and cannot be scaled to variance 1"
        raise MathematicsRefuses(detail, f'send "n_components": {none[0]}' if none[0] else None, "/whiten")
    return np.asarray(scores / np.sqrt(variances) + 0.0)


def _restored(rebuilt: Floats, centred: _Centred) -> Floats:
    return np.asarray((rebuilt if centred.scale is None else rebuilt * centred.scale) + centred.mean)


def direction_bounds(s: NDArray[np.float64], bound: float, k: int, further: bool) -> list[float | None]:
    """Bounds on the sines of the angles between the first k components and the true ones, when the singular values are known to
    `bound`·s[0]; None where that says nothing. `further` tells that there are directions without variance beside those of s.

    By Davis and Kahan (1970): when S changes by E, an eigenvector turns by at most sin θ ≤ ‖E‖/(gap − ‖E‖), with the gap to the next
    eigenvalue; doubled for the terms of second order.
    """
    top = float(s[0]) ** 2
    moved = (2 * bound + bound * bound) * top
    values = [*(s**2).tolist(), *([0.0] if further else [])]
    found: list[float | None] = []
    for i in range(k):
        gap = min((abs(values[i] - values[j]) for j in (i - 1, i + 1) if 0 <= j < len(values)), default=math.inf) - moved
        limit = 2 * moved / gap * SLACK if gap > 0 else math.inf
        found.append(limit if limit < TRUSTED else None)
    return found


# --- checks ---------------------------------------------------------------------------------------------------------


def total_check(variances: NDArray[np.float64], total: float) -> Check:
    """Against the sum of the variances of the columns, the trace of the covariance matrix."""
    error = abs(float(variances.sum()) - total) / total
    return measured("total-variance", error, TOLERANCE, "the variances of all components add up to those of the columns, relative")


def eigen_check(a: Floats, s: NDArray[np.float64], components: Floats) -> Check:
    """S·w = λ·w for each component, with the covariance applied as Xc'(Xc·w): another road than the singular values took."""
    residual = a.T @ (a @ components.T) - components.T * s[: len(components)] ** 2
    error = float(np.linalg.norm(residual)) / float(s[0]) ** 2
    return measured("eigenvectors", error, TOLERANCE, "||S W - W diag(variances)|| / largest variance in the Frobenius norm")


def scores_check(scores: Floats, s: NDArray[np.float64]) -> Check:
    """That the scores are uncorrelated and have the variances of the answer."""
    error = float(np.linalg.norm(scores.T @ scores - np.diag(s**2))) / float(s[0]) ** 2
    return measured("scores", error, TOLERANCE, "the covariance matrix of the scores is diag(variances), relative to the largest")


def remainder_check(rest: Floats, s: NDArray[np.float64], largest: float) -> Check:
    """That what the components leave of the data is the norm of the other singular values (Eckart and Young)."""
    error = abs(float(np.linalg.norm(rest)) - float(np.linalg.norm(s))) / largest
    return measured("reconstruction-error", error, TOLERANCE, "what the components leave of the data, against the singular values left out")


def whitening_check(whitened: Floats, divisor: int) -> Check:
    """That the whitened scores have the identity as covariance matrix."""
    k = whitened.shape[1]
    error = float(np.linalg.norm(whitened.T @ whitened / divisor - np.eye(k)))
    return measured("whitening", error, max(1e-8, gamma(len(whitened)) * k), "||cov(whitened) - I|| in the Frobenius norm")
