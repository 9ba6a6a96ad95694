"""Norms. A row has the norms of the vector; those of a matrix are the induced ones, but for the Frobenius norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from service.expression import codes
from service.expression.algebra import call, einsum, total
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, register
from service.expression.products import power
from service.expression.shapes import SCALAR, Shape, Sizes
from service.expression.tensors import Tensor
from service.operations.entrywise import off_zero
from service.operations.extremes import off_ties
from service.operations.matrices import finite, off_double
from service.operations.samples import BOTH_SIGNS, MATRIX, TWO_VECTORS, VECTOR, of_any_shape


class Norm(Operation):
    """`order` names the norm in LaTeX, `vector_order` and `matrix_order` in NumPy (None: the root of the sum of squares)."""

    family, rule = "norms", "norm rule"
    order: ClassVar[str]
    vector_order: ClassVar[Any] = None
    matrix_order: ClassVar[Any] = None
    vector_spelling: ClassVar[Spelling] = Spelling("linalg.norm", role="length")
    matrix_spelling: ClassVar[Spelling] = Spelling("linalg.norm", matlab="norm({0}, 'fro')", role="length")

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.signature = f"{cls.name}(x)"
        cls.samples = of_any_shape(cls.name)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        x = finite(arguments[0])
        order = (self.vector_order, self.matrix_order)[x.ndim - 1] if x.ndim else None
        return np.asarray(np.linalg.norm(x, order) if x.ndim else np.abs(x))

    def side(self, node: Node, *arguments: Array) -> Array:
        """By the sides of the absolute value, of the entries of a vector, of a matrix."""
        x = arguments[0]
        return off_zero(x) if not x.ndim else self.side_of_vector(x) if x.ndim == 1 else self.side_of_matrix(x)

    def side_of_vector(self, x: Array) -> Array:
        return np.asarray(np.float64(1) if np.any(x) else np.nan)

    def side_of_matrix(self, A: Array) -> Array:
        return self.side_of_vector(A)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (x,) = arguments
        if not x.shape:
            return call("abs", x)
        return self.of_vector(x) if len(x.shape) == 1 else self.of_matrix(x)

    def of_vector(self, x: Tensor) -> Tensor:
        return power(total(x**2), Fraction(1, 2))

    def of_matrix(self, A: Tensor) -> Tensor:
        return power(total(A**2), Fraction(1, 2))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\left\lVert {arguments[0].text} \right\rVert_{{{self.order}}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        (x,) = arguments
        if x.shape == SCALAR:
            return codes.each("abs", arguments, SCALAR)
        return codes.call(self.vector_spelling if codes.is_vector(x.shape) else self.matrix_spelling, (codes.column(x),), SCALAR)


@register
class Norm1(Norm):
    """The sum of the absolute values; of a matrix, the largest such sum of a column."""

    name, order, vector_order, matrix_order = "norm1", "1", 1, 1
    vector_spelling = Spelling("linalg.norm({0}, 1)")
    matrix_spelling = Spelling("linalg.norm({0}, 1)", julia="opnorm({0}, 1)")
    kink = "where an entry is 0 or two columns are equally large"
    laws = (
        Law("norm1(x)", "sum(abs(x))", VECTOR, BOTH_SIGNS),
        Law("norm1(A)", "norminf(A')", MATRIX, BOTH_SIGNS),
    )

    def side_of_vector(self, x: Array) -> Array:
        return off_zero(x)

    def side_of_matrix(self, A: Array) -> Array:
        return off_zero(A) * _off_equal_sums(A)

    def of_vector(self, x: Tensor) -> Tensor:
        return total(call("abs", x))

    def of_matrix(self, A: Tensor) -> Tensor:
        return call("greatest", einsum("ij->j", call("abs", A)))


@register
class Norm2(Norm):
    """The Euclidean length; of a matrix, the spectral norm, its largest singular value."""

    name, order, matrix_order, kink = "norm2", "2", 2, "where all entries are 0"
    matrix_spelling = Spelling("linalg.norm({0}, 2)", julia="opnorm")
    squared_rule = "squared norm rule"
    laws = (
        Law("norm2(x)^2", "x'*x", VECTOR),
        Law("norm2(A)", "sigma_max(A)", MATRIX),
        Law("norm2(x*y')", "norm2(x)*norm2(y)", TWO_VECTORS),
    )

    def side_of_matrix(self, A: Array) -> Array:
        return off_double(np.linalg.svd(finite(A), compute_uv=False))

    def of_matrix(self, A: Tensor) -> Tensor:
        return call("sigma_max", A)


@register
class NormInf(Norm):
    """The largest absolute value; of a matrix, the largest sum of absolute values of a row."""

    name, order, vector_order, matrix_order = "norminf", r"\infty", np.inf, np.inf
    vector_spelling = Spelling(
        numpy="np.linalg.norm({0}, np.inf)",
        jax="jnp.linalg.norm({0}, jnp.inf)",
        pytorch="torch.linalg.norm({0}, torch.inf)",
        julia="norm({0}, Inf)",
        matlab="norm({0}, Inf)",
    )
    matrix_spelling = replace(vector_spelling, julia="opnorm({0}, Inf)")
    kink = "where two entries (rows of a matrix) are equally large, or an entry of a matrix is 0"
    laws = (Law("norminf(x)", "max(abs(x))", VECTOR, BOTH_SIGNS),)

    def side_of_vector(self, x: Array) -> Array:
        return np.sign(x) * off_ties(np.abs(x), np.max(np.abs(x)))

    def side_of_matrix(self, A: Array) -> Array:
        return off_zero(A) * _off_equal_sums(A.T).T

    def of_vector(self, x: Tensor) -> Tensor:
        return call("greatest", call("abs", x))

    def of_matrix(self, A: Tensor) -> Tensor:
        return call("greatest", einsum("ij->i", call("abs", A)))


@register
class NormF(Norm):
    """The Frobenius norm: the root of the sum of the squares of all entries."""

    name, order, kink = "normF", r"\mathrm{F}", "where all entries are 0"
    squared_rule = "squared norm rule"
    laws = (Law("normF(A)^2", "tr(A'*A)", MATRIX), Law("normF(x)", "norm2(x)", VECTOR))


def _off_equal_sums(A: Array) -> Array:
    """For each entry, whether its column has the largest sum of absolute values; NaN where several have."""
    sums = np.sum(np.abs(A), axis=0)
    return np.broadcast_to(off_ties(sums, np.max(sums)), A.shape)
