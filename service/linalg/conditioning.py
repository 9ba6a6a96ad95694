"""The condition number of a matrix: how much it magnifies relative errors, how many digits that costs, how near it is to a singular one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import ShapeMismatch, SingularMatrix, Undecided
from service.linalg.bounds import SLACK, TRUSTED, UNIT, gamma
from service.linalg.dependencies import exact_dependencies, shown
from service.linalg.exact import FALLBACK_SIZE, check_size, is_exactly_singular
from service.linalg.exact_numbers import beyond_doubles, nearest_doubles, read_rational
from service.linalg.exact_tables import Table
from service.linalg.inverse import inverse, product_check
from service.linalg.matrices import from_array
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.norm import entry_rounding
from service.linalg.numerical_rank import unit_of
from service.linalg.orthogonal_fit import basis_of
from service.linalg.rank import rank
from service.linalg.singular import too_sensitive
from service.linalg.square_roots import root_text
from service.linalg.svd import svd

ORDERS: dict[float | str, str] = {1: "1", 2: "2", math.inf: "inf", "fro": "fro"}


@dataclass(frozen=True)
class Condition:
    """`condition_number` is ‖A‖·‖A⁻¹‖ (σ₁/σₙ for the 2-norm of a matrix of any shape), None when infinite (`singular`), a text in exact
    arithmetic where it has a short closed form. `distance_to_singularity` is 1/‖A⁻¹‖ in the same norm (in the 2-norm for fro): the
    norm of the smallest change that makes A singular, or lowers its rank. `error_bound` is relative."""

    condition_number: float | str | None
    norm: str
    singular: bool
    digits_lost: float | None
    distance_to_singularity: float
    explanation: str
    arithmetic: Arithmetic
    error_bound: float | None
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "condition_number": self.condition_number,
            "condition_norm": self.norm,
            "singular": self.singular,
            "digits_lost": self.digits_lost,
            "distance_to_singularity": self.distance_to_singularity,
            "explanation": self.explanation,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def condition(matrix: Matrix, order: float | str = 2, arithmetic: Arithmetic | None = None) -> Condition:
    """The condition number in the norm `order`: 1, 2, inf or "fro" for a square matrix, 2 for any other.

    By a verified inverse, or by the verified orthonormalisation of the columns (rows) of a matrix that is not square. Raises
    ShapeMismatch, Undecided (floats cannot tell the matrix from one of lower rank), LimitExceeded.
    """
    m, n = matrix.shape
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    limits.check("cubic-size", min(m, n), "/matrix")
    if m != n:
        if order != 2:
            detail = f"the condition number of a {m}×{n} matrix is that of the 2-norm: it has no inverse"
            raise ShapeMismatch(detail, 'leave "ord" out, or send 2', "/ord")
        return _rectangular(matrix, mode)
    try:
        found = inverse(matrix, mode)
    except SingularMatrix:
        if mode == "exact" or matrix.is_exact_data or is_exactly_singular(matrix):
            return _infinite(matrix, order, mode)
        raise
    if mode == "exact":
        return _exactly(matrix, order)
    return _of_pair(matrix, matrix.floats, np.asarray(found.inverse), order, found.error_bound, found.checks)


# --- floats ----------------------------------------------------------------------------------------------------------


def _of_pair(matrix: Matrix, a: Floats, x: Floats, order: float | str, error: float, checks: list[Check]) -> Condition:
    """From A and its inverse x, which is off by at most `error` relatively in the 1-norm: the 2-norm and the Frobenius norm of an n×n
    matrix are at most √n times that, the norm of the rows n times."""
    size, of_size = _norm(a, order)
    inverted, of_inverted = _norm(x, order)
    n, value = len(a), size * inverted
    if not math.isfinite(value):
        raise beyond_doubles()
    rounding = entry_rounding(matrix, np.abs(a)) * math.sqrt(n)
    times = {1: 1.0, math.inf: float(n)}.get(order, math.sqrt(n))  # type: ignore[arg-type]
    error *= times * float(np.linalg.norm(x, 1)) / inverted
    bound = (error + of_size + of_inverted + rounding + 2 * UNIT) * SLACK
    bound = bound / (1 - bound) if bound < 1 else math.inf
    if bound > TRUSTED:
        raise too_sensitive("the condition number", bound)
    checks = [*checks, condition_check(a, x, value, order), measured("condition-error", bound, TRUSTED, BOUND)]
    distance = 1 / (inverted if order != "fro" else _norm(x, 2)[0])
    return _answer(value, order, distance, "float", bound, require(checks))


BOUND = "verified bound on the relative error of the condition number, rounding of the entries included"


def _norm(a: Floats, order: float | str) -> tuple[float, float]:
    """A norm and the bound on its relative error."""
    if order == 2:
        found = svd(from_array(a))
        return float(found.singular_values[0]), found.error_bound
    return float(np.linalg.norm(a, "fro" if order == "fro" else order)), gamma(a.size + 10, a.dtype.kind)  # type: ignore[arg-type]


def condition_check(a: Floats, x: Floats, value: float, order: float | str) -> Check:
    """The value against the norms computed in another way: the singular values of A and of its inverse by their squares, sums in Python."""
    if order in (1, math.inf):
        sums = [max(math.fsum(line) for line in (np.abs(part) if order == math.inf else np.abs(part).T).tolist()) for part in (a, x)]
        again = sums[0] * sums[1]
    elif order == "fro":
        again = math.hypot(*np.abs(a).ravel().tolist()) * math.hypot(*np.abs(x).ravel().tolist())
    else:
        again = float(np.linalg.norm(a, 2) * np.linalg.norm(x, 2))
    error = abs(value - again) / again if again and math.isfinite(again) else math.inf
    return measured("recomputed", error, 100 * (a.size + 10) * UNIT, "the product of the norms, computed in another way")


def _rectangular(matrix: Matrix, mode: Arithmetic) -> Condition:
    """σ₁/σₖ with k = min(m, n): (AᴴA)⁻¹ = S(I + N)Sᴴ gives 1/σₖ = ‖S‖₂ up to the factor √(1 ± N)."""
    tall = matrix if matrix.shape[0] > matrix.shape[1] else matrix.transposed()
    a = nearest_doubles(tall.exact) if mode == "exact" else tall.floats
    basis = basis_of(a)
    if basis is not None and basis.defect < 1e-4 and np.isfinite(basis.s).all():
        s, of_s = _norm(basis.s, 2)
        size, of_size = _norm(a, 2)
        rounding = entry_rounding(matrix, np.abs(a)) if mode == "float" else UNIT
        moved = rounding * float(np.linalg.norm(np.abs(a) @ np.abs(basis.s)))
        bound = (basis.defect * basis.amplification + of_s + of_size + 2 * moved + rounding * math.sqrt(min(a.shape))) * SLACK
        if bound <= TRUSTED:
            checks = [measured("condition-error", bound, TRUSTED, BOUND), singular_value_check(a, size * s)]
            return _answer(size * s, 2, 1 / s, mode, bound, require(checks))
    found = rank(matrix, mode)
    if found.rank < min(matrix.shape):
        if mode == "exact" or matrix.is_exact_data or _is_exactly_deficient(matrix):
            return _infinite(matrix, 2, mode)
        raise Undecided(
            f"the rank is {found.rank} to the precision of floats, below {min(matrix.shape)}: they do not tell the condition number",
            'send "arithmetic": "exact" if the entries are exact as they stand',
            "/matrix",
        )
    if not matrix.is_exact_data and mode == "float":
        raise too_sensitive("the condition number", None)
    return _by_gram(tall, mode)


def _is_exactly_deficient(matrix: Matrix) -> bool:
    """Whether the decimals as sent are linearly dependent; False also where it would be costly to tell."""
    return not matrix.is_complex and max(matrix.shape) <= FALLBACK_SIZE and int(matrix.exact.rank()) < min(matrix.shape)


def singular_value_check(a: Floats, value: float) -> Check:
    """Against LAPACK's quotient of singular values, of which the smallest is good to a few roundings of the largest."""
    values = np.linalg.svd(a / unit_of(a), compute_uv=False)
    error = abs(values[-1] / values[0] - 1 / value)
    return measured(
        "recomputed", float(error), 100 * (max(a.shape) + 10) * UNIT, "1/condition number against the quotient of singular values"
    )


def _by_gram(tall: Matrix, mode: Arithmetic) -> Condition:
    """Exactly: 1/σₖ² is the largest eigenvalue of (AᵀA)⁻¹."""
    check_size(tall, tall.shape[1] ** 2)
    a = tall.exact
    gram = a.transpose() * a
    inverted = nearest_doubles(gram.inv())
    of_inverse, error = _norm(inverted, 2)
    of_gram, error_of_gram = _norm(nearest_doubles(gram), 2)
    value = math.sqrt(of_inverse) * math.sqrt(of_gram)
    bound = (error + error_of_gram + 4 * UNIT * math.sqrt(len(inverted))) * SLACK
    exact = product_check(from_exact(gram), Table((gram.nrows(), gram.ncols()), gram.inv()))
    checks = require([exact, measured("condition-error", bound, TRUSTED, BOUND)])
    return _answer(value, 2, 1 / math.sqrt(of_inverse), mode, bound, checks)


def from_exact(table: Any) -> Matrix:
    """The Matrix of an fmpq_mat."""
    return Matrix((table.nrows(), table.ncols()), "rational", None, table.tolist())


# --- exact, and infinite ---------------------------------------------------------------------------------------------


def _exactly(matrix: Matrix, order: float | str) -> Condition:
    n, a = matrix.shape[0], matrix.exact
    x = a.inv()
    check = product_check(matrix, Table(matrix.shape, x))
    found = _of_pair(from_exact(a), nearest_doubles(a), nearest_doubles(x), order, UNIT * n, [check])
    found = replace(found, arithmetic="exact")
    return found if order == 2 and n > 2 else replace(found, condition_number=_closed_form(a, x, order), error_bound=0.0)


def _closed_form(a: Any, x: Any, order: float | str) -> str:
    squares = [sum((value * value for value in table.entries()), flint.fmpq(0)) for table in (a, x)]
    if order == "fro":
        return root_text(squares[0] * squares[1])
    if order == 2:  # σ₁/σ₂ = (s + √(s² − 4))/2 with s = σ₁/σ₂ + σ₂/σ₁ = ‖A‖_F²/|det A|; for 1×1 it is 1
        if a.nrows() == 1:
            return "1"
        s = squares[0] / abs(a.det())
        root = root_text(s * s / 4 - 1)
        return f"{s / 2} + {root}" if "sqrt" in root else str(s / 2 + read_rational(root))
    sums = []
    for table in (a, x):
        lines = table.tolist() if order == math.inf else table.transpose().tolist()
        sums.append(max(sum((abs(value) for value in line), flint.fmpq(0)) for line in lines))
    return str(sums[0] * sums[1])


def _infinite(matrix: Matrix, order: float | str, mode: Arithmetic) -> Condition:
    """For a matrix whose exact rank is below min(m, n)."""
    if matrix.is_complex:
        proof, because = decided("singular", is_exactly_singular(matrix), "the determinant is 0, exactly"), ""
    else:
        lines = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.transposed()
        independent, dependencies = exact_dependencies(lines.exact)
        line = "row" if lines is matrix else "column"
        because = f", because {shown(dependencies).replace('row', line)}"
        proof = decided("dependent", len(independent) < min(matrix.shape), "the rows, or the columns, are linearly dependent, exactly")
    explanation = f"the matrix does not have full rank{because}: its condition number is infinite, and its distance to such a matrix 0"
    return Condition(None, ORDERS[order], True, None, 0.0, explanation, mode, None, require([proof]))


def _answer(value: float, order: float | str, distance: float, mode: Arithmetic, bound: float, checks: list[Check]) -> Condition:
    if not (math.isfinite(value) and math.isfinite(distance)):
        raise too_sensitive("the condition number", None)
    value = max(value, 1.0)
    digits = math.log10(value)
    explanation = (
        f"relative errors can grow by a factor of up to {value:.3g}: about {digits:.1f} of the 16 digits of doubles may be lost; "
        f"the matrix is singular after a relative change of {1 / value:.3g}"
    )
    return Condition(value, ORDERS[order], False, digits, distance, explanation, mode, bound, checks)
