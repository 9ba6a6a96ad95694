"""The four fundamental subspaces of a matrix A (m×n): column space and left null space in m dimensions, row space and null space
in n. Exact bases as they are taught, or orthonormal ones in floats."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import NoConvergence
from service.linalg.bounds import SLACK, TRUSTED, UNIT, gamma
from service.linalg.dependencies import Dependency, exact_dependencies, shown
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import Floats
from service.linalg.exact_tables import Table
from service.linalg.general_solution import solved
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic
from service.linalg.numerical_rank import numerical_rank, unit_of
from service.linalg.rank import undecided
from service.linalg.singular import too_sensitive
from service.linalg.svd import leading_phases

Space = Literal["column_space", "row_space", "null_space", "left_null_space"]
SPACES: tuple[Space, ...] = ("column_space", "row_space", "null_space", "left_null_space")


@dataclass(frozen=True)
class Subspaces:
    """`bases` holds the asked spaces, each as a list of vectors: exact texts, or floats that are orthonormal. `dimensions` are
    those of all four. `pivot_columns` are the columns independent of the earlier ones, `dependencies` write the others in
    terms of them (both None where floats do not show it). `error_bound` bounds the sine of the angle between the span of a basis and
    the space of every matrix of this rank whose entries round to those sent (0 in exact arithmetic)."""

    bases: dict[Space, Any]
    shape: tuple[int, int]
    rank: int
    pivot_columns: list[int] | None
    dependencies: list[Dependency] | None
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    @property
    def dimensions(self) -> dict[Space, int]:
        m, n = self.shape
        return {"column_space": self.rank, "row_space": self.rank, "null_space": n - self.rank, "left_null_space": m - self.rank}

    def explanation(self) -> str:
        """Rank and nullity in words."""
        n = self.shape[1]
        reason = f", because {shown(self.dependencies)}" if self.dependencies else ""
        return f"the rank is {self.rank}, so the null space has dimension {n} - {self.rank} = {n - self.rank}{reason}"

    def to_json(self, space: Space) -> dict[str, Any]:
        """The answer about one space; the bases of all that were asked for stand in `subspaces`."""
        answer: dict[str, Any] = {
            "basis": self.bases[space],
            "dimension": self.dimensions[space],
            "ambient_dimension": self.shape[1] if space in ("row_space", "null_space") else self.shape[0],
            "rank": self.rank,
            "dimensions": self.dimensions,
            "pivot_columns": self.pivot_columns,
            "dependencies": None if self.dependencies is None else [entry.to_json() for entry in self.dependencies],
            "explanation": self.explanation(),
        }
        if len(self.bases) > 1:
            answer["subspaces"] = self.bases
        return answer | {"arithmetic": self.arithmetic, "error_bound": self.error_bound, "checks": self.checks}


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def subspaces(
    matrix: Matrix, spaces: tuple[Space, ...] = SPACES, arithmetic: Arithmetic | None = None, tolerance: float | None = None
) -> Subspaces:
    """Bases of `spaces` for an m×n matrix.

    Exact: the pivot columns, the non-zero rows of the reduced echelon form, and for each free variable the solution of A·x = 0
    where it is 1 and the others are 0. Floats: singular vectors; the rank is exact for whole and rational entries, otherwise
    read off from the singular values, with `tolerance` (those up to it count as zero) when given.
    Raises Undecided, LimitExceeded, NoConvergence, CheckFailed.
    """
    mode = choose_arithmetic(arithmetic, True, matrix=matrix)
    limits.check("cubic-size", min(matrix.shape), "/matrix")
    if mode == "exact":
        return _exact(matrix, spaces)
    if {"null_space", "left_null_space"} & set(spaces):
        limits.check("cubic-size", max(matrix.shape), "/matrix")
    return _in_floats(matrix, spaces, tolerance)


def _exact(matrix: Matrix, spaces: tuple[Space, ...]) -> Subspaces:
    if matrix.table.is_rational:
        check_size(matrix, 2 * min(matrix.shape) * max(matrix.shape))
    a = matrix.table
    pivots, dependencies = exact_dependencies(a, "column")
    rank = len(pivots)
    vectors = {space: exact_basis(a, space, pivots) for space in spaces}
    checks = [check for space in spaces for check in exact_checks(a, space, vectors[space], rank)]
    bases = {space: table.json() for space, table in vectors.items()}
    return Subspaces(bases, matrix.shape, rank, pivots, dependencies, "exact", 0.0, require(checks))


def exact_basis(a: Table, space: Space, pivots: list[int]) -> Table:
    """The vectors of a basis, in rows."""
    if space == "column_space":
        return a.columns(pivots).transposed()
    if space == "row_space":
        return Table.of(a.echelon()[0].rows[: len(pivots)], a.shape[1])
    if space == "left_null_space":
        a = a.transposed()
    return solved(a, Table.zeros((a.shape[0], 1)))[1].transposed()


def exact_checks(a: Table, space: Space, basis: Table, rank: int) -> list[Check]:
    """That the vectors lie in the space, are independent, and are as many as its dimension."""
    across = a.transposed() if space in ("column_space", "left_null_space") else a
    name = space.replace("_", "-")
    independent = len(basis.echelon()[1]) if basis.shape[0] else 0
    if space in ("null_space", "left_null_space"):
        inside, what = (across @ basis.transposed()).is_zero(), "the matrix sends every basis vector to zero, exactly"
        dimension = across.shape[1] - rank
    else:
        stacked = Table.of(across.rows + basis.rows, across.shape[1])
        inside, what = len(stacked.echelon()[1]) == rank, "every basis vector is a combination of the lines of the matrix, exactly"
        dimension = rank
    return [
        decided(name, inside, what),
        decided(
            f"{name}-dimension", independent == dimension == basis.shape[0], "the vectors are independent, and as many as the dimension"
        ),
    ]


def _in_floats(matrix: Matrix, spaces: tuple[Space, ...], tolerance: float | None) -> Subspaces:
    a, pivots, dependencies = matrix.floats, None, None
    unit = unit_of(a)
    if tolerance is None and matrix.is_exact_data and affordable(matrix):
        pivots, dependencies = exact_dependencies(matrix.table, "column")
        rank = len(pivots)
    else:
        found = numerical_rank(a, tolerance)
        if found.rank is None:
            raise undecided(found)
        rank = found.rank
    bases, values = orthonormal_bases(a / unit, rank, spaces)
    is_rounded = matrix.is_rounded
    checks, bound = [], 0.0
    for space, basis in bases.items():
        angle, orthogonality = angle_bound(a / unit, space, basis, values, rank, is_rounded)
        bound = max(bound, angle)
        name, limit = space.replace("_", "-"), 100 * (sum(a.shape) + 10) * UNIT
        inside = residual(a / unit, space, basis) / max(float(values[0]), 1e-300) if values[0] else 0.0
        if tolerance is None:
            checks.append(measured(name, inside, limit, RESIDUAL[space]))
        checks.append(measured(f"{name}-orthonormal", orthogonality, limit, "||V'V - I|| in the Frobenius norm"))
    if not bound <= TRUSTED and tolerance is None:
        raise too_sensitive("the space", bound)
    checks.append(measured("forward-error", min(bound, 1.0), 1.0 if tolerance is not None else TRUSTED, FORWARD))
    rows = {space: basis.T + 0.0 for space, basis in bases.items()}
    return Subspaces(rows, matrix.shape, rank, pivots, dependencies, "float", min(bound, 1.0), require(checks))


RESIDUAL: dict[Space, str] = {
    "null_space": "||A V|| relative to ||A||",
    "left_null_space": "||V' A|| relative to ||A||",
    "column_space": "the part of A outside the span of V, relative to ||A||",
    "row_space": "the part of A outside the span of V, relative to ||A||",
}
FORWARD = "bound on the sine of the angle to the space of every matrix of this rank whose entries round to those sent"


def orthonormal_bases(a: Floats, rank: int, spaces: tuple[Space, ...]) -> tuple[dict[Space, Floats], Floats]:
    """Orthonormal bases in columns, by singular vectors with normalised signs (in each vector the first of the largest entries is
    positive), and the singular values."""
    full = ("left_null_space" in spaces and a.shape[0] > a.shape[1]) or ("null_space" in spaces and a.shape[1] > a.shape[0])
    try:
        u, values, vt = np.linalg.svd(a, full_matrices=full)
    except np.linalg.LinAlgError:
        raise NoConvergence("the iteration for the singular values did not converge", pointer="/matrix") from None
    v = vt.conj().T
    found: dict[Space, Floats] = {
        "column_space": u[:, :rank],
        "row_space": v.conj()[:, :rank],
        "null_space": v[:, rank:],
        "left_null_space": u.conj()[:, rank:],
    }
    return {space: found[space] * leading_phases(found[space].T).conj() for space in spaces}, values


def residual(a: Floats, space: Space, basis: Floats) -> float:
    """How much of A the basis of a null space leaves, or of A's lines outside the basis of their span (Frobenius norm)."""
    if space == "null_space":
        return float(np.linalg.norm(a @ basis))
    if space == "left_null_space":
        return float(np.linalg.norm(basis.T @ a))
    lines = a if space == "column_space" else a.T
    return float(np.linalg.norm(lines - basis @ (basis.conj().T @ lines)))


def angle_bound(a: Floats, space: Space, basis: Floats, values: Floats, rank: int, is_rounded: bool) -> tuple[float, float]:
    """The bound of `Subspaces.error_bound` for one space, and ‖VᴴV − I‖.

    Let A' have rank r and ‖A' − A‖ ≤ δ, N' its null space, and x a unit vector of the span of V: its part y across N' satisfies
    σᵣ(A')‖y‖ ≤ ‖A'x‖ ≤ ‖A·x‖ + δ, and σᵣ(A') ≥ σᵣ(A) − δ. For a column space the same holds with the parts of A outside the span.
    The singular values as computed are off by rounding of the order of σ₁, which δ includes.
    """
    m, n = a.shape
    k = basis.shape[1]
    gram = basis.conj().T @ basis - np.eye(k)
    orthogonality = float(np.linalg.norm(gram))
    if k in (0, len(basis)):
        return 0.0, orthogonality
    kind, size = a.dtype.kind, float(np.linalg.norm(a))
    rounding = gamma(max(m, n) + k + 4, kind) * size * math.sqrt(k) * 2
    delta = (UNIT * size if is_rounded else 0.0) + 10 * max(m, n) * UNIT * float(values[0])
    left = residual(a, space, basis) + rounding + orthogonality * size
    gap = (float(values[rank - 1]) - delta) if rank else 0.0
    return ((left + delta) / gap * SLACK / (1 - min(orthogonality, 0.5)) if gap > 0 else math.inf), orthogonality
