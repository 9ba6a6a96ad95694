"""Reading a network: a list of layers as JSON objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service import limits
from service.errors import InputError, NablaError, ShapeMismatch
from service.learning.network import LAYERS, Affine, Convolution, Layer
from service.linalg.convolution import MODES, Mode
from service.linalg.matrices import read_matrix, read_vector
from service.linalg.matrix import Floats, Matrix, short

MEMBERS = {"affine": ("W", "b", "size", "bias"), "convolution": ("kernel", "b", "mode")}
LETTERS = ("n", "m", "k", "p", "q", "r", "s", "u", "v")
LARGEST_SIZE = 100
OTHER_NAMES = {"linear": "affine", "dense": "affine", "conv": "convolution"}


@dataclass(frozen=True)
class LayerSpec:
    """A layer as it was sent: with numbers, or an affine one with a size (a letter or a whole number) only. `at` is its pointer."""

    kind: str
    at: str
    arrays: dict[str, Matrix]
    mode: Mode = "valid"
    size: str | int | None = None
    bias: bool = True


def read_layers(value: Any) -> list[LayerSpec]:
    """Raises InputError (with a pointer), LimitExceeded, and what reading an array raises."""
    if not isinstance(value, list) or not value:
        raise InputError("a network is a list of layers", '[{"type": "affine", "W": [[1, 2]], "b": [0]}, {"type": "sigmoid"}]')
    limits.check("network-layers", len(value))
    return [_read(entry, f"/{place}") for place, entry in enumerate(value)]


def _read(entry: Any, at: str) -> LayerSpec:
    kinds = ", ".join(LAYERS)
    if isinstance(entry, str):
        entry = {"type": entry}
    if not isinstance(entry, dict):
        raise InputError("a layer is an object with a type", f"the types are {kinds}", at)
    kind = entry.get("type")
    kind = OTHER_NAMES.get(kind, kind) if isinstance(kind, str) else kind
    if not isinstance(kind, str) or kind not in LAYERS:
        what = f"{short(kind)} is no type of a layer" if "type" in entry else "a layer has a type"
        raise InputError(what, f"the types are {kinds}", f"{at}/type")
    allowed = MEMBERS.get(kind, ())
    for name in entry:
        if name != "type" and name not in allowed:
            mine = f"its members are type, {', '.join(allowed)}" if allowed else "it has no members but its type"
            raise InputError(f"{short(name)} is not a member of a layer {kind}", mine, at)
    arrays = {}
    for name, read in (("W", read_matrix), ("kernel", read_vector), ("b", read_vector)):
        if name in entry:
            arrays[name] = _array(entry[name], read, f"{at}/{name}")
    mode, size, bias = entry.get("mode", "valid"), entry.get("size"), entry.get("bias", True)
    if mode not in MODES:
        raise InputError(f"{short(mode)} is no mode of a convolution", f"the modes are {', '.join(MODES)}", f"{at}/mode")
    if not isinstance(bias, bool):
        raise InputError("bias is true or false", None, f"{at}/bias")
    if size is not None:
        read_size(size, f"{at}/size")
    if kind == "convolution" and "kernel" not in arrays:
        raise InputError("a convolution has a kernel", '{"type": "convolution", "kernel": [1, 2, 1]}', f"{at}/kernel")
    return LayerSpec(kind, at, arrays, mode, size, bias)


def read_size(value: Any, at: str) -> str | int:
    """A symbolic size: a letter, or a whole number from 1. Raises InputError."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_SIZE
    if not is_number and not (isinstance(value, str) and value in LETTERS):
        raise InputError(f"{short(value)} is no size", f"a size is one of {', '.join(LETTERS)} or a whole number up to {LARGEST_SIZE}", at)
    found: str | int = value
    return found


def _array(value: Any, read: Any, at: str) -> Matrix:
    try:
        matrix: Matrix = read(value)
        _ = matrix.floats
    except NablaError as error:
        raise error.at(at) from None
    if matrix.is_complex:
        raise InputError("weights are real numbers", None, at)
    return matrix


def with_numbers(specs: Sequence[LayerSpec], prefix: str) -> list[Layer]:
    """The layers of a network all of whose weights were sent; `prefix` is the pointer of the list. Raises InputError, ShapeMismatch."""
    layers: list[Layer] = []
    for spec in specs:
        at = prefix + spec.at
        arrays: dict[str, Floats] = {name: matrix.floats for name, matrix in spec.arrays.items()}
        for name in ("b", "kernel"):
            if name in arrays:
                arrays[name] = arrays[name][:, 0]
        if spec.kind == "affine":
            if "W" not in arrays:
                raise InputError("this layer has no weights, and the input x is given", 'send "W", or leave x out for symbols', f"{at}/W")
            if "b" in arrays and len(arrays["b"]) != len(arrays["W"]):
                detail = f"b has {len(arrays['b'])} entries, and W {len(arrays['W'])} rows"
                raise ShapeMismatch(detail, "b has an entry for each row of W", f"{at}/b")
            layers.append(Affine(arrays, at))
        elif spec.kind == "convolution":
            if "b" in arrays and len(arrays["b"]) != 1:
                raise ShapeMismatch("the bias of a convolution is one number", '"b": [0.5]', f"{at}/b")
            layers.append(Convolution(arrays, at, spec.mode))
        else:
            layers.append(LAYERS[spec.kind]({}, at))
    return layers


def vector_of(matrix: Matrix) -> Floats:
    """The entries of a vector as doubles."""
    return np.asarray(matrix.floats[:, 0])
