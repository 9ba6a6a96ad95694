"""What a statistician looks at after a linear fit: leverage, scaled residuals, Cook's distance, variance inflation, analysis of
variance, Durbin and Watson's statistic, and covariances that hold under unequal variances.

All of it stands on Z = √W·X·S with orthonormal columns, S upper triangular: the leverage of observation i is ‖zᵢ‖², the sequential
sums of squares are (zⱼᵀ√W·y)², and (XᵀWX)⁻¹ = S·Sᵀ. After an exact fit Z is computed exactly for whatever S floats give, rounded once,
and made orthonormal again: however ill-conditioned the design is, Z is right to the last digits.

Sources: Belsley, Kuh, Welsch, Regression Diagnostics, 1980; Cook, Technometrics 19, 1977; MacKinnon, White, J. Econometrics 29, 1985;
Durbin, Watson, Biometrika 37, 1950. Weights enter as in R: residuals are multiplied by their square roots.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.linalg import lapack

from service.certificates import Check, measured
from service.errors import CheckFailed
from service.learning.exact_fit import doubles
from service.learning.linear_fit import LinearFit
from service.linalg.matrix import Floats
from service.linalg.scaled_integers import ScaledIntegers

ROUNDS = 6
NEARLY_ONE = 1e-10  # an observation whose leverage is this close to 1 determines a parameter alone: it has no scaled residual
ORTHONORMAL = 1e-8
NEARLY_ORTHONORMAL = 0.1  # the last step in floats is then well-conditioned

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Diagnostics:
    """What follows from a fit without a penalty (n observations, p parameters)."""

    fit: LinearFit

    @cached_property
    def frame(self) -> tuple[Floats, Floats]:
        """Z (n×p, orthonormal columns) and S (p×p, upper triangular) with Z = √W·X·S. Raises CheckFailed when floats do not
        get there."""
        design, tall = self.fit.design, self.fit.tall
        if tall is not None:
            z, s = design.floats @ tall.basis.s, tall.basis.s
            return (z if design.w is None else z * np.sqrt(design.w)[:, None]), s
        return exact_frame(design.integers, design.w)

    def checks(self) -> list[Check]:
        """That Z is orthonormal: what every figure here stands on."""
        z, _ = self.frame
        slip = float(np.linalg.norm(z.T @ z - np.eye(z.shape[1])))
        return [measured("orthonormal-basis", slip, ORTHONORMAL, "||Z'Z - I|| for the basis of the columns that the diagnostics stand on")]

    @cached_property
    def residuals(self) -> Vector:
        """√wᵢ·(yᵢ − ŷᵢ)."""
        found, weights = self.fit.residuals, self.fit.design.w
        roots: Vector = np.ones(1) if weights is None else np.sqrt(weights)
        return found * roots

    @cached_property
    def leverage(self) -> Vector:
        """The diagonal of the hat matrix, from 0 to 1, with the sum p."""
        z, _ = self.frame
        return np.asarray(np.minimum((z * z).sum(axis=1), 1.0))

    @cached_property
    def standardized(self) -> Vector:
        """rᵢ = eᵢ/(s·√(1 − hᵢ)) (internally studentised); NaN where hᵢ = 1, or s = 0."""
        deviation = self.fit.sums.residual_standard_deviation or math.nan
        room = 1 - self.leverage
        return np.where(room > NEARLY_ONE, self.residuals / (deviation * np.sqrt(np.maximum(room, NEARLY_ONE))), math.nan)

    @cached_property
    def studentized(self) -> Vector:
        """tᵢ = rᵢ·√((ν − 1)/(ν − rᵢ²)), ν degrees of freedom: the same with the deviation estimated without observation i."""
        freedom = self.fit.sums.degrees_of_freedom
        rest = freedom - self.standardized**2
        return np.where(rest > freedom * 1e-12, self.standardized * np.sqrt((freedom - 1) / np.maximum(rest, 1e-300)), math.nan)

    @cached_property
    def cooks_distance(self) -> Vector:
        room = np.maximum(1 - self.leverage, NEARLY_ONE)
        return np.asarray(self.standardized**2 * self.leverage / (room * self.fit.sums.parameters))

    def durbin_watson(self) -> float | None:
        """Σ(eₜ − eₜ₋₁)²/Σeₜ²: near 2 without serial correlation."""
        e = self.residuals
        size = float(e @ e)
        return float((np.diff(e) ** 2).sum() / size) if size > 0 and len(e) > 1 else None

    def variance_inflation(self) -> list[dict[str, Any]]:
        """1/(1 − R²ⱼ) of each predictor regressed on the others, which is ((XᵀWX)⁻¹)ⱼⱼ·Σwᵢ(xᵢⱼ − x̄ⱼ)²."""
        design = self.fit.design
        weights = np.ones(design.observations) if design.w is None else design.w
        first = int(design.has_intercept)
        columns = design.floats[:, first:].astype(np.longdouble)
        if first:
            columns = columns - (weights @ columns) / weights.sum()
        squares = (weights[:, None] * columns**2).sum(axis=0).astype(np.float64)
        factors = squares * self.fit.inverse_gram.diagonal()[first:]
        return [{"name": name, "value": max(value, 1.0)} for name, value in zip(design.terms.predictors, factors.tolist(), strict=True)]

    def anova(self) -> dict[str, Any]:
        """Sequential sums of squares, a term after the other in model order (type I, as anova() of R has them), and those of the
        whole regression."""
        sums, (z, _) = self.fit.sums, self.frame
        y = self.fit.design.y if self.fit.design.w is None else self.fit.design.y * np.sqrt(self.fit.design.w)
        first = int(self.fit.design.has_intercept)
        effects = (z.T @ (y - z[:, :first] @ (z[:, :first].T @ y)))[first:] ** 2
        terms = [
            {"source": name, **_row(value, 1, sums.residual, sums.degrees_of_freedom)}
            for name, value in zip(self.fit.design.terms.predictors, effects.tolist(), strict=True)
        ]
        freedom, below = sums.f_degrees_of_freedom
        return {
            "terms": terms,
            "regression": {"source": "regression", **_row(max(sums.regression, 0.0), freedom, sums.residual, below)},
            "residual": {"source": "residual", **_row(sums.residual, below)},
            "total": {"source": "total", **_row(sums.total, freedom + below)},
        }

    def robust_covariance(self, kind: str) -> Floats:
        """White's sandwich (XᵀX)⁻¹Xᵀ·diag(ω)·X(XᵀX)⁻¹ with ω by `kind`: HC0 e², HC1 e²·n/(n − p), HC2 e²/(1 − h), HC3 e²/(1 − h)².

        Raises CheckFailed for HC2 and HC3 when an observation has leverage 1.
        """
        sums, room = self.fit.sums, 1 - self.leverage
        if kind in ("HC2", "HC3") and float(room.min()) <= NEARLY_ONE:
            i = int(room.argmin()) + 1
            raise CheckFailed(f"{kind} divides by 1 - h, and observation {i} has leverage 1", "HC0 and HC1 do not divide by it")
        squares = self.residuals**2 * _SCALES[kind](room, sums.observations, max(sums.degrees_of_freedom, 1))
        z, s = self.frame
        return np.asarray(s @ ((z * squares[:, None]).T @ z) @ s.T)


_SCALES: dict[str, Callable[[Vector, int, int], Any]] = {
    "HC0": lambda room, n, freedom: 1.0,
    "HC1": lambda room, n, freedom: n / freedom,
    "HC2": lambda room, n, freedom: 1 / room,
    "HC3": lambda room, n, freedom: 1 / room**2,
}
ROBUST = tuple(_SCALES)


def with_nulls(values: Vector) -> list[float | None]:
    """A list for an answer: what does not exist is None."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _row(squares: float, freedom: int, residual: float | None = None, below: int = 0) -> dict[str, Any]:
    mean = squares / freedom if freedom > 0 else None
    statistic = p_value = None
    if residual and mean is not None and below > 0:
        statistic = mean / (residual / below)
        statistic = statistic if math.isfinite(statistic) else None
        p_value = None if statistic is None else float(special.fdtrc(freedom, below, statistic))
    return {
        "degrees_of_freedom": freedom,
        "sum_of_squares": squares,
        "mean_square": mean,
        "statistic": statistic,
        "p_value": p_value,
    }


def exact_frame(whole: ScaledIntegers, weights: Vector | None) -> tuple[Floats, Floats]:
    """Z and S for the exact design: S from QR in floats, X·S computed exactly and rounded, until its columns are orthonormal."""
    roots = 1.0 if weights is None else np.sqrt(weights)[:, None]
    p = len(whole.denominators)
    columns = [doubles([int(whole.numerators[i, j]) for i in range(whole.numerators.nrows())], d) for j, d in enumerate(whole.denominators)]
    s = np.diag([math.ldexp(1.0, -math.frexp(float(np.abs(column).max()))[1]) for column in columns])
    for _ in range(ROUNDS):
        z = _times(whole, s) * roots
        r = np.asarray(np.linalg.qr(z, mode="r"))
        r.flat[:: p + 1] = np.where(r.diagonal() == 0, 1e-16, r.diagonal())
        inverse = np.triu(lapack.dtrtri(r * np.sign(r.diagonal())[:, None])[0])
        if not np.isfinite(inverse).all():
            break
        s = s @ inverse
        if float(np.linalg.norm(inverse - np.eye(p))) < NEARLY_ORTHONORMAL:
            return z @ inverse, s
    raise CheckFailed("an orthonormal basis of the columns of the design was not found", "centre and scale the predictors")


def _times(whole: ScaledIntegers, s: Floats) -> Floats:
    """X·S, each entry rounded once."""
    shifts = [max((53 - math.frexp(value)[1] for value in line if value), default=0) for line in s.T.tolist()]
    common = math.lcm(*whole.denominators)
    factors = [
        [int(_scaled(value, shift)) * (common // d) for value, shift in zip(line, shifts, strict=True)]
        for line, d in zip(s.tolist(), whole.denominators, strict=True)
    ]
    product = (whole.numerators * flint.fmpz_mat(factors)).tolist()
    below = [common << max(shift, 0) for shift in shifts]
    return np.array([[int(value) / scale for value, scale in zip(row, below, strict=True)] for row in product])


def _scaled(value: float, shift: int) -> int:
    """value·2^shift, a whole number by the choice of the shift."""
    above, below = value.as_integer_ratio()
    return (above << max(shift, 0)) // below
