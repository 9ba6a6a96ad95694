"""A network as its layers: how many values each takes and gives, and the shapes of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import limits

MOST_UNITS = 8
DENSE = ("affine", "softmax", "layernorm")


@dataclass(frozen=True)
class NetworkLayer:
    """`reach`: how many neighbouring inputs an output depends on; None where it is all of them."""

    kind: str
    inputs: str
    outputs: str
    shapes: tuple[str, ...]
    reach: int | None


@dataclass(frozen=True)
class NetworkScene:
    layers: tuple[NetworkLayer, ...]
    loss: str
    title: str
    description: str


def network_scene(layers: Sequence[Mapping[str, Any]], loss: str) -> NetworkScene:
    """The layers as the operation backpropagation answers them. Raises LimitExceeded."""
    limits.check("picture-layers", len(layers), "/layers")
    found = []
    for place, layer in enumerate(layers):
        shapes = layer["jacobian_shapes"]
        inputs, outputs = (
            layer.get(name) or [layer[other]] for name, other in (("input_shape", "input_size"), ("output_shape", "output_size"))
        )
        weights = [f"{name}{place + 1}: {_times(axes[len(outputs) :]) or '1'}" for name, axes in shapes.items() if name != "input"]
        jacobian = f"J{place + 1}: {_times(shapes['input'])}"
        reach = None if layer["type"] in DENSE else _reach(layer, shapes.get("kernel", [1])[-1])
        found.append(NetworkLayer(layer["type"], _times(inputs), _times(outputs), (*weights, jacobian), reach))
    told = "; ".join(
        f"{place + 1}. {layer.kind}, {layer.inputs} to {layer.outputs} ({', '.join(layer.shapes)})" for place, layer in enumerate(found)
    )
    count = f"{len(found)} layer{'' if len(found) == 1 else 's'}"
    return NetworkScene(
        tuple(found),
        loss,
        f"A network of {count}",
        f"Columns of units from the input on the left to the loss, {loss}, on the right, with the shapes of the weights and of the "
        f"Jacobian J of each layer between them. {told}.",
    )


def _reach(layer: Mapping[str, Any], kernel: object) -> int:
    """Of a pool about as many inputs as there are to an output."""
    inputs, outputs = layer["input_size"], layer["output_size"]
    if "pool" in layer["type"] and isinstance(inputs, int) and isinstance(outputs, int):
        return max(1, -(-inputs // outputs))
    return kernel if isinstance(kernel, int) and kernel > 0 else 1


def _times(axes: Sequence[object]) -> str:
    return "×".join(map(str, axes))
