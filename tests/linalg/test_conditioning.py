"""Condition numbers: bounds that hold, closed forms, singular matrices, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from service.errors import MathematicsRefuses, ShapeMismatch, Undecided
from service.linalg.conditioning import condition, condition_check, singular_value_check
from service.linalg.matrices import from_array, read_matrix
from tests.linalg import famous
from tests.linalg import high_precision as hp

FAMOUS = [name for name in famous.FLOAT_MATRICES if name not in ("random 60", "rows of different units", "columns of different units")]


@pytest.mark.parametrize("name", FAMOUS)
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_it_is_within_its_bound(name: str, reading: Any) -> None:
    rows = famous.FLOAT_MATRICES[name]
    table = hp.matrix(reading(rows))
    inverted = table**-1
    norms = {
        2: lambda a: hp.singular_values(a)[0],
        1: lambda a: hp.mp.mnorm(a, 1),
        math.inf: lambda a: hp.mp.mnorm(a, hp.mp.inf),
        "fro": hp.frobenius,
    }
    for order, norm in norms.items():
        if order == 2 and len(rows) > 13:
            continue
        truth = norm(table) * norm(inverted)
        try:
            found = condition(read_matrix(rows), order, "float")  # type: ignore[arg-type]
        except Undecided:
            assert name == "hilbert 9"
            continue
        assert abs(hp.number(found.condition_number) - truth) <= hp.number(found.error_bound) * truth
        distance = 1 / (norm(inverted) if order != "fro" else hp.singular_values(inverted)[0])
        assert abs(hp.number(found.distance_to_singularity) - distance) <= hp.number(found.error_bound) * distance * 2


def test_published_values() -> None:
    """Hilbert's matrices in the 1-norm and the 2-norm (Higham, Accuracy and Stability, ch. 28; Wikipedia has 27 for n = 3 by rows)."""
    assert condition(read_matrix(famous.hilbert(2)), 1).condition_number == "27"
    assert condition(read_matrix(famous.hilbert(3)), math.inf).condition_number == "748"
    assert condition(read_matrix(famous.hilbert(3)), 1).condition_number == "748"
    assert condition(read_matrix(famous.hilbert(4)), math.inf).condition_number == "28375"
    assert condition(read_matrix(famous.hilbert(5)), math.inf).condition_number == "943656"
    singular = hp.singular_values(hp.matrix(exact_hilbert(10)))
    assert condition(read_matrix(famous.hilbert(10))).condition_number == pytest.approx(float(singular[0] / singular[-1]), rel=1e-12)


def exact_hilbert(n: int) -> famous.Exact:
    return [[Fraction(1, i + j + 1) for j in range(n)] for i in range(n)]


def test_exactly() -> None:
    assert condition(read_matrix([[1, 1], [1, 2]]), 2, "exact").condition_number == "7/2 + 3*sqrt(5)/2"
    assert condition(read_matrix([[3, 0], [0, "1/2"]])).condition_number == "6"
    assert condition(read_matrix([[3, 4], [0, 5]]), "fro", "exact").condition_number == "10/3"
    assert condition(read_matrix([["-2/3"]])).condition_number == "1"
    assert condition(read_matrix([[1, 2], [3, 4]]), 1, "exact").condition_number == "21"


SINGULAR: list[Any] = [
    [[1, 2], [2, 4]],
    [[0]],
    [[1, 2], [2, 4], [3, 6]],
    [[1, 2, 3], [2, 4, 6]],
    [["1/2", "1/3"], ["1/4", "1/6"]],
    [[0.1, 0.2], [0.2, 0.4]],
    [[0.1, 0.2], [0.2, 0.4], [0.3, 0.6]],
]


@pytest.mark.parametrize("rows", SINGULAR)
def test_singular_matrices(rows: Any) -> None:
    found = condition(read_matrix(rows))
    assert found.singular
    assert found.condition_number is None
    assert found.distance_to_singularity == 0
    assert "because" in found.explanation


def test_what_floats_leave_open() -> None:
    with pytest.raises(Undecided):
        condition(read_matrix(famous.hilbert_floats(14)))
    with pytest.raises(Undecided):
        condition(read_matrix([row[:10] for row in famous.hilbert_floats(14)]))
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        condition(read_matrix([[1e-300, 0], [0, 1e300]]))
    with pytest.raises(ShapeMismatch):
        condition(read_matrix([[1, 2]]), 1)


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (5, 3), (3, 5), (40, 20)])
@pytest.mark.parametrize("kind", [float, complex])
def test_matrices_that_are_not_square(shape: tuple[int, int], kind: Any) -> None:
    random = np.random.default_rng(sum(shape))
    a = random.standard_normal(shape) + (1j * random.standard_normal(shape) if kind is complex else 0)
    found = condition(from_array(a))
    assert found.condition_number == pytest.approx(np.linalg.cond(a), rel=1e-12)


def test_a_tall_whole_matrix_that_is_ill_conditioned() -> None:
    rows = [row[:11] for row in famous.pascal(13)]
    found = condition(read_matrix(rows))
    singular = hp.singular_values(hp.matrix(rows))
    truth = singular[0] / singular[-1]
    assert abs(hp.number(found.condition_number) - truth) <= hp.number(found.error_bound) * truth


def test_a_perturbed_value_is_refused() -> None:
    a = np.random.default_rng(0).standard_normal((4, 4))
    x = np.linalg.inv(a)
    for order in (1, 2, math.inf, "fro"):
        value = float(np.linalg.cond(a, order))  # type: ignore[arg-type]
        assert condition_check(a, x, value, order).passed
        assert not condition_check(a, x, value * (1 + 1e-9), order).passed


def test_a_perturbed_value_of_a_tall_matrix_is_refused() -> None:
    a = np.random.default_rng(1).standard_normal((5, 3))
    value = float(np.linalg.cond(a))
    assert singular_value_check(a, value).passed
    assert not singular_value_check(a, value * (1 + 1e-9)).passed


def test_graded_columns_are_left_open() -> None:
    with pytest.raises((Undecided, MathematicsRefuses)):
        condition(read_matrix([[1e9, 1e-16, 1], [3, 1e-16, 0], [5e-324, 1e160, 7], [1e16, 0.3, 0.1]]))
