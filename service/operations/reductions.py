"""All entries of an array to one number, and the inner product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from service.expression import codes
from service.expression.algebra import call, einsum, total
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, Sample, register
from service.expression.products import size_number
from service.expression.shapes import SCALAR, Axes, Shape, Sizes, describe, multiply
from service.expression.tensors import Tensor
from service.operations.samples import MATRICES, MATRIX, TWO_VECTORS, VECTOR, VECTORS


class Reduction(Operation):
    """One argument of any shape to a scalar."""

    family = "vector functions"
    latex_name: ClassVar[str]

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return ()

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"{self.latex_name}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.reduce(arguments[0], self.name)


@register
class Total(Reduction):
    """The sum of all entries."""

    name, signature, latex_name = "sum", "sum(x)", r"\operatorname{sum}"
    rule, linear = "sum of the entries", "each"
    samples = (
        Sample("sum(x)", VECTOR),
        Sample("sum(x')", VECTOR),
        Sample("sum(A)", MATRIX),
        Sample("sum(x)"),
    )
    laws = (Law("sum(A)", "ones(m)'*A*ones(n)", MATRIX), Law("sum(x.*y)", "x'*y", VECTORS))

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(np.sum(arguments[0]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return total(arguments[0])

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.total(*arguments)


@register
class Mean(Reduction):
    """The mean of all entries."""

    name, aliases, signature, latex_name = "mean", ("average",), "mean(x)", r"\operatorname{mean}"
    rule, linear = "mean of the entries", "each"
    samples = (
        Sample("mean(x)", VECTOR),
        Sample("mean(A)", MATRIX),
        Sample("mean(x')", {"x": "vector(4)"}),
        Sample("mean(x)"),
    )
    laws = (Law("mean(x)", "sum(x)/n", VECTOR), Law("mean(A)", "sum(A)/(m*n)", MATRIX))

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(np.mean(arguments[0]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (x,) = arguments
        return total(x) / size_number(multiply(*x.shape))


@register
class Prod(Reduction):
    """The product of all entries."""

    name, signature, latex_name = "prod", "prod(x)", r"\operatorname{prod}"
    rule = "product of the entries"
    samples = (
        Sample("prod(x)", VECTOR),
        Sample("prod(A')", MATRIX),
        Sample("prod(x')", {"x": "vector(4)"}),
        Sample("prod(x)"),
    )
    laws = (Law("prod(x)", "exp(sum(log(x)))", VECTOR), Law("prod(diag(diag(x)))", "det(diag(x))", VECTOR))

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(np.prod(arguments[0]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments) if arguments[0].shape else arguments[0]

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """y/x[i], for entries that are not 0."""
        return y / x[0]


@register
class Dot(Operation):
    """The inner product x'*y of two vectors."""

    name, aliases, family, signature, arity = "dot", ("inner",), "vector functions", "dot(x, y)", (2, 2)
    linear = "each"
    samples = (
        Sample("dot(x, y)", VECTORS),
        Sample("dot(x', A*y)", {"x": "vector(m)", "A": "matrix(m,n)", "y": "vector(n)"}),
        Sample("dot(x, y)"),
    )
    bad_samples = (
        Sample("dot(x, y)", TWO_VECTORS),
        Sample("dot(A, B)", MATRICES),
        Sample("dot(x, s)", VECTOR),
    )
    laws = (Law("dot(x, y)", "x'*y", VECTORS), Law("dot(x, x)", "norm2(x)^2", VECTOR))

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        left, right = arguments
        if 1 not in left or 1 not in right:
            raise self.refuse(
                f"dot takes two vectors: here {describe(left)} and {describe(right)}", "tr(A'*B) is the inner product of two matrices"
            )
        if (left == SCALAR) != (right == SCALAR) or not sizes.unify(multiply(*left), multiply(*right)):
            raise self.refuse(f"dot takes two vectors with equally many entries: here {describe(left)} and {describe(right)}")
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(np.dot(*arguments))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return einsum("i,i->", *arguments) if arguments[0].shape else arguments[0] * arguments[1]

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\left\langle {arguments[0].text}, {arguments[1].text} \right\rangle")

    def code(self, node: Node, *arguments: Code) -> Code:
        left, right = (codes.column(argument) for argument in arguments)
        return codes.multiply(left, right) if left.shape == SCALAR else codes.inner(left, right)
