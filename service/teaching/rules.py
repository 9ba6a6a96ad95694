"""The rules of differentiation, applied to expressions as a person wrote them: one rule at a time, by name.

What an operation says of itself is all that is needed. Where it is linear (in each argument: a product; in all together: a
sum) the rule puts the change of an argument in its place. Some state their differential as textbooks write it (the
quotient rule). For all others it follows from the tensor form: the arguments and their changes become names, and the
differential of the tensor is brought back to matrix notation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from service.calculus import build
from service.calculus.forward import differential_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.expression import tensors
from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.operation import Elementwise
from service.expression.shapes import axes
from service.expression.tensors import Tensor
from service.operations.leaves import Variable, number, variable
from service.printing.printers import to_text
from service.teaching.inert import By, Inert, inert, is_constant, names_in, remake, spread, tidied, with_parts, zero
from service.teaching.sentences import sentence

Changes = Sequence[Node | None]

LONGEST_CLAUSE = 120


class Applied(NamedTuple):
    """A rule applied to one derivative: its name, what it gives, and a sentence about it."""

    rule: str
    after: Node
    text: str


def apply_rule(part: Node, decimals: bool, taken: frozenset[str]) -> Applied:
    """The rule for a derivative that is not carried out; `taken` are the names that letters in sentences avoid.

    Raises NotDifferentiable.
    """
    function, by = part.arguments[0], part.parameter
    if not depends(function, by):
        return Applied("constant rule", zero(function.shape), sentence("constant rule", variable=by.variable.name))
    if not function.arguments:
        rule, after = _operation(part).leaf_rule(part, decimals)
        before, result = to_text(part), to_text(after)
        return Applied(rule, after, sentence(rule, before=before, after=result, identity=f"{before} = {result}", where=""))
    holes = holes_of(function)
    changes = [_change(part, hole) for hole in holes]
    after = differential(function, holes, changes, decimals)
    if holes != function.arguments:
        rule = function.arguments[0].operation.squared_rule
    elif isinstance(function.operation, Elementwise) and any(
        change and hole.arguments for hole, change in zip(holes, changes, strict=True)
    ):
        rule = "chain rule"
    else:
        rule = function.operation.rule_name(*[change is not None for change in changes])
    return Applied(rule, after, _sentence(rule, part, holes, changes, decimals, taken))


def holes_of(function: Node) -> tuple[Node, ...]:
    """What the rule sees as arguments: those of the operation, or of the one inside where the square of that has its own rule."""
    if function.operation is build.POWER and function.arguments[1] is number(2) and function.arguments[0].operation.squared_rule:
        return function.arguments[0].arguments
    return function.arguments


def _operation(part: Node) -> Inert:
    assert isinstance(part.operation, Inert)
    return part.operation


def depends(node: Node, by: By) -> bool:
    """Whether a node depends on what is differentiated by; only on scalars can others be declared to depend."""
    return by.variable.name in names_in(node)


def _change(part: Node, argument: Node) -> Node | None:
    """The derivative of an argument in the same sense as that of the whole; None where it is constant."""
    if not depends(argument, part.parameter):
        return None
    if argument.arguments:
        return inert(part.operation, argument, part.parameter)
    return _operation(part).of_leaf(argument, part.parameter)


# --- the differential of one operation ------------------------------------------------------------------------------


def differential(function: Node, holes: Sequence[Node], changes: Changes, decimals: bool) -> Node:
    """The differential of an operation from the changes of what it is applied to."""
    operation, arguments = function.operation, function.arguments
    if all(change is None for change in changes):
        return zero(function.shape)
    if tuple(holes) != arguments:
        return _by_tensors(function, holes, changes, decimals)
    stated = operation.differential(function, *changes)
    if stated is not None:
        return tidied(stated, [*arguments, *[change for change in changes if change is not None]])
    if operation.linear == "together":
        changed = [zero(argument.shape) if change is None else change for argument, change in zip(arguments, changes, strict=True)]
        return remake(operation, changed, function.parameter)
    if operation.linear == "each":
        terms = [
            remake(operation, [*arguments[:place], change, *arguments[place + 1 :]], function.parameter)
            for place, change in enumerate(changes)
            if change is not None
        ]
        return terms[0] if len(terms) == 1 else remake(build.ADD, terms, None)
    return _by_tensors(function, holes, changes, decimals)


def _by_tensors(function: Node, holes: Sequence[Node], changes: Changes, decimals: bool) -> Node:
    names: dict[str, Node] = {}
    placed = {hole: _stand_in(hole, names) for hole in holes}
    for node in in_order([function], placed):
        placed[node] = node.operation.lower(node, *[placed[argument] for argument in node.arguments])
    changed = [(hole, change) for hole, change in zip(holes, changes, strict=True) if change is not None]
    for _ in range(2):  # the second time all slopes are there before the changes are, which therefore stand behind them
        tensor = differential_of(placed[function], {placed[hole]: _stand_in(change, names) for hole, change in changed})
    result = Notation(names, decimals).node(tensor)
    if result.shape != function.shape and result.shape == function.shape[::-1]:
        result = build.transpose(result)
    return spread(result, function.shape)


def _stand_in(node: Node, names: dict[str, Node]) -> Tensor:
    """The tensor of a variable or of a number, of any other node a name for it: rules are about one operation."""
    if isinstance(node.parameter, Variable):
        names[node.parameter.name] = node
        return lower(node)
    if is_constant(node):
        return lower(node)
    name = f"?{next(memo().setdefault('stand-ins', count()))}"  # the youngest name: a change stands behind its factors
    names[name] = node
    return tensors.variable(name, axes(node.shape))


# --- what is said about it ------------------------------------------------------------------------------------------


def _sentence(rule: str, part: Node, holes: Sequence[Node], changes: Changes, decimals: bool, taken: frozenset[str]) -> str:
    """The rule in general, with letters for what the operation is applied to, and what these letters are here."""
    function, letters = part.arguments[0], _letters(taken)
    meant: dict[Node, Node] = {}
    for hole in holes:
        if hole.arguments and names_in(hole) and hole not in meant:
            letter = next(letters)
            meant[hole] = variable(Variable(letter if 1 in hole.shape else letter.upper(), hole.shape))
    general = [meant.get(hole, hole) for hole in holes]
    general_changes = [
        change if change is None or hole not in meant else inert(part.operation, meant[hole], part.parameter)
        for hole, change in zip(holes, changes, strict=True)
    ]
    whole = with_parts(function, meant)
    result = differential(whole, general, general_changes, decimals)
    clauses = [f"{to_text(letter)} = {to_text(hole)}" for hole, letter in meant.items()]
    where = f", with {', '.join(clauses)}" if clauses and sum(map(len, clauses)) <= LONGEST_CLAUSE else ""
    identity = f"{to_text(inert(part.operation, whole, part.parameter))} = {to_text(result)}"
    return sentence(rule, identity=identity, where=where)


def _letters(taken: frozenset[str]) -> Iterator[str]:
    for round_ in count():
        for letter in "uvwpqrst":
            name = f"{letter}{round_ or ''}"
            if name not in taken and name.upper() not in taken:
                yield name
