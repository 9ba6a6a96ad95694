"""Convexity decided exactly: quadratic functions, polynomials of one unknown, polynomials with evident principal minors."""

from __future__ import annotations

import itertools
from typing import Any

import flint
import numpy as np

from service.answers.symbolic_matrix import minors
from service.certificates import decided
from service.errors import NotDifferentiable
from service.expression.operation import Array
from service.functions.algebraic import integral, real_roots
from service.functions.chords import Verdict, along
from service.functions.exact import Exact, NotPolynomial, Ratio
from service.functions.function import Function
from service.functions.inertia import Inertia, of_rationals
from service.precision import precision

BITS = 256
LARGEST_MINORS = 4


def exactly(function: Function) -> Verdict:
    """Quadratic functions by the inertia of the Hessian, polynomials of one unknown by the sign of f''."""
    try:
        exact = Exact(function)
        parts = exact.values_of([tensor for row in function.second for tensor in row])
    except (NotPolynomial, NotDifferentiable):
        return Verdict()
    if exact.parameters:
        return Verdict()
    rows = hessian_rows(function, parts)
    if all(_constant(entry) is not None for row in rows for entry in row):
        return _quadratic(function, [[_constant(entry) for entry in row] for row in rows])
    if exact.count == 1 and isinstance(rows[0][0], Ratio) and rows[0][0].below == 1 and not exact.letters:
        return _univariate(function, rows[0][0].top)
    if not exact.letters and exact.count <= LARGEST_MINORS and all(not isinstance(e, Ratio) or e.below == 1 for row in rows for e in row):
        return _by_minors(exact, rows)
    return Verdict()


def _by_minors(exact: Exact, rows: list[list[Any]]) -> Verdict:
    """Polynomials all of whose principal minors of the Hessian are sums of squares to be seen at once: even powers, weights above 0."""
    zero = exact.context.constant(0)
    table = [[entry.top if isinstance(entry, Ratio) else zero + int(entry) for entry in row] for row in rows]
    count = len(table)
    for size in range(1, count + 1):
        for chosen in itertools.combinations(range(count), size):
            minor = minors([[table[i][j] for j in chosen] for i in chosen], zero).get((1 << size) - 1, zero)
            if any(coefficient < 0 or any(exponent % 2 for exponent in exponents) for exponents, coefficient in minor.terms()):
                return Verdict()
    return Verdict(
        convex=True,
        concave=False,
        reason={
            "rule": "principal-minors",
            "text": "the Hessian is positive semidefinite: all its principal minors are sums of even powers with positive weights",
        },
        checks=[decided("principal-minors", True, "all of them, exactly")],
    )


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


def _quadratic(function: Function, rows: list[list[Any]]) -> Verdict:
    inertia: Inertia = of_rationals(rows)
    matrix = np.array([[float(entry.p) / float(entry.q) for entry in row] for row in rows])
    values = np.linalg.eigvalsh(matrix)
    convex, concave = inertia.negative == 0, inertia.positive == 0
    verdict = Verdict(
        convex=convex,
        concave=concave,
        strictly=convex and inertia.zero == 0,
        strong=_tidy(float(values[0])) if convex and inertia.zero == 0 else 0.0 if convex else None,
        lipschitz=_tidy(float(np.max(np.abs(values)))),
        reason={
            "rule": "constant-hessian",
            "text": f"the Hessian is the same everywhere; it has {inertia.positive} positive, {inertia.zero} zero and "
            f"{inertia.negative} negative eigenvalues (exact)",
        },
        checks=[decided("inertia", True, "the signs of the Hessian's eigenvalues, exactly, by its characteristic polynomial")],
    )
    if not convex:
        _, vectors = np.linalg.eigh(matrix)
        verdict.counterexample = along(function, np.zeros(len(matrix)), vectors[:, 0], verdict.checks)
    return verdict


def _tidy(value: float) -> float:
    """A whole number where rounding is all that parts it from one."""
    return float(round(value)) if abs(value - round(value)) <= 1e-13 * max(1.0, abs(value)) else value


def _univariate(function: Function, second: Any) -> Verdict:
    """f'' ≥ 0 everywhere: its leading coefficient positive, and no real root of odd multiplicity (all roots isolated)."""
    terms = {int(exponents[0]): coefficient for exponents, coefficient in second.terms()}
    polynomial = flint.fmpq_poly([terms.get(k, 0) for k in range(max(terms) + 1)])
    odd = []
    for factor, times in integral(polynomial).factor()[1]:
        with precision(128):
            roots = [float(root.mid()) for root in real_roots(factor)]
        odd += roots if times % 2 else []
    lead = polynomial[polynomial.degree()]
    convex, concave = not odd and lead > 0, not odd and lead < 0
    verdict = Verdict(
        convex=convex,
        concave=concave,
        strictly=convex,  # f'' has finitely many zeros
        strong=None,
        reason={
            "rule": "second-derivative",
            "text": "f'' is a polynomial "
            + (
                "without real roots of odd multiplicity, so that it does not change its sign"
                if not odd
                else f"that changes its sign at {odd}"
            ),
        },
        checks=[decided("real-roots", True, "all real roots of f'' isolated with certainty")],
    )
    if convex:
        verdict.strong = _least_second(polynomial)
    else:
        places = sorted(odd)
        tries = [places[0] - 1, places[-1] + 1, *[(a + b) / 2 for a, b in itertools.pairwise(places)]] if places else [0.0, 1.0]
        low = min(tries, key=lambda x: _float_at(polynomial, x))
        verdict.counterexample = along(function, np.array([low]), np.array([1.0]), verdict.checks)
    return verdict


def _float_at(polynomial: Any, x: float) -> float:
    total = 0.0
    for coefficient in reversed(polynomial.coeffs()):
        total = total * x + float(coefficient.p) / float(coefficient.q)
    return total


def _least_second(polynomial: Any) -> float:
    """The least value of f'' ≥ 0 on the line: the strong convexity constant, rounded down."""
    if polynomial.degree() == 0:
        return float(polynomial[0].p) / float(polynomial[0].q)
    slope = integral(polynomial.derivative())
    least = None
    for factor, _ in slope.factor()[1]:
        with precision(BITS):
            for root in real_roots(factor):
                total = flint.arb(0)
                for coefficient in reversed(polynomial.coeffs()):
                    total = total * root + flint.arb(coefficient)
                low = float(total.lower())
                least = low if least is None else min(least, low)
    return max(0.0, least or 0.0)
