"""Least squares: independent columns, dependent columns, exact, and fits that were tampered with."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, RankDeficient, ShapeMismatch, Undecided
from service.linalg.bounds import extended
from service.linalg.least_squares import exact_checks, least_squares, shortest_checks
from service.linalg.matrices import read_matrix, read_vector, read_vector_or_matrix
from service.linalg.orthogonal_fit import basis_of, defect, fit, orthogonality_check
from tests.linalg import famous


def exact_solution(rows: famous.Exact, rhs: famous.Exact) -> famous.Exact:
    transposed = [list(column) for column in zip(*rows, strict=True)]
    return famous.product(famous.exact_inverse(famous.product(transposed, rows)), famous.product(transposed, rhs))


def near_dependent(m: int, n: int, k: int) -> famous.Rows:
    """The last column is the first one but for 10^-k."""
    a = np.random.default_rng(100 * n + k).standard_normal((m, n))
    a[:, -1] = a[:, 0] + 10.0**-k * a[:, -1]
    return a.tolist()  # type: ignore[no-any-return]


PROBLEMS: dict[str, famous.Rows] = {
    "seed": [[1.0, 2.0], [2.0, 5.0], [3.0, 4.0]],
    "one column": [[0.1], [0.2], [0.7]],
    "square": [[0.5, 1.5], [2.5, 3.0]],
    "Läuchli": [[1, 1], [1e-9, 0], [0, 1e-9]],
    "different units": [[1e-100, 2e100], [3e-100, 1e100], [2e-100, 5e100]],
    "powers": [[(x / 10) ** j for j in range(6)] for x in range(21)],
    "random": near_dependent(20, 4, 0),
    "near dependent 4": near_dependent(20, 4, 4),
    "near dependent 7": near_dependent(20, 4, 7),
    "near dependent 10": near_dependent(20, 4, 10),
}


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_a_float_solution_is_within_its_own_bound(name: str, reading: Any) -> None:
    rows = PROBLEMS[name]
    rhs = [[(-1) ** i * (i + 1) / 3] for i in range(len(rows))]
    answer = least_squares(read_matrix(rows), read_vector([row[0] for row in rhs]), "float")
    truth = exact_solution(reading(rows), reading(rhs))
    size = max(abs(row[0]) for row in truth)
    error = max(abs(Fraction(float(x)) - row[0]) for x, row in zip(answer.x, truth, strict=True))
    assert answer.error_bound is not None
    assert error <= Fraction(answer.error_bound) * size
    assert answer.unique
    assert answer.rank == len(rows[0])


@given(st.integers(1, 5), st.integers(0, 5), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_the_bound_on_every_coefficient_holds(n: int, more: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((n + more, n)), random.standard_normal((n + more, 1))
    basis = basis_of(a)
    if basis is None or not basis.defect < 1:
        return
    found = fit(extended(a), extended(b), basis)
    truth = exact_solution(famous.binary(a.tolist()), famous.binary(b.tolist()))
    for x, row, error in zip(found.x[:, 0], truth, found.error[:, 0], strict=True):
        assert abs(Fraction(float(x)) - row[0]) <= Fraction(float(error))


def test_exact_solutions() -> None:
    answer = least_squares(read_matrix([[1, 1], [1, 2], [1, 3]]), read_vector([1, 2, 4]), "exact")
    assert answer.x == ["-2/3", "3/2"]
    assert answer.residual == ["1/6", "-1/3", "1/6"]
    assert answer.residual_norm == pytest.approx((1 / 6) ** 0.5, rel=1e-15)


DEPENDENT = [
    ([[1, 2], [2, 4], [3, 6]], ["column 2 = 2·column 1"]),
    ([[1, 2, 3]], ["column 2 = 2·column 1", "column 3 = 3·column 1"]),
    ([[0, 0], [0, 0]], ["column 1 is zero", "column 2 is zero"]),
    ([[1, 0, 1], [0, 1, 1]], ["column 3 = column 1 + column 2"]),
    ([[0.1, 0.2], [0.2, 0.4], [0.3, 0.6]], ["column 2 = 2·column 1"]),
    ([["1/2", "1/3"], [3, 2]], ["column 2 = 2/3·column 1"]),
]


@pytest.mark.parametrize(("rows", "relations"), DEPENDENT)
@pytest.mark.parametrize("arithmetic", ["float", "exact"])
def test_dependent_columns_give_the_shortest_solution_and_say_so(rows: Any, relations: list[str], arithmetic: Any) -> None:
    rhs = [1, 2, 4][: len(rows)]
    answer = least_squares(read_matrix(rows), read_vector(rhs), arithmetic)
    a = np.array([[float(Fraction(str(entry))) for entry in row] for row in rows])
    expected = np.linalg.pinv(a) @ np.array(rhs, dtype=float)
    assert np.allclose([float(Fraction(str(x))) for x in answer.x], expected, atol=1e-12)
    assert not answer.unique
    assert [entry.sentence() for entry in answer.dependencies or []] == relations


def test_several_right_hand_sides_and_complex_ones() -> None:
    answer = least_squares(read_matrix([[1], [2]]), read_vector_or_matrix([[1, 2], [3, 4]]))
    assert np.allclose(answer.x, [[1.4, 2.0]])
    assert np.allclose(answer.residual_norm, [0.2**0.5, 0])
    unit = {"re": 0, "im": 1}
    assert np.allclose(least_squares(read_matrix([[1], [unit]]), read_vector([1, 2])).x, [0.5 - 1j])
    assert np.allclose(least_squares(read_matrix([[1, 2]]), read_vector([unit])).x, [0.2j, 0.4j])


def test_shapes_and_doubt() -> None:
    with pytest.raises(ShapeMismatch, match="2 rows and the right-hand side 1"):
        least_squares(read_matrix([[1], [2]]), read_vector([1]))
    with pytest.raises(Undecided):
        least_squares(read_matrix(famous.hilbert_floats(14)), read_vector([1] * 14))


@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(1e-8, 1e-2))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_a_perturbed_fit(n: int, more: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((n + more, n)), random.standard_normal((n + more, 1))
    basis = basis_of(a)
    assert basis is not None
    found = fit(extended(a), extended(b), basis)
    assert orthogonality_check(found, a.shape).passed
    x = found.x.copy()
    j = random.integers(0, n)
    x[j] += size * np.abs(x).max()
    wrong = defect(extended(a), extended(b), x, basis)
    assert not orthogonality_check(wrong, a.shape).passed
    assert wrong.error[j, 0] >= size * np.abs(x).max() * 0.5


def test_the_certificate_of_the_shortest_solution_refuses_others() -> None:
    a, b = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), np.array([[1.0], [2.0], [4.0]])
    u, values, vt = np.linalg.svd(a, full_matrices=False)
    u, vt = u[:, :1], vt[:1]
    x = vt.T @ (u.T @ b / values[0])
    assert all(check.passed for check in shortest_checks(a, b, x, u, vt))
    longer = x + 1e-6 * np.array([[2.0], [-1.0]])
    assert [check.passed for check in shortest_checks(a, b, longer, u, vt)] == [True, False]
    assert [check.passed for check in shortest_checks(a, b, x * (1 + 1e-6), u, vt)] == [False, True]


def test_the_exact_certificate_refuses_others() -> None:
    matrix, rhs = read_matrix([[1, 2], [2, 4], [3, 6]]), read_vector([1, 2, 4])
    answer = least_squares(matrix, rhs, "exact")
    a, b, x = matrix.table, rhs.table, read_vector(answer.x).table
    assert all(check.passed for check in exact_checks(a, x, b - a @ x, 1))
    other = read_vector(["17/35", "17/35"]).table
    assert not all(check.passed for check in exact_checks(a, other, b - a @ other, 1))
    along = read_vector(["1", "2"]).table
    assert not exact_checks(a, along, b - a @ along, 1)[0].passed


def test_weights() -> None:
    """The weighted mean; and rows that are repeated are rows of weight 2 (Draper, Smith, Applied Regression Analysis, 9.2)."""
    mean = least_squares(read_matrix([[1], [1], [1]]), read_vector([1, 2, 6]), "exact", read_vector([1, 1, 2]))
    assert mean.x == ["15/4"]
    assert mean.residual == ["-11/4", "-7/4", "9/4"]
    assert mean.weighted_residual_norm == pytest.approx((121 / 16 + 49 / 16 + 2 * 81 / 16) ** 0.5, rel=1e-15)
    rows, rhs = [[1, 0.5], [1, 1.5], [1, 4]], [1, 2.5, 3]
    for arithmetic in ("float", "exact"):
        weighted = least_squares(read_matrix(rows), read_vector(rhs), arithmetic, read_vector([1, 2, 1]))
        repeated = least_squares(read_matrix([*rows, rows[1]]), read_vector([*rhs, rhs[1]]), arithmetic)
        pairs = zip(weighted.x, repeated.x, strict=True)
        assert all(float(Fraction(x)) == pytest.approx(float(Fraction(y)), rel=1e-14) for x, y in pairs)
    shortest = least_squares(read_matrix([[0.5, 1], [0.5, 1]]), read_vector([1.0, 2]), "float", read_vector([1, 3]))
    assert shortest.x == pytest.approx([0.7, 1.4], rel=1e-14)


@given(st.integers(1, 4), st.integers(0, 2**32 - 1), st.sampled_from([famous.binary, famous.decimal]))
@settings(deadline=None, max_examples=40)
def test_a_weighted_solution_is_within_its_bound(n: int, seed: int, reading: Any) -> None:
    random = np.random.default_rng(seed)
    rows, rhs = random.standard_normal((n + 2, n)).tolist(), random.standard_normal((n + 2, 1)).tolist()
    weights = (10.0 ** random.uniform(-3, 3, (n + 2, 1))).tolist()
    answer = least_squares(read_matrix(rows), read_vector([row[0] for row in rhs]), "float", read_vector([row[0] for row in weights]))
    a, b, w = reading(rows), reading(rhs), reading(weights)
    across = [[w[i][0] * a[i][j] for i in range(n + 2)] for j in range(n)]
    truth = famous.product(famous.exact_inverse(famous.product(across, a)), famous.product(across, b))
    error = max(abs(Fraction(float(x)) - row[0]) for x, row in zip(answer.x, truth, strict=True))
    assert answer.error_bound is not None
    assert error <= Fraction(answer.error_bound) * max(abs(row[0]) for row in truth)


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1], [1, {"re": 1, "im": 1}]])
def test_weights_that_are_none(weights: Any) -> None:
    with pytest.raises((InputError, ShapeMismatch), match="weight"):
        least_squares(read_matrix([[1.5], [2]]), read_vector([1, 2]), None, read_vector(weights))


def test_exactly_over_the_complex_numbers() -> None:
    i = {"re": 0, "im": 1}
    answer = least_squares(read_matrix([[1], [i]]), read_vector([2, 0]), "exact")
    assert answer.x == ["1"]
    assert answer.residual == ["1", {"re": "0", "im": "-1"}]
    assert answer.residual_norm == pytest.approx(2**0.5, rel=1e-15)


@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_entries_of_many_sizes(reading: Any) -> None:
    """Columns and right-hand sides whose products and squares leave the range of doubles."""
    rows = [[3e-120, 2e120, 0.1], [1e-120, -1e120, 0.2], [2e-120, 5e120, 0.0], [1e-120, 0.0, 0.5]]
    for size in (1e-150, 1.0, 1e150):
        rhs = [[size], [-size / 2], [size / 4], [0.0]]
        answer = least_squares(read_matrix(rows), read_vector([row[0] for row in rhs]), "float")
        truth = exact_solution(reading(rows), reading(rhs))
        error = max(abs(Fraction(float(x)) - row[0]) for x, row in zip(answer.x, truth, strict=True))
        assert answer.error_bound is not None
        assert error <= Fraction(answer.error_bound) * max(abs(row[0]) for row in truth)
        assert answer.error_bound <= 1e-8


def test_both_drivers_agree_within_their_bounds() -> None:
    a, b = read_matrix(famous.hilbert_floats(6)[:6]), read_vector([0.5, 1.5, -2, 0.25, 3, 1])
    by_qr, by_svd = least_squares(a, b, driver="qr"), least_squares(a, b, driver="svd")
    assert by_qr.error_bound is not None
    assert by_svd.error_bound is not None
    assert np.abs(by_qr.x - by_svd.x).max() <= (by_qr.error_bound + by_svd.error_bound) * np.abs(by_qr.x).max()


def test_a_tolerance_leaves_small_singular_values_out() -> None:
    rows = [[1.5, 0.0], [0.0, 1e-3], [0.0, 0.0]]
    found = least_squares(read_matrix(rows), read_vector([3, 1, 1]), tolerance=0.01)
    assert (found.rank, found.unique, found.error_bound) == (1, False, None)
    assert np.abs(found.x - np.linalg.lstsq(np.array(rows), np.array([3.0, 1, 1]), rcond=0.005)[0]).max() < 1e-15


def test_options_that_do_not_fit() -> None:
    a, b = read_matrix([[1, 2], [2, 4.5], [0, 1]]), read_vector([1, 2, 3])
    for options in (
        {"arithmetic": "exact", "driver": "svd"},
        {"arithmetic": "exact", "tolerance": 0.1},
        {"driver": "qr", "tolerance": 0.1},
    ):
        with pytest.raises(InputError):
            least_squares(a, b, **options)
    with pytest.raises(RankDeficient):
        least_squares(read_matrix([[1, 2], [2, 4], [3, 6]]), b, driver="qr")
