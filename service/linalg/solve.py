"""The solution of A·x = b for a square matrix A and one or several right-hand sides: in floats with a bound on its error, or
exactly."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import MathematicsRefuses, SingularMatrix
from service.linalg.bounds import GOOD, SLACK, TRUSTED, UNIT, SolutionDefect, largest, solution_defect, widened
from service.linalg.condition import condition_number, condition_of_rank
from service.linalg.exact import affordable, check_size, require_rows, require_square
from service.linalg.exact_numbers import nearest_doubles
from service.linalg.exact_tables import Table
from service.linalg.general_solution import GeneralSolution, general_solution
from service.linalg.lu import Factored, factor, powers_of_two
from service.linalg.matrix import Arithmetic, Floats, Matrix, as_sent, choose_arithmetic
from service.linalg.singular import singular, singular_in_floats

REFINEMENTS = 3  # each gains as many digits as the condition number leaves; the last ones mostly confirm


@dataclass(frozen=True)
class Solution:
    """`x` in the shape of the right-hand side: floats, or exact texts. `error_bound` bounds max|x − x*| / max|x*|, the worst over the
    right-hand sides (0 in exact arithmetic): it covers the computation and, for decimals, the rounding of the entries to
    doubles. `correct_digits` says the same in digits of the largest entry."""

    x: Any
    condition_number: float | None
    condition_norm: str
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    @property
    def correct_digits(self) -> int | None:
        return None if self.error_bound == 0 else max(0, min(16, math.floor(-math.log10(self.error_bound))))

    def to_json(self) -> dict[str, Any]:
        return {
            "x": self.x,
            "unique": True,
            "condition_number": self.condition_number,
            "condition_norm": self.condition_norm,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "correct_digits": self.correct_digits,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def solve(matrix: Matrix, rhs: Matrix, arithmetic: Arithmetic | None = None) -> Solution:
    """The x with A·x = b, A n×n and invertible, b n×k (or a vector).

    In floats by LU with partial pivoting and iterative refinement with residuals in extended precision; where the verified
    bound is not good enough the exact solution, rounded, takes its place if the size allows. Raises ShapeMismatch,
    SingularMatrix (saying whether there is no solution or infinitely many), Undecided, LimitExceeded, CheckFailed.
    """
    n = matrix.shape[0]
    require_rows(matrix, rhs)
    require_square(matrix, "a unique solution for every right-hand side")
    mode = choose_arithmetic(arithmetic, True, matrix=matrix, rhs=rhs)
    limits.check("cubic-size", n, "/matrix")
    limits.check("cubic-size", rhs.shape[1], "/rhs")
    if mode == "exact":
        x, check = _solve_exactly(matrix, rhs)
        condition, norm = _condition_of_exact(matrix)
        return Solution(as_sent(rhs, x.json()), condition, norm, "exact", 0.0, require([check]))
    a, b = _same_type(matrix.floats, rhs.floats)
    factored = factor(a)
    found = _in_floats(factored, b, decimals=matrix.is_rounded or rhs.is_rounded) if factored else None
    if factored and found and (found.is_good or not affordable(matrix)) and math.isfinite(found.bound):
        condition, norm = condition_number(a, factored.inverse())
        return Solution(as_sent(rhs, found.x + 0.0), condition, norm, "float", found.bound, require(found.checks))
    if not affordable(matrix) or rhs.is_complex:
        raise singular_in_floats(matrix, NOT_UNIQUE)
    return _rounded(matrix, rhs)


def solve_generally(matrix: Matrix, rhs: Matrix, arithmetic: Arithmetic | None = None) -> dict[str, Any]:
    """All x with A·x = b, A m×n. Raises ShapeMismatch, and what `all_solutions` raises."""
    require_rows(matrix, rhs)
    found = all_solutions(matrix, rhs, arithmetic)
    answer = found.to_json()
    condition = condition_of_rank(matrix, found.rank)
    return answer | {
        "explanation": found.explanation(matrix.shape[1]),
        "condition_number": condition,
        "condition_norm": "2",
        "checks": found.checks,
    }


def all_solutions(
    matrix: Matrix, rhs: Matrix, arithmetic: Arithmetic | None = None, pointer: str = "/matrix", at: str = "/rhs"
) -> GeneralSolution:
    """As `general_solution` answers; the one solution of a square system in floats by `solve`, which is better at ill-conditioned ones."""
    n = matrix.shape[1]
    mode = choose_arithmetic(arithmetic, True, **{pointer[1:]: matrix, at[1:]: rhs})
    if mode == "float" and matrix.shape[0] == n <= limits.limit("cubic-size") and rhs.shape[1] <= limits.limit("cubic-size"):
        with contextlib.suppress(MathematicsRefuses):
            found = solve(matrix, rhs, "float")
            return GeneralSolution(found.x, [], n, [], "float", found.error_bound, found.checks)
    return general_solution(matrix, rhs, arithmetic, pointer, at)


@dataclass(frozen=True)
class FloatSolution:
    """A computed solution, the bound on its relative error, and its checks."""

    x: Floats
    bound: float
    checks: list[Check]

    @property
    def is_good(self) -> bool:
        return self.bound <= GOOD and all(check.passed for check in self.checks)


def _in_floats(factored: Factored, b: Floats, decimals: bool) -> FloatSolution:
    """Refined from x = 0 by corrections R·(b − A·x), R the approximate inverse; the rows of A and b are scaled alike."""
    a, r = factored.scaled, factored.scaled_inverse
    right = b * factored.scale[:, None]
    unit = powers_of_two(right, 0)  # right-hand sides of a size near 1, so that bounds do not suffer from underflow
    right = right * unit
    wide = widened(a, a.size * b.shape[1])
    x = np.zeros(b.shape, dtype=wide.dtype)
    for _ in range(REFINEMENTS):
        x = x + r @ (right - wide @ x).astype(a.dtype)
    rounded = x.astype(a.dtype)
    defect = solution_defect(a, right, rounded, r, factored.defect)
    found = certified(rounded, defect, decimals)
    x = found.x / unit
    fits = np.isfinite(x).all() and (np.abs(x).max(axis=0) >= SMALLEST_SAFE)[np.abs(x).max(axis=0) > 0].all()
    return replace(found, x=x, bound=found.bound if fits else math.inf)


def certified(x: Floats, defect: SolutionDefect, decimals: bool) -> FloatSolution:
    """The solution x with the bound that follows from its `defect`; `decimals` when entries were rounded to doubles."""
    sizes = np.abs(x).max(axis=0)
    errors = defect.error + (defect.entry_error if decimals else 0.0)
    relative = largest(np.divide(errors, sizes, out=np.where(errors > TINY_ERROR, np.inf, 0.0), where=sizes > 0))
    bound = relative / (1 - relative) * SLACK if relative < 1 else math.inf
    checks = [
        measured("backward-error", defect.backward, 100 * (len(x) + 10) * UNIT, "largest |b - A x| relative to |A||x| + |b|"),
        measured("forward-error", bound, TRUSTED, "verified bound on the relative error of x, rounding of the entries included"),
    ]
    return FloatSolution(x, bound, checks)


SMALLEST_SAFE = 1e-290  # the largest entry of a solution below which underflow costs digits
TINY_ERROR = 1e-280  # underflow, where the solution is zero
NOT_UNIQUE = "A system has exactly one solution, for every right-hand side, when the rows of its matrix are linearly independent."


def _rounded(matrix: Matrix, rhs: Matrix) -> Solution:
    """The exact solution of the system as sent, rounded to doubles. Raises an error when the rounding of the entries to
    doubles matters so much that another reader of the same numbers would get another solution."""
    exact, check = _solve_exactly(matrix, rhs)
    x = exact.doubles()
    inverse = nearest_doubles(matrix.exact.inv())
    bound = UNIT
    if not (matrix.is_exact_data and rhs.is_exact_data):
        spread = np.abs(inverse) @ (np.abs(matrix.floats) @ np.abs(x) + np.abs(rhs.floats))
        sizes = np.abs(x).max(axis=0)
        bound += UNIT * SLACK * largest(np.divide(spread.max(axis=0), sizes, out=np.zeros_like(sizes), where=sizes > 0))
        if not bound <= TRUSTED:
            raise singular_in_floats(matrix, NOT_UNIQUE, bound)
    condition, norm = condition_number(matrix.floats, inverse)
    return Solution(as_sent(rhs, x + 0.0), condition, norm, "float", bound, require([check]))


def _solve_exactly(matrix: Matrix, rhs: Matrix) -> tuple[Table, Check]:
    n, k = matrix.shape[0], rhs.shape[1]
    if matrix.table.is_rational and rhs.table.is_rational:
        check_size(matrix, n * (n + k))
        check_size(rhs, k, "/rhs")
    try:
        x = matrix.table.solved(rhs.table)
    except ZeroDivisionError:
        raise _no_unique_solution(matrix, rhs) from None
    return x, product_check(matrix, rhs, x)


def product_check(matrix: Matrix, rhs: Matrix, x: Table) -> Check:
    """That `matrix` times x is the right-hand side, exactly."""
    return decided("product", (matrix.table @ x - rhs.table).is_zero(), "A x = b holds exactly")


def _no_unique_solution(matrix: Matrix, rhs: Matrix) -> SingularMatrix:
    """The error for a singular system: no solution, or infinitely many (Rouché and Capelli)."""
    _, pivots = matrix.table.beside(rhs.table).echelon()
    inconsistent = pivots[-1:] >= [matrix.shape[1]]
    if inconsistent:
        verdict = "The right-hand side breaks that relation, so there is no solution; least-squares finds the nearest."
    else:
        verdict = "The right-hand side keeps that relation, so there are infinitely many solutions; least-squares finds the shortest."
    error = singular(matrix, verdict)
    if not inconsistent:
        error.hint = 'send "general": true for all solutions'
    error.facts["solutions"] = "none" if inconsistent else "infinitely many"
    return error


def _condition_of_exact(matrix: Matrix) -> tuple[float | None, str]:
    return condition_number(matrix.table.approximately(), matrix.table.inverse().approximately())


def _same_type(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    kind = np.result_type(a, b)
    return a.astype(kind, copy=False), b.astype(kind, copy=False)
