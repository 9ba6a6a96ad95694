"""Verdicts on convexity, and chords: points between which a function lies above its chord, shown in balls."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np

from service.calculus.ball_functions import Imprecise
from service.calculus.evaluate import Evaluator, letters_of
from service.calculus.verify import draw_point, draw_sizes
from service.certificates import Check, decided, measured
from service.expression.operation import Array
from service.functions.function import Function, Question
from service.precision import precision

SEED = 20_260_107
BITS = 256
SAMPLES = 300
CHORDS = 60


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


def chords(question: Question, sign: int) -> Check:
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


def refuted(function: Function) -> Verdict:
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
        if verdict.counterexample is None and is_above(function, column, other):
            checks: list[Check] = []
            verdict.counterexample = along(
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
            verdict.counterexample = along(function, column, vectors[:, 0], checks)
            if verdict.counterexample is not None:
                verdict.convex = False
                verdict.checks += checks
        if verdict.convex is False:
            break
    if verdict.convex is False:
        verdict.reason = {"rule": "counterexample", "text": "the function lies above a chord"}
    return verdict


def is_above(function: Function, u: Array, v: Array) -> bool:
    heights = [function.value(place) for place in (u, v, (u + v) / 2)]
    return bool(np.isfinite(heights).all() and heights[2] > (heights[0] + heights[1]) / 2 + 1e-9 * (1 + max(map(abs, heights))))


def along(function: Function, column: Array, direction: Array, checks: list[Check], longest: float = 1.0) -> dict[str, Any] | None:
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
