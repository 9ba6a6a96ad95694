"""Backpropagation through a network with numbers: forward values, the δ of each layer, the gradient of every weight, all checked.

The derivatives are taken backwards, layer by layer: δ of a layer's input is J'·δ of its output. They are checked against complex
steps of the forward pass, which knows nothing of the Jacobians.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import NotDifferentiable
from service.learning.losses import Loss
from service.learning.network import Arrays, Layer, Mask, Vector, named
from service.linalg.exact_numbers import beyond_doubles

Reduction = Literal["mean", "sum"]
REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum")
STEP = 1e-30
SEED = 20_260_717
TOLERANCE = 1e-10
TINIEST = 1e-260
"""What is smaller underflows in a complex step."""
FLOOR = 1e-4
"""Times TOLERANCE: what a few roundings of doubles come to."""
DIRECTIONS = 3
EVERY_ENTRY = 32
"""Up to so many entries an array is checked entry by entry, a larger one along random directions."""
MOST_WORK = 1_000_000
"""And where a forward pass takes no more products than these."""
Kink = dict[str, Any]


@np.errstate(all="ignore")  # an overflow is refused
def backpropagation(
    layers: Sequence[Layer], loss: Loss, x: Vector, reduction: Reduction = "mean", subgradient: float | None = None
) -> dict[str, Any]:
    """The gradients of the mean, or the sum, of L(network(x)) over the samples x, which are along the first axis.

    `delta` of a layer is ∂L/∂(its output), `jacobian` ∂(output)/∂(input) of each sample, left out (None) over the limit
    formed-entries. At a kink the slope `subgradient` of the way from the left one to the right one is taken. Raises ShapeMismatch,
    NotDifferentiable (at a kink, where there is no `subgradient`), InputError, LimitExceeded, MathematicsRefuses (numbers beyond
    doubles), CheckFailed.
    """
    values, kinks = [x], list[Kink]()
    layers = [replace(layer, subgradient=subgradient or 0.0) for layer in layers]
    work = 0
    for place, layer in enumerate(layers, 1):
        layer.refuse(values[-1])
        work += layer.work(values[-1])
        limits.check("convolution-products", work, layer.at)
        kinks += _kinks(layer.kinks(values[-1]), f"{layer.kind} {layer.kink}", layer.at, place, subgradient)
        values.append(layer.output(values[-1], layer.parameters))
        if not np.isfinite(values[-1]).all():
            raise beyond_doubles()
    fused = bool(layers) and layers[-1].kind == loss.after
    loss.refuse(np.full_like(values[-1], 0.5) if fused else values[-1])
    kinks += _kinks(loss.kinks(values[-1]), f"{loss.kind} {loss.kink}", "/loss", len(layers) + 1, subgradient)
    weight = 1 / len(x) if reduction == "mean" else 1.0
    each = loss.values_before(values[-2]) if fused else loss.values(values[-1])
    value = float(each.sum() * weight)
    deltas: list[Vector] = [loss.delta(values[-1]) * weight]
    for place in range(len(layers) - 1, -1, -1):
        if place == len(layers) - 1 and fused:
            deltas.insert(0, loss.delta_before(values[-2]) * weight)
        else:
            deltas.insert(0, layers[place].back(values[place], values[place + 1], deltas[0]))
    deltas = [delta + 0.0 for delta in deltas]  # without -0
    gradients = [layer.gradients(x_, delta) for layer, x_, delta in zip(layers, values, deltas[1:], strict=False)]
    arrays = [np.asarray(value), deltas[0], *(array for found in gradients for array in found.values())]
    if not all(np.isfinite(array).all() for array in arrays):
        raise beyond_doubles()
    found = named(gradients)
    jacobians = [_formed(layer, x_, y) for layer, x_, y in zip(layers, values, values[1:], strict=False)]
    checks = [
        complex_step_check(layers, loss, values, found, deltas[0], reduction, entry_by_entry=work <= MOST_WORK),
        jacobian_check(layers, values, jacobians),
    ]
    if kinks:
        told = ", ".join(dict.fromkeys(f"{kink['what']} (layer {kink['layer']})" for kink in kinks))
        slope = "at the kinks the slope between those of both sides that was asked for: what automatic differentiation computes"
        checks.append(decided("kinks", True, f"{slope}, no gradient in the strict sense; {told}"))
    return {
        "value": value,
        "values": each,
        "output": values[-1],
        "layers": [
            {
                "index": place + 1,
                "type": layer.kind,
                "input_shape": list(values[place].shape[1:]),
                "output_shape": list(values[place + 1].shape[1:]),
                "input_size": values[place][0].size,
                "output_size": values[place + 1][0].size,
                "output": values[place + 1],
                "delta": deltas[place + 1] if np.isfinite(deltas[place + 1]).all() else None,
                "jacobian": jacobians[place],
                "jacobian_shapes": jacobian_shapes(values[place].shape[1:], values[place + 1].shape[1:], layer),
                "gradients": gradients[place],
            }
            for place, layer in enumerate(layers)
        ],
        "gradients": found,
        "input_gradient": deltas[0],
        "kinks": kinks,
        "checks": require(checks),
    }


def output_shape(layers: Sequence[Layer], x: Vector) -> tuple[int, ...]:
    """The shape of the network's output for the samples x. Raises ShapeMismatch, LimitExceeded."""
    for layer in layers:
        layer.refuse(x)
        limits.check("convolution-products", layer.work(x), layer.at)
        with np.errstate(all="ignore"):
            x = layer.output(x, layer.parameters)
    return x.shape


def of_one(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer for one sample, without the axis of samples."""

    def first(array: Any) -> Any:
        return None if array is None else array[0]

    layers = [{**layer, **{name: first(layer[name]) for name in ("output", "delta", "jacobian")}} for layer in answer["layers"]]
    left = {name: value for name, value in answer.items() if name != "values"}
    return {**left, "output": first(answer["output"]), "input_gradient": first(answer["input_gradient"]), "layers": layers}


def _kinks(mask: Mask, what: str, at: str, place: int, subgradient: float | None) -> list[Kink]:
    """Which entries lie on a kink. Raises NotDifferentiable where no slope was chosen."""
    if not mask.any():
        return []
    flat = mask.reshape(len(mask), -1)
    found = [(int(sample), int(entry)) for sample, entry in np.argwhere(flat)]
    if subgradient is None:
        sample, entry = found[0]
        of = f" of sample {sample + 1}" if len(mask) > 1 else ""
        detail = f"{what}, and entry {entry + 1}{of} is there"
        hint = '"subgradient": 0 takes the slope from the left, as frameworks do; or change the weights or the input a little'
        raise NotDifferentiable(detail, hint, at)
    return [{"layer": place, "what": what, "entries": [entry for _, entry in found], "samples": sorted({sample for sample, _ in found})}]


def _formed(layer: Layer, x: Vector, y: Vector) -> NDArray[np.float64] | None:
    """The Jacobian of each sample, the axes of y first."""
    if x.size * y[0].size > limits.limit("formed-entries"):
        return None
    return np.stack([layer.jacobian(a, b).reshape(*b.shape, *a.shape) for a, b in zip(x, y, strict=True)]) + 0.0


def jacobian_shapes(inputs: Sequence[int], outputs: Sequence[int], layer: Layer) -> dict[str, list[int]]:
    """The axes of the layer's derivatives for one sample: the output's, then those of what is differentiated by."""
    return {"input": [*outputs, *inputs], **{name: [*outputs, *array.shape] for name, array in layer.parameters.items()}}


def forward(layers: Sequence[Layer], loss: Loss, x: Vector, moved: Arrays, reduction: Reduction = "mean") -> Any:
    """L for parameters of which those in `moved` (by name) are replaced; complex where they are."""
    fused = False
    for place, layer in enumerate(layers):
        if place == len(layers) - 1 and layer.kind == loss.after:
            fused = True
            break
        x = layer.output(x, {name: moved.get(f"{name}{place + 1}", array) for name, array in layer.parameters.items()})
    each = loss.values_before(x) if fused else loss.values(x)
    return each.mean() if reduction == "mean" else each.sum()


def complex_step_check(
    layers: Sequence[Layer],
    loss: Loss,
    values: Sequence[Vector],
    gradients: Arrays,
    by_input: Vector,
    reduction: Reduction = "mean",
    entry_by_entry: bool = True,
) -> Check:
    """Each gradient along directions against the imaginary part of the loss at a complex step; `values` are x and the outputs.

    Relative to the gradient, and where that is what cancellation and saturation left, to the numbers that went into it.
    """
    x, sizes = values[0], magnitudes(layers, loss, values)
    random = np.random.default_rng(SEED)
    parameters = named([layer.parameters for layer in layers])
    worst = 0.0
    for name, gradient in [*gradients.items(), ("x", by_input)]:
        at = x if name == "x" else parameters[name]
        for direction in _directions(at.shape, random, EVERY_ENTRY if entry_by_entry else 0):
            moved = at + 1j * STEP * direction
            value = forward(layers, loss, moved, {}, reduction) if name == "x" else forward(layers, loss, x, {name: moved}, reduction)
            found = float(np.imag(value)) / STEP
            scale = max(float(np.abs(gradient).max()) * math.sqrt(gradient.size), FLOOR * sizes[name], TINIEST)
            worst = max(worst, abs(found - float((gradient * direction).sum())) / scale)
    detail = "every gradient against complex steps of the forward pass, entry by entry (large arrays along random directions), relative"
    return measured("complex-step", worst, TOLERANCE, detail)


def magnitudes(layers: Sequence[Layer], loss: Loss, values: Sequence[Vector]) -> dict[str, float]:
    """For each gradient, and for "x", the size of the numbers that may cancel in it: the sums of absolute values that
    backpropagation would take if no slope were below 1."""
    size = np.abs(values[-1]) + np.abs(loss.target)
    found: dict[str, float] = {}
    for place in range(len(layers), 0, -1):
        x, layer = np.abs(values[place - 1]), layers[place - 1]
        if layer.parameters:
            upper = replace(layer, parameters={name: np.abs(array) for name, array in layer.parameters.items()})
            found |= {f"{name}{place}": float(np.abs(array).max()) for name, array in upper.gradients(x, size).items()}
            size = np.abs(upper.back(x, values[place], size))
        else:
            size = np.full(x.shape, size.max())
    return found | {"x": float(size.max())}


def _directions(shape: tuple[int, ...], random: np.random.Generator, most: int) -> Any:
    size = math.prod(shape)
    if size <= most:
        return np.eye(size).reshape(size, *shape)
    return random.uniform(-1, 1, (DIRECTIONS, *shape))


def jacobian_check(layers: Sequence[Layer], values: Sequence[Vector], jacobians: Sequence[NDArray[np.float64] | None]) -> Check:
    """Each layer's Jacobian along a random direction against a complex step of that layer."""
    random = np.random.default_rng(SEED)
    worst = 0.0
    for layer, x, y, jacobian in zip(layers, values, values[1:], jacobians, strict=False):
        direction = random.uniform(-1, 1, x.shape)
        if jacobian is None:
            continue
        found = np.imag(layer.output(x + 1j * STEP * direction, layer.parameters)).reshape(len(x), -1) / STEP
        matrices = jacobian.reshape(len(x), y[0].size, x[0].size)
        product, bound = (np.einsum("nij,nj->ni", f(matrices), f(direction.reshape(len(x), -1))) for f in (np.asarray, np.abs))
        scale = max(float(bound.max()), FLOOR * float(np.abs(y).max()), TINIEST)
        worst = max(worst, float(np.abs(found - product).max()) / scale)
    return measured("jacobians", worst, TOLERANCE, "each layer's Jacobian along a random direction against a complex step of the layer")
