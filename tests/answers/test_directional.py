"""Products with derivatives: the same as the derivative's own value times the direction, and never a matrix on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers import derivation, directional
from service.answers.directional import derive_product, product_values, read_product
from service.answers.task import read_task
from service.errors import CheckFailed, InputError, MathematicsRefuses, MatrixFormatError, NablaError, ShapeMismatch, UndefinedAtPoint
from service.expression.arena import fresh_arena
from service.expression.nodes import in_order
from service.expression.shapes import axes

VARIABLES = {
    "A": "matrix(m,n)",
    "x": "vector(n)",
    "b": "vector(m)",
    "U": "matrix(m,r)",
    "V": "matrix(n,r)",
    "T": "matrix(m,n)",
    "S": "spd(n)",
    "K": {"shape": ["n", "n"], "depends_on": ["t"]},
}


def point(*names: str) -> dict[str, Any]:
    random = np.random.default_rng(6)
    shapes = {"A": (3, 2), "x": (2,), "b": (3,), "U": (3, 2), "V": (2, 2), "T": (3, 2), "S": (2, 2), "s": (), "t": ()}
    values = {name: random.uniform(0.2, 1, shapes[name]) for name in shapes}
    values["S"] = values["S"] @ values["S"].T + np.eye(2)
    return {name: values[name].tolist() for name in names}


def found(
    expression: Any, wrt: Any, product: dict[str, Any], at: Any, kind: str = "jacobian", variables: Any = VARIABLES
) -> tuple[dict[str, Any], Any]:
    with fresh_arena():
        task = read_task(kind, {"expression": expression, "variables": variables, "wrt": wrt})
        asked = read_product(task, product)
        answer = derive_product(task, asked)
        return answer, product_values(answer, task, asked, at)


def whole(kind: str, expression: Any, wrt: Any, at: Any) -> Any:
    with fresh_arena():
        task = read_task(kind, {"expression": expression, "variables": VARIABLES, "wrt": wrt})
        return derivation.values(derivation.derive(task), task, at)


TEXTS = [
    ("hessian", "norm2(A*x - b)^2/2", "x", {"hvp": {"x": [1, -1]}}, "A'*A*dx"),
    ("hessian", "sum(log(1 + exp(A*x)))", "x", {"hvp": {"x": [1, 2]}}, "A'*(sigmoid(A*x).*(1 - sigmoid(A*x)).*(A*dx))"),
    ("hessian", "normF(T - U*V')^2", "U", {"hvp": {"U": [[1, 0], [0, 1], [1, 1]]}}, "2*dU*V'*V"),
    ("hessian", "logdet(S)", "S", {"hvp": {"S": [[1, 2], [2, 0]]}}, "-inv(S)*dS*inv(S)"),
    ("jacobian", "tanh(A*x)", "x", {"jvp": {"x": [1, -1]}}, "(1 - tanh(A*x).^2).*(A*dx)"),
    ("jacobian", "tanh(A*x)", "x", {"vjp": [1, 2, 3]}, "A'*(u.*(1 - tanh(A*x).^2))"),
    ("jacobian", "tanh(A*x)", "A", {"jvp": {"A": [[1, 0], [0, 1], [1, 1]]}}, "(1 - tanh(A*x).^2).*(dA*x)"),
    ("jacobian", "x'*A'", "x", {"jvp": {"x": [1, -1]}}, "dx'*A'"),
    ("jacobian", "A*x*x'", "x", {"vjp": [[1, 2], [3, 4], [5, 6]]}, "(u'*A + A'*u)*x"),
]


def contracted(kind: str, expression: str, wrt: str, product: dict[str, Any], at: dict[str, Any]) -> Any:
    """From the whole derivative."""
    ((name, given),) = product.items()
    derivative = np.asarray(whole(kind, expression, wrt, at))
    if name == "vjp":
        weights = np.asarray(given)
        return np.tensordot(weights, derivative, weights.ndim)
    direction = np.asarray(given[wrt])
    return np.tensordot(derivative, direction, direction.ndim)


@pytest.mark.parametrize(("kind", "expression", "wrt", "product", "text"), TEXTS)
def test_it_reads_well_and_is_the_derivative_times_the_direction(
    kind: str, expression: str, wrt: str, product: dict[str, Any], text: str
) -> None:
    at = point(*[name for name in ("A", "x", "b", "U", "V", "T", "S") if name in expression])
    answer, value = found(expression, wrt, product, at, kind)
    assert answer["kind"] == next(iter(product))
    assert answer["result"]["text"] == text
    assert all(check["passed"] for check in answer["checks"])
    np.testing.assert_allclose(np.squeeze(value), np.squeeze(contracted(kind, expression, wrt, product, at)), rtol=1e-10)


def test_no_part_of_it_is_a_matrix() -> None:
    """Of a logistic loss with N rows, nothing has two axes but the data."""
    with fresh_arena():
        task = read_task("hessian", {"expression": "sum(log(1 + exp(A*x)))", "variables": VARIABLES, "wrt": "x"})
        asked = read_product(task, {"hvp": {"x": [1, 2]}})
        node = directional.Products(task, asked.directions).hvp()["x"][0]
        assert {part.parameter.name for part in in_order([node]) if len(axes(part.shape)) == 2 and not part.arguments} == {"A"}
        assert {part.operation.name for part in in_order([node]) if len(axes(part.shape)) == 2 and part.arguments} <= {"transpose"}


def test_scalars_side_by_side() -> None:
    at = {"p": 1, "q": 2}
    answer, value = found("p^2*q + sin(q)", ["p", "q"], {"hvp": {"p": 1, "q": 2}}, at, "hessian")
    np.testing.assert_allclose(value, np.asarray(whole("hessian", "p^2*q + sin(q)", ["p", "q"], at)) @ [1, 2])
    assert answer["introduced"] == {"dp": "scalar", "dq": "scalar"}
    functions = ["p^2*q", "sin(q)", "p + q"]
    J = np.asarray(whole("jacobian", functions, ["p", "q"], at))
    np.testing.assert_allclose(found(functions, ["p", "q"], {"jvp": {"p": 1, "q": 2}}, at)[1], J @ [1, 2])
    np.testing.assert_allclose(found(functions, ["p", "q"], {"vjp": [1, 2, 3]}, at)[1], J.T @ [1, 2, 3])
    np.testing.assert_allclose(found(functions, ["p", "q"], {"jvp": {"q": 1}}, at)[1], J[:, 1])


def test_several_arrays() -> None:
    at = point("A", "x")
    answer, value = found("tanh(A*x)", ["x", "A"], {"vjp": [1, 2, 3]}, at)
    assert set(answer["results"]) == set(value) == {"x", "A"}
    both = {"jvp": {"x": [1, 2], "A": [[1, 0], [0, 1], [1, 1]]}}
    _, together = found("tanh(A*x)", ["x", "A"], both, at)
    apart = [found("tanh(A*x)", name, {"jvp": {name: both["jvp"][name]}}, at)[1] for name in ("x", "A")]
    np.testing.assert_allclose(together, sum(apart))
    _, blocks = found("sum(tanh(A*x))", ["x", "A"], {"hvp": {"x": [1, 2]}}, at, "hessian")
    assert np.shape(blocks["x"]) == (2,)
    assert np.shape(blocks["A"]) == (3, 2)


def test_many_points_one_direction() -> None:
    _, values = found("x'*x*x", "x", {"jvp": {"x": [1, 0]}}, [{"x": [1, 2]}, {"x": [0, 1]}])
    np.testing.assert_allclose(values, [[7, 4], [1, 0]])


def test_what_depends_on_a_scalar_moves_with_it() -> None:
    answer, _ = found("tr(K*K)*x", "t", {"jvp": {"t": 2}}, [])
    assert answer["result"]["text"] == "2*dt*tr(K*dK_dt)*x"


@pytest.mark.parametrize("structure", ["independent", "projected", "duplicated"])
def test_products_by_a_symmetric_matrix_keep_to_the_convention(structure: str) -> None:
    at = {**point("S", "x"), "y": [2, 1]}
    expression = "x'*inv(S)*inv(S)*[y[1], y[2]]"
    variables = {**VARIABLES, "y": "vector(2)", "x": "vector(2)", "S": "spd(2)"}
    direction = [[1, 2], [2, -1]]
    with fresh_arena():
        task = read_task("hessian", {"expression": expression, "variables": variables, "wrt": "S", "structure": structure})
        asked = read_product(task, {"hvp": {"S": direction}})
        answer = derive_product(task, asked)
        value = np.asarray(product_values(answer, task, asked, at))
        H = np.asarray(derivation.values(derivation.derive(task), task, at))
    weights = np.triu(direction) if structure == "duplicated" else np.asarray(direction)
    np.testing.assert_allclose(value, np.tensordot(H, weights, 2), rtol=1e-9)


def test_weights_by_a_symmetric_matrix_with_independent_entries() -> None:
    """S' by S is not S by S, though S' = S."""
    at = point("S", "x")
    for expression in ("S'*x", "S*x", "S*S'*x"):
        _, value = found(expression, "S", {"vjp": [1, 2]}, at)
        np.testing.assert_allclose(value, np.tensordot([1, 2], whole("jacobian", expression, "S", at), 1), rtol=1e-10)


REFUSED: list[tuple[str, Any, Any, type[NablaError], str]] = [
    ("A*x", {"jvp": {"x": [1, 2]}, "vjp": [1]}, {}, InputError, "/product"),
    ("A*x", {"jvp": [1, 2]}, {}, InputError, "/product/jvp"),
    ("A*x", {"jvp": {}}, {}, InputError, "/product/jvp"),
    ("A*x", {"jvp": {"z": [1, 2]}}, {}, InputError, "/product/jvp/z"),
    ("A*x", {"jvp": {"x": [1, None]}}, {}, MatrixFormatError, "/product/jvp/x/1"),
    ("A*x", {"vjp": [[1], [2, 3]]}, {}, MatrixFormatError, "/product/vjp/1"),
    ("A*x", {"hvp": {"x": [1, 2]}}, {}, MathematicsRefuses, "/product/hvp"),
    ("A*x", {"jvp": {"x": [1, 2, 3]}}, {"A": [[1, 2]], "x": [1, 2]}, ShapeMismatch, "/product/jvp/x"),
    ("A*x", {"vjp": [1, 2]}, {"A": [[1, 2], [3, 4], [5, 6]], "x": [1, 2]}, ShapeMismatch, "/product/vjp"),
    ("relu(A*x)", {"jvp": {"x": [1, 2]}}, {"A": [[1, 2], [3, 4]], "x": [0, 0]}, UndefinedAtPoint, "/at"),
    ("A*x", {"jvp": {"x": [1, 2]}}, {"A": [[1, 2]]}, UndefinedAtPoint, "/at"),
    ("log(x)", {"jvp": {"x": [1, 2]}}, {"x": [1, -2]}, UndefinedAtPoint, "/at"),
]


@pytest.mark.parametrize(("expression", "product", "at", "error", "pointer"), REFUSED)
def test_what_does_not_fit_is_refused_in_its_place(expression: str, product: Any, at: Any, error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as caught:
        found(expression, "x", product, at)
    assert caught.value.pointer == pointer


def test_a_direction_has_the_properties_of_its_variable() -> None:
    with pytest.raises(MathematicsRefuses) as caught:
        found("logdet(S)", "S", {"hvp": {"S": [[1, 5], [0, 1]]}}, point("S"), "hessian")
    assert caught.value.pointer == "/product/hvp/S"


def test_the_direction_gets_a_free_name() -> None:
    variables = {"x": "vector(n)", "dx": "vector(n)"}
    answer, value = found("x'*dx", "x", {"jvp": {"x": [1, 2]}}, {"x": [1, 1], "dx": [3, 4]}, "jacobian", variables)
    assert answer["introduced"] == {"d_x": "vector(n)"}
    assert value == 11


def test_a_wrong_product_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = directional.differential_of
    monkeypatch.setattr(directional, "differential_of", lambda *arguments: right(*arguments) * 2)
    with pytest.raises(CheckFailed):
        found("tanh(A*x)", "x", {"jvp": {"x": [1, 2]}}, point("A", "x"))
