"""Programs → nodes: names get their meaning, operations their shape, unknown sizes their letters.

Several expressions of one request are elaborated together, so that they share variables and what is learned of sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service import limits
from service.errors import ShapeMismatch, Span
from service.expression import nodes
from service.expression.nodes import Node, at_sizes
from service.expression.operation import Operation, is_function
from service.expression.shapes import SCALAR, Size, Sizes, is_unknown, split
from service.language import complaints, hints, misfits
from service.language.declarations import Declarations
from service.language.grammar import ADD, INFIX, NEGATE, TIMES
from service.language.names import CONSTANTS, derivative_variable
from service.language.parser import Inferred, Program
from service.operations import leaves
from service.operations.leaves import Variable

LETTERS_FOR_SIZES = ("n", "m", "p", "q", "k", "r", "s", "l", "d", "N", "M", "P", "Q", "K")

_NO_ARGUMENTS: tuple[Node, ...] = ()
_POWER = INFIX["^"][1]
_OF_ANY_ORDER = {ADD, NEGATE, *(INFIX[symbol][1] for symbol in (".*", "./", ".^", "/"))}


class Inference(Sizes):
    """Sizes found from how things are used; a size still to be found is never 1, so a bare `vector` is no scalar."""

    def unify(self, left: Size, right: Size) -> bool:
        if left == right:
            return True
        left, right = self.resolve(left), self.resolve(right)
        if left == 1 or right == 1:
            return left == right
        return super().unify(left, right)


def _build_of_any_order(operation: Operation, arguments: tuple[Node, ...], parameter: Any, sizes: Sizes) -> Node:
    """Matrix notation is for at most two axes: more are for einsum and for what goes entry by entry."""
    if any(len(argument.shape) > 2 for argument in arguments):
        arrays = sum(argument.shape != SCALAR for argument in arguments)
        if not (operation in _OF_ANY_ORDER or operation.any_order or (operation is TIMES and arrays == 1)):
            detail = "what has more than two axes is added, scaled, taken entry by entry, or contracted by einsum"
            raise ShapeMismatch(detail, "einsum(ijk,k->ij, einsum(i,j,k->ijk, x, y, z), z)")
    return nodes.build(operation, arguments, parameter, sizes)


class Elaboration:
    """What the expressions of one request have in common.

    `variables` are the nodes of the variables that occur, in order of appearance; `letters` those of the sizes; `infers`
    tells whether sizes are to be found. If so, `node` is run in an arena of its own (an interned node would not be asked
    again for what it tells of sizes), and `settle` makes the nodes anew.
    """

    def __init__(self, declarations: Declarations, programs: Iterable[Program]) -> None:
        self.declared: Mapping[str, Variable] = declarations.variables
        self.variables: dict[str, Node] = {}
        self.letters = set(declarations.letters)
        self.infers = declarations.unknown > 0
        for program in programs:
            self.letters.update(program.letters)
            self.infers = self.infers or program.infers
        self.sizes = Inference()
        self.sizes.fresh = declarations.unknown
        self._names: dict[object, Node] = {}

    def node(self, program: Program) -> Node:
        """The node of a program. Raises ShapeMismatch and UnknownName with the place, LimitExceeded (`variables`)."""
        for name, definition in program.definitions:
            self._names[name] = self.node(definition)
        stack: list[Node] = []
        names, sizes = self._names, self.sizes
        build = _build_of_any_order if program.any_order else nodes.build
        index = 0
        try:
            for index, (operation, inputs, parameter, _, _) in enumerate(program.steps):
                if operation is None:
                    stack.append(names.get(parameter) or self._meaning(program, index, stack))
                elif inputs == 1:
                    stack[-1] = build(operation, (stack[-1],), parameter, sizes)
                elif inputs:
                    stack[-inputs:] = [build(operation, tuple(stack[-inputs:]), parameter, sizes)]
                else:
                    stack.append(build(operation, _NO_ARGUMENTS, parameter, sizes))
        except ShapeMismatch as error:
            raise misfits.explained(error, program, index, stack, sizes) from None
        for name, _ in program.definitions:  # they end with the text that they stand in
            del self._names[name]
        return stack[0]

    def settle(self, roots: Sequence[Node]) -> list[Node]:
        """The nodes with every size known: a letter for each that nothing determines."""
        values = self._settled_sizes()
        self.declared = {
            name: declared._replace(shape=self.sizes.resolve_shape(declared.shape)) for name, declared in self.declared.items()
        }
        self.variables = {name: at_sizes(node, values) for name, node in self.variables.items()}
        return [at_sizes(root, values) for root in roots]

    # Names.

    def _meaning(self, program: Program, index: int, stack: list[Node]) -> Node:
        """What a name stands for: a variable, a derivative of one, a size, a constant; any other name is a scalar."""
        step = program.steps[index]
        name = step.parameter
        if isinstance(name, Inferred):
            unknown = [self.sizes.unknown() for _ in range(name.operation.inferred)]
            return nodes.build(name.operation, _NO_ARGUMENTS, (*name.numbers, *unknown), self.sizes)
        variable = self.declared.get(name) or derivative_variable(name, self.declared.values())
        if variable is None and name in self.letters:
            node = leaves.size(name)
        elif variable is None and name in CONSTANTS:
            node = leaves.constant(CONSTANTS[name])
        else:
            if variable is None:
                self._check_undeclared(program, index, stack)
            node = leaves.variable(variable or Variable(name))
            self.variables[node.parameter.name] = node
            limits.check("variables", len(self.variables))
        self._names[name] = node
        return node

    def _check_undeclared(self, program: Program, index: int, stack: list[Node]) -> None:
        """Names that hardly anyone means as a scalar."""
        step = program.steps[index]
        name, span = step.parameter, Span(step.start, step.end)
        if name == "T" and stack and stack[-1].shape != SCALAR and program.steps[index + 1].operation is _POWER:
            raise complaints.unknown_name(name, "the transpose is written A' or A.T", span)
        if name in hints.NAMES and (name != "I" or any(1 not in declared.shape for declared in self.declared.values())):
            raise complaints.unknown_name(name, hints.NAMES[name], span)

    # Sizes.

    def _settled_sizes(self) -> dict[str, Size]:
        taken = {*self.declared, *self.variables, *self.letters, *CONSTANTS}
        numbered = (f"n{number}" for number in range(1, self.sizes.fresh + len(taken) + 2))
        free = [letter for letter in (*LETTERS_FOR_SIZES, *numbered) if letter not in taken and not is_function(letter)]
        for variable in self.declared.values():
            rows, columns = self.sizes.resolve_shape(variable.shape)
            if rows != columns and is_unknown(rows) and is_unknown(columns) and free[:2] == ["n", "m"]:
                self._name(rows, ["m"])
                self._name(columns, ["n"])
                del free[:2]
            self._name(rows, free)
            self._name(columns, free)
        every = [f"?{number}" for number in range(1, self.sizes.fresh + 1)]
        for unknown in every:
            self._name(unknown, free)
        return {unknown: self.sizes.resolve(unknown) for unknown in every}

    def _name(self, size: Size, free: list[str]) -> None:
        """Letters for what is unknown of a size."""
        for letter in split(self.sizes.resolve(size))[1]:
            if is_unknown(letter):
                letter_found = free.pop(0)
                self.sizes.unify(letter, letter_found)
                self.letters.add(letter_found)
