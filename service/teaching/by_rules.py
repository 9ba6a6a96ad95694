"""Derivations told by rules: by scalars as d/dx, by arrays in differentials, from which the derivative is read off.

(Magnus and Neudecker, Matrix Differential Calculus, chapters 9 and 10: the first identification theorem.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from service.calculus import build
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.expression.nodes import Node, in_order, make
from service.expression.shapes import SCALAR, axes
from service.operations.leaves import Variable, variable
from service.printing.printers import to_text
from service.teaching.inert import DERIVATIVE, DIFFERENTIAL, By, inert
from service.teaching.sentences import sentence
from service.teaching.steps import Step, arranged, coefficients_of, equal
from service.teaching.telling import tell

TIDY = "collect and tidy"
IN_ONE_STEP = "in one step"
MOST_NODES = 300
"""A larger function is told in one step."""


def by_scalars(line: Node, result: Node, decimals: bool) -> Iterator[Step]:
    """From a line that holds derivatives by scalars to the result."""
    if is_large(line):
        yield Step(IN_ONE_STEP, line, result, sentence(IN_ONE_STEP), equal)
        return
    for step in tell(line, decimals):
        yield step
        line = step.after
    if not _same(line, result):
        yield Step(TIDY, line, result, sentence(TIDY), equal)


def derivative_by(function: Node, by: Variable, is_partial: bool) -> Node:
    """d/dx of a function, not carried out; one of several is partial, ∂/∂x."""
    return inert(DERIVATIVE, function, By(by, is_partial=is_partial))


def by_array(function: Node, by: Variable, result: Node, decimals: bool) -> Iterator[Step]:
    """From the differential of a function to its derivative by a variable: `result`, with the axes of both."""
    line = inert(DIFFERENTIAL, function, By(by))
    if is_large(line):
        yield Step(IN_ONE_STEP, line, result, sentence(IN_ONE_STEP), coefficients_of(by))
        return
    for step in tell(line, decimals):
        yield step
        line = step.after
    yield from read_off(line, function, by, result, decimals)


def read_off(line: Node, function: Node, by: Variable, result: Node, decimals: bool) -> Iterator[Step]:
    """From the differential of the function, in terms of that of the variable, to the derivative."""
    change = inert(DIFFERENTIAL, variable(by), By(by))
    collected = _collected(function, result, change)
    if collected is None or not _same(line, collected):
        tidy = _tidied(line, change, decimals)
        if len(to_text(tidy)) < len(to_text(line)) and (collected is None or not _same(tidy, collected)):
            yield Step(TIDY, line, tidy, sentence(TIDY), equal)
            line = tidy
        if collected is not None:
            rule = "collect the change"
            yield Step(rule, line, collected, sentence(rule, change=to_text(change)), equal)
            line = collected
    rule = _name_of_reading(function, by)
    yield Step(rule, line, result, sentence(rule, change=to_text(change)), coefficients_of(by))


def laid_out(result: Node, shown: Node, arrangement: Callable[[Any], Any], layout: str) -> Iterator[Step]:
    """The result in the layout or form that was asked for."""
    if not _same(result, shown):
        yield Step("layout", result, shown, sentence("layout", layout=layout), arranged(arrangement))


def is_large(line: Node) -> bool:
    """Whether there is too much to be told rule by rule."""
    return len(in_order([line])) > MOST_NODES


def _same(left: Node, right: Node) -> bool:
    return left is right or to_text(left) == to_text(right)


def _tidied(line: Node, change: Node, decimals: bool) -> Node:
    """The line in normal form."""
    names = {node.parameter.name: node for node in in_order([line]) if isinstance(node.parameter, Variable)}
    tensor = lower(line)
    node = Notation({**names, f"d {change.parameter.variable.name}": change}, decimals).node(tensor)
    return build.transpose(node) if node.shape != line.shape and node.shape == line.shape[::-1] else node


def _collected(function: Node, result: Node, change: Node) -> Node | None:
    """tr(G'·dX), G'·dx or J·dx; None where the differential has no such form."""
    column = build.transpose(change) if change.shape[0] == 1 else change
    if function.shape == SCALAR:
        product = build.times(build.transpose(result), column)
        return product if product.shape == SCALAR else make("tr", product)
    if len(axes(function.shape)) == 1 and len(axes(change.shape)) == 1:
        product = build.times(result, column)
        return build.transpose(product) if function.shape[0] == 1 else product
    return None


def _name_of_reading(function: Node, by: Variable) -> str:
    if by.shape == SCALAR:
        return "read off the derivative"
    if function.shape == SCALAR:
        return "read off the gradient" if len(axes(by.shape)) == 1 else "read off the gradient from the trace"
    return "read off the Jacobian" if len(axes(function.shape)) == 1 == len(axes(by.shape)) else "read off the derivative"
