"""Points that expressions are compared at: exact, and with the declared properties."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from service.calculus.lower import lower
from service.calculus.sampling import GENERIC, READABLE, Style, as_doubles, draw_point, draw_sizes, letters_of, near_numbers, variables_of
from service.expression.arena import fresh_arena
from service.language import declare, parse

DECLARED = {
    "S": "symmetric(n)",
    "P": "spd(n)",
    "D": "diagonal(n)",
    "Q": "orthogonal(n)",
    "A": "matrix(m,n)",
    "x": "vector(n)",
    "r": {"shape": [1, "n"]},
}
EVERYTHING = "tr(S*P*D*Q) + sum(A*x) + sum(r) + a"


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def drawn(style: Style, seed: int = 0) -> dict[str, Any]:
    node = parse(EVERYTHING, declare(DECLARED)).node
    return draw_point(variables_of([node]).values(), {"m": 4, "n": 3}, style, Random(seed))


@pytest.mark.parametrize("style", [*READABLE[:4], *GENERIC])
def test_the_properties_hold_exactly(style: Style) -> None:
    point = drawn(style)
    identity = np.eye(3, dtype=int)
    assert (point["S"] == point["S"].T).all()
    assert (point["P"] == point["P"].T).all()
    assert (np.linalg.eigvalsh(point["P"].astype(float)) > 0).all() or not style.moderate
    assert (point["D"] == point["D"] * identity).all()
    assert (point["Q"] @ point["Q"].T == identity).all()


def test_shapes_have_an_axis_for_each_size_that_is_not_1() -> None:
    point = drawn(GENERIC[0])
    assert {name: value.shape for name, value in point.items()} == {
        "S": (3, 3), "P": (3, 3), "D": (3, 3), "Q": (3, 3), "A": (4, 3), "x": (3,), "r": (3,), "a": (),
    }  # fmt: skip


def test_orthogonal_matrices_are_rotations_and_reflections() -> None:
    determinants = {round(np.linalg.det(drawn(GENERIC[1], seed)["Q"].astype(float))) for seed in range(20)}
    assert determinants == {1, -1}


@pytest.mark.parametrize("style", [style for style in GENERIC if style.moderate])
def test_entries_are_doubles_without_rounding(style: Style) -> None:
    point = drawn(style)
    for name in "axrA":
        assert all(Fraction(float(entry)) == entry for entry in point[name].flat)
        np.testing.assert_array_equal(as_doubles(point)[name], point[name].astype(float))


def test_different_letters_have_different_sizes_and_no_size_is_1() -> None:
    for attempt in range(4):
        sizes = draw_sizes(["m", "n", "p", "q"], attempt)
        assert len(set(sizes.values())) == 4
        assert min(sizes.values()) > 1


def test_a_letter_that_only_counts_is_a_letter() -> None:
    assert letters_of([parse("n*a", declare({"x": "vector(n)"})).node]) == ["n"]


def test_points_beside_the_numbers_of_an_expression_are_on_both_sides_of_them() -> None:
    style = near_numbers([lower(parse("relu(a - 12345)").node)])
    assert style is not None
    random = Random(1)
    entries = [style.entry(random) for _ in range(100)]
    assert any(12345 < entry < 30000 for entry in entries)
    assert any(5000 < entry < 12345 for entry in entries)
