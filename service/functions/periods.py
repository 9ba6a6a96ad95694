"""Functions whose gradient is periodic: all critical points are those of one period, moved by whole numbers of periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm, pi
from typing import Any

from service.calculus.differentiate import derivatives
from service.calculus.tensor_values import parts
from service.expression.tensors import Apply, Leaf, Tensor
from service.functions.constants import rational, times_pi

TRIGONOMETRIC = frozenset("sin cos tan sec csc cot".split())


@dataclass(frozen=True)
class Period:
    """`size`·π, or `size`."""

    size: Fraction
    with_pi: bool

    def __float__(self) -> float:
        return float(self.size) * (pi if self.with_pi else 1.0)

    def over(self, parts: int) -> Period:
        return Period(self.size / parts, self.with_pi)

    def text(self, letter: str = "") -> str:
        """The period; with a letter, so many times the period."""
        factors = [name for name in (letter, "pi" if self.with_pi else "") if name]
        top = "*".join(factors if factors and self.size.numerator == 1 else [str(self.size.numerator), *factors])
        return top if self.size.denominator == 1 else f"{top}/{self.size.denominator}"


def period_of(tensors: Iterable[Tensor], name: str) -> Period | None:
    """A period of functions of a scalar; None where there is none that can be seen, or the scalar does not occur.

    It may occur in sin(q·x + ...) and the like only, all the q rational, or all rational multiples of π.
    """
    frequencies: list[Period] = []
    stack = list(tensors)
    seen: set[Tensor] = set()
    while stack:
        tensor = stack.pop()
        if tensor in seen:
            continue
        seen.add(tensor)
        if isinstance(tensor, Leaf) and tensor.kind == "variable" and tensor.name == name:
            return None
        frequency = frequency_of(tensor, name)
        if frequency is not None:
            frequencies.append(frequency)
        else:
            stack.extend(tensor.children())
    if not frequencies or len({frequency.with_pi for frequency in frequencies}) > 1:
        return None
    common = common_of([abs(frequency.size) for frequency in frequencies])
    return Period(2 / common, not frequencies[0].with_pi)


def frequency_of(tensor: Tensor, name: str) -> Period | None:
    """q of sin(q·x + c)."""
    if not isinstance(tensor, Apply) or tensor.operation.name not in TRIGONOMETRIC or tensor.shape:
        return None
    (argument,) = tensor.arguments
    leaf = next((part for part in parts([argument]) if isinstance(part, Leaf) and part.kind == "variable" and part.name == name), None)
    if leaf is None or leaf.shape:
        return None
    (slope,) = derivatives(argument, [leaf])
    number = rational(slope)
    if number:
        return Period(Fraction(number), False)
    turns = times_pi(slope)
    return Period(turns, True) if turns else None


def common_of(numbers: Sequence[Fraction]) -> Fraction:
    """The largest number of which all are whole multiples."""
    below = lcm(*[number.denominator for number in numbers])
    return Fraction(gcd(*[int(number * below) for number in numbers]), below)


def letters_for(count: int, taken: Iterable[str]) -> list[str]:
    """Names for whole numbers."""
    names = ["k"] if count == 1 else [f"k{place + 1}" for place in range(count)]
    used = set(taken)
    return [name if name not in used else f"{name}_" for name in names]


def moved(start: Any, period: Period, letter: str) -> str:
    """start + period·letter."""
    step = period.text(letter)
    return step if str(start) in ("0", "0.0") else f"{start} + {step}"
