"""A = P·D·P⁻¹ and Jordan forms, checked by multiplying them out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import ShapeMismatch, Undecided
from service.linalg.diagonalize import diagonalize, product_check, rational, reconstruction_check
from service.linalg.matrices import read_matrix
from tests.linalg import famous, spectral


def numbers(rows: Any) -> np.ndarray[Any, Any]:
    """Texts such as "(1 + sqrt(5))/2", and {"re", "im"}, as complex numbers."""

    def value(text: Any) -> complex:
        if isinstance(text, dict):
            return complex(value(text["re"]).real, value(text["im"]).real)
        return complex(eval(str(text), {"__builtins__": {}}, {"sqrt": np.sqrt}))  # noqa: S307  (texts of our own)

    return np.array([[value(entry) for entry in row] for row in rows])


MATRICES: dict[str, Any] = {
    "symmetric": [[2, 1], [1, 2]],
    "fibonacci": [[1, 1], [1, 0]],
    "rotation": [[0, -1], [1, 0]],
    "complex quadratic": [[1, 2], [-3, 4]],
    "magic 4": famous.magic(4),
    "two fields": [[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 0, 3], [1, 0, 1, 0]],
    "repeated quadratic": [[0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 2], [0, 0, 1, 0]],
    "rational": [["1/2", "1/3"], ["1/4", "1/5"]],
    "repeated": [[3, 0, 0], [0, 3, 0], [0, 0, 5]],
    "ones": [[1] * 4 for _ in range(4)],
    "decimals": [[0.9, 0.3], [0.1, 0.7]],
    "cubic": [[0, 0, 2], [1, 0, 0], [0, 1, 0]],
    "1×1": [[7]],
}


@pytest.mark.parametrize("name", MATRICES)
def test_the_factors_multiply_to_the_matrix(name: str) -> None:
    rows = MATRICES[name]
    answer = diagonalize(read_matrix(rows))
    assert answer["diagonalizable"]
    p, d, inverse = (numbers(answer[member]) for member in ("p", "d", "p_inverse"))
    a = np.array([[float(Fraction(entry)) for entry in row] for row in rows])
    assert np.abs(p @ d @ inverse - a).max() < 1e-12
    assert np.abs(p @ inverse - np.eye(len(a))).max() < 1e-12


def test_the_spectral_theorem() -> None:
    answer = diagonalize(read_matrix([[2, 1], [1, 2]]))
    assert answer["orthogonally_diagonalizable"]
    assert np.abs(answer["q"] @ np.diag([3, 1]) @ answer["q"].T - np.array([[2, 1], [1, 2]])).max() < 1e-15


JORDAN = [
    ([[2, 1], [0, 2]], [[2]]),
    ([[1, 1, 0], [0, 1, 0], [0, 0, 1]], [[2, 1]]),
    ([[5, 4, 2, 1], [0, 1, -1, -1], [-1, -1, 3, 0], [1, 1, -1, 2]], [[2], [1], [1]]),  # the example of Wikipedia's article on the form
    (spectral.frank_like_defective(), [[3, 1], [2]]),
    (spectral.jordan(0, 6), [[6]]),
    ([[0, -1, 1, 0], [1, 0, 0, 1], [0, 0, 0, -1], [0, 0, 1, 0]], [[2], [2]]),
]


@pytest.mark.parametrize(("rows", "sizes"), JORDAN)
def test_jordan_forms(rows: Any, sizes: Any) -> None:
    answer = diagonalize(read_matrix(rows))
    assert not answer["diagonalizable"]
    assert [entry["sizes"] for entry in answer["jordan_blocks"]] == sizes
    assert "not diagonalizable" in answer["explanation"]
    if answer["p_inverse"] is not None:
        product = rational(answer["p"]) * rational(answer["jordan_form"]) * rational(answer["p_inverse"])
        assert product == read_matrix(rows).exact
    else:
        p, j = numbers(answer["p"]), numbers(answer["jordan_form"])
        assert np.abs(np.array(rows) @ p - p @ j).max() < 1e-12
        assert abs(np.linalg.det(p)) > 1e-6


def test_decimals_that_are_defective() -> None:
    answer = diagonalize(read_matrix([[0.1, 1], [0, 0.1]]))
    assert answer["jordan_form"] == [["1/10", "1"], ["0", "1/10"]]
    assert answer["arithmetic"] == "exact"


def test_what_is_refused() -> None:
    unit = {"re": 0, "im": 1}
    with pytest.raises(Undecided):
        diagonalize(read_matrix([[unit, 1], [0, unit]]))
    with pytest.raises(ShapeMismatch):
        diagonalize(read_matrix([[1, 2]]))


def test_the_certificates_refuse_perturbed_answers() -> None:
    a = read_matrix([[1, 2], [0, 3]])
    answer = diagonalize(a)
    members = [answer["p"], answer["jordan_form"], answer["p_inverse"]]
    assert product_check(a.exact, *members).passed
    for k in range(3):
        for i in range(2):
            changed = [[list(row) for row in member] for member in members]
            changed[k][i][i] = "17"
            assert not product_check(a.exact, *changed).passed
    p, values = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 3.0])
    inverse = np.linalg.inv(p)
    assert reconstruction_check(a.floats, p, values, inverse).passed
    assert not reconstruction_check(a.floats, p + np.array([[0, 1e-6], [0, 0]]), values, inverse).passed
    assert not reconstruction_check(a.floats, p, values + np.array([0, 1e-6]), inverse).passed


@given(st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=3, max_size=3))
@settings(deadline=None, max_examples=60)
def test_jordan_forms_are_similar_to_the_matrix(rows: list[list[int]]) -> None:
    """Ranks of all (A − λI)^k are those of the form, for each rational eigenvalue."""
    answer = diagonalize(read_matrix(rows), "exact")
    blocks = {entry["eigenvalue"]: entry["sizes"] for entry in answer["jordan_blocks"] if isinstance(entry["eigenvalue"], str)}
    for text, sizes in blocks.items():
        if set(text) <= set("-0123456789"):
            shifted = read_matrix(rows).exact - int(text) * flint.fmpq_mat(3, 3, [int(i == j) for i in range(3) for j in range(3)])
            power = shifted
            for k in range(1, 4):
                assert 3 - power.rank() == sum(min(size, k) for size in sizes)
                power = power * shifted
