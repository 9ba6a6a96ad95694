"""Reading a network: a list of layers as JSON objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from service import limits
from service.errors import InputError, NablaError, ShapeMismatch
from service.learning.activations import ACTIVATIONS, Elu, LeakyRelu
from service.learning.arrays import read_array
from service.learning.network import Affine, Convolution, Flatten, Layer, LayerNorm, Softmax
from service.learning.windows import AveragePool, Correlation, MaxPool, Padding
from service.linalg.convolution import MODES, Mode
from service.linalg.matrix import Floats, short

UNPARAMETRIZED: tuple[type[Layer], ...] = (*ACTIVATIONS, Softmax, Flatten)
SIMPLE = {layer.kind: layer for layer in UNPARAMETRIZED}
WINDOWS = {"conv1d": 1, "conv2d": 2, "maxpool1d": 1, "maxpool2d": 2, "avgpool1d": 1, "avgpool2d": 2}
MEMBERS: dict[str, tuple[str, ...]] = {
    "affine": ("W", "b", "size", "bias"),
    "convolution": ("kernel", "b", "mode", "size", "bias"),
    **dict.fromkeys(("conv1d", "conv2d"), ("kernel", "b", "stride", "padding", "dilation", "size", "bias")),
    **dict.fromkeys(("maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d"), ("size", "stride", "padding")),
    **dict.fromkeys(("leaky-relu", "elu"), ("alpha",)),
    "layernorm": ("gamma", "beta", "epsilon"),
}
KINDS = ("affine", *SIMPLE, "convolution", *WINDOWS, "layernorm")
ARRAYS = ("W", "b", "kernel", "gamma", "beta")
WEIGHTS = {"affine": "W", "convolution": "kernel", "conv1d": "kernel", "conv2d": "kernel"}
LETTERS = ("n", "m", "k", "p", "q", "r", "s", "u", "v")
LARGEST_SIZE = 100
OTHER_NAMES = {
    "linear": "affine", "dense": "affine", "conv": "convolution", "swish": "silu", "leakyrelu": "leaky-relu", "leaky_relu": "leaky-relu",
    "max-pool1d": "maxpool1d", "max-pool2d": "maxpool2d", "avg-pool1d": "avgpool1d", "avg-pool2d": "avgpool2d", "layer-norm": "layernorm",
}  # fmt: skip


@dataclass(frozen=True)
class LayerSpec:
    """A layer as it was sent: with numbers, or without weights and a size (a letter or whole numbers) only. `at` is its pointer."""

    kind: str
    at: str
    arrays: dict[str, Floats]
    mode: Mode = "valid"
    size: Any = None
    bias: bool = True
    options: dict[str, Any] = field(default_factory=dict)

    def along(self, name: str, axes: int, least: int, default: int) -> tuple[int, ...]:
        """A whole number for each axis. Raises InputError."""
        value = self.options.get(name, default)
        numbers = value if isinstance(value, list) else [value] * axes
        if len(numbers) != axes or not all(isinstance(n, int) and not isinstance(n, bool) and least <= n <= LARGEST_STEP for n in numbers):
            what = f"{name} is a whole number from {least}" + (f", or a list of {axes} of them" if axes > 1 else "")
            raise InputError(f"{short(value)} is no {name}", what, f"{self.at}/{name}")
        return tuple(numbers)

    def number(self, name: str, default: float) -> float:
        """A positive number, or 0. Raises InputError."""
        value = self.options.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LARGEST_NUMBER:
            raise InputError(f"{short(value)} is no {name}", f"{name} is a number from 0 on", f"{self.at}/{name}")
        return float(value)


LARGEST_STEP = 10_000
LARGEST_NUMBER = 1e6


def read_layers(value: Any) -> list[LayerSpec]:
    """Raises InputError (with a pointer), LimitExceeded, and what reading an array raises."""
    if not isinstance(value, list) or not value:
        raise InputError("a network is a list of layers", '[{"type": "affine", "W": [[1, 2]], "b": [0]}, {"type": "sigmoid"}]')
    limits.check("network-layers", len(value))
    return [_read(entry, f"/{place}") for place, entry in enumerate(value)]


def _read(entry: Any, at: str) -> LayerSpec:
    kinds = ", ".join(KINDS)
    if isinstance(entry, str):
        entry = {"type": entry}
    if not isinstance(entry, dict):
        raise InputError("a layer is an object with a type", f"the types are {kinds}", at)
    kind = entry.get("type")
    kind = OTHER_NAMES.get(kind, kind) if isinstance(kind, str) else kind
    if not isinstance(kind, str) or kind not in KINDS:
        what = f"{short(kind)} is no type of a layer" if "type" in entry else "a layer has a type"
        raise InputError(what, f"the types are {kinds}", f"{at}/type")
    allowed = MEMBERS.get(kind, ())
    for name in entry:
        if name != "type" and name not in allowed:
            mine = f"its members are type, {', '.join(allowed)}" if allowed else "it has no members but its type"
            raise InputError(f"{short(name)} is not a member of a layer {kind}", mine, at)
    arrays = {name: _array(entry[name], f"{at}/{name}") for name in ARRAYS if name in entry}
    mode, size, bias = entry.get("mode", "valid"), entry.get("size"), entry.get("bias", True)
    if mode not in MODES:
        raise InputError(f"{short(mode)} is no mode of a convolution", f"the modes are {', '.join(MODES)}", f"{at}/mode")
    if not isinstance(bias, bool):
        raise InputError("bias is true or false", None, f"{at}/bias")
    if size is not None and kind == "affine":
        read_size(size, f"{at}/size")
    options = {name: value for name, value in entry.items() if name not in ("type", "mode", "bias", *ARRAYS)}
    return LayerSpec(kind, at, arrays, mode, size, bias, options)


def read_size(value: Any, at: str) -> str | int:
    """A symbolic size: a letter, or a whole number from 1. Raises InputError."""
    is_number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_SIZE
    if not is_number and not (isinstance(value, str) and value in LETTERS):
        raise InputError(f"{short(value)} is no size", f"a size is one of {', '.join(LETTERS)} or a whole number up to {LARGEST_SIZE}", at)
    found: str | int = value
    return found


def _array(value: Any, at: str) -> Floats:
    try:
        return read_array(value)
    except NablaError as error:
        raise error.at(at) from None


def with_numbers(specs: Sequence[LayerSpec], prefix: str) -> list[Layer]:
    """The layers of a network all of whose weights were sent; `prefix` is the pointer of the list. Raises InputError, ShapeMismatch."""
    layers = []
    for spec in specs:
        try:
            layers.append(_with_numbers(spec, prefix + spec.at))
        except NablaError as error:
            raise (error if error.pointer.startswith(prefix) else error.at(prefix)) from None
    return layers


def _with_numbers(spec: LayerSpec, at: str) -> Layer:
    arrays = dict(spec.arrays)
    if "b" in arrays and arrays["b"].ndim != 1:
        if arrays["b"].ndim > 2 or arrays["b"].shape[1] != 1:
            raise ShapeMismatch("b is a vector", '"b": [0.5, 0]', f"{at}/b")
        arrays["b"] = arrays["b"][:, 0]
    weight = WEIGHTS.get(spec.kind)
    if weight is not None and weight not in arrays:
        hint = f'send "{weight}", or leave x out for symbols'
        raise InputError("this layer has no weights, and the input x is given", hint, f"{at}/{weight}")
    if spec.kind == "affine":
        if arrays["W"].ndim != 2:
            raise ShapeMismatch("W is a matrix", "a row for each entry of the layer's output", f"{at}/W")
        if "b" in arrays and len(arrays["b"]) != len(arrays["W"]):
            detail = f"b has {len(arrays['b'])} entries, and W {len(arrays['W'])} rows"
            raise ShapeMismatch(detail, "b has an entry for each row of W", f"{at}/b")
        return Affine(arrays, at)
    if spec.kind == "convolution":
        return _convolution(spec, arrays, at)
    if spec.kind in ("conv1d", "conv2d"):
        return _correlation(spec, arrays, at)
    if spec.kind in WINDOWS:
        return _pool(spec, at)
    if spec.kind == "layernorm":
        return LayerNorm(arrays, at, epsilon=spec.number("epsilon", 1e-5))
    if spec.kind == "leaky-relu":
        return LeakyRelu({}, at, alpha=spec.number("alpha", 0.01))
    if spec.kind == "elu":
        return Elu({}, at, alpha=spec.number("alpha", 1.0))
    return SIMPLE[spec.kind]({}, at)


def _convolution(spec: LayerSpec, arrays: dict[str, Floats], at: str) -> Layer:
    if "b" in arrays and len(arrays["b"]) != 1:
        raise ShapeMismatch("the bias of a convolution is one number", '"b": [0.5]', f"{at}/b")
    kernel = arrays["kernel"]
    if kernel.ndim == 2 and kernel.shape[1] == 1:
        arrays["kernel"] = kernel = kernel[:, 0]
    if kernel.ndim == 1:
        return Convolution(arrays, at, mode=spec.mode)
    if kernel.ndim > 2:
        raise ShapeMismatch(
            "the kernel of a convolution is a vector or a matrix", "conv1d and conv2d take kernels with channels", f"{at}/kernel"
        )
    if spec.mode == "circular":
        raise InputError("a circular convolution is one of vectors here", "the modes of matrices are valid, same and full", f"{at}/mode")
    window = kernel.shape
    before = {"valid": [0] * 2, "same": [k - 1 - (k - 1) // 2 for k in window], "full": [k - 1 for k in window]}[spec.mode]
    after = {"valid": [0] * 2, "same": [(k - 1) // 2 for k in window], "full": [k - 1 for k in window]}[spec.mode]
    padding = tuple(zip(before, after, strict=True))
    return Correlation(arrays, at, axes=2, window=window, stride=(1, 1), dilation=(1, 1), padding=padding, flipped=True)


def _correlation(spec: LayerSpec, arrays: dict[str, Floats], at: str) -> Layer:
    axes, kernel = WINDOWS[spec.kind], arrays["kernel"]
    if kernel.ndim not in (axes, axes + 2):
        places = "length" if axes == 1 else "rows × columns"
        detail = f"the kernel of {spec.kind} is {places}, or outputs × inputs × {places}"
        raise ShapeMismatch(detail, f"{axes} or {axes + 2} lists in each other", f"{at}/kernel")
    stride, dilation = spec.along("stride", axes, 1, 1), spec.along("dilation", axes, 1, 1)
    window = kernel.shape[-axes:]
    padding = spec.options.get("padding", 0)
    if padding == "same":
        if stride != (1,) * axes:
            raise InputError("padding same goes with the stride 1", 'give the padding as numbers, such as "padding": 1', f"{at}/padding")
        totals = [d * (k - 1) for d, k in zip(dilation, window, strict=True)]
        pads: Padding = tuple((total // 2, total - total // 2) for total in totals)
    elif padding == "valid":
        pads = ((0, 0),) * axes
    else:
        pads = tuple((count, count) for count in spec.along("padding", axes, 0, 0))
    return Correlation(arrays, at, axes=axes, window=window, stride=stride, dilation=dilation, padding=pads)


def _pool(spec: LayerSpec, at: str) -> Layer:
    axes = WINDOWS[spec.kind]
    if "size" not in spec.options:
        raise InputError("this layer has no size", '"size": 2 takes windows of two' + (" by two" if axes == 2 else ""), f"{at}/size")
    window = spec.along("size", axes, 1, 1)
    stride = spec.along("stride", axes, 1, 1) if "stride" in spec.options else window
    padding = spec.along("padding", axes, 0, 0)
    if any(2 * count > k for count, k in zip(padding, window, strict=True)):
        raise InputError("the padding is more than half of the window", "some windows would hold nothing", f"{at}/padding")
    limits.check("matrix-entries", math.prod(window), f"{at}/size")
    layer = MaxPool if spec.kind.startswith("max") else AveragePool
    return layer({}, at, axes=axes, window=window, stride=stride, dilation=(1,) * axes, padding=tuple((p, p) for p in padding))
