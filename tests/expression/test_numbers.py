"""Exact rational coefficients: whole where whole, never larger than is reasonable."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import LimitExceeded
from service.expression import numbers
from service.expression.numbers import Rational

RATIONALS = st.fractions(min_value=-50, max_value=50, max_denominator=30).map(numbers.tidy)
QUICK = settings(max_examples=80, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (2, 10, 1024),
        (2, -2, Fraction(1, 4)),
        (Fraction(2, 3), 2, Fraction(4, 9)),
        (-2, 3, -8),
        (4, Fraction(1, 2), 2),
        (Fraction(8, 27), Fraction(2, 3), Fraction(4, 9)),
        (Fraction(4, 9), Fraction(-1, 2), Fraction(3, 2)),
        (1, 10**9, 1),
        (0, 5, 0),
        (10**30, Fraction(1, 2), 10**15),
        (2, Fraction(1, 2), None),
        (-4, Fraction(1, 2), None),
        (-8, Fraction(1, 3), None),
        (0, -1, None),
        (0, 0, None),
        (9, 9**9, None),
        (Fraction(1, 7), 10**6, None),
    ],
)
def test_powers_are_exact_or_left_alone(base: Rational, exponent: Rational, expected: Rational | None) -> None:
    found = numbers.power(base, exponent)
    assert found == expected
    if found is not None:
        assert isinstance(found, int) == (Fraction(found).denominator == 1)


@given(RATIONALS.filter(bool), st.integers(-4, 4), st.integers(-4, 4))
@QUICK
def test_exponents_add(base: Rational, a: int, b: int) -> None:
    left, right, both = (numbers.power(base, exponent) for exponent in (a, b, a + b))
    assert left is not None
    assert right is not None
    assert left * right == both


@given(RATIONALS.filter(lambda number: number > 0), st.integers(2, 5))
@QUICK
def test_a_root_undoes_a_power(base: Rational, degree: int) -> None:
    raised = numbers.power(base, degree)
    assert raised is not None
    assert numbers.power(raised, Fraction(1, degree)) == base


@given(st.lists(RATIONALS.filter(bool), min_size=1, max_size=5))
@QUICK
def test_the_content_leaves_whole_numbers_without_a_common_divisor(values: list[Rational]) -> None:
    content = numbers.content(values)
    rest = [Fraction(value) / Fraction(content) for value in values]
    assert all(number.denominator == 1 for number in rest)
    assert rest[0] > 0
    assert abs(numbers.content([number.numerator for number in rest])) == 1


@given(RATIONALS.filter(bool))
@QUICK
def test_the_reciprocal_undoes_itself(number: Rational) -> None:
    assert numbers.reciprocal(numbers.reciprocal(number)) == number
    assert isinstance(numbers.tidy(Fraction(number) * Fraction(numbers.reciprocal(number))), int)


def test_a_number_that_nobody_can_write_down_is_refused() -> None:
    assert numbers.bounded(10**100) == 10**100
    with pytest.raises(LimitExceeded):
        numbers.bounded(2**40_000)
