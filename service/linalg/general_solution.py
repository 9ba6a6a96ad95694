"""All solutions of A·x = b for a matrix A of any shape: one of them, and the null space of A that may be added to it.

The columns of A that are independent of the earlier ones are the pivots, the others are free. The solution given has zeros in
the free places; each vector of the null space has a 1 in one of them. In floats both come from one least-squares problem on the
pivot columns, which has full rank: C·[x, F] = [b, free columns].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import NoSolution, Undecided
from service.linalg.bounds import SLACK, TRUSTED, UNIT, extended, largest, widened
from service.linalg.dependencies import RELATIONS_SHOWN, Dependency, exact_dependencies, independent_lines
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import Floats
from service.linalg.exact_tables import Table
from service.linalg.matrix import Arithmetic, Matrix, as_sent, choose_arithmetic
from service.linalg.numerical_rank import CLEAR, numerical_rank
from service.linalg.orthogonal_fit import basis_of, entry_error, fit
from service.linalg.rank import undecided
from service.linalg.singular import too_sensitive

APART = 1e-8  # a backward error from here on cannot come from rounding: there is no solution


@dataclass(frozen=True)
class GeneralSolution:
    """`x` (n×k, in the shape of the right-hand side) solves A·x = b, and so does x plus any combination of the vectors of
    `null_space` (n − rank of them); floats, or exact texts. `free_variables` are their places, from 0. `error_bound` bounds
    the error of x and of each vector relative to its largest entry (0 in exact arithmetic)."""

    x: Any
    null_space: Any
    rank: int
    free_variables: list[int]
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    @property
    def unique(self) -> bool:
        return not self.free_variables

    @property
    def correct_digits(self) -> int | None:
        return None if self.error_bound == 0 else max(0, min(16, math.floor(-math.log10(self.error_bound))))

    def explanation(self, unknowns: int, called: str = "x") -> str:
        """What the rank says of the solutions (Rouché and Capelli)."""
        if self.unique:
            return f"the rank is {self.rank}, the number of unknowns: there is exactly one solution"
        count = len(self.free_variables)
        vectors = "vector" if count == 1 else f"{count} vectors"
        return (
            f"the rank is {self.rank} and there are {unknowns} unknowns: the solutions are {called} plus any "
            f"{'multiple' if count == 1 else 'combination'} of the {vectors} of null_space"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "x": self.x,
            "unique": self.unique,
            "rank": self.rank,
            "degrees_of_freedom": len(self.free_variables),
            "free_variables": self.free_variables,
            "null_space": self.null_space,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "correct_digits": self.correct_digits,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def general_solution(
    matrix: Matrix, rhs: Matrix, arithmetic: Arithmetic | None = None, pointer: str = "/matrix", at: str = "/rhs"
) -> GeneralSolution:
    """All x with A·x = b for A m×n and b m×k. `pointer` is where A stands in the request, `at` where b does.

    Raises NoSolution with the relation that b breaks, Undecided (floats leave the rank, or whether there is a solution, open),
    LimitExceeded, CheckFailed.
    """
    mode = choose_arithmetic(arithmetic, True, **{pointer[1:]: matrix, at[1:]: rhs})
    limits.check("cubic-size", min(matrix.shape), pointer)
    limits.check("cubic-size", rhs.shape[1], "/rhs")
    try:
        if mode == "exact" or (matrix.is_exact_data and rhs.is_exact_data and affordable(matrix)):
            return _exact(matrix, rhs, mode)
        return _in_floats(matrix, rhs, pointer)
    except NoSolution as error:
        raise error.at(at) from None


# --- exact ------------------------------------------------------------------------------------------------------------


def _exact(matrix: Matrix, rhs: Matrix, mode: Arithmetic) -> GeneralSolution:
    if matrix.table.is_rational and rhs.table.is_rational:
        check_size(matrix, 2 * min(matrix.shape) * (matrix.shape[1] + rhs.shape[1]))
    x, null_space, pivots = solved(matrix.table, rhs.table)
    checks = require(exact_checks(matrix.table, rhs.table, x, null_space, len(pivots)))
    written: Callable[[Table], Any] = Table.json if mode == "exact" else Table.doubles
    free = [j for j in range(matrix.shape[1]) if j not in set(pivots)]
    vectors = written(null_space.transposed()) if free else []
    return GeneralSolution(as_sent(rhs, written(x)), vectors, len(pivots), free, mode, 0.0 if mode == "exact" else UNIT, checks)


def solved(a: Table, b: Table) -> tuple[Table, Table, list[int]]:
    """One solution (n×k), the null space (n×(n − r), a vector in each column) and the pivots. Raises NoSolution."""
    n, k = a.shape[1], b.shape[1]
    reduced, pivots = a.beside(b).echelon()
    if pivots and pivots[-1] >= n:
        raise inconsistent(a, b, pivots[-1] - n)
    rows, free = reduced.rows, [j for j in range(n) if j not in set(pivots)]
    place = {j: i for i, j in enumerate(pivots)}
    x = Table.of([rows[place[j]][n:] if j in place else [0] * k for j in range(n)], k)
    null_space = Table.of([[-rows[place[i]][j] for j in free] if i in place else [int(i == j) for j in free] for i in range(n)], len(free))
    return x, null_space, pivots


def exact_checks(a: Table, b: Table, x: Table, null_space: Table, rank: int) -> list[Check]:
    """That x is a solution, that the null space is sent to zero, and that it is all of it."""
    count = len(null_space.transposed().echelon()[1]) if null_space.shape[1] else 0
    lower = len(a.transposed().echelon()[1])
    return [
        decided("product", (a @ x - b).is_zero(), "A x = b holds exactly"),
        decided("null-space", (a @ null_space).is_zero(), "A N = 0 holds exactly"),
        decided("dimension", count == a.shape[1] - lower and rank == lower, "the null space has n - rank independent vectors"),
    ]


def inconsistent(a: Table, b: Table, column: int) -> NoSolution:
    """The error that names the relation between the rows of A that column number `column` of b breaks."""
    _, relations = exact_dependencies(a)
    values = [row[column] for row in b.rows]
    _, of_both = exact_dependencies(a.beside(b.columns([column])))
    kept = {entry.index for entry in of_both}
    broken = next(entry for entry in relations if entry.index not in kept)
    coefficients = dict(broken.combination)
    table = a.transposed()
    independent = table.columns(list(coefficients))
    weights, _, _ = solved(independent, table.columns([broken.index]))
    needed = sum((row[0] * values[i] for row, i in zip(weights.rows, coefficients, strict=True)), 0 * values[0])
    where = f" (column {column + 1})" if b.shape[1] > 1 else ""
    return NoSolution(
        f"the system has no solution: in the matrix {broken.sentence()}, so entry {broken.index + 1} of the right-hand side{where} "
        f"would have to be {_short(needed)}, and it is {_short(values[broken.index])}",
        "least-squares finds the x that comes nearest",
        facts={"solutions": "none", "rank": a.shape[0] - len(relations), "dependencies": _few([broken])},
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _few(relations: list[Dependency]) -> list[dict[str, Any]]:
    """As JSON, without long ones: a problem document stays small."""
    shown = [entry.to_json() for entry in relations[:RELATIONS_SHOWN]]
    return [entry for entry in shown if len(str(entry)) <= 500]


# --- floats -----------------------------------------------------------------------------------------------------------


def pivots_in_floats(matrix: Matrix, pointer: str = "/matrix") -> list[int]:
    """The columns that are independent of the earlier ones; raises Undecided when floats leave that open."""
    a = matrix.floats
    if affordable(matrix) and matrix.is_exact_data:
        return exact_dependencies(matrix.table, "column")[0]
    found = numerical_rank(a)
    if found.rank is None:
        raise undecided(found, pointer)
    if found.rank == a.shape[1]:
        return list(range(a.shape[1]))
    kept = independent_lines(a.T, found.rank, max(found.tolerance, 1e-300) * CLEAR) if found.rank else []
    if kept is None:
        raise Undecided("which columns depend on earlier ones cannot be told in floats", 'send "arithmetic": "exact"', pointer)
    return kept


def _in_floats(matrix: Matrix, rhs: Matrix, pointer: str) -> GeneralSolution:
    n, k = matrix.shape[1], rhs.shape[1]
    kind = np.result_type(matrix.floats, rhs.floats)
    a, b = matrix.floats.astype(kind, copy=False), rhs.floats.astype(kind, copy=False)
    pivots = pivots_in_floats(matrix, pointer)
    free = [j for j in range(n) if j not in set(pivots)]
    is_rounded = matrix.is_rounded or rhs.is_rounded
    solution, errors = on_pivots(a[:, pivots], np.hstack([b, a[:, free]]), is_rounded)
    x, null_space = np.zeros((n, k), dtype=kind), np.zeros((n, len(free)), dtype=kind)
    x[pivots], null_space[pivots] = solution[:, :k], -solution[:, k:]
    null_space[free, range(len(free))] = 1
    backward = backward_error(a, b, x)
    if backward > APART:
        raise NoSolution(
            f"the system has no solution: the right-hand side is not in the column space of the matrix (relative distance {backward:.2g})",
            "least-squares finds the x that comes nearest",
            facts={"solutions": "none", "rank": len(pivots)},
        )
    tolerance = 100 * (sum(a.shape) + 10) * UNIT
    if backward > tolerance:
        raise Undecided(
            f"whether the system has a solution cannot be told: the relative distance of the right-hand side from the column space, "
            f"{backward:.2g}, may be rounding",
            'least-squares answers in any case; exact entries with "arithmetic": "exact" decide it',
            "/rhs",
        )
    sizes = np.abs(np.hstack([x, null_space])).max(axis=0)
    errors = np.where((sizes > 0) & (sizes < TINY_SIZE), np.inf, errors)  # underflow costs digits there
    bound = largest(np.divide(errors, sizes, out=np.where(errors > TINY_SIZE, np.inf, 0.0), where=sizes > 0)) if pivots else 0.0
    bound = bound / (1 - bound) * SLACK if bound < 1 else math.inf
    if not bound <= TRUSTED:
        raise too_sensitive("the solution", bound)
    checks = [
        measured("backward-error", backward, tolerance, BACKWARD),
        measured("null-space", backward_error(a, np.zeros((len(a), len(free))), null_space), tolerance, "largest column of A N likewise"),
        measured("forward-error", bound, TRUSTED, "verified bound on the relative error, rounding of the entries included"),
    ]
    answer = as_sent(rhs, x + 0.0), null_space.T + 0.0
    return GeneralSolution(*answer, len(pivots), free, "float", bound, require(checks))


TINY_SIZE = 1e-280
BACKWARD = "largest column of b - A x, relative to that of |A||x| + |b|, in the 2-norm"


def on_pivots(c: Floats, b: Floats, is_rounded: bool) -> tuple[Floats, NDArray[np.float64]]:
    """The x (r×k) with C·x nearest to b for C (m×r) of full column rank, and a bound on the error of each column's entries;
    raises Undecided when the columns could not be proven independent."""
    if not c.shape[1]:
        return np.zeros((0, b.shape[1]), dtype=b.dtype), np.zeros(b.shape[1])
    basis = basis_of(c)
    if basis is None or not math.isfinite(basis.defect):
        raise too_sensitive("the solution", None)
    found = fit(extended(c), extended(b), basis)
    errors = found.error
    if is_rounded:
        errors = errors + entry_error(c, b, found.x, found.residual, basis)
    return found.x, errors.max(axis=0)


def backward_error(a: Floats, b: Floats, x: Floats) -> float:
    """max over columns of ‖b − A·x‖ / ‖|A||x| + |b|‖; 0 where all is zero."""
    if not x.size or not b.size:
        return 0.0
    a, products = widened(a, a.size * x.shape[1]), a.size * x.shape[1]
    wide = np.abs(a) @ np.abs(widened(x, products)) + np.abs(widened(b, products))
    unit = np.where(wide.max(axis=0) > 0, wide.max(axis=0), 1)  # so that no square overflows
    residual = np.linalg.norm(((widened(b, products) - a @ widened(x, products)) / unit).astype(x.dtype), axis=0)
    scale = np.linalg.norm((wide / unit).astype(np.float64), axis=0)
    return largest(np.divide(residual, scale, out=np.zeros_like(scale), where=scale > 0))
