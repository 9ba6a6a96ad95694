"""An orthonormal basis of the span of vectors, by Gram and Schmidt's method: each vector loses its part along the earlier ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, measured, require
from service.errors import Undecided
from service.linalg.bounds import TRUSTED, UNIT
from service.linalg.dependencies import Dependency, exact_dependencies, float_dependencies
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import nearest_root, texts
from service.linalg.factor_bounds import powers_of_two, qr_bound, sizes_of_columns
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.norm import entry_rounding
from service.linalg.numerical_rank import CLEAR, TINY, numerical_rank
from service.linalg.orthogonalize import Orthogonal, orthogonalize
from service.linalg.qr import normalised, orthogonality_check
from service.linalg.square_roots import surd_text

EXACT_UP_TO = 12  # vectors and entries up to which the exact method costs a fraction of a millisecond


@dataclass(frozen=True)
class Orthonormal:
    """`basis` holds the orthonormal vectors as rows (one for each of the vectors `independent`, from 0), `orthogonal` the same before
    they are normalised, and `squared_norms` their squared lengths; in exact arithmetic the first are rationals times square
    roots, the others rationals. `coefficients` R writes the vectors by the basis: vector j = Σ R[i, j]·basis[i].
    `dependencies` write the other vectors by earlier ones (None where floats do not show how)."""

    basis: Any
    orthogonal: Any
    squared_norms: Any
    coefficients: Any
    independent: list[int]
    dependencies: list[Dependency] | None
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "basis": self.basis,
            "orthogonal": self.orthogonal,
            "squared_norms": self.squared_norms,
            "coefficients": self.coefficients,
            "dimension": len(self.independent),
            "independent_vectors": self.independent,
            "dependencies": None if self.dependencies is None else [replace(entry, line="vector").to_json() for entry in self.dependencies],
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def orthonormalize(vectors: Matrix, arithmetic: Arithmetic | None = None, pointer: str = "/vectors") -> Orthonormal:
    """For k vectors of n entries, the rows of `vectors`: in their order, each with a positive coefficient of its own basis vector.

    In floats by QR with a verified bound, and by the exact method, rounded, where that is not good enough and the size
    allows. Raises Undecided (floats leave open which vectors depend on earlier ones), LimitExceeded, CheckFailed.
    """
    mode = choose_arithmetic(arithmetic, **{pointer[1:]: vectors})
    limits.check("cubic-size", max(vectors.shape), pointer)
    columns = vectors.transposed()
    if mode == "exact" or (columns.is_exact_data and max(columns.shape) <= EXACT_UP_TO):
        return _exactly(columns, mode)
    kept: list[int] = list(range(columns.shape[1]))
    dependencies: list[Dependency] | None = []
    found = _by_qr(columns, kept) if columns.shape[0] >= columns.shape[1] else None
    if found is None or found[-1] > TRUSTED:
        kept, dependencies = _independent(columns, pointer)
        if not kept:
            return _exactly(replace(columns, kind="integer", numbers=np.zeros(columns.shape)), mode)
        found = _by_qr(columns, kept)
    checks = basis_checks(columns.floats, *found[:2]) if found else []
    if found is None or found[-1] > TRUSTED or not all(check.passed for check in checks):
        if columns.is_exact_data and affordable(columns):
            return _exactly(columns, mode)
        raise Undecided("the vectors are so nearly dependent that rounding decides the basis", 'send "arithmetic": "exact"', pointer)
    q, r, bound = found
    detail = "verified bound on the distance of the basis (Frobenius), rounding of the entries included"
    checks.append(measured("forward-error", bound, TRUSTED, detail))
    lengths = r[range(len(kept)), kept].real
    orthogonal = q.T * lengths[:, None]
    return Orthonormal(q.T + 0.0, orthogonal + 0.0, _squares(lengths), r, kept, dependencies, "float", bound, require(checks))


def _squares(lengths: Floats) -> list[float | None]:
    """None beyond the range of doubles."""
    return [square if math.isfinite(square) else None for square in (lengths * lengths).tolist()]


def _independent(columns: Matrix, pointer: str) -> tuple[list[int], list[Dependency] | None]:
    """The columns that do not depend on earlier ones: exactly for whole and rational entries, else by the singular values."""
    if columns.is_exact_data and affordable(columns):
        return exact_dependencies(columns.exact, "column")
    scale = powers_of_two(sizes_of_columns(columns.floats))  # the lengths of the vectors do not matter
    scaled, n = columns.floats * scale, columns.shape[1]
    found = numerical_rank(scaled)
    if found.rank is None:
        detail = "which vectors depend on earlier ones cannot be told: the singular values leave no gap"
        raise Undecided(detail, 'send "arithmetic": "exact"', pointer)
    if found.rank == n:
        return list(range(n)), []
    relations = float_dependencies(scaled, found.rank, max(found.tolerance, TINY) * CLEAR, "column")
    if relations is None:
        return _pivots(scaled, found.rank, found.tolerance, pointer), None
    dependent = {relation.index for relation in relations}
    return [j for j in range(n) if j not in dependent], [_unscaled(relation, scale) for relation in relations]


def _unscaled(relation: Dependency, scale: NDArray[np.float64]) -> Dependency:
    """The relation between the vectors, from that between their multiples."""
    own = scale[relation.index]
    return replace(relation, combination=tuple((j, float(weight) * float(scale[j] / own)) for j, weight in relation.combination))


def _pivots(a: Floats, rank: int, tolerance: float, pointer: str) -> list[int]:
    """The first columns that raise the rank, for complex entries."""
    kept: list[int] = []
    for j in range(a.shape[1]):
        if len(kept) < rank and np.linalg.matrix_rank(a[:, [*kept, j]], tol=tolerance * CLEAR) == len(kept) + 1:
            kept.append(j)
    if len(kept) < rank:
        raise Undecided("which vectors depend on earlier ones cannot be told in floats", None, pointer)
    return kept


def _by_qr(columns: Matrix, kept: list[int]) -> tuple[Floats, Floats, float] | None:
    """(q, r, bound) of the columns kept, and r for all of them; None when no bound could be verified."""
    a = columns.floats
    scale = powers_of_two(sizes_of_columns(a))
    scaled = a * scale
    q, head = normalised(*np.linalg.qr(scaled[:, kept]))
    bound = qr_bound(scaled[:, kept], q, head, entry_rounding(columns, np.abs(a)))
    if not np.isfinite(bound):
        return None
    r = q.conj().T @ scaled
    r[:, kept] = head
    for i, first in enumerate(kept):
        r[i, :first] = 0
    r = r / scale
    return (q, r + 0.0, bound) if np.isfinite(r).all() else None


def basis_checks(a: Floats, q: Floats, r: Floats) -> list[Check]:
    """That the vectors are the stated combinations of the basis, and that the basis is orthonormal."""
    scale = powers_of_two(sizes_of_columns(a))
    tolerance = 100 * (max(a.shape) + 10) * UNIT
    lengths = np.linalg.norm(a * scale, axis=0)
    errors = np.linalg.norm(a * scale - q @ (r * scale), axis=0)
    error = float(np.max(np.divide(errors, lengths, out=np.where(errors > 0, np.inf, 0.0), where=lengths > 0)))
    return [
        measured(
            "orthonormality",
            float(np.linalg.norm(q.conj().T @ q - np.eye(q.shape[1]))),
            tolerance,
            "the products of the basis vectors against I (Frobenius)",
        ),
        measured("reconstruction", error, tolerance, "each vector against its combination of the basis, relative to its length"),
    ]


def _exactly(columns: Matrix, mode: Arithmetic) -> Orthonormal:
    check_size(columns, 4 * columns.shape[0] * columns.shape[1])  # Gram determinants have twice the digits
    found = orthogonalize(columns.exact)
    check = orthogonality_check(columns.exact, found)
    if mode == "exact":
        return _as_texts(found, check)
    vectors, norms = found.vectors.transpose().tolist(), found.squared_norms
    basis = np.array([[_root(value, 1 / norm) for value in row] for row, norm in zip(vectors, norms, strict=True)]).reshape(
        len(norms), columns.shape[0]
    )
    table = [[_root(value, norm) for value in row] for row, norm in zip(found.coefficients.tolist(), norms, strict=True)]
    lengths = np.array([nearest_root(norm) for norm in norms])
    coefficients = np.array(table).reshape(len(norms), columns.shape[1])
    orthogonal = basis * lengths[:, None]
    return Orthonormal(
        basis,
        orthogonal,
        _squares(lengths),
        coefficients,
        found.independent,
        found.dependencies,
        mode,
        4 * UNIT * max(1, len(norms)),
        require([check]),
    )


def _root(value: Any, norm: Any) -> float:
    return float(np.copysign(nearest_root(value * value * norm), float(value > 0) - 0.5)) if value != 0 else 0.0


def _as_texts(found: Orthogonal, check: Check) -> Orthonormal:
    vectors, norms = found.vectors.transpose(), found.squared_norms
    return Orthonormal(
        basis=[[surd_text(value / norm, norm) for value in row] for row, norm in zip(vectors.tolist(), norms, strict=True)],
        orthogonal=texts(vectors),
        squared_norms=[str(norm) for norm in norms],
        coefficients=[[surd_text(value, norm) for value in row] for row, norm in zip(found.coefficients.tolist(), norms, strict=True)],
        independent=found.independent,
        dependencies=found.dependencies,
        arithmetic="exact",
        error_bound=0.0,
        checks=require([check]),
    )
