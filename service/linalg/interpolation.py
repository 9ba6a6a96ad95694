"""Functions of a rational matrix in balls, by Hermite interpolation on its exact spectrum.

f(A) = p(A) for the polynomial p that agrees with f at every eigenvalue, up to the derivative of an order one less than its
largest Jordan block (Higham, Functions of Matrices, Definition 1.4). The spectrum and the sizes of the blocks are
exact (`spectrum.py`), eigenvalues are balls, and p(A) is evaluated in Newton's form: whatever the matrix, the balls hold f(A),
and only cost digits where eigenvalues are close.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint

from service.linalg import spectrum
from service.linalg.spectrum import Factor

Taylor = Callable[[Any, int], list[Any]]
"""For a ball z and a number k: f(z), f'(z)/1!, ..., f^(k−1)(z)/(k−1)!"""


def function_of(a: Any, factors: list[Factor], taylor: Taylor) -> Any:
    """f(A) as acb_mat for an fmpq_mat `a`, inside `precision`."""
    nodes: list[Any] = []
    starts: list[int] = []  # for each node, the first of its eigenvalue
    for root in spectrum.roots(factors):
        starts += [len(nodes)] * root.factor.blocks[0]
        nodes += [root.ball] * root.factor.blocks[0]
    series = {start: taylor(nodes[start], starts.count(start)) for start in set(starts)}
    return newton_form(flint.acb_mat(flint.arb_mat(a)), nodes, divided_differences(nodes, starts, series))


def divided_differences(nodes: list[Any], starts: list[int], series: dict[int, list[Any]]) -> list[Any]:
    """f[z₀], f[z₀, z₁], ...; equal nodes stand together, and take the Taylor coefficients there."""
    column = [series[start][0] for start in starts]
    found = [column[0]]
    for order in range(1, len(nodes)):
        column = [
            series[starts[i]][order] if starts[i] == starts[i + order] else (column[i + 1] - column[i]) / (nodes[i + order] - nodes[i])
            for i in range(len(nodes) - order)
        ]
        found.append(column[0])
    return found


def newton_form(a: Any, nodes: list[Any], coefficients: list[Any]) -> Any:
    """c₀ + (A − z₀)(c₁ + (A − z₁)(c₂ + ...)) by Horner's rule."""
    n = a.nrows()
    value = _scalar(n, coefficients[-1])
    for node, coefficient in zip(reversed(nodes[: len(coefficients) - 1]), reversed(coefficients[:-1]), strict=True):
        value = value * (a - _scalar(n, node)) + _scalar(n, coefficient)
    return value


def _scalar(n: int, value: Any) -> Any:
    return flint.acb_mat(n, n, [value if i == j else 0 for i in range(n) for j in range(n)])


def power_series(exponent: Any) -> Taylor:
    """z^p for an fmpq p that is not whole, on its principal branch; at 0 only the value, for p > 0."""

    def taylor(z: Any, count: int) -> list[Any]:
        if z.is_zero():
            return [flint.acb(0)]
        value = z.sqrt() if exponent == flint.fmpq(1, 2) else (z.log() * flint.acb(flint.arb(exponent))).exp()
        found, coefficient = [], flint.fmpq(1)
        for k in range(count):
            found.append(value * flint.acb(flint.arb(coefficient)) / z**k)
            coefficient = coefficient * (exponent - k) / (k + 1)
        return found

    return taylor


def logarithm_series(z: Any, count: int) -> list[Any]:
    return [z.log()] + [flint.acb(-1) ** (k - 1) / (z**k * k) for k in range(1, count)]


def sign_series(z: Any, count: int) -> list[Any]:
    """Raises ValueError where the ball does not tell the sign."""
    if z.real.contains(0):
        raise ValueError("the precision does not tell the sign")
    return [flint.acb(1 if z.real > 0 else -1)] + [flint.acb(0)] * (count - 1)
