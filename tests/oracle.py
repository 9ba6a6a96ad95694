"""An evaluator of the language that shares nothing with the service but the language's definition: an oracle for the tests.

Every value is an array with two axes, rows and columns (a scalar 1×1, a vector n×1), or with more where index notation
makes one. Recursive and slow, and written to be read beside the contract's section on the language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.oracle_functions import FUNCTIONS, Array, Meaningless, as_matrix, divide, entrywise, is_scalar, power, times, transposed

__all__ = ["FUNCTIONS", "Array", "Meaningless", "evaluate", "shape"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.(?![*/^'])\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d_]\w*)"
    r"|(?P<symbol>\.[*/^]|\*\*|\.T\b|[<>=!]=|->|[-+*/^'()\[\],;<>]))"
)


def evaluate(text: str, values: Mapping[str, Any]) -> Array:
    """The value of a text; `values` holds an array for each variable and a whole number for each letter of a size.

    The result has one axis for each size that is not 1.
    """
    named = {name: as_matrix(array) for name, array in values.items()}
    body, *definitions = re.split(r" where (?=\w+ = )|(?<=[\w)\]']), (?=t\d+ = )", text)
    with np.errstate(all="ignore"):
        for definition in definitions:
            name, _, meaning = definition.partition(" = ")
            named[name] = _Reader(meaning, named).whole()
        value = _Reader(body, named).whole()
    return value if value.ndim > 2 else value.reshape([length for length in value.shape if length != 1])


def shape(text: str, values: Mapping[str, Any]) -> tuple[int, ...]:
    """Rows and columns of the value."""
    with np.errstate(all="ignore"):
        return _Reader(text, {name: as_matrix(array) for name, array in values.items()}).whole().shape


_ADD, _SUBTRACT = entrywise(np.add), entrywise(np.subtract)
_PRODUCTS: dict[str, Callable[[Array, Array], Array]] = {
    "*": times,
    "/": divide,
    ".*": entrywise(np.multiply),
    "./": entrywise(np.divide),
}
_POWERS = {"^": power, "**": power, ".^": entrywise(np.power)}
_COMPARISONS: dict[str, Callable[..., Array]] = {
    symbol: entrywise(lambda a, b, ufunc=ufunc: ufunc(a, b) * 1.0)
    for symbol, ufunc in {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}.items()
} | {"==": entrywise(lambda a, b: np.equal(a, b) * 1.0), "!=": entrywise(lambda a, b: np.not_equal(a, b) * 1.0)}


class _Reader:
    """comparison < sum < product < sign < power < postfix, by recursive descent, computing on the way."""

    def __init__(self, text: str, values: Mapping[str, Array]) -> None:
        self.values = values
        self.tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise Meaningless(f"cannot read {text[position : position + 20]!r}")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self.tokens.append(("end", ""))
        self.place = 0

    def next_is(self, *symbols: str) -> str | None:
        kind, text = self.tokens[self.place]
        return text if kind == "symbol" and text in symbols else None

    def take(self, expected: str = "") -> str:
        text = self.tokens[self.place][1]
        if expected and text != expected:
            raise Meaningless(f"{expected!r} is due, not {text!r}")
        self.place += 1
        return text

    def whole(self) -> Array:
        value = self.comparison()
        if self.tokens[self.place][0] != "end":
            raise Meaningless(f"left over: {self.tokens[self.place][1]!r}")
        return value

    def comparison(self) -> Array:
        value = self.sum()
        symbol = self.next_is(*_COMPARISONS)
        if symbol:
            self.take()
            value = _COMPARISONS[symbol](value, self.sum())
        return value

    def sum(self) -> Array:
        value = self.product()
        while symbol := self.next_is("+", "-"):
            self.take()
            value = (_ADD if symbol == "+" else _SUBTRACT)(value, self.product())
        return value

    def product(self) -> Array:
        if self.next_is("-", "+"):  # a sign at the head of a term covers the term
            return -self.product() if self.take() == "-" else self.product()
        value = self.sign()
        while True:
            symbol = self.next_is(*_PRODUCTS)
            before = self.tokens[self.place - 1]
            if symbol:
                self.take()
                value = _PRODUCTS[symbol](value, self.sign())
            elif (before[0] == "number" or before[1] in (")", "]")) and (self.tokens[self.place][0] == "name" or self.next_is("(")):
                value = times(value, self.sign())
            else:
                return value

    def sign(self) -> Array:
        if self.next_is("-", "+"):
            return -self.sign() if self.take() == "-" else self.sign()
        return self.power()

    def power(self) -> Array:
        base = self.postfix("'", ".T", "[")
        symbol = self.next_is(*_POWERS)
        if symbol:
            self.take()
            value = _POWERS[symbol](base, self.exponent())
            while self.next_is("'", ".T"):  # of the whole power
                self.take()
                value = transposed(value)
            return value
        return base

    def exponent(self) -> Array:
        if self.next_is("-", "+"):
            return -self.exponent() if self.take() == "-" else self.exponent()
        base = self.postfix("[")
        symbol = self.next_is(*_POWERS)
        return base if symbol is None else _POWERS[self.take()](base, self.exponent())

    def postfix(self, *symbols: str) -> Array:
        value = self.atom()
        while symbol := self.next_is(*symbols):
            self.take()
            if symbol != "[":
                value = transposed(value)
                continue
            places = [int(self.take()) - 1]
            while self.next_is(","):
                self.take()
                places.append(int(self.take()) - 1)
            self.take("]")
            value = as_matrix(value[tuple(places)] if len(places) > 1 else value.ravel()[places[0]])
        return value

    def atom(self) -> Array:
        kind, text = self.tokens[self.place]
        if kind == "number":
            self.take()
            return as_matrix(float(text))
        if kind == "name":
            self.take()
            if self.next_is("("):
                self.take()
                return self.call(text)
            if text in self.values:
                return self.values[text]
            if text in ("pi", "e"):
                return as_matrix(getattr(math, text))
            raise Meaningless(f"{text!r} has no value")
        if self.next_is("("):
            self.take()
            value = self.comparison()
            self.take(")")
            return value
        if self.next_is("["):
            self.take()
            return self.literal()
        raise Meaningless(f"an operand is due, not {text!r}")

    def call(self, name: str) -> Array:
        if name == "einsum":
            return self.einsum()
        if name not in FUNCTIONS:
            raise Meaningless(f"there is no function {name!r}")
        arguments = [self.comparison()]
        while self.next_is(","):
            self.take()
            arguments.append(self.comparison())
        self.take(")")
        return FUNCTIONS[name](*arguments)

    def einsum(self) -> Array:
        """Sum over what is not on the right; a letter twice on the right is a diagonal."""
        inputs = [self.take() if self.tokens[self.place][0] == "name" else ""]
        while self.next_is(","):
            self.take()
            inputs.append(self.take())
        self.take("->")
        out = self.take() if self.tokens[self.place][0] == "name" else ""
        operands: list[Array] = []
        while self.next_is(","):
            self.take()
            value = self.comparison()
            wanted = inputs[len(operands)]
            operands.append(value.reshape([length for length in value.shape if length != 1]) if len(wanted) < 3 else value)
        self.take(")")
        fresh = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        lengths = {
            letter: length for word, array in zip(inputs, operands, strict=True) for letter, length in zip(word, array.shape, strict=True)
        }
        result = ""
        for letter in out:
            if letter in result:
                other = next(fresh)
                inputs.append(letter + other)
                operands.append(np.eye(lengths[letter]))
                letter = other
            result += letter
        value = np.asarray(np.einsum(f"{','.join(inputs)}->{result}", *operands, optimize=len(operands) > 3))
        return value if value.ndim > 2 else as_matrix(value)

    def literal(self) -> Array:
        rows: list[list[float]] = [[]]
        while True:
            entry = self.comparison()
            if not is_scalar(entry):
                raise Meaningless("an entry of a literal is no scalar")
            rows[-1].append(entry.item())
            symbol = self.take()
            if symbol == "]":
                break
            if symbol == ";":
                rows.append([])
            elif symbol != ",":
                raise Meaningless(f"{symbol!r} in a literal")
        if len({len(row) for row in rows}) > 1:
            raise Meaningless("rows of different lengths")
        return np.array(rows[0])[:, None] if len(rows) == 1 else np.array(rows)
