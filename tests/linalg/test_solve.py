"""Systems: within their own bound, refined, exact when asked, and singular ones told apart."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import ShapeMismatch, SingularMatrix, Undecided
from service.linalg.bounds import solution_defect
from service.linalg.exact_tables import Table
from service.linalg.lu import factor
from service.linalg.matrices import read_matrix, read_vector, read_vector_or_matrix
from service.linalg.solve import certified, product_check, solve
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
