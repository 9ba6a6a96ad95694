"""Roots as texts: values, and the simplest form."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.calculus.evaluate import value_at
from service.language import parse
from service.linalg.square_roots import root_text, surd_text


@pytest.mark.parametrize(
    ("radicand", "text"),
    [("0", "0"), ("1", "1"), ("9/4", "3/2"), ("2", "sqrt(2)"), ("1/2", "sqrt(2)/2"), ("8/27", "2*sqrt(6)/9"), ("50/3", "5*sqrt(6)/3"),
     ("12", "2*sqrt(3)"), (str(10**60), str(10**30)), (str(10**200 + 1), f"sqrt({10**200 + 1})")],
)  # fmt: skip
def test_roots(radicand: str, text: str) -> None:
    value = Fraction(radicand)
    assert root_text(flint.fmpq(value.numerator, value.denominator)) == text


def test_with_a_coefficient() -> None:
    assert surd_text(flint.fmpq(-3, 4), flint.fmpq(5)) == "-3*sqrt(5)/4"
    assert surd_text(flint.fmpq(-1), flint.fmpq(2)) == "-sqrt(2)"
    assert surd_text(flint.fmpq(0), flint.fmpq(2)) == "0"
    assert surd_text(flint.fmpq(2), flint.fmpq(9)) == "6"


@given(st.fractions(-50, 50, max_denominator=40), st.fractions(0, 50, max_denominator=40))
def test_the_text_has_the_value(coefficient: Fraction, radicand: Fraction) -> None:
    """Read by the language of requests."""
    text = surd_text(*(flint.fmpq(part.numerator, part.denominator) for part in (coefficient, radicand)))
    assert float(value_at(parse(text).node, {}, {})) == pytest.approx(float(coefficient) * float(radicand) ** 0.5, rel=1e-14)
