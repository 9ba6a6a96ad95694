"""Functions of matrices: known values, values by a route of their own (power series in fractions), identities, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, LimitExceeded, MathematicsRefuses, ShapeMismatch, SingularMatrix
from service.linalg.matrices import read_matrix
from service.linalg.matrix_functions import identity_check, matrix_function, power_check
from tests.linalg import famous

HALF, THIRD = flint.fmpq(1, 2), flint.fmpq(1, 3)
PI = math.pi

KNOWN: list[tuple[Any, str, Any, Any]] = [
    ([[0, 1], [0, 0]], "expm", None, [[1, 1], [0, 1]]),
    ([[0, -PI], [PI, 0]], "expm", None, [[-1, 0], [0, -1]]),
    ([[1, 0], [0, 2]], "expm", None, [[math.e, 0], [0, math.e**2]]),
    ([[4, 1], [0, 4]], "sqrtm", None, [[2, 0.25], [0, 2]]),
    ([[4, 1], [0, 4]], "logm", None, [[math.log(4), 0.25], [0, math.log(4)]]),
    ([[0, -1], [1, 0]], "logm", None, [[0, -PI / 2], [PI / 2, 0]]),
    ([[0, -1], [1, 0]], "sqrtm", None, [[math.sqrt(0.5), -math.sqrt(0.5)], [math.sqrt(0.5), math.sqrt(0.5)]]),
    ([[1, 1], [1, 1]], "sqrtm", None, [[math.sqrt(0.5)] * 2] * 2),
    ([[-1, 0], [0, -4]], "sqrtm", None, [[1j, 0], [0, 2j]]),
    ([[-1, 0], [0, 1]], "logm", None, [[1j * PI, 0], [0, 0]]),
    ([[0, 1], [0, 0]], "sinm", None, [[0, 1], [0, 0]]),
    ([[0, 0], [0, 0]], "cosm", None, [[1, 0], [0, 1]]),
    ([[2, 5], [0, -3]], "signm", None, [[1, 2], [0, -1]]),
    ([[8, 0], [0, 27]], "power", THIRD, [[2, 0], [0, 3]]),
    ([[2, 1], [0, 2]], "power", flint.fmpq(-2), [[0.25, -0.25], [0, 0.25]]),
    ([[1, 1], [1, 0]], "power", flint.fmpq(10), [[89, 55], [55, 34]]),
    ([[5, 7], [3, 2]], "power", flint.fmpq(0), [[1, 0], [0, 1]]),
    ([[0, 0], [0, 0]], "sqrtm", None, [[0, 0], [0, 0]]),
    ([["1/4"]], "sqrtm", None, [[0.5]]),
    ([["1e-60", 0], [0, 1]], "signm", None, [[1, 0], [0, 1]]),
    ([["-1e-60", 0], [0, 1]], "logm", None, [[-60 * math.log(10) + 1j * PI, 0], [0, 0]]),
    ([[1, "1e-60", 0], [1, 1, 0], [0, 0, "-1e-60"]], "signm", None, [[1, 0, 0], [0, 1, 0], [0, 0, -1]]),
]


@pytest.mark.parametrize(("rows", "function", "exponent", "expected"), KNOWN)
def test_known_values(rows: Any, function: str, exponent: Any, expected: Any) -> None:
    answer = matrix_function(read_matrix(rows), function, exponent)
    value, truth = np.asarray(answer["result"]), np.asarray(expected)
    assert np.abs(value - truth).max() <= 4e-16 * max(1.0, np.abs(truth).max())
    assert all(check.passed for check in answer["checks"])


def exponential(rows: famous.Exact) -> famous.Exact:
    """By its series, in fractions of 2^400, until nothing changes; entries of moderate size."""
    n, one = len(rows), 2**400
    term = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    total = [list(row) for row in term]
    for k in range(1, 400):
        term = [[Fraction(round(entry / k * one), one) for entry in row] for row in famous.product(term, rows)]
        if all(abs(entry) < Fraction(1, 2**380) for row in term for entry in row):
            break
        total = [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(total, term, strict=True)]
    return total


EXPONENTIALS = {
    "decimals": [[0.1, 0.7, 0.2], [0.4, 0.3, 0.9], [0.8, 0.6, 0.5]],
    "moler and van loan": [[-49, 24], [-64, 31]],  # Nineteen dubious ways, SIAM Review 20, 1978: the series in floats is all wrong
    "nearly nilpotent": [[1e-8, 3.5], [-1e-9, 2e-8]],
    "kahan": famous.kahan(5),
    "frank": [[entry / 4 for entry in row] for row in famous.frank(5)],
}


@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
@pytest.mark.parametrize("name", EXPONENTIALS)
def test_an_exponential_is_within_its_own_bound(name: str, reading: Any) -> None:
    rows = EXPONENTIALS[name]
    answer = matrix_function(read_matrix(rows), "expm")
    truth = exponential(reading(rows))
    size = max(abs(entry) for row in truth for entry in row)
    for i, row in enumerate(truth):
        for j, entry in enumerate(row):
            assert abs(Fraction(float(answer["result"][i][j])) - entry) <= Fraction(answer["error_bound"]) * size + Fraction(1, 2**300)
    assert answer["error_bound"] < 1e-12


@pytest.mark.parametrize("name", ["decimals", "hilbert 7", "kahan 10", "pascal 10", "frank 12", "random 25", "vandermonde"])
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_a_square_root_squared_is_the_matrix(name: str, reading: Any) -> None:
    """In 60 digits, where the residual bounds the error of well-conditioned roots; and doubles agree with the digits."""
    rows = famous.FLOAT_MATRICES[name]
    doubles = matrix_function(read_matrix(rows), "sqrtm")
    digits = matrix_function(read_matrix(rows), "sqrtm", digits=60)
    parse = lambda entry: entry if isinstance(entry, dict) else {"re": entry, "im": "0"}  # noqa: E731
    re = [[Fraction(parse(entry)["re"]) for entry in row] for row in digits["result"]]
    im = [[Fraction(parse(entry)["im"]) for entry in row] for row in digits["result"]]
    size = max(abs(entry) for part in (re, im) for row in part for entry in row)
    squares = famous.product(re, re), famous.product(im, im)
    for i, row in enumerate(famous.decimal(rows)):
        for j, entry in enumerate(row):
            assert abs(squares[0][i][j] - squares[1][i][j] - entry) <= size**2 * len(rows) / Fraction(10) ** 56
    error = max(
        abs(complex(float(Fraction(value.real) - x), float(Fraction(value.imag) - y)))
        for values, xs, ys in zip(doubles["result"].astype(complex).tolist(), re, im, strict=True)
        for value, x, y in zip(values, xs, ys, strict=True)
    )
    assert error <= doubles["error_bound"] * float(size) * 1.5  # `size` is the larger part of an entry
    assert reading is not None


def test_exact_powers() -> None:
    answer = matrix_function(read_matrix([[1, 1], [1, 0]]), "power", flint.fmpq(200), "exact")
    assert answer["result"][0][1] == "280571172992510140037611932413038677189525"  # the 200th Fibonacci number
    assert matrix_function(read_matrix([["1/2", 1], [0, 3]]), "power", flint.fmpq(-1))["result"] == [["2", "-2/3"], ["0", "1/3"]]
    assert power_check(read_matrix([[1, 1], [1, 0]]).exact, flint.fmpq_mat([[2, 1], [1, 1]]), 2).passed
    assert not power_check(read_matrix([[1, 1], [1, 0]]).exact, flint.fmpq_mat([[2, 1], [1, 2]]), 2).passed


def test_complex_matrices() -> None:
    unit = {"re": 0, "im": 1}
    a = np.array([[1j, 1], [0.5, 2]])
    rows = [[unit, 1], [0.5, 2]]
    for function in ("expm", "logm", "sqrtm", "sinm", "cosm"):
        value = matrix_function(read_matrix(rows), function)["result"]
        assert np.abs(value - getattr(scipy.linalg, function)(a)).max() < 1e-13
    cube = matrix_function(read_matrix(rows), "power", flint.fmpq(3))["result"]
    assert np.abs(cube - a @ a @ a).max() < 1e-13


def test_large_matrices_get_an_estimate() -> None:
    a = np.random.default_rng(0).standard_normal((60, 60)) + 20 * np.eye(60)
    answer = matrix_function(read_matrix(a.tolist()), "sqrtm")
    assert answer["error_bound"] is None
    assert answer["error_estimate"] < 1e-13


REFUSED: list[tuple[Any, dict[str, Any], type[Exception]]] = [
    ([[1, 1], [1, 1]], {"function": "logm"}, SingularMatrix),
    ([[0, 1], [0, 0]], {"function": "sqrtm"}, MathematicsRefuses),
    ([[0, 1], [-1, 0]], {"function": "signm"}, MathematicsRefuses),
    ([[1, 1], [1, 1]], {"function": "power", "exponent": flint.fmpq(-1)}, SingularMatrix),
    ([[1, 1], [1, 1]], {"function": "power", "exponent": flint.fmpq(-1, 2)}, SingularMatrix),
    ([[1, 2, 3]], {"function": "expm"}, ShapeMismatch),
    ([[1]], {"function": "power"}, InputError),
    ([[1]], {"function": "expm", "exponent": flint.fmpq(2)}, InputError),
    ([[1]], {"function": "expm", "arithmetic": "exact"}, InputError),
    ([[1]], {"function": "power", "exponent": flint.fmpq(10**7)}, InputError),
    ([[1000]], {"function": "expm"}, MathematicsRefuses),
    ([[1e15]], {"function": "expm"}, MathematicsRefuses),
    ([[1e300]], {"function": "expm"}, MathematicsRefuses),
    ([[-1e15]], {"function": "expm"}, MathematicsRefuses),
    ([[1e300]], {"function": "power", "exponent": flint.fmpq(10**6)}, MathematicsRefuses),
    ([[10**300]], {"function": "power", "exponent": flint.fmpq(10**6), "arithmetic": "exact"}, LimitExceeded),
    (np.eye(50).tolist(), {"function": "logm", "digits": 20}, LimitExceeded),
]


@pytest.mark.parametrize(("rows", "request_", "error"), REFUSED)
def test_what_is_refused(rows: Any, request_: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        matrix_function(read_matrix(rows), **request_)


@given(st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=3, max_size=3))
@settings(deadline=None, max_examples=40)
def test_identities(rows: list[list[int]]) -> None:
    """exp(log A) = A, (√A)² = A, and the exponential of every matrix has a logarithm."""
    matrix = read_matrix(rows)
    a = matrix.floats
    if abs(np.linalg.det(a)) > 0.5:
        root = matrix_function(matrix, "sqrtm")["result"]
        assert np.abs(root @ root - a).max() < 1e-10 * max(1, np.abs(root).max() ** 2)
        logarithm = matrix_function(matrix, "logm")["result"]
        assert np.abs(scipy.linalg.expm(logarithm) - a).max() < 1e-9 * max(1, np.abs(logarithm).max() ** 3)
    cosine, sine = matrix_function(matrix, "cosm")["result"], matrix_function(matrix, "sinm")["result"]
    assert np.abs(cosine @ cosine + sine @ sine - np.eye(3)).max() < 1e-11 * (np.abs(cosine).max() ** 2 + 1)


@pytest.mark.parametrize("function", ["expm", "logm", "sqrtm", "sinm", "cosm", "signm"])
def test_the_certificate_refuses_a_perturbed_answer(function: str) -> None:
    rows = famous.lehmer(4)
    matrix = read_matrix(rows)
    value = matrix_function(matrix, function)["result"]
    assert identity_check(matrix, value, function, None, 0.0).passed
    for i, j in ((0, 0), (1, 3), (3, 2)):
        changed = value.copy()
        changed[i, j] += 1e-5 * np.abs(value).max()
        assert not identity_check(matrix, changed, function, None, 0.0).passed


def test_digits_of_an_exponential_beyond_doubles() -> None:
    found = matrix_function(read_matrix(famous.rosser()), "expm", digits=20)
    assert found["result"][0][0].endswith("e442")
    with mpmath.workdps(60):
        exact = mpmath.expm(mpmath.matrix(famous.rosser()))
        assert abs(mpmath.mpf(found["result"][0][0]) / exact[0, 0] - 1) < 1e-19
