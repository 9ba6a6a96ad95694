"""Backpropagation with numbers: against hand-worked cases and plain differences, in every layer and loss; wrong gradients refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.errors import InputError, LimitExceeded, MathematicsRefuses, NablaError, NotDifferentiable, ShapeMismatch
from service.learning.backpropagation import backpropagation, complex_step_check, forward, jacobian_check, of_one
from service.learning.layers import read_layers, with_numbers
from service.learning.losses import LOSSES, Loss, one_hot
from service.learning.network import Layer

RANDOM = np.random.default_rng(5)


def network(*specs: Any) -> list[Layer]:
    return with_numbers(read_layers(list(specs)), "/layers")


def one(layers: list[Layer], kind: str, target: Any, x: Any, subgradient: float | None = None) -> dict[str, Any]:
    """The answer for one sample."""
    return of_one(backpropagation(layers, loss_of(kind, target), np.asarray(x, dtype=float)[None], subgradient=subgradient))


def loss_of(kind: str, target: Any) -> Loss:
    return LOSSES[kind](np.asarray(target, dtype=float)[None])


def affine(m: int, n: int) -> dict[str, Any]:
    return {"type": "affine", "W": RANDOM.standard_normal((m, n)).tolist(), "b": RANDOM.standard_normal(m).tolist()}


def test_by_hand() -> None:
    """W = [1 2], b = 1/2, x = (1, -1): z = -1/2, L = (z - 1)²/2, so δ = -3/2, dL/dW = δ·x', dL/dx = W'·δ."""
    layers = network({"type": "affine", "W": [[1, 2]], "b": [0.5]})
    found = one(layers, "squared-error", [1.0], [1.0, -1.0])
    assert found["value"] == 1.125
    assert found["layers"][0]["delta"].tolist() == [-1.5]
    assert found["gradients"]["W1"].tolist() == [[-1.5, 1.5]]
    assert found["gradients"]["b1"].tolist() == [-1.5]
    assert found["input_gradient"].tolist() == [-1.5, -3.0]
    assert found["layers"][0]["jacobian_shapes"] == {"input": [1, 2], "W": [1, 1, 2], "b": [1, 1]}


NETWORKS: list[tuple[list[Any], str, Any]] = [
    ([affine(3, 4)], "squared-error", [1, 0, -1]),
    ([affine(5, 4), "relu", affine(3, 5)], "mean-squared-error", [1, 0, -1]),
    ([affine(5, 4), "sigmoid", affine(3, 5), "softmax"], "cross-entropy", [0.2, 0.3, 0.5]),
    ([affine(5, 4), "softmax", affine(3, 5), "sigmoid"], "binary-cross-entropy", [1, 0, 0.3]),
    ([affine(3, 4), "softmax", "sigmoid"], "binary-cross-entropy", [1, 0, 0.3]),
    ([affine(3, 4), "sigmoid", "softmax", "softmax"], "cross-entropy", [0, 1, 0]),
    ([affine(3, 4), "tanh", "tanh", "sigmoid"], "squared-error", [1, 1, 1]),
    ([affine(3, 4), "sigmoid"], "cross-entropy", [1, 0, 0]),
    ([affine(3, 4), "softmax"], "binary-cross-entropy", [1, 0, 0]),
    *[
        ([{"type": "convolution", "kernel": [1, 0.5, -1], "b": [0.1], "mode": mode}, "tanh"], "squared-error", [0.5] * size)
        for mode, size in (("valid", 2), ("same", 4), ("full", 6), ("circular", 4))
    ],
    ([{"type": "convolution", "kernel": [1, 0.5, -1, 2, 3], "mode": "circular"}], "squared-error", [0.5] * 4),
    ([{"type": "conv", "kernel": [1, 0.5, -1, 2, 3], "mode": "same"}], "squared-error", [0.5] * 4),
    ([affine(40, 4), "tanh", affine(1, 40)], "squared-error", [1]),
]


@pytest.mark.parametrize(("specs", "kind", "target"), NETWORKS)
def test_against_differences(specs: list[Any], kind: str, target: list[float]) -> None:
    """Central differences of the loss, one weight after the other."""
    layers, loss = network(*specs), loss_of(kind, target)
    x = np.array([[0.3, -0.7, 1.1, 0.4]])
    found = of_one(backpropagation(layers, loss, x))
    assert found["value"] == pytest.approx(float(np.real(plain(layers, loss, x))))
    h = 1e-6
    for name, gradient in found["gradients"].items():
        place = int(name.lstrip("Wbkernl")) - 1
        at = layers[place].parameters[name.rstrip("0123456789")]
        for index in np.ndindex(at.shape):
            up, down = at.copy(), at.copy()
            up[index] += h
            down[index] -= h
            slope = (forward(layers, loss, x, {name: up}) - forward(layers, loss, x, {name: down})) / (2 * h)
            assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    for i in range(4):
        step = h * np.eye(4)[i : i + 1]
        slope = (forward(layers, loss, x + step, {}) - forward(layers, loss, x - step, {})) / (2 * h)
        assert found["input_gradient"][i] == pytest.approx(slope, rel=1e-5, abs=1e-7)


def plain(layers: list[Layer], loss: Loss, x: Any) -> Any:
    """The loss without the short cut of the last layer."""
    for layer in layers:
        x = layer.output(x, layer.parameters)
    return loss.values(x).mean()


def test_far_out() -> None:
    found = one(network("softmax"), "cross-entropy", one_hot(1, 2), [1000.0, 0.0])
    assert (found["value"], found["input_gradient"].tolist()) == (1000.0, [1.0, -1.0])
    assert found["layers"][0]["delta"] is None
    found = one(network("sigmoid"), "binary-cross-entropy", [0.0, 1.0], [800.0, -800.0])
    assert (found["value"], found["input_gradient"].tolist()) == (1600.0, [1.0, -1.0])
    exact = one(network("tanh"), "squared-error", np.tanh([1.0]), [1.0])
    assert exact["value"] == 0


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("kind", LOSSES)
def test_saturated_networks_are_answered(kind: str, size: float) -> None:
    """Slopes of 1e-40 and probabilities that are 0 or 1: what is left is checked against what went in."""
    random = np.random.default_rng(8)
    last = {"cross-entropy": "softmax", "binary-cross-entropy": "sigmoid"}.get(kind, "tanh")
    for middle in ("relu", "tanh", "sigmoid", "softmax"):
        specs = [
            {"type": "affine", "W": (random.standard_normal((5, 4)) * size).tolist(), "b": [size] * 5},
            middle,
            {"type": "affine", "W": (random.standard_normal((3, 5)) * size).tolist()},
            last,
        ]
        target = [1, -1, 1] if kind == "hinge" else [0.5, 0.25, 0.25]
        found = one(network(*specs), kind, target, random.standard_normal(4) * size, 0)
        assert all(check.passed for check in found["checks"])


@pytest.mark.parametrize("z", [-500.0, -700.0, -740.0, 740.0])
def test_the_tails_of_the_sigmoid(z: float) -> None:
    found = one(network("sigmoid", {"type": "affine", "W": [[1]]}), "squared-error", [1.0], [z])
    assert found["layers"][0]["jacobian"][0, 0] == pytest.approx(np.exp(-abs(z)), rel=1e-12, abs=1e-320)


def test_large_layers_form_no_jacobian() -> None:
    found = one(network("tanh"), "squared-error", np.zeros(5000), np.linspace(-1, 1, 5000))
    assert found["layers"][0]["jacobian"] is None


W: dict[str, Any] = {"type": "affine", "W": [[1, 2]]}
REFUSED: list[tuple[Any, type[NablaError], str]] = [
    ([], InputError, ""),
    ("relu", InputError, ""),
    ([5], InputError, "/0"),
    ([{}], InputError, "/0/type"),
    ([{"type": "lstm"}], InputError, "/0/type"),
    ([{"type": ["relu"]}], InputError, "/0/type"),
    ([{"type": "relu", "W": [[1]]}], InputError, "/0"),
    ([{"type": "affine", "W": [[1], [2, 3]]}], InputError, "/0/W/1"),
    ([{"type": "affine", "W": [[1, "a"]]}], InputError, "/0/W/0/1"),
    ([{"type": "affine", "W": [[{"re": 0, "im": 1}]]}], InputError, "/0/W"),
    ([{"type": "affine", "bias": 1}], InputError, "/0/bias"),
    ([{"type": "affine", "size": 0}], InputError, "/0/size"),
    ([{"type": "affine", "size": "h1"}], InputError, "/0/size"),
    ([{"type": "convolution", "kernel": [1], "mode": "wide"}], InputError, "/0/mode"),
    (["relu"] * 101, LimitExceeded, ""),
]


@pytest.mark.parametrize(("value", "error", "pointer"), REFUSED)
def test_layers_that_are_none(value: Any, error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as raised:
        read_layers(value)
    assert raised.value.all_faults()[0].pointer == pointer


ASKED: list[tuple[list[Any], str, list[float], type[NablaError], str]] = [
    ([{"type": "affine"}], "squared-error", [0], InputError, "/layers/0/W"),
    ([{**W, "b": [1, 2]}], "squared-error", [0], ShapeMismatch, "/layers/0/b"),
    ([{"type": "affine", "W": [[1, 2, 3]]}], "squared-error", [0], ShapeMismatch, "/layers/0/W"),
    ([{"type": "convolution", "kernel": [1, 2, 3]}], "squared-error", [0], ShapeMismatch, "/layers/0/kernel"),
    ([{"type": "convolution"}], "squared-error", [0], InputError, "/layers/0/kernel"),
    ([{"type": "convolution", "kernel": [1], "b": [1, 2]}], "squared-error", [0], ShapeMismatch, "/layers/0/b"),
    ([{"type": "affine", "W": [[2, -1]]}, "relu"], "squared-error", [0], NotDifferentiable, "/layers/1"),
    ([W], "squared-error", [0, 1], ShapeMismatch, "/target"),
    (["tanh"], "cross-entropy", [0.5, 0.6], InputError, "/target"),
    ([W, "softmax"], "cross-entropy", [-1], InputError, "/target"),
    ([{"type": "affine", "W": [[-1, 0]]}], "cross-entropy", [1], InputError, "/loss"),
    ([{"type": "affine", "W": [[5, 0]]}], "binary-cross-entropy", [0.5], InputError, "/loss"),
    ([{"type": "affine", "W": [[1, 0]]}, "sigmoid"], "binary-cross-entropy", [1.5], InputError, "/target"),
    ([{"type": "affine", "W": [[1e308, 1e308]]}], "squared-error", [0], MathematicsRefuses, ""),
]


@pytest.mark.parametrize(("specs", "kind", "target", "error", "pointer"), ASKED)
def test_what_is_refused(specs: list[Any], kind: str, target: list[float], error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as raised:
        one(network(*specs), kind, target, [1.0, 2.0])
    assert raised.value.pointer == pointer


def test_a_wrong_gradient_is_refused() -> None:
    layers, loss, x = network(affine(5, 2), "tanh", affine(1, 5)), loss_of("squared-error", [0.4]), np.array([[0.5, 0.6]])
    found = backpropagation(layers, loss, x)
    gradients, by_input = found["gradients"], found["input_gradient"]
    values = [x, *(np.asarray(layer["output"]) for layer in found["layers"])]
    assert complex_step_check(layers, loss, values, gradients, by_input).passed
    assert not complex_step_check(layers, loss, values, gradients, by_input * (1 + 1e-8)).passed
    for name, gradient in gradients.items():
        wrong = gradient.copy()
        wrong.flat[0] += 1e-8 * np.abs(gradient).max()
        assert not complex_step_check(layers, loss, values, {**gradients, name: wrong}, by_input).passed
    jacobians = [np.asarray(layer["jacobian"]) for layer in found["layers"]]
    assert jacobian_check(layers, values, jacobians).passed
    for i in range(3):
        assert not jacobian_check(layers, values, [jacobian + 1e-8 * (i == j) for j, jacobian in enumerate(jacobians)]).passed
