"""One try at multiplying out: a sum of products of sums may cancel to something shorter."""

from __future__ import annotations

from service.expression.numbers import Rational
from service.expression.products import product
from service.expression.sums import Term, add, coefficient_of
from service.expression.tensors import Apply, Product, Sum, Tensor

MOST_TERMS = 24


def shorter(tensor: Tensor) -> Tensor:
    """The tensor, or what it becomes when its terms are multiplied out, if that is shorter and has no more terms.

    σ∘(1 - y) - y∘(1 - σ) is σ - y. Past MOST_TERMS the try is given up, so it is cheap.
    """
    coefficient, inner = coefficient_of(tensor)
    if not isinstance(inner, Sum):
        return tensor
    terms = [term for pair in inner.terms for term in multiplied_out(*pair)]
    if len(terms) == len(inner.terms) or len(terms) > MOST_TERMS:
        return tensor
    found = add([(coefficient * weight, term) for weight, term in terms], tensor.shape)
    _, inside = coefficient_of(found)
    count = len(inside.terms) if isinstance(inside, Sum) else 1
    return found if count <= len(inner.terms) and _size(found) < _size(tensor) else tensor


def _size(tensor: Tensor) -> int:
    """About how long a tensor is in print; functions count as one name."""
    if isinstance(tensor, Sum):
        return sum([1 + _size(term) for _, term in tensor.terms])
    if isinstance(tensor, Product):
        return sum([_size(factor) for factor, _ in tensor.factors])
    return 1


def multiplied_out(weight: Rational, tensor: Tensor) -> list[Term]:
    """The terms of a product of sums; the tensor itself where it is none, or has too many."""
    done: list[Term] = []
    todo: list[Term] = [(weight, tensor)]
    while todo:
        outer, term = todo.pop()
        inner, monic = coefficient_of(term)
        found = _open_sum(monic) if isinstance(monic, Product) else _as_sum(monic)
        if found is None or len(done) + len(todo) > MOST_TERMS:
            done.append((outer * inner, monic))
        else:
            todo += [(outer * inner * coefficient, part) for coefficient, part in found]
    return done


def _open_sum(tensor: Product) -> list[Term] | None:
    """The product with its first sum opened, or None."""
    for place, (factor, labels) in enumerate(tensor.factors):
        terms = _as_sum(factor)
        if terms is not None:
            rest = [*tensor.factors[:place], *tensor.factors[place + 1 :]]
            sizes = dict(enumerate(tensor.sizes))
            return [(weight, product(1, [(term, labels), *rest], tensor.out, sizes)) for weight, term in terms]
    return None


def _as_sum(tensor: Tensor) -> list[Term] | None:
    if isinstance(tensor, Sum):
        return list(tensor.terms)
    if isinstance(tensor, Apply):
        other = tensor.operation.as_sum(*tensor.arguments)
        if other is not None:
            coefficient, inner = coefficient_of(other)
            return [(coefficient * weight, term) for weight, term in inner.terms] if isinstance(inner, Sum) else None
    return None
