"""The signs of polynomials in letters for real numbers, by their factors, and conditions on them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from service.functions.radicals import Polynomial

MOST_KNOWN = 6
Odd = frozenset[str]
"""The factors of a product that have odd powers, as texts."""


@dataclass(frozen=True)
class Condition:
    """A polynomial, and how it stands to 0: > < or !=."""

    polynomial: Polynomial
    relation: str


class Signs:
    """What is known of signs: `letters` by their places, and conditions taken for granted.

    A known product of factors changes the others' products by its factors and its sign, so that the simplest of all is found by
    trying them.
    """

    def __init__(self, positive: set[int]) -> None:
        self.letters = dict.fromkeys(positive, 1)
        self.known: list[tuple[Odd, int]] = []
        self.factors: dict[str, Polynomial] = {}

    def take(self, condition: Condition) -> None:
        """Takes a condition > or < for granted."""
        sign, odd = self._split(condition.polynomial)
        sign *= 1 if condition.relation == ">" else -1
        if len(odd) == 1:
            (factor,) = odd
            terms = list(self.factors[factor].terms())
            if len(terms) == 1 and sum(terms[0][0]) == 1:
                self.letters[[int(power) for power in terms[0][0]].index(1)] = sign * (1 if terms[0][1] > 0 else -1)
                self._again()
                return
        if odd and len(self.known) < MOST_KNOWN:
            self.known.append((odd, sign))

    def _again(self) -> None:
        """The known products without the factors whose sign is known by now."""
        before, self.known = self.known, []
        for odd, sign in before:
            for factor in odd:
                if (of := self._of_factor(self.factors[factor])) is not None:
                    odd, sign = odd - {factor}, sign * of
            if odd:
                self.known.append((odd, sign))

    def copy(self) -> Signs:
        found = Signs(set())
        found.letters, found.known, found.factors = dict(self.letters), list(self.known), dict(self.factors)
        return found

    def of(self, polynomial: Polynomial) -> int | None:
        """The sign where it is the same for all values of the letters but for some that make it 0; None otherwise."""
        if polynomial == 0:
            return 0
        sign, odd = self._rest(polynomial)
        return None if odd else sign

    def condition(self, polynomial: Polynomial, sign: int) -> Condition | bool:
        """When the polynomial has this sign: a condition, or always, or never."""
        if polynomial == 0:
            return False
        known, odd = self._rest(polynomial)
        if not odd:
            return known == sign
        left = polynomial * 0 + 1
        for factor in sorted(odd):
            left = left * self.factors[factor]
        return Condition(left, ">" if known == sign else "<")

    def _rest(self, polynomial: Polynomial) -> tuple[int, Odd]:
        """A sign and factors whose product has the polynomial's sign, as few as there can be."""
        sign, odd = self._split(polynomial)
        best = (len(odd), sign, odd)
        for count in range(1, len(self.known) + 1):
            for chosen in itertools.combinations(self.known, count):
                other, other_sign = odd, sign
                for factors, known in chosen:
                    other, other_sign = other ^ factors, other_sign * known
                if len(other) < best[0]:
                    best = (len(other), other_sign, other)
        return best[1], best[2]

    def _split(self, polynomial: Polynomial) -> tuple[int, Odd]:
        """A sign, and the factors of odd power of which the sign is not known; an even power is taken to be positive."""
        constant, factors = polynomial.factor()
        sign = 1 if constant > 0 else -1
        odd = set()
        for factor, power in factors:
            if power % 2:
                known = self._of_factor(factor)
                if known is None:
                    self.factors[str(factor)] = factor
                    odd.add(str(factor))
                else:
                    sign *= known
        return sign, frozenset(odd)

    def _of_factor(self, factor: Polynomial) -> int | None:
        found = {self._of_term(exponents, coefficient) for exponents, coefficient in factor.terms()}
        return found.pop() if len(found) == 1 else None

    def _of_term(self, exponents: Any, coefficient: Any) -> int | None:
        sign = 1 if coefficient > 0 else -1
        for place, power in enumerate(exponents):
            if int(power) % 2:
                if place not in self.letters:
                    return None
                sign *= self.letters[place]
        return sign
