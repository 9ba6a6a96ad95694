"""The expressions of a request: a text, a list (a vector function) or a list of lists (a matrix function)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service import limits
from service.errors import InputError, InvalidDeclaration, MatrixFormatError, NablaError, ShapeMismatch, Span, UnknownName
from service.expression.arena import fresh_arena
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR, describe
from service.language.complaints import quote
from service.language.declarations import Declarations
from service.language.elaborate import Elaboration
from service.language.parser import Program, parse_text
from service.operations import leaves
from service.operations.leaves import Variable

_NOTHING_DECLARED = Declarations()


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression as a node.

    `variables` are the variables that occur, undeclared scalars included, in order of appearance; `declared` is all that
    the request declares, its sizes found; `sizes` are the letters of sizes; `decimals` tells whether a number was written
    as a decimal.
    """

    node: Node
    variables: dict[str, Node]
    declared: Mapping[str, Variable]
    sizes: frozenset[str]
    decimals: bool

    def variable(self, name: str) -> Node:
        """The variable of this name, whether it occurs or not: as declared, else a scalar."""
        return self.variables.get(name) or leaves.variable(self.declared.get(name) or Variable(name))


def parse(source: object, declarations: Declarations = _NOTHING_DECLARED, pointer: str = "/expression") -> Parsed:
    """The expression that `source` is: a text, a list of texts or numbers (a vector function), or a list of equally long
    lists of them (a matrix function).

    Raises ExpressionSyntaxError, InputError and MatrixFormatError for what is no expression, UnknownName, ShapeMismatch,
    InvalidDeclaration, LimitExceeded: all with a pointer, and a place in the text where there is one.
    """
    read = _Source(source, declarations, pointer)
    elaboration, (node,) = _elaborated([read], declarations)
    return Parsed(node, elaboration.variables, elaboration.declared, frozenset(elaboration.letters), _has_decimals(read.programs))


def parse_together(sources: Mapping[str, object], declarations: Declarations = _NOTHING_DECLARED) -> dict[str, Node]:
    """Several expressions, by pointer, over the same variables: what one tells of a size holds for all. Raises as `parse`."""
    return {pointer: parsed.node for pointer, parsed in parse_each(sources, declarations).items()}


def parse_each(sources: Mapping[str, object], declarations: Declarations = _NOTHING_DECLARED) -> dict[str, Parsed]:
    """As `parse_together`; the variables of each are those of all of them."""
    read = {pointer: _Source(source, declarations, pointer) for pointer, source in sources.items()}
    elaboration, nodes = _elaborated(list(read.values()), declarations)
    decimals = _has_decimals([program for source in read.values() for program in source.programs])
    letters = frozenset(elaboration.letters)
    return {
        pointer: Parsed(node, elaboration.variables, elaboration.declared, letters, decimals)
        for pointer, node in zip(read, nodes, strict=True)
    }


def parse_number(text: str, pointer: str = "") -> Node:
    """A scalar without variables, such as `pi/2` or `sqrt(2)`. Raises as `parse`, UnknownName for a variable."""
    read = _Source(text, _NOTHING_DECLARED, pointer)
    elaboration, (node,) = _elaborated([read], _NOTHING_DECLARED)
    for step in read.programs[0].steps:
        if step.operation is None and step.parameter in elaboration.variables:
            detail = f"{quote(step.parameter)} is no number"
            raise UnknownName(detail, "a number has no variables: 3/5, pi/2, sqrt(2)", pointer, Span(step.start, step.end))
    if node.shape != SCALAR:
        raise ShapeMismatch(f"a number is due here, and this is {describe(node.shape)}", None, pointer)
    return node


class _Source:
    """The programs of one expression, row by row, with their pointers; `shape` is that of a list, None for a text."""

    def __init__(self, source: object, declarations: Declarations, pointer: str) -> None:
        self.shape: tuple[int, int] | None = None
        self.pointer = pointer
        self.pointers: list[str] = []
        self.programs: list[Program] = []
        entries = [(pointer, source)] if not isinstance(source, (list, tuple)) else self._entries(source)
        left = limits.limit("expression-nodes")
        for place, entry in entries:
            try:
                program = parse_text(_text(entry), declarations.variables)
                _check_letters(program, declarations)
                left -= len(program.steps)
                if left < 0:
                    limits.check("expression-nodes", limits.limit("expression-nodes") - left)
            except NablaError as error:
                raise error.at(place) from None
            self.programs.append(program)
            self.pointers.append(place)

    def _entries(self, source: list[object] | tuple[object, ...]) -> list[tuple[str, object]]:
        """The entries of a list with their pointers. Raises MatrixFormatError for an empty or ragged one."""
        nested = [isinstance(row, (list, tuple)) for row in source]
        rows = [list(row) if isinstance(row, (list, tuple)) else [row] for row in source]
        if not rows or not rows[0]:
            pointer = f"{self.pointer}/0" if rows else self.pointer
            raise MatrixFormatError("a list of expressions has at least one entry", 'such as ["x^2", "x*y"]', pointer)
        for index, row in enumerate(rows):
            if nested[index] != nested[0]:
                hint = "either all are texts, or all are lists of texts"
                raise MatrixFormatError("entries and rows are mixed", hint, f"{self.pointer}/{index}")
            if len(row) != len(rows[0]):
                detail = f"row {index + 1} has {len(row)} {'entry' if len(row) == 1 else 'entries'}, the first row has {len(rows[0])}"
                raise MatrixFormatError(detail, "the rows of a matrix are equally long", f"{self.pointer}/{index}")
        self.shape = (len(rows), len(rows[0]))
        if not nested[0]:
            return [(f"{self.pointer}/{index}", row[0]) for index, row in enumerate(rows)]
        return [(f"{self.pointer}/{index}/{column}", entry) for index, row in enumerate(rows) for column, entry in enumerate(row)]

    def node(self, elaboration: Elaboration) -> Node:
        """The node of the whole; the entries of a list are scalars."""
        nodes = []
        for program, pointer in zip(self.programs, self.pointers, strict=True):
            try:
                node = elaboration.node(program)
                if self.shape and node.shape != SCALAR:
                    shape = describe(elaboration.sizes.resolve_shape(node.shape))
                    detail = f"the entries of a list are scalars, and this one is {shape}"
                    raise ShapeMismatch(detail, "send a vector or matrix function as one text")
            except NablaError as error:
                raise error.at(pointer) from None
            nodes.append(node)
        return make("literal", *nodes, parameter=self.shape) if self.shape else nodes[0]


def _elaborated(sources: Sequence[_Source], declarations: Declarations) -> tuple[Elaboration, list[Node]]:
    elaboration = Elaboration(declarations, [program for source in sources for program in source.programs])
    if not elaboration.infers:
        return elaboration, [source.node(elaboration) for source in sources]
    with fresh_arena():
        unsettled = [source.node(elaboration) for source in sources]
    return elaboration, elaboration.settle(unsettled)


def _text(entry: object) -> str:
    """A text as it is, a number as its text."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, int) and not isinstance(entry, bool):
        digits = entry.bit_length() * 3 // 10
        if digits > limits.limit("number-digits"):
            limits.check("number-digits", digits)
        return str(entry)
    if isinstance(entry, float) and math.isfinite(entry):
        return repr(entry)
    kind = "nested too deeply" if isinstance(entry, (list, tuple)) else "no expression"
    raise InputError(f"this is {kind}", 'an expression is a text such as "x^2*y", a list of texts, or a list of such lists')


def _check_letters(program: Program, declarations: Declarations) -> None:
    """`eye(n)` where n is declared as a variable is a misunderstanding, unless n is a size of another variable too."""
    for letter, span in program.letters.items():
        if letter in declarations.variables and letter not in declarations.letters:
            detail = f"{quote(letter)} is declared as a variable, and used as a size"
            raise InvalidDeclaration(detail, "a size is a whole number or a letter that is not declared", span=span)


def _has_decimals(programs: list[Program]) -> bool:
    return any(step.operation is not None and isinstance(step.parameter, str) for program in programs for step in program.steps)
