"""Points: the numbers, arrays and exact texts that a request gives for the names of an expression."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Any

import numpy as np

from service import limits
from service.calculus.evaluate import Evaluator, Point, value_at
from service.errors import InputError, MathematicsRefuses, MatrixFormatError, NablaError
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import axes
from service.language import parse_number
from service.operations.leaves import Variable

SYMMETRY_TOLERANCE = 1e-12
ORTHOGONALITY_TOLERANCE = 1e-8


def read_points(at: object, variables: Mapping[str, Variable], letters: Collection[str] = ()) -> list[Point]:
    """The points of `at`: one map of names to values, or a list of them. `letters` are sizes, which may have a value too.

    Raises MatrixFormatError (with a pointer), InputError (a name that is not in the expression), LimitExceeded.
    """
    if isinstance(at, list):
        limits.check("points", len(at), "/at")
        return [_read_point(point, variables, f"/at/{place}", letters) for place, point in enumerate(at)]
    return [_read_point(at, variables, "/at", letters)]


def spread(at: object, variables: Mapping[str, Variable]) -> object:
    """A point whose values stack those of several points along a first axis of their own, as the list of these points.

    Values that do not are the same at all of them. Anything else is left as it is. Raises InputError where the numbers differ.
    """
    if not isinstance(at, Mapping):
        return at
    stacked = {name: value for name, value in at.items() if name in variables and _is_stack(value, variables[name])}
    if not stacked:
        return at
    first, *others = stacked
    number = len(stacked[first])
    limits.check("points", number, "/at")
    for name in others:
        if len(stacked[name]) != number:
            raise InputError(
                f"{first} has values for {number} points, {name} for {len(stacked[name])}",
                hint="stacked arrays have one value for each point, along their first axis",
                pointer=f"/at/{name}",
            )
    return [{name: value[place] if name in stacked else value for name, value in at.items()} for place in range(number)]


def _is_stack(value: object, variable: Variable) -> bool:
    """Whether an array has one axis more than its variable; an n×1 or 1×n array is a vector, and [2] a scalar."""
    depth, inner = 0, value
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    if not isinstance(value, list) or depth != len(axes(variable.shape)) + 1:
        return False
    return depth == 3 or (len(value) > 1 and (depth == 1 or any(isinstance(row, list) and len(row) != 1 for row in value)))


def _read_point(at: object, variables: Mapping[str, Variable], pointer: str, letters: Collection[str]) -> Point:
    if not isinstance(at, Mapping):
        raise InputError("a point maps names to values", hint='"at": {"x": 1, "y": [1, 2]}', pointer=pointer)
    point: dict[str, Array] = {}
    for name, value in at.items():
        if name not in variables and name not in letters:
            near = difflib.get_close_matches(name, variables, n=1)
            raise InputError(
                f"the point gives a value for {name}, which is not a variable of the expression",
                hint=f"did you mean {near[0]}?" if near else f"the variables are {', '.join(variables) or 'none'}",
                pointer=f"{pointer}/{name}",
            )
        try:
            point[name] = read_array(value)
        except NablaError as error:
            raise error.at(f"{pointer}/{name}") from None
        if name in variables:
            check_properties(variables[name], point[name], f"{pointer}/{name}")
    return point


def read_array(value: object) -> Array:
    """A number, an exact text ("pi/2", "3/5") or a list of them, or a list of equally long lists, as doubles.

    Raises MatrixFormatError with a pointer relative to the value.
    """
    if not isinstance(value, list):
        return np.asarray(_read_entry(value))
    if value and all(isinstance(row, list) for row in value):
        if len({len(row) for row in value}) > 1 or not value[0]:
            place = next((place for place, row in enumerate(value) if len(row) != len(value[0]) or not row), 0)
            raise MatrixFormatError(f"row {place + 1} has {len(value[place])} entries where row 1 has {len(value[0])}", pointer=f"/{place}")
        flat, shape = list(chain.from_iterable(value)), (len(value), len(value[0]))
    else:
        flat, shape = value, (len(value),)  # type: ignore[assignment]
    if not flat:
        raise MatrixFormatError("an array has at least one entry")
    limits.check("matrix-entries", len(flat))
    if not set(map(type, flat)) <= {int, float}:
        flat = [
            _entry_at(entry, f"/{place // shape[1]}/{place % shape[1]}" if len(shape) == 2 else f"/{place}")
            for place, entry in enumerate(flat)
        ]
    try:
        array = np.array(flat, dtype=float).reshape(shape)
    except OverflowError:
        raise MatrixFormatError("an entry is too large for a double") from None
    if not np.all(np.isfinite(array)):
        raise MatrixFormatError("an entry is not finite")
    return array


def _entry_at(value: object, pointer: str) -> float:
    try:
        return _read_entry(value)
    except NablaError as error:
        raise error.at(pointer) from None


def _read_entry(value: object) -> float:
    if isinstance(value, str):
        number = float(Evaluator(parse_number(value), {})({}))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
    else:
        kind = {bool: "a boolean", type(None): "null", dict: "an object", list: "a list"}.get(type(value), "no number")
        raise MatrixFormatError(f'a value is a number or an exact text such as "pi/2"; this is {kind}')
    if not np.isfinite(number):
        raise MatrixFormatError("a value is a finite number; this one is not")
    return number


def check_properties(variable: Variable, array: Array, pointer: str) -> None:
    """An answer that used a declared property holds only where the value has it; raises MathematicsRefuses."""
    array = array.reshape(1, 1) if array.size == 1 else array
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not variable.properties:
        return
    scale = float(np.max(np.abs(array)))
    broken = None
    if "symmetric" in variable.properties and float(np.max(np.abs(array - array.T))) > SYMMETRY_TOLERANCE * scale:
        broken = "symmetric"
    elif "diagonal" in variable.properties and float(np.max(np.abs(array - np.diag(np.diag(array))))) > 0:
        broken = "diagonal"
    elif "spd" in variable.properties and float(np.min(np.linalg.eigvalsh(array))) <= 0:
        broken = "positive definite"
    elif "orthogonal" in variable.properties and float(np.max(np.abs(array.T @ array - np.eye(len(array))))) > ORTHOGONALITY_TOLERANCE:
        broken = "orthogonal"
    if broken:
        article = "an" if broken == "orthogonal" else "a"
        raise MathematicsRefuses(
            f"{variable.name} is declared {broken}, but its value at the point is not",
            hint=f'declare it "matrix({variable.shape[0]},{variable.shape[1]})", or give {article} {broken} value',
            pointer=pointer,
        )


def values_at(node: Node, variables: Mapping[str, Variable], at: object, letters: Collection[str] = ()) -> Any:
    """The value at the point of `at`, or the list of values at its points."""
    points = read_points(at, variables, letters)
    values = [value_at(node, variables, point) for point in points]
    return values if isinstance(at, list) else values[0]
