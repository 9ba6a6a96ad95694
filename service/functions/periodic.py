"""All critical points of functions with periodic gradients, with certainty: those of one period, and how they repeat."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service.certificates import Check, decided, measured
from service.errors import NablaError
from service.expression.operation import Array
from service.functions.function import Function
from service.functions.periods import Period, letters_for, moved, period_of
from service.functions.search import box_of, described, explored
from service.functions.waves import WavePoint, wave_points

OFFSET = 0.3711
"""One period from -OFFSET·T on is searched, as critical points like to be at its round ends."""
MOST_UNKNOWNS = 2
MOST_POINTS = 60
SHIFTS = 3
MOST_LISTED = 500
SAME = 1e-9
SLOPE = 1e-8

Member = dict[str, Any]


def periodic_families(function: Function) -> tuple[dict[str, Any], list[Check]] | None:
    """`period` of each unknown, and `families` of critical points; None where the gradient is not seen to be periodic in all unknowns,
    or one period could not be searched to the end."""
    names = function.unknowns.names
    if len(names) > MOST_UNKNOWNS or any(function.unknowns.shapes):
        return None
    periods = [period_of(function.first, name) for name in names]
    told = [period for period in periods if period is not None]
    if len(told) < len(names):
        return None
    sizes = np.array([float(period) for period in told])
    try:
        columns, undecided, spent = explored(function, (-OFFSET * sizes, (1 - OFFSET) * sizes))
    except NablaError:
        return None
    if undecided or spent or len(columns) > MOST_POINTS:
        return None
    inside = [np.where(column < -SAME * sizes, column + sizes, np.maximum(column, 0)) for column in columns]
    points = sorted(inside, key=lambda column: column.tolist())
    return _told(function, points, [described(function, column) for column in points], told)


def _told(
    function: Function, points: Sequence[Array], members: Sequence[Member], periods: Sequence[Period]
) -> tuple[dict[str, Any], list[Check]]:
    """What repeats with the periods: the members of one of them."""
    names, sizes = function.unknowns.names, np.array([float(period) for period in periods])
    repeats = all(period_of([function.tensor], name) == period for name, period in zip(names, periods, strict=True))
    letters = letters_for(len(names), function.question.variables)
    families = [_family(function, group, periods, letters, repeats) for group in _grouped(members, names, periods)]
    found = {"period": {name: period.text() for name, period in zip(names, periods, strict=True)}, "families": families}
    return found, [_repetition(function, points, sizes)]


def waves(function: Function, within: Mapping[str, Any] | None) -> tuple[dict[str, Any], list[Check]] | None:
    """The answer where the derivative is a polynomial in sines and cosines: the points in the box, and how they repeat."""
    solved = wave_points(function)
    if solved is None or len(solved[1]) > MOST_POINTS:
        return None
    period, points = solved
    (low,), (high,) = box_of(function, within)
    size = float(period)
    if (high - low) / size * max(1, len(points)) > MOST_LISTED:
        return None
    members = [_member(function, point, point.at) for point in points]
    listed = []
    for point in points:
        for turn in range(math.floor((low - point.at) / size), math.ceil((high - point.at) / size) + 1):
            place = point.at + turn * size
            if low - SAME * size <= place <= high + SAME * size:
                listed.append(_member(function, point, place))
    name = function.unknowns.names[0]
    found, checks = _told(function, [np.array([point.at]) for point in points], members, [period])
    slopes = [abs(float(function.gradient(np.array([entry["numeric"][name]]))[0])) for entry in listed]
    answer = {
        "points": sorted(listed, key=lambda entry: float(entry["numeric"][name])),
        "complete": True,
        "method": "exact",
        "within": {"low": {name: float(low)}, "high": {name: float(high)}},
        **found,
    }
    scale = 1 + float(np.abs(function.hessian(np.array([0.37 * size]))).max()) * (1 + max(abs(low), abs(high)))
    return answer, [*checks, measured("gradient", max(slopes, default=0.0) / scale, SLOPE, "at the rounded points, relative")]


def _member(function: Function, point: WavePoint, place: float) -> Member:
    member = {**described(function, np.array([place])), "kind": point.kind, "degenerate": point.order > 2}
    if point.order > 2:
        member["hessian_eigenvalues"] = [0.0]
    if point.order % 2:
        member["global"] = False
    return member


def _grouped(members: Sequence[Member], names: Sequence[str], periods: Sequence[Period]) -> list[tuple[Member, int]]:
    """A member for each family, and in how many parts it divides the period: of one unknown, points of one kind and height that lie
    evenly are one family."""
    if len(names) > 1:
        return [(member, 1) for member in members]
    found = []
    size = float(periods[0])
    rest = list(members)
    while rest:
        first = rest[0]
        alike = [
            m
            for m in rest
            if m["kind"] == first["kind"] and abs(m["numeric_value"] - first["numeric_value"]) <= SAME * (1 + abs(first["numeric_value"]))
        ]
        places = [m["numeric"][names[0]] for m in alike]
        steps = np.diff([*places, places[0] + size])
        even = bool(np.max(np.abs(steps - size / len(places))) <= SAME * size)
        taken = alike if even else alike[:1]
        found.append((first, len(taken)))
        rest = [m for m in rest if m not in taken]
    return found


def _family(
    function: Function, group: tuple[Member, int], periods: Sequence[Period], letters: Sequence[str], repeats: bool
) -> dict[str, Any]:
    member, divided = group
    names = function.unknowns.names
    point = {
        name: moved(member["point"][name] if member["exact"] else repr(member["numeric"][name]), period.over(divided), letter)
        for name, period, letter in zip(names, periods, letters, strict=True)
    }
    return {
        "dimension": 0,
        "point": point,
        "exact": member["exact"],
        "integers": list(letters),
        "value": member["value"] if repeats else None,
        "kind": member["kind"],
        "degenerate": member["degenerate"],
        "global": None,
        "provided": [],
        "equations": [],
    }


def _repetition(function: Function, points: Sequence[Array], sizes: Array) -> Check:
    """The gradient at points that are some periods away."""
    worst = 0.0
    for column in points:
        for shift in itertools.product((-SHIFTS, SHIFTS), repeat=len(sizes)):
            place = column + np.array(shift) * sizes
            scale = 1 + float(np.abs(function.hessian(place)).max()) * (1 + float(np.abs(place).max()))
            worst = max(worst, float(np.abs(function.gradient(place)).max()) / scale)
    return decided("periodic", worst <= SAME, f"the gradient is 0 as well {SHIFTS} periods to either side")


def with_periods(function: Function, answer: Mapping[str, Any], checks: Sequence[Check]) -> tuple[dict[str, Any], list[Check]]:
    """The answer of a search, and how its points repeat where they do."""
    found = periodic_families(function)
    if found is None:
        return dict(answer), list(checks)
    return {**answer, **found[0]}, [*checks, found[1][0]]
