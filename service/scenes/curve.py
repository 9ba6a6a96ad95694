"""A function of one variable with its derivative: sampled over a window that shows its zeros and critical points.

What is marked has been found by changes of sign between samples, and refined by bisection: it is what the picture shows, and
no proof that there is nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from service.scenes.numbers import listed, short
from service.scenes.sections import Floats, Section

SAMPLES, SCOUTS = 601, 801
REACH, USUAL = 10.0, 3.0  # how far features are looked for, and how far a window without features goes
MOST_FEATURES = 7
NARROWINGS = 12  # of a window in which the samples are too far apart for an oscillation
TOUCH = 1e-12  # a derivative so small beside its largest value touches 0
MOST_TOLD = 6
MOST_POLYNOMIALS = 4
START = "start"
KINDS = {(1, -1): "maximum", (-1, 1): "minimum"}


@dataclass(frozen=True)
class Line:
    """Points of a curve from left to right, NaN where it is interrupted."""

    name: str
    x: Floats
    y: Floats
    dashed: bool = False


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    name: str


@dataclass(frozen=True)
class Panel:
    """Lines over one axis; those values from `low` to `high` are shown."""

    name: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    low: float
    high: float


@dataclass(frozen=True)
class CurveScene:
    """Panels one under the other, over the same values of the variable."""

    variable: str
    low: float
    high: float
    panels: tuple[Panel, ...]
    title: str
    description: str


def curve_scene(
    found: Section, names: tuple[str, str], order: int, known: Sequence[Mark] | None = None, path: Line | None = None
) -> CurveScene | None:
    """A function and its derivative of this order, called `names`; None where the function has no value in the window.

    `known` are marks found otherwise, in the place of the critical points that the picture looks for; `path` is a line to show.
    """
    found.check_work(2 * SAMPLES + SCOUTS)

    def sampled(x: Floats) -> tuple[Floats, Floats]:
        values = [found.at(float(each)) for each in x]
        f, slope = (np.array([float(value[place][0]) for value in values]) for place in (0, 1))
        return np.where(np.isfinite(f), f, np.nan), np.where(np.isfinite(slope), slope, np.nan)

    held = [mark.x for mark in known or ()] + (path.x.tolist() if path else []) + list(found.centre or ())
    chosen = found.shown[0] if found.shown else None
    window = chosen or _window(sampled, held, order)
    if window is None:
        return None
    for _ in range(NARROWINGS):
        x = np.linspace(*window, SAMPLES)
        f, slope = sampled(x)
        if order > 1 or chosen or _is_followed(f, slope, x[1] - x[0]):
            break
        middle = found.centre[0] if found.centre else sum(window) / 2
        window = middle - (middle - window[0]) / 4, middle + (window[1] - middle) / 4
    if np.isfinite(f).sum() < 2:
        return None
    if known is None:
        critical = _critical(x, slope, lambda at: float(found.at(at)[1][0])) if order == 1 else []
        known = [Mark(at, float(found.at(at)[0][0]), kind) for at, kind in critical]
    marks = list(known)
    zeros = [Mark(mark.x, 0.0, "") for mark in marks if mark.name != START]
    lines = [line_of(names[0], x, f), *([path] if path else [])]
    if found.centre:
        value, rate = (float(each[0]) for each in found.at(*found.centre))
        if np.isfinite(value):
            marks.append(Mark(found.centre[0], value, "the point"))
        if order == 1 and np.isfinite(rate) and np.isfinite(value):
            lines.append(_tangent(found.centre[0], value, rate, window))
    shown = Panel(names[0], tuple(lines), tuple(marks), *limits_of(f))
    derived = Panel(names[1], (line_of(names[1], x, slope),), tuple(zeros), *limits_of(slope, with_zero=True))
    (variable,) = found.names
    told = [f"a {mark.name} {short(mark.y)} at {variable} = {short(mark.x)}" for mark in marks if mark.name not in ("the point", "")]
    description = (
        f"Two panels for {variable} from {short(window[0], 3)} to {short(window[1], 3)}: above {names[0]}, below {names[1]}. "
        + (f"Marked {'is' if len(told) == 1 else 'are'} {listed(told[:MOST_TOLD])}. " if told else "")
        + (f"A dashed line is the tangent at {variable} = {short(found.centre[0])}." if found.centre and order == 1 else "")
        + (f"A dashed line goes through the {len(path.x)} points of the path." if path else "")
    )
    return CurveScene(variable, *window, (shown, derived), f"{names[0]} and {names[1]}", description.strip())


def _is_followed(f: Floats, slope: Floats, step: float) -> bool:
    """Whether the samples stand close enough to show the curve: between two of them it changes by what the derivative says."""
    low, high = limits_of(f)
    errors = np.abs(np.diff(f) - step * (slope[:-1] + slope[1:]) / 2)
    finite = errors[np.isfinite(errors)]
    return not len(finite) or float(np.median(finite)) <= 0.02 * (high - low)


def line_of(name: str, x: Floats, y: Floats) -> Line:
    """A curve, interrupted where it goes from far above to far below between two samples: there is a pole."""
    low, high = limits_of(y)
    y = y.copy()
    with np.errstate(invalid="ignore"):
        side = np.where(y > high, 1, 0) - np.where(y < low, 1, 0)
    y[:-1][side[:-1] * side[1:] < 0] = np.nan
    return Line(name, x, y)


def limits_of(y: Floats, with_zero: bool = False) -> tuple[float, float]:
    """What range of values to show: all of it, but the neighbourhood of poles."""
    finite = y[np.isfinite(y)]
    if not len(finite):
        return -1.0, 1.0
    first, last = np.percentile(finite, [5, 95])
    span = last - first
    low, high = max(float(finite.min()), first - 0.4 * span), min(float(finite.max()), last + 0.4 * span)
    if with_zero and low <= high:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.07 * (high - low) or 0.5 * max(abs(low), 1.0)
    return float(low - room), float(high + room)


def _tangent(at: float, value: float, rate: float, window: tuple[float, float]) -> Line:
    ends = np.array([at - (window[1] - window[0]) / 5, at + (window[1] - window[0]) / 5])
    return Line("tangent", ends, value + rate * (ends - at), dashed=True)


def _window(sampled: Callable[[Floats], tuple[Floats, Floats]], held: Sequence[float], order: int) -> tuple[float, float] | None:
    """What is `held` (else 0), where the function is defined around it, its zeros and those of its derivative."""
    middle = (min(held) + max(held)) / 2 if held else 0.0
    reach = max(REACH, abs(middle) / 2, 0.6 * (max(held) - min(held)) if held else 0.0)
    x = np.linspace(middle - reach, middle + reach, SCOUTS)
    f, slope = sampled(x)
    defined = x[np.isfinite(f)]
    if not len(defined):
        return None
    features = [(x[i] + x[i + 1]) / 2 for y in (f, slope if order == 1 else f) for i in _changes(y)]
    features = sorted({round(float(each), 12) for each in features}, key=lambda each: abs(each - middle))[:MOST_FEATURES]
    features += held
    low, high = (min(features), max(features)) if features else (middle, middle)
    few = len(set(features)) <= 2
    room = max(0.3 * (high - low), (USUAL / 2 if features else USUAL) if few else 0.0)
    low, high = max(low - room, float(defined[0])), min(high + room, float(defined[-1]))
    if high - low < 1e-3 * reach:
        return float(defined[0]), max(float(defined[-1]), float(defined[0]) + 1e-3)
    return low, high


def _changes(y: Floats) -> list[int]:
    """Where a sample and the next have opposite signs and the values between are no pole."""
    low, high = limits_of(y)
    with np.errstate(invalid="ignore"):
        near = (np.abs(y[:-1]) <= high - low) & (np.abs(y[1:]) <= high - low)
        return [int(i) for i in np.flatnonzero((np.sign(y[:-1]) * np.sign(y[1:]) < 0) & near)] + [
            int(i) for i in np.flatnonzero(y[:-1] == 0)
        ]


def _critical(x: Floats, slope: Floats, at: Callable[[float], float]) -> list[tuple[float, str]]:
    """Where the derivative changes its sign, and how; a sample at which it is 0 is one, too."""
    found: dict[float, str] = {}
    for i in _changes(slope):
        if slope[i] == 0:
            before, after, place = (slope[i - 1] if i else np.nan), slope[i + 1], float(x[i])
        else:
            before, after = slope[i], slope[i + 1]
            try:
                place = float(brentq(at, x[i], x[i + 1], xtol=1e-13 * max(1.0, abs(float(x[i])))))
            except ValueError:  # not the signs that the samples have: rounding
                continue
        close = 1e-6 * (x[i + 1] - x[i])
        if max(abs(at(place - close)), abs(at(place + close))) > 1e-3 * max(abs(before), abs(after)):  # a jump
            continue
        sides = np.sign(before), np.sign(after)
        if all(np.isfinite(side) and side for side in sides):
            found[place] = KINDS.get((int(sides[0]), int(sides[1])), "horizontal tangent")
    for i in _touches(slope):
        if any(x[i - 1] <= place <= x[i + 1] for place in found):
            continue
        ends = (x[i - 1], x[i + 1])
        place = float(minimize_scalar(lambda each: abs(at(each)), bounds=ends, options={"xatol": 1e-10}, method="bounded").x)
        if abs(at(place)) <= TOUCH * float(np.nanmax(np.abs(slope))):
            found[place] = "horizontal tangent"
    return sorted(found.items())


def _touches(slope: Floats) -> list[int]:
    """Where a derivative comes closest to 0 and turns round, without a change of sign."""
    size, side = np.abs(slope), np.sign(slope)
    with np.errstate(invalid="ignore"):
        closest = (size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:]) & (side[:-2] * side[2:] > 0) & (size[1:-1] > 0)
    return [int(i) + 1 for i in np.flatnonzero(closest)]


def taylor_scene(found: Section, name: str, variable: str, about: float) -> CurveScene | None:
    """A function, the first expression of the section, with its Taylor polynomials, the sums of the others; None where it has no
    value in the window. Shown are the polynomials of different orders that are different, the last few of them."""
    found.check_work(SAMPLES + SCOUTS)

    def sampled(x: Floats) -> tuple[Floats, Floats]:
        f = np.array([float(found.at(float(each))[0][0]) for each in x])
        f = np.where(np.isfinite(f), f, np.nan)
        return f, f

    window = (found.shown[0] if found.shown else None) or _window(sampled, [about], 0)
    if window is None:
        return None
    x = np.linspace(*window, SAMPLES)
    values = np.array([[float(each[0]) for each in found.at(float(at))] for at in x])
    values = np.where(np.isfinite(values), values, np.nan)
    sums = np.cumsum(values[:, 1:], axis=1)
    orders = [k for k in range(sums.shape[1]) if k == 0 or np.nanmax(np.abs(values[:, k + 1]), initial=0.0) > 0][-MOST_POLYNOMIALS:]
    f = values[:, 0]
    if np.isfinite(f).sum() < 2:
        return None
    lines = [line_of(name, x, f), *[Line(f"T{k}", x, sums[:, k]) for k in orders]]
    low, high = limits_of(f)
    value = float(found.at(about)[0][0])
    marks = (Mark(about, value, "the point"),) if np.isfinite(value) else ()
    described = f"{name} and its Taylor polynomials of the order{'s' if len(orders) > 1 else ''} {listed(map(str, orders))} about "
    described += f"{variable} = {short(about)}, for {variable} from {short(window[0], 3)} to {short(window[1], 3)}."
    return CurveScene(variable, *window, (Panel(name, tuple(lines), marks, low, high),), f"{name} and its Taylor polynomials", described)
