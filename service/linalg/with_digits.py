"""inverse, solve, determinant and singular values with as many correct digits as asked (`balls.py` says how).

Each answers what the operation answers otherwise, numbers as texts, with `radius` in the shape of the main member.
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import ShapeMismatch, SingularMatrix
from service.linalg import balls, spectrum
from service.linalg.balls import Digits
from service.linalg.condition import condition_number
from service.linalg.exact import check_size, require_square
from service.linalg.matrix import Floats, Matrix, as_sent
from service.linalg.singular import singular
from service.precision import precision

PRIME = 2**61 - 1


def inverse(matrix: Matrix, digits: int) -> dict[str, Any]:
    """A⁻¹ of an n×n matrix. Raises ShapeMismatch, SingularMatrix, LimitExceeded, Undecided."""
    require_square(matrix, "an inverse")
    n = matrix.shape[0]
    balls.check_work(n, digits)
    _require_regular(matrix, "A matrix has an inverse exactly when its rows are linearly independent.")
    x = balls.to_digits(digits, lambda: balls.ball_matrix(matrix).inv().entries(), *balls.smallest_part(matrix))
    check = balls.product_check(matrix, x, flint.acb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)]), digits)
    condition, norm = _condition(matrix, _doubles(x, n))
    value, _, _ = _determinant(matrix, digits)
    return {
        "inverse": balls.texts_of(x, n),
        "determinant": balls.text_of(value),
        "condition_number": condition,
        "condition_norm": norm,
        **_common(digits, balls.radii_of(x, n), [check]),
    }


def solve(matrix: Matrix, rhs: Matrix, digits: int) -> dict[str, Any]:
    """The x with A·x = b, A n×n, b n×k. Raises as `inverse` does."""
    n, k = matrix.shape[0], rhs.shape[1]
    if rhs.shape[0] != n:
        detail = f"the matrix has {n} rows and the right-hand side {rhs.shape[0]}: there is one entry of the right-hand side for each row"
        raise ShapeMismatch(detail, pointer="/rhs", facts={"matrix": list(matrix.shape), "rhs": list(rhs.shape)})
    require_square(matrix, "a unique solution for every right-hand side")
    limits.check("exact-size", k, "/rhs")
    balls.check_work(n, digits)
    _require_regular(matrix, "A system has exactly one solution, for every right-hand side, when the rows of its matrix are independent.")
    kind: Any = flint.acb_mat if matrix.is_complex or rhs.is_complex else flint.arb_mat

    def compute() -> list[Any]:
        found: list[Any] = kind(balls.ball_matrix(matrix)).solve(kind(balls.ball_matrix(rhs))).entries()
        return found

    x = balls.to_digits(digits, compute, *balls.smallest_part(matrix, rhs))
    check = balls.product_check(matrix, x, rhs, digits)
    condition, norm = _condition(matrix, _inverse_in_doubles(matrix))
    return {
        "x": as_sent(rhs, balls.texts_of(x, k)),
        "condition_number": condition,
        "condition_norm": norm,
        "correct_digits": digits,
        **_common(digits, as_sent(rhs, balls.radii_of(x, k)), [check]),
    }


def determinant(matrix: Matrix, digits: int) -> dict[str, Any]:
    """det A of an n×n matrix. Raises ShapeMismatch, LimitExceeded, Undecided."""
    require_square(matrix, "a determinant")
    limits.check("exact-size", matrix.shape[0], "/matrix")
    if not matrix.is_complex:
        check_size(matrix, matrix.shape[0])
    value, ball, check = _determinant(matrix, digits)
    sign = None if matrix.is_complex else int(ball > 0) - int(ball < 0)
    log_abs = None if ball == 0 else float(abs(ball).log().mid())
    return {
        "determinant": balls.text_of(value),
        "sign": sign,
        "log_abs_determinant": log_abs,
        **_common(digits, balls.radius_of(value), [check]),
    }


def singular_values(matrix: Matrix, digits: int) -> dict[str, Any]:
    """The min(m, n) singular values, in decreasing order: roots of the characteristic polynomial of AᴴA, which is exact.

    Isolating the roots (Arb) tells multiple ones from close ones, so that zeros are exactly zero. Raises LimitExceeded.
    """
    m, n = matrix.shape
    k = min(m, n)
    limits.check("exact-size", k, "/matrix")
    if not matrix.is_complex:
        check_size(matrix, 8 * k)
    real = balls.real_form(matrix)
    gram = real * real.transpose() if m <= n else real.transpose() * real
    copies = 2 if matrix.is_complex else 1  # each value stands twice in the real form
    factors = spectrum.irreducible(gram.charpoly())

    def compute() -> list[Any]:
        values = [root.real for factor, times in factors for root in spectrum.isolated(factor) for _ in range(times // copies)]
        values = [flint.arb(0) if value.is_zero() else value.sqrt() for value in values]
        return sorted(values, key=functools.cmp_to_key(_decreasing))

    values = balls.to_digits(digits, compute, None, 4 * max(factor.height_bits() for factor, _ in factors) + 64)
    rank = sum(value != balls.ZERO for value in values)
    return {
        "singular_values": [balls.text_of(value) for value in values],
        "u": None,
        "vt": None,
        "rank": rank,
        "condition_number": _ratio(Fraction(values[0].text), Fraction(values[-1].text)),
        "tolerance": 0.0,
        **_common(digits, [balls.radius_of(value) for value in values], [moments_check(gram, values, copies, digits)]),
    }


def moments_check(gram: Any, values: list[Digits], copies: int, digits: int) -> Check:
    """That the printed values have the sums of squares and of fourth powers that the traces of AᴴA and its square say."""
    exact = [Fraction(value.text) ** 2 for value in values]
    first = sum((_fraction(gram[i, i]) for i in range(gram.nrows())), Fraction(0)) / copies
    second = sum((_fraction(entry) ** 2 for entry in gram.entries()), Fraction(0)) / copies
    errors = (sum(exact, -first), first), (sum((value * value for value in exact), -second), second)
    worst = max(balls.in_units(error, size, digits) for error, size in errors)
    return measured("traces", worst, 40.0, f"sums of powers of the printed values against traces, relative, in units of 1e-{digits}")


def _determinant(matrix: Matrix, digits: int) -> tuple[Any, Any, Check]:
    """Its digits, a ball or exact number around it, and the check."""
    if not matrix.is_complex:
        integers, denominator = matrix.exact.numer_denom()
        exact = flint.fmpq(integers.det(), denominator ** matrix.shape[0])
        value = balls.rounded(_fraction(exact), Fraction(0), digits)
        expected = int(flint.nmod_mat(integers, PRIME).det())
        scaled = exact * denominator ** matrix.shape[0]
        holds = scaled.q == 1 and int(scaled.p) % PRIME == expected
        check = decided("modular", holds, "agrees with the determinant computed by elimination modulo the prime 2^61 - 1")
        with precision(128):
            return value, flint.arb(exact), check
    re, _ = balls.exact_parts(matrix)
    denominator = int(balls.real_form(matrix).numer_denom()[1]) ** re.nrows()
    (value,) = balls.to_digits(digits, lambda: [balls.ball_matrix(matrix).det()], Fraction(1, denominator), denominator.bit_length())
    squared = _fraction(balls.real_form(matrix).det())
    found = sum((Fraction(part.text) ** 2 for part in value), Fraction(0))
    error = balls.in_units(found - squared, squared, digits)
    check = measured("modulus", error, 40.0, f"|det|^2 against the exact determinant of [[Re, -Im], [Im, Re]], in units of 1e-{digits}")
    with precision(128):
        return value, balls.parse(value), check


def _require_regular(matrix: Matrix, consequence: str) -> None:
    limits.check("exact-size", matrix.shape[0], "/matrix")
    if not matrix.is_complex:
        check_size(matrix, matrix.shape[0])
    if balls.real_form(matrix).det() != 0:
        return
    if not matrix.is_complex:
        raise singular(matrix, consequence)
    raise SingularMatrix(f"the matrix is singular: its determinant is 0. {consequence}", pointer="/matrix")


def _common(digits: int, radius: Any, checks: list[Check]) -> dict[str, Any]:
    """What every answer with digits ends with."""
    return {
        "arithmetic": "ball",
        "digits": digits,
        "radius": radius,
        "error_bound": 10.0 ** max(1 - digits, -300),
        "checks": require(checks),
    }


def _condition(matrix: Matrix, inverse: Floats) -> tuple[float | None, str]:
    with np.errstate(all="ignore"):
        a = np.array([[_double(entry) for entry in row] for row in _entries(matrix)])
        return condition_number(a, inverse)


def _inverse_in_doubles(matrix: Matrix) -> Floats:
    n = matrix.shape[0]
    x = balls.to_digits(17, lambda: balls.ball_matrix(matrix).inv().entries(), *balls.smallest_part(matrix))
    return _doubles(x, n)


def _doubles(values: list[Any], width: int) -> Floats:
    flat = [complex(float(v[0].text), float(v[1].text)) if isinstance(v, tuple) else float(v.text) for v in values]
    return np.array(flat).reshape(-1, width)


def _entries(matrix: Matrix) -> list[list[Any]]:
    if matrix.is_complex:
        return matrix.floats.tolist()  # type: ignore[no-any-return]
    return matrix.exact.tolist()  # type: ignore[no-any-return]


def _decreasing(left: Any, right: Any) -> int:
    return int(right > left) - int(left > right)


def _ratio(largest: Fraction, smallest: Fraction) -> float | None:
    """As a double; None for a zero below, and beyond the range of doubles."""
    return float(largest / smallest) if smallest and largest / smallest < 2**1000 else None


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _double(entry: Any) -> Any:
    if isinstance(entry, complex):
        return entry
    try:
        return int(entry.p) / int(entry.q)
    except OverflowError:
        return math.inf
