"""Norms: values, exact forms, relative bounds that hold from the smallest to the largest doubles, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import InputError, MathematicsRefuses
from service.linalg.matrices import from_array, read_matrix, read_vector
from service.linalg.norm import (
    MATRIX_ORDERS,
    exact_matrix_check,
    exact_vector_check,
    matrix_checks,
    matrix_norm,
    vector_checks,
    vector_norm,
)
from service.linalg.svd import svd
from tests.linalg import famous
from tests.linalg import high_precision as hp

NORMAL = st.floats(-1e3, 1e3).map(lambda value: value if abs(value) > 1e-290 else 0.0)
ORDERS = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 300.0, -1.0, -2.5, math.inf, -math.inf]
VECTORS: list[list[float]] = [
    [3, -4, 12],
    [0.1, 0.7, -0.2, 1e-9],
    [1e-300, 1e300],
    [1e200, 2e200, -1e-200],
    [1e-200, 3e-200],
    [0.0, 2.5, 0.0],
    [7.5],
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("entries", VECTORS)
def test_a_vector_norm_is_within_its_bound(order: float, entries: list[float]) -> None:
    found = vector_norm(read_vector(entries), order, "float")
    for reading in (famous.binary, famous.decimal):
        sizes = [abs(hp.number(row[0])) for row in reading([[entry] for entry in entries])]
        assert isinstance(found.value, float)
        assert abs(hp.number(found.value) - true_norm(sizes, order)) <= hp.number(found.error_bound) * true_norm(sizes, order)


def true_norm(sizes: list[Any], order: float) -> Any:
    if order == 0:
        return hp.mp.mpf(sum(1 for size in sizes if size))
    if math.isinf(order):
        return max(sizes) if order > 0 else min(sizes)
    if order < 0 and not all(sizes):
        return hp.mp.mpf(0)
    p = hp.mp.mpf(order)
    return hp.mp.power(sum((hp.mp.power(size, p) for size in sizes if size), hp.mp.mpf(0)), 1 / p)


@given(arrays(float, st.integers(1, 6), elements=NORMAL), st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5, -1.0, math.inf, -math.inf]))
@settings(deadline=None)
def test_numpy_agrees(x: Any, order: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(np.linalg.norm(x, order))
    found = vector_norm(read_vector(x.tolist()), order, "float").value
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-300) or (order < 0 and not x.all()) or expected < 1e-150


def test_the_usual_norms_of_a_vector() -> None:
    found = vector_norm(read_vector([3, -4, 12])).to_json()
    assert {name: found[name] for name in ("norm", "ord", "l1", "l2", "linf")} == {"norm": 13, "ord": 2, "l1": 19, "l2": 13, "linf": 12}
    assert vector_norm(from_array(np.array([3j, 4]))).value == 5
    assert vector_norm(read_vector([1, 2]), math.inf).to_json()["ord"] == "inf"
    assert not vector_norm(read_vector([1, 2]), 0.5).is_norm


def test_exact_vectors() -> None:
    vector = read_vector(["1/2", -1, 3])
    values = {2.0: "sqrt(41)/2", 1.0: "9/2", math.inf: "3", -math.inf: "1/2", 0.0: "3", 3.0: "(225/8)^(1/3)"}
    for order, text in values.items():
        assert vector_norm(vector, order).value == text
    assert vector_norm(read_vector([3, 4, 5]), 3.0, "exact").value == "6"
    with pytest.raises(InputError, match="whole order"):
        vector_norm(vector, 1.5)


def test_extreme_vectors() -> None:
    assert vector_norm(read_vector([1.5e308, 1.5e308]), math.inf).to_json()["l1"] is None
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        vector_norm(read_vector([1.5e308, 1.5e308]), 1.0)
    assert vector_norm(read_vector([0, 0])).value == 0
    for subnormal in ([5e-324, 5e-324], [1e-322]):
        with pytest.raises(MathematicsRefuses, match="three digits"):
            vector_norm(read_vector(subnormal))
        with pytest.raises(MathematicsRefuses, match="three digits"):
            matrix_norm(read_matrix([subnormal]))


@pytest.mark.parametrize("name", ["1×1", "decimals", "graded", "hilbert 7", "kahan 10", "magic 5", "wilkinson 21", "random 25"])
def test_matrix_norms_are_within_their_bound(name: str) -> None:
    rows = famous.FLOAT_MATRICES[name]
    found = matrix_norm(read_matrix(rows), arithmetic="float")
    for reading in (famous.binary, famous.decimal):
        table = hp.matrix(reading(rows))
        singular = hp.singular_values(table)
        truth = {
            "frobenius": hp.frobenius(table),
            "spectral": singular[0],
            "nuclear": sum(singular),
            "l1": hp.mp.mnorm(table, 1),
            "linf": hp.mp.mnorm(table, hp.mp.inf),
            "max": max(abs(entry) for entry in table),
        }
        for norm, value in truth.items():
            assert abs(hp.number(found.values[norm]) - value) <= hp.number(found.error_bound) * value, norm


@pytest.mark.parametrize("order", MATRIX_ORDERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (3, 4)])
def test_numpy_agrees_on_matrices(order: Any, shape: tuple[int, int]) -> None:
    a = np.random.default_rng(3).standard_normal(shape)
    expected = np.abs(a).max() if order == "max" else np.linalg.norm(a, order)
    assert matrix_norm(from_array(a), order).value == pytest.approx(expected, rel=1e-13)
    assert matrix_norm(from_array(a + 1j), 1).value == pytest.approx(np.linalg.norm(a + 1j, 1), rel=1e-13)


def test_exact_matrices() -> None:
    found = matrix_norm(read_matrix([[1, 2], [3, 4]]), None, "exact")
    assert found.values == {
        "frobenius": "sqrt(30)", "spectral": "sqrt(15 + sqrt(221))", "nuclear": "sqrt(34)", "l1": "6", "linf": "7", "max": "4",
    }  # fmt: skip
    assert matrix_norm(read_matrix([[3, 0], [0, "1/2"]]), 2).value == "3"
    assert matrix_norm(read_matrix([[3, 0], [0, "1/2"]]), -2).value == "1/2"
    assert matrix_norm(read_matrix([[3, 4]]), "nuc", "exact").value == "5"
    assert matrix_norm(read_matrix([[0, 0], [0, 0]]), 2, "exact").value == "0"
    large = matrix_norm(read_matrix([[10**30, 1, 0], [0, 10**30, 1], [1, 0, 10**30]]), "max")
    assert large.value == str(10**30)
    assert isinstance(large.values["spectral"], float)
    assert large.error_bound > 0


@given(arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e100, 1e100)))
@settings(deadline=None)
def test_every_matrix_has_norms(a: Any) -> None:
    if 0 < np.abs(a).min(where=a != 0, initial=1.0) < 1e-290:  # subnormal entries have few digits
        return
    found = matrix_norm(read_matrix(a.tolist()))
    assert found.values["max"] == np.abs(a).max()
    assert found.error_bound < 1e-10


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="no norm of the order 3"):
        matrix_norm(read_matrix([[1]]), 3.0)
    with pytest.raises(InputError, match='no norm "fro"'):
        vector_norm(read_vector([1]), "fro")


@pytest.mark.parametrize("name", ["l1", "l2", "linf", "order"])
def test_a_perturbed_vector_norm_is_refused(name: str) -> None:
    x = np.array([1.0, -2.5, 0.3])
    values = {"l1": 3.8, "l2": float(np.linalg.norm(x)), "linf": 2.5}
    for order in (0.0, 3.0, -1.0, math.inf, -math.inf):
        value = float(np.linalg.norm(x, order))
        assert all(check.passed for check in vector_checks(x, values, order, value))
        wrong = {**values, name: values.get(name, 0.0) * (1 + 1e-10)} if name != "order" else values
        other = value * (1 + 1e-10) if name == "order" else value
        assert not all(check.passed for check in vector_checks(x, wrong, order, other))


@pytest.mark.parametrize("name", ["l1", "linf", "max", "frobenius", "nuclear", "spectral"])
def test_a_perturbed_matrix_norm_is_refused(name: str) -> None:
    a = np.random.default_rng(9).standard_normal((4, 3))
    decomposition = svd(from_array(a))
    values = {key: float(value) for key, value in matrix_norm(from_array(a)).values.items() if value is not None}
    assert all(check.passed for check in matrix_checks(a, values, decomposition))
    assert not all(check.passed for check in matrix_checks(a, {**values, name: values[name] * (1 + 1e-10)}, decomposition))


def test_a_perturbed_exact_norm_is_refused() -> None:
    vector, matrix = read_vector([1, "1/2", -3]), read_matrix([["1/2", 2], [3, -4]])
    for norm, check, sent in ((vector_norm(vector), exact_vector_check, vector), (matrix_norm(matrix), exact_matrix_check, matrix)):
        assert check(sent, norm.values).passed
        for name in {"l1", "l2", "linf", "frobenius", "max"} & set(norm.values):
            assert not check(sent, {**norm.values, name: str(Fraction(101, 7))}).passed
