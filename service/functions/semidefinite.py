"""Which symmetric matrices are semidefinite by how they are made: X'·M·X with M so, diag(s) with s ≥ 0, sums of such.

Sufficient, not necessary: None tells nothing. (S. Boyd, L. Vandenberghe: Convex Optimization, sections 3.1.4 and 3.2.2.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from service.calculus.tensor_values import parts
from service.expression.tensors import Apply, Factor, Leaf, Power, Product, Sum, Tensor

POSITIVE = ("exp", "sigmoid", "softplus", "cosh", "sech", "softmax")
"""Functions with values above 0, whatever the argument."""
BELOW_ONE = ("sigmoid", "softmax", "tanh", "sin", "cos", "sech", "erf")
"""Functions with values below 1 in magnitude, or at most 1 for sin, cos and sech."""
REACH_ONE = ("sin", "cos", "sech")


class Sign(NamedTuple):
    """`sign` 1: nowhere below 0 (positive semidefinite), above 0 (definite) where `strict`; -1: the other way round."""

    sign: int
    strict: bool


def semidefinite(matrix: Tensor) -> Sign | None:
    """The sign of x'·M·x for all x, where the making of M tells it."""
    if isinstance(matrix, Leaf) and matrix.kind == "variable" and "spd" in matrix.properties:
        return Sign(1, True)
    if isinstance(matrix, Apply) and matrix.operation.name in ("inv", "expm") and len(matrix.arguments) == 1:
        return (
            semidefinite(matrix.arguments[0])
            if matrix.operation.name == "inv"
            else Sign(1, True)
            if matrix.arguments[0].symmetric
            else None
        )
    if isinstance(matrix, Sum):
        return _sum([_scaled(semidefinite(term), weight > 0) for weight, term in matrix.terms])
    if isinstance(matrix, Product) and len(matrix.out) == 2:
        return _product(matrix)
    return None


def _scaled(found: Sign | None, positive: bool) -> Sign | None:
    return found if found is None or positive else Sign(-found.sign, found.strict)


def _sum(parts: list[Sign | None]) -> Sign | None:
    signs = {part.sign if part else 0 for part in parts}
    if len(signs) != 1 or 0 in signs:
        return None
    return Sign(signs.pop(), any(part.strict for part in parts if part))


def _times(left: Sign | None, right: Sign | None) -> Sign | None:
    return Sign(left.sign * right.sign, left.strict and right.strict) if left and right else None


def _product(matrix: Product) -> Sign | None:
    found: Sign | None = Sign(1 if matrix.coefficient > 0 else -1, True)
    for factor, labels in matrix.factors:
        if not labels:
            found = _times(found, sign_of(factor))
    factors = [factor for factor in matrix.factors if factor[1]]
    return _times(found, _form(factors, matrix.out[0], matrix.out[1]))


def _form(factors: list[Factor], left: int, right: int) -> Sign | None:
    """Of Σ over inner labels, as a matrix with the axes left and right. Each round takes two factors away."""
    strict = True
    while left != right:
        if len(factors) == 1 and set(factors[0][1]) == {left, right} and len(factors[0][1]) == 2:
            found = semidefinite(factors[0][0])
            return Sign(found.sign, found.strict and strict) if found else None
        mirrored = _mirrored(factors, left, right)
        if mirrored is None:
            return None
        factors, left, right = mirrored
        strict = False  # X'·M·X is definite only where X has full column rank
        if left == right == -1:
            return Sign(1, False) if not factors else None
    signs: Sign | None = Sign(1, strict)
    for factor, labels in factors:
        if set(labels) != {left}:
            return None
        signs = _times(signs, sign_of(factor) if len(labels) == 1 else None)
    return signs


def _mirrored(factors: list[Factor], left: int, right: int) -> tuple[list[Factor], int, int] | None:
    """The factors without a pair T[.., left], T[.., right], and the labels that these lead to (-1 where they end there)."""
    lefts = [factor for factor in factors if left in factor[1]]
    rights = [factor for factor in factors if right in factor[1]]
    if len(lefts) != 1 or len(rights) != 1 or lefts[0][0] is not rights[0][0] or len(lefts[0][1]) > 2:
        return None
    (tensor, first), (_, second) = lefts[0], rights[0]
    rest = [factor for factor in factors if factor is not lefts[0] and factor is not rights[0]]
    if len(first) == 1:
        return rest, -1, -1
    if first.index(left) != second.index(right) and not tensor.symmetric:
        return None
    return rest, next(label for label in first if label != left), next(label for label in second if label != right)


def sign_of(tensor: Tensor, positive: frozenset[Tensor] = frozenset()) -> Sign | None:
    """The sign of all entries of a tensor, whatever its variables are, but that those `positive` are above 0."""
    if tensor in positive:
        return Sign(1, True)
    if isinstance(tensor, Leaf):
        return Sign(1, True) if tensor.kind in ("constant", "size") else Sign(1, False) if tensor.kind in ("unit", "pairing") else None
    if isinstance(tensor, Power):
        if isinstance(tensor.exponent, Tensor):
            return None
        base, exponent = sign_of(tensor.base, positive), Fraction(tensor.exponent)
        if exponent.denominator != 1 or exponent.numerator % 2 == 0 or (base and base.sign > 0):
            return Sign(1, exponent < 0 or bool(base and base.strict))
        return base
    if isinstance(tensor, Apply):
        if tensor.operation.name in POSITIVE:
            return Sign(1, True)
        return Sign(1, False) if tensor.operation.name in ("abs", "relu", "norm2", "norm1") else None
    if isinstance(tensor, Sum):
        return _rest(tensor) or _sum([_scaled(sign_of(term, positive), weight > 0) for weight, term in tensor.terms])
    assert isinstance(tensor, Product)
    if is_square(tensor):
        return Sign(1 if tensor.coefficient > 0 else -1, False)
    found: Sign | None = Sign(1 if tensor.coefficient > 0 else -1, True) if tensor.coefficient else None
    for factor, _ in tensor.factors:
        found = _times(found, sign_of(factor, positive))
    return found


def is_square(tensor: Product) -> bool:
    """Whether a scalar product is x'·x for one x."""
    if tensor.out or len(tensor.factors) != 2:
        return False
    (first, one), (second, other) = tensor.factors
    return first is second and one == other


def _rest(tensor: Sum) -> Sign | None:
    """c - f or f - c with |f| at most c: 1 - sigmoid(x), 1 - tanh(x)², sin(x) - 2."""
    constants = [Fraction(weight) * term.coefficient for weight, term in tensor.terms if isinstance(term, Product) and not term.factors]
    others = [(weight, term) for weight, term in tensor.terms if not (isinstance(term, Product) and not term.factors)]
    if len(constants) != 1 or len(others) != 1:
        return None
    weight, term = others[0]
    size = abs(Fraction(weight))
    inner = term
    if isinstance(term, Power) and isinstance(term.exponent, int) and term.exponent > 0:
        inner = term.base
    if not isinstance(inner, Apply) or inner.operation.name not in BELOW_ONE or abs(constants[0]) < size:
        return None
    return Sign(1 if constants[0] > 0 else -1, abs(constants[0]) > size or inner.operation.name not in REACH_ONE)


def positive_parts(function: Tensor) -> frozenset[Tensor]:
    """What is above 0 wherever the function and its derivatives have values: arguments of logarithms, bases of roots."""
    found = set()
    for part in parts([function]):
        if isinstance(part, Apply) and part.operation.name in ("log", "log2", "log10"):
            found.add(part.arguments[0])
        if isinstance(part, Power) and not isinstance(part.exponent, Tensor) and part.exponent.denominator % 2 == 0:
            found.add(part.base)
    return frozenset(found)
