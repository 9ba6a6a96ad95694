"""Eigenvalues: exact ones exactly right, float ones within their own bounds, perturbed ones refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from service.errors import LimitExceeded, ShapeMismatch, SingularMatrix, Undecided
from service.linalg import balls, eigen_floats
from service.linalg.balls import Digits
from service.linalg.eigen import certificate, decompose, eigen
from service.linalg.eigen_exact import eigen_exactly, eigen_with_digits, exact_spectrum, pencil, trace_checks
from service.linalg.exact_spectrum import factors_check, polynomial_check
from service.linalg.matrices import from_array, read_matrix
from tests.linalg import famous, spectral
from tests.linalg.spectral import random_matrix

KINDS = ["general", "symmetric", "graded", "whole", "complex", "hermitian"]


@pytest.mark.parametrize("name", spectral.EXACT)
def test_exact_eigenvalues(name: str) -> None:
    rows, expected = spectral.EXACT[name]
    answer = eigen_exactly(read_matrix(rows))
    assert answer["eigenvalues"] == expected
    assert all(check.passed for check in answer["checks"])


def assert_within(values: list[complex], bounds: list[float], truth: list[tuple[Fraction, Fraction]]) -> None:
    """One to one, and exactly: |λ − μ| ≤ bound."""
    distances = np.array([[abs(complex(float(re - Fraction(v.real)), float(im - Fraction(v.imag)))) for re, im in truth] for v in values])
    rows, columns = linear_sum_assignment(np.maximum(distances - np.array(bounds)[:, None], 0))
    for i, j in zip(rows, columns, strict=True):
        assert distances[i, j] <= bounds[i] * (1 + 1e-9) + 1e-100


@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
@pytest.mark.parametrize("name", spectral.FLOATS)
def test_float_eigenvalues_are_within_their_own_bounds(name: str, reading: Any) -> None:
    """Whether the doubles or the decimals are taken for what was meant."""
    rows = spectral.FLOATS[name]
    answer = eigen(read_matrix(rows))
    values = [complex(value) for value in answer["eigenvalues"].tolist()]
    assert_within(values, answer["error_bounds"].tolist(), spectral.reference(rows, reading))
    assert answer["error_bound"] <= 1e-3
    assert all(check.passed for check in answer["checks"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 2, 7, 20])
def test_lapack_is_within_the_verified_bounds(kind: str, n: int) -> None:
    """The path of large matrices, at sizes where a reference is at hand."""
    a = random_matrix(n, n, kind)
    found = eigen_floats.spectrum(a, bool((a == a.conj().T).all()), 0.0)
    rows = [[entry if isinstance(entry, float) else complex(entry) for entry in row] for row in a.tolist()]
    truth = reference_of_complex(rows)
    assert_within([complex(value) for value in found.values.tolist()], found.bounds.tolist(), truth)
    assert found.bounds.max() < 1e-10 * np.linalg.norm(a)


def reference_of_complex(rows: list[list[complex]]) -> list[tuple[Fraction, Fraction]]:
    n = len(rows)
    parts = np.array(rows)
    real = np.block([[parts.real, -parts.imag], [parts.imag, parts.real]]).tolist()
    if not np.iscomplexobj(parts):
        return spectral.reference(rows, famous.binary)
    both = spectral.reference(real, famous.binary)  # the eigenvalues and their conjugates
    near = np.linalg.eigvals(parts)
    distances = np.abs(near[:, None] - np.array([complex(float(re), float(im)) for re, im in both])[None, :])
    return [both[j] for j in linear_sum_assignment(distances)[1][:n]]


def test_wilkinsons_pair_is_told_apart() -> None:
    """W21⁺: two eigenvalues that agree to 14 digits (Wilkinson, The Algebraic Eigenvalue Problem, ch. 5, §45)."""
    answer = eigen(read_matrix(famous.wilkinson(21)))
    assert answer["eigenvalues"][:2].tolist() == [10.746194182903393, 10.746194182903322]
    assert [entry["algebraic_multiplicity"] for entry in answer["multiplicities"]] == [1] * 21


def test_published_digits() -> None:
    """Largest and smallest eigenvalue of Hilbert matrices (Fettis and Caslin, Math. Comp. 21, 1967), golden ratio, 2 − 2cos."""
    found = eigen_with_digits(read_matrix(famous.hilbert(3)), 12)["eigenvalues"]
    assert found == ["1.40831892712", "0.122327065854", "0.00268734035577"]
    golden = eigen_with_digits(read_matrix([[1, 1], [1, 0]]), 40)["eigenvalues"]
    assert golden == ["1.618033988749894848204586834365638117720", "-0.6180339887498948482045868343656381177203"]
    answer = eigen(read_matrix(spectral.second_difference(20)))
    assert answer["eigenvalues"] == pytest.approx(spectral.second_differences(20), rel=1e-14)


def test_defective_matrices() -> None:
    answer = eigen(read_matrix([[2, 1], [0, 2]]), left=True)
    assert answer["defective"] is True
    assert answer["eigenvectors"].tolist() == [[1], [0]]
    assert answer["left_eigenvectors"].tolist() == [[0], [1]]
    assert answer["condition_numbers"] == [None, None]
    exact = eigen_exactly(read_matrix(spectral.frank_like_defective()))
    assert [(entry["algebraic_multiplicity"], entry["geometric_multiplicity"]) for entry in exact["multiplicities"]] == [(4, 2), (2, 1)]


def test_a_nearly_defective_eigenvalue_carries_its_condition() -> None:
    answer = eigen(read_matrix([[1.0, 1e6], [1e-11, 1.0000001]]))
    assert min(answer["condition_numbers"]) > 1e6


def test_what_rounding_decides_is_undecided() -> None:
    rows = [[0.1 * int(i == j) + int(j == i + 1) for j in range(60)] for i in range(60)]
    with pytest.raises(Undecided, match="defective"):
        eigen(read_matrix(rows))


def test_complex_conventions() -> None:
    answer = eigen(read_matrix([[0, -1], [1, 0]]), left=True)
    assert answer["eigenvalues"].tolist() == [1j, -1j]
    a, x, y = np.array([[0, -1], [1, 0]]), answer["eigenvectors"], answer["left_eigenvectors"]
    assert np.abs(a @ x - x * answer["eigenvalues"]).max() < 1e-15
    assert np.abs(y.conj().T @ a - answer["eigenvalues"][:, None] * y.conj().T).max() < 1e-15
    exact = eigen_exactly(read_matrix([[0, -1], [1, 0]]), left=True)
    to_complex = np.vectorize(lambda entry: complex(float(entry["re"]), float(entry["im"])) if isinstance(entry, dict) else float(entry))
    y = to_complex(np.array(exact["left_eigenvectors"], dtype=object))
    assert np.abs(y.conj().T @ a - np.array([1j, -1j])[:, None] * y.conj().T).max() < 1e-15


def test_hermitian_matrices() -> None:
    unit = {"re": 0, "im": 1}
    answer = eigen(read_matrix([[1, unit], [{"re": 0, "im": -1}, 2]]))
    assert (answer["hermitian"], answer["symmetric"], answer["defective"]) == (True, False, False)
    assert answer["eigenvalues"] == pytest.approx([2.618033988749895, 0.3819660112501051], rel=1e-13)
    assert answer["rayleigh_quotient"]["maximum"] == answer["eigenvalues"][0]


def test_the_generalized_problem() -> None:
    a, b = [[2, 1], [1, 3]], [[2, 0], [0, 1]]
    answer = eigen(pencil(read_matrix(a), read_matrix(b)))
    assert answer["eigenvalues"] == pytest.approx(sorted(scipy.linalg.eigvals(a, b).real, reverse=True), rel=1e-15)
    x = answer["eigenvectors"]
    assert np.abs(np.array(a) @ x - np.array(b) @ x * answer["eigenvalues"]).max() < 1e-14
    with pytest.raises(SingularMatrix, match="B is singular"):
        pencil(read_matrix(a), read_matrix([[1, 1], [1, 1]]))
    with pytest.raises(ShapeMismatch):
        pencil(read_matrix(a), read_matrix([[1]]))


def test_what_is_refused() -> None:
    with pytest.raises(ShapeMismatch, match="2×3"):
        eigen(read_matrix([[1, 2, 3], [4, 5, 6]]))
    with pytest.raises(LimitExceeded, match="exact-size"):
        eigen_exactly(read_matrix(np.eye(121).tolist()))
    with pytest.raises(LimitExceeded, match="exact-size"):
        eigen_with_digits(read_matrix(np.eye(121).tolist()), 20)


@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.sampled_from(KINDS))
@settings(deadline=None, max_examples=60)
def test_invariants(n: int, seed: int, kind: str) -> None:
    """Trace, determinant, conjugates, transposes, shifts, and similarity by a permutation."""
    a = random_matrix(seed, n, kind)
    found = decompose(from_array(a))
    size = np.linalg.norm(a) + 1e-300
    slack = found.bounds.sum() + 1e-12 * size
    assert abs(found.values.sum() - np.trace(a)) <= slack
    if kind in ("symmetric", "hermitian"):
        assert found.values.dtype == np.float64
    if kind not in ("complex", "hermitian"):
        assert sorted(found.values.imag) == pytest.approx(sorted(-found.values.imag), abs=1e-7 * size)
    order = np.random.default_rng(seed).permutation(n)
    for other, shift in ((a.T, 0.0), (a[np.ix_(order, order)], 0.0), (a + 2 * np.eye(n), 2.0)):
        again = decompose(from_array(np.ascontiguousarray(other)))
        distances = np.abs(found.values[:, None] - (again.values - shift)[None, :])
        rows, columns = linear_sum_assignment(distances)
        assert (distances[rows, columns] <= found.bounds[rows] + again.bounds[columns] + 1e-14 * (size + 2)).all()


@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_interlacing(n: int, seed: int) -> None:
    """Cauchy: the eigenvalues of a principal part of a symmetric matrix lie between those of the matrix."""
    a = random_matrix(seed, n, "symmetric")
    whole, part = decompose(from_array(a)), decompose(from_array(np.ascontiguousarray(a[1:, 1:])))
    slack = whole.bounds.max() + part.bounds.max()
    assert (whole.values[:-1] >= part.values - slack).all()
    assert (part.values >= whole.values[1:] - slack).all()


@given(st.lists(st.lists(st.integers(-9, 9), min_size=4, max_size=4), min_size=4, max_size=4))
@settings(deadline=None, max_examples=60)
def test_floats_exact_and_digits_agree(rows: list[list[int]]) -> None:
    matrix = read_matrix(rows)
    floats, exact, digits = eigen(matrix), eigen_exactly(matrix), eigen_with_digits(matrix, 20)
    found = floats["eigenvalues"].tolist()
    assert found == exact["approximations"]
    printed = [complex(float(v["re"]), float(v["im"])) if isinstance(v, dict) else complex(float(v)) for v in digits["eigenvalues"]]
    assert printed == pytest.approx(found, rel=1e-15)
    assert [entry["algebraic_multiplicity"] for entry in floats["multiplicities"]] == [
        entry["algebraic_multiplicity"] for entry in exact["multiplicities"]
    ]


@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.sampled_from(["values", "right", "left"]))
@settings(deadline=None, max_examples=80)
def test_the_certificate_refuses_a_perturbed_spectrum(n: int, seed: int, kind: str, member: str) -> None:
    matrix = from_array(random_matrix(seed, n, kind))
    found = decompose(matrix)
    array = getattr(found, member)
    if array is None or not np.abs(matrix.floats).max() or (member == "left" and found.is_hermitian):
        return
    perturbed = array.copy()
    place = tuple(np.random.default_rng(seed).integers(0, size) for size in array.shape)
    perturbed[place] += 1e-6 * (np.abs(matrix.floats).max() if member == "values" else 1)
    assert all(check.passed for check in certificate(matrix, found))
    if n == 1 and member != "values":
        perturbed[place] += 1  # any other vector is an eigenvector, but not of unit length
    checks = certificate(matrix, replace(found, **{member: perturbed}))
    assert not all(check.passed for check in checks)


def test_the_exact_certificates_refuse_perturbed_answers() -> None:
    found = exact_spectrum(read_matrix([[1, 2, 0], [0, 1, 0], [0, 0, 3]]))
    polynomial = found.a.charpoly()
    assert polynomial_check(found.a, polynomial).passed
    assert not polynomial_check(found.a, polynomial + 1).passed
    assert factors_check(found.factors, polynomial).passed
    assert not factors_check(found.factors[:1], polynomial).passed
    _, chains = found.chains[id(found.factors[0])]
    assert all(check.passed for check in found.checks())
    chains[0][0][0] += 1
    chains[0][0][2] += 1
    assert not all(check.passed for check in found.checks())


def test_the_certificate_of_digits_refuses_perturbed_ones() -> None:
    matrix = read_matrix([[1, 2], [3, 4]])
    values = [Digits(text, "0") for text in eigen_with_digits(matrix, 30)["eigenvalues"]]
    assert all(check.passed for check in trace_checks(matrix, values, 30))
    values[1] = Digits(values[1].text[:-4] + "9999", "0")
    assert not all(check.passed for check in trace_checks(matrix, values, 30))


def test_digits_of_complex_and_multiple_eigenvalues() -> None:
    unit = {"re": 0, "im": 1}
    answer = eigen_with_digits(read_matrix([[unit, 1], [0, unit]]), 10)
    assert answer["eigenvalues"] == [{"re": "0", "im": "1.000000000"}] * 2
    assert balls.text_of(Digits("1", "0")) == "1"
    many = eigen_with_digits(read_matrix(famous.grcar(10)), 25)
    assert len(many["eigenvalues"]) == 10
