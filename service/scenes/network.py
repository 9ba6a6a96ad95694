"""A network as its layers: how many values each takes and gives, and the shapes of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service import limits

MOST_UNITS = 8
DENSE = ("affine", "softmax")


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
        weights = [f"{name}{place + 1}: {_times(axes[1:])}" for name, axes in shapes.items() if name != "input"]
        jacobian = f"J{place + 1}: {_times(shapes['input'])}"
        kernel = shapes.get("kernel", [1, 1])[1]
        reach = None if layer["type"] in DENSE else kernel if isinstance(kernel, int) else 1
        found.append(NetworkLayer(layer["type"], str(layer["input_size"]), str(layer["output_size"]), (*weights, jacobian), reach))
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


def _times(axes: Sequence[object]) -> str:
    return "×".join(map(str, axes))
