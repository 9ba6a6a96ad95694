"""Numbers, constant arrays, multiples and sums of tensors, in normal form."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TypeAlias

from service.expression import numbers
from service.expression.labels import canonical
from service.expression.numbers import Rational, tidy
from service.expression.shapes import Axes, Size
from service.expression.tensors import Factor, Labels, Product, Sum, Tensor, make_product, make_sum

Term: TypeAlias = tuple[Rational, Tensor]
FactorsAndOut: TypeAlias = tuple[tuple[Factor, ...], Labels]


def number(value: Rational) -> Product:
    return make_product(tidy(value), (), (), ())


def filled(value: Rational, shape: Axes) -> Product:
    """An array with every entry equal to `value`."""
    return mark_symmetric(make_product(tidy(value), (), tuple(range(len(shape))), shape))


def delta(size: Size) -> Product:
    """The identity matrix."""
    return mark_symmetric(make_product(1, (), (0, 0), (size,)))


def identity(shape: Axes) -> Product:
    """The identity map of arrays of this shape: axes of the output, then those of the input."""
    count = len(shape)
    return mark_symmetric(make_product(1, (), (*range(count), *range(count)), shape))


def coefficient_of(tensor: Tensor) -> Term:
    """The tensor as coefficient · tensor without one."""
    if type(tensor) is Product and tensor.coefficient != 1:
        return tensor.coefficient, _with_coefficient(tensor, 1)
    return 1, tensor


def _with_coefficient(tensor: Product, coefficient: Rational) -> Tensor:
    if coefficient == 1 and is_bare(tensor.factors, tensor.out):
        return tensor.factors[0][0]
    found = make_product(coefficient, tensor.factors, tensor.out, tensor.sizes)
    found.symmetric = tensor.symmetric
    return found


def is_bare(factors: tuple[Factor, ...], out: Labels) -> bool:
    """Whether a product (of coefficient 1) is just its only factor."""
    return len(factors) == 1 and factors[0][1] == out and len(set(out)) == len(out)


def is_contraction(tensor: Product) -> bool:
    """Whether the product is one connected contraction to a scalar; it has no coefficient then, and stays in one piece."""
    return not tensor.out and bool(tensor.factors) and bool(tensor.factors[0][1])


def scale(coefficient: Rational, tensor: Tensor) -> Tensor:
    if coefficient == 1:
        return tensor
    if coefficient == 0:
        return filled(0, tensor.shape)
    if type(tensor) is Product and not is_contraction(tensor):
        return _with_coefficient(tensor, numbers.bounded(tidy(coefficient * tensor.coefficient)))
    labels = tuple(range(len(tensor.shape)))
    found = make_product(tidy(coefficient), ((tensor, labels),), labels, tensor.shape)
    found.symmetric = tensor.symmetric
    return found


def add(terms: Iterable[Term], shape: Axes) -> Tensor:
    """Σ coefficient · tensor. Like terms merge, sums inside flatten, the rational content comes out: 2x + 4 is 2(x + 2).

    The sign that comes out makes the coefficient of the oldest tensor positive, whatever the order of the terms.
    """
    collected: dict[Tensor, Rational] = {}
    for outer, tensor in terms:
        monic, coefficient = tensor, outer
        if type(tensor) is Product and tensor.coefficient != 1:
            coefficient *= tensor.coefficient
            monic = _with_coefficient(tensor, 1)
        if type(monic) is Sum:
            for weight, term in monic.terms:
                collected[term] = collected.get(term, 0) + coefficient * weight
        elif (inside := _transposed_sum(monic)) is not None:
            for weight, term in inside.terms:
                inner, flipped = coefficient_of(transposed(term))
                collected[flipped] = collected.get(flipped, 0) + coefficient * weight * inner
        else:
            collected[monic] = collected.get(monic, 0) + coefficient
    kept = [(tidy(coefficient), tensor) for tensor, coefficient in collected.items() if coefficient]
    if not kept:
        return filled(0, shape)
    if len(kept) == 1:
        return scale(*kept[0])
    content = numbers.absolute(numbers.content([coefficient for coefficient, _ in kept]))
    if min(kept, key=_age)[0] < 0:
        content = -content
    if content != 1:
        kept = [(tidy(Fraction(coefficient) / Fraction(content)), tensor) for coefficient, tensor in kept]
    return scale(content, _oriented(tuple(kept), shape) if len(shape) == 2 else make_sum(tuple(kept), shape))


def _oriented(terms: tuple[Term, ...], shape: Axes) -> Tensor:
    """The sum of matrices, or the transpose of their transposes' sum: one of the two stands for both, A' + B' for (A + B)'.

    It is the one with the older terms, and in it the coefficient of the oldest is positive.
    """
    flipped = [(coefficient, transposed(term)) for coefficient, term in terms]
    mine, other = sorted([term.id for _, term in terms]), sorted([term.id for _, term in flipped])
    if mine == other and shape[0] == shape[1]:
        found = make_sum(terms, shape)
        found.symmetric = frozenset(flipped) == frozenset(terms)
        if found.symmetric:
            return found
        other = mine  # terms that are each other's transposes, with other coefficients: A - A'
    if other < mine:
        sign = -1 if min(flipped, key=_age)[0] < 0 else 1
        kept = make_sum(tuple([(sign * coefficient, term) for coefficient, term in flipped]), (shape[1], shape[0]))
        return make_product(sign, ((kept, (1, 0)),), (0, 1), shape)
    return make_sum(terms, shape)


def _transposed_sum(tensor: Tensor) -> Sum | None:
    """The sum whose transpose a tensor is, or None."""
    if type(tensor) is Product and len(tensor.factors) == 1 and tensor.out == (0, 1):
        factor, labels = tensor.factors[0]
        return factor if type(factor) is Sum and labels == (1, 0) else None
    return None


def transposed(tensor: Tensor) -> Tensor:
    """The transpose of a tensor with two axes, in normal form: only its labels change."""
    if tensor.symmetric:
        return tensor
    factors, out = _factors_and_out(tensor)
    renamed, names = canonical(list(factors), (out[1], out[0]))
    turned = names[out[1]], names[out[0]]
    coefficient = tensor.coefficient if type(tensor) is Product else 1
    if coefficient == 1 and is_bare(renamed, turned):
        return renamed[0][0]
    old = tensor.sizes if type(tensor) is Product else tensor.shape
    return make_product(coefficient, renamed, turned, tuple([old[label] for label in names]))


def _age(term: Term) -> int:
    return term[1].id


def mark_symmetric(tensor: Product) -> Product:
    """Decide at birth whether the transpose is the tensor itself; the factors know it of themselves."""
    shape = tensor.shape
    if len(shape) == 2 and shape[0] == shape[1]:
        tensor.symmetric = (tensor.factors, tensor.out) == _transposed(tensor)
    return tensor


def _factors_and_out(tensor: Tensor) -> FactorsAndOut:
    return (tensor.factors, tensor.out) if type(tensor) is Product else (((tensor, (0, 1)),), (0, 1))


def _transposed(tensor: Tensor) -> FactorsAndOut:
    """What identifies the transpose of a tensor with two axes."""
    factors, out = _factors_and_out(tensor)
    renamed, names = canonical(list(factors), (out[1], out[0]))
    return renamed, (names[out[1]], names[out[0]])
