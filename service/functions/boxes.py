"""Convexity on a bounded box: the Hessian definite in ball arithmetic, the box cut in two where that is not yet to be told."""

from __future__ import annotations

import math
from collections import deque
from fractions import Fraction

import flint
import numpy as np

from service.calculus.ball_functions import Imprecise
from service.certificates import decided
from service.expression.operation import Array
from service.functions.chords import Verdict
from service.functions.domains import Domain
from service.functions.exact_convexity import entry_ranges
from service.functions.function import Function
from service.functions.inertia import in_balls
from service.precision import precision

BITS = 96
MOST_UNKNOWNS, MOST_BOXES = 3, 400
Box = tuple[tuple[Fraction, Fraction], ...]


def definite_on_box(function: Function, domain: Domain) -> Verdict:
    """Convex or concave where the Hessian is definite on all of a box that holds the domain; nothing else is told."""
    ranges = entry_ranges(function, domain)
    if len(ranges) > MOST_UNKNOWNS or any(math.isinf(found.low) or math.isinf(found.high) for found in ranges):
        return Verdict()
    stack: deque[Box] = deque([tuple((Fraction(found.low), Fraction(found.high)) for found in ranges)])
    signs: set[int] = set()
    count = 0
    while stack:
        box = stack.popleft()
        count += 1
        if count > MOST_BOXES:
            return Verdict()
        sign = _sign(function, box)
        if sign:
            signs.add(sign)
            if len(signs) > 1:
                return Verdict()
            continue
        place = max(range(len(box)), key=lambda index: box[index][1] - box[index][0])
        low, high = box[place]
        middle = (low + high) / 2
        stack += [(*box[:place], half, *box[place + 1 :]) for half in ((low, middle), (middle, high))]
    convex = signs == {1}
    word = "positive" if convex else "negative"
    return Verdict(
        convex=True if convex else None,
        concave=not convex,
        strictly=True if convex else None,
        reason={"rule": "hessian-in-balls", "text": f"the Hessian is {word} definite on each of {count} boxes that cover the domain"},
        checks=[decided("hessian-in-balls", True, f"{word} definite on {count} boxes, in ball arithmetic")],
    )


def _by_discs(rows: Array) -> int:
    """By Gershgorin's discs: the diagonal entries larger than what stands beside them."""
    beside = [sum((abs(entry) for j, entry in enumerate(row) if j != i), flint.arb(0)) for i, row in enumerate(rows)]
    if all(row[i] > beside[i] for i, row in enumerate(rows)):
        return 1
    return -1 if all(-row[i] > beside[i] for i, row in enumerate(rows)) else 0


def _sign(function: Function, box: Box) -> int:
    """1 where the Hessian is positive definite on a box, -1 where negative definite, 0 where that cannot be told."""
    with precision(BITS):
        column = np.array(
            [
                flint.arb(flint.fmpq(low.numerator, low.denominator)).union(flint.arb(flint.fmpq(high.numerator, high.denominator)))
                for low, high in box
            ],
            dtype=object,
        )
        try:
            rows = function.hessian_balls(column)
            if sign := _by_discs(rows):
                return sign
            inertia = in_balls(rows)
        except (Imprecise, ValueError, ZeroDivisionError, OverflowError):
            return 0
    if inertia is None or inertia.zero:
        return 0
    return 1 if not inertia.negative else -1 if not inertia.positive else 0
