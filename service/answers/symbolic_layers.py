"""The layers and losses of a network with symbols: their texts in the language, and the shapes of what they give.

A value is a vector, or a matrix: the rows and columns of an image, or with a batch a row for each sample. Convolutions and pools are
written out entry by entry, for sizes that are numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import InputError
from service.learning.layers import WINDOWS, LayerSpec

Shape = tuple[str, ...]
"""Sizes: one of a vector, two of a matrix."""
MOST_ENTRIES = 64
MOST_PRODUCTS = 600

LOSSES = {
    "squared-error": "{square}/2",
    "mean-squared-error": "{square}/{size}",
    "mean-absolute-error": "sum(abs({a} - {t}))/{size}",
    "huber": "sum(where(abs({a} - {t}) <= 1, ({a} - {t}).^2/2, abs({a} - {t}) - 1/2))",
    "cross-entropy": "-{dot_log}",
    "cross-entropy-with-logits": "{logsumexp} - {dot}",
    "binary-cross-entropy": "-({dot_log} + {dot_log_rest})",
    "binary-cross-entropy-with-logits": "sum(softplus({a})) - {dot}",
    "hinge": "sum(relu(1 - {t}.*{a}))",
}
POINTWISE: dict[str, Callable[[LayerSpec, str], str]] = {
    "relu": lambda spec, x: f"relu({x})",
    "sigmoid": lambda spec, x: f"sigmoid({x})",
    "tanh": lambda spec, x: f"tanh({x})",
    "softplus": lambda spec, x: f"softplus({x})",
    "silu": lambda spec, x: f"{x}.*sigmoid({x})",
    "gelu": lambda spec, x: f"{x}.*(1 + erf({x}/sqrt(2)))/2",
    "leaky-relu": lambda spec, x: f"where({x} > 0, {x}, {spec.number('alpha', 0.01)!r}*{x})",
    "elu": lambda spec, x: f"where({x} > 0, {x}, {spec.number('alpha', 1.0)!r}*(exp({x}) - 1))",
}


@dataclass(frozen=True)
class Written:
    """A layer's text in terms of its input, the shape of its value, and its weights with their declarations."""

    text: str
    shape: Shape
    weights: dict[str, str]


def declared(shape: Shape) -> str:
    """A declaration."""
    return f"vector({shape[0]})" if len(shape) == 1 else f"matrix({','.join(shape)})"


def paired(left: str, right: str, shape: Shape) -> str:
    """The inner product with what is a vector, or a matrix."""
    return f"{left}'*({right})" if len(shape) == 1 else f"sum({left}.*({right}))"


def loss_text(kind: str, a: str, shape: Shape, batch: str | None) -> str:
    """The loss of the output `a` and the target t; of a batch the mean."""
    is_vector = len(shape) == 1
    size = shape[-1] if batch or is_vector else f"({shape[0]}*{shape[1]})"
    pair: Callable[[str, str], str] = lambda t, x: f"{t}'*{x}" if is_vector else f"sum({t}.*{x})"  # noqa: E731
    text = LOSSES[kind].format(
        a=a,
        t="t",
        size=size,
        square=f"norm2({a} - t)^2" if is_vector else f"normF({a} - t)^2",
        dot=pair("t", a),
        dot_log=pair("t", f"log({a})"),
        dot_log_rest=pair("(1 - t)", f"log(1 - {a})"),
        logsumexp=f"logsumexp({a})" if is_vector else f"sum(log(exp({a})*ones({shape[-1]})))",
    )
    if batch is None:
        return text
    return f"({text})/{batch}"


def written(spec: LayerSpec, place: int, x: str, shape: Shape, letters: Any, batch: str | None) -> Written:
    """The layer at a place (from 1), of the input `x`. Raises InputError."""
    at = f"/layers{spec.at}"
    if spec.arrays:
        raise InputError("this layer has numbers, and the network no input", 'send "x", or leave the numbers out', at)
    if spec.kind in POINTWISE:
        return Written(POINTWISE[spec.kind](spec, x), shape, {})
    if spec.kind == "flatten":
        if len(shape) == 1 or batch:
            return Written(x, shape, {})
        count = _number(shape[0], at) * _number(shape[1], at)
        return Written(f"vec({x}')", (str(count),), {})
    if spec.kind == "affine":
        return _affine(spec, place, x, shape, letters, batch)
    if spec.kind in WINDOWS or spec.kind == "convolution":
        if batch:
            raise InputError("a convolution or a pool with symbols takes one sample", 'leave "samples" out', at)
        return _windowed(spec, place, x, shape, at)
    if len(shape) > 1 and not batch:
        raise InputError(f"{spec.kind} takes a vector, and its input is a matrix", 'put {"type": "flatten"} before it', at)
    if spec.kind == "softmax":
        return Written(f"softmax_rows({x})" if batch else f"softmax({x})", shape, {})
    if batch:
        raise InputError(f"{spec.kind} with symbols takes one sample", 'leave "samples" out', at)
    n, epsilon = shape[0], spec.number("epsilon", 1e-5)
    weights = {f"gamma{place}": declared(shape), f"beta{place}": declared(shape)} if spec.bias else {}
    normal = f"({x} - sum({x})/{n})/sqrt(norm2({x} - sum({x})/{n})^2/{n} + {epsilon!r})"
    return Written(f"gamma{place}.*{normal} + beta{place}" if weights else normal, shape, weights)


def _affine(spec: LayerSpec, place: int, x: str, shape: Shape, letters: Any, batch: str | None) -> Written:
    at = f"/layers{spec.at}"
    if len(shape) > 1 and not batch:
        raise InputError("an affine layer takes a vector, and its input is a matrix", 'put {"type": "flatten"} before it', at)
    size = str(spec.size) if spec.size is not None else next(letters, "")
    if not size:
        raise InputError("there are not enough letters for the sizes", 'give each affine layer its "size"', at)
    weights = {f"W{place}": f"matrix({size},{shape[-1]})"}
    text = f"{x}*W{place}'" if batch else f"W{place}*{x}"
    if spec.bias:
        weights[f"b{place}"] = f"vector({size})"
        text += f" + ones({batch})*b{place}'" if batch else f" + b{place}"
    return Written(text, (*shape[:-1], size), weights)


# --- convolutions and pools, written out ------------------------------------------------------------------------------


def _windowed(spec: LayerSpec, place: int, x: str, shape: Shape, at: str) -> Written:
    axes = len(shape)
    if spec.kind in WINDOWS and WINDOWS[spec.kind] != axes:
        what = "a vector" if axes == 1 else "a matrix"
        raise InputError(f"the input of this {spec.kind} is {what}", 'the "inputs" of a network of matrices are such as [4, 4]', at)
    lengths = [_number(size, at) for size in shape]
    if "size" not in spec.options:
        raise InputError("this layer has no size", '"size": 2 is that of its kernel or window', f"{at}/size")
    window = spec.along("size", axes, 1, 1)
    is_pool = "pool" in spec.kind
    stride = spec.along("stride", axes, 1, 1) if "stride" in spec.options or not is_pool else window
    dilation = spec.along("dilation", axes, 1, 1)
    before, outputs = _extent(spec, lengths, window, stride, dilation, at)
    if any(count < 1 for count in outputs):
        raise InputError("the window does not fit into the input", "a smaller one, or more padding", f"{at}/size")
    count = math.prod(outputs)
    if count > MOST_ENTRIES or count * math.prod(window) > MOST_PRODUCTS:
        raise InputError("with symbols this layer is written out entry by entry, and has too many", "send numbers, or smaller sizes", at)
    if count == 1:
        raise InputError("with symbols the value of this layer has at least two entries", "a smaller window, or more padding", at)
    kernel, bias = f"kernel{place}", f"b{place}"
    entries = []
    for output in itertools.product(*map(range, outputs)):
        terms = []
        for inner in itertools.product(*map(range, window)):
            source = [s * o + d * a - b for s, o, d, a, b in zip(stride, output, dilation, inner, before, strict=True)]
            if not all(0 <= position < length for position, length in zip(source, lengths, strict=True)):
                if spec.mode != "circular":
                    continue
                source = [position % length for position, length in zip(source, lengths, strict=True)]
            weight = [k - 1 - a for k, a in zip(window, inner, strict=True)] if spec.kind == "convolution" else list(inner)
            terms.append((_entry(kernel, weight), _entry(x, source)))
        entries.append(_value(spec, terms, window) + (f" + {bias}" if spec.bias and not is_pool else ""))
    rows = [entries] if axes == 1 else [entries[i : i + outputs[1]] for i in range(0, len(entries), outputs[1])]
    text = "[" + "; ".join(", ".join(row) for row in rows) + "]"
    sizes = tuple(str(length) for length in outputs)
    if axes == 2 and outputs[0] == 1:
        raise InputError("with symbols the value of this layer has at least two rows", "a smaller window, or more padding", at)
    if is_pool:
        return Written(text, sizes, {})
    weights = {kernel: declared(tuple(str(k) for k in window))}
    return Written(text, sizes, weights | ({bias: "scalar"} if spec.bias else {}))


def _extent(
    spec: LayerSpec, lengths: Sequence[int], window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], at: str
) -> tuple[list[int], list[int]]:
    """How many zeros stand before each axis, and how many entries the value has along it."""
    reach = [d * (k - 1) for k, d in zip(window, dilation, strict=True)]
    if spec.kind == "convolution":
        pads = {
            "valid": [(0, 0) for _ in reach],
            "same": [(r - r // 2, r // 2) for r in reach],
            "full": [(r, r) for r in reach],
            "circular": [(r, 0) for r in reach],
        }[spec.mode]
    elif spec.options.get("padding") == "same":
        if any(s != 1 for s in stride):
            raise InputError("padding same goes with the stride 1", "give the padding as numbers", f"{at}/padding")
        pads = [(r // 2, r - r // 2) for r in reach]
    elif spec.options.get("padding", "valid") == "valid":
        pads = [(0, 0) for _ in reach]
    else:
        pads = [(p, p) for p in spec.along("padding", len(reach), 0, 0)]
    outputs = [(n + a + b - r - 1) // s + 1 for n, (a, b), r, s in zip(lengths, pads, reach, stride, strict=True)]
    return [a for a, _ in pads], outputs


def _value(spec: LayerSpec, terms: list[tuple[str, str]], window: Sequence[int]) -> str:
    sources = [source for _, source in terms]
    if spec.kind.startswith("maxpool"):
        text = sources[0]
        for source in sources[1:]:
            text = f"max({text}, {source})"
        return text
    if spec.kind.startswith("avgpool"):
        return f"({' + '.join(sources)})/{math.prod(window)}"
    return " + ".join(f"{weight}*{source}" for weight, source in terms) or "0"


def _entry(name: str, places: Sequence[int]) -> str:
    return f"{name}[{','.join(str(place + 1) for place in places)}]"


def _number(size: str, at: str) -> int:
    if not size.isdigit():
        hint = 'such as "inputs": 8, or "inputs": [4, 4] for a matrix'
        raise InputError("with symbols this layer is written out, and needs whole numbers for sizes", hint, at)
    return int(size)
