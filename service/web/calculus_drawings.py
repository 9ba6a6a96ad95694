"""The pictures of calculus: curves, contour lines, computation graphs. Each shows an answer that has passed its checks."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.answers.autodiff import autodiff
from service.answers.chain_rule import chain_rule
from service.answers.composition import read_composition
from service.answers.points import read_points
from service.answers.task import Task, read_back, read_task
from service.errors import InputError
from service.expression.shapes import SCALAR
from service.operations.leaves import Variable, variable
from service.printing.printers import to_text
from service.scenes.contour import ContourScene, contour_scene
from service.scenes.curve import CurveScene, curve_scene
from service.scenes.graph import GraphScene, graph_scene
from service.scenes.sections import Section, section
from service.teaching.computation_graph import Part, computation_graph, linked
from service.web.calculus import differentiate
from service.web.drawings import Drawing

LONGEST_NAME = 40
MOST_PRIMES = 3


def graph_of(kind: str) -> Drawing:
    """The computation graph of the function that an operation of this kind differentiates."""
    return Drawing("graph", lambda request: _derivative_graph(kind, request), "the computation graph, with the local derivatives")


def curve_of(kind: str) -> Drawing:
    """The function of one variable that an operation of this kind differentiates, with the derivative."""
    return Drawing("curve", lambda request: _curve(kind, request), "a function of one variable with its derivative and critical points")


def one_point(request: dict[str, Any]) -> dict[str, Any] | None:
    """The point of a request, None where there is none. Raises InputError for a list of points."""
    at = request.get("at")
    if isinstance(at, list):
        raise InputError("a picture shows one point, and this is a list of points", hint='"at": {"x": 1}', pointer="/at")
    return at


def _derivative_graph(kind: str, request: dict[str, Any]) -> GraphScene:
    at = one_point(request)
    task = read_task(kind, request)
    answer = differentiate(kind, _plain(request))
    graph = computation_graph(task.parsed.node, task.targets.variables, task.parsed.decimals)
    title = f"The computation graph of {to_text(task.parsed.node)}"
    if at is None:
        return graph_scene(graph, title)
    (point,) = read_points(at, task.variables, task.parsed.sizes)
    return graph_scene(graph, title, point, _gradient(task, answer))


def _curve(kind: str, request: dict[str, Any]) -> CurveScene | None:
    at = one_point(request)
    task = read_task(kind, request)
    if task.parsed.node.shape != SCALAR or len(task.targets.variables) != 1:
        return None
    found = section_of(task, request, at, 1)
    if found is None:
        return None
    name = to_text(task.parsed.node)
    primes = "'" * task.order if task.order <= MOST_PRIMES else f"^({task.order})"
    (variable,) = found.names
    return curve_scene(found, (name if len(name) <= LONGEST_NAME else f"f({variable})", f"f{primes}({variable})"), task.order)


def _contour(request: dict[str, Any]) -> ContourScene | None:
    at = one_point(request)
    task = read_task("gradient", request)
    found = section_of(task, request, at, 2)
    return contour_scene(found, to_text(task.parsed.node)) if found else None


def section_of(task: Task, request: dict[str, Any], at: dict[str, Any] | None, count: int) -> Section | None:
    """The function and its derivative, as it was answered, over so many coordinates."""
    points = None if at is None else read_points(at, task.variables, task.parsed.sizes)
    if len(task.targets.variables) > 1 and not task.targets.side_by_side:
        return None
    point = points[0] if points else None
    if section([task.parsed.node], task.targets.variables, task.variables, point, count) is None:
        return None
    answer = differentiate(task.kind, _plain({name: value for name, value in request.items() if name != "at"}))
    derivative = read_back(answer["result"]["text"], task.parsed)
    found = section([task.parsed.node, derivative], task.targets.variables, task.variables, point, count)
    return found and found.showing(request.get("window"))


def _gradient(task: Task, answer: dict[str, Any]) -> dict[str, float] | None:
    """The first derivatives of a scalar function by scalars, by name."""
    if task.order != 1 or any(shape != SCALAR for shape in (task.parsed.node.shape, *[v.shape for v in task.targets.variables])):
        return None
    names, value = task.targets.names, answer["value"]
    if isinstance(value, dict):
        return {name: float(value[name]) for name in names}
    return dict(zip(names, np.ravel(np.asarray(value, dtype=float)).tolist(), strict=True))


def _plain(request: dict[str, Any]) -> dict[str, Any]:
    """The request without what a picture does not show."""
    return {name: value for name, value in request.items() if name not in ("steps", "explain", "product", "newton", "code", "window")}


def _chain_graph(request: dict[str, Any]) -> GraphScene:
    one_point(request)
    answer = chain_rule(request)
    composition = read_composition(request)
    moving = set(answer["wrt"])
    parts = [Part("input", declared, None, variable(declared), name in moving) for name, declared in composition.base.items()]
    for name, held in composition.whole.items():
        parsed = composition.inner[name]
        parts.append(Part("intermediate", Variable(name, parsed.node.shape), parsed.node, held, composition.depends(name, moving)))
    outer = composition.outer.node
    output = next(letter for letter in ("f", "y", "g", "output") if letter not in composition.base and letter not in composition.inner)
    parts.append(Part("output", Variable(output, outer.shape), outer, composition.substituted(outer), True))
    return graph_scene(linked(parts, composition.decimals()), f"The chain rule for {to_text(outer)}", whole=True)


CHAIN_GRAPH = Drawing("graph", _chain_graph, "the inner functions between the variables and the outer one, path by path")
CONTOUR = Drawing("contour", _contour, "contour lines of a function of two variables with its gradient")


def _autodiff_graph(request: dict[str, Any]) -> GraphScene:
    autodiff(request)
    function = {name: value for name, value in request.items() if name in ("expression", "variables", "wrt", "at")}
    return _derivative_graph("derivative", function)


AUTODIFF_GRAPH = Drawing("graph", _autodiff_graph, "the computation graph, with the local derivatives and the values at the point")
