"""The four subspaces: dimensions, orthogonality, famous ranks, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.errors import Undecided
from service.linalg.fundamental_subspaces import fundamental_subspaces, subspace_checks
from service.linalg.matrices import from_array, read_matrix
from service.linalg.svd import svd
from tests.linalg import famous


def spaces_of(matrix: Any) -> Any:
    return fundamental_subspaces(matrix, svd(matrix, full=True))


@pytest.mark.parametrize(
    ("rows", "rank"),
    [([[1, 2], [2, 4], [3, 6]], 1), (famous.magic(4), 3), ([[0, 0, 0]], 0), ([[1, 2, 3]], 1), ([[2, 0], [0, 3]], 2), (famous.magic(8), 3)],
)
def test_dimensions_and_orthogonality(rows: Any, rank: int) -> None:
    a = np.array(rows, dtype=float)
    found = spaces_of(read_matrix(rows))
    m, n = a.shape
    assert [len(basis) for basis in (found.column_space, found.left_null_space, found.row_space, found.null_space)] == [
        rank,
        m - rank,
        rank,
        n - rank,
    ]
    size = max(1.0, np.abs(a).max())
    assert np.allclose(a @ found.null_space.T, 0, atol=1e-13 * size)
    assert np.allclose(found.left_null_space @ a, 0, atol=1e-13 * size)
    assert np.allclose(found.column_space.T @ found.column_space @ a, a, atol=1e-13 * size)
    assert np.allclose(a @ found.row_space.T @ found.row_space, a, atol=1e-13 * size)


def test_complex() -> None:
    a = np.outer([1, 1j, 2], [1 - 1j, 3])
    found = spaces_of(from_array(a))
    assert np.allclose(a @ found.null_space.T, 0, atol=1e-14)
    assert np.allclose(a.conj().T @ found.left_null_space.T, 0, atol=1e-14)
    assert np.allclose(np.abs(found.row_space @ np.array([1 - 1j, 3])), np.linalg.norm([1 - 1j, 3]))


def test_an_open_rank_is_refused() -> None:
    with pytest.raises(Undecided):
        spaces_of(read_matrix(famous.hilbert_floats(12)))
    rows = famous.pascal(20)[:19]
    nearly = [*rows, [a + b for a, b in zip(rows[0], rows[1], strict=True)]]  # of rank 19, exactly, and many tiny singular values
    with pytest.raises(Undecided, match="no clear gap"):
        spaces_of(read_matrix(nearly))
    assert len(spaces_of(read_matrix(famous.pascal(20))).null_space) == 0


def test_perturbed_bases_are_refused() -> None:
    a = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    found = spaces_of(from_array(a))
    bases = [found.column_space, found.left_null_space, found.row_space, found.null_space]
    assert all(check.passed for check in subspace_checks(a, *bases))
    for i in range(4):
        wrong = [basis.copy() for basis in bases]
        wrong[i][0, 0] += 1e-9
        assert not all(check.passed for check in subspace_checks(a, *wrong))
    assert not all(check.passed for check in subspace_checks(a, bases[0], bases[1][:1], *bases[2:]))
