"""The four fundamental subspaces: exact bases, orthonormal ones, their angles to the truth, and tampered ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Undecided
from service.linalg.exact_tables import Table
from service.linalg.matrices import read_matrix
from service.linalg.subspaces import SPACES, angle_bound, exact_basis, exact_checks, orthonormal_bases, residual, subspaces
from tests.linalg import famous


def test_strang_s_example() -> None:
    """Strang, Introduction to Linear Algebra, 5th ed., section 3.5: rank 2, dimensions 2, 2, 3 and 1."""
    rows = [[1, 3, 0, 5, 0], [0, 0, 0, 0, 1], [1, 3, 0, 5, 1]]
    found = subspaces(read_matrix(rows), arithmetic="exact")
    assert found.dimensions == {"column_space": 2, "row_space": 2, "null_space": 3, "left_null_space": 1}
    assert found.bases["row_space"] == [["1", "3", "0", "5", "0"], ["0", "0", "0", "0", "1"]]
    assert found.bases["null_space"] == [["-3", "1", "0", "0", "0"], ["0", "0", "1", "0", "0"], ["-5", "0", "0", "1", "0"]]
    assert found.bases["left_null_space"] == [["-1", "-1", "1"]]
    assert found.bases["column_space"] == [["1", "0", "1"], ["0", "1", "1"]]
    assert found.pivot_columns == [0, 4]


MATRICES: list[Any] = [
    [[1, 2, 3], [2, 4, 7]],
    [[0, 0]],
    [[5]],
    [[0.5], [1.5]],
    [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]],
    famous.magic(4),
    famous.magic(8),
    [[{"re": 1, "im": 1}, 2], [2, {"re": 2, "im": -2}]],
    (np.random.default_rng(1).standard_normal((30, 7)) @ np.random.default_rng(2).standard_normal((7, 40))).tolist(),
]


@pytest.mark.parametrize("rows", MATRICES, ids=lambda rows: f"{len(rows)}×{len(rows[0])}")
def test_orthonormal_bases(rows: Any) -> None:
    matrix = read_matrix(rows)
    a, found = matrix.floats, subspaces(matrix)
    c, r, n, left = (np.asarray(found.bases[space]) for space in SPACES)
    size = np.abs(a).max() or 1
    assert np.abs(a @ n.T).max(initial=0) <= 1e-13 * size
    assert np.abs(left @ a).max(initial=0) <= 1e-13 * size
    assert np.abs(a - c.T @ (c.conj() @ a)).max() <= 1e-13 * size
    assert np.abs(a.T - r.T @ (r.conj() @ a.T)).max() <= 1e-13 * size
    assert found.error_bound <= 1e-10
    for basis in (c, r, n, left):
        assert np.abs(basis.conj() @ basis.T - np.eye(len(basis))).max(initial=0) <= 1e-14 * 40
        leading = [row[np.argmax(np.abs(row) >= (1 - 1e-6) * np.abs(row).max())] for row in basis]
        assert all(value.real > 0 for value in leading)


@given(st.integers(1, 5), st.integers(2, 6), st.integers(0, 3), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_floats_are_within_their_angle(m: int, n: int, r: int, seed: int) -> None:
    """Against the exact spaces of the decimals."""
    random = np.random.default_rng(seed)
    rows = (random.integers(-9, 10, (m, r)) @ random.integers(-9, 10, (r, n)) / 10 if r else np.zeros((m, n))).tolist()
    matrix = read_matrix(rows)
    try:
        found = subspaces(matrix, arithmetic="float")
    except Undecided:
        return
    exact = subspaces(matrix, arithmetic="exact")
    assert found.rank == exact.rank
    for space in SPACES:
        truth = np.array([[float(famous.Fraction(text)) for text in row] for row in exact.bases[space]])
        basis = np.asarray(found.bases[space])
        if len(basis) in (0, basis.shape[1]):
            continue
        q = np.linalg.qr(truth.T)[0]
        sine = np.linalg.norm(basis.T - q @ (q.T @ basis.T), 2)
        assert sine <= found.error_bound + 1e-15


def test_a_missing_gap_is_undecided() -> None:
    with pytest.raises(Undecided, match="no clear gap"):
        subspaces(read_matrix(famous.hilbert_floats(12)))


def test_with_a_tolerance_it_is_decided() -> None:
    assert subspaces(read_matrix([[1.0, 0.0], [0.0, 1e-9]]), tolerance=1e-6).rank == 1


@pytest.mark.parametrize("space", SPACES)
def test_the_exact_certificate_refuses_a_perturbed_basis(space: Any) -> None:
    a = Table.of([[1, 2, 3], [2, 4, 7], [3, 6, 10]])
    pivots = [0, 2]
    basis = exact_basis(a, space, pivots)
    assert all(check.passed for check in exact_checks(a, space, basis, 2))
    rows = [list(row) for row in basis.rows]
    rows[0][1] += 1
    assert not all(check.passed for check in exact_checks(a, space, Table.of(rows), 2))
    assert not all(check.passed for check in exact_checks(a, space, Table.of(basis.rows[1:], basis.shape[1]), 2))


@pytest.mark.parametrize("space", SPACES)
def test_the_float_certificate_refuses_a_perturbed_basis(space: Any) -> None:
    a = np.array([[1.0, 2, 3], [2, 4, 7], [3, 6, 10]])
    bases, values = orthonormal_bases(a, 2, SPACES)
    basis = bases[space].copy()
    assert residual(a, space, basis) < 1e-13
    basis[0, 0] += 1e-8
    angle, orthogonality = angle_bound(a, space, basis, values, 2, False)
    assert residual(a, space, basis) > 1e-11 or orthogonality > 1e-11
    assert angle > 1e-10
