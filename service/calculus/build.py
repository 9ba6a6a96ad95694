"""Nodes in tidy form: what the notation is made with. Each function returns a node that means what its name says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from service.expression.arena import find, memo, population
from service.expression.nodes import Node, make
from service.expression.numbers import Rational
from service.expression.operation import operation
from service.expression.shapes import SCALAR, Size
from service.operations.leaves import number, size

# An operation is recognised by identity with the registered one, so that this file names each just once.
ADD, NEGATE, TIMES, DIVIDE = (operation(name) for name in ("add", "negate", "times", "divide"))
POWER, HADAMARD, TRANSPOSE, NUMBER = (operation(name) for name in ("power", "hadamard", "transpose", "number"))
DIAGONAL, EYE, UNIT, PAIRING = (operation(name) for name in ("diag", "eye", "unit", "pairing"))
ENTRY_DIVIDE, ENTRY_POWER, LITERAL, KRON = (operation(name) for name in ("entry-divide", "entry-power", "literal", "kron"))
TOTAL, SIZE, VARIABLE = (operation(name) for name in ("sum", "size", "variable"))

_OUTER = frozenset((NEGATE, DIVIDE, POWER, ENTRY_POWER))
LONGEST_DECIMAL = 17
MOST_WRITTEN_OUT = 16
"""Entries: larger arrays are sums of smaller ones."""


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
        if sum(map(count_transposes, turned)) < sum(map(count_transposes, node.arguments)):
            return make("add", *turned)
    if node.operation is NEGATE:
        return make("negate", transpose(node.arguments[0]))
    if node.operation in (DIVIDE, POWER) or (node.operation is ENTRY_POWER and node.arguments[1].shape == SCALAR):
        return make(node.operation.name, transpose(node.arguments[0]), node.arguments[1])
    if node.operation in (DIAGONAL, EYE) and node.shape[0] == node.shape[1]:
        return node
    if node.operation is HADAMARD and 1 not in node.shape:
        return hadamard(*[transpose(argument) for argument in node.arguments])
    if node.operation is KRON:
        return make("kron", *[transpose(argument) for argument in node.arguments])
    return make("transpose", node)


def symmetric_nodes() -> set[Node]:
    """The nodes of this arena that the notation has found to be symmetric."""
    known: set[Node] = memo().setdefault("symmetric nodes", set())
    return known


def count_transposes(node: Node) -> int:
    """Of the factors of a product: the fewer, the more readable."""
    while node.operation in _OUTER:
        node = node.arguments[0]
    if node.operation is TRANSPOSE:
        return 1
    count = 0
    if node.operation is TIMES or node.operation is HADAMARD:
        for argument in node.arguments:
            if argument.arguments:
                count += 1 if argument.operation is TRANSPOSE else count_transposes(argument)
    return count


def dissolves(node: Node) -> bool:
    """Whether a product may stand flat in another one; an inner product may not."""
    return node.operation is TIMES and (node.shape != SCALAR or all(argument.shape == SCALAR for argument in node.arguments))


def times(*nodes: Node) -> Node:
    """A flat product: numbers, names, other scalars (an inner product in one piece), then the arrays in their order."""
    numbers: list[Node] = []
    names: list[Node] = []
    scalars: list[Node] = []
    arrays: list[Node] = []
    below: list[Node] = []
    for node in nodes:
        if node.operation is DIVIDE and node.shape != SCALAR and len(nodes) > 1:  # A'*((A*x - b)/n) is A'*(A*x - b)/n
            below.append(node.arguments[1])
            node = node.arguments[0]
        for part in node.arguments if dissolves(node) else (node,):
            if part.shape != SCALAR:
                _append_power(arrays, part)
            elif part.operation is not NUMBER:
                (scalars if part.arguments else names).append(part)
            elif part.parameter != 1:
                numbers.append(part)
    if len(numbers) > 1 and all(isinstance(node.parameter, int) for node in numbers):
        numbers = [number(math.prod(node.parameter for node in numbers))]
    if len(names) == 2 and _is_turned_round(*names):
        names.reverse()
    ordered = numbers + names + scalars + arrays
    if not ordered:
        return number(1)
    return _over(ordered[0] if len(ordered) == 1 else make("times", *ordered), below)


def _is_turned_round(first: Node, second: Node) -> bool:
    """Whether the request has second*first, and not first*second."""
    mine, other = (find((Node, TIMES, None, *pair)) for pair in ((first, second), (second, first)))
    return other is not None and is_of_request(other) and (mine is None or not is_of_request(mine))


def _append_power(arrays: list[Node], part: Node) -> None:
    """One more factor of a matrix product; equal neighbours become a power, X*X^2 is X^3, and diagonals one diagonal."""
    if arrays and part.shape[0] == part.shape[1]:
        if _is_diagonal(part) and _is_diagonal(arrays[-1]):
            arrays[-1] = make("diag", hadamard(*arrays[-1].arguments, *part.arguments))
            return
        base, exponent = base_and_exponent(part)
        last, before = base_and_exponent(arrays[-1])
        if base is last:
            arrays[-1] = make("power", base, number(exponent + before))
            return
    arrays.append(part)


def _is_diagonal(node: Node) -> bool:
    return node.operation is DIAGONAL and node.arguments[0].shape[1] == 1


def base_and_exponent(node: Node) -> tuple[Node, int]:
    if node.operation is POWER and isinstance(node.arguments[1].parameter, int) and node.arguments[1].operation is NUMBER:
        return node.arguments[0], node.arguments[1].parameter
    return node, 1


def hadamard(*nodes: Node) -> Node:
    """Entry by entry; equal factors become a power."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.arguments if node.operation is HADAMARD else (node,)
    if len(flat) > 1:
        counts = {node: flat.count(node) for node in flat}
        if len(counts) < len(flat):
            flat = [raised(node, count, False) for node, count in counts.items()]
    if len(flat) > 1 and 1 not in flat[0].shape and all(_is_transpose(node) for node in flat):
        return make("transpose", make("hadamard", *[transpose(node) for node in flat]))
    return flat[0] if len(flat) == 1 else make("hadamard", *flat)


def _is_transpose(node: Node) -> bool:
    return node.operation is TRANSPOSE or (node.operation is ENTRY_POWER and node.arguments[0].operation is TRANSPOSE)


def trace(node: Node) -> list[Node]:
    """tr(node) as scalars and a trace: of A and A' the one with fewer transposes, with the derivative of a matrix last."""
    scalars: list[Node] = []
    if node.operation is TIMES:
        scalars = [argument for argument in node.arguments if argument.shape == SCALAR]
        factors = [argument for argument in node.arguments if argument.shape != SCALAR]
        rates = [place for place, factor in enumerate(factors) if factor.operation is VARIABLE and factor.parameter.derivative_of]
        if rates:
            factors = [*factors[rates[0] + 1 :], *factors[: rates[0] + 1]]
        node = times(*factors)
    turned = transpose(node)
    return [*scalars, make("tr", turned if count_transposes(turned) < count_transposes(node) else node)]


def is_of_request(node: Node) -> bool:
    """Whether a node was there before the notation began: the request has it."""
    written: int = memo().get("nodes of the request", 0)
    return node.id < written


def remember_request() -> None:
    """What there is now is of the request."""
    memo().setdefault("nodes of the request", population())


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
    if below and (totals := [node for node in above if node.operation is TOTAL]):
        above, below = _means(above, below, totals)
    if array is None:
        return _over(times(*above), below)
    if array.operation is DIVIDE:
        array, below = array.arguments[0], [*below, array.arguments[1]]
    if array.operation is ENTRY_DIVIDE:
        numerator, denominator = array.arguments
        return make("entry-divide", times(*above, numerator), times(*below, denominator))
    if below:
        inner = [node for node in above if node.operation is TIMES and not dissolves(node)]
        if inner:  # ((x'*A*x)/(x'*x))*x: the scalars make a fraction of their own
            return times(*[node for node in above if node not in inner], _over(times(*inner), below), array)
    if array.operation is HADAMARD:
        return _over(hadamard(times(*above, array.arguments[0]), *array.arguments[1:]), below)
    return _over(times(*above, array), below)


def _means(above: Sequence[Node], below: Sequence[Node], totals: Sequence[Node]) -> tuple[Sequence[Node], Sequence[Node]]:
    """sum(x)/n is mean(x)."""
    powers: dict[Node, int] = {}
    for node in below:
        base, exponent = base_and_exponent(node)
        powers[base] = powers.get(base, 0) + exponent
    for node in totals:
        left = dict(powers)
        letters = [size(length) for length in node.arguments[0].shape if length != 1]
        for letter in letters:
            left[letter] = left.get(letter, 0) - 1
        if letters and min(left.values()) >= 0:
            powers = left
            above = [make("mean", node.arguments[0]) if factor is node else factor for factor in above]
    return above, [raised(base, exponent, False) for base, exponent in powers.items() if exponent]


def _over(above: Node, below: Sequence[Node]) -> Node:
    """A fraction, where there is something below."""
    return make("divide", above, times(*below)) if below else above


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
