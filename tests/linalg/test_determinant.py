"""Determinants: exact for whole and rational entries whatever the arithmetic, within their own bound for decimals."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import ShapeMismatch, Undecided
from service.linalg.determinant import determinant, determinant_in_floats, float_answer, modular_check
from service.linalg.lu import determinant_of, factor
from service.linalg.matrices import read_matrix, read_symbolic_matrix
from service.precision import precision
from tests.linalg import famous

POINTS = [1, 2, 3, 5, 8, 13, 21, 34]

EXACT: list[tuple[str, Any, Any]] = [
    ("NumPy says 0", [[94906267, 94906266], [94906266, 94906265]], -1),
    ("beyond 2^26", [[2**53 - 1, 2**53 - 2], [2**53 - 2, 2**53 - 3]], -1),
    ("1×1", [[7]], 7),
    ("zero", [[0, 0], [0, 0]], 0),
    ("singular", [[0, 1, 2], [1, 2, 1], [2, 7, 8]], 0),
    ("magic 4", famous.magic(4), 0),
    ("magic 5", famous.magic(5), 5_070_000),
    ("pascal 12", famous.pascal(12), 1),
    ("frank", famous.frank(15), 1),
    ("moler", famous.moler(20), 1),
    ("vandermonde", famous.vandermonde(POINTS), str(famous.vandermonde_determinant(POINTS))),
    ("fibonacci", famous.fibonacci(30), -1),
    ("identity, larger than the float path", np.eye(100).tolist(), 1),
]


@pytest.mark.parametrize(("name", "rows", "value"), EXACT)
def test_whole_entries_are_exact_in_floats_too(name: str, rows: Any, value: Any) -> None:
    answer = determinant(read_matrix(rows), "float")
    assert answer.value == value
    assert answer.sign == (int(value) > 0) - (int(value) < 0)
    assert determinant(read_matrix(rows), "exact").value == str(value)


def test_rational_entries() -> None:
    rows = [["1/2", "1/3"], ["1/4", "1/5"]]
    assert determinant(read_matrix(rows)).value == "1/60"
    assert determinant(read_matrix(rows), "float").value == 1 / 60


@pytest.mark.parametrize("name", [name for name in famous.FLOAT_MATRICES if name != "random 60"])
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_a_float_determinant_is_within_its_own_bound(name: str, reading: Any) -> None:
    rows = famous.FLOAT_MATRICES[name]
    answer = determinant(read_matrix(rows), "float")
    truth = famous.exact_determinant(reading(rows))
    assert isinstance(answer.value, (int, float))
    assert answer.error_bound is not None
    assert abs(Fraction(answer.value) - truth) <= Fraction(answer.error_bound) * abs(truth)


def test_the_product_of_the_pivots_is_within_its_bound() -> None:
    """The path of large matrices, at sizes where the exact value is at hand."""
    random = np.random.default_rng(5)
    for n in (2, 5, 12, 30):
        a = random.standard_normal((n, n)) * 10.0 ** random.integers(-20, 20, (n, 1))
        factored = factor(a)
        assert factored is not None
        found = determinant_of(factored)
        truth = famous.exact_determinant(famous.binary(a.tolist()))
        value = Fraction(found.mantissa) * Fraction(2) ** found.exponent
        assert abs(value - truth) <= Fraction(found.error) * abs(truth)
        assert found.error < 1e-6
        answer = float_answer(read_matrix(a.tolist()), found)
        assert answer.log_abs == pytest.approx(float(np.linalg.slogdet(a)[1]), rel=1e-10)


def test_large_matrices_and_large_values() -> None:
    a = np.random.default_rng(6).standard_normal((300, 300))
    answer = determinant(read_matrix((10 * a).tolist()))
    sign, logarithm = np.linalg.slogdet(10 * a)
    assert answer.value is None
    assert answer.sign == sign
    assert answer.log_abs == pytest.approx(logarithm, rel=1e-12)
    assert determinant(read_matrix([[1e-200, 0.0], [0.5, 1e-200]])).value is None


def test_complex() -> None:
    unit = {"re": 0, "im": 1}
    assert determinant(read_matrix([[unit, 2], [3, 4]])).value == pytest.approx(-6 + 4j, rel=1e-15)
    assert determinant(read_matrix([[unit, 1], [-1, unit]])).value == 0


def test_decimals_mean_themselves() -> None:
    assert determinant(read_matrix([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])).value == 0
    assert determinant(read_matrix([[0.1, 0.2], [0.3, 0.4]]), "exact").value == "-1/50"


def test_what_rounding_decides_is_undecided() -> None:
    with pytest.raises(Undecided, match="close to a singular one"):
        determinant(read_matrix(famous.hilbert_floats(13)))
    with pytest.raises(ShapeMismatch):
        determinant(read_matrix([[1, 2]]))


def test_the_certificate_refuses_a_perturbed_determinant() -> None:
    integers, denominator = read_matrix([["1/2", 3], [5, "7/3"]]).exact.numer_denom()
    value = flint.fmpq(-83, 6)
    assert modular_check(integers, denominator, value).passed
    for wrong in (value + 1, -value, value * 2, value + flint.fmpq(1, 6), value + flint.fmpq(1, 10**9)):
        assert not modular_check(integers, denominator, wrong).passed


@given(st.lists(st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=4), min_size=4, max_size=4))
@settings(deadline=None)
def test_whole_determinants_agree_with_fractions(rows: list[list[int]]) -> None:
    assert determinant(read_matrix(rows), "exact").value == str(famous.exact_determinant(famous.decimal(rows)))


def test_the_exact_value_replaces_pivots_with_a_weak_bound() -> None:
    matrix = read_matrix(famous.FLOAT_MATRICES["hilbert 9"])
    answer = determinant_in_floats(matrix, factor(matrix.floats), exact_up_to=0)
    assert [check.name for check in answer.checks] == ["modular"]


def test_determinants_of_whole_numbers_beyond_doubles_are_exact_in_float_mode_too() -> None:
    n = 2**53
    found = determinant(read_matrix([[n + 1, n], [n, n - 1]]), "float")
    assert (found.value, found.error_bound) == (-1, 0.0)


@pytest.mark.parametrize("size", ["1e200", "1e-200"])
def test_exact_complex_determinants_beyond_doubles(size: str) -> None:
    found = determinant(read_symbolic_matrix([[{"re": size, "im": size}, 1], [0, {"re": size, "im": "-" + size}]]), "exact")
    assert found.sign == 1
    assert found.log_abs == pytest.approx(math.log(2) + 2 * math.log(float(size)))


@pytest.mark.parametrize("n", [60, 300])
def test_bound_of_large_float_determinants_holds_and_is_not_far_off(n: int) -> None:
    rng = np.random.default_rng(n)
    rows = rng.standard_normal((n, n))
    found = determinant(replace(read_matrix(rows.tolist()), is_binary=True))
    with precision(2_000):
        exact = abs(flint.arb_mat([[flint.arb(value) for value in row] for row in rows.tolist()]).det()).log()
        error = float(abs(exact - flint.arb(found.log_abs)).abs_upper())
    assert error <= math.log1p(found.error_bound) + 1e-15 * abs(found.log_abs)
    assert found.error_bound < 1e-6


def test_the_sharper_bound_of_a_determinant_holds_where_the_first_is_infinite() -> None:
    rows = famous.FLOAT_MATRICES["hilbert 9"]
    factored = factor(np.array(rows))
    assert factored is not None
    found = determinant_of(factored)
    exact = famous.exact_determinant(famous.binary(rows))
    assert abs(Fraction(found.mantissa) * Fraction(2) ** found.exponent / exact - 1) <= Fraction(found.error)
