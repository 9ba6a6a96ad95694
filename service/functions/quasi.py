"""Quasiconvexity where rules tell it: sublevel sets are convex. True is certain, anything else is not known.

A rising function of a quasiconvex one is quasiconvex; a maximum of such; u/v for convex u and affine v > 0; products of concave functions
that are not below 0 are quasiconcave. (S. Boyd, L. Vandenberghe: Convex Optimization, section 3.4.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from service.expression.tensors import Apply, Power, Product, Tensor
from service.functions.curvature import AFFINE, CONCAVE, CONSTANT, CONVEX
from service.functions.monomials import Bases
from service.functions.ranges import ANY, ARGUMENTS, RISING, parted

JUMPING = ("floor", "sign", "step")


class Quasi(NamedTuple):
    """Whether it is known to be quasiconvex, and quasiconcave; both for what is quasilinear."""

    convex: bool
    concave: bool

    def turned(self) -> Quasi:
        return Quasi(self.concave, self.convex)


UNKNOWN = Quasi(False, False)
Powers = list[tuple[Tensor, Fraction]]


def quasi(tensor: Tensor, bases: Bases) -> Quasi:
    """What the rules tell of a scalar tensor."""
    shape = bases.curvature(tensor).shape
    if shape in (CONSTANT, AFFINE):
        return Quasi(True, True)
    found = Quasi(shape == CONVEX, shape == CONCAVE)
    factor, rest, _ = parted(tensor)
    if rest is not tensor:
        inner = quasi(rest, bases)
        return _either(found, inner if factor > 0 else inner.turned())
    if isinstance(tensor, Apply):
        return _either(found, _applied(tensor, bases))
    if isinstance(tensor, Power) and not isinstance(tensor.exponent, Tensor):
        return _either(found, _power(tensor.base, Fraction(tensor.exponent), bases))
    if isinstance(tensor, Product):
        return _either(found, _product(tensor, bases))
    return found


def _either(one: Quasi, other: Quasi) -> Quasi:
    return Quasi(one.convex or other.convex, one.concave or other.concave)


def _applied(tensor: Apply, bases: Bases) -> Quasi:
    name = tensor.operation.name
    if name in ("max", "min") and not tensor.shape:
        parts = [quasi(argument, bases) for argument in tensor.arguments]
        return Quasi(name == "max" and all(part.convex for part in parts), name == "min" and all(part.concave for part in parts))
    if name not in RISING and name not in JUMPING:
        return UNKNOWN
    (argument,) = tensor.arguments
    inner = quasi(argument, bases)
    inside = bases.range_of(argument).within(ARGUMENTS.get(name, ANY))
    return Quasi(inner.convex and inside, inner.concave)  # where it has values is a superlevel set of the argument


def _power(base: Tensor, exponent: Fraction, bases: Bases) -> Quasi:
    inner, found = quasi(base, bases), bases.range_of(base)
    odd = exponent.denominator == 1 and exponent.numerator % 2 == 1 and exponent > 0
    if found.sign > 0:
        return inner if exponent > 0 else inner.turned()
    if odd:
        return inner
    if exponent.denominator != 1:  # defined where the base is not below 0, a superlevel set
        return Quasi(False, inner.concave) if exponent > 0 else Quasi(inner.concave, False)
    return UNKNOWN


def _product(tensor: Product, bases: Bases) -> Quasi:
    """Products of powers of scalars."""
    if tensor.out or any(labels for _, labels in tensor.factors):
        return UNKNOWN
    sign, powers = 1 if tensor.coefficient > 0 else -1, Powers()
    for factor, _ in tensor.factors:
        base, exponent = (
            (factor.base, Fraction(factor.exponent))
            if isinstance(factor, Power) and not isinstance(factor.exponent, Tensor)
            else (factor, Fraction(1))
        )
        if bases.curvature(base).shape == CONSTANT:
            part = bases.range_of(factor).sign
            if not part:
                return UNKNOWN
            sign *= part
        else:
            powers.append((base, exponent))
    found = _of_powers(powers, bases)
    return found if sign > 0 else found.turned()


def _of_powers(powers: Powers, bases: Bases) -> Quasi:
    if len(powers) == 1:
        return _power(*powers[0], bases)
    shapes = [bases.curvature(base).shape for base, _ in powers]
    positive = [bases.range_of(base).sign > 0 for base, _ in powers]
    above, below = [[place for place, (_, e) in enumerate(powers) if (e > 0) == up] for up in (True, False)]
    if all(positive) and all(shape in (AFFINE, CONCAVE) for shape in shapes) and not (above and below):
        return Quasi(False, True) if above else Quasi(True, False)
    if len(above) != 1 or not all(positive[place] for place in below):
        return UNKNOWN
    u, a = shapes[above[0]], powers[above[0]][1]
    total = -sum((powers[place][1] for place in below), Fraction(0))
    fraction = a == total == 1 and [shapes[place] for place in below] == [AFFINE]
    if not positive[above[0]] and not fraction:
        return UNKNOWN
    over_concave = all(shapes[place] in (AFFINE, CONCAVE) for place in below) and total <= a
    over_convex = len(below) == 1 and shapes[below[0]] in (AFFINE, CONVEX) and total >= a
    return Quasi(u in (AFFINE, CONVEX) and (over_concave or fraction), u in (AFFINE, CONCAVE) and (over_convex or fraction))
