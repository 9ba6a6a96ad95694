"""Determinants and inverses of Kronecker products and of matrices that are written entry by entry."""

from __future__ import annotations

from typing import Any

import pytest

from service.answers.derivation import derive
from service.answers.task import read_task
from service.calculus.lower import lower
from service.expression.arena import fresh_arena
from service.language import declare, parse

VARIABLES = {"A": "matrix(n,n)", "B": "matrix(m,m)", "P": "spd(n)", "x": "vector(n)", "C": "matrix(p,q)", "D": "matrix(q,p)"}


@pytest.mark.parametrize(
    ("expression", "wrt", "text"),
    [
        ("logdet(kron(A, B))", "A", "m*inv(A)'"),
        ("logdet(kron(P, B))", "P", "m*inv(P)"),
        ("logdet(kron(eye(n), B))", "B", "n*inv(B)'"),
        ("logdet(s*kron(A, B))", "s", "n*m/s"),
        ("logdet(kron(A*A', B'*B))", "A", "2*m*inv(A)'"),
        ("det(kron(A, B))", "A", "m*det(A)^m*det(B)^n*inv(A)'"),
        ("det(kron(B, eye(3)))", "B", "3*det(B)^3*inv(B)'"),
        ("tr(inv(kron(A, B)))", "A", "-tr(inv(B))*inv(A)'^2"),
        ("det([s, t; 2, s])", "s", "2*s"),
        ("det([s, t; 2, s]')", "t", "-2"),
        ("logdet([s, t; 2, s])", "s", "-2*s/(2*t - s^2)"),
        ("det([s, t, 1; 2, s, t; 1, 2, s])", "s", "3*s^2 - 4*t - 1"),
        ("adj([s, t; 2, s])", "t", "[0, -1; 0, 0]"),
        ("adj([s, t, 1; 2, s, t; 1, 2, s])", "s", "[2*s, -t, -1; -2, 2*s, -t; -1, -2, 2*s]"),
        ("det([cos(t), -sin(t); sin(t), cos(t)])", "t", "0"),
        ("det(s*[1, 2; 3, 4])", "s", "-4*s"),
        ("inv([1, 2; 3, 4])*s", "s", "[-4, 2; 3, -1]/2"),
        ("inv([s, t; 2, s])", "t", "-inv([s, t; 2, s])*unit(1, 2)*unit(2, 2)'*inv([s, t; 2, s])"),
    ],
)
def test_gradients(expression: str, wrt: str, text: str) -> None:
    with fresh_arena():
        assert derive(read_task("derivative", {"expression": expression, "variables": VARIABLES, "wrt": wrt}))["result"]["text"] == text


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("inv(kron(A, B))", "kron(inv(A), inv(B))", True),
        ("pinv(kron(C, A))", "kron(pinv(C), pinv(A))", True),
        ("logdet(kron(A, B))", "n*logdet(B) + m*logdet(A)", True),
        ("det(kron(A, B))", "det(A)^m*det(B)^n", True),
        ("det([a, b; c, d])", "a*d - b*c", True),
        ("adj([a, b; c, d])", "[d, -b; -c, a]", True),
        ("inv([1, 2; 3, 4])", "[-2, 1; 3/2, -1/2]", True),
        ("det(kron(A, B))", "det(A)^n*det(B)^m", False),
        ("det(kron(C, D))", "0", False),
        ("inv([1, 2; 2, 4])", "[4, -2; -2, 1]", False),
    ],
)
def test_the_normal_form(left: str, right: str, same: bool) -> None:
    with fresh_arena():
        one, other = (lower(parse(text, declare(VARIABLES)).node) for text in (left, right))
        assert (one is other) == same


@pytest.mark.parametrize("depth", [3, 40])
def test_deep_sums_of_written_arrays(depth: int) -> None:
    expression: Any = "[x, 1; 2, x]"
    for place in range(depth):
        expression = f"x*({expression} + [0, x; {place}, 1])"
    with fresh_arena():
        assert derive(read_task("derivative", {"expression": f"tr({expression})", "wrt": "x"}))["result"]["shape"] == []
        assert derive(read_task("derivative", {"expression": expression, "wrt": "x"}))["result"]["shape"] == [2, 2]
