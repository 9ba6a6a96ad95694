"""Tokens → a program in postfix order.

Operator precedence (Pratt, Dijkstra) with an explicit stack of what is still open: a program is a flat list of steps,
arguments before what uses them, so that neither reading nor running it recurses. A chain `a + b - c` or `a*b*c` is one
step of many arguments. Every step knows its place in the text.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NamedTuple

from service import limits
from service.errors import Span
from service.expression.operation import Operation, is_function
from service.language import complaints
from service.language.grammar import (
    BRACKET,
    COMPARISON,
    INDEX,
    INFIX,
    LITERAL,
    MINUS,
    NEGATE,
    NUMBER,
    POSTFIX,
    POWER,
    PRODUCT,
    SIGN,
    TIMES,
)
from service.language.index_notation import read_pattern
from service.language.sizes import read_sizes
from service.language.tokens import END, NAME, Token, tokenize
from service.language.tokens import NUMBER as NUMBER_TOKEN
from service.language.where import split_definitions
from service.operations.constant_arrays import ConstantArray
from service.operations.index_notation import Einsum, Pairing, Pattern


class Inferred(NamedTuple):
    """`vector(1)`: an array whose sizes are found from where it stands."""

    operation: ConstantArray
    numbers: tuple[Any, ...]


class Step(NamedTuple):
    """Apply an operation to the last `inputs` values; no operation: push what `parameter` stands for, a name or an Inferred."""

    operation: Operation | None
    inputs: int
    parameter: Any
    start: int
    end: int


class Program(NamedTuple):
    text: str
    steps: list[Step]
    letters: dict[str, Span]
    """The letters that stand where sizes are due, `n` in `eye(n)`, and where."""
    infers: bool
    """Whether an array's sizes are to be found, as those of `vector(1)`."""
    any_order: bool
    """Whether arrays may have more than two axes, as the values of `einsum` may."""
    definitions: tuple[tuple[str, Program], ...] = ()
    """What stands after `where`: names and what they stand for."""


class _Open:
    """What waits for more: an operator for its right side, a bracket for its end."""

    __slots__ = ("binding", "columns", "count", "operation", "pattern", "row", "rows", "start", "token")

    def __init__(
        self, binding: int, operation: Operation | None, count: int, start: int, token: Token, pattern: Pattern | None = None
    ) -> None:
        self.pattern = pattern  # of einsum
        self.binding = binding
        self.operation = operation  # of a bracket: the function called, LITERAL, or None
        self.count = count  # arguments so far, the one being read included
        self.start = start  # where the operation's text begins
        self.token = token
        # Of a literal: entries of the row being read, rows so far, entries of the rows before.
        self.row, self.rows, self.columns = 1, 1, 0


def parse_text(text: str, declared: Container[str] = ()) -> Program:
    """The program of a text; `declared` are the names of variables, for better hints.

    Raises ExpressionSyntaxError, UnknownName for a function that does not exist, LimitExceeded (`expression-length`,
    `expression-depth`, `expression-nodes`, `number-digits`, `name-length`).
    """
    limits.check("expression-length", len(text))
    body, definitions = split_definitions(text, declared)
    program = _program(body, declared)
    if not definitions:
        return program
    parts = [_program(" " * part.start + text[part.start : part.end], declared) for part in definitions]  # places stay as they are
    limits.check("expression-nodes", sum(len(part.steps) for part in (program, *parts)))
    return program._replace(
        text=text,
        letters={letter: span for part in (program, *parts) for letter, span in part.letters.items()},
        infers=any(part.infers for part in (program, *parts)),
        definitions=tuple((part.name, found) for part, found in zip(definitions, parts, strict=True)),
    )


def _program(text: str, declared: Container[str]) -> Program:
    parser = _Parser(text, declared)
    parser.run()
    limits.check("expression-nodes", len(parser.steps))
    return Program(text, parser.steps, parser.letters, parser.infers, parser.any_order)


class _Parser:
    def __init__(self, text: str, declared: Container[str]) -> None:
        self.text = text
        self.declared = declared
        self.tokens = tokenize(text)
        self.position = 0
        self.steps: list[Step] = []
        self.open: list[_Open] = []
        self.letters: dict[str, Span] = {}
        self.infers = self.any_order = False
        self.depth = limits.limit("expression-depth")

    def run(self) -> None:
        """Operand, operator, operand, ... until the end."""
        wants_operand: bool | None = True
        while wants_operand is not None:
            token = self.tokens[self.position]
            self.position += 1
            wants_operand = self.operand(token) if wants_operand else self.operator(token)

    # Where an operand is due. True: one is still due.

    def operand(self, token: Token) -> bool:
        kind, text, start = token
        if kind == NAME:
            if self.tokens[self.position].text == "(":
                return self.call(token)
            if is_function(text):
                raise complaints.bare_function(self.tokens, self.position - 1)
            self.steps.append(Step(None, 0, text, start, start + len(text)))
            return False
        if kind == NUMBER_TOKEN:
            self.steps.append(Step(NUMBER, 0, read_number(token), start, start + len(text)))
            return False
        if text == "(":
            self.push(_Open(BRACKET, None, 1, start, token))
        elif text == "[":
            self.push(_Open(BRACKET, LITERAL, 1, start, token))
        elif text == "-":
            # A sign at the head of a term covers the term, -A*x is -(A*x); after an operator only its operand, x.*-y*z.
            leads = not self.open or self.open[-1].binding < PRODUCT
            self.push(_Open(MINUS if leads else SIGN, NEGATE, 1, start, token))
        elif text != "+":
            raise complaints.missing_operand(self.tokens, self.position - 1)
        return True

    def call(self, name: Token) -> bool:
        """A function's name before its bracket."""
        operation = complaints.find_function(self.tokens, self.position - 1, self.declared)
        self.position += 1
        self.any_order = self.any_order or isinstance(operation, (Einsum, Pairing))
        if isinstance(operation, ConstantArray):
            found, letters, self.position = read_sizes(self.text, self.tokens, self.position, operation)
            self.letters |= letters
            end = self.tokens[self.position - 1].end
            if operation.inferred:
                self.infers = True
                self.steps.append(Step(None, 0, Inferred(operation, tuple(found)), name.start, end))
            else:
                self.steps.append(Step(operation, 0, tuple(found), name.start, end))
            return False
        pattern = None
        bracket = self.tokens[self.position - 1]
        if isinstance(operation, Einsum):
            pattern, self.position = read_pattern(self.tokens, self.position)
        self.push(_Open(BRACKET, operation, 1, name.start, bracket, pattern))
        if self.tokens[self.position].text == ")":
            raise complaints.wrong_count(operation, 0, Span(name.start, self.tokens[self.position].end))
        return True

    # Where an operator is due. True: an operand is due next. None: the end.

    def operator(self, token: Token) -> bool | None:
        kind, text, _ = token
        infix = INFIX.get(text)
        if infix is not None:
            self.infix(token, *infix)
            return True
        if text in POSTFIX:
            self.finish_powers()
            start = self.steps[-1].start
            self.steps.append(Step(POSTFIX[text], 1, None, start, token.end))
            return False
        if text == ")" or text == "]":
            self.close(token)
            return False
        if text == "," or text == ";":
            self.separate(token)
            return True
        if text == "[":
            self.index(token)
            return False
        if kind == END:
            self.reduce(COMPARISON)
            if self.open:
                raise complaints.never_closed(self.open[-1].token)
            return None
        return self.implicit_product(token)

    def implicit_product(self, token: Token) -> bool:
        """A number or a closing bracket before a name or an opening bracket: 2x, 3(x + 1)."""
        before = self.tokens[self.position - 2]
        multiplies = before.kind == NUMBER_TOKEN or before.text in (")", "]")
        if not multiplies or not (token.kind == NAME or token.text == "(") or complaints.is_foreign_number(before, token):
            raise complaints.side_by_side(self.text, self.tokens, self.position - 1, self.open[-1].operation if self.open else None)
        self.position -= 1
        self.infix(token, PRODUCT, TIMES)
        return True

    def infix(self, token: Token, binding: int, operation: Operation) -> None:
        minus = operation is NEGATE  # a - b is the sum of a and -b
        if minus:
            binding, operation = INFIX["+"]
        self.reduce(binding + 1)
        top = self.open[-1] if self.open else None
        if top is not None and top.binding == binding == COMPARISON:
            raise complaints.chained_comparison(token)
        if top is not None and top.operation is operation and operation.arity[1] is None:
            top.count += 1
        else:
            if binding != POWER:  # powers group from the right
                self.reduce(binding)
            self.push(_Open(binding, operation, 2, self.steps[-1].start, token))
        if minus:
            self.push(_Open(MINUS, NEGATE, 1, token.start, token))

    def index(self, token: Token) -> None:
        """One entry: x[1], A[1,2]."""
        before = self.tokens[self.position - 2]
        if before.kind == NUMBER_TOKEN:
            raise complaints.side_by_side(self.text, self.tokens, self.position - 1, None)
        places: list[int] = []
        while True:
            place = self.tokens[self.position]
            if not place.text.isdecimal() or int(place.text[:20]) == 0:
                raise complaints.bad_index(place)
            places.append(int(place.text[:20]) - 1)
            end = self.tokens[self.position + 1]
            self.position += 2
            if end.text == "]":
                break
            if end.text != ",":
                raise complaints.bad_index(end)
        self.steps.append(Step(INDEX, 1, tuple(places), self.steps[-1].start, end.end))

    # What is open.

    def push(self, entry: _Open) -> None:
        self.open.append(entry)
        if len(self.open) > self.depth:
            limits.check("expression-depth", len(self.open))

    def reduce(self, binding: int) -> None:
        """Finish the operators that bind at least this tightly."""
        stack, steps = self.open, self.steps
        while stack and stack[-1].binding >= binding:
            entry = stack.pop()
            steps.append(Step(entry.operation, entry.count, None, entry.start, steps[-1].end))

    def finish_powers(self) -> None:
        """A transpose is of the whole power: A^2' is (A^2)', X^-1' is (X^-1)', as in MATLAB."""
        stack = self.open
        while stack and (stack[-1].binding == POWER or (stack[-1].binding == SIGN and len(stack) > 1 and stack[-2].binding == POWER)):
            self.reduce(stack[-1].binding)

    def separate(self, token: Token) -> None:
        """A comma or semicolon."""
        self.reduce(COMPARISON)
        top = self.open[-1] if self.open else None
        if top is None or top.operation is None or (token.text == ";" and top.operation is not LITERAL):
            raise complaints.misplaced_separator(token, top.token if top else None)
        top.count += 1
        if token.text == ",":
            top.row += 1
        else:
            self.end_row(top, token)
            top.rows += 1
            top.row = 1

    def end_row(self, top: _Open, token: Token) -> None:
        if top.columns and top.row != top.columns:
            raise complaints.ragged(top.rows, top.row, top.columns, Span(top.start, token.end))
        top.columns = top.row

    def close(self, token: Token) -> None:
        """A closing bracket: the end of a group, of a call or of a literal."""
        self.reduce(COMPARISON)
        if not self.open or (self.open[-1].token.text == "(") != (token.text == ")"):
            raise complaints.closes_nothing(token, self.open[-1].token if self.open else None)
        entry = self.open.pop()
        operation = entry.operation
        if operation is None:
            inner = self.steps[-1]
            self.steps[-1] = Step(inner.operation, inner.inputs, inner.parameter, entry.start, token.end)
        elif operation is LITERAL:
            self.end_row(entry, token)
            shape = (entry.count, 1) if entry.rows == 1 else (entry.rows, entry.columns)
            self.steps.append(Step(LITERAL, entry.count, shape, entry.start, token.end))
        else:
            least, most = arity = operation.arity if entry.pattern is None else (len(entry.pattern.inputs),) * 2
            if entry.count < least or (most is not None and entry.count > most):
                raise complaints.wrong_count(operation, entry.count, Span(entry.start, token.end), arity)
            self.steps.append(Step(operation, entry.count, entry.pattern, entry.start, token.end))


def read_number(token: Token) -> int | str:
    """A whole number, or the text of a decimal: `0.1` is exactly 1/10 and prints as it was written."""
    mantissa, _, exponent = token.text.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    digits = len(mantissa)
    if exponent:
        digits += abs(int(exponent)) if len(exponent) < 10 else 10**9
    if digits > limits.limit("number-digits"):
        limits.check("number-digits", digits)
    if not exponent and not decimals:
        return int(whole)
    return f"{whole or 0}{'.' if decimals else ''}{decimals}{f'e{int(exponent)}' if exponent else ''}"
