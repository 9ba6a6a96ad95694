"""A wrong step cannot be printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from service.answers.derivation import derive
from service.answers.result import Result
from service.answers.steps import Telling
from service.answers.task import read_task
from service.calculus import build
from service.errors import CheckFailed, NotDifferentiable, Undecided
from service.expression.arena import fresh_arena
from service.expression.nodes import Node, make
from service.expression.operation import operation
from service.expression.shapes import SCALAR
from service.language import declare, parse
from service.operations.leaves import number
from service.printing.printers import to_text
from service.teaching.by_paths import by_paths, by_paths_of_arrays
from service.teaching.by_rules import TIDY, by_array, by_scalars, derivative_by, laid_out
from service.teaching.computation_graph import computation_graph
from service.teaching.index_method import IndexMethod
from service.teaching.steps import Step, Trials, joinable, proved

VARIABLES = {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)", "X": "matrix(k,k)"}
DERIVATIVES = (
    ("norm2(A*x - b)^2/2", "x", "A'*(A*x - b)"),
    ("tanh(A*x)", "x", "diag(1 - tanh(A*x).^2)*A"),
    ("logdet(X)", "X", "inv(X)'"),
    ("x'*x*b", "x", "2*b*x'"),
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def told(expression: str, by: str, derivative: str, explain: str) -> tuple[list[Step], Trials]:
    declared = declare(VARIABLES)
    function, result = parse(expression, declared), parse(derivative, declared).node
    variable = function.variable(by).parameter
    variables = {name: node.parameter for name, node in function.variables.items()}
    if explain == "rules":
        return list(by_array(function.node, variable, result, False)), Trials(variables, [function.node, result])
    method = IndexMethod(function.node, variable, result, frozenset(variables), False, "the function")
    steps = list(method.steps())
    return steps, Trials(variables, [function.node, result], method.letters, method.free, method.mirrored)


def spoilt(line: Node) -> Node:
    """The line, a little different."""
    factor = number("1.001")
    return build.times(factor, line) if line.shape == SCALAR else make("times", factor, line)


@pytest.mark.parametrize("explain", ["rules", "index"])
@pytest.mark.parametrize(("expression", "by", "derivative"), DERIVATIVES)
def test_a_tampered_step_is_refused(expression: str, by: str, derivative: str, explain: str) -> None:
    steps, trials = told(expression, by, derivative, explain)
    assert [step.after for step in proved(steps, trials)] == [step.after for step in steps]
    for place, step in enumerate(steps):
        tampered = [*steps[:place], replace(step, after=spoilt(step.after)), *steps[place + 1 :]]
        with pytest.raises(CheckFailed, match="does not hold"):
            proved(tampered, trials)


def test_a_tampered_step_by_paths_is_refused() -> None:
    parsed, result = parse("exp(s*t)*sin(s)", declare(None)), parse("exp(s*t)*(t*sin(s) + cos(s))", declare(None)).node
    variables = {name: node.parameter for name, node in parsed.variables.items()}
    graph = computation_graph(parsed.node, [variables["s"]])
    line = derivative_by(parsed.node, variables["s"], True)
    named = {part.name: part.whole for part in graph.parts if part.line is not None}
    trials = Trials(variables, [parsed.node], named=named)
    steps = list(by_paths(line, graph, {line: ("s", "f")}, result))
    assert [step.rule for step in proved(steps, trials)] == ["sum over the paths", "local derivatives", "intermediate values", TIDY]
    for place, step in enumerate(steps):
        with pytest.raises(CheckFailed, match="does not hold"):
            proved([*steps[:place], replace(step, after=spoilt(step.after)), *steps[place + 1 :]], trials)


def test_a_tampered_step_by_jacobians_is_refused() -> None:
    parsed, result = parse("norm2(A*x - b)^2", declare(VARIABLES)), parse("2*A'*(A*x - b)", declare(VARIABLES)).node
    variables = {name: node.parameter for name, node in parsed.variables.items()}
    graph = computation_graph(parsed.node, [variables["x"]])
    named = {part.name: part.whole for part in graph.parts if part.line is not None}
    trials = Trials(variables, [parsed.node], named=named)
    steps = list(by_paths_of_arrays(parsed.node, variables["x"], result, graph, False))
    assert len(proved(steps, trials)) == len(steps)
    for place, step in enumerate(steps):
        with pytest.raises(CheckFailed, match="does not hold"):
            proved([*steps[:place], replace(step, after=spoilt(step.after)), *steps[place + 1 :]], trials)


@pytest.mark.parametrize("explain", ["rules", "index"])
def test_a_wrong_result_is_refused(explain: str) -> None:
    for wrong in ("2*A'*(A*x - b)", "A'*(b - A*x)", "A'*(A*x - b) + x"):
        steps, trials = told("norm2(A*x - b)^2/2", "x", wrong, explain)
        with pytest.raises(CheckFailed):
            proved(steps, trials)


def test_a_wrong_layout_is_refused() -> None:
    parsed = parse("A*x*b'", declare(VARIABLES))
    variables = {name: node.parameter for name, node in parsed.variables.items()}
    steps = list(laid_out(parsed.node, parse("b*x'*A'*2", declare(VARIABLES)).node, lambda value: value.T, "the numerator layout"))
    with pytest.raises(CheckFailed):
        proved(steps, Trials(variables, [parsed.node]))


@pytest.mark.parametrize(
    ("name", "expression", "by", "wrong"),
    [
        ("divide", "sin(x)/(1 + x^2)", "x", lambda node, *changes: make("divide", changes[0], node.arguments[1])),
        ("det", "det(X)", "X", lambda node, *changes: make("tr", changes[0])),
    ],
)
def test_an_operation_that_states_a_wrong_rule_is_found_out(
    monkeypatch: pytest.MonkeyPatch, name: str, expression: str, by: str, wrong: Any
) -> None:
    monkeypatch.setattr(operation(name), "differential", wrong)
    task = read_task("derivative", {"expression": expression, "variables": {"X": "matrix(k,k)"}, "wrt": by, "steps": True})
    with pytest.raises(CheckFailed) as caught:
        derive(task)
    assert caught.value.facts["rule"] in ("quotient rule", "Jacobi's formula")
    derive(read_task("derivative", {"expression": expression, "variables": {"X": "matrix(k,k)"}, "wrt": by}))


def test_a_wrong_answer_does_not_get_steps() -> None:
    task = read_task("gradient", {"expression": "x'*x", "variables": VARIABLES, "wrt": "x", "steps": True})
    by = task.targets.variables[0]
    wrong = parse("3*x", declare(VARIABLES)).node
    with pytest.raises(CheckFailed):
        Telling(task).tell(Result((task.parsed.node,), wrong, wrong, lambda value: value), [by])


@pytest.mark.parametrize("explain", ["rules", "index"])
def test_what_has_no_derivative_has_no_steps(monkeypatch: pytest.MonkeyPatch, explain: str) -> None:
    def refuse(*_: Any) -> Any:
        raise NotDifferentiable("not here")

    monkeypatch.setattr(operation("softmax"), "jacobian", refuse)
    request = {"expression": "softmax(x)", "variables": VARIABLES, "wrt": "x", "steps": True, "explain": explain}
    with pytest.raises(NotDifferentiable):
        derive(read_task("jacobian", request))


def test_a_line_without_a_value_is_left_out() -> None:
    """The second step has to be joined with the first one: log(-1 - x^2) is nowhere defined."""
    parsed = parse("x^2", declare(None))
    by = parsed.variables["x"].parameter
    line, result = derivative_by(parsed.node, by, False), parse("2*x", declare(None)).node
    nowhere = parse("2*x + 0*log(-1 - x^2)", declare(None)).node
    (first,) = by_scalars(line, result, False)
    steps = [replace(first, after=nowhere), Step("tidy", nowhere, result, "tidied", first.sides)]
    found = proved(steps, Trials({"x": by}, [parsed.node, result]))
    assert [(step.rule, to_text(step.before), to_text(step.after)) for step in found] == [("power rule, tidy", "d/dx(x^2)", "2*x")]
    assert joinable(*steps)
    with pytest.raises(Undecided):
        proved(steps[:1], Trials({"x": by}, [parsed.node, result]))
