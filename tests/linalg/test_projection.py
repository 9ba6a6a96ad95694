"""Orthogonal projections: exact, within their bound, onto lines, planes and dependent columns; tampered ones refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, ShapeMismatch, Undecided
from service.linalg.exact_tables import Table
from service.linalg.matrices import read_matrix, read_vector
from service.linalg.projection import exact_checks, float_checks, orthonormal, projection
from tests.linalg import famous


def test_onto_a_line() -> None:
    """Strang, Introduction to Linear Algebra, 5th ed., section 4.2, example 1."""
    found = projection(read_vector([1, 1, 1]), onto=read_vector([1, 2, 2]), arithmetic="exact")
    assert found.projection == ["5/9", "10/9", "10/9"]
    assert found.residual == ["4/9", "-1/9", "-1/9"]
    assert found.projector == [["1/9", "2/9", "2/9"], ["2/9", "4/9", "4/9"], ["2/9", "4/9", "4/9"]]
    assert found.coordinates == ["5/9"]


def test_onto_a_plane() -> None:
    """The same, example 3."""
    found = projection(read_vector([6, 0, 0]), read_matrix([[1, 0], [1, 1], [1, 2]]), arithmetic="exact")
    assert (found.projection, found.coordinates, found.residual) == (["5", "2", "-1"], ["5", "-3"], ["1", "-2", "1"])
    across = projection(read_vector([6, 0, 0]), normal=read_vector([1, -2, 1]), arithmetic="exact")
    assert (across.projection, across.dimension, across.coordinates) == (["5", "2", "-1"], 2, None)
    through = projection(read_vector([6, 0, 1]), normal=read_vector([1, -2, 1]), point=read_vector([0, 0, 1]), arithmetic="exact")
    assert through.projection == ["5", "2", "0"]


def test_dependent_columns_and_none() -> None:
    found = projection(read_vector([1, 0, 2]), read_matrix([[0.5, 1], [0.25, 0.5], [0, 0]]))
    assert found.dimension == 1
    assert np.allclose(found.projection, [0.8, 0.4, 0], atol=1e-15)
    assert found.coordinates[1] == 0
    nothing = projection(read_vector([1, 2]), read_matrix([[0], [0]]), arithmetic="exact")
    assert (nothing.projection, nothing.dimension) == (["0", "0"], 0)
    zero = projection(read_vector([0.0, 0.0]), read_matrix([[0.5], [1.5]]))
    assert zero.projection.tolist() == [0, 0]


def test_complex() -> None:
    i = {"re": 0, "im": 1}
    found = projection(read_vector([1, 0]), read_matrix([[1], [i]]), arithmetic="exact")
    assert found.projection == ["1/2", {"re": "0", "im": "1/2"}]
    floats = projection(read_vector([1, 0]), read_matrix([[1], [i]]))
    assert np.allclose(floats.projection, [0.5, 0.5j], atol=1e-15)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 2**32 - 1), st.integers(0, 6))
@settings(deadline=None, max_examples=60)
def test_floats_are_within_their_bound(m: int, n: int, seed: int, near: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((m, n)).round(3), random.standard_normal(m).round(3)
    a[:, -1] = (a[:, 0] + 10.0**-near * a[:, -1]).round(9)
    matrix, vector = read_matrix(a.tolist()), read_vector(b.tolist())
    try:
        found = projection(vector, matrix, arithmetic="float")
    except Undecided:
        return
    exact = projection(vector, matrix, arithmetic="exact")
    if found.dimension != exact.dimension:
        return
    truth = np.array([[float(Fraction(text)) for text in row] for row in exact.projector])
    assert np.linalg.norm(found.projector - truth, 2) <= found.error_bound + 1e-16
    point = np.array([float(Fraction(text)) for text in exact.projection])
    assert np.linalg.norm(found.projection - point) <= (found.error_bound + 1e-16) * np.linalg.norm(b)


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match='one of "matrix"'):
        projection(read_vector([1, 2]))
    with pytest.raises(ShapeMismatch, match="the vector has 2 entries and the matrix 3 rows"):
        projection(read_vector([1, 2]), read_matrix([[1], [2], [3]]))
    with pytest.raises(ShapeMismatch, match="the point 3 entries"):
        projection(read_vector([1, 2]), read_matrix([[1], [2]]), point=read_vector([1, 2, 3]))
    with pytest.raises(Undecided):
        projection(read_vector([1, 2, 3]), read_matrix([[0.1, 0.1 + 3e-16], [0.7, 0.7], [0.3, 0.3]]))


def test_the_exact_certificate_refuses_a_perturbed_projection() -> None:
    a = Table.of([[1, 0], [1, 1], [1, 2]])
    projector = a @ (a.adjoint() @ a).solved(a.adjoint())
    residual = Table.of([[1], [-2], [1]])
    assert all(check.passed for check in exact_checks(a, projector, residual, 2, False))
    bump = Table.of([[0, 0, 1], [0, 0, 0], [0, 0, 0]])
    for wrong in ((projector + bump, residual, 2), (projector, residual + Table.of([[1], [0], [0]]), 2), (projector, residual, 1)):
        assert not all(check.passed for check in exact_checks(a, *wrong, False))


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-2))
@settings(deadline=None, max_examples=40)
def test_the_float_certificate_refuses_a_perturbed_projection(seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((6, 3)), random.standard_normal((6, 1))
    q, bound = orthonormal(a, False)
    part = q @ (q.T @ b)
    assert all(check.passed for check in float_checks(a, q, b - part, part, bound, False))
    wrong = part.copy()
    wrong[random.integers(0, 6)] += size * np.linalg.norm(b)
    assert not all(check.passed for check in float_checks(a, q, b - wrong, wrong, bound, False))


@pytest.mark.parametrize("rows", [famous.hilbert_floats(8), [[1e300, 0], [0, 1e-300]]])
def test_the_whole_space_keeps_every_vector(rows: list[list[float]]) -> None:
    vector = [1.5 + i for i in range(len(rows))]
    found = projection(read_vector(vector), matrix=read_matrix(rows))
    assert np.linalg.norm(found.projection - vector) <= found.error_bound * np.linalg.norm(vector)
