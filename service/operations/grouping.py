"""A tensor kept in one piece."""

from __future__ import annotations

import numpy as np

from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Elementwise, Printed, register
from service.expression.sums import filled
from service.expression.tensors import Tensor


@register
class Grouped(Elementwise):
    """x itself, in one piece: products do not dissolve it, so that a long derivative is shared and not copied. Prints as x."""

    name, arity, in_language = "grouped", (1, 1), False

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(arguments[0])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return arguments[0]

    def derivative(self, y: Tensor, *x: Tensor) -> Tensor:
        return filled(1, y.shape)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return arguments[0]

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return arguments[0]

    def code(self, node: Node, *arguments: Code) -> Code:
        return arguments[0]
