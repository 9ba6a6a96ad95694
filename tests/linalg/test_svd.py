"""Singular values: reconstruction, orthogonality, signs, bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import LimitExceeded, MathematicsRefuses
from service.linalg.matrices import from_array, read_matrix
from service.linalg.svd import certificate, normalised, svd
from tests.linalg import famous

SHAPES = [(1, 1), (1, 5), (5, 1), (3, 3), (4, 7), (7, 4), (20, 20)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("kind", [float, complex])
def test_the_factors(shape: tuple[int, int], full: bool, kind: Any) -> None:
    random = np.random.default_rng(sum(shape))
    a = random.standard_normal(shape).astype(kind)
    if kind is complex:
        a += 1j * random.standard_normal(shape)
    m, n = shape
    k = min(m, n)
    found = svd(from_array(a), full)
    assert found.u.shape == (m, m if full else k)
    assert found.vt.shape == (n if full else k, n)
    assert np.allclose((found.u[:, :k] * found.singular_values) @ found.vt[:k], a, atol=1e-13)
    assert np.allclose(found.u.conj().T @ found.u, np.eye(found.u.shape[1]), atol=1e-13)
    assert np.allclose(found.vt @ found.vt.conj().T, np.eye(len(found.vt)), atol=1e-13)
    largest = np.abs(found.vt) >= (1 - 1e-6) * np.abs(found.vt).max(axis=1, keepdims=True)
    first = found.vt[np.arange(len(found.vt)), largest.argmax(axis=1)]
    assert np.allclose(first.imag, 0, atol=1e-15)
    assert (first.real > 0).all()


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e3, 1e3)))
@settings(deadline=None)
def test_every_finite_matrix_has_one(a: Any) -> None:
    found = svd(read_matrix(a.tolist()))
    assert all(check.passed for check in found.checks)
    assert np.allclose((found.u * found.singular_values) @ found.vt, a, atol=1e-11 * max(1.0, float(np.abs(a).max())))


def test_repeated_and_zero_singular_values() -> None:
    assert svd(read_matrix([[2, 0], [0, -2]])).singular_values.tolist() == [2, 2]
    zero = svd(read_matrix([[0, 0], [0, 0]]))
    assert zero.rank == 0
    assert zero.condition_number is None
    assert svd(read_matrix([[1, 2], [2, 4]])).rank == 1
    assert svd(read_matrix([[1, 2], [2, 4]])).condition_number is None


def test_singular_values_are_within_their_bound() -> None:
    """Of a matrix whose singular values are known: U·diag(s)·V' with permutations for U and V."""
    values = np.array([9.0, 4.5, 4.5, 1e-3, 1e-9])
    a = np.zeros((5, 5))
    a[[3, 1, 4, 0, 2], [2, 0, 1, 4, 3]] = values
    found = svd(read_matrix(a.tolist()))
    assert (np.abs(found.singular_values - values) <= found.error_bound * 9).all()


def test_extreme_sizes() -> None:
    assert svd(read_matrix([[1e308, 0], [0, 1e308]])).singular_values.tolist() == [1e308, 1e308]
    assert svd(read_matrix([[1e-310, 0], [0, 1e-312]])).rank == 2
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        svd(read_matrix([[1.7e308, 1.7e308], [1.7e308, -1.7e308]]))


def test_the_rank_of_whole_matrices_is_exact() -> None:
    assert svd(read_matrix(famous.pascal(20))).rank == 20
    assert svd(read_matrix(famous.fibonacci(60))).rank == 2
    assert svd(read_matrix(famous.magic(8))).rank == 3


def test_an_unclear_rank_is_left_open() -> None:
    assert svd(read_matrix(famous.hilbert_floats(12))).rank is None


def test_full_factors_are_limited() -> None:
    with pytest.raises(LimitExceeded, match="cubic-size"):
        svd(from_array(np.ones((2000, 2))), full=True)
    assert svd(from_array(np.ones((2000, 2)))).rank == 1


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-3), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_decomposition(seed: int, size: float, what: int) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((4, 3))
    u, values, vt = np.linalg.svd(a, full_matrices=False)
    assert all(check.passed for check in certificate(a, u, values, vt)[1])
    if what == 0:
        u[random.integers(0, 4), random.integers(0, 3)] += size
    elif what == 1:
        vt[random.integers(0, 3), random.integers(0, 3)] += size
    elif what == 2:
        values[random.integers(0, 3)] *= 1 + size
    else:
        u, values, vt = u[:, ::-1], values[::-1], vt[::-1]
    assert not all(check.passed for check in certificate(a, u, values, vt)[1])


def test_signs_do_not_depend_on_those_that_were_found() -> None:
    a = np.random.default_rng(11).standard_normal((5, 3))
    u, values, vt = np.linalg.svd(a, full_matrices=True)
    flips = np.array([-1.0, 1.0, -1.0])
    other = u.copy()
    other[:, :3] *= flips
    for one, two in zip(normalised(u, vt, 3), normalised(other, vt * flips[:, None], 3), strict=True):
        assert np.array_equal(one, two)
    assert len(values) == 3
