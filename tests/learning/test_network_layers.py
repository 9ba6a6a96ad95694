"""The layers and losses of networks: values against SciPy and by hand, gradients of whole batches against differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import signal, special

from service.errors import InputError, LimitExceeded, MatrixFormatError, NablaError, NotDifferentiable, ShapeMismatch
from service.learning.arrays import read_array
from service.learning.backpropagation import backpropagation, forward, of_one, output_shape
from service.learning.layers import read_layers, with_numbers
from service.learning.losses import LOSSES, target_array
from service.learning.network import Layer

RANDOM = np.random.default_rng(11)


def network(*specs: Any) -> list[Layer]:
    return with_numbers(read_layers(list(specs)), "/layers")


def drawn(*shape: int) -> Any:
    return RANDOM.uniform(-1, 1, shape).round(3).tolist()


AFFINE = {"type": "affine", "W": drawn(2, 6), "b": drawn(2)}
IMAGES: tuple[int, ...] = (3, 2, 5, 4)  # samples, channels, rows, columns
NETWORKS: list[tuple[list[Any], tuple[int, ...]]] = [
    (["leaky-relu", {"type": "elu", "alpha": 0.5}, AFFINE, "gelu"], (3, 6)),
    ([{"type": "linear", "W": drawn(6, 6)}, "softplus", "silu", AFFINE], (3, 6)),
    (["layernorm", AFFINE], (3, 6)),
    ([{"type": "layernorm", "gamma": drawn(6), "beta": drawn(6), "epsilon": 0.1}, AFFINE, "softmax"], (2, 6)),
    ([{"type": "conv1d", "kernel": drawn(3), "b": [0.3], "padding": 1, "stride": 2}, "tanh"], (3, 7)),
    ([{"type": "conv1d", "kernel": drawn(2, 3, 3), "b": drawn(2), "dilation": 2}, "sigmoid",
      {"type": "maxpool1d", "size": 2}, "flatten"], (2, 3, 9)),
    ([{"type": "conv1d", "kernel": drawn(2, 1, 4), "padding": "same"}, {"type": "avgpool1d", "size": 3, "stride": 2}, "flatten"], (2, 6)),
    ([{"type": "conv2d", "kernel": drawn(2, 3), "b": [0.1]}, "tanh", "flatten"], (2, 4, 5)),
    ([{"type": "conv2d", "kernel": drawn(3, 2, 3, 2), "b": drawn(3), "stride": [2, 1], "padding": [1, 0]}, "gelu",
      {"type": "maxpool2d", "size": 2, "stride": 1}, "flatten"], IMAGES),
    ([{"type": "conv2d", "kernel": drawn(1, 2, 3, 3), "padding": "same"}, {"type": "avgpool2d", "size": [2, 1], "padding": [1, 0]},
      "layernorm", "flatten"], IMAGES),
    *[([{"type": "convolution", "kernel": drawn(2, 3), "b": [0.2], "mode": mode}, "tanh", "flatten"], (2, 4, 5))
      for mode in ("valid", "same", "full")],
    ([{"type": "maxpool2d", "size": 3, "padding": 1}, "flatten"], (2, 4, 4)),
]  # fmt: skip


@pytest.mark.parametrize(("specs", "shape"), NETWORKS)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_against_differences(specs: list[Any], shape: tuple[int, ...], reduction: Any) -> None:
    layers, x = network(*specs), RANDOM.uniform(-1, 1, shape)
    loss = LOSSES["squared-error"](RANDOM.uniform(-1, 1, output_shape(layers, x)))
    found = backpropagation(layers, loss, x, reduction)
    h = 1e-6
    for name, gradient in found["gradients"].items():
        at = layers[int(name[-1]) - 1].parameters[name[:-1]]
        assert gradient.shape == at.shape
        direction = RANDOM.uniform(-1, 1, at.shape)
        up, down = (forward(layers, loss, x, {name: at + sign * h * direction}, reduction) for sign in (1, -1))
        assert float((gradient * direction).sum()) == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8)
    direction = RANDOM.uniform(-1, 1, shape)
    up, down = (forward(layers, loss, x + sign * h * direction, {}, reduction) for sign in (1, -1))
    assert float((found["input_gradient"] * direction).sum()) == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("kind", LOSSES)
def test_a_batch_is_the_mean_or_the_sum_of_its_samples(kind: str) -> None:
    layers, x = network(AFFINE, "sigmoid" if kind == "binary-cross-entropy" else "softmax"), RANDOM.uniform(-1, 1, (4, 6))
    targets = np.array([[1.0, -1.0]] * 4) if kind == "hinge" else np.array([[1.0, 0.0], [0.25, 0.75], [0.0, 1.0], [0.5, 0.5]])
    singles = [backpropagation(layers, LOSSES[kind](t[None]), row[None])["gradients"]["W1"] for row, t in zip(x, targets, strict=True)]
    mean, total = (backpropagation(layers, LOSSES[kind](targets), x, reduction) for reduction in ("mean", "sum"))  # type: ignore[arg-type]
    np.testing.assert_allclose(mean["gradients"]["W1"], np.mean(singles, axis=0), atol=1e-14)
    np.testing.assert_allclose(total["gradients"]["W1"], np.sum(singles, axis=0), atol=1e-14)
    assert total["value"] == pytest.approx(total["values"].sum())


def test_convolutions_are_those_of_scipy() -> None:
    image, kernel = RANDOM.uniform(-1, 1, (5, 6)), RANDOM.uniform(-1, 1, (2, 3))
    (layer,) = network({"type": "conv2d", "kernel": kernel.tolist()})
    np.testing.assert_allclose(layer.output(image[None], layer.parameters)[0], signal.correlate2d(image, kernel, "valid"), atol=1e-15)
    for mode in ("valid", "same", "full"):
        (layer,) = network({"type": "convolution", "kernel": kernel.tolist(), "mode": mode})
        np.testing.assert_allclose(layer.output(image[None], layer.parameters)[0], signal.convolve2d(image, kernel, mode), atol=1e-15)


def test_activations_by_other_formulas() -> None:
    x = np.array([[-3.0, -0.5, 0.25, 4.0]])
    expected = {
        "gelu": x * special.ndtr(x),
        "silu": x * special.expit(x),
        "softplus": np.logaddexp(0, x),
        "elu": np.where(x > 0, x, np.exp(x) - 1),
        "leaky-relu": np.where(x > 0, x, x / 100),
    }
    for kind, value in expected.items():
        (layer,) = network(kind)
        np.testing.assert_allclose(layer.output(x, {}), value, rtol=1e-14)


def test_pools_by_hand() -> None:
    image = np.array([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]])
    largest, mean = network({"type": "maxpool2d", "size": 2}, {"type": "avgpool2d", "size": 2})
    assert largest.output(image, {}).tolist() == [[[4.0, 8.0]]]
    assert mean.output(image, {}).tolist() == [[[2.5, 6.5]]]
    found = of_one(backpropagation([largest], LOSSES["squared-error"](np.zeros((1, 1, 2))), image))
    assert found["input_gradient"].tolist() == [[0, 0, 0, 0], [0, 4, 0, 8]]
    assert found["layers"][0]["jacobian"].shape == (1, 2, 2, 4)


@pytest.mark.parametrize(
    ("specs", "subgradient", "gradient"),
    [
        (["relu"], 0, [0, 2]),
        (["relu"], 1, [-1, 2]),
        (["relu"], 0.5, [-0.5, 2]),
        ([{"type": "leaky-relu", "alpha": 0.1}], 0, [-0.1, 2]),
        ([{"type": "elu", "alpha": 2}], 0, [-2, 2]),
    ],
)
def test_the_slope_at_a_kink_is_chosen(specs: list[Any], subgradient: float, gradient: list[float]) -> None:
    loss, x = LOSSES["squared-error"](np.array([[1.0, 0.0]])), np.array([[0.0, 2.0]])
    with pytest.raises(NotDifferentiable) as raised:
        backpropagation(network(*specs), loss, x)
    assert "subgradient" in str(raised.value.hint)
    found = backpropagation(network(*specs), loss, x, subgradient=subgradient)
    assert found["input_gradient"].tolist() == [gradient]
    assert [(kink["layer"], kink["entries"]) for kink in found["kinks"]] == [(1, [0])]
    assert any(check.name == "kinks" for check in found["checks"])


@pytest.mark.parametrize(("kind", "target"), [("mean-absolute-error", 2.0), ("hinge", 1.0)])
def test_kinks_of_losses(kind: str, target: float) -> None:
    x = np.array([[target]])
    with pytest.raises(NotDifferentiable):
        backpropagation(network({"type": "affine", "W": [[1]]}), LOSSES[kind](np.array([[target]])), x)
    found = backpropagation(network({"type": "affine", "W": [[1]]}), LOSSES[kind](np.array([[target]])), x, subgradient=0)
    assert found["input_gradient"].tolist() == [[0]]


def test_equal_entries_of_a_pool() -> None:
    loss, x = LOSSES["squared-error"](np.zeros((1, 1))), np.array([[3.0, 3.0]])
    layers = network({"type": "maxpool1d", "size": 2})
    with pytest.raises(NotDifferentiable):
        backpropagation(layers, loss, x)
    assert backpropagation(layers, loss, x, subgradient=0)["input_gradient"].tolist() == [[3, 0]]


def test_the_loss_of_scores_is_that_of_probabilities() -> None:
    x = np.array([[1.0, -2.0, 800.0]])
    t = np.array([[0.2, 0.3, 0.5]])
    for kind, layer in (("cross-entropy", "softmax"), ("binary-cross-entropy", "sigmoid")):
        inside = backpropagation(network(layer), LOSSES[kind](t), x)
        outside = backpropagation(network({"type": "affine", "W": np.eye(3).tolist()}), LOSSES[f"{kind}-with-logits"](t), x)
        assert inside["value"] == outside["value"]
        np.testing.assert_allclose(inside["input_gradient"], outside["input_gradient"])


@pytest.mark.parametrize(
    ("value", "kind", "output", "is_batch", "expected"),
    [
        (1, "cross-entropy", (1, 3), False, [[0, 1, 0]]),
        (2.5, "squared-error", (1, 1), False, [[2.5]]),
        (np.array([[1.0], [2.0]]), "squared-error", (1, 2), False, [[1, 2]]),
        (np.array([2.0, 0.0]), "cross-entropy", (2, 3), True, [[0, 0, 1], [1, 0, 0]]),
        (np.array([2.0, 0.5]), "squared-error", (2, 1), True, [[2], [0.5]]),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), "squared-error", (2, 2), True, [[1, 2], [3, 4]]),
    ],
)
def test_targets(value: Any, kind: str, output: tuple[int, ...], is_batch: bool, expected: Any) -> None:
    assert target_array(value, kind, output, is_batch).tolist() == expected


@pytest.mark.parametrize(
    ("value", "kind", "output", "is_batch"),
    [
        (None, "squared-error", (1, 1), False),
        (1, "squared-error", (2, 1), True),
        (0.5, "cross-entropy", (1, 3), False),
        (3, "cross-entropy", (1, 3), False),
        (np.array([0.5, 0.5]), "cross-entropy", (2, 2), True),
    ],
)
def test_targets_that_are_none(value: Any, kind: str, output: tuple[int, ...], is_batch: bool) -> None:
    with pytest.raises(InputError) as raised:
        target_array(value, kind, output, is_batch)
    assert raised.value.pointer == "/target"


CONV = {"type": "conv2d", "kernel": drawn(1, 2, 2, 2)}
REFUSED: list[tuple[list[Any], tuple[int, ...], type[NablaError], str]] = [
    ([CONV], (1, 3, 4, 4), ShapeMismatch, "/layers/0/kernel"),
    ([CONV], (1, 4), ShapeMismatch, "/layers/0"),
    ([CONV], (1, 2, 1, 1), ShapeMismatch, "/layers/0"),
    ([{**CONV, "b": [1, 2]}], (1, 2, 4, 4), ShapeMismatch, "/layers/0/b"),
    ([{**CONV, "stride": 0}], (1, 2, 4, 4), InputError, "/layers/0/stride"),
    ([{**CONV, "stride": [1, 2, 3]}], (1, 2, 4, 4), InputError, "/layers/0/stride"),
    ([{**CONV, "padding": "some"}], (1, 2, 4, 4), InputError, "/layers/0/padding"),
    ([{**CONV, "padding": "same", "stride": 2}], (1, 2, 4, 4), InputError, "/layers/0/padding"),
    ([{**CONV, "dilation": True}], (1, 2, 4, 4), InputError, "/layers/0/dilation"),
    ([{"type": "conv2d", "kernel": [1, 2]}], (1, 4, 4), ShapeMismatch, "/layers/0/kernel"),
    ([{"type": "conv1d", "kernel": [[1, 2]]}], (1, 4), ShapeMismatch, "/layers/0/kernel"),
    ([{"type": "convolution", "kernel": [[[1]]]}], (1, 4), ShapeMismatch, "/layers/0/kernel"),
    ([{"type": "convolution", "kernel": [[1, 2]], "mode": "circular"}], (1, 4, 4), InputError, "/layers/0/mode"),
    (["maxpool2d"], (1, 4, 4), InputError, "/layers/0/size"),
    ([{"type": "maxpool2d", "size": 2, "padding": 2}], (1, 4, 4), InputError, "/layers/0/padding"),
    ([{"type": "maxpool1d", "size": 5}], (1, 4), ShapeMismatch, "/layers/0"),
    ([{"type": "conv2d", "kernel": drawn(2, 2)}, AFFINE], (1, 4, 4), ShapeMismatch, "/layers/1"),
    ([{"type": "conv2d", "kernel": drawn(2, 2)}, "softmax"], (1, 4, 4), ShapeMismatch, "/layers/1"),
    ([{"type": "layernorm", "gamma": [1, 2]}], (1, 3), ShapeMismatch, "/layers/0/gamma"),
    ([{"type": "leaky-relu", "alpha": -1}], (1, 3), InputError, "/layers/0/alpha"),
    ([{"type": "elu", "alpha": "a"}], (1, 3), InputError, "/layers/0/alpha"),
    ([{"type": "affine", "W": [[[1]]]}], (1, 3), ShapeMismatch, "/layers/0/W"),
    ([{"type": "affine", "W": [[1, 2]], "b": [[1, 2]]}], (1, 2), ShapeMismatch, "/layers/0/b"),
    ([{"type": "conv1d", "kernel": [1.0] * 2000}], (200, 4000), LimitExceeded, "/layers/0"),
]


@pytest.mark.parametrize(("specs", "shape", "error", "pointer"), REFUSED)
def test_what_is_refused(specs: list[Any], shape: tuple[int, ...], error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as raised:
        output_shape(network(*specs), np.ones(shape))
    assert raised.value.pointer == pointer


@pytest.mark.parametrize(
    "value", [[[[1, 2], [3]]], [[[1], [2]], [[1], "a"]], [[[[[[1]]]]]], [[[]]], [[[1], [None]]], 3, "x", {}, [[[math.nan]]]]
)
def test_arrays_that_are_none(value: Any) -> None:
    with pytest.raises((MatrixFormatError, InputError)):
        read_array(value)


def test_arrays() -> None:
    assert read_array([[[1, "1/2"]], [[3, 4]]]).tolist() == [[[1, 0.5]], [[3, 4]]]
    assert read_array([1, 2]).shape == (2,)
