"""Values of told lines, by an evaluator that shares nothing with the service: tests/oracle.py, and differences for d(...).

`Plain` reads lines in matrix notation (d(f), d/dx(f), and dX as a name), `Entries` lines written with indices.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests import oracle
from tests.oracle import Array

STEP = 1e-3
_DERIVATIVE = re.compile(r"(?<!\w)d(?:/d(\w+))?\(")


def closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` closes."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[position], 0)
        if depth == 0:
            return position
    raise AssertionError(f"no closing bracket in {text}")


def difference(function: Callable[[Mapping[str, Any]], Array], values: Mapping[str, Any], moves: Mapping[str, Any]) -> Array:
    """The derivative along a direction, by Richardson's extrapolation of central differences."""

    def central(h: float) -> Array:
        there, back = ({**values, **{name: values[name] + sign * move for name, move in moves.items()}} for sign in (h, -h))
        return (function(there) - function(back)) / (2 * h)

    return np.asarray((4 * central(STEP / 2) - central(STEP)) / 3)


# --- matrix notation ------------------------------------------------------------------------------------------------


def plain(line: str, values: Mapping[str, Any]) -> Array:
    """The value of a line; `values` holds dX for each X, and dA_dx for what depends on a scalar x."""
    known = dict(values)
    while match := _DERIVATIVE.search(line):
        end = closing(line, match.end() - 1)
        inside = line[match.end() : end]
        name = f"D{len(known)}"
        known[name] = difference(lambda point, text=inside: _matrix(text, point), known, _moves(match[1], values))  # type: ignore[misc]
        line = f"{line[: match.start()]}{name}{line[end + 1 :]}"
    return oracle.evaluate(line, known)


def _matrix(text: str, values: Mapping[str, Any]) -> Array:
    """The value with both axes, so that a row stays a row."""
    return oracle.evaluate(text, values).reshape(oracle.shape(text, values))


def _moves(by: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    if by is None:
        return {name[1:]: value for name, value in values.items() if name.startswith("d") and name[1:] in values}
    rates = {name: match[1] for name in values if (match := re.fullmatch(rf"d(\w+)_d{by}", name))}
    return {by: 1.0, **{array: values[rate] for rate, array in rates.items()}}


# --- index notation -------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<derivative>d/d\w+)|(?P<name>[^\W\d]\w*)|(?P<symbol>==|[-+*/^()]))")

Environment = Mapping[str, int]
Value = Callable[[Environment, Mapping[str, Any]], float]


class Entries:
    """A line written with indices, ready to be evaluated; `sizes` are those of its letters."""

    def __init__(self, line: str, values: Mapping[str, Any]) -> None:
        self.line, self.values, self.position = line, values, 0
        self.sizes: dict[str, int] = {}
        self.bound: set[str] = set()
        self.letters: set[str] = set()
        self.tied: list[str] = []
        self.value = self._sum()
        assert self.position == len(line), line[self.position :]

    @property
    def free(self) -> set[str]:
        return self.letters - self.bound

    def learn(self, sizes: Mapping[str, int]) -> None:
        """Sizes from elsewhere; what a delta ties together is of one size."""
        self.sizes = {**sizes, **self.sizes}
        for _ in self.tied:
            for pair in self.tied:
                for label, other in (pair, pair[::-1]):
                    if label in self.sizes and other.isalpha():
                        self.sizes.setdefault(other, self.sizes[label])

    def table(self, letters: str) -> Array:
        """The values for all choices of these letters."""
        lengths = [self.sizes[letter] for letter in letters]
        places = itertools.product(*[range(length) for length in lengths])
        flat = [self.value(dict(zip(letters, place, strict=True)), self.values) for place in places]
        return np.array(flat).reshape(lengths)

    def _next(self, *wanted: str) -> str | None:
        match = _TOKEN.match(self.line, self.position)
        if match is None or (match["symbol"] or match["name"] or match["derivative"]) not in wanted:
            return None
        self.position = match.end()
        return match["symbol"] or match["name"]

    def _sum(self) -> Value:
        left = self._term()
        while sign := self._next("+", "-", "=="):
            left = self._joined(sign, left, self._term())
        return left

    def _term(self) -> Value:
        if self._next("-"):
            inside = self._term()
            return lambda where, values: -inside(where, values)
        left = self._power()
        while sign := self._next("*", "/"):
            left = self._joined(sign, left, self._power())
        return left

    @staticmethod
    def _joined(sign: str, left: Value, right: Value) -> Value:
        operators: dict[str, Callable[[float, float], float]] = {
            "+": lambda a, b: a + b,
            "-": lambda a, b: a - b,
            "*": lambda a, b: a * b,
            "/": lambda a, b: a / b,
            "==": lambda a, b: float(abs(a - b) < 1e-12),
        }
        return lambda where, values: operators[sign](left(where, values), right(where, values))

    def _power(self) -> Value:
        base = self._atom()
        if not self._next("^"):
            return base
        exponent = self._atom()
        return lambda where, values: base(where, values) ** exponent(where, values)

    def _atom(self) -> Value:
        match = _TOKEN.match(self.line, self.position)
        assert match is not None, self.line[self.position :]
        self.position = match.end()
        if match["number"]:
            number = float(match["number"])
            return lambda where, values: number
        if match["symbol"]:
            assert match["symbol"] == "("
            inside = self._sum()
            assert self._next(")")
            return inside
        return self._derivative(match["derivative"]) if match["derivative"] else self._named(match["name"])

    def _derivative(self, sign: str) -> Value:
        array, letters = sign.removeprefix("d/d").split("_")
        place = self._place(letters, np.squeeze(self.values[array]).shape)
        assert self._next("(")
        inside = self._sum()
        assert self._next(")")

        def value(where: Environment, values: Mapping[str, Any]) -> float:
            unit = np.zeros(np.shape(values[array]))
            np.squeeze(unit)[place(where)] = 1  # a view
            return float(difference(lambda point: np.asarray(inside(where, point)), values, {array: unit}))

        return value

    def _named(self, name: str) -> Value:
        if name.startswith("sum_"):
            return self._sum_over(name.removeprefix("sum_"))
        if name.startswith("delta_"):
            labels = name.removeprefix("delta_")
            self.tied.append(labels)
            left, right = (self._place(label, ()) for label in labels)
            return lambda where, values: float(left(where) == right(where))
        if self.line[self.position : self.position + 1] == "(":
            return self._call(name)
        base, _, letters = name.partition("_")
        if not letters:
            return lambda where, values: float(values[base])
        place = self._place(letters, np.squeeze(self.values[base]).shape)
        return lambda where, values: float(np.squeeze(values[base])[place(where)])

    def _call(self, name: str) -> Value:
        """A function of entries, of whole arrays, or an entry of such: tanh(x_i), logdet(X), inv(X)_ij."""
        start, end = self.position - len(name), closing(self.line, self.position)
        text = self.line[start : end + 1]
        subscript = re.compile(r"_(\w+)").match(self.line, end + 1)
        if subscript or not re.search(r"[^\W\d]_\w", text):
            self.position = subscript.end() if subscript else end + 1
            place = self._place(subscript[1], oracle.evaluate(text, self.values).shape) if subscript else lambda where: ()
            return lambda where, values: float(oracle.evaluate(text, values)[place(where)])
        assert self._next("(")
        inside = self._sum()
        assert self._next(")")
        return lambda where, values: oracle.FUNCTIONS[name](oracle.as_matrix(inside(where, values))).item()

    def _sum_over(self, letters: str) -> Value:
        self.bound.update(letters)
        self.letters.update(letters)
        body = self._term()

        def value(where: Environment, values: Mapping[str, Any]) -> float:
            choices = itertools.product(*[range(self.sizes[letter]) for letter in letters])
            return sum(body({**where, **dict(zip(letters, choice, strict=True))}, values) for choice in choices)

        return value

    def _place(self, labels: str, shape: tuple[int, ...]) -> Callable[[Environment], tuple[int, ...]]:
        """Where an entry stands; letters learn their sizes from the array. Digits are positions, from 1."""
        for label, length in zip(labels, shape, strict=False):
            if label.isalpha():
                self.sizes[label] = length
        self.letters.update(filter(str.isalpha, labels))
        return lambda where: tuple([where[label] if label.isalpha() else int(label) - 1 for label in labels])


def both(before: str, after: str, values: Mapping[str, Any], sizes: dict[str, int]) -> tuple[Array, Array]:
    """The values of two lines written with indices, for all choices of the indices that no sum runs over.

    `sizes` are those of the letters that earlier lines had; it learns.
    """
    lines = [Entries(line, values) for line in (before, after)]
    for line in (*lines, *lines):
        line.learn(sizes)
        sizes |= line.sizes
    letters = "".join(sorted(lines[0].free | lines[1].free))
    return lines[0].table(letters), lines[1].table(letters)


def entries(line: str, letters: str, shape: tuple[int, ...], values: Mapping[str, Any], sizes: dict[str, int]) -> Array:
    """The entries under these letters of a line written with indices, as an array of this shape."""
    read = Entries(line, values)
    sizes |= dict(zip(letters, shape, strict=True))
    read.learn(sizes)
    return read.table(letters)
