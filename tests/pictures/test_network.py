"""The picture of a network: a circle for each unit, up to eight in a column, and the shapes in words."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from service.errors import LimitExceeded
from service.pictures import network
from service.scenes.network import network_scene


def layer(kind: str, inputs: int | str, outputs: int | str, **weights: list[int | str]) -> dict[str, Any]:
    return {"type": kind, "input_size": inputs, "output_size": outputs, "jacobian_shapes": {"input": [outputs, inputs], **weights}}


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([layer("affine", 2, 3, W=[3, 3, 2], b=[3, 3]), layer("tanh", 3, 3)], "1. affine, 2 to 3 (W1: 3×2, b1: 3, J1: 3×2); 2. tanh"),
        ([layer("convolution", 12, 10, kernel=[10, 3])], "1. convolution, 12 to 10 (kernel1: 3, J1: 10×12)"),
        ([layer("affine", "n", "m", W=["m", "m", "n"])], "1. affine, n to m (W1: m×n, J1: m×n)"),
        ([layer("affine", 1, 1, W=[1, 1, 1])], "1 to 1"),
    ],
)
def test_layers_and_shapes(layers: list[dict[str, Any]], told: str) -> None:
    scene = network_scene(layers, "squared-error")
    assert told in scene.description
    first, second = network.draw(scene), network.draw(scene)
    assert first == second
    assert ET.fromstring(first).get("role") == "img"


def test_too_many_layers() -> None:
    with pytest.raises(LimitExceeded, match="picture-layers"):
        network_scene([layer("tanh", 2, 2)] * 17, "squared-error")
