"""Critical points with parameters, and lines, curves and surfaces of them: in terms of the parameters and of the free unknowns.

What is told holds for all values of the parameters but for the exceptions, polynomials that are not to be 0, which are told too. Kinds
go by the signs of the Hessian's minors, or, along families, of the elementary symmetric functions of its eigenvalues; where a sign
depends on the parameters, the cases are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.calculus.tensor_values import NotRational, parts
from service.expression.tensors import Apply
from service.functions.algebraic import AlgebraicPoint
from service.functions.domains import EVERYWHERE, POSITIVE_ARGUMENT
from service.functions.exact import NotPolynomial, Ratio
from service.functions.polynomial_cases import Component, Solver
from service.functions.polynomial_systems import NotFinite, TooLarge, sign_counts
from service.functions.radicals import Polynomial, Quotient, Radicals, Unsolvable, letters_in
from service.functions.signs import Condition, Signs
from service.functions.stationary import Gradient

LARGEST = 5
SLOTS = 8

Matrix = list[list[Polynomial]]


@dataclass(frozen=True)
class Kind:
    """What a critical point is, always or in one case."""

    name: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Family:
    """A component with what the function does there. `value` is None where it is no quotient of polynomials."""

    component: Component
    kinds: tuple[Kind, ...]
    is_degenerate: bool
    provided: tuple[Condition, ...]
    value: Quotient | None


@dataclass(frozen=True)
class Found:
    """`points` are isolated ones without parameters; `exceptions` are taken to be not 0."""

    points: list[AlgebraicPoint]
    families: list[Family]
    exceptions: list[Polynomial]


class Families:
    """The solutions of gradient = 0."""

    def __init__(self, gradient: Gradient) -> None:
        self.gradient = gradient
        exact = gradient.exact
        if gradient.count > LARGEST:
            raise Unsolvable
        last = len(exact.context.gens())
        self.parameters = list(range(gradient.count, len(exact.names)))
        first_free = len(exact.names) + len(exact.letters)
        self.radicals = Radicals(exact.context, range(max(first_free, last - SLOTS), last))
        self.points: list[AlgebraicPoint] = []
        self.solver = Solver(self.radicals, range(gradient.count), self.parameters, exact.positive, self._take_finite)

    def found(self) -> Found:
        """Raises Unsolvable."""
        components = self.solver.solve(self.gradient.polynomials)
        families = []
        for component in components:
            described = self._described(component)
            if described is not None:
                families.append(described)
        isolated = [point for point in self.points if not any(self._holds(component, point) for component in components)]
        return Found(_each_once(isolated), families, list(self.solver.exceptions.values()))

    def _take_finite(self, equations: Sequence[Polynomial]) -> bool:
        count = self.gradient.count
        terms = [[(exponents[:count], c) for exponents, c in polynomial.terms()] for polynomial in equations]
        try:
            self.points += self.gradient.solutions_of(terms)[0]
        except (NotFinite, TooLarge):
            return False
        return True

    def _holds(self, component: Component, point: AlgebraicPoint) -> bool:
        """Whether an isolated point lies in a component."""
        gens, count = self.radicals.context.gens(), self.gradient.count
        equations = [*component.equations, *[value.below * gens[i] - value.top for i, value in component.values.items()]]
        return all(point.element([(e[:count], c) for e, c in equation.terms()]) == 0 for equation in equations)

    # One component.

    def _described(self, component: Component) -> Family | None:
        """None where it is impossible, or the function undefined. Raises Unsolvable."""
        exact = self.gradient.exact
        signs = Signs(
            exact.positive
            | {root.slot for root in self.radicals.roots if root.order % 2 == 0}
            | {place for place, (order, _) in exact.radicands.items() if order % 2 == 0}
        )
        provided: list[Condition] = []
        wanted = [(radicand, ">") for radicand in component.positive] + [(each, "!=") for each in component.apart]
        try:
            wanted += [(quotient.top * quotient.below, ">") for quotient in self._domain(component)]
            hessian = [[self._put(entry, component) for entry in row] for row in self.gradient.hessian()]
            for entry in self.gradient.entries:
                self._put(entry, component)
        except (ZeroDivisionError, NotPolynomial):
            return None
        for polynomial, relation in wanted:
            if relation == "!=":
                provided.append(Condition(polynomial, "!="))
                continue
            condition = signs.condition(polynomial, 1)
            if condition is False:
                return None
            if isinstance(condition, Condition):
                signs.take(condition)
                provided.append(condition)
        kinds, is_degenerate = self._kinds(component, hessian, signs)
        try:
            (whole,) = self.gradient.exact.values_of([self.gradient.function.tensor])
            value: Quotient | None = self._put(whole.ravel()[0], component)
        except (ZeroDivisionError, NotPolynomial):
            value = None
        if value is not None and self._has_letters(value.top * value.below):
            value = None
        for condition in [*provided, *[each for kind in kinds for each in kind.when]]:
            if self._has_letters(condition.polynomial):
                raise Unsolvable
        return Family(component, tuple(kinds), is_degenerate, tuple(provided), value)

    def _has_letters(self, polynomial: Polynomial) -> bool:
        named = set(range(len(self.gradient.exact.names))) | {root.slot for root in self.radicals.roots}
        return not letters_in(polynomial) <= named

    def _put(self, entry: Any, component: Component) -> Quotient:
        exact = self.gradient.exact
        ratio = self.gradient.without_roots(entry if isinstance(entry, Ratio) else exact.number(entry))
        quotient = self.radicals.put_in(ratio, component.values)
        for equation in component.equations:
            if divmod(quotient.below, equation)[1] == 0:
                raise ZeroDivisionError
            quotient = Quotient(divmod(quotient.top, equation)[1], quotient.below)
        return quotient

    def _domain(self, component: Component) -> list[Quotient]:
        """What has to be positive for the function to be defined. Raises Unsolvable for functions that are not known here."""
        found = [self._put(ratio, component) for order, ratio in self.gradient.exact.radicands.values() if order % 2 == 0]
        for part in parts([self.gradient.function.tensor]):
            if not isinstance(part, Apply) or part.operation.name in EVERYWHERE:
                continue
            if part.operation.name not in POSITIVE_ARGUMENT:
                raise Unsolvable
            try:
                (value,) = self.gradient.exact.values_of([part.arguments[0]])
            except NotRational:
                raise Unsolvable from None
            found += [self._put(entry, component) for entry in value.ravel()]
        return found

    # Kinds.

    def _kinds(self, component: Component, hessian: list[list[Quotient]], signs: Signs) -> tuple[list[Kind], bool]:
        common = self.radicals.context.constant(1)
        for entry in (entry for row in hessian for entry in row):
            common = common * (entry.below / common.gcd(entry.below))
        rows = [[self._on(component, entry.top * (common / entry.below)) for entry in row] for row in hessian]
        if component.dimension:
            return self._along(component, rows, common, signs)
        n = len(rows)
        diagonal = all(rows[i][j] == 0 for i in range(n) for j in range(n) if i != j)
        if diagonal:
            minors = [rows[i][i] * common for i in range(n)]
        else:
            minors = [self._determinant(component, [row[: k + 1] for row in rows[: k + 1]]) * common ** ((k + 1) % 2) for k in range(n)]
        minors = [self._without_roots(component, minor) for minor in minors]
        last = minors[-1] if not diagonal else _product(minors)
        if last == 0:
            return [Kind("degenerate")], True
        self.solver.take_apart(last)
        found = []
        for name, wanted in (("local minimum", [1] * n), ("local maximum", [-1 if diagonal or k % 2 == 0 else 1 for k in range(n)])):
            conditions = self._all(minors, wanted, signs)
            if conditions is not None:
                found.append(Kind(name, tuple(conditions)))
        if any(not kind.when for kind in found):
            return [kind for kind in found if not kind.when][:1], False
        saddle = self._saddle(minors, diagonal, signs)
        return ([*found, saddle] if saddle else found), False

    def _without_roots(self, component: Component, polynomial: Polynomial) -> Polynomial:
        """p for p·r, r a positive root: of the same sign."""
        for root in self.radicals.roots:
            if root.order == 2 and root.radicand in component.positive and polynomial != 0:
                moved = self.radicals.reduced(polynomial * self.radicals.context.gens()[root.slot])
                quotient, rest = divmod(moved, root.radicand)
                if rest == 0 and len(letters_in(root.radicand)) > 0:
                    polynomial = quotient
        return polynomial

    def _saddle(self, minors: list[Polynomial], diagonal: bool, signs: Signs) -> Kind | None:
        """Of two unknowns where the determinant is negative; of more, and not an extremum, in all other cases."""
        n = len(minors)
        if n == 1:
            return None
        if n == 2:
            condition = signs.condition(minors[0] * minors[1] if diagonal else minors[1], -1)
            return None if condition is False else Kind("saddle point", (condition,) if isinstance(condition, Condition) else ())
        return Kind("saddle point")

    def _all(self, polynomials: list[Polynomial], wanted: Sequence[int], signs: Signs) -> list[Condition] | None:
        """The conditions for all these signs; None where they contradict each other."""
        signs = signs.copy()
        found: list[Condition] = []
        for polynomial, sign in sorted(zip(polynomials, wanted, strict=True), key=lambda pair: len(pair[0])):  # the short ones decide
            condition = signs.condition(polynomial, sign)
            if condition is False:
                return None
            if isinstance(condition, Condition):
                signs.take(condition)
                found.append(condition)
        return found

    def _along(self, component: Component, rows: Matrix, common: Polynomial, signs: Signs) -> tuple[list[Kind], bool]:
        """An extremum where the Hessian is definite across the family (Morse and Bott); else told as degenerate."""
        n = len(rows)
        elementary = self._elementary(component, rows)
        rank = max((k for k in range(1, n + 1) if elementary[k] != 0), default=0)
        if not rank or rank < n - component.dimension:
            return [Kind("degenerate")], True
        self.solver.take_apart(elementary[rank])
        known = [signs.of(elementary[k] * common ** (k % 2)) for k in range(1, rank + 1)]
        if all(sign is not None for sign in known):
            # charpoly: λ^n - e1 λ^(n-1) + e2 λ^(n-2) ...
            coefficients = [int(sign or 0) * (-1) ** k for k, sign in enumerate([1, *known])]
            positive, negative = sign_counts(list(reversed(coefficients)))
            name = "saddle point" if positive and negative else "local minimum" if positive else "local maximum"
            return [Kind(name, tuple(self._apart(component, elementary[rank])))], True
        found = []
        for name, wanted in (("local minimum", [1] * rank), ("local maximum", [(-1) ** k for k in range(1, rank + 1)])):
            conditions = self._all([elementary[k] * common ** (k % 2) for k in range(1, rank + 1)], wanted, signs)
            if conditions is not None:
                found.append(Kind(name, tuple(conditions)))
        if rank > 1:
            condition = signs.condition(elementary[2], -1) if rank == 2 else True
            if condition:
                found.append(Kind("saddle point", (condition,) if isinstance(condition, Condition) else ()))
        return found, True

    def _apart(self, component: Component, polynomial: Polynomial) -> list[Condition]:
        """Where a polynomial of one sign is not 0: that its factors with free unknowns are not."""
        found = []
        for factor, _ in polynomial.factor()[1]:
            if letters_in(factor) & set(component.free) and not self._is_apart(component, factor):
                if Signs(self.gradient.exact.positive).of(factor) and self._misses_origin(component, factor):
                    continue
                found.append(Condition(factor, "!="))
        return found

    def _misses_origin(self, component: Component, factor: Polynomial) -> bool:
        """Whether an equation of the component does not hold where all letters of the factor are 0."""
        nothing = Quotient(self.radicals.context.constant(0), self.radicals.context.constant(1))
        values = dict.fromkeys(letters_in(factor), nothing)
        moved = [self.radicals.put(equation, values).top for equation in component.equations]
        return any(each != 0 and each.is_constant() for each in moved)

    def _is_apart(self, component: Component, factor: Polynomial) -> bool:
        """Whether a factor cannot be 0 on the component: a sum of even monomials, one of them constant."""
        signs = Signs(self.gradient.exact.positive)
        has_constant = any(not any(exponents) for exponents, _ in factor.terms())
        return (has_constant and signs.of(factor) is not None) or any(factor == other for other in component.apart)

    def _elementary(self, component: Component, rows: Matrix) -> list[Polynomial]:
        """e_0, ..., e_n of the eigenvalues, by Faddeev and LeVerrier."""
        n, zero, one = len(rows), self.radicals.context.constant(0), self.radicals.context.constant(1)
        coefficients, current = [one], [[zero] * n for _ in range(n)]
        for k in range(1, n + 1):
            shifted = [[entry + (coefficients[-1] if i == j else zero) for j, entry in enumerate(row)] for i, row in enumerate(current)]
            current = [[self._on(component, sum((rows[i][m] * shifted[m][j] for m in range(n)), zero)) for j in range(n)] for i in range(n)]
            coefficients.append(self._on(component, sum((current[i][i] for i in range(n)), zero) / (-k)))
        return [(-1) ** k * coefficient for k, coefficient in enumerate(coefficients)]

    def _determinant(self, component: Component, rows: Matrix) -> Polynomial:
        return self._elementary(component, rows)[-1]

    def _on(self, component: Component, polynomial: Polynomial) -> Polynomial:
        polynomial = self.radicals.reduced(polynomial)
        for equation in component.equations:
            polynomial = divmod(polynomial, equation)[1]
        return polynomial


def _product(polynomials: Sequence[Polynomial]) -> Polynomial:
    total = polynomials[0]
    for polynomial in polynomials[1:]:
        total = total * polynomial
    return total


def _each_once(points: Sequence[AlgebraicPoint]) -> list[AlgebraicPoint]:
    """In ascending order, each once."""
    found: dict[tuple[str, int, tuple[str, ...]], AlgebraicPoint] = {}
    for point in points:
        key = (str(point.minimal), point.place, tuple(str(coordinate) for coordinate in point.coordinates))
        found.setdefault(key, point)
    return sorted(found.values(), key=lambda point: [point.number(coordinate) for coordinate in point.coordinates])
