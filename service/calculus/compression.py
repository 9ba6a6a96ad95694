"""Arrays of higher order as cores and deltas: ∂²‖T - U V'‖²/∂U² is δ_ik (2 V'V)_jl, a matrix of the size of V'V and a delta.

A term of an array is a product: what is joined by a summed index makes a core, an index that stands twice among the axes
a delta. Neither needs the array of n^4 entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.expression.numbers import Rational
from service.expression.products import product
from service.expression.sums import add, coefficient_of, filled
from service.expression.tensors import Factor, Labels, Product, Sum, Tensor


@dataclass(frozen=True)
class Core:
    """An array, and the axes of the whole that its own axes are."""

    tensor: Tensor
    axes: tuple[int, ...]


@dataclass(frozen=True)
class Term:
    """scalar · Π cores · Π δ, each entry at its axes. Every axis is in a core or in a delta."""

    scalar: Tensor
    cores: tuple[Core, ...]
    deltas: tuple[tuple[int, int], ...]


def compressed(tensor: Tensor) -> list[Term]:
    """The terms whose sum the array is. Those with the same deltas and one core on the same axes are one term."""
    terms: list[Term] = []
    for weight, part in parts_of(tensor):
        found = _term(weight, part)
        for place, other in enumerate(terms):
            if _are_alike(found, other):
                terms[place] = _joined(other, found)
                break
        else:
            terms.append(found)
    return terms


def parts_of(tensor: Tensor) -> list[tuple[Rational, Tensor]]:
    """The terms of a sum, or the tensor itself, with their coefficients."""
    coefficient, monic = coefficient_of(tensor)
    if isinstance(monic, Sum):
        return [(coefficient * weight, term) for weight, term in monic.terms]
    return [(coefficient, monic)]


def restricted(weight: Rational, term: Product, kept: Iterable[int]) -> Tensor:
    """weight · term at these of its axes, where the others are tied to one of them or nothing depends on them."""
    out = tuple([term.out[axis] for axis in kept])
    return _product(weight * term.coefficient, term.factors, out, term)


def _product(coefficient: Rational, factors: Sequence[Factor], out: Labels, within: Product) -> Tensor:
    used = set(out).union(*[labels for _, labels in factors])
    return product(coefficient, factors, out, {label: size for label, size in enumerate(within.sizes) if label in used})


def _term(weight: Rational, part: Tensor) -> Term:
    if not isinstance(part, Product):
        return Term(filled(weight, ()), (Core(part, tuple(range(len(part.shape)))),), ())
    first: dict[int, int] = {}
    deltas = []
    for axis, label in enumerate(part.out):
        if label in first:
            deltas.append((first[label], axis))
        else:
            first[label] = axis
    scalar = product(weight * part.coefficient, [factor for factor in part.factors if not factor[1]])
    groups = _groups([factor for factor in part.factors if factor[1]], set(first))
    tied = {axis for delta in deltas for axis in delta}
    carried = {label for labels, _ in groups for label in labels}
    cores = []
    for labels, factors in groups:
        axes = sorted(first[label] for label in labels)
        cores.append(Core(_product(1, factors, tuple([part.out[axis] for axis in axes]), part), tuple(axes)))
    cores += [Core(filled(1, (part.sizes[label],)), (axis,)) for label, axis in first.items() if label not in carried and axis not in tied]
    return Term(scalar, tuple(sorted(cores, key=lambda core: core.axes)), tuple(deltas))


def _groups(factors: Sequence[Factor], out: set[int]) -> list[tuple[set[int], list[Factor]]]:
    """Factors that a summed label joins, or that have their axes in common, with their labels among `out`."""
    groups: list[tuple[set[int], list[Factor]]] = []
    for factor in factors:
        labels, members = set(factor[1]), [factor]
        apart = []
        for group in groups:
            if (group[0] & labels) - out:
                labels, members = labels | group[0], group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (labels, members)]
    found: list[tuple[set[int], list[Factor]]] = []
    for labels, members in sorted([(labels & out, members) for labels, members in groups], key=lambda group: -len(group[0])):
        wider = next((group for group in found if labels <= group[0]), None)
        if wider is None:
            found.append((labels, list(members)))
        else:
            wider[1].extend(members)
    return found


def _are_alike(one: Term, other: Term) -> bool:
    return one.deltas == other.deltas and len(one.cores) == len(other.cores) == 1 and one.cores[0].axes == other.cores[0].axes


def _joined(one: Term, other: Term) -> Term:
    terms = [(1, product(1, [(term.scalar, ()), (term.cores[0].tensor, axes)], axes)) for term in (one, other) for axes in [_axes(term)]]
    return Term(filled(1, ()), (Core(add(terms, terms[0][1].shape), one.cores[0].axes),), one.deltas)


def _axes(term: Term) -> Labels:
    return tuple(range(len(term.cores[0].axes)))
