"""Arrays that are known from their sizes. They have no arguments: the parameter holds plain numbers, then sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from service import limits
from service.expression import codes
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.numbers import Rational
from service.expression.operation import Array, Binding, Law, Operation, Printed, Sample, register
from service.expression.products import product
from service.expression.shapes import SCALAR, Shape, Size, Sizes, axes, is_unknown, multiply, split, substitute
from service.expression.sums import delta, filled, number
from service.expression.tensors import Tensor, leaf, unit
from service.operations.leaves import name_to_latex
from service.operations.samples import MATRIX, VECTOR

EYE = Spelling("eye", pytorch="torch.eye({0}, **like)", julia="Matrix{Float64}(I, {0}, {0})", matlab="eye", role="identity")
_COMMUTATION = Spelling(
    "eye({2}).reshape({1}, {0}, {2}).swapaxes(0, 1).reshape({2}, {2})",
    pytorch="torch.eye({2}, **like).reshape({1}, {0}, {2}).swapaxes(0, 1).reshape({2}, {2})",
    julia="reshape(permutedims(reshape(Matrix{Float64}(I, {2}, {2}), {0}, {1}, {2}), (2, 1, 3)), {2}, {2})",
    matlab="reshape(permute(reshape(eye({2}), {0}, {1}, {2}), [2, 1, 3]), {2}, {2})",
)


def filled_code(name: str, shape: Shape) -> Code:
    """`ones` or `zeros` of this shape."""
    if codes.is_row(shape):
        return codes.transpose(filled_code(name, shape[::-1]))
    role = "ones" if name == "ones" else ""
    if shape[1] == 1:
        spelling = Spelling(name, pytorch=f"torch.{name}({{0}}, **like)", matlab=f"{name}({{0}}, 1)", role=role)
        return codes.call(spelling, (codes.size(shape[0]),), shape)
    both = f"{name}({{0}}, {{1}})"
    spelling = Spelling(f"{name}(({{0}}, {{1}}))", pytorch=f"torch.{name}({{0}}, {{1}}, **like)", julia=both, matlab=both, role=role)
    return codes.call(spelling, [codes.size(size) for size in shape], shape)


class ConstantArray(Operation):
    """Base. What a person writes are `numbers` plain numbers, then sizes; `inferred` further sizes are found by unification."""

    family, size_arguments = "constant arrays", True
    numbers: ClassVar[int] = 0
    inferred: ClassVar[int] = 0

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        found = [sizes.resolve(size) for size in parameter[self.numbers :]]
        for size in found:
            if isinstance(size, int) and size < 1:
                raise self.refuse(f"{self.name} takes sizes of at least 1: here one is {size}")
        return self.shape_for(*found)

    def shape_for(self, *sizes: Size) -> Shape:
        rows, columns = (*sizes, 1)[:2]
        return rows, columns

    def sized(self, node: Node, sizes: Mapping[str, Size]) -> Any:
        numbers, found = node.parameter[: self.numbers], node.parameter[self.numbers :]
        return numbers + tuple([substitute(size, sizes) for size in found])

    def value(self, node: Node, *arguments: Array) -> Array:
        shape = tuple([size for size in axes(node.shape) if isinstance(size, int)])
        limits.check("matrix-entries", int(np.prod(shape, dtype=object)))
        return self.array(node, shape)

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        """The value, of this shape."""
        raise TypeError(f"{self.name} has no value")

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{self.name}({', '.join(str(entry) for entry in node.parameter)})")


def _latex(size: Size) -> str:
    coefficient, letters = split(size)
    return " ".join(([str(coefficient)] if coefficient != 1 or not letters else []) + [name_to_latex(letter) for letter in letters])


def _latex_subscript(shape: Shape) -> str:
    return rf"_{{{_latex(shape[0])}}}" if shape[1] == 1 else rf"_{{{_latex(shape[0])} \times {_latex(shape[1])}}}"


@register
class Eye(ConstantArray):
    """The identity matrix of n rows and columns."""

    name, signature = "eye", "eye(n)"
    samples = (Sample("eye(n)", {"A": "matrix(n,m)"}), Sample("eye(3)"), Sample("eye(2*n)", VECTOR), Sample("eye(1)"))
    laws = (Law("eye(m)*A", "A", MATRIX), Law("tr(eye(n))", "sum(ones(n))", VECTOR))

    def shape_for(self, *sizes: Size) -> Shape:
        return sizes[0], sizes[0]

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        return np.eye(shape[0]) if shape else np.ones(())

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return delta(node.shape[0]) if node.shape != SCALAR else number(1)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"I_{{{_latex(node.shape[0])}}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.call(EYE, (codes.size(node.shape[0]),), node.shape) if node.shape != SCALAR else codes.number(1)


class Filled(ConstantArray):
    """Every entry is `entry`."""

    arity = (1, 2)
    entry: ClassVar[int]

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        return np.full(shape, float(self.entry))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return filled(self.entry, axes(node.shape))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\mathbf{{{self.entry}}}{_latex_subscript(node.shape)}")

    def code(self, node: Node, *arguments: Code) -> Code:
        return filled_code(self.name, node.shape) if node.shape != SCALAR else codes.number(self.entry)


@register
class Ones(Filled):
    """Every entry 1: ones(n) is a vector, ones(m, n) a matrix."""

    name, signature, entry = "ones", "ones(n) or ones(m, n)", 1
    samples = (
        Sample("ones(n)", VECTOR),
        Sample("ones(m, n)", MATRIX),
        Sample("ones(1, n)", VECTOR),
        Sample("ones(4)"),
    )
    laws = (Law("ones(n)'*x", "sum(x)", VECTOR), Law("ones(m, n)", "ones(m)*ones(n)'", MATRIX))


@register
class Zeros(Filled):
    """Every entry 0: zeros(n) is a vector, zeros(m, n) a matrix."""

    name, signature, entry = "zeros", "zeros(n) or zeros(m, n)", 0
    samples = (Sample("zeros(n)", VECTOR), Sample("zeros(m, n)", MATRIX), Sample("zeros(2, 3)"))
    laws = (Law("zeros(m, n) + A", "A", MATRIX),)


@register
class Unit(ConstantArray):
    """unit(k, n): the vector of n entries whose entry k is 1 (counted from 1), the others 0."""

    name, signature, arity, numbers = "unit", "unit(k, n)", (2, 2), 1
    samples = (Sample("unit(2, n)", VECTOR), Sample("unit(3, 4)"))
    bad_samples = (Sample("unit(5, 4)"),)
    laws = (Law("unit(2, 3)'*x", "x[2]", {"x": "vector(3)"}), Law("unit(1, 2)", "[1, 0]"))

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        shape = super().shape(arguments, parameter, sizes)
        position, size = parameter[0], shape[0]
        if position < 1 or (isinstance(size, int) and position > size):
            raise self.refuse(f"there is no entry {position} in a vector with {size} entries", "unit(1, n) is the first unit vector")
        return shape

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        value = np.zeros(shape or 1)
        value[node.parameter[0] - 1] = 1
        return value.reshape(shape)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return unit(node.parameter[0] - 1, node.shape[0]) if node.shape != SCALAR else number(1)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\mathbf{{e}}_{{{node.parameter[0]}}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        if node.shape == SCALAR:
            return codes.number(1)
        place = node.parameter[0]
        spelling = Spelling(
            numpy=f"(np.arange({{0}}) == {place - 1}).astype(float)",
            jax=f"(jnp.arange({{0}}) == {place - 1}).astype(float)",
            pytorch=f"(torch.arange({{0}}) == {place - 1}).to(**like)",
            julia=f"float.((1:{{0}}) .== {place})",
            matlab=f"double((1:{{0}})' == {place})",
        )
        return codes.call(spelling, (codes.size(node.shape[0]),), node.shape)


@register
class Commutation(ConstantArray):
    """commutation(m, n): the permutation matrix K with K*vec(A) = vec(A') for every m×n matrix A."""

    name, signature, arity = "commutation", "commutation(m, n)", (2, 2)
    samples = (
        Sample("commutation(m, n)", MATRIX),
        Sample("commutation(2, 3)"),
        Sample("commutation(1, n)", VECTOR),
    )
    laws = (
        Law("commutation(m, n)*vec(A)", "vec(A')", MATRIX),
        Law("commutation(m, n)*commutation(n, m)", "eye(m*n)", MATRIX),
    )

    def shape_for(self, *sizes: Size) -> Shape:
        size = multiply(*sizes)
        return size, size

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        rows, columns = node.parameter
        value = np.eye(rows * columns).reshape(columns, rows, rows * columns).swapaxes(0, 1)
        return value.reshape(shape)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        """vec(A')[k] = P(n,m)[k, j, i]·A[i, j] and vec(A)[l] = P(m,n)[l, i, j]·A[i, j]."""
        m, n = node.parameter
        pairs = node.shape[0]
        if 1 in (m, n):
            return delta(pairs) if pairs != 1 else number(1)
        transposed, plain = leaf("pairing", (n, m), (pairs, n, m)), leaf("pairing", (m, n), (pairs, m, n))
        return product(1, [(transposed, (0, 2, 3)), (plain, (1, 3, 2))], (0, 1))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        m, n = node.parameter
        return Printed(rf"K_{{{_latex(m)}, {_latex(n)}}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        if node.shape == SCALAR:
            return codes.number(1)
        return codes.call(_COMMUTATION, [codes.size(size) for size in (*node.parameter, node.shape[0])], node.shape)


class Inferred(ConstantArray):
    """An array with every entry c, whose sizes are found from where it stands. Once found, it prints with them."""

    numbers = 1

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        return np.full(shape, float(node.parameter[0]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return filled(node.parameter[0], axes(node.shape))

    def text(self, node: Node, *arguments: Printed) -> Printed:
        entry: Rational = node.parameter[0]
        rows, columns = node.shape
        if is_unknown(rows) or is_unknown(columns):
            return Printed(f"{self.name}({entry})")
        sizes = str(rows) if columns == 1 else f"{rows}, {columns}"
        return _scaled(entry, f"{entry}*", f"zeros({sizes})", f"ones({sizes})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        entry: Rational = node.parameter[0]
        subscript = _latex_subscript(node.shape)
        sign, fraction = "-" if entry < 0 else "", rf"\frac{{{abs(entry.numerator)}}}{{{entry.denominator}}}"
        shown = str(entry) if entry.denominator == 1 else sign + fraction
        return _scaled(entry, rf"{shown} \, ", rf"\mathbf{{0}}{subscript}", rf"\mathbf{{1}}{subscript}")

    def code(self, node: Node, *arguments: Code) -> Code:
        entry = codes.number(node.parameter[0])
        return entry if node.shape == SCALAR else codes.multiply(entry, filled_code("ones", node.shape))


def _scaled(entry: Rational, times: str, zeros: str, ones: str) -> Printed:
    if entry in (0, 1):
        return Printed(ones if entry else zeros)
    return Printed(times + ones, Binding.NEGATIVE if entry < 0 else Binding.PRODUCT)


@register
class Vector(Inferred):
    """vector(c): the vector with every entry c, as long as its place asks for."""

    name, signature, inferred = "vector", "vector(1)", 1
    samples = (Sample("vector(3) + x", VECTOR), Sample("vector(1/2)'*x", VECTOR))
    laws = (Law("vector(1)'*x", "sum(x)", VECTOR), Law("x + vector(2)", "x + 2*ones(n)", VECTOR))


@register
class Matrix(Inferred):
    """matrix(c): the matrix with every entry c, of the size that its place asks for."""

    name, signature, inferred = "matrix", "matrix(1)", 2
    samples = (Sample("matrix(3) + A", MATRIX), Sample("y'*matrix(1/2)*x", {"x": "vector(n)", "y": "vector(m)"}))
    laws = (Law("y'*matrix(1)*x", "sum(y)*sum(x)", {"x": "vector(n)", "y": "vector(m)"}),)
