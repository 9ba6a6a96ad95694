"""The four fundamental subspaces of a matrix (Strang), with orthonormal bases from its full singular value decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.certificates import Check, decided, measured, require
from service.errors import Undecided
from service.linalg.bounds import TRUSTED, UNIT
from service.linalg.matrix import Floats, Matrix
from service.linalg.numerical_rank import unit_of
from service.linalg.svd import SingularValueDecomposition


@dataclass(frozen=True)
class FundamentalSubspaces:
    """For A m×n of rank r: each basis holds its orthonormal vectors as rows. The column space (r vectors of m entries) and the left null
    space (m − r) are orthogonal complements of each other, and so are the row space, the range of Aᴴ (r vectors of n), and the null
    space (n − r)."""

    column_space: Floats
    left_null_space: Floats
    row_space: Floats
    null_space: Floats
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "column_space": self.column_space,
            "left_null_space": self.left_null_space,
            "row_space": self.row_space,
            "null_space": self.null_space,
        }


@np.errstate(all="ignore")  # an overflow makes a check fail
def fundamental_subspaces(matrix: Matrix, found: SingularValueDecomposition) -> FundamentalSubspaces:
    """From the full decomposition `found` of `matrix`. Raises Undecided where the singular values leave the rank open."""
    values, r = found.singular_values, found.rank
    # The subspaces turn by at most about (error of the singular values)/(the smallest that is not zero), by Davis and Kahan.
    if r is None or (0 < r < max(matrix.shape) and found.error_bound * values[0] > TRUSTED * values[r - 1]):
        hint = "null-space and column-space take a tolerance, and exact entries"
        raise Undecided("the subspaces cannot be told: no clear gap parts the singular values from 0", hint, "/matrix")
    left, right = found.u.T + 0.0, found.vt.conj() + 0.0
    spaces = left[:r], left[r:], right[:r], right[r:]
    return FundamentalSubspaces(*spaces, require(subspace_checks(matrix.floats, *spaces)))


def subspace_checks(a: Floats, column: Floats, left_null: Floats, row: Floats, null: Floats) -> list[Check]:
    """That A vanishes on the null spaces, and that the bases complete each other to orthonormal ones of the whole spaces."""
    (m, n), unit = a.shape, unit_of(a)
    a = a / unit
    size = float(np.linalg.norm(a)) or 1.0
    tolerance = 10 * (max(m, n) + 10) * UNIT * float(np.sqrt(max(m, n)))
    whole = [np.concatenate(pair) for pair in ((column, left_null), (row, null))]
    defects = [float(np.linalg.norm(basis.conj() @ basis.T - np.eye(len(basis)))) for basis in whole]
    return [
        measured("null-space", float(np.linalg.norm(a @ null.T)) / size, tolerance, "||A N||, relative to ||A||"),
        measured("left-null-space", float(np.linalg.norm(a.conj().T @ left_null.T)) / size, tolerance, "||A' N||, relative to ||A||"),
        measured("complements", max(defects), tolerance, "the products of all basis vectors of a space against I (Frobenius)"),
        decided("dimensions", len(column) == len(row) and [len(basis) for basis in whole] == [m, n], "r + (m - r) = m and r + (n - r) = n"),
    ]
