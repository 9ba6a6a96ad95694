"""Kinks are named in the checks, refused at a point, undecided beside it, and none where the function is smooth all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers import derivation
from service.answers.task import read_task
from service.errors import Undecided, UndefinedAtPoint
from service.expression.arena import fresh_arena

VARIABLES = {"x": "vector(n)", "y": "vector(n)", "W": "matrix(m,n)", "b": "vector(m)", "A": "matrix(n,n)"}
IDENTITY = [[1, 0], [0, 1]]

ON_A_KINK: list[tuple[str, str, dict[str, Any], str]] = [
    (
        "sum(relu(W*x + b))",
        "x",
        {"W": [[1, 2], [3, -3]], "x": [1, 1], "b": [0.5, 0]},
        "relu has a kink where its argument is 0: entry 2 of W*x + b is 0 at this point",
    ),
    ("abs(s)", "s", {"s": 0}, "abs has a kink where its argument is 0: s is 0 at this point"),
    ("sign(s)", "s", {"s": 0}, "sign has a kink where its argument is 0"),
    ("step(s)*2", "s", {"s": 0}, "step has a kink where its argument is 0"),
    ("floor(2*s)", "s", {"s": 1.5}, "floor has a kink where its argument is a whole number: 2*s is 3"),
    ("ceil(s)", "s", {"s": 1}, "ceil has a kink where its argument is a whole number"),
    ("max(s, t)", "s", {"s": 1.5, "t": 1.5}, "max has a kink where the extreme value is there twice: s is 1.5 and t is 1.5"),
    ("sum(min(x, y))", "y", {"x": [1, 2], "y": [3, 2]}, "min has a kink where the extreme value is there twice: entry 2 of x is 2"),
    ("max(x)", "x", {"x": [1, 3, 3]}, "max has a kink where the extreme value is there twice: entry 2 of x is 3 and entry 3 of x is 3"),
    ("norm1(x)", "x", {"x": [1, 0]}, "norm1 has a kink where an entry is 0 or two columns are equally large: entry 2 of x is 0"),
    ("norm1(W)", "W", {"W": [[1, 2], [3, -2]]}, "norm1 has a kink"),
    (
        "norm1(W)",
        "W",
        {"W": [[1, 0], [3, 5]]},
        "norm1 has a kink where an entry is 0 or two columns are equally large: entry (1, 2)",
    ),
    ("norminf(x)", "x", {"x": [-2, 2]}, "norminf has a kink"),
    ("norminf(W)", "W", {"W": [[1, 3], [3, -1]]}, "norminf has a kink"),
    ("norm2(x - y)", "x", {"x": [1, 2], "y": [1, 2]}, "norm2 has a kink where all entries are 0: that is so for x - y"),
    ("normF(W)", "W", {"W": [[0, 0], [0, 0]]}, "normF has a kink"),
    ("norm2(W)", "W", {"W": IDENTITY}, "norm2 has a kink"),
    ("sigma_max(W)", "W", {"W": IDENTITY}, "sigma_max has a kink where the largest singular value is not simple"),
    ("lambda_max(A)", "A", {"A": IDENTITY}, "lambda_max has a kink where the largest eigenvalue is not simple or not real"),
    ("lambda_max(A)", "A", {"A": [[1, 2], [-2, 1]]}, "lambda_max has a kink"),
    ("nuclear_norm(A)", "A", {"A": [[1, 2], [2, 4]]}, "nuclear_norm has a kink where the rank changes"),
    ("sum(pinv(A))", "A", {"A": [[1, 2], [2, 4]]}, "pinv has a kink where the rank changes"),
    ("where(s > t, s, -s)", "s", {"s": 2, "t": 2}, "where has a kink where the condition changes: s is 2 and t is 2"),
    ("where(s, s^2, 1)", "s", {"s": 0}, "where has a kink where the condition changes"),
    ("(s < 1)*s", "s", {"s": 1}, "s < 1 has a kink where both sides are equal: s is 1"),
]
SMOOTH_ALL_THE_SAME: list[tuple[str, str, dict[str, Any], Any]] = [
    ("sum(relu(x).^2)", "x", {"x": [2, 0, -1]}, [4, 0, 0]),
    ("norm2(x)^2", "x", {"x": [0, 0]}, [0, 0]),
    ("s*abs(s)", "s", {"s": 0}, 0),
    ("where(s > 1, s^2, 2*s - 1)", "s", {"s": 1}, 2),
    ("sign(s)*s^2", "s", {"s": 0}, 0),
    ("abs(s)*t", "t", {"s": 0, "t": 1}, 0),
    ("norm1(W)", "W", {"W": [[0, 2], [1, 3]]}, [[0, 1], [0, 1]]),
    ("sum(pinv(x*b'))", "x", {"x": [3, 4], "b": [1, 0]}, [-17 / 625, -31 / 625]),
]


def derived(expression: str, wrt: Any, kind: str = "derivative", **more: Any) -> tuple[Any, dict[str, Any]]:
    task = read_task(kind, {"expression": expression, "variables": VARIABLES, "wrt": wrt, **more})
    return task, derivation.derive(task)


def value(expression: str, wrt: Any, at: Any, **more: Any) -> Any:
    with fresh_arena():
        task, answer = derived(expression, wrt, **more)
        return derivation.values(answer, task, at)


@pytest.mark.parametrize(("expression", "wrt", "at", "detail"), ON_A_KINK)
def test_a_point_on_a_kink_is_refused(expression: str, wrt: str, at: dict[str, Any], detail: str) -> None:
    with pytest.raises(UndefinedAtPoint) as caught:
        value(expression, wrt, at)
    assert caught.value.detail.startswith(detail)
    assert caught.value.pointer == "/at"


@pytest.mark.parametrize(("expression", "wrt", "at"), [case[:3] for case in ON_A_KINK])
def test_a_point_off_the_kink_is_not(expression: str, wrt: str, at: dict[str, Any]) -> None:
    random = np.random.default_rng(5)
    moved = np.asarray(at[wrt]) + 1e-3 * (1 + random.uniform(0, 1, np.shape(at[wrt])))
    if wrt == "A":
        moved = moved + np.diag([0.0, 8.0])  # real eigenvalues
    assert np.isfinite(value(expression, wrt, {**at, wrt: moved.tolist()})).all()


@pytest.mark.parametrize(("expression", "wrt", "at", "expected"), SMOOTH_ALL_THE_SAME)
def test_a_kink_that_the_rest_of_the_function_smooths_is_none(expression: str, wrt: str, at: dict[str, Any], expected: Any) -> None:
    np.testing.assert_allclose(value(expression, wrt, at), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("relu(s - 0.3)", {"s": 0.30000000000000004}),
        ("relu(0.1 + t - s)", {"s": 0.3, "t": 0.2}),
        ("sum(max(x, y))", {"x": [1, 0.1 + 0.2], "y": [2, 0.3]}),
        ("floor(10*s)", {"s": 0.1 + 0.2}),
    ],
)
def test_rounding_noise_beside_a_kink_is_undecided(expression: str, at: dict[str, Any]) -> None:
    """0.1 + 0.2 - 0.3 is not 0 in doubles: on which side of the kink the point is, rounding alone decides."""
    with pytest.raises(Undecided, match="so close to it that rounding decides the side"):
        value(expression, next(name for name in ("s", "x") if name in at), at)


def test_a_second_derivative_at_a_kink_is_refused() -> None:
    with pytest.raises(UndefinedAtPoint):
        value("abs(s)", "s", {"s": 0}, order=2)
    assert value("norm2(x)^2", "x", {"x": [0.0, 0.0]}, kind="hessian").tolist() == [[2, 0], [0, 2]]


def test_each_point_of_a_list_is_looked_at() -> None:
    with pytest.raises(UndefinedAtPoint):
        value("abs(s)", "s", [{"s": 1}, {"s": 0}])
    assert value("abs(s)", "s", [{"s": 1}, {"s": -2}]) == [1, -1]


def test_only_kinks_in_the_variable_count() -> None:
    assert value("abs(s)*t", "t", {"s": 0, "t": 1}) == 0
    with pytest.raises(UndefinedAtPoint):
        value("abs(s)*t", ["s", "t"], {"s": 0, "t": 1})


@pytest.mark.parametrize(
    ("expression", "wrt", "detail"),
    [
        ("norm1(A*x)", "x", "norm1(A*x) where an entry is 0 or two columns are equally large"),
        ("sum(relu(W*x + b))", "b", "relu(W*x + b) where its argument is 0"),
        ("abs(s) + abs(t)", "s", "abs(s) where its argument is 0"),
        ("where(s > 0, s, 2*s)", "s", "where(s > 0, s, 2*s) where the condition changes"),
        ("norm2(x)", "x", "norm2(x) where all entries are 0"),
    ],
)
def test_the_kinks_are_named_in_the_checks(expression: str, wrt: str, detail: str) -> None:
    with fresh_arena():
        _, answer = derived(expression, wrt)
    (check,) = [check for check in answer["checks"] if check["name"] == "kinks"]
    assert check["passed"]
    assert check["detail"] == f"differentiated away from the kinks: {detail}"


@pytest.mark.parametrize(("expression", "wrt"), [("x'*A*x", "x"), ("norm2(x)^2", "x"), ("abs(s)*t", "t"), ("normF(W)^2", "W")])
def test_a_smooth_function_has_no_such_check(expression: str, wrt: str) -> None:
    with fresh_arena():
        _, answer = derived(expression, wrt)
    assert "kinks" not in [check["name"] for check in answer["checks"]]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("sum(max(A, A'))", "1 - step(A - A')' + step(A - A')"),
        ("tr(min(A, A')*A)", None),
        ("norm2(x)*min(A, A')", None),
        ("sum(max(A + A', 2*A))", None),
    ],
)
def test_ties_on_the_diagonal_are_no_kinks(expression: str, text: str | None) -> None:
    """max(A, A') is A on the diagonal, whatever A is: the checks meet that at every point."""
    with fresh_arena():
        answer = derivation.derive(read_task("derivative", {"expression": expression, "variables": VARIABLES, "wrt": "A"}))
    assert answer["result"]["text"] == text or text is None
    assert all(check["passed"] for check in answer["checks"])
