"""Nodes → a function in NumPy, JAX, PyTorch, Julia or MATLAB that runs as printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from service import limits
from service.expression.arena import memo
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node, in_order
from service.expression.operation import Printed
from service.expression.shapes import SCALAR, Size, axes, describe, is_unknown, join, split
from service.operations.leaves import Variable
from service.printing.broadcasting import broadcast
from service.printing.column_dialects import Julia, Matlab
from service.printing.dialect import Checked, Dialect, Length, Program
from service.printing.python_dialects import Jax, NumPy, PyTorch

DIALECTS: dict[str, type[Dialect]] = {dialect.name: dialect for dialect in (NumPy, Jax, PyTorch, Julia, Matlab)}
DEEPEST = 80
"""Deeper nesting gets a name: Python reads at most 200 brackets inside each other, and its compiler is recursive."""
LONGEST_SUMMARY = 120
_WORD = re.compile(r"[^\W\d]\w*")


def to_code(root: Node, variables: Sequence[Variable], name: str, summary: str, dialect: str = "numpy") -> str:
    """A function of the variables, with its imports, that returns the value of the node.

    What is used more than once is computed once; the shapes of the arguments are checked where one has to fit another.
    Sizes that no argument tells are arguments too. In Python vectors have one axis, and a row has two only as the result.
    Raises LimitExceeded.
    """
    return _Function(code_of(root), variables, DIALECTS[dialect]).written(name, summary)


def code_of(root: Node) -> Code:
    """What a node computes, before it is written in a dialect."""
    known: dict[Node, Code] = memo().setdefault("code", {})
    for node in in_order([root], known):
        known[node] = node.operation.code(node, *[known[argument] for argument in node.arguments])
    return known[root]


class _Definition(NamedTuple):
    """A letter is the length of an axis of a variable, divided by what is known of it."""

    letter: str
    variable: Variable
    axis: int
    divisor: Size


_NOWHERE = _Definition("", Variable(""), 0, 1)


class _Function:
    def __init__(self, root: Code, variables: Sequence[Variable], dialect: type[Dialect]) -> None:
        self.root = root = broadcast(_in_order(root))
        self.variables = variables
        self.names: dict[tuple[str, str], str] = {}
        self.dialect = dialect(self.names)
        order = _in_order(root)
        self.uses = self._uses(order)
        self.order = [code for code in order if self.uses[code]]
        self.taken = set(self._words())
        self.needed = {letter for code in self.order if code.form == "size" for letter in split(code.detail)[1]}

    def written(self, name: str, summary: str) -> str:
        for variable in self.variables:
            self._name("variable", variable.name)
        definitions, checked = self._sizes()
        letters = [definition.letter for definition in definitions]
        loose = sorted(self.needed - set(letters))
        for letter in [*letters, *loose]:
            self._name("size", letter)
        lengths = [self._length(definition) for definition in definitions]
        assignments, result = self._body()
        shapes = [(self.names["variable", variable.name], variable.shape) for variable in self.variables]
        involved = {length.variable for length in lengths} | {self.names["variable", variable.name] for variable, _ in checked}
        arrays = [identifier for identifier, shape in shapes if shape != SCALAR]
        described = [f"{identifier}: {describe(shape)}" for identifier, shape in shapes]
        described += [f"{self.names['size', letter]}: a size" for letter in loose]
        program = Program(
            name=name,
            parameters=[identifier for identifier, _ in shapes] + [self.names["size", letter] for letter in loose],
            summary=summary if len(summary) <= LONGEST_SUMMARY else f"{name.capitalize()}.",
            described=f"{', '.join(described)}." if described else "",
            lengths=lengths,
            checked=[Checked(self.names["variable", variable.name], variable.shape, left) for variable, left in checked],
            shown=[(identifier, shape) for identifier, shape in shapes if identifier in involved],
            assignments=assignments,
            result=result,
            shape=self.root.shape,
            first=(arrays or [identifier for identifier, _ in shapes] or [""])[0],
        )
        helpers = dict.fromkeys(text for code in self.order for text in _helpers(code, self.dialect.name))
        return self.dialect.function(program, list(helpers))

    def _words(self) -> Iterable[str]:
        """The words that the functions in use are called by: no variable may have such a name."""
        for code in self.order:
            if isinstance(code.detail, Spelling):
                yield from _WORD.findall(self.dialect.spelled(code.detail))

    def _name(self, kind: str, name: str) -> None:
        identifier = self.dialect.identifier(name)
        while identifier in self.taken:
            identifier += "_"
        self.taken.add(identifier)
        self.names[kind, name] = identifier

    # Sizes.

    def _sizes(self) -> tuple[list[_Definition], list[tuple[Variable, list[int] | None]]]:
        """Which letter is defined by which axis of which variable, and which axes (None: all) are left to check.

        A letter is defined where it first stands alone among known ones; what is not used up by that is checked.
        """
        known: dict[str, _Definition] = {}
        checked: list[tuple[Variable, list[int] | None]] = []
        for variable in self.variables:
            left = []
            for axis, size in enumerate(variable.shape):
                letters = split(size)[1]
                unknown = [letter for letter in letters if letter not in known]
                if len(unknown) == 1 and not is_unknown(size):
                    rest = list(letters)
                    rest.remove(unknown[0])
                    known[unknown[0]] = _Definition(unknown[0], variable, axis, join(split(size)[0], rest))
                if size != 1 and (not unknown or known.get(unknown[0], _NOWHERE).divisor != 1):
                    left.append(axis)
            left = [axis for axis in left if all(letter in known for letter in split(variable.shape[axis])[1])]
            if left:
                checked.append((variable, None if len(left) == len(axes(variable.shape)) else left))
        used = self.needed | {letter for variable, left in checked for letter in _letters(variable, left)}
        for definition in reversed(list(known.values())):
            used.update(split(definition.divisor)[1] if definition.letter in used else ())
        return [definition for letter, definition in known.items() if letter in used], checked

    def _length(self, definition: _Definition) -> Length:
        letter, variable, axis, divisor = definition
        divided = self.dialect.length(divisor)
        divisor_text = "" if divisor == 1 else divided.text if "*" not in divided.text else f"({divided.text})"
        return Length(self.names["size", letter], self.names["variable", variable.name], axis, variable.shape, divisor_text)

    # The body.

    def _body(self) -> tuple[list[tuple[str, str]], str]:
        """The assignments of shared or deeply nested parts, and what is returned."""
        allowed = limits.limit("answer-characters")
        unused = Printed("")
        printed: dict[Code, Printed] = {}
        depths: dict[Code, int] = {}
        assignments: list[tuple[str, str]] = []
        total = 0
        for code in self.order:
            printed[code] = self.dialect.write(code, *[printed.get(operand, unused) for operand in code.operands])
            depths[code] = len(code.operands) + max([depths.get(operand, 0) for operand in code.operands], default=0)
            if code is not self.root and ((self.uses[code] > 1 and not _is_cheap(code)) or depths[code] > DEEPEST):
                identifier = self._fresh(len(assignments))
                assignments.append((identifier, printed[code].text))
                total += len(printed[code].text)
                printed[code], depths[code] = Printed(identifier), 0
            if total + len(printed[code].text) > allowed:
                limits.check("answer-characters", total + len(printed[code].text))
        return assignments, printed[self.root].text

    def _fresh(self, number: int) -> str:
        identifier = f"t{number}"
        while identifier in self.taken:
            number += 1
            identifier = f"t{number}"
        self.taken.add(identifier)
        return identifier

    def _uses(self, order: Sequence[Code]) -> dict[Code, int]:
        """How often each part would be written out: a part that gets no name is written, with its operands, at each use."""
        uses = dict.fromkeys(order, 0)
        uses[self.root] = 1
        for code in reversed(order):
            times = uses[code] if _is_cheap(code) else min(uses[code], 1)
            for operand, mentions in zip(code.operands, self.dialect.mentions(code), strict=True):
                uses[operand] += times * mentions
        return uses


def _letters(variable: Variable, chosen: list[int] | None) -> list[str]:
    return [letter for axis in (chosen if chosen is not None else range(2)) for letter in split(variable.shape[axis])[1]]


def _is_cheap(code: Code) -> bool:
    """Whether computing it again costs nothing, or less than a name: leaves, transposes, and signs and entries of leaves."""
    if not code.operands or code.form in ("transpose", "standing"):
        return True
    return code.form in ("negative", "entry") and not code.operands[0].operands


def _in_order(root: Code) -> list[Code]:
    """All parts, operands before what uses them: ids count up in order of creation."""
    seen = {root}
    stack = [root]
    for code in stack:
        for operand in code.operands:
            if operand not in seen:
                seen.add(operand)
                stack.append(operand)
    return sorted(stack, key=lambda code: code.id)


def _helpers(code: Code, dialect: str) -> list[str]:
    return [text for name, text in code.detail.helpers if name == dialect] if isinstance(code.detail, Spelling) else []
