"""Softmax and the logarithm of its denominator, computed without overflow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from service.expression import codes
from service.expression.algebra import call, einsum
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, register
from service.expression.products import product
from service.expression.shapes import SCALAR, Axes, Shape, Sizes
from service.expression.sums import filled
from service.expression.tensors import Tensor
from service.operations.constant_arrays import filled_code
from service.operations.generated_helpers import MATLAB_LOGSUMEXP, MATLAB_SOFTMAX, MATLAB_SOFTMAX_ROWS
from service.operations.matrices import as_matrix, axes_of
from service.operations.samples import MATRIX, VECTOR, of_any_shape

_LOGSUMEXP = Spelling("special.logsumexp", pytorch="torch.logsumexp({0}, 0)", helpers=MATLAB_LOGSUMEXP)
_LOGSUMEXP_OF_MATRIX = replace(_LOGSUMEXP, pytorch="torch.logsumexp({0}, (0, 1))")
_SOFTMAX = Spelling(
    "special.softmax",
    jax="jax.nn.softmax({0}, axis=None)",
    pytorch="torch.softmax({0}, 0)",
    helpers=MATLAB_SOFTMAX,
)
_SOFTMAX_OF_MATRIX = replace(_SOFTMAX, pytorch="torch.softmax({0}.reshape(-1), 0).reshape({0}.shape)")
_SOFTMAX_ROWS = Spelling(
    "special.softmax({0}, axis=1)",
    jax="jax.nn.softmax({0}, axis=1)",
    pytorch="torch.softmax({0}, 1)",
    julia="softmax({0}; dims=2)",
    matlab="softmax_rows",
    helpers=MATLAB_SOFTMAX_ROWS,
)


def _softmax(x: Code) -> Code:
    """Over all entries of an array."""
    if codes.is_row(x.shape):
        return codes.transpose(_softmax(codes.column(x)))
    return codes.call(_SOFTMAX if codes.is_vector(x.shape) else _SOFTMAX_OF_MATRIX, (x,), x.shape)


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

    def code(self, node: Node, *arguments: Code) -> Code:
        (x,) = arguments
        if x.shape == SCALAR:
            return x
        return codes.call(_LOGSUMEXP if codes.is_vector(x.shape) else _LOGSUMEXP_OF_MATRIX, (codes.column(x),), SCALAR)


@register
class Softmax(Operation):
    """exp(x)/sum(exp(x)) over all entries (softmax_rows takes each row of a matrix by itself)."""

    name, family, signature = "softmax", "vector functions", "softmax(x)"
    rule, sums_to_one, at_most_one = "softmax rule", 0, True
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

    def code(self, node: Node, *arguments: Code) -> Code:
        return _softmax(arguments[0]) if node.shape != SCALAR else codes.number(1)


@register
class SoftmaxRows(Operation):
    """softmax of each row of a matrix."""

    name, family, signature = "softmax_rows", "matrix functions", "softmax_rows(A)"
    rule, sums_to_one, at_most_one = "softmax rule", 1, True
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

    def code(self, node: Node, *arguments: Code) -> Code:
        (x,) = arguments
        if codes.is_row(x.shape):
            return _softmax(x)
        if x.shape[1] == 1:
            return filled_code("ones", node.shape) if node.shape != SCALAR else codes.number(1)
        return codes.call(_SOFTMAX_ROWS, arguments, node.shape)
