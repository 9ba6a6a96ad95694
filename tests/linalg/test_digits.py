"""As many correct digits as asked: every printed number is within its radius of the exact one, and the radius is small."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, LimitExceeded, ShapeMismatch, SingularMatrix
from service.linalg import balls, with_digits
from service.linalg.balls import Digits, rounded
from service.linalg.matrices import read_matrix, read_vector
from tests.linalg import famous

NAMES = [name for name in famous.FLOAT_MATRICES if not name.startswith("random")]


def assert_digits(text: str, radius: str, truth: Fraction, digits: int) -> None:
    """Within the radius, and the radius below one unit of the last of `digits` significant digits."""
    assert abs(Fraction(text) - truth) <= Fraction(radius)
    if truth == 0:
        assert text == "0"
        return
    mantissa = text.lstrip("-").partition("e")[0].replace(".", "").lstrip("0")
    assert len(mantissa) == digits
    unit = Fraction(10) ** (1 - digits) * abs(Fraction(text)) * 10 / Fraction(int(mantissa[0]) * 10)
    assert Fraction(radius) <= unit


@pytest.mark.parametrize("digits", [1, 30, 100])
@pytest.mark.parametrize("name", NAMES)
def test_inverse_and_determinant(name: str, digits: int) -> None:
    rows = famous.FLOAT_MATRICES[name]
    truth = famous.exact_inverse(famous.decimal(rows))
    answer = with_digits.inverse(read_matrix(rows), digits)
    for i, row in enumerate(truth):
        for j, value in enumerate(row):
            assert_digits(answer["inverse"][i][j], answer["radius"][i][j], value, digits)
            assert abs(Fraction(answer["inverse"][i][j]) - value) <= Fraction(answer["error_bound"]) * abs(value)
    found = with_digits.determinant(read_matrix(rows), digits)
    assert_digits(found["determinant"], found["radius"], famous.exact_determinant(famous.decimal(rows)), digits)


@pytest.mark.parametrize("name", NAMES[:9])
def test_solve(name: str) -> None:
    rows = famous.FLOAT_MATRICES[name]
    rhs = [0.1 * (i - 1) for i in range(len(rows))]
    answer = with_digits.solve(read_matrix(rows), read_vector(rhs), 40)
    inverse = famous.exact_inverse(famous.decimal(rows))
    truth = famous.product(inverse, [[value] for (value,) in famous.decimal([[entry] for entry in rhs])])
    for text, radius, (value,) in zip(answer["x"], answer["radius"], truth, strict=True):
        assert_digits(text, radius, value, 40)


def test_hilbert_12_of_decimals_where_floats_are_undecided() -> None:
    answer = with_digits.inverse(read_matrix(famous.hilbert(12)), 20)
    assert [[Fraction(text) for text in row] for row in answer["inverse"]] == [
        [Fraction(value) for value in row] for row in famous.hilbert_inverse(12)
    ]


def test_singular_values_of_published_matrices() -> None:
    values = with_digits.singular_values(read_matrix([[1, 1], [0, 1]]), 30)["singular_values"]
    assert values == ["1.61803398874989484820458683437", "0.618033988749894848204586834366"]  # the golden ratio and its reciprocal
    zero = with_digits.singular_values(read_matrix(famous.magic(4)), 50)
    assert zero["rank"] == 3
    assert zero["singular_values"][0] == "34." + "0" * 48
    assert zero["singular_values"][-1] == "0"
    assert [Fraction(value) ** 2 for value in zero["singular_values"][1:3]] == pytest.approx([320, 20], rel=1e-45)


def test_complex_matrices() -> None:
    unit = {"re": 0, "im": 1}
    assert with_digits.determinant(read_matrix([[unit, 2], [3, 4]]), 10)["determinant"] == {"re": "-6.000000000", "im": "4.000000000"}
    assert with_digits.inverse(read_matrix([[{"re": 0, "im": 2}]]), 5)["inverse"] == [[{"re": "0", "im": "-0.50000"}]]
    assert with_digits.solve(read_matrix([[2]]), read_vector([unit]), 3)["x"] == [{"re": "0", "im": "0.500"}]
    values = with_digits.singular_values(read_matrix([[unit, 2], [3, 4]]), 20)["singular_values"]
    assert [float(value) for value in values] == pytest.approx(np.linalg.svd([[1j, 2], [3, 4]])[1].tolist(), rel=1e-15)


def test_what_is_refused() -> None:
    with pytest.raises(SingularMatrix, match="row 2 = 2·row 1"):
        with_digits.inverse(read_matrix([[1, 2], [2, 4]]), 10)
    with pytest.raises(SingularMatrix):
        with_digits.solve(read_matrix([[{"re": 0, "im": 1}, 1], [-1, {"re": 0, "im": 1}]]), read_vector([1, 1]), 10)
    with pytest.raises(ShapeMismatch):
        with_digits.determinant(read_matrix([[1, 2]]), 10)
    with pytest.raises(LimitExceeded, match="exact-size"):
        with_digits.inverse(read_matrix(np.eye(121).tolist()), 10)
    with pytest.raises(LimitExceeded, match="digits"):
        balls.wanted(1001, None)
    with pytest.raises(InputError):
        balls.wanted(10, "exact")


@given(st.fractions(), st.integers(1, 60))
@settings(deadline=None)
def test_a_rounded_number_is_within_its_radius(value: Fraction, digits: int) -> None:
    found = rounded(value, Fraction(0), digits)
    assert found is not None
    assert_digits(found.text, found.radius, value, digits)


def perturbed(value: Any, place: int) -> Any:
    """One more in the digit at `place`."""
    if isinstance(value, tuple):
        return perturbed(value[0], place), value[1]
    at = [i for i, letter in enumerate(value.text) if letter.isdigit()][place]
    return Digits(f"{value.text[:at]}{(int(value.text[at]) + 3) % 10}{value.text[at + 1 :]}", value.radius)


@pytest.mark.parametrize("entry", [0, 1, 2, 3])
def test_the_certificates_refuse_perturbed_digits(entry: int) -> None:
    matrix = read_matrix([[2, 1], [0.5, 3]])
    x = balls.to_digits(30, lambda: balls.ball_matrix(matrix).inv().entries(), *balls.smallest_part(matrix))
    identity = read_matrix([[1, 0], [0, 1]])
    assert balls.product_check(matrix, x, identity, 30).passed
    x[entry] = perturbed(x[entry], 20)
    assert not balls.product_check(matrix, x, identity, 30).passed
    gram = matrix.exact.transpose() * matrix.exact
    answer = with_digits.singular_values(matrix, 30)
    values = [Digits(text, "0") for text in answer["singular_values"]]
    assert with_digits.moments_check(gram, values, 1, 30).passed
    values[entry % 2] = perturbed(values[entry % 2], 20)
    assert not with_digits.moments_check(gram, values, 1, 30).passed
