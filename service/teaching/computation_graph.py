"""The computation graph of a function: its inputs, every value on the way, and the local derivative along each edge.

    graph = computation_graph(parsed.node, inputs)      # inputs: the Variables to differentiate by
    graph.parts                                         # Part: name, kind, variable, line, whole; in the order of evaluation
    graph.edges                                         # Edge: source, target (names of parts), derivative
    graph.paths("x1", "f")                              # tuples of edges, each a way from x1 to f
    graph.to_json()                                     # {"nodes": [...], "edges": [...]}

sin(x1) + x1*x2 has the parts x1, x2 (inputs), v1 = sin(x1), v2 = x1*x2 (intermediate) and f = v1 + v2 (output). A list is a
function with an output for each entry, f1, f2, ... Numbers and constants stand in the lines and are no parts, and so are
signs, transposes and conditions. The names are none of the function's own.

The derivative of f by x is the sum over all paths from x to f of the products of the local derivatives along them (Bauer,
Computational Graphs and Rounding Error, SIAM J. Numer. Anal. 11, 1974).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, Literal

from service import limits
from service.calculus import build
from service.calculus.differentiate import derivatives
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.expression.nodes import Node, in_order
from service.expression.nodes import build as build_node
from service.expression.operation import is_function
from service.expression.shapes import Sizes, public
from service.operations.leaves import Variable, name_to_latex, number, tensor_of, variable
from service.printing.printers import to_latex, to_text
from service.teaching.inert import names_in

Kind = Literal["input", "intermediate", "output"]

LETTERS = "vwzuqpr"
OUTPUTS = "fyghk"

_KNOWN_SIZES = Sizes()


@dataclass(frozen=True)
class Part:
    """One value. `variable` is its name with its shape; `line` is what it is made of, in names of parts (None for an input);
    `whole` is the same in terms of the inputs. `moves` tells whether it depends on what is differentiated by."""

    kind: Kind
    variable: Variable
    line: Node | None
    whole: Node
    moves: bool

    @property
    def name(self) -> str:
        return self.variable.name

    @property
    def symbol(self) -> str:
        """The operation in short: "+", "*", "sin"; empty for an input and for an output that is another part."""
        if self.line is None or not self.line.arguments:
            return ""
        return getattr(self.line.operation, "symbol", self.line.operation.name)

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "name": self.name,
            "latex": name_to_latex(self.name),
            "kind": self.kind,
            "shape": public(self.variable.shape),
        }
        if self.line is None:
            return shown
        return {**shown, "operation": self.symbol or None, "expression": {"text": to_text(self.line), "latex": to_latex(self.line)}}


@dataclass(frozen=True)
class Edge:
    """`target` is computed from `source`; `derivative` is ∂target/∂source in names of parts, with the axes of the target, then
    those of the source. None where the source does not depend on what is differentiated by."""

    source: str
    target: str
    derivative: Node | None

    def to_json(self) -> dict[str, Any]:
        shown = None
        if self.derivative is not None:
            shown = {"text": to_text(self.derivative), "latex": to_latex(self.derivative), "shape": public(self.derivative.shape)}
        return {"source": self.source, "target": self.target, "derivative": shown}


Path = tuple[Edge, ...]


@dataclass(frozen=True)
class Graph:
    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]
    ends: tuple[str, ...]
    """The names of the outputs, in the order of the function's entries."""

    @property
    def inputs(self) -> list[Part]:
        return [part for part in self.parts if part.kind == "input"]

    @property
    def outputs(self) -> list[Part]:
        return [self.by_name[name] for name in self.ends]

    @cached_property
    def by_name(self) -> Mapping[str, Part]:
        return {part.name: part for part in self.parts}

    def into(self, target: str) -> list[Edge]:
        """The edges along which it is computed, in reading order."""
        return [edge for edge in self.edges if edge.target == target]

    def count_paths(self, source: str, target: str) -> int:
        """How many paths there are, without walking them: they can be as many as 2^n."""
        ways = {source: 1}
        for part in self.parts:
            if part.name != source:
                ways[part.name] = sum(ways.get(edge.source, 0) for edge in self.into(part.name))
        return ways.get(target, 0)

    def paths(self, source: str, target: str) -> list[Path]:
        """All paths, those first whose first edges come first. Raises LimitExceeded where they are too many."""
        limits.check("paths", self.count_paths(source, target))
        ways: dict[str, list[Path]] = {source: [()]}
        for part in self.parts:
            if part.name != source:
                ways[part.name] = [(*path, edge) for edge in self.into(part.name) for path in ways.get(edge.source, [])]
        return ways.get(target, [])

    def to_json(self) -> dict[str, Any]:
        return {"nodes": [part.to_json() for part in self.parts], "edges": [edge.to_json() for edge in self.edges]}


def computation_graph(function: Node, inputs: Sequence[Variable], decimals: bool = False, taken: Iterable[str] = ()) -> Graph:
    """The graph of a function, of which the derivatives by `inputs` are asked for; `taken` are further names to avoid.

    Raises NotDifferentiable, and LimitExceeded where there are too many parts.
    """
    roots = list(function.arguments) if function.operation is build.LITERAL else [function]
    order = in_order(dict.fromkeys(roots))
    variables = {node.parameter.name: node.parameter for node in order if isinstance(node.parameter, Variable)}
    names = _Names({*variables, *taken, *[declared.name for declared in inputs], *_letters(order)}, len(roots))
    moving = {declared.name for declared in inputs}
    parts = [
        Part("input", declared, None, variable(declared), declared.name in moving)
        for declared in {**variables, **{declared.name: declared for declared in inputs}}.values()
    ]
    inlined = _inlined(order, roots)
    stands: dict[Node, Node] = {}
    for node in order:
        line = node
        if node.arguments:
            line = build_node(node.operation, tuple([stands[argument] for argument in node.arguments]), node.parameter, _KNOWN_SIZES)
        stands[node] = line
        if node in inlined or not names_in(node) or not node.arguments:
            continue
        places = [place for place, root in enumerate(roots) if root is node]
        kind: Kind = "output" if places else "intermediate"
        name = names.output(places[0]) if places else names.intermediate()
        parts.append(Part(kind, Variable(name, node.shape), line, node, bool(moving & names_in(node))))
        stands[node] = variable(parts[-1].variable)
    shown = {part.name for part in parts}
    for place, root in enumerate(roots):  # an output that is an input, a constant, or the same as another one
        if names.output(place) not in shown:
            parts.append(Part("output", Variable(names.output(place), root.shape), stands[root], root, bool(moving & names_in(root))))
    limits.check("graph-parts", len(parts), "/expression")
    return linked(parts, decimals, [names.output(place) for place in range(len(roots))])


def linked(parts: Sequence[Part], decimals: bool = False, ends: Sequence[str] | None = None) -> Graph:
    """The graph of parts in the order of evaluation, whose lines are in names of parts; `ends` are the outputs in their order,
    where that is another one. Raises NotDifferentiable."""
    ends = tuple([part.name for part in parts if part.kind == "output"]) if ends is None else tuple(ends)
    return Graph(tuple(parts), tuple(_edges(parts, decimals)), ends)


def output_names(taken: set[str], count: int) -> list[str]:
    """f, or f1, f2, ...: none of them taken."""
    names = _Names(taken, count)
    return [names.output(place) for place in range(count)]


class _Names:
    """v1, v2, ... and f, or f1, f2, ...: none of them taken."""

    def __init__(self, taken: set[str], outputs: int) -> None:
        self.letter = _free(LETTERS, taken)
        self.output_letter = _free(OUTPUTS, taken)
        self.several = outputs > 1
        self.numbers = count(1)

    def intermediate(self) -> str:
        return f"{self.letter}{next(self.numbers)}"

    def output(self, place: int) -> str:
        return f"{self.output_letter}{place + 1}" if self.several else self.output_letter


def _free(letters: str, taken: set[str]) -> str:
    """A letter that no name begins with as the names of parts do: x, x1, x_dot."""
    begun = {name.rstrip("0123456789").removesuffix("_dot").removesuffix("_bar").rstrip("0123456789_") for name in taken}
    for size in count(1):
        for letter in letters:
            if letter * size not in begun and not is_function(letter * size):
                return letter * size
    raise AssertionError("unreachable")


def _letters(order: Iterable[Node]) -> set[str]:
    """The letters of sizes."""
    return {letter for node in order for size in node.shape if isinstance(size, str) for letter in size.split("*")}


def _inlined(order: Sequence[Node], roots: Sequence[Node]) -> set[Node]:
    """Nodes that are no parts: signs, transposes and conditions, and a norm where only its square is used, which has its own rule."""
    squared: set[Node] = set()
    plain: set[Node] = set(roots)
    for node in order:
        is_square = node.operation is build.POWER and node.arguments[1] is number(2) and bool(node.arguments[0].operation.squared_rule)
        (squared if is_square else plain).update(node.arguments[:1])
        plain.update(node.arguments[1:])
    small = {node for node in order if node.operation in (build.NEGATE, build.TRANSPOSE) or node.operation.is_condition}
    return (small - set(roots)) | (squared - plain)


def _edges(parts: Sequence[Part], decimals: bool) -> Iterable[Edge]:
    by_name = {part.name: part for part in parts}
    notation = Notation({part.name: variable(part.variable) for part in parts}, decimals)
    for part in parts:
        if part.line is None:
            continue
        sources = [by_name[name] for name in _names_within(part.line)]
        moved = [source for source in sources if source.moves]
        found = derivatives(lower(part.line), [tensor_of(source.variable) for source in moved]) if moved else []
        local = {source.name: notation.node(tensor) for source, tensor in zip(moved, found, strict=True)}
        for source in sources:
            yield Edge(source.name, part.name, local.get(source.name))


def _names_within(line: Node) -> list[str]:
    """The variables of a line, in reading order."""
    found: dict[str, None] = {}
    stack = [line]
    while stack:
        node = stack.pop()
        if isinstance(node.parameter, Variable):
            found[node.parameter.name] = None
        stack += reversed(node.arguments)
    return list(found)
