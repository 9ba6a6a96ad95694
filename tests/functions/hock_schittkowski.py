"""Problems of W. Hock, K. Schittkowski: Test Examples for Nonlinear Programming Codes, Springer 1981, by their numbers there."""

from __future__ import annotations

import math
from typing import NamedTuple


class Problem(NamedTuple):
    expression: str
    constraints: list[str]
    bounds: dict[str, list[float | None]]
    start: list[float]
    value: float


def every(count: int, low: float | None, high: float | None) -> dict[str, list[float | None]]:
    return {f"x{i}": [low, high] for i in range(1, count + 1)}


PROBLEMS = {
    1: Problem("100*(x2 - x1^2)^2 + (1 - x1)^2", [], {"x2": [-1.5, None]}, [-2, 1], 0),
    4: Problem("(x1 + 1)^3/3 + x2", [], {"x1": [1, None], "x2": [0, None]}, [1.125, 0.125], 8 / 3),
    5: Problem(
        "sin(x1 + x2) + (x1 - x2)^2 - 1.5*x1 + 2.5*x2 + 1", [], {"x1": [-1.5, 4], "x2": [-3, 3]}, [0, 0], -math.sqrt(3) / 2 - math.pi / 3
    ),
    6: Problem("(1 - x1)^2", ["10*(x2 - x1^2) == 0"], {}, [-1.2, 1], 0),
    7: Problem("log(1 + x1^2) - x2", ["(1 + x1^2)^2 + x2^2 == 4"], {}, [2, 2], -math.sqrt(3)),
    12: Problem("x1^2/2 + x2^2 - x1*x2 - 7*x1 - 7*x2", ["4*x1^2 + x2^2 <= 25"], {}, [0, 0], -30),
    21: Problem("x1^2/100 + x2^2 - 100", ["10*x1 - x2 >= 10"], {"x1": [2, 50], "x2": [-50, 50]}, [-1, -1], -99.96),
    24: Problem(
        "((x1 - 3)^2 - 9)*x2^3/(27*sqrt(3))",
        ["x1/sqrt(3) - x2 >= 0", "x1 + sqrt(3)*x2 >= 0", "x1 + sqrt(3)*x2 <= 6"],
        every(2, 0, None),
        [1, 0.5],
        -1,
    ),
    28: Problem("(x1 + x2)^2 + (x2 + x3)^2", ["x1 + 2*x2 + 3*x3 == 1"], {}, [-4, 1, 1], 0),
    35: Problem(
        "9 - 8*x1 - 6*x2 - 4*x3 + 2*x1^2 + 2*x2^2 + x3^2 + 2*x1*x2 + 2*x1*x3",
        ["x1 + x2 + 2*x3 <= 3"],
        every(3, 0, None),
        [0.5] * 3,
        1 / 9,
    ),
    39: Problem("-x1", ["x2 - x1^3 - x3^2 == 0", "x1^2 - x2 - x4^2 == 0"], {}, [2] * 4, -1),
    43: Problem(
        "x1^2 + x2^2 + 2*x3^2 + x4^2 - 5*x1 - 5*x2 - 21*x3 + 7*x4",
        [
            "x1^2 + x2^2 + x3^2 + x4^2 + x1 - x2 + x3 - x4 <= 8",
            "x1^2 + 2*x2^2 + x3^2 + 2*x4^2 - x1 - x4 <= 10",
            "2*x1^2 + x2^2 + x3^2 + 2*x1 - x2 - x4 <= 5",
        ],
        {},
        [0] * 4,
        -44,
    ),
    45: Problem("2 - x1*x2*x3*x4*x5/120", [], {f"x{i}": [0, i] for i in range(1, 6)}, [2] * 5, 1),
    48: Problem(
        "(x1 - 1)^2 + (x2 - x3)^2 + (x4 - x5)^2", ["x1 + x2 + x3 + x4 + x5 == 5", "x3 - 2*(x4 + x5) == -3"], {}, [3, 5, -3, 2, -2], 0
    ),
    65: Problem(
        "(x1 - x2)^2 + (x1 + x2 - 10)^2/9 + (x3 - 5)^2",
        ["x1^2 + x2^2 + x3^2 <= 48"],
        {"x1": [-4.5, 4.5], "x2": [-4.5, 4.5], "x3": [-5, 5]},
        [-5, 5, 0],
        0.9535288567,
    ),
    66: Problem(
        "0.2*x3 - 0.8*x1", ["x2 >= exp(x1)", "x3 >= exp(x2)"], {"x1": [0, 100], "x2": [0, 100], "x3": [0, 10]}, [0, 1.05, 2.9], 0.5181632741
    ),
    71: Problem(
        "x1*x4*(x1 + x2 + x3) + x3", ["x1*x2*x3*x4 >= 25", "x1^2 + x2^2 + x3^2 + x4^2 == 40"], every(4, 1, 5), [1, 5, 5, 1], 17.0140173
    ),
    76: Problem(
        "x1^2 + x2^2/2 + x3^2 + x4^2/2 - x1*x3 + x3*x4 - x1 - 3*x2 + x3 - x4",
        ["x1 + 2*x2 + x3 + x4 <= 5", "3*x1 + x2 + 2*x3 - x4 <= 4", "x2 + 4*x3 >= 1.5"],
        every(4, 0, None),
        [0.5] * 4,
        -4.681818181,
    ),
    100: Problem(
        "(x1 - 10)^2 + 5*(x2 - 12)^2 + x3^4 + 3*(x4 - 11)^2 + 10*x5^6 + 7*x6^2 + x7^4 - 4*x6*x7 - 10*x6 - 8*x7",
        [
            "2*x1^2 + 3*x2^4 + x3 + 4*x4^2 + 5*x5 <= 127",
            "7*x1 + 3*x2 + 10*x3^2 + x4 - x5 <= 282",
            "23*x1 + x2^2 + 6*x6^2 - 8*x7 <= 196",
            "4*x1^2 + x2^2 - 3*x1*x2 + 2*x3^2 + 5*x6 - 11*x7 <= 0",
        ],
        {},
        [1, 2, 0, 4, 0, 1, 1],
        680.6300573,
    ),
}
