"""The answer of critical-points with parameters, or with lines, curves and surfaces of points, and its checks.

The checks put in seeded rational numbers for the parameters, and solve the system again for them, by Gröbner bases: what is told has
to give all real solutions, and the kinds that the Hessian's eigenvalues have there. Lines and curves are cut by random planes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from service.answers.task import read_back
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.certificates import Check, decided, measured
from service.errors import Undecided
from service.expression.nodes import Node
from service.expression.operation import Array
from service.functions.constants import folded
from service.functions.exact import Ratio
from service.functions.families import Family, Found
from service.functions.function import Function, Question
from service.functions.inverted import Inverted
from service.functions.polynomial_cases import Component
from service.functions.polynomial_systems import NotFinite, TooLarge, solve_system
from service.functions.polynomial_texts import Texts, value_at
from service.functions.radicals import Polynomial, Quotient, Radicals, letters_in
from service.functions.stationary import Gradient
from service.operations.leaves import variable
from service.printing.printers import to_latex, to_text

SEED = 20_261_122
DRAWS, MOST_DRAWS = 8, 40
MOST_SPECIAL = 4
TOLERANCE, NEAR = 1e-6, 1e-9
DEPENDS = "depends on the parameters"


class FamilyAnswers:
    """Families of a function as JSON."""

    def __init__(self, gradient: Gradient, radicals: Radicals, found: Found) -> None:
        self.gradient = gradient
        self.question: Question = gradient.function.question
        self.unknowns = gradient.function.unknowns
        self.radicals = radicals
        self.found = found
        self.names = gradient.exact.names
        self.texts = Texts(self.names, radicals.roots)
        self.notation = Notation({name: variable(each) for name, each in self.question.variables.items()}, self.question.parsed.decimals)

    def to_json(self, family: Family) -> dict[str, Any]:
        component = family.component
        texts, latex = [], []
        for place in range(self.gradient.count):
            node = self._node(component.values[place]) if place in component.values else self._read(self.names[place])
            texts.append(to_text(node))
            latex.append(to_latex(node))
        point = self.unknowns.to_json(texts)
        value = self._value(family, point)
        single = len(family.kinds) == 1
        otherwise = [] if single else ["otherwise"]
        cases = [{"kind": kind.name, "when": [self.texts.condition(each) for each in kind.when] or otherwise} for kind in family.kinds]
        entry: dict[str, Any] = {
            "point": point,
            "latex": self.unknowns.to_json(latex),
            "exact": True,
            "value": value,
            "kind": cases[0]["kind"] if single else DEPENDS if component.dimension == 0 else "depends on the point",
            "degenerate": family.is_degenerate,
            "global": self._is_global(family),
            "provided": [self.texts.condition(each) for each in family.provided]
            + ([self.texts.condition(each) for each in family.kinds[0].when] if single else []),
        }
        if not single:
            entry["cases"] = cases
        if component.dimension:
            entry |= {"dimension": component.dimension, "equations": self._equations(family)}
            if component.equations:
                del entry["point"], entry["latex"]
            else:
                entry["free"] = [self.names[place] for place in component.free]
        return entry

    def _is_global(self, family: Family) -> bool | None:
        """Of a polynomial with a constant Hessian an extremum is global; a saddle point is none."""
        names = {kind.name for kind in family.kinds}
        if names == {"saddle point"}:
            return False
        if names <= {"local minimum", "local maximum"} and self.is_quadratic:
            return True
        return None

    @cached_property
    def is_quadratic(self) -> bool:
        exact, count = self.gradient.exact, self.gradient.count
        if exact.letters:
            return False
        entries = [entry if isinstance(entry, Ratio) else exact.number(entry) for row in self.gradient.hessian() for entry in row]
        return all(min(letters_in(each.top) | letters_in(each.below), default=count) >= count for each in entries)

    def exceptions(self) -> list[str]:
        return [f"{self.texts.polynomial(polynomial)} != 0" for polynomial in self.found.exceptions]

    def _equations(self, family: Family) -> list[str]:
        component, gens = family.component, self.radicals.context.gens()
        solved = [gens[place] * value.below - value.top for place, value in sorted(component.values.items())]
        whole = [each.factor()[1][0][0] for each in [*solved, *component.equations]]  # irreducible: without the number in front
        return [f"{to_text(self._tidy(self.texts.polynomial(each)))} = 0" for each in whole]

    def _value(self, family: Family, point: Mapping[str, Any]) -> str | None:
        if family.value is not None:
            return to_text(self._node(family.value))
        if family.component.equations:
            return None
        moved = {name: self._read(_literal(entry)) for name, entry in point.items()}
        node = self.notation.node(lower(substitute(self.question.node, moved)))
        return to_text(self.notation.node(lower(node)))

    def _node(self, quotient: Quotient) -> Node:
        return self._tidy(self.texts.quotient(quotient))

    def _tidy(self, text: str) -> Node:
        return self.notation.node(lower(self._read(text)))

    def _read(self, text: str) -> Node:
        return read_back(text, self.question.parsed, self.question.variables)

    # Checks.

    def checks(self, shown: Sequence[Mapping[str, Any]]) -> list[Check]:
        """Raises Undecided where no real point of a curve was found."""
        families = self.found.families
        nodes = [
            None if family.component.equations else [self._read(str(text)) for text in self._column(entry["point"])]
            for family, entry in zip(families, shown, strict=True)
        ]
        generator = random.Random(SEED)
        worst, all_there, kinds_hold = 0.0, True, True
        met: set[int] = set()
        draws = 0
        for _ in range(MOST_DRAWS):
            if draws >= DRAWS and len(met) == len(families):
                break
            sample = self._sample(generator)
            if sample is None:
                continue
            draws += 1
            values, function = sample
            solutions = self._solutions(function, values, generator)
            matched = [False] * len(solutions)
            for place, (family, node) in enumerate(zip(families, nodes, strict=True)):
                columns = self._columns(family, node, function, values, solutions, generator)
                for column, letters in columns:
                    if not np.isfinite(function.value(column)):
                        continue
                    met.add(place)
                    hessian = function.hessian(column)
                    scale = 1 + float(np.abs(hessian).max()) * (1 + float(np.abs(column).max()))
                    worst = max(worst, float(np.abs(function.gradient(column)).max()) / scale)
                    kinds_hold = kinds_hold and self._kind_holds(family, hessian, letters)
                for at, solution in enumerate(solutions):
                    matched[at] = matched[at] or self._lies_in(family, [column for column, _ in columns], values, solution)
            isolated = [[point.number(coordinate) for coordinate in point.coordinates] for point in self.found.points]
            for at, solution in enumerate(solutions):
                matched[at] = matched[at] or any(_close(solution, np.array(point)) for point in isolated)
            all_there = all_there and all(matched)
        for place, family in enumerate(families):
            if family.component.equations and place not in met:
                raise Undecided(
                    "the critical points are not isolated, and it is not certain that the curve they may lie on has real points",
                    hint="fix a variable with a value in at",
                    pointer="/expression",
                )
        what = "for random values of the parameters" if self.gradient.exact.parameters else "at random points"
        return [
            measured("gradient", worst, TOLERANCE, f"{what}, at the points as they are printed, relative to 1 + |H|(1 + |x|)"),
            decided("all-solutions", all_there, f"{draws} systems with numbers, cut by planes where points are not isolated, solved again"),
            decided("kinds", kinds_hold, f"{what}, by the eigenvalues of the Hessian"),
        ]

    def _column(self, point: Mapping[str, Any]) -> list[Any]:
        """The entries of a point by unknowns."""
        arrays = {name: np.array(value, dtype=object) for name, value in point.items()}
        return list(self.unknowns.column(arrays))

    def _sample(self, generator: random.Random) -> tuple[dict[int, Fraction], Function] | None:
        """Numbers for the parameters, and the function with them; None where an exception is met."""
        first = self.gradient.count
        values = {
            first + place: Fraction(generator.choice([-1, 1]) * generator.randint(1, 4), generator.randint(1, 3))
            for place in range(len(self.gradient.exact.parameters))
        }
        floats = self._letters(values)
        if any(not abs(value_at(polynomial, floats)) > 1e-9 for polynomial in self.found.exceptions):
            return None
        request = {**self.question.request, "wrt": self.question.targets.names}
        request["at"] = {**self.question.given, **{self.names[place]: str(value) for place, value in values.items()}}
        return values, Function(Question(request))

    def _letters(self, values: Mapping[int, Fraction]) -> dict[int, float]:
        """The parameters and the roots of them; NaN where they are not real."""
        found = {place: float(value) for place, value in values.items()}
        for root in self.radicals.roots:
            inside = value_at(root.radicand, found)
            found[root.slot] = float(np.cbrt(inside)) if root.order == 3 else inside ** (1 / root.order) if inside >= 0 else float("nan")
        return found

    def _solutions(self, function: Function, values: Mapping[int, Fraction], generator: random.Random) -> list[Array]:
        """The real solutions with these numbers, in a random plane where they are not isolated."""
        count = self.gradient.count
        equations = [_with_numbers(polynomial, values, count) for polynomial in self.gradient.polynomials]
        dimension = max((family.component.dimension for family in self.found.families), default=0)
        for _ in range(dimension):
            slopes = [generator.choice([-1, 1]) * generator.randint(1, 9) for _ in range(count)]
            terms = [(tuple(int(i == j) for j in range(count)), flint.fmpq(slope)) for i, slope in enumerate(slopes)]
            equations.append([*terms, ((0,) * count, flint.fmpq(generator.randint(-9, 9), 7))])
        try:
            points = solve_system(equations, count).points
        except (NotFinite, TooLarge):
            return []
        columns = [np.array([point.number(coordinate) for coordinate in point.coordinates]) for point in points]
        return [c for c in columns if np.isfinite(function.value(c)) and np.isfinite(function.gradient(c)).all()]

    def _columns(
        self,
        family: Family,
        nodes: list[Node] | None,
        function: Function,
        values: Mapping[int, Fraction],
        solutions: Sequence[Array],
        generator: random.Random,
    ) -> list[tuple[Array, dict[int, float]]]:
        """Points of the family in numbers, with the values of the letters; none where its conditions do not hold."""
        component = family.component
        found = []
        if nodes is None:
            for solution in solutions:
                letters = {**self._letters(values), **dict(enumerate(solution.tolist()))}
                if self._lies_in(family, [], values, solution) and self._is_regular(component, letters):
                    found.append((solution, letters))
            return found
        free = np.zeros(self.gradient.count)
        for place in component.free:
            free[place] = generator.choice([-1, 1]) * generator.randint(1, 99) / 16
        letters = {**dict(enumerate(free.tolist())), **self._letters(values)}
        if not all(_holds(value_at(each.polynomial, letters), each.relation) for each in family.provided):
            return []
        given = {self.names[place]: np.array(float(value)) for place, value in values.items()}
        point = {**function.known, **given, **self.unknowns.arrays(free)}
        column = np.array([float(Evaluator(node, function.sizes)(point)) for node in nodes])
        return [(column, {**letters, **dict(enumerate(column.tolist()))})] if np.isfinite(column).all() else []

    def _lies_in(self, family: Family, columns: Sequence[Array], values: Mapping[int, Fraction], solution: Array) -> bool:
        component = family.component
        if component.dimension == 0:
            return any(_close(solution, column) for column in columns)
        letters = {**self._letters(values), **dict(enumerate(solution.tolist()))}
        gens = self.radicals.context.gens()
        equations = [*component.equations, *[value.below * gens[place] - value.top for place, value in component.values.items()]]
        return all(abs(value_at(each, letters)) <= NEAR * (_size(each, letters) + NEAR) for each in equations)

    def _is_regular(self, component: Component, letters: Mapping[int, float]) -> bool:
        """Whether the gradient of the equation is not 0: then the points nearby that satisfy it are a curve or surface."""
        (equation,) = component.equations
        return any(abs(value_at(equation.derivative(place), letters)) > TOLERANCE for place in range(self.gradient.count))

    def _kind_holds(self, family: Family, hessian: Array, letters: Mapping[int, float]) -> bool:
        """Whether the signs of the eigenvalues are those of the kind told; what is too close to call is let pass."""
        if not np.isfinite(hessian).all() or not hessian.any():
            return True  # underflow: nothing can be told in doubles
        forms = [_balanced(hessian)]
        if family.component.dimension:  # where it is singular, balancing may raise what is rounding
            forms.append(hessian)
        return any(self._has_kind(family, np.linalg.eigvalsh(form), letters) for form in forms)

    def _has_kind(self, family: Family, eigenvalues: Array, letters: Mapping[int, float]) -> bool:
        size = max(float(np.abs(eigenvalues).max()), 1e-300)
        large = eigenvalues[np.abs(eigenvalues) > 1e-6 * size]
        for kind in family.kinds:
            if all(_holds(value_at(each.polynomial, letters), each.relation) for each in kind.when):
                if kind.name == "degenerate":
                    return len(large) < len(eigenvalues)
                signs = (bool((large > 0).any()), bool((large < 0).any()))
                return signs == {"local minimum": (True, False), "local maximum": (False, True), "saddle point": (True, True)}[kind.name]
        return False


def _balanced(symmetric: Array) -> Array:
    """D·H·D with a diagonal D, which keeps the signs of the eigenvalues, its entries of about one size."""
    for _ in range(3):
        largest = np.abs(symmetric).max(axis=0)
        scales = 1 / np.sqrt(np.where(largest > 0, largest, 1.0))
        symmetric = scales[:, None] * symmetric * scales
    return symmetric


def _holds(value: float, relation: str) -> bool:
    return {">": value > 0, "<": value < 0, "!=": abs(value) > 1e-12}[relation]


def _size(polynomial: Polynomial, letters: Mapping[int, float]) -> float:
    """The sum of the sizes of its terms."""
    return sum(
        abs(float(c.p) / float(c.q)) * float(np.prod([abs(letters[place]) ** int(power) for place, power in enumerate(e) if power]))
        for e, c in polynomial.terms()
    )


def _close(one: Array, other: Array) -> bool:
    return bool(np.max(np.abs(one - other)) <= TOLERANCE * (1 + np.max(np.abs(one))))


def _with_numbers(polynomial: Polynomial, values: Mapping[int, Fraction], count: int) -> list[tuple[tuple[int, ...], Any]]:
    """A polynomial in the unknowns, with numbers for the parameters."""
    terms: dict[tuple[int, ...], Any] = {}
    for exponents, coefficient in polynomial.terms():
        for place, value in values.items():
            coefficient = coefficient * flint.fmpq(value.numerator, value.denominator) ** int(exponents[place])
        key = tuple(int(each) for each in exponents[:count])
        terms[key] = terms.get(key, flint.fmpq(0)) + coefficient
    return [(key, coefficient) for key, coefficient in terms.items() if coefficient != 0]


def _literal(entry: Any) -> str:
    """A text, or nested lists of texts, in the language."""
    if not isinstance(entry, list):
        return f"({entry})"
    if entry and isinstance(entry[0], list):
        return "[" + "; ".join(", ".join(row) for row in entry) + "]"
    return "[" + ", ".join(entry) + "]"


def special_values(exceptions: Sequence[Polynomial], names: Sequence[str]) -> list[tuple[str, str]]:
    """Parameters and the values of them that are exceptions; a few."""
    found = []
    for polynomial in exceptions:
        terms = {tuple(int(e) for e in exponents): coefficient for exponents, coefficient in polynomial.terms()}
        moving = [exponents for exponents in terms if any(exponents)]
        if len(moving) == 1 and sum(moving[0]) == 1 and moving[0].index(1) < len(names):
            rest = next((c for exponents, c in terms.items() if not any(exponents)), flint.fmpq(0))
            found.append((names[moving[0].index(1)], str(-rest / terms[moving[0]])))
    return found[:MOST_SPECIAL]


def inverted_points(question: Question, found: Inverted) -> tuple[list[dict[str, Any]], list[Node]]:
    """The points by an inverse function as JSON, and as nodes."""
    notation = Notation({name: variable(each) for name, each in question.variables.items()}, question.parsed.decimals)
    (name,) = question.targets.names
    points, nodes = [], []
    for root in found.roots:
        node = notation.node(lower(folded(read_back(found.point(root), question.parsed, question.variables))))
        value = notation.node(lower(folded(notation.node(lower(substitute(question.node, {name: node}))))))
        cases = [{"kind": kind, "when": [found.texts.condition(when)] if when else []} for kind, when in root.cases]
        single = len(cases) == 1
        entry: dict[str, Any] = {
            "point": {name: to_text(node)},
            "latex": {name: to_latex(node)},
            "exact": True,
            "value": to_text(value),
            "kind": cases[0]["kind"] if single else DEPENDS,
            "degenerate": False,
            "global": None,
            "provided": [found.texts.condition(each) for each in root.provided],
        }
        points.append(entry if single else {**entry, "cases": cases})
        nodes.append(node)
    return points, nodes
