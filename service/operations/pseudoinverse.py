"""The pseudoinverse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.algebra import call, einsum, total
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Operation, Printed, Sample, register
from service.expression.products import power, transpose
from service.expression.shapes import SCALAR, Axes, Shape, Sizes
from service.expression.sums import coefficient_of, delta
from service.expression.tensors import Apply, Tensor, number_of
from service.operations.matrices import (
    as_matrix,
    axes_of,
    finite,
    is_orthogonal,
    kronecker,
    kronecker_factors,
    off_deficient,
    transpose_of,
)
from service.operations.samples import MATRIX, SQUARE, VECTOR


@register
class Pseudoinverse(Operation):
    """The pseudoinverse of Moore and Penrose; of a vector, x'/(x'*x)."""

    name, aliases, family, signature = "pinv", ("pseudoinverse",), "matrix functions", "pinv(A)"
    rule = "pseudoinverse rule"
    kink = "where the rank changes"
    samples = (
        Sample("pinv(A)", MATRIX),
        Sample("pinv(A')", MATRIX),
        Sample("pinv(x)", VECTOR),
        Sample("pinv(x')", VECTOR),
        Sample("pinv(A)", SQUARE),
        Sample("pinv(x)"),
    )
    laws = (
        Law("A*pinv(A)*A", "A", MATRIX),
        Law("pinv(A)*A*pinv(A)", "pinv(A)", MATRIX),
        Law("pinv(A)", "inv(A'*A)*A'", {"A": "matrix(5,3)"}),
        Law("pinv(A)", "inv(A)", SQUARE),
        Law("pinv(2*A')", "pinv(A)'/2", MATRIX),
        Law("pinv(x)", "x'/(x'*x)", VECTOR),
        Law("pinv(kron(A, B))", "kron(pinv(A), pinv(B))", {"A": "matrix(m,n)", "B": "matrix(p,q)"}),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        rows, columns = arguments[0]
        return columns, rows

    def value(self, node: Node, *arguments: Array) -> Array:
        matrix = as_matrix(finite(arguments[0]), node.arguments[0].shape)
        return np.linalg.pinv(matrix).reshape(axes_of(node.shape))

    def side(self, node: Node, *arguments: Array) -> Array:
        return off_deficient(as_matrix(arguments[0], node.arguments[0].shape))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (A,) = arguments
        if not A.shape:
            return power(A, -1)
        return A / total(A**2) if len(A.shape) == 1 else call(self.name, A)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """pinv(pinv(A)) = A, pinv(Q) = Q', pinv(A') = pinv(A)', pinv(c·A) = pinv(A)/c, pinv(kron(A, B)) = kron(pinv(A), pinv(B))."""
        (A,) = arguments
        if is_orthogonal(A):
            return transpose(A)
        if isinstance(A, Apply) and A.operation is self:
            return A.arguments[0]
        coefficient, monic = coefficient_of(A)
        if coefficient not in (0, 1):
            return call(self.name, monic) / coefficient
        parts = kronecker_factors(A)
        if parts is not None and number_of(parts[0]) == 1:
            return kronecker(*[call(self.name, matrix) for matrix in parts[1:]])
        transposed = transpose_of(A)
        return None if transposed is None else transpose(call(self.name, transposed))

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return arguments[0][::-1]

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        return arguments[0].symmetric

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """dP = -P dA P + P P' dA' (I - A P) + (I - P A) dA' P' P, where the rank is constant.

        (Golub and Pereyra, SIAM J. Numer. Anal. 10, 1973.)
        """
        (A,) = x
        rows, columns = A.shape
        left = delta(rows) - einsum("ka,aj->kj", A, y)
        right = delta(columns) - einsum("ia,al->il", y, A)
        return (
            einsum("ik,lj->ijkl", y, y, coefficient=-1)
            + einsum("ia,la,kj->ijkl", y, y, left)
            + einsum("il,ak,aj->ijkl", right, y, y)
        )  # fmt: skip

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{arguments[0].within_latex(Binding.ATOM)}^{{+}}", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        (A,) = arguments
        if node.shape == SCALAR:
            return codes.divide(codes.number(1), A)
        if codes.is_vector(node.shape):
            x = codes.column(A)
            inverse = codes.divide(x, codes.inner(x, x))
            return inverse if codes.is_column(node.shape) else codes.transpose(inverse)
        return codes.call("linalg.pinv", arguments, node.shape)
