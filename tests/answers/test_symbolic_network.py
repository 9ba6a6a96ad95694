"""Backpropagation with symbols: the textbook's formulas, shapes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from service.answers.symbolic_network import LOSSES, symbolic_backpropagation
from service.errors import InputError
from service.expression.arena import fresh_arena
from service.learning import network
from service.learning.layers import read_layers


def answer(*layers: Any, loss: str = "squared-error", inputs: str | int = "n") -> dict[str, Any]:
    with fresh_arena():
        return symbolic_backpropagation(read_layers(list(layers)), loss, inputs)


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


def test_known_sizes() -> None:
    found = answer({"type": "affine", "size": 3}, "relu", inputs=2)
    assert found["gradients"]["W1"]["shape"] == [3, 2]
    assert found["layers"][0]["jacobian_shapes"]["W"] == [3, 3, 2]


def test_the_losses_are_those_of_numbers() -> None:
    assert set(LOSSES) == set(network.LOSSES)


@pytest.mark.parametrize(
    ("layers", "pointer"),
    [
        ([{"type": "affine", "W": [[1]]}], "/layers/0"),
        ([{"type": "convolution", "kernel": [1]}], "/layers/0"),
        (["affine"] * 10, "/layers/8"),
    ],
)
def test_what_is_refused(layers: list[Any], pointer: str) -> None:
    with pytest.raises(InputError) as raised:
        answer(*layers)
    assert raised.value.pointer == pointer
