"""The losses of a network with numbers: L(a, t) of its output a and the target t, both with a row for each sample."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from service.errors import InputError, ShapeMismatch
from service.learning.activations import Sigmoid, Softplus
from service.learning.network import Mask, Softmax, Vector


@dataclass(frozen=True)
class Loss(ABC):
    """Where `after` is the kind of the last layer, its input z and L belong together: the values and δ are then those of z, which
    overflow and cancellation spare."""

    kind: ClassVar[str]
    after: ClassVar[str] = ""
    kink: ClassVar[str] = ""
    target: Vector

    @abstractmethod
    def values(self, a: Vector) -> Vector:
        """L of each sample."""

    @abstractmethod
    def delta(self, a: Vector) -> Vector:
        """∂L/∂a of each sample."""

    def values_before(self, z: Vector) -> Vector:
        """L by the input of the last layer."""
        raise NotImplementedError

    def delta_before(self, z: Vector) -> Vector:
        """∂L/∂z."""
        raise NotImplementedError

    def kinks(self, a: Vector) -> Mask:
        """Which entries of the output lie on a kink; the derivative 0 is taken there."""
        return np.zeros(a.shape, dtype=bool)

    def refuse(self, a: Vector) -> None:
        """Raises ShapeMismatch, InputError for a target that does not fit the output a."""
        if self.target.shape != a.shape:
            shapes = ["×".join(map(str, array.shape[1:])) for array in (self.target, a)]
            what = f"the target has {shapes[0]} entries, and the network's output {shapes[1]}"
            if len(self.target) != len(a):
                what = f"there are {len(self.target)} targets, and {len(a)} samples"
            raise ShapeMismatch(what, "they have one size", "/target")


def _summed(terms: Vector) -> Vector:
    return np.asarray(terms.reshape(len(terms), -1).sum(axis=1))


class SquaredError(Loss):
    kind = "squared-error"

    def values(self, a: Vector) -> Vector:
        return np.asarray(_summed((a - self.target) ** 2) / 2)

    def delta(self, a: Vector) -> Vector:
        return np.asarray(a - self.target)


class MeanSquaredError(Loss):
    kind = "mean-squared-error"

    def values(self, a: Vector) -> Vector:
        return np.asarray(_summed((a - self.target) ** 2) / a[0].size)

    def delta(self, a: Vector) -> Vector:
        return np.asarray(2 * (a - self.target) / a[0].size)


class MeanAbsoluteError(Loss):
    kind = "mean-absolute-error"
    kink = "has no derivative where the output is the target"

    def values(self, a: Vector) -> Vector:
        rest = a - self.target
        return np.asarray(_summed(rest * np.sign(rest.real)) / a[0].size)

    def delta(self, a: Vector) -> Vector:
        return np.asarray(np.sign(a - self.target) / a[0].size)

    def kinks(self, a: Vector) -> Mask:
        return np.asarray(a == self.target)


class Huber(Loss):
    """r²/2 up to |r| = 1, |r| - 1/2 beyond."""

    kind = "huber"

    def values(self, a: Vector) -> Vector:
        rest = a - self.target
        size = rest * np.sign(rest.real)
        return _summed(np.where(size.real <= 1, rest * rest / 2, size - 0.5))

    def delta(self, a: Vector) -> Vector:
        return np.asarray(np.clip(a - self.target, -1, 1))


class Hinge(Loss):
    """Σ max(0, 1 - t·a), of targets -1 and 1."""

    kind = "hinge"
    kink = "has no derivative where t*a is 1"

    def values(self, a: Vector) -> Vector:
        rest = 1 - self.target * a
        return _summed(np.where(rest.real > 0, rest, 0))

    def delta(self, a: Vector) -> Vector:
        return np.where(self.target * a < 1, -self.target, 0.0)

    def kinks(self, a: Vector) -> Mask:
        return np.asarray(self.target * a == 1)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        if not np.isin(self.target, (-1, 1)).all():
            raise InputError("the target of a hinge loss is -1 or 1", "classes 0 and 1 are -1 and 1 here", "/target")


def _probabilities(target: Vector) -> None:
    if (target < 0).any() or (np.abs(target.sum(axis=-1) - 1) > 1e-9).any():
        raise InputError("the target of a cross-entropy holds probabilities that add up to 1", "one-hot is [0, 1, 0]", "/target")


def _with_scores(target: Vector, z: Vector) -> Vector:
    """t·(log Σ exp z) - t'z, row by row."""
    largest = z.real.max(axis=-1, keepdims=True)
    total = largest[..., 0] + np.log(np.exp(z - largest).sum(axis=-1))
    return np.asarray(target.sum(axis=-1) * total - (target * z).sum(axis=-1))


class CrossEntropy(Loss):
    kind, after = "cross-entropy", "softmax"

    def values(self, a: Vector) -> Vector:
        inside = np.where(self.target != 0, a, 1)
        return _summed(-self.target * np.log(inside))

    def delta(self, a: Vector) -> Vector:
        return np.where(self.target != 0, -self.target / np.where(self.target != 0, a, 1), 0.0)

    def values_before(self, z: Vector) -> Vector:
        return _with_scores(self.target, z)

    def delta_before(self, z: Vector) -> Vector:
        return np.asarray(Softmax().output(z, {}) * self.target.sum(axis=-1, keepdims=True) - self.target)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        _probabilities(self.target)
        if ((a <= 0) & (self.target > 0)).any():
            hint = "end with a layer softmax, or take the loss cross-entropy-with-logits"
            raise InputError("the output of the network is not positive where the target is", hint, "/loss")


class CrossEntropyWithLogits(Loss):
    """The cross-entropy of softmax(a), for a network that ends with scores."""

    kind = "cross-entropy-with-logits"

    def values(self, a: Vector) -> Vector:
        return _with_scores(self.target, a)

    def delta(self, a: Vector) -> Vector:
        return np.asarray(Softmax().output(a, {}) - self.target)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        _probabilities(self.target)


def _shares(target: Vector) -> None:
    if ((target < 0) | (target > 1)).any():
        raise InputError("the target of a binary cross-entropy holds probabilities", "each lies between 0 and 1", "/target")


class BinaryCrossEntropy(Loss):
    kind, after = "binary-cross-entropy", "sigmoid"

    def values(self, a: Vector) -> Vector:
        t = self.target
        terms = t * np.log(np.where(t != 0, a, 1)) + (1 - t) * np.log(np.where(t != 1, 1 - a, 1))
        return _summed(-terms)

    def delta(self, a: Vector) -> Vector:
        t = self.target
        return np.asarray(np.where(t != 1, (1 - t) / np.where(t != 1, 1 - a, 1), 0.0) - np.where(t != 0, t / np.where(t != 0, a, 1), 0.0))

    def values_before(self, z: Vector) -> Vector:
        return _summed(Softplus().output(z, {}) - self.target * z)

    def delta_before(self, z: Vector) -> Vector:
        return np.asarray(Sigmoid().output(z, {}) - self.target)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        _shares(self.target)
        if (((a <= 0) & (self.target > 0)) | ((a >= 1) & (self.target < 1))).any():
            hint = "end with a layer sigmoid, or take the loss binary-cross-entropy-with-logits"
            raise InputError("the output of the network does not lie between 0 and 1", hint, "/loss")


class BinaryCrossEntropyWithLogits(Loss):
    """The binary cross-entropy of sigmoid(a), for a network that ends with scores."""

    kind = "binary-cross-entropy-with-logits"

    def values(self, a: Vector) -> Vector:
        return _summed(Softplus().output(a, {}) - self.target * a)

    def delta(self, a: Vector) -> Vector:
        return np.asarray(special.expit(a) - self.target)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        _shares(self.target)


LOSSES: dict[str, type[Loss]] = {
    loss.kind: loss
    for loss in (
        SquaredError, MeanSquaredError, MeanAbsoluteError, Huber, CrossEntropy, CrossEntropyWithLogits,
        BinaryCrossEntropy, BinaryCrossEntropyWithLogits, Hinge,
    )
}  # fmt: skip
OTHER_LOSSES = {"mse": "mean-squared-error", "mae": "mean-absolute-error", "bce": "binary-cross-entropy"}
TAKES_CLASSES = ("cross-entropy", "cross-entropy-with-logits")


def one_hot(target: int, classes: int) -> Vector:
    """The target of a class by its place. Raises InputError."""
    if not 0 <= target < classes:
        raise InputError(f"{target} is not the place of one of {classes} classes", f"places count from 0 to {classes - 1}", "/target")
    return np.asarray(np.eye(classes)[target])


def target_array(value: int | float | Vector | None, kind: str, output: tuple[int, ...], is_batch: bool) -> Vector:
    """The target of each sample, of the shape `output` (samples first): what was sent as the place of a class, a number, a list or an
    array. Raises InputError, ShapeMismatch."""
    if value is None:
        raise InputError("a loss needs a target", "it has the size of the network's output", "/target")
    takes_classes = kind in TAKES_CLASSES
    if not isinstance(value, np.ndarray):
        value = np.asarray(value, dtype=float)
        if is_batch:
            raise InputError("there is one target, and a batch of samples", "send a target for each sample", "/target")
        if takes_classes or output[1:] != (1,):
            if len(output) != 2 or value != int(value):
                raise InputError("the target has the shape of the network's output", "or is the place of a class", "/target")
            return one_hot(int(value), output[1])[None]
        return value.reshape(1, 1)
    if not is_batch:
        return value.reshape(-1)[None] if value.ndim == 2 and value.shape[1] == 1 and len(output) == 2 else value[None]
    if value.ndim > 1 and not (value.ndim == 2 and value.shape[1] == 1 and takes_classes):
        return value
    places = value.reshape(-1)
    if takes_classes and len(output) == 2:
        if (places != np.round(places)).any():
            raise InputError("the targets of a batch are places of classes, or rows of probabilities", "such as [0, 2, 1]", "/target")
        return np.stack([one_hot(int(place), output[1]) for place in places])
    return places[:, None] if output[1:] == (1,) else value
