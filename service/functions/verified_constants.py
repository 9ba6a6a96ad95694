"""The constants of a function beside the verdict on its convexity, and their check at random points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from service.calculus.evaluate import letters_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.verify import draw_point, draw_sizes
from service.certificates import Check, measured
from service.errors import NablaError
from service.functions.chords import SEED, Verdict, is_inside
from service.functions.domains import Domain, domain_of
from service.functions.function import Function, Question
from service.functions.smoothness import Constants, Smoothness

POINTS, DRAWS = 24, 24
TOLERANCE = 1e-8


def with_constants(
    question: Question, function: Function | None, domain: Domain, notation: Notation, verdict: Verdict, smooth: bool
) -> Verdict:
    """The verdict with the constants that composition tells, where it has none; convex where the second derivatives are bounded so."""
    found = Smoothness(question, function, notation, domain.ranges).constants()
    low, high, slope = found.low, found.high, found.slope
    least = None if low is None or low.node is None else domain.ranges.of(lower(low.node))
    bounded = bool(least and least.sign > 0)
    used = False
    if smooth and verdict.convex is None and not verdict.concave and bounded and low is not None:
        told = f"the second derivatives along every direction are at least {low.text}, by the bounds of its terms"
        verdict.convex, verdict.concave, verdict.reason = True, False, {"rule": "curvature-bounds", "text": told}
        used = True
    if verdict.lipschitz is None and low is not None and high is not None:
        if low.value is not None and high.value is not None:
            verdict.lipschitz = max(abs(low.value), abs(high.value))
        if high.text is not None and (bounded or (low.value is not None and high.value is not None and high.value >= -low.value)):
            verdict.formulas["lipschitz_constant"] = high.text
        used = used or verdict.lipschitz is not None or "lipschitz_constant" in verdict.formulas
    if verdict.convex and not verdict.strong and least is not None and least.sign > 0 and least.strict and low is not None:
        verdict.strong, verdict.strictly, used = low.value, True, True
        if low.text is not None:
            verdict.formulas["strong_convexity_constant"] = low.text
    if slope is not None:
        verdict.slope, used = slope.value, True
        if slope.text is not None:
            verdict.formulas["function_lipschitz_constant"] = slope.text
    if used:
        verdict.checks = [*verdict.checks, *_checked(question, function, domain, notation, found)]
    return verdict


def _checked(question: Question, function: Function | None, domain: Domain, notation: Notation, constants: Constants) -> list[Check]:
    """The eigenvalues of the Hessian, and the norm of the gradient, against the constants at random points."""
    if function is None:
        drawn = _drawn(question, notation)
        if drawn is None:
            return []
        function, domain, constants = drawn
    random = np.random.default_rng(SEED)
    worst, count = 0.0, 0
    for column in itertools.islice(domain.places(function.unknowns.count, random), POINTS):
        gradient, hessian = function.gradient(column), function.hessian(column)
        if not np.isfinite(gradient).all() or not np.isfinite(hessian).all():
            continue
        count += 1
        values = np.linalg.eigvalsh(hessian)
        steepness = float(np.linalg.norm(gradient))
        for constant, sign, reached in ((constants.low, -1, values[0]), (constants.high, 1, values[-1]), (constants.slope, 1, steepness)):
            if constant is not None and constant.value is not None:
                scale = 1 + abs(constant.value) + float(np.max(np.abs(values)))
                worst = max(worst, sign * (float(reached) - constant.value) / scale)
    if not count:
        return []
    told = f"Hessians and gradients at {count} random points against the constants, relative"
    return [measured("constants", worst if math.isfinite(worst) else math.inf, TOLERANCE, told)]


def _drawn(question: Question, notation: Notation) -> tuple[Function, Domain, Constants] | None:
    """The question with sizes and values drawn at random, and its constants."""
    random = np.random.default_rng(SEED)
    letters = letters_of([question.node])
    for attempt in range(DRAWS):
        sizes = draw_sizes(question.variables, attempt % 4, letters)
        point = draw_point(question.variables, sizes, random, 0.2, 2.0)
        if not is_inside(question, sizes, point):
            continue
        given: Mapping[str, Any] = {name: value.tolist() for name, value in point.items() if name not in question.targets.names}
        start = {name: value for name, value in point.items() if name in question.targets.names}
        try:
            told = question.with_values(given)
            function = Function(told, start)
            domain = domain_of(told, function)
            return function, domain, Smoothness(told, function, notation, domain.ranges).constants()
        except NablaError:
            return None
    return None
