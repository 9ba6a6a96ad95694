"""Functions whose convexity textbooks tell: S. Boyd, L. Vandenberghe: Convex Optimization, chapter 3, its examples and exercises.

Each with the unknowns' declarations, the domain, and what it is: "convex", "concave", "both" (affine) or "neither".
"""

from __future__ import annotations

from typing import Any, NamedTuple

CONVEX, CONCAVE, BOTH, NEITHER = "convex", "concave", "both", "neither"


class Row(NamedTuple):
    expression: str
    kind: str
    domain: tuple[str, ...] = ()
    variables: dict[str, str] = {}
    wrt: tuple[str, ...] = ()
    at: dict[str, Any] = {}


V = {"x": "vector(n)"}
XY = ("x > 0", "y > 0")
ROWS = [
    # 3.1.5 on the line
    Row("exp(3*x)", CONVEX),
    Row("exp(-2*x)", CONVEX),
    Row("x^3", CONVEX, ("x > 0",)),
    Row("x^3", CONCAVE, ("x <= 0",)),
    Row("x^3", NEITHER),
    Row("x^1.5", CONVEX),
    Row("x^(1/2)", CONCAVE),
    Row("x^(1/3)", CONCAVE),
    Row("x^-1", CONVEX, ("x > 0",)),
    Row("x^-1", CONCAVE, ("x < 0",)),
    Row("1/x", NEITHER),
    Row("x^-2", CONVEX, ("x > 0",)),
    Row("x^-2", CONVEX, ("x < 0",)),
    Row("x^-2", NEITHER),
    Row("x^-0.5", CONVEX),
    Row("abs(x)^3", CONVEX),
    Row("abs(x)^1.5", CONVEX),
    Row("log(x)", CONCAVE),
    Row("-log(x)", CONVEX),
    Row("x*log(x)", CONVEX),
    Row("-x*log(x)", CONCAVE),
    Row("x^x", CONVEX, ("x > 0",)),
    # in several unknowns
    Row("norm2(x)", CONVEX, (), V, ("x",)),
    Row("norm1(x)", CONVEX, (), V, ("x",)),
    Row("norminf(x)", CONVEX, (), V, ("x",)),
    Row("max(x, y)", CONVEX),
    Row("min(x, y)", CONCAVE),
    Row("x^2/y", CONVEX, ("y > 0",)),
    Row("x^2/y", CONCAVE, ("y < 0",)),
    Row("x^2/y", NEITHER),
    Row("log(exp(x) + exp(y))", CONVEX),
    Row("logsumexp(x)", CONVEX, (), V, ("x",)),
    Row("sqrt(x*y)", CONCAVE, XY),
    Row("(x*y*z)^(1/3)", CONCAVE, (*XY, "z > 0")),
    Row("prod(x)^(1/4)", CONCAVE, ("x > 0",), {"x": "vector(4)"}),
    Row("logdet(X)", CONCAVE, (), {"X": "spd(n)"}, ("X",)),
    Row("-logdet(X)", CONVEX, (), {"X": "spd(n)"}, ("X",)),
    Row("norm2(x)^2/t", CONVEX, ("t > 0",), V, ("x", "t")),
    Row("x'*x/t", CONVEX, ("t > 0",), V, ("x", "t")),
    Row("sum(x.^2)/t", CONVEX, ("t > 0",), V, ("x", "t")),
    Row("x'*inv(Y)*x", CONVEX, (), {"x": "vector(n)", "Y": "spd(n)"}, ("x", "Y")),
    Row("lambda_max(X)", CONVEX, (), {"X": "symmetric(n)"}, ("X",)),
    Row("sigma_max(X)", CONVEX, (), {"X": "matrix(m,n)"}, ("X",)),
    # 3.2: sums, compositions, maxima, perspectives
    Row("-sum(log(b - A*x))", CONVEX, (), {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, ("x",)),
    Row("norm2(A*x + b)", CONVEX, (), {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, ("x",)),
    Row("max(x^2, exp(x) - y)", CONVEX),
    Row("exp(x^2 + y^2)", CONVEX),
    Row("log(x) + log(y)", CONCAVE),
    Row("1/log(x)", CONVEX, ("x > 1",)),
    Row("-log(1 - x^2 - y^2)", CONVEX),
    Row("-log(-log(exp(x) + exp(y)))", CONVEX),
    Row("-log(-log(x))", NEITHER, ("x > 0", "x < 1")),
    Row("(x^2 + y^2)^1.5", CONVEX),
    Row("sum(sqrt(x))", CONCAVE, (), V, ("x",)),
    Row("(sqrt(x) + sqrt(y))^2", CONCAVE),
    Row("log(sum(exp(A*x + b)))", CONVEX, (), {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, ("x",)),
    Row("x*log(x/y)", CONVEX, XY),
    Row("-y*log(x/y)", CONVEX, XY),
    Row("x*log(x/y) - x + y", CONVEX, XY),
    Row("sum(x.*log(x./y))", CONVEX, ("x > 0", "y > 0"), {"x": "vector(n)", "y": "vector(n)"}, ("x", "y")),
    Row("-sum(x.*log(x))", CONCAVE, ("x > 0",), V, ("x",)),
    # exercises 3.16 to 3.25
    Row("exp(x) - 1", CONVEX),
    Row("x*y", NEITHER),
    Row("x*y", NEITHER, XY),
    Row("1/(x*y)", CONVEX, XY),
    Row("x/y", NEITHER, XY),
    Row("x^(1/3)*y^(2/3)", CONCAVE, XY),
    Row("x^0.5*y^0.7", NEITHER, XY),
    Row("x^3/y^2", CONVEX, XY),
    Row("x^-1*y^-2", CONVEX, XY),
    Row("sum(x.^0.5)^2", CONCAVE, ("x > 0",), V, ("x",)),
    Row("sum(x.^-1)^-1", CONCAVE, ("x > 0",), V, ("x",)),
    Row("sum(x.^3)^(1/3)", CONVEX, ("x > 0",), V, ("x",)),
    Row("1/(1/x + 1/y)", CONCAVE, XY),
    Row("tr(inv(X))", CONVEX, (), {"X": "spd(n)"}, ("X",)),
    Row("det(X)^(1/n)", CONCAVE, (), {"X": "spd(n)"}, ("X",)),
    Row("det(X)^(1/3)", CONCAVE, (), {"X": "spd(3)"}, ("X",)),
    Row("1/det(X)", CONVEX, (), {"X": "spd(n)"}, ("X",)),
    Row("x^1.5/sqrt(y)", CONVEX, XY),
    Row("x/sqrt(y)", NEITHER, XY),
    Row("(x + y)^2/(x + 2*y)", CONVEX, ("x + 2*y > 0",)),
    Row("(x^2 + 1)/(y + 2)", CONVEX, ("y > -2",)),
    Row("-log(x*y)", CONVEX, XY),
    Row("exp(x)/y", CONVEX, ("y > 0",)),
    Row("exp(x)/x", CONVEX, ("x > 0",)),
    Row("log(1 + exp(-x))", CONVEX),
    Row("log(1/x + 1/y)", CONVEX, XY),
    Row("log(1 - exp(-x))", CONCAVE, ("x > 0",)),
    Row("log(x/(1 - x))", NEITHER, ("x > 0", "x < 1")),
    Row("log(x/(1 - x))", CONVEX, ("x >= 0.5", "x < 1")),
    Row("x*log(x) + (1 - x)*log(1 - x)", CONVEX),
    Row("sqrt(1 + x^2)", CONVEX),
    Row("x^2 + x*y + y^2", CONVEX),
    Row("x^2 - x*y*3 + y^2", NEITHER),
    Row("x^4 + y^4 - x*y", NEITHER),
    Row("x^4 - 6*x^2", CONVEX, ("x >= 1",)),
    Row("x^4 - 6*x^2", CONCAVE, ("x >= -1", "x <= 1")),
    Row("x^4 - 6*x^2", NEITHER, ("x >= 0",)),
    Row("sin(x)", CONCAVE, ("x >= 0", "x <= pi")),
    Row("cos(x)", CONVEX, ("x >= pi/2", "x <= 3*pi/2")),
    Row("sin(x)", NEITHER, ("x >= 0", "x <= 4")),
    Row("tanh(x)", CONCAVE, ("x >= 0",)),
    Row("sigmoid(x)", CONVEX, ("x <= 0",)),
    Row("sigmoid(x)", NEITHER),
    Row("atan(x)", CONCAVE, ("x > 0",)),
    Row("exp(-x^2)", NEITHER),
    Row("exp(-x^2)", CONVEX, ("x >= 1",)),
    Row("exp(-x^2)", CONCAVE, ("x >= -0.7", "x <= 0.7")),
    Row("log(1 + x^2)", NEITHER),
    Row("log(1 + x^2)", CONVEX, ("x >= -1", "x <= 1")),
    Row("x/(1 + x)", CONCAVE, ("x >= 0",)),
    Row("x^2/(1 + x)", CONVEX, ("x > -1",)),
    Row("1/(1 - x^2)", CONVEX, ("x > -1", "x < 1")),
    Row("gamma(x)", CONVEX, ("x > 0",)),
    Row("loggamma(x)", CONVEX, ("x > 0",)),
    Row("abs(x - 1) + abs(x + 1)", CONVEX),
    Row("a*x^2 + b*x", CONVEX, ("a >= 0",), {}, ("x",)),
    Row("norm2(A*x - b)^2 + lam*norm1(x)", CONVEX, ("lam >= 0",), {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, ("x",)),
    Row("a*x + b", BOTH, (), {}, ("x",)),
    Row("x^2 - y^2", NEITHER),
]
