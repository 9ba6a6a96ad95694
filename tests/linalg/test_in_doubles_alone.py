"""Where extended precision would cost too much the bounds are those of doubles, and hold as well."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from service.linalg import bounds
from service.linalg.change_of_basis import change_of_basis
from service.linalg.general_solution import general_solution
from service.linalg.least_squares import least_squares
from service.linalg.matrices import read_matrix
from service.linalg.matrix_equation import matrix_equation
from service.linalg.projection import projection
from service.linalg.solve import solve


@pytest.fixture(autouse=True)
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "WIDE_PRODUCTS", 0)


def worst(found: Any, truth: list[list[str]]) -> Fraction:
    """The largest error of a column relative to its largest entry."""
    columns = zip(zip(*np.asarray(found).tolist(), strict=True), zip(*truth, strict=True), strict=True)
    errors = [[[Fraction(x), Fraction(y)] for x, y in zip(*pair, strict=True)] for pair in columns]
    return max(max(abs(x - y) for x, y in column) / max(abs(y) for _, y in column) for column in errors)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("near", [0, 3, 6])
def test_bounds_hold(seed: int, near: int) -> None:
    random = np.random.default_rng(seed)
    a, b, c = (random.standard_normal((5, 5)).round(3) for _ in range(3))
    a[:, -1] = (a[:, 0] + 10.0**-near * a[:, -1]).round(9)
    square, tall, wide = read_matrix(a.tolist()), read_matrix(a[:, [0, 1, 4]].tolist()), read_matrix(a[:3].tolist())
    right, other = read_matrix(b.tolist()), read_matrix(c.tolist())
    short = read_matrix(b[:3].tolist())
    solved, exactly = solve(square, right, "float"), solve(square, right, "exact")
    assert worst(solved.x, exactly.x) <= Fraction(solved.error_bound)
    fitted, exact_fit = least_squares(tall, right, "float"), least_squares(tall, right, "exact")
    assert fitted.error_bound is not None
    assert worst(fitted.x, exact_fit.x) <= Fraction(fitted.error_bound)
    general, exact_general = general_solution(wide, short, "float"), general_solution(wide, short, "exact")
    assert worst(general.x, exact_general.x) <= Fraction(general.error_bound)
    moved, exact_moved = change_of_basis(square, right, None, "float"), change_of_basis(square, right, None, "exact")
    assert worst(moved.matrix, exact_moved.matrix) <= Fraction(moved.error_bound)
    for kind in ("AXB=C", "AX+XB=C"):
        found = matrix_equation(square, right, other, kind, "float")  # type: ignore[arg-type]
        truth = matrix_equation(square, right, other, kind, "exact").x  # type: ignore[arg-type]
        size = max(abs(Fraction(y)) for row in truth for y in row)
        error = max(abs(Fraction(float(found.x[i][j])) - Fraction(truth[i][j])) for i in range(5) for j in range(5))
        assert error <= Fraction(found.error_bound) * size
    vector = read_matrix(b[:, :1].tolist())
    shadow, exact_shadow = projection(vector, tall, arithmetic="float"), projection(vector, tall, arithmetic="exact")
    truth_of_p = np.array([[float(Fraction(y)) for y in row] for row in exact_shadow.projector])
    assert np.linalg.norm(shadow.projector - truth_of_p, 2) <= shadow.error_bound + 1e-16
