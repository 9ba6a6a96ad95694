"""Answers as a textbook prints them: exactly these texts."""

from __future__ import annotations

import pytest

from tests.calculus.identities import Identity
from tests.calculus.test_identities import answered

TEXTBOOK = """
    gradient   | x | a'*x                                     | a(n) x(n) | a
    gradient   | x | x'*x                                     | x(n) | 2*x
    hessian    | x | x'*x                                     | x(n) | 2*eye(n)
    gradient   | x | x'*A*x                                   | A(n,n) x(n) | (A + A')*x
    gradient   | x | x'*A*x                                   | A=symmetric(n) x(n) | 2*A*x
    gradient   | x | x'*A*x/2 - b'*x                          | A=symmetric(n) b(n) x(n) | A*x - b
    hessian    | x | x'*A*x/2 - b'*x                          | A=symmetric(n) b(n) x(n) | A
    gradient   | x | x'*A*x + b'*x + c                        | A(n,n) b(n) x(n) | (A + A')*x + b
    gradient   | x | norm2(x)                                 | x(n) | x/norm2(x)
    hessian    | x | norm2(x)                                 | x(n) | eye(n)/norm2(x) - x*x'/norm2(x)^3
    gradient   | x | norm2(x)^2                               | x(n) | 2*x
    jacobian   | x | x/norm2(x)                               | x(n) | eye(n)/norm2(x) - x*x'/norm2(x)^3
    gradient   | x | norm2(A*x - b)^2/2                       | A(m,n) b(m) x(n) | A'*(A*x - b)
    gradient   | x | norm2(A*x - b)^2                         | A(m,n) b(m) x(n) | 2*A'*(A*x - b)
    hessian    | x | norm2(A*x - b)^2                         | A(m,n) b(m) x(n) | 2*A'*A
    gradient   | x | norm2(A*x - b)                           | A(m,n) b(m) x(n) | A'*(A*x - b)/norm2(A*x - b)
    gradient   | x | norm2(A*x - b)^2 + c*norm2(x)^2          | A(m,n) b(m) x(n) | 2*(A'*(A*x - b) + c*x)
    gradient   | b | norm2(y - X*b)^2                         | X(m,n) b(n) y(m) | 2*X'*(X*b - y)
    gradient   | b | norm2(y - X*b)^2/(2*m)                   | X(m,n) b(n) y(m) | X'*(X*b - y)/m
    gradient   | b | norm2(y - X*b)^2 + c*norm1(b)            | X(m,n) b(n) y(m) | 2*X'*(X*b - y) + c*sign(b)
    gradient   | b | (y - X*b)'*W*(y - X*b)                   | X(m,n) b(n) y(m) W=spd(m) | 2*X'*W*(X*b - y)
    hessian    | b | (y - X*b)'*W*(y - X*b)                   | X(m,n) b(n) y(m) W=spd(m) | 2*X'*W*X
    gradient   | w | sum(log(1 + exp(-y.*(X*w))))             | X(m,n) w(n) y(m) | -X'*(y.*sigmoid(-y.*(X*w)))
    gradient   | w | sum(softplus(X*w) - y.*(X*w))            | X(m,n) w(n) y(m) | X'*(sigmoid(X*w) - y)
    hessian    | w | sum(softplus(X*w) - y.*(X*w))            | X(m,n) w(n) y(m) | X'*diag(sigmoid(X*w).*(1 - sigmoid(X*w)))*X
    gradient   | w | sum(exp(X*w) - y.*(X*w))                 | X(m,n) w(n) y(m) | X'*(exp(X*w) - y)
    gradient   | x | logsumexp(x)                             | x(n) | softmax(x)
    hessian    | x | logsumexp(x)                             | x(n) | diag(softmax(x)) - softmax(x)*softmax(x)'
    gradient   | x | log(sum(exp(x)))                         | x(n) | softmax(x)
    gradient   | x | logsumexp(A*x)                           | A(m,n) x(n) | A'*softmax(A*x)
    hessian    | x | logsumexp(A*x)                           | A(m,n) x(n) | A'*(diag(softmax(A*x)) - softmax(A*x)*softmax(A*x)')*A
    jacobian   | x | softmax(x)                               | x(n) | diag(softmax(x)) - softmax(x)*softmax(x)'
    gradient   | x | -y'*log(softmax(x))                      | x(n) y(n) | sum(y)*softmax(x) - y
    gradient   | x | x'*log(x)                                | x(n) | 1 + log(x)
    gradient   | x | sum(x.*log(x./y))                        | x(n) y(n) | 1 + log(x./y)
    gradient   | x | exp(-norm2(x - y)^2/(2*s^2))             | x(n) y(n) | exp(-norm2(x - y)^2/(2*s^2))*(y - x)/s^2
    gradient   | X | tr(A*X)                                  | A(n,m) X(m,n) | A'
    gradient   | X | tr(A*X*B)                                | A(p,m) B(n,p) X(m,n) | A'*B'
    gradient   | X | tr(X'*A*X)                               | A(m,m) X(m,n) | (A + A')*X
    gradient   | X | tr(X'*A*X*B)                             | A(m,m) B(n,n) X(m,n) | A'*X*B' + A*X*B
    gradient   | X | normF(X)^2                               | X(m,n) | 2*X
    gradient   | X | normF(A*X - B)^2                         | A(p,m) X(m,n) B(p,n) | 2*A'*(A*X - B)
    gradient   | U | normF(T - U*V')^2                        | T(m,n) U(m,p) V(n,p) | 2*(U*V' - T)*V
    gradient   | U | normF(T - U*V')^2/2 + c*normF(U)^2/2     | T(m,n) U(m,p) V(n,p) | (U*V' - T)*V + c*U
    gradient   | X | a'*X*b                                   | a(m) b(n) X(m,n) | a*b'
    gradient   | X | a'*inv(X)*b                              | a(n) b(n) X(n,n) | -inv(X)'*a*b'*inv(X)'
    gradient   | X | tr(inv(X)*A)                             | A(n,n) X(n,n) | -inv(X)'*A'*inv(X)'
    derivative | t | inv(X)                                   | X[t](n,n) | -inv(X)*dX_dt*inv(X)
    gradient   | X | det(X)                                   | X(n,n) | det(X)*inv(X)'
    gradient   | X | logdet(X)                                | X(n,n) | inv(X)'
    gradient   | S | logdet(S)                                | S=spd(n) | inv(S)
    gradient   | S | logdet(S) + x'*inv(S)*x                  | S=spd(n) x(n) | inv(S) - inv(S)*x*x'*inv(S)
    gradient   | S | -logdet(S)/2 - (x - u)'*inv(S)*(x - u)/2 | S=spd(n) x(n) u(n) | (inv(S)*(x - u)*(x - u)'*inv(S) - inv(S))/2
    gradient   | u | -logdet(S)/2 - (x - u)'*inv(S)*(x - u)/2 | S=spd(n) x(n) u(n) | inv(S)*(x - u)
    gradient   | X | log(det(X'*X))                           | X(m,n) | 2*X*inv(X'*X)
    gradient   | X | tr(X^3)                                  | X(n,n) | 3*X'^2
    gradient   | X | nuclear_norm(X)                          | X(m,n) | polar(X)
    gradient   | X | sigma_max(X)                             | X(m,n) | X*eigenprojection(X'*X)/sigma_max(X)
    gradient   | S | lambda_max(S)                            | S=symmetric(n) | eigenprojection(S)
    jacobian   | x | A*x + b                                  | A(m,n) b(m) x(n) | A
    jacobian   | x | sin(x)                                   | x(n) | diag(cos(x))
    jacobian   | x | tanh(W*x + b)                            | W(m,n) b(m) x(n) | diag(1 - tanh(W*x + b).^2)*W
    jacobian   | x | x.*x.*x                                  | x(n) | 3*diag(x.^2)
    jacobian   | x | x*x'*a                                   | a(n) x(n) | x*a' + x'*a*eye(n)
    jacobian   | x | (a'*x)*x                                 | a(n) x(n) | x*a' + a'*x*eye(n)
    jacobian   | x | A*diag(x)*b                              | A(m,n) b(n) x(n) | A*diag(b)
    gradient   | W | sum(tanh(W*x + b))                       | W(m,n) b(m) x(n) | (1 - tanh(W*x + b).^2)*x'
    gradient   | W | v'*tanh(W*x + b)                         | W(m,n) b(m) x(n) v(m) | v.*(1 - tanh(W*x + b).^2)*x'
    gradient   | W | -sum(T.*log(softmax_rows(X*W)))          | X(m,n) W(n,p) T(m,p) | X'*(diag(T*ones(p))*softmax_rows(X*W) - T)
    gradient   | x | sum(relu(W*x))                           | W(m,n) x(n) | W'*step(W*x)
    gradient   | x | norm1(A*x - b)                           | A(m,n) b(m) x(n) | A'*sign(A*x - b)
    gradient   | x | sum(abs(x))                              | x(n) | sign(x)
    gradient   | x | prod(x)                                  | x(n) | prod(x)./x
    gradient   | x | mean(x)                                  | x(n) | ones(n)/n
    gradient   | x | max(x)                                   | x(n) | x == max(x)
    derivative | x | x^2*y                                    |  | 2*x*y
    derivative | x | (x^2 + 1)^3                              |  | 6*x*(x^2 + 1)^2
    derivative | x | exp(-x^2/2)                              |  | -x*exp(-x^2/2)
    derivative | x | log(x^2 + 1)                             |  | 2*x/(x^2 + 1)
    derivative | x | sqrt(x^2 + y^2)                          |  | x/sqrt(x^2 + y^2)
    derivative | x | x^3 + 2*x^2 - 5*x + 7                    |  | 3*x^2 + 4*x - 5
    derivative | x | 1/(1 + exp(-x))                          |  | exp(-x)/(1 + exp(-x))^2
    derivative | x | sigmoid(x)                               |  | sigmoid(x)*(1 - sigmoid(x))
    derivative | x | tan(x)                                   |  | 1 + tan(x)^2
"""
ROWS = [[part.strip() for part in line.split("|")] for line in TEXTBOOK.strip().splitlines()]


@pytest.mark.parametrize(("kind", "by", "expression", "variables", "text"), ROWS)
def test_the_answer_reads_as_in_a_textbook(kind: str, by: str, expression: str, variables: str, text: str) -> None:
    assert answered(Identity("", expression, variables, by, "", kind)) == text
