"""Critical points of functions of one unknown whose derivative is a polynomial in sin(w·x) and cos(w·x): all of them, exactly.

With s = sin(w·x) and c = cos(w·x), sines and cosines of whole multiples are polynomials in s and c, and f' = 0 together with
s² + c² = 1 is a system with finitely many solutions. What a point is goes by the first derivative that is not 0 there, with s' = w·c
and c' = -w·s; so that double zeros, as of x - sin(x), are told too.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.calculus.tensor_values import NotRational
from service.errors import Undecided
from service.expression.operation import Array
from service.expression.tensors import Apply
from service.functions.algebraic import AlgebraicPoint
from service.functions.exact import Exact, NotPolynomial, Ratio
from service.functions.function import Function
from service.functions.periods import Period, frequency_of, period_of
from service.functions.polynomial_systems import NotFinite, TooLarge, solve_system
from service.functions.radicals import collected, letters_in
from service.precision import precision

LARGEST_MULTIPLE = 16
MOST_DERIVATIVES = 40
BITS = 128


@dataclass(frozen=True)
class WavePoint:
    """Where in one period from 0 on, and what it is; `order` is that of the first derivative that is not 0, from 2 on."""

    at: float
    kind: str
    order: int


class _Waves(Exact):
    """Values with the letters s and c for sin(w·x) and cos(w·x)."""

    def __init__(self, function: Function, name: str, base: Fraction) -> None:
        super().__init__(function)
        self.name, self.base = name, base
        self.sine, self.cosine = self.letter(("wave", "sin"), False), self.letter(("wave", "cos"), False)

    def apply(self, tensor: Apply, *arguments: Array) -> Any:
        frequency = frequency_of(tensor, self.name)
        if frequency is None:
            return super().apply(tensor, *arguments)
        argument, times = arguments[0].item(), frequency.size / self.base
        if tensor.operation.name not in ("sin", "cos", "tan") or collected(argument.top, 0).keys() & {0}:
            raise NotRational  # moved by a constant
        if times.denominator != 1 or abs(times) > LARGEST_MULTIPLE:
            raise NotRational
        real, imaginary = self.number(1), self.number(0)
        for _ in range(abs(int(times))):
            real, imaginary = real * self.cosine + -(imaginary * self.sine), real * self.sine + imaginary * self.cosine
        if times < 0:
            imaginary = -imaginary
        return {"sin": imaginary, "cos": real, "tan": imaginary * real**-1 if tensor.operation.name == "tan" else real}[
            tensor.operation.name
        ]


def wave_points(function: Function) -> tuple[Period, list[WavePoint]] | None:
    """The period, and the critical points of one; None where the derivative is no such polynomial."""
    names = function.unknowns.names
    period = period_of(function.first, names[0]) if len(names) == 1 and not any(function.unknowns.shapes) else None
    if period is None:
        return None
    try:
        waves = _Waves(function, names[0], 2 / period.size)
        entry = waves.values_of(function.first)[0].item()
        ratio = entry if isinstance(entry, Ratio) else waves.number(entry)
        return period, _solved(waves, ratio, float(period))
    except (NotPolynomial, NotFinite, TooLarge, Undecided):
        return None


def _solved(waves: _Waves, ratio: Ratio, size: float) -> list[WavePoint]:
    s, c = (next(iter(letters_in(each.top))) for each in (waves.sine, waves.cosine))
    top, below = (_without_positive(waves, polynomial) for polynomial in (ratio.top, ratio.below))
    if not (letters_in(top) | letters_in(below)) <= {s, c}:
        raise NotPolynomial

    def terms(polynomial: Any) -> list[tuple[tuple[int, int], Any]]:
        return [((int(exponents[s]), int(exponents[c])), coefficient) for exponents, coefficient in polynomial.terms()]

    circle = [((2, 0), flint.fmpq(1)), ((0, 2), flint.fmpq(1)), ((0, 0), flint.fmpq(-1))]
    found = []
    gens = waves.context.gens()
    for point in solve_system([terms(top), circle], 2).points:
        under = point.sign(point.element(terms(below)))
        if not under:
            continue  # undefined there
        slope, order = top, 1
        sign = 0
        while not sign and order <= MOST_DERIVATIVES:
            slope, order = gens[c] * slope.derivative(s) - gens[s] * slope.derivative(c), order + 1
            sign = under * point.sign(point.element(terms(slope)))
        if not sign:
            raise NotPolynomial
        kind = "inflection point" if order % 2 else "local minimum" if sign > 0 else "local maximum"
        found.append(WavePoint(_angle(point) / (2 * np.pi) * size, kind, order))
    return sorted(found, key=lambda each: each.at)


def _without_positive(waves: _Waves, polynomial: Any) -> Any:
    """Without the factors that are nowhere 0, which have no part in signs."""
    if len(polynomial) > 400 or polynomial.total_degree() > 60:
        raise NotPolynomial
    constant, factors = polynomial.factor()
    total = waves.one * constant
    for factor, power in factors:
        if not letters_in(factor) <= waves.positive:
            total = total * factor**power
    return total


def _angle(point: AlgebraicPoint) -> float:
    """Between 0 and 2π."""
    with precision(BITS):
        sine, cosine = (point.ball(coordinate) for coordinate in point.coordinates)
        angle = float(flint.arb.atan2(sine, cosine).mid())
    return angle if angle > -1e-30 else angle + 2 * float(np.pi)
