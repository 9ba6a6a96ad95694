"""Operations that move entries to other places or pick some of them: as tensors they are only labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.algebra import matrix_labels
from service.expression.code_products import diagonal, trace
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Operation, Printed, Sample, register
from service.expression.products import product
from service.expression.shapes import SCALAR, Axes, Shape, Sizes, describe, multiply
from service.expression.tensors import Factor, Tensor
from service.operations.matrices import as_matrix, axes_of, pairing, require_square
from service.operations.samples import MATRICES, MATRIX, SQUARE, TWO_VECTORS, VECTOR, VECTOR_AND_MATRIX, VECTORS

_DIAGONAL = Spelling("diag", julia="Diagonal", role="diagonal")
_VEC = Spelling(numpy="{1}.reshape(-1)", jax="{1}.reshape(-1)", pytorch="{1}.reshape(-1)", julia="vec({0})", matlab="reshape({0}, [], 1)")
"""Of a matrix, and of its transpose."""


@register
class Trace(Operation):
    """The trace of a square matrix: the sum of its diagonal."""

    name, aliases, family, signature = "tr", ("trace",), "matrix functions", "tr(A)"
    rule, linear = "trace rule", "each"
    samples = (Sample("tr(A)", SQUARE), Sample("tr(A*B)", {"A": "matrix(m,n)", "B": "matrix(n,m)"}), Sample("tr(x)"))
    bad_samples = (Sample("tr(A)", MATRIX), Sample("tr(x)", VECTOR))
    laws = (
        Law("tr(A*B)", "tr(B*A)", {"A": "matrix(m,n)", "B": "matrix(n,m)"}),
        Law("tr(A')", "tr(A)", SQUARE),
        Law("tr(x*y')", "x'*y", VECTORS),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        require_square(self, arguments[0], sizes)
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(np.trace(np.atleast_2d(arguments[0])))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (tensor,) = arguments
        return product(1, [(tensor, (0, 0))]) if tensor.shape else tensor

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{tr}}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return trace(*arguments) if node.arguments[0].shape != SCALAR else arguments[0]


@register
class Diag(Operation):
    """The diagonal matrix of a vector; of a square matrix, its diagonal as a vector."""

    name, aliases, family, signature = "diag", ("diagonal",), "matrix functions", "diag(x) or diag(A)"
    rule, linear = "diagonal rule", "each"
    samples = (
        Sample("diag(x)", VECTOR),
        Sample("diag(x')", VECTOR),
        Sample("diag(A)", SQUARE),
        Sample("diag(x)"),
    )
    bad_samples = (Sample("diag(A)", MATRIX),)
    laws = (Law("diag(x)*y", "x.*y", VECTORS), Law("diag(diag(x))", "x", VECTOR))

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        rows, columns = arguments[0]
        if rows == 1 or columns == 1:
            size = multiply(rows, columns)
            return size, size
        return require_square(self, arguments[0], sizes)[0], 1

    def value(self, node: Node, *arguments: Array) -> Array:
        (x,) = arguments
        return np.diag(x) if x.shape else x

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (tensor,) = arguments
        if not tensor.shape:
            return tensor
        return product(1, [(tensor, (0,))], (0, 0)) if len(tensor.shape) == 1 else product(1, [(tensor, (0, 0))], (0,))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{diag}}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        argument = codes.column(arguments[0])
        if node.shape == SCALAR:
            return argument
        if node.shape[1] == 1:
            return diagonal(argument)
        return codes.call(_DIAGONAL, (argument,), node.shape)


@register
class Vec(Operation):
    """The columns of a matrix stacked into one vector (column-major)."""

    name, family, signature = "vec", "matrix functions", "vec(A)"
    rule, linear = "vec rule", "each"
    samples = (
        Sample("vec(A)", MATRIX),
        Sample("vec(x')", VECTOR),
        Sample("vec(x)", VECTOR),
        Sample("vec(x)"),
    )
    laws = (
        Law("vec(A*X*B)", "kron(B', A)*vec(X)", {"A": "matrix(p,m)", "X": "matrix(m,n)", "B": "matrix(n,q)"}),
        Law("vec(A)'*vec(B)", "tr(A'*B)", MATRICES),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return multiply(*arguments[0]), 1

    def value(self, node: Node, *arguments: Array) -> Array:
        (x,) = arguments
        return x.ravel(order="F") if x.shape else x

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (tensor,) = arguments
        if len(tensor.shape) < 2:
            return tensor
        return product(1, [(pairing(*tensor.shape), (0, 1, 2)), (tensor, (1, 2))], (0,))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{vec}}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        argument = codes.column(arguments[0])
        return argument if 1 in argument.shape else codes.call(_VEC, (argument, codes.transpose(argument)), node.shape)


@register
class Kron(Operation):
    """The Kronecker product: the blocks A[i,j]*B."""

    name, family, signature, arity = "kron", "matrix functions", "kron(A, B)", (2, 2)
    linear = "each"
    samples = (
        Sample("kron(A, B)", {"A": "matrix(m,n)", "B": "matrix(p,q)"}),
        Sample("kron(A, x)", {"A": "matrix(m,n)", "x": "vector(p)"}),
        Sample("kron(x', A)", {"A": "matrix(m,n)", "x": "vector(p)"}),
        Sample("kron(x, y)", TWO_VECTORS),
        Sample("kron(x', y)", TWO_VECTORS),
        Sample("kron(x, y')", TWO_VECTORS),
        Sample("kron(s, A)", MATRIX),
    )
    laws = (
        Law("kron(A, B)*kron(C, D)", "kron(A*C, B*D)", {"A": "matrix(2,3)", "B": "matrix(4,2)", "C": "matrix(3,2)", "D": "matrix(2,5)"}),
        Law("kron(A, B)'", "kron(A', B')", {"A": "matrix(m,n)", "B": "matrix(p,q)"}),
        Law("kron(A, B)*kron(x, y)", "kron(A*x, B*y)", {"A": "matrix(m,n)", "B": "matrix(p,q)", "x": "vector(n)", "y": "vector(q)"}),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        (m, n), (p, q) = arguments
        return multiply(m, p), multiply(n, q)

    def value(self, node: Node, *arguments: Array) -> Array:
        matrices = [as_matrix(argument, operand.shape) for argument, operand in zip(arguments, node.arguments, strict=True)]
        return np.kron(*matrices).reshape(axes_of(node.shape))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        """kron(A, B)[I, J] = P(p,m)[I, k, i]·P(q,n)[J, l, j]·A[i, j]·B[k, l]; a size of 1 needs no pairing."""
        left, right = (operand.shape for operand in node.arguments)
        factors: list[Factor] = [(arguments[0], matrix_labels(left, 0, 1)), (arguments[1], matrix_labels(right, 2, 3))]
        out = []
        for outer, inner, a, b, pair in ((left[0], right[0], 0, 2, 4), (left[1], right[1], 1, 3, 5)):
            if outer != 1 and inner != 1:
                factors.append((pairing(inner, outer), (pair, b, a)))
                out.append(pair)
            elif outer != 1 or inner != 1:
                out.append(a if outer != 1 else b)
        return product(1, factors, tuple(out))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        left, right = (argument.within_latex(Binding.POWER) for argument in arguments)
        return Printed(rf"{left} \otimes {right}", Binding.SUM)

    def code(self, node: Node, *arguments: Code) -> Code:
        """Vectors have one axis in Python: a column beside a row is an outer product, beside a matrix it gets its second axis."""
        left, right = arguments
        if SCALAR in (left.shape, right.shape):
            return codes.multiply(left, right)
        if codes.is_vector(left.shape) and codes.is_vector(right.shape):
            columns = codes.column(left), codes.column(right)
            if codes.is_column(left.shape) != codes.is_column(right.shape):
                return codes.outer(*columns) if codes.is_column(left.shape) else codes.outer(*columns[::-1])
            product = codes.call("kron", columns, (multiply(columns[0].shape[0], columns[1].shape[0]), 1))
            return product if codes.is_column(left.shape) else codes.transpose(product)
        places = []
        for place, argument in enumerate(arguments):
            axis = "[:, None]" if codes.is_column(argument.shape) else "[None, :]" if codes.is_row(argument.shape) else ""
            places.append(f"{{{place}}}{axis}")
        contiguous = ", ".join([f"{place}.contiguous()" for place in places])  # torch.kron fails on some transposed views
        spelling = Spelling(f"kron({', '.join(places)})", pytorch=f"torch.kron({contiguous})", julia="kron", matlab="kron")
        return codes.call(spelling, arguments, node.shape)


@register
class Outer(Operation):
    """The outer product x*y' of two vectors: the matrix of all x[i]*y[j]."""

    name, family, signature, arity = "outer", "vector functions", "outer(x, y)", (2, 2)
    linear = "each"
    samples = (
        Sample("outer(x, y)", TWO_VECTORS),
        Sample("outer(x', y)", TWO_VECTORS),
        Sample("outer(s, y)", {"y": "vector(n)"}),
    )
    bad_samples = (Sample("outer(A, x)", VECTOR_AND_MATRIX),)
    laws = (Law("outer(x, y)", "x*y'", TWO_VECTORS),)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        for shape in arguments:
            if 1 not in shape:
                raise self.refuse(
                    f"outer takes two vectors: here one is {describe(shape)}", "kron(A, B) is the product of all entries of two matrices"
                )
        return multiply(*arguments[0]), multiply(*arguments[1])

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.multiply.outer(*arguments)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        rows: Axes = arguments[0].shape
        row, column = ((0,) if rows else ()), ((1,) if arguments[1].shape else ())
        return product(1, [(arguments[0], row), (arguments[1], column)], row + column)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        left, right = (argument.within_latex(Binding.ATOM) for argument in arguments)
        return Printed(rf"{left} {right}^\top", Binding.PRODUCT)

    def code(self, node: Node, *arguments: Code) -> Code:
        left, right = (codes.column(argument) for argument in arguments)
        if SCALAR in (left.shape, right.shape):
            scaled = codes.multiply(left, right)
            return codes.transpose(scaled) if node.shape[0] == 1 else scaled
        return codes.outer(left, right)
