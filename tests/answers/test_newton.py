"""Newton steps: each form of the Hessian solves to what the dense one gives, singular ones are refused, the check can fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers import derivation
from service.answers import newton as newtons
from service.answers.newton import newton
from service.answers.task import read_task
from service.calculus.core import core_of
from service.calculus.lower import lower
from service.calculus.total import total_derivatives
from service.errors import CheckFailed, MathematicsRefuses, SingularMatrix, UndefinedAtPoint
from service.expression.arena import fresh_arena

VARIABLES = {
    "A": "matrix(m,n)",
    "x": "vector(n)",
    "z": "vector(n)",
    "b": "vector(m)",
    "U": "matrix(m,r)",
    "V": "matrix(n,r)",
    "T": "matrix(m,n)",
    "M": "matrix(m,n)",
    "P": "matrix(m,m)",
    "Q": "matrix(r,r)",
    "S": "spd(n)",
    "D": "diagonal(n)",
}
SHAPES = {"A": (4, 3), "x": (3,), "z": (3,), "b": (4,), "U": (4, 2), "V": (3, 2), "T": (4, 3), "M": (4, 3), "P": (4, 4), "Q": (2, 2)}

FORMS = [
    ("norm2(A*x - b)^2/2", "x", "dense"),
    ("sum(exp(x)) - z'*x", "x", "entries"),
    ("sum(exp(U)) + normF(U)^2", "U", "entries"),
    ("normF(T - U*V')^2", "U", "rows"),
    ("normF(T - U*V')^2", "V", "rows"),
    ("normF(T - U*V')^2 + 3*normF(U)^2", "U", "rows"),
    ("normF(M.*(T - U*V'))^2", "U", "rows"),
    ("normF(A - P*T)^2", "T", "columns"),
    ("normF(M.*(A - P*T))^2 + normF(T)^2", "T", "columns"),
    ("normF(P*U)^2 + normF(U*Q)^2 + sum(U)", "U", "sum"),
    ("normF(P*U)^2 + normF(U*Q)^2 + normF(U)^2 + sum(U)", "U", "sum"),
    ("normF(P*U*Q)^2 + sum(U)", "U", "dense"),
    ("normF(U)^4 + sum(U)", "U", "dense"),
]


def point(names: str) -> dict[str, Any]:
    random = np.random.default_rng(11)
    values = {name: random.uniform(0.5, 1.5, shape) for name, shape in SHAPES.items()}
    return {name: values[name].tolist() for name in SHAPES if name in names}


def stepped(expression: str, wrt: Any, at: Any) -> tuple[Any, list[dict[str, Any]]]:
    with fresh_arena():
        return newton(read_task("hessian", {"expression": expression, "variables": VARIABLES, "wrt": wrt}), at)


def whole(kind: str, expression: str, wrt: str, at: Any) -> Any:
    with fresh_arena():
        task = read_task(kind, {"expression": expression, "variables": VARIABLES, "wrt": wrt})
        return np.asarray(derivation.values(derivation.derive(task), task, at))


@pytest.mark.parametrize(("expression", "wrt", "form"), FORMS)
def test_each_form_gives_what_the_dense_hessian_gives(expression: str, wrt: str, form: str) -> None:
    at = point(expression)
    found, checks = stepped(expression, wrt, at)
    assert found["method"] == form
    assert ("cores" in found) == (form != "dense")
    assert all(check["passed"] for check in checks)
    g, H = whole("gradient", expression, wrt, at), whole("hessian", expression, wrt, at)
    dense = H.reshape(g.size, g.size)
    np.testing.assert_allclose(found["step"], np.linalg.solve(dense, -g.ravel()).reshape(g.shape), rtol=1e-8, atol=1e-10)
    assert found["condition_number"] == pytest.approx(np.linalg.cond(dense), rel=1e-6)
    slope = float(np.sum(g * found["step"]))
    assert found["descent"] == (slope < 0)
    if slope <= 0:
        assert found["decrement"] == pytest.approx(np.sqrt(-slope))


def test_the_core_is_shown() -> None:
    found, _ = stepped("normF(T - U*V')^2", "U", point("TUV"))
    assert [core["text"] for core in found["cores"]] == ["2*V'*V"]


def test_a_quadratic_is_solved_by_one_step() -> None:
    at = point("Axb")
    found, _ = stepped("norm2(A*x - b)^2", "x", at)
    solution = np.linalg.lstsq(np.array(at["A"]), np.array(at["b"]), rcond=None)[0]
    np.testing.assert_allclose(np.array(at["x"]) + found["step"], solution, rtol=1e-8)


@pytest.mark.parametrize(
    ("expression", "wrt", "solution"), [("tr(S*S) - 2*tr(S)", "S", np.eye(2)), ("tr(D*D*D) - 3*tr(D)", "D", np.eye(2))]
)
def test_a_structured_matrix_keeps_its_structure(expression: str, wrt: str, solution: Any) -> None:
    at = {wrt: [[1.2, 0.1 if wrt == "S" else 0], [0.1 if wrt == "S" else 0, 0.9]]}
    for _ in range(6):
        found, _ = stepped(expression, wrt, at)
        np.testing.assert_array_equal(found["step"], np.transpose(found["step"]))
        at = {wrt: (np.array(at[wrt]) + found["step"]).tolist()}
    np.testing.assert_allclose(at[wrt], solution, atol=1e-10)


def test_several_variables_move_together() -> None:
    at = {"x": [1, 2, 0], "z": [3, 1, 1]}
    found, _ = stepped("norm2(x - z)^2 + norm2(x)^2 + norm2(z - 1)^2", ["x", "z"], at)
    np.testing.assert_allclose(np.array(at["x"]) + found["step"]["x"], [1 / 3] * 3)
    np.testing.assert_allclose(np.array(at["z"]) + found["step"]["z"], [2 / 3] * 3)


def test_scalars_side_by_side_and_many_points() -> None:
    found, _ = stepped("p^2 + p*q + q^2 - 3*p", ["p", "q"], [{"p": 0, "q": 0}, {"p": 5, "q": 1}])
    np.testing.assert_allclose([found[0]["step"], found[1]["step"]], [[2, -1], [-3, -2]])


def test_a_hessian_too_large_in_parts_is_built_by_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """X'*diag(w)*X with many rows: diag(w) would be over the limit."""
    random = np.random.default_rng(2)
    at = {"A": random.standard_normal((1100, 3)).tolist(), "x": [0.1, 0.2, 0.3]}
    found, checks = stepped("sum(log(1 + exp(A*x))) + norm2(x)^2", "x", at)
    X = np.array(at["A"])
    s = 1 / (1 + np.exp(-X @ at["x"]))
    expected = np.linalg.solve((X.T * (s * (1 - s))) @ X + 2 * np.eye(3), -(X.T @ s + 2 * np.array(at["x"])))
    np.testing.assert_allclose(found["step"], expected, rtol=1e-9)
    assert all(check["passed"] for check in checks)


@pytest.mark.parametrize(
    ("expression", "wrt", "at"), [("x'*x*0 + x'*z", "x", point("xz")), ("(z'*x)^2", "x", point("xz")), ("s^4", "s", {"s": 0})]
)
def test_a_singular_hessian_is_refused(expression: str, wrt: str, at: Any) -> None:
    with pytest.raises(SingularMatrix):
        stepped(expression, wrt, at)


def test_where_there_is_no_derivative_there_is_no_step() -> None:
    with pytest.raises(UndefinedAtPoint):
        stepped("abs(s) + s^2", "s", {"s": 0})
    with pytest.raises(UndefinedAtPoint):
        stepped("log(s) + s^2", "s", {"s": -1})
    with fresh_arena(), pytest.raises(MathematicsRefuses):
        newton(read_task("hessian", {"expression": "f^2*t", "variables": {"f": {"shape": [], "depends_on": ["t"]}}, "wrt": "t"}), {"t": 1})


def test_a_saddle_is_told() -> None:
    found, _ = stepped("p^2 - q^2", ["p", "q"], {"p": 0, "q": 1})
    assert found["descent"] is False
    assert found["decrement"] is None


def test_a_wrong_step_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = newtons.solve

    def wrong(*arguments: Any) -> Any:
        step, condition = right(*arguments)
        return step * (1 + 1e-6), condition

    monkeypatch.setattr(newtons, "solve", wrong)
    for expression, wrt in (("normF(T - U*V')^2", "U"), ("norm2(A*x - b)^2", "x")):
        with pytest.raises(CheckFailed, match="newton-residual"):
            stepped(expression, wrt, point(expression))


def test_forms_are_told_from_the_hessian_alone() -> None:
    with fresh_arena():
        for expression, wrt, form in FORMS:
            task = read_task("hessian", {"expression": expression, "variables": VARIABLES, "wrt": wrt})
            ((gradient,), _) = total_derivatives(lower(task.parsed.node), task.targets.variables, [])
            ((hessian,), _) = total_derivatives(gradient, task.targets.variables, [])
            assert core_of(hessian).form == form
