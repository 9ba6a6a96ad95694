"""Sizes and points at which expressions are compared: exact rationals, with the declared properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

import flint
import numpy as np

from service.calculus.tensor_values import lengths, parts
from service.expression.nodes import Node, in_order
from service.expression.operation import Array, operation
from service.expression.shapes import axes, split
from service.expression.tensors import Product, Sum, Tensor
from service.operations.leaves import Variable

SIZE = operation("size")
MOST_NUMBERS = 8
Entry = Callable[[Random], Fraction]


class Style(NamedTuple):
    """How the entries of a point are drawn. `dominant` gives square matrices a heavy diagonal (and so a logarithm and a
    root), `generic` points are such that a coincidence is no accident of the grid, `moderate` ones do not overflow."""

    entry: Entry
    dominant: bool = False
    generic: bool = True
    moderate: bool = True


def _chosen(*values: Fraction | int) -> Entry:
    return lambda random: Fraction(random.choice(values))


def _between(low: float, high: float) -> Entry:
    """A multiple of 2^-32, so that the double is the number itself."""
    return lambda random: Fraction(random.randrange(int(low * 2**32), int(high * 2**32)) | 1, 2**32)


def _any_scale(random: Random) -> Fraction:
    return Fraction(random.choice((-1, 1)) * round(10 ** random.uniform(-3, 4) * 2**32) | 1, 2**32)


READABLE = (
    Style(_chosen(-3, -2, -1, 1, 2, 3), generic=False),
    Style(_chosen(1, 2, 3, 4), generic=False),
    Style(_chosen(-3, -2, -1, 1, 2, 3), generic=False, dominant=True),
    Style(_chosen(*[Fraction(k, 4) for k in (-3, -2, -1, 1, 2, 3)]), generic=False),
    Style(_chosen(-1, 1), generic=False),
    Style(_chosen(0), generic=False),
)
"""Points that a person likes to see in a counterexample."""

GENERIC = (
    Style(_between(0.3, 1.7), dominant=True),
    Style(_between(-0.9, 0.9)),
    Style(_between(0.05, 0.95)),
    Style(_between(1.1, 2.4), dominant=True),
    Style(_between(-2, -0.2)),
    Style(_between(-6, 6)),
    Style(_any_scale, moderate=False),
)


def near_numbers(roots: Iterable[Tensor]) -> Style | None:
    """Points on both sides of the numbers that stand in the expressions, where pieces often meet; None where there are none."""
    found: set[Fraction] = set()
    for tensor in parts(roots):
        if isinstance(tensor, Product):
            found.add(abs(Fraction(tensor.coefficient)))
        elif isinstance(tensor, Sum):
            found.update(abs(Fraction(coefficient)) for coefficient, _ in tensor.terms)
    numbers = sorted(value for value in found if 1e-9 < value < 1e15)[:MOST_NUMBERS]
    if not numbers:
        return None
    return Style(
        lambda random: random.choice((-1, 1)) * random.choice(numbers) * Fraction(random.randrange(2**19, 2**21) | 1, 2**20), moderate=False
    )


def variables_of(roots: Iterable[Node]) -> dict[str, Variable]:
    """The variables that occur, in order of creation."""
    return {node.parameter.name: node.parameter for node in in_order(roots) if isinstance(node.parameter, Variable)}


def letters_of(roots: Iterable[Node]) -> list[str]:
    """The letters of the sizes that occur, in shapes and as numbers, in alphabetical order."""
    order = in_order(roots)
    sizes = [size for node in order for size in node.shape] + [node.parameter for node in order if node.operation is SIZE]
    return sorted({letter for size in sizes for letter in split(size)[1]})


def draw_sizes(letters: Sequence[str], attempt: int) -> dict[str, int]:
    """Distinct whole numbers for distinct letters, other ones at each attempt; every fourth time larger ones."""
    start = 5 if attempt % 4 == 3 else 2
    return {letter: start + (place + attempt) % max(len(letters), 3) for place, letter in enumerate(letters)}


def draw_point(variables: Iterable[Variable], sizes: Mapping[str, int], style: Style, random: Random) -> dict[str, Array]:
    """A value for each variable: an array of Fractions with the axes of the variable."""
    point = {}
    for variable in variables:
        shape = lengths(axes(variable.shape), sizes)
        entries = np.frompyfunc(lambda _: style.entry(random), 1, 1)(np.empty(shape))
        square = len(shape) == 2 and shape[0] == shape[1]
        if square and style.dominant:
            heaviest = max([abs(entry) for entry in entries.flat])
            entries = entries + (1 + int(heaviest)) * shape[0] * np.eye(shape[0], dtype=int).astype(object)
        if square and "spd" in variable.properties:
            entries = entries @ entries.T + np.eye(shape[0], dtype=int).astype(object)
        elif square:
            entries = with_properties(entries, variable.properties, _inverse, bool(random.getrandbits(1)))
        point[variable.name] = np.asarray(entries, dtype=object)
    return point


def with_properties(entries: Array, properties: frozenset[str], inverse: Callable[[Array], Array], reflected: bool) -> Array:
    """A square matrix made of the entries that has the properties, in any arithmetic.

    Orthogonal ones by Cayley's transform (I - K)·inv(I + K) of a skew K: every rotation without the eigenvalue -1;
    `reflected` turns one row round, for the others.
    """
    identity = np.eye(len(entries), dtype=int).astype(object)
    if "diagonal" in properties:
        return np.asarray(entries * identity)
    above = np.triu(entries, 1)
    if "symmetric" in properties:
        return np.asarray(entries * identity + above + above.T)
    if "orthogonal" in properties:
        skew = above - above.T
        rotation = (identity - skew) @ inverse(identity + skew)
        if reflected:
            rotation[0] = -rotation[0]
        return np.asarray(rotation)
    return entries


def _inverse(matrix: Array) -> Array:
    """The inverse of a matrix of Fractions."""
    exact = flint.fmpq_mat([[flint.fmpq(entry.numerator, entry.denominator) for entry in row] for row in matrix])
    rows: list[list[Any]] = exact.inv().tolist()
    return np.array([[Fraction(int(entry.p), int(entry.q)) for entry in row] for row in rows], dtype=object)


def as_doubles(point: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.asarray(value, dtype=float) for name, value in point.items()}
