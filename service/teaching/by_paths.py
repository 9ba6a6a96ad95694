"""Derivatives by scalars as sums over the paths of the computation graph: along a path the local derivatives are multiplied.

In lines, `d/dv1(f)` is the local derivative of the operation that gives f by its argument v1, the others held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from service.calculus import build
from service.calculus.substitute import substitute
from service.expression.nodes import Node, in_order
from service.expression.operation import Binding, Printed
from service.expression.shapes import SCALAR
from service.operations.leaves import Variable, name_to_latex, number
from service.printing.printers import to_text
from service.teaching.by_rules import TIDY
from service.teaching.computation_graph import Edge, Graph, Path
from service.teaching.inert import Derivative, inert, replaced
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
    wholes = {part.name: part.whole for part in graph.parts if part.line is not None}
    after = substitute(line, wholes)
    if after is not line:
        rule = "intermediate values"
        where = ", ".join(f"{name} = {to_text(whole)}" for name, whole in wholes.items() if name in _names(line))
        yield Step(rule, line, after, sentence(rule, where=_short(where, "each in terms of the inputs")), equal)
        line = after
    if to_text(line) != to_text(result):
        yield Step(TIDY, line, result, sentence(TIDY), equal)


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
