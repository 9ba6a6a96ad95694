"""The differential of a tensor, in forward mode: df of every part from the differentials of what it is made of.

One sweep from the variables to the root. Where reverse mode gives a matrix function as a four-axis array, this gives it as a
person writes it: d inv(A) = -inv(A)·dA·inv(A). (Magnus, Neudecker: Matrix Differential Calculus, chapters 5 and 8.)
"""

from __future__ import annotations

from collections.abc import Mapping

from service.calculus.tensor_values import parts
from service.expression.algebra import call, hadamard, spread
from service.expression.operation import Elementwise
from service.expression.products import power, product
from service.expression.sums import add, filled, scale
from service.expression.tensors import Apply, Power, Product, Sum, Tensor


def differential_of(root: Tensor, given: Mapping[Tensor, Tensor]) -> Tensor:
    """df, of the shape of f, where the differentials of some leaves are `given` and those of all others are zero.

    Raises NotDifferentiable where an operation has no derivative.
    """
    known = dict(given)
    for tensor in parts([root]):
        if tensor not in known and any(child in known for child in tensor.children()):
            known[tensor] = add([(1, term) for term in _terms(tensor, known)], tensor.shape)
    return known.get(root, filled(0, root.shape))


def _terms(tensor: Tensor, known: Mapping[Tensor, Tensor]) -> list[Tensor]:
    """The terms of the differential of one part, of which some children have one."""
    if isinstance(tensor, Sum):
        return [scale(coefficient, known[term]) for coefficient, term in tensor.terms if term in known]
    if isinstance(tensor, Product):
        return _of_product(tensor, known)
    if isinstance(tensor, Power):
        return _of_power(tensor, known)
    assert isinstance(tensor, Apply)
    return _of_operation(tensor, known)


def _of_product(tensor: Product, known: Mapping[Tensor, Tensor]) -> list[Tensor]:
    """The product rule: each factor in turn is replaced by its differential."""
    sizes = dict(enumerate(tensor.sizes))
    terms = []
    for place, (factor, labels) in enumerate(tensor.factors):
        if factor in known:
            factors = [*tensor.factors[:place], (known[factor], labels), *tensor.factors[place + 1 :]]
            terms.append(product(tensor.coefficient, factors, tensor.out, sizes))
    return terms


def _of_power(tensor: Power, known: Mapping[Tensor, Tensor]) -> list[Tensor]:
    """d b^e = e·b^(e-1)·db + b^e·log(b)·de."""
    base, exponent = tensor.base, tensor.exponent
    terms = []
    if base in known:
        lowered = power(base, exponent - 1)
        slope = hadamard(exponent, lowered) if isinstance(exponent, Tensor) else scale(exponent, lowered)
        terms.append(hadamard(slope, known[base]))
    if isinstance(exponent, Tensor) and exponent in known:
        terms.append(hadamard(hadamard(tensor, call("log", base)), known[exponent]))
    return terms


def _of_operation(tensor: Apply, known: Mapping[Tensor, Tensor]) -> list[Tensor]:
    """The operation's own derivative times the differentials of its arguments."""
    operation, arguments = tensor.operation, tensor.arguments
    if isinstance(operation, Elementwise):
        local = operation.derivative(tensor, *arguments)
        slopes = local if isinstance(local, tuple) else (local,)
        pairs = [(slope, known[argument]) for slope, argument in zip(slopes, arguments, strict=True) if argument in known]
        return [spread(hadamard(slope, moved), tensor.shape) for slope, moved in pairs]
    terms = []
    for position, argument in enumerate(arguments):
        if argument in known:
            along = operation.along(tensor, position, known[argument], *arguments)
            if along is not None:
                terms.append(along)
                continue
            out = tuple(range(len(tensor.shape)))
            summed = tuple(range(len(out), len(out) + len(argument.shape)))
            terms.append(product(1, [(operation.jacobian(tensor, position, *arguments), out + summed), (known[argument], summed)], out))
    return terms
