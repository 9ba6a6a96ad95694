"""Whether vectors are linearly independent, and the relation between them when they are not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from service import limits
from service.certificates import Check, decided, require
from service.linalg.dependencies import Dependency, exact_dependencies, shown
from service.linalg.exact import affordable, check_size
from service.linalg.exact_tables import Table
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic
from service.linalg.rank import rank


@dataclass(frozen=True)
class Independence:
    """About k vectors with n entries: the `dimension` of their span, the places of those that are independent of the earlier ones
    (None where floats do not show them), the others in terms of these."""

    count: int
    length: int
    dimension: int
    independent_vectors: list[int] | None
    dependencies: list[Dependency] | None
    arithmetic: Arithmetic
    checks: list[Check]

    @property
    def independent(self) -> bool:
        return self.dimension == self.count

    @property
    def spans(self) -> bool:
        return self.dimension == self.length

    @property
    def relation(self) -> list[Any] | None:
        """Coefficients, not all zero, with Σ cᵢ·vᵢ = 0; None for independent vectors."""
        if not self.dependencies:
            return None
        first = self.dependencies[0]
        exact = not any(isinstance(coefficient, float) for _, coefficient in first.combination)
        coefficients: list[Any] = ["0" if exact else 0.0] * self.count
        for i, coefficient in first.combination:
            coefficients[i] = coefficient
        coefficients[first.index] = "-1" if exact else -1.0
        return coefficients

    def explanation(self) -> str:
        """The verdict in words."""
        space = f"the space of {self.length} dimensions"
        if self.independent:
            return f"the vectors are linearly independent{f': a basis of {space}' if self.spans else ''}"
        reason = f": {shown(self.dependencies)}" if self.dependencies else ""
        return (
            f"the vectors are linearly dependent{reason}; they span {space if self.spans else f'a subspace of dimension {self.dimension}'}"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "independent": self.independent,
            "spans": self.spans,
            "basis": self.independent and self.spans,
            "dimension": self.dimension,
            "ambient_dimension": self.length,
            "independent_vectors": self.independent_vectors,
            "dependencies": None if self.dependencies is None else [entry.to_json() for entry in self.dependencies],
            "relation": self.relation,
            "explanation": self.explanation(),
            "arithmetic": self.arithmetic,
            "checks": self.checks,
        }


def independence(vectors: Matrix, arithmetic: Arithmetic | None = None, tolerance: float | None = None) -> Independence:
    """About the rows of `vectors` (k vectors with n entries each).

    Exact for whole and rational entries whatever the arithmetic; otherwise by singular values, `tolerance` as in `rank`. Raises
    Undecided when these leave it open, LimitExceeded, CheckFailed.
    """
    mode = choose_arithmetic(arithmetic, True, vectors=vectors)
    limits.check("cubic-size", min(vectors.shape), "/vectors")
    k, n = vectors.shape
    if tolerance is None and (mode == "exact" or (vectors.is_exact_data and affordable(vectors))):
        if vectors.table.is_rational:
            check_size(vectors, k * min(k, n), "/vectors")
        kept, dependencies = exact_dependencies(vectors.table)
        relations = [replace(entry, line="vector") for entry in dependencies]
        checks = require(exact_checks(vectors.table, kept))
        return Independence(k, n, len(kept), kept, relations, "exact", checks)
    found = rank(vectors, arithmetic, tolerance)
    if found.dependencies is None:
        return Independence(k, n, found.rank, None, None, "float", found.checks)
    relations = [replace(entry, line="vector") for entry in found.dependencies]
    places = [i for i in range(k) if i not in {entry.index for entry in relations}]
    return Independence(k, n, found.rank, places, relations, "float", found.checks)


def exact_checks(rows: Table, kept: list[int]) -> list[Check]:
    """That the vectors kept are independent, and that the others add nothing to their span."""
    columns = rows.transposed()
    own = len(columns.columns(kept).transposed().echelon()[1]) if kept else 0
    return [
        decided("independent", own == len(kept), "an elimination on the entries of the vectors kept finds as many pivots as vectors"),
        decided("span", len(columns.transposed().echelon()[1]) == len(kept), "all vectors together have no larger rank"),
    ]
