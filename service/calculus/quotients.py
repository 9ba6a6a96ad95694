"""Sums of quotients over one denominator, and sums multiplied out where a factor cancels in them, if that is shorter."""

from __future__ import annotations

from service.calculus.expand import multiplied_out
from service.expression.arena import memo
from service.expression.numbers import Rational
from service.expression.products import power, product, split_power
from service.expression.sums import add, coefficient_of
from service.expression.tensors import Apply, Factor, Labels, Leaf, Power, Product, Sum, Tensor


def simplified(tensor: Tensor) -> Tensor:
    """The tensor, or a shorter one that is the same function; only its outermost sum or product is looked at.

    What it makes has no denominators left inside its sum, or one sum less among its factors: so repeating it ends.
    """
    if isinstance(tensor, Product):
        for factor, _ in tensor.factors:
            if isinstance(factor, Sum):
                break
        else:
            return tensor
    elif not isinstance(tensor, Sum) or len(tensor.shape) > 2:
        return tensor
    known: dict[Tensor, Tensor] = memo().setdefault("simplified", {})
    found = known.get(tensor)
    if found is None:
        found = known[tensor] = _over_one_denominator(tensor) if isinstance(tensor, Sum) else _simplified_product(tensor)
    return found


def _over_one_denominator(tensor: Sum) -> Tensor:
    """1/q - 2x²/q² is (1 - x²)/q² where q is x² + 1; f·a + f²·b is f·(a + f·b). Polynomials, in 1/x too, stay as they are."""
    every = tuple(range(len(tensor.shape)))
    powers = [_powers(term, every) for _, term in tensor.terms]
    common: dict[Tensor, Rational] = {}
    for base in dict.fromkeys(base for found in powers for base in found):
        least = min([found.get(base, 0) for found in powers])
        if least < 0 or (least > 0 and not isinstance(base, Leaf)):
            common[base] = least
    if not common or (all(isinstance(base, Leaf) for base in common) and not _has_function(powers)):
        return tensor
    sizes = dict(enumerate(tensor.shape))
    missing: list[Factor] = [(power(base, -least), every) for base, least in common.items()]
    terms = [(weight, product(1, [(term, every), *missing], every, sizes)) for weight, term in tensor.terms]
    outside: list[Factor] = [(power(base, least), every) for base, least in common.items()]
    whole = add(terms, tensor.shape)
    opened = add([part for pair in terms for part in multiplied_out(*pair)], tensor.shape)
    insides = (whole, opened) if _count(opened) <= _count(whole) else (whole,)
    found = min((product(1, [(inside, every), *outside], every, sizes) for inside in insides), key=_length)
    return found if _length(found) < _length(tensor) else tensor


def _count(tensor: Tensor) -> int:
    _, monic = coefficient_of(tensor)
    return len(monic.terms) if isinstance(monic, Sum) else 1


def _powers(term: Tensor, every: Labels) -> dict[Tensor, Rational]:
    """The factors of a term that go entry by entry, with their exponents; no others."""
    if isinstance(term, Product) and term.out != every:
        return {}
    found: dict[Tensor, Rational] = {}
    for factor, labels in term.factors if isinstance(term, Product) else ((term, every),):
        base, exponent = split_power(factor)
        if labels == every and not isinstance(exponent, Tensor):
            found[base] = exponent
    return found


def _has_function(powers: list[dict[Tensor, Rational]]) -> bool:
    return any(isinstance(base, Apply) for found in powers for base in found)


def _simplified_product(tensor: Product) -> Tensor:
    factors = [(simplified(factor) if not labels else factor, labels) for factor, labels in tensor.factors]
    sizes = dict(enumerate(tensor.sizes))
    if any(new is not old for (new, _), (old, _) in zip(factors, tensor.factors, strict=True)):
        return product(tensor.coefficient, factors, tensor.out, sizes)
    for place, (factor, labels) in enumerate(tensor.factors):
        if isinstance(factor, Sum) and _cancels(factor, labels, tensor.factors):
            rest = [*tensor.factors[:place], *tensor.factors[place + 1 :]]
            terms = [(weight, product(tensor.coefficient, [(term, labels), *rest], tensor.out, sizes)) for weight, term in factor.terms]
            found = add(terms, tensor.shape)
            if _length(found) < _length(tensor):
                return found
    return tensor


def _cancels(factor: Sum, labels: Labels, others: tuple[Factor, ...]) -> bool:
    """Whether something beside a sum is under a fraction line inside it: s∘(1 - 1/s²) is s - 1/s."""
    beside = {split_power(other)[0] for other, at in others if at == labels}
    inside = [part for _, term in factor.terms for part in (term.factors if isinstance(term, Product) else ((term, ()),))]
    return any(isinstance(part, Power) and part.base in beside and _is_below(part) for part, _ in inside)


def _is_below(tensor: Power) -> bool:
    return not isinstance(tensor.exponent, Tensor) and tensor.exponent < 0


def _length(tensor: Tensor) -> int:
    """About how long a tensor is in print; functions count the same."""
    coefficient, monic = coefficient_of(tensor)
    length = int(coefficient not in (1, -1))
    if isinstance(monic, Sum):
        return length + sum([1 + int(weight not in (1, -1)) + _length(term) for weight, term in monic.terms])
    if isinstance(monic, Product):
        return length + (sum([_length(factor) for factor, _ in monic.factors]) or 1)
    if isinstance(monic, Power):
        return length + _length(monic.base) + (_length(monic.exponent) if isinstance(monic.exponent, Tensor) else int(monic.exponent != 1))
    return length + (2 if isinstance(monic, Apply) else 1)
