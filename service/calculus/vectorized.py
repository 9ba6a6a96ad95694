"""Arrays of higher order as matrices: vec of their axes, column-major, so that ∂vec(f)/∂vec(X)' is a Kronecker form."""

from __future__ import annotations

from collections.abc import Sequence

from service.expression.numbers import Rational
from service.expression.products import product
from service.expression.shapes import Axes, Size, multiply
from service.expression.sums import add, is_bare
from service.expression.tensors import Factor, Product, Sum, Tensor, leaf


def vectorized(tensor: Tensor, leading: int) -> Tensor:
    """The matrix whose rows are vec of the first `leading` axes and whose columns are vec of the others.

    vec counts the first axis fastest: k = i + m·(j + n·l). (Magnus, Neudecker: Matrix Differential Calculus, chapter 2.)
    """
    if isinstance(tensor, Sum):
        return _sum(tensor, 1, leading)
    if (
        isinstance(tensor, Product)
        and len(tensor.factors) == 1
        and isinstance(tensor.factors[0][0], Sum)
        and is_bare(tensor.factors, tensor.out)
    ):
        return _sum(tensor.factors[0][0], tensor.coefficient, leading)
    labels = tuple(range(len(tensor.shape)))
    factors: list[Factor] = [(tensor, labels)]
    fresh = [len(labels)]
    out = []
    for group in (labels[:leading], labels[leading:]):
        if group:
            out.append(_stack(group, [tensor.shape[label] for label in group], factors, fresh))
    return product(1, factors, tuple(out))


def _sum(tensor: Sum, coefficient: Rational, leading: int) -> Tensor:
    """vec is linear: term by term, so that each term can become a Kronecker product."""
    terms = [(coefficient * weight, vectorized(term, leading)) for weight, term in tensor.terms]
    return add(terms, terms[0][1].shape)


def _stack(labels: Sequence[int], sizes: Sequence[Size], factors: list[Factor], fresh: list[int]) -> int:
    """The label of vec of these axes; the pairings that make it join the factors."""
    if len(labels) == 1:
        return labels[0]
    rest = _stack(labels[1:], sizes[1:], factors, fresh)
    stacked = fresh[0]
    fresh[0] += 1
    factors.append((pairing(sizes[0], multiply(*sizes[1:])), (stacked, labels[0], rest)))
    return stacked


def pairing(rows: Size, columns: Size) -> Tensor:
    """The index map of vec for a rows×columns matrix."""
    shape: Axes = (multiply(rows, columns), rows, columns)
    return leaf("pairing", (rows, columns), shape)
