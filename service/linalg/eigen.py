"""Eigenvalues and eigenvectors of a square matrix in floats, each eigenvalue with a bound on its error that holds.

LAPACK's eigenvalues, verified (`eigen_floats.py`); for whole and rational entries, and where the verified bounds are not good
enough, the roots of the exact characteristic polynomial (`spectrum.py`), which also tells the multiplicities.
`eigen_exact.py` answers in exact arithmetic and with digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from service import limits
from service.certificates import Check, measured, require
from service.errors import CheckFailed, Undecided
from service.linalg import eigen_floats, spectrum
from service.linalg.bounds import GOOD, TRUSTED, UNIT, largest
from service.linalg.determinant import EXACT_UP_TO, Determinant, determinant_in_floats
from service.linalg.eigen_floats import FloatSpectrum, normalised
from service.linalg.exact import FALLBACK_SIZE, require_square
from service.linalg.lu import factor
from service.linalg.matrix import Floats, Matrix
from service.linalg.numerical_rank import unit_of
from service.linalg.spectrum import DoubleRoot, Factor, Root
from service.precision import precision

ROOTS_UP_TO = 6  # n up to which the roots of the exact characteristic polynomial cost little beside the rest
VECTOR_BITS = 400
VECTOR_WORK = FALLBACK_SIZE**4  # different eigenvalues times n³: up to here eigenvectors in balls take about a second


@dataclass(frozen=True)
class Multiplicity:
    """Of one of the different eigenvalues: as a root of the characteristic polynomial, and the dimension of its eigenspace."""

    eigenvalue: Any
    algebraic: int
    geometric: int

    def to_json(self) -> dict[str, Any]:
        return {
            "eigenvalue": self.eigenvalue,
            "algebraic_multiplicity": self.algebraic,
            "geometric_multiplicity": self.geometric,
        }


@dataclass(frozen=True)
class Spectrum:
    """`values`: n in decreasing order. `right`, `left` (n×k) have unit columns: for each different eigenvalue as many as its
    geometric multiplicity, in the order of the values; None when they could not be had. `bounds` are absolute;
    `conditions` are 1/|yᴴx|, infinite for a multiple eigenvalue (of a Hermitian matrix 1). `multiplicities` is None when
    the rounding of the entries decides them."""

    values: Floats
    right: Floats | None
    left: Floats | None
    bounds: NDArray[np.float64]
    conditions: NDArray[np.float64]
    multiplicities: list[Multiplicity] | None
    is_hermitian: bool

    @property
    def is_defective(self) -> bool | None:
        if self.is_hermitian:
            return False
        if self.multiplicities is None:
            return None
        return any(entry.geometric < entry.algebraic for entry in self.multiplicities)


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def eigen(matrix: Matrix, left: bool = False, vectors: bool = True) -> dict[str, Any]:
    """The spectrum of an n×n matrix, as the operation eigen answers it. Raises ShapeMismatch, LimitExceeded, NoConvergence,
    Undecided (not even three digits of an eigenvalue are sure, beside the norm of the matrix), CheckFailed."""
    found = decompose(matrix, left)
    a = matrix.floats
    unit = unit_of(a)
    size = float(np.linalg.norm(a / unit)) * unit
    if not all(check.passed for check in certificate(matrix, found)):
        found = replace(found, left=None)  # LAPACK's left eigenvectors may be the only thing that is not good enough
    checks = require(certificate(matrix, found))
    values = found.values
    determinant = _determinant(matrix)
    if determinant is not None and determinant.log_abs is not None:
        checks += require(product_check(values, found.bounds, determinant))
    answer: dict[str, Any] = {
        "eigenvalues": values,
        "eigenvectors": found.right if vectors else None,
        "symmetric": bool((a == a.T).all()),
        "hermitian": found.is_hermitian,
        "defective": found.is_defective,
        "multiplicities": found.multiplicities and [entry.to_json() for entry in found.multiplicities],
        "trace": (np.trace(a).real if found.is_hermitian else np.trace(a)).item(),
        "determinant": determinant and determinant.value,
        "spectral_radius": float(np.abs(values).max()),
        "condition_numbers": [value if math.isfinite(value) else None for value in found.conditions.tolist()],
        "error_bounds": found.bounds,
        "error_bound": largest(found.bounds) / size if size else 0.0,
        "arithmetic": "float",
    }
    if left and vectors:
        answer["left_eigenvectors"] = found.left
    if found.is_hermitian:
        answer["rayleigh_quotient"] = {"minimum": values[-1].item(), "maximum": values[0].item()}
    return {**answer, "checks": checks}


def decompose(matrix: Matrix, left: bool = False) -> Spectrum:
    """The spectrum in floats. Raises as `eigen` does."""
    require_square(matrix, "eigenvalues")
    n = matrix.shape[0]
    limits.check("cubic-size", n, "/matrix")
    a = matrix.floats
    unit = unit_of(a)
    scaled = a / unit
    is_hermitian = bool((a == a.conj().T).all()) and (matrix.numbers is not None or matrix.exact == matrix.exact.transpose())
    rounding = 0.0 if matrix.kind == "integer" or matrix.is_binary else UNIT
    found = eigen_floats.spectrum(scaled, is_hermitian, rounding, left)
    size = float(np.linalg.norm(scaled)) or 1.0
    is_good = largest(found.bounds) <= GOOD * size
    solvable = (
        not matrix.is_complex and matrix.kind != "surd" and n <= (limits.limit("exact-size") if matrix.is_exact_data else FALLBACK_SIZE)
    )
    found = replace(found, values=found.values * unit, bounds=found.bounds * unit)
    is_good = is_good and _residual(scaled, found.values / unit, found.right) <= 50 * (n + 10) * UNIT * size
    if solvable and (matrix.is_exact_data or n <= ROOTS_UP_TO or not (is_good and found.all_simple)):
        try:
            answer = _by_roots(matrix, found, is_hermitian, is_good)
        except Undecided:
            if not is_good:
                raise
            answer = _by_floats(found, is_hermitian)
    else:
        answer = _by_floats(found, is_hermitian)
    if not largest(answer.bounds) <= TRUSTED * size * unit:
        raise Undecided(
            "the eigenvalues are so sensitive (the matrix is close to a defective one) that the rounding of its entries decides them",
            hint=None if matrix.is_complex else 'send "arithmetic": "exact", which takes decimals as they stand',
            pointer="/matrix",
        )
    return _tidy(answer)


def _residual(a: Floats, values: Floats, vectors: Floats) -> float:
    """The largest ‖Av − λv‖; LAPACK's balancing can make it large for rows and columns of very different sizes."""
    return largest(np.linalg.norm(a @ vectors - vectors * values, axis=0))


def _by_floats(found: FloatSpectrum, is_hermitian: bool) -> Spectrum:
    values = found.values
    simple = [Multiplicity(value, 1, 1) for value in _plain(values).tolist()] if found.all_simple else None
    return Spectrum(values, found.right, found.left, found.bounds, found.conditions, simple, is_hermitian)


def _by_roots(matrix: Matrix, found: FloatSpectrum, is_symmetric: bool, is_good: bool) -> Spectrum:
    """Eigenvalues as roots of the exact characteristic polynomial; LAPACK's eigenvectors where they are good."""
    a = matrix.exact
    factors = spectrum.factors(a, is_symmetric)
    doubles = spectrum.roots_in_doubles(factors)
    places = spectrum.repeated(doubles)
    values = np.array([doubles[place].value for place in places])
    bounds = np.array([doubles[place].bound for place in places])
    same = True
    if not matrix.is_exact_data and not matrix.is_binary:
        others = spectrum.roots_in_doubles(spectrum.factors(replace(matrix, is_binary=True).exact, is_symmetric))
        bounds = bounds + _distances(values, others)
        same = [root.factor.blocks for root in doubles] == [root.factor.blocks for root in others]
    multiplicities = _multiplicities(doubles) if same else None
    right, left, conditions = found.right, found.left, found.conditions
    if not is_symmetric:
        order = _matched(values, found.values) if is_good and all(entry.algebraic == 1 for entry in factors) else None
        size = float(np.abs(matrix.floats).max())
        if order is not None and largest(np.abs(values - found.values[order])) <= 10 * len(values) * UNIT * size:
            right, conditions = right[:, order], conditions[order]
            left = None if left is None else left[:, order]
        elif len(doubles) * len(a.tolist()) ** 3 <= VECTOR_WORK and same:
            right, left, conditions = _vectors_in_balls(a, factors)
        else:
            right, left, conditions = None, None, np.full(len(values), np.inf)  # type: ignore[assignment]
    return Spectrum(values, right, left, bounds, conditions, multiplicities, is_symmetric)


def _multiplicities(doubles: list[DoubleRoot]) -> list[Multiplicity]:
    is_real = all(root.value.imag == 0 for root in doubles)
    values = [root.value.real if is_real else root.value for root in doubles]
    return [Multiplicity(value, root.factor.algebraic, root.factor.geometric) for value, root in zip(values, doubles, strict=True)]


def _distances(values: Floats, others: list[DoubleRoot]) -> NDArray[np.float64]:
    """How far the eigenvalues of the doubles, one to one, are from `values`."""
    theirs = [others[place] for place in spectrum.repeated(others)]
    mine, bounds = np.array([root.value for root in theirs]), np.array([root.bound for root in theirs])
    order = _matched(values, mine)
    distances: NDArray[np.float64] = np.abs(values - mine[order]) + bounds[order]
    return distances


def _matched(values: Floats, candidates: Floats) -> NDArray[Any]:
    """The order of the candidates in which they are nearest to the values, one to one."""
    return np.asarray(linear_sum_assignment(np.abs(values[:, None] - candidates[None, :]))[1])


def _vectors_in_balls(a: Any, factors: list[Factor]) -> tuple[Floats, Floats, NDArray[np.float64]]:
    """Right and left eigenvectors, and the condition numbers, from enclosures of the eigenspaces."""
    right, left, conditions = [], [], []
    with precision(VECTOR_BITS):
        for root in spectrum.roots(factors):
            x, y = _basis(a, root), _basis(a.transpose(), root).conj()
            simple = root.factor.algebraic == 1
            conditions += [1 / abs(np.vdot(y[:, 0], x[:, 0])) if simple else np.inf] * root.factor.algebraic
            right.append(x)
            left.append(y)
    return np.hstack(right), np.hstack(left), np.array(conditions)


def _basis(a: Any, root: Root) -> Floats:
    """Unit vectors that span the eigenspace, as doubles: each is the only one that is not 0 in a place of its own."""
    try:
        balls = spectrum.eigenspace(a, root)
    except ZeroDivisionError:
        raise Undecided("the eigenvectors could not be told apart", pointer="/matrix") from None
    vectors = np.array([[0j if entry.contains(0) else complex(entry.mid()) for entry in row] for row in balls])
    chosen: list[int] = []
    rest = vectors
    for _ in range(vectors.shape[1]):  # rows of a well-conditioned square part, by pivoting
        pivot = int(np.linalg.norm(rest, axis=1).argmax())
        direction = rest[pivot] / np.linalg.norm(rest[pivot])
        rest = rest - np.outer(rest @ direction.conj(), direction)
        chosen.append(pivot)
    return normalised(vectors @ np.linalg.inv(vectors[sorted(chosen)]))


def _tidy(found: Spectrum) -> Spectrum:
    """Real arrays where nothing is imaginary, and no −0."""
    right, left = (None if array is None else _plain(array) + 0.0 for array in (found.right, found.left))
    return replace(found, values=_plain(found.values) + 0.0, right=right, left=left)


def _plain(array: Floats) -> Floats:
    return np.ascontiguousarray(array.real) if array.dtype.kind == "c" and not array.imag.any() else array


def certificate(matrix: Matrix, found: Spectrum) -> list[Check]:
    """The checks of the spectrum, all relative to the Frobenius norm of A."""
    a = matrix.floats
    unit = unit_of(a)
    scaled, values = a / unit, found.values / unit
    n, size = len(a), float(np.linalg.norm(scaled)) or 1.0
    tolerance = 100 * (n + 10) * UNIT
    checks = [
        measured(
            "forward-error", largest(found.bounds) / unit / size, TRUSTED, "the largest bound on an eigenvalue; it holds, it is no estimate"
        ),
        measured(
            "trace",
            abs(values.sum() - np.trace(scaled)) / size,
            tolerance * math.sqrt(n) + _slack(found, unit) / size,
            "sum of the eigenvalues - trace",
        ),
    ]
    for name, vectors, operand in (("residual", found.right, scaled), ("left-residual", found.left, scaled.conj().T)):
        if vectors is None:
            continue
        own = values[_columns(found)] if vectors.shape[1] != n else values
        own = own.conj() if name == "left-residual" else own
        slack = largest(found.bounds) / unit / size if found.multiplicities is None else 0.0
        error = largest(np.linalg.norm(operand @ vectors - vectors * own, axis=0)) / size
        checks.append(measured(name, error, tolerance + slack, "largest |A v - lambda v| of a unit eigenvector"))
        lengths = largest(np.abs(np.linalg.norm(vectors, axis=0) - 1))
        checks.append(measured("length", lengths, tolerance, "largest deviation of an eigenvector's length from 1"))
        if found.is_hermitian:
            defect = float(np.linalg.norm(vectors.conj().T @ vectors - np.eye(n)))
            checks.append(measured("orthogonality", defect, tolerance * math.sqrt(n), "||V'V - I|| in the Frobenius norm"))
            break  # the left eigenvectors are the right ones
    return checks


def _slack(found: Spectrum, unit: float) -> float:
    return float(found.bounds.sum()) / unit


def _columns(found: Spectrum) -> list[int]:
    """The place of the eigenvalue that each eigenvector belongs to."""
    places, start = [], 0
    for entry in found.multiplicities or []:
        places += [start] * entry.geometric
        start += entry.algebraic
    return places


def product_check(values: Floats, bounds: NDArray[np.float64], determinant: Determinant) -> list[Check]:
    """That the eigenvalues have the determinant as their product; left out where their bounds make it say nothing."""
    spread = float((bounds / np.abs(values)).sum()) * 2 + (determinant.error_bound or 0.0) + 100 * len(values) * UNIT
    if determinant.log_abs is None or not spread < 0.1:
        return []
    sum_of_logs = float(np.log(np.abs(values)).sum())
    tolerance = spread + 4 * UNIT * float(np.abs(np.log(np.abs(values))).sum())
    return [measured("determinant", abs(sum_of_logs - determinant.log_abs), tolerance, "product of the eigenvalues / determinant - 1")]


def _determinant(matrix: Matrix) -> Determinant | None:
    try:
        return determinant_in_floats(matrix, factor(matrix.floats), EXACT_UP_TO)
    except (Undecided, CheckFailed):
        return None
