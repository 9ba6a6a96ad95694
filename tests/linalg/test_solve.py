"""Systems: within their own bound, refined, exact when asked, and singular ones told apart."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import MathematicsRefuses, ShapeMismatch, SingularMatrix, Undecided
from service.linalg.bounds import solution_defect
from service.linalg.exact_tables import Table
from service.linalg.general_solution import general_solution
from service.linalg.least_squares import least_squares
from service.linalg.lu import factor
from service.linalg.matrices import read_matrix, read_vector, read_vector_or_matrix
from service.linalg.solve import all_solutions, certified, product_check, solve
from tests.linalg import famous


@pytest.mark.parametrize("name", [name for name in famous.FLOAT_MATRICES if name != "random 60"])
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_a_float_solution_is_within_its_own_bound(name: str, reading: Any) -> None:
    rows = famous.FLOAT_MATRICES[name]
    rhs = [[(-1) ** i * (i + 1) / 7] for i in range(len(rows))]
    answer = solve(read_matrix(rows), read_vector([row[0] for row in rhs]), "float")
    truth = famous.product(famous.exact_inverse(reading(rows)), reading(rhs))
    size = max(abs(row[0]) for row in truth)
    error = max(abs(Fraction(float(x)) - row[0]) for x, row in zip(answer.x, truth, strict=True))
    assert error <= Fraction(answer.error_bound) * size
    assert answer.correct_digits is not None
    assert answer.correct_digits >= 3


def test_refinement_gives_correctly_rounded_solutions() -> None:
    random = np.random.default_rng(8)
    rows = random.integers(-9, 10, (12, 12)).tolist()
    answer = solve(read_matrix(rows), read_vector([1] * 12))
    truth = famous.product(famous.exact_inverse(famous.binary(rows)), [[Fraction(1)]] * 12)
    assert answer.x.tolist() == [float(row[0]) for row in truth]


def test_exact_solutions() -> None:
    matrix, rhs = read_matrix([["1/2", 1], [5, 3]]), read_vector([1, 2])
    assert solve(matrix, rhs).x == ["-2/7", "8/7"]
    assert solve(read_matrix([[2, 1], [5, 4]]), read_matrix([[1, 0], [0, 1]]), "exact").x == [["4/3", "-1/3"], ["-5/3", "2/3"]]


def test_hilbert() -> None:
    n = 20
    exact = solve(read_matrix(famous.hilbert(n)), read_vector([1] * n))
    assert exact.x == [str(sum(int(value) for value in row)) for row in famous.hilbert_inverse(n)]
    with pytest.raises(Undecided):
        solve(read_matrix(famous.hilbert_floats(n)), read_vector([1] * n))


def test_the_answer_has_the_shape_of_the_right_hand_side() -> None:
    matrix = read_matrix([[2, 0], [0, 4]])
    for rhs, x in (([2, 4], [1, 1]), ([[2], [4]], [[1], [1]]), ([[2, 0], [4, 8]], [[1, 0], [1, 2]])):
        assert solve(matrix, read_vector_or_matrix(rhs)).x.tolist() == x


def test_complex_on_either_side() -> None:
    unit = {"re": 0, "im": 1}
    assert solve(read_matrix([[unit]]), read_vector([1])).x.tolist() == [-1j]
    assert solve(read_matrix([[2]]), read_vector([unit])).x.tolist() == [0.5j]
    assert solve(read_matrix([[2]]), read_vector([unit]), "exact").x == [{"re": "0", "im": "1/2"}]


@pytest.mark.parametrize(("rhs", "solutions"), [([1, 2], "infinitely many"), ([1, 3], "none")])
@pytest.mark.parametrize("arithmetic", ["float", "exact"])
def test_singular_systems_are_told_apart(rhs: Any, solutions: str, arithmetic: Any) -> None:
    with pytest.raises(SingularMatrix, match="row 2 = 2·row 1") as caught:
        solve(read_matrix([[1, 2], [2, 4]]), read_vector(rhs), arithmetic)
    assert caught.value.facts["solutions"] == solutions


def test_shapes() -> None:
    with pytest.raises(ShapeMismatch, match="2 rows and the right-hand side 3"):
        solve(read_matrix([[1, 2], [3, 4]]), read_vector([1, 2, 3]))
    with pytest.raises(ShapeMismatch, match="1×2"):
        solve(read_matrix([[1, 2]]), read_vector([1]))


@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(1e-7, 1e-2))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_solution(n: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((n, n)), random.standard_normal((n, 1))
    factored = factor(a)
    assert factored is not None
    scaled, x = b * factored.scale[:, None], factored.inverse() @ b
    x[random.integers(0, n)] += size * np.abs(x).max()
    found = certified(x, solution_defect(factored.scaled, scaled, x, factored.scaled_inverse, factored.defect), decimals=False)
    assert not found.is_good
    assert found.bound > size / 3
    assert not found.checks[0].passed


def test_the_exact_certificate_refuses_a_perturbed_solution() -> None:
    matrix, rhs = read_matrix([[1, 2], [3, 4]]), read_vector([1, 1])
    x = matrix.table.solved(rhs.table)
    assert product_check(matrix, rhs, x).passed
    assert not product_check(matrix, rhs, x + Table.of([[1], [0]])).passed


@pytest.mark.parametrize("rows", [famous.pascal(15), famous.moler(15), famous.hilbert_floats(8)])
def test_all_solutions_of_an_invertible_system_are_as_good_as_its_solution(rows: list[list[float]]) -> None:
    rhs = read_vector([0.5 + i for i in range(len(rows))])
    found = all_solutions(read_matrix(rows), rhs)
    assert found.unique
    assert found.error_bound == solve(read_matrix(rows), rhs).error_bound


@pytest.mark.parametrize("rows", [famous.hilbert(6), famous.lehmer(6)])
def test_bounds_in_floats_cover_the_rounding_of_fractions(rows: list[list[str]]) -> None:
    exact = [[Fraction(entry) for entry in row] for row in rows]
    rhs = [1, 4, 2, 5, 3, 1]
    true = np.array([float(row[0]) for row in famous.product(famous.exact_inverse(exact), [[Fraction(value)] for value in rhs])])
    for found in (solve(read_matrix(rows), read_vector(rhs), "float"), least_squares(read_matrix(rows), read_vector(rhs), "float")):
        assert found.error_bound is not None
        assert np.abs(found.x - true).max() <= (found.error_bound + 2.0**-53) * np.abs(true).max()
        assert found.error_bound > 1e-16


def test_a_general_solution_near_underflow_claims_no_digits() -> None:
    with contextlib.suppress(MathematicsRefuses):
        found = general_solution(read_matrix([[1e300, 2e300], [3e300, 4e300]]), read_vector([1.5, 0.25]))
        assert found.error_bound > 1e-17
