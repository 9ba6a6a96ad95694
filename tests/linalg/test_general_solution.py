"""All solutions of a system: found, explained, within their bound, and refused when tampered with."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import NoSolution, Undecided
from service.linalg.exact_tables import Table
from service.linalg.general_solution import backward_error, exact_checks, general_solution, solved
from service.linalg.matrices import read_matrix, read_vector, read_vector_or_matrix

UNIT = {"re": 0, "im": 1}

SOLVED: list[tuple[Any, Any, list[Any], list[Any]]] = [
    ([[1, 2, 3], [2, 4, 7]], [1, 3], ["-2", "0", "1"], [["-2", "1", "0"]]),
    ([[1, 2], [2, 4], [1, 1]], [1, 2, 1], ["1", "0"], []),
    ([[1, 2], [2, 4]], [3, 6], ["3", "0"], [["-2", "1"]]),
    ([[0, 0]], [0], ["0", "0"], [["1", "0"], ["0", "1"]]),
    ([["1/2"]], ["1/3"], ["2/3"], []),
    ([[UNIT, 1], [-1, UNIT]], [1, UNIT], [{"re": "0", "im": "-1"}, "0"], [[{"re": "0", "im": "1"}, "1"]]),
]


@pytest.mark.parametrize(("rows", "rhs", "x", "null_space"), SOLVED)
def test_exactly(rows: Any, rhs: Any, x: list[Any], null_space: list[Any]) -> None:
    answer = general_solution(read_matrix(rows), read_vector(rhs), "exact")
    assert answer.x == x
    assert answer.null_space == null_space
    assert answer.unique == (not null_space)
    assert all(check.passed for check in answer.checks)


@pytest.mark.parametrize(("rows", "rhs", "x", "null_space"), [row for row in SOLVED if "/" not in str(row)])
def test_floats_agree(rows: Any, rhs: Any, x: list[Any], null_space: list[Any]) -> None:
    def number(value: Any) -> complex:
        return complex(float(value["re"]), float(value["im"])) if isinstance(value, dict) else float(value)

    answer = general_solution(read_matrix(rows), read_vector(rhs), "float")
    assert np.allclose(answer.x, [number(value) for value in x], atol=1e-15)
    wanted = np.reshape([[number(v) for v in row] for row in null_space], (-1, len(x)))
    assert np.allclose(np.reshape(answer.null_space, (-1, len(x))), wanted, atol=1e-15)


REFUSED = [
    ([[1, 2], [2, 4]], [1, 3], None, "row 2 = 2·row 1, so entry 2 of the right-hand side would have to be 2, and it is 3"),
    ([[1, 1], [0, 0]], [1, 3], None, "row 2 is zero, so entry 2 of the right-hand side would have to be 0, and it is 3"),
    ([[1], [1], [2]], [[1, 1], [1, 1], [2, 3]], "exact", r"entry 3 of the right-hand side \(column 2\) would have to be 2, and it is 3"),
    ([[0.5, 1], [0.7, 1], [0.1, 1]], [1, 2, 5], None, "not in the column space"),
]


@pytest.mark.parametrize(("rows", "rhs", "arithmetic", "detail"), REFUSED)
def test_a_contradiction_is_named(rows: Any, rhs: Any, arithmetic: Any, detail: str) -> None:
    with pytest.raises(NoSolution, match=detail) as caught:
        general_solution(read_matrix(rows), read_vector_or_matrix(rhs), arithmetic)
    assert caught.value.pointer == "/rhs"
    assert caught.value.facts["solutions"] == "none"


def test_what_floats_cannot_decide() -> None:
    hilbert = [[1 / (i + j + 1) for j in range(12)] for i in range(12)]
    with pytest.raises(Undecided):
        general_solution(read_matrix(hilbert), read_vector([1.0] * 12))
    nearly = [[0.5, 1.0], [0.25, 0.7], [0.125, 0.1]]
    b = np.array(nearly) @ [1.0, 2.0] + np.array([0, 0, 1e-11])
    with pytest.raises(Undecided, match="may be rounding"):
        general_solution(read_matrix(nearly), read_vector(b.tolist()))


@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 4), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_floats_are_within_their_bound(m: int, n: int, r: int, seed: int) -> None:
    """Decimals with two places and a known rank, against the exact solution."""
    random = np.random.default_rng(seed)
    left, right = random.integers(-9, 10, (m, r)), random.integers(-9, 10, (r, n))
    rows = (left @ right / 4 if r else np.zeros((m, n))).tolist()
    b = (np.array(rows) @ random.integers(-9, 10, n) / 2).tolist()
    matrix, rhs = read_matrix(rows), read_vector(b)
    exact = general_solution(matrix, rhs, "exact")
    try:
        found = general_solution(matrix, rhs, "float")
    except Undecided:  # the singular values may leave no gap
        return
    assert found.free_variables == exact.free_variables
    for approximate, truth in [(found.x, exact.x), *zip(found.null_space, exact.null_space, strict=True)]:
        wanted = [Fraction(text) for text in truth]
        error = max(abs(Fraction(float(value)) - right) for value, right in zip(approximate, wanted, strict=True))
        assert error <= Fraction(found.error_bound) * max(map(abs, wanted))


@given(st.integers(0, 2), st.integers(0, 2))
@settings(deadline=None)
def test_the_exact_certificate_refuses_a_perturbed_answer(i: int, which: int) -> None:
    a, b = Table.of([[1, 2, 3], [2, 4, 7]]), Table.of([[1], [3]])
    x, null_space, pivots = solved(a, b)
    assert all(check.passed for check in exact_checks(a, b, x, null_space, len(pivots)))
    rows = [list(row) for row in (x if which == 0 else null_space).rows]
    rows[i][0] += 1
    moved = Table.of(rows)
    if which < 2:
        checks = exact_checks(a, b, moved if which == 0 else x, null_space if which == 0 else moved, 2)
    else:
        checks = exact_checks(a, b, x, Table.zeros((3, 1)), 2)
    assert not all(check.passed for check in checks)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(1e-7, 1e-2))
@settings(deadline=None, max_examples=40)
def test_the_float_certificate_refuses_a_perturbed_solution(m: int, n: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    a, x = random.standard_normal((m, n)), random.standard_normal((n, 1))
    b = a @ x
    assert backward_error(a, b, x) < 1e-14
    x[random.integers(0, n), 0] += size * np.abs(x).max()
    assert backward_error(a, b, x) > 1e-14
