"""Derivatives by symmetric and diagonal matrices in the three conventions, by formulas of the literature and by differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers import derivation
from service.answers.task import read_task
from service.calculus import structure as structures
from service.calculus.structure import DUPLICATED, INDEPENDENT, PROJECTED, STRUCTURES, structured, structured_value
from service.errors import CheckFailed, InputError
from service.expression.arena import fresh_arena
from service.expression.tensors import variable
from service.operations.leaves import Variable
from tests.operations.tensor_values import TensorValues

Array = np.ndarray[Any, Any]
VARIABLES = {"S": "symmetric(n)", "P": "spd(n)", "D": "diagonal(n)", "A": "matrix(n,n)", "x": "vector(n)", "y": "vector(n)"}

TEXTS = [
    ("tr(S*A)", "S", "A'", "(A + A')/2", "A + A' - diag(diag(A))"),
    ("x'*S*y", "S", "x*y'", "(x*y' + y*x')/2", "x*y' + y*x' - diag(x.*y)"),
    ("x'*S*x", "S", "x*x'", "x*x'", "2*x*x' - diag(x.^2)"),
    ("logdet(P)", "P", "inv(P)", "inv(P)", "2*inv(P) - diag(diag(inv(P)))"),
    ("det(P)", "P", "det(P)*inv(P)", "det(P)*inv(P)", "det(P)*(2*inv(P) - diag(diag(inv(P))))"),
    ("tr(D*A)", "D", "A'", "diag(diag(A))", "diag(diag(A))"),
    ("x'*D*y", "D", "x*y'", "diag(x.*y)", "diag(x.*y)"),
]


def task_of(kind: str, expression: str, wrt: Any, structure: str | None, **more: Any) -> Any:
    request = {"expression": expression, "variables": VARIABLES, "wrt": wrt, **more}
    return read_task(kind, request if structure is None else {**request, "structure": structure})


@pytest.mark.parametrize(("expression", "wrt", "independent", "projected", "duplicated"), TEXTS)
def test_the_formulas(expression: str, wrt: str, independent: str, projected: str, duplicated: str) -> None:
    """Petersen and Pedersen, The Matrix Cookbook, section 2.8.2, equations 138 to 142."""
    for structure, text in zip(STRUCTURES, (independent, projected, duplicated), strict=True):
        with fresh_arena():
            answer = derivation.derive(task_of("gradient", expression, wrt, structure))
        assert answer["result"]["text"] == text
        assert answer["structure"] == structure
        assert ("structured-differences" in [check["name"] for check in answer["checks"]]) == (structure != INDEPENDENT)


def test_the_answer_says_which_convention_is_the_default() -> None:
    with fresh_arena():
        assert derivation.derive(task_of("gradient", "tr(S*A)", "S", None))["structure"] == INDEPENDENT
        assert "structure" not in derivation.derive(task_of("gradient", "tr(S*A)", "A", None))


def function(expression: str, at: dict[str, Any]) -> float:
    values = {name: np.asarray(value, dtype=float) for name, value in at.items()}
    S = values.get("S", values.get("P", values.get("D")))
    x, y, A = values["x"], values["y"], values["A"]
    formulas = {
        "tr(S*A*S)": lambda: np.trace(S @ A @ S),
        "x'*inv(P)*y": lambda: x @ np.linalg.inv(S) @ y,
        "tr(D*A*D*A)": lambda: np.trace(S @ A @ S @ A),
    }
    return float(formulas[expression]())


def basis(kind: str, size: int) -> list[Array]:
    """The directions of the free entries x_ij, i ≤ j."""
    found = []
    for i in range(size):
        for j in range(i, size):
            direction = np.zeros((size, size))
            direction[i, j] = direction[j, i] = 1
            if kind != "D" or i == j:
                found.append(direction)
    return found


@pytest.mark.parametrize(("expression", "wrt"), [("tr(S*A*S)", "S"), ("x'*inv(P)*y", "P"), ("tr(D*A*D*A)", "D")])
def test_both_orders_by_the_free_entries(expression: str, wrt: str) -> None:
    """duplicated: the entry i,j,k,l is ∂²f/∂x_ij ∂x_kl; projected: contracted with symmetric directions, df and d²f."""
    random = np.random.default_rng(4)
    X = random.uniform(0.5, 1, (3, 3))
    X = np.diag(np.diag(X)) if wrt == "D" else X @ X.T + np.eye(3)
    at = {wrt: X, "A": random.uniform(0, 1, (3, 3)), "x": random.uniform(0, 1, 3), "y": random.uniform(0, 1, 3)}
    used = {name: np.asarray(value).tolist() for name, value in at.items() if name in expression}
    found = {}
    for structure in (PROJECTED, DUPLICATED):
        for kind in ("gradient", "hessian"):
            with fresh_arena():
                task = task_of(kind, expression, wrt, structure)
                found[structure, kind] = np.asarray(derivation.values(derivation.derive(task), task, used))

    def moved(*steps: tuple[float, Array]) -> float:
        return function(expression, {**at, wrt: X + sum((h * direction for h, direction in steps), np.zeros((3, 3)))})

    h = 1e-4
    for one in basis(wrt, 3):
        first = (moved((h, one)) - moved((-h, one))) / (2 * h)
        i, j = np.argwhere(one)[0]
        assert found[DUPLICATED, "gradient"][i, j] == pytest.approx(first, rel=1e-5, abs=1e-6)
        assert found[DUPLICATED, "gradient"][j, i] == pytest.approx(found[DUPLICATED, "gradient"][i, j])
        assert np.sum(found[PROJECTED, "gradient"] * one) == pytest.approx(first, rel=1e-5, abs=1e-6)
        for other in basis(wrt, 3):
            corners = [sign * other_sign * moved((sign * h, one), (other_sign * h, other)) for sign in (1, -1) for other_sign in (1, -1)]
            second = sum(corners) / (4 * h**2)
            m, n = np.argwhere(other)[0]
            assert found[DUPLICATED, "hessian"][i, j, m, n] == pytest.approx(second, rel=1e-4, abs=1e-4)
            assert np.einsum("ijkl,ij,kl", found[PROJECTED, "hessian"], one, other) == pytest.approx(second, rel=1e-4, abs=1e-4)


def test_a_projected_gradient_has_the_structure() -> None:
    with fresh_arena():
        task = task_of("gradient", "x'*inv(P)*y", "P", PROJECTED)
        G = derivation.values(derivation.derive(task), task, {"P": [[2, 1], [1, 3]], "x": [1, 2], "y": [3, -1]})
    np.testing.assert_allclose(G, np.transpose(G), rtol=1e-12)


@pytest.mark.parametrize("layout", ["mixed", "numerator", "denominator"])
@pytest.mark.parametrize("form", ["automatic", "kronecker"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_layouts_and_forms_go_with_it(layout: str, form: str, structure: str) -> None:
    with fresh_arena():
        for kind, expression in (("gradient", "x'*S*y"), ("jacobian", "S*x"), ("hessian", "tr(S*A*S)")):
            answer = derivation.derive(task_of(kind, expression, "S", structure, layout=layout, form=form))
            assert all(check["passed"] for check in answer["checks"])


def test_steps_end_in_the_convention() -> None:
    with fresh_arena():
        steps = derivation.derive(task_of("gradient", "x'*S*y", "S", DUPLICATED, steps=True))["steps"]
    assert steps[-1]["after"]["text"] == "x*y' + y*x' - diag(x.*y)"
    assert "free entries" in steps[-1]["text"]


def test_it_is_refused_where_nothing_has_a_structure() -> None:
    with fresh_arena(), pytest.raises(InputError) as caught:
        task_of("gradient", "x'*S*y", "x", PROJECTED)
    assert caught.value.pointer == "/structure"


def test_a_wrong_convention_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(tensor: Any, declared: Any, structure: str) -> Any:
        return structures.structured(tensor, declared, PROJECTED)

    monkeypatch.setattr(derivation, "structured", wrong)
    with fresh_arena(), pytest.raises(CheckFailed):
        derivation.derive(task_of("gradient", "x'*S*y", "S", DUPLICATED))


@pytest.mark.parametrize("kind", ["symmetric", "diagonal"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_tensors_and_values_agree(kind: str, structure: str) -> None:
    declared = Variable("X", ("n", "n"), frozenset({"symmetric", kind}))
    value = np.random.default_rng(1).standard_normal((4, 3, 3))
    with fresh_arena():
        tensor = structured(variable("G", ("m", "n", "n")), declared, structure)
        expected = TensorValues({"G": value}, {"m": 4, "n": 3})(tensor)
    np.testing.assert_allclose(structured_value(value, 0, declared, structure), expected)
    np.testing.assert_allclose(structured_value(np.moveaxis(value, 0, 2), 1, declared, structure), np.moveaxis(expected, 0, 2))


def test_independent_entries_are_independent() -> None:
    """With S' = S used before the derivative is taken, the derivative of tr(S'*A) by S would be that of tr(S*A)."""
    for expression, text in (("tr(S*A)", "A'"), ("tr(S'*A)", "A"), ("x'*S'*y", "y*x'")):
        request = {"expression": expression, "variables": {"S": "symmetric(n)", "A": "matrix(n,n)", "x": "vector(n)", "y": "vector(n)"}}
        with fresh_arena():
            assert derivation.derive(read_task("gradient", {**request, "wrt": "S"}))["result"]["text"] == text


SWEEP = """
    logdet(M) | normF(M - A)^2 | tr(M^3) | sum(exp(M)) | sum(diag(M).^2) | tr(expm(M)) | norm2(M*x) | logsumexp(M*x) | normF(pinv(M))
    tr(M)*det(M) | tr(A'*M*A*M) | x'*(M.*A)*y | M*x | M*A*M | inv(M) | M' | diag(M) | vec(M) | kron(M, x) | x*x'*M
"""


@pytest.mark.parametrize("expression", [text.strip() for line in SWEEP.strip().splitlines() for text in line.split("|")])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_conventions_layouts_and_forms_go_together(expression: str, structure: str) -> None:
    """Each answer is checked along directions with the structure, and says which convention was used."""
    for name in "SPD":
        for order, form, layout in ((1, "einsum", "denominator"), (2, "kronecker", "mixed"), (2, "structured", "numerator")):
            with fresh_arena():
                task = task_of("derivative", expression.replace("M", name), name, structure, order=order, form=form, layout=layout)
                answer = derivation.derive(task)
            assert answer["structure"] == structure
            assert all(check["passed"] for check in answer["checks"])


def test_a_trace_counts_what_a_stacked_axis_has() -> None:
    """Σ_k G[k,k] is not taken while vec still needs the diagonal: once written tr(G)*vec(eye(n))."""
    with fresh_arena():
        answer = derivation.derive(task_of("derivative", "normF(pinv(D))", "D", PROJECTED, order=2, form="kronecker"))
    assert "tr(" not in answer["result"]["text"]
