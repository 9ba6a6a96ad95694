"""QR: reconstruction, signs, bounds that hold, exact surds, refusals of perturbed factors."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.answers.exact_constants import with_constants
from service.errors import LimitExceeded
from service.linalg.matrices import from_array, read_matrix, read_symbolic_matrix
from service.linalg.orthogonalize import orthogonalize
from service.linalg.qr import factor_checks, normalised, orthogonality_check, qr
from tests.linalg import famous
from tests.linalg import high_precision as hp

SHAPES = [(1, 1), (1, 4), (4, 1), (3, 3), (5, 3), (3, 5), (20, 12)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("kind", [float, complex])
def test_the_factors(shape: tuple[int, int], full: bool, pivoting: bool, kind: Any) -> None:
    random = np.random.default_rng(sum(shape))
    a = random.standard_normal(shape) + (1j * random.standard_normal(shape) if kind is complex else 0)
    found = qr(from_array(a), full, pivoting)
    m, n = shape
    k = m if full else min(m, n)
    assert found.q.shape == (m, k)
    assert found.r.shape == (k, n)
    order = found.permutation if pivoting else list(range(n))
    assert np.allclose(found.q @ found.r, a[:, order], atol=1e-13)
    assert np.allclose(found.q.conj().T @ found.q, np.eye(k), atol=1e-13)
    diagonal = np.diagonal(found.r)
    assert (diagonal.real >= 0).all()
    assert (diagonal.imag == 0).all()
    assert (np.tril(found.r, -1) == 0).all()
    assert found.error_bound is not None
    assert found.error_bound < 1e-10
    assert found.rank == min(m, n)
    if pivoting:
        assert (np.diff(diagonal.real) <= 1e-12).all()
        assert np.array_equal(np.array(found.to_json()["p"]), np.eye(n)[:, order])


@pytest.mark.parametrize("name", [name for name in famous.FLOAT_MATRICES if not name.startswith("random")])
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_the_factors_are_within_their_bound(name: str, reading: Any) -> None:
    """Whether the doubles or the decimals are taken for what was meant."""
    rows = famous.FLOAT_MATRICES[name]
    found = qr(read_matrix(rows), arithmetic="float")
    if found.error_bound is None:
        pytest.skip("no bound was stated")
    q, r = hp.gram_schmidt(hp.matrix(reading(rows)))
    bound = hp.number(found.error_bound)
    assert hp.frobenius(hp.matrix(found.q) - q) <= bound
    computed = hp.matrix(found.r)
    for j in range(r.cols):
        assert hp.frobenius(hp.column(computed - r, j)) <= bound * hp.frobenius(hp.column(computed, j))


def test_most_famous_matrices_have_a_bound() -> None:
    bounds = [qr(read_matrix(rows), arithmetic="float").error_bound for rows in famous.FLOAT_MATRICES.values()]
    assert sum(bound is not None for bound in bounds) >= len(bounds) - 2


def test_a_wide_matrix_is_within_its_bound() -> None:
    a = np.random.default_rng(2).standard_normal((3, 6))
    found = qr(from_array(a))
    q, _ = hp.gram_schmidt(hp.matrix(a[:, :3]))
    r = q.T * hp.matrix(a)
    assert found.error_bound is not None
    computed = hp.matrix(found.r)
    for j in range(6):
        assert hp.frobenius(hp.column(computed - r, j)) <= found.error_bound * hp.frobenius(hp.column(computed, j))


def test_exactly() -> None:
    found = qr(read_matrix([[1, 2], [3, 4]]), arithmetic="exact")
    assert found.q == [["sqrt(10)/10", "3*sqrt(10)/10"], ["3*sqrt(10)/10", "-sqrt(10)/10"]]
    assert found.r == [["sqrt(10)", "7*sqrt(10)/5"], ["0", "sqrt(10)/5"]]
    assert found.rank == 2
    pythagorean = qr(read_matrix([[3, 1], [4, 2]]), arithmetic="exact")
    assert pythagorean.q == [["3/5", "-4/5"], ["4/5", "3/5"]]
    assert pythagorean.r == [["5", "11/5"], ["0", "2/5"]]


def test_dependent_columns_exactly() -> None:
    found = qr(read_matrix([[1, 2, 3], [2, 4, 5]]), arithmetic="exact")
    assert found.r == [["sqrt(5)", "2*sqrt(5)", "13*sqrt(5)/5"], ["0", "0", "sqrt(5)/5"]]
    zero = qr(read_matrix([[0, 0], [0, 0]]), arithmetic="exact")
    assert zero.rank == 0
    assert zero.r == []


def test_dependent_columns_in_floats() -> None:
    found = qr(read_matrix([[1, 2], [2, 4], [3, 6]]))
    assert found.rank == 1
    assert found.error_bound is None
    zero = qr(read_matrix([[0, 0], [0, 0]]), full=True)
    assert zero.q.tolist() == [[1, 0], [0, 1]]
    assert zero.rank == 0


def test_graded_matrices() -> None:
    rows = [[1e-300, 2e200], [3e-300, -1e200]]
    found = qr(read_matrix(rows))
    assert found.error_bound is not None
    q, r = hp.gram_schmidt(hp.matrix(famous.binary(rows)))
    assert hp.frobenius(hp.matrix(found.q) - q) <= found.error_bound
    assert abs(hp.number(float(found.r[0, 0])) / r[0, 0] - 1) <= found.error_bound


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e3, 1e3)), st.booleans(), st.booleans())
@settings(deadline=None)
def test_every_finite_matrix_has_factors(a: Any, full: bool, pivoting: bool) -> None:
    found = qr(read_matrix(a.tolist()), full, pivoting, "float")
    b = a[:, found.permutation] if pivoting else a
    assert np.allclose(found.q @ found.r, b, atol=1e-11 * max(1.0, float(np.abs(a).max())))


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-3), st.integers(0, 4))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_perturbed_factors(seed: int, size: float, what: int) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((5, 3))
    q, r = normalised(*np.linalg.qr(a))
    assert all(check.passed for check in factor_checks(a, q, r, False))
    i, j = sorted(random.integers(0, 3, 2).tolist())
    if what == 0:
        q[random.integers(0, 5), j] += size
    elif what == 1:
        r[i, j] += size * (1 + abs(r[i, j]))
    elif what == 2:
        r[2, 0] += size
    elif what == 3:
        q[:, j], r[j] = -q[:, j], -r[j]
    else:
        q = q[:, ::-1]
    assert not all(check.passed for check in factor_checks(a, q, r, False))


def test_the_order_of_the_pivots_is_checked() -> None:
    a = np.array([[1.0, 5.0], [1.0, -5.0]])
    q, r = normalised(*np.linalg.qr(a))
    assert all(check.passed for check in factor_checks(a, q, r, False))
    assert not all(check.passed for check in factor_checks(a, q, r, True))


def test_the_exact_certificate_refuses_perturbed_factors() -> None:
    a = read_matrix([[1, 2], [3, 4]]).exact
    for place in ("vectors", "coefficients"):
        found = orthogonalize(a)
        assert orthogonality_check(a, found).passed
        getattr(found, place)[0, 1] += 1
        assert not orthogonality_check(a, found).passed
    found = orthogonalize(a)
    found.squared_norms[1] *= 2
    assert not orthogonality_check(a, found).passed


def test_signs_do_not_depend_on_those_that_were_found() -> None:
    a = np.random.default_rng(5).standard_normal((5, 3))
    q, r = np.linalg.qr(a, mode="complete")
    flips = np.array([-1.0, 1.0, -1.0, -1.0, 1.0])
    one, two = normalised(q, r), normalised(q * flips, r * flips[:, None])
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


def test_what_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="cubic-size"):
        qr(from_array(np.ones((2000, 2))), full=True)
    assert qr(from_array(np.ones((2000, 2)))).rank == 1


def test_the_rank_of_whole_matrices_is_exact() -> None:
    assert qr(read_matrix(famous.pascal(20))).rank == 20
    assert qr(read_matrix(famous.magic(4))).rank == 3
    assert qr(read_matrix(famous.hilbert_floats(12))).rank is None


def test_very_long_numbers_are_written() -> None:
    """Beyond the 4,300 digits that Python itself writes."""
    found = qr(read_matrix([[1e300, 1, 1e-310], [1, 1e-300, 3], [1e-310, 3, 1e300]]), arithmetic="exact")
    assert max(len(text) for row in found.q for text in row) > 4300


def doubles(part: list[list[Any]], width: int) -> np.ndarray:
    """Of texts such as 2*sqrt(5)/5; there may be none."""
    if not part or not width:
        return np.zeros((len(part), width))
    return with_constants(read_symbolic_matrix(part), "/matrix").floats


@pytest.mark.parametrize(
    "rows", [[[1, 2], [3, 4], [5, 6]], [[0, 0], [0, 0]], [[1, 2, 3], [2, 4, 6]], [[3, 0, 4], [4, 0, 1], [0, 0, 12]], [["1/3"]]]
)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("pivoting", [False, True])
def test_exact_factors_full_and_pivoted(rows: list[list[Any]], full: bool, pivoting: bool) -> None:
    m, n = len(rows), len(rows[0])
    found = qr(read_matrix(rows), full, pivoting, "exact")
    q, r = doubles(found.q, len(found.r)), doubles(found.r, n)
    a = np.array([[float(Fraction(entry)) for entry in row] for row in rows])
    a = a if found.permutation is None else a[:, found.permutation]
    assert q.shape == (m, m if full else found.rank)
    assert np.abs(q @ r - a).max() < 1e-14
    assert np.abs(q.T @ q - np.eye(q.shape[1])).max(initial=0) < 1e-14
    assert found.rank == np.linalg.matrix_rank(a)
    if pivoting:
        floats = qr(read_matrix(rows), full, True, "float")
        assert found.permutation[: found.rank] == floats.permutation[: found.rank]
