"""Backpropagation through a network with numbers: forward values, the δ of each layer, the gradient of every weight, all checked.

The derivatives are taken backwards, layer by layer: δ of a layer's input is J'·δ of its output. They are checked against complex
steps of the forward pass, which knows nothing of the Jacobians.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, measured, require
from service.learning.network import Arrays, Layer, Loss, Vector, named
from service.linalg.exact_numbers import beyond_doubles

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


@np.errstate(all="ignore")  # an overflow is refused
def backpropagation(layers: Sequence[Layer], loss: Loss, x: Vector) -> dict[str, Any]:
    """The gradients of L(network(x)) for the input x (n).

    `delta` of a layer is ∂L/∂(its output), `jacobian` ∂(output)/∂(input), left out (None) over the limit formed-entries. Raises
    ShapeMismatch, NotDifferentiable (relu at 0), InputError, MathematicsRefuses (numbers beyond doubles), CheckFailed.
    """
    values = [x]
    for layer in layers:
        layer.refuse(values[-1])
        values.append(layer.output(values[-1], layer.parameters))
        if not np.isfinite(values[-1]).all():
            raise beyond_doubles()
    fused = bool(layers) and layers[-1].kind == loss.after
    loss.refuse(np.full_like(values[-1], 0.5) if fused else values[-1])
    value = float(loss.value_before(values[-2]) if fused else loss.value(values[-1]))
    deltas: list[Vector] = [loss.delta(values[-1])]
    for place in range(len(layers) - 1, -1, -1):
        is_last = place == len(layers) - 1
        if is_last and fused:
            deltas.insert(0, loss.delta_before(values[-2]))
        else:
            deltas.insert(0, layers[place].back(values[place], values[place + 1], deltas[0]))
    gradients = [layer.gradients(x_, delta) for layer, x_, delta in zip(layers, values, deltas[1:], strict=False)]
    arrays = [np.asarray(value), deltas[0], *(array for found in gradients for array in found.values())]
    if not all(np.isfinite(array).all() for array in arrays):
        raise beyond_doubles()
    found = named(gradients)
    jacobians = [_formed(layer, x_, y) for layer, x_, y in zip(layers, values, values[1:], strict=False)]
    checks = [complex_step_check(layers, loss, values, found, deltas[0]), jacobian_check(layers, values, jacobians)]
    return {
        "value": value,
        "loss": {"type": loss.kind, "value": value},
        "output": values[-1],
        "layers": [
            {
                "index": place + 1,
                "type": layer.kind,
                "input_size": len(values[place]),
                "output_size": len(values[place + 1]),
                "output": values[place + 1],
                "delta": deltas[place + 1] if np.isfinite(deltas[place + 1]).all() else None,
                "jacobian": jacobians[place],
                "jacobian_shapes": jacobian_shapes(len(values[place]), len(values[place + 1]), layer),
                "gradients": gradients[place],
            }
            for place, layer in enumerate(layers)
        ],
        "gradients": found,
        "input_gradient": deltas[0],
        "checks": require(checks),
    }


def _formed(layer: Layer, x: Vector, y: Vector) -> NDArray[np.float64] | None:
    return np.asarray(layer.jacobian(x, y) + 0.0) if len(x) * len(y) <= limits.limit("formed-entries") else None


def jacobian_shapes(inputs: int, outputs: int, layer: Layer) -> dict[str, list[int]]:
    """The axes of the layer's derivatives: the output's, then those of what is differentiated by."""
    return {"input": [outputs, inputs], **{name: [outputs, *array.shape] for name, array in layer.parameters.items()}}


def forward(layers: Sequence[Layer], loss: Loss, x: Vector, moved: Arrays) -> Any:
    """L for parameters of which those in `moved` (by name) are replaced; complex where they are."""
    for place, layer in enumerate(layers):
        if place == len(layers) - 1 and layer.kind == loss.after:
            return loss.value_before(x)
        x = layer.output(x, {name: moved.get(f"{name}{place + 1}", array) for name, array in layer.parameters.items()})
    return loss.value(x)


def complex_step_check(layers: Sequence[Layer], loss: Loss, values: Sequence[Vector], gradients: Arrays, by_input: Vector) -> Check:
    """Each gradient along directions against the imaginary part of the loss at a complex step; `values` are x and the outputs.

    Relative to the gradient, and where that is what cancellation and saturation left, to the numbers that went into it.
    """
    x, sizes = values[0], magnitudes(layers, loss, values)
    random = np.random.default_rng(SEED)
    parameters = named([layer.parameters for layer in layers])
    worst = 0.0
    for name, gradient in [*gradients.items(), ("x", by_input)]:
        at = x if name == "x" else parameters[name]
        for direction in _directions(at.shape, random):
            moved = at + 1j * STEP * direction
            value = forward(layers, loss, moved, {}) if name == "x" else forward(layers, loss, x, {name: moved})
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
            found |= {f"{name}{place}": float(array.max()) for name, array in upper.gradients(x, size).items()}
            size = upper.back(x, values[place], size)
        else:
            size = np.full(len(x), size.max())
    return found | {"x": float(size.max())}


def _directions(shape: tuple[int, ...], random: np.random.Generator) -> Any:
    size = math.prod(shape)
    if size <= EVERY_ENTRY:
        return np.eye(size).reshape(size, *shape)
    return random.uniform(-1, 1, (DIRECTIONS, *shape))


def jacobian_check(layers: Sequence[Layer], values: Sequence[Vector], jacobians: Sequence[NDArray[np.float64] | None]) -> Check:
    """Each layer's Jacobian along a random direction against a complex step of that layer."""
    random = np.random.default_rng(SEED)
    worst = 0.0
    for layer, x, y, jacobian in zip(layers, values, values[1:], jacobians, strict=False):
        direction = random.uniform(-1, 1, x.shape)
        found = np.imag(layer.output(x + 1j * STEP * direction, layer.parameters)) / STEP
        if jacobian is None:
            continue
        scale = max(float((np.abs(jacobian) @ np.abs(direction)).max()), FLOOR * float(np.abs(y).max()), TINIEST)
        worst = max(worst, float(np.abs(found - jacobian @ direction).max()) / scale)
    return measured("jacobians", worst, TOLERANCE, "each layer's Jacobian along a random direction against a complex step of the layer")
