"""Polynomials over Q in letters some of which are roots: r² = D, r³ = D, ..., with D a polynomial in the others.

A root of even order stands for the positive number, where D > 0; one of odd order has the sign of D. A polynomial is reduced when no
root occurs with its order or more; then it is 0 only if it is 0 as a polynomial, as long as no root is rational in the others (which
is why squares are taken out of D).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint

Polynomial = Any
"""fmpq_mpoly"""


class Unsolvable(Exception):
    """Never leaves the package: no solutions in roots, or too many cases."""


@dataclass(frozen=True)
class Quotient:
    """top/below, reduced."""

    top: Polynomial
    below: Polynomial


@dataclass(frozen=True)
class Root:
    """The letter at `slot` is the root of this order of `radicand`."""

    slot: int
    order: int
    radicand: Polynomial


class Radicals:
    """The roots that occur, in letters of the context from `slots` on, downwards to `floor`."""

    def __init__(self, context: Any, slots: range) -> None:
        self.context = context
        self.slots = list(slots)
        self.roots: list[Root] = []

    @property
    def places(self) -> dict[int, Root]:
        return {root.slot: root for root in self.roots}

    def root(self, radicand: Quotient, order: int) -> tuple[Quotient, Root | None]:
        """outside and a root with outside·root = radicand^(1/order); None where it is rational. Raises Unsolvable."""
        outside, inside = _taken_out(radicand.top * radicand.below ** (order - 1), order, self.context)
        factor = self.fraction(outside, radicand.below)
        if inside == 1 or (order % 2 and inside == -1):
            return self.fraction(factor.top * inside, factor.below), None
        for known in self.roots:
            if known.order == order and known.radicand == inside:
                return factor, known
        if not self.slots:
            raise Unsolvable
        made = Root(self.slots.pop(), order, inside)
        self.roots.append(made)
        return factor, made

    def reduced(self, polynomial: Polynomial) -> Polynomial:
        """Without powers of roots that are known. The later roots are first: their radicands may hold the earlier."""
        for root in reversed(self.roots):
            while True:
                parts = collected(polynomial, root.slot)
                if max(parts, default=0) < root.order:
                    break
                letter = self.context.gens()[root.slot]
                polynomial = sum(
                    (part * root.radicand ** (power // root.order) * letter ** (power % root.order) for power, part in parts.items()),
                    self.context.constant(0),
                )
        return polynomial

    def fraction(self, top: Polynomial, below: Polynomial) -> Quotient:
        """top/below without roots of order 2 below, in lowest terms. Raises Unsolvable, ZeroDivisionError."""
        top, below = self.reduced(top), self.reduced(below)
        for root in reversed(self.roots):
            parts = collected(below, root.slot)
            if set(parts) <= {0}:
                continue
            letter = self.context.gens()[root.slot]
            if root.order == 2:
                factor = parts.get(0, self.context.constant(0)) - parts[1] * letter
            elif len(parts) == 1:
                (power,) = parts
                factor = letter ** (root.order - power)
            else:
                raise Unsolvable
            top, below = self.reduced(top * factor), self.reduced(below * factor)
        if below == 0:
            raise ZeroDivisionError
        common = top.gcd(below)
        top, below = top / common, below / common
        scale = below.leading_coefficient()
        return Quotient(top / scale, below / scale)

    def put(self, polynomial: Polynomial, values: dict[int, Quotient]) -> Quotient:
        """The polynomial with values for letters."""
        below = self.context.constant(1)
        for place, value in values.items():
            parts = collected(polynomial, place)
            highest = max(parts, default=0)
            polynomial = sum(
                (part * value.top**power * value.below ** (highest - power) for power, part in parts.items()), self.context.constant(0)
            )
            polynomial = self.reduced(polynomial)
            below = below * value.below**highest
        return self.fraction(polynomial, below)

    def put_in(self, ratio: Any, values: dict[int, Quotient]) -> Quotient:
        """The same for a quotient with top and below. Raises ZeroDivisionError where it is undefined."""
        top, below = self.put(ratio.top, values), self.put(ratio.below, values)
        return self.fraction(top.top * below.below, top.below * below.top)


def collected(polynomial: Polynomial, place: int) -> dict[int, Polynomial]:
    """The coefficients of the powers of one letter."""
    parts: dict[int, dict[tuple[int, ...], Any]] = {}
    for exponents, coefficient in polynomial.terms():
        power = int(exponents[place])
        rest = tuple(0 if at == place else int(exponent) for at, exponent in enumerate(exponents))
        parts.setdefault(power, {})[rest] = coefficient
    return {power: polynomial.context().from_dict(terms) for power, terms in parts.items()}


def letters_in(polynomial: Polynomial) -> set[int]:
    """The places of the letters that occur."""
    return {place for place, degree in enumerate(polynomial.degrees()) if degree > 0}


def _taken_out(polynomial: Polynomial, order: int, context: Any) -> tuple[Polynomial, Polynomial]:
    """s and d with polynomial = s^order·d."""
    constant, factors = polynomial.factor()
    constant = flint.fmpq(constant)
    number = int(constant.p) * int(constant.q) ** (order - 1)
    outside, inside = context.constant(flint.fmpq(1, constant.q)), context.constant(1 if number > 0 else -1)
    for prime, power in flint.fmpz(abs(number)).factor():
        outside = outside * flint.fmpq(prime) ** (int(power) // order)
        inside = inside * flint.fmpq(prime) ** (int(power) % order)
    for factor, power in factors:
        outside = outside * factor ** (int(power) // order)
        inside = inside * factor ** (int(power) % order)
    return outside, inside
