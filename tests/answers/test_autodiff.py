"""Automatic differentiation: the traces of the lecture notes, and that a wrong rule or number is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from service.answers import autodiff as module
from service.answers.autodiff import MODES, autodiff
from service.answers.task import all_variables
from service.calculus import verify
from service.errors import CheckFailed, InputError, NablaError, UndefinedAtPoint
from service.expression.arena import fresh_arena
from service.expression.operation import Operation, operations
from service.expression.shapes import SCALAR
from service.language import declare, parse
from service.operations.leaves import number
from service.printing.printers import to_text
from service.teaching import sweeps
from service.teaching.computation_graph import computation_graph
from service.teaching.traces import check_rules, count_operations, local_rules
from tests import oracle

EXAMPLE: dict[str, Any] = {"expression": "sin(x1) + x1*x2", "at": {"x1": 2, "x2": 3}}
ARRAYS = {"W": "matrix(m,n)", "x": "vector(n)", "y": "vector(m)", "S": "symmetric(n)", "K": "spd(n)", "t": "scalar"}
AT: dict[str, Any] = {
    "W": [[1, -1, 0.5], [0.25, 2, -0.5]],
    "x": [1, 2, 3],
    "y": [0.5, 1],
    "S": [[1, 2, 0], [2, -1, 3], [0, 3, 5]],
    "K": [[4, 1, 0], [1, 5, 2], [0, 2, 6]],
    "t": 0.7,
}
FUNCTIONS: tuple[Any, ...] = (
    "norm2(tanh(W*x) - y)^2",
    "x'*S*x/(x'*x)",
    "logdet(K) + tr(inv(K)*S)",
    "logsumexp(t*x) - y'*W*x",
    "W*(x.*sigmoid(x))",
    "norm2(x)*exp(-t)",
    ["t^2*sin(t)", "t", "t^2*sin(t)", "3"],
    "sum(where(x > 1.5, x.^2, -x))",
    "softmax(x)",
    "tr(S*S)",
    "max(x)*t",
    "x'",
    "sum(x)/n",
    ["t", "t^2", "1"],
    [["t", "2"], ["t^2", "sin(t)"]],
)


def ask(expression: Any, **further: Any) -> dict[str, Any]:
    names = set(parsed_names(expression))
    declared = {name: kind for name, kind in ARRAYS.items() if name in names and kind != "scalar"}
    request = {"expression": expression, "variables": declared, "at": {name: AT[name] for name in names}, **further}
    with fresh_arena():
        return autodiff(request)


def parsed_names(expression: Any) -> list[str]:
    with fresh_arena():
        return list(parse(expression, declare({name: kind for name, kind in ARRAYS.items() if kind != "scalar"})).variables)


def plain(**request: Any) -> dict[str, Any]:
    with fresh_arena():
        return autodiff(request)


def test_the_forward_trace_of_the_lecture_notes() -> None:
    answer = plain(**EXAMPLE, mode="forward", seed="x1")
    lines = [(line["name"], float(line["dot"]), line["dot_expression"] and line["dot_expression"]["text"]) for line in answer["trace"]]
    assert lines == [
        ("x1", 1.0, None),
        ("x2", 0.0, None),
        ("v1", np.cos(2), "x1_dot*cos(x1)"),
        ("v2", 3.0, "x1_dot*x2 + x1*x2_dot"),
        ("f", np.cos(2) + 3, "v1_dot + v2_dot"),
    ]
    assert float(answer["value"]) == np.sin(2) + 6
    assert answer["trace"][2]["dot_expression"]["latex"] == r"\dot{x}_{1} \cos\left(x_{1}\right)"
    assert answer["trace"][3]["text"] == "v2 = x1*x2. Product rule: v2_dot = x1_dot*x2 + x1*x2_dot."
    assert answer["passes_for_full_gradient"] == 2


def test_the_reverse_trace_of_the_lecture_notes() -> None:
    answer = plain(**EXAMPLE)
    assert {line["name"]: float(line["bar"]) for line in answer["trace"]} == {
        "x1": np.cos(2) + 3,
        "x2": 2.0,
        "v1": 1.0,
        "v2": 1.0,
        "f": 1.0,
    }
    assert [step["through"] for step in answer["backward"]] == ["f", "v2", "v1"]
    assert answer["trace"][0]["bar_expression"]["text"] == "v1_bar*cos(x1) + x2*v2_bar"
    assert answer["passes_for_full_gradient"] == 1
    assert np.allclose(answer["gradient"], [np.cos(2) + 3, 2])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("expression", FUNCTIONS, ids=str)
def test_every_line_has_the_value_that_it_says(expression: Any, mode: str) -> None:
    answer = ask(expression, mode=mode)
    mark = "dot" if mode == "forward" else "bar"
    known: dict[str, Any] = {"m": 2, "n": 3}
    for line in answer["trace"]:
        known |= {line["name"]: np.asarray(line["value"])}
        if line[mark] is not None:
            known |= {f"{line['name']}_{mark}": np.asarray(line[mark])}
    for line in answer["trace"]:
        if line["expression"]:
            assert np.allclose(np.squeeze(oracle.evaluate(line["expression"]["text"], known)), line["value"], rtol=1e-9, atol=1e-12)
        printed = line[f"{mark}_expression"]
        if printed and line[mark] is not None:
            assert np.allclose(np.squeeze(oracle.evaluate(printed["text"], known)), line[mark], rtol=1e-9, atol=1e-12)
    assert all(check["passed"] for check in answer["checks"])


@pytest.mark.parametrize("expression", FUNCTIONS, ids=str)
def test_both_modes_find_the_same_derivative(expression: Any) -> None:
    forward, reverse = (ask(expression, mode=mode) for mode in MODES[::-1])
    name = "gradient" if "gradient" in forward else "jacobian"
    left, right = forward[name], reverse[name]
    assert left.keys() == right.keys() if isinstance(left, dict) else np.allclose(left, right)
    for key in left if isinstance(left, dict) else ():
        assert np.allclose(left[key], right[key])
    assert forward["passes"] == reverse["passes"]
    assert forward["passes"]["reverse"] == np.size(forward["value"])


def test_a_reverse_pass_is_cheap() -> None:
    """Baur and Strassen: a few times the cost of the function, whatever the number of inputs; forward it grows with them."""
    product = "*".join(f"sin(x{k})" for k in range(40))
    costs = plain(expression=product, at={f"x{k}": 1 for k in range(40)})["operations"]
    assert costs["forward"] > 40 * costs["function"]
    summed = plain(expression="+".join(f"sin(x{k})^2" for k in range(40)), at={f"x{k}": 1 for k in range(40)})
    assert summed["cheap_gradient_ratio"] < 5
    assert summed["operations"]["forward"] > 40 * summed["operations"]["function"]


def test_operations_are_counted_as_they_are_written() -> None:
    with fresh_arena():
        for text, expected in (("A*x", 2 * 3 * 2 - 2), ("x.*x + x", 6), ("x'*x", 5), ("sum(x)", 2), ("tanh(x)", 3), ("-x'", 0), ("7", 0)):
            node = parse(text, declare({"A": "matrix(m,n)", "x": "vector(n)"})).node
            assert count_operations(node, {"m": 2, "n": 3}) == expected, text


def test_weights_and_directions() -> None:
    functions: dict[str, Any] = {"expression": ["x^2*y", "5*x + sin(y)"], "at": {"x": 1, "y": 2}}
    jacobian = np.array([[4, 1], [5, np.cos(2)]])
    assert np.allclose(plain(**functions, seed=[1, 0.5])["derivative"], [1, 0.5] @ jacobian)
    assert np.allclose(plain(**functions, seed="f2")["derivative"], jacobian[1])
    assert np.allclose(plain(**functions, mode="forward", seed={"x": 2, "y": "1/2"})["derivative"], jacobian @ [2, 0.5])
    arrays = {"variables": {"A": "matrix(m,n)", "x": "vector(n)"}, "at": {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, 1]}}
    assert np.allclose(plain(expression="A*x", **arrays, mode="forward", seed="x[2]")["derivative"], [2, 4, 6])
    assert np.allclose(plain(expression="A*x", **arrays, mode="forward", seed="A[3,1]")["derivative"], [0, 0, 1])
    assert np.allclose(plain(expression="A*x", **arrays, wrt="x", seed=[0, 1, 0])["derivative"], [3, 4])


def test_a_matrix_function() -> None:
    rotation = {"expression": [["cos(t)", "-sin(t)"], ["sin(t)", "t"]], "at": {"t": 0.5}, "wrt": "t"}
    expected = [[-np.sin(0.5), -np.cos(0.5)], [np.cos(0.5), 1]]
    for mode in MODES:
        assert np.allclose(plain(**rotation, mode=mode)["jacobian"], expected)
    assert np.allclose(plain(**rotation, mode="forward")["derivative"], expected)
    assert np.allclose(plain(**rotation, seed=[[0, 2], [0, 1]])["derivative"], 2 * expected[0][1] + 1)


def test_more_passes_than_are_made_leave_one() -> None:
    many = {"expression": "sum(x.^2)", "variables": {"x": "vector(n)"}, "at": {"x": list(range(1, 301))}}
    forward = plain(**many, mode="forward", seed="x[7]")
    assert forward["derivative"] == 14
    assert "gradient" not in forward
    assert forward["passes"] == {"forward": 300, "reverse": 1}
    assert np.allclose(plain(**many)["gradient"], 2 * np.arange(1, 301))


@pytest.mark.parametrize(
    ("request_", "error", "pointer"),
    [
        ({"expression": "x*y"}, InputError, "/at"),
        ({"expression": "x*y", "at": [{"x": 1, "y": 2}]}, InputError, "/at"),
        ({"expression": "x*y", "at": {"x": 1}}, UndefinedAtPoint, "/at"),
        ({"expression": "relu(x)", "at": {"x": 0}}, UndefinedAtPoint, "/at"),
        ({"expression": "log(x)*x", "at": {"x": -1}}, UndefinedAtPoint, "/at"),
        ({"expression": "sqrt(x)", "at": {"x": 0}}, UndefinedAtPoint, "/at"),
        ({"expression": "exp(x)", "at": {"x": 1000}}, UndefinedAtPoint, "/at"),
        ({"expression": "x", "at": {"x": 1}, "seed": "z"}, InputError, "/seed"),
        ({"expression": "x", "at": {"x": 1}, "seed": [1, 2]}, InputError, "/seed"),
        ({"expression": "x", "at": {"x": 1}, "seed": {"x": 1}}, NablaError, "/seed"),
        ({"expression": "x", "at": {"x": 1}, "mode": "forward", "seed": {"z": 1}}, InputError, "/seed/z"),
        ({"expression": "x", "at": {"x": 1}, "mode": "forward", "seed": [1]}, InputError, "/seed"),
        ({"expression": "x", "at": {"x": 1}, "mode": "forward", "seed": {"x": None}}, NablaError, "/seed/x"),
        ({"expression": "x", "at": {"x": 1}, "mode": "forward", "seed": "x[1]"}, InputError, "/seed"),
        (
            {"expression": "x'*x", "variables": {"x": "vector(n)"}, "at": {"x": [1, 2]}, "mode": "forward", "seed": "x[3]"},
            InputError,
            "/seed",
        ),
        ({"expression": "x", "at": {"x": 1}, "mode": "forward", "seed": {"x": "z"}}, NablaError, "/seed/x"),
        (
            {"expression": "tr(U)", "variables": {"U": {"shape": ["n", "n"], "depends_on": ["t"]}}, "at": {"U": [[1]]}},
            InputError,
            "/variables/U",
        ),
    ],
)
def test_what_does_not_fit_is_refused(request_: dict[str, Any], error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as caught:
        plain(**request_)
    assert str(caught.value.pointer).startswith(pointer)


def test_a_wrong_rule_is_refused() -> None:
    with fresh_arena():
        parsed = parse("exp(x)*sin(y)", declare(None))
        graph = computation_graph(parsed.node, [node.parameter for node in parsed.variables.values()])
        rules = local_rules(graph, False)
        assert check_rules(graph, rules).passed
        wrong = parse("1.0001*x_dot*exp(x)", declare(None)).node
        assert to_text(rules["v1"].tangent) == "x_dot*exp(x)"
        assert not check_rules(graph, rules | {"v1": replace(rules["v1"], tangent=wrong)}).passed
        backward = {**rules["f"].contributions, "v1": parse("v1*f_bar", declare(None)).node}
        assert not check_rules(graph, rules | {"f": replace(rules["f"], contributions=backward)}).passed


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_number_is_refused(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """The rules are true, but a sweep goes wrong."""
    monkeypatch.setattr(sweeps, "_finite", lambda array, part, mark: np.asarray(array) + (1e-6 if part.name == "v1" else 0))
    with pytest.raises(CheckFailed):
        plain(**EXAMPLE, mode=mode)


def test_a_wrong_sum_of_contributions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps.build, "add", lambda nodes: nodes[0] if len(nodes) < 2 else number(7))
    with pytest.raises(NablaError):
        plain(**EXAMPLE)
    assert module.TOLERANCE == 1e-9


@pytest.mark.parametrize("operation", [op for op in operations() if op.samples], ids=lambda operation: operation.name)
def test_every_operation_can_be_traced(operation: Operation) -> None:
    for sample in operation.samples:
        with fresh_arena():
            parsed = parse(sample.expression, declare(sample.variables))
            variables = all_variables(parsed)
            sizes = verify.draw_sizes(variables, 0, parsed.sizes)
            point = verify.draw_point(variables, sizes, np.random.default_rng(1), *sample.domain)
            told = {letter for declared in variables.values() for size in declared.shape for letter in str(size).split("*")}
            at = {name: value.tolist() for name, value in point.items()} | {name: int(sizes[name]) for name in set(parsed.sizes) - told}
            scalars = all(declared.shape == SCALAR for declared in variables.values())
        if not parsed.variables or (scalars and len(variables) > 1 and 1 not in parsed.node.shape):
            continue  # nothing to differentiate by, or no matrix of derivatives
        answer = plain(expression=sample.expression, variables=sample.variables, at=at)
        assert all(check["passed"] for check in answer["checks"])


@pytest.mark.parametrize(
    ("expression", "variables", "at"),
    [
        ("sqrt(x)^4", {}, {"x": 0}),
        ("prod(x)", {"x": "vector(3)"}, {"x": [0, 1, 2]}),
        ("det(X)", {"X": "matrix(2,2)"}, {"X": [[1, 1], [1, 1]]}),
    ],
)
def test_where_a_local_derivative_has_no_value_though_the_derivative_exists(expression: str, variables: Any, at: Any) -> None:
    with fresh_arena(), pytest.raises(UndefinedAtPoint, match="though the derivative exists") as raised:
        autodiff({"expression": expression, "variables": variables, "at": at})
    assert "gradient" in str(raised.value.hint)
