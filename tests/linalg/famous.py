"""Matrices that everybody knows, as JSON lists, and exact references by Python's own fractions (nothing of the service)."""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial, prod
from typing import Any

import numpy as np

Rows = list[list[Any]]
Exact = list[list[Fraction]]


def hilbert(n: int) -> Rows:
    """Entries 1/(i + j − 1) as exact texts."""
    return [[f"1/{i + j + 1}" for j in range(n)] for i in range(n)]


def hilbert_floats(n: int) -> Rows:
    return [[1 / (i + j + 1) for j in range(n)] for i in range(n)]


def hilbert_inverse(n: int) -> list[list[str]]:
    """Its inverse has whole entries, by a published formula (Choi, Amer. Math. Monthly 90, 1983)."""

    def entry(i: int, j: int) -> int:
        binomials = comb(n + i - 1, n - j) * comb(n + j - 1, n - i) * comb(i + j - 2, i - 1) ** 2
        return (-1) ** (i + j) * (i + j - 1) * binomials

    return [[str(entry(i, j)) for j in range(1, n + 1)] for i in range(1, n + 1)]


def hilbert_determinant(n: int) -> str:
    """c⁴/c(2n), c(n) = ∏ i! for i < n."""

    def c(k: int) -> int:
        return prod(factorial(i) for i in range(1, k))

    return str(Fraction(c(n) ** 4, c(2 * n)))


def pascal(n: int) -> Rows:
    """Symmetric, determinant 1, inverse whole."""
    return [[comb(i + j, i) for j in range(n)] for i in range(n)]


def vandermonde(points: list[int]) -> Rows:
    return [[x**k for k in range(len(points))] for x in points]


def vandermonde_determinant(points: list[int]) -> int:
    return prod(points[j] - points[i] for i in range(len(points)) for j in range(i + 1, len(points)))


def magic(n: int) -> Rows:
    """Of odd order by the Siamese method; of order 4 and 8 by MATLAB's, where the rank is 3."""
    if n % 2:
        return [[n * ((i + j - 1 + n // 2) % n) + (i + 2 * j - 2) % n + 1 for j in range(1, n + 1)] for i in range(1, n + 1)]
    keep = [[(i % 4 in (0, 3)) == (j % 4 in (0, 3)) for j in range(n)] for i in range(n)]
    return [[n * n - (n * i + j) if keep[i][j] else n * i + j + 1 for j in range(n)] for i in range(n)]


def wilkinson(n: int) -> Rows:
    """W⁺: tridiagonal, |i − (n − 1)/2| on the diagonal."""
    return [[abs(i - n // 2) if i == j else int(abs(i - j) == 1) for j in range(n)] for i in range(n)]


def frank(n: int) -> Rows:
    """Upper Hessenberg, determinant 1."""
    return [[n - max(i, j) if j >= i - 1 else 0 for j in range(n)] for i in range(n)]


def moler(n: int) -> Rows:
    """Symmetric, positive definite, determinant 1, one tiny eigenvalue."""
    return [[i + 1 if i == j else min(i, j) - 1 for j in range(n)] for i in range(n)]


def kahan(n: int, theta: float = 1.2) -> Rows:
    s, c = float(np.sin(theta)), float(np.cos(theta))
    return [[s**i if i == j else (-c * s**i if j > i else 0.0) for j in range(n)] for i in range(n)]


def fibonacci(n: int) -> Rows:
    """Two neighbouring Fibonacci numbers: determinant ±1, entries as large as wanted."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return [[a + b, b], [b, a]]


def clement(n: int) -> Rows:
    """Tridiagonal with zero diagonal; eigenvalues n − 1, n − 3, ..., 1 − n (Clement, SIAM Review 1, 1959)."""
    return [[(n - j if i < j else j + 1) if abs(i - j) == 1 else 0 for j in range(n)] for i in range(n)]


def rosser() -> Rows:
    """Rosser's 8×8: a double eigenvalue 1000, one of 0, and ones that agree to many digits (J. Res. NBS 47, 1951)."""
    return [
        [611, 196, -192, 407, -8, -52, -49, 29],
        [196, 899, 113, -192, -71, -43, -8, -44],
        [-192, 113, 899, 196, 61, 49, 8, 52],
        [407, -192, 196, 611, 8, 44, 59, -23],
        [-8, -71, 61, 8, 411, -599, 208, 208],
        [-52, -43, 49, 44, -599, 411, 208, 208],
        [-49, -8, 8, 59, 208, 208, 99, -911],
        [29, -44, 52, -23, 208, 208, -911, 99],
    ]


def grcar(n: int) -> Rows:
    """Toeplitz with −1 below and 1 on and in three diagonals above the main one: very sensitive eigenvalues."""
    return [[-1 if i == j + 1 else int(0 <= j - i <= 3) for j in range(n)] for i in range(n)]


def lehmer(n: int) -> Rows:
    return [[f"{min(i, j)}/{max(i, j)}" for j in range(1, n + 1)] for i in range(1, n + 1)]


FLOAT_MATRICES: dict[str, Rows] = {
    "1×1": [[0.3]],
    "decimals": [[0.1, 0.7, 0.2], [0.4, 0.3, 0.9], [0.8, 0.6, 0.5]],
    "graded": [[1e-8, 0.5, 3.0], [2e-9, 1e5, 7.0], [3e-8, 0.25, 1e-3]],
    "rows of different units": [[1e-150, 2e-150], [3e120, -4.5e120]],
    "columns of different units": [[1e-150, 2e120], [3e-150, -4.5e120]],
    "hilbert 4": hilbert_floats(4),
    "hilbert 7": hilbert_floats(7),
    "hilbert 9": hilbert_floats(9),
    "kahan 10": kahan(10),
    "pascal 10": pascal(10),
    "vandermonde": vandermonde([1, 2, 3, 5, 7, 11]),
    "magic 5": magic(5),
    "wilkinson 21": wilkinson(21),
    "frank 12": frank(12),
    "moler 12": moler(12),
    "clement 8": clement(8),
    "grcar 10": grcar(10),
    "grcar in decimals": [[entry * 0.1 for entry in row] for row in grcar(8)],
    "lehmer in decimals": [[min(i, j) / max(i, j) for j in range(1, 8)] for i in range(1, 8)],
    "läuchli": [[1 + 1e-6 * int(i == j) for j in range(4)] for i in range(4)],
    "growth 30": [[1 if i == j or j == 29 else (-1 if i > j else 0) for j in range(30)] for i in range(30)],
    "random 25": np.random.default_rng(25).standard_normal((25, 25)).tolist(),
    "random 60": np.random.default_rng(60).standard_normal((60, 60)).tolist(),
}


def binary(rows: Rows) -> Exact:
    """The doubles as they are."""
    return [[Fraction(entry) for entry in row] for row in rows]


def decimal(rows: Rows) -> Exact:
    """The decimals as they are written."""
    return [[Fraction(repr(entry)) for entry in row] for row in rows]


def exact_inverse(rows: Exact) -> Exact:
    """By Gauss and Jordan."""
    n = len(rows)
    work = [[*row, *[Fraction(int(i == j)) for j in range(n)]] for i, row in enumerate(rows)]
    for k in range(n):
        pivot = next(i for i in range(k, n) if work[i][k])
        work[k], work[pivot] = work[pivot], work[k]
        head = work[k][k]
        work[k] = [value / head for value in work[k]]
        for i in range(n):
            if i != k and work[i][k]:
                factor = work[i][k]
                work[i] = [a - factor * b for a, b in zip(work[i], work[k], strict=True)]
    return [row[n:] for row in work]


def exact_determinant(rows: Exact) -> Fraction:
    work, value = [list(row) for row in rows], Fraction(1)
    for k in range(len(work)):
        pivot = next((i for i in range(k, len(work)) if work[i][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            work[k], work[pivot], value = work[pivot], work[k], -value
        value *= work[k][k]
        for i in range(k + 1, len(work)):
            factor = work[i][k] / work[k][k]
            work[i] = [a - factor * b for a, b in zip(work[i], work[k], strict=True)]
    return value


def product(a: Exact, b: Exact) -> Exact:
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)) for column in columns] for row in a]
