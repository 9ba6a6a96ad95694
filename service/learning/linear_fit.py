"""A linear model fitted by (weighted, possibly penalised) least squares: in doubles with bounds, or in rationals.

In doubles by `service.linalg.tall_fit`: refined with residuals as if in twice the precision, every coefficient with a bound. In exact
arithmetic when asked, for small data (where it costs a millisecond), or when the bounds are not good enough and the size allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from service.certificates import Check, measured, require
from service.errors import Undecided
from service.learning.design import Design
from service.learning.exact_fit import ExactFit, as_texts, column, dependent, doubles, exact_fit, relations_of, to_double
from service.learning.inference import Sums
from service.linalg import tall_fit
from service.linalg.bounds import TRUSTED, extended
from service.linalg.exact_numbers import beyond_doubles, nearest_double, nearest_root
from service.linalg.matrix import Arithmetic, Floats
from service.linalg.numerical_rank import numerical_rank
from service.linalg.tall_fit import Problem, TallFit, orthogonality

GOOD = 1e-11  # error of the estimates, relative to them or to their standard errors, up to which the float fit needs no exact one
ALWAYS_EXACT = 1_000  # entries of the design up to which the exact fit costs a few milliseconds at most

Vector = NDArray[np.float64]
Numbers = list[float] | list[str]


@dataclass(frozen=True)
class LinearFit:
    """The fit of a design with p parameters to n observations: `estimates` (p), `inverse_gram` = (XᵀWX + D)⁻¹ (p×p), the sums of
    squares, and σ₁/σₚ of the design. Either `exact` or `tall` is where they come from."""

    design: Design
    estimates: Vector
    inverse_gram: Floats
    sums: Sums
    condition_number: float | None
    arithmetic: Arithmetic
    checks: list[Check]
    exact: ExactFit | None = None
    tall: TallFit | None = None

    @property
    def written(self) -> Numbers:
        """The estimates as they are answered: exact texts in exact arithmetic."""
        if self.exact and self.arithmetic == "exact":
            return [str(value) for value in column(self.exact.estimates)]
        return list(self.estimates.tolist())

    @cached_property
    def residuals(self) -> Vector:
        """y − X·b (n)."""
        if self.exact:
            return doubles(*self.exact.whole_residuals)
        assert self.tall is not None
        return self.tall.residual + 0.0

    @cached_property
    def fitted(self) -> Vector:
        """X·b (n)."""
        return doubles(*self.exact.whole_fitted) if self.exact else self.design.y - self.residuals + 0.0

    @property
    def written_residuals(self) -> Vector | list[str]:
        return as_texts(*self.exact.whole_residuals) if self.exact and self.arithmetic == "exact" else self.residuals

    @property
    def written_fitted(self) -> Vector | list[str]:
        return as_texts(*self.exact.whole_fitted) if self.exact and self.arithmetic == "exact" else self.fitted

    @property
    def standard_errors(self) -> Vector | None:
        """σ·sqrt of the diagonal of the inverse gram (p); None when no degrees of freedom are left."""
        deviation = self.sums.residual_standard_deviation
        if deviation is None:
            return None
        if self.exact:
            variance = self.exact.residual / self.sums.degrees_of_freedom
            return np.array([nearest_root(variance * self.exact.inverse[j, j]) for j in range(len(self.estimates))])
        return np.asarray(deviation * np.sqrt(self.inverse_gram.diagonal()))


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def fit(design: Design, penalty: Sequence[Any] | None = None) -> LinearFit:
    """The fit; `penalty` holds the dⱼ ≥ 0 (fmpq) of Σ dⱼbⱼ².

    Raises RankDeficient (which columns depend on which, or more parameters than observations), Undecided, LimitExceeded,
    CheckFailed.
    """
    if penalty is None:
        design.require_determined()
    if design.arithmetic == "exact":
        return _exact(design, penalty)
    found = tall_fit.solve(problem_of(design, penalty))
    is_tiny = design.observations * design.parameters <= ALWAYS_EXACT
    if found and (not design.is_small or (not is_tiny and is_good(design, found))):
        return _float(design, found)
    if not found:
        _refuse_numerical_dependence(design, penalty is None)
    return _exact(design, penalty)


# --- in floats ----------------------------------------------------------------------------------------------------------


def problem_of(design: Design, penalty: Sequence[Any] | None = None) -> Problem:
    return Problem(design.floats, design.y, design.w, None if penalty is None else np.array([to_double(value) for value in penalty]))


def errors_of(design: Design, found: TallFit) -> tuple[Vector, float]:
    """Bounds on the errors of the estimates, and on the relative one of the norm of the residual, the rounding of the entries
    to doubles included."""
    if design.is_exact_data:
        return found.error, found.residual_error
    steps = 1 if design.terms.degree is None else design.terms.degree + 1  # each factor of a power brings its own rounding
    return found.error + steps * found.entry_error, found.residual_error + steps * found.residual_entry_error


def is_good(design: Design, found: TallFit) -> bool:
    """Whether estimates and standard errors are known well enough."""
    error, residual_error = errors_of(design, found)
    size = float(np.linalg.norm(found.residual if design.w is None else found.residual * np.sqrt(design.w)))
    deviation = size / math.sqrt(max(design.observations - design.parameters, 1))
    scale = np.maximum(np.abs(found.x), deviation * found.row_norms)
    gram_error = found.basis.defect + (0.0 if design.is_exact_data else found.gram_entry_error)
    return bool((error <= GOOD * scale).all()) and max(gram_error, residual_error) <= 10 * GOOD


def _float(design: Design, found: TallFit) -> LinearFit:
    weighted = found.residual if design.w is None else design.w * found.residual
    residual = float(weighted @ found.residual)
    _, residual_error = errors_of(design, found)
    if math.isfinite(residual) and residual_error >= 1:
        residual = 0.0  # what is left cannot be told from rounding
    basis = found.basis
    return LinearFit(
        design,
        found.x + 0.0,
        basis.s @ basis.s.T,
        _sums(design, residual, _total(design), None),
        _condition(basis.r),
        "float",
        require(float_checks(design, found)),
        tall=found,
    )


def float_checks(design: Design, found: TallFit) -> list[Check]:
    """Each refuses a fit that was tampered with: the residual, the independence of the columns, the digits of the answer."""
    error, residual_error = errors_of(design, found)
    scale = float(np.abs(found.x).max()) or 1.0
    return [
        orthogonality(found, design.observations),
        measured("rank", found.basis.defect, TRUSTED, "bound on ||S'(X'WX + D)S - I||: the columns of X are independent"),
        measured("forward-error", float(error.max()) / scale, TRUSTED, "verified bound on the error of the estimates"),
        measured("residual", residual_error if residual_error < 1 else 0.0, TRUSTED, "rounding in the norm of the residual"),
    ]


def _total(design: Design) -> float:
    """The total sum of squares, in doubles after the mean is taken off: about zero without an intercept."""
    y, w = design.y, design.w
    if not design.has_intercept:
        return float(y @ y if w is None else (w * y) @ y)
    centred = y - (y.mean() if w is None else float(w @ y / w.sum()))
    centred -= centred.mean() if w is None else float(w @ centred / w.sum())
    return float(centred @ centred if w is None else (w * centred) @ centred)


def _refuse_numerical_dependence(design: Design, has_to_be_full: bool) -> None:
    """Raises RankDeficient when the columns, scaled, have a clear numerical rank below p (unless a penalty makes up for it), and
    Undecided when they have none and exact arithmetic is too expensive to tell."""
    if has_to_be_full:
        values = design.floats
        scaled = values / np.maximum(np.abs(values).max(axis=0), np.finfo(np.float64).tiny)
        found = numerical_rank(np.ascontiguousarray(scaled.T))
        if found.rank is not None and found.rank < design.parameters:
            relations = relations_of(design) if design.is_small else None
            raise dependent(design, relations if relations and len(relations) == design.parameters - found.rank else None)
    if not design.is_small:
        raise Undecided(
            "floats cannot tell whether the columns of the design are independent: it is too ill-conditioned",
            'centre and scale the predictors, or send "arithmetic": "exact" where the size allows',
            design.pointer,
        )


# --- exact --------------------------------------------------------------------------------------------------------------


def _exact(design: Design, penalty: Sequence[Any] | None) -> LinearFit:
    """The fit in rationals. The numbers of the answer are texts in exact arithmetic, correctly rounded doubles otherwise."""
    found = exact_fit(design, penalty)
    inverse = _rounded(found.inverse)
    sums = _sums(design, to_double(found.residual), to_double(found.total), found)
    condition = _quotient(_largest_root(_rounded(found.gram)), _largest_root(inverse))
    estimates = np.array([to_double(value) for value in column(found.estimates)])
    return LinearFit(design, estimates, inverse, sums, condition, design.arithmetic, require(found.checks()), exact=found)


def _rounded(matrix: Any) -> Floats:
    """The entries as doubles, infinite where they are too large: nothing but what was asked for in addition stands on them."""
    return np.array([[_or_infinity(value) for value in row] for row in matrix.tolist()])


def _or_infinity(value: Any) -> float:
    try:
        return nearest_double(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _largest_root(gram: Floats) -> float:
    """σ₁ of X from XᵀX, whose largest eigenvalue loses nothing to rounding."""
    return math.sqrt(float(np.linalg.eigvalsh(gram)[-1])) if np.isfinite(gram).all() else math.inf


def _condition(r: Floats) -> float | None:
    """σ₁/σₚ of a triangular factor."""
    values = lapack.dgesdd(r, compute_uv=0)[1]
    return _quotient(float(values[0]), 1 / float(values[-1])) if values[-1] > 0 else None


def _quotient(largest: float, inverse_of_smallest: float) -> float | None:
    value = largest * inverse_of_smallest
    return value if math.isfinite(value) and value > 0 else None


# --- what both share ----------------------------------------------------------------------------------------------------


def _sums(design: Design, residual: float, total: float, exact: ExactFit | None) -> Sums:
    if not math.isfinite(residual + total):
        raise beyond_doubles()
    if exact:
        regression = to_double(exact.total - exact.residual)
        r_squared = to_double((exact.total - exact.residual) / exact.total) if exact.total != 0 else None
    else:
        regression = total - residual
        r_squared = 1 - residual / total if total > 0 else None
    logs = 0.0 if design.w is None else float(np.log(extended(design.w)).sum())
    freedom = design.observations - design.parameters
    deviation = nearest_root(exact.residual / freedom) if exact and freedom > 0 else None
    return Sums(residual, total, regression, r_squared, design.observations, design.parameters, design.has_intercept, logs, deviation)
