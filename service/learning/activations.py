"""Layers that apply a function to each entry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from service.learning.network import Arrays, Layer, Mask, Vector


class Entrywise(Layer):
    """A function of each entry, with its slope."""

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        raise NotImplementedError

    def jacobian(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return np.diag(np.ravel(self.slope(x, y)))

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        return np.asarray(self.slope(x, y) * delta)


class Kinked(Entrywise):
    """x above 0, `below(x)` below it, with the slopes 1 and `left` at 0."""

    kink = "has no derivative at 0"

    @property
    def left(self) -> float:
        """The slope at 0 from the left."""
        return 0.0

    def below(self, x: Vector) -> Vector:
        return 0 * x

    def slope_below(self, x: Vector) -> Vector:
        return np.zeros(x.shape)

    @property
    def at_kink(self) -> float:
        return self.left + self.subgradient * (1 - self.left)

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        inner = np.where(x.real < 0, x, 0)
        return np.where(x.real > 0, x, np.where(x.real < 0, self.below(inner), self.at_kink * x))

    def kinks(self, x: Vector) -> Mask:
        return np.asarray((x == 0) & (self.left != 1))

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return np.where(x > 0, 1.0, np.where(x < 0, self.slope_below(np.where(x < 0, x, 0)), self.at_kink))


class Relu(Kinked):
    kind = "relu"


@dataclass(frozen=True)
class LeakyRelu(Kinked):
    kind = "leaky-relu"
    alpha: float = 0.01

    @property
    def left(self) -> float:
        return self.alpha

    def below(self, x: Vector) -> Vector:
        return self.alpha * x

    def slope_below(self, x: Vector) -> Vector:
        return np.full(x.shape, self.alpha)


@dataclass(frozen=True)
class Elu(Kinked):
    """alpha·(exp(x) - 1) below 0."""

    kind = "elu"
    alpha: float = 1.0

    @property
    def left(self) -> float:
        return self.alpha

    def below(self, x: Vector) -> Vector:
        return np.asarray(self.alpha * np.expm1(x))

    def slope_below(self, x: Vector) -> Vector:
        return np.asarray(self.alpha * np.exp(x))


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


class Softplus(Entrywise):
    kind = "softplus"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.asarray(np.where(x.real > 0, x, 0) + np.log1p(np.exp(-np.where(x.real > 0, x, -x))))

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return Sigmoid().output(x, {})


class Silu(Entrywise):
    """x·sigmoid(x), also called swish."""

    kind = "silu"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.asarray(x * Sigmoid().output(x, {}))

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return np.asarray(Sigmoid().output(x, {}) + x * Sigmoid().slope(x, y))


class Gelu(Entrywise):
    """x·Φ(x), Φ the distribution function of the normal distribution (D. Hendrycks, K. Gimpel, arXiv 1606.08415)."""

    kind = "gelu"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.asarray(x * special.erfc(-x / math.sqrt(2)) / 2)

    def slope(self, x: Vector, y: Vector) -> NDArray[np.float64]:
        return np.asarray(special.ndtr(x) + x * np.exp(-x * x / 2) / math.sqrt(2 * math.pi))


ACTIVATIONS: tuple[type[Layer], ...] = (Relu, LeakyRelu, Elu, Sigmoid, Tanh, Softplus, Silu, Gelu)
