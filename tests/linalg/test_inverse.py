"""Inverses: exact ones exactly right, float ones within their own bound, singular ones explained."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import CheckFailed, LimitExceeded, MathematicsRefuses, ShapeMismatch, SingularMatrix, Undecided
from service.linalg.bounds import GOOD, inverse_defect
from service.linalg.exact_tables import Table
from service.linalg.inverse import certified, inverse, product_check
from service.linalg.lu import factor
from service.linalg.matrices import read_matrix
from tests.linalg import famous


@pytest.mark.parametrize("n", range(1, 13))
def test_hilbert_exactly(n: int) -> None:
    answer = inverse(read_matrix(famous.hilbert(n)))
    assert answer.inverse == famous.hilbert_inverse(n)
    assert answer.determinant == famous.hilbert_determinant(n)
    assert answer.arithmetic == "exact"


@pytest.mark.parametrize("name", [name for name in famous.FLOAT_MATRICES if name != "random 60"])
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_a_float_inverse_is_within_its_own_bound(name: str, reading: Any) -> None:
    """Whether the doubles or the decimals are taken for what was meant."""
    rows = famous.FLOAT_MATRICES[name]
    answer = inverse(read_matrix(rows), "float")
    truth = famous.exact_inverse(reading(rows))
    columns = range(len(truth))
    error = max(sum(abs(Fraction(float(answer.inverse[i][j])) - truth[i][j]) for i in columns) for j in columns)
    size = max(sum(abs(truth[i][j]) for i in columns) for j in columns)
    assert error <= Fraction(answer.error_bound) * size
    assert answer.error_bound <= 1e-3
    assert all(check.passed for check in answer.checks)


def test_small_whole_matrices_have_clean_inverses() -> None:
    assert inverse(read_matrix([[2, 1], [5, 3]])).inverse.tolist() == [[3, -1], [-5, 2]]
    assert inverse(read_matrix([[4.0]])).inverse.tolist() == [[0.25]]


def test_an_ill_conditioned_whole_matrix_is_inverted_all_the_same() -> None:
    """Condition 1e17 and more: floats alone would give nonsense."""
    for rows in (famous.fibonacci(40), famous.pascal(20), famous.vandermonde(list(range(1, 13)))):
        answer = inverse(read_matrix(rows), "float")
        truth = famous.exact_inverse(famous.binary(rows))
        assert answer.inverse.tolist() == [[float(value) for value in row] for row in truth]


@pytest.mark.parametrize("n", [12, 15, 20])
def test_hilbert_in_floats_is_an_error_and_never_wrong(n: int) -> None:
    with pytest.raises(Undecided, match="close to a singular one"):
        inverse(read_matrix(famous.hilbert_floats(n)))


def test_complex() -> None:
    a = np.array([[1 + 2j, 2], [3, 4 - 1j]])
    rows = [[{"re": value.real, "im": value.imag} for value in row] for row in a.tolist()]
    answer = inverse(read_matrix(rows))
    assert np.abs(a @ answer.inverse - np.eye(2)).max() < 1e-15


SINGULAR = [
    ([[0, 1, 2], [1, 2, 1], [2, 7, 8]], "row 3 = 3·row 1 + 2·row 2"),
    ([[0]], "row 1 is zero"),
    ([[1, 2], [2, 4]], "row 2 = 2·row 1"),
    ([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]], "row 3 = -row 1 + 2·row 2"),
    ([["1/2", "1/3"], ["1/4", "1/6"]], "row 2 = 1/2·row 1"),
    (famous.magic(4), "row 4 = row 1 + 3·row 2 - 3·row 3"),
]


@pytest.mark.parametrize(("rows", "relation"), SINGULAR)
@pytest.mark.parametrize("arithmetic", ["float", "exact"])
def test_a_singular_matrix_is_refused_with_the_reason(rows: Any, relation: str, arithmetic: Any) -> None:
    with pytest.raises(SingularMatrix) as caught:
        inverse(read_matrix(rows), arithmetic)
    assert relation in caught.value.detail
    for word in ("singular", "rank", "determinant"):
        assert word in caught.value.detail
    assert caught.value.facts["rank"] + caught.value.facts["nullity"] == len(rows)


def test_products_that_rounding_made_regular_are_singular() -> None:
    random = np.random.default_rng(3)
    for n, rank in ((6, 3), (60, 30)):
        rows = (random.standard_normal((n, rank)) @ random.standard_normal((rank, n))).tolist()
        with pytest.raises(SingularMatrix, match=f"its rank is {rank} where {n} is needed"):
            inverse(read_matrix(rows))


def test_a_complex_singular_matrix() -> None:
    unit = {"re": 0, "im": 1}
    with pytest.raises(SingularMatrix, match="its determinant is 0"):
        inverse(read_matrix([[unit, 1], [-1, unit]]))


def test_what_cannot_be_inverted() -> None:
    with pytest.raises(ShapeMismatch, match="2×3"):
        inverse(read_matrix([[1, 2, 3], [4, 5, 6]]))
    with pytest.raises(LimitExceeded, match="exact-size"):
        inverse(read_matrix(np.eye(121).tolist()), "exact")
    with pytest.raises(LimitExceeded, match="exact-answer-digits"):
        inverse(read_matrix((np.random.default_rng(0).standard_normal((100, 100))).tolist()), "exact")
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        inverse(read_matrix([[5e-324]]))


def test_the_condition_number() -> None:
    rows = famous.FLOAT_MATRICES["decimals"]
    assert inverse(read_matrix(rows)).condition_number == pytest.approx(np.linalg.cond(rows), rel=1e-12)
    large = np.random.default_rng(1).standard_normal((60, 60))
    answer = inverse(read_matrix(large.tolist()))
    assert answer.condition_norm == "1"
    assert answer.condition_number == pytest.approx(np.linalg.cond(large, 1), rel=1e-9)


@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.floats(1e-7, 1e-3))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_inverse(n: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((n, n))
    factored = factor(a)
    assert factored is not None
    x = factored.scaled_inverse.copy()
    i, j = random.integers(0, n, 2)
    x[i, j] += size * np.abs(x).max()
    found = certified(x, factored.scale, inverse_defect(factored.scaled, x))
    assert not found.is_good
    assert found.bound > size / (2 * n) or found.bound > GOOD
    assert not found.checks[0].passed


def test_the_exact_certificate_refuses_a_perturbed_inverse() -> None:
    matrix = read_matrix([["1/2", 1], [3, 4]])
    exact = matrix.table.inverse()
    assert product_check(matrix, exact).passed
    assert not product_check(matrix, exact + Table.of([[0, 0], [1, 0]])).passed


@given(st.lists(st.lists(st.fractions(max_denominator=50), min_size=3, max_size=3), min_size=3, max_size=3))
@settings(deadline=None)
def test_an_exact_inverse_times_the_matrix_is_the_identity(rows: list[list[Fraction]]) -> None:
    texts = [[str(value) for value in row] for row in rows]
    if famous.exact_determinant(rows) == 0:
        with pytest.raises(SingularMatrix):
            inverse(read_matrix(texts))
        return
    found = [[Fraction(value) for value in row] for row in inverse(read_matrix(texts)).inverse]
    assert famous.product(rows, found) == [[Fraction(int(i == j)) for j in range(3)] for i in range(3)]


def test_the_same_request_gives_the_same_bytes() -> None:
    rows = famous.FLOAT_MATRICES["random 60"]
    assert inverse(read_matrix(rows)).inverse.tobytes() == inverse(read_matrix(rows)).inverse.tobytes()


def test_a_large_matrix_with_too_weak_a_bound_is_refused() -> None:
    random = np.random.default_rng(4)
    u, _ = np.linalg.qr(random.standard_normal((80, 80)))
    a = (u * np.logspace(0, -13, 80)) @ u.T
    with pytest.raises((CheckFailed, Undecided, SingularMatrix)):
        inverse(read_matrix(a.tolist()))
