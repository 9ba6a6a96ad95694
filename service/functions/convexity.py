"""Whether a function is convex or concave, with what shows it; constants of smoothness and strong convexity."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np

from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.answers.symbolic_matrix import minors
from service.calculus.ball_functions import Imprecise
from service.calculus.evaluate import Evaluator, letters_of, sizes_at
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.calculus.verify import check_derivatives, draw_point, draw_sizes
from service.certificates import Check, decided, measured, require
from service.errors import NablaError, NotDifferentiable, Undecided
from service.expression.operation import Array
from service.functions.algebraic import integral, real_roots
from service.functions.atoms import Rules
from service.functions.domains import has_convex_domain, is_smooth
from service.functions.exact import Exact, NotPolynomial, Ratio
from service.functions.function import Function, Question, read_named
from service.functions.inertia import Inertia, of_rationals
from service.functions.semidefinite import positive_parts, semidefinite, sign_of
from service.operations.leaves import variable
from service.precision import precision
from service.printing.printers import to_text

SEED = 20_260_107
BITS = 256
SAMPLES = 300
CHORDS = 60
LARGEST_MINORS = 4


@dataclass
class Verdict:
    """`convex` and `concave`: True, False, or None where it was not decided. `reason` is the certificate."""

    convex: bool | None = None
    concave: bool | None = None
    strictly: bool | None = None
    strong: float | None = None
    lipschitz: float | None = None
    reason: dict[str, Any] = field(default_factory=dict)
    counterexample: dict[str, Any] | None = None
    checks: list[Check] = field(default_factory=list)


def convexity(request: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a scalar function is convex on its domain. Raises Undecided, and what the language raises."""
    question = Question(request)
    question.require_scalar()
    function = None if is_open(question) else Function(question)
    verdict = decide_convexity(question, function)
    if verdict.convex is None:
        raise Undecided(
            "it could not be decided whether the function is convex: no rule shows it, and no numbers were found that refute it",
            hint="write it as sums and compositions of convex functions, such as norms, squares, exp, logsumexp",
            pointer="/expression",
        )
    answer: dict[str, Any] = {
        "operation": "convexity",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "convex": verdict.convex,
        "strictly_convex": verdict.strictly if verdict.convex else False,
        "strongly_convex": None if verdict.strong is None and verdict.convex else bool(verdict.strong and verdict.convex),
        "concave": verdict.concave,
        "strong_convexity_constant": verdict.strong if verdict.convex else None,
        "lipschitz_constant": verdict.lipschitz,
        "certificate": verdict.reason,
        "counterexample": verdict.counterexample,
    }
    answer["checks"] = require([*verdict.checks, *kinks_check(question.node, question.targets.names)])
    return answer


def curvature_of(question: Question, function: Function | None) -> str | None:
    """convex, concave, or None where it is neither or was not decided."""
    try:
        verdict = decide_convexity(question, function)
    except NablaError:
        return None
    return "convex" if verdict.convex else "concave" if verdict.concave else None


def is_open(question: Question) -> bool:
    """Whether sizes are letters that nothing tells, or names have no value."""
    known = {*question.given, *question.targets.names}
    if any(name not in known for name in question.parsed.variables):
        return True
    told = sizes_at(question.variables, read_named(question.given, question.variables, "/at"))
    return bool(set(letters_of([question.node, *[variable(declared) for declared in question.targets.variables]])) - set(told))


def decide_convexity(question: Question, function: Function | None) -> Verdict:
    """The first of the methods that decides: exact, by structure, by numbers."""
    verdict = Verdict()
    names = question.targets.names
    smooth = is_smooth(question.node, names) and has_convex_domain(question.node, names)
    if smooth and function is not None:
        verdict = _exactly(function)
    if smooth and verdict.convex is None:
        verdict = _by_structure(question)
    if verdict.convex is None:
        verdict = _by_rules(question)
    if verdict.convex is None and function is not None:
        verdict = _refuted(function)
    return verdict


# --- exactly ------------------------------------------------------------------------------------------------------------------


def _exactly(function: Function) -> Verdict:
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
        verdict.counterexample = _along(function, np.zeros(len(matrix)), vectors[:, 0], verdict.checks)
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
        verdict.counterexample = _along(function, np.array([low]), np.array([1.0]), verdict.checks)
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


# --- by structure -------------------------------------------------------------------------------------------------------------


def _by_structure(question: Question) -> Verdict:
    """The Hessian semidefinite by how it is made."""
    if len(question.targets.variables) != 1:
        return Verdict()
    (declared,) = question.targets.variables
    if len(declared.shape) != 2 or declared.shape[1] != 1 or declared.properties:
        return Verdict()
    every = question.variables.values()
    try:
        gradient = total_derivatives(lower(question.node), [declared], every)[0][0]
        hessian = total_derivatives(gradient, [declared], every)[0][0]
    except NotDifferentiable:
        return Verdict()
    root = lower(question.node)
    sign = semidefinite(hessian) if hessian.shape else sign_of(hessian, positive_parts(root))
    if sign is None:
        return Verdict()
    notation = Notation({name: variable(each) for name, each in question.variables.items()}, question.parsed.decimals)
    nodes = [notation.node(gradient), notation.node(hessian)]
    text = to_text(nodes[1])
    checks = check_derivatives(question.node, {(declared.name,): nodes[0]}, question.variables, "finite-differences")
    checks += check_derivatives(nodes[0], {(declared.name,): nodes[1]}, question.variables, "finite-differences-2")
    word = "positive" if sign.sign > 0 else "negative"
    kind = f"{word} {'definite' if sign.strict else 'semidefinite'}"
    told = f"the Hessian {text} is {kind} by how it is made"
    if not hessian.shape:
        told = (
            f"the second derivative {text} is {'above' if sign.sign > 0 else 'below'} 0{'' if sign.strict else ', or 0,'} by how it is made"
        )
    reason = {"rule": "hessian-structure", "text": told, "hessian": text}
    return Verdict(
        convex=sign.sign > 0,
        concave=sign.sign < 0,
        strictly=sign.strict if sign.sign > 0 and sign.strict else None if sign.sign > 0 else False,
        reason=reason,
        checks=checks,
    )


# --- by rules -----------------------------------------------------------------------------------------------------------------


def _by_rules(question: Question) -> Verdict:
    """Sums and compositions of convex atoms, tried on random chords too."""
    rules = Rules(question.node, question.targets.names)
    shape = rules.result.shape
    if shape not in ("convex", "concave", "affine"):
        return Verdict()
    text = "; ".join(rules.told) or "the function is affine"
    return Verdict(
        convex=shape in ("convex", "affine"),
        concave=shape in ("concave", "affine"),
        strictly=False if shape == "affine" else None,
        reason={"rule": "composition", "text": text, "rules": list(rules.told)},
        checks=[_chords(question, 1 if shape != "concave" else -1)],
    )


def _chords(question: Question, sign: int) -> Check:
    """At random points, f((u + v)/2) against the mean of f(u) and f(v)."""
    random = np.random.default_rng(SEED)
    letters = letters_of([question.node])
    tried, worst = 0, 0.0
    for attempt in range(CHORDS):
        sizes = draw_sizes(question.variables, attempt % 4, letters)
        evaluator = Evaluator(question.node, sizes)
        low, high = ((0.2, 2.0), (-2.0, 2.0), (1.0, 9.0))[attempt % 3]
        ends = [draw_point(question.variables, sizes, random, low, high) for _ in range(2)]
        ends[1] = {name: value if name in question.targets.names else ends[0][name] for name, value in ends[1].items()}
        middle = {name: (ends[0][name] + ends[1][name]) / 2 for name in ends[0]}
        heights = [float(evaluator(place)) for place in (*ends, middle)]
        if np.isfinite(heights).all():
            tried += 1
            worst = max(worst, sign * (heights[2] - (heights[0] + heights[1]) / 2) / (1.0 + max(abs(height) for height in heights)))
    return measured(
        "chords", worst if tried else math.inf, 1e-9, f"how far the function is beyond the middle of {tried} random chords, relative"
    )


# --- by numbers ---------------------------------------------------------------------------------------------------------------


def _refuted(function: Function) -> Verdict:
    """A point and a direction along which the function lies above its chord, in balls; one at which it lies below."""
    random = np.random.default_rng(SEED)
    count = function.unknowns.count
    verdict = Verdict()
    for attempt in range(SAMPLES):
        size = (1.0, 0.1, 10.0)[attempt % 3]
        column = np.round(random.normal(size=count) * size, 3)
        if attempt % 4 == 0:
            column = np.abs(column) + 0.001
        other = column + np.round(random.normal(size=count) * size, 3)
        if verdict.counterexample is None and _is_above(function, column, other):
            checks: list[Check] = []
            verdict.counterexample = _along(
                function, (column + other) / 2, (other - column) / 2, checks, float(np.max(np.abs(other - column))) / 2
            )
            if verdict.counterexample is not None:
                verdict.convex = False
                verdict.checks += checks
                break
        hessian = function.hessian(column)
        if not np.isfinite(hessian).all():
            continue
        values, vectors = np.linalg.eigh(hessian)
        checks = []
        if values[0] < -1e-7 * max(1.0, values[-1]) and verdict.counterexample is None:
            verdict.counterexample = _along(function, column, vectors[:, 0], checks)
            if verdict.counterexample is not None:
                verdict.convex = False
                verdict.checks += checks
        if verdict.convex is False:
            break
    if verdict.convex is False:
        verdict.reason = {"rule": "counterexample", "text": "the function lies above a chord"}
    return verdict


def _is_above(function: Function, u: Array, v: Array) -> bool:
    heights = [function.value(place) for place in (u, v, (u + v) / 2)]
    return bool(np.isfinite(heights).all() and heights[2] > (heights[0] + heights[1]) / 2 + 1e-9 * (1 + max(map(abs, heights))))


def _along(function: Function, column: Array, direction: Array, checks: list[Check], longest: float = 1.0) -> dict[str, Any] | None:
    """u and v with f((u + v)/2) > (f(u) + f(v))/2, shown in balls; None where no step along the direction shows it."""
    direction = direction / np.max(np.abs(direction))
    direction = np.where(np.abs(direction) < 1e-9, 0.0, direction)
    for step in (longest, 1.0, 0.25, 0.0625, 1e-2, 1e-3, 1e-4, 1e-5):
        ends = [np.round(column - step * direction, 9), np.round(column + step * direction, 9)]
        with precision(BITS):
            u, v = (np.array([flint.arb(float(entry)) for entry in end], dtype=object) for end in ends)
            try:
                heights = [function.value_balls(place)[0] for place in (u, v, (u + v) / 2)]
            except Imprecise:
                continue
            chord = (heights[0] + heights[1]) / 2
            if heights[2].is_finite() and chord.is_finite() and heights[2] > chord:
                gap = float((heights[2] - chord).lower())
                checks.append(decided("above-the-chord", True, f"f((u + v)/2) > (f(u) + f(v))/2 by at least {gap:.6g}, in ball arithmetic"))
                names = function.unknowns
                middle = (ends[0] + ends[1]) / 2
                return {
                    "u": names.to_json(ends[0]),
                    "v": names.to_json(ends[1]),
                    "middle": names.to_json(middle),
                    "value_at_middle": float(heights[2].mid()),
                    "mean_of_values": float(chord.mid()),
                    "text": f"f((u + v)/2) = {float(heights[2].mid()):.10g} is above (f(u) + f(v))/2 = {float(chord.mid()):.10g}",
                }
    return None
