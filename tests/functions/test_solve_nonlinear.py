"""Roots of systems: known ones, the order of convergence, and where there is none."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest

from service.errors import MathematicsRefuses, NoConvergence, SingularMatrix
from service.expression.arena import fresh_arena
from service.functions.enclosure import enclose
from service.functions.solve_nonlinear import solve_nonlinear
from tests.functions.asking import ask


def test_quadratic_convergence_is_shown() -> None:
    answer = ask(solve_nonlinear, expression=["x^2 + y^2 - 4", "x - y"], start={"x": 1, "y": 2})
    assert answer["solution"] == {"x": math.sqrt(2), "y": math.sqrt(2)}
    assert answer["convergence"]["quadratic"]
    assert answer["convergence"]["order"] == pytest.approx(2, abs=0.1)
    assert answer["proof"]["unique_in_box"]


def test_a_double_root_converges_linearly_and_is_not_proven() -> None:
    answer = ask(solve_nonlinear, expression="(x - 1)^2", start={"x": 3})
    assert answer["solution"]["x"] == pytest.approx(1, abs=1e-6)
    assert answer["convergence"]["order"] == pytest.approx(1, abs=0.1)
    assert (answer["convergence"]["quadratic"], answer["proof"]) == (False, None)


def test_vectors_and_matrices() -> None:
    root = ask(
        solve_nonlinear, expression="X*X - A", variables={"X": "matrix(2,2)", "A": "matrix(2,2)"}, wrt="X",
        at={"A": [[5, 4], [4, 5]]}, start={"X": [[1, 0], [0, 1]]},
    )["solution"]["X"]  # fmt: skip
    assert np.allclose(root, [[2, 1], [1, 2]], rtol=1e-15)


def test_keplers_equation() -> None:
    """E - e·sin(E) = M for M = 0.5, e = 0.2: the root by iteration in high precision."""
    answer = ask(solve_nonlinear, expression="E - e_*sin(E) - M", wrt="E", at={"e_": 0.2, "M": 0.5}, start={"E": 0.5})
    value = 0.5
    for _ in range(200):
        value = 0.5 + 0.2 * math.sin(value)
    assert answer["solution"]["E"] == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"expression": "x^2 + 1", "start": {"x": 0.5}}, NoConvergence),
        ({"expression": "exp(x)", "start": {"x": 1}}, NoConvergence),
        ({"expression": "x^2 - 1", "start": {"x": 0}}, SingularMatrix),
        ({"expression": "x + y", "start": {"x": 0, "y": 1}}, MathematicsRefuses),
    ],
)
def test_where_it_stopped_is_told(request_: dict[str, object], error: type[Exception]) -> None:
    with fresh_arena(), pytest.raises(error) as caught:
        solve_nonlinear(request_)
    if error is NoConvergence:
        assert "stopped_at" in caught.value.facts  # type: ignore[attr-defined]


def test_an_enclosure_is_refused_where_there_is_no_root() -> None:
    """x² + 10⁻⁸ has no real root, though it is nearly 0."""
    square = lambda x: np.array([x[0] * x[0] + flint.arb(10) ** -8], dtype=object)  # noqa: E731
    slope = lambda x: np.array([[2 * x[0]]], dtype=object)  # noqa: E731
    assert enclose(square, slope, np.array([1e-5])) is None
    shifted = lambda x: np.array([x[0] * x[0] - 2], dtype=object)  # noqa: E731
    found = enclose(shifted, slope, np.array([1.4142]))
    assert found is not None
    assert found.column[0] == math.sqrt(2)
