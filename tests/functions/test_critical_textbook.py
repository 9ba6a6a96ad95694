"""Critical points as the textbooks find them.

J. Stewart: Calculus, 8th edition, section 14.7 (examples and exercises); J. Marsden, A. Tromba: Vector Calculus, section 3.3;
G. Thomas: Calculus, section 14.7. Points worked out by hand.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from service.functions.critical_points import critical_points
from tests.functions.asking import ask

MIN, MAX, SADDLE = "local minimum", "local maximum", "saddle point"
S3 = math.sqrt(3)
CASES: list[tuple[str, dict[tuple[float, ...], str]]] = [
    ("y^2 - x^2", {(0, 0): SADDLE}),
    ("x^2 + x*y + y^2 + y", {(1 / 3, -2 / 3): MIN}),
    ("x*y - 2*x - 2*y - x^2 - y^2", {(-2, -2): MAX}),
    ("2*x^2 - 8*x*y + y^4 - 4*y^3", {(0, 0): SADDLE, (-2, -1): MIN, (8, 4): MIN}),
    ("x^3 + y^3 + 3*x*y", {(0, 0): SADDLE, (-1, -1): MAX}),
    ("(x - y)*(1 - x*y)", {(1, 1): SADDLE, (-1, -1): SADDLE}),
    ("y*(exp(x) - 1)", {(0, 0): SADDLE}),
    ("y^3 - 3*y*x^2 - 3*y^2 - 3*x^2 + 1", {(0, 0): MAX, (0, 2): SADDLE, (S3, -1): SADDLE, (-S3, -1): SADDLE}),
    ("2 - x^4 + 2*x^2 - y^2", {(0, 0): SADDLE, (1, 0): MAX, (-1, 0): MAX}),
    ("x^3 - 3*x + 3*x*y^2", {(1, 0): MIN, (-1, 0): MAX, (0, 1): SADDLE, (0, -1): SADDLE}),
    ("x^4 - 2*x^2 + y^3 - 3*y", {(-1, 1): MIN, (1, 1): MIN, (0, -1): MAX, (0, 1): SADDLE, (-1, -1): SADDLE, (1, -1): SADDLE}),
    ("x*y + 1/x + 1/y", {(1, 1): MIN}),
    ("x*y*exp(-(x^2 + y^2)/2)", {(0, 0): SADDLE, (1, 1): MAX, (-1, -1): MAX, (1, -1): MIN, (-1, 1): MIN}),
    ("(x^2 + y^2)*exp(-x)", {(0, 0): MIN, (2, 0): SADDLE}),
    ("x^3 - 12*x*y + 8*y^3", {(0, 0): SADDLE, (2, 1): MIN}),
    ("3*x*y - x^2*y - x*y^2", {(0, 0): SADDLE, (3, 0): SADDLE, (0, 3): SADDLE, (1, 1): MAX}),
    ("x^3 + y^2 - 6*x^2 + y - 1", {(0, -0.5): SADDLE, (4, -0.5): MIN}),
    ("log(x^2 + y^2 + 1)", {(0, 0): MIN}),
    ("x^2 + y^2 + z^2 + x*y", {(0, 0, 0): MIN}),
    ("x^2 + y^2 - z^2", {(0, 0, 0): SADDLE}),
    ("x^4 + y^4 + z^4 - 4*x*y*z", {(0, 0, 0): "degenerate", (1, 1, 1): MIN, (1, -1, -1): MIN, (-1, 1, -1): MIN, (-1, -1, 1): MIN}),
    ("x^3 - 3*x*y^2", {(0, 0): "degenerate"}),
    ("x^2*y + x*y^2 - 3*x*y", {(0, 0): SADDLE, (3, 0): SADDLE, (0, 3): SADDLE, (1, 1): MIN}),
    ("9*x^3 + y^3/3 - 4*x*y", {(0, 0): SADDLE, (4 / 9, 4 / 3): MIN}),
    ("x^2*exp(-x) + y^2", {(0, 0): MIN, (2, 0): SADDLE}),
    ("4*x*y - x^4 - y^4", {(0, 0): SADDLE, (1, 1): MAX, (-1, -1): MAX}),
    ("5*x^2 - 4*x*y + 2*y^2 + 4*x - 4*y + 10", {(0, 1): MIN}),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_textbook(expression: str, expected: dict[tuple[float, ...], str]) -> None:
    names = ["x", "y", "z"][: len(next(iter(expected)))]
    found: dict[str, Any] = ask(critical_points, expression=expression, wrt=names)
    assert found["complete"]
    points = {tuple(point["numeric"][name] for name in names): point["kind"] for point in found["points"]}
    assert len(points) == len(expected)
    for place, kind in expected.items():
        assert [points[each] for each in points if math.dist(each, place) < 1e-9] == [kind]
