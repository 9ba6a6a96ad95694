"""What cancels, gathers and vanishes: pairs of texts that must become the identical tensor."""

from __future__ import annotations

import pytest

from service.calculus.lower import lower
from service.expression.arena import fresh_arena
from service.expression.tensors import Product
from service.language import declare, parse

VARIABLES = {
    **dict.fromkeys("xy", "vector(n)"),
    "z": "vector(m)",
    **dict.fromkeys("AB", "matrix(n,n)"),
    "C": "matrix(m,n)",
    "S": "symmetric(n)",
    "D": "diagonal(n)",
    "v": "vector(3)",
}
SAME = """
    x + y                      | y + x
    2*x + 4*y                  | 2*(x + 2*y)
    x - y                      | -(y - x)
    x/2 + y/3                  | (3*x + 2*y)/6
    x + x                      | 2*x
    s*t*s                      | s^2*t
    s*s^-1                     | 1
    s^t*s                      | s^(t + 1)
    s^t*s^(-t)                 | 1
    (2*s)^3                    | 8*s^3
    (4*s)^(1/2)                | 2*s^(1/2)
    (s^2)^3                    | s^6
    (s^3)^-1                   | s^-3
    (s^(1/2))^2                | s
    sqrt(s)*sqrt(s)            | s
    s/t/s                      | 1/t
    x.*x                       | x.^2
    x.*y.*x                    | x.^2.*y
    x./x                       | ones(n)
    (x.*y).^2                  | x.^2.*y.^2
    A.*A'                      | A'.*A
    A.^2.*A                    | A.^3
    (A*B)*x                    | A*(B*x)
    (A*B)'                     | B'*A'
    (A + B)'                   | A' + B'
    (A')'                      | A
    S'                         | S
    D'                         | D
    (C'*C)'                    | C'*C
    (C*S*C')'                  | C*S*C'
    x'*y                       | y'*x
    x'*A*y                     | y'*A'*x
    x'*S*y                     | y'*S*x
    tr(A*B)                    | tr(B*A)
    tr(A')                     | tr(A)
    tr(A*B*A*B*A)              | tr(A*A*B*A*B)
    tr(A*A*B*B)                | tr(B*A*A*B)
    tr(x*y')                   | x'*y
    tr(C'*C)                   | normF(C)^2
    norm2(x)^2                 | x'*x
    sum(C)                     | ones(m)'*C*ones(n)
    diag(x)*y                  | x.*y
    diag(x)*diag(y)            | diag(x.*y)
    diag(diag(x))              | x
    diag(x)*ones(n)            | x
    eye(n)*A                   | A
    A*eye(n)*B                 | A*B
    tr(eye(n))                 | n
    ones(n)'*ones(n)           | n
    ones(m,n)*x                | sum(x)*ones(m)
    A.*eye(n)                  | diag(diag(A))
    inv(A)*A                   | eye(n)
    A*inv(A)                   | eye(n)
    B*inv(A)*A*x               | B*x
    A'*inv(A)'                 | eye(n)
    inv(A')                    | inv(A)'
    inv(inv(A))                | A
    inv(A*B)                   | inv(B)*inv(A)
    inv(2*A)                   | inv(A)/2
    S*inv(S)*x                 | x
    inv(S)'*S                  | eye(n)
    inv(C'*C)*(C'*C)           | eye(n)
    inv(A + B)*(B + A)         | eye(n)
    A^3                        | A*A*A
    A^-2*A                     | inv(A)
    vec(x*y')                  | kron(y, x)
    vec(C)'*vec(C)             | normF(C)^2
    kron(A, B)*kron(x, y)      | kron(A*x, B*y)
    unit(2, 3)'*v              | v[2]
    unit(1, 3)'*unit(2, 3)     | 0
    unit(1, 3)'*unit(1, 3)     | 1
    [s, t][1]                  | s
    [s, t; 1, 2][1,2]          | t
    exp(x)'*exp(x)             | sum(exp(x).^2)
    exp(A')                    | exp(A)'
    exp(s*ones(n))             | exp(s)*ones(n)
    max(s, s)                  | s
    det(A')                    | det(A)
    det(s*A' + S)              | det(s*A + S)
    logdet(A'/s + S)           | logdet(A/s + S)
    expm(s*A' + S)             | expm(s*A + S)'
    pinv(s*A' - S)             | pinv(s*A - S)'
    sigma_max(s*A' + S)        | sigma_max(s*A + S)
    inv(A' + B')               | inv(A + B)'
    0*A                        | zeros(n,n)
    x - x                      | zeros(n)
    x + s                      | x + s*ones(n)
    -(-x)                      | x
    mean(x)                    | sum(x)/n
    sum(x - mean(x))           | 0
    sum(s*(x - mean(x)) + y)   | sum(y)
    sum(softmax(C))            | 1
    (4*ones(n)).^0.5.*x        | 2*x
    softmax_rows(C)*ones(n)    | ones(m)
    exp(x)/sum(exp(x))         | softmax(x)
    exp(x)*exp(y)'/sum(exp(y)) | exp(x)*softmax(y)'
    abs(x).^4                  | x.^4
    abs(s)*sign(s)*t           | s*t
    sign(x).*y.*abs(x)         | x.*y
    step(s)^2                  | step(s)
    step(x).*relu(x)           | relu(x)
    (A*B).*S./(A*B).^2         | S./(A*B)
    softmax(v).*unit(2, 3)     | softmax(v)[2]*unit(2, 3)
"""
DIFFERENT = """
    (s^2)^(1/2)                | s
    A*B                        | B*A
    A                          | A'
    inv(A)*B                   | B*inv(A)
    inv(A)'*A                  | eye(n)
    x.*y                       | x'*y*ones(n)
    A^2                        | A.^2
    tr(A*B)                    | tr(A*B')
    exp(diag(x))               | diag(exp(x))
    C*C'                       | (C'*C)[1,1]*eye(m)
    tr(A*A*B*B)                | tr(A*B*A*B)
    (-8)^(1/3)                 | -2
    softmax_rows(C)'*ones(m)   | ones(n)
    sum(x - s)                 | 0
    exp(x)/sum(exp(y))         | softmax(x)
    sign(s)*abs(t)             | s
    abs(s)                     | s
    (A*B).*(B*A)./(A*B).^2     | 1./(A*B)
    s^0.5*t^0.5                | (s*t)^2
"""


def pairs(table: str) -> list[tuple[str, str]]:
    lines = [line.strip() for line in table.strip().splitlines()]
    return [(left.strip(), right.strip()) for left, right in (line.split("|") for line in lines)]


def lowered(text: str) -> object:
    return lower(parse(text, declare(VARIABLES)).node)


@pytest.mark.parametrize(("left", "right"), pairs(SAME))
def test_these_are_one_tensor(left: str, right: str) -> None:
    with fresh_arena():
        assert lowered(left) is lowered(right)
    with fresh_arena():
        assert lowered(right) is lowered(left)


@pytest.mark.parametrize(("left", "right"), pairs(DIFFERENT))
def test_these_are_two_tensors(left: str, right: str) -> None:
    with fresh_arena():
        assert lowered(left) is not lowered(right)


@pytest.mark.parametrize("text", ["9^9^9", "2^0.5", "(-8)^(1/3)", "(2*s)^(10^6)"])
def test_numbers_that_cannot_be_written_down_stay_powers(text: str) -> None:
    with fresh_arena():
        tensor = lowered(text)
        assert not (isinstance(tensor, Product) and not tensor.factors)
