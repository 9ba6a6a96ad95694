"""Samples and laws at random points: parsed texts, sizes for their letters, values for their variables."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from service.calculus.evaluate import Evaluator
from service.expression.nodes import Node
from service.expression.shapes import axes, split
from service.language import declare, parse_together
from service.operations.leaves import Variable

Array = np.ndarray[Any, Any]
SIZES = {"m": 4, "n": 3, "p": 2, "q": 5}
ALL_ONE = dict.fromkeys(SIZES, 1)


class Drawn(NamedTuple):
    """Expressions over the same variables, and a point."""

    nodes: list[Node]
    variables: dict[str, Variable]
    point: dict[str, Array]
    sizes: Mapping[str, int]

    def values(self) -> list[Array]:
        return [Evaluator(node, self.sizes)(self.point) for node in self.nodes]


def draw(texts: Sequence[str], declared: Mapping[str, Any], domain: tuple[float, float], sizes: Mapping[str, int] = SIZES) -> Drawn:
    """The expressions at a point that depends on nothing but them and the sizes."""
    declarations = declare(declared)
    nodes = list(parse_together({f"/{place}": text for place, text in enumerate(texts)}, declarations).values())
    variables: dict[str, Variable] = {}
    seen = set(nodes)
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node.parameter, Variable):
            variables[node.parameter.name] = node.parameter
        stack += [argument for argument in node.arguments if argument not in seen]
        seen.update(node.arguments)
    random = np.random.default_rng(zlib.crc32(repr((texts, sorted(declared.items()))).encode()))
    return Drawn(nodes, variables, {name: _value(variables[name], domain, sizes, random) for name in sorted(variables)}, sizes)


def _value(variable: Variable, domain: tuple[float, float], sizes: Mapping[str, int], random: np.random.Generator) -> Array:
    """A value with the declared properties; square matrices get a heavy diagonal, so that they have an inverse."""
    lengths = []
    for size in axes(variable.shape):
        coefficient, letters = split(size)
        lengths.append(coefficient * math.prod([sizes[letter] for letter in letters]))
    lengths = [length for length in lengths if length != 1]
    value = np.asarray(random.uniform(*domain, lengths))
    if len(lengths) == 2 and lengths[0] == lengths[1]:
        if "spd" in variable.properties:
            return np.asarray(value @ value.T + np.eye(lengths[0]))
        value = value + np.diag(np.arange(lengths[0]) + 1.5)
        if "symmetric" in variable.properties:
            return np.asarray(value + value.T)
    return value
