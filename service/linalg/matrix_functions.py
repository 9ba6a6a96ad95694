"""Functions of a square matrix: expm, sinm, cosm, logm, sqrtm, signm and powers, in the sense of primary matrix functions.

In ball arithmetic wherever the size allows: expm, and from it sinm and cosm, by Arb; the others by interpolation on the exact
spectrum (`interpolation.py`), or on enclosures of the eigenvalues of a complex matrix. Decimals are read both ways, as they stand
and as doubles, so that the bound holds for both. Beyond, by SciPy, with an estimate in place of the bound.

logm, sqrtm and fractional powers take their principal values; on the negative axis those from above, as NumPy has them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import scipy.linalg

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses, NoConvergence, SingularMatrix, Undecided
from service.linalg import balls, spectrum
from service.linalg.bounds import TRUSTED, UNIT
from service.linalg.exact import require_rational, require_square
from service.linalg.exact_numbers import beyond_doubles, texts
from service.linalg.interpolation import Taylor, function_of, logarithm_series, power_series, sign_series
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.numerical_rank import unit_of
from service.precision import precision

FUNCTIONS = ("expm", "logm", "sqrtm", "power", "sinm", "cosm", "signm")
ENTIRE = ("expm", "sinm", "cosm")
FIRST_BITS, MOST_BITS = 160, 6_000
LARGEST_EXPONENT = 1_000_000
LARGEST_NORM = 1e15  # of a matrix whose exponential, sine or cosine is computed


@np.errstate(all="ignore")
def matrix_function(
    matrix: Matrix, function: str, exponent: Any | None = None, arithmetic: Arithmetic | None = None, digits: int | None = None
) -> dict[str, Any]:
    """f(A) for an n×n matrix; `exponent` (fmpq) belongs to "power".

    Raises ShapeMismatch, InputError, LimitExceeded, SingularMatrix, MathematicsRefuses (no such function of this matrix),
    Undecided, NoConvergence, CheckFailed.
    """
    require_square(matrix, "functions")
    require_rational(matrix)
    n = matrix.shape[0]
    if (function == "power") != (exponent is not None):
        raise InputError('an exponent goes with "power", and with nothing else', 'send "exponent": 3, or "1/2"', "/exponent")
    if function == "power" and exponent == flint.fmpq(1, 2):
        function = "sqrtm"
    whole = int(exponent.p) if exponent is not None and exponent.q == 1 else None
    if whole is not None and abs(whole) > LARGEST_EXPONENT:
        raise InputError(f"an exponent is at most {LARGEST_EXPONENT} in magnitude", pointer="/exponent")
    if whole is None and arithmetic == "exact":
        raise InputError(f"{function} leaves the rational numbers", 'leave "arithmetic" out, or ask for "digits"', "/arithmetic")
    precise = balls.wanted(digits, arithmetic)
    if whole is not None and not precise and not matrix.is_complex and n <= limits.limit("exact-size"):
        mode = choose_arithmetic(arithmetic, matrix=matrix)
        if mode == "exact" or (matrix.is_exact_data and _power_digits(matrix, whole) <= limits.limit("exact-answer-digits")):
            return _exact_power(matrix, whole, mode)
    size = "exact-size" if function in ENTIRE or whole is not None else "function-size"
    small = n <= limits.limit(size)
    if function in ENTIRE and float(np.abs(matrix.floats).max()) * n > LARGEST_NORM:
        raise MathematicsRefuses(
            f"{function} is not computed for entries beyond {LARGEST_NORM:.0e}", "divide the matrix by a number", "/matrix"
        )
    if precise:
        limits.check(size, n, "/matrix")
        balls.check_work(n, digits or 1, 5 if size == "exact-size" else max(1, n // 2))
        return _with_digits(matrix, function, exponent, digits or 1)
    limits.check("cubic-size", n, "/matrix")
    return _verified(matrix, function, exponent) if small else _estimated(matrix, function, exponent)


# --- exact ------------------------------------------------------------------------------------------------------------


def _power_digits(matrix: Matrix, exponent: int) -> int:
    """The digits that the entries of A^k may come to."""
    n = matrix.shape[0]
    integers, denominator = matrix.exact.numer_denom()
    bits = max([int(abs(value)).bit_length() for value in integers.entries()] + [int(denominator).bit_length()])
    size = abs(exponent) * (bits * math.log10(2) + math.log10(n)) * (1 if exponent >= 0 else n)
    return n * n * (math.ceil(size) + 1)


def _exact_power(matrix: Matrix, exponent: int, mode: Arithmetic) -> dict[str, Any]:
    limits.check("exact-answer-digits", _power_digits(matrix, exponent), "/exponent")
    a = matrix.exact
    if exponent < 0 and a.det() == 0:
        raise _singular("negative power")
    value = a ** abs(exponent) if exponent >= 0 else (a.inv()) ** (-exponent)
    check = power_check(a, value, exponent)
    result: Any = texts(value)
    if mode == "float":
        result = _nearest([[Fraction(int(entry.p), int(entry.q)) for entry in row] for row in value.tolist()])
    bound = 0.0 if mode == "exact" else UNIT
    return _answer(result, mode, bound, [check])


def power_check(a: Any, value: Any, exponent: int) -> Check:
    """That A·A^k = A^k·A, and det(A^k) = det(A)^k, exactly: by a vector, A^k·x is k times A·x, for few k; by determinants otherwise."""
    n = a.nrows()
    x = flint.fmpq_mat(n, 1, [i * i + 3 * i + 1 for i in range(n)])
    if abs(exponent) <= n * 20:
        left, right = (x, value * x) if exponent >= 0 else (value * x, x)
        for _ in range(abs(exponent)):
            left = a * left
        return decided("powers", left == right and a * value == value * a, "agrees with A applied k times to a vector, and commutes with A")
    holds = a * value == value * a and value.det() == a.det() ** exponent
    return decided("powers", holds, "commutes with A, and det(A^k) = det(A)^k, exactly")


# --- verified -----------------------------------------------------------------------------------------------------


def _singular(what: str) -> SingularMatrix:
    return SingularMatrix(f"the matrix is singular, and a singular matrix has no {what}", pointer="/matrix")


def enclosure(matrix: Matrix, function: str, exponent: Any | None) -> Callable[[], Any]:
    """What computes f(A) as arb_mat or acb_mat inside `precision`. Raises SingularMatrix, MathematicsRefuses."""
    whole = int(exponent.p) if exponent is not None and exponent.q == 1 else None
    if whole is not None:
        if whole < 0 and balls.real_form(matrix).det() == 0:
            raise _singular("negative power")
        return lambda: balls.ball_matrix(matrix) ** whole if whole >= 0 else balls.ball_matrix(matrix).inv() ** -whole
    if function == "expm":
        return lambda: balls.ball_matrix(matrix).exp()
    if function in ("sinm", "cosm"):
        return lambda: _trigonometric(balls.ball_matrix(matrix), function == "cosm", matrix.is_complex)
    taylor = {"logm": logarithm_series, "signm": sign_series}.get(function) or power_series(exponent or flint.fmpq(1, 2))
    if matrix.is_complex:
        if balls.real_form(matrix).det() == 0:
            raise _singular("logarithm" if function == "logm" else "function of this kind that could be verified")
        return lambda: _by_eigenvectors(balls.ball_matrix(matrix), taylor, function)
    a = matrix.exact
    factors = spectrum.factors(a, bool(a == a.transpose()))
    is_real = _refuse_undefined(factors, function, exponent)

    def compute() -> Any:
        value = function_of(a, factors, taylor)
        return value.real if is_real else value

    return compute


def _refuse_undefined(factors: list[spectrum.Factor], function: str, exponent: Any | None) -> bool:
    """Whether the function of a real matrix is real; raises where it is not defined at an eigenvalue."""
    negative = False
    with precision(_bits_for_signs(factors)):
        for root in spectrum.roots(factors):
            real = root.ball.real
            if function == "signm" and real.is_zero():
                raise MathematicsRefuses("the sign of a matrix with an eigenvalue on the imaginary axis is not defined", pointer="/matrix")
            if root.ball.is_zero():
                if function == "logm" or (exponent is not None and exponent < 0):
                    raise _singular("logarithm" if function == "logm" else "negative power")
                if root.factor.blocks[0] > 1:
                    raise MathematicsRefuses(
                        f"the eigenvalue 0 has a Jordan block of size {root.factor.blocks[0]}: no root of the matrix is a function of it",
                        pointer="/matrix",
                    )
            negative = negative or (root.is_real and bool(real < 0))
    return function == "signm" or not negative


def _bits_for_signs(factors: list[spectrum.Factor]) -> int:
    """A precision at which every real part that is not 0 has a sign. Raises Undecided."""
    bits = FIRST_BITS
    while bits <= MOST_BITS:
        with precision(bits):
            if all(root.ball.real.is_zero() or not root.ball.real.contains(0) for root in spectrum.roots(factors)):
                return bits
        bits *= 2
    raise Undecided("an eigenvalue lies too close to the imaginary axis", pointer="/matrix")


def _trigonometric(a: Any, cosine: bool, is_complex: bool) -> Any:
    """cos A = (e^(iA) + e^(−iA))/2, sin A = (e^(iA) − e^(−iA))/(2i); for a real A the real and the imaginary part of e^(iA)."""
    turned = (flint.acb_mat(a) * flint.acb(0, 1)).exp()
    if not is_complex:
        return turned.real if cosine else turned.imag
    back = (flint.acb_mat(a) * flint.acb(0, -1)).exp()
    return (turned + back) * flint.acb(0.5) if cosine else (turned - back) * flint.acb(0, -0.5)


def _by_eigenvectors(a: Any, taylor: Taylor, function: str) -> Any:
    """R·f(D)·L for simple eigenvalues; ValueError where the precision does not tell them apart, or from the branch cut."""
    values, left, right = a.eig(left=True, right=True)
    for value in values:
        on_cut = value.imag.contains(0) and not value.real > 0
        if value.real.contains(0) if function == "signm" else on_cut:
            raise ValueError("an eigenvalue may lie on the branch cut")
    n = a.nrows()
    images = flint.acb_mat(n, n, [taylor(values[i], 1)[0] if i == j else 0 for i in range(n) for j in range(n)])
    return right * images * left


def _verified(matrix: Matrix, function: str, exponent: Any | None) -> dict[str, Any]:
    """In doubles, with a bound relative to the largest entry that holds for both readings of decimals."""
    value, radius = _in_balls(enclosure(matrix, function, exponent))
    result = _nearest(value)
    size = max((abs(entry) for row in value for entry in _parts(row)), default=Fraction(0))
    error = radius + _largest_difference(value, _fractions(result))
    if not matrix.is_exact_data and not matrix.is_binary:
        other, more = _in_balls(enclosure(replace(matrix, is_binary=True), function, exponent))
        error += more + _largest_difference(value, other)
    bound = float(error / size) if size else float(error)
    detail = "verified bound on the error of an entry relative to the largest, rounding of the entries included"
    checks = [measured("forward-error", bound, TRUSTED, detail)]
    if not checks[0].passed:
        raise Undecided(
            f"{function} is so sensitive at this matrix that the rounding of its entries decides it",
            'ask for "digits", which takes decimals as they stand',
            "/matrix",
        )
    checks.append(identity_check(matrix, result, function, exponent, bound))
    return _answer(result, "float", bound * (1 + 1e-9), checks)


def _in_balls(compute: Callable[[], Any]) -> tuple[list[list[Any]], Fraction]:
    """The midpoints (Fractions, or pairs of them), and the largest radius, below 2^-70 of the largest entry."""
    bits = FIRST_BITS
    while bits <= MOST_BITS:
        with precision(bits):
            try:
                rows = compute().tolist()
            except (ZeroDivisionError, ValueError):
                rows = None
            if rows is not None and all(entry.is_finite() for row in rows for entry in row):
                parts = [part for row in rows for entry in row for part in ([entry.real, entry.imag] if _is_complex(entry) else [entry])]
                radius = max(balls.dyadic(part.rad()) for part in parts)
                size = max(abs(balls.dyadic(part.mid())) for part in parts)
                if radius <= size / 2**70:
                    return [[_middle(entry) for entry in row] for row in rows], radius * 2
        bits *= 2
    raise Undecided("the function could not be enclosed: eigenvalues lie too close to each other, or to a branch cut", pointer="/matrix")


def _is_complex(entry: Any) -> bool:
    return isinstance(entry, flint.acb)


def _middle(entry: Any) -> Any:
    if _is_complex(entry):
        return balls.dyadic(entry.real.mid()), balls.dyadic(entry.imag.mid())
    return balls.dyadic(entry.mid())


def _parts(row: list[Any]) -> list[Fraction]:
    return [part for entry in row for part in (entry if isinstance(entry, tuple) else (entry,))]


def _largest_difference(left: list[list[Any]], right: list[list[Any]]) -> Fraction:
    """At most twice the largest modulus of a difference (the sum of both parts)."""
    worst = Fraction(0)
    for mine, theirs in zip(left, right, strict=True):
        for x, y in zip(mine, theirs, strict=True):
            a, b = (entry if isinstance(entry, tuple) else (entry, Fraction(0)) for entry in (x, y))
            worst = max(worst, abs(a[0] - b[0]) + abs(a[1] - b[1]))
    return worst


def _nearest(rows: list[list[Any]]) -> Floats:
    """The nearest doubles. Raises MathematicsRefuses beyond their range."""
    try:
        values = [[complex(*map(float, entry)) if isinstance(entry, tuple) else float(entry) for entry in row] for row in rows]
    except OverflowError:
        raise beyond_doubles() from None
    return np.array(values) + 0.0


def _fractions(array: Floats) -> list[list[Any]]:
    if array.dtype.kind == "c":
        return [[(Fraction(entry.real), Fraction(entry.imag)) for entry in row] for row in array.tolist()]
    return [[Fraction(entry) for entry in row] for row in array.tolist()]


def identity_check(matrix: Matrix, x: Floats, function: str, exponent: Any | None, bound: float) -> Check:
    """An equation that belongs to the function, in floats."""
    a, n = matrix.floats, matrix.shape[0]
    identity = np.eye(n)
    b, y = a / unit_of(a), x / unit_of(x)
    name, left, right, scale = "commutes", b @ y, y @ b, float(n * np.abs(b).max() * np.abs(y).max())
    detail = "A f(A) = f(A) A"
    if not all(array.any() and 1e-100 < np.abs(array).max() < 1e100 for array in (a, x)):
        pass  # squares and exponentials would leave the range of doubles
    elif function == "sqrtm":
        name, left, right, scale, detail = "square", x @ x, a, float(n * np.abs(x).max() ** 2), "f(A)^2 = A"
    elif function == "signm":
        name, left, right, scale, detail = "square", x @ x, identity, float(n * np.abs(x).max() ** 2), "f(A)^2 = I"
    elif function == "expm":
        back = scipy.linalg.expm(-a)
        name, left, right, scale, detail = (
            "inverse",
            x @ back,
            identity,
            float(n * np.abs(x).max() * np.abs(back).max()),
            "exp(A) exp(-A) = I",
        )
    elif function == "logm":
        size = float(np.abs(a).max()) * (1 + float(np.linalg.norm(x, 1)))
        name, left, right, scale, detail = "exponential", scipy.linalg.expm(x), a, n * size, "exp(f(A)) = A"
    elif function in ("sinm", "cosm"):
        other = scipy.linalg.cosm(a) if function == "sinm" else scipy.linalg.sinm(a)
        size = float(n * (np.abs(x).max() + np.abs(other).max()) ** 2)
        name, left, right, scale, detail = "squares", x @ x + other @ other, identity, size, "sin(A)^2 + cos(A)^2 = I"
    finite = bool(np.isfinite(left).all() and np.isfinite(scale))
    error = float(np.abs(left - right).max()) / (scale or 1.0) if finite else math.inf
    tolerance = 1e-9 if function in ("expm", "logm", "sinm", "cosm") else 100 * (n + 10) * UNIT
    return measured(name, error, tolerance + 10 * bound, f"{detail}: largest deviation, relative to the sizes of the factors")


# --- digits, and estimates -----------------------------------------------------------------------------------------------


def _with_digits(matrix: Matrix, function: str, exponent: Any | None, digits: int) -> dict[str, Any]:
    compute = enclosure(matrix, function, exponent)
    values = balls.to_digits(digits, lambda: compute().entries(), None, 1_000, small_as_zero=True)
    n = matrix.shape[0]
    floats = _near_doubles(values).reshape(n, n)
    checks = [identity_check(matrix, floats, function, exponent, 10.0 ** max(1 - digits, -15))]
    answer = _answer(balls.texts_of(values, n), "ball", 10.0 ** max(1 - digits, -300), checks)
    return {**answer, "digits": digits, "radius": balls.radii_of(values, n)}


def _near_doubles(values: list[Any]) -> Floats:
    """The values in doubles; all times one power of ten that brings the largest to about 1e150 where they are beyond them."""
    parts = [[Decimal(part.text) for part in (value if isinstance(value, tuple) else (value,))] for value in values]
    highest = max(part.adjusted() for entry in parts for part in entry)
    shift = 150 - highest if highest > 300 else 0
    scaled = [[float(part.scaleb(shift)) for part in entry] for entry in parts]
    return np.array([complex(*entry) if len(entry) > 1 else entry[0] for entry in scaled])


def _estimated(matrix: Matrix, function: str, exponent: Any | None) -> dict[str, Any]:
    """By SciPy; the error is known by the residual of the identity only."""
    a = matrix.floats
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the check decides
        try:
            if function == "power":
                x = _power_in_floats(a, exponent)
            else:
                x = {name: getattr(scipy.linalg, name) for name in FUNCTIONS if name != "power"}[function](a)
        except (np.linalg.LinAlgError, ValueError):
            raise NoConvergence(f"{function} did not converge", pointer="/matrix") from None
    x = np.asarray(x)
    if not np.isfinite(x).all():
        raise beyond_doubles()
    check = identity_check(matrix, x, function, exponent, 0.0)
    answer = _answer(x + 0.0, "float", None, [check])
    return {**answer, "error_estimate": check.error}


def _power_in_floats(a: Floats, exponent: Any) -> Any:
    if exponent.q == 1:
        return np.linalg.matrix_power(a, int(exponent.p))
    return scipy.linalg.fractional_matrix_power(a, float(Fraction(int(exponent.p), int(exponent.q))))


def _answer(result: Any, arithmetic: str, bound: float | None, checks: list[Check]) -> dict[str, Any]:
    return {"result": result, "arithmetic": arithmetic, "error_bound": bound, "checks": require(checks)}
