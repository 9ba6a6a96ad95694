"""The orthogonal projection of a vector onto a line, the column space of a matrix, a hyperplane, or one of these through a point."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, ShapeMismatch
from service.linalg.bounds import SLACK, TRUSTED, UNIT, extended, gamma, gamma_in, widened
from service.linalg.dependencies import exact_dependencies
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import Floats, beyond_doubles, nearest_root
from service.linalg.exact_tables import Table
from service.linalg.general_solution import on_pivots, pivots_in_floats
from service.linalg.lu import powers_of_two
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic
from service.linalg.orthogonal_fit import basis_of
from service.linalg.singular import too_sensitive


@dataclass(frozen=True)
class Projection:
    """`projection` (m) is the nearest point of the subspace (or affine space), `residual` what is left, `distance` its length;
    `projector` is the m×m matrix P with P² = P = Pᴴ, None when it is larger than the limit matrix-entries. `coordinates` (n) write the
    projection in the columns of the matrix (minus the point), with zeros for columns that depend on earlier ones; None for a
    hyperplane, and beyond the range of doubles. `error_bound` bounds ‖error of P‖₂, and the error of the projection relative to
    the lengths of the vector and the point together."""

    projection: Any
    residual: Any
    projector: Any
    coordinates: Any
    distance: float
    dimension: int
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "projection": self.projection,
            "residual": self.residual,
            "distance": self.distance,
            "projector": self.projector,
            "coordinates": self.coordinates,
            "dimension": self.dimension,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def projection(
    vector: Matrix,
    matrix: Matrix | None = None,
    onto: Matrix | None = None,
    normal: Matrix | None = None,
    point: Matrix | None = None,
    arithmetic: Arithmetic | None = None,
) -> Projection:
    """The projection of `vector` (m×1) onto the column space of `matrix` (m×n), the line along `onto` (m×1) or the hyperplane
    across `normal` (m×1); through `point` (m×1) when that is given, through the origin otherwise.

    Raises InputError, ShapeMismatch, Undecided (the rank is open), LimitExceeded, CheckFailed.
    """
    spaces = {name: part for name, part in (("matrix", matrix), ("onto", onto), ("normal", normal)) if part is not None}
    if len(spaces) != 1:
        hint = "matrix: onto its column space; onto: onto the line along it; normal: onto the hyperplane across it"
        raise InputError('exactly one of "matrix", "onto" and "normal" says what to project onto', hint, "/matrix")
    ((field, columns),) = spaces.items()
    given = {"vector": vector, **spaces, "point": point}
    m = vector.shape[0]
    for name, part in given.items():
        if part is not None and part.shape[0] != m:
            rows = "rows" if name == "matrix" else "entries"
            raise ShapeMismatch(f"the vector has {m} entries and the {name} {part.shape[0]} {rows}", None, f"/{name}")
    mode = choose_arithmetic(arithmetic, True, **given)
    limits.check("cubic-size", min(columns.shape), f"/{field}")
    parts = [part for part in given.values() if part is not None]
    if mode == "exact" or all(part.is_exact_data and affordable(part) for part in parts):
        return _exact(vector, columns, point, normal is not None, mode)
    return _in_floats(vector, columns, point, normal is not None, f"/{field}")


# --- exact ------------------------------------------------------------------------------------------------------------


def _exact(vector: Matrix, columns: Matrix, point: Matrix | None, across: bool, mode: Arithmetic) -> Projection:
    """With C the independent columns: P = C(CᴴC)⁻¹Cᴴ."""
    a, m = columns.table, vector.shape[0]
    if a.is_rational:
        check_size(columns, m * min(columns.shape))
    pivots, _ = exact_dependencies(a, "column")
    c = a.columns(pivots)
    origin = point.table if point is not None else Table.zeros((m, 1))
    shifted = vector.table - origin
    if pivots:
        rows = (c.adjoint() @ c).solved(c.adjoint())
        projector, weights = c @ rows, rows @ shifted
    else:
        projector, weights = Table.zeros((m, m)), Table.zeros((0, 1))
    if across:
        projector = Table.identity(m) - projector
    found = projector @ shifted + origin
    residual = vector.table - found
    checks = require(exact_checks(a, projector, residual, m - len(pivots) if across else len(pivots), across))
    place = {j: i for i, j in enumerate(pivots)}
    full = Table.of([weights.rows[place[j]] if j in place else [0] for j in range(columns.shape[1])], 1)
    written: Callable[[Table], Any] = Table.json if mode == "exact" else Table.doubles
    return Projection(
        projection=_flat(written(found)),
        residual=_flat(written(residual)),
        projector=written(projector) if m * m <= limits.limit("matrix-entries") else None,
        coordinates=None if across else _flat(written(full)),
        distance=_length(residual),
        dimension=m - len(pivots) if across else len(pivots),
        arithmetic=mode,
        error_bound=0.0 if mode == "exact" else UNIT * (m + 1),
        checks=checks,
    )


def _flat(column: Any) -> Any:
    return column[:, 0] if isinstance(column, np.ndarray) else [row[0] for row in column]


def _length(residual: Table) -> float:
    squared = (residual.adjoint() @ residual).rows[0][0]
    if residual.is_rational:
        return nearest_root(squared)
    try:
        return math.sqrt(max(0.0, complex(squared).real))
    except OverflowError:
        raise beyond_doubles() from None


def exact_checks(a: Table, projector: Table, residual: Table, dimension: int, across: bool) -> list[Check]:
    """P² = P = Pᴴ with the right rank and range, and a residual across the space."""
    kept = projector @ a
    onto = kept.is_zero() if across else (kept - a).is_zero()
    orthogonal = (projector @ residual).is_zero()
    return [
        decided("idempotent", (projector @ projector - projector).is_zero(), "P P = P holds exactly"),
        decided("symmetric", (projector - projector.adjoint()).is_zero(), "P equals its conjugate transpose, exactly"),
        decided("range", onto and len(projector.echelon()[1]) == dimension, "P keeps the space and has its dimension as rank, exactly"),
        decided("orthogonality", orthogonal, "P sends the residual to zero, exactly"),
    ]


# --- floats -----------------------------------------------------------------------------------------------------------


def _in_floats(vector: Matrix, columns: Matrix, point: Matrix | None, across: bool, pointer: str) -> Projection:
    """From an orthonormal basis Q of the independent columns: P = Q·Qᴴ."""
    parts = [part.floats for part in (vector, columns, point) if part is not None]
    kind = np.result_type(*parts)
    scale = powers_of_two(columns.floats, 0)  # the space does not change with the size of a column, nor the norms overflow then
    unit = max(float(1 / powers_of_two(part.floats, None)) for part in (vector, point) if part is not None)
    a, b = columns.floats.astype(kind) * scale, vector.floats.astype(kind) / unit
    origin = point.floats.astype(kind) / unit if point is not None else np.zeros_like(b)
    scaled = columns if columns.is_exact_data else replace(columns, numbers=a, kind="float", sent=None)
    m, pivots = len(b), pivots_in_floats(scaled, pointer)
    shifted = (extended(b) - extended(origin)).astype(kind)
    c = np.ascontiguousarray(a[:, pivots])
    q, bound = orthonormal(c, columns.is_rounded)
    part = q @ (q.conj().T @ shifted)
    part += q @ (q.conj().T @ (shifted - part))
    if across:
        part = shifted - part
    found, residual = part + origin, shifted - part
    # of the coordinates the residual of the least-squares problem gives a bound; they are as good as the columns allow
    weights, _ = on_pivots(c, shifted, False) if not across else (None, None)
    coordinates = None
    if weights is not None:
        coordinates = np.zeros(a.shape[1], dtype=kind)
        coordinates[pivots] = weights[:, 0] * unit * scale[pivots] + 0.0
        coordinates = coordinates if np.isfinite(coordinates).all() else None
    total = bound + gamma(4 * m + 10, kind.kind) * (1 + math.sqrt(max(1, len(pivots)))) + 4 * UNIT
    if not total <= TRUSTED:
        raise too_sensitive("the projection", total)
    checks = float_checks(a, q, residual, part, total, across)
    projector = None
    if m * m <= limits.limit("matrix-entries"):
        projector = q @ q.conj().T
        projector = np.eye(m) - projector if across else projector
    return Projection(
        found[:, 0] * unit + 0.0,
        residual[:, 0] * unit + 0.0,
        projector,
        coordinates,
        float(np.linalg.norm(residual)) * unit,
        m - len(pivots) if across else len(pivots),
        "float",
        total,
        require(checks),
    )


def orthonormal(c: Floats, is_rounded: bool) -> tuple[Floats, float]:
    """Q, whose columns span those of C (of full column rank), and a bound on ‖Q·Qᴴ − P‖₂, the rounding of entries included.

    With S from `basis_of`, Q = C·S up to an error E of its computation, and (C·S)ᴴ(C·S) = I + D. The sine of the angle between the
    spans is at most ‖E‖/σ(Q), and Q·Qᴴ is off by ‖D‖ from the projector of its own span.
    """
    if not c.shape[1]:
        return np.zeros((len(c), 0), dtype=c.dtype), 0.0
    basis = basis_of(c)
    if basis is None or not math.isfinite(basis.defect):
        raise too_sensitive("the projection", None)
    n, kind = c.shape[1], c.dtype.kind
    wide = widened(c, c.size * n) @ widened(basis.s, c.size * n)
    for _ in range(2):  # Newton's iteration for (QᴴQ)^(−1/2): the span stays
        gram = (wide.conj().T @ wide).astype(c.dtype)
        wide = wide @ (1.5 * np.eye(n) - 0.5 * gram)
    q = wide.astype(c.dtype)
    sizes = float(np.linalg.norm(np.abs(c) @ np.abs(basis.s)))
    slip = gamma_in(n + 2, wide) * (sizes + 8 * n) + UNIT * math.sqrt(n) * 2 + (UNIT * sizes if is_rounded else 0.0)
    apart = float(np.linalg.norm(q.conj().T @ q - np.eye(n))) + gamma(len(c) + 2, kind) * 2 * n
    return q, (2 * slip / max(1 - basis.defect - slip, 1e-300) + apart / max(1 - apart, 1e-300)) * SLACK


def float_checks(a: Floats, q: Floats, residual: Floats, part: Floats, bound: float, across: bool) -> list[Check]:
    """The residual lies across the space, P is a projector, and it keeps the columns."""
    tolerance = 100 * (sum(a.shape) + 10) * UNIT
    inside, outside = (part, residual) if across else (residual, part)
    scale = float(np.linalg.norm(inside)) + float(np.linalg.norm(outside))
    along = float(np.linalg.norm(q.conj().T @ inside)) / scale if scale else 0.0
    kept = float(np.linalg.norm(a - q @ (q.conj().T @ a))) / (float(np.linalg.norm(a)) or 1.0)
    beyond = float(np.linalg.norm(outside - q @ (q.conj().T @ outside))) / scale if scale else 0.0
    return [
        measured("orthogonality", along, tolerance, "the part that should be across the space, along it, relative to the vector"),
        measured("inside", beyond, tolerance, "the part that should be in the space, outside it, relative to the vector"),
        measured("idempotent", float(np.linalg.norm(q.conj().T @ q - np.eye(q.shape[1]))), tolerance, "||Q'Q - I|| for P = Q Q'"),
        measured("range", kept, tolerance, "||A - P A|| / ||A||"),
        measured("forward-error", bound, TRUSTED, "verified bound on ||error of P||, rounding of the entries included"),
    ]
