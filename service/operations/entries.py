"""Arrays put together from entries, and entries taken out of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Operation, Printed, Sample, register
from service.expression.products import product
from service.expression.shapes import SCALAR, Shape, Sizes, axes, describe
from service.expression.sums import add
from service.expression.tensors import Tensor, unit


@register
class Literal(Operation):
    """An array written out: [1, 2, 3] is a column, [1, 2; 3, 4] a matrix. The parameter is (rows, columns)."""

    name, family, arity, in_language = "literal", "entries", (1, None), False
    rule, linear = "entry by entry", "together"
    samples = (Sample("[x, 2*y, x*y]"), Sample("[x, 2, y; 1, x*y, x^2]"))
    bad_samples = (Sample("[x, 1]", {"x": "vector(n)"}),)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        for position, shape in enumerate(arguments, 1):
            if shape != SCALAR:
                raise self.refuse(f"the entries of an array are scalars: entry {position} is {describe(shape)}")
        rows, columns = parameter
        return rows, columns

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.stack(arguments).reshape(axes(node.shape))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        """Σ entry · e_i e_j': linear in its entries, so that the product rule is enough."""
        rows, columns = node.parameter
        shape = axes(node.shape)
        terms = []
        for position, entry in enumerate(arguments):
            row, column = divmod(position, columns)
            units = [(unit(k, size), (label,)) for label, (k, size) in enumerate(((row, rows), (column, columns))) if size != 1]
            terms.append((1, product(1, [(entry, ()), *units], tuple([label for _, (label,) in units]))))
        return add(terms, shape)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        rows, columns = node.parameter
        if columns == 1:  # a column is typed on one line
            return Printed("[" + ", ".join(argument.text for argument in arguments) + "]")
        if rows == 1:
            return Printed("[" + ", ".join(argument.text for argument in arguments) + "]'", Binding.POSTFIX)
        return Printed("[" + "; ".join(", ".join(argument.text for argument in row) for row in _rows(node, arguments)) + "]")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        body = r" \\ ".join(" & ".join(argument.text for argument in row) for row in _rows(node, arguments))
        return Printed(rf"\begin{{bmatrix}} {body} \end{{bmatrix}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.array(arguments, *node.parameter)


def _rows(node: Node, arguments: Sequence[Printed]) -> list[Sequence[Printed]]:
    rows, columns = node.parameter
    return [arguments[row * columns : (row + 1) * columns] for row in range(rows)]


@register
class Index(Operation):
    """One entry: x[1], A[1,2], counted from 1. The parameter holds the positions, counted from 0."""

    name, family, in_language, rule, linear = "index", "entries", False, "entry by entry", "each"
    samples = (
        Sample("x[2]", {"x": "vector(3)"}),
        Sample("A[2,3]", {"A": "matrix(2,4)"}),
        Sample("(A*x)[1]", {"A": "matrix(2,4)", "x": "vector(4)"}),
    )
    bad_samples = (Sample("x[4]", {"x": "vector(3)"}), Sample("A[1]", {"A": "matrix(2,4)"}))

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        (shape,) = arguments
        found = axes(shape)
        if len(parameter) != len(found):
            wanted = {0: "has no entries to take", 1: "takes one position, x[i]", 2: "takes a row and a column, A[i,j]"}[len(found)]
            raise self.refuse(f"{describe(shape)} {wanted}: here there are {len(parameter)}")
        for position, size in zip(parameter, found, strict=True):
            if isinstance(size, int) and not 0 <= position < size:
                raise self.refuse(f"there is no entry {position + 1} along an axis of size {size}", f"positions count from 1 to {size}")
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(arguments[0][node.parameter])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (tensor,) = arguments
        units = [(unit(position, size), (label,)) for label, (position, size) in enumerate(zip(node.parameter, tensor.shape, strict=True))]
        return product(1, [(tensor, tuple(range(len(units)))), *units])

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{arguments[0].within(Binding.POSTFIX)}[{','.join(str(k + 1) for k in node.parameter)}]", Binding.POSTFIX)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        base = arguments[0].within_latex(Binding.ATOM)
        if "_{" in base and base.endswith("}"):
            base = f"{{{base}}}"  # TeX takes no second subscript
        return Printed(f"{base}_{{{','.join(str(k + 1) for k in node.parameter)}}}", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.entry(arguments[0], node.parameter)
