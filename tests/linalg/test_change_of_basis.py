"""Maps and vectors in another basis: against exact similarity, within their bound, and refused without a basis."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import RankDeficient, ShapeMismatch, Undecided
from service.linalg.change_of_basis import change_of_basis, similarity_check
from service.linalg.exact_tables import Table
from service.linalg.matrices import read_matrix, read_vector
from tests.linalg import famous


def test_the_worked_example() -> None:
    found = change_of_basis(read_matrix([["3/5", "1/3"], ["1/3", 1]]), read_matrix([[-1, -2], [1, -1]]), read_vector(["3/5", "1/3"]))
    assert found.matrix == [["-61/22", "-95/22"], ["131/110", "17/22"]]
    assert found.vector == ["1", "0"]
    assert found.transition_inverse == [["45/22", "-15/22"], ["-15/22", "27/22"]]


def test_the_basis_vectors_are_the_columns_of_s() -> None:
    found = change_of_basis(read_matrix([[1, 1], [0, 1]]), None, read_vector([2, 3]), "exact")
    assert found.transition == [["1", "0"], ["1", "1"]]
    assert found.vector == ["2", "1"]
    assert found.matrix is None


@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([famous.binary, famous.decimal]))
@settings(deadline=None, max_examples=40)
def test_floats_are_within_their_bound(n: int, seed: int, reading: Any) -> None:
    random = np.random.default_rng(seed)
    basis, a, v = random.standard_normal((n, n)).tolist(), random.standard_normal((n, n)).tolist(), random.standard_normal(n).tolist()
    try:
        found = change_of_basis(read_matrix(basis), read_matrix(a), read_vector(v))
    except Undecided:
        return
    s = [list(column) for column in zip(*reading(basis), strict=True)]
    inverse = famous.exact_inverse(s)
    truth = famous.product(inverse, famous.product(reading(a), s))
    for j in range(n):
        size = max(abs(truth[i][j]) for i in range(n))
        assert all(abs(Fraction(float(found.matrix[i][j])) - truth[i][j]) <= Fraction(found.error_bound) * size for i in range(n))
    coordinates = famous.product(inverse, [[value] for (value,) in reading([[x] for x in v])])
    size = max(abs(row[0]) for row in coordinates)
    assert all(
        abs(Fraction(float(x)) - row[0]) <= Fraction(found.error_bound) * size for x, row in zip(found.vector, coordinates, strict=True)
    )


def test_no_basis() -> None:
    with pytest.raises(RankDeficient, match=r"vector 2 = 2·vector 1"):
        change_of_basis(read_matrix([[1, 2], [2, 4]]))
    with pytest.raises(RankDeficient, match="to the precision of floats"):
        change_of_basis(read_matrix([[0.1, 0.2], [0.2, 0.4]]))
    with pytest.raises(ShapeMismatch, match="a basis of 3 dimensions has 3 vectors"):
        change_of_basis(read_matrix([[1, 2, 3], [2, 4, 5]]))
    with pytest.raises(ShapeMismatch, match="the matrix is 1×2"):
        change_of_basis(read_matrix([[1, 0], [0, 1]]), read_matrix([[1, 2]]))
    with pytest.raises(ShapeMismatch, match="the vector has 3 entries"):
        change_of_basis(read_matrix([[1, 0], [0, 1]]), None, read_vector([1, 2, 3]))
    with pytest.raises(Undecided):
        change_of_basis(read_matrix(famous.hilbert_floats(13)))


def test_the_certificate_refuses_a_perturbed_map() -> None:
    s, a = Table.of([[1, 2], [3, 4]]), Table.of([[1, 1], [0, 2]])
    similar = s.solved(a @ s)
    assert similarity_check(s, similar, a).passed
    assert not similarity_check(s, similar + Table.of([[0, 0], [1, 0]]), a).passed


@pytest.mark.parametrize("size", [1e300, 1e-300, 1e200])
def test_a_basis_of_huge_or_tiny_vectors(size: float) -> None:
    rows = [[1 * size, 2 * size], [3 * size, 4 * size]]
    found = change_of_basis(read_matrix(rows), read_matrix([[0.5, 1.5], [0.25, 2]]))
    plain = change_of_basis(read_matrix([[1.0, 2.0], [3.0, 4.0]]), read_matrix([[0.5, 1.5], [0.25, 2]]), arithmetic="float")
    assert np.abs(found.matrix - plain.matrix).max() <= (found.error_bound + plain.error_bound) * np.abs(plain.matrix).max()


def test_a_basis_of_vectors_of_very_different_sizes_is_not_called_dependent() -> None:
    with pytest.raises(Undecided):
        change_of_basis(read_matrix([[1e300, 0], [0, 1e-300]]), read_matrix([[0.5, 0], [0, 2.5]]))
