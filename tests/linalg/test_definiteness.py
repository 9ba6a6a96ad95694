"""Definiteness: exact for rational entries, decided or refused for decimals, with vectors that show each sign."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import MathematicsRefuses, ShapeMismatch, Undecided
from service.linalg.definiteness import definiteness, inertia_of_polynomial, minors_check, witness_check
from service.linalg.matrices import read_matrix
from tests.linalg import famous, spectral

UNIT = {"re": 0, "im": 1}
KNOWN: list[tuple[Any, str, tuple[int, int, int]]] = [
    ([[2, 1], [1, 3]], "positive definite", (2, 0, 0)),
    ([[1, 1], [1, 1]], "positive semidefinite", (1, 0, 1)),
    ([[0, 1], [1, 0]], "indefinite", (1, 1, 0)),
    ([[0, 0], [0, 0]], "positive semidefinite", (0, 0, 2)),
    ([[-2, 1], [1, -3]], "negative definite", (0, 2, 0)),
    ([[-1, 1], [1, -1]], "negative semidefinite", (0, 1, 1)),
    ([["1/3"]], "positive definite", (1, 0, 0)),
    ([[1, 2], [0, 1]], "positive semidefinite", (1, 0, 1)),  # its symmetric part is all ones
    ([[0.5, 0.1], [0.1, 0.3]], "positive definite", (2, 0, 0)),
    ([[1, UNIT], [{"re": 0, "im": -1}, 2]], "positive definite", (2, 0, 0)),
    (famous.hilbert(12), "positive definite", (12, 0, 0)),
    (famous.hilbert_floats(12), "positive definite", (12, 0, 0)),
    (famous.moler(20), "positive definite", (20, 0, 0)),
    (famous.pascal(15), "positive definite", (15, 0, 0)),
    (famous.wilkinson(21), "indefinite", (20, 1, 0)),
    (famous.rosser(), "indefinite", (6, 1, 1)),
    (famous.clement(9), "indefinite", None),
    (famous.lehmer(10), "positive definite", (10, 0, 0)),
    (spectral.lauchli(5), "positive definite", (5, 0, 0)),
]


@pytest.mark.parametrize(("rows", "name", "inertia"), KNOWN)
def test_known_matrices(rows: Any, name: str, inertia: Any) -> None:
    answer = definiteness(read_matrix(rows))
    assert answer["definiteness"] == name
    if inertia is not None:
        assert tuple(answer["inertia"].values()) == inertia
    assert all(check.passed for check in answer["checks"])
    bounds = answer["rayleigh_quotient"]
    assert bounds["minimum"] <= bounds["maximum"]


def test_decimals_mean_themselves_where_asked() -> None:
    rows = [[0.1, 0.3], [0.3, 0.9]]
    assert definiteness(read_matrix(rows), "exact")["definiteness"] == "positive semidefinite"
    with pytest.raises(Undecided, match="close to 0"):
        definiteness(read_matrix(rows))


def test_entries_beyond_doubles() -> None:
    answer = definiteness(read_matrix([[2**60 + 1, 2**60], [2**60, 2**60]]))
    assert answer["definiteness"] == "positive definite"
    assert answer["leading_principal_minors"] == [str(2**60 + 1), str(2**60)]


def test_what_is_refused() -> None:
    with pytest.raises(ShapeMismatch):
        definiteness(read_matrix([[1, 2]]))
    with pytest.raises(MathematicsRefuses, match="not Hermitian"):
        definiteness(read_matrix([[1, UNIT], [UNIT, 1]]))


@given(st.lists(st.lists(st.integers(-4, 4), min_size=4, max_size=4), min_size=4, max_size=4))
@settings(deadline=None, max_examples=60)
def test_sylvesters_law(rows: list[list[int]]) -> None:
    """A congruence S'AS keeps the inertia, and the witnesses have the signs that they show."""
    a = np.array(rows) + np.array(rows).T
    s = np.array([[1, 2, 0, 1], [0, 1, 1, 0], [0, 0, 1, 3], [0, 0, 0, 1]])
    first, second = definiteness(read_matrix(a.tolist())), definiteness(read_matrix((s.T @ a @ s).tolist()))
    assert first["inertia"] == second["inertia"]
    for sign, witness in first["witnesses"].items():
        x = [Fraction(entry) for entry in witness["x"]]
        value = sum(x[i] * int(a[i, j]) * x[j] for i in range(4) for j in range(4))
        assert value == Fraction(witness["value"])
        assert {"positive": value > 0, "negative": value < 0, "zero": value == 0}[sign]


def test_the_certificates_refuse_wrong_answers() -> None:
    a = read_matrix([[0, 1], [1, 0]]).exact
    good = {"positive": ([flint.fmpq(1), flint.fmpq(1)], flint.fmpq(2))}
    assert witness_check(a, good).passed
    assert not witness_check(a, {"negative": good["positive"]}).passed
    assert not witness_check(a, {"positive": ([flint.fmpq(1), flint.fmpq(2)], flint.fmpq(2))}).passed
    assert not witness_check(a, {"zero": ([flint.fmpq(0), flint.fmpq(0)], flint.fmpq(0))}).passed
    assert minors_check(["2", "5"], (2, 0, 0)).passed
    assert not minors_check(["2", "5"], (1, 1, 0)).passed
    assert not minors_check(["2", "-5"], (2, 0, 0)).passed
    assert inertia_of_polynomial(flint.fmpq_poly([0, -1, 0, 1])) == (1, 1, 1)
