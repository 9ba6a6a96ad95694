"""The rules of automatic differentiation, for each value of a computation graph.

Forward mode computes beside each value v its derivative v_dot along one direction of the inputs; reverse mode computes from
the last value to the first v_bar, the derivative of the output by v: what v gets from each value that it is used in.
(Griewank, Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, chapter 3.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.calculus import build, verify
from service.calculus.differentiate import derivatives
from service.calculus.evaluate import Evaluator, letters_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.certificates import Check, measured
from service.errors import Undecided
from service.expression.nodes import Node, at_sizes, in_order
from service.expression.nodes import build as build_node
from service.expression.operation import Array, Elementwise
from service.expression.products import product
from service.expression.shapes import Shape, Size, Sizes, axes
from service.operations.leaves import Variable, tensor_of, variable
from service.teaching.computation_graph import Graph, Part
from service.teaching.inert import zero
from service.teaching.rules import differential, holes_of

TOLERANCE = 1e-6
POINTS = 2

_KNOWN_SIZES = Sizes()


@dataclass(frozen=True)
class LocalRule:
    """How derivatives go through one value. `tangent` is its v_dot from those of what it is made of; `contributions` are what
    each of these, by name, gets from its v_bar. `rule` is the name of the rule."""

    part: Part
    rule: str
    tangent: Node
    contributions: Mapping[str, Node]


def dotted(declared: Variable) -> Variable:
    return Variable(f"{declared.name}_dot", declared.shape)


def barred(declared: Variable) -> Variable:
    return Variable(f"{declared.name}_bar", declared.shape)


def local_rules(graph: Graph, decimals: bool) -> dict[str, LocalRule]:
    """The rules of all values that are no inputs, by name. Raises NotDifferentiable."""
    names = {part.name: variable(part.variable) for part in graph.parts}
    bars = {barred(part.variable).name: variable(barred(part.variable)) for part in graph.parts}
    notation = Notation({**names, **bars}, decimals)
    return {part.name: _local_rule(part, graph, notation, decimals) for part in graph.parts if part.line is not None}


def _local_rule(part: Part, graph: Graph, notation: Notation, decimals: bool) -> LocalRule:
    line = part.line
    assert line is not None
    if not line.arguments:  # another part, or a constant
        source = graph.by_name.get(line.parameter.name) if isinstance(line.parameter, Variable) else None
        if source is None or not source.moves:
            return LocalRule(part, "constant rule", zero(part.variable.shape), {})
        return LocalRule(part, "copy", variable(dotted(source.variable)), {source.name: variable(barred(part.variable))})
    holes = holes_of(line)
    changes = [_change(hole, graph) for hole in holes]
    if all(change is None for change in changes):
        return LocalRule(part, "constant rule", zero(part.variable.shape), {})
    tangent = differential(line, holes, changes, decimals)
    inner = line.arguments[0].operation if holes != line.arguments else None
    rule = inner.squared_rule if inner is not None else line.operation.rule_name(*[change is not None for change in changes])
    return LocalRule(part, rule, tangent, _contributions(part, line, graph, notation))


def _change(hole: Node, graph: Graph) -> Node | None:
    """The derivative of an argument: of a name, or of a sign or transpose of one; None where it is constant."""
    if isinstance(hole.parameter, Variable):
        return variable(dotted(hole.parameter)) if graph.by_name[hole.parameter.name].moves else None
    if hole.operation not in (build.NEGATE, build.TRANSPOSE):
        return None  # a number, an array of numbers, or a condition
    inner = _change(hole.arguments[0], graph)
    return None if inner is None else build_node(hole.operation, (inner,), hole.parameter, _KNOWN_SIZES)


def _contributions(part: Part, line: Node, graph: Graph, notation: Notation) -> dict[str, Node]:
    """The derivative of Σ v_bar·v by each source."""
    moved = [graph.by_name[edge.source].variable for edge in graph.into(part.name) if edge.derivative is not None]
    labels = tuple(range(len(axes(part.variable.shape))))
    weighted = product(1, [(tensor_of(barred(part.variable)), labels), (lower(line), labels)], ())
    found = derivatives(weighted, [tensor_of(source) for source in moved])
    return {source.name: _in_shape(notation.node(tensor), source.shape) for source, tensor in zip(moved, found, strict=True)}


def _in_shape(node: Node, shape: Shape) -> Node:
    return build.transpose(node) if node.shape != shape and node.shape == shape[::-1] else node


# --- the proof ------------------------------------------------------------------------------------------------------


def check_rules(graph: Graph, rules: Mapping[str, LocalRule]) -> Check:
    """Every rule, forward and backward, against differences of the one operation that it is for, at random points.

    Raises Undecided where an operation has no value at any of them.
    """
    error = max([_error_of_rule(rule, graph) for rule in rules.values()], default=0.0)
    detail = f"each of {len(rules)} rules, forward and backward, against differences of its operation at random points"
    return measured("local-rules", error, TOLERANCE, detail)


def _error_of_rule(rule: LocalRule, graph: Graph) -> float:
    line = rule.part.line
    assert line is not None
    sources = {edge.source: graph.by_name[edge.source].variable for edge in graph.into(rule.part.name)}
    moved = [name for name in sources if graph.by_name[name].moves]
    found: list[float] = []
    random = np.random.default_rng(verify.SEED)
    for low, high in verify.DOMAINS:
        for attempt in range(2 * POINTS):
            sizes = verify.draw_sizes({**sources, rule.part.name: rule.part.variable}, attempt, letters_of([line, rule.tangent]))
            point = verify.draw_point(sources, sizes, random, low, high)
            error = _error_at(rule, line, moved, sources, sizes, point, random)
            if error is not None:
                found.append(error)
            if len(found) >= POINTS and sorted(found)[POINTS - 1] <= TOLERANCE:
                return sorted(found)[POINTS - 1]  # near a jump or a pole differences may fail at one point
            if len(found) == 2 * POINTS:
                return max(found)
    if not found:
        raise Undecided(f"the rule for {rule.part.name} could not be checked: no random point was found at which its operation has a value")
    return max(found)


def _error_at(
    rule: LocalRule,
    line: Node,
    moved: list[str],
    sources: Mapping[str, Variable],
    sizes: Mapping[str, Size],
    point: dict[str, Array],
    random: np.random.Generator,
) -> float | None:
    """The relative error of the tangent, and of the adjoints contracted with directions; None where there is no value."""
    evaluate = Evaluator(line, sizes)
    value = evaluate(point)
    if not np.all(np.isfinite(value)):
        return None
    directions = {name: verify.draw_direction(sources[name], point[name], random) for name in moved}
    weights = random.standard_normal(np.shape(value))
    known = {**point, **{f"{name}_dot": direction for name, direction in directions.items()}, f"{rule.part.name}_bar": weights}
    tangent = Evaluator(rule.tangent, sizes)(known)
    parts = [np.sum(Evaluator(node, sizes)(known) * directions[name]) for name, node in rule.contributions.items()]
    backward = float(sum(parts))
    if not (np.all(np.isfinite(tangent)) and np.isfinite(backward)):
        return None
    best: float | None = None
    for step in verify.STEPS:
        numeric = verify.differences(evaluate, point, directions, {}, step) if moved else np.zeros(np.shape(value))
        if not np.all(np.isfinite(numeric)):
            continue
        size = max(_largest(numeric), _largest(tangent), 1e-3 * _largest(value), 1e-6)
        forward = _largest(tangent - numeric) / size
        weighed = float(np.sum(weights * numeric))
        backwards = abs(backward - weighed) / max(size * _largest(weights) * max(1, np.size(value)), sum(map(abs, parts)), 1e-300)
        error = max(forward, float(backwards))
        best = error if best is None else min(best, error)
        if best <= TOLERANCE / 10:
            break
    return best


def _largest(array: Array) -> float:
    return float(np.max(np.abs(array), initial=0))


# --- what it costs --------------------------------------------------------------------------------------------------


def count_operations(line: Node, sizes: Mapping[str, Size]) -> int:
    """Floating-point operations of an expression as it is written: one for each entry of a function or operator that goes entry
    by entry, 2·k - 1 for each entry of a product of matrices, n³ for a function of an n×n matrix; none for signs and rearrangements."""
    total = 0
    for node in in_order([at_sizes(line, sizes)]):
        total += _cost(node)
    return total


def _cost(node: Node) -> int:
    if not node.arguments or node.operation in _FREE:
        return 0
    if node.operation is build.TIMES:
        return _cost_of_product([argument.shape for argument in node.arguments])
    entries = _entries(node.shape)
    largest = max(_entries(argument.shape) for argument in node.arguments)
    if isinstance(node.operation, Elementwise) or node.operation in _BY_ENTRIES:
        return entries * max(1, len(node.arguments) - 1)
    if node.operation.linear == "each" or min(node.arguments[0].shape) == 1:
        return max(entries, largest - 1)
    return largest * max(int(size) for size in node.arguments[0].shape)


def _cost_of_product(shapes: list[Shape]) -> int:
    total, (rows, columns) = 0, shapes[0]
    for other_rows, other_columns in shapes[1:]:
        if (rows, columns) == (1, 1):
            rows, columns = other_rows, other_columns
            total += _entries((rows, columns))
        elif (other_rows, other_columns) == (1, 1):
            total += _entries((rows, columns))
        else:
            total += int(rows) * int(other_columns) * (2 * int(columns) - 1)
            columns = other_columns
    return total


def _entries(shape: Shape) -> int:
    return math.prod(int(size) for size in shape)


_FREE = (build.NEGATE, build.TRANSPOSE, build.LITERAL, build.DIAGONAL, build.EYE, build.SIZE)
_BY_ENTRIES = (build.ADD, build.HADAMARD, build.DIVIDE, build.POWER, build.ENTRY_DIVIDE, build.ENTRY_POWER)
