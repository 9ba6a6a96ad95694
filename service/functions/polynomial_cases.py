"""Polynomial equations with parameters, or with infinitely many solutions, solved case by case.

A product is 0 where a factor is. An equation c·x + r = 0 gives x = -r/c where c is not 0, and where it is, r = 0 too; one of the second
degree gives two roots, x^k = d a root. What is left with several unknowns in each equation is reduced by resultants, which hold
wherever the equations do. Each step has fewer unknowns or lower degrees in them, and their number is bounded. What is divided by and
has parameters only is taken to be not 0, and told as an exception.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from service.functions.radicals import Polynomial, Quotient, Radicals, Root, Unsolvable, collected, letters_in
from service.functions.signs import Signs

MOST_CASES = 300
MOST_TERMS = 200
LARGEST_DEGREE = 24


@dataclass(frozen=True)
class Case:
    """What holds in one case: `equations` = 0, `values` of unknowns (each in those that are left), `apart` ≠ 0, radicands > 0."""

    equations: tuple[Polynomial, ...]
    values: tuple[tuple[int, Quotient], ...] = ()
    apart: tuple[Polynomial, ...] = ()
    positive: tuple[Polynomial, ...] = ()
    eliminated: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Component:
    """Solutions that belong together: `values` of the solved unknowns in terms of the `free` ones and the parameters, for which the
    `equations` that are left hold (one, or none)."""

    values: dict[int, Quotient]
    free: tuple[int, ...]
    equations: tuple[Polynomial, ...]
    apart: tuple[Polynomial, ...]
    positive: tuple[Polynomial, ...]

    @property
    def dimension(self) -> int:
        return len(self.free) - len(self.equations)


@dataclass
class Solver:
    """`unknowns` and `parameters` are places of letters, `never_zero` those of letters without zeros. `finite`, asked with equations
    without parameters, answers whether it took their solutions over (where they are finitely many)."""

    radicals: Radicals
    unknowns: Sequence[int]
    parameters: Sequence[int]
    never_zero: set[int]
    finite: Callable[[Sequence[Polynomial]], bool]
    exceptions: dict[str, Polynomial] = field(default_factory=dict)
    cases: int = 0

    def solve(self, equations: Sequence[Polynomial]) -> list[Component]:
        """Raises Unsolvable."""
        found: list[Component] = []
        stack = [Case(tuple(equations))]
        while stack:
            case = stack.pop()
            self.cases += 1
            if self.cases > MOST_CASES:
                raise Unsolvable
            split = self._tidied(case)
            if split is None:
                continue
            if len(split) > 1:
                stack.extend(reversed(split))
                continue
            (case,) = split
            if not case.equations:
                found += self._done(case)
                continue
            stack.extend(reversed(self._step(case, found)))
        return self._distinct(found)

    # One case made simpler.

    def _tidied(self, case: Case) -> list[Case] | None:
        """The case with irreducible equations; several where a product has to be split; None where it is impossible."""
        kept: dict[str, Polynomial] = {}
        for equation in case.equations:
            equation = self.radicals.reduced(equation)
            if equation == 0:
                continue
            if len(equation) > MOST_TERMS or equation.total_degree() > LARGEST_DEGREE:
                raise Unsolvable
            factors = self._factors(equation, case)
            if not factors:
                return None
            if len(factors) > 1:
                others = tuple(other for other in case.equations if other is not equation and other != equation)
                return [replace(case, equations=(*others, factor)) for factor in factors]
            kept[str(factors[0])] = factors[0]
        for key, equation in kept.items():
            if len(equation) > 1 and Signs(self.never_zero).of(equation):  # a sum of squares: each is 0
                powers = [self._parted(exponents) for exponents, _ in equation.terms()]
                return [replace(case, equations=(*[each for other, each in kept.items() if other != key], *powers))]
        if any(not self._unknowns_in(equation) for equation in kept.values()):
            return None
        return [replace(case, equations=tuple(kept.values()))]

    def _factors(self, equation: Polynomial, case: Case) -> list[Polynomial]:
        """The factors that can be 0."""
        found = []
        signs = Signs(self.never_zero)
        for factor, _ in equation.factor()[1]:
            letters = letters_in(factor)
            if letters <= self.never_zero or any(factor == other for other in case.apart):
                continue
            if not self._unknowns_in(factor):
                self.take_apart(factor)
                continue
            if signs.of(factor):
                bare = [exponents for exponents, _ in factor.terms() if not set(_places(exponents)) & set(self.unknowns)]
                for exponents in bare:
                    self.take_apart(self._radical(exponents))
                if bare:
                    continue  # a sum of squares of which one is not 0
            found.append(factor)
        return found

    def take_apart(self, polynomial: Polynomial) -> None:
        """The factors of a polynomial that have parameters only are taken to be not 0."""
        roots = self.radicals.places
        for factor, _ in polynomial.factor()[1]:
            letters = letters_in(factor)
            if letters & set(roots) and len(factor) == 1:
                for place in letters:
                    self.take_apart(roots[place].radicand)
                continue
            if letters & set(self.parameters) and letters <= {*self.parameters, *roots}:
                self.exceptions.setdefault(str(factor), factor)

    def _radical(self, exponents: Sequence[int]) -> Polynomial:
        total = self.radicals.context.constant(1)
        for place in _places(exponents):
            total = total * self.radicals.context.gens()[place]
        return total

    def _parted(self, exponents: Sequence[int]) -> Polynomial:
        """The product of the unknowns in a monomial; that of its parameters is taken to be not 0."""
        unknown = [power if place in self.unknowns else 0 for place, power in enumerate(exponents)]
        self.take_apart(self._radical([power - mine for power, mine in zip(exponents, unknown, strict=True)]))
        return self._radical(unknown)

    def _unknowns_in(self, polynomial: Polynomial) -> set[int]:
        return letters_in(polynomial) & set(self.unknowns)

    # Steps.

    def _step(self, case: Case, found: list[Component]) -> list[Case]:
        linear = self._linear(case)
        if linear is not None:
            return linear
        single = [equation for equation in case.equations if len(self._unknowns_in(equation)) == 1]
        if not self.parameters and not self.radicals.roots and self.finite([*case.equations, *self._as_equations(case)]):
            return []
        for equation in sorted(single, key=lambda each: int(each.total_degree())):
            solved = self._roots(case, equation)
            if solved is not None:
                return solved
        if len(case.equations) == 1 and not single and not self.radicals.roots:
            found += self._done(case)
            return []
        return self._eliminated(case)

    def _linear(self, case: Case) -> list[Case] | None:
        """By an equation that is linear in an unknown, best one with a coefficient that has none."""
        choices = []
        for equation in case.equations:
            for place in self._unknowns_in(equation):
                parts = collected(equation, place)
                if max(parts) == 1:
                    coefficient = parts[1]
                    choices.append((len(self._unknowns_in(coefficient)) > 0, len(equation), -place, equation, parts))
        if not choices:
            return None
        has_unknowns, _, place, equation, parts = min(choices, key=lambda choice: choice[:3])
        coefficient, rest = parts[1], parts.get(0, equation * 0)
        if has_unknowns and len(case.equations) == 1:
            return None  # a curve or a surface: told by its equation
        others = tuple(other for other in case.equations if other is not equation)
        value = self.radicals.fraction(-rest, coefficient)
        if not has_unknowns:
            self.take_apart(coefficient)
            return [self._with(case, -place, value, others)]
        apart = tuple(factor for factor, _ in coefficient.factor()[1] if self._unknowns_in(factor))
        vanishing = replace(case, equations=(*others, coefficient, rest))
        return [vanishing, replace(self._with(case, -place, value, others), apart=(*case.apart, *apart))]

    def _with(self, case: Case, place: int, value: Quotient, others: Sequence[Polynomial]) -> Case:
        moved = tuple(self.radicals.put(other, {place: value}).top for other in others)
        return replace(case, equations=moved, values=(*case.values, (place, value)))

    def _roots(self, case: Case, equation: Polynomial) -> list[Case] | None:
        """By an equation in one unknown: a x² + b x + c, a x^(2k) + b x^k + c or a x^k + c; None for any other."""
        (place,) = self._unknowns_in(equation)
        parts = collected(equation, place)
        others = tuple(other for other in case.equations if other is not equation)
        degree = max(parts)
        zero = self.radicals.context.constant(0)
        self.take_apart(parts[degree])
        x = self.radicals.context.gens()[place]
        if set(parts) <= {0, degree} and degree != 1:
            if degree > 3 and degree % 2:
                return None
            outside, root = self.radicals.root(self.radicals.fraction(-parts.get(0, zero), parts[degree]), degree)
            values = [self._times(outside, root)]
            if degree % 2 == 0:
                values.append(Quotient(-values[0].top, values[0].below))
            return [self._rooted(case, place, value, others, root) for value in values]
        if degree % 2 or not set(parts) <= {0, degree // 2, degree}:
            return None
        a, b, c = parts[degree], parts.get(degree // 2, zero), parts.get(0, zero)
        outside, root = self.radicals.root(Quotient(b * b - 4 * a * c, self.radicals.context.constant(1)), 2)
        found = []
        for sign in (-1, 1):
            half = self._times(outside, root)
            value = self.radicals.fraction(-b * half.below + sign * half.top, 2 * a * half.below)
            if degree == 2:
                found.append(self._rooted(case, place, value, others, root))
            else:
                powered = self._rooted(case, None, value, others, root)
                found.append(replace(powered, equations=(*powered.equations, value.below * x ** (degree // 2) - value.top)))
        return found

    def _times(self, outside: Quotient, root: Root | None) -> Quotient:
        if root is None:
            return outside
        return self.radicals.fraction(outside.top * self.radicals.context.gens()[root.slot], outside.below)

    def _rooted(self, case: Case, place: int | None, value: Quotient, others: Sequence[Polynomial], root: Root | None) -> Case:
        if root is not None:
            self.take_apart(root.radicand)
            if root.order % 2 == 0:
                case = replace(case, positive=(*case.positive, root.radicand))
        return replace(case, equations=tuple(others)) if place is None else self._with(case, place, value, others)

    def _eliminated(self, case: Case) -> list[Case]:
        """A resultant of two equations, added to them. Raises Unsolvable where there is none left to add."""
        if len(case.equations) < 2:
            raise Unsolvable
        choices = []
        for first, second in itertools.combinations(case.equations, 2):
            for place in sorted(self._unknowns_in(first) & self._unknowns_in(second)):
                key = (f"{first}|{second}", str(place))
                if key not in case.eliminated:
                    size = int(first.degrees()[place]) * int(second.degrees()[place])
                    choices.append((size, len(first) * len(second), place, key, first, second))
        if not choices:
            raise Unsolvable
        size, _, place, key, first, second = min(choices, key=lambda choice: choice[:4])
        if size > 36:
            raise Unsolvable
        resultant = self.radicals.reduced(first.resultant(second, place))
        return [replace(case, equations=(*case.equations, resultant), eliminated=case.eliminated | {key})]

    # Solutions.

    def _as_equations(self, case: Case) -> list[Polynomial]:
        gens = self.radicals.context.gens()
        return [value.below * gens[place] - value.top for place, value in case.values]

    def _done(self, case: Case) -> list[Component]:
        """The solved unknowns in terms of the free ones."""
        values: dict[int, Quotient] = {}
        try:
            for place, value in reversed(case.values):
                values[place] = self.radicals.put_in(value, values)
        except ZeroDivisionError:
            return []
        apart = []
        for polynomial in case.apart:
            moved = self.radicals.put(polynomial, values).top
            if moved == 0:
                return []
            if not moved.is_constant():
                apart.append(moved)
        free = tuple(place for place in self.unknowns if place not in values)
        if not free and not self.parameters and not self.radicals.roots and self.finite(self._as_equations(case)):
            return []
        return [Component(values, free, case.equations, tuple(apart), case.positive)]

    def _distinct(self, found: Sequence[Component]) -> list[Component]:
        """Without those that lie in others."""
        kept: list[Component] = []
        for component in sorted(found, key=lambda each: -each.dimension):
            if not any(self._lies_in(component, other) for other in kept):
                kept.append(component)
        return kept

    def _lies_in(self, inner: Component, outer: Component) -> bool:
        gens = self.radicals.context.gens()
        try:
            for place in self.unknowns:
                if place not in outer.values:
                    continue
                value = outer.values[place]
                difference = self.radicals.put(value.below * gens[place] - value.top, inner.values)
                if not self._vanishes(difference.top, inner):
                    return False
            return all(self._vanishes(self.radicals.put(equation, inner.values).top, inner) for equation in outer.equations)
        except (ZeroDivisionError, Unsolvable):
            return False

    def _vanishes(self, polynomial: Polynomial, on: Component) -> bool:
        polynomial = self.radicals.reduced(polynomial)
        return polynomial == 0 or any(divmod(polynomial, equation)[1] == 0 for equation in on.equations)


def _places(exponents: Sequence[int]) -> list[int]:
    return [place for place, power in enumerate(exponents) if power]
