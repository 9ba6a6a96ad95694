"""The definiteness of a quadratic form x'Ax: the signs of the eigenvalues of the symmetric part of A, with vectors that show them.

For rational entries the characteristic polynomial, all of whose roots are real, tells the signs exactly by Descartes' rule; for
decimals verified bounds on the eigenvalues decide, and where those leave it open both readings of the decimals (as they
stand, and as doubles) have to agree.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, require
from service.errors import MathematicsRefuses, Undecided
from service.linalg.eigen import certificate, decompose
from service.linalg.exact import FALLBACK_SIZE, check_size, require_rational, require_square
from service.linalg.exact_spectrum import polynomial_check
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic

MINORS_UP_TO = 12
ROUNDINGS = (1, 2, 3, 5, 9, 99, 10**4, 10**8, 10**15)  # the size of a witness's largest entry
Inertia = tuple[int, int, int]


@np.errstate(all="ignore")
def definiteness(matrix: Matrix, arithmetic: Arithmetic | None = None) -> dict[str, Any]:
    """How x'Ax behaves for an n×n matrix. Raises ShapeMismatch, LimitExceeded, Undecided, CheckFailed, and MathematicsRefuses for a
    complex matrix that is not Hermitian (x*Ax is not real)."""
    require_square(matrix, "a quadratic form")
    require_rational(matrix)
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    n = matrix.shape[0]
    limits.check("cubic-size", n, "/matrix")
    if matrix.is_complex and not (matrix.floats == matrix.floats.conj().T).all():
        raise MathematicsRefuses("the matrix is complex and not Hermitian, so that x*Ax is not real", "send (A + A*)/2", "/matrix")
    exact = mode == "exact" or (matrix.is_exact_data and n <= limits.limit("exact-size"))
    if exact:
        check_size(matrix, n)
    symmetric = _is_symmetric(matrix)
    part = matrix if symmetric else _symmetric_part(matrix)
    found = decompose(Matrix(part.shape, "rational", None, part.exact.tolist()) if exact else part)
    if exact:
        inertia, checks = _exact_inertia(part.exact)
    else:
        inertia, checks = _inertia_of_floats(part, found.values, found.bounds), certificate(part, found)
    a = part.exact if not matrix.is_complex and n <= limits.limit("exact-size") else None
    witnesses = _witnesses(a, part, found.right, inertia)
    if a is not None:
        checks.append(witness_check(a, witnesses))
    name = name_of(inertia)
    answer: dict[str, Any] = {
        "definiteness": name,
        "positive_definite": inertia[0] == n,
        "positive_semidefinite": inertia[1] == 0,
        "negative_definite": inertia[1] == n,
        "negative_semidefinite": inertia[0] == 0,
        "symmetric": symmetric,
        "inertia": dict(zip(("positive", "negative", "zero"), inertia, strict=True)),
        "explanation": _explanation(name, inertia, symmetric),
        "eigenvalues": found.values,
        "error_bounds": found.bounds,
        "rayleigh_quotient": {"minimum": float(found.values[-1]), "maximum": float(found.values[0])},
        "witnesses": {sign: _shown(entry) for sign, entry in witnesses.items()},
        "arithmetic": "exact" if exact else "float",
    }
    if exact and n <= MINORS_UP_TO:
        answer["leading_principal_minors"] = [str(_leading(part.exact, k).det()) for k in range(1, n + 1)]
        checks.append(minors_check(answer["leading_principal_minors"], inertia))
    return {**answer, "checks": require(checks)}


def name_of(inertia: Inertia) -> str:
    """In words; a zero matrix is called positive semidefinite (it is negative semidefinite, too)."""
    positive, negative, zero = inertia
    if positive and negative:
        return "indefinite"
    sign = "negative" if negative else "positive"
    return f"{sign} {'semidefinite' if zero else 'definite'}"


def _explanation(name: str, inertia: Inertia, symmetric: bool) -> str:
    positive, negative, zero = inertia
    counts = f"{positive} positive, {negative} negative and {zero} zero eigenvalue{'' if zero == 1 else 's'}"
    if symmetric:
        return f"{name}: {counts}"
    return f"{name}: x'Ax depends on the symmetric part (A + A')/2 only, which has {counts}"


def _is_symmetric(matrix: Matrix) -> bool:
    if matrix.is_complex:
        return True
    if matrix.numbers is not None:
        return bool((matrix.numbers == matrix.numbers.T).all())
    return bool(matrix.exact == matrix.exact.transpose())


def _symmetric_part(matrix: Matrix) -> Matrix:
    """(A + A')/2 of a real matrix."""
    if matrix.numbers is not None and not matrix.is_exact_data and not matrix.shape[0] <= FALLBACK_SIZE:
        return replace(matrix, numbers=(matrix.numbers + matrix.numbers.T) / 2)
    exact = (matrix.exact + matrix.exact.transpose()) / 2
    return Matrix(matrix.shape, "rational", None, exact.tolist())


def _exact_inertia(a: Any) -> tuple[Inertia, list[Check]]:
    polynomial = a.charpoly()
    return inertia_of_polynomial(polynomial), [polynomial_check(a, polynomial)]


def inertia_of_polynomial(polynomial: Any) -> Inertia:
    """The numbers of positive, negative and zero roots of a polynomial whose roots are all real: by Descartes' rule the number of
    positive roots is that of the changes of sign among the coefficients."""
    n = polynomial.degree()
    coefficients = [polynomial[i] for i in range(n + 1)]
    zero = next(i for i, value in enumerate(coefficients) if value != 0)
    signs = [value > 0 for value in coefficients if value != 0]
    positive = sum(left != right for left, right in itertools.pairwise(signs))
    return positive, n - positive - zero, zero


def _inertia_of_floats(part: Matrix, values: Floats, bounds: Floats) -> Inertia:
    n = part.shape[0]
    if (np.abs(values) > bounds).all():
        positive = int((values > 0).sum())
        return positive, n - positive, 0
    if not part.is_complex and n <= FALLBACK_SIZE:
        readings = {inertia_of_polynomial(replace(part, is_binary=binary).exact.charpoly()) for binary in (False, True)}
        if len(readings) == 1:
            return readings.pop()
    raise Undecided(
        "an eigenvalue is so close to 0 that the rounding of the entries decides its sign",
        None if part.is_complex else 'send "arithmetic": "exact", which takes decimals as they stand',
        "/matrix",
    )


def _witnesses(a: Any | None, part: Matrix, vectors: Floats | None, inertia: Inertia) -> dict[str, Any]:
    """For each sign that x'Ax takes (for an x that is not 0), an x and the value."""
    found: dict[str, Any] = {}
    positive, negative, zero = inertia
    assert vectors is not None
    if positive:
        found["positive"] = _witness(a, part, vectors[:, 0], 1)
    if negative:
        found["negative"] = _witness(a, part, vectors[:, -1], -1)
    if zero and a is not None:
        integers, _ = a.numer_denom()
        column = integers.nullspace()[0].tolist()
        vector = [flint.fmpq(row[0]) for row in column]
        found["zero"] = _primitive(vector), flint.fmpq(0)
    return found


def _witness(a: Any | None, part: Matrix, vector: Floats, sign: int) -> Any:
    """The eigenvector, for rational entries rounded to the smallest whole numbers that show the sign."""
    if a is None:
        return vector, float(np.vdot(vector, part.floats @ vector).real)
    for size in ROUNDINGS:
        rounded = [flint.fmpq(round(entry * size)) for entry in (vector / np.abs(vector).max()).tolist()]
        value = value_at(a, rounded)
        if value * sign > 0:
            return _primitive(rounded), value_at(a, _primitive(rounded))
    return None


def value_at(a: Any, x: list[Any]) -> Any:
    """x'Ax."""
    column = flint.fmpq_mat(len(x), 1, x)
    return (column.transpose() * a * column)[0, 0]


def _primitive(x: list[Any]) -> list[Any]:
    """Whole numbers without a common factor, the first that is not 0 positive."""
    common = flint.fmpz(0)
    for entry in x:
        common = common.gcd(entry.p)
    sign = next(1 if entry > 0 else -1 for entry in x if entry != 0)
    return [entry / common * sign for entry in x]


def witness_check(a: Any, witnesses: dict[str, Any]) -> Check:
    signs = {"positive": 1, "negative": -1, "zero": 0}
    holds = True
    for name, entry in witnesses.items():
        if entry is not None:
            value = value_at(a, entry[0])
            holds = holds and value == entry[1] and (value > 0) - (value < 0) == signs[name] and any(part != 0 for part in entry[0])
    return decided("witnesses", holds, "x'Ax has the sign that each vector is to show, exactly")


def _shown(entry: Any) -> Any:
    if entry is None:
        return None
    x, value = entry
    if isinstance(x, np.ndarray):
        return {"x": x, "value": value}
    return {"x": [str(part) for part in x], "value": str(value)}


def _leading(a: Any, k: int) -> Any:
    return flint.fmpq_mat([row[:k] for row in a.tolist()[:k]])


def minors_check(minors: list[str], inertia: Inertia) -> Check:
    """Sylvester's criterion, as far as it goes: positive definite exactly when all leading minors are positive, and so on."""
    signs = [-1 if minor.startswith("-") else int(minor != "0") for minor in minors]
    n = len(signs)
    positive, negative = all(sign > 0 for sign in signs), all(sign == (-1) ** (k + 1) for k, sign in enumerate(signs))
    holds = positive == (inertia[0] == n) and negative == (inertia[1] == n)
    return decided("sylvester", holds, "the leading principal minors say the same about being definite")
