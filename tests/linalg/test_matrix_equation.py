"""Matrix equations: exact solutions, floats within their bound by three methods, existence and uniqueness."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, NoSolution, ShapeMismatch, SingularMatrix, Undecided
from service.linalg.exact_tables import Table
from service.linalg.matrices import from_array, read_matrix
from service.linalg.matrix_equation import EQUATIONS, float_checks, matrix_equation, product_check
from tests.linalg import famous

A, B, C = [[1.0, 2.0], [3.0, 5.0]], [[2.0, 1.0], [1.0, 1.0]], [[17.0, 12.0], [43.0, 30.0]]


def test_the_worked_example() -> None:
    assert matrix_equation(read_matrix(A), read_matrix(B), read_matrix(C)).x.tolist() == [[1, -1], [2, 4]]
    assert matrix_equation(read_matrix(A), read_matrix(B), read_matrix(C), arithmetic="exact").x == [["1", "-1"], ["2", "4"]]


def value(kind: str, a: famous.Exact, b: famous.Exact, x: famous.Exact) -> famous.Exact:
    """The left-hand side, by fractions."""

    def plus(left: famous.Exact, right: famous.Exact, sign: int = 1) -> famous.Exact:
        return [[u + sign * v for u, v in zip(*rows, strict=True)] for rows in zip(left, right, strict=True)]

    across = [list(column) for column in zip(*a, strict=True)]
    product = famous.product
    return {
        "AXB=C": lambda: product(product(a, x), b),
        "AX=C": lambda: product(a, x),
        "XB=C": lambda: product(x, b),
        "AX+XB=C": lambda: plus(product(a, x), product(x, b)),
        "AX+XA'=C": lambda: plus(product(a, x), product(x, across)),
        "X-AXA'=C": lambda: plus(x, product(product(a, x), across), -1),
    }[kind]()


@given(st.sampled_from(EQUATIONS), st.integers(1, 4), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_floats_are_within_their_bound(kind: Any, n: int, seed: int) -> None:
    """C is rounded from the exact left-hand side, and so the truth is the exact solution for that C."""
    random = np.random.default_rng(seed)
    a, b, x = (random.standard_normal((n, n)).round(2).tolist() for _ in range(3))
    exact_c = value(kind, famous.decimal(a), famous.decimal(b), famous.decimal(x))
    c = [[float(entry) for entry in row] for row in exact_c]
    left = None if kind == "XB=C" else read_matrix(a)
    right = read_matrix(b) if "B" in kind else None
    try:
        found = matrix_equation(left, right, read_matrix(c), kind, "float")
    except SingularMatrix:
        return
    truth = matrix_equation(left, right, read_matrix(c), kind, "exact").x
    wanted = [[Fraction(text) for text in row] for row in truth]
    size = max(abs(entry) for row in wanted for entry in row)
    error = max(abs(Fraction(float(found.x[i][j])) - wanted[i][j]) for i in range(n) for j in range(n))
    assert error <= Fraction(found.error_bound) * size


@pytest.mark.parametrize("kind", ["AX+XB=C", "AX+XA'=C", "X-AXA'=C", "AXB=C"])
def test_large_equations(kind: Any) -> None:
    random = np.random.default_rng(5)
    a, b, x = random.standard_normal((24, 24)), random.standard_normal((24, 24)), random.standard_normal((24, 24))
    c = {"AX+XB=C": a @ x + x @ b, "AX+XA'=C": a @ x + x @ a.T, "X-AXA'=C": x - a @ x @ a.T, "AXB=C": a @ x @ b}[kind]
    found = matrix_equation(from_array(a), from_array(b) if "B" in kind else None, from_array(c), kind)
    assert found.method == ("two solves" if kind == "AXB=C" else "eigenvalues")
    assert np.abs(found.x - x).max() <= 1e-9
    assert found.error_bound <= 1e-6


def test_complex_equations() -> None:
    random = np.random.default_rng(6)
    a, b, x = (random.standard_normal((3, 3)) + 1j * random.standard_normal((3, 3)) for _ in range(3))
    for kind, c in (("AX+XA'=C", a @ x + x @ a.conj().T), ("AXB=C", a @ x @ b)):
        found = matrix_equation(from_array(a), from_array(b) if "B" in kind else None, from_array(c), kind)  # type: ignore[arg-type]
        assert np.abs(found.x - x).max() <= 1e-12


def test_rectangular_equations_have_all_their_solutions() -> None:
    found = matrix_equation(read_matrix([[1, 2, 3]]), read_matrix([[1], [2]]), read_matrix([[5]]), arithmetic="exact")
    assert not found.unique
    assert len(found.null_space) == 3 * 2 - 1
    assert found.x == [["5", "0"], ["0", "0"], ["0", "0"]]


def test_existence_and_uniqueness() -> None:
    with pytest.raises(NoSolution, match="row 2 = 2·row 1"):
        matrix_equation(read_matrix([[1, 2], [2, 4]]), None, read_matrix([[5], [5]]))
    shared = matrix_equation(read_matrix([[1, 0], [0, -1]]), read_matrix([[1, 0], [0, 2]]), read_matrix([[2, 3], [0, 1]]), "AX+XB=C")
    assert not shared.unique
    assert shared.null_space[0].tolist() == [[0, 0], [1, 0]]
    assert "no eigenvalue of A is the negative of one of B" in shared.to_json()["condition"]
    with pytest.raises(SingularMatrix, match="no eigenvalue of A is the negative"):
        matrix_equation(read_matrix([[0.5, 0], [0, -1]]), read_matrix([[1, 0], [0, 2]]), read_matrix(C), "AX+XB=C")
    with pytest.raises(SingularMatrix):
        matrix_equation(read_matrix([[0.5, 1], [1, 2]]), None, read_matrix(C))


REFUSED: list[tuple[Any, Any, Any, Any, type[Exception], str]] = [
    (None, None, C, None, InputError, "A, B or both"),
    (A, None, C, "AXB=C", InputError, "has a B"),
    (A, B, C, "AX+XA'=C", InputError, "has no B"),
    (A, B, [[1.0]], None, ShapeMismatch, "A has 2 rows and C 1"),
    ([[1, 2]], None, [[1]], "AX+XA'=C", ShapeMismatch, "A is square"),
    (A, None, [[1], [2]], "X-AXA'=C", ShapeMismatch, "C is 2×1 where A is 2×2"),
    ([[0.5, 2]], None, [[1]], None, ShapeMismatch, "in floats A has to be square"),
]


@pytest.mark.parametrize(("a", "b", "c", "kind", "error", "detail"), REFUSED)
def test_what_is_refused(a: Any, b: Any, c: Any, kind: Any, error: type[Exception], detail: str) -> None:
    with pytest.raises(error, match=detail):
        matrix_equation(a and read_matrix(a), b and read_matrix(b), read_matrix(c), kind)


def test_the_certificates_refuse_a_perturbed_solution() -> None:
    a, x = Table.of([[1, 2], [3, 5]]), Table.of([[1, -1], [2, 4]])
    c = a @ x
    assert product_check([(a, None)], x, c).passed
    assert not product_check([(a, None)], x + Table.of([[0, 0], [0, 1]]), c).passed
    left, solution = np.array(A), np.array([[1.0, -1], [2, 4]])
    assert all(check.passed for check in float_checks([(left, None)], solution, left @ solution, 1e-15))
    assert not float_checks([(left, None)], solution + 1e-9, left @ solution, 1e-15)[0].passed


def test_an_equation_that_is_not_singular_is_not_called_so() -> None:
    a = read_matrix(famous.hilbert_floats(8))
    found = matrix_equation(a, a, a)
    inverse = np.array(famous.exact_inverse(famous.decimal(famous.hilbert_floats(8))), dtype=float)
    assert np.abs(found.x - inverse).max() <= found.error_bound * np.abs(inverse).max() * 1.0001
    with pytest.raises(Undecided):
        matrix_equation(read_matrix(famous.hilbert_floats(12)), None, read_matrix(famous.hilbert_floats(12)), "AX+XA'=C")
