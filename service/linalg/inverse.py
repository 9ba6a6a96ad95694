"""The inverse of a square matrix: in floats with a bound on its error, or exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import CheckFailed, Undecided
from service.linalg.bounds import GOOD, SLACK, TRUSTED, UNIT, InverseDefect, extended, inverse_defect, largest
from service.linalg.condition import condition_number
from service.linalg.determinant import determinant_in_floats
from service.linalg.exact import affordable, check_size, require_square
from service.linalg.exact_tables import Table
from service.linalg.lu import Factored, factor
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.singular import singular, singular_in_floats
from service.linalg.surds import as_exact_json

SUBNORMAL = 2.0**-1074  # what underflow can cost an entry of the answer
REFINED_SIZE = 24  # n up to which one step of refinement in extended precision costs little
NO_INVERSE = "A matrix has an inverse exactly when its rows are linearly independent."


@dataclass(frozen=True)
class Inverse:
    """`inverse` is n×n: floats, or exact texts. `error_bound` bounds ‖A⁻¹ − X‖₁/‖A⁻¹‖₁ (0 in exact arithmetic): it covers the
    rounding of the computation and, for decimals, that of the entries to doubles."""

    inverse: Floats | list[list[Any]]
    determinant: Any
    condition_number: float | None
    condition_norm: str
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "inverse": self.inverse,
            "determinant": self.determinant,
            "condition_number": self.condition_number,
            "condition_norm": self.condition_norm,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def inverse(matrix: Matrix, arithmetic: Arithmetic | None = None) -> Inverse:
    """The inverse of an n×n matrix.

    In floats by LU with partial pivoting; where the verified bound is not good enough the exact inverse, rounded, takes
    its place if the size allows. Raises ShapeMismatch, SingularMatrix (with the rank and the relations between the
    rows), Undecided (floats cannot tell the matrix from a singular one), LimitExceeded, CheckFailed.
    """
    require_square(matrix, "an inverse")
    mode = choose_arithmetic(arithmetic, True, matrix=matrix)
    limits.check("cubic-size", matrix.shape[0], "/matrix")
    if mode == "exact":
        return _exact(matrix)
    factored = factor(matrix.floats)
    found = _in_floats(factored) if factored else None
    if found and found.is_good:
        return _answer(matrix, factored, found)
    if affordable(matrix):
        return _rounded(matrix, factored)
    if not found or not math.isfinite(found.bound):
        raise singular_in_floats(matrix, NO_INVERSE)
    require(found.checks)
    return _answer(matrix, factored, found)


@dataclass(frozen=True)
class FloatInverse:
    """A computed inverse, the bound on its relative error, and its checks."""

    x: Floats
    bound: float
    checks: list[Check]

    @property
    def is_good(self) -> bool:
        return self.bound <= GOOD and all(check.passed for check in self.checks)


def _in_floats(factored: Factored) -> FloatInverse:
    if len(factored.scaled) > REFINED_SIZE:
        return certified(factored.scaled_inverse, factored.scale, factored.defect)
    x = _refined(factored)
    return certified(x, factored.scale, inverse_defect(factored.scaled, x))


def certified(x: Floats, scale: NDArray[np.float64], defect: InverseDefect) -> FloatInverse:
    """The inverse x·diag(scale) of A, for an x whose `defect` as inverse of diag(scale)·A is known."""
    bound = relative_error(defect.bounds, x, scale, defect.amplification)
    residual = largest(defect.residual / defect.conditioning)
    checks = [
        measured("residual", residual, 100 * (len(x) + 10) * UNIT, "largest column of |A X - I|, relative to that of |A||X| + I"),
        measured("forward-error", bound, TRUSTED, "verified bound on the relative error in the 1-norm, rounding of the entries included"),
    ]
    return FloatInverse(x * scale, bound, checks)


def relative_error(columns: NDArray[np.float64], x: Floats, scale: NDArray[np.float64], amplification: float) -> float:
    """‖error‖₁/‖inverse‖₁ of x·diag(scale), whose column j is off by at most columns[j]·‖x‖₁·scale[j]·amplification."""
    sizes = np.abs(x).sum(axis=0)
    size = largest(sizes * scale)
    error = (largest(columns * scale) * largest(sizes) * amplification * SLACK + len(x) * SUBNORMAL) / size
    if not math.isfinite(size):
        return math.inf
    return error / (1 - error) if error < 1 else math.inf


def _refined(factored: Factored) -> Floats:
    """One step of X + X(I − A·X) in extended precision: for a matrix far from singular, X correctly rounded."""
    a, x = extended(factored.scaled), extended(factored.scaled_inverse)
    correction = x @ (np.eye(len(a)) - a @ x)
    return np.asarray(x + correction, dtype=factored.scaled.dtype)


def _answer(matrix: Matrix, factored: Factored | None, found: FloatInverse) -> Inverse:
    try:
        value = determinant_in_floats(matrix, factored, exact_up_to=0).value
    except (Undecided, CheckFailed):  # its bound grows faster with n than that of the inverse
        value = None
    condition, norm = condition_number(matrix.floats, found.x)
    return Inverse(found.x + 0.0, value, condition, norm, "float", found.bound, found.checks)


def _rounded(matrix: Matrix, factored: Factored | None) -> Inverse:
    """The exact inverse of the entries as sent, rounded to doubles. Raises an error when the rounding of the entries to
    doubles matters so much that another reader of the same numbers would get another inverse."""
    exact, check = _invert(matrix)
    x = exact.doubles()
    bound = UNIT
    if not matrix.is_exact_data:
        scale = factored.scale if factored else np.ones(len(x))
        conditioning = inverse_defect(matrix.floats * scale[:, None], x / scale).conditioning
        bound += relative_error(UNIT * conditioning, x / scale, scale, amplification=1.0)
        if bound > TRUSTED:
            raise singular_in_floats(matrix, NO_INVERSE, bound)
    return _answer(matrix, factored, FloatInverse(x, bound, require([check])))


def _exact(matrix: Matrix) -> Inverse:
    exact, check = _invert(matrix)
    condition, norm = condition_number(matrix.table.approximately(), exact.approximately())
    return Inverse(exact.json(), as_exact_json(matrix.table.determinant()), condition, norm, "exact", 0.0, require([check]))


def _invert(matrix: Matrix) -> tuple[Table, Check]:
    """The exact inverse and its proof; raises SingularMatrix."""
    if matrix.table.is_rational:
        check_size(matrix, matrix.shape[0] ** 2)
    try:
        exact = matrix.table.inverse()
    except ZeroDivisionError:
        raise singular(matrix, NO_INVERSE) from None
    return exact, product_check(matrix, exact)


def product_check(matrix: Matrix, exact: Table) -> Check:
    """That `exact` times `matrix` is the identity, exactly."""
    return decided("product", exact.is_inverse_of(matrix.table), "A X = I holds exactly")
