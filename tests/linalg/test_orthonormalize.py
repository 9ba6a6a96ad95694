"""Gram and Schmidt: bases, dependent vectors, exact surds, bounds, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Undecided
from service.linalg.matrices import from_array, read_matrix
from service.linalg.orthonormalize import basis_checks, orthonormalize
from tests.linalg import famous
from tests.linalg import high_precision as hp


def test_a_textbook_example() -> None:
    """Strang, Introduction to Linear Algebra, 4.4: (1, −1, 0), (2, 0, −2), (3, −3, 3)."""
    found = orthonormalize(read_matrix([[1, -1, 0], [2, 0, -2], [3, -3, 3]]), "exact")
    assert found.orthogonal == [["1", "-1", "0"], ["1", "1", "-2"], ["1", "1", "1"]]
    assert found.basis[0] == ["sqrt(2)/2", "-sqrt(2)/2", "0"]
    assert found.basis[1] == ["sqrt(6)/6", "sqrt(6)/6", "-sqrt(6)/3"]
    assert found.basis[2] == ["sqrt(3)/3", "sqrt(3)/3", "sqrt(3)/3"]
    assert found.coefficients == [["sqrt(2)", "sqrt(2)", "3*sqrt(2)"], ["0", "sqrt(6)", "-sqrt(6)"], ["0", "0", "sqrt(3)"]]
    assert found.squared_norms == ["2", "6", "3"]


@pytest.mark.parametrize("arithmetic", ["float", "exact"])
def test_dependent_vectors_are_named(arithmetic: Any) -> None:
    answer = orthonormalize(read_matrix([[1, 2], [2, 4], [1, 0], [0, 0]]), arithmetic).to_json()
    assert answer["independent_vectors"] == [0, 2]
    assert answer["dimension"] == 2
    assert answer["dependencies"][0] == {"vector": 1, "combination": [{"vector": 0, "coefficient": "2"}]}
    assert answer["dependencies"][1] == {"vector": 3, "combination": []}
    assert len(answer["basis"]) == 2


def test_nothing_but_zeros() -> None:
    for rows in ([[0, 0]], [[0.0], [0.0]]):
        for arithmetic in ("float", "exact"):
            found = orthonormalize(read_matrix(rows), arithmetic)  # type: ignore[arg-type]
            assert len(found.basis) == 0
            assert found.independent == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 3), (4, 7), (30, 40)])
@pytest.mark.parametrize("kind", [float, complex])
def test_floats(shape: tuple[int, int], kind: Any) -> None:
    random = np.random.default_rng(sum(shape))
    a = random.standard_normal(shape) + (1j * random.standard_normal(shape) if kind is complex else 0)
    found = orthonormalize(from_array(a))
    k = min(shape)
    assert found.basis.shape == (k, shape[1])
    assert np.allclose(found.basis @ found.basis.conj().T, np.eye(k), atol=1e-13)
    assert np.allclose(found.coefficients.T @ found.basis, a, atol=1e-12)
    assert found.error_bound < 1e-10


def test_the_basis_is_within_its_bound() -> None:
    for name in ("decimals", "graded", "hilbert 7", "kahan 10", "vandermonde", "rows of different units"):
        rows = famous.FLOAT_MATRICES[name]
        found = orthonormalize(read_matrix(rows), "float")
        q, _ = hp.gram_schmidt(hp.matrix(famous.decimal(rows)).T)
        assert hp.frobenius(hp.matrix(found.basis).T - q) <= found.error_bound


def test_laeuchli_keeps_its_orthogonality() -> None:
    """Where classical Gram and Schmidt lose it (Läuchli, 1961): (1, ε, 0, 0), (1, 0, ε, 0), (1, 0, 0, ε)."""
    epsilon = 1e-8
    rows = [[1.0] + [epsilon * (i == j) for j in range(3)] for i in range(3)]
    found = orthonormalize(read_matrix(rows))
    assert np.abs(found.basis @ found.basis.T - np.eye(3)).max() < 1e-14
    q, _ = hp.gram_schmidt(hp.matrix(famous.decimal(rows)).T)
    assert hp.frobenius(hp.matrix(found.basis).T - q) <= found.error_bound


def test_what_floats_leave_open() -> None:
    with pytest.raises(Undecided):
        orthonormalize(read_matrix(famous.hilbert_floats(12)))
    assert len(orthonormalize(read_matrix(famous.hilbert(8))).basis) == 8
    dependent = orthonormalize(read_matrix([[0.1, 0.2], [0.2, 0.4], [0.5, 0.1]]))
    assert dependent.independent == [0, 2]


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_whole_vectors(k: int, n: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(-2, 3, (k, n))
    found = orthonormalize(read_matrix(rows.tolist()))
    rank = np.linalg.matrix_rank(rows)
    assert len(found.basis) == rank
    assert np.allclose(found.basis @ found.basis.T, np.eye(rank), atol=1e-13)
    assert np.allclose(found.coefficients.T @ found.basis, rows, atol=1e-12)


@given(st.integers(0, 2**32 - 1), st.floats(1e-8, 1e-3), st.integers(0, 2))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_basis(seed: int, size: float, what: int) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((5, 3))
    q, r = np.linalg.qr(a)
    assert all(check.passed for check in basis_checks(a, q, r))
    i, j = sorted(random.integers(0, 3, 2).tolist())
    if what == 0:
        q[i, j] += size
    elif what == 1:
        r[i, j] += size * (1 + abs(r[i, j]))
    else:
        q[:, j] *= 1 + size
    assert not all(check.passed for check in basis_checks(a, q, r))


def test_dependent_vectors_of_a_nearly_dependent_span() -> None:
    rows = [[10 - i if i == j else int(abs(i - j) == 1) for j in range(21)] for i in range(21)]  # Wilkinson's W-, singular
    found = orthonormalize(read_matrix(rows), "float")
    assert len(found.independent) == 20
    assert np.abs(found.basis @ found.basis.T - np.eye(20)).max() < 1e-13


def test_huge_vectors_and_zero_vectors() -> None:
    found = orthonormalize(read_matrix([[3e300, 4e300], [4e300, -3e300]]))
    assert found.squared_norms == [None, None]
    assert np.abs(found.basis - [[0.6, 0.8], [0.8, -0.6]]).max() <= found.error_bound
    assert orthonormalize(read_matrix([[{"re": 0.0, "im": 0.0}, 0]])).independent == []
