"""An expression as a graph: values and operations, with the local derivatives on the edges and the paths that they lie on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from service import limits
from service.calculus.evaluate import Point, value_at
from service.calculus.substitute import substitute
from service.certificates import Check, measured, require
from service.expression.nodes import Node, in_order
from service.expression.operation import Array
from service.expression.shapes import SCALAR, public
from service.operations.leaves import Variable, variable
from service.printing.printers import to_text
from service.scenes.numbers import listed, short
from service.teaching.computation_graph import Edge, Graph, Part

SLOT = "·"
LONGEST_TEXT = 24
MOST_STRANDS = 4
TOLERANCE = 1e-8
_ONE_OPERATOR = re.compile(rf"{SLOT}(?: ?([^\w\s{SLOT}()]+) ?{SLOT})(?: ?\1 ?{SLOT})*")
_ONE_FUNCTION = re.compile(rf"(\w+)\({SLOT}\)")


@dataclass(frozen=True)
class Vertex:
    """A value (`is_value`: name and, below, its value or shape) or an operation."""

    is_value: bool
    lines: tuple[str, ...]
    moves: bool


@dataclass(frozen=True)
class Link:
    """From one vertex to another, by their places. `strand` is the place of the only strand that it lies on; None where it
    lies on several, or on none (`moves` is false then)."""

    source: int
    target: int
    text: str
    moves: bool
    strand: int | None = None


@dataclass(frozen=True)
class GraphScene:
    """`strands` are the names of the paths, or of the inputs that paths start from, which are told apart by colour."""

    vertices: tuple[Vertex, ...]
    links: tuple[Link, ...]
    strands: tuple[str, ...]
    title: str
    description: str


def graph_scene(
    graph: Graph, title: str, point: Point | None = None, gradient: Mapping[str, float] | None = None, whole: bool = False
) -> GraphScene:
    """The graph as a picture shows it; at a point with the values, and where all are scalars the derivatives of the one output.

    `gradient` are these derivatives by the inputs, found otherwise. `whole`: operations are shown as the lines that they are,
    not by their symbols. Raises LimitExceeded, CheckFailed (the sums over the paths are not the gradient).
    """
    limits.check("picture-parts", len(graph.parts), "/expression")
    numbers = _Numbers.of(graph, point) if point is not None else None
    if numbers is not None and gradient is not None and numbers.adjoints:
        require([_sum_over_paths(numbers, gradient)])
    strands, strand_of = _strands(graph)
    vertices: list[Vertex] = []
    places: dict[str, int] = {}
    links: list[Link] = []
    for part in graph.parts:
        entering = [(edge, places[edge.source]) for edge in graph.into(part.name)]
        end = len(vertices)
        if part.line is not None and part.line.arguments:
            vertices.append(Vertex(False, (_operation(part, whole),), part.moves))
        elif part.line is not None and not entering:
            vertices.append(Vertex(False, (to_text(part.line)[:LONGEST_TEXT],), part.moves))
        for edge, start in entering:
            links.append(Link(start, end, _local(edge, numbers), edge.derivative is not None, strand_of.get(edge)))
        places[part.name] = len(vertices)
        if len(vertices) > end:
            onward = {link.strand for link in links if link.target == end and link.moves}
            links.append(Link(end, len(vertices), "", part.moves, onward.pop() if len(onward) == 1 else None))
        vertices.append(Vertex(True, _value(part, numbers), part.moves))
    return GraphScene(tuple(vertices), tuple(links), strands, title, _description(graph, numbers))


# --- numbers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Numbers:
    """At a point: the values of the parts, the scalar local derivatives of the edges, and, of scalars with one output, the
    derivatives of the output by each part (reverse mode), with the sums of the sizes of what they were added up from."""

    values: Mapping[str, Array]
    local: Mapping[Edge, float]
    adjoints: Mapping[str, float]
    sizes: Mapping[str, float]

    @classmethod
    def of(cls, graph: Graph, point: Point) -> _Numbers:
        variables = {part.name: part.variable for part in graph.parts}
        inputs = {part.name: part.variable for part in graph.inputs}
        values = {part.name: value_at(part.whole, inputs, point) for part in graph.parts}
        local = {
            edge: float(value_at(edge.derivative, variables, values))
            for edge in graph.edges
            if edge.derivative is not None and edge.derivative.shape == SCALAR
        }
        outputs = graph.outputs
        if len(outputs) != 1 or any(part.variable.shape != SCALAR for part in graph.parts):
            return cls(values, local, {}, {})
        adjoints, sizes = dict.fromkeys(variables, 0.0), dict.fromkeys(variables, 0.0)
        adjoints[outputs[0].name] = sizes[outputs[0].name] = 1.0
        for edge in reversed(graph.edges):
            adjoints[edge.source] += local.get(edge, 0.0) * adjoints[edge.target]
            sizes[edge.source] += abs(local.get(edge, 0.0)) * sizes[edge.target]
        return cls(values, local, adjoints, sizes)


def _sum_over_paths(numbers: _Numbers, gradient: Mapping[str, float]) -> Check:
    errors = [abs(numbers.adjoints[name] - value) / (numbers.sizes[name] or 1.0) for name, value in gradient.items()]
    return measured(
        "sum-over-paths", max(errors, default=0.0), TOLERANCE, "products of local derivatives summed over the paths - the gradient"
    )


# --- words ----------------------------------------------------------------------------------------------------------


def _operation(part: Part, whole: bool) -> str:
    """The operation in short: +, sin, ·^2; the whole line where that is asked for."""
    assert part.line is not None
    if whole:
        return _cut(to_text(part.line))
    slots = {node.parameter.name: variable(Variable(SLOT, node.shape)) for node in in_order([part.line]) if _is_variable(node)}
    text = to_text(substitute(part.line, slots))
    operator, function = _ONE_OPERATOR.fullmatch(text), _ONE_FUNCTION.fullmatch(text)
    text = operator[1] if operator else function[1] if function else _cut(text)
    return {"*": "×", "-": "−", ".*": "⊙"}.get(text, text)


def _is_variable(node: Node) -> bool:
    return isinstance(node.parameter, Variable)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _local(edge: Edge, numbers: _Numbers | None) -> str:
    """The local derivative: as an expression, and as a number where it has one."""
    if edge.derivative is None:
        return ""
    text, number = to_text(edge.derivative), numbers.local.get(edge) if numbers else None
    if number is None:
        return text if len(text) <= LONGEST_TEXT else "…"
    value = short(number, 3)
    return value if text == value or len(text) > LONGEST_TEXT else f"{text} = {value}"


def _value(part: Part, numbers: _Numbers | None) -> tuple[str, ...]:
    """The name; its value at the point, or the shape of an array; the derivative of the output by it."""
    lines = [part.name]
    if part.variable.shape != SCALAR:
        lines.append("×".join(map(str, public(part.variable.shape))))
    elif numbers is not None:
        lines.append(short(float(numbers.values[part.name])))
    if numbers is not None and numbers.adjoints and part.moves:
        lines.append(f"∂ {short(numbers.adjoints[part.name])}")
    return tuple(lines)


def _strands(graph: Graph) -> tuple[tuple[str, ...], dict[Edge, int]]:
    """What is told apart by colour: the paths from a single input to a single output, else the inputs; nothing where these
    are many. And the strand of each edge that lies on one only."""
    inputs = [part.name for part in graph.inputs if part.moves]
    outputs = [part.name for part in graph.outputs]
    if len(inputs) == len(outputs) == 1 and 1 < graph.count_paths(inputs[0], outputs[0]) <= MOST_STRANDS:
        paths = graph.paths(inputs[0], outputs[0])
        names = [" → ".join([inputs[0], *[edge.target for edge in path]]) for path in paths]
        on = [set(path) for path in paths]
    elif 1 < len(inputs) <= MOST_STRANDS:
        names = [f"from {name}" for name in inputs]
        on = [_onward(graph, name) for name in inputs]
    else:
        return (), {}
    lies = {edge: [place for place, edges in enumerate(on) if edge in edges] for edge in graph.edges}
    return tuple(names), {edge: found[0] for edge, found in lies.items() if len(found) == 1}


def _onward(graph: Graph, name: str) -> set[Edge]:
    """The edges on paths from an input."""
    reached, found = {name}, set()
    for edge in graph.edges:  # in the order of evaluation
        if edge.source in reached:
            reached.add(edge.target)
            found.add(edge)
    return found


def _description(graph: Graph, numbers: _Numbers | None) -> str:
    """The lines of the function, how many paths there are, and the derivatives at the point."""
    lines = [f"{part.name} = {to_text(part.line)}" for part in graph.parts if part.line is not None]
    told = "A graph from the inputs on the left to the output on the right; squares are values, round nodes operations, and on each edge "
    told += f"stands the local derivative. {'; '.join(lines)}."
    for output in graph.outputs[:2]:
        counts = [f"{graph.count_paths(part.name, output.name)} from {part.name}" for part in graph.inputs if part.moves]
        if counts:
            told += f" Paths to {output.name}: {listed(counts)}."
    if numbers is not None and numbers.adjoints:
        slopes = [f"by {part.name} {short(numbers.adjoints[part.name])}" for part in graph.inputs if part.moves]
        told += f" Derivatives at the point: {listed(slopes)}." if slopes else ""
    return told
