"""Derivatives of expm, logm, sqrtm, sinm, cosm, polar and pinv: the forms that people expect, any order, all positions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy import linalg

from service.answers.derivation import derive, values
from service.answers.task import read_task
from service.expression.arena import fresh_arena
from service.expression.products import product, transpose
from service.expression.sums import delta
from service.expression.tensors import Tensor, variable
from service.operations.frechet import commute
from tests import oracle

VARIABLES = {
    "A": "matrix(n,n)",
    "B": "matrix(n,n)",
    "P": "spd(n)",
    "X": "matrix(m,n)",
    "x": "vector(n)",
    "y": "vector(n)",
    "z": "vector(m)",
}
FUNCTIONS = ("expm", "logm", "sqrtm", "sinm", "cosm")

READABLE = [
    ("derivative", "expm(t*A)", "t", 1, "A*expm(t*A)"),
    ("derivative", "expm(t*A)", "t", 2, "A^2*expm(t*A)"),
    ("derivative", "expm(-t*A)*x", "t", 1, "-A*expm(-t*A)*x"),
    ("derivative", "sinm(t*A)", "t", 1, "A*cosm(t*A)"),
    ("derivative", "cosm(t*A)", "t", 2, "-A^2*cosm(t*A)"),
    ("derivative", "logm(t*P)", "t", 1, "eye(n)/t"),
    ("derivative", "sqrtm(t*P)", "t", 1, "P*inv(sqrtm(t*P))/2"),
    ("derivative", "expm(t*(A + s*eye(n)))", "s", 1, "t*expm(t*(A + s*eye(n)))"),
    ("derivative", "expm(A + t*B)", "t", 1, "expm_frechet(A + t*B, B)"),
    ("derivative", "tr(expm(t*A))", "t", 1, "tr(expm(t*A)*A)"),
    ("gradient", "tr(expm(A))", "A", 1, "expm(A)'"),
    ("gradient", "tr(logm(A))", "A", 1, "inv(A)'"),
    ("gradient", "tr(sqrtm(P))", "P", 1, "inv(sqrtm(P))/2"),
    ("gradient", "tr(sinm(A))", "A", 1, "cosm(A)'"),
    ("gradient", "tr(cosm(A))", "A", 1, "-sinm(A)'"),
    ("gradient", "tr(expm(A)*B)", "A", 1, "expm_frechet(A, B)'"),
    ("gradient", "x'*logm(A)*y", "A", 1, "logm_frechet(A, y*x')'"),
    ("gradient", "tr(expm(X'*X))", "X", 1, "2*X*expm(X'*X)"),
    ("gradient", "nuclear_norm(X)", "X", 1, "polar(X)"),
]


def derived(kind: str, expression: str, wrt: str, order: int = 1, **more: Any) -> dict[str, Any]:
    with fresh_arena():
        request = {"expression": expression, "variables": VARIABLES, "wrt": wrt, **({"order": order} if order > 1 else {}), **more}
        return derive(read_task(kind, request))


@pytest.mark.parametrize(("kind", "expression", "wrt", "order", "text"), READABLE)
def test_it_reads_as_in_a_book(kind: str, expression: str, wrt: str, order: int, text: str) -> None:
    assert derived(kind, expression, wrt, order)["result"]["text"] == text


def drawn(seed: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    sizes = {"m": 4, "n": 3}
    arrays = {"t": 0.7, "X": random.uniform(0.2, 1, (4, 3)), "z": random.uniform(0.2, 1, 4)}
    arrays |= {name: random.uniform(0.2, 1, (3, 3)) + 3 * np.eye(3) for name in "ABP"}
    arrays["P"] = arrays["P"] @ arrays["P"].T
    return {**sizes, **arrays, **{name: random.uniform(0.2, 1, 3) for name in "xy"}}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("kind", "pattern", "wrt", "order"),
    [
        ("jacobian", "{}(A)*x", "A", 1),
        ("jacobian", "{}(x*y' + 2*eye(n))*y", "x", 1),
        ("hessian", "x'*{}(A)*y", "A", 2),
        ("hessian", "y'*{}(x*x' + eye(n))*x", "x", 2),
        ("hessian", "tr({}(X'*X + eye(n)))", "X", 2),
        ("derivative", "{}(A)", "A", 1),
        ("derivative", "x'*{}(A + t*B)*y", "t", 3),
        ("derivative", "tr({}(A)*B)", "A", 3),
    ],
)
def test_every_order_is_checked_and_evaluates(function: str, kind: str, pattern: str, wrt: str, order: int) -> None:
    """The service's own checks are differences of each order; the text is evaluated once more by the tests' own evaluator."""
    answer = derived(kind, pattern.format(function), wrt, order)
    assert all(check["passed"] for check in answer["checks"])
    if order < 3:
        point = drawn()
        found = oracle.evaluate(answer["result"]["text"], point)
        at = {name: np.asarray(point[name]).tolist() for name in named(answer)}
        with fresh_arena():
            task = read_task(kind, {"expression": pattern.format(function), "variables": VARIABLES, "wrt": wrt})
            expected = values(answer, task, at)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


def named(answer: dict[str, Any]) -> list[str]:
    return [name for name in ("A", "B", "X", "x", "y") if re.search(rf"\b{name}\b", answer["expression"]["text"])]


def test_the_printed_code_runs() -> None:
    names: dict[str, Any] = {}
    exec(derived("gradient", "x'*expm(A)*y", "A")["result"]["code"]["numpy"], names)
    point = drawn()
    found = names["gradient"](*[point[name] for name in ("x", "A", "y")])
    expected = linalg.expm_frechet(point["A"].T, np.outer(point["x"], point["y"]), compute_expm=False)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("shape", [(2, 4), (4, 2), (3, 3)])
def test_the_hessian_of_the_nuclear_norm(shape: tuple[int, int]) -> None:
    """For tall, wide and square matrices, against second differences of NumPy's norm."""
    random = np.random.default_rng(8)
    C, D = random.standard_normal(shape), random.standard_normal(shape)
    request = {"expression": "nuclear_norm(C)", "variables": {"C": f"matrix({shape[0]},{shape[1]})"}, "wrt": "C"}
    with fresh_arena():
        task = read_task("hessian", request)
        H = np.asarray(values(derive(task), task, {"C": C.tolist()}))

    def second(h: float) -> float:
        return float(sum(weight * np.linalg.norm(C + step * h * D, "nuc") for weight, step in ((1, 1), (-2, 0), (1, -1))) / h**2)

    expected = (4 * second(1e-3) - second(2e-3)) / 3
    assert np.einsum("ijkl,ij,kl", H, D, D) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("expression", "wrt"),
    [
        ("z'*pinv(X)'*x", "X"),
        ("sum(adj(A))", "A"),
        ("sum(softmax_rows(X).*X)", "X"),
        ("vec(X)'*commutation(m,n)'*vec(X')", "X"),
    ],
)
def test_first_and_second_derivatives_of_the_others(expression: str, wrt: str) -> None:
    assert all(check["passed"] for check in derived("hessian", expression, wrt)["checks"])


# --- what commutes --------------------------------------------------------------------------------------------------


@pytest.fixture
def M() -> Tensor:
    return variable("M", ("n", "n"))


def test_what_is_made_of_one_matrix_commutes(M: Tensor) -> None:
    square = product(1, [(M, (0, 1)), (M, (1, 2))], (0, 2))
    t = variable("t")
    assert commute([M, M])
    assert commute([M * t, delta("n"), square + M])
    assert commute([transpose(M), transpose(M) * 3])
    assert commute([product(1, [(M, (2, 0)), (M, (2, 1))], (0, 1))] * 2)


def test_what_need_not_commute_is_doubted(M: Tensor) -> None:
    N = variable("N", ("n", "n"))
    x = variable("x", ("n",))
    assert not commute([M, N])
    assert not commute([M, transpose(M)])
    assert not commute([M, M + N])
    assert not commute([M, product(1, [(x, (0,))], (0, 0))])
    assert not commute([M, product(1, [(x, (0,)), (x, (1,))], (0, 1))])


@pytest.mark.parametrize(
    ("expression", "text"),
    [("max(ones(m,n) + t)", "1"), ("norminf(ones(m,n)*t)", "n*sign(t)"), ("min(t*ones(n))", "1"), ("max(x*ones(m)')", "x == max(x)")],
)
def test_the_extreme_of_equal_entries(expression: str, text: str) -> None:
    assert derived("derivative", expression, "x" if "x*" in expression else "t")["result"]["text"] == text
