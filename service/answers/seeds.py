"""Seeds of sweeps: the direction that a forward pass goes along, the weights that a reverse pass starts with; and all passes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from service.answers.points import read_array
from service.answers.targets import Targets
from service.errors import InputError, NablaError
from service.expression.operation import Array
from service.expression.shapes import Shape, axes
from service.teaching.sweeps import Sweep

_PLACE = re.compile(r"(\w+)\[(\d+)(?:,\s*(\d+))?\]")


class Seeds:
    """The passes of a full derivative of a function of this shape: `inputs` forward, `outputs` in reverse."""

    def __init__(self, sweep: Sweep, targets: Targets, shape: Shape) -> None:
        self.sweep = sweep
        self.shape = shape
        self.lengths = tuple([int(size) for size in axes(shape)]) if len(sweep.graph.ends) > 1 else ()
        self.targets = targets
        self.names = targets.names
        self.ends = list(sweep.graph.ends)
        self.inputs = sum(np.size(sweep.values[name]) for name in self.names)
        self.outputs = sum(np.size(sweep.values[name]) for name in self.ends)

    def arranged(self, values: Mapping[str, Array]) -> Array:
        """The values of the outputs as that of the function."""
        parts = [values[name] for name in self.ends]
        return np.asarray(parts[0]) if len(parts) == 1 else np.array(parts).reshape(self.lengths)

    def full(self, mode: str) -> tuple[dict[str, Array], float]:
        """The derivative by each variable, with the axes of the function, then those of the variable, by all passes of a mode;
        and the largest term that was added up on the way."""
        lengths = np.shape(self.arranged(self.sweep.values))
        found = {name: np.zeros((self.outputs, np.size(self.sweep.values[name]))) for name in self.names}
        largest = 0.0
        if mode == "forward":
            for name, place, directions in self._units(self.names):
                dots = self.sweep.forward(directions)
                largest = max(largest, *[float(np.max(np.abs(dot), initial=0)) for dot in dots.values()])
                found[name][:, place] = np.reshape(self.arranged(dots), -1)
        else:
            for row, (_, _, weights) in enumerate(self._units(self.ends)):
                bars, steps = self.sweep.reverse(weights)
                largest = max(
                    [largest, *[float(np.max(np.abs(got["value"]), initial=0)) for step in steps for got in step["contributions"]]]
                )
                for name in self.names:
                    found[name][row] = np.reshape(bars[name], -1)
        return {name: table.reshape(lengths + np.shape(self.sweep.values[name])) for name, table in found.items()}, largest

    def _units(self, names: list[str]) -> Iterator[tuple[str, int, dict[str, Array]]]:
        for name in names:
            shape = np.shape(self.sweep.values[name])
            for place in range(np.size(self.sweep.values[name])):
                unit = np.zeros(int(np.prod(shape)))
                unit[place] = 1
                yield name, place, {name: unit.reshape(shape)}

    def shown(self, full: Mapping[str, Array]) -> Any:
        """Scalars side by side as one array, one variable as it is, several by name."""
        if self.targets.side_by_side:
            return np.stack([full[name] for name in self.names], axis=-1)
        return full[self.names[0]] if len(self.names) == 1 else {name: full[name] for name in self.names}

    def along(self, derivative: Any, directions: Mapping[str, Array]) -> Array:
        """A full derivative, as `shown` gives it, along directions."""
        parts = self._by_name(derivative)
        return np.asarray(sum(np.tensordot(parts[name], directions[name], np.ndim(directions[name])) for name in directions))

    def weighed(self, derivative: Any, weights: Mapping[str, Array]) -> dict[str, Array]:
        """A full derivative contracted with weights of the outputs, by variable."""
        outer = np.array([weights.get(name, np.zeros(np.shape(self.sweep.values[name]))) for name in self.ends])
        outer = outer[0] if len(self.ends) == 1 else outer.reshape(self.lengths)
        return {name: np.tensordot(outer, part, outer.ndim) for name, part in self._by_name(derivative).items()}

    def _by_name(self, derivative: Any) -> dict[str, Array]:
        lengths = np.shape(self.arranged(self.sweep.values))
        if self.targets.side_by_side:
            table = np.reshape(derivative, (*lengths, len(self.names)))
            return {name: table[..., place] for place, name in enumerate(self.names)}
        found = derivative if isinstance(derivative, Mapping) else {self.names[0]: derivative}
        return {name: np.reshape(found[name], lengths + np.shape(self.sweep.values[name])) for name in self.names}


def read_direction(seed: object, sweep: Sweep, targets: Targets) -> dict[str, Array]:
    """The direction of a forward pass: a name, an entry "x[2]" (from 1), or names to values; left out, the first input.

    Raises InputError, and what reading an array raises.
    """
    values = {name: sweep.values[name] for name in targets.names}
    if seed is None:
        (first, value), *_ = values.items()
        unit = np.zeros(np.size(value))
        unit[0] = 1
        seed = {first: unit.reshape(np.shape(value)).tolist()}
    if isinstance(seed, str):
        seed = _unit(seed, values)
    if not isinstance(seed, Mapping):
        raise InputError(
            "the seed of a forward pass is a name, or a direction: names to values",
            hint=f'"seed": "{targets.names[0]}", or "seed": {{"{targets.names[0]}": 1}}',
            pointer="/seed",
        )
    for name in seed:
        if name not in values:
            raise InputError(f"{name} is not differentiated by", hint=f"the variables are {', '.join(values)}", pointer=f"/seed/{name}")
    return {
        name: _fitting(seed[name], value, f"/seed/{name}", name) if name in seed else np.zeros(np.shape(value))
        for name, value in values.items()
    }


def _unit(text: str, values: Mapping[str, Array]) -> dict[str, Any]:
    """A scalar by its name, or an entry of an array by name and place."""
    match = _PLACE.fullmatch(text)
    name, places = (match[1], [int(place) for place in match.groups()[1:] if place]) if match else (text, [])
    if name not in values:
        raise InputError(f"{text[:40]} is not differentiated by", hint=f"the variables are {', '.join(values)}", pointer="/seed")
    shape = np.shape(values[name])
    if len(places) != len(shape) or any(not 1 <= place <= length for place, length in zip(places, shape, strict=True)):
        entry = ",".join("1" * len(shape))
        raise InputError(
            f"{name} has {np.size(values[name])} entries: the seed is one of them, or a direction" if shape else f"{name} is a scalar",
            hint=f'"seed": "{name}[{entry}]"' if shape else f'"seed": "{name}"',
            pointer="/seed",
        )
    unit = np.zeros(shape)
    unit[tuple([place - 1 for place in places])] = 1
    return {name: unit.tolist()}


def read_weights(seed: object, sweep: Sweep, function: Shape) -> dict[str, Array]:
    """The weights of the outputs that a reverse pass starts with: in the shape of the function, or the name of an output; left
    out, 1 for the first and 0 for all others. Raises InputError."""
    ends = {part.name: sweep.values[part.name] for part in sweep.graph.outputs}
    count = sum(np.size(value) for value in ends.values())
    if isinstance(seed, str) or seed is None:
        if isinstance(seed, str) and seed not in ends:
            raise InputError(f"{seed[:40]} is not an output", hint=f"the outputs are {', '.join(ends)}", pointer="/seed")
        flat = np.zeros(count)
        flat[list(ends).index(seed) if seed is not None else 0] = 1
        if isinstance(seed, str) and np.ndim(ends[seed]):
            raise InputError(f"{seed} is an array: a weight is needed for each of its entries", hint='"seed": [1, 0]', pointer="/seed")
    else:
        shape = axes(function) if len(ends) > 1 else np.shape(next(iter(ends.values())))
        flat = np.reshape(_fitting(seed, np.zeros(shape), "/seed", "the function"), -1)
    found, start = {}, 0
    for name, value in ends.items():
        found[name] = flat[start : start + np.size(value)].reshape(np.shape(value))
        start += np.size(value)
    return found


def _fitting(given: object, like: Array, pointer: str, name: str) -> Array:
    """An array in the shape of another one."""
    try:
        array = read_array(given)
    except NablaError as error:
        raise error.at(pointer) from None
    if array.size != np.size(like) or [length for length in array.shape if length != 1] != [n for n in np.shape(like) if n != 1]:
        raise InputError(f"the seed has the shape {list(array.shape)}, and {name} {list(np.shape(like)) or 'is a scalar'}", pointer=pointer)
    return array.reshape(np.shape(like))
