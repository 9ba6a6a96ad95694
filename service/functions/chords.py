"""Verdicts on convexity, and chords: points between which a function lies above its chord, shown in balls."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.calculus.ball_functions import Imprecise
from service.calculus.evaluate import Evaluator, letters_of
from service.calculus.verify import draw_point, draw_sizes
from service.certificates import Check, decided, measured
from service.expression.operation import Array
from service.expression.shapes import Size
from service.functions.domains import Domain, columns_to_balls
from service.functions.function import Function, Question
from service.precision import precision

SEED = 20_260_107
BITS = 256
SAMPLES = 300
CHORDS = 60


@dataclass
class Verdict:
    """`convex` and `concave`, with and without quasi: True, False, or None where it was not decided. `reason` is the certificate.

    `strong` is m, `lipschitz` that of the gradient, `slope` that of the function; `formulas` are the texts of those that have one.
    """

    convex: bool | None = None
    concave: bool | None = None
    strictly: bool | None = None
    strong: float | None = None
    lipschitz: float | None = None
    slope: float | None = None
    quasiconvex: bool | None = None
    quasiconcave: bool | None = None
    formulas: dict[str, str] = field(default_factory=dict)
    reason: dict[str, Any] = field(default_factory=dict)
    counterexample: dict[str, Any] | None = None
    checks: list[Check] = field(default_factory=list)


def chords(question: Question, sign: int, function: Function | None, domain: Domain) -> Check:
    """At random points of the domain, f((u + v)/2) against the mean of f(u) and f(v)."""
    random = np.random.default_rng(SEED)
    if function is not None and not domain.has_equations:
        places = domain.places(function.unknowns.count, random)
        pairs = [(u, v, (u + v) / 2) for u, v in itertools.islice(zip(places, places, strict=False), CHORDS)]
        found = [_beyond([function.value(place) for place in three], sign) for three in pairs]
        return _told([error for error in found if error is not None])
    letters = letters_of([question.node])
    errors = []
    for attempt in range(CHORDS * (6 if question.conditions else 1)):
        sizes = draw_sizes(question.variables, attempt % 4, letters)
        evaluator = Evaluator(question.node, sizes)
        low, high = ((0.2, 2.0), (-2.0, 2.0), (1.0, 9.0), (-2.0, -0.2), (0.0, 1.0), (-9.0, -1.0))[
            attempt % (6 if question.conditions else 3)
        ]
        ends = [draw_point(question.variables, sizes, random, low, high) for _ in range(2)]
        ends[1] = {name: value if name in question.targets.names else ends[0][name] for name, value in ends[1].items()}
        middle = {name: (ends[0][name] + ends[1][name]) / 2 for name in ends[0]}
        if not all(is_inside(question, sizes, end) for end in ends):
            continue
        error = _beyond([float(evaluator(place)) for place in (*ends, middle)], sign)
        errors += [] if error is None else [error]
    return _told(errors)


def is_inside(question: Question, sizes: Mapping[str, Size], point: Mapping[str, Array]) -> bool:
    excesses = [(condition, Evaluator(condition.excess, sizes)(point)) for condition in question.conditions]
    return all(bool(np.all(value < 0 if condition.strict else value <= 0)) for condition, value in excesses)


def _beyond(heights: Sequence[float], sign: int) -> float | None:
    """How far the middle lies above the chord (below it, for the sign -1), relative; None where there is no value."""
    if not np.isfinite(heights).all():
        return None
    return float(sign * (heights[2] - (heights[0] + heights[1]) / 2) / (1.0 + max(abs(height) for height in heights)))


def _told(errors: Sequence[float]) -> Check:
    if not errors:
        return decided("chords", True, "no chord was drawn: no point of the domain was met at random; the rules alone show it")
    told = f"how far the function is beyond the middle of {len(errors)} random chords, relative"
    return measured("chords", max(0.0, *errors), 1e-9, told)


def refuted(function: Function, domain: Domain) -> Verdict:
    """A point and a direction along which the function lies above its chord, in balls, both ends in the domain."""
    if domain.has_equations:
        return Verdict()
    random = np.random.default_rng(SEED)
    count = function.unknowns.count
    verdict = Verdict()
    places = domain.places(count, random)
    for column, other in itertools.islice(zip(places, places, strict=False), SAMPLES):
        checks: list[Check] = []
        if is_above(function, column, other):
            half = (other - column) / 2
            verdict.counterexample = along(function, (column + other) / 2, half, checks, float(np.max(np.abs(half))), domain)
        if verdict.counterexample is None:
            hessian = function.hessian(column)
            if not np.isfinite(hessian).all():
                continue
            values, vectors = np.linalg.eigh(hessian)
            if values[0] < -1e-7 * max(1.0, values[-1]):
                verdict.counterexample = along(function, column, vectors[:, 0], checks, domain=domain)
        if verdict.counterexample is not None:
            verdict.convex = False
            verdict.checks += checks
            verdict.reason = {"rule": "counterexample", "text": "the function lies above a chord"}
            return verdict
    return verdict


def is_above(function: Function, u: Array, v: Array) -> bool:
    heights = [function.value(place) for place in (u, v, (u + v) / 2)]
    return bool(np.isfinite(heights).all() and heights[2] > (heights[0] + heights[1]) / 2 + 1e-9 * (1 + max(map(abs, heights))))


def along(
    function: Function, column: Array, direction: Array, checks: list[Check], longest: float = 1.0, domain: Domain | None = None
) -> dict[str, Any] | None:
    """u and v with f((u + v)/2) > (f(u) + f(v))/2, shown in balls; None where no step along the direction shows it."""
    direction = direction / np.max(np.abs(direction))
    direction = np.where(np.abs(direction) < 1e-9, 0.0, direction)
    for step in (longest, 1.0, 0.25, 0.0625, 1e-2, 1e-3, 1e-4, 1e-5):
        ends = [np.round(column - step * direction, 9), np.round(column + step * direction, 9)]
        with precision(BITS):
            u, v = (columns_to_balls(end) for end in ends)
            if domain is not None and not (domain.proves(u) and domain.proves(v)):
                continue
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
