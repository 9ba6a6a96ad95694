"""Matrices with published or provable eigenvalues, and references for others by Arb at high precision (a route the service
does not take: enclosures of the eigenvalues of the matrix itself, and not roots of its characteristic polynomial)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from tests.linalg import famous

Rows = famous.Rows


ROSSER = ["10*sqrt(10405)", "1020", "510 + 100*sqrt(26)", "1000", "1000", "510 - 100*sqrt(26)", "0", "-10*sqrt(10405)"]


def second_difference(n: int) -> Rows:
    """Tridiagonal (−1, 2, −1): eigenvalues 2 − 2cos(kπ/(n + 1))."""
    return [[2 if i == j else -int(abs(i - j) == 1) for j in range(n)] for i in range(n)]


def jordan(eigenvalue: Any, n: int) -> Rows:
    return [[eigenvalue if i == j else int(j == i + 1) for j in range(n)] for i in range(n)]


def companion(coefficients: list[int]) -> Rows:
    """Of x^n + c[n−1]x^(n−1) + ... + c[0]."""
    n = len(coefficients)
    return [[int(i == j + 1) if j < n - 1 else -coefficients[i] for j in range(n)] for i in range(n)]


def wilkinson_companion(n: int) -> tuple[Rows, list[int]]:
    """The companion matrix of (x − 1)(x − 2)...(x − n)."""
    polynomial = [1]
    for root in range(1, n + 1):
        polynomial = [
            (polynomial[i - 1] if i else 0) - root * (polynomial[i] if i < len(polynomial) else 0) for i in range(len(polynomial) + 1)
        ]
    return companion(polynomial[:-1]), list(range(n, 0, -1))


def lauchli(n: int, epsilon: str = "1/1000000") -> Rows:
    """Gram matrix of Läuchli's: ones, and 1 + ε² on the diagonal; eigenvalues n + ε² and ε² (n − 1 times)."""
    square = Fraction(epsilon) ** 2
    return [[str(1 + square) if i == j else "1" for j in range(n)] for i in range(n)]


def frank_like_defective() -> Rows:
    """A = P·J·P⁻¹ with whole P: eigenvalues 2 (blocks of 3 and 1) and −1 (a block of 2)."""
    form = flint.fmpq_mat(6, 6)
    for i, value in enumerate([2, 2, 2, 2, -1, -1]):
        form[i, i] = value
    form[0, 1] = form[1, 2] = form[4, 5] = 1
    p = flint.fmpq_mat([[int(i <= j) + int(i == j + 1) * 2 for j in range(6)] for i in range(6)])
    a = p * form * p.inv()
    return [[str(entry) for entry in row] for row in a.tolist()]


# name: rows, and the eigenvalues in decreasing order as exact texts
EXACT: dict[str, tuple[Rows, list[Any]]] = {
    "clement 6": (famous.clement(6), ["5", "3", "1", "-1", "-3", "-5"]),
    "clement 9": (famous.clement(9), [str(k) for k in range(8, -9, -2)]),
    "rosser": (famous.rosser(), ROSSER),
    "magic 4": (famous.magic(4), ["34", "4*sqrt(5)", "0", "-4*sqrt(5)"]),
    "fibonacci": ([[1, 1], [1, 0]], ["(1 + sqrt(5))/2", "(1 - sqrt(5))/2"]),
    "jordan 5": (jordan(3, 5), ["3"] * 5),
    "companion 12": (wilkinson_companion(12)[0], [str(k) for k in wilkinson_companion(12)[1]]),
    "lauchli": (lauchli(4), ["4000000000001/1000000000000", *["1/1000000000000"] * 3]),
    "rotation": ([[0, -1], [1, 0]], [{"re": "0", "im": "1"}, {"re": "0", "im": "-1"}]),
    "cyclic 3": (
        [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        ["1", {"re": "-1/2", "im": "sqrt(3)/2"}, {"re": "-1/2", "im": "-sqrt(3)/2"}],
    ),
    "second difference 3": (second_difference(3), ["2 + sqrt(2)", "2", "2 - sqrt(2)"]),
    "ones": ([[1] * 7 for _ in range(7)], ["7", *["0"] * 6]),
    "zero": ([[0] * 3 for _ in range(3)], ["0"] * 3),
    "1×1": ([["3/7"]], ["3/7"]),
    "defective 6": (frank_like_defective(), ["2"] * 4 + ["-1"] * 2),
}

# those whose eigenvalues in floats are compared with Arb's
FLOATS: dict[str, Rows] = {
    **{name: rows for name, rows in famous.FLOAT_MATRICES.items() if name != "random 60"},
    **{f"hilbert {n} in decimals": famous.hilbert_floats(n) for n in (5, 8, 12)},
    "grcar 12": famous.grcar(12),
    "grcar in decimals": [[entry * 0.1 for entry in row] for row in famous.grcar(10)],
    "second difference 20": second_difference(20),
    "frank in decimals": [[entry / 7 for entry in row] for row in famous.frank(9)],
    "nearly defective": [[1.0, 1e6], [1e-11, 1.0000001]],
    "nearly defective, one more": [[1.0, 1.0, 0.0], [0.0, 1.0 + 1e-9, 1.0], [0.0, 1e-12, 1.0 - 1e-9]],
    "normal": [[0.1, -0.7, 0.0], [0.7, 0.1, 0.0], [0.0, 0.0, 0.3]],
    "small": [[1e-60, 2e-61], [3e-61, 5e-60]],
    "beyond squares": [[1e200, 2e199], [-3e199, 5e200]],
    "kahan 12": famous.kahan(12, 0.5),
}


def reference(rows: Rows, reading: Any) -> list[tuple[Fraction, Fraction]]:
    """The eigenvalues (real and imaginary parts) to 60 digits and more, in no order."""
    exact = reading(rows)
    saved = flint.ctx.prec
    flint.ctx.prec = 3000 if len(rows) <= 12 else 600
    try:
        a = flint.acb_mat([[flint.acb(flint.arb(flint.fmpq(value.numerator, value.denominator))) for value in row] for row in exact])
        return [(fraction(ball.real), fraction(ball.imag)) for ball in a.eig(multiple=True)]
    finally:
        flint.ctx.prec = saved


def fraction(ball: Any) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def second_differences(n: int) -> list[float]:
    return [2 - 2 * math.cos(k * math.pi / (n + 1)) for k in range(n, 0, -1)]


def random_matrix(seed: int, n: int, kind: str) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(seed)
    a = random.standard_normal((n, n))
    if kind == "symmetric":
        return np.asarray(a + a.T)
    if kind == "graded":
        return np.asarray(a * 10.0 ** -np.arange(n)[:, None])
    if kind == "whole":
        return np.rint(3 * a)
    if kind == "complex":
        return np.asarray(a + 1j * random.standard_normal((n, n)))
    if kind == "hermitian":
        b = a + 1j * random.standard_normal((n, n))
        return np.asarray(b + b.conj().T)
    return np.asarray(a)
