"""What the dialects of generated code have in common: one method a form of code, called with its printed operands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar, NamedTuple

from service.expression.codes import Code, Spelling
from service.expression.operation import Binding, Printed
from service.expression.shapes import SCALAR, Shape, Size, split

LARGEST_WHOLE_NUMBER = 2**31
_PLACE = re.compile(r"\{(\d)\}")
_SIMPLE = re.compile(r"[\w.]+")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


class Length(NamedTuple):
    """The definition of a size: `shape[axis]` of a variable, divided by what is known of it (n, for `x: vector(2*n)`)."""

    name: str
    variable: str
    axis: int
    shape: Shape
    divisor: str


class Checked(NamedTuple):
    """A variable, and those of its axes that have to fit: None for all of them, as none defines a size."""

    name: str
    shape: Shape
    axes: list[int] | None


class Program(NamedTuple):
    """A function before it is written in a dialect.

    `checked` is what `lengths` does not settle, `shown` what a message about it tells of; `first` is the variable that tells
    the type of the numbers, an array where there is one.
    """

    name: str
    parameters: list[str]
    summary: str
    described: str
    lengths: list[Length]
    checked: list[Checked]
    shown: list[tuple[str, Shape]]
    assignments: list[tuple[str, str]]
    result: str
    shape: Shape
    first: str


class Dialect:
    """Base. `names` gives the identifiers of ("variable", x) and ("size", n)."""

    name: ClassVar[str]
    description: ClassVar[str]
    reserved: ClassVar[frozenset[str]]
    """Names that a variable must not have."""
    constants: ClassVar[Mapping[str, str]]
    raised: ClassVar[str]
    """The sign of a power."""
    tight: ClassVar[frozenset[str]]
    """Signs of a power that need no space between names and numbers."""
    comparisons: ClassVar[Mapping[str, str]] = {}
    """Signs of comparison that differ from the language's."""

    def __init__(self, names: Mapping[tuple[str, str], str]) -> None:
        self.names = names

    def write(self, code: Code, *operands: Printed) -> Printed:
        printed: Printed = getattr(self, code.form)(code, *operands)
        return printed

    def mentions(self, code: Code) -> Sequence[int]:
        """How often each operand is written out."""
        if code.form == "einsum":
            inputs, _, placed = code.detail
            return [1] * len(inputs) + [0] * placed
        if isinstance(code.detail, Spelling):
            counts = _mentions(self.spelled(code.detail))
            return [counts.get(place, 0) for place in range(len(code.operands))] if counts else [1] * len(code.operands)
        return [1] * len(code.operands)

    def function(self, program: Program, helpers: Sequence[str]) -> str:
        """The whole function, with its imports and helpers."""
        raise NotImplementedError

    @classmethod
    def identifier(cls, name: str) -> str:
        """A name that stands for a variable of the language: `lambda` becomes `lambda_`."""
        return f"{name}_" if name in cls.reserved else name

    # Leaves.

    def number(self, code: Code) -> Printed:
        value = code.detail
        if isinstance(value, Fraction) and value.denominator != 1:
            return Printed(f"{value.numerator} / {value.denominator}", Binding.PRODUCT)
        text = str(value)
        if isinstance(value, str):
            text = text.replace(".e", ".0e").replace(".E", ".0E") + ("0" if text.endswith(".") else "")
            text = f"0{text}" if text.startswith(".") else text
        elif LARGEST_WHOLE_NUMBER <= abs(value) < 10**300:
            text = repr(float(value))
        return Printed(text, Binding.NEGATIVE if text.startswith("-") else Binding.ATOM)

    def variable(self, code: Code) -> Printed:
        return Printed(self.names["variable", code.detail[0]])

    def size(self, code: Code) -> Printed:
        return self.length(code.detail)

    def length(self, size: Size) -> Printed:
        coefficient, letters = split(size)
        factors = [str(coefficient)] if coefficient != 1 or not letters else []
        factors += [self.names["size", letter] for letter in letters]
        return Printed(" * ".join(factors), Binding.PRODUCT if len(factors) > 1 else Binding.ATOM)

    def constant(self, code: Code) -> Printed:
        return Printed(self.constants[code.detail])

    # Entry by entry; a dialect that tells operators of arrays from those of numbers puts a dot before the former.

    def dot(self, *shapes: Shape) -> str:
        """What stands before * / ^ where an operand is an array."""
        return ""

    def spread(self, *shapes: Shape) -> str:
        """What stands before + - < where numbers go with every entry of an array."""
        return ""

    def add(self, code: Code, *terms: Printed) -> Printed:
        mixed = any(operand.shape != code.shape for operand in code.operands)
        dot = self.spread(code.shape) if mixed else ""
        parts = [terms[0].within(Binding.SUM)]
        for term, operand in zip(terms[1:], code.operands[1:], strict=True):
            text = term.within(Binding.PRODUCT if operand.form == "add" else Binding.SUM)  # long sums are nested on purpose
            parts.append(f" {dot}- {text[1:]}" if text.startswith("-") else f" {dot}+ {text}")
        return Printed("".join(parts), Binding.SUM)

    def negative(self, code: Code, operand: Printed) -> Printed:
        # Not -A @ x: the sign would go to the matrix, and cost a copy of it.
        entries = code.operands[0].form in ("multiply", "divide")
        bare = entries and operand.binding == Binding.PRODUCT and not operand.text.startswith("-")
        return Printed(f"-{operand.text if bare else operand.within(Binding.POWER)}", Binding.NEGATIVE)

    def multiply(self, code: Code, *factors: Printed) -> Printed:
        text, shape = left_operand(code, factors[0]), code.operands[0].shape
        for factor, operand in zip(factors[1:], code.operands[1:], strict=True):
            dot = self.dot(shape, operand.shape) if SCALAR not in (shape, operand.shape) else ""
            text += f" {dot}* {factor.within(Binding.POWER)}"
            shape = operand.shape if shape == SCALAR else shape
        return Printed(text, Binding.PRODUCT)

    def divide(self, code: Code, above: Printed, below: Printed) -> Printed:
        dot = self.dot(code.operands[1].shape)
        return Printed(f"{left_operand(code, above)} {dot}/ {below.within(Binding.POWER)}", Binding.PRODUCT)

    def power(self, code: Code, base: Printed, exponent: Printed) -> Printed:
        sign = self.dot(code.shape) + self.raised
        left, right = base.within(Binding.POSTFIX), exponent.within(Binding.ATOM)
        space = "" if _SIMPLE.fullmatch(left) and _SIMPLE.fullmatch(right) and sign in self.tight else " "
        return Printed(f"{left}{space}{sign}{space}{right}", Binding.POWER)

    def compare(self, code: Code, left: Printed, right: Printed) -> Printed:
        sign = self.spread(code.shape) + self.comparisons.get(code.detail, code.detail)
        return Printed(f"{left.within(Binding.SUM)} {sign} {right.within(Binding.SUM)}", Binding.COMPARISON)

    # Calls.

    def spelled(self, spelling: Spelling) -> str:
        """The name or template of a function in this dialect."""
        return getattr(spelling, self.name) or self.prefixed(spelling.common)

    def prefixed(self, common: str) -> str:
        return common.removeprefix("special.").removeprefix("linalg.")

    def call(self, code: Code, *operands: Printed) -> Printed:
        return filled(self.spelled(code.detail), operands)

    def each(self, code: Code, *operands: Printed) -> Printed:
        return self.call(code, *operands)


def left_operand(code: Code, printed: Printed) -> str:
    """The left operand of an operator that groups from the left; a sign binds to all of it anyway, a matrix product is kept apart."""
    if code.operands[0].form in ("matmul", "inner", "outer"):
        return printed.within(Binding.POWER)
    return printed.text if printed.binding == Binding.NEGATIVE else printed.within(Binding.PRODUCT)


def tuple_of(texts: Iterable[str]) -> str:
    """(m, n), (n,)"""
    listed = list(texts)
    return f"({', '.join(listed)}{',' if len(listed) == 1 else ''})"


# --- templates ------------------------------------------------------------------------------------------------------


class Template(NamedTuple):
    """Pieces of text and operands (by place, and whether brackets or commas stand around them), and how it binds."""

    pieces: tuple[str | tuple[int, bool], ...]
    binding: int


def filled(text: str, operands: Sequence[Printed]) -> Printed:
    """A function's name with its operands in brackets, or a template with each operand in its place."""
    if "{" not in text:
        return Printed(f"{text}({', '.join(operand.text for operand in operands)})")
    template = _template(text)
    parts = []
    for piece in template.pieces:
        if isinstance(piece, str):
            parts.append(piece)
        else:
            place, alone = piece
            parts.append(operands[place].text if alone else operands[place].within(Binding.POSTFIX))
    return Printed("".join(parts), template.binding)


@lru_cache(maxsize=1024)
def _template(text: str) -> Template:
    pieces: list[str | tuple[int, bool]] = []
    end = 0
    for match in _PLACE.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        before, after = text[: match.start()].rstrip()[-1:], text[end : end + 1]
        pieces.append((int(match[1]), before in ("(", "[", ",") and after in (")", "]", ",")))
    pieces.append(text[end:])
    outside, bracketed = text, ""
    while outside != bracketed:
        outside, bracketed = _BRACKETED.sub("", outside), outside
    return Template(tuple(pieces), Binding.SUM if " " in outside else Binding.ATOM)


@lru_cache(maxsize=1024)
def _mentions(text: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for match in _PLACE.finditer(text):
        found[int(match[1])] = found.get(int(match[1]), 0) + 1
    return found
