"""The Kronecker forms as Magnus and Neudecker's tables have them (Matrix Differential Calculus, chapters 9 and 10).

That they are right is checked by the service, and against the published formulas in test_identities: here is how they read.
"""

from __future__ import annotations

import pytest

from service.answers.derivation import derive
from service.answers.task import read_task
from service.expression.arena import fresh_arena

VARIABLES = {
    **dict.fromkeys("ABX", "matrix(n,n)"),
    **dict.fromkeys("RW", "matrix(m,n)"),
    **dict.fromkeys("xa", "vector(n)"),
    **dict.fromkeys("yb", "vector(m)"),
    "C": "matrix(p,q)",
    "L": "matrix(p,m)",
    "K": "matrix(n,q)",
    "P": "spd(n)",
}
JACOBIANS = """
    R            | R | eye(m*n)
    R'           | R | commutation(m, n)
    R*a          | R | kron(a', eye(m))
    R'*b         | R | kron(eye(n), b')
    a'*X         | X | kron(eye(n), a')
    L*R*K        | R | kron(K', L)
    inv(X)       | X | -kron(inv(X)', inv(X))
    A*inv(X)     | X | -kron(inv(X)', A*inv(X))
    A*inv(X)*B   | X | -kron(B'*inv(X)', A*inv(X))
    inv(P)       | P | -kron(inv(P), inv(P))
    R*R'         | R | kron(eye(m), R)*commutation(m, n) + kron(R, eye(m))
    R'*R         | R | kron(eye(n), R') + kron(R', eye(n))*commutation(m, n)
    X^2          | X | kron(eye(n), X) + kron(X', eye(n))
    X^3          | X | kron(X', X) + kron(eye(n), X^2) + kron(X'^2, eye(n))
    X*A*X        | X | kron(eye(n), X*A) + kron(X'*A', eye(n))
    R.*W         | R | diag(vec(W))
    exp(R)       | R | diag(vec(exp(R)))
    A.*(X*B)     | X | diag(vec(A))*kron(B', eye(n))
    tr(X)*A      | X | vec(A)*vec(eye(n))'
    tr(X)*X      | X | vec(X)*vec(eye(n))' + tr(X)*eye(n*n)
    det(X)*A     | X | det(X)*vec(A)*vec(inv(X)')'
    kron(R, C)   | R | kron(eye(n), kron(commutation(q, m), eye(p)))*kron(eye(m*n), vec(C))
    kron(C, R)   | R | kron(eye(q), kron(commutation(n, p), eye(m)))*kron(vec(C), eye(m*n))
    vec(R)       | R | eye(m*n)
    vec(R)*a'    | R | kron(a, eye(m*n))
    x*x'         | x | kron(eye(n), x) + kron(x, eye(n))
    x*y'         | x | kron(y, eye(n))
    y*x'         | x | kron(eye(n), y)
    diag(x)      | x | diag(vec(eye(n)))*kron(ones(n), eye(n))
    diag(X)      | X | kron(ones(n)', eye(n))*diag(vec(eye(n)))
    R*diag(x)    | x | diag(vec(R))*kron(eye(n), ones(m))
    diag(b)*R    | b | diag(vec(R))*kron(ones(n), eye(m))
    kron(x, y)   | x | kron(eye(n), y)
    kron(y, x)   | x | kron(y, eye(n))
    kron(A, x)*a | x | kron(A*a, eye(n))
"""
HESSIANS = """
    logdet(X)       | X | -kron(inv(X), inv(X)')*commutation(n, n)
    det(X)          | X | det(X)*(vec(inv(X)')*vec(inv(X)')' - kron(inv(X), inv(X)')*commutation(n, n))
    a'*X^2*a        | X | (kron(eye(n), a*a') + kron(a*a', eye(n)))*commutation(n, n)
    tr(X^3)         | X | 3*(kron(X, eye(n)) + kron(eye(n), X'))*commutation(n, n)
    tr(A*X*B*X')    | X | kron(B', A) + kron(B, A')
    tr(A*X*B*X)     | X | (kron(B, A') + kron(A, B'))*commutation(n, n)
    norm2(R*a - b)^2 | R | 2*kron(a*a', eye(m))
    sum(exp(R))     | R | diag(vec(exp(R)))
    a'*inv(X)*x     | X | (kron(inv(X)*x*a'*inv(X), inv(X)') + kron(inv(X), inv(X)'*a*x'*inv(X)'))*commutation(n, n)
"""


def rows(table: str, kind: str) -> list[tuple[str, ...]]:
    return [(kind, *[part.strip() for part in line.split("|")]) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("kind", "expression", "wrt", "text"), [*rows(JACOBIANS, "derivative"), *rows(HESSIANS, "hessian")])
def test_as_in_the_book(kind: str, expression: str, wrt: str, text: str) -> None:
    with fresh_arena():
        request = {"expression": expression, "variables": VARIABLES, "wrt": wrt, "vectorized": True}
        assert derive(read_task(kind, request))["result"]["text"] == text


@pytest.mark.parametrize(
    ("expression", "wrt"),
    [
        ("kron(R, kron(R, C))", "R"),
        ("kron(diag(x), C)", "x"),
        ("kron(X, X)*vec(X)", "X"),
        ("diag(diag(X))*A*X", "X"),
        ("vec(diag(x))*x'", "x"),
        ("vec(R*R')*vec(R)'", "R"),
        ("diag(vec(R))", "R"),
        ("x.*(x'*x*a)", "x"),
        ("kron(R, C)*kron(R', eye(q))", "R"),
        ("softmax_rows(R)", "R"),
        ("pinv(R)*R", "R"),
    ],
)
@pytest.mark.parametrize("order", [1, 2])
def test_what_the_book_does_not_have_is_right(expression: str, wrt: str, order: int) -> None:
    """In matrix notation or not: the printed text is read back and compared."""
    with fresh_arena():
        request = {"expression": expression, "variables": VARIABLES, "wrt": wrt, "vectorized": True, "order": order}
        assert len(derive(read_task("derivative", request))["result"]["shape"]) == 2


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("exp(R*x)", "diag(exp(R*x))*(kron(ones(n)', R).*kron(R, ones(n)'))"),
        ("x.*x", "2*kron(ones(n)', eye(n))*diag(vec(eye(n)))"),
    ],
)
def test_second_derivatives_of_vector_functions(expression: str, text: str) -> None:
    with fresh_arena():
        request = {"expression": expression, "variables": VARIABLES, "wrt": "x", "vectorized": True, "order": 2}
        assert derive(read_task("derivative", request))["result"]["text"] == text
