"""Shapes that do not fit: which operands, where they stand, and what would fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.errors import ShapeMismatch, Span
from service.expression.nodes import Node
from service.expression.operation import Operation
from service.expression.shapes import SCALAR, Shape, Sizes, describe, display
from service.language.complaints import quote
from service.language.grammar import ADD, INFIX, LITERAL, NEGATE, POSTFIX, TIMES
from service.language.parser import Program, Step

LONGEST_SUGGESTION = 80
MOST_OPERANDS_TRIED = 8

_SYMBOLS: dict[Operation, str] = {operation: symbol for symbol, (_, operation) in reversed(INFIX.items())}
_SYMBOLS[ADD] = "+"
_ENTRY_BY_ENTRY = {"*": ".*", "/": "./", "^": ".^"}
_TRANSPOSE = POSTFIX["'"]


class _Operand(NamedTuple):
    """`sign` is "-" where a difference subtracts it."""

    text: str
    sign: str
    step: Step
    shape: Shape


def explained(error: ShapeMismatch, program: Program, index: int, values: Sequence[Node], sizes: Sizes) -> ShapeMismatch:
    """The error with the place of the step that failed, its operands' texts and shapes, and what would fit.

    `values` are the values when the step failed; its arguments are the last ones.
    """
    step = program.steps[index]
    error.span = Span(step.start, step.end)
    if step.operation is None or not step.inputs:
        return error
    places = _arguments(program.steps, index)
    operands = [_operand(step.operation, program, place, value.shape) for place, value in zip(places, values[-step.inputs :], strict=True)]
    in_matrix_notation = all(len(operand.shape) == 2 for operand in operands)
    if step.operation in _SYMBOLS and len(operands) > 2 and in_matrix_notation:
        operands = _first_misfit(step.operation, operands, program, sizes)
        error.span = Span(operands[0].step.start, operands[-1].step.end)
    if step.operation is LITERAL:
        operands = [operand for operand in operands if operand.shape != SCALAR]
    told = [f"{quote(operand.text)} is {describe(sizes.resolve_shape(operand.shape))}" for operand in operands[:3]]
    rule = error.detail.partition(": ")[0]  # an operation says `rule: what is the case`; the second is told better here
    if step.operation in _SYMBOLS and rule.startswith(step.operation.name + " "):
        rule = _SYMBOLS[step.operation] + rule.removeprefix(step.operation.name)
    error.detail = f"{' and '.join(told)}: {rule}"
    if in_matrix_notation:
        error.hint = _hint(error.hint, step, operands, program, sizes)
    return error


def _hint(default: str | None, step: Step, operands: list[_Operand], program: Program, sizes: Sizes) -> str | None:
    if step.operation is LITERAL:
        rows = all(operand.step.operation is LITERAL for operand in operands)
        return "rows are separated by semicolons: [1, 2; 3, 4]" if rows else "an array is written out entry by entry"
    suggestions = list(_suggestions(step, operands, program, sizes))
    if suggestions:
        return f"did you mean {' or '.join(suggestions)}?"
    if default is None and step.operation is TIMES and len(operands) == 2:
        columns = sizes.resolve(operands[0].shape[1])
        return f"what stands right of {quote(operands[0].text)} needs {display(columns)} {'row' if columns == 1 else 'rows'}"
    return default


def _arguments(steps: Sequence[Step], index: int) -> list[int]:
    """The places of the steps whose values are the arguments of the step at `index`."""
    found = []
    place = index - 1
    for _ in range(steps[index].inputs):
        found.append(place)
        missing = 1
        while missing:
            missing += steps[place].inputs - 1
            place -= 1
    return found[::-1]


def _operand(user: Operation, program: Program, place: int, shape: Shape) -> _Operand:
    step = program.steps[place]
    text = program.text[step.start : step.end]
    if user is ADD and step.operation is NEGATE and text.startswith("-"):
        inner = program.steps[place - 1]
        return _Operand(program.text[inner.start : inner.end], "-", inner, shape)
    return _Operand(text, "", step, shape)


def _first_misfit(operation: Operation, operands: list[_Operand], program: Program, sizes: Sizes) -> list[_Operand]:
    """Of a chain a*b*c, the part that fits and the operand that does not."""
    left = operands[0]
    for right in operands[1:]:
        shape = _result(operation, None, [left.shape, right.shape], sizes)
        if shape is None:
            return [left, right]
        whole = Step(operation, 2, None, left.step.start, right.step.end)
        left = _Operand(program.text[whole.start : whole.end], left.sign, whole, shape)
    return operands


def _result(operation: Operation, parameter: object, shapes: Sequence[Shape], sizes: Sizes) -> Shape | None:
    """The shape that the operation would have, or None; nothing is learned of sizes."""
    trial = type(sizes)()
    trial.found = dict(sizes.found)
    try:
        return operation.shape(shapes, parameter, trial)
    except ShapeMismatch:
        return None


def _suggestions(step: Step, operands: list[_Operand], program: Program, sizes: Sizes) -> Iterator[str]:
    """The same with one operand transposed, or entry by entry, where that fits."""
    operation = step.operation
    if operation is None or step.parameter is not None or not 2 <= len(operands) <= MOST_OPERANDS_TRIED:
        return
    symbol = _SYMBOLS.get(operation, "")
    call = program.text[step.start : step.end].partition("(")[0].strip()
    shapes = [operand.shape for operand in operands]
    texts = [operand.text for operand in operands]
    yield from _instead(symbol, texts, shapes, sizes)
    for position, operand in enumerate(operands):
        if operand.shape == SCALAR:
            continue
        turned = [*shapes[:position], operand.shape[::-1], *shapes[position + 1 :]]
        result = _result(operation, step.parameter, turned, sizes)
        if result is None:
            continue
        changed = [*texts[:position], _transposed(operand), *texts[position + 1 :]]
        text = _joined(symbol, changed, [other.sign for other in operands]) if symbol else f"{call}({', '.join(changed)})"
        vectors = symbol == "*" and all(1 in shape for shape in shapes)
        gloss = "" if not vectors else " (inner product)" if result == SCALAR else " (outer product)"
        if len(text) <= LONGEST_SUGGESTION:
            yield text + gloss
    entrywise = _ENTRY_BY_ENTRY.get(symbol)
    if entrywise and texts[0] != "e" and _result(INFIX[entrywise][1], None, shapes, sizes) is not None:
        text = entrywise.join(texts)
        if len(text) <= LONGEST_SUGGESTION:
            yield f"{text} (entry by entry)"


def _instead(symbol: str, texts: Sequence[str], shapes: Sequence[Shape], sizes: Sizes) -> Iterator[str]:
    """1/A is inv(A), e^A is expm(A)."""
    rows, columns = shapes[-1]
    fits = symbol == "/" and rows == columns and _result(TIMES, None, shapes, sizes) is not None
    if fits and len(texts[1]) < LONGEST_SUGGESTION:
        yield f"inv({texts[1]})" if texts[0] == "1" else f"{quote(texts[0])}*inv({texts[1]})"
    if symbol == "^" and texts[0] == "e" and len(texts[1]) < LONGEST_SUGGESTION:
        yield f"exp({texts[1]}) (entry by entry)"
        if rows == columns:
            yield f"expm({texts[1]})"


def _joined(symbol: str, texts: Sequence[str], signs: Sequence[str]) -> str:
    if symbol != "+":
        return symbol.join(texts)
    return signs[0] + texts[0] + "".join(f" {sign or '+'} {text}" for sign, text in zip(signs[1:], texts[1:], strict=True))


def _transposed(operand: _Operand) -> str:
    text, operation = operand.text, operand.step.operation
    if operation is _TRANSPOSE:
        return text.removesuffix("'").removesuffix(".T")
    if operation in _SYMBOLS or operation is NEGATE:
        return f"{text}'" if _is_bracketed(text) else f"({text})'"
    return f"{text}'"


def _is_bracketed(text: str) -> bool:
    """Whether the bracket that opens at the start closes at the end: not `(a)(b)`."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(text) - 1 and text.startswith("(")
    return False
