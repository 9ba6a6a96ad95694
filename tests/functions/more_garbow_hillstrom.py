"""Problems of J. J. Moré, B. S. Garbow, K. E. Hillstrom: Testing Unconstrained Optimization Software, ACM TOMS 7, 1981, section 3.

Each with the standard start and the least value that the paper gives.
"""

from __future__ import annotations

from collections.abc import Iterable
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

Y_OSBORNE_2 = [
    1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606, 0.602,
    0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375,
    0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591,
    0.559, 0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054,
]  # fmt: skip


class Problem(NamedTuple):
    expression: str
    start: list[float]
    value: float


def squares(*residuals: str) -> str:
    return " + ".join(f"({residual})^2" for residual in residuals)


def total(terms: Iterable[str]) -> str:
    return "(" + " + ".join(terms) + ")"


def bard(i: int, y: float) -> str:
    return f"{y} - (x1 + {i}/({16 - i}*x2 + {min(i, 16 - i)}*x3))"


def trigonometric(n: int) -> str:
    cosines = "".join(f" - cos(x{j})" for j in range(1, n + 1))
    return squares(*[f"{n}{cosines} + {i}*(1 - cos(x{i})) - sin(x{i})" for i in range(1, n + 1)])


def gulf(i: int) -> str:
    """The paper prints y_i·m·i·x2 for y_i - x2; with that the known root (50, 25, 1.5) would be none."""
    return f"exp(-abs(25 + (-50*log({i}/100))^(2/3) - x2)^x3/x1) - {i}/100"


def osborne_2(i: int, y: float) -> str:
    bells = "".join(f" - x{k}*exp(-({i}/10 - x{k + 7})^2*x{k + 4})" for k in (2, 3, 4))
    return f"{y} - x1*exp(-{i}/10*x5){bells}"


def watson(n: int) -> str:
    def residual(i: int) -> str:
        slope = total(f"{j - 1}*x{j}*({i}/29)^{j - 2}" for j in range(2, n + 1))
        value = total(f"x{j}*({i}/29)^{j - 1}" for j in range(1, n + 1))
        return f"{slope} - {value}^2 - 1"

    return squares(*[residual(i) for i in range(1, 30)], "x1", "x2 - x1^2 - 1")


def penalty_1(n: int) -> str:
    return f"{total(f'(x{i} - 1)^2' for i in range(1, n + 1))}/10^5 + ({total(f'x{i}^2' for i in range(1, n + 1))} - 1/4)^2"


def penalty_2(n: int) -> str:
    rises = [f"exp(x{i}/10) + exp(x{i - 1}/10) - (exp({i}/10) + exp({i - 1}/10))" for i in range(2, n + 1)]
    falls = [f"exp(x{i - n + 1}/10) - exp(-1/10)" for i in range(n + 1, 2 * n)]
    sphere = f"{total(f'{n - j + 1}*x{j}^2' for j in range(1, n + 1))} - 1"
    return f"{squares('x1 - 1/5', sphere)} + ({squares(*rises, *falls)})/10^5"


def brown_almost_linear(n: int) -> str:
    every = total(f"x{j}" for j in range(1, n + 1))
    return squares(*[f"x{i} + {every} - {n + 1}" for i in range(1, n)], "*".join(f"x{j}" for j in range(1, n + 1)) + " - 1")


def boundary_value(n: int) -> str:
    def at(i: int) -> str:
        return f"x{i}" if 0 < i <= n else "0"

    return squares(*[f"2*x{i} - {at(i - 1)} - {at(i + 1)} + (x{i} + {i}/{n + 1} + 1)^3/{2 * (n + 1) ** 2}" for i in range(1, n + 1)])


def integral_equation(n: int) -> str:
    def cube(j: int, weight: int) -> str:
        return f"{weight}/{n + 1}*(x{j} + {j}/{n + 1} + 1)^3"

    def residual(i: int) -> str:
        before = total(cube(j, j) for j in range(1, i + 1))
        after = total([cube(j, n + 1 - j) for j in range(i + 1, n + 1)] or ["0"])
        return f"x{i} + ({n + 1 - i}*{before} + {i}*{after})/{2 * (n + 1) ** 2}"

    return squares(*[residual(i) for i in range(1, n + 1)])


def tridiagonal(n: int) -> str:
    def at(i: int) -> str:
        return f"x{i}" if 0 < i <= n else "0"

    return squares(*[f"(3 - 2*x{i})*x{i} - {at(i - 1)} - 2*{at(i + 1)} + 1" for i in range(1, n + 1)])


def banded(n: int) -> str:
    def near(i: int) -> str:
        return total(f"x{j}*(1 + x{j})" for j in range(max(1, i - 5), min(n, i + 1) + 1) if j != i)

    return squares(*[f"x{i}*(2 + 5*x{i}^2) + 1 - {near(i)}" for i in range(1, n + 1)])


def linear_full_rank(n: int, m: int) -> str:
    mean = f"2/{m}*{total(f'x{j}' for j in range(1, n + 1))}"
    return squares(*[f"x{i} - {mean} - 1" for i in range(1, n + 1)], *[f"-{mean} - 1" for _ in range(n, m)])


def linear_rank_1(n: int, m: int) -> str:
    return squares(*[f"{i}*{total(f'{j}*x{j}' for j in range(1, n + 1))} - 1" for i in range(1, m + 1)])


def linear_rank_1_zeros(n: int, m: int) -> str:
    """With columns and rows of zeros: x1 and xn do not occur but as 0*x1."""
    inner = f"{total(f'{j}*x{j}' for j in range(2, n))} + 0*x1 + 0*x{n}"
    return squares("-1", *[f"{i - 1}*({inner}) - 1" for i in range(2, m)], "-1")


def chebyquad(n: int) -> str:
    """Chebyshev's polynomials, shifted to [0, 1], by the cosine's multiple angle as polynomials."""
    rows: list[list[int]] = [[1], [-1, 2]]
    while len(rows) <= n:
        twice = [0] * (len(rows[-1]) + 1)
        for k, coefficient in enumerate(rows[-1]):
            twice[k] -= 2 * coefficient
            twice[k + 1] += 4 * coefficient
        for k, coefficient in enumerate(rows[-2]):
            twice[k] -= coefficient
        rows.append(twice)

    def residual(i: int) -> str:
        values = total(f"({' + '.join(f'{c}*x{j}^{k}' for k, c in enumerate(rows[i]) if c)})" for j in range(1, n + 1))
        mean = f"-1/{i * i - 1}" if i % 2 == 0 else "0"
        return f"{values}/{n} - ({mean})"

    return squares(*[residual(i) for i in range(1, n + 1)])


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
    "Variably dimensioned": Problem(
        squares("x1 - 1", "x2 - 1", "x3 - 1", "x1 - 1 + 2*(x2 - 1) + 3*(x3 - 1)", "(x1 - 1 + 2*(x2 - 1) + 3*(x3 - 1))^2"),
        [2 / 3, 1 / 3, 0],
        0,
    ),
    "Trigonometric": Problem(trigonometric(5), [0.2] * 5, 0),
    "Powell badly scaled": Problem(squares("10^4*x1*x2 - 1", "exp(-x1) + exp(-x2) - 1.0001"), [0, 1], 0),
    "Gulf research and development": Problem(squares(*[gulf(i) for i in range(1, 11)]), [5, 2.5, 0.15], 0),
    "Osborne 2": Problem(
        squares(*[osborne_2(i, y) for i, y in enumerate(Y_OSBORNE_2)]), [1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5], 4.01377e-2
    ),
    "Watson, 6": Problem(watson(6), [0] * 6, 2.28767e-3),
    "Extended Rosenbrock": Problem(
        squares(*[f"10*(x{i + 1} - x{i}^2)" for i in (1, 3, 5, 7, 9)], *[f"1 - x{i}" for i in (1, 3, 5, 7, 9)]), [-1.2, 1] * 5, 0
    ),
    "Extended Powell singular": Problem(
        squares(
            *[
                residual
                for i in (1, 5)
                for residual in (
                    f"x{i} + 10*x{i + 1}",
                    f"sqrt(5)*(x{i + 2} - x{i + 3})",
                    f"(x{i + 1} - 2*x{i + 2})^2",
                    f"sqrt(10)*(x{i} - x{i + 3})^2",
                )
            ]
        ),
        [3, -1, 0, 1] * 2,
        0,
    ),
    "Penalty I, 4": Problem(penalty_1(4), [1, 2, 3, 4], 2.24997e-5),
    "Penalty I, 10": Problem(penalty_1(10), list(range(1, 11)), 7.08765e-5),
    "Penalty II, 4": Problem(penalty_2(4), [0.5] * 4, 9.37629e-6),
    "Penalty II, 10": Problem(penalty_2(10), [0.5] * 10, 2.93660e-4),
    "Brown almost linear": Problem(brown_almost_linear(5), [0.5] * 5, 0),
    "Discrete boundary value": Problem(boundary_value(10), [i / 11 * (i / 11 - 1) for i in range(1, 11)], 0),
    "Discrete integral equation": Problem(integral_equation(10), [i / 11 * (i / 11 - 1) for i in range(1, 11)], 0),
    "Broyden tridiagonal": Problem(tridiagonal(10), [-1] * 10, 0),
    "Broyden banded": Problem(banded(10), [-1] * 10, 0),
    "Linear, full rank": Problem(linear_full_rank(5, 10), [1] * 5, 10 - 5),
    "Linear, rank 1": Problem(linear_rank_1(5, 10), [1] * 5, 10 * 9 / (2 * 21)),
    "Linear, rank 1 with zeros": Problem(linear_rank_1_zeros(5, 10), [1] * 5, (100 + 30 - 6) / (2 * 17)),
    "Chebyquad, 8": Problem(chebyquad(8), [j / 9 for j in range(1, 9)], 3.51687e-3),
}
