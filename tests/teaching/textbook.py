"""Expressions as textbooks differentiate them, for both ways of telling how."""

from __future__ import annotations

from typing import Any, NamedTuple

SIZES = {"m": 4, "n": 3, "p": 2}
ARRAYS: dict[str, Any] = {
    **dict.fromkeys("xy", "vector(n)"),
    **dict.fromkeys("bz", "vector(m)"),
    "A": "matrix(m,n)",
    "B": "matrix(n,p)",
    **dict.fromkeys("MNX", "matrix(n,n)"),
    "S": "symmetric(n)",
    "K": "spd(n)",
    "r": {"shape": [1, "n"]},
}


class Exercise(NamedTuple):
    """What is differentiated, by what, and further fields of the request."""

    kind: str
    expression: Any
    wrt: Any
    further: dict[str, Any] = {}


G, J, D, H = "gradient", "jacobian", "derivative", "hessian"

SCALARS = (
    Exercise(D, "x^2", "x"),
    Exercise(D, "3*x^5 - 2*x^3 + 7", "x"),
    Exercise(D, "x^2*sin(x)", "x"),
    Exercise(D, "sin(x)/x", "x"),
    Exercise(D, "exp(sin(x))", "x"),
    Exercise(D, "log(1 + x^2)", "x"),
    Exercise(D, "sqrt(x^2 + 1)", "x"),
    Exercise(D, "(2*x + 1)^10", "x"),
    Exercise(D, "2^x", "x"),
    Exercise(D, "x^x", "x"),
    Exercise(D, "x*exp(-x^2/2)", "x"),
    Exercise(D, "tan(x)^2", "x"),
    Exercise(D, "1/(1 + exp(-x))", "x"),
    Exercise(D, "x^4 - 3*x^2", "x", {"order": 3}),
    Exercise(D, "5", "x"),
    Exercise(D, "x", "x"),
    Exercise(G, "u^2 + 3*u*v + v^2", ["u", "v"]),
    Exercise(G, "u^2*v + exp(u*v)", ["u", "v"], {"layout": "numerator"}),
    Exercise(J, ["s^2*t", "5*s + sin(t)"], ["s", "t"]),
    Exercise(J, ["s^2*t", "5*s + sin(t)", "t"], ["s", "t"], {"layout": "denominator"}),
    Exercise(H, "u^3*v + sin(v)", ["u", "v"]),
    Exercise(D, [["cos(t)", "sin(t)"], ["-sin(t)", "cos(t)"]], "t"),
    Exercise(D, "inv(U)", "t", {"variables": {"U": {"shape": ["n", "n"], "depends_on": ["t"]}}}),
    Exercise(D, "tr(U*U)", "t", {"variables": {"U": {"shape": ["n", "n"], "depends_on": ["t"]}}}),
)
"""By scalars: told by rules, whatever is asked for."""

VECTORS = (
    Exercise(J, "A*x", "x"),
    Exercise(G, "y'*x", "x"),
    Exercise(G, "x'*x", "x"),
    Exercise(G, "x'*M*x", "x"),
    Exercise(G, "x'*S*x", "x"),
    Exercise(G, "b'*A*x", "x"),
    Exercise(G, "norm2(A*x - b)^2/2", "x"),
    Exercise(G, "norm2(x)", "x"),
    Exercise(G, "x'*M*x/(x'*x)", "x"),
    Exercise(J, "x/norm2(x)", "x"),
    Exercise(J, "softmax(x)", "x"),
    Exercise(G, "logsumexp(A*x)", "x"),
    Exercise(J, "tanh(A*x + b)", "x"),
    Exercise(J, "x.*y", "x"),
    Exercise(J, "diag(x)*M*x", "x"),
    Exercise(G, "sum(log(1 + exp(A*x))) - b'*A*x", "x"),
    Exercise(G, "x[1]*x[3]^2", "x", {"variables": {"x": "vector(3)"}}),
    Exercise(G, "r*x", "r"),
    Exercise(J, "r*M", "r"),
    Exercise(J, "x*(y'*x)", "x", {"layout": "denominator"}),
    Exercise(H, "x'*M*x", "x"),
    Exercise(H, "norm2(A*x - b)^2/2", "x"),
)

MATRICES = (
    Exercise(G, "tr(A*N*A')", "N"),
    Exercise(G, "tr(X'*M*X)", "X"),
    Exercise(G, "b'*A*x", "A"),
    Exercise(G, "det(X)", "X"),
    Exercise(G, "logdet(X)", "X"),
    Exercise(G, "logdet(K) + tr(inv(K)*S)", "K"),
    Exercise(G, "tr(inv(X)*M)", "X"),
    Exercise(G, "normF(A - z*y')^2", "A"),
    Exercise(G, "norm2(tanh(A*x) - b)^2", "A"),
    Exercise(G, "sum(X.^2)", "X", {"layout": "numerator"}),
    Exercise(J, "A*x", "A"),
    Exercise(J, "A*X*B", "X", {"form": "kronecker"}),
    Exercise(D, "inv(X)", "X"),
    Exercise(G, "b'*A*x + tr(A)", ["A", "x"], {"variables": {"A": "matrix(n,n)", "b": "vector(n)"}}),
)
