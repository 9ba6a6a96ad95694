"""Values of tensors by np.einsum, written from the definitions in tensors.py and nothing else: an oracle for the tests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from service.expression.shapes import Axes, split
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor

Array = np.ndarray[Any, Any]


class TensorValues:
    """`variables` are arrays by name, `sizes` whole numbers by letter. Shared parts are computed once."""

    def __init__(self, variables: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
        self.variables = variables
        self.sizes = sizes
        self.known: dict[Tensor, Array] = {}

    def __call__(self, tensor: Tensor) -> Array:
        if tensor not in self.known:
            value = np.asarray(self._value(tensor), dtype=float)
            assert value.shape == self.lengths(tensor.shape), f"a tensor of shape {tensor.shape} has a value of shape {value.shape}"
            self.known[tensor] = value
        return self.known[tensor]

    def lengths(self, shape: Axes) -> tuple[int, ...]:
        lengths = []
        for size in shape:
            coefficient, letters = split(size)
            lengths.append(math.prod([self.sizes[letter] for letter in letters], start=coefficient))
        return tuple(lengths)

    def _value(self, tensor: Tensor) -> Any:
        if isinstance(tensor, Leaf):
            return self._leaf(tensor)
        if isinstance(tensor, Sum):
            return sum(float(coefficient) * self(term) for coefficient, term in tensor.terms)
        if isinstance(tensor, Power):
            exponent = self(tensor.exponent) if isinstance(tensor.exponent, Tensor) else float(tensor.exponent)
            return np.power(self(tensor.base), exponent)
        if isinstance(tensor, Product):
            return self._product(tensor)
        assert isinstance(tensor, Apply)
        return tensor.operation.value(self.node_like(tensor), *[self(argument) for argument in tensor.arguments])

    def node_like(self, tensor: Apply) -> Any:
        """What an operation wants to know of its node: shapes. One axis is a column."""
        shapes = [(*self.lengths(part.shape), 1, 1)[:2] for part in (tensor, *tensor.arguments)]
        return SimpleNamespace(shape=shapes[0], arguments=[SimpleNamespace(shape=shape) for shape in shapes[1:]], parameter=None)

    def _leaf(self, tensor: Leaf) -> Any:
        if tensor.kind == "variable":
            return self.variables[tensor.name]
        if tensor.kind == "constant":
            return {"pi": math.pi, "e": math.e}[tensor.name]
        if tensor.kind == "size":
            return self.sizes[tensor.name]
        if tensor.kind == "unit":
            return np.arange(self.lengths(tensor.shape)[0]) == tensor.name
        assert tensor.kind == "pairing"
        pairs, rows, columns = self.lengths(tensor.shape)
        value = np.zeros((pairs, rows, columns))
        for i in range(rows):
            for j in range(columns):
                value[i + rows * j, i, j] = 1
        return value

    def _product(self, tensor: Product) -> Any:
        """A label twice in `out` becomes two labels with an identity between them; one that no factor carries, ones."""
        lengths = self.lengths(tensor.sizes)
        operands: list[tuple[Array, list[int]]] = [(self(factor), list(labels)) for factor, labels in tensor.factors]
        operands += [(np.ones(length), [label]) for label, length in enumerate(lengths)]
        out: list[int] = []
        for label in tensor.out:
            if label in out:
                fresh = len(lengths) + len(out)
                operands.append((np.eye(lengths[label]), [label, fresh]))
                label = fresh
            out.append(label)
        flat: list[Any] = [part for operand in operands for part in operand]
        if not flat:
            return float(tensor.coefficient)
        return float(tensor.coefficient) * np.einsum(*flat, out, optimize=len(operands) > 4)
