"""Pseudoinverses: the conditions of Penrose, exact ones, bounds that hold, ranks that are decided or left open."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import InputError, MathematicsRefuses, Undecided
from service.linalg.matrices import from_array, read_matrix
from service.linalg.pseudoinverse import exact_penrose_checks, penrose_checks, pseudoinverse
from tests.linalg import famous


def transposed(rows: famous.Exact) -> famous.Exact:
    return [list(column) for column in zip(*rows, strict=True)]


def exact_pseudoinverse(rows: famous.Exact) -> famous.Exact:
    """(AᵀA)⁻¹Aᵀ for independent columns, Aᵀ(AAᵀ)⁻¹ for independent rows."""
    if len(rows) < len(rows[0]):
        return transposed(exact_pseudoinverse(transposed(rows)))
    across = transposed(rows)
    return famous.product(famous.exact_inverse(famous.product(across, rows)), across)


CASES: dict[str, famous.Rows] = {
    **{name: famous.FLOAT_MATRICES[name] for name in ("1×1", "decimals", "graded", "hilbert 4", "kahan 10", "columns of different units")},
    "tall": [[0.1, 0.2], [0.3, 0.5], [0.1, 0.9]],
    "wide": [[0.1, 0.2, 0.3], [0.3, 0.5, 0.5]],
    "hilbert 9×5": [row[:5] for row in famous.hilbert_floats(9)],
    "hilbert 4×8": famous.hilbert_floats(8)[:4],
    "tall and graded": [[1e-200, 1.5], [1e-200, 2.0], [2e-200, 0.5]],
    "random 20×13": np.random.default_rng(20).standard_normal((20, 13)).tolist(),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_it_is_within_its_bound(name: str, reading: Any) -> None:
    rows = CASES[name]
    found = pseudoinverse(read_matrix(rows), "float")
    truth = exact_pseudoinverse(reading(rows))
    assert found.error_bound is not None
    lines = list(zip(found.pseudoinverse, truth, strict=True))
    if len(rows) < len(rows[0]):
        lines = list(zip(np.asarray(found.pseudoinverse).T, transposed(truth), strict=True))
    for computed, true in lines:
        error = sum((Fraction(float(x)) - y) ** 2 for x, y in zip(computed, true, strict=True))
        assert error <= Fraction(found.error_bound) ** 2 * sum(y * y for y in true)


def test_exactly() -> None:
    found = pseudoinverse(read_matrix([[1, 2], [2, 5], [3, 4]]), "exact")
    assert found.pseudoinverse == [["-1/18", "-5/9", "13/18"], ["2/27", "11/27", "-8/27"]]
    assert pseudoinverse(read_matrix([[1, 2], [2, 4]]), "exact").pseudoinverse == [["1/25", "2/25"], ["2/25", "4/25"]]
    assert pseudoinverse(read_matrix([[0, 0]]), "exact").pseudoinverse == [["0"], ["0"]]
    assert pseudoinverse(read_matrix([[2, 1], [5, 3]]), "exact").pseudoinverse == [["3", "-1"], ["-5", "2"]]
    magic = pseudoinverse(read_matrix(famous.magic(4)), "exact")
    assert magic.rank == 3
    assert magic.pseudoinverse[0][0] == "55/544"  # MATLAB's documentation of pinv shows 0.1011 for magic(4)


def test_small_whole_matrices_are_correctly_rounded() -> None:
    rows = famous.magic(4)
    found = pseudoinverse(read_matrix(rows))
    exact = pseudoinverse(read_matrix(rows), "exact")
    assert np.asarray(found.pseudoinverse).tolist() == [[float(Fraction(value)) for value in row] for row in exact.pseudoinverse]


def test_rank_deficient_floats() -> None:
    found = pseudoinverse(read_matrix([[0.1, 0.2], [0.2, 0.4]]))
    assert found.rank == 1
    assert found.error_bound is None
    assert np.allclose(found.pseudoinverse, [[0.4, 0.8], [0.8, 1.6]], rtol=1e-12)
    random = np.random.default_rng(1)
    a = random.standard_normal((40, 3)) @ random.standard_normal((3, 30))
    found = pseudoinverse(from_array(a))
    assert found.rank == 3
    assert np.allclose(found.pseudoinverse, np.linalg.pinv(a, rcond=1e-10), atol=1e-12)


def test_a_tolerance_decides() -> None:
    found = pseudoinverse(read_matrix([[1.5, 0], [0, 0.001]]), tolerance=0.01)
    assert (found.rank, found.tolerance) == (1, 0.01)
    assert np.allclose(found.pseudoinverse, [[2 / 3, 0], [0, 0]], atol=1e-16)
    with pytest.raises(InputError, match="no meaning in exact"):
        pseudoinverse(read_matrix([["1/2"]]), tolerance=0.1)


def test_what_is_left_open_or_refused() -> None:
    with pytest.raises(Undecided):
        pseudoinverse(read_matrix(famous.hilbert_floats(12)))
    with pytest.raises(MathematicsRefuses):
        pseudoinverse(read_matrix([[1e-310]]))
    assert pseudoinverse(read_matrix(famous.hilbert(12))).pseudoinverse == famous.hilbert_inverse(12)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (5, 3), (3, 5), (4, 4)])
def test_complex(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(sum(shape))
    a = random.standard_normal(shape) + 1j * random.standard_normal(shape)
    found = pseudoinverse(from_array(a))
    assert np.allclose(found.pseudoinverse, np.linalg.pinv(a), atol=1e-12)
    assert found.condition_number == pytest.approx(np.linalg.cond(a), rel=1e-10)


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.integers(-4, 4).map(float)))
@settings(deadline=None)
def test_whole_matrices_meet_all_four_conditions(a: Any) -> None:
    found = pseudoinverse(read_matrix(a.tolist()))
    x = np.asarray(found.pseudoinverse)
    assert np.allclose(a @ x @ a, a, atol=1e-11)
    assert np.allclose(x @ a @ x, x, atol=1e-11)
    assert np.allclose((a @ x).T, a @ x, atol=1e-11)
    assert np.allclose((x @ a).T, x @ a, atol=1e-11)
    assert found.rank == np.linalg.matrix_rank(a)


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-3), st.sampled_from([(4, 3), (3, 4), (3, 3)]))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_pseudoinverse(seed: int, size: float, shape: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal(shape) + np.eye(*shape) * 3
    x = np.linalg.pinv(a)
    assert all(check.passed for check in penrose_checks(a, x))
    x[random.integers(0, shape[1]), random.integers(0, shape[0])] += size
    assert not all(check.passed for check in penrose_checks(a, x))


def test_the_exact_certificate_refuses_a_perturbed_pseudoinverse() -> None:
    a = read_matrix([[1, 2], [2, 4], [0, 1]]).exact
    exact = pseudoinverse(read_matrix([[1, 2], [2, 4], [0, 1]]), "exact").pseudoinverse
    x = read_matrix(exact).exact
    assert all(check.passed for check in exact_penrose_checks(a, x))
    for i in range(2):
        for j in range(3):
            wrong = read_matrix(exact).exact
            wrong[i, j] += 1
            assert not all(check.passed for check in exact_penrose_checks(a, wrong))
