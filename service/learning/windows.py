"""Layers that look at windows of channels: convolution as the frameworks compute it (a correlation), in one and two dimensions; pools.

A sample is channels × places, or places alone, which is one channel. A kernel is outputs × inputs × window, or a window alone:
y[o, p] = b[o] + Σ kernel[o, c, a]·x[c, s·p + d·a - l], with the stride s, the dilation d, and l zeros put before. (V. Dumoulin, F. Visin:
A guide to convolution arithmetic for deep learning, arXiv 1603.07285.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service import limits
from service.errors import ShapeMismatch
from service.learning.network import Arrays, Layer, Mask, Vector

Padding = tuple[tuple[int, int], ...]
"""Zeros before and after, for each axis of places."""


def window_slices(
    window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], outputs: Sequence[int]
) -> Iterator[tuple[Any, Any]]:
    """Each place in the window, and the slices of the places that it takes from a padded input."""
    for place in itertools.product(*[range(length) for length in window]):
        yield (
            place,
            (
                ...,
                *[slice(d * a, d * a + s * (count - 1) + 1, s) for a, s, d, count in zip(place, stride, dilation, outputs, strict=True)],
            ),
        )


@dataclass(frozen=True)
class Windowed(Layer):
    """`axes` of places, a `window`, `stride`, `dilation` and `padding` along each."""

    axes: int = 1
    window: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    padding: Padding = ()

    def places_out(self, x: Vector) -> tuple[int, ...]:
        """How many windows fit along each axis."""
        return tuple(
            (length + before + after - d * (k - 1) - 1) // s + 1
            for length, k, s, d, (before, after) in zip(
                x.shape[-self.axes :], self.window, self.stride, self.dilation, self.padding, strict=True
            )
        )

    def refuse(self, x: Vector) -> None:
        if x.ndim - 1 not in (self.axes, self.axes + 1):
            shape = "×".join(map(str, x.shape[1:]))
            wanted = {1: "channels × length, or a vector", 2: "channels × height × width, or a matrix"}[self.axes]
            raise ShapeMismatch(f"the input of this {self.kind} is {shape}", f"it is {wanted}", self.at)
        if any(count < 1 for count in self.places_out(x)):
            shape, window = ("×".join(map(str, each)) for each in (x.shape[-self.axes :], self.window))
            raise ShapeMismatch(f"a window of {window} does not fit into {shape}", "a smaller one, or more padding", self.at)
        limits.check("matrix-entries", len(x) * math.prod(self.places_out(x)), self.at)

    def padded(self, x: Vector, value: float = 0.0) -> Vector:
        rest = [(0, 0)] * (x.ndim - self.axes)
        return np.pad(x, [*rest, *self.padding], constant_values=value)

    def cropped(self, x: Vector, shape: Sequence[int]) -> Vector:
        """The part of a padded array that is the input."""
        places = [slice(before, before + length) for (before, _), length in zip(self.padding, shape[-self.axes :], strict=True)]
        index: tuple[Any, ...] = (..., *places)
        return np.asarray(x[index])


@dataclass(frozen=True)
class Correlation(Windowed):
    """`flipped`: the convolution of mathematics, with the kernel the other way round."""

    flipped: bool = False

    @property
    def kind(self) -> str:  # type: ignore[override]
        return "convolution" if self.flipped else f"conv{self.axes}d"

    def _full(self, kernel: Vector) -> Vector:
        """outputs × inputs × window."""
        full = kernel.reshape((1,) * (self.axes + 2 - kernel.ndim) + kernel.shape)
        return np.flip(full, axis=tuple(range(2, full.ndim))) if self.flipped else full

    def _channels(self, x: Vector) -> Vector:
        return x[:, None] if x.ndim == self.axes + 1 else x

    def refuse(self, x: Vector) -> None:
        super().refuse(x)
        outputs, inputs = self._full(self.parameters["kernel"]).shape[:2]
        channels = self._channels(x).shape[1]
        if channels != inputs:
            detail = f"the kernel takes {inputs} channel{'s' if inputs > 1 else ''}, and its input has {channels}"
            raise ShapeMismatch(detail, "a kernel is outputs × inputs × window", f"{self.at}/kernel")
        if "b" in self.parameters and len(self.parameters["b"]) != outputs:
            detail = f"b has {len(self.parameters['b'])} entries, and the kernel {outputs} outputs"
            raise ShapeMismatch(detail, "b has an entry for each output channel", f"{self.at}/b")

    def work(self, x: Vector) -> int:
        return len(x) * math.prod(self.places_out(x)) * self.parameters["kernel"].size

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        kernel, outputs = self._full(parameters["kernel"]), self.places_out(x)
        source = self.padded(self._channels(x))
        total = np.zeros((len(x), kernel.shape[0], *outputs), dtype=np.result_type(kernel, x))
        for place, taken in window_slices(self.window, self.stride, self.dilation, outputs):
            total += np.einsum("oc,nc...->no...", kernel[(slice(None), slice(None), *place)], source[taken])
        if "b" in parameters:
            total = total + parameters["b"].reshape(-1, *[1] * self.axes)
        return total if self._has_channels(x) else total[:, 0]

    def _has_channels(self, x: Vector) -> bool:
        """Whether the value has an axis of channels: not where neither input nor kernel has one."""
        return x.ndim > self.axes + 1 or self.parameters["kernel"].ndim > self.axes

    def _outer(self, x: Vector, delta: Vector) -> Vector:
        return delta if self._has_channels(x) else delta[:, None]

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        kernel, outputs = self._full(self.parameters["kernel"]), self.places_out(x)
        found = np.zeros(self.padded(self._channels(x)).shape)
        for place, taken in window_slices(self.window, self.stride, self.dilation, outputs):
            found[taken] += np.einsum("oc,no...->nc...", kernel[(slice(None), slice(None), *place)], self._outer(x, delta))
        return self.cropped(found, x.shape).reshape(x.shape)

    def gradients(self, x: Vector, delta: Vector) -> Arrays:
        kernel, outputs = self.parameters["kernel"], self.places_out(x)
        source, outer = self.padded(self._channels(x)), self._outer(x, delta)
        full = np.zeros(self._full(kernel).shape)
        count = range(2, 2 + self.axes)
        for place, taken in window_slices(self.window, self.stride, self.dilation, outputs):
            full[(slice(None), slice(None), *place)] = np.tensordot(outer, source[taken], axes=([0, *count], [0, *count]))
        if self.flipped:
            full = np.flip(full, axis=tuple(count))
        found = {"kernel": full.reshape(kernel.shape)}
        return found | {"b": outer.sum(axis=(0, *count))} if "b" in self.parameters else found


@dataclass(frozen=True)
class Pool(Windowed):
    """Windows of each channel by itself."""

    def work(self, x: Vector) -> int:
        return x.size * math.prod(self.window)

    def _stacked(self, x: Vector, value: float = 0.0) -> Vector:
        """The entries of every window, along the first axis."""
        source = self.padded(x, value)
        return np.stack([source[taken] for _, taken in window_slices(self.window, self.stride, self.dilation, self.places_out(x))])

    def _spread(self, x: Vector, parts: Vector) -> Vector:
        """What each entry of a window gets, added up where the entry came from."""
        found = np.zeros(self.padded(x).shape)
        for part, (_, taken) in zip(parts, window_slices(self.window, self.stride, self.dilation, self.places_out(x)), strict=True):
            found[taken] += part
        return self.cropped(found, x.shape)


class MaxPool(Pool):
    """The largest entry of each window; of equal ones the first has the gradient."""

    kink = "has no derivative where two entries of a window are the largest"

    @property
    def kind(self) -> str:  # type: ignore[override]
        return f"maxpool{self.axes}d"

    def _chosen(self, x: Vector) -> Vector:
        return np.asarray(np.argmax(self._stacked(x.real, -math.inf), axis=0))

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.asarray(np.take_along_axis(self._stacked(x), self._chosen(x)[None], axis=0)[0])

    def kinks(self, x: Vector) -> Mask:
        stacked = self._stacked(x, -math.inf)
        return np.asarray((stacked == stacked.max(axis=0)).sum(axis=0) > 1)

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        chosen = self._chosen(x)
        return self._spread(x, np.stack([np.where(chosen == k, delta, 0.0) for k in range(math.prod(self.window))]))


class AveragePool(Pool):
    """The mean of each window, zeros of the padding counted."""

    @property
    def kind(self) -> str:  # type: ignore[override]
        return f"avgpool{self.axes}d"

    def output(self, x: Vector, parameters: Arrays) -> Vector:
        return np.asarray(self._stacked(x).mean(axis=0))

    def back(self, x: Vector, y: Vector, delta: Vector) -> Vector:
        count = math.prod(self.window)
        return self._spread(x, np.broadcast_to(delta / count, (count, *delta.shape)))
