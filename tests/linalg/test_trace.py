"""Traces: exact sums, one rounding, the sum of the eigenvalues."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import MathematicsRefuses, ShapeMismatch
from service.linalg.matrices import from_array, read_matrix
from service.linalg.trace import eigenvalue_check, sum_check, trace
from tests.linalg import famous

ANSWERS: list[tuple[Any, Any, Any]] = [
    ([[1, 2], [3, 4]], "float", 5),
    ([[1, 2], [3, 4]], "exact", "5"),
    ([[0.1, 0], [0, 0.2]], "float", 0.3),
    ([[0.1, 0], [0, 0.2]], "exact", "3/10"),
    ([["1/2", 0], [0, "1/3"]], None, "5/6"),
    ([["1/2", 0], [0, "1/3"]], "float", 5 / 6),
    ([[2**60 + 1, 0], [0, 1]], None, str(2**60 + 2)),
    ([[2**53, 0], [0, 1]], "float", str(2**53 + 1)),
    ([[1e16, 0, 0], [0, 1, 0], [0, 0, -1e16]], "float", 1.0),
    ([[1e308, 0], [0, -1e308]], "float", 0.0),
    ([[5e-324]], "float", 5e-324),
    ([[0]], None, 0),
]


@pytest.mark.parametrize(("rows", "arithmetic", "expected"), ANSWERS)
def test_values(rows: Any, arithmetic: Any, expected: Any) -> None:
    found = trace(read_matrix(rows), arithmetic)
    assert found.value == expected
    assert np.isfinite(found.error_bound)


@pytest.mark.parametrize("name", famous.FLOAT_MATRICES)
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_it_is_within_its_bound(name: str, reading: Any) -> None:
    rows = famous.FLOAT_MATRICES[name]
    found = trace(read_matrix(rows), "float")
    truth = sum(reading(rows)[i][i] for i in range(len(rows)))
    assert abs(Fraction(found.value) - truth) <= Fraction(found.error_bound)  # type: ignore[arg-type]


def test_complex() -> None:
    a = np.array([[1 + 2j, 5], [7, 0.5 - 1j]])
    assert trace(from_array(a)).value == 1.5 + 1j


@given(arrays(float, st.integers(1, 6).map(lambda n: (n, n)), elements=st.floats(-1e300, 1e300)))
@settings(deadline=None)
def test_it_is_correctly_rounded(a: Any) -> None:
    truth = sum(map(Fraction, map(repr, np.diagonal(a).tolist())), Fraction(0))
    found = trace(read_matrix(a.tolist()), "float").value
    assert float(Fraction(found)) == float(truth)  # type: ignore[arg-type]


def test_a_perturbed_trace_is_refused() -> None:
    whole = read_matrix([[1, 2], [3, 4]])
    assert sum_check(whole, flint.fmpq(5)).passed
    assert not sum_check(whole, flint.fmpq(6)).passed
    decimals = read_matrix([[0.1, 2], [3, 4]])
    assert sum_check(decimals, flint.fmpq(41, 10)).passed
    assert not sum_check(decimals, flint.fmpq(42, 10)).passed
    assert eigenvalue_check(whole.floats, 5.0)[0].passed
    assert not eigenvalue_check(whole.floats, 5.001)[0].passed


def test_what_has_no_trace() -> None:
    with pytest.raises(ShapeMismatch, match="2×3"):
        trace(read_matrix([[1, 2, 3], [4, 5, 6]]))
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        trace(read_matrix([[1e308, 0], [0, 1e308]]))
