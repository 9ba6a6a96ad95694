"""The singular value decomposition A = U·diag(s)·V^H, thin or full, with normalised signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import MathematicsRefuses, NoConvergence
from service.linalg.bounds import SLACK, UNIT, gamma
from service.linalg.exact import exact_rank
from service.linalg.matrix import Floats, Matrix
from service.linalg.numerical_rank import default_tolerance, is_clear, unit_of


@dataclass(frozen=True)
class SingularValueDecomposition:
    """u is m×k, `singular_values` the min(m, n) in decreasing order, vt k×n, with k = min(m, n), or u m×m and vt n×n when full.

    Signs: in each row of vt the first entry whose size is within a millionth of the largest is positive (for the further rows of
    a full vt too; for the further columns of a full u the same rule by columns). `rank` is exact for whole and rational entries,
    and None where the singular values of others leave it open, `condition_number` (2-norm) where the smallest is zero to the
    precision of floats. `error_bound` bounds the error of each singular value relative to the largest.
    """

    u: Floats
    singular_values: NDArray[np.float64]
    vt: Floats
    rank: int | None
    condition_number: float | None
    tolerance: float
    error_bound: float
    checks: list[Check]

    def to_json(self, vectors: bool = True) -> dict[str, Any]:
        """With null for the singular vectors when these are not wanted."""
        return {
            "u": self.u if vectors else None,
            "singular_values": self.singular_values,
            "vt": self.vt if vectors else None,
            "rank": self.rank,
            "condition_number": self.condition_number,
            "tolerance": self.tolerance,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def svd(matrix: Matrix, full: bool = False) -> SingularValueDecomposition:
    """The decomposition of an m×n matrix in floats, by LAPACK's divide and conquer (gesdd).

    Exact entries are taken to the nearest double. Raises LimitExceeded, NoConvergence, CheckFailed, and MatrixFormatError for
    a whole number that no double holds.
    """
    a = matrix.floats
    m, n = a.shape
    limits.check("cubic-size", min(m, n), "/matrix")
    if full:
        limits.check("cubic-size", max(m, n), "/matrix")
    unit = unit_of(a)
    scaled = a / unit
    try:
        u, values, vt = np.linalg.svd(scaled, full_matrices=full)
    except np.linalg.LinAlgError:
        raise NoConvergence("the iteration for the singular values did not converge", pointer="/matrix") from None
    u, vt = normalised(u, vt, len(values))
    bound, checks = certificate(scaled, u, values, vt)
    if not np.isfinite(values * unit).all():
        raise MathematicsRefuses("a singular value is beyond the range of doubles", "divide the matrix by a number", "/matrix")
    tolerance = default_tolerance(a.shape, float(values[0]))
    count = int((values > tolerance).sum())
    rank = exact_rank(matrix)
    if rank is None and is_clear(a, values, count, tolerance):
        rank = count
    condition = float(values[0] / values[-1]) if values[-1] > tolerance else None
    return SingularValueDecomposition(u + 0.0, values * unit, vt + 0.0, rank, condition, tolerance * unit, bound, require(checks))


def normalised(u: Floats, vt: Floats, pairs: int) -> tuple[Floats, Floats]:
    """The same decomposition with the signs (phases, when complex) of the convention above; `pairs` columns of u belong to rows
    of vt, and the others are free."""
    phases = leading_phases(vt)
    vt = vt * phases.conj()[:, None]
    u = u.copy()
    u[:, :pairs] *= phases[:pairs]
    u[:, pairs:] *= leading_phases(u[:, pairs:].T).conj()
    return u, vt


def leading_phases(rows: Floats) -> Floats:
    """For each row the sign (phase) of its first entry among the largest."""
    if rows.size == 0:
        return np.ones(len(rows), dtype=rows.dtype)
    sizes = np.abs(rows)
    first = (sizes >= (1 - 1e-6) * sizes.max(axis=1, keepdims=True)).argmax(axis=1)
    leading = rows[np.arange(len(rows)), first]
    return np.asarray(leading / np.abs(leading))


def certificate(a: Floats, u: Floats, values: NDArray[np.float64], vt: Floats) -> tuple[float, list[Check]]:
    """The bound on the singular values, relative to the largest, and the checks of the decomposition.

    With U'U = I + E and V'V = I + F (in norms e, f < 1), the singular values of U·S·V' are those of S up to a factor between
    sqrt((1 − e)(1 − f)) and sqrt((1 + e)(1 + f)) (Ostrowski), and Weyl's inequality adds ‖A − U·S·V'‖.
    """
    m, n = a.shape
    k, kind = len(values), a.dtype.kind
    size = float(np.linalg.norm(a)) or 1.0
    residual = float(np.linalg.norm(a - (u[:, :k] * values) @ vt[:k])) / size
    defect_u, defect_v = _orthogonality(u), _orthogonality(vt.conj().T)
    rounding = gamma(k + 3, kind) * float(np.sqrt(k)) * 2
    e, f = defect_u + gamma(m + 2, kind) * u.shape[1], defect_v + gamma(n + 2, kind) * len(vt)
    top = float(values[0])
    bound = ((residual + rounding) * size / top + max(e, f)) * SLACK if top > 0 else 0.0
    tolerance = 10 * (max(m, n) + 10) * UNIT
    ordered = bool((np.diff(values) <= 0).all() and values[-1] >= 0)
    return bound, [
        measured("reconstruction", residual, tolerance * np.sqrt(k), "||A - U S V'|| / ||A|| in the Frobenius norm"),
        measured("orthogonality-u", defect_u, tolerance * np.sqrt(u.shape[1]), "||U'U - I|| in the Frobenius norm"),
        measured("orthogonality-v", defect_v, tolerance * np.sqrt(len(vt)), "||V'V - I|| in the Frobenius norm"),
        decided("order", ordered, "the singular values are non-negative and do not increase"),
    ]


def _orthogonality(columns: Floats) -> float:
    return float(np.linalg.norm(columns.conj().T @ columns - np.eye(columns.shape[1])))
