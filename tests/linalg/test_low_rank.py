"""Low rank: the errors of Eckart and Young, how a rank is chosen, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import InputError, MathematicsRefuses, Undecided
from service.linalg.low_rank import error_checks, low_rank
from service.linalg.matrices import from_array, read_matrix
from tests.linalg import famous

SIZES = st.floats(-1e3, 1e3).map(lambda value: value if abs(value) > 1e-100 else 0.0)  # the norms of the test itself underflow below


def with_values(values: list[float]) -> Any:
    """A matrix with known singular values, exactly: a permutation of a diagonal one."""
    a = np.zeros((len(values) + 1, len(values)))
    for i, value in enumerate(values):
        a[(i * 2 + 1) % (len(values) + 1), i] = value
    return read_matrix(a.tolist())


def test_the_errors_are_those_of_the_theorem() -> None:
    matrix = with_values([9.0, 4.0, 3.0, 1.0])
    for k, (spectral, frobenius) in enumerate([(9, 107**0.5), (4, 26**0.5), (3, 10**0.5), (1, 1), (0, 0)]):
        found = low_rank(matrix, k)
        assert found.rank == k
        assert found.error_spectral == pytest.approx(spectral, rel=1e-15)
        assert found.error_frobenius == pytest.approx(frobenius, rel=1e-15)
        assert found.relative_error == pytest.approx((frobenius**2 / 107) ** 0.5, rel=1e-15)
        assert found.energy == pytest.approx(1 - frobenius**2 / 107, rel=1e-15)
        assert found.unique


def test_by_tolerance_and_energy() -> None:
    matrix = with_values([9.0, 4.0, 3.0, 1.0])
    assert [low_rank(matrix, tolerance=t).rank for t in (10, 8.9, 3.5, 2, 0.5, 0)] == [0, 1, 2, 3, 4, 4]
    assert [low_rank(matrix, energy=e).rank for e in (0, 0.5, 81 / 107, 0.9, 0.99, 1)] == [0, 1, 1, 2, 3, 4]
    deficient = read_matrix([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    assert low_rank(deficient, tolerance=0).rank == 1
    assert low_rank(deficient, energy=1).rank == 1
    with pytest.raises(Undecided, match="the tolerance up to rounding"):
        low_rank(matrix, tolerance=4)


@pytest.mark.parametrize("name", ["hilbert 9", "magic 5", "random 25", "graded", "rows of different units"])
def test_famous_matrices(name: str) -> None:
    a = np.array(famous.FLOAT_MATRICES[name], dtype=float)
    for k in range(min(a.shape) + 1):
        found = low_rank(read_matrix(a.tolist()), k)
        size = np.abs(a).max()
        error = np.linalg.norm((a - found.approximation) / size) * size
        assert error <= found.error_frobenius + found.error_bound * np.linalg.norm(a / size) * size
        assert np.linalg.matrix_rank(found.approximation / size, tol=1e-10) <= k


def test_repeated_singular_values() -> None:
    assert not low_rank(read_matrix([[1, 0], [0, 1]]), 1).unique
    assert low_rank(read_matrix([[1, 0], [0, 1]]), 2).unique
    assert low_rank(read_matrix([[0, 0], [0, 0]]), 1).error_frobenius == 0


def test_complex_and_extreme_sizes() -> None:
    random = np.random.default_rng(4)
    a = random.standard_normal((4, 3)) + 1j * random.standard_normal((4, 3))
    found = low_rank(from_array(a), 2)
    assert np.allclose((found.u * found.singular_values[:2]) @ found.vt, found.approximation, atol=1e-14)
    assert low_rank(read_matrix([[1e150, 0], [0, 1e-150]]), 1).error_spectral == 1e-150
    assert low_rank(read_matrix([[1e-310]]), 1).approximation.tolist() == [[1e-310]]


def test_what_is_refused() -> None:
    matrix = read_matrix([[1, 2], [3, 4]])
    for options in ({}, {"rank": 1, "energy": 0.5}, {"tolerance": 1.0, "energy": 0.5}):
        with pytest.raises(InputError, match="one of the three"):
            low_rank(matrix, **options)  # type: ignore[arg-type]
    with pytest.raises(MathematicsRefuses, match="at most rank 2"):
        low_rank(matrix, 3)


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=SIZES), st.integers(0, 5))
@settings(deadline=None)
def test_no_other_approximation_is_nearer(a: Any, k: int) -> None:
    k = min(k, *a.shape)
    found = low_rank(read_matrix(a.tolist()), k)
    other = np.random.default_rng(0).standard_normal((a.shape[0], k)) @ np.random.default_rng(1).standard_normal((k, a.shape[1]))
    slack = 1 + 1e-12
    assert np.linalg.norm(a - other) * slack + 1e-300 >= found.error_frobenius
    assert np.linalg.norm(a - found.approximation) <= found.error_frobenius * slack + found.error_bound * np.linalg.norm(a) + 1e-300


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-3), st.integers(0, 5))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_answer(seed: int, size: float, what: int) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((4, 3))
    u, values, vt = np.linalg.svd(a, full_matrices=False)
    factors = [u[:, :2], values[:2], vt[:2]]
    approximation, error = (factors[0] * factors[1]) @ factors[2], float(values[2])
    frobenius, spectral = error, error
    assert all(check.passed for check in error_checks(a, approximation, tuple(factors), frobenius, spectral))  # type: ignore[arg-type]
    if what == 0:
        approximation[random.integers(0, 4), random.integers(0, 3)] += size
    elif what == 1:
        frobenius += size
    elif what == 2:
        spectral += size
    else:
        factors[what - 3] = factors[what - 3] * (1 + size)
    assert not all(check.passed for check in error_checks(a, approximation, tuple(factors), frobenius, spectral))  # type: ignore[arg-type]
