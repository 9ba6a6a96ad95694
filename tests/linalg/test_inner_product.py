"""Inner products: values against exact arithmetic, conventions, inequalities and their cases of equality, refusals."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import MathematicsRefuses, NotPositiveDefinite, ShapeMismatch
from service.linalg.gram import gram
from service.linalg.inner_product import gram_checks, inequality_checks, inner_product
from service.linalg.inner_product_checks import derived_check
from service.linalg.matrices import from_array, read_matrix, read_vector

SIZES = st.floats(-1e3, 1e3).map(lambda value: value if abs(value) > 1e-280 else 0.0)


def test_the_convention_for_complex_vectors() -> None:
    """Conjugate linear in the first, as numpy.vdot."""
    x, y = np.array([1 + 2j, 3]), np.array([1j, 1 - 1j])
    found = inner_product(from_array(x), from_array(y))
    assert found.dot == np.vdot(x, y)
    assert np.allclose(found.projection, y * np.vdot(y, x) / np.vdot(y, y))
    assert found.cauchy_schwarz["value"] == pytest.approx(abs(np.vdot(x, y)))
    assert found.angle == pytest.approx(math.acos(np.vdot(x, y).real / (np.linalg.norm(x) * np.linalg.norm(y))))
    weight = np.array([[2, 1j], [-1j, 2]])
    assert inner_product(from_array(x), from_array(y), from_array(weight)).dot == pytest.approx(x.conj() @ weight @ y)


def test_exactly() -> None:
    found = inner_product(read_vector([1, 2, 3]), read_vector([4, -5, 6]), arithmetic="exact")
    assert (found.dot, found.norm_x, found.norm_y) == ("12", "sqrt(14)", "sqrt(77)")
    assert (found.cosine, found.angle) == ("6*sqrt(22)/77", "acos(6*sqrt(22)/77)")
    assert found.projection == ["48/77", "-60/77", "72/77"]
    assert found.distance == "sqrt(67)"
    assert found.cauchy_schwarz == {"value": "12", "bound": "7*sqrt(22)", "holds": True, "equality": False}


@pytest.mark.parametrize(
    ("x", "y", "angle"),
    [([1, 0], [0, 2], "pi/2"), ([1, 0], [2, 0], "0"), ([1, 1], ["-1/2", "-1/2"], "pi"),
     ([1, 0], [1, 1], "pi/4"), ([1, 0], [-1, 1], "3*pi/4"),
     ([1, 1, 0], [0, 1, 1], "pi/3"), ([1, 1, 0], [0, -1, -1], "2*pi/3"), ([1, 0, 0], [1, 1, 0], "pi/4"),
     ([1, 1], [2, 1], "acos(3*sqrt(10)/10)")],
)  # fmt: skip
def test_angles(x: Any, y: Any, angle: str) -> None:
    assert inner_product(read_vector(x), read_vector(y), arithmetic="exact").angle == angle


def test_decimals_mean_themselves() -> None:
    found = inner_product(read_vector([0.1, 0.2]), read_vector([0.2, -0.1]))
    assert found.dot == 0
    assert found.orthogonal is True
    parallel = inner_product(read_vector([0.1, 0.2]), read_vector([0.3, 0.6]))
    assert parallel.cauchy_schwarz["equality"] is True
    assert parallel.triangle["equality"] is True
    assert parallel.angle == 0
    assert inner_product(read_vector([0.1, 0.2]), read_vector([-0.3, -0.6])).triangle["equality"] is False


def test_small_angles_keep_their_digits() -> None:
    found = inner_product(read_vector([1, 0]), read_vector([1, 1e-9]))
    assert found.angle == pytest.approx(1e-9, rel=1e-15)
    nearly = inner_product(read_vector([10**8, 10**8 + 1]), read_vector([10**8 + 1, 10**8 + 2]))
    assert nearly.cauchy_schwarz["equality"] is False
    assert nearly.angle == pytest.approx(1 / (2e16 + 6e8), rel=1e-7)  # the cross product is −1


def test_zero_vectors() -> None:
    found = inner_product(read_vector([0, 0]), read_vector([0, 1]))
    assert (found.cosine, found.angle, found.orthogonal) == (None, None, True)
    assert found.cauchy_schwarz["equality"] is True
    assert inner_product(read_vector([0, 1]), read_vector([0, 0])).projection is None
    assert inner_product(read_vector([0]), read_vector([0]), arithmetic="exact").cosine is None


def test_graded_vectors() -> None:
    found = inner_product(read_vector([1e300, 1e-300]), read_vector([1e-300, 1e300]))
    assert found.dot == 2
    assert found.cauchy_schwarz["bound"] is None
    assert inner_product(read_vector([1e-200]), read_vector([1e-200])).dot == 0
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        inner_product(read_vector([1e200]), read_vector([1e200]))
    with pytest.raises(MathematicsRefuses, match="all its digits"):
        inner_product(read_vector([1e-310]), read_vector([1]))


def test_matrices_and_weights() -> None:
    found = inner_product(read_matrix([[1, 2], [3, 4]]), read_matrix([[0, 1], [1, 0]]))
    assert found.dot == 5
    assert found.norm_x == pytest.approx(30**0.5, rel=1e-15)
    weighted = inner_product(read_vector([1, 0]), read_vector([0, 1]), read_matrix([[2, 1], [1, 2]]), "exact")
    assert (weighted.dot, weighted.norm_x, weighted.cosine, weighted.angle) == ("1", "sqrt(2)", "1/2", "pi/3")
    with pytest.raises(NotPositiveDefinite) as caught:
        inner_product(read_vector([1, 0]), read_vector([0, 1]), read_matrix([[1, 2], [2, 1]]))
    assert caught.value.pointer == "/weight"
    with pytest.raises(ShapeMismatch):
        inner_product(read_vector([1, 0]), read_vector([0, 1, 2]))
    with pytest.raises(ShapeMismatch):
        inner_product(read_vector([1, 0]), read_vector([0, 1]), read_matrix([[1]]))


def test_long_vectors() -> None:
    random = np.random.default_rng(0)
    x, y = random.standard_normal(50_000), random.standard_normal(50_000)
    found = inner_product(from_array(x), from_array(y))
    truth = float(sum(Fraction(a) * Fraction(b) for a, b in zip(x.tolist()[:50_000], y.tolist(), strict=True)))
    assert abs(found.dot - truth) <= found.error_bound
    assert found.orthogonal is False
    assert inner_product(from_array(np.ones(30_000)), from_array(np.ones(30_000))).cauchy_schwarz["equality"] is None


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(*[arrays(float, n, elements=SIZES)] * 2)))
@settings(deadline=None)
def test_the_product_is_within_its_bound(pair: Any) -> None:
    x, y = (part.tolist() for part in pair)
    found = inner_product(read_vector(x), read_vector(y))
    for read in (Fraction, lambda value: Fraction(repr(value))):
        truth = sum(read(a) * read(b) for a, b in zip(x, y, strict=True))
        assert abs(Fraction(found.dot) - truth) <= Fraction(found.error_bound)
    if found.projection is not None and all(value == 0 or abs(value) > 1e-100 for value in x + y):
        rest = np.array(x) - found.projection
        assert abs(rest @ np.array(y)) <= 1e-12 * np.linalg.norm(x) * np.linalg.norm(y) + 1e-290


@pytest.mark.parametrize("name", ["xx", "yy", "re", "im"])
def test_a_perturbed_product_is_refused(name: str) -> None:
    x, y = read_vector([1, 2.5, -3]), read_vector([2, 0.5, 1])
    found = gram(x, y, None)
    checks = [*gram_checks(x, y, None, found), *inequality_checks(found)]
    assert all(check.passed for check in checks)
    wrong = replace(found, **{name: getattr(found, name) - flint.fmpq(5) if name in ("xx", "yy") else flint.fmpq(20)})
    other = [*gram_checks(x, y, None, wrong), *inequality_checks(wrong)]
    assert not all(check.passed for check in other)


@pytest.mark.parametrize(
    "name", ["norm_x", "norm_y", "cosine", "angle", "distance", "projection", "scalar_projection", "value", "bound", "sum", "sums"]
)
@pytest.mark.parametrize("weight", [None, [[2, 1, 0], [1, 2, 0.5], [0, 0.5, 3]]])
def test_every_perturbed_number_of_an_answer_is_refused(name: str, weight: Any) -> None:
    x, y, w = read_vector([1, 2.5, -3]), read_vector([2, 0.5, 1]), read_matrix(weight) if weight else None
    found, answer = gram(x, y, w), inner_product(x, y, w)
    assert derived_check(x, y, w, found, answer).passed
    nested = {"value": "cauchy_schwarz", "bound": "cauchy_schwarz", "sum": "triangle", "sums": "triangle"}
    if name in nested:
        member = {"sum": "value", "sums": "bound"}.get(name, name)
        inequality = getattr(answer, nested[name])
        wrong = replace(answer, **{nested[name]: {**inequality, member: inequality[member] * (1 + 1e-10)}})
    else:
        wrong = replace(answer, **{name: getattr(answer, name) * (1 + 1e-10)})
    assert not derived_check(x, y, w, found, wrong).passed
