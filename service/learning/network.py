"""The layers and losses of a network, with numbers: what each computes, and how it hands gradients back.

A layer maps a vector x (n) to y (m). With δ = ∂L/∂y, it gives ∂L/∂x = J'·δ and the gradients of its own parameters. Everything
is written so that it takes complex numbers too: the derivative along d is the imaginary part of L(θ + i·h·d)/h, without
cancellation (Squire and Trapp, SIAM Review 40, 1998), which is how gradients are checked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.errors import InputError, NablaError, NotDifferentiable, ShapeMismatch
from service.linalg.convolution import Mode, places, toeplitz

Vector = NDArray[Any]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Layer(ABC):
    """`parameters` by name: W (m×n) and b (m), or kernel (k); `at` is the pointer of the layer in the request."""

    kind: ClassVar[str]
    parameters: Arrays = field(default_factory=dict)
    at: str = ""

    @abstractmethod
    def output(self, x: Vector, parameters: Arrays) -> Vector:
        """The layer's value; raises ShapeMismatch, NotDifferentiable."""

    @abstractmethod
    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        """∂y/∂x, m×n."""

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        """∂L/∂x = J'·δ."""
        return np.asarray(self.jacobian(x, y).T @ delta)

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        """∂L/∂(each parameter), of its shape."""
        return {}

    def refuse(self, x: Vector) -> None:
        """Raises ShapeMismatch for an input that does not fit, NotDifferentiable at a kink."""
        return


class Affine(Layer):
    kind = "affine"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        product = parameters["W"] @ x
        return np.asarray(product + parameters["b"] if "b" in parameters else product)

    def refuse(self, x: Vector) -> None:
        m, n = self.parameters["W"].shape
        if len(x) != n:
            raise ShapeMismatch(f"W is {m}×{n}, and its input has {len(x)} entries", f"W has {len(x)} columns", f"{self.at}/W")

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return self.parameters["W"]

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        found = {"W": np.outer(delta, x)}
        return found | {"b": delta} if "b" in self.parameters else found


@dataclass(frozen=True)
class Convolution(Layer):
    """y = T(kernel)·x, and as well T(x)·kernel, with the Toeplitz matrices of the operation convolution."""

    kind = "convolution"
    mode: Mode = "valid"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        kernel = parameters["kernel"]
        rows = places(len(kernel), len(x), self.mode)
        full = np.convolve(kernel, x)
        value = full[rows.start : rows.stop]
        if self.mode == "circular":
            value = np.array([full[i :: len(x)].sum() for i in rows])
        return np.asarray(value + parameters["b"][0] if "b" in parameters else value)

    def refuse(self, x: Vector) -> None:
        try:
            rows = places(len(self.parameters["kernel"]), len(x), self.mode)
            limits.check("matrix-entries", len(rows) * len(x))
        except NablaError as error:
            raise error.at(self.at) from None

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        rows = places(len(self.parameters["kernel"]), len(x), self.mode)
        return np.asarray(toeplitz(self.parameters["kernel"], len(x), rows, self.mode), dtype=np.float64)

    def by_kernel(self, x: Vector) -> NDArray[np.float64]:
        """∂y/∂kernel, m×k: the Toeplitz matrix of the signal, its columns wrapped around where the signal repeats."""
        k, n = len(self.parameters["kernel"]), len(x)
        rows = places(k, n, self.mode)
        if self.mode == "circular":
            return np.asarray(x[(np.arange(n)[:, None] - np.arange(k)) % n])
        return np.asarray(toeplitz(x, k, rows, "full"), dtype=np.float64)

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        found = {"kernel": self.by_kernel(x).T @ delta}
        return found | {"b": np.array([delta.sum()])} if "b" in self.parameters else found


class Entrywise(Layer):
    """A function of each entry, with its slope."""

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        raise NotImplementedError

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return np.diag(self.slope(x, y))

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return np.asarray(self.slope(x, y) * delta)


class Relu(Entrywise):
    kind = "relu"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.where(x.real > 0, x, 0)

    def refuse(self, x: Vector) -> None:
        for i in np.flatnonzero(x == 0).tolist():
            detail = f"relu has no derivative at 0, and entry {i + 1} of its input is 0"
            raise NotDifferentiable(detail, "change the weights or the input a little", self.at)

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return np.where(x > 0, 1.0, 0.0)


class Sigmoid(Entrywise):
    kind = "sigmoid"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        small = np.exp(-np.where(x.real > 0, x, -x))  # never above 1
        return np.asarray(np.where(x.real > 0, 1, small) / (1 + small))

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        small = np.exp(-np.abs(x))
        return np.asarray(small / (1 + small) ** 2)


class Tanh(Entrywise):
    kind = "tanh"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.tanh(x)

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        small = np.exp(-2 * np.abs(x))
        return np.asarray(4 * small / (1 + small) ** 2)


class Softmax(Layer):
    kind = "softmax"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        powers = np.exp(x - x.real.max())
        return np.asarray(powers / powers.sum())

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        block = -np.outer(y, y)
        np.fill_diagonal(block, 0.0)
        np.fill_diagonal(block, -block.sum(axis=1))
        return block

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return np.asarray(y * (delta - y @ delta))


LAYERS: dict[str, type[Layer]] = {layer.kind: layer for layer in (Affine, Relu, Sigmoid, Tanh, Softmax, Convolution)}


# --- losses ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loss(ABC):
    """L(a, t) of the network's output a and the target t. Where `after` is the kind of the last layer, its input z and L belong
    together: `value` and `delta` are then those of z, which overflow and cancellation spare."""

    kind: ClassVar[str]
    after: ClassVar[str] = ""
    target: Vector

    @abstractmethod
    def value(self, a: Vector) -> Any:
        """L."""

    @abstractmethod
    def delta(self, a: Vector) -> Vector:
        """∂L/∂a."""

    def value_before(self, z: Vector) -> Any:
        """L by the input of the last layer."""
        raise NotImplementedError

    def delta_before(self, z: Vector) -> Vector:
        """∂L/∂z."""
        raise NotImplementedError

    def refuse(self, a: Vector) -> None:
        """Raises ShapeMismatch, InputError for a target that does not fit the output a."""
        if len(self.target) != len(a):
            detail = f"the target has {len(self.target)} entries, and the network's output {len(a)}"
            raise ShapeMismatch(detail, "they have one size", "/target")


class SquaredError(Loss):
    kind = "squared-error"

    def value(self, a: Vector) -> Any:
        return ((a - self.target) ** 2).sum() / 2

    def delta(self, a: Vector) -> Vector:
        return np.asarray(a - self.target)


class MeanSquaredError(Loss):
    kind = "mean-squared-error"

    def value(self, a: Vector) -> Any:
        return ((a - self.target) ** 2).mean()

    def delta(self, a: Vector) -> Vector:
        return np.asarray(2 * (a - self.target) / len(a))


class CrossEntropy(Loss):
    kind, after = "cross-entropy", "softmax"

    def value(self, a: Vector) -> Any:
        return -sum(t * np.log(p) for t, p in zip(self.target, a, strict=True) if t)

    def delta(self, a: Vector) -> Vector:
        return np.array([-t / p if t else 0.0 for t, p in zip(self.target, a, strict=True)])

    def value_before(self, z: Vector) -> Any:
        largest = z.real.max()
        return self.target.sum() * (largest + np.log(np.exp(z - largest).sum())) - self.target @ z

    def delta_before(self, z: Vector) -> Vector:
        return np.asarray(Softmax().output(z, {}) * self.target.sum() - self.target)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        if (self.target < 0).any() or abs(float(self.target.sum()) - 1) > 1e-9:
            raise InputError("the target of a cross-entropy holds probabilities that add up to 1", "one-hot is [0, 1, 0]", "/target")
        if ((a <= 0) & (self.target > 0)).any():
            raise InputError("the output of the network is not positive where the target is", "end with a layer softmax", "/loss")


class BinaryCrossEntropy(Loss):
    kind, after = "binary-cross-entropy", "sigmoid"

    def value(self, a: Vector) -> Any:
        return -sum(
            (t * np.log(p) if t else 0.0) + ((1 - t) * np.log(1 - p) if t != 1 else 0.0) for t, p in zip(self.target, a, strict=True)
        )

    def delta(self, a: Vector) -> Vector:
        return np.array([(-t / p if t else 0.0) + ((1 - t) / (1 - p) if t != 1 else 0.0) for t, p in zip(self.target, a, strict=True)])

    def value_before(self, z: Vector) -> Any:
        positive = z.real > 0
        return (np.where(positive, z, 0) + np.log1p(np.exp(np.where(positive, -z, z))) - self.target * z).sum()

    def delta_before(self, z: Vector) -> Vector:
        return np.asarray(Sigmoid().output(z, {}) - self.target)

    def refuse(self, a: Vector) -> None:
        super().refuse(a)
        if ((self.target < 0) | (self.target > 1)).any():
            raise InputError("the target of a binary cross-entropy holds probabilities", "each lies between 0 and 1", "/target")
        if (((a <= 0) & (self.target > 0)) | ((a >= 1) & (self.target < 1))).any():
            raise InputError("the output of the network does not lie between 0 and 1", "end with a layer sigmoid", "/loss")


LOSSES: dict[str, type[Loss]] = {loss.kind: loss for loss in (SquaredError, MeanSquaredError, CrossEntropy, BinaryCrossEntropy)}


def one_hot(target: int, classes: int) -> Vector:
    """The target of a class by its place. Raises InputError."""
    if not 0 <= target < classes:
        raise InputError(f"{target} is not the place of one of {classes} classes", f"places count from 0 to {classes - 1}", "/target")
    return np.asarray(np.eye(classes)[target])


def parameter_name(name: str, place: int) -> str:
    """What a parameter of the layer at a place (from 1) is called: W1, b1, kernel2."""
    return f"{name}{place}"


def named(gradients: Sequence[Arrays]) -> Arrays:
    """The gradients of all layers by the names of their parameters."""
    return {parameter_name(name, place): array for place, found in enumerate(gradients, 1) for name, array in found.items()}
