"""Linear equations for a matrix X: AXB = C and its kin, Sylvester's AX + XB = C, Lyapunov's AX + XA' = C and X − AXA' = C.

Each is Σ Lᵢ·X·Rᵢ = C, and with vec (the columns of X below each other) a system of p·q equations: Σ (Rᵢᵀ ⊗ Lᵢ)·vec X = vec C.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses, ShapeMismatch, SingularMatrix
from service.linalg.bounds import TRUSTED, UNIT, extended, extended_gamma, gamma, largest, propagated, solution_defect, widened
from service.linalg.change_of_basis import relative_bound
from service.linalg.exact import affordable, check_size
from service.linalg.exact_numbers import Floats
from service.linalg.exact_tables import Table
from service.linalg.general_solution import solved
from service.linalg.lu import Factored, factor
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic
from service.linalg.numerical_rank import numerical_rank
from service.linalg.singular import singular_in_floats, too_sensitive
from service.linalg.sylvester import sylvester_by_eigenvalues

Equation = Literal["AXB=C", "AX=C", "XB=C", "AX+XB=C", "AX+XA'=C", "X-AXA'=C"]
EQUATIONS: tuple[Equation, ...] = ("AXB=C", "AX=C", "XB=C", "AX+XB=C", "AX+XA'=C", "X-AXA'=C")
TWO_SOLVES = ("AXB=C", "AX=C", "XB=C")
KRONECKER_SIZE = 400  # entries of X up to which the system of p·q equations is solved as it stands
COMPARED_SIZE = 100  # entries of X up to which both ways are taken
REFINEMENTS = 3
UNIQUE_WHEN = {
    "AXB=C": "there is exactly one X for every C when A and B are invertible",
    "AX=C": "there is exactly one X for every C when A is invertible",
    "XB=C": "there is exactly one X for every C when B is invertible",
    "AX+XB=C": "there is exactly one X for every C when no eigenvalue of A is the negative of one of B",
    "AX+XA'=C": "there is exactly one X for every C when no two eigenvalues of A have λᵢ + conj(λⱼ) = 0",
    "X-AXA'=C": "there is exactly one X for every C when no two eigenvalues of A have λᵢ·conj(λⱼ) = 1",
}


@dataclass(frozen=True)
class MatrixEquation:
    """`x` is p×q: floats, or exact texts; when it is not unique it has zeros in the free places of vec X, and any combination of the
    p×q matrices of `null_space` may be added. `method` is "two solves", "kronecker" or "eigenvalues". `error_bound` bounds the error
    relative to the largest entry of X (0 in exact arithmetic)."""

    x: Any
    equation: Equation
    unique: bool
    null_space: Any
    method: str
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "X": self.x,
            "equation": self.equation,
            "unique": self.unique,
            "degrees_of_freedom": len(self.null_space),
            "null_space": self.null_space,
            "condition": UNIQUE_WHEN[self.equation],
            "method": self.method,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def matrix_equation(
    a: Matrix | None, b: Matrix | None, c: Matrix, equation: Equation | None = None, arithmetic: Arithmetic | None = None
) -> MatrixEquation:
    """The X of `equation`; left out, it is AXB=C, or AX=C and XB=C where only one of A and B is given.

    Raises InputError, ShapeMismatch, NoSolution, SingularMatrix (floats: no unique solution), Undecided, LimitExceeded, CheckFailed.
    """
    kind = _equation(a, b, equation)
    p, q = _shape(a, b, c, kind)
    mode = choose_arithmetic(arithmetic, True, A=a, B=b, C=c)
    given = [part for part in (a, b, c) if part is not None]
    is_cheap = all(part.is_exact_data and affordable(part) for part in given) and p * q <= limits.limit("exact-size")
    if mode == "exact" or is_cheap:
        return _exact(a, b, c, kind, (p, q), mode)
    for name, part in (("A", a), ("B", b)):
        if part is not None and part.shape[0] != part.shape[1]:
            detail = f"in floats {name} has to be square, and it is {part.shape[0]}×{part.shape[1]}"
            raise ShapeMismatch(detail, 'send "arithmetic": "exact" for all solutions of such an equation', f"/{name}")
    return _in_floats(a, b, c, kind, (p, q))


def _equation(a: Matrix | None, b: Matrix | None, asked: Equation | None) -> Equation:
    if a is None and b is None:
        raise InputError("an equation needs A, B or both", "AXB=C takes A, B and C", "/A")
    kind: Equation = asked or ("XB=C" if a is None else "AX=C" if b is None else "AXB=C")
    for name, part in (("A", a), ("B", b)):
        stands = name in kind
        if stands and part is None:
            raise InputError(f"the equation {kind} has a {name}, and none was sent", None, f"/{name}")
        if not stands and part is not None:
            raise InputError(f"the equation {kind} has no {name}", f"leave it out, or choose one of {', '.join(EQUATIONS)}", f"/{name}")
    return kind


def _shape(a: Matrix | None, b: Matrix | None, c: Matrix, kind: Equation) -> tuple[int, int]:
    """The shape of X; raises ShapeMismatch."""
    m, n = c.shape
    square = kind not in TWO_SOLVES
    for name, part in (("A", a), ("B", b)):
        if part is not None and square and part.shape[0] != part.shape[1]:
            raise ShapeMismatch(f"in {kind} {name} is square, and this one is {part.shape[0]}×{part.shape[1]}", None, f"/{name}")
    if a is not None and a.shape[0] != m:
        raise ShapeMismatch(f"A has {a.shape[0]} rows and C {m}", "C has the rows of A", "/C")
    if b is not None and b.shape[1] != n:
        raise ShapeMismatch(f"B has {b.shape[1]} columns and C {n}", "C has the columns of B", "/C")
    if kind in ("AX+XA'=C", "X-AXA'=C") and m != n:
        raise ShapeMismatch(f"C is {m}×{n} where A is {m}×{m}", f"in {kind} C has the shape of A", "/C")
    return a.shape[1] if a is not None else m, b.shape[0] if b is not None else n


def terms(a: Any, b: Any, kind: Equation, adjoint: Any, minus: Any) -> list[tuple[Any, Any]]:
    """The pairs (L, R) of Σ L·X·R; None stands for the identity."""
    return {
        "AXB=C": [(a, b)],
        "AX=C": [(a, None)],
        "XB=C": [(None, b)],
        "AX+XB=C": [(a, None), (None, b)],
        "AX+XA'=C": [(a, None), (None, adjoint)],
        "X-AXA'=C": [(None, None), (minus, adjoint)],
    }[kind]


# --- exact ------------------------------------------------------------------------------------------------------------


def _exact(a: Matrix | None, b: Matrix | None, c: Matrix, kind: Equation, shape: tuple[int, int], mode: Arithmetic) -> MatrixEquation:
    p, q = shape
    limits.check("exact-size", p * q, "/C")
    for name, part in (("A", a), ("B", b), ("C", c)):
        if part is not None and part.table.is_rational:
            check_size(part, p * q, f"/{name}")
    left, right = a.table if a is not None else None, b.table if b is not None else None
    adjoint = left.adjoint() if left is not None else None
    minus = Table.zeros(left.shape) - left if left is not None else None
    pairs = terms(left, right, kind, adjoint, minus)
    system = kronecker(pairs, shape, c.shape)
    column = Table.of([[c.table.rows[i][j]] for j in range(c.shape[1]) for i in range(c.shape[0])])
    x, null_space, _ = solved(system, column)
    found = unvec(x, 0, shape)
    checks = [product_check(pairs, found, c.table)]
    free = [unvec(null_space, k, shape) for k in range(null_space.shape[1])]
    checks.append(
        decided("null-space", (system @ null_space).is_zero(), "the matrices of the null space solve the equation for C = 0, exactly")
    )
    if kind in TWO_SOLVES and not free:
        checks.append(
            decided("two-solves", (by_two_solves(left, right, c.table) - found).is_zero(), "A Y = C, then X B = Y, gives the same X")
        )
    written: Callable[[Table], Any] = Table.json if mode == "exact" else Table.doubles
    bound = 0.0 if mode == "exact" else UNIT
    return MatrixEquation(written(found), kind, not free, [written(part) for part in free], "kronecker", mode, bound, require(checks))


def kronecker(pairs: Sequence[tuple[Table | None, Table | None]], shape: tuple[int, int], rhs: tuple[int, int]) -> Table:
    """Σ Rᵀ ⊗ L: row i + m·j belongs to C[i, j], column k + p·l to X[k, l]."""
    (p, q), (m, n) = shape, rhs
    total = [[0 for _ in range(p * q)] for _ in range(m * n)]
    for left, right in pairs:
        over = left.rows if left is not None else Table.identity(p).rows
        across = right.rows if right is not None else Table.identity(q).rows
        for j in range(n):
            for k in range(q):
                if across[k][j] != 0:
                    for i in range(m):
                        row = total[i + m * j]
                        for s in range(p):
                            row[s + p * k] = row[s + p * k] + over[i][s] * across[k][j]
    return Table.of(total, p * q, True)  # its size is bounded like that of a matrix that was sent


def unvec(columns: Table, k: int, shape: tuple[int, int]) -> Table:
    """The p×q matrix whose vec is column k."""
    p, q = shape
    return Table.of([[columns.rows[i + p * j][k] for j in range(q)] for i in range(p)], q)


def product_check(pairs: Sequence[tuple[Table | None, Table | None]], x: Table, c: Table) -> Check:
    """That X solves the equation, exactly."""
    rest = c
    for left, right in pairs:
        part = x if left is None else left @ x
        rest = rest - (part if right is None else part @ right)
    return decided("product", rest.is_zero(), "the equation holds exactly")


def by_two_solves(a: Table | None, b: Table | None, c: Table) -> Table:
    y = c if a is None else solved(a, c)[0]
    return y if b is None else solved(b.transposed(), y.transposed())[0].transposed()


# --- floats -----------------------------------------------------------------------------------------------------------


def _in_floats(a: Matrix | None, b: Matrix | None, c: Matrix, kind: Equation, shape: tuple[int, int]) -> MatrixEquation:
    given = [part.floats for part in (a, b, c) if part is not None]
    dtype = np.result_type(*given)
    left, right = (part.floats.astype(dtype) if part is not None else None for part in (a, b))
    rhs = c.floats.astype(dtype)
    for name, size in (("A", shape[0]), ("B", shape[1])):
        limits.check("cubic-size", size, f"/{name}")
    pairs = terms(left, right, kind, None if left is None else left.conj().T, None if left is None else -left)
    if kind in TWO_SOLVES:
        x, bound = _two_solves(a, b, left, right, rhs)
        method = "two solves"
    elif shape[0] * shape[1] <= KRONECKER_SIZE:
        x, bound = _by_kronecker(pairs, rhs, shape, kind)
        method = "kronecker"
    else:
        x, bound = sylvester_by_eigenvalues(pairs, rhs, UNIQUE_WHEN[kind])
        method = "eigenvalues"
    if not bound <= TRUSTED:
        raise too_sensitive("X", bound)
    checks = float_checks(pairs, x, rhs, bound)
    if kind in TWO_SOLVES and x.size <= COMPARED_SIZE:
        with contextlib.suppress(MathematicsRefuses):  # its condition is the product of both: then it has nothing to say
            checks += _kronecker_check(x, bound, *_by_kronecker(pairs, rhs, shape, kind))
    return MatrixEquation(x + 0.0, kind, True, [], method, "float", bound, require(checks))


def _kronecker_check(x: Floats, bound: float, other: Floats, other_bound: float) -> list[Check]:
    if not math.isfinite(other_bound):
        return []
    size = float(np.abs(x).max())
    apart = float(np.abs(other - x).max()) / size if size else 0.0
    return [measured("kronecker", apart, bound + other_bound, "largest difference from the solution of the system for vec X")]


def _two_solves(a: Matrix | None, b: Matrix | None, left: Floats | None, right: Floats | None, c: Floats) -> tuple[Floats, float]:
    """A·Y = C, then X·B = Y, in extended precision throughout; Y's error is an error of the second right-hand side."""
    y: Any = extended(c)
    error: Any = UNIT * np.abs(c)  # of the entries, rounded from decimals
    if left is not None and a is not None:
        y, error = _solved_wide(a, left, y, error, "/A")
    if right is not None and b is not None:
        flipped, error = _solved_wide(b.transposed(), np.ascontiguousarray(right.T), y.T, error.T, "/B")
        y, error = flipped.T, error.T
    x = np.asarray(y.astype(c.dtype))
    size = float(np.abs(x).max())
    worst = float(np.asarray(error, dtype=np.float64).max()) + UNIT * size
    relative = worst / size if size else (0.0 if worst < 1e-280 else math.inf)
    return x, relative / (1 - relative) if relative < 1 else math.inf


def _solved_wide(matrix: Matrix, a: Floats, b: Any, moved: Any, pointer: str) -> tuple[Any, Any]:
    """The solution of A·X = B in extended precision, and a bound on the error of each entry for a B that is off by `moved`.
    Raises SingularMatrix, Undecided."""
    factored = factor(a)
    if factored is None or not math.isfinite(factored.defect.amplification):
        refusal = singular_in_floats(matrix, "The solution is not unique, or there is none.")
        refusal.pointer = pointer
        raise refusal
    right, x = b * factored.scale[:, None], np.zeros(b.shape, dtype=b.dtype)
    wide, r = widened(factored.scaled, factored.scaled.size * b.shape[1]), factored.scaled_inverse
    right, x = right.astype(wide.dtype), x.astype(wide.dtype)
    for _ in range(REFINEMENTS + 1):
        x = x + r @ (right - wide @ x).astype(a.dtype)
    return x, solution_errors(factored, right, x, moved * factored.scale[:, None])


def solution_errors(factored: Factored, right: Any, x: Any, moved: Any) -> Any:
    """Bounds on the entries of |x − x*|, column by column (the same for all entries of a column)."""
    rounded = x.astype(factored.scaled.dtype)
    defect = solution_defect(factored.scaled, right, rounded, factored.scaled_inverse, factored.defect)
    spread = propagated(factored.scaled_inverse, np.asarray(moved, dtype=np.float64), factored.defect)
    rounding = UNIT * np.abs(rounded).max(axis=0)
    total = np.asarray(defect.error + defect.entry_error + spread + rounding, dtype=np.float64)
    return np.broadcast_to(total, rounded.shape)


def _by_kronecker(pairs: list[tuple[Any, Any]], c: Floats, shape: tuple[int, int], kind: Equation) -> tuple[Floats, float]:
    """The system for vec X by LU; the residual is taken from the equation itself, in extended precision."""
    p, q = shape
    system: Any = sum(np.kron(np.eye(q) if right is None else right.T, np.eye(p) if left is None else left) for left, right in pairs)
    factored = factor(np.ascontiguousarray(system))
    if factored is None or not math.isfinite(factored.defect.amplification):
        found = numerical_rank(np.asarray(system))
        if found.rank is None or found.rank == p * q:
            raise too_sensitive("X", None)
        raise SingularMatrix(f"to the precision of floats the solution is not unique, or there is none: {UNIQUE_WHEN[kind]}", None, "/A")
    x = np.zeros(shape, dtype=extended(c).dtype)
    for _ in range(REFINEMENTS):
        rest = (rest_of(pairs, x, c).T.reshape(-1, 1) * factored.scale[:, None]).astype(c.dtype)
        x = x + (factored.scaled_inverse @ rest).reshape(q, p).T
    rounded = x.astype(c.dtype)
    rest = rest_of(pairs, extended(rounded), c)
    sizes = size_of(pairs, rounded, c)
    moved = (3 * UNIT + extended_gamma(p + q + 4, c.dtype.kind)) * sizes + np.abs(rest).astype(np.float64)
    moved = moved + gamma(8, c.dtype.kind) * (np.abs(system) @ np.abs(rounded.T.reshape(-1))).reshape(q, p).T  # the rounding of the system
    column = moved.T.reshape(-1, 1) * factored.scale[:, None]
    zero = np.zeros((p * q, 1))
    return rounded, relative_bound(zero, column, rounded.T.reshape(-1, 1), factored.scaled_inverse, factored.defect) + UNIT


def rest_of(pairs: Sequence[tuple[Any, Any]], x: Any, c: Floats) -> Any:
    """C − Σ L·X·R, in extended precision where that is affordable."""
    products = x.size * max(x.shape)
    rest, x = widened(c, products), widened(x, products)
    for left, right in pairs:
        part = x if left is None else widened(left, products) @ x
        rest = rest - (part if right is None else part @ widened(right, products))
    return rest


def size_of(pairs: Sequence[tuple[Any, Any]], x: Floats, c: Floats) -> Any:
    """|C| + Σ |L||X||R|."""
    total = np.abs(c)
    for left, right in pairs:
        part = np.abs(x) if left is None else np.abs(left) @ np.abs(x)
        total = total + (part if right is None else part @ np.abs(right))
    return total


def float_checks(pairs: Sequence[tuple[Any, Any]], x: Floats, c: Floats, bound: float) -> list[Check]:
    """The residual of the equation, and the bound."""
    rest, size = np.abs(rest_of(pairs, extended(x), c)).astype(np.float64), size_of(pairs, x, c)
    backward = largest(rest) / float(size.max()) if size.max() > 0 else 0.0
    return [
        measured(
            "backward-error",
            backward,
            100 * (sum(x.shape) + 10) * UNIT,
            "largest entry of C - sum L X R relative to that of |C| + sum |L||X||R|",
        ),
        measured("forward-error", bound, TRUSTED, "verified bound on the relative error of X, rounding of the entries included"),
    ]
