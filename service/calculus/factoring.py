"""Sums of nodes as a textbook writes them: like terms together, common factors and divisors outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from service.calculus import build
from service.expression.nodes import Node, make
from service.expression.numbers import Rational, tidy
from service.expression.shapes import SCALAR
from service.operations.leaves import number


class Term(NamedTuple):
    """coefficient · scalars · arrays / divisors; numbers are in the coefficient only."""

    coefficient: Rational
    scalars: tuple[Node, ...]
    arrays: tuple[Node, ...]
    divisors: tuple[Node, ...]


def factored(nodes: Sequence[Node], decimals: bool = False) -> Node:
    """The sum, with what several terms have in common taken out: Q*x + Q'*x + b is (Q + Q')*x + b.

    Each step shortens the terms, so it ends. A scalar among arrays goes with every entry.
    """
    if len(nodes) == 1:
        return nodes[0]
    terms = [split(node) for node in nodes]
    merged = _merged(terms)
    return _factored(merged, decimals, nodes if merged is terms else None)


def _factored(terms: list[Term], decimals: bool, nodes: Sequence[Node] | None = None) -> Node:
    """`nodes` are the terms as they are written already."""
    if len(terms) == 1:
        return _joined(terms[0], decimals)
    shared, divisors = _shared_scalars(terms), _shared_divisors(terms)
    if shared or divisors:
        inside = _factored([_without(term, shared, divisors) for term in terms], decimals)
        return build.scaled(1, shared, divisors, inside, decimals)
    entries = _entry_by_entry(terms, decimals) or _written_out(terms, decimals) or _cases(terms, decimals)
    if entries is not None:
        return entries
    if _are_projected(terms):
        inner = [term._replace(arrays=term.arrays[1:-1] or (build.filled("eye", term.arrays[-1].shape[0]),)) for term in terms]
        return build.times(terms[0].arrays[0], _factored(inner, decimals), terms[0].arrays[-1])
    if len(terms) == 2 and min(map(_width, terms)) == 1 < max(map(_width, terms)):
        with_identity = _with_identity(terms, decimals)
        if with_identity is not None:
            return with_identity
    for key in (_whole, _last, _first, _diagonal):
        groups: dict[tuple[Node, ...], list[Term]] = {}
        for term in terms:
            groups.setdefault(key(term), []).append(term)
        if len(groups) < len(terms) and any(common and len(members) > 1 for common, members in groups.items()):
            nodes = None
            terms = [
                term
                for common, members in groups.items()
                for term in (_taken_out(common, members, key, decimals) if common and len(members) > 1 else members)
            ]
    return build.add(nodes or [_joined(term, decimals) for term in terms])


def _are_projected(terms: Sequence[Term]) -> bool:
    """Whether all terms begin and end with the same matrices, one with nothing between: A'*A/s - A'*r*r'*A/s^3."""
    first, last = terms[0].arrays[:1], terms[0].arrays[-1:]
    lengths = [len(term.arrays) for term in terms if term.arrays[:1] == first and term.arrays[-1:] == last]
    return len(lengths) == len(terms) and min(lengths) == 2 < max(lengths) and 1 not in (*first[0].shape, *last[0].shape)


def _width(term: Term) -> int:
    return len(term.arrays)


def _with_identity(terms: Sequence[Term], decimals: bool) -> Node | None:
    """A - u*u'*A as (eye(n) - u*u')*A, and Q*Q'*Q - Q as Q*(Q'*Q - eye(n)) where the request has that; None elsewhere."""
    single, longer = sorted(terms, key=lambda term: len(term.arrays))
    (matrix,) = single.arrays
    if 1 in matrix.shape:
        return None
    for at_end in (True, False):
        if longer.arrays[-1 if at_end else 0] is not matrix:
            continue
        rest = longer.arrays[:-1] if at_end else longer.arrays[1:]
        eye = build.filled("eye", matrix.shape[0 if at_end else 1])
        if build.times(*rest).shape != eye.shape:
            continue
        inner = [term._replace(arrays=(eye,) if term is single else rest) for term in terms]
        inside = _factored(inner, decimals)
        opposite = build.add([_joined(term._replace(coefficient=-term.coefficient), decimals) for term in reversed(inner)])
        if (len(rest) == 2 and rest[0].shape[1] == 1) or build.is_of_request(inside) or build.is_of_request(opposite):
            return build.times(inside, matrix) if at_end else build.times(matrix, inside)
    return None


def common_names_out(node: Node, decimals: bool = False) -> Node:
    """A sum that is a factor, with the names that all its terms have before it: s*t^2 + s is s*(t^2 + 1)."""
    if node.operation is not build.ADD or node.shape != SCALAR:
        return node
    terms = [split(argument) for argument in node.arguments]
    shared = _common([term.scalars for term in terms])
    if not shared:
        return node
    return build.times(*shared, build.add([_joined(_without(term, shared, []), decimals) for term in terms]))


def _written_out(terms: Sequence[Term], decimals: bool) -> Node | None:
    """Σ scalar·e_i·e_j' as the matrix that it is; None where a term is something else."""
    entries: dict[tuple[int, int], list[Node]] = {}
    shape: tuple[object, ...] = ()
    for term in terms:
        if len(term.arrays) != 2 or term.arrays[0].operation is not build.UNIT or term.arrays[1].operation is not build.TRANSPOSE:
            return None
        left, right = term.arrays[0], term.arrays[1].arguments[0]
        if right.operation is not build.UNIT:
            return None
        shape = left.shape[0], right.shape[0]
        place = left.parameter[0] - 1, right.parameter[0] - 1
        entries.setdefault(place, []).append(_joined(term._replace(arrays=()), decimals))
    rows, columns = shape
    if not isinstance(rows, int) or not isinstance(columns, int) or rows * columns > build.MOST_WRITTEN_OUT:
        return None
    filled_in = [entries.get((row, column)) for row in range(rows) for column in range(columns)]
    return make("literal", *[build.add(entry) if entry else number(0) for entry in filled_in], parameter=(rows, columns))


# --- terms ----------------------------------------------------------------------------------------------------------


def split(node: Node) -> Term:
    """A term taken apart. An inner product stays in one piece, as a scalar."""
    if not node.arguments and node.operation is not build.NUMBER:
        return Term(1, (), (node,), ()) if node.shape != SCALAR else Term(1, (node,), (), ())
    coefficient: Rational = 1
    if node.operation is build.NEGATE:
        coefficient, node = -1, node.arguments[0]
    scalars: list[Node] = []
    arrays: list[Node] = []
    divisors: list[Node] = []
    if node.operation is build.DIVIDE:
        node, below = node.arguments
        coefficient = tidy(coefficient * _take(below, divisors, divisors, divisors, invert=True))
    if node.operation in (build.HADAMARD, build.ENTRY_DIVIDE):
        first, *others = node.arguments
        inner: list[Node] = []
        coefficient = tidy(coefficient * _take(first, scalars, inner, divisors))
        arrays.append(make(node.operation.name, build.times(*inner), *others))
    else:
        coefficient = tidy(coefficient * _take(node, scalars, arrays, divisors))
    return Term(coefficient, tuple(scalars), tuple(arrays), tuple(divisors))


def _take(node: Node, scalars: list[Node], arrays: list[Node], divisors: list[Node], invert: bool = False) -> Rational:
    """The factors of a product into the lists; its number."""
    coefficient: Rational = 1
    for part in node.arguments if build.dissolves(node) else (node,):
        if part.operation is build.NUMBER and not (invert and part.parameter == 0):
            value = part.parameter if type(part.parameter) is int else Fraction(part.parameter)
            coefficient = tidy(Fraction(coefficient) / value if invert else coefficient * value)
        elif part.shape != SCALAR:
            arrays.append(part)
        elif part.operation is build.DIVIDE and not invert:
            inner = split(part)
            coefficient = tidy(coefficient * inner.coefficient)
            scalars += inner.scalars
            divisors += inner.divisors
        else:
            scalars.append(part)
    return coefficient


def _joined(term: Term, decimals: bool) -> Node:
    array = build.times(*term.arrays) if term.arrays else None
    return build.scaled(term.coefficient, term.scalars, term.divisors, array, decimals)


def _merged(terms: list[Term]) -> list[Term]:
    """Like terms added up; a sum among the terms counts as its terms, a transposed one where that merges something."""
    if len({term[1:] for term in terms}) == len(terms) and not any(_is_sum(term) for term in terms):
        return terms
    flat: list[Term] = []
    for term in terms:
        inner = term.arrays[0] if len(term.arrays) == 1 else None
        if inner is not None and inner.operation is build.ADD and not term.scalars and not term.divisors:
            flat += [part._replace(coefficient=tidy(part.coefficient * term.coefficient)) for part in map(split, inner.arguments)]
        else:
            flat.append(term)
    keys = {term[1:] for term in flat}
    opened: list[Term] = []
    for term in flat:
        inner = term.arrays[0] if len(term.arrays) == 1 else None
        if inner is not None and inner.operation is build.TRANSPOSE and inner.arguments[0].operation is build.ADD:
            turned = [split(build.transpose(argument)) for argument in inner.arguments[0].arguments]
            if not term.scalars and not term.divisors and any(part[1:] in keys for part in turned):
                opened += [part._replace(coefficient=tidy(part.coefficient * term.coefficient)) for part in turned]
                continue
        opened.append(term)
    collected: dict[tuple[tuple[Node, ...], ...], Rational] = {}
    for term in opened:
        collected[term[1:]] = collected.get(term[1:], 0) + term.coefficient
    if len(collected) == len(opened):
        return opened
    kept = [Term(tidy(coefficient), *key) for key, coefficient in collected.items() if coefficient]
    return kept or [Term(0, *opened[0][1:])]


def _is_sum(term: Term) -> bool:
    """Whether a term is a sum or a transposed one."""
    return len(term.arrays) == 1 and term.arrays[0].operation in (build.ADD, build.TRANSPOSE)


# --- what all terms have --------------------------------------------------------------------------------------------


def _powers(nodes: Sequence[Node]) -> dict[Node, int]:
    found: dict[Node, int] = {}
    for node in nodes:
        base, exponent = build.base_and_exponent(node)
        found[base] = found.get(base, 0) + exponent
    return found


def _common(lists: Sequence[Sequence[Node]]) -> list[Node]:
    """The factors of all lists, each to the least of its powers."""
    first, *others = [_powers(nodes) for nodes in lists]
    found = []
    for base, exponent in first.items():
        least = min([exponent, *[powers.get(base, 0) for powers in others]])
        if least > 0:
            found.append(build.raised(base, least, False))
    return found


def _shared_scalars(terms: Sequence[Term]) -> list[Node]:
    """The scalar factors of all terms: functions of something. Polynomials stay as they are."""
    if not all(term.scalars for term in terms):
        return []
    found = _common([term.scalars for term in terms])
    return found if any(term.arrays for term in terms) else [node for node in found if build.base_and_exponent(node)[0].arguments]


def _shared_divisors(terms: Sequence[Term]) -> list[Node]:
    """The divisors of all terms, where it gets shorter: I/‖x‖ - x x'/‖x‖³ stays as it is."""
    if not all(term.divisors for term in terms):
        return []
    found = _common([term.divisors for term in terms])
    before = sum(_length(term.divisors) for term in terms)
    after = sum(_length(_divided(term.divisors, found)) for term in terms) + _length(found)
    return found if after < before else []


def _length(divisors: Sequence[Node]) -> int:
    return sum(1 if build.base_and_exponent(node)[1] == 1 else 2 for node in divisors)


def _divided(nodes: Sequence[Node], shared: Sequence[Node]) -> tuple[Node, ...]:
    """The factors without the shared ones."""
    if not shared:
        return tuple(nodes)
    powers, taken = _powers(nodes), _powers(shared)
    left = [(base, exponent - taken.get(base, 0)) for base, exponent in powers.items()]
    return tuple([build.raised(base, exponent, False) for base, exponent in left if exponent])


def _without(term: Term, scalars: Sequence[Node], divisors: Sequence[Node]) -> Term:
    return term._replace(scalars=_divided(term.scalars, scalars), divisors=_divided(term.divisors, divisors))


def _entry_by_entry(terms: Sequence[Term], decimals: bool) -> Node | None:
    """a./c - b./c as (a - b)./c, and a.*c + b.*c as (a + b).*c, or None."""
    if any(len(term.arrays) != 1 for term in terms):
        return None
    arrays = [term.arrays[0] for term in terms]
    if all(array.operation is build.ENTRY_DIVIDE and array.arguments[1] is arrays[0].arguments[1] for array in arrays):
        above = [_over_one(term, decimals) for term in terms]
        return make("entry-divide", factored(above, decimals), arrays[0].arguments[1])
    if arrays[0].operation is not build.HADAMARD:
        return None
    for common in arrays[0].arguments:
        if all(array.operation is build.HADAMARD and common in array.arguments for array in arrays):
            rest = [_joined(_without_entry_factor(term, common), decimals) for term in terms]
            return build.hadamard(common, factored(rest, decimals))
    return None


def _over_one(term: Term, decimals: bool) -> Node:
    above = term.arrays[0].arguments[0]
    inner = split(above)
    whole = term._replace(
        coefficient=tidy(term.coefficient * inner.coefficient),
        scalars=(*term.scalars, *inner.scalars),
        arrays=inner.arrays,
        divisors=(*term.divisors, *inner.divisors),
    )
    return _joined(whole, decimals)


def _without_entry_factor(term: Term, gone: Node) -> Term:
    factors = list(_entry_factors(term))
    factors.remove(gone)
    if not term.arrays:
        return term._replace(scalars=tuple(factors))
    return term._replace(arrays=(build.hadamard(*factors),) if factors else ())


def _cases(terms: Sequence[Term], decimals: bool) -> Node | None:
    """C.*a + (1 - C).*b as where(C, a, b), for the first condition C that has terms on both sides."""
    for condition in [factor for term in terms for factor in _entry_factors(term) if factor.operation.is_condition]:
        opposite = build.add([number(1), build.negate(condition)])
        yes = [term for term in terms if condition in _entry_factors(term)]
        no = [term for term in terms if opposite in _entry_factors(term)]
        if not yes or not no:
            continue
        sides = [
            _factored([_without_entry_factor(term, gone) for term in side], decimals) for side, gone in ((yes, condition), (no, opposite))
        ]
        rest = [_joined(term, decimals) for term in terms if term not in yes and term not in no]
        return build.add([make("where", condition, *sides), *rest])
    return None


def _entry_factors(term: Term) -> tuple[Node, ...]:
    """What multiplies entry by entry: the scalars, where there are no arrays."""
    if not term.arrays:
        return term.scalars
    array = term.arrays[0] if len(term.arrays) == 1 else None
    return () if array is None else array.arguments if array.operation is build.HADAMARD else (array,)


# --- what some terms have -------------------------------------------------------------------------------------------


def _whole(term: Term) -> tuple[Node, ...]:
    return term.arrays


def _last(term: Term) -> tuple[Node, ...]:
    return term.arrays[-1:] if len(term.arrays) > 1 else ()


def _first(term: Term) -> tuple[Node, ...]:
    return term.arrays[:1] if len(term.arrays) > 1 else ()


def _diagonal(term: Term) -> tuple[Node, ...]:
    (array,) = term.arrays if len(term.arrays) == 1 else (None,)
    if array is None or array.operation is not build.DIAGONAL or array.arguments[0].shape[1] != 1:
        return ()
    return (build.filled("eye", array.shape[0]),)


def _taken_out(common: tuple[Node, ...], members: list[Term], key: Callable[[Term], tuple[Node, ...]], decimals: bool) -> list[Term]:
    """One term for several that end (or begin) with `common`, or the terms where what is left does not add."""
    if key is _diagonal:
        vectors = [term._replace(arrays=term.arrays[0].arguments) for term in members]
        return [Term(1, (), (make("diag", _factored(vectors, decimals)),), ())]
    at_end = key is not _first
    rest = [term._replace(arrays=term.arrays[: -len(common)] if at_end else term.arrays[len(common) :]) for term in members]
    nodes = [_joined(term, decimals) for term in rest]
    if any(node.shape != nodes[0].shape for node in nodes):
        return members
    if at_end and common[0].shape[1] == 1 and any(term.divisors or any(node.arguments for node in term.scalars) for term in rest):
        return members  # S*w - (w'*S*w/(w'*T*w))*T*w
    negative = all(term.coefficient < 0 for term in rest)
    if negative:
        rest = [term._replace(coefficient=-term.coefficient) for term in rest]
    elif all(term.coefficient > 0 for term in rest):
        rest = [term for _, term in sorted(zip(nodes, rest, strict=True), key=lambda pair: build.count_transposes(pair[0]))]
    inside = split(_factored(_merged(rest), decimals))
    arrays = (*inside.arrays, *common) if at_end else (*common, *inside.arrays)
    coefficient = tidy(-inside.coefficient if negative else inside.coefficient)
    return [Term(coefficient, inside.scalars, arrays, inside.divisors)]
