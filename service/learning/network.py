"""The layers of a network, with numbers: what each computes, and how it hands gradients back.

The first axis of every array counts the samples of a batch; the others are those of one value: n, or channels and places. With
δ = ∂L/∂y, a layer gives ∂L/∂x = J'·δ and the gradients of its own parameters, summed over the batch. Everything is written so that it
takes complex numbers too: the derivative along d is the imaginary part of L(θ + i·h·d)/h, without cancellation (Squire and Trapp, SIAM
Review 40, 1998), which is how gradients are checked.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.errors import NablaError, ShapeMismatch
from service.linalg.convolution import Mode, places, toeplitz

Vector = NDArray[Any]
Arrays = dict[str, NDArray[Any]]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Layer(ABC):
    """`parameters` by name: W (m×n) and b (m), or kernel; `at` is the pointer of the layer in the request. At a kink a slope between
    those of both sides is taken: `subgradient` of the way from the left one to the right one."""

    kind: ClassVar[str]
    kink: ClassVar[str] = ""
    parameters: Arrays = field(default_factory=dict)
    at: str = ""
    subgradient: float = 0.0

    @abstractmethod
    def output(self, x: Vector, parameters: Arrays) -> Vector:
        """The layer's value."""

    @abstractmethod
    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        """∂L/∂x = J'·δ."""

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        """∂y/∂x of one sample, the entries of y in rows, those of x in columns; by as many sweeps back as y has entries."""
        units = np.eye(y.size).reshape(y.size, *y.shape)
        rows = self.back(np.broadcast_to(x, (y.size, *x.shape)), np.broadcast_to(y, (y.size, *y.shape)), units)
        return np.asarray(rows.reshape(y.size, x.size))

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        """∂L/∂(each parameter), of its shape."""
        return {}

    def refuse(self, x: Vector) -> None:
        """Raises ShapeMismatch, LimitExceeded for an input that does not fit."""
        return

    def kinks(self, x: Vector) -> Mask:
        """Which entries of the input lie on a kink."""
        return np.zeros(x.shape, dtype=bool)

    def work(self, x: Vector) -> int:
        """About how many products its value takes."""
        return x.size


class Affine(Layer):
    kind = "affine"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        product = x @ parameters["W"].T
        return np.asarray(product + parameters["b"] if "b" in parameters else product)

    def refuse(self, x: Vector) -> None:
        m, n = self.parameters["W"].shape
        if x.ndim > 2:
            shape = "×".join(map(str, x.shape[1:]))
            raise ShapeMismatch(
                f"the input of this affine layer is {shape}, and it takes a vector", 'put {"type": "flatten"} before it', self.at
            )
        if x.shape[1] != n:
            raise ShapeMismatch(f"W is {m}×{n}, and its input has {x.shape[1]} entries", f"W has {x.shape[1]} columns", f"{self.at}/W")

    def work(self, x: Vector) -> int:
        return len(x) * self.parameters["W"].size

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return np.asarray(delta @ self.parameters["W"])

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return self.parameters["W"]

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        found = {"W": delta.T @ x}
        return found | {"b": delta.sum(axis=0)} if "b" in self.parameters else found


@dataclass(frozen=True)
class Convolution(Layer):
    """Of vectors: y = T(kernel)·x, and as well T(x)·kernel, with the Toeplitz matrices of the operation convolution."""

    kind = "convolution"
    mode: Mode = "valid"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        value = np.array([self._of(row, parameters["kernel"]) for row in x])
        return np.asarray(value + parameters["b"][0] if "b" in parameters else value)

    def _of(self, x: Vector, kernel: Vector) -> Vector:
        rows = places(len(kernel), len(x), self.mode)
        full = np.convolve(kernel, x)
        return np.array([full[i :: len(x)].sum() for i in rows]) if self.mode == "circular" else full[rows.start : rows.stop]

    def refuse(self, x: Vector) -> None:
        if x.ndim > 2:
            raise ShapeMismatch(
                "this convolution takes a vector, and its input has channels or rows", "conv1d and conv2d take those", self.at
            )
        try:
            rows = places(len(self.parameters["kernel"]), x.shape[1], self.mode)
            limits.check("matrix-entries", len(rows) * x.shape[1])
        except NablaError as error:
            raise error.at(self.at) from None

    def work(self, x: Vector) -> int:
        return x.size * len(self.parameters["kernel"])

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return np.asarray(delta @ self.jacobian(x[0], y[0]))

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
        found = {"kernel": sum((self.by_kernel(row).T @ d for row, d in zip(x, delta, strict=True)), np.zeros(1))}
        return found | {"b": np.array([delta.sum()])} if "b" in self.parameters else found


class Flatten(Layer):
    """Of channels and places one vector, the last axis fastest, as NumPy and the frameworks do."""

    kind = "flatten"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return x.reshape(len(x), -1)

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return delta.reshape(x.shape)


class Softmax(Layer):
    """Of each sample's vector."""

    kind = "softmax"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        powers = np.exp(x - x.real.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True))

    def refuse(self, x: Vector) -> None:
        if x.ndim > 2:
            raise ShapeMismatch("softmax takes a vector, and its input has channels or rows", 'put {"type": "flatten"} before it', self.at)

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        block = -np.outer(y, y)
        np.fill_diagonal(block, 0.0)
        np.fill_diagonal(block, -block.sum(axis=1))
        return block

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return np.asarray(y * (delta - (y * delta).sum(axis=-1, keepdims=True)))


@dataclass(frozen=True)
class LayerNorm(Layer):
    """(x - mean)/sqrt(variance + epsilon) of each sample, times gamma, plus beta, entry by entry where they are sent."""

    kind = "layernorm"
    epsilon: float = 1e-5

    def _normal(self, x: Vector) -> tuple[Vector, Vector]:
        axes = tuple(range(1, x.ndim))
        centred = x - x.mean(axis=axes, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=axes, keepdims=True) + self.epsilon)
        return centred / deviation, deviation

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        normal = self._normal(x)[0]
        return np.asarray(normal * parameters.get("gamma", 1.0) + parameters.get("beta", 0.0))

    def refuse(self, x: Vector) -> None:
        for name, array in self.parameters.items():
            if array.shape != x.shape[1:]:
                shapes = ["×".join(map(str, shape)) for shape in (array.shape, x.shape[1:])]
                raise ShapeMismatch(f"{name} is {shapes[0]}, and the layer's input {shapes[1]}", "they have one shape", f"{self.at}/{name}")

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        axes = tuple(range(1, x.ndim))
        normal, deviation = self._normal(x)
        inner = delta * self.parameters.get("gamma", np.ones(1))
        along = (inner * normal).mean(axis=axes, keepdims=True)
        return np.asarray((inner - inner.mean(axis=axes, keepdims=True) - normal * along) / deviation)

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        every = {"gamma": (delta * self._normal(x)[0]).sum(axis=0), "beta": delta.sum(axis=0)}
        return {name: every[name] for name in self.parameters}


def parameter_name(name: str, place: int) -> str:
    """What a parameter of the layer at a place (from 1) is called: W1, b1, kernel2."""
    return f"{name}{place}"


def named(gradients: Sequence[Arrays]) -> Arrays:
    """The gradients of all layers by the names of their parameters."""
    return {parameter_name(name, place): array for place, found in enumerate(gradients, 1) for name, array in found.items()}


def entries(shape: Sequence[int]) -> int:
    """How many numbers an array of this shape has."""
    return math.prod(shape)
