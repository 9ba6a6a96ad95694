"""The structure of a square matrix, as a request states it: a promise that is checked."""

from __future__ import annotations

from typing import Any, Literal

from service.certificates import Check, decided
from service.errors import MathematicsRefuses
from service.linalg.cholesky import cholesky
from service.linalg.exact import require_square
from service.linalg.matrix import Arithmetic, Matrix, place, pointer

Structure = Literal[
    "general", "symmetric", "hermitian", "positive-definite", "diagonal", "tridiagonal", "upper-triangular", "lower-triangular"
]
STRUCTURES: tuple[Structure, ...] = (
    "general", "symmetric", "hermitian", "positive-definite", "diagonal", "tridiagonal", "upper-triangular", "lower-triangular"
)  # fmt: skip
PATTERNS = {  # the places (i, j) where an entry has to be zero
    "diagonal": lambda i, j: i != j,
    "tridiagonal": lambda i, j: abs(i - j) > 1,
    "upper-triangular": lambda i, j: i > j,
    "lower-triangular": lambda i, j: i < j,
}


def structure_check(matrix: Matrix, structure: Structure, arithmetic: Arithmetic | None = None) -> Check:
    """That the matrix has the structure. Raises MathematicsRefuses with the first entry that breaks it, ShapeMismatch,
    NotPositiveDefinite and Undecided for "positive-definite"."""
    require_square(matrix, "this structure")
    n, rows = matrix.shape[0], matrix.rows
    if structure == "positive-definite":
        cholesky(matrix, arithmetic)
    elif structure != "general":
        for i in range(n):
            for j in range(n):
                if not _fits(rows, i, j, structure):
                    expected = (
                        "0" if structure in PATTERNS else f"{'the conjugate of ' if structure == 'hermitian' else ''}{place(j, i, False)}"
                    )
                    detail = f"the matrix is not {structure}: {place(i, j, False)} is not {expected}"
                    raise MathematicsRefuses(detail, 'leave "structure" out', f"/matrix{pointer(i, j, False)}")
    return decided("structure", True, f"the matrix is {structure.replace('-', ' ')}, as the request says")


def _fits(rows: Any, i: int, j: int, structure: str) -> bool:
    if structure in PATTERNS:
        return not PATTERNS[structure](i, j) or bool(rows[i][j] == 0)
    other = rows[j][i]
    if structure == "hermitian" and hasattr(other, "conjugate"):
        other = other.conjugate()
    return bool(rows[i][j] == other)
