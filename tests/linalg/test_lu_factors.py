"""LU: reconstruction, pivots, exact factors, bounds that hold, refusals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import MathematicsRefuses, Undecided
from service.linalg.elimination import eliminate
from service.linalg.lu_factors import exact_check, factor_checks, lu
from service.linalg.matrices import from_array, read_matrix
from tests.linalg import famous

SHAPES = [(1, 1), (1, 4), (4, 1), (3, 3), (6, 3), (3, 6), (30, 20)]


def exact_factors(rows: famous.Exact, order: list[int]) -> tuple[famous.Exact, famous.Exact]:
    """Doolittle's algorithm on the rows in the given order."""
    work = [list(rows[i]) for i in order]
    m, n = len(work), len(work[0])
    k = min(m, n)
    lower = [[Fraction(int(i == j)) for j in range(k)] for i in range(m)]
    for j in range(k):
        for i in range(j + 1, m):
            lower[i][j] = work[i][j] / work[j][j]
            work[i] = [a - lower[i][j] * b for a, b in zip(work[i], work[j], strict=True)]
    return lower, work[:k]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pivoting", ["partial", "none"])
@pytest.mark.parametrize("kind", [float, complex])
def test_the_factors(shape: tuple[int, int], pivoting: Any, kind: Any) -> None:
    random = np.random.default_rng(sum(shape))
    a = random.standard_normal(shape) + (1j * random.standard_normal(shape) if kind is complex else 0)
    found = lu(from_array(a), pivoting)
    k = min(shape)
    assert found.l.shape == (shape[0], k)
    assert found.u.shape == (k, shape[1])
    assert np.allclose(found.l @ found.u, np.array(found.to_json()["p"]) @ a, atol=1e-11)
    assert np.allclose(found.l @ found.u, a[found.permutation], atol=1e-11)
    assert (np.diagonal(found.l) == 1).all()
    if pivoting == "none":
        assert found.permutation == list(range(shape[0]))
    elif kind is float:
        assert np.abs(found.l).max() == 1


@pytest.mark.parametrize("name", [name for name in famous.FLOAT_MATRICES if name != "random 60"])
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_the_factors_are_within_their_bound(name: str, reading: Any) -> None:
    rows = famous.FLOAT_MATRICES[name]
    found = lu(read_matrix(rows), "partial", "float")
    if found.error_bound is None:
        pytest.skip("no bound was stated")
    lower, upper = exact_factors(reading(rows), found.permutation)
    assert_within(found, lower, upper)


def assert_within(found: Any, lower: famous.Exact, upper: famous.Exact) -> None:
    """Rows of L and columns of U, in the 2-norm (squares are compared)."""
    bound = Fraction(found.error_bound) ** 2
    pairs = [*zip(found.l, lower, strict=True), *zip(found.u.T, zip(*upper, strict=True), strict=True)]
    for computed, true in pairs:
        error = sum((Fraction(float(x)) - y) ** 2 for x, y in zip(computed, true, strict=True))
        assert error <= bound * sum(Fraction(float(x)) ** 2 for x in computed)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5)])
def test_factors_that_are_not_square_are_within_their_bound(shape: tuple[int, int]) -> None:
    a = np.random.default_rng(8).standard_normal(shape)
    found = lu(from_array(a))
    assert found.error_bound is not None
    assert found.error_bound < 1e-12
    assert_within(found, *exact_factors(famous.binary(a.tolist()), found.permutation))


def test_a_textbook_matrix_exactly() -> None:
    """Trefethen and Bau, Numerical Linear Algebra, (20.4): L and U without pivoting."""
    rows = [[2, 1, 1, 0], [4, 3, 3, 1], [8, 7, 9, 5], [6, 7, 9, 8]]
    found = lu(read_matrix(rows), "none", "exact")
    assert found.l == [["1", "0", "0", "0"], ["2", "1", "0", "0"], ["4", "3", "1", "0"], ["3", "4", "1", "1"]]
    assert found.u == [["2", "1", "1", "0"], ["0", "1", "1", "1"], ["0", "0", "2", "2"], ["0", "0", "0", "2"]]
    pivoted = lu(read_matrix(rows), "partial", "exact")  # (21.5) there
    assert pivoted.permutation == [2, 3, 1, 0]
    assert pivoted.u == [["8", "7", "9", "5"], ["0", "7/4", "9/4", "17/4"], ["0", "0", "-6/7", "-2/7"], ["0", "0", "0", "2/3"]]


def test_wilkinsons_growth() -> None:
    """The pivots double at each step (Wilkinson)."""
    rows = famous.FLOAT_MATRICES["growth 30"]
    found = lu(read_matrix(rows))
    assert found.growth_factor == 2.0**29
    assert found.u[-1, -1] == 2.0**29


def test_pascal_has_triangles_of_binomials() -> None:
    found = lu(read_matrix(famous.pascal(8)), "none")
    assert found.l.tolist() == np.tril([[float(famous.comb(i, j)) for j in range(8)] for i in range(8)]).tolist()
    assert np.array_equal(found.u, found.l.T)


def test_singular_matrices_have_factors() -> None:
    for rows in ([[0, 0], [0, 0]], [[1, 2], [2, 4]], famous.magic(4), [[0.5, 1.0], [0.25, 0.5]]):
        found = lu(read_matrix(rows), "partial", "float")
        assert np.allclose(found.l @ found.u, np.array(rows, dtype=float)[found.permutation], atol=1e-14)


def test_no_factors_without_exchanges() -> None:
    for rows in ([[0, 1], [1, 0]], [[1, 2, 3], [2, 4, 5], [1, 1, 1]], [[0.0, 0.5], [0.5, 0.25]]):
        with pytest.raises(MathematicsRefuses, match="leading minor of order"):
            lu(read_matrix(rows), "none")
    i = {"re": 0, "im": 1}
    with pytest.raises(Undecided):
        lu(read_matrix([[0, i], [i, 0]]), "none")
    assert lu(read_matrix([[0, 1], [0, 2]]), "none", "exact").u == [["0", "1"], ["0", "2"]]


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e3, 1e3)))
@settings(deadline=None)
def test_every_finite_matrix_has_factors(a: Any) -> None:
    found = lu(read_matrix(a.tolist()), "partial", "float")
    assert np.allclose(found.l @ found.u, a[found.permutation], atol=1e-11 * max(1.0, float(np.abs(a).max())))


@given(st.lists(st.lists(st.fractions(max_denominator=20), min_size=3, max_size=3), min_size=2, max_size=4))
@settings(deadline=None, max_examples=50)
def test_exact_factors_multiply_to_the_matrix(rows: list[list[Fraction]]) -> None:
    found = lu(read_matrix([[str(value) for value in row] for row in rows]))
    lower, upper = ([[Fraction(value) for value in row] for row in factor] for factor in (found.l, found.u))
    assert famous.product(lower, upper) == [rows[i] for i in found.permutation]
    assert max((abs(value) for row in lower for value in row), default=0) <= 1


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-3), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_perturbed_factors(seed: int, size: float, what: int) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((4, 4))
    found = lu(from_array(a))
    l, u, order = found.l.copy(), found.u.copy(), list(found.permutation)  # noqa: E741
    assert all(check.passed for check in factor_checks(a, l, u, order, "partial"))
    i, j = sorted(random.integers(0, 4, 2).tolist())
    if what == 0:
        l[j, i] += size
    elif what == 1:
        u[i, j] += size * (1 + abs(u[i, j]))
    elif what == 2:
        order[0], order[1] = order[1], order[0]
    else:
        l[0, 3] += size
    assert not all(check.passed for check in factor_checks(a, l, u, order, "partial"))


def test_the_exact_certificate_refuses_perturbed_factors() -> None:
    matrix = read_matrix([["1/2", 1, 3], [3, 4, 5]])
    for place, at in (("l", (1, 0)), ("u", (0, 2)), ("u", (1, 1))):
        found = eliminate(matrix, "partial")
        assert exact_check(matrix, found).passed
        getattr(found, place)[at[0]][at[1]] += 1
        assert not exact_check(matrix, found).passed
    found = eliminate(matrix, "partial")
    found.permutation.reverse()
    assert not exact_check(matrix, found).passed
