"""The maximum of a concave log-likelihood by Newton's method, to the last digit, with a proof that it is near.

For a convex f = −ℓ whose third derivative along any line is at most S times its second, S = sup |f'''[h,h,h]| / f''[h,h] in the norm
h'Hh = 1 (self-concordance in the sense of Bach, Electronic Journal of Statistics 4, 2010): let g be the gradient at b and
ν = (g'H⁻¹g)^½. If S·ν < 1, then f has exactly one minimum b*, and with u = −ln(1 − S·ν)

    ‖b* − b‖_H ≤ ν·u/(1 − e^{−u}),   so that |b*_j − b_j| ≤ ‖b* − b‖_H · ((H⁻¹)_jj)^½.

Proof: with d = b* − b, f''(b + td)[d,d] ≥ e^{−ut}·d'Hd where u = S‖d‖_H; integrate, and 0 = d'∇f(b*) bounds ‖d‖_H. The bound counts
in standard errors, which is the unit that matters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from service.certificates import Check, measured
from service.linalg.bounds import SLACK, TRUSTED, Extended, extended
from service.linalg.matrix import Floats
from service.linalg.orthogonal_fit import Basis, basis_of

STEPS = 60
HALVINGS = 40
NEAR = 1e-7  # the largest change of a linear predictor by the last Newton step in doubles
DIGITS = 1e-10  # of an estimate, relative to it or to its standard error
SCORE = 1e-8


@dataclass(frozen=True)
class State:
    """ℓ at some b (p), its gradient, and a matrix A (k×p) with AᵀA = −∇²ℓ. Not finite where ℓ overflows."""

    log_likelihood: float
    score: NDArray[np.float64]
    root: Floats


class Concave(Protocol):
    """A concave log-likelihood ℓ of p parameters."""

    def start(self) -> NDArray[np.float64]:
        """Where to begin."""

    def at(self, b: NDArray[np.float64]) -> State:
        """ℓ and its derivatives, in doubles."""

    def score(self, b: NDArray[np.float64], careful: bool) -> tuple[Extended, NDArray[np.float64]]:
        """The gradient, and a bound on the rounding in each entry; in extended precision where `careful`."""

    def predictors(self, step: NDArray[np.float64]) -> float:
        """The largest change of a linear predictor by a step."""

    def bend(self, b: NDArray[np.float64], s: Floats) -> float:
        """The S of the head of this module near b; columns of `s` are orthonormal in the norm of H."""


@dataclass(frozen=True)
class Maximum:
    """b maximises ℓ up to an `error` in each entry, a bound; `basis` belongs to A at b: H⁻¹ = s·sᵀ. `score` is ν and `bend` is S."""

    b: NDArray[np.float64]
    state: State
    basis: Basis
    score: float
    bend: float
    iterations: int

    @property
    def distance(self) -> float:
        """A bound on ‖b* − b‖_H; infinite when nothing is known, perhaps not even that b* exists."""
        slack = self.bend * self.score
        if not slack < 0.5:
            return math.inf
        u = -math.log1p(-slack)
        return SLACK * self.score * (u / -math.expm1(-u) if u else 1.0)

    @property
    def error(self) -> NDArray[np.float64]:
        return np.asarray(self.distance * row_lengths(self.basis.s) * self.basis.amplification)

    @property
    def relative_error(self) -> float:
        """The largest error, relative to the estimate or to its standard error."""
        errors = row_lengths(self.basis.s)
        return float((self.error / np.maximum(np.abs(self.b), errors)).max())

    def checks(self) -> list[Check]:
        """Each refuses estimates that were tampered with."""
        error = self.relative_error
        return [
            measured("score", self.score, SCORE, "the score (g'H^-1 g)^(1/2) at the estimates, rounding included: in standard errors"),
            measured(
                "positive-definite", self.basis.defect, TRUSTED, "bound on ||Q'Q - I||, QR = W^(1/2) X: the information has full rank"
            ),
            measured(
                "maximum", self.bend * self.score, 0.5, "self-concordance times score: below 1/2 there is one maximum, and it is here"
            ),
            measured("forward-error", error, DIGITS, "verified bound on the error of an estimate, relative to it or to its standard error"),
        ]


def row_lengths(s: Floats) -> NDArray[np.float64]:
    """The root of the diagonal of s·sᵀ: where s is H^(−½), the standard errors. Nothing underflows."""
    largest = np.abs(s).max(axis=1)
    return np.asarray(largest * np.linalg.norm(s / np.where(largest > 0, largest, 1)[:, None], axis=1))


def maximise(likelihood: Concave) -> Maximum | None:
    """The maximum, or None where Newton's method does not arrive at one: there may be none."""
    found = _newton(likelihood)
    if found is None:
        return None
    b, iterations = found
    state = likelihood.at(b)
    if not np.isfinite(state.root).all():
        return None
    basis = basis_of(state.root)
    if basis is None or not math.isfinite(basis.defect):
        return None
    there = None
    for careful in (False, True):
        gradient, _ = likelihood.score(b, careful)
        step = basis.s @ (basis.s.T @ gradient.astype(np.float64))  # takes an error of NEAR² below the rounding
        if not np.isfinite(step).all():
            return None
        b = (extended(b) + step).astype(np.float64)
        there = located(likelihood, b, iterations, basis, careful)
        if there is None or there.relative_error <= DIGITS / 2:
            break
    if there is not None and (nothing := (np.abs(b) <= there.error) & (b != 0)).any():
        return located(likelihood, np.where(nothing, 0.0, b), iterations, basis, careful)  # what cannot be told from 0 is written as 0
    return there


def located(
    likelihood: Concave, b: NDArray[np.float64], iterations: int = 0, near: Basis | None = None, careful: bool = True
) -> Maximum | None:
    """What can be said of the distance of b from the maximum; None where the information is singular. `near` is the basis at a place
    so near that the information there is the same up to rounding."""
    state = likelihood.at(b)
    basis = near or (basis_of(state.root) if np.isfinite(state.root).all() else None)
    if basis is None or not math.isfinite(basis.defect):
        return None
    gradient, slip = likelihood.score(b, careful)
    along = np.linalg.norm(basis.s.T @ gradient.astype(np.float64)) + np.linalg.norm(np.abs(basis.s).T @ slip)
    return Maximum(b + 0.0, state, basis, float(along) * basis.amplification, likelihood.bend(b, basis.s) * basis.amplification, iterations)


def _newton(likelihood: Concave) -> tuple[NDArray[np.float64], int] | None:
    """Newton's method with halved steps; None where it does not come to rest."""
    b = likelihood.start()
    state = likelihood.at(b)
    for iteration in range(1, STEPS + 1):
        step = newton_step(state)
        if step is None:
            return None
        for _ in range(HALVINGS):
            tried = likelihood.at(b + step)
            if tried.log_likelihood >= state.log_likelihood - 1e-13 * abs(state.log_likelihood) and np.isfinite(tried.root).all():
                break
            step = step / 2
        else:
            return None
        b, state = b + step, tried
        if likelihood.predictors(step) <= NEAR:
            return b, iteration
    return None


def newton_step(state: State) -> NDArray[np.float64] | None:
    """(AᵀA)⁻¹ times the gradient, the columns of A scaled; None where A is singular."""
    sizes = np.abs(state.root).max(axis=0)
    if not (np.isfinite(sizes).all() and sizes.all()):
        return None
    scaled = state.root / sizes
    try:
        factor = np.linalg.cholesky(scaled.T @ scaled).T
        if np.diagonal(factor).min() <= 1e-6 * np.diagonal(factor).max():  # too many digits are lost in A'A
            factor = np.asarray(np.linalg.qr(scaled, mode="r"))
    except np.linalg.LinAlgError:
        factor = np.asarray(np.linalg.qr(scaled, mode="r"))
    with np.errstate(all="ignore"):
        try:
            step = solve_triangular(
                factor, solve_triangular(factor, state.score / sizes, trans="T", check_finite=False), check_finite=False
            )
        except np.linalg.LinAlgError:
            return None
        step = step / sizes
    return step if np.isfinite(step).all() else None
