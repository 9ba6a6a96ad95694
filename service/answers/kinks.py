"""Kinks: where a function made of smooth pieces is not differentiable, named in `checks` and looked for at a point.

An operation tells on which of its pieces each entry lies (`Operation.side`). A point is on a kink when an entry lies
exactly between two pieces, in doubles. It is too close to tell when rounding the point's numbers otherwise would put
an entry on another piece: that is Undecided, not a guess. Where the function and its derivative are continuous all the
same, as those of relu(x)^2 are, the derivative exists, and the kink is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from service.calculus.evaluate import Evaluator, Point, all_sizes_at, require_values, reshaped
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.verify import draw_direction
from service.certificates import Check, decided
from service.errors import Undecided, UndefinedAtPoint
from service.expression.nodes import Node, in_order
from service.expression.operation import Array
from service.expression.tensors import Apply, Power, Tensor
from service.operations.leaves import Variable
from service.printing.printers import to_text

SEED = 20_190_127
DIRECTIONS = 4
NEAR, NEARER = 1e-10, 1e-13
"""How far from a kink continuity is looked at, relative to the size of each array."""
SHRINKS = 0.02
"""What is continuous changes by less than this part when the distance becomes 1000 times smaller; a jump stays."""
NOISE = 1e-9
ROUNDINGS, ROUNDING = 4, 8 * float(np.finfo(float).eps)
LONGEST_TEXT = 60
ENTRIES_TOLD = 2


def kinks_check(function: Node, by: Collection[str]) -> list[Check]:
    """One check that names the kinks away from which the derivative was taken; none for a smooth function."""
    found = kinked_nodes(with_its_kinks(function), by)
    told = [f"{_short(_teller(node, found))} {_teller(node, found).operation.kink}" for node in found]
    return [decided("kinks", True, f"differentiated away from the kinks: {'; '.join(dict.fromkeys(told))}")] if found else []


def with_its_kinks(function: Node) -> Node:
    """The function as it is, or in its normal form where a kink shows only there: sqrt(x^2) is abs(x)."""
    tensor = lower(function)
    if not any(isinstance(piece, Apply) for piece in _pieces(tensor, set())):
        return function
    order, seen = in_order([function]), set[Tensor]()
    told = {piece for node in order if node.operation.kink for piece in _pieces(lower(node), seen)}
    if all(piece in told or isinstance(piece, Power) for piece in _pieces(tensor, set())):
        return function
    variables = {node.parameter.name: node for node in order if isinstance(node.parameter, Variable)}
    return Notation(variables).node(tensor)


def kinked_nodes(function: Node, by: Collection[str]) -> list[Node]:
    """The parts of a function that have kinks in the variables called `by`, and have not lost them in its normal form.

    norm2(x) has a kink, norm2(x)^2 = x'*x has none.
    """
    order = in_order([function])
    if not any(node.operation.kink for node in order):
        return []
    left = set(_pieces(lower(function), set()))
    moving: set[Node] = set()
    seen: set[Tensor] = set()
    found = []
    for node in order:
        variable = node.parameter if isinstance(node.parameter, Variable) else None
        named = variable is not None and (variable.name in by or any(name in by for name in variable.depends_on))
        own = _pieces(lower(node), seen)
        if named or any(argument in moving for argument in node.arguments):
            moving.add(node)
            if node.operation.kink and any(piece in left for piece in own):
                found.append(node)
    return found


def _pieces(root: Tensor, seen: set[Tensor]) -> list[Tensor]:
    """The tensors inside, but for those already seen, that may have a kink: applied operations, and powers that are not whole."""
    if root in seen:
        return []
    seen.add(root)
    stack = [root]
    for tensor in stack:
        for child in tensor.children():
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return [tensor for tensor in stack if _may_have_a_kink(tensor)]


def _may_have_a_kink(tensor: Tensor) -> bool:
    if isinstance(tensor, Power):
        return isinstance(tensor.exponent, Tensor) or tensor.exponent.denominator != 1
    return isinstance(tensor, Apply) and bool(tensor.operation.kink)


def _teller(node: Node, found: Sequence[Node]) -> Node:
    """A comparison is told of by the function that it is a condition of."""
    if node.operation.in_language:
        return node
    return next((user for user in found if node in user.arguments), node)


# --- at a point -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """A part of the function with a kink, the values of its arguments, and the pieces that its entries lie on."""

    node: Node
    teller: Node
    arguments: list[Array]
    pieces: Array


def refuse_kinks(function: Node, derivative: Node, order: int, by: Collection[str], variables: Mapping[str, Variable], at: Point) -> None:
    """Raises UndefinedAtPoint where the point is on a kink of the function, Undecided where rounding hides whether it is.

    `derivative` is the function's derivative of this order by the variables called `by`. Raises
    UndefinedAtPoint too where a variable of the derivative has no value.
    """
    function = with_its_kinks(function)
    if not any(node.operation.kink for node in in_order([function])):
        return
    sizes = all_sizes_at([function, derivative], variables, at)
    point = reshaped(variables, at, sizes)
    evaluate = Evaluator(function, sizes)
    found = kinked_nodes(evaluate.root, by)
    if not found:
        return
    sides = _sides(evaluate, found, point)
    on_kink = next((side for side in sides if np.isnan(side.pieces).any()), None)
    unsure = on_kink or _unsure(evaluate, found, point, sides)
    if unsure is None:
        return
    functions = [evaluate, Evaluator(derivative, sizes)]
    require_values(functions[1], point)
    if order == 1 and all(_is_continuous(f, point, by, variables) for f in functions):
        return
    name = _name(unsure.teller)
    if on_kink:
        raise UndefinedAtPoint(
            f"{name} has a kink {unsure.teller.operation.kink}: {_place(unsure)} at this point",
            hint="the function has no derivative there; move the point, however little",
            pointer="/at",
        )
    raise Undecided(
        f"{name} has a kink {unsure.teller.operation.kink}: {_place(unsure)} at this point, so close to it that rounding decides the side",
        hint="move the point away from the kink, or write its numbers so that they meet it exactly",
        pointer="/at",
    )


def _sides(evaluate: Evaluator, found: Sequence[Node], point: Point) -> list[Side]:
    values = evaluate.all_values(point)
    known = {node: value for (node, _), value in zip(evaluate.steps, values, strict=True)}
    sides = []
    with np.errstate(all="ignore"):
        for node in found:
            arguments = [np.asarray(known[argument]) for argument in node.arguments]
            if all(np.isfinite(argument).all() for argument in arguments):
                sides.append(Side(node, _teller(node, found), arguments, np.asarray(node.operation.side(node, *arguments), dtype=float)))
    return sides


def _unsure(evaluate: Evaluator, found: Sequence[Node], point: Point, sides: Sequence[Side]) -> Side | None:
    """The first part that changes sides when the numbers of the point are rounded otherwise, or None."""
    random = np.random.default_rng(SEED)
    for _ in range(ROUNDINGS):
        noise = {name: ROUNDING * random.uniform(-1, 1, np.shape(value)) for name, value in point.items()}
        for sign in (1, -1):
            rounded = {name: value * (1 + sign * noise[name]) for name, value in point.items()}
            others = {side.node: side.pieces for side in _sides(evaluate, found, rounded)}
            for side in sides:
                changed = side.pieces != others.get(side.node, side.pieces)
                if np.any(changed):
                    return replace(side, pieces=np.where(changed, np.nan, side.pieces))
    return None


def _is_continuous(f: Callable[[Point], Array], point: Point, by: Collection[str], variables: Mapping[str, Variable]) -> bool:
    """Whether f is continuous at the point, along some random lines through it: its changes shrink with the distance."""
    here = f(point)
    if not np.isfinite(here).all():
        return False
    far, near = np.zeros_like(here), np.zeros_like(here)
    scale = float(np.max(np.abs(here), initial=0))
    for line in _lines(point, by, variables):
        for sign in (1, -1):
            changes = []
            for distance in (NEAR, NEARER):
                there = f({**point, **{name: point[name] + sign * distance * direction for name, direction in line.items()}})
                if not np.isfinite(there).all():
                    return False
                changes.append(np.abs(there - here))
                scale = max(scale, float(np.max(np.abs(there), initial=0)))
            far, near = np.maximum(far, changes[0]), np.maximum(near, changes[1])
    return bool(np.all(near <= SHRINKS * far + NOISE * scale))


def _lines(point: Point, by: Collection[str], variables: Mapping[str, Variable]) -> Iterator[dict[str, Any]]:
    """Random directions of what is differentiated by, and of what depends on it, each on the scale of its array."""
    random = np.random.default_rng(SEED)
    moving = [name for name in point if name in by or any(other in by for other in variables[name].depends_on)]
    for _ in range(DIRECTIONS):
        yield {
            name: draw_direction(variables[name], point[name], random) * (float(np.max(np.abs(point[name]), initial=0)) or 1.0)
            for name in moving
        }


# --- in words -------------------------------------------------------------------------------------------------------


def _name(node: Node) -> str:
    return node.operation.name if node.operation.in_language else _short(node)


def _short(node: Node) -> str:
    text = to_text(node)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


def _place(side: Side) -> str:
    """Where and what: "entry 2 of W*x + b is 0"."""
    told = [
        (_short(argument), value)
        for argument, value in zip(side.node.arguments, side.arguments, strict=True)
        if argument.arguments or isinstance(argument.parameter, Variable)
    ]
    if not side.pieces.ndim and any(value.ndim for _, value in told):
        return f"that is so for {' and '.join(text for text, _ in told)}"
    places = np.argwhere(np.isnan(side.pieces))[:ENTRIES_TOLD]
    return " and ".join(dict.fromkeys(_entry(text, value, tuple(place)) for place in places for text, value in told))


def _entry(text: str, value: Array, place: tuple[int, ...]) -> str:
    if not value.ndim:
        return f"{text} is {_number(value)}"
    shown = place[0] + 1 if len(place) == 1 else f"({', '.join(str(index + 1) for index in place)})"
    return f"entry {shown} of {text} is {_number(value[place])}"


def _number(value: Any) -> str:
    return f"{float(value):.17g}" if float(value) != round(float(value), 6) else f"{float(value):g}"
