"""A function of one or two coordinates: those of what it is differentiated by, everything else held at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.calculus.evaluate import Evaluator, Point, letters_of, reshaped, sizes_at
from service.errors import InputError
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import Size, axes
from service.operations.leaves import Variable

Floats = NDArray[np.float64]
LARGEST_END = 1e12
ENTRIES_A_STEP = 50  # so many entries of an array cost about what a scalar costs


@dataclass(frozen=True)
class Section:
    """Expressions over the coordinates called `names`: x, or x[1]. `centre` is where the point holds them, None where it does not."""

    names: tuple[str, ...]
    evaluator: Evaluator
    point: Point
    slots: tuple[tuple[str, int | None], ...]
    """Each coordinate's variable, and its place in that where it is a vector."""
    centre: tuple[float, ...] | None
    shown: tuple[tuple[float, float] | None, ...] = ()
    """The range of each coordinate that a picture is asked to show; None where it may choose."""

    def showing(self, window: Mapping[str, Sequence[float]] | None) -> Section:
        """With ranges by the names of coordinates or of their variables. Raises InputError."""
        known = {*self.names, *[name for name, _ in self.slots]}
        for name, ends in (window or {}).items():
            if name not in known:
                raise InputError(f"{name} is no coordinate of the picture", f"they are {', '.join(self.names)}", f"/window/{name}")
            if None in ends or not -LARGEST_END <= ends[0] < ends[1] <= LARGEST_END:
                raise InputError("a range goes from a smaller number to a larger one", "such as [-1, 1]", f"/window/{name}")
        if not window:
            return self
        pairs = [window.get(name, window.get(variable)) for name, (variable, _) in zip(self.names, self.slots, strict=True)]
        return replace(self, shown=tuple([None if pair is None else (float(pair[0]), float(pair[1])) for pair in pairs]))

    def at(self, *coordinates: float) -> list[Array]:
        """The values of the expressions, flat; not finite where one is undefined."""
        point = {**self.point}
        for (name, place), value in zip(self.slots, coordinates, strict=True):
            if place is None:
                point[name] = np.asarray(value)
            else:
                point[name] = point[name].copy()
                point[name][place] = value
        return [np.ravel(value) for value in self.evaluator.values(point)]

    def check_work(self, points: int) -> None:
        """Raises LimitExceeded where values at so many points are too much work."""
        sizes = [int(np.prod([size for size in node.shape if isinstance(size, int)])) for node, _ in self.evaluator.steps]
        limits.check("picture-work", points * sum(1 + size // ENTRIES_A_STEP for size in sizes), "/expression")


def section(
    nodes: Sequence[Node], by: Sequence[Variable], variables: Mapping[str, Variable], point: Point | None, count: int
) -> Section | None:
    """The expressions as functions of the entries of the variables `by`; None where these are not `count` scalars or entries of
    vectors, or something else has no value at the point. Raises ShapeMismatch."""
    given = point or {}
    sizes: dict[str, Size] = sizes_at(variables, given)
    if any(letter not in sizes for letter in letters_of([*nodes])):
        return None
    held = dict(reshaped(variables, given, sizes))
    slots: list[tuple[str, int | None]] = []
    for declared in by:
        lengths = [size if isinstance(size, int) else sizes.get(size) for size in axes(declared.shape)]
        entries = [length for length in lengths if length != 1]
        if not entries:
            slots.append((declared.name, None))
        elif len(entries) == 1 and isinstance(entries[0], int) and entries[0] <= count:
            slots += [(declared.name, place) for place in range(entries[0])]
            held.setdefault(declared.name, np.zeros(entries[0]))
        else:
            return None
    if len(slots) != count:
        return None
    evaluator = Evaluator(nodes[0], sizes, nodes[1:])
    moving = {name for name, _ in slots}
    needed = {node.parameter.name for node, _ in evaluator.steps if isinstance(node.parameter, Variable)}
    if needed - moving - held.keys():
        return None
    names = tuple(name if place is None else f"{name}[{place + 1}]" for name, place in slots)
    known = all(name in given for name, _ in slots)
    centre = tuple(float(held[name] if place is None else held[name][place]) for name, place in slots) if known else None
    return Section(names, evaluator, held, tuple(slots), centre)
