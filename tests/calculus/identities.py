"""Published identities of matrix calculus, as they stand in the literature, in mixed layout.

MC   Petersen and Pedersen, The Matrix Cookbook (2012), by equation
MN   Magnus and Neudecker, Matrix Differential Calculus (3rd edition, 2007), chapters 8 to 10
W    Wikipedia, "Matrix calculus", by table
Seed the worked material that the service is built for, by number

`variables` reads: `a(m)` a vector, `X(m,n)` a matrix, `S=spd(n)` a kind, `U[x](n,n)` a matrix that depends on x.
"""

from __future__ import annotations

from typing import NamedTuple


class Identity(NamedTuple):
    """∂ expression / ∂ wrt = published."""

    source: str
    expression: str
    variables: str
    wrt: str
    published: str
    kind: str = "derivative"
    order: int = 1


G, H, J = "gradient", "hessian", "jacobian"
SQUARES = "A(n,n) B(n,n) C(n,n) X(n,n)"

COOKBOOK = (
    Identity("MC 33, 35", "X + A", "A(m,n) X[x](m,n)", "x", "dX_dx"),
    Identity("MC 34", "a*X", "X[x](m,n)", "x", "a*dX_dx"),
    Identity("MC 35", "X + Y", "X[x](m,n) Y[x](m,n)", "x", "dX_dx + dY_dx"),
    Identity("MC 36", "tr(X)", "X[x](n,n)", "x", "tr(dX_dx)"),
    Identity("MC 37", "X*Y", "X[x](m,n) Y[x](n,p)", "x", "dX_dx*Y + X*dY_dx"),
    Identity("MC 38", "X.*Y", "X[x](m,n) Y[x](m,n)", "x", "dX_dx.*Y + X.*dY_dx"),
    Identity("MC 39", "kron(X, Y)", "X[x](m,n) Y[x](p,q)", "x", "kron(dX_dx, Y) + kron(X, dY_dx)"),
    Identity("MC 40, 59", "inv(X)", "X[x](n,n)", "x", "-inv(X)*dX_dx*inv(X)"),
    Identity("MC 41", "det(X)", "X[x](n,n)", "x", "tr(adj(X)*dX_dx)"),
    Identity("MC 42, 46", "det(X)", "X[x](n,n)", "x", "det(X)*tr(inv(X)*dX_dx)"),
    Identity("MC 43", "log(det(X))", "X[x](n,n)", "x", "tr(inv(X)*dX_dx)"),
    Identity("MC 44", "X'", "X[x](m,n)", "x", "dX_dx'"),
    Identity(
        "MC 48",
        "det(Y)",
        "Y[x](n,n)",
        "x",
        "det(Y)*(tr(inv(Y)*d2Y_dx2) + tr(inv(Y)*dY_dx)*tr(inv(Y)*dY_dx) - tr(inv(Y)*dY_dx*inv(Y)*dY_dx))",
        order=2,
    ),
    Identity("MC 49", "det(X)", "X(n,n)", "X", "det(X)*inv(X)'", G),
    Identity("MC 51", "det(A*X*B)", SQUARES, "X", "det(A*X*B)*inv(X')", G),
    Identity("MC 52", "det(X'*A*X)", SQUARES, "X", "2*det(X'*A*X)*inv(X)'", G),
    Identity("MC 53", "det(X'*A*X)", "A=symmetric(m) X(m,n)", "X", "2*det(X'*A*X)*A*X*inv(X'*A*X)", G),
    Identity("MC 54", "det(X'*A*X)", "A(m,m) X(m,n)", "X", "det(X'*A*X)*(A*X*inv(X'*A*X) + A'*X*inv(X'*A'*X))", G),
    Identity("MC 55", "log(det(X'*X))", "X(m,n)", "X", "2*pinv(X)'", G),
    Identity("MC 57", "log(abs(det(X)))", "X(n,n)", "X", "inv(X)'", G),
    Identity("MC 57", "logdet(X)", "X(n,n)", "X", "inv(X')", G),
    Identity("MC 58", "det(X^3)", "X(n,n)", "X", "3*det(X^3)*inv(X)'", G),
    Identity("MC 61", "a'*inv(X)*b", "a(n) b(n) X(n,n)", "X", "-inv(X)'*a*b'*inv(X)'", G),
    Identity("MC 62", "det(inv(X))", "X(n,n)", "X", "-det(inv(X))*inv(X)'", G),
    Identity("MC 63", "tr(A*inv(X)*B)", "A(m,n) B(n,m) X(n,n)", "X", "-(inv(X)*B*A*inv(X))'", G),
    Identity("MC 64", "tr(inv(X + A))", SQUARES, "X", "-(inv(X + A)*inv(X + A))'", G),
    Identity("MC 65", "tr(X)", "X(n,n)", "X", "eye(n)", G),
    Identity("MC 66", "det(X)", "X(n,n)", "X", "det(X)*inv(X')", G),
    Identity("MC 69", "x'*a", "x(n) a(n)", "x", "a", G),
    Identity("MC 69", "a'*x", "x(n) a(n)", "x", "a", G),
    Identity("MC 70", "a'*X*b", "a(m) b(n) X(m,n)", "X", "a*b'", G),
    Identity("MC 71", "a'*X'*b", "a(n) b(m) X(m,n)", "X", "b*a'", G),
    Identity("MC 72", "a'*X*a", "a(n) X(n,n)", "X", "a*a'", G),
    Identity("MC 72", "a'*X'*a", "a(n) X(n,n)", "X", "a*a'", G),
    Identity("MC 74", "(X*A)[2,1]", "A(3,2) X(4,3)", "X", "[0;1;0;0]*[A[1,1]; A[2,1]; A[3,1]]'", G),
    Identity("MC 75", "(X'*A)[2,1]", "A(4,2) X(4,3)", "X", "[A[1,1]; A[2,1]; A[3,1]; A[4,1]]*[0;1;0]'", G),
    Identity("MC 76", "sum(X)^2", "X(m,n)", "X", "2*sum(X)*ones(m,n)", G),
    Identity("MC 77", "b'*X'*X*c", "b(n) c(n) X(m,n)", "X", "X*(b*c' + c*b')", G),
    Identity(
        "MC 78", "(B*x + b)'*C*(D*x + d)", "B(m,n) b(m) C(m,p) D(p,n) d(p) x(n)", "x", "B'*C*(D*x + d) + D'*C'*(B*x + b)", G
    ),
    Identity("MC 81", "x'*B*x", "B(n,n) x(n)", "x", "(B + B')*x", G),
    Identity("MC 82", "b'*X'*D*X*c", "b(n) c(n) D(m,m) X(m,n)", "X", "D'*X*b*c' + D*X*c*b'", G),
    Identity("MC 83", "(X*b + c)'*D*(X*b + c)", "b(n) c(m) D(m,m) X(m,n)", "X", "(D + D')*(X*b + c)*b'", G),
    Identity("MC 84", "(x - A*s)'*W*(x - A*s)", "A(m,n) W=symmetric(m) x(m) s(n)", "s", "-2*A'*W*(x - A*s)", G),
    Identity("MC 85", "(x - s)'*W*(x - s)", "W=symmetric(m) x(m) s(m)", "x", "2*W*(x - s)", G),
    Identity("MC 86", "(x - s)'*W*(x - s)", "W=symmetric(m) x(m) s(m)", "s", "-2*W*(x - s)", G),
    Identity("MC 87", "(x - A*s)'*W*(x - A*s)", "A(m,n) W=symmetric(m) x(m) s(n)", "x", "2*W*(x - A*s)", G),
    Identity("MC 88", "(x - A*s)'*W*(x - A*s)", "A(m,n) W=symmetric(m) x(m) s(n)", "A", "-2*W*(x - A*s)*s'", G),
    Identity("MC 89, real", "(a - x'*b)^2", "b(n) x(n)", "x", "-2*b*(a - x'*b)", G),
    Identity("MC 91", "a'*X^3*b", "a(n) b(n) X(n,n)", "X", "a*b'*X'^2 + X'*a*b'*X' + X'^2*a*b'", G),
    Identity(
        "MC 92, its first terms transposed as they should be",
        "a'*(X^2)'*X^2*b",
        "a(n) b(n) X(n,n)",
        "X",
        "(X*a*b'*(X^2)')' + X^2*a*b'*X' + (a*b'*(X^2)'*X)' + X'*X^2*a*b'",
        G,
    ),
    Identity("MC 93", "exp(x)'*A*sin(x)", "A(n,n) x(n)", "x", "diag(exp(x))'*A*sin(x) + diag(cos(x))'*A'*exp(x)", G),
    Identity(
        "MC 95",
        "((A*x)'*(A*x))/((B*x)'*(B*x))",
        "A(m,n) B(p,n) x(n)",
        "x",
        "2*A'*A*x/(x'*B'*B*x) - 2*x'*A'*A*x*B'*B*x/(x'*B'*B*x)^2",
        G,
    ),
    Identity("MC 97", "x'*A*x + b'*x", "A(n,n) b(n) x(n)", "x", "(A + A')*x + b", G),
    Identity("MC 98", "x'*A*x + b'*x", "A(n,n) b(n) x(n)", "x", "A + A'", H),
    Identity("MC 99", "tr(X)", "X(n,n)", "X", "eye(n)", G),
    Identity("MC 100", "tr(X*A)", "A(n,m) X(m,n)", "X", "A'", G),
    Identity("MC 101", "tr(A*X*B)", "A(p,m) B(n,p) X(m,n)", "X", "A'*B'", G),
    Identity("MC 102", "tr(A*X'*B)", "A(p,n) B(m,p) X(m,n)", "X", "B*A", G),
    Identity("MC 103", "tr(X'*A)", "A(m,n) X(m,n)", "X", "A", G),
    Identity("MC 104", "tr(A*X')", "A(m,n) X(m,n)", "X", "A", G),
    Identity("MC 105", "tr(kron(A, X))", "A(m,m) X(n,n)", "X", "tr(A)*eye(n)", G),
    Identity("MC 106", "tr(X^2)", "X(n,n)", "X", "2*X'", G),
    Identity("MC 107", "tr(X^2*B)", SQUARES, "X", "(X*B + B*X)'", G),
    Identity("MC 108", "tr(X'*B*X)", "B(m,m) X(m,n)", "X", "B*X + B'*X", G),
    Identity("MC 109", "tr(B*X*X')", "B(m,m) X(m,n)", "X", "B*X + B'*X", G),
    Identity("MC 110", "tr(X*X'*B)", "B(m,m) X(m,n)", "X", "B*X + B'*X", G),
    Identity("MC 111", "tr(X*B*X')", "B(n,n) X(m,n)", "X", "X*B' + X*B", G),
    Identity("MC 112", "tr(B*X'*X)", "B(n,n) X(m,n)", "X", "X*B' + X*B", G),
    Identity("MC 113", "tr(X'*X*B)", "B(n,n) X(m,n)", "X", "X*B' + X*B", G),
    Identity("MC 114", "tr(A*X*B*X)", "A(n,m) B(n,m) X(m,n)", "X", "A'*X'*B' + B'*X'*A'", G),
    Identity("MC 115", "tr(X'*X)", "X(m,n)", "X", "2*X", G),
    Identity("MC 115", "tr(X*X')", "X(m,n)", "X", "2*X", G),
    Identity("MC 116", "tr(B'*X'*C*X*B)", "B(n,p) C(m,m) X(m,n)", "X", "C'*X*B*B' + C*X*B*B'", G),
    Identity("MC 117", "tr(X'*B*X*C)", "B(m,m) C(n,n) X(m,n)", "X", "B*X*C + B'*X*C'", G),
    Identity("MC 118", "tr(A*X*B*X'*C)", "A(p,m) B(n,n) C(m,p) X(m,n)", "X", "A'*C'*X*B' + C*A*X*B", G),
    Identity(
        "MC 119", "tr((A*X*B + C)*(A*X*B + C)')", "A(p,m) B(n,q) C(p,q) X(m,n)", "X", "2*A'*(A*X*B + C)*B'", G
    ),
    Identity("MC 120", "tr(kron(X, X))", "X(n,n)", "X", "2*tr(X)*eye(n)", G),
    Identity("MC 121", "tr(X^4)", "X(n,n)", "X", "4*(X^3)'", G),
    Identity("MC 122", "tr(A*X^3)", SQUARES, "X", "(A*X^2)' + (X*A*X)' + (X^2*A)'", G),
    Identity(
        "MC 123",
        "tr(B'*X'*C*X*X'*C*X*B)",
        "B(n,p) C(m,m) X(m,n)",
        "X",
        "C*X*X'*C*X*B*B' + C'*X*B*B'*X'*C'*X + C*X*B*B'*X'*C*X + C'*X*X'*C'*X*B*B'",
        G,
    ),
    Identity("MC 124", "tr(A*inv(X)*B)", "A(m,n) B(n,m) X(n,n)", "X", "-inv(X)'*A'*B'*inv(X)'", G),
    Identity(
        "MC 125", "tr(inv(X'*C*X)*A)", "A(n,n) C=symmetric(m) X(m,n)", "X", "-(C*X*inv(X'*C*X))*(A + A')*inv(X'*C*X)", G
    ),
    Identity(
        "MC 126",
        "tr(inv(X'*C*X)*(X'*B*X))",
        "B=symmetric(m) C=symmetric(m) X(m,n)",
        "X",
        "-2*C*X*inv(X'*C*X)*X'*B*X*inv(X'*C*X) + 2*B*X*inv(X'*C*X)",
        G,
    ),
    Identity(
        "MC 127",
        "tr(inv(A + X'*C*X)*(X'*B*X))",
        "A=symmetric(n) B=symmetric(m) C=symmetric(m) X(m,n)",
        "X",
        "-2*C*X*inv(A + X'*C*X)*X'*B*X*inv(A + X'*C*X) + 2*B*X*inv(A + X'*C*X)",
        G,
    ),
    Identity("MC 129", "norm2(x - a)", "x(n) a(n)", "x", "(x - a)/norm2(x - a)", G),
    Identity(
        "MC 130", "(x - a)/norm2(x - a)", "x(n) a(n)", "x", "eye(n)/norm2(x - a) - (x - a)*(x - a)'/norm2(x - a)^3", J
    ),
    Identity("MC 131", "norm2(x)^2", "x(n)", "x", "2*x", G),
    Identity("MC 132", "normF(X)^2", "X(m,n)", "X", "2*X", G),
)

MAGNUS_NEUDECKER = (
    Identity("MN 9.9", "x'*A*x", "A(n,n) x(n)", "x", "x'*(A + A')", J),
    Identity("MN 9.9", "a'*x", "a(n) x(n)", "x", "a'", J),
    Identity("MN 9.12", "A*x", "A(m,n) x(n)", "x", "A", J),
    Identity("MN 9.10", "tr(A*X)", "A(n,m) X(m,n)", "X", "A'", G),
    Identity("MN 9.10", "tr(X*A*X'*B)", "A(n,n) B(m,m) X(m,n)", "X", "B'*X*A' + B*X*A", G),
    Identity("MN 9.10", "tr(X*A*X*B)", "A(n,m) B(n,m) X(m,n)", "X", "B'*X'*A' + A'*X'*B'", G),
    Identity("MN 9.10", "tr((X*X')^2)", "X(m,n)", "X", "4*X*X'*X", G),
    Identity("MN 9.10", "tr(X^3)", "X(n,n)", "X", "3*(X')^2", G),
    Identity("MN 9.10", "det(X*X')", "X(n,m)", "X", "2*det(X*X')*inv(X*X')*X", G),
    Identity("MN 9.10", "det(X'*X)", "X(m,n)", "X", "2*det(X'*X)*X*inv(X'*X)", G),
    Identity("MN 9.10", "det(X^2)", "X(n,n)", "X", "2*det(X)^2*inv(X')", G),
    Identity("MN 9.10", "det(A*X*B)", "A(n,m) B(q,n) X(m,q)", "X", "det(A*X*B)*A'*inv(B'*X'*A')*B'", G),
    Identity("MN 9.10", "logdet(X'*A*X)", "A=spd(m) X(m,n)", "X", "2*A*X*inv(X'*A*X)", G),
    Identity("MN 9.10", "logdet(X*X')", "X(n,m)", "X", "2*inv(X*X')*X", G),
    Identity("MN 8.7", "lambda_max(S)", "S=symmetric(n)", "S", "eigenprojection(S)", G),
    Identity("MN 8.8", "lambda_max(X)", "X(n,n)", "X", "eigenprojection(X)'", G),
    Identity("MN 10.6", "x'*A*x", "A(n,n) x(n)", "x", "A + A'", H),
    Identity("MN 10.6", "norm2(x)^2*norm2(x)^2", "x(n)", "x", "4*x'*x*eye(n) + 8*x*x'", H),
    Identity("MN 10.6", "(a'*x)*(b'*x)", "a(n) b(n) x(n)", "x", "a*b' + b*a'", H),
    Identity("MN 9.12", "x*x'*a", "a(n) x(n)", "x", "a'*x*eye(n) + x*a'", J),
    Identity("MN 8.3", "det(X)", "X(n,n)", "X", "adj(X)'", G),
    Identity("MN 8.5", "tr(pinv(X)*A)", "A(m,n) X(m,n)", "X", "-pinv(X)'*A'*pinv(X)' + (eye(m) - X*pinv(X))*A*pinv(X)*pinv(X)'", G),
    Identity("MN 8.6", "tr(adj(X)*A)", "A(n,n) X(n,n)", "X", "det(X)*(tr(inv(X)*A)*inv(X)' - (inv(X)*A*inv(X))')", G),
)

WIKIPEDIA = (
    Identity("W vector-by-vector", "x", "x(n)", "x", "eye(n)", J),
    Identity("W vector-by-vector", "A*x", "A(m,n) x(n)", "x", "A", J),
    Identity("W vector-by-vector", "x'*A", "A(n,m) x(n)", "x", "A'", J),
    Identity("W vector-by-vector", "c*sin(x)", "x(n)", "x", "c*diag(cos(x))", J),
    Identity("W vector-by-vector", "(a'*x)*exp(x)", "a(n) x(n)", "x", "a'*x*diag(exp(x)) + exp(x)*a'", J),
    Identity("W vector-by-vector", "norm2(x)^2*a", "a(m) x(n)", "x", "a*(2*x)'", J),
    Identity("W vector-by-vector", "A*tanh(x)", "A(m,n) x(n)", "x", "A*diag(1 - tanh(x).^2)", J),
    Identity("W vector-by-vector", "exp(A*x)", "A(m,n) x(n)", "x", "diag(exp(A*x))*A", J),
    Identity("W vector-by-vector", "sin(B*exp(A*x))", "A(m,n) B(p,m) x(n)", "x", "diag(cos(B*exp(A*x)))*B*diag(exp(A*x))*A", J),
    Identity("W scalar-by-vector", "(a'*x)*norm2(x)^2", "a(n) x(n)", "x", "norm2(x)^2*a + 2*a'*x*x", G),
    Identity("W scalar-by-vector", "log(x'*x)", "x(n)", "x", "2*x/(x'*x)", G),
    Identity("W scalar-by-vector", "(A*x)'*(B*x)", "A(m,n) B(m,n) x(n)", "x", "A'*(B*x) + B'*(A*x)", G),
    Identity("W scalar-by-vector", "(A*x)'*C*(B*x)", "A(m,n) B(p,n) C(m,p) x(n)", "x", "A'*C*B*x + B'*C'*A*x", G),
    Identity("W scalar-by-vector", "b'*A*x", "A(m,n) b(m) x(n)", "x", "A'*b", G),
    Identity("W scalar-by-vector", "x'*A*x", "A=symmetric(n) x(n)", "x", "2*A*x", G),
    Identity("W scalar-by-vector", "x'*A*x", "A=symmetric(n) x(n)", "x", "2*A", H),
    Identity("W scalar-by-vector", "x'*x", "x(n)", "x", "2*x", G),
    Identity("W scalar-by-vector", "a'*x*x'*b", "a(n) b(n) x(n)", "x", "(a*b' + b*a')*x", G),
    Identity(
        "W scalar-by-vector", "(A*x + b)'*C*(D*x + e_1)", "A(m,n) b(m) C(m,p) D(p,n) e_1(p) x(n)", "x", "D'*C'*(A*x + b) + A'*C*(D*x + e_1)", G
    ),
    Identity("W scalar-by-vector", "norm2(x - a)", "a(n) x(n)", "x", "(x - a)'/norm2(x - a)", J),
    Identity("W vector-by-scalar", "A*u", "A(m,n) u[x](n)", "x", "A*du_dx"),
    Identity("W vector-by-scalar", "u'", "u[x](n)", "x", "du_dx'"),
    Identity("W vector-by-scalar", "u + v", "u[x](n) v[x](n)", "x", "du_dx + dv_dx"),
    Identity("W vector-by-scalar", "U*v", "U[x](m,n) v[x](n)", "x", "dU_dx*v + U*dv_dx"),
    Identity("W vector-by-scalar", "sin(u)", "u[x](n)", "x", "diag(cos(u))*du_dx"),
    Identity("W scalar-by-matrix", "c*tr(A*X)", "A(n,m) X(m,n)", "X", "c*A'", G),
    Identity("W scalar-by-matrix", "tr(X)*det(X)", "X(n,n)", "X", "tr(X)*det(X)*inv(X)' + det(X)*eye(n)", G),
    Identity("W scalar-by-matrix", "sin(tr(X))", "X(n,n)", "X", "cos(tr(X))*eye(n)", G),
    Identity("W scalar-by-matrix", "tr(A*X*B)", "A(p,m) B(n,p) X(m,n)", "X", "(B*A)'", G),
    Identity("W scalar-by-matrix", "tr(A*X*B*X'*C)", "A(p,m) B(n,n) C(m,p) X(m,n)", "X", "(B*X'*C*A + B'*X'*A'*C')'", G),
    Identity("W scalar-by-matrix", "tr(inv(X)*A)", "A(n,n) X(n,n)", "X", "-inv(X')*A'*inv(X')", G),
    Identity("W scalar-by-matrix", "tr(X^5)", "X(n,n)", "X", "(5*X^4)'", G),
    Identity("W scalar-by-matrix", "tr(A*X^2)", SQUARES, "X", "(A*X + X*A)'", G),
    Identity("W scalar-by-matrix", "log(det(c*X))", "X(n,n)", "X", "inv(X)'", G),
    Identity("W scalar-by-matrix", "det(X^4)", "X(n,n)", "X", "4*det(X^4)*inv(X)'", G),
    Identity("W scalar-by-matrix", "logdet(X'*X)", "X(m,n)", "X", "2*pinv(X)'", G),
    Identity("W scalar-by-matrix", "det(X'*A*X)", SQUARES, "X", "(2*det(X'*A*X)*inv(X))'", G),
    Identity("W scalar-by-matrix", "(X*a + b)'*C*(X*a + b)", "a(n) b(m) C(m,m) X(m,n)", "X", "((C + C')*(X*a + b)*a')", G),
    Identity("W scalar-by-matrix", "(X*a)'*C*(X*b)", "a(n) b(n) C(m,m) X(m,n)", "X", "C*X*b*a' + C'*X*a*b'", G),
    Identity("W matrix-by-scalar", "A*U*B", "A(m,n) B(n,p) U[x](n,n)", "x", "A*dU_dx*B"),
    Identity(
        "W matrix-by-scalar",
        "inv(U)",
        "U[x](n,n)",
        "x",
        "inv(U)*(2*dU_dx*inv(U)*dU_dx - d2U_dx2)*inv(U)",
        order=2,
    ),
    Identity("W matrix-by-scalar", "kron(U, V)", "U[x](m,n) V[x](n,p)", "x", "kron(U, dV_dx) + kron(dU_dx, V)"),
    Identity("W matrix-by-scalar", "exp(x*A)", "A(m,n)", "x", "A.*exp(x*A)"),
    Identity("W matrix-by-scalar", "(x*A)^3", "A(n,n)", "x", "3*x^2*A^3"),
    Identity("W matrix-by-scalar", "inv(x*A)", "A(n,n)", "x", "-inv(A)/x^2"),
    Identity("W scalar-by-scalar", "log(det(U))", "U[x](n,n)", "x", "tr(inv(U)*dU_dx)"),
    Identity("W scalar-by-scalar", "u'*v", "u[x](n) v[x](n)", "x", "u'*dv_dx + du_dx'*v"),
    Identity("W scalar-by-scalar", "tr(U*V)", "U[x](m,n) V[x](n,m)", "x", "tr(dU_dx*V) + tr(U*dV_dx)"),
    Identity("W scalar-by-scalar", "tr(U^3)", "U[x](n,n)", "x", "3*tr(U^2*dU_dx)"),
    Identity("W scalar-by-scalar", "tr((x*A)^2)", "A(n,n)", "x", "2*x*tr(A^2)"),
    Identity("W scalar-by-scalar", "norm2(u)", "u[x](n)", "x", "u'*du_dx/norm2(u)"),
)

MACHINE_LEARNING = (
    Identity("Seed 000", "a'*theta", "a(n) theta(n)", "theta", "a", G),
    Identity("Seed 000", "theta'*X'*X*theta", "X(m,n) theta(n)", "theta", "2*(X'*X)'*theta", G),
    Identity("Seed 000", "(y - X*theta)'*(y - X*theta)", "X(m,n) theta(n) y(m)", "theta", "-2*X'*y + 2*X'*X*theta", G),
    Identity("Seed 001", "x^5", "", "x", "5*x^4"),
    Identity("Seed 001", "a^x", "", "x", "a^x*log(a)"),
    Identity("Seed 001", "log(x, b)", "", "x", "1/(log(b)*x)"),
    Identity("Seed 001", "f/g", "f[x]() g[x]()", "x", "(df_dx*g - f*dg_dx)/g^2"),
    Identity("Seed 001", "cos(x)", "", "x", "-sin(x)"),
    Identity("Seed 002", "norm2(x)^2/2", "x(n)", "x", "x", G),
    Identity("Seed 002", "norm2(A*x - b)^2/2", "A(m,n) b(m) x(n)", "x", "A'*(A*x - b)", G),
    Identity("Seed 002", "x'*Q*x", "Q(n,n) x(n)", "x", "(Q + Q')*x", G),
    Identity("Seed 002", "-y'*log(softmax(z))", "y(n) z(n)", "z", "sum(y)*softmax(z) - y", G),
    Identity("Seed 002", "logsumexp(z)", "z(n)", "z", "softmax(z)", G),
    Identity("Seed 002", "logsumexp(z)", "z(n)", "z", "diag(softmax(z)) - softmax(z)*softmax(z)'", H),
    Identity("Seed 002", "softmax(z)", "z(n)", "z", "diag(softmax(z)) - softmax(z)*softmax(z)'", J),
    Identity("Seed 002", "W*x + b", "W(m,n) b(m) x(n)", "x", "W", J),
    Identity("Seed 002", "tanh(z)", "z(n)", "z", "diag(1 - tanh(z).^2)", J),
    Identity("Seed 002", "sum(softplus(X*w) - y.*(X*w))", "X(m,n) w(n) y(m)", "w", "X'*(sigmoid(X*w) - y)", G),
    Identity("Seed 002", "sum(softplus(X*w) - y.*(X*w))", "X(m,n) w(n) y(m)", "w", "X'*diag(sigmoid(X*w).*(1 - sigmoid(X*w)))*X", H),
    Identity("Seed 002", "norm2(A*x - b)^2 + c*norm2(x)^2", "A(m,n) b(m) x(n)", "x", "2*A'*(A*x - b) + 2*c*x", G),
    Identity("Seed 002", "norm2(A*x - b)^2 + c*norm2(x)^2", "A(m,n) b(m) x(n)", "x", "2*A'*A + 2*c*eye(n)", H),
    Identity("Seed 003", "x'*A*x", "A(n,n) x(n)", "x", "(A + A')*x", G),
    Identity("Seed 003", "a*b", "a[x](n,m) b[x](m,n)", "x", "da_dx*b + a*db_dx"),
    Identity("Seed 004", "normF(X)^2", "X(m,n)", "X", "2*X", G),
    Identity("Seed 004", "tr(A*X)", "A(n,m) X(m,n)", "X", "A'", G),
    Identity("Seed 004", "log(det(X))", "X(n,n)", "X", "inv(X)'", G),
    Identity("Seed 004", "y'*y - 2*b'*X'*y + b'*X'*X*b", "X(m,n) b(n) y(m)", "b", "-2*X'*y + 2*X'*X*b", G),
    Identity("Seed 004", "w'*S*w - c*(w'*w - 1)", "S=symmetric(n) w(n)", "w", "2*S*w - 2*c*w", G),
    Identity("Seed 004", "delta'*(W*x + b)", "delta(m) W(m,n) b(m) x(n)", "W", "delta*x'", G),
    Identity("Seed 004", "x'*A*x", "A=symmetric(n) x(n)", "x", "2*A", H),
    Identity("MC 374", "-logdet(S)/2 - (x - u)'*inv(S)*(x - u)/2", "S=spd(n) x(n) u(n)", "u", "inv(S)*(x - u)", G),
    Identity(
        "MC 375",
        "-logdet(S)/2 - (x - u)'*inv(S)*(x - u)/2",
        "S=spd(n) x(n) u(n)",
        "S",
        "(-inv(S) + inv(S)*(x - u)*(x - u)'*inv(S))/2",
        G,
    ),
    Identity("Bishop 4.109", "-sum(T.*log(softmax_rows(X*W)))", "X(m,n) W(n,p) T(m,p)", "W", "X'*(diag(T*ones(p))*softmax_rows(X*W) - T)", G),
    Identity("Koren 2009", "normF(T - U*V')^2", "T(m,n) U(m,p) V(n,p)", "U", "-2*(T - U*V')*V", G),
    Identity("Koren 2009", "normF(T - U*V')^2", "T(m,n) U(m,p) V(n,p)", "V", "-2*(T - U*V')'*U", G),
    Identity("Horn 4.2", "x'*A*x/(x'*x)", "A=symmetric(n) x(n)", "x", "2*(A*x - (x'*A*x/(x'*x))*x)/(x'*x)", G),
)

IDENTITIES = COOKBOOK + MAGNUS_NEUDECKER + WIKIPEDIA + MACHINE_LEARNING
