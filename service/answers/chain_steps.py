"""The chain rule told step by step, along the paths through the inner functions as they are named in the request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.answers.composition import Composition
from service.answers.targets import Targets
from service.answers.task import Task
from service.calculus import build
from service.errors import LimitExceeded
from service.expression.nodes import Node, make
from service.operations.leaves import Variable, variable
from service.teaching.by_paths import by_paths, is_scalar
from service.teaching.by_rules import derivative_by
from service.teaching.computation_graph import Graph, Part, linked, output_names
from service.teaching.inert import inert_parts, names_in
from service.teaching.steps import Trials, proved


def chain_steps(composition: Composition, targets: Targets, task: Task, result: Node) -> list[dict[str, Any]] | None:
    """From the derivative of the composed function to the result; None where values on the way are arrays, or there are too
    many paths. Raises CheckFailed, Undecided."""
    graph = _graph(composition, targets, task)
    if not is_scalar(graph) or any(declared.depends_on for declared in task.variables.values()):
        return None
    wholes = [part.whole for part in graph.outputs]
    is_partial = len(targets.variables) > 1
    entries = [derivative_by(whole, by, is_partial) for whole in wholes for by in targets.variables]
    if len(entries) == 1 and result.operation is not build.LITERAL:
        line = entries[0]
    elif result.operation is build.LITERAL and len(result.arguments) == len(entries):
        line = make("literal", *entries, parameter=result.parameter)
    else:
        return None
    names = {whole: part.name for whole, part in zip(wholes, graph.outputs, strict=True)}
    waiting = {part: (part.parameter.variable.name, names[part.arguments[0]]) for part in inert_parts(line)}
    try:
        steps = list(by_paths(line, graph, waiting, result))
    except LimitExceeded:
        return None
    named = {part.name: part.whole for part in graph.parts if part.line is not None}
    told = proved(steps, Trials(task.variables, [task.parsed.node, result], named=named))
    return [step.to_json(targets.names) for step in told]


def _graph(composition: Composition, targets: Targets, task: Task) -> Graph:
    """The inputs, the inner functions in an order in which each comes after what it is made of, and the outer one, or its entries."""
    moving = set(targets.names)
    inputs = {**composition.base, **{declared.name: declared for declared in targets.variables}}
    parts = [Part("input", declared, None, variable(declared), name in moving) for name, declared in inputs.items()]
    for name, whole in composition.whole.items():
        parts.append(_part(name, composition.inner[name].node, whole, moving, "intermediate"))
    outer = composition.outer.node
    lines: Sequence[Node] = outer.arguments if outer.operation is build.LITERAL else [outer]
    ends = output_names({*inputs, *composition.inner}, len(lines))
    parts += [_part(end, line, composition.substituted(line), moving, "output") for end, line in zip(ends, lines, strict=True)]
    return linked(parts, task.parsed.decimals)


def _part(name: str, line: Node, whole: Node, moving: set[str], kind: Any) -> Part:
    return Part(kind, Variable(name, whole.shape), line, whole, bool(moving & names_in(whole)))
