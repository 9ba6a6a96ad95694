"""Closed forms of roots: their balls lie where Arb isolates the roots, and their texts, read by the language, have these values."""

from __future__ import annotations

import flint
import numpy as np
import pytest

from service.calculus.evaluate import Evaluator
from service.language import parse
from service.linalg import closed_forms
from service.linalg.spectrum import isolated
from service.precision import precision

TEXTBOOK = [
    ([-1, -1, 1], {"(1 + sqrt(5))/2", "(1 - sqrt(5))/2"}),
    ([-2, 0, 1], {"sqrt(2)", "-sqrt(2)"}),
    ([-12, 0, 1], {"2*sqrt(3)", "-2*sqrt(3)"}),
    ([-3, 2], {"3/2"}),
    ([-2, 0, 0, 1], {"cbrt(2)", "-cbrt(2)/2"}),
    ([1, -3, 0, 1], {"2*cos(acos(-1/2)/3)", "2*cos(acos(-1/2)/3 - 2*pi/3)", "2*cos(acos(-1/2)/3 - 4*pi/3)"}),
    ([1, 0, -10, 0, 1], {"sqrt(5 + 2*sqrt(6))", "-sqrt(5 + 2*sqrt(6))", "sqrt(5 - 2*sqrt(6))", "-sqrt(5 - 2*sqrt(6))"}),
]


@pytest.mark.parametrize(("coefficients", "texts"), TEXTBOOK)
def test_textbook_roots(coefficients: list[int], texts: set[str]) -> None:
    with precision(200):
        assert {real.text for real, _ in closed_forms.roots(flint.fmpz_poly(coefficients))} == texts


def irreducible(seed: int, degree: int) -> flint.fmpz_poly:
    random = np.random.default_rng(seed)
    while True:
        polynomial = flint.fmpz_poly([int(value) for value in random.integers(-9, 10, degree + 1)])
        _, factors = polynomial.factor()
        if polynomial.degree() == degree and len(factors) == 1 and factors[0][1] == 1:
            return factors[0][0]


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_random_roots(degree: int) -> None:
    for seed in range(60):
        polynomial = irreducible(seed, degree)
        with precision(256):
            forms, balls = closed_forms.roots(polynomial), isolated(polynomial)
            found = [flint.acb(real.ball(), imaginary.ball() if imaginary else 0) for real, imaginary in forms]
            fits = [[ball.overlaps(value) for ball in balls] for value in found]
            assert all(sum(row) == 1 for row in fits)
            assert all(sum(column) == 1 for column in zip(*fits, strict=True))
        for (real, imaginary), value in zip(forms, found, strict=True):
            for form, part in ((real, value.real), (imaginary, value.imag)):
                if form is not None and seed < 15:
                    shown = float(Evaluator(parse(form.text).node, {})({}))
                    assert shown == pytest.approx(float(part.mid()), rel=1e-6, abs=1e-6)
