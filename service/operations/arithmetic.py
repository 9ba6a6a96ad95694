"""The operators + - * and the transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from service.expression import codes
from service.expression.algebra import einsum, matrix_labels, spread
from service.expression.code_products import times
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Operation, Printed, Sample, broadcast, register
from service.expression.products import product
from service.expression.shapes import SCALAR, Shape, Sizes, axes, describe
from service.expression.sums import add
from service.expression.tensors import Factor, Tensor


class Operator(Operation):
    family = "operators"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    in_language = False
    symbol: ClassVar[str]


@register
class Add(Operator):
    """Sum of any number of terms; a scalar among arrays goes with every entry. The parser makes one node of a whole chain."""

    name, symbol, arity = "add", "+", (1, None)
    rule, linear = "sum rule", "together"
    samples = (
        Sample("x + 2 + y - x*y"),
        Sample("A - s + B", {"A": "matrix(m,n)", "B": "matrix(m,n)"}),
        Sample("x' - y'", {"x": "vector(n)", "y": "vector(n)"}),
    )
    bad_samples = (Sample("x + A", {"x": "vector(n)", "A": "matrix(m,n)"}),)
    laws = (Law("A + B", "B + A", {"A": "matrix(m,n)", "B": "matrix(m,n)"}),)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return broadcast(self, arguments, sizes)

    def value(self, node: Node, *arguments: Array) -> Array:
        total = arguments[0]
        for argument in arguments[1:]:
            total = total + argument
        return total

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        shape = axes(node.shape)
        return add([(1, spread(argument, shape)) for argument in arguments], shape)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return _signed([argument.within(Binding.SUM) for argument in arguments])

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return _signed([argument.within_latex(Binding.SUM) for argument in arguments])

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.add(arguments)


def _signed(terms: list[str]) -> Printed:
    parts = [terms[0]]
    for term in terms[1:]:
        parts.append(f" - {term[1:]}" if term.startswith("-") else f" + {term}")
    return Printed("".join(parts), Binding.SUM)


@register
class Negate(Operator):
    """The opposite, -x."""

    name, symbol, arity = "negate", "-", (1, 1)
    rule, linear = "constant factor", "each"
    samples = (Sample("-x^2"), Sample("-A*x", {"A": "matrix(m,n)", "x": "vector(n)"}))
    laws = (Law("-(-x)", "x"),)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return arguments[0]

    def value(self, node: Node, *arguments: Array) -> Array:
        return -arguments[0]

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return -arguments[0]

    def text(self, node: Node, *arguments: Printed) -> Printed:
        (argument,) = arguments
        bare = argument.binding == Binding.PRODUCT and not argument.text.startswith("-")
        return Printed(f"-{argument.text if bare else argument.within(Binding.POWER)}", Binding.NEGATIVE)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        (argument,) = arguments
        return Printed(
            f"-{argument.text if argument.binding == Binding.PRODUCT else argument.within_latex(Binding.POWER)}", Binding.NEGATIVE
        )

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.negative(*arguments)


@register
class Times(Operator):
    """Matrix product of any number of factors, from left to right; scalars scale. The parser makes one node of a whole chain."""

    name, symbol, arity, linear = "times", "*", (1, None), "each"
    samples = (
        Sample("2*x*y"),
        Sample("A*x", {"A": "matrix(m,n)", "x": "vector(n)"}),
        Sample("y'*A*x", {"A": "matrix(m,n)", "x": "vector(n)", "y": "vector(m)"}),
        Sample("s*y*x'*B", {"x": "vector(n)", "y": "vector(m)", "B": "matrix(n,p)"}),
        Sample("A*B*x", {"A": "matrix(m,n)", "B": "matrix(n,p)", "x": "vector(p)"}),
        Sample("y'*A", {"A": "matrix(m,n)", "y": "vector(m)"}),
        Sample("x*y'*z", {"x": "vector(m)", "y": "vector(n)", "z": "vector(n)"}),
    )
    bad_samples = (
        Sample("A*x", {"A": "matrix(m,n)", "x": "vector(m)"}),
        Sample("x*y", {"x": "vector(n)", "y": "vector(n)"}),
        Sample("A*A", {"A": "matrix(m,n)"}),
    )
    laws = (
        Law("(A*B)*C", "A*(B*C)", {"A": "matrix(m,n)", "B": "matrix(n,p)", "C": "matrix(p,q)"}),
        Law("A*(B + C)", "A*B + A*C", {"A": "matrix(m,n)", "B": "matrix(n,p)", "C": "matrix(n,p)"}),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        result = arguments[0]
        for shape in arguments[1:]:
            if result == SCALAR:
                result = shape
            elif shape != SCALAR:
                if len(result) > 2 or len(shape) > 2:
                    raise self.refuse(
                        f"{describe(result)} times {describe(shape)} is no matrix product", "write it in index notation, einsum(...)"
                    )
                if result[1] != shape[0] and not sizes.unify(result[1], shape[0]):
                    raise self.refuse(
                        "in a matrix product the columns on the left must be as many as the rows on the right: "
                        f"{describe(result)} times {describe(shape)}"
                    )
                result = (result[0], shape[1])
        return sizes.resolve_shape(result)

    def value(self, node: Node, *arguments: Array) -> Array:
        """From the end that is a vector, so that no matrix is made for A*B*x; where a part is a scalar, the next begins."""
        parts: list[list[tuple[Array, Shape]]] = [[]]
        shape = SCALAR
        for factor, argument in zip(node.arguments, arguments, strict=True):
            if shape == SCALAR and parts[-1]:
                parts.append([])
            parts[-1].append((argument, factor.shape))
            shape = factor.shape if shape == SCALAR else shape if factor.shape == SCALAR else (shape[0], factor.shape[1])
        value = _chain(parts[0])
        for part in parts[1:]:
            value = value * _chain(part)
        return value

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        factors: list[Factor] = []
        shape, row = SCALAR, 0
        for position, (argument, tensor) in enumerate(zip(node.arguments, arguments, strict=True)):
            if argument.shape == SCALAR:
                factors.append((tensor, ()))
                continue
            if len(argument.shape) > 2:  # only scalars go with an array of higher order
                labels = tuple(range(len(argument.shape)))
                scalars = [(other, ()) for other in arguments if not other.shape]
                return product(1, [(tensor, labels), *scalars], labels)
            if shape == SCALAR:
                row = 2 * position
                factors.append((tensor, matrix_labels(argument.shape, row, row + 1)))
                shape, column = argument.shape, row + 1
            else:
                factors.append((tensor, matrix_labels(argument.shape, column, 2 * position + 1)))
                shape, column = (shape[0], argument.shape[1]), 2 * position + 1
        out = () if shape == SCALAR else matrix_labels(shape, row, column)
        return product(1, factors, out)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        first = arguments[0]
        binding = _binding_of_first(node)
        parts = [first.text if first.binding == Binding.NEGATIVE and binding == Binding.PRODUCT else first.within(binding)]
        parts += [argument.within(Binding.POWER) for argument in arguments[1:]]
        if _ends_in_inner_product(node):
            parts[-1] = arguments[-1].text
        return Printed("*".join(parts), Binding.PRODUCT)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        first = arguments[0]
        operator = node.arguments[0].operation
        entries = isinstance(operator, Operator) and operator.symbol in (".*", "./") and node.shape != SCALAR
        binding = _binding_of_first(node)
        bare_minus = first.binding == Binding.NEGATIVE and binding == Binding.PRODUCT
        text = first.text if bare_minus else first.within_latex(Binding.POWER if entries else binding)
        for place, argument in enumerate(arguments[1:], 2):
            bare = place == len(arguments) and _ends_in_inner_product(node)
            part = argument.text if bare else argument.within_latex(Binding.POWER)
            numbers = text[-1].isdigit() and part.startswith(r"\frac{") and part[6].isdigit()
            text += (r" \cdot " if part[0].isdigit() or numbers else " ") + part
        return Printed(text, Binding.PRODUCT)

    def code(self, node: Node, *arguments: Code) -> Code:
        return times(arguments)


def _binding_of_first(node: Node) -> int:
    """An inner product before an array has to show that it is a scalar: (x'*A*x)*x."""
    first = node.arguments[0]
    if first.shape != SCALAR or node.shape == SCALAR:
        return Binding.PRODUCT
    while isinstance(first.operation, Negate) or (isinstance(first.operation, Operator) and first.operation.symbol == "/"):
        first = first.arguments[0]
    return Binding.POWER if _is_inner_product(first) else Binding.PRODUCT


def _ends_in_inner_product(node: Node) -> bool:
    """Whether numbers and names stand before an inner product: s*x'*y needs no brackets."""
    *others, last = node.arguments
    return _is_inner_product(last) and not any(other.arguments or other.shape != SCALAR for other in others)


def _is_inner_product(node: Node) -> bool:
    return node.shape == SCALAR and isinstance(node.operation, Times) and any(factor.shape != SCALAR for factor in node.arguments)


def _chain(factors: list[tuple[Array, Shape]]) -> Array:
    """The product, from the right where that end is a column."""
    if factors[-1][1][1] == 1:
        value, shape = factors[-1]
        for left, left_shape in reversed(factors[:-1]):
            value, shape = _times(left, left_shape, value, shape)
        return value
    value, shape = factors[0]
    for right, right_shape in factors[1:]:
        value, shape = _times(value, shape, right, right_shape)
    return value


def _times(left: Array, left_shape: Shape, right: Array, right_shape: Shape) -> tuple[Array, Shape]:
    if left_shape == SCALAR or right_shape == SCALAR:
        return left * right, right_shape if left_shape == SCALAR else left_shape
    shape = (left_shape[0], right_shape[1])
    if left_shape[1] == 1:  # column times row
        return np.outer(left, right), shape
    return left @ right, shape


def left_operand(printed: Printed) -> str:
    """The left operand of an operator that groups from the left; a sign binds to all of it anyway."""
    return printed.text if printed.binding == Binding.NEGATIVE else printed.within(Binding.PRODUCT)


@register
class Transpose(Operator):
    """The transpose, A'; a scalar is its own."""

    name, symbol, arity = "transpose", "'", (1, 1)
    rule, linear = "transpose rule", "each"
    samples = (
        Sample("A'", {"A": "matrix(m,n)"}),
        Sample("x'", {"x": "vector(n)"}),
        Sample("(A*B)'", {"A": "matrix(m,n)", "B": "matrix(n,p)"}),
        Sample("(A + s)'", {"A": "matrix(m,n)"}),
    )
    laws = (Law("(A*B)'", "B'*A'", {"A": "matrix(m,n)", "B": "matrix(n,p)"}), Law("A''", "A", {"A": "matrix(m,n)"}))

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return arguments[0][1], arguments[0][0]

    def value(self, node: Node, *arguments: Array) -> Array:
        return arguments[0].T

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return einsum("ij->ji", arguments[0]) if len(arguments[0].shape) == 2 else arguments[0]

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{arguments[0].within(Binding.POSTFIX)}'", Binding.POSTFIX)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        (argument,) = arguments
        if node.arguments[0].operation.inverse_of_argument:  # A^{-\top}, the inverse and the transpose in one
            return Printed(rf"{argument.text.removesuffix('^{-1}')}^{{-\top}}", Binding.POWER)
        return Printed(rf"{argument.within_latex(Binding.ATOM)}^\top", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.transpose(*arguments)
