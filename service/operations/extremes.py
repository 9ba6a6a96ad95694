"""Largest and smallest: of two arrays entry by entry, or of all entries of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from service.expression import codes
from service.expression.algebra import call, spread
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Elementwise, Law, Operation, Printed, Sample, broadcast, register
from service.expression.products import transpose, view
from service.expression.shapes import SCALAR, Axes, Shape, Sizes
from service.expression.sums import add, coefficient_of
from service.expression.tensors import Sum, Tensor, number_of
from service.operations.entrywise import off_zero
from service.operations.samples import BOTH_SIGNS, MATRIX, VECTOR, VECTOR_AND_MATRIX, VECTORS


def off_ties(x: Array, extreme: Array) -> Array:
    """1 at the extreme entry, 0 elsewhere; NaN at each where there are several."""
    found = x == extreme
    return np.where(found & (np.sum(found) > 1), np.nan, found)


def _is_antisymmetric(x: Tensor) -> bool:
    """Whether x' = -x, as of W - W': 0 on the diagonal."""
    _, monic = coefficient_of(x)
    return isinstance(monic, Sum) and len(x.shape) == 2 and coefficient_of(monic + transpose(monic))[0] == 0


class Extreme(Elementwise):
    """Of two arguments entry by entry; of one argument, the `of_entries` of it."""

    arity, kink = (1, 2), "where the extreme value is there twice"
    sign: ClassVar[int]
    """1 for the largest, -1 for the smallest: min(x, y) = -max(-x, -y)."""
    ufunc: ClassVar[np.ufunc]
    of_entries: ClassVar[str]

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return broadcast(self, arguments, sizes) if len(arguments) == 2 else SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = self.ufunc(*arguments) if len(arguments) == 2 else self.ufunc.reduce(arguments[0], axis=None)
        return result

    def side(self, node: Node, *arguments: Array) -> Array:
        return off_zero(np.subtract(*arguments)) if len(arguments) == 2 else off_ties(arguments[0], self.value(node, *arguments))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        if len(arguments) == 2:
            return call(self.name, *arguments)
        (x,) = arguments
        return call(self.of_entries, x) if x.shape else x

    def derivative(self, y: Tensor, *x: Tensor) -> tuple[Tensor, Tensor]:
        """1 for the argument that is the extreme one, 0 for the other; at the ties of max(W, W'), for the second alone."""
        ahead = spread(self.sign * (x[0] - x[1]), y.shape)
        first = call("step", ahead)
        return first, 1 - first if _is_antisymmetric(ahead) else call("step", -ahead)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """max(x, x) = x, max(x, 0) = relu(x), min(x, 0) = -relu(-x)."""
        left, right = arguments
        if left is right:
            return left
        for x, other in ((left, right), (right, left)):
            if number_of(other) == 0:
                return self.sign * call("relu", self.sign * x)
        return None

    def code(self, node: Node, *arguments: Code) -> Code:
        return super().code(node, *arguments) if len(arguments) == 2 else codes.reduce(arguments[0], self.name, julia=f"{self.name}imum")


@register
class Max(Extreme):
    """max(x, y), the greater of two, entry by entry; max(x), the greatest of all entries."""

    name, latex_name, signature, sign, ufunc, of_entries = "max", r"\max", "max(x, y) or max(x)", 1, np.maximum, "greatest"
    spelling = Spelling("maximum", julia="max", matlab="max")
    samples = (
        Sample("max(x, y)", {}, BOTH_SIGNS),
        Sample("max(x, y)", VECTORS, BOTH_SIGNS),
        Sample("max(A, 1)", MATRIX),
        Sample("max(x', s)", VECTOR),
        Sample("max(x)", VECTOR, BOTH_SIGNS),
        Sample("max(A')", MATRIX, BOTH_SIGNS),
        Sample("max(x)"),
    )
    bad_samples = (Sample("max(x, A)", VECTOR_AND_MATRIX),)
    laws = (Law("max(x, y) + min(x, y)", "x + y", VECTORS), Law("max(x)", "-min(-x)", VECTOR))


@register
class Min(Extreme):
    """min(x, y), the lesser of two, entry by entry; min(x), the least of all entries."""

    name, latex_name, signature, sign, ufunc, of_entries = "min", r"\min", "min(x, y) or min(x)", -1, np.minimum, "least"
    spelling = Spelling("minimum", julia="min", matlab="min")
    samples = (
        Sample("min(x, y)", {}, BOTH_SIGNS),
        Sample("min(x, y)", VECTORS, BOTH_SIGNS),
        Sample("min(A, 1)", MATRIX),
        Sample("min(x', s)", VECTOR),
        Sample("min(x)", VECTOR, BOTH_SIGNS),
        Sample("min(A')", MATRIX, BOTH_SIGNS),
    )
    bad_samples = (Sample("min(x, A)", VECTOR_AND_MATRIX),)
    laws = (Law("min(x, 0)", "-relu(-x)", VECTOR, BOTH_SIGNS),)


class ExtremeEntry(Operation):
    """Of all entries: what max(x) and min(x) are as tensors. It prints as `function`(x)."""

    family, in_language, kink = "reductions", False, "where the extreme value is there twice"
    function: ClassVar[str]
    ufunc: ClassVar[np.ufunc]

    def rule_name(self, *changing: bool) -> str:
        return f"derivative of {self.function}"

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = self.ufunc.reduce(arguments[0], axis=None)
        return result

    def side(self, node: Node, *arguments: Array) -> Array:
        return off_ties(arguments[0], self.value(node, *arguments))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments) if arguments[0].shape else arguments[0]

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return ()

    def lift(self, *arguments: Tensor) -> Tensor | None:
        """Of a transposed or repeated array it is that of the array: max(x*ones(k)') = max(x), max(t*ones(n) + s) = t + s."""
        (x,) = arguments
        terms = x.terms if isinstance(x, Sum) else ((1, x),)
        views = [view(term) for _, term in terms]
        first = views[0]
        if first is None or any(found is None or found[1:] != first[1:] for found in views):
            return None
        inner = add([(weight, found[0]) for (weight, _), found in zip(terms, views, strict=True) if found], first[0].shape)
        return call(self.name, inner) if inner.shape else inner

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """1 at the extreme entry, 0 elsewhere."""
        return call("equal", x[0], y)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{self.function}({arguments[0].text})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\{self.function}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.reduce(arguments[0], self.function, julia=f"{self.function}imum")


@register
class Greatest(ExtremeEntry):
    """The greatest of all entries, max(x)."""

    name, function, ufunc = "greatest", "max", np.maximum


@register
class Least(ExtremeEntry):
    """The least of all entries, min(x)."""

    name, function, ufunc = "least", "min", np.minimum
