"""Between which numbers the entries of a tensor lie, from what is known of a few: interval arithmetic over the graph.

An end is a fraction or infinite, and open where it is never reached. What functions do to ends is computed in balls and rounded
outwards. (R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis, SIAM 2009, chapters 2 and 5.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from service.calculus.ball_functions import FUNCTIONS, Imprecise
from service.calculus.balls import ball
from service.expression.sums import add, coefficient_of
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor
from service.precision import precision

BITS = 128
ROUNDS, MOST_TERMS, LARGEST_POWER = 2, 20, 64
INFINITE = math.inf
End = Fraction | float


class Range(NamedTuple):
    """From `low` to `high`; `above` and `below` tell that these ends are never reached."""

    low: End = -INFINITE
    high: End = INFINITE
    above: bool = False
    below: bool = False

    @property
    def sign(self) -> int:
        """1: nowhere below 0, -1: nowhere above 0, 0: not known."""
        return 1 if self.low >= 0 else -1 if self.high <= 0 else 0

    @property
    def strict(self) -> bool:
        """Whether 0 is never reached."""
        return self.low > 0 or self.high < 0 or (self.low == 0 and self.above) or (self.high == 0 and self.below)

    def within(self, other: Range) -> bool:
        """Whether every number of it is one of the other."""
        low = self.low > other.low or (self.low == other.low and (self.above or not other.above))
        high = self.high < other.high or (self.high == other.high and (self.below or not other.below))
        return low and high

    def __and__(self, other: Range) -> Range:
        low, above = max((self.low, self.above), (other.low, other.above))
        high, open_ = min((self.high, not self.below), (other.high, not other.below))
        return Range(low, high, above, not open_)

    def __or__(self, other: Range) -> Range:
        low, above = min((self.low, self.above), (other.low, other.above))
        high, closed = max((self.high, not self.below), (other.high, not other.below))
        return Range(low, high, above, not closed)

    def scaled(self, factor: Fraction, shift: Fraction = Fraction(0)) -> Range:
        """factor·x + shift."""
        if factor == 0:
            return Range(shift, shift)
        ends = [end if math.isinf(end) else Fraction(end) * factor for end in (self.low, self.high)]
        ends = [end * (1 if factor > 0 else -1) if math.isinf(end) else end + shift for end in ends]
        low, high = ends if factor > 0 else ends[::-1]
        opens = (self.above, self.below) if factor > 0 else (self.below, self.above)
        return Range(low, high, *opens)

    def plus(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high, self.above or other.above, self.below or other.below)

    def times(self, other: Range) -> Range:
        ends: list[tuple[End, bool]] = []
        for x, x_open in ((self.low, self.above), (self.high, self.below)):
            for y, y_open in ((other.low, other.above), (other.high, other.below)):
                if x == 0 or y == 0:
                    reached = (x == 0 and not x_open) or (y == 0 and not y_open)
                    ends.append((Fraction(0), not reached))
                else:
                    ends.append((x * y, x_open or y_open))
        low, above = min(ends)
        high, closed = max((end, not is_open) for end, is_open in ends)
        return Range(low, high, above, not closed)

    def inverse(self) -> Range:
        """1/x, where x is not 0; of what is only 0, or nothing, nothing is known."""
        if self.low >= self.high == 0 or self.high <= self.low == 0:
            return ANY
        if self.low >= 0:
            high = INFINITE if self.low == 0 else 1 / self.low
            return Range(Fraction(0) if math.isinf(self.high) else 1 / self.high, high, math.isinf(self.high) or self.below, self.above)
        if self.high <= 0:
            return self.scaled(Fraction(-1)).inverse().scaled(Fraction(-1))
        return Range()


ANY = Range()
POSITIVE = Range(Fraction(0), above=True)
NOT_NEGATIVE = Range(Fraction(0))
ONE = Fraction(1)
RISING: Mapping[str, Range] = {
    "exp": POSITIVE,
    "expm1": Range(-ONE, above=True),
    "log": ANY,
    "log2": ANY,
    "log10": ANY,
    "log1p": ANY,
    "sigmoid": Range(Fraction(0), ONE, True, True),
    "softplus": POSITIVE,
    "tanh": Range(-ONE, ONE, True, True),
    "atan": Range(Fraction(-11, 7), Fraction(11, 7), True, True),
    "sinh": ANY,
    "asinh": ANY,
    "erf": Range(-ONE, ONE, True, True),
    "cbrt": ANY,
    "relu": NOT_NEGATIVE,
}
"""Functions that rise strictly (relu: or stay), and all that their values can be."""
BETWEEN: Mapping[str, Range] = {
    "abs": NOT_NEGATIVE,
    "cosh": Range(ONE),
    "sech": Range(Fraction(0), ONE, True),
    "sin": Range(-ONE, ONE),
    "cos": Range(-ONE, ONE),
    "softmax": Range(Fraction(0), ONE, True),
    "erfc": Range(Fraction(0), Fraction(2), True, True),
    "acos": Range(Fraction(0), Fraction(22, 7), False, True),
    "acosh": NOT_NEGATIVE,
    "sigma_max": NOT_NEGATIVE,
    "nuclear_norm": NOT_NEGATIVE,
    "norm1": NOT_NEGATIVE,
    "norminf": NOT_NEGATIVE,
}
ARGUMENTS: Mapping[str, Range] = {
    "log": POSITIVE,
    "log2": POSITIVE,
    "log10": POSITIVE,
    "log1p": Range(-ONE, above=True),
    "asin": Range(-ONE, ONE),
    "acos": Range(-ONE, ONE),
    "atanh": Range(-ONE, ONE, True, True),
    "acosh": Range(ONE),
}
"""Where functions have values, for those that do not have them everywhere."""
OF_DEFINITE = ("det", "lambda_max", "sigma_max", "nuclear_norm")


class Ranges:
    """`facts` are tensors with the ranges of their entries. What a tensor's making tells, and the facts about its multiples, count."""

    def __init__(self, facts: Iterable[tuple[Tensor, Range]] = ()) -> None:
        self.facts: dict[Tensor, Range] = {}
        self.known: dict[Tensor, Range] = {}
        for tensor, found in facts:
            self.learn(tensor, found)
        for _ in range(ROUNDS if self.facts else 0):
            self._spread()

    def learn(self, tensor: Tensor, found: Range) -> None:
        factor, rest, shift = parted(tensor)
        if factor != 0:
            moved = found.scaled(1 / factor, -shift / factor)
            self.facts[rest] = self.facts.get(rest, ANY) & moved
            self.known.clear()

    def _spread(self) -> None:
        """What a fact about a sum tells of each of its terms, the others being where they are."""
        for tensor, found in list(self.facts.items()):
            if not isinstance(tensor, Sum) or len(tensor.terms) > MOST_TERMS:
                continue
            for place, (weight, term) in enumerate(tensor.terms):
                rest = found
                for other, (factor, part) in enumerate(tensor.terms):
                    if other != place:
                        rest = rest.plus(self.of(part).scaled(-Fraction(factor)))
                if not isinstance(term, Leaf) or term.kind == "variable":
                    self.learn(term, rest.scaled(1 / Fraction(weight)))

    def of(self, tensor: Tensor) -> Range:
        """The range of the entries of a tensor."""
        stack = [tensor]
        while stack:  # arguments before what uses them: a long expression is no deep recursion
            top = stack[-1]
            rest = parted(top)[1]
            missing = [part for part in (*top.children(), rest, *rest.children()) if part not in self.known and part is not top]
            if top in self.known or not missing:
                stack.pop()
                self.known.setdefault(top, self._of(top))
            else:
                stack += missing
        return self.known[tensor]

    def _of(self, tensor: Tensor) -> Range:
        found = self._made(tensor)
        factor, rest, shift = parted(tensor)
        fact = self.facts.get(rest)
        if rest is not tensor and rest in self.known:
            fact = self.known[rest] & (fact or ANY)
        return found & fact.scaled(factor, shift) if fact is not None and factor != 0 else found

    def _made(self, tensor: Tensor) -> Range:
        if isinstance(tensor, Leaf):
            return _leaf(tensor)
        if isinstance(tensor, Sum):
            found = Range(Fraction(0), Fraction(0))
            for weight, term in tensor.terms:
                found = found.plus(self.known[term].scaled(Fraction(weight)))
            return found
        if isinstance(tensor, Power):
            return self._power(tensor)
        if isinstance(tensor, Product):
            return self._product(tensor)
        assert isinstance(tensor, Apply)
        return self._applied(tensor)

    def _power(self, tensor: Power) -> Range:
        base = self.known[tensor.base]
        if isinstance(tensor.exponent, Tensor):
            return POSITIVE if base.sign > 0 and base.strict else NOT_NEGATIVE if base.sign > 0 else ANY
        return powered(base, Fraction(tensor.exponent))

    def _product(self, tensor: Product) -> Range:
        found = Range(Fraction(1), Fraction(1))
        chosen = {label for factor, labels in tensor.factors if isinstance(factor, Leaf) and factor.kind == "unit" for label in labels}
        for factor, _ in tensor.factors:
            if not (isinstance(factor, Leaf) and factor.kind == "unit"):
                found = found.times(self.known[factor])
        inside = {label for _, labels in tensor.factors for label in labels}
        if chosen & set(tensor.out) or len(set(tensor.out)) < len(tensor.out):
            found = found | Range(Fraction(0), Fraction(0))
        for label in inside - set(tensor.out) - chosen:
            size = tensor.sizes[label]
            low, high = found.low, found.high
            if isinstance(size, int):
                found = found.scaled(Fraction(size))
            else:  # a sum of one or more
                found = Range(
                    low if low >= 0 else -INFINITE, high if high <= 0 else INFINITE, found.above and low >= 0, found.below and high <= 0
                )
        return found.scaled(Fraction(tensor.coefficient))

    def _applied(self, tensor: Apply) -> Range:
        name = tensor.operation.name
        arguments = [self.known[argument] for argument in tensor.arguments]
        if name in OF_DEFINITE and _is_definite(tensor.arguments[0]):
            return POSITIVE
        if name in RISING:
            return _rising(name, arguments[0]) & RISING[name]
        if name == "abs" and arguments[0].sign:
            return arguments[0].scaled(Fraction(arguments[0].sign))
        if name == "prod" and arguments[0].sign > 0:
            return POSITIVE if arguments[0].strict else NOT_NEGATIVE
        if name in ("max", "min") and len(arguments) == 2:
            return _extreme(arguments[0], arguments[1], name == "max")
        return BETWEEN.get(name, ANY)


def parted(tensor: Tensor) -> tuple[Fraction, Tensor, Fraction]:
    """k, u and c with k·u + c the tensor, u without a constant term and a coefficient of its own; k = 0 for a constant."""
    outer, inner = coefficient_of(tensor)
    factor, shift = Fraction(outer), Fraction(0)
    if isinstance(inner, Product) and not inner.factors:
        return Fraction(0), inner, factor
    if not isinstance(inner, Sum):
        return factor, inner, shift
    constants = [(weight, term) for weight, term in inner.terms if isinstance(term, Product) and not term.factors and _is_full(term)]
    if not constants:
        return factor, inner, shift
    others = [(weight, term) for weight, term in inner.terms if all(term is not other for _, other in constants)]
    shift = factor * sum((Fraction(weight) * Fraction(term.coefficient) for weight, term in constants), Fraction(0))
    weight, rest = coefficient_of(add(others, inner.shape))
    return factor * Fraction(weight), rest, shift


def _is_full(tensor: Product) -> bool:
    return len(set(tensor.out)) == len(tensor.out)


def powered(base: Range, exponent: Fraction) -> Range:
    """x^exponent; of a fraction, x is not below 0."""
    if exponent.denominator != 1:
        base = base & NOT_NEGATIVE
    if exponent < 0:
        return powered(base, -exponent).inverse()
    if exponent.denominator == 1 and exponent % 2 == 0 and not base.sign:
        high = max(-base.low, base.high)
        reached = any(end == high and not is_open for end, is_open in ((-base.low, base.above), (base.high, base.below)))
        return Range(Fraction(0), _raised(high, exponent, 1), False, not reached)
    if base.high <= 0 and base.low < 0 and exponent.denominator == 1:
        turned = powered(base.scaled(Fraction(-1)), exponent)
        return turned if exponent % 2 == 0 else turned.scaled(Fraction(-1))
    return Range(_raised(base.low, exponent, -1), _raised(base.high, exponent, 1), base.above, base.below)


def _raised(end: End, exponent: Fraction, direction: int) -> End:
    if math.isinf(end):
        return end if end > 0 or exponent % 2 else -end
    if end == 0 or end == 1:
        return Fraction(end)
    if exponent.denominator == 1 and exponent < LARGEST_POWER:
        return Fraction(end) ** int(exponent)
    if end < 0 or exponent >= LARGEST_POWER:
        small, large = Fraction(0) if end > 0 else -INFINITE, Fraction(1) if 0 < end < 1 else INFINITE
        return small if direction < 0 else large
    with precision(BITS):
        return outwards(ball(Fraction(end)) ** ball(exponent), direction)


def _rising(name: str, argument: Range) -> Range:
    """What a rising function makes of a range, rounded outwards."""
    inside = argument & ARGUMENTS.get(name, ANY)
    ends: list[End] = []
    for end, direction in ((inside.low, -1), (inside.high, 1)):
        if math.isinf(end):
            ends.append(end if direction * end > 0 else INFINITE * direction)
            continue
        ends.append(_value(FUNCTIONS[name], Fraction(end), direction) if name in FUNCTIONS else INFINITE * direction)
    return Range(ends[0], ends[1], inside.above, inside.below)


def _value(function: Callable[..., Any], end: Fraction, direction: int) -> End:
    with precision(BITS):
        try:
            found = function(ball(end))
            found = found.item() if hasattr(found, "item") else found
        except (Imprecise, ValueError, ZeroDivisionError, OverflowError):
            return INFINITE * direction
        return outwards(found, direction)


def pi() -> Range:
    with precision(BITS):
        return Range(outwards(flint.arb.pi(), -1), outwards(flint.arb.pi(), 1), True, True)


def outwards(value: Any, direction: int) -> End:
    """The lower (-1) or upper (1) end of a ball as a fraction; inside `precision(bits)`."""
    if not value.is_finite():
        return INFINITE * direction
    if value.is_exact() and abs(value) < 2**60:
        mantissa, power = value.man_exp()
    else:
        mantissa, power = (value.upper() if direction > 0 else value.lower()).man_exp()
    if abs(int(power)) > 4096:
        return (
            INFINITE * direction
            if int(power) > 0
            else Fraction(0)
            if (int(mantissa) > 0) == (direction < 0)
            else Fraction(direction, 2**4096)
        )
    return Fraction(int(mantissa)) * Fraction(2) ** int(power)


def _leaf(tensor: Leaf) -> Range:
    if tensor.kind == "constant":
        if tensor.name == "pi":
            return pi()
        with precision(BITS):
            return Range(outwards(flint.arb.const_e(), -1), outwards(flint.arb.const_e(), 1), True, True)
    if tensor.kind == "size":
        return Range(Fraction(1))
    return Range(Fraction(0), Fraction(1)) if tensor.kind in ("unit", "pairing") else ANY


def _is_definite(tensor: Tensor) -> bool:
    return isinstance(tensor, Leaf) and "spd" in tensor.properties


def _extreme(left: Range, right: Range, greater: bool) -> Range:
    if not greater:
        return _extreme(left.scaled(Fraction(-1)), right.scaled(Fraction(-1)), True).scaled(Fraction(-1))
    low, above = max((left.low, left.above), (right.low, right.above))
    high, closed = max((left.high, not left.below), (right.high, not right.below))
    return Range(low, high, above, not closed)
