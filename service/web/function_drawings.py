"""The pictures of functions: Taylor polynomials, critical points, the way to a minimum, linear maps. Each shows a checked answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service.answers.points import read_array, read_points
from service.answers.task import read_back, read_task
from service.errors import NablaError
from service.expression.shapes import SCALAR
from service.functions.critical_points import critical_points
from service.functions.linear_map import linear_map
from service.functions.minimize import minimize
from service.functions.taylor import taylor
from service.printing.printers import to_text
from service.scenes.contour import ContourScene, contour_scene
from service.scenes.convergence import Convergence, convergence
from service.scenes.curve import START, CurveScene, Line, Mark, curve_scene, taylor_scene
from service.scenes.plane import PlaneMap, map_plane
from service.scenes.sections import Section, section
from service.web.calculus_drawings import LONGEST_NAME, section_of
from service.web.drawings import Drawing

MOST_POINTS = 200  # of a path
MOST_MARKS = 30


def _function(request: Mapping[str, Any], wrt: Sequence[str], count: int) -> tuple[Section, str] | None:
    """The function and its gradient over so many unknowns, and what it is called."""
    if len(wrt) > count:
        return None
    asked = {name: request[name] for name in ("expression", "variables", "at", "window") if name in request}
    task = read_task("gradient", {**asked, "wrt": list(wrt)})
    found = section_of(task, {**asked, "wrt": list(wrt)}, asked.get("at"), count)
    return (found, to_text(task.parsed.node)) if found else None


def _coordinates(found: Section, point: Mapping[str, Any]) -> list[float]:
    """The unknowns of an answer's point, in the order of the section."""
    return [float(np.ravel(point[name])[place or 0]) for name, place in found.slots]


def _names(found: Section, name: str) -> tuple[str, str]:
    (variable,) = found.names
    return name if len(name) <= LONGEST_NAME else f"f({variable})", f"f'({variable})"


# --- minima ---------------------------------------------------------------------------------------------------------


def _path(found: Section, answer: Mapping[str, Any]) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[float]]:
    """The iterates and their values, not too many; the first and the last always."""
    iterates = answer["path"]
    places = sorted({*range(0, len(iterates), -(-len(iterates) // MOST_POINTS)), len(iterates) - 1})
    points = [*[iterates[place]["point"] for place in places], answer["minimum"]["point"]]
    values = [*[iterates[place]["value"] for place in places], answer["minimum"]["value"]]
    return np.array([_coordinates(found, point) for point in points]), [float(value) for value in values]


def _descent(request: dict[str, Any]) -> ContourScene | None:
    answer = minimize(request)
    function = _function(request, answer["wrt"], 2)
    return function and contour_scene(*function, _path(function[0], answer)[0])


def _descent_curve(request: dict[str, Any]) -> CurveScene | None:
    answer = minimize(request)
    function = _function(request, answer["wrt"], 1)
    if function is None:
        return None
    found, name = function
    points, values = _path(found, answer)
    order = np.arange(len(points))
    path = Line("path", points[order, 0], np.array(values), dashed=True)
    marks = [Mark(float(points[0, 0]), values[0], START), Mark(float(points[-1, 0]), values[-1], "minimum")]
    return curve_scene(found, _names(found, name), 1, marks, path)


def _convergence(request: dict[str, Any]) -> Convergence:
    answer = minimize(request)
    path = answer["path"]
    least = min(answer["minimum"]["value"], *[each["value"] for each in path])
    return convergence(
        [each["value"] for each in path], [each["gradient_norm"] for each in path], least, answer["method"], answer["reason"]
    )


DESCENT = {
    "contour": Drawing("contour", _descent, "of two unknowns, contour lines with the gradient and the path"),
    "curve": Drawing("curve", _descent_curve, "of one unknown, the function with its derivative and the path"),
    "convergence": Drawing("convergence", _convergence, "the value and the gradient, step by step"),
}


# --- critical points ------------------------------------------------------------------------------------------------


def _critical(request: dict[str, Any], count: int) -> tuple[Section, str, list[tuple[list[float], float, str]]] | None:
    """The section, the function's name, and the points in numbers with their values and kinds."""
    answer = critical_points(request)
    if any("numeric" not in point and point["exact"] for point in answer["points"]):
        return None
    within = request.get("within") or {}
    shown = request.get("window") or (within if all(None not in ends for ends in within.values()) else None)
    function = _function({**request, "window": shown}, answer["wrt"], count)
    if function is None:
        return None
    found, name = function
    points = []
    for point in answer["points"][:MOST_MARKS]:
        place = _coordinates(found, point.get("numeric", point["point"]))
        points.append((place, float(found.at(*place)[0][0]), point["kind"]))
    return found, name, points


def _critical_curve(request: dict[str, Any]) -> CurveScene | None:
    known = _critical(request, 1)
    if known is None:
        return None
    found, name, points = known
    return curve_scene(found, _names(found, name), 1, [Mark(place[0], value, kind) for place, value, kind in points])


def _critical_contour(request: dict[str, Any]) -> ContourScene | None:
    known = _critical(request, 2)
    if known is None:
        return None
    found, name, points = known
    return contour_scene(found, name, marks=tuple(Mark(place[0], place[1], kind) for place, _, kind in points))


CRITICAL = {
    "curve": Drawing("curve", _critical_curve, "of one unknown, the function with its derivative and critical points"),
    "contour": Drawing("contour", _critical_contour, "of two unknowns, contour lines with the gradient and the critical points"),
}


# --- Taylor polynomials and linear maps -----------------------------------------------------------------------------


def _taylor(request: dict[str, Any]) -> CurveScene | None:
    answer = taylor(request)
    asked: dict[str, Any] = {name: request[name] for name in ("expression", "variables") if name in request}
    task = read_task("derivative", {**asked, "wrt": answer["wrt"]})
    if len(answer["wrt"]) != 1 or task.parsed.node.shape != SCALAR:
        return None
    (name,) = answer["wrt"]
    try:
        point = read_points({key: value for key, value in answer["about"].items() if key == name} or {name: 0}, task.variables)[0]
    except NablaError:  # about a letter
        return None
    terms = [read_back(term["text"], task.parsed) for term in answer["terms"]]
    found = section([task.parsed.node, *terms], task.targets.variables, task.variables, point, 1)
    if found is None or found.centre is None:
        return None
    box = (request.get("within") or {}).get(name)
    about = found.centre[0]
    found = found.showing(request.get("window") or ({name: box} if box else None))
    text = to_text(task.parsed.node)
    return taylor_scene(found, text if len(text) <= LONGEST_NAME else f"f({name})", name, about)


TAYLOR = Drawing("curve", _taylor, "a function of one variable with its Taylor polynomials")


def _linear(request: dict[str, Any]) -> PlaneMap | None:
    rows = linear_map(request).get("matrix")
    if not isinstance(rows, list) or len(rows) != 2 or any(len(row) != 2 for row in rows):
        return None
    try:
        return map_plane(read_array(rows))
    except NablaError:  # letters in it
        return None


PLANE = Drawing("plane", _linear, "of a map of the plane to itself, what it does to the unit circle and square")
