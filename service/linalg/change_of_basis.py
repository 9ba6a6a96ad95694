"""A linear map, or a vector, in another basis: S⁻¹·A·S and S⁻¹·v, with the basis vectors as the columns of S."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import RankDeficient, ShapeMismatch
from service.linalg.bounds import SLACK, TRUSTED, UNIT, InverseDefect, gamma_in, largest, propagated, solution_defect, widened
from service.linalg.condition import condition_number
from service.linalg.dependencies import exact_dependencies, shown
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import Floats, beyond_doubles
from service.linalg.exact_tables import Table
from service.linalg.lu import factor
from service.linalg.matrix import Arithmetic, Matrix, as_sent, choose_arithmetic
from service.linalg.numerical_rank import numerical_rank, unit_of
from service.linalg.singular import too_sensitive

REFINEMENTS = 3


@dataclass(frozen=True)
class ChangeOfBasis:
    """`matrix` is S⁻¹·A·S (None without A), `vector` S⁻¹·v (None without v); `transition` is S, `transition_inverse` S⁻¹: floats,
    or exact texts. `error_bound` bounds the error of each of the computed arrays relative to its largest entry, column by
    column (0 in exact arithmetic)."""

    matrix: Any
    vector: Any
    transition: Any
    transition_inverse: Any
    condition_number: float | None
    condition_norm: str
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "matrix": self.matrix,
            "vector": self.vector,
            "transition": self.transition,
            "transition_inverse": self.transition_inverse,
            "condition_number": self.condition_number,
            "condition_norm": self.condition_norm,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def change_of_basis(
    basis: Matrix, matrix: Matrix | None = None, vector: Matrix | None = None, arithmetic: Arithmetic | None = None
) -> ChangeOfBasis:
    """The n×n `matrix` and the `vector`, given in the standard basis, in the basis of the n rows of `basis`.

    Raises ShapeMismatch, RankDeficient (the vectors are no basis, with the relation), Undecided, LimitExceeded, CheckFailed.
    """
    n = basis.shape[1]
    if basis.shape[0] != n:
        raise ShapeMismatch(f"a basis of {n} dimensions has {n} vectors, and these are {basis.shape[0]}", None, "/basis")
    if matrix is not None and matrix.shape != (n, n):
        detail = f"the matrix is {matrix.shape[0]}×{matrix.shape[1]} where the basis vectors have {n} entries"
        raise ShapeMismatch(detail, f"a map of {n} dimensions to themselves is {n}×{n}", "/matrix")
    if vector is not None and vector.shape[0] != n:
        raise ShapeMismatch(f"the vector has {vector.shape[0]} entries and the basis vectors have {n}", None, "/vector")
    mode = choose_arithmetic(arithmetic, True, basis=basis, matrix=matrix, vector=vector)
    limits.check("cubic-size", n, "/basis")
    given = [part for part in (basis, matrix, vector) if part is not None]
    if mode == "exact" or all(part.is_exact_data and affordable(part) for part in given):
        return _exact(basis, matrix, vector, mode)
    return _in_floats(basis, matrix, vector)


# --- exact ------------------------------------------------------------------------------------------------------------


def _exact(basis: Matrix, matrix: Matrix | None, vector: Matrix | None, mode: Arithmetic) -> ChangeOfBasis:
    n = basis.shape[0]
    for name, part in (("basis", basis), ("matrix", matrix), ("vector", vector)):
        if part is not None and part.table.is_rational:
            check_size(part, n * n, f"/{name}")
    s = basis.table.transposed()
    try:
        inverse = s.solved(Table.identity(n))
    except ZeroDivisionError:
        _, relations = exact_dependencies(basis.table)
        raise not_a_basis(shown([replace(entry, line="vector") for entry in relations])) from None
    checks = [decided("inverse", inverse.is_inverse_of(s), "S S⁻¹ = I holds exactly")]
    written: Callable[[Table], Any] = Table.json if mode == "exact" else Table.doubles
    found, coordinates = None, None
    if matrix is not None:
        similar = inverse @ matrix.table @ s
        checks.append(similarity_check(s, similar, matrix.table))
        found = written(similar)
    if vector is not None:
        x = inverse @ vector.table
        checks.append(
            decided("coordinates", (s @ x - vector.table).is_zero(), "the combination of the basis vectors is the vector, exactly")
        )
        coordinates = as_sent(vector, written(x))
    condition, norm = condition_number(s.approximately(), inverse.approximately())
    bound = 0.0 if mode == "exact" else UNIT
    return ChangeOfBasis(found, coordinates, written(s), written(inverse), condition, norm, mode, bound, require(checks))


def similarity_check(s: Table, similar: Table, a: Table) -> Check:
    """That S·A' = A·S, exactly."""
    return decided("similarity", (s @ similar - a @ s).is_zero(), "S A' = A S holds exactly")


def not_a_basis(why: str) -> RankDeficient:
    return RankDeficient(f"the vectors are no basis: they are linearly dependent{f', {why}' if why else ''}", None, "/basis")


# --- floats -----------------------------------------------------------------------------------------------------------


def _in_floats(basis: Matrix, matrix: Matrix | None, vector: Matrix | None) -> ChangeOfBasis:
    """S·[A', x, S⁻¹] = [A·S, v, I], solved with refinement; A·S in extended precision."""
    kind = np.result_type(*(part.floats for part in (basis, matrix, vector) if part is not None))
    units = [_unit(part) for part in (basis, matrix, vector)]  # sizes near 1: no product overflows
    s, n = np.ascontiguousarray(basis.floats.T.astype(kind)) / units[0], basis.shape[0]
    factored = factor(s)
    if factored is None or not math.isfinite(factored.defect.amplification):
        found = numerical_rank(basis.floats)
        raise not_a_basis("to the precision of floats") if found.rank is not None and found.rank < n else too_sensitive("the answer", None)
    products = n**3 if matrix is not None else 3 * n**2
    wide = [widened(np.eye(n, dtype=kind), products)]
    moved = [np.zeros((n, n))]  # what rounding the entries to doubles, and the product A·S, can change in the right-hand side
    if matrix is not None:
        a = matrix.floats.astype(kind) / units[1]
        sizes = np.abs(a) @ np.abs(s)
        wide.append(widened(a, products) @ widened(s, products))
        moved.append((2 * UNIT + gamma_in(n + 2, wide[-1])) * sizes)
    if vector is not None:
        v = vector.floats.astype(kind) / units[2]
        wide.append(widened(v, products))
        moved.append(UNIT * np.abs(v))
    right = np.hstack(wide) * factored.scale[:, None]
    r, b = factored.scaled_inverse, widened(factored.scaled, products)
    x = np.zeros(right.shape, dtype=right.dtype)
    for _ in range(REFINEMENTS):
        x = x + r @ (right - b @ x).astype(kind)
    rounded = x.astype(kind)
    defect = solution_defect(factored.scaled, right, rounded, r, factored.defect)
    bound = relative_bound(defect.error + defect.entry_error, np.hstack(moved) * factored.scale[:, None], rounded, r, factored.defect)
    if not bound <= TRUSTED:
        raise too_sensitive("the answer", bound)
    checks = [
        measured("backward-error", defect.backward, 100 * (n + 10) * UNIT, "largest |A S - S A'| relative to |A||S| + |S||A'|"),
        measured("forward-error", bound, TRUSTED, "verified bound on the relative error, rounding of the entries included"),
    ]
    condition, norm = condition_number(s, rounded[:, :n])
    inverse = rounded[:, :n] / units[0] + 0.0
    similar = rounded[:, n : 2 * n] * units[1] + 0.0 if matrix is not None else None
    column = rounded[:, -1:] / units[0] * units[2] + 0.0 if vector is not None else None
    if not all(part is None or np.isfinite(part).all() for part in (inverse, similar, column)):
        raise beyond_doubles()
    coordinates = None if vector is None or column is None else as_sent(vector, column)
    return ChangeOfBasis(similar, coordinates, s * units[0], inverse, condition, norm, "float", bound, require(checks))


def _unit(part: Matrix | None) -> float:
    """A power of two to divide by; 1 where that would lose small entries."""
    if part is None:
        return 1.0
    unit = unit_of(part.floats)
    return unit if ((part.floats / unit != 0) == (part.floats != 0)).all() else 1.0


def relative_bound(errors: NDArray[Any], moved: NDArray[np.float64], x: Floats, r: Floats, defect: InverseDefect) -> float:
    """The largest error of a column relative to its largest entry, for a right-hand side that is off by `moved`."""
    total = np.asarray(errors, dtype=np.float64) + propagated(r, moved, defect)
    sizes = np.abs(x).max(axis=0)
    bound = largest(np.divide(total, sizes, out=np.where(total > 1e-280, np.inf, 0.0), where=sizes > 0))
    return bound / (1 - bound) * SLACK if bound < 1 else math.inf
