"""Derivatives that are not carried out yet: what a derivation is told with, line by line.

`d/dx(f)`, `d(f)` and (in indexed.py) `d/dx_j(f)` are nodes like any other, so a line of a derivation is an expression: it prints, and it
has a value, for the derivative of f along a direction is known from f alone (values.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from service.calculus import build
from service.calculus.notation import Notation
from service.calculus.total import derivative_variable
from service.expression import tensors
from service.expression.arena import memo
from service.expression.nodes import Node, in_order
from service.expression.nodes import build as build_node
from service.expression.operation import Binding, Operation, Printed
from service.expression.shapes import SCALAR, Shape, Sizes, axes
from service.expression.sums import filled
from service.expression.tensors import Tensor
from service.operations.leaves import Variable, name_to_latex, number, variable

_KNOWN_SIZES = Sizes()


class By(NamedTuple):
    """What is differentiated by; `labels` are the indices of its entry in d/dx_j, and ∂ is written for what is partial."""

    variable: Variable
    labels: tuple[str, ...] = ()
    is_partial: bool = False


class Told(Operation):
    """Base of what only stands in lines of a derivation. Not registered: nobody can type it."""

    family, in_language = "teaching", False


class Inert(Told):
    """Base. The parameter is a By."""

    word: ClassVar[str]
    """What it is called."""

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return arguments[0]

    def of_leaf(self, leaf: Node, by: By) -> Node:
        """What stands at once for the derivative of a leaf that depends on what is differentiated by."""
        return inert(self, leaf, by)

    def leaf_rule(self, node: Node, decimals: bool) -> tuple[str, Node]:
        """The rule for the derivative of a leaf where it does stand in a line, and what it gives."""
        return "variable", self.of_leaf(node.arguments[0], node.parameter)

    def is_done(self, node: Node) -> bool:
        """Whether nothing is left to be carried out."""
        return False


class Derivative(Inert):
    """d/dx by a scalar."""

    name, word = "d/dx", "derivative"

    def of_leaf(self, leaf: Node, by: By) -> Node:
        declared: Variable = leaf.parameter
        return number(1) if declared.name == by.variable.name else variable(derivative_variable(declared, by.variable.name))

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"d/d{node.parameter.variable.name}({arguments[0].text})", Binding.POSTFIX)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        sign = r"\partial" if node.parameter.is_partial else r"\mathrm{d}"
        below = f"{sign} {name_to_latex(node.parameter.variable.name)}"
        return Printed(rf"\frac{{{sign}}}{{{below}}}\left({arguments[0].text}\right)", Binding.POWER)


class Differential(Inert):
    """d(f), linear in dX. The differential of a variable is a name, dX."""

    name, word = "d", "differential"

    def is_done(self, node: Node) -> bool:
        return bool(node.arguments[0].parameter == node.parameter.variable)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        """dX, as symmetric as X; anything else is not carried out yet, and has no tensor."""
        declared: Variable = node.arguments[0].parameter
        return tensors.variable(f"d {declared.name}", axes(node.shape), declared.properties & {"symmetric"})

    def text(self, node: Node, *arguments: Printed) -> Printed:
        is_name = isinstance(node.arguments[0].parameter, Variable)
        return Printed(f"d{arguments[0].text}" if is_name else f"d({arguments[0].text})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        is_name = isinstance(node.arguments[0].parameter, Variable)
        text = arguments[0].text if is_name else rf"\left({arguments[0].text}\right)"
        return Printed(rf"\mathrm{{d}} {text}", Binding.POSTFIX)


DERIVATIVE, DIFFERENTIAL = Derivative(), Differential()


def inert(operation: Operation, argument: Node, by: Hashable) -> Node:
    return build_node(operation, (argument,), by, _KNOWN_SIZES)


def inert_parts(line: Node) -> list[Node]:
    """The derivatives in a line that are not carried out, in reading order, each once."""
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = [line]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node.operation, Inert):
            found[node] = None
        else:
            stack += reversed(node.arguments)
    return list(found)


def open_parts(line: Node) -> list[Node]:
    """Those of them that wait for a rule."""
    return [part for part in inert_parts(line) if isinstance(part.operation, Inert) and not part.operation.is_done(part)]


# --- which nodes depend on what -------------------------------------------------------------------------------------


class Named(NamedTuple):
    """The parameter of a leaf that holds variables inside: their names, beside what it is."""

    names: frozenset[str]
    what: Any


def names_in(root: Node) -> frozenset[str]:
    """The names of the variables inside, with the scalars that these are declared to depend on."""
    known: dict[Node, frozenset[str]] = memo().setdefault("names", {})
    for node in in_order([root], known):
        own: Iterable[str] = ()
        if isinstance(node.parameter, Variable):
            own = (node.parameter.name, *node.parameter.depends_on)
        elif isinstance(node.parameter, Named):
            own = node.parameter.names
        inside = [known[argument] for argument in node.arguments]
        known[node] = inside[0] if len(inside) == 1 and not own else frozenset(own).union(*inside)
    return known[root]


def is_constant(node: Node) -> bool:
    """Whether a node is a number, or an array of numbers, that the language can write."""
    return not names_in(node) and not any(isinstance(part.operation, Told) for part in in_order([node]))


# --- putting lines together -----------------------------------------------------------------------------------------


def zero(shape: Shape) -> Node:
    """0, or an array of zeros."""
    return _filled(0, shape)


def is_zero(node: Node) -> bool:
    return node is zero(node.shape)


def spread(node: Node, shape: Shape) -> Node:
    """A scalar that went with every entry of an array of this shape, as such an array."""
    return node if node.shape == shape else build.times(node, _filled(1, shape))


def _filled(value: int, shape: Shape) -> Node:
    node = Notation({}).node(filled(value, axes(shape)))
    return build.transpose(node) if node.shape != shape else node


def remake(operation: Operation, arguments: Sequence[Node], parameter: Any) -> Node:
    """The operation applied to nodes, without the zeros and ones that a rule leaves behind."""
    node = build_node(operation, tuple(arguments), parameter, _KNOWN_SIZES)
    if operation is build.TRANSPOSE and node.shape == SCALAR:
        return arguments[0]
    if operation is build.ADD:
        kept = [term for term in arguments if not is_zero(term)]
        return spread(build.add(kept), node.shape) if kept else zero(node.shape)
    vanishing = arguments if operation.linear == "each" else arguments[:1] if operation in _QUOTIENTS else ()
    if any(is_zero(argument) for argument in vanishing):
        return zero(node.shape)
    if operation is build.TIMES:
        return build.times(*arguments)
    if operation is build.HADAMARD:
        kept = [factor for factor in arguments if factor is not number(1)] or [number(1)]
        return spread(build.hadamard(*kept), node.shape)
    return build.negate(*arguments) if operation is build.NEGATE else node


_QUOTIENTS = (build.DIVIDE, build.ENTRY_DIVIDE)


def tidied(root: Node, known: Iterable[Node]) -> Node:
    """What is above the known parts of a new node, made again without zeros and ones."""
    made = {node: node for node in known}
    for node in in_order([root], made):
        made[node] = remake(node.operation, [made[argument] for argument in node.arguments], node.parameter)
    return made[root]


def replaced(line: Node, parts: Mapping[Node, Node]) -> Node:
    """The line with some of its parts replaced, without the zeros and ones that this leaves behind."""
    return _rebuilt(line, parts, remake)


def with_parts(root: Node, parts: Mapping[Node, Node]) -> Node:
    """The same expression of other parts."""
    return _rebuilt(root, parts, lambda operation, arguments, parameter: build_node(operation, tuple(arguments), parameter, _KNOWN_SIZES))


def _rebuilt(root: Node, parts: Mapping[Node, Node], make: Callable[[Operation, Sequence[Node], Any], Node]) -> Node:
    made = dict(parts)
    for node in in_order([root], made):
        arguments = [made[argument] for argument in node.arguments]
        same = all(new is old for new, old in zip(arguments, node.arguments, strict=True))
        made[node] = node if same else make(node.operation, arguments, node.parameter)
    return made[root]
