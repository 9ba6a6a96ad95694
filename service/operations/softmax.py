"""Softmax and the logarithm of its denominator, computed without overflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from service.expression.algebra import call, einsum
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, register
from service.expression.products import product
from service.expression.shapes import SCALAR, Axes, Shape, Sizes
from service.expression.sums import filled
from service.expression.tensors import Tensor
from service.operations.matrices import as_matrix, axes_of, is_vector
from service.operations.samples import MATRIX, VECTOR, of_any_shape


@register
class LogSumExp(Operation):
    """log(sum(exp(x))) over all entries."""

    name, family, signature = "logsumexp", "vector functions", "logsumexp(x)"
    rule = "log-sum-exp rule"
    samples = of_any_shape("logsumexp")
    laws = (
        Law("logsumexp(x)", "log(sum(exp(x)))", VECTOR),
        Law("logsumexp(x + s)", "logsumexp(x) + s", VECTOR),
        Law("logsumexp([0, s])", "softplus(s)"),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(special.logsumexp(arguments[0]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        return None if arguments[0].shape else arguments[0]

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return ()

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        return call("softmax", *x)

    def numpy(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"special.logsumexp({arguments[0].text})")


@register
class Softmax(Operation):
    """exp(x)/sum(exp(x)) over all entries (softmax_rows takes each row of a matrix by itself)."""

    name, family, signature = "softmax", "vector functions", "softmax(x)"
    rule = "softmax rule"
    samples = of_any_shape("softmax")
    laws = (
        Law("softmax(x)", "exp(x)/sum(exp(x))", VECTOR),
        Law("sum(softmax(A))", "1", MATRIX),
        Law("softmax([s, 0])[1]", "sigmoid(s)"),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return arguments[0]

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(special.softmax(arguments[0]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        return None if arguments[0].shape else filled(1, ())

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        return arguments[0].symmetric

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """diag(y) - y*y'."""
        rank = len(y.shape)
        rows, columns = tuple(range(rank)), tuple(range(rank, 2 * rank))
        return product(1, [(y, rows)], rows + rows) - product(1, [(y, rows), (y, columns)], rows + columns)

    def numpy(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"special.softmax({arguments[0].text})")


@register
class SoftmaxRows(Operation):
    """softmax of each row of a matrix."""

    name, family, signature = "softmax_rows", "matrix functions", "softmax_rows(A)"
    rule = "softmax rule"
    samples = of_any_shape("softmax_rows")
    laws = (
        Law("softmax_rows(A)*ones(n)", "ones(m)", MATRIX),
        Law("softmax_rows(A)", "diag(1./(exp(A)*ones(n)))*exp(A)", MATRIX),
        Law("softmax_rows(x')", "softmax(x)'", VECTOR),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return arguments[0]

    def value(self, node: Node, *arguments: Array) -> Array:
        shape = node.arguments[0].shape
        return np.asarray(special.softmax(as_matrix(arguments[0], shape), axis=1)).reshape(axes_of(shape))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (x,) = arguments
        if len(x.shape) == 2:
            return call(self.name, x)
        return filled(1, x.shape) if node.shape[1] == 1 else call("softmax", x)

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """∂y[i,j]/∂x[i,l] = y[i,j]·(δ[j,l] - y[i,l]); rows do not mix."""
        return einsum("ij->ijij", y) - einsum("ij,il->ijil", y, y)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{softmax}}_{{\mathrm{{rows}}}}\left({arguments[0].text}\right)")

    def numpy(self, node: Node, *arguments: Printed) -> Printed:
        (x,) = arguments
        if is_vector(node.shape):
            return Printed(f"np.ones_like({x.text})" if node.shape[1] == 1 else f"special.softmax({x.text})")
        return Printed(f"special.softmax({x.text}, axis=1)" if node.shape != SCALAR else "1")
