"""Automatic differentiation, shown: the forward and the reverse sweep through the computation graph of a function.

Every value on the way is given with its derivative along the direction of the seed (v_dot), or with that of the output by it
(v_bar), as a number and as the rule that it was computed by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from service.answers.derivation import derive, values
from service.answers.forms import expression_to_json
from service.answers.points import read_points
from service.answers.seeds import Seeds, read_direction, read_weights
from service.answers.task import Task, read_task
from service.calculus.evaluate import Evaluator, all_sizes_at, require_values, reshaped
from service.certificates import Check, measured, require
from service.errors import InputError, UndefinedAtPoint
from service.expression.operation import Array
from service.expression.shapes import Size
from service.printing.printers import to_text
from service.teaching.computation_graph import Graph, computation_graph
from service.teaching.sweeps import Sweep
from service.teaching.traces import check_rules, count_operations, local_rules

MODES = ("reverse", "forward")
FORWARD = "forward"
TOLERANCE = 1e-9
NOISE = 1e-12
"""Derivatives are compared on a scale on which their noise by rounding is at most this."""
SMALL = 1e-6
"""So much of the largest term counts as large beside the sum of the terms."""
MOST_PASSES = 100
"""For a derivative by more numbers, or of more, only the pass that was asked for is made."""


def autodiff(request: Mapping[str, Any]) -> dict[str, Any]:
    """The trace of one pass, the full derivative by as many passes as it takes, and how many these are.

    Raises InputError (no point, a seed that does not fit), UndefinedAtPoint (also where a value on the way is not finite, and on
    a kink), LimitExceeded, NotDifferentiable, CheckFailed, Undecided and what the language raises.
    """
    task = replace(read_task("derivative", request), explain="")
    sweep, at = _prepared(task, request.get("at"))
    seeds = Seeds(sweep, task.targets, task.parsed.node.shape)
    mode = request.get("mode", MODES[0])
    found = derive(task)
    checks: list[Any] = list(found["checks"])
    expected = values(found, task, at, "formed-entries" if seeds.outputs > 1 else "", checks)
    answer: dict[str, Any] = {
        "operation": "autodiff",
        "expression": expression_to_json(task.parsed.node),
        "wrt": task.targets.names,
        "mode": mode,
        "at": at,
        "value": seeds.arranged(sweep.values),
    }
    try:
        swept, agrees, passes = _swept(request, task, sweep, seeds, mode, expected)
    except UndefinedAtPoint as error:
        raise UndefinedAtPoint(
            f"{error.detail}, though the derivative exists there",
            hint="the sweeps multiply local derivatives, and one of them has no value here; gradient and derivative give the limit",
            pointer="/at",
        ) from None
    answer |= swept
    answer["passes_for_full_gradient"] = passes[mode]
    answer["passes"] = passes
    answer |= _costs(sweep, passes)
    answer["graph"] = sweep.graph.to_json()
    answer["checks"] = [*checks, *[check.to_json() for check in require([check_rules(sweep.graph, sweep.rules), agrees])]]
    return answer


def _swept(
    request: Mapping[str, Any], task: Task, sweep: Sweep, seeds: Seeds, mode: str, expected: Any
) -> tuple[dict[str, Any], Check, dict[str, int]]:
    """The pass that was asked for, the full derivative, its check, and how many passes it takes in each mode."""
    answer: dict[str, Any] = {}
    if mode == FORWARD:
        directions = read_direction(request.get("seed"), sweep, task.targets)
        dots = sweep.forward(directions)
        answer |= {"seed": directions, "derivative": seeds.arranged(dots), "trace": sweep.forward_trace(dots)}
    else:
        weights = read_weights(request.get("seed"), sweep, task.parsed.node.shape)
        bars, steps = sweep.reverse(weights)
        answer |= {"seed": weights, "derivative": seeds.shown(bars), "trace": sweep.reverse_trace(bars, weights), "backward": steps}
    passes = {"forward": seeds.inputs, "reverse": seeds.outputs}
    if passes[mode] <= MOST_PASSES:
        full, scale = seeds.full(mode)
        agrees = _at_the_point(full, expected, max(scale, _noise(sweep, seeds, mode, full)))
        answer["gradient" if seeds.outputs == 1 else "jacobian"] = seeds.shown(full)
    elif mode == FORWARD:
        agrees = _at_the_point({"": seeds.arranged(dots)}, seeds.along(expected, directions), 0.0)
    else:
        agrees = _at_the_point({name: bars[name] for name in task.targets.names}, seeds.weighed(expected, weights), 0.0)
    return answer, agrees, passes


def _prepared(task: Task, at: object) -> tuple[Sweep, object]:
    """The graph with a value for each of its parts."""
    if at is None and task.parsed.variables:
        raise InputError("the sweeps are made at a point", hint='give it, such as "at": {"x": 2}', pointer="/at")
    if isinstance(at, list):
        raise InputError("one point at a time: the trace is that of one", hint='"at": {"x": 2}', pointer="/at")
    dependent = [declared.name for declared in task.variables.values() if declared.depends_on]
    if dependent:
        raise InputError(
            f"{dependent[0]} is declared to depend on other variables: the trace needs the function itself",
            hint=f"write {dependent[0]} as an expression of them",
            pointer=f"/variables/{dependent[0]}",
        )
    at = at or {}
    (point,) = read_points(at, task.variables, task.parsed.sizes)
    variables = [*task.targets.variables]
    graph = computation_graph(task.parsed.node, variables, task.parsed.decimals, task.parsed.sizes)
    sizes = all_sizes_at([task.parsed.node], task.variables, point)
    for part in graph.parts:
        require_values(Evaluator(part.whole, sizes), point)
    return Sweep(graph, local_rules(graph, task.parsed.decimals), sizes, _values(graph, sizes, reshaped(task.variables, point, sizes))), at


def _values(graph: Graph, sizes: Mapping[str, Size], point: Mapping[str, Array]) -> dict[str, Array]:
    """The value of each part. Raises UndefinedAtPoint naming the first that is not finite."""
    found: dict[str, Array] = {}
    for part in graph.parts:
        found[part.name] = point[part.name] if part.line is None else Evaluator(part.line, sizes)(found) + 0.0
        if not np.all(np.isfinite(found[part.name])):
            raise UndefinedAtPoint(
                f"{part.name} = {to_text(part.whole)[:80]} has no finite value at this point",
                hint="a logarithm or root outside its domain, a division by zero, or an overflow",
                pointer="/at",
            )
    return found


def _costs(sweep: Sweep, passes: Mapping[str, int]) -> dict[str, Any]:
    """Floating-point operations of the function, and of function and derivative in each mode."""
    lines = [part.line for part in sweep.graph.parts if part.line is not None]
    function = sum(count_operations(line, sweep.sizes) for line in lines)
    forward = sum(count_operations(rule.tangent, sweep.sizes) for rule in sweep.rules.values())
    reverse = sum(count_operations(node, sweep.sizes) for node in sweep.adjoints.values())
    costs = {
        "function": function,
        "forward": function + passes["forward"] * forward,
        "reverse": function + passes["reverse"] * reverse,
    }
    return {"operations": costs, "cheap_gradient_ratio": costs["reverse"] / function if function else None}


def _noise(sweep: Sweep, seeds: Seeds, mode: str, full: Mapping[str, Array]) -> float:
    """How much the derivative changes when the numbers of the point are rounded otherwise."""
    random = np.random.default_rng(0)
    eps = float(np.finfo(float).eps)
    point = {
        part.name: sweep.values[part.name] * (1 + 4 * eps * random.uniform(-1, 1, np.shape(sweep.values[part.name])))
        for part in sweep.graph.inputs
    }
    try:
        other = Sweep(sweep.graph, sweep.rules, sweep.sizes, _values(sweep.graph, sweep.sizes, point))
        moved, _ = Seeds(other, seeds.targets, seeds.shape).full(mode)
    except UndefinedAtPoint:
        return 0.0
    return max([_largest(moved[name] - full[name]) for name in full], default=0.0) / NOISE


def _at_the_point(found: Mapping[str, Array], expected: Any, scale: float) -> Check:
    """The derivative by the sweeps against the derived formula, which shares no step with them."""
    if isinstance(expected, Mapping):
        pairs = [(found[name], expected[name]) for name in found]
    elif len(found) == 1:
        pairs = [(next(iter(found.values())), expected)]
    else:
        pairs = [(np.stack(list(found.values()), axis=-1), expected)]
    error = 0.0
    for ours, theirs in pairs:
        left, right = np.reshape(ours, -1), np.reshape(np.asarray(theirs, dtype=float), -1)
        size = max(_largest(right), SMALL * scale, math.ulp(0.0))
        error = max(error, _largest(left - right) / size)
    return measured("derived-formula", error, TOLERANCE, "relative difference to the value of the derived formula at the point")


def _largest(array: Any) -> float:
    return float(np.max(np.abs(array), initial=0))
