"""The Cholesky factorization A = L·Lᴴ of a Hermitian positive definite matrix, and A = L·D·Lᴴ with ones on the diagonal of L."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import flint
import numpy as np
from scipy.linalg import lapack

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import MathematicsRefuses, NotPositiveDefinite, Undecided
from service.linalg.bounds import GOOD, TRUSTED, UNIT, gamma
from service.linalg.elimination import ExactFactors, eliminate
from service.linalg.exact import affordable, check_size, require_square
from service.linalg.exact_numbers import beyond_doubles, nearest_double, nearest_root
from service.linalg.factor_bounds import cholesky_bound, powers_of_two
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.modular import is_product
from service.linalg.norm import entry_rounding
from service.linalg.singular import too_sensitive
from service.linalg.square_roots import surd_text

Form = Literal["cholesky", "ldl"]
SMALLEST = 2.0**-1074
EXACT_UP_TO = 12  # n up to which an exact factor of whole or rational entries costs a fraction of a millisecond
ASYMMETRY = 8 * UNIT  # relative: what rounding leaves of the symmetry of a computed matrix


@dataclass(frozen=True)
class Cholesky:
    """`l` is n×n and lower triangular (`u` = Lᴴ when upper was asked for); for the form "ldl" `d` is the diagonal of D and `l` has ones
    on its own. Floats, or texts in exact arithmetic. `error_bound` bounds the error of each row of L relative to its norm (0
    when exact), for l·√d in the form ldl."""

    l: Any  # noqa: E741
    d: Any
    form: Form
    lower: bool
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        factor = {"l": self.l} if self.lower else {"u": self._upper()}
        diagonal = {"d": self.d} if self.form == "ldl" else {}
        return {
            **factor,
            **diagonal,
            "form": self.form,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }

    def _upper(self) -> Any:
        if isinstance(self.l, np.ndarray):
            return self.l.conj().T + 0.0
        return [list(column) for column in zip(*self.l, strict=True)]


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def cholesky(matrix: Matrix, arithmetic: Arithmetic | None = None, lower: bool = True, form: Form = "cholesky") -> Cholesky:
    """The factor of an n×n matrix, real on its diagonal and positive there.

    In floats by LAPACK (potrf), where the verified bound also proves that the matrix is positive definite; where it is too weak, the
    exact factor, rounded, takes its place if the size allows. The form "ldl" also takes real matrices that are not positive
    definite, when elimination needs no exchange of rows. Raises ShapeMismatch, NotPositiveDefinite (with the leading minor
    that is not positive, or the entries that are not symmetric), Undecided, LimitExceeded, CheckFailed.
    """
    require_square(matrix, "a Cholesky factorization")
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    limits.check("cubic-size", matrix.shape[0], "/matrix")
    require_hermitian(matrix)
    if mode == "exact" or (matrix.is_exact_data and matrix.shape[0] <= EXACT_UP_TO):
        return _exactly(matrix, lower, form, mode)
    found = _in_floats(matrix, lower, form)
    if found is not None and found.error_bound <= GOOD:
        return replace(found, checks=require(found.checks))
    if affordable(matrix):
        return _exactly(matrix, lower, form, mode)
    if found is None:
        raise _negative_in_floats(matrix)
    if found.error_bound > TRUSTED:
        raise too_sensitive("the factor", found.error_bound)
    return replace(found, checks=require(found.checks))


def require_positive_definite(matrix: Matrix, pointer: str) -> None:
    """Raises NotPositiveDefinite, ShapeMismatch or Undecided with `pointer` when an n×n matrix is not proven positive definite."""
    try:
        cholesky(matrix)
    except MathematicsRefuses as error:
        error.pointer = pointer
        raise


def require_hermitian(matrix: Matrix) -> None:
    """Raises NotPositiveDefinite, naming a pair of entries, when `matrix` (square) is not symmetric, or Hermitian when complex.

    Whole and rational entries are compared exactly; of decimals a difference of a few roundings is allowed."""
    if matrix.numbers is None:
        rows = matrix.exact.tolist()
        pair = next(((i, j) for i in range(len(rows)) for j in range(i) if rows[i][j] != rows[j][i]), None)
    else:
        a = matrix.numbers
        allowed = 0.0 if matrix.kind == "integer" else ASYMMETRY
        wrong = np.argwhere(np.abs(a - a.conj().T) > allowed * np.abs(a))
        pair = (int(wrong[-1][0]), int(wrong[-1][1])) if len(wrong) else None
    if pair is None:
        return
    i, j = pair
    kind = "Hermitian" if matrix.is_complex else "symmetric"
    entries = (
        f"the entry in row {i + 1}, column {j + 1} is {_shown(matrix, i, j)}, and in row {j + 1}, column {i + 1} {_shown(matrix, j, i)}"
    )
    if i == j:
        entries = f"the entry in row {i + 1}, column {i + 1} is {_shown(matrix, i, i)}, and not real"
    raise NotPositiveDefinite(
        f"the matrix is not {kind}: {entries}",
        hint="a positive definite matrix is Hermitian; lu factors any matrix",
        pointer="/matrix",
        facts={"row": i, "column": j},
    )


def _shown(matrix: Matrix, i: int, j: int) -> str:
    return str(matrix.rows[i][j])[:40]


# --- floats ----------------------------------------------------------------------------------------------------------


def _in_floats(matrix: Matrix, lower: bool, form: Form) -> Cholesky | None:
    """None when the factorization breaks down."""
    a = matrix.floats
    a = a / 2 + a.conj().T / 2
    diagonal = a.diagonal().real
    if not (diagonal > 0).all():
        return None
    scale = powers_of_two(np.sqrt(diagonal))
    scaled = a * scale[:, None] * scale
    factor, info = (lapack.zpotrf if a.dtype.kind == "c" else lapack.dpotrf)(scaled, lower=True, clean=True)
    if info != 0:
        return None
    bound = cholesky_bound(scaled, factor, entry_rounding(matrix, np.abs(a)))
    factor = factor / scale[:, None]
    checks = factor_checks(a, factor, np.ones(len(a)))
    checks.append(
        measured("forward-error", bound, TRUSTED, "verified bound on each row of L, relative; it also proves A positive definite")
    )
    if form == "cholesky":
        return Cholesky(factor + 0.0, None, form, lower, "float", bound, checks)
    head = factor.diagonal().real
    unit, d = np.tril(factor / head, -1) + np.eye(len(a)), head * head
    return Cholesky(unit + 0.0, d, form, lower, "float", bound, [*factor_checks(a, unit, d), checks[-1]])


def factor_checks(a: Floats, l: Floats, d: Any) -> list[Check]:  # noqa: E741
    """That L·D·Lᴴ is A, entry by entry, and that L is lower triangular with a positive diagonal.

    A is compared on the scale √(aᵢᵢaⱼⱼ), which bounds |L||D||L|ᴴ (Cauchy and Schwarz)."""
    scale = powers_of_two(np.sqrt(np.abs(a.diagonal().real)))
    a, l = a * scale[:, None] * scale, l * scale[:, None]  # noqa: E741
    sizes = (np.abs(l) * np.abs(d)) @ np.abs(l).T
    underflow = 8 * (len(a) + 2) * SMALLEST * (1 + scale[:, None] + scale)
    errors = np.maximum(np.abs((l * d) @ l.conj().T - a) - underflow, 0)
    error = float(np.max(np.divide(errors, sizes, out=np.where(errors > 0, np.inf, 0.0), where=sizes > 0)))
    shape = bool((np.triu(l, 1) == 0).all() and (l.diagonal().real > 0).all() and (l.diagonal().imag == 0).all())
    tolerance = 4 * gamma(len(a) + 8, a.dtype.kind)
    return [
        measured("reconstruction", error, tolerance, "the entries of L D L' - A, relative to those of |L||D||L|'"),
        decided("triangular", shape, "L is lower triangular, and its diagonal positive"),
    ]


def _negative_in_floats(matrix: Matrix) -> NotPositiveDefinite | Undecided:
    """For a matrix that is too large, or complex, to be decided exactly: certain when an eigenvalue is clearly negative."""
    a = matrix.floats
    scaled = a * (scale := powers_of_two(np.sqrt(np.abs(a.diagonal().real))))[:, None] * scale
    for k in range(1, len(a) + 1) if len(a) <= 100 else (len(a),):
        smallest = float(np.linalg.eigvalsh(scaled[:k, :k])[0])
        if smallest < -100 * (k + 10) * UNIT * float(np.linalg.norm(scaled[:k, :k])):
            what = f"the leading minor of order {k} is not positive" if len(a) <= 100 else "it has a negative eigenvalue"
            return NotPositiveDefinite(f"the matrix is not positive definite: {what}", pointer="/matrix", facts={"leading_minor": k})
    return Undecided(
        "whether the matrix is positive definite cannot be told in floats: a leading minor is 0 up to rounding",
        hint=None if matrix.is_complex else 'send "arithmetic": "exact" if the entries are exact as they stand',
        pointer="/matrix",
    )


# --- exact -----------------------------------------------------------------------------------------------------------


def _exactly(matrix: Matrix, lower: bool, form: Form, mode: Arithmetic) -> Cholesky:
    """From A = L·D·Lᵀ in rationals, written as texts or rounded."""
    check_size(matrix, matrix.shape[0] ** 2)
    symmetric = matrix if matrix.kind != "float" else replace(matrix, numbers=np.tril(matrix.floats) + np.tril(matrix.floats, -1).T)
    try:
        found = eliminate(symmetric, "none")
    except MathematicsRefuses as error:
        if form == "ldl" or "leading_minor" not in error.facts:
            error.hint = "lu exchanges rows, and factors any matrix"
            raise
        raise _first_minor(symmetric, error.facts["leading_minor"]) from None
    d = [found.u[i][i] for i in range(len(found.u))]
    if form == "cholesky":
        _require_positive(d)
    check = ldl_check(symmetric, found.l, d)
    if mode == "exact":
        texts = [[str(v) for v in row] if form == "ldl" else list(map(surd_text, row, d)) for row in found.l]
        return Cholesky(texts, list(map(str, d)) if form == "ldl" else None, form, lower, mode, 0.0, require([check]))
    return _rounded(symmetric, found, d, lower, form, check)


def _rounded(matrix: Matrix, found: ExactFactors, d: list[Any], lower: bool, form: Form, check: Check) -> Cholesky:
    """The exact factor in doubles. Raises Undecided when the rounding of the entries matters too much."""
    bound = 2 * UNIT
    if matrix.kind == "float":
        bound += _sensitivity(matrix, found, d)
        if bound > TRUSTED:
            raise too_sensitive("the factor", bound)
    try:
        if form == "ldl":
            values = np.array([[nearest_double(value) for value in row] for row in found.l])
            return Cholesky(values, np.array(list(map(nearest_double, d))), form, lower, "float", bound, require([check]))
    except OverflowError:
        raise beyond_doubles() from None
    values = np.array([[_root(value, entry) for value, entry in zip(row, d, strict=True)] for row in found.l])
    return Cholesky(values + 0.0, None, form, lower, "float", bound, require([check]))


def _root(value: Any, entry: Any) -> float:
    return math.copysign(nearest_root(value * value * entry), float(value > 0) - 0.5)


def _sensitivity(matrix: Matrix, found: ExactFactors, d: list[Any]) -> float:
    """What the rounding of the entries can change: the verified bound for the rounded factor, infinite when some d is not positive
    (the signs of small pivots could then be an accident of rounding)."""
    if not all(entry > 0 for entry in d):
        return 0.0
    factor = np.array([[_root(value, entry) for value, entry in zip(row, d, strict=True)] for row in found.l])
    return cholesky_bound(matrix.floats, factor, UNIT)


def ldl_check(matrix: Matrix, l: list[list[Any]], d: list[Any]) -> Check:  # noqa: E741
    """That L·D·Lᵀ = A (modulo a prime), with ones on the diagonal of L and zeros above."""
    scaled = [[value * entry for value, entry in zip(row, d, strict=True)] for row in l]
    shape = all(value == (i == j) for i, row in enumerate(l) for j, value in enumerate(row) if j >= i)
    holds = shape and is_product(scaled, list(zip(*l, strict=True)), matrix.exact.tolist())
    return decided("reconstruction", holds, "L D L' = A modulo 2^61 - 1; exactly: L is lower triangular with ones on its diagonal")


def _first_minor(matrix: Matrix, most: int) -> NotPositiveDefinite:
    """The error for the first leading minor that is not positive, where that of the order `most` is 0."""
    rows = matrix.exact.tolist()
    minors = ((k, flint.fmpq_mat([row[:k] for row in rows[:k]]).det()) for k in range(1, most + 1))
    k, value = next((k, value) for k, value in minors if value <= 0)
    return _not_positive(k, str(value))


def _require_positive(d: list[Any]) -> None:
    minor = flint.fmpq(1)
    for k, entry in enumerate(d, 1):
        minor *= entry
        if minor <= 0:
            raise _not_positive(k, str(minor))


def _not_positive(k: int, value: str) -> NotPositiveDefinite:
    shown = value if len(value) <= 40 else f"{'negative' if value.startswith('-') else 'zero'}"
    return NotPositiveDefinite(
        f"the matrix is not positive definite: its leading minor of order {k} is {shown}, where all must be positive",
        hint='"form": "ldl" also takes symmetric matrices that are not positive definite',
        pointer="/matrix",
        facts={"leading_minor": k, "value": shown},
    )
