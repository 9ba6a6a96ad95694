"""Backpropagation with symbols: the textbook's formulas, shapes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from service.answers.symbolic_layers import POINTWISE
from service.answers.symbolic_network import LOSSES, symbolic_backpropagation
from service.errors import InputError
from service.expression.arena import fresh_arena
from service.learning import losses
from service.learning.layers import read_layers


def answer(*layers: Any, loss: str = "squared-error", inputs: Any = "n", samples: Any = None) -> dict[str, Any]:
    with fresh_arena():
        return symbolic_backpropagation(read_layers(list(layers)), loss, inputs, samples)


def test_one_layer() -> None:
    found = answer({"type": "affine", "size": "m"}, "sigmoid")
    first, second = found["layers"]
    assert first["output"] == "h1 = W1*x + b1"
    assert first["delta"]["text"] == "d2.*sigmoid(h1).*(1 - sigmoid(h1))"
    assert first["gradients"]["W"]["text"] == "d1*x'"
    assert first["gradients"]["b"]["text"] == "d1"
    assert first["jacobian_shapes"] == {"input": ["m", "n"], "W": ["m", "m", "n"], "b": ["m", "m"]}
    assert second["delta"]["text"] == "h2 - t"
    assert found["input_gradient"]["text"] == "W1'*d1"
    assert found["loss"]["expression"] == "norm2(sigmoid(W1*x + b1) - t)^2/2"


@pytest.mark.parametrize("loss", LOSSES)
def test_two_layers_with_every_loss(loss: str) -> None:
    found = answer("affine", "tanh", {"type": "affine", "bias": False}, "softmax", loss=loss)
    assert list(found["gradients"]) == ["W1", "b1", "W3"]
    assert [found["gradients"][name]["shape"] for name in found["gradients"]] == [["m", "n"], ["m"], ["k", "m"]]
    assert found["checks"]


@pytest.mark.parametrize("kind", LOSSES)
def test_batches_with_every_loss(kind: str) -> None:
    """A row for each sample: the gradient of W is d'*x."""
    found = answer("affine", "tanh", "affine", "softmax", loss=kind, samples="N")
    assert [found["gradients"][name]["text"] for name in ("W1", "b1", "W3")] == ["d1'*x", "d1'*ones(N)", "d3'*h2"]
    assert (found["layers"][0]["jacobian_shapes"]["W"], found["input_gradient"]["shape"]) == (["m", "m", "n"], ["N", "n"])


@pytest.mark.parametrize("kind", POINTWISE)
def test_every_activation(kind: str) -> None:
    found = answer({"type": "affine", "size": "m"}, kind)
    assert found["layers"][1]["jacobian_shapes"] == {"input": ["m", "m"]}


CONVOLUTIONS: list[tuple[Any, Any, str, list[int]]] = [
    ({"type": "conv1d", "size": 2}, 3, "h1 = [kernel1[1]*x[1] + kernel1[2]*x[2] + b1, kernel1[1]*x[2] + kernel1[2]*x[3] + b1]", [2]),
    (
        {"type": "convolution", "size": 2, "bias": False},
        3,
        "h1 = [kernel1[2]*x[1] + kernel1[1]*x[2], kernel1[2]*x[2] + kernel1[1]*x[3]]",
        [2],
    ),
    (
        {"type": "conv1d", "size": 3, "padding": 1, "stride": 2, "bias": False},
        3,
        "h1 = [kernel1[2]*x[1] + kernel1[3]*x[2], kernel1[1]*x[2] + kernel1[2]*x[3]]",
        [2],
    ),
    (
        {"type": "convolution", "size": 2, "mode": "circular", "bias": False},
        2,
        "h1 = [kernel1[2]*x[2] + kernel1[1]*x[1], kernel1[2]*x[1] + kernel1[1]*x[2]]",
        [2],
    ),
    ({"type": "maxpool1d", "size": 2}, 4, "h1 = [max(x[1], x[2]), max(x[3], x[4])]", [2]),
    ({"type": "avgpool1d", "size": 2, "stride": 1}, 3, "h1 = [(x[1] + x[2])/2, (x[2] + x[3])/2]", [2]),
    ({"type": "avgpool2d", "size": [1, 2]}, [2, 2], "h1 = [(x[1,1] + x[1,2])/2; (x[2,1] + x[2,2])/2]", [2, 1]),
]


@pytest.mark.parametrize(("layer", "inputs", "output", "shape"), CONVOLUTIONS)
def test_convolutions_are_written_out(layer: Any, inputs: Any, output: str, shape: list[int]) -> None:
    found = answer(layer, inputs=inputs)
    assert (found["layers"][0]["output"], found["layers"][0]["output_shape"]) == (output, shape)


def test_a_small_network_of_images() -> None:
    layers = [{"type": "conv2d", "size": 2}, "gelu", {"type": "maxpool2d", "size": [2, 1]}, "flatten", {"type": "affine", "size": 2}]
    found = answer(*layers, inputs=[5, 3], loss="cross-entropy-with-logits")
    assert found["gradients"]["kernel1"]["shape"] == [2, 2]
    assert found["layers"][4]["delta"]["text"] == "softmax(h5) - t"
    with pytest.raises(InputError) as raised:
        answer("affine", inputs=[3, 3])
    assert raised.value.pointer == "/layers/0"


def test_known_sizes() -> None:
    found = answer({"type": "affine", "size": 3}, "relu", inputs=2)
    assert found["gradients"]["W1"]["shape"] == [3, 2]
    assert found["layers"][0]["jacobian_shapes"]["W"] == [3, 3, 2]


def test_the_losses_are_those_of_numbers() -> None:
    assert set(LOSSES) == set(losses.LOSSES)


@pytest.mark.parametrize(
    ("layers", "pointer"),
    [
        ([{"type": "affine", "W": [[1]]}], "/layers/0"),
        ([{"type": "convolution", "kernel": [1]}], "/layers/0"),
        ([{"type": "convolution", "size": 2}], "/layers/0"),
        (["affine"] * 10, "/layers/8"),
    ],
)
def test_what_is_refused(layers: list[Any], pointer: str) -> None:
    with pytest.raises(InputError) as raised:
        answer(*layers)
    assert raised.value.pointer == pointer
