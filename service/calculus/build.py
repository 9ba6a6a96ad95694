"""Nodes in tidy form: what the notation is made with. Each function returns a node that means what its name says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from service.expression.arena import memo
from service.expression.nodes import Node, make
from service.expression.numbers import Rational
from service.expression.operation import operation
from service.expression.shapes import SCALAR, Size
from service.operations.leaves import number

# An operation is recognised by identity with the registered one, so that this file names each just once.
ADD, NEGATE, TIMES, DIVIDE = (operation(name) for name in ("add", "negate", "times", "divide"))
POWER, HADAMARD, TRANSPOSE, NUMBER = (operation(name) for name in ("power", "hadamard", "transpose", "number"))
DIAGONAL, EYE, UNIT, PAIRING = (operation(name) for name in ("diag", "eye", "unit", "pairing"))
ENTRY_DIVIDE, LITERAL, KRON = (operation(name) for name in ("entry-divide", "literal", "kron"))

LONGEST_DECIMAL = 17


def numeral(value: Rational, decimals: bool) -> Node:
    """A positive number, as a decimal where decimals were used and the expansion ends."""
    if decimals and value.denominator != 1:
        rest = value.denominator
        for prime in (2, 5):
            while rest % prime == 0:
                rest //= prime
        text = repr(float(value))
        if rest == 1 and len(text) <= LONGEST_DECIMAL and Fraction(text) == value:
            return number(text)
    return number(value)


def transpose(node: Node) -> Node:
    """The transpose, pushed inside products; a matrix known to be symmetric is its own."""
    if node.shape == SCALAR or node in symmetric_nodes():
        return node
    if node.operation is TRANSPOSE:
        return node.arguments[0]
    if node.operation is TIMES:
        return times(*[transpose(argument) for argument in reversed(node.arguments)])
    if node.operation is ADD:
        turned = [transpose(argument) for argument in node.arguments]
        if set(turned) == set(node.arguments):
            return node
        if sum(map(count_transposes, turned)) <= sum(map(count_transposes, node.arguments)):
            return make("add", *turned)
    if node.operation is NEGATE:
        return make("negate", transpose(node.arguments[0]))
    if node.operation in (DIVIDE, POWER):
        return make(node.operation.name, transpose(node.arguments[0]), node.arguments[1])
    if node.operation in (DIAGONAL, EYE) and node.shape[0] == node.shape[1]:
        return node
    if node.operation is HADAMARD and 1 not in node.shape:
        return make("hadamard", *[transpose(argument) for argument in node.arguments])
    if node.operation is KRON:
        return make("kron", *[transpose(argument) for argument in node.arguments])
    return make("transpose", node)


def symmetric_nodes() -> set[Node]:
    """The nodes of this arena that the notation has found to be symmetric."""
    known: set[Node] = memo().setdefault("symmetric nodes", set())
    return known


def count_transposes(node: Node) -> int:
    """Of the factors of a product: the fewer, the more readable."""
    return sum(argument.operation is TRANSPOSE for argument in (node.arguments if node.operation in (TIMES, HADAMARD) else (node,)))


def times(*nodes: Node) -> Node:
    """A flat product: numbers, names, other scalars (an inner product in one piece), then the arrays in their order."""
    numbers: list[Node] = []
    names: list[Node] = []
    scalars: list[Node] = []
    arrays: list[Node] = []
    for node in nodes:
        dissolves = node.operation is TIMES and (node.shape != SCALAR or all(argument.shape == SCALAR for argument in node.arguments))
        for part in node.arguments if dissolves else (node,):
            if part.shape != SCALAR:
                _append_power(arrays, part)
            elif part.operation is not NUMBER:
                (scalars if part.arguments else names).append(part)
            elif part.parameter != 1:
                numbers.append(part)
    if len(numbers) > 1 and all(isinstance(node.parameter, int) for node in numbers):
        numbers = [number(math.prod(node.parameter for node in numbers))]
    ordered = numbers + names + scalars + arrays
    if not ordered:
        return number(1)
    return ordered[0] if len(ordered) == 1 else make("times", *ordered)


def _append_power(arrays: list[Node], part: Node) -> None:
    """One more factor of a matrix product; equal neighbours become a power, X*X^2 is X^3."""
    if arrays and part.shape[0] == part.shape[1]:
        base, exponent = _base_and_exponent(part)
        last, before = _base_and_exponent(arrays[-1])
        if base is last:
            arrays[-1] = make("power", base, number(exponent + before))
            return
    arrays.append(part)


def _base_and_exponent(node: Node) -> tuple[Node, int]:
    if node.operation is POWER and isinstance(node.arguments[1].parameter, int) and node.arguments[1].operation is NUMBER:
        return node.arguments[0], node.arguments[1].parameter
    return node, 1


def hadamard(*nodes: Node) -> Node:
    flat: list[Node] = []
    for node in nodes:
        flat += node.arguments if node.operation is HADAMARD else (node,)
    return flat[0] if len(flat) == 1 else make("hadamard", *flat)


def negate(node: Node) -> Node:
    if node.operation is NEGATE:
        return node.arguments[0]
    return make("negate", node)


def add(terms: Sequence[Node]) -> Node:
    """A flat sum that begins with a positive term where there is one."""
    flat: list[Node] = []
    for node in terms:
        flat += node.arguments if node.operation is ADD else (node,)
    if len(flat) == 1:
        return flat[0]
    if flat[0].operation is NEGATE:
        first = next((position for position, node in enumerate(flat) if node.operation is not NEGATE), 0)
        flat.insert(0, flat.pop(first))
    return make("add", *flat)


def factored(terms: Sequence[Node]) -> Node:
    """The sum of the terms, with what begins or ends several of them taken out: Q*x + Q'*x + b is (Q + Q')*x + b."""
    shared = _shared_scalars(terms)
    if shared:
        return times(*shared, factored([_without(term, shared) for term in terms]))
    for key in (_whole, _last, _first):
        groups: dict[tuple[Node, ...], list[Node]] = {}
        for term in terms:
            groups.setdefault(key(term), []).append(term)
        at_end = key is not _first
        joined = [_taken_out(common, members, at_end) if len(members) > 1 and common else members for common, members in groups.items()]
        terms = [node for nodes in joined for node in (nodes if isinstance(nodes, list) else [nodes])]
    return add(terms)


def _shared_scalars(terms: Sequence[Node]) -> list[Node]:
    """The scalar factors, functions of something, that all terms have: polynomials stay as they are."""
    if len(terms) < 2:
        return []
    lists = [_split(term)[1] for term in terms]
    found = []
    for node in dict.fromkeys(lists[0]):
        base, _ = _base_and_exponent(node)
        if base.arguments and all(node in scalars for scalars in lists[1:]):
            found.append(node)
    return found


def _without(term: Node, shared: Sequence[Node]) -> Node:
    negative, scalars, arrays = _split(term)
    for node in shared:
        scalars.remove(node)
    return _joined(negative, scalars, arrays)


def _whole(term: Node) -> tuple[Node, ...]:
    return tuple(_split(term)[2])


def _last(term: Node) -> tuple[Node, ...]:
    arrays = _split(term)[2]
    return (arrays[-1],) if len(arrays) > 1 else ()


def _first(term: Node) -> tuple[Node, ...]:
    arrays = _split(term)[2]
    return (arrays[0],) if len(arrays) > 1 else ()


def _taken_out(common: tuple[Node, ...], members: list[Node], at_end: bool) -> Node | list[Node]:
    """One product for several terms that end (or begin) with `common`, or the terms where what is left does not add."""
    split = [_split(term) for term in members]
    rest = [_joined(negative, scalars, arrays[: -len(common)] if at_end else arrays[1:]) for negative, scalars, arrays in split]
    if any(node.shape != rest[0].shape for node in rest):
        return members
    if not any(negative for negative, _, _ in split):
        rest.sort(key=count_transposes)
    negative = all(negative for negative, _, _ in split)
    inside = factored([negate(node) for node in rest] if negative else rest)
    node = times(inside, *common) if at_end else times(*common, inside)
    return negate(node) if negative else node


def _split(term: Node) -> tuple[bool, list[Node], list[Node]]:
    """A term as its sign, its scalar factors and its other factors."""
    negative = term.operation is NEGATE
    inner = term.arguments[0] if negative else term
    factors = inner.arguments if inner.operation is TIMES else (inner,)
    return negative, [node for node in factors if node.shape == SCALAR], [node for node in factors if node.shape != SCALAR]


def _joined(negative: bool, scalars: list[Node], arrays: list[Node]) -> Node:
    node = times(*scalars, *arrays)
    return negate(node) if negative else node


def raised(base: Node, exponent: Rational | Node, decimals: bool) -> Node:
    """base^exponent, entry by entry for arrays; square roots as such. The exponent, if a number, is positive."""
    if isinstance(exponent, Node):
        return make("power" if base.shape == SCALAR else "entry-power", base, exponent)
    if exponent == 1:
        return base
    if exponent == Fraction(1, 2):
        return make("sqrt", base)
    return make("power" if base.shape == SCALAR else "entry-power", base, numeral(exponent, decimals))


def scaled(coefficient: Rational, scalars: Sequence[Node], divisors: Sequence[Node], array: Node | None, decimals: bool) -> Node:
    """coefficient · scalars · array / divisors."""
    if coefficient < 0:
        return negate(scaled(-coefficient, scalars, divisors, array, decimals))
    if type(coefficient) is int:
        above, below = [number(coefficient), *scalars] if coefficient != 1 else scalars, divisors
    else:
        shown = numeral(coefficient, decimals)
        if isinstance(shown.parameter, Fraction):
            above = [number(coefficient.numerator), *scalars]
            below = [number(coefficient.denominator), *divisors]
        else:
            above, below = [shown, *scalars], divisors
    if array is not None and array.operation is HADAMARD:
        result = hadamard(times(*above, array.arguments[0]), *array.arguments[1:])
    elif array is not None and array.operation is ENTRY_DIVIDE:
        result = make("entry-divide", times(*above, array.arguments[0]), array.arguments[1])
    elif array is not None:
        result = times(*above, array)
    else:
        result = times(*above)
    return make("divide", result, times(*below)) if below else result


def scaled_by(scalar: Node, array: Node) -> Node:
    """scalar · array, the sign in front and what divides below."""
    if scalar.operation is NEGATE:
        return negate(scaled_by(scalar.arguments[0], array))
    if scalar.operation is DIVIDE:
        return make("divide", scaled_by(scalar.arguments[0], array), scalar.arguments[1])
    return times(scalar, array)


def entry(vector: Node, position: int) -> Node:
    """One entry of a vector, counted from 0; of a column M·e_j, the entry of the matrix."""
    if vector.operation is TIMES and len(vector.arguments) == 2 and vector.arguments[1].operation is UNIT:
        matrix, column = vector.arguments
        if matrix.operation is TRANSPOSE:
            return make("index", matrix.arguments[0], parameter=(column.parameter[0] - 1, position))
        return make("index", matrix, parameter=(position, column.parameter[0] - 1))
    if vector.operation is LITERAL:
        return vector.arguments[position]
    return make("index", vector, parameter=(position,))


def filled(name: str, *sizes: Size) -> Node:
    """eye(n), ones(n), ones(m, n), unit(k, n): constant arrays by their sizes."""
    return make(name, parameter=sizes)
