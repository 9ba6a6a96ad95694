"""All critical points in a box, where the gradient is not polynomial: branch and prune in ball arithmetic.

A box in which an entry of the gradient cannot be 0 is dropped; one on which Krawczyk's operator contracts holds one critical point
and only one; any other is cut in two. What is left when the boxes are very small, or too many, is told as undecided.
(R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis, SIAM 2009, chapter 8.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.calculus.ball_functions import Imprecise
from service.calculus.lower import lower
from service.calculus.substitute import substitute
from service.certificates import Check, decided, measured
from service.errors import InputError, Undecided
from service.expression.operation import Array
from service.functions.closed_values import known_numbers, value_text
from service.functions.constants import folded, rational
from service.functions.domains import is_smooth
from service.functions.enclosure import enclose
from service.functions.function import Function
from service.functions.inertia import Inertia, in_balls
from service.language import parse_number
from service.precision import precision

BITS = 90
LOW, HIGH = -10.0, 10.0
TINY = 1e-6
MOST_BOXES = 3_000
MOST_UNKNOWNS = 4
SMALLEST = 1e-7
CUT = 0.4871
"""Not in the middle: critical points like to be there."""
INFLATED = 0.1
GRADIENT = 1e-8
MULTIPLES = (1, 2, 3, 4, 6)
LARGEST_LOGARITHM = 5
Box = tuple[Array, Array]


def search(function: Function, within: Mapping[str, Any] | None) -> tuple[dict[str, Any], list[Check]]:
    """The points in the box `within` (left out: from -10 to 10, or the positive part where the function has no value below 0).

    Raises Undecided where nothing is certain, InputError for a box that is none.
    """
    if function.unknowns.count > MOST_UNKNOWNS:
        raise Undecided(
            f"with {function.unknowns.count} unknowns the critical points of a function that is not polynomial cannot be searched for",
            hint=f"at most {MOST_UNKNOWNS}; minimize finds one from a start",
            pointer="/wrt",
        )
    box = box_of(function, within)
    columns, undecided, spent = explored(function, box)
    points = [described(function, column) for column in columns]
    names = function.unknowns
    answer: dict[str, Any] = {
        "points": points,
        "complete": not undecided and not spent,
        "method": "search",
        "within": {"low": names.to_json(box[0]), "high": names.to_json(box[1])},
        "undecided": [{"low": names.to_json(low), "high": names.to_json(high)} for low, high in _merged(undecided)],
    }
    if not points and (undecided or spent):
        raise Undecided(
            "no point with gradient = 0 was found in the box, but parts of it are undecided"
            + (
                ""
                if is_smooth(function.question.node, function.question.targets.names)
                else ": there are kinks, where there is no gradient"
            ),
            hint='another box, such as "within": {"x": [0, 7]}; at a kink, minimize or a look at both sides tells more',
            pointer="/within",
            facts={"undecided": answer["undecided"]},
        )
    slopes = [float(np.max(np.abs(function.gradient(column)))) / _scale(function, column) for column in columns]
    return answer, [
        decided("krawczyk", True, f"each of the {len(points)} points is the only one in a box around it (ball arithmetic)"),
        measured("gradient", max(slopes, default=0.0), GRADIENT, "at the rounded points, relative to 1 + |H|(1 + |x|)"),
    ]


def _scale(function: Function, column: Array) -> float:
    return 1 + float(np.max(np.abs(function.hessian(column)))) * (1 + float(np.max(np.abs(column))))


def box_of(function: Function, within: Mapping[str, Any] | None) -> Box:
    low, high = np.full(function.unknowns.count, LOW), np.full(function.unknowns.count, HIGH)
    start = 0
    for declared, count in zip(function.unknowns.variables, function.unknowns.counts, strict=True):
        place = slice(start, start + count)
        start += count
        ends = (within or {}).get(declared.name)
        if ends is None:
            if not within and _only_positive(function, place):
                low[place] = TINY
            continue
        if None in ends or not ends[0] < ends[1]:
            raise InputError(
                "a range goes from a smaller number to a larger one", hint="such as [0, 7]", pointer=f"/within/{declared.name}"
            )
        low[place], high[place] = ends
    unknown = [name for name in within or {} if name not in function.question.targets.names]
    if unknown:
        raise InputError(f"{unknown[0]} is no unknown", pointer=f"/within/{unknown[0]}")
    return low, high


def _only_positive(function: Function, place: slice) -> bool:
    """Whether the function has no value where these unknowns are below 0, and has one above."""
    column = np.full(function.unknowns.count, 0.7)
    above = np.isfinite(function.value(column))
    for value in (-0.1, -0.7, -3.3, -9.1):
        column[place] = value
        if np.isfinite(function.value(column)):
            return False
    return bool(above)


def explored(function: Function, box: Box) -> tuple[list[Array], list[Box], bool]:
    """The critical points, the boxes left undecided, and whether there were too many boxes."""
    found: list[tuple[Array, Box]] = []
    undecided: list[Box] = []
    stack = deque([box])
    for _ in range(MOST_BOXES):
        if not stack:
            break
        low, high = stack.popleft()  # the large ones first: a place full of small ones holds up nothing else
        with precision(BITS):
            verdict = _looked_at(function, low, high)
        if isinstance(verdict, str) and verdict == "none":
            continue
        if isinstance(verdict, np.ndarray):
            proven = enclose(lambda x: function.jacobian_balls(x)[0], function.hessian_balls, verdict)
            if proven is not None:
                column = proven.column
                outside = np.any(column < box[0]) or np.any(column > box[1])
                known = any(np.max(np.abs(column - other)) <= 1e-9 * (1 + np.max(np.abs(column))) for other, _ in found)
                if not outside and not known:
                    found.append((column, (low, high)))
                continue
        widths = high - low
        if np.max(widths / (1 + np.abs(low))) < SMALLEST:
            undecided.append((low, high))
            continue
        i = int(np.argmax(widths))
        cut = low[i] + CUT * widths[i]
        upper, lower_ = low.copy(), high.copy()
        upper[i], lower_[i] = cut, cut
        stack.extend([(low, lower_), (upper, high)])
    columns = sorted((column for column, _ in found), key=lambda column: column.tolist())
    return columns, [*undecided, *stack], bool(stack)


def _looked_at(function: Function, low: Array, high: Array) -> Any:
    """ "none", "unknown", or about where the one critical point is."""
    middle = (low + high) / 2
    widths = (high - low) / 2
    try:
        gradient = function.jacobian_balls(_balls(low, high))[0]
        if any(entry.is_finite() and not entry.contains(0) for entry in gradient):
            return "none"
        slack = INFLATED * widths
        wide = _balls(low - slack, high + slack)
        hessian = function.hessian_balls(wide)
        center = np.array([flint.arb(float(entry)) for entry in middle], dtype=object)
        here = function.jacobian_balls(center)[0]
        nearby = function.hessian_balls(center)
        if not all(entry.is_finite() for entry in [*hessian.ravel(), *here, *nearby.ravel()]):
            return "unknown"
        inverse = flint.arb_mat([list(row) for row in nearby]).mid().inv().mid()
    except (Imprecise, ZeroDivisionError, ValueError):
        return "unknown"
    count = len(middle)
    identity = flint.arb_mat([[int(i == j) for j in range(count)] for i in range(count)])
    newton = inverse * flint.arb_mat([[entry] for entry in here])
    rest = identity - inverse * flint.arb_mat([list(row) for row in hessian])
    spread = rest * flint.arb_mat([[wide[i] - center[i]] for i in range(count)])
    image = [center[i] - newton[i, 0] + spread[i, 0] for i in range(count)]
    if not all(entry.is_finite() for entry in image):
        return "unknown"
    if any(not entry.overlaps(outer) for entry, outer in zip(image, wide, strict=True)):
        return "none"
    if all(outer.contains_interior(entry) for entry, outer in zip(image, wide, strict=True)):
        return np.array([float(entry.mid()) for entry in image])
    return "unknown"


def _balls(low: Array, high: Array) -> Array:
    return np.array([flint.arb(float(a)).union(flint.arb(float(b))) for a, b in zip(low, high, strict=True)], dtype=object)


def _merged(boxes: list[Box]) -> list[Box]:
    """At most ten boxes to show, neighbours joined."""
    shown: list[Box] = []
    for low, high in boxes:
        for place, (a, b) in enumerate(shown):
            if np.all(low <= b + 1e-3) and np.all(a <= high + 1e-3):
                shown[place] = np.minimum(a, low), np.maximum(b, high)
                break
        else:
            shown.append((low, high))
    return shown[:10]


def described(function: Function, column: Array) -> dict[str, Any]:
    names = function.unknowns
    texts = [_closed_form(value) for value in column.tolist()]
    exact = all(text is not None for text in texts) and _is_critical(function, [str(text) for text in texts])
    with precision(BITS * 2):
        try:
            inertia: Inertia | None = in_balls(function.hessian_balls(np.array([flint.arb(float(x)) for x in column], dtype=object)))
        except Imprecise:
            inertia = None
    height = function.value(column)
    value = value_text(function, [str(text) for text in texts]) if exact else height
    eigenvalues = sorted((float(entry) + 0.0 for entry in np.linalg.eigvalsh(function.hessian(column))), reverse=True)
    return {
        "point": names.to_json([str(text) for text in texts] if exact else column),
        "exact": exact,
        "numeric": names.to_json(column),
        "value": value,
        "numeric_value": height,
        "kind": inertia.kind if inertia else "degenerate",
        "degenerate": inertia is None or inertia.zero > 0,
        "global": None,
        "hessian_eigenvalues": eigenvalues,
    }


def _closed_form(value: float) -> str | None:
    """A multiple of pi, a small fraction, or a power of e that is this double."""
    for below in MULTIPLES:
        for unit, name in ((np.pi, "pi"), (1.0, "")):
            times = value / unit * below
            whole = round(times)
            if abs(times - whole) <= 1e-13 * max(1.0, abs(times)):
                if not name or not whole:
                    return f"{whole}/{below}" if below > 1 else str(whole)
                top = {1: name, -1: f"-{name}"}.get(whole, f"{whole}*{name}")
                return f"{top}/{below}" if below > 1 else top
    for power in (-2, -1, 1, 2):
        if abs(value - np.e**power) <= 1e-14 * abs(value):
            return {1: "e", -1: "1/e"}.get(power, f"e^({power})")
    if abs(value) < LARGEST_LOGARITHM:
        inside = Fraction(float(np.exp(abs(value)))).limit_denominator(20)
        if abs(np.log(float(inside)) - abs(value)) <= 1e-14 * abs(value):
            return f"{'-' if value < 0 else ''}log({inside})"
    return None


def _is_critical(function: Function, texts: list[str]) -> bool:
    """Whether the gradient at these numbers is 0 by its normal form."""
    known = known_numbers(function)
    if known is None or any(function.unknowns.shapes):
        return False
    moved = known | {name: parse_number(text) for name, text in zip(function.unknowns.names, texts, strict=True)}
    for tensor in function.first:
        node = folded(substitute(function.notation.node(tensor), moved))
        again = folded(function.notation.node(lower(node)))
        if rational(lower(again)) != 0:
            return False
    return True
