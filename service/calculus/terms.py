"""The terms of a tensor, contractions multiplied out: A'*(A*x - b) is A'*A*x and -A'*b."""

from __future__ import annotations

from service.expression.products import product
from service.expression.sums import scale
from service.expression.tensors import Product, Sum, Tensor


def terms_of(root: Tensor, most: int) -> list[Tensor] | None:
    """The terms that a tensor is the sum of once every product with a sum among its factors is multiplied out.

    None where there are more than `most`. Each step takes a sum out of a product, so it ends.
    """
    terms: list[Tensor] = []
    waiting = [root]
    while waiting:
        if len(terms) + len(waiting) > most:
            return None
        tensor = waiting.pop(0)
        if isinstance(tensor, Sum):
            waiting = [scale(coefficient, term) for coefficient, term in tensor.terms] + waiting
            continue
        distributed = _distributed(tensor) if isinstance(tensor, Product) else None
        if distributed is None:
            terms.append(tensor)
        else:
            waiting = distributed + waiting
    return terms


def _distributed(tensor: Product) -> list[Tensor] | None:
    """The product over the terms of its first sum; None where it has none."""
    sizes = dict(enumerate(tensor.sizes))
    for place, (factor, labels) in enumerate(tensor.factors):
        if isinstance(factor, Sum):
            others = [*tensor.factors[:place], *tensor.factors[place + 1 :]]
            return [
                product(tensor.coefficient * coefficient, [(term, labels), *others], tensor.out, sizes)
                for coefficient, term in factor.terms
            ]
    return None
