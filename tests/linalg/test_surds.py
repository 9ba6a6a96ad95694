"""Exact numbers with square roots: a field, printed and rounded right."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import LimitExceeded
from service.linalg.exact_tables import Table
from service.linalg.surds import Surd, as_exact_json, gaussian

UNIT = gaussian(0, 1)
NUMBERS = st.lists(st.tuples(st.sampled_from([-6, -1, 1, 2, 3, 5, 6, 30]), st.fractions(max_denominator=20)), max_size=3).map(
    lambda pairs: sum((Surd.of(value) * (Surd.of(abs(d)).sqrt() * (UNIT if d < 0 else 1)) for d, value in pairs), Surd({}))
)


@given(NUMBERS, NUMBERS, NUMBERS)
@settings(deadline=None, max_examples=100)
def test_they_form_a_field(x: Surd, y: Surd, z: Surd) -> None:
    assert x * (y + z) == x * y + x * z
    assert (x * y) * z == x * (y * z)
    assert x - x == Surd({})
    assert (x * y).conjugate() == x.conjugate() * y.conjugate()
    if x != 0:
        assert x * x.reciprocal() == Surd.of(1)
        assert (y / x) * x == y


@given(NUMBERS)
@settings(deadline=None, max_examples=100)
def test_the_nearest_double(x: Surd) -> None:
    re, im = x.parts
    for part, value in ((re, complex(x).real), (im, complex(x).imag)):
        terms = [float(c.p) / float(c.q) * math.sqrt(d) for d, c in part.terms.items()]
        assert value == pytest.approx(math.fsum(terms), rel=1e-9, abs=1e-12)


def test_cancellation_costs_no_digit() -> None:
    """A convergent of the continued fraction of sqrt(2), whose difference from it is known: p − q·sqrt(2) = (−1)^n/(p + q·sqrt(2))."""
    p, q = 1, 1
    for _ in range(40):
        p, q = p + 2 * q, p + q
    found = float(p - q * Surd.of(2).sqrt())
    assert abs(found) == pytest.approx(1 / (p + q * math.sqrt(2)), rel=1e-15)


WRITTEN = [
    (Surd.of(0), "0"),
    (Surd.of(Fraction(-45, 22)), "-45/22"),
    (Surd.of(2).sqrt() / 2, "sqrt(2)/2"),
    (1 - 2 * Surd.of(12).sqrt() / 3, "1 - 4*sqrt(3)/3"),
    (gaussian(0, -3), {"re": "0", "im": "-3"}),
    (Surd.of(2).sqrt() * UNIT + 1, {"re": "1", "im": "sqrt(2)"}),
]


@pytest.mark.parametrize(("number", "text"), WRITTEN)
def test_it_is_written_as(number: Surd, text: object) -> None:
    assert as_exact_json(number) == text


def test_what_grows_too_far_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="square roots"):
        sum((Surd.of(p).sqrt() for p in (2, 3, 5, 7, 11, 13, 17)), Surd.of(1)) ** 7
    with pytest.raises(LimitExceeded, match="exact-digits"):
        (Surd.of(7) ** 1000) ** 1000
    with pytest.raises(LimitExceeded, match="is not taken exactly"):
        Surd.of(10**30 + 1).sqrt()
    with pytest.raises(ValueError, match="negative"):
        Surd.of(-1).sqrt()
    with pytest.raises(ZeroDivisionError):
        1 / Surd.of(0)


def test_matrices_of_them_are_bounded() -> None:
    """Elimination on numbers with roots is slow, and its numbers grow: size, terms and digits count together."""
    root = Surd.of(2).sqrt()
    assert Table.of([[root] * 24] * 24, None, True).shape == (24, 24)
    with pytest.raises(LimitExceeded, match="surd-size"):
        Table.of([[root] * 25] * 25, None, True)
    with pytest.raises(LimitExceeded, match="surd-size"):
        Table.of([[root, Surd.of(3).sqrt(), Surd.of(5).sqrt(), UNIT]] * 4, None, True)
    with pytest.raises(LimitExceeded, match="surd-work"):
        Table.of([[root / 10**50] * 12] * 12, None, True)
