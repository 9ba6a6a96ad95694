"""Convexity decided exactly: quadratic functions, polynomials of one unknown, Hessians whose principal minors have a sign to be told."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.calculus.lower import lower
from service.certificates import decided
from service.errors import LimitExceeded, NotDifferentiable, UndefinedAtPoint
from service.expression.nodes import make
from service.expression.operation import Array
from service.expression.sums import add, number
from service.functions.algebraic import integral, real_roots
from service.functions.chords import Verdict, along
from service.functions.domains import Domain
from service.functions.exact import Exact, NotPolynomial, Ratio
from service.functions.function import Function
from service.functions.inertia import Inertia, of_rationals
from service.functions.polynomial_signs import PolynomialSigns, inner_point, roots_inside, univariate
from service.functions.ranges import ANY, POSITIVE, Range
from service.functions.semidefinite import Sign
from service.functions.smoothness import tidy
from service.operations.leaves import tensor_of, variable
from service.precision import precision

BITS = 256
LARGEST_MINORS = 4


def exactly(function: Function, domain: Domain) -> Verdict:
    """Quadratic functions by the inertia of the Hessian, others by the signs of its principal minors on the domain."""
    try:
        exact = Exact(function, domain.ranges)
        parts = exact.values_of([tensor for row in function.second for tensor in row])
    except (NotPolynomial, NotDifferentiable):
        return Verdict()
    rows = hessian_rows(function, parts)
    if not exact.parameters and all(_constant(entry) is not None for row in rows for entry in row):
        return _quadratic(function, [[_constant(entry) for entry in row] for row in rows], not domain.conditions)
    simple = exact.count == 1 and not exact.letters and not exact.parameters and isinstance(rows[0][0], Ratio) and rows[0][0].below == 1
    if simple and not domain.has_equations:
        return _univariate(function, rows[0][0].top, entry_ranges(function, domain)[0], not domain.conditions)
    if exact.count <= LARGEST_MINORS:
        return _by_minors(function, domain, exact, rows)
    return Verdict()


def entry_ranges(function: Function, domain: Domain) -> list[Range]:
    """The ranges of the unknowns, entry by entry; nothing is known of those of matrices."""
    found: list[Range] = []
    for declared, shape, count in zip(function.unknowns.variables, function.unknowns.shapes, function.unknowns.counts, strict=True):
        if not shape:
            found.append(domain.ranges.of(tensor_of(declared)))
        elif len(shape) == 1:
            entries = [make("index", variable(declared), parameter=(place,)) for place in range(shape[0])]
            found += [domain.ranges.of(lower(entry)) for entry in entries]
        else:
            found += [ANY] * count
    return found


def _signs(function: Function, domain: Domain, exact: Exact) -> PolynomialSigns:
    ranges = [
        *entry_ranges(function, domain),
        *[domain.ranges.of(lower(function.question.parsed.variable(name))) for name in exact.parameters],
    ]
    letters = [
        POSITIVE if place in exact.positive or place in exact.radicands else exact.letter_ranges.get(place, ANY)
        for place in range(len(ranges), len(ranges) + len(exact.letters))
    ]
    facts = []
    for tensor, found in domain.ranges.facts.items():
        for end, direction, is_open in ((found.low, 1, found.above), (found.high, -1, found.below)):
            if not math.isinf(end) and not tensor.shape:
                try:
                    (value,) = exact.values_of([add([(direction, tensor), (-direction * Fraction(end), number(1))], ())])
                except NotPolynomial:
                    continue
                entry = value.item()
                if isinstance(entry, Ratio) and entry.below == 1 and entry.top != 0:
                    facts.append((entry.top, is_open))
    return PolynomialSigns(exact.context, [*ranges, *letters], facts)


def _by_minors(function: Function, domain: Domain, exact: Exact, rows: list[list[Any]]) -> Verdict:
    """The signs of all principal minors of the Hessian, or of its negative, where they can be told on the domain."""
    zero = Ratio(exact.context.constant(0), exact.one)
    table = [[entry if isinstance(entry, Ratio) else zero + int(entry) for entry in row] for row in rows]
    signs = _signs(function, domain, exact)
    by_size: list[list[Sign]] = []
    leading = []
    for size in range(1, len(table) + 1):
        found = []
        for chosen in itertools.combinations(range(len(table)), size):
            try:
                minor = _reduced(_determinant([[table[i][j] for j in chosen] for i in chosen]), exact)
                sign = _sign(signs, minor)
            except (LimitExceeded, UndefinedAtPoint):
                return Verdict()
            if sign is None:
                return Verdict()
            found.append(sign)
        leading.append(found[0])
        by_size.append(found)
    for convex in (True, False):
        wanted = [1 if convex or size % 2 == 0 else -1 for size in range(1, len(table) + 1)]
        if all(_fits(sign, want) for want, found in zip(wanted, by_size, strict=True) for sign in found):
            definite = all(sign.strict for sign in leading) or len(table) == 1
            strictly = True if definite else False if by_size[-1][0].sign == 0 else None  # of rank below n everywhere: straight along lines
            bent = any(sign.strict for sign in by_size[0])
            word = "positive" if convex else "negative"
            told = (
                f"the second derivative is not {'below' if convex else 'above'} 0"
                if len(table) == 1
                else f"the Hessian is {word} semidefinite: its principal minors have the signs of their terms and factors"
            )
            where = " on the domain" if domain.conditions else ""
            return Verdict(
                convex=True if convex else None,
                concave=True if not convex else False if bent else None,
                strictly=strictly if convex else None,
                reason={"rule": "principal-minors" if len(table) > 1 else "second-derivative", "text": told + where},
                checks=[decided("principal-minors", True, "the signs of all of them, exactly")],
            )
    return Verdict()


def _fits(sign: Sign, wanted: int) -> bool:
    return sign.sign in (0, wanted)


def _sign(signs: PolynomialSigns, ratio: Ratio) -> Sign | None:
    if ratio.top == 0:
        return Sign(0, False)
    above, below = signs.of(ratio.top), signs.of(ratio.below)
    return Sign(above.sign * below.sign, above.strict) if above and below else None


def _determinant(rows: list[list[Ratio]]) -> Ratio:
    if len(rows) == 1:
        return rows[0][0]
    total: Ratio = rows[0][0] * 0
    for place, entry in enumerate(rows[0]):
        if entry.top != 0:
            rest = _determinant([[*row[:place], *row[place + 1 :]] for row in rows[1:]])
            total = total + entry * rest * (-1 if place % 2 else 1)
    return total


def _reduced(ratio: Ratio, exact: Exact) -> Ratio:
    """The quotient with whole powers of roots written by what stands under them."""
    for place, (order, inside) in exact.radicands.items():
        above, below = (_without_powers(part, place, order, inside, exact) for part in (ratio.top, ratio.below))
        ratio = above * below**-1
    return ratio


def _without_powers(polynomial: Any, place: int, order: int, inside: Ratio, exact: Exact) -> Ratio:
    total = Ratio(exact.context.constant(0), exact.one)
    by_power: dict[int, Any] = {}
    for exponents, coefficient in polynomial.terms():
        kept = [int(exponent) for exponent in exponents]
        times, kept[place] = divmod(kept[place], order)
        by_power[times] = by_power.get(times, exact.context.constant(0)) + exact.context.from_dict({tuple(kept): coefficient})
    for times, part in by_power.items():
        total = total + Ratio(part, exact.one) * inside**times
    return total


def hessian_rows(function: Function, parts: list[Array]) -> list[list[Any]]:
    """Second derivatives by pairs of variables as the rows of one matrix."""
    count = len(function.by)
    rows: list[list[Any]] = []
    for i, shape in enumerate(function.unknowns.shapes):
        entries = int(np.prod(shape, dtype=int))
        block = function.unknowns.by_column(parts[i * count : (i + 1) * count], entries)
        free = function.unknowns.frees[i]
        rows += [list(row) for row in (block if free is None else free.T.astype(int) @ block)]
    return rows


def _constant(entry: Any) -> Any | None:
    """The rational number that an entry is."""
    if not isinstance(entry, Ratio):
        return flint.fmpq(int(entry))
    if not entry.top.is_constant() or not entry.below.is_constant():
        return None
    return (flint.fmpq(0) if entry.top == 0 else entry.top.leading_coefficient()) / entry.below.leading_coefficient()


def _quadratic(function: Function, rows: list[list[Any]], everywhere: bool) -> Verdict:
    inertia: Inertia = of_rationals(rows)
    matrix = np.array([[float(entry.p) / float(entry.q) for entry in row] for row in rows])
    values = np.linalg.eigvalsh(matrix)
    convex, concave = inertia.negative == 0, inertia.positive == 0
    verdict = Verdict(
        convex=convex,
        concave=concave,
        strictly=convex and inertia.zero == 0,
        strong=tidy(float(values[0])) if convex and inertia.zero == 0 else 0.0 if convex else None,
        lipschitz=tidy(float(np.max(np.abs(values)))),
        reason={
            "rule": "constant-hessian",
            "text": f"the Hessian is the same everywhere; it has {inertia.positive} positive, {inertia.zero} zero and "
            f"{inertia.negative} negative eigenvalues (exact)",
        },
        checks=[decided("inertia", True, "the signs of the Hessian's eigenvalues, exactly, by its characteristic polynomial")],
    )
    if not convex and not everywhere:
        return Verdict(concave=True, reason=verdict.reason, checks=verdict.checks) if concave else Verdict()
    if not convex:
        _, vectors = np.linalg.eigh(matrix)
        verdict.counterexample = along(function, np.zeros(len(matrix)), vectors[:, 0], verdict.checks)
    return verdict


def _univariate(function: Function, second: Any, found: Range, everywhere: bool) -> Verdict:
    """Whether f'' changes its sign inside a range: at its roots of odd multiplicity, which are isolated."""
    polynomial = univariate(second, 0)
    odd = []
    for factor, times in integral(polynomial).factor()[1]:
        if times % 2:
            roots = roots_inside(flint.fmpq_poly(factor), found)
            if roots is None:
                return Verdict()
            odd += roots
    sign = _sign_inside(polynomial, found)
    convex, concave = not odd and sign > 0, not odd and sign < 0
    where = "" if everywhere else " inside the domain"
    told = f"that changes its sign at {sorted(odd)}" if odd else "without real roots of odd multiplicity"
    verdict = Verdict(
        convex=convex,
        concave=concave,
        strictly=convex,  # f'' has finitely many zeros
        reason={
            "rule": "second-derivative",
            "text": f"f'' is a polynomial {told}{where}" + ("" if odd else ", so that it does not change its sign"),
        },
        checks=[decided("real-roots", True, "all real roots of f'' isolated with certainty")],
    )
    least, greatest = _extent(polynomial, found)
    verdict.strong = max(0.0, least) if convex else None
    largest = max(abs(least), abs(greatest))
    verdict.lipschitz = largest if math.isfinite(largest) else None
    if convex:
        return verdict
    if not everywhere:
        return Verdict(concave=concave or None, lipschitz=verdict.lipschitz, reason=verdict.reason, checks=verdict.checks)
    places = sorted(odd)
    tries = [places[0] - 1, places[-1] + 1, *[(a + b) / 2 for a, b in itertools.pairwise(places)]] if places else [0.0, 1.0]
    low = min(tries, key=lambda x: _float_at(polynomial, x))
    verdict.counterexample = along(function, np.array([low]), np.array([1.0]), verdict.checks)
    return verdict


def _sign_inside(polynomial: Any, found: Range) -> int:
    """The sign at a point inside a range that is no root; there are fewer roots than points tried."""
    middle = inner_point(found)
    ends = [end for end in (found.low, found.high) if not math.isinf(end)]
    width = min([abs(Fraction(end) - middle) for end in ends], default=Fraction(1))
    for k in range(polynomial.degree() + 1):
        at = middle + width * Fraction(k, polynomial.degree() + 2)
        value = polynomial(flint.fmpq(at.numerator, at.denominator))
        if value != 0:
            return 1 if value > 0 else -1
    return 0


def _float_at(polynomial: Any, x: float) -> float:
    total = 0.0
    for coefficient in reversed(polynomial.coeffs()):
        total = total * x + float(coefficient.p) / float(coefficient.q)
    return total


def _extent(polynomial: Any, found: Range) -> tuple[float, float]:
    """Bounds of a polynomial over a range, rounded outwards: at the ends, and where its derivative is 0."""
    low, high = math.inf, -math.inf
    with precision(BITS):
        places = []
        for end, direction in ((found.low, -1), (found.high, 1)):
            if not math.isinf(end):
                places.append(flint.arb(flint.fmpq(Fraction(end).numerator, Fraction(end).denominator)))
            elif polynomial.degree() > 0:
                rises = (polynomial[polynomial.degree()] > 0) == (direction > 0 or polynomial.degree() % 2 == 0)
                low, high = (low, math.inf) if rises else (-math.inf, high)
            else:
                places.append(flint.arb(0))
        for factor, _ in integral(polynomial.derivative()).factor()[1] if polynomial.degree() > 1 else []:
            for root in real_roots(factor):
                ends = [
                    (end, flint.arb(flint.fmpq(Fraction(end).numerator, Fraction(end).denominator)))
                    for end in found[:2]
                    if not math.isinf(end)
                ]
                if not any((root < ball) if end == found.low else (root > ball) for end, ball in ends):
                    places.append(root)
        for place in places:
            value = flint.arb(0)
            for coefficient in reversed(polynomial.coeffs()):
                value = value * place + flint.arb(coefficient)
            low, high = min(low, float(value.lower())), max(high, float(value.upper()))
    return low, high
