"""Problems of J. J. Moré, B. S. Garbow, K. E. Hillstrom: Testing Unconstrained Optimization Software, ACM TOMS 7, 1981, section 3.

Each with the standard start and the least value that the paper gives.
"""

from __future__ import annotations

from typing import NamedTuple

Y_BARD = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39]
Y_GAUSSIAN = [0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989, 0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009]
Y_MEYER = [34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]
Y_KOWALIK = [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]
U_KOWALIK = [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]
Y_OSBORNE = [
    0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.580,
    0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406,
]  # fmt: skip


class Problem(NamedTuple):
    expression: str
    start: list[float]
    value: float


def squares(*residuals: str) -> str:
    return " + ".join(f"({residual})^2" for residual in residuals)


def bard(i: int, y: float) -> str:
    return f"{y} - (x1 + {i}/({16 - i}*x2 + {min(i, 16 - i)}*x3))"


def trigonometric(n: int) -> str:
    cosines = "".join(f" - cos(x{j})" for j in range(1, n + 1))
    return squares(*[f"{n}{cosines} + {i}*(1 - cos(x{i})) - sin(x{i})" for i in range(1, n + 1)])


PROBLEMS = {
    "Rosenbrock": Problem(squares("10*(x2 - x1^2)", "1 - x1"), [-1.2, 1], 0),
    "Freudenstein and Roth": Problem(squares("-13 + x1 + ((5 - x2)*x2 - 2)*x2", "-29 + x1 + ((x2 + 1)*x2 - 14)*x2"), [0.5, -2], 48.98425),
    "Brown badly scaled": Problem(squares("x1 - 10^6", "x2 - 2/10^6", "x1*x2 - 2"), [1, 1], 0),
    "Beale": Problem(squares(*[f"{y} - x1*(1 - x2^{i})" for i, y in ((1, 1.5), (2, 2.25), (3, 2.625))]), [1, 1], 0),
    "Jennrich and Sampson": Problem(squares(*[f"{2 + 2 * i} - (exp({i}*x1) + exp({i}*x2))" for i in range(1, 11)]), [0.3, 0.4], 124.362),
    "Helical valley": Problem(squares("10*(x3 - 10*atan2(x2, x1)/(2*pi))", "10*(sqrt(x1^2 + x2^2) - 1)", "x3"), [-1, 0.001, 0], 0),
    "Bard": Problem(squares(*[bard(i, y) for i, y in enumerate(Y_BARD, 1)]), [1, 1, 1], 8.21487e-3),
    "Gaussian": Problem(
        squares(*[f"x1*exp(-x2*({(8 - i) / 2} - x3)^2/2) - {y}" for i, y in enumerate(Y_GAUSSIAN, 1)]), [0.4, 1, 0], 1.12793e-8
    ),
    "Meyer": Problem(squares(*[f"x1*exp(x2/({45 + 5 * i} + x3)) - {y}" for i, y in enumerate(Y_MEYER, 1)]), [0.02, 4000, 250], 87.9458),
    "Box three-dimensional": Problem(
        squares(*[f"exp(-{i}*x1/10) - exp(-{i}*x2/10) - x3*(exp(-{i}/10) - exp(-{i}))" for i in range(1, 11)]), [0, 10, 20], 0
    ),
    "Powell singular": Problem(squares("x1 + 10*x2", "sqrt(5)*(x3 - x4)", "(x2 - 2*x3)^2", "sqrt(10)*(x1 - x4)^2"), [3, -1, 0, 1], 0),
    "Wood": Problem(
        squares("10*(x2 - x1^2)", "1 - x1", "sqrt(90)*(x4 - x3^2)", "1 - x3", "sqrt(10)*(x2 + x4 - 2)", "(x2 - x4)/sqrt(10)"),
        [-3, -1, -3, -1],
        0,
    ),
    "Kowalik and Osborne": Problem(
        squares(*[f"{y} - x1*({u}^2 + {u}*x2)/({u}^2 + {u}*x3 + x4)" for u, y in zip(U_KOWALIK, Y_KOWALIK, strict=True)]),
        [0.25, 0.39, 0.415, 0.39],
        3.07505e-4,
    ),
    "Brown and Dennis": Problem(
        squares(*[f"(x1 + {i}/5*x2 - exp({i}/5))^2 + (x3 + x4*sin({i}/5) - cos({i}/5))^2" for i in range(1, 21)]),
        [25, 5, -5, -1],
        85822.2,
    ),
    "Osborne 1": Problem(
        squares(*[f"{y} - (x1 + x2*exp(-{10 * i}*x4) + x3*exp(-{10 * i}*x5))" for i, y in enumerate(Y_OSBORNE)]),
        [0.5, 1.5, -1, 0.01, 0.02],
        5.46489e-5,
    ),
    "Biggs EXP6": Problem(
        squares(
            *[
                f"x3*exp(-{i}/10*x1) - x4*exp(-{i}/10*x2) + x6*exp(-{i}/10*x5) - (exp(-{i}/10) - 5*exp(-{i}) + 3*exp(-4*{i}/10))"
                for i in range(1, 14)
            ]
        ),
        [1, 2, 1, 1, 1, 1],
        0,
    ),
    "Penalty I": Problem(
        "((x1 - 1)^2 + (x2 - 1)^2 + (x3 - 1)^2 + (x4 - 1)^2)/10^5 + (x1^2 + x2^2 + x3^2 + x4^2 - 1/4)^2", [1, 2, 3, 4], 2.24997e-5
    ),
    "Variably dimensioned": Problem(
        squares("x1 - 1", "x2 - 1", "x3 - 1", "x1 - 1 + 2*(x2 - 1) + 3*(x3 - 1)", "(x1 - 1 + 2*(x2 - 1) + 3*(x3 - 1))^2"),
        [2 / 3, 1 / 3, 0],
        0,
    ),
    "Trigonometric": Problem(trigonometric(5), [0.2] * 5, 0),
}
