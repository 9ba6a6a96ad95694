"""Critical points of functions of one unknown whose derivative is a polynomial in exp(k·x + m), or in log(k·x + m), with parameters.

With w for that value, the derivative is 0 where a polynomial in w is; of w the unknown follows, x = (log(w) - m)/k where w > 0, or
x = (exp(w) - m)/k. Several exponentials may occur where they are powers of one: exp(2*x) is exp(x)^2.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.calculus.evaluate import Evaluator
from service.certificates import Check, decided, measured
from service.functions.algebraic import real_roots
from service.functions.exact import Exact, NotPolynomial, Ratio
from service.functions.function import Function, Question
from service.functions.polynomial_texts import Texts, value_at
from service.functions.radicals import Polynomial, Quotient, Radicals, Unsolvable, collected, letters_in
from service.functions.signs import Condition, Signs

SLOTS = 4
DRAWS, MOST_DRAWS = 8, 60
SEED = 20_261_123
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Root:
    """A value of w with the conditions under which it is one, and what the function does there, in each case."""

    value: Quotient
    provided: tuple[Condition, ...]
    cases: tuple[tuple[str, Condition | None], ...]


class Inverted:
    """The roots for one function. Raises NotPolynomial, Unsolvable where it has no such form."""

    def __init__(self, function: Function) -> None:
        if function.unknowns.count != 1 or any(function.unknowns.shapes):
            raise NotPolynomial
        self.function = function
        self.exact = exact = Exact(function)
        entry = exact.values_of(function.first)[0].item()
        ratio = entry if isinstance(entry, Ratio) else exact.number(entry)
        self.w = len(exact.context.gens()) - 1
        self.radicals = Radicals(exact.context, range(self.w - SLOTS, self.w))
        if len(exact.names) + len(exact.letters) > self.w - SLOTS:
            raise NotPolynomial
        self.kind, self.slope, self.shift, powers = self._letters(ratio)
        self.polynomial = self._in_w(ratio.top, powers)
        self.sign = self._in_w(ratio.below, powers)
        self.exceptions: dict[str, Polynomial] = {}
        self.roots = self._solved()

    def _letters(self, ratio: Ratio) -> tuple[str, Quotient, Quotient, dict[int, int]]:
        """exp or log, k and m, and the power of w that each letter is."""
        exact = self.exact
        inside = letters_in(ratio.top) | letters_in(ratio.below)
        found = {place: each for place, each in exact.arguments.items() if place in inside}
        if not found or inside - set(found) - set(range(1, len(exact.names))):
            raise NotPolynomial
        names = {name for name, _ in found.values()}
        parts = {place: self._affine(argument) for place, (_, argument) in found.items()}
        if names != {"exp"} and (names != {"log"} or len(found) > 1):
            raise NotPolynomial
        first = next(iter(parts.values()))
        if len(parts) == 1:
            return names.pop(), *first, dict.fromkeys(parts, 1)
        shares = {}
        for place, (slope, shift) in parts.items():
            share = self.radicals.fraction(slope.top * first[0].below, slope.below * first[0].top)
            if shift.top != 0 or not (share.top.is_constant() and share.below.is_constant()):
                raise NotPolynomial
            shares[place] = Fraction(str(share.top.leading_coefficient() / share.below.leading_coefficient()))
        below = math.lcm(*[share.denominator for share in shares.values()])
        least = Fraction(math.gcd(*[int(share * below) for share in shares.values()]), below)
        scaled = self.radicals.fraction(first[0].top * least.numerator, first[0].below * least.denominator)
        return "exp", scaled, first[1], {place: int(share / least) for place, share in shares.items()}

    def _affine(self, argument: Ratio) -> tuple[Quotient, Quotient]:
        """k and m of k·x + m."""
        parts = collected(argument.top, 0)
        named = set(range(1, len(self.exact.names)))
        if max(parts) != 1 or not (letters_in(argument.top) - {0} | letters_in(argument.below)) <= named:
            raise NotPolynomial
        return self.radicals.fraction(parts[1], argument.below), self.radicals.fraction(parts.get(0, argument.top * 0), argument.below)

    def _in_w(self, polynomial: Polynomial, powers: dict[int, int]) -> Polynomial:
        """Times a power of w, so that no negative one is left: of exponentials that changes no sign."""
        terms: dict[int, Polynomial] = {}
        for exponents, coefficient in polynomial.terms():
            power = sum(int(exponents[place]) * times for place, times in powers.items())
            rest = tuple(0 if place in powers else int(each) for place, each in enumerate(exponents))
            terms[power] = terms.get(power, polynomial * 0) + self.exact.context.from_dict({rest: coefficient})
        lowest = min(terms)
        w = self.exact.context.gens()[self.w]
        return sum((part * w ** (power - lowest) for power, part in terms.items()), polynomial * 0)

    def _solved(self) -> list[Root]:
        w = self.exact.context.gens()[self.w]
        found: list[Root] = []
        for factor, _ in self.polynomial.factor()[1]:
            parts = collected(factor, self.w)
            degree = max(parts)
            if factor == w and self.kind == "exp":
                continue
            self._take_apart(parts[degree])
            if not degree:
                continue
            zero = factor * 0
            if degree == 1:
                found += self._described(self.radicals.fraction(-parts.get(0, zero), parts[1]), [])
                continue
            if degree > 2:
                raise Unsolvable
            a, b, c = parts[2], parts.get(1, zero), parts.get(0, zero)
            inside = b * b - 4 * a * c
            outside, root = self.radicals.root(Quotient(inside, zero + 1), 2)
            self._take_apart(inside)
            letter = self.exact.context.gens()[root.slot] if root else zero + 1
            for sign in (-1, 1):
                value = self.radicals.fraction(-b * outside.below + sign * outside.top * letter, 2 * a * outside.below)
                found += self._described(value, [root.radicand] if root else [])
        return found

    def _take_apart(self, polynomial: Polynomial) -> None:
        for factor, _ in polynomial.factor()[1]:
            if letters_in(factor) - {root.slot for root in self.radicals.roots}:
                self.exceptions.setdefault(str(factor), factor)

    def _described(self, value: Quotient, positive: list[Polynomial]) -> list[Root]:
        signs = Signs({root.slot for root in self.radicals.roots})
        provided = []
        for polynomial in [*positive, *([value.top * value.below] if self.kind == "exp" else [])]:
            condition = signs.condition(polynomial, 1)
            if condition is False:
                return []
            if isinstance(condition, Condition):
                signs.take(condition)
                provided.append(condition)
        rate = self.radicals.put(self.polynomial.derivative(self.w), {self.w: value})
        below = self.radicals.put(self.sign, {self.w: value})
        turning = self.radicals.reduced(rate.top * rate.below * below.top * below.below * self.slope.top * self.slope.below)
        if turning == 0:
            raise Unsolvable
        self._take_apart(turning)
        cases: list[tuple[str, Condition | None]] = []
        for kind, sign in (("local minimum", 1), ("local maximum", -1)):
            condition = signs.condition(turning, sign)
            if condition is not False:
                cases.append((kind, condition if isinstance(condition, Condition) else None))
        return [Root(value, tuple(provided), tuple(cases))]

    # Texts and checks.

    @property
    def texts(self) -> Texts:
        return Texts(self.exact.names, self.radicals.roots)

    def point(self, root: Root) -> str:
        """The unknown, as a text."""
        inner = self.texts.quotient(root.value)
        outer = f"log({inner})" if self.kind == "exp" else f"exp({inner})"
        return f"({outer} - ({self.texts.quotient(self.shift)}))/({self.texts.quotient(self.slope)})"

    def checks(self, nodes: Sequence[Any]) -> list[Check]:
        """The roots at random values of the parameters: the gradient there, the kinds, and whether there are no others."""
        generator, question = random.Random(SEED), self.function.question
        names, worst, kinds_hold, all_there = self.exact.names, 0.0, True, True
        draws, met = 0, set[int]()
        for _ in range(MOST_DRAWS):
            values = {
                place: Fraction(generator.choice([-1, 1]) * generator.randint(1, 4), generator.randint(1, 3))
                for place in range(1, len(names))
            }
            letters = {place: float(value) for place, value in values.items()}
            for radical in self.radicals.roots:
                inside = value_at(radical.radicand, letters)
                letters[radical.slot] = math.sqrt(inside) if inside >= 0 else math.nan
            if draws >= DRAWS and len(met) == len(self.roots):
                break
            if any(not abs(value_at(each, letters)) > 1e-9 for each in self.exceptions.values() if self._is_plain(each)):
                continue
            draws += 1
            at = {**question.given, **{names[place]: str(value) for place, value in values.items()}}
            function = Function(Question({**question.request, "wrt": question.targets.names, "at": at}))
            given = {**function.known}
            count = 0
            for place, (root, node) in enumerate(zip(self.roots, nodes, strict=True)):
                if not all((value_at(each.polynomial, letters) > 0) == (each.relation == ">") for each in root.provided):
                    continue
                column = np.array([float(Evaluator(node, function.sizes)(given))])
                if not np.isfinite(column).all() or not np.isfinite(function.gradient(column)).all():
                    continue
                count += 1
                met.add(place)
                second = float(function.hessian(column)[0, 0])
                worst = max(worst, abs(float(function.gradient(column)[0])) / (1 + abs(second) * (1 + abs(float(column[0])))))
                told = [
                    kind for kind, when in root.cases if when is None or (value_at(when.polynomial, letters) > 0) == (when.relation == ">")
                ]
                kinds_hold = kinds_hold and told == ["local minimum" if second > 0 else "local maximum"]
            all_there = all_there and count == self._count(values)
        what = f"for {draws} random values of the parameters"
        return [
            measured("gradient", worst, TOLERANCE, f"{what}, at the points as they are printed, relative to 1 + |H|(1 + |x|)"),
            decided("all-solutions", all_there, f"{what}: as many points as the polynomial has roots"),
            decided("kinds", kinds_hold, f"{what}, by the second derivative"),
        ]

    def _is_plain(self, polynomial: Polynomial) -> bool:
        return letters_in(polynomial) <= set(range(1, len(self.exact.names)))

    def _count(self, values: dict[int, Fraction]) -> int:
        """How many real roots the polynomial in w has with these numbers, positive ones of exponentials."""
        coefficients: dict[int, Any] = {}
        for exponents, coefficient in self.polynomial.terms():
            for place, value in values.items():
                coefficient = coefficient * flint.fmpq(value.numerator, value.denominator) ** int(exponents[place])
            power = int(exponents[self.w])
            coefficients[power] = coefficients.get(power, flint.fmpq(0)) + coefficient
        whole = flint.fmpq_poly([coefficients.get(power, flint.fmpq(0)) for power in range(max(coefficients) + 1)])
        square_free = flint.fmpz_poly([1])
        for factor, _ in whole.numer().factor()[1]:
            square_free = square_free * factor
        found = real_roots(square_free)
        return len([each for each in found if each > 0]) if self.kind == "exp" else len(found)
