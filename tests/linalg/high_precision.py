"""References with 80 digits by mpmath (nothing of the service): matrices of fractions in, matrices of mpf out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp.clone()
mp.dps = 80


def matrix(rows: Any) -> Any:
    """Of fractions, ints or (complex) floats, each exactly."""
    return mp.matrix([[number(entry) for entry in row] for row in rows])


def number(entry: Any) -> Any:
    if isinstance(entry, Fraction):
        return mp.mpf(entry.numerator) / entry.denominator
    return mp.mpc(entry) if isinstance(entry, (complex, np.complexfloating)) else mp.mpf(entry)


def frobenius(a: Any) -> Any:
    return mp.sqrt(sum((abs(entry) ** 2 for entry in a), mp.mpf(0)))


def column(a: Any, j: int) -> Any:
    return mp.matrix([[a[i, j]] for i in range(a.rows)])


def row(a: Any, i: int) -> Any:
    return mp.matrix([[a[i, j] for j in range(a.cols)]])


def gram_schmidt(a: Any) -> tuple[Any, Any]:
    """The QR factors of independent columns, positive diagonal, each column orthogonalised twice."""
    q, r = mp.matrix(a.rows, a.cols), mp.matrix(a.cols, a.cols)
    for j in range(a.cols):
        rest = column(a, j)
        for _ in range(2):
            for i in range(j):
                part = sum((mp.conj(q[k, i]) * rest[k, 0] for k in range(a.rows)), mp.mpf(0))
                r[i, j] += part
                rest -= part * column(q, i)
        r[j, j] = frobenius(rest)
        for k in range(a.rows):
            q[k, j] = rest[k, 0] / r[j, j]
    return q, r


def singular_values(a: Any) -> list[Any]:
    """In decreasing order."""
    return list(mp.svd_r(a, compute_uv=False))


def cholesky(a: Any) -> Any:
    """Of a real matrix; mpmath's own refuses small pivots by an absolute tolerance."""
    n = a.rows
    lower = mp.matrix(n, n)
    for j in range(n):
        for i in range(j, n):
            rest = a[i, j] - sum((lower[i, k] * lower[j, k] for k in range(j)), mp.mpf(0))
            lower[i, j] = mp.sqrt(rest) if i == j else rest / lower[j, j]
    return lower
