"""The unknowns of a request as one column of numbers: arrays entry by entry, of symmetric ones the free entries."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service.answers.newton import free_entries
from service.calculus.tensor_values import lengths
from service.expression.operation import Array
from service.expression.shapes import axes
from service.operations.leaves import Variable


class Unknowns:
    """Variables at known sizes, and the way between their arrays and one column z. Entries may be doubles, balls or exact."""

    def __init__(self, variables: Sequence[Variable], sizes: Mapping[str, int]) -> None:
        self.variables = tuple(variables)
        self.shapes = [lengths(axes(declared.shape), sizes) for declared in variables]
        self.frees = [free_entries(declared, shape) for declared, shape in zip(variables, self.shapes, strict=True)]
        self.counts = [
            int(np.prod(shape, dtype=int)) if free is None else free.shape[1] for shape, free in zip(self.shapes, self.frees, strict=True)
        ]
        self.count = sum(self.counts)

    @property
    def names(self) -> list[str]:
        """What the entries of the column are called: x, v[1], A[1,2]."""
        found = []
        for declared, shape, free in zip(self.variables, self.shapes, self.frees, strict=True):
            for place in itertools.product(*[range(length) for length in shape]):
                if free is None or free.reshape(*shape, -1)[place].any():
                    counted = ",".join(str(index + 1) for index in place)
                    if free is None or len(place) < 2 or place[0] <= place[1]:
                        found.append(f"{declared.name}[{counted}]" if place else declared.name)
        return found

    def arrays(self, column: Array) -> dict[str, Array]:
        """The arrays of the variables, by name."""
        found, start = {}, 0
        for declared, shape, free, count in zip(self.variables, self.shapes, self.frees, self.counts, strict=True):
            part = column[start : start + count]
            start += count
            whole = part if free is None else free.astype(int).astype(part.dtype if part.dtype != object else object) @ part
            found[declared.name] = np.reshape(whole, shape)
        return found

    def column(self, point: Mapping[str, Array]) -> Array:
        """The column of arrays of the variables' shapes."""
        parts = []
        for declared, shape, free in zip(self.variables, self.shapes, self.frees, strict=True):
            flat = np.reshape(point[declared.name], -1)
            if free is not None:
                rows, columns = np.triu_indices(shape[0])
                kept = (rows == columns) | ("diagonal" not in declared.properties)
                flat = np.reshape(flat, shape)[rows[kept], columns[kept]]
            parts.append(flat)
        return np.concatenate(parts)

    def by_column(self, parts: Sequence[Array], leading: int) -> Array:
        """Derivatives by each variable, the function's entries first, as one matrix with a column for each unknown."""
        flat = []
        for part, free in zip(parts, self.frees, strict=True):
            matrix = np.reshape(part, (leading, -1))
            flat.append(matrix if free is None else matrix @ free.astype(int))
        return np.concatenate(flat, axis=1)

    def to_json(self, column: Sequence[Any] | Array) -> dict[str, Any]:
        """The variables by name, as numbers, texts, or nested lists of them."""
        given = np.empty(self.count, dtype=object)
        given[:] = [entry.item() if isinstance(entry, np.generic) else entry for entry in column]
        found: dict[str, Any] = {}
        start = 0
        for declared, shape, free, count in zip(self.variables, self.shapes, self.frees, self.counts, strict=True):
            part = given[start : start + count]
            start += count
            if free is not None:
                chosen = [np.flatnonzero(row) for row in free]
                whole = np.empty(len(free), dtype=object)
                whole[:] = [part[places[0]] if len(places) else 0 for places in chosen]
                part = whole
            found[declared.name] = np.reshape(part, shape).tolist() if shape else part[0]
        return found
