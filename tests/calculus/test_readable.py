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
    gradient   | x | -log(exp(a'*x)/(exp(a'*x) + exp(b'*x)))  | a(n) b(n) x(n) | exp(b'*x)*(b - a)/(exp(a'*x) + exp(b'*x))
    gradient   | W | (v - n - 1)/2*logdet(W)                  | W=spd(n) v | (v - n - 1)*inv(W)/2
    gradient   | x | 0.5*x^2*(0.3*x + 0.7)                    | x | 0.45*x^2 + 0.7*x
    gradient | x | tanh(sqrt(2/pi)*(0.044715*x^3 + x)) | x | sqrt(2/pi)*(1 - tanh(sqrt(2/pi)*(0.044715*x^3 + x))^2)*(0.134145*x^2 + 1)
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
    jacobian   | x | x*x'*a                                   | a(n) x(n) | x*a' + (x'*a)*eye(n)
    jacobian   | x | (a'*x)*x                                 | a(n) x(n) | x*a' + (a'*x)*eye(n)
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
    gradient   | x | x'*A*x/(x'*x)                            | A=symmetric(n) x(n) | 2*(A*x - (x'*A*x/(x'*x))*x)/(x'*x)
    gradient   | x | x'*A*x/(x'*x)                            | A(n,n) x(n) | ((A + A')*x - 2*(x'*A*x/(x'*x))*x)/(x'*x)
    gradient   | w | (w'*S*w)/(w'*T*w)                        | w(n) S=symmetric(n) T=spd(n) | 2*(S*w - (w'*S*w/(w'*T*w))*T*w)/(w'*T*w)
    gradient   | x | x'*y/(norm2(x)*norm2(y))                 | x(n) y(n) | (y - (x'*y/norm2(x)^2)*x)/(norm2(x)*norm2(y))
    gradient   | x | (a'*x + c)/(b'*x + d)                    | a(n) b(n) x(n) | (a - (a'*x + c)*b/(b'*x + d))/(b'*x + d)
    jacobian   | x | (A*x + b)/(c'*x + d)                     | A(m,n) b(m) x(n) c(n) | (A - (A*x + b)*c'/(c'*x + d))/(c'*x + d)
    gradient   | W | norm2(tanh(W*x + b) - y)^2/2             | W(m,n) x(n) b(m) y(m) | (tanh(W*x + b) - y).*(1 - tanh(W*x + b).^2)*x'
    gradient   | W | norm2(V*tanh(W*x) - y)^2/2               | W(m,n) x(n) V(p,m) y(p) | (1 - tanh(W*x).^2).*(V'*(V*tanh(W*x) - y))*x'
    hessian    | x | sum(tanh(W*x + b))                       | W(m,n) x(n) b(m) | -2*W'*diag(tanh(W*x + b).*(1 - tanh(W*x + b).^2))*W
    gradient   | x | norm2(x - mean(x))^2/n                   | x(n) | 2*(x - mean(x))/n
    gradient   | x | norm2(x - mean(x))^2/(n - 1)             | x(n) | 2*(x - mean(x))/(n - 1)
    gradient   | x | mean(x.^2) - mean(x)^2                   | x(n) | 2*(x - mean(x))/n
    gradient   | x | (x - mean(x))'*(y - mean(y))/n           | x(n) y(n) | (y - mean(y))/n
    gradient   | x | x'*(eye(n) - ones(n)*ones(n)'/n)*x       | x(n) | 2*(x - mean(x))
    gradient   | V | normF(T - U*V')^2                        | T(m,n) U(m,p) V(n,p) | 2*(U*V' - T)'*U
    gradient   | V | normF(M.*(T - U*V'))^2                   | T(m,n) U(m,p) V(n,p) M(m,n) | 2*((U*V' - T).*M.^2)'*U
    gradient   | A | mean(softmax(A))                         | A(m,n) | zeros(m, n)
    gradient   | A | sum(softmax_rows(A))                     | A(m,n) | zeros(m, n)
    gradient   | W | -sum(Y.*log(softmax_rows(X*W)))/m        | X(m,n) W(n,p) Y(m,p) | X'*(diag(Y*ones(p))*softmax_rows(X*W) - Y)/m
    derivative | x | log(x)/x                                 |  | (1 - log(x))/x^2
    derivative | t | abs(t)^2                                 |  | 2*t
    derivative | t | abs(t)^3                                 |  | 3*t^2*sign(t)
    gradient   | w | sum(relu(1 - y.*(X*w)).^2)               | X(m,n) w(n) y(m) | -2*X'*(y.*relu(1 - y.*(X*w)))
    derivative | x | tr((x*A)^2)                              | A(n,n) | 2*x*tr(A^2)
    derivative | x | det(Y)                                   | Y[x](n,n) | det(Y)*tr(inv(Y)*dY_dx)
    jacobian   | x | exp(x)/sum(exp(x))                       | x(n) | diag(softmax(x)) - softmax(x)*softmax(x)'
    jacobian   | x | log(x)./x                                | x(n) | diag((1 - log(x))./x.^2)
    gradient   | x | log(softmax(x)[1])                       | x(n) | unit(1, n) - softmax(x)
    gradient   | x | exp(mean(log(x)))                        | x(n) | exp(mean(log(x)))./(n*x)
    gradient   | H | sum(W*H - V.*log(W*H))                   | V(m,n) W(m,k) H(k,n) | W'*(1 - V./(W*H))
    gradient   | W | sum(V.*log(V./(W*H)) - V + W*H)          | V(m,n) W(m,k) H(k,n) | (1 - V./(W*H))*H'
    hessian    | d | -logdet(A*diag(d)*A')                    | A(m,n) d(n) | (A'*inv(A*diag(d)*A')*A).^2
    derivative | x | (x + 1)/(x - 1)                          |  | -2/(x - 1)^2
    derivative | x | x/(1 + x^2)                              |  | (1 - x^2)/(x^2 + 1)^2
    derivative | x | sin(x)/x                                 |  | (x*cos(x) - sin(x))/x^2
    derivative | x | (x^2 - 1)/(x^2 + 1)                      |  | 4*x/(x^2 + 1)^2
    derivative | x | x*sqrt(1 - x^2)                          |  | (1 - 2*x^2)/sqrt(1 - x^2)
    derivative | x | log(x + sqrt(x^2 + 1))                   |  | 1/sqrt(x^2 + 1)
    derivative | s | log(s) + (x - u)^2/(2*s^2)               |  | 1/s - (x - u)^2/s^3
    gradient   | s | sum(u.^2 + s.^2 - log(s.^2) - 1)/2       | u(n) s(n) | s - 1./s
    gradient   | x | c'*softmax(x)                            | x(n) c(n) | softmax(x).*(c - c'*softmax(x))
    jacobian   | x | x - mean(x)                              | x(n) | eye(n) - ones(n, n)/n
    gradient   | U | normF(T - U*U')^2                        | T(n,n) U(n,p) | -2*(T - 2*U*U' + T')*U
    gradient   | a | y'*log(a) + (1 - y)'*log(1 - a)          | a(n) y(n) | y./a - (1 - y)./(1 - a)
    gradient   | x | sum(log(1 - x.^2))                       | x(n) | -2*x./(1 - x.^2)
    gradient   | x | sum(x./(1 + x.^2))                       | x(n) | (1 - x.^2)./(1 + x.^2).^2
    derivative | t | norm2(x + t*d)^2                         | x(n) d(n) | 2*d'*(x + t*d)
    derivative | x | x*sigmoid(x)                             |  | sigmoid(x)*(x*(1 - sigmoid(x)) + 1)
    derivative | x | exp(-x)*x^2                              |  | x*exp(-x)*(2 - x)
    derivative | x | exp(2*x)*(x^2 + 1)                       |  | 2*exp(2*x)*(x^2 + x + 1)
    derivative | x | (x^2 + 1)^3*(x - 1)^2                    |  | 2*(x^2 + 1)^2*(x - 1)*(4*x^2 - 3*x + 1)
    derivative | x | (a*x + b)/(c*x + d)                      |  | (a*d - b*c)/(c*x + d)^2
    gradient   | Q | normF(Q'*Q - eye(n))^2                   | Q(m,n) | 4*Q*(Q'*Q - eye(n))
    jacobian   | x | A*x/(c'*x + d)                           | A(m,n) x(n) c(n) | A*(eye(n) - x*c'/(c'*x + d))/(c'*x + d)
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
