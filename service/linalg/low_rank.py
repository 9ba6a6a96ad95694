"""The best approximation of a matrix by one of lower rank: the leading part of its singular value decomposition (Eckart, Young, Mirsky)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, measured, require
from service.errors import InputError, MathematicsRefuses, Undecided
from service.linalg.bounds import SLACK, gamma
from service.linalg.factor_bounds import norm
from service.linalg.matrix import Floats, Matrix, choose_arithmetic
from service.linalg.norm import entry_rounding
from service.linalg.numerical_rank import unit_of
from service.linalg.svd import svd


@dataclass(frozen=True)
class LowRank:
    """`approximation` is m×n, u·diag(s)·vt with k = `rank` terms.

    `error_spectral` = σₖ₊₁ and `error_frobenius` = √(Σ_{j>k} σⱼ²) are the least possible errors of rank k; `relative_error` is the
    second over ‖A‖, `energy` the part Σ_{j≤k} σⱼ²/Σσⱼ² that is kept. `unique` is False when σₖ = σₖ₊₁ up to rounding: there are
    several best approximations then. `error_bound`: no matrix of rank k is nearer to A than this one by more than
    error_bound·‖A‖ (Frobenius), in either norm.
    """

    approximation: Floats
    rank: int
    error_frobenius: float
    error_spectral: float
    relative_error: float
    energy: float
    unique: bool
    u: Floats
    singular_values: NDArray[np.float64]
    vt: Floats
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "approximation": self.approximation,
            "rank": self.rank,
            "error_frobenius": self.error_frobenius,
            "error_spectral": self.error_spectral,
            "relative_error": self.relative_error,
            "energy": self.energy,
            "unique": self.unique,
            "u": self.u,
            "singular_values": self.singular_values,
            "vt": self.vt,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow is refused
def low_rank(matrix: Matrix, rank: int | None = None, tolerance: float | None = None, energy: float | None = None) -> LowRank:
    """The best approximation of an m×n matrix of a given `rank` k ≥ 0, of the least rank whose error in the 2-norm is at most
    `tolerance`, or of the least rank that keeps the part `energy` of the sum of squares; exactly one of the three.

    Raises InputError, MathematicsRefuses (a rank beyond min(m, n)), Undecided (rounding decides on which side of the tolerance a
    singular value lies), LimitExceeded, NoConvergence, CheckFailed.
    """
    if sum(option is not None for option in (rank, tolerance, energy)) != 1:
        raise InputError("the approximation is given by a rank, a tolerance or an energy: by one of the three", 'send "rank": 1', "/rank")
    choose_arithmetic("float", matrix=matrix)
    limits.check("cubic-size", min(matrix.shape), "/matrix")
    if rank is not None and rank > min(matrix.shape):
        most = min(matrix.shape)
        raise MathematicsRefuses(f"a {matrix.shape[0]}×{matrix.shape[1]} matrix has at most rank {most}, not {rank}", pointer="/rank")
    a = matrix.floats
    unit = unit_of(a)
    found = svd(matrix)
    values = found.singular_values / unit
    slack = (found.error_bound + entry_rounding(matrix, np.abs(a)) * np.sqrt(len(values))) * values[0]
    k = rank if rank is not None else _chosen(values, slack, unit, tolerance, energy)
    u, vt = found.u[:, :k], found.vt[:k]
    approximation = (u * values[:k]) @ vt
    rest, total = values[k:], float(np.linalg.norm(values))
    error = float(np.linalg.norm(rest)), float(rest[0]) if len(rest) else 0.0
    checks = [*found.checks, *error_checks(a / unit, approximation, (u, values[:k], vt), *error)]
    gap = float(values[k - 1] - values[k]) if 0 < k < len(values) else np.inf
    spread = 2 * slack * np.sqrt(len(values)) + gamma(k + 3, a.dtype.kind) * 4 * np.sqrt(k) * values[0]
    bound = float(spread / total * SLACK * np.sqrt(len(values))) if total > 0 else 0.0
    kept = float(np.linalg.norm(values[:k]))
    answer = LowRank(
        approximation=approximation * unit + 0.0,
        rank=k,
        error_frobenius=error[0] * unit,
        error_spectral=error[1] * unit,
        relative_error=error[0] / total if total else 0.0,
        energy=(kept / total) ** 2 if total else 1.0,
        unique=bool(gap > 2 * slack) if k else True,
        u=u,
        singular_values=found.singular_values,
        vt=vt,
        error_bound=bound,
        checks=require(checks),
    )
    if not (np.isfinite(answer.approximation).all() and np.isfinite(answer.error_frobenius)):
        raise MathematicsRefuses("the approximation is beyond the range of doubles", "divide the matrix by a number", "/matrix")
    return answer


def _chosen(values: NDArray[np.float64], slack: float, unit: float, tolerance: float | None, energy: float | None) -> int:
    """The least rank that meets the tolerance, or keeps the energy; `slack` is how far each value can be off."""
    if tolerance is not None:
        if (close := np.abs(values - tolerance / unit) <= slack).any() and tolerance > slack * unit:
            value = float(values[close][0] * unit)
            raise Undecided(
                f"the singular value {value:.6g} is the tolerance up to rounding", "send another tolerance, or a rank", "/tolerance"
            )
        return int((values > max(tolerance / unit, slack)).sum())
    squares = np.cumsum(values[::-1] ** 2)[::-1]  # the sum from the k-th on
    allowed = (1 - (energy or 0.0)) * squares[0]
    left = np.append(squares, 0.0)
    return int(np.argmax(left <= allowed * (1 + 1e-12) + slack**2))


def error_checks(
    a: Floats, approximation: Floats, factors: tuple[Floats, NDArray[np.float64], Floats], frobenius: float, spectral: float
) -> list[Check]:
    """The stated errors against the distance of the approximation itself, and that it has the rank that was asked for."""
    (m, n), size = a.shape, norm(a) or 1.0
    u, values, vt = factors
    distance = norm(a - approximation)
    largest = float(np.linalg.norm(a - approximation, 2)) if max(m, n) <= 300 else None
    tolerance = 20 * (max(m, n) + 20) * np.finfo(np.float64).eps
    checks = [
        measured("factors", norm(approximation - (u * values) @ vt) / size, tolerance, "||A_k - U_k S_k V_k'||, relative to ||A||"),
        measured("error-frobenius", abs(distance - frobenius) / size, tolerance, "||A - A_k|| against the stated error, relative to ||A||"),
    ]
    if largest is not None:
        checks.append(measured("error-spectral", abs(largest - spectral) / size, tolerance, "the same in the 2-norm"))
    return checks
