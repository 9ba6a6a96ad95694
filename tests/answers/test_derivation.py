"""Derivatives as answers: which axes, in which layout, by which variables, and checks that refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from service.answers.derivation import derive, values
from service.answers.task import read_task
from service.calculus import verify
from service.certificates import Check
from service.errors import CheckFailed, InputError, MathematicsRefuses, NablaError, ShapeMismatch, Undecided, UndefinedAtPoint, UnknownName
from service.expression.arena import fresh_arena
from service.expression.operation import operation
from service.expression.tensors import Tensor
from service.operations.arithmetic import Transpose

VECTORS = {"x": "vector(n)", "y": "vector(n)", "A": "matrix(m,n)", "X": "matrix(m,n)", "b": "vector(m)", "S": "symmetric(n)"}
AT = {
    "x": [1.0, 2.0, 3.0],
    "y": [2.0, 0.5, 1.0],
    "A": [[1.0, 2.0, 0.0], [0.5, 1.0, 3.0]],
    "X": [[2.0, 1.0, 1.0], [0.0, 1.0, 4.0]],
    "b": [1.0, -1.0],
    "S": [[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 4.0]],
    "t": 0.5,
    "s": 2.0,
}


def ask(kind: str, expression: object, wrt: object = None, variables: Any = None, **more: Any) -> dict[str, Any]:
    with fresh_arena():
        return derive(
            read_task(kind, {"expression": expression, "variables": VECTORS if variables is None else variables, "wrt": wrt, **more})
        )


def ask_at(kind: str, expression: object, wrt: object = None, variables: Any = None, at: Any = None, **more: Any) -> Any:
    request = {"expression": expression, "variables": VECTORS if variables is None else variables, "wrt": wrt, **more}
    with fresh_arena():
        task = read_task(kind, request)
        held = {name: value for name, value in AT.items() if name in task.variables}
        return values(derive(task), task, held if at is None else at)


# --- the six cases, and beyond --------------------------------------------------------------------------------------

SHAPES = """
    gradient   | x'*y          | x | [n]       | [3]       | [1, 3]    | [3]
    gradient   | sum(A*x)      | A | [m, n]    | [2, 3]    | [3, 2]    | [2, 3]
    derivative | t^2*s         | t | []        | []        | []        | []
    derivative | t*x           | t | [n]       | [3]       | [3]       | [1, 3]
    derivative | t^2*A         | t | [m, n]    | [2, 3]    | [2, 3]    | [3, 2]
    derivative | (t*x)'        | t | [1, n]    | [1, 3]    | [1, 3]    | [3]
    jacobian   | A*x           | x | [m, n]    | [2, 3]    | [2, 3]    | [3, 2]
    jacobian   | x'*y          | x | [1, n]    | [1, 3]    | [1, 3]    | [3]
    jacobian   | x'*S          | x | [n, n]    | [3, 3]    | [3, 3]    | [3, 3]
    jacobian   | A*x           | A | [m, m, n] | [2, 2, 3] | [2, 2, 3] | [2, 2, 3]
    derivative | A.*X          | X | [m, n, m, n] | [2, 3, 2, 3] | [2, 3, 2, 3] | [2, 3, 2, 3]
    hessian    | norm2(x)^3    | x | [n, n]    | [3, 3]    | [3, 3]    | [3, 3]
    hessian    | normF(X)^2    | X | [m, n, m, n] | [2, 3, 2, 3] | [2, 3, 2, 3] | [2, 3, 2, 3]
"""
SHAPE_ROWS = [[part.strip() for part in line.split("|")] for line in SHAPES.strip().splitlines()]


@pytest.mark.parametrize(("kind", "expression", "by", "shape", "mixed", "numerator", "denominator"), SHAPE_ROWS)
def test_shapes_and_layouts(kind: str, expression: str, by: str, shape: str, mixed: str, numerator: str, denominator: str) -> None:
    result = ask(kind, expression, by)["result"]
    assert str(result["shape"]).replace("'", "") == shape
    for layout, expected in (("mixed", mixed), ("numerator", numerator), ("denominator", denominator)):
        assert str(list(np.shape(ask_at(kind, expression, by, layout=layout)))) == expected, layout


@pytest.mark.parametrize(("kind", "expression", "by"), [row[:3] for row in SHAPE_ROWS if row[3].count(",") < 2])
def test_layouts_hold_the_same_numbers(kind: str, expression: str, by: str) -> None:
    mixed, numerator, denominator = (
        np.squeeze(ask_at(kind, expression, by, layout=name)) for name in ("mixed", "numerator", "denominator")
    )
    for other in (numerator, denominator):
        assert np.array_equal(mixed, other) or np.array_equal(mixed, other.T)


SIX_CASES = [
    # scalar, vector, matrix by scalar, vector, matrix: the derivative with the function's axes first
    ("derivative", "t^2*s", "t", lambda v: 2 * v["t"] * v["s"]),
    ("derivative", "t^2*x", "t", lambda v: 2 * v["t"] * v["x"]),
    ("derivative", "t^2*A", "t", lambda v: 2 * v["t"] * v["A"]),
    ("gradient", "y'*x", "x", lambda v: v["y"]),
    ("jacobian", "A*x", "x", lambda v: v["A"]),
    ("jacobian", "x*b'", "x", lambda v: np.einsum("ik,j->ijk", np.eye(3), v["b"])),
    ("gradient", "b'*A*x", "A", lambda v: np.outer(v["b"], v["x"])),
    ("jacobian", "A*x", "A", lambda v: np.einsum("ik,l->ikl", np.eye(2), v["x"])),
    ("jacobian", "A.*X", "A", lambda v: np.einsum("ij,ik,jl->ijkl", v["X"], np.eye(2), np.eye(3))),
    ("hessian", "x'*S*x", "x", lambda v: 2 * v["S"]),
    ("hessian", "sum(A.^3)", "A", lambda v: np.einsum("ij,ik,jl->ijkl", 6 * v["A"], np.eye(2), np.eye(3))),
]


@pytest.mark.parametrize(("kind", "expression", "by", "formula"), SIX_CASES)
def test_the_six_cases_in_each_layout(kind: str, expression: str, by: str, formula: Any) -> None:
    """numerator: the axes of the function are rows, gradients lie; denominator: the axes of the variable are rows, vectors lie.

    Arrays of more than two axes are in the order function, variable in each layout.
    """
    expected = np.asarray(formula({name: np.asarray(value) for name, value in AT.items()}))
    is_gradient = kind == "gradient"
    lies = {"mixed": False, "numerator": is_gradient, "denominator": not is_gradient}
    for layout, turned in lies.items():
        shape = expected.T if expected.ndim == 2 and turned else expected[None, :] if expected.ndim == 1 and turned else expected
        found = np.asarray(ask_at(kind, expression, by, layout=layout))
        np.testing.assert_allclose(found, shape, rtol=1e-12)
        assert found.shape == shape.shape


def test_a_row_variable_has_a_row_as_its_gradient() -> None:
    result = ask("gradient", "r*y", "r", {"r": {"shape": [1, "n"]}, "y": "vector(n)"})["result"]
    assert (result["text"], result["shape"]) == ("y'", [1, "n"])


# --- by what --------------------------------------------------------------------------------------------------------


def test_left_out_it_is_every_variable_in_order_of_appearance() -> None:
    answer = ask("gradient", "x1^2 + 3*x1*x2 + x2^2", variables={})
    assert answer["wrt"] == ["x1", "x2"]
    assert answer["result"]["entries"] == ["2*x1 + 3*x2", "3*x1 + 2*x2"]
    answer = ask("gradient", "b'*A*x")
    assert list(answer["results"]) == ["b", "A", "x"]
    assert [result["text"] for result in answer["results"].values()] == ["A*x", "b*x'", "A'*b"]


def test_scalars_side_by_side_are_one_array() -> None:
    assert ask("hessian", "x^2*y + y^3", ["x", "y"], {})["result"]["entries"] == [["2*y", "2*x"], ["2*x", "6*y"]]
    assert ask("jacobian", ["x^2*y", "5*x + sin(y)"], ["x", "y"], {})["result"]["entries"] == [["2*x*y", "x^2"], ["5", "cos(y)"]]
    assert np.array_equal(ask_at("gradient", "s^2*t", ["s", "t"], {}), [2.0, 4.0])


def test_a_hessian_by_several_arrays_has_blocks() -> None:
    blocks = ask("hessian", "b'*A*x", ["x", "b"])["results"]
    assert blocks["x"]["b"]["text"] == "A'"
    assert blocks["b"]["x"]["text"] == "A"
    assert {blocks[name][name]["text"] for name in "xb"} == {"zeros(n, n)", "zeros(m, m)"}


def test_a_variable_that_does_not_occur_has_a_zero_derivative() -> None:
    assert ask("gradient", "x'*x", "y")["result"]["text"] == "zeros(n)"
    assert ask("derivative", "x^2", "z", {})["result"]["text"] == "0"


@pytest.mark.parametrize(
    ("kind", "request_", "error", "pointer"),
    [
        ("gradient", {"expression": "A*x", "variables": VECTORS}, MathematicsRefuses, "/expression"),
        ("hessian", {"expression": "A*x", "variables": VECTORS}, MathematicsRefuses, "/expression"),
        ("gradient", {"expression": "theta^2", "wrt": "teta"}, UnknownName, "/wrt"),
        ("gradient", {"expression": "x*y", "wrt": ["x", "y", "x"]}, InputError, "/wrt"),
        ("gradient", {"expression": "x*y", "wrt": []}, InputError, "/wrt"),
        ("gradient", {"expression": "x*y", "wrt": 3}, InputError, "/wrt"),
        ("derivative", {"expression": "x^2", "order": 0}, InputError, "/order"),
        ("derivative", {"expression": "x^2", "order": 99}, InputError, "/order"),
        ("derivative", {"expression": "2 + 3"}, InputError, "/wrt"),
        ("gradient", {"expression": "A*x + y", "variables": VECTORS}, ShapeMismatch, "/expression"),
        ("derivative", {"expression": "9^9^9*x"}, UndefinedAtPoint, "/expression"),
        ("derivative", {"expression": "log(x - x)", "wrt": "x"}, Undecided, ""),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_place(
    kind: str, request_: dict[str, Any], error: type[NablaError], pointer: str
) -> None:
    with pytest.raises(error) as caught, fresh_arena():
        derive(read_task(kind, request_))
    assert caught.value.pointer == pointer


# --- order ----------------------------------------------------------------------------------------------------------


def test_the_order_counts_derivatives() -> None:
    assert ask("derivative", "x^5", "x", {}, order=3)["result"]["text"] == "60*x^2"
    assert ask("derivative", "x^5", "x", {}, order=6)["result"]["text"] == "0"
    assert ask("derivative", "exp(2*x)", "x", {}, order=4)["result"]["text"] == "16*exp(2*x)"
    assert ask("derivative", "x'*S*x", "x", order=2)["result"]["text"] == "2*S"
    third = ask("derivative", "sum(x.^3)", "x", order=3)["result"]
    assert third["shape"] == ["n", "n", "n"]
    assert np.array_equal(ask_at("derivative", "sum(x.^3)", "x", order=3), 6 * np.eye(3)[:, :, None] * np.eye(3)[None])


# --- values ---------------------------------------------------------------------------------------------------------


def test_values_at_one_point_and_at_many() -> None:
    assert np.array_equal(ask_at("gradient", "x1^2 + 3*x1*x2 + x2^2", ["x1", "x2"], {}, {"x1": 1, "x2": 2}), [8, 7])
    several = ask_at("derivative", "x^2", "x", {}, [{"x": 1}, {"x": "5/2"}, {"x": "pi"}])
    assert np.allclose(several, [2, 5, 2 * np.pi])
    by_name = ask_at("gradient", "b'*A*x", ["b", "x"])
    assert np.array_equal(by_name["b"], np.array(AT["A"]) @ AT["x"])
    assert np.array_equal(by_name["x"], np.array(AT["A"]).T @ AT["b"])


@pytest.mark.parametrize(
    ("expression", "at"),
    [("log(x)", {"x": 0}), ("1/x", {"x": 0}), ("sqrt(x)", {"x": -1}), ("exp(x)", {"x": 1000}), ("x*y", {"x": 1})],
)
def test_a_point_without_a_value_is_named(expression: str, at: dict[str, float]) -> None:
    with pytest.raises(UndefinedAtPoint):
        ask_at("derivative", expression, "x", {}, at)


# --- checks ---------------------------------------------------------------------------------------------------------


def test_every_order_is_checked_and_the_text_is_read_back() -> None:
    checks = ask("hessian", "logsumexp(A*x)", "x")["checks"]
    assert [check["name"] for check in checks] == ["finite-differences", "finite-differences-2", "read-back"]
    assert all(check["passed"] and 0 <= check["error"] <= check["tolerance"] for check in checks)


@pytest.mark.parametrize("factor", [Fraction(1001, 1000), -1, 2])
@pytest.mark.parametrize(("kind", "order"), [("gradient", 1), ("hessian", 2)])
def test_a_wrong_rule_cannot_leave_the_house(kind: str, order: int, factor: Fraction | int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule of tanh, a little wrong: each kind of answer is refused by its own check."""
    rule = type(operation("tanh")).derivative

    def wrong(self: Any, y: Tensor, *x: Tensor) -> Any:
        return rule(self, y, *x) * factor

    monkeypatch.setattr(type(operation("tanh")), "derivative", wrong)
    with pytest.raises(CheckFailed, match="finite-differences"):
        ask(kind, "sum(tanh(A*x))", "x")


def test_a_text_that_means_something_else_cannot_leave_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transpose, "text", lambda self, node, argument: argument)
    with pytest.raises(NablaError):
        ask("derivative", "x'*S*y + y'*(A'*A)*x", "A")


def test_a_check_that_cannot_be_made_is_no_success() -> None:
    with pytest.raises(Undecided):
        ask("derivative", "sqrt(-1 - x^2)", "x", {})


def test_the_check_measures_the_error_of_a_derivative(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative error just over the tolerance is refused, just under it is let through, and reported."""
    for part, passes in ((2 * verify.TOLERANCE, False), (verify.TOLERANCE / 4, True)):
        found: list[Check] = []
        with fresh_arena():
            task = read_task("derivative", {"expression": "x^3", "variables": {}, "wrt": "x"})
            other = read_task("derivative", {"expression": f"{1 + part!r}*3*x^2", "variables": {}, "wrt": "x"})
            found.append(verify.check_derivative(task.parsed.node, other.parsed.node, ["x"], task.variables, "finite-differences"))
        assert found[0].passed == passes
        assert found[0].error == pytest.approx(part, rel=0.2)


# --- structure, and other forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "kind", "text"),
    [
        ("x'*S*x", "symmetric(n)", "2*S*x"),
        ("x'*S*x", "matrix(n,n)", "(S + S')*x"),
        ("x'*S*x", "diagonal(n)", "2*S*x"),
        ("x'*inv(S)*x", "spd(n)", "2*inv(S)*x"),
    ],
)
def test_what_is_declared_is_used(expression: str, kind: str, text: str) -> None:
    assert ask("gradient", expression, "x", {"x": "vector(n)", "S": kind})["result"]["text"] == text


def test_the_kronecker_form_stacks_columns() -> None:
    result = ask("derivative", "A*X*B", "X", {"A": "matrix(p,m)", "X": "matrix(m,n)", "B": "matrix(n,q)"}, vectorized=True)["result"]
    assert (result["form"], result["text"]) == ("kronecker", "kron(B', A)")
    assert [str(size) for size in result["shape"]] == ["p*q", "m*n"]


def test_the_form_is_named() -> None:
    assert ask("gradient", "x'*y", "x")["result"]["form"] == "matrix"
    assert ask("derivative", "A*x", "A")["result"]["form"] == "einsum"
    assert ask("gradient", "s*t", None, {})["result"]["form"] == "entries"


def test_the_same_request_gives_the_same_bytes() -> None:
    first = ask("hessian", "log(det(A*A' + b*b'))", ["A", "b"])
    ask("gradient", "tr(X'*A)", "X")
    assert ask("hessian", "log(det(A*A' + b*b'))", ["A", "b"]) == first


def test_components_that_repeat_each_other_are_written_together() -> None:
    """Each of 200 partial derivatives of a product names 199 factors; the text shares their parts."""
    result = ask("gradient", "*".join(f"x{k}" for k in range(200)), None, {})["result"]
    assert result["entries"] is None
    assert len(result["text"]) < 10_000
    assert " where t0 = " in result["text"]
