"""Factors of a product that cancel: inverses, orthogonal matrices, pairings, unit vectors, what adds up to 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.expression.numbers import Rational
from service.expression.tensors import Apply, Factor, Labels, Leaf, Power, Product, Tensor


@dataclass(frozen=True)
class Cancellation:
    """What follows: factors (by index) go, labels merge in pairs, summed labels vanish with them, or all is zero.

    `raised` is a base to the power that it gets on its labels, `entry` a vector and the unit vector that takes an entry of it.
    """

    gone: tuple[int, ...]
    merged: tuple[tuple[int, int], ...] = ()
    vanished: tuple[int, ...] = ()
    zero: bool = False
    raised: tuple[Tensor, Rational, Labels] | None = None
    entry: tuple[Tensor, Tensor] | None = None


def cancellation(factors: list[Factor], out: Labels) -> Cancellation | None:
    """The first cancellation among the factors, or None. Each makes the list shorter, so repeating it ends."""
    special = [index for index, (tensor, _) in enumerate(factors) if _may_cancel(tensor)]
    if not special:
        return None
    uses: dict[int, list[int]] = {}
    for index, (_, labels) in enumerate(factors):
        for label in labels:
            uses.setdefault(label, []).append(index)
    for index in special:
        for found in _candidates(index, factors, out, uses):
            return found
    return None


def _may_cancel(tensor: Tensor) -> bool:
    if type(tensor) is Apply:
        return tensor.operation.inverse_of_argument or tensor.operation.sums_to_one is not None
    if type(tensor) is Power:
        squared = tensor.exponent == 2 and _is_orthogonal(tensor.base)
        return squared or (type(tensor.base) is Product and not isinstance(tensor.exponent, Tensor))
    return type(tensor) is Leaf and (tensor.kind in ("unit", "pairing") or _is_orthogonal(tensor))


def _candidates(index: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    tensor, _ = factors[index]
    if isinstance(tensor, Apply):
        if tensor.operation.sums_to_one is not None:
            yield from _total(index, tensor.operation.sums_to_one, factors, out, uses)
        else:
            yield from _inverse(index, factors, out, uses)
    elif isinstance(tensor, Power):
        yield from _power(index, tensor, factors, out, uses)
        yield from _squares(index, tensor, factors, out, uses)
    elif isinstance(tensor, Leaf) and tensor.kind == "pairing":
        yield from _pairing(index, factors, out, uses)
    elif _is_orthogonal(tensor):
        yield from _orthogonal(index, factors, out, uses)
    else:
        yield from _unit(index, factors, out, uses)


def _is_summed_between(label: int, index: int, other: int, out: Labels, uses: dict[int, list[int]]) -> bool:
    return label not in out and sorted(uses[label]) == sorted((index, other))


def _total(index: int, axis: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """Σ_j softmax_rows(A)[i,j] = 1."""
    summed = factors[index][1][axis:]
    if len(set(summed)) == len(summed) and all(label not in out and uses[label] == [index] for label in summed):
        yield Cancellation((index,), vanished=summed)


def _power(index: int, tensor: Power, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """(A·B)^e ∘ (A·B) = (A·B)^(e + 1): the factors of the base stand next to its power, joined as they are in it."""
    base, (_, labels) = tensor.base, factors[index]
    if not isinstance(base, Product) or isinstance(tensor.exponent, Tensor):
        return
    if not base.factors or base.coefficient != 1 or len(set(base.out)) < len(base.out):
        return
    for names, members in _embeddings(base, dict(zip(base.out, labels, strict=True)), factors, (index,)):
        inside = tuple([names[label] for label in range(len(base.sizes)) if label not in base.out])
        apart = len(set(inside)) == len(inside) and not set(inside) & {*out, *labels}
        if apart and all(set(uses[label]) <= set(members) for label in inside):
            yield Cancellation(members, vanished=inside, raised=(base, tensor.exponent + 1, labels))


def _inverse(index: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """Σ_j inv(A)[i,j]·A[j,k] = δ[i,k], and on the other side."""
    tensor, labels = factors[index]
    argument = tensor.children()[0]
    for near, far in ((1, 0), (0, 1)):
        if isinstance(argument, Product):
            yield from _inverse_of_product(index, argument, near, factors, out, uses)
            continue
        for other in uses[labels[near]]:
            candidate, ends = factors[other]
            if candidate is not argument or not _is_summed_between(labels[near], index, other, out, uses):
                continue
            if ends[far] == labels[near]:
                yield Cancellation((index, other), ((labels[far], ends[near]),), (labels[near],))
            elif argument.symmetric:
                yield Cancellation((index, other), ((labels[far], ends[far]),), (labels[near],))


def _inverse_of_product(
    index: int, argument: Product, near: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]
) -> Iterator[Cancellation]:
    """inv(C'·C)·C'·C = I: the factors of the argument stand next to its inverse, joined as they are in it."""
    _, labels = factors[index]
    far = 1 - near
    if argument.coefficient != 1 or len(set(argument.out)) < 2:
        return
    for names, members in _embeddings(argument, {argument.out[far]: labels[near]}, factors, (index,)):
        inside = {names[label] for label in range(len(argument.sizes)) if label not in argument.out} | {labels[near]}
        end = names.get(argument.out[near])
        if end is not None and not inside & set(out) and all(set(uses[label]) <= set(members) for label in inside):
            yield Cancellation(members, ((labels[far], end),), tuple(inside))


def _embeddings(
    argument: Product, names: dict[int, int], factors: list[Factor], members: tuple[int, ...]
) -> Iterator[tuple[dict[int, int], tuple[int, ...]]]:
    """The ways to find the argument's factors, one by one, among the factors: its labels' names, and the factors taken."""
    place = len(members) - 1
    if place == len(argument.factors):
        yield names, members
        return
    wanted, inner = argument.factors[place]
    for other, (candidate, labels) in enumerate(factors):
        if candidate is not wanted or other in members:
            continue
        for turned in (labels, labels[::-1]) if wanted.symmetric else (labels,):
            if all(names.get(mine, theirs) == theirs for mine, theirs in zip(inner, turned, strict=True)):
                yield from _embeddings(argument, {**names, **dict(zip(inner, turned, strict=True))}, factors, (*members, other))


def _is_orthogonal(tensor: Tensor) -> bool:
    return type(tensor) is Leaf and "orthogonal" in tensor.properties


def _orthogonal(index: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """Σ_k Q[k,i]·Q[k,j] = δ[i,j], and Σ_k Q[i,k]·Q[j,k] = δ[i,j]."""
    tensor, labels = factors[index]
    for near, far in ((0, 1), (1, 0)):
        for other in uses[labels[near]]:
            candidate, ends = factors[other]
            if candidate is tensor and ends[near] == labels[near] and _is_summed_between(labels[near], index, other, out, uses):
                yield Cancellation((index, other), ((labels[far], ends[far]),), (labels[near],))


def _squares(index: int, tensor: Power, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """Σ_k Q[k,i]² = 1, and Σ_k Q[i,k]² = 1."""
    for label in factors[index][1] if tensor.exponent == 2 and _is_orthogonal(tensor.base) else ():
        if label not in out and uses[label] == [index]:
            yield Cancellation((index,), vanished=(label,))


def _pairing(index: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """Σ_k P[k,i,j]·P[k,a,b] = δ[i,a]·δ[j,b], and Σ_ij P[k,i,j]·P[l,i,j] = δ[k,l]."""
    tensor, labels = factors[index]
    for free in (labels[:1], labels[1:]):  # Σ_k P[k,i,j] = 1, Σ_ij P[k,i,j] = 1
        if len(set(free)) == len(free) and all(label not in out and uses[label] == [index] for label in free):
            yield Cancellation((index,), vanished=free)
    for other, (candidate, ends) in enumerate(factors):
        if other == index or candidate is not tensor:
            continue
        if labels[0] == ends[0] and _is_summed_between(labels[0], index, other, out, uses):
            yield Cancellation((index, other), ((labels[1], ends[1]), (labels[2], ends[2])), (labels[0],))
        elif labels[1:] == ends[1:] and all(_is_summed_between(label, index, other, out, uses) for label in labels[1:]):
            yield Cancellation((index, other), ((labels[0], ends[0]),), labels[1:])


def _unit(index: int, factors: list[Factor], out: Labels, uses: dict[int, list[int]]) -> Iterator[Cancellation]:
    """e_j ∘ e_k is e_k or 0; x ∘ e_k = x[k]·e_k; Σ_i e_k[i] = 1."""
    tensor, (label,) = factors[index]
    for other in uses[label]:
        candidate = factors[other][0]
        if other != index and isinstance(candidate, Leaf) and candidate.kind == "unit":
            yield Cancellation((other,), zero=candidate is not tensor)
        elif other != index and label in out and len(candidate.shape) == 1:
            yield Cancellation((other,), entry=(candidate, tensor))
    if label not in out and uses[label] == [index]:
        yield Cancellation((index,), vanished=(label,))
