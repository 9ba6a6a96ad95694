"""Derivatives as sums over the paths of the computation graph: along a path the local derivatives are multiplied.

By scalars they are numbers. With arrays on the way they are Jacobians, and what is told is the differential: each path takes the change
of the variable through the Jacobians of its edges, one after the other.

In lines, `d/dv1(f)` is the local derivative of the operation that gives f by its argument v1, the others held.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import NamedTuple

from service.calculus import build
from service.calculus.forward import differential_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.expression.nodes import Node, in_order
from service.expression.operation import Binding, Printed
from service.expression.shapes import SCALAR
from service.operations.leaves import Variable, name_to_latex, number, tensor_of, variable
from service.printing.printers import to_text
from service.teaching.by_rules import TIDY, read_off
from service.teaching.computation_graph import Edge, Graph, Path
from service.teaching.inert import DIFFERENTIAL, By, Derivative, inert, replaced, zero
from service.teaching.sentences import sentence
from service.teaching.steps import Step, equal

LONGEST_CLAUSE = 600


class LocalBy(NamedTuple):
    """What a local derivative is by, and the name of the value that it is of; else as By."""

    variable: Variable
    of: str
    is_partial: bool
    labels: tuple[str, ...] = ()


class Local(Derivative):
    """d/dv(f), of one value by one of those that it is computed from."""

    name, word = "local d/dx", "local derivative"

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"d/d{node.parameter.variable.name}({node.parameter.of})", Binding.POSTFIX)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        sign = r"\partial" if node.parameter.is_partial else r"\mathrm{d}"
        above, below = name_to_latex(node.parameter.of), name_to_latex(node.parameter.variable.name)
        return Printed(rf"\frac{{{sign} {above}}}{{{sign} {below}}}", Binding.POWER)


LOCAL = Local()


def is_scalar(graph: Graph) -> bool:
    """Whether all values that depend on what is differentiated by are scalars."""
    return all(part.variable.shape == SCALAR for part in graph.parts if part.moves)


def by_paths(line: Node, graph: Graph, waiting: Mapping[Node, tuple[str, str]], result: Node) -> Iterator[Step]:
    """From a line with derivatives to the result; `waiting` are those in the line, with the names of what they are by and of.

    Raises LimitExceeded where there are too many paths.
    """
    found = {part: graph.paths(source, target) for part, (source, target) in waiting.items()}
    edges = list(dict.fromkeys(edge for paths in found.values() for path in paths for edge in path))
    marks = {edge: _mark(edge, graph) for edge in edges}
    after = replaced(line, {part: _sum([[marks[edge] for edge in reversed(path)] for path in paths]) for part, paths in found.items()})
    rule = "sum over the paths"
    yield Step(rule, line, after, sentence(rule, where=_told(graph, waiting, found)), equal)
    line = after
    if edges:
        local = {marks[edge]: edge.derivative for edge in edges if edge.derivative is not None}
        after = replaced(line, local)
        rule = "local derivatives"
        identity = ", ".join(f"{to_text(mark)} = {to_text(derivative)}" for mark, derivative in local.items())
        yield Step(rule, line, after, sentence(rule, identity=_short(identity, f"{len(local)} of them")), equal)
        line = after
    line = yield from _in_terms_of_inputs(line, graph)
    if to_text(line) != to_text(result):
        yield Step(TIDY, line, result, sentence(TIDY), equal)


def by_paths_of_arrays(function: Node, by: Variable, result: Node, graph: Graph, decimals: bool) -> Iterator[Step]:
    """From the differential of a function with one output to its derivative by a variable: along a path the change goes through one
    Jacobian after the other. Raises LimitExceeded where there are too many paths."""
    line = inert(DIFFERENTIAL, function, By(by))
    change = inert(DIFFERENTIAL, variable(by), By(by))
    (output,) = graph.outputs
    paths = graph.paths(by.name, output.name)
    names = {part.name: variable(part.variable) for part in graph.parts}
    notation = Notation({**names, f"d {by.name}": change}, decimals)
    terms = []
    for path in paths:
        moved = lower(change)
        for edge in path:
            target = graph.by_name[edge.target].line
            assert target is not None
            moved = differential_of(lower(target), {tensor_of(graph.by_name[edge.source].variable): moved})
        node = notation.node(moved)
        terms.append(build.transpose(node) if node.shape != line.shape and node.shape == line.shape[::-1] else node)
    after = build.add(terms) if terms else zero(line.shape)
    edges = list(dict.fromkeys(edge for path in paths for edge in path if edge.derivative is not None))
    jacobians = ", ".join(f"{edge.target} by {edge.source}: {to_text(edge.derivative)}" for edge in edges if edge.derivative is not None)
    ways = ", ".join(" → ".join([by.name, *[edge.target for edge in path]]) for path in paths) or "none"
    lines = ", ".join(f"{part.name} = {to_text(part.line)}" for part in graph.parts if part.line is not None)
    rule = "sum over the paths of Jacobians"
    where = _short(f"{ways}; where {lines}", f"{len(paths)} of them")
    yield Step(rule, line, after, sentence(rule, where=where, identity=_short(jacobians, f"{len(edges)} of them")), equal)
    line = yield from _in_terms_of_inputs(after, graph)
    yield from read_off(line, function, by, result, decimals)


def _in_terms_of_inputs(line: Node, graph: Graph) -> Generator[Step, None, Node]:
    """The line with what the intermediate values are in their place, and the step there, if any stands in it."""
    wholes = {part.name: part.whole for part in graph.parts if part.line is not None}
    after = substitute(line, wholes)
    if after is not line:
        rule = "intermediate values"
        where = ", ".join(f"{name} = {to_text(whole)}" for name, whole in wholes.items() if name in _names(line))
        yield Step(rule, line, after, sentence(rule, where=_short(where, "each in terms of the inputs")), equal)
    return after


def _mark(edge: Edge, graph: Graph) -> Node:
    target = graph.by_name[edge.target]
    assert target.line is not None
    source = graph.by_name[edge.source].variable
    return inert(LOCAL, target.line, LocalBy(source, edge.target, len(graph.into(edge.target)) > 1))


def _sum(products: list[list[Node]]) -> Node:
    return build.add([build.times(*factors) if factors else number(1) for factors in products]) if products else number(0)


def _names(line: Node) -> set[str]:
    return {node.parameter.name for node in in_order([line]) if isinstance(node.parameter, Variable)}


def _told(graph: Graph, waiting: Mapping[Node, tuple[str, str]], found: Mapping[Node, list[Path]]) -> str:
    """The paths of each derivative, and what the intermediate values are."""
    clauses = []
    for part, (source, target) in waiting.items():
        paths = [" → ".join([source, *[edge.target for edge in path]]) for path in found[part]]
        clauses.append(f"from {source} to {target}: {', '.join(paths) if paths else 'none'}")
    lines = [f"{part.name} = {to_text(part.line)}" for part in graph.parts if part.line is not None]
    total = sum(len(paths) for paths in found.values())
    return _short(f"{'; '.join(clauses)}; where {', '.join(lines)}", f"{total} of them")


def _short(text: str, otherwise: str) -> str:
    return text if len(text) <= LONGEST_CLAUSE else otherwise
