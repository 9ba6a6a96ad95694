"""The operators that go entry by entry: .* ./ .^"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.algebra import call, hadamard, spread
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Printed, Sample, broadcast, register
from service.expression.products import power, product
from service.expression.shapes import Shape, Sizes, axes
from service.expression.tensors import Tensor, leaf
from service.operations.arithmetic import Operator, left_operand
from service.operations.quotients_and_powers import PowerRules, Quotient


class EntryByEntry(Operator):
    """Base of .* ./ .^"""

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return broadcast(self, arguments, sizes)


@register
class Hadamard(EntryByEntry):
    """Product entry by entry, x .* y."""

    name, symbol, arity, linear = "hadamard", ".*", (2, None), "each"
    samples = (
        Sample("x.*y", {"x": "vector(n)", "y": "vector(n)"}),
        Sample("A.*B", {"A": "matrix(m,n)", "B": "matrix(m,n)"}),
        Sample("s.*x'", {"x": "vector(n)"}),
    )
    bad_samples = (Sample("x.*y", {"x": "vector(m)", "y": "vector(n)"}), Sample("x.*x'", {"x": "vector(n)"}))
    laws = (Law("x.*y", "diag(x)*y", {"x": "vector(n)", "y": "vector(n)"}),)

    def value(self, node: Node, *arguments: Array) -> Array:
        value = arguments[0]
        for argument in arguments[1:]:
            value = value * argument
        return value

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        labels = tuple(range(len(axes(node.shape))))
        return product(1, [(argument, labels if argument.shape else ()) for argument in arguments], labels)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(
            ".*".join([left_operand(arguments[0]), *[argument.within(Binding.POWER) for argument in arguments[1:]]]), Binding.PRODUCT
        )

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(r" \odot ".join(argument.within_latex(Binding.POWER) for argument in arguments), Binding.PRODUCT)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.multiply(*arguments)


@register
class EntryDivide(EntryByEntry, Quotient):
    """Division entry by entry, x ./ y."""

    name, symbol, times, power = "entry-divide", "./", "hadamard", "entry-power"
    samples = (Sample("x./y", {"x": "vector(n)", "y": "vector(n)"}), Sample("1./A", {"A": "matrix(m,n)"}))
    bad_samples = (Sample("x./y", {"x": "vector(m)", "y": "vector(n)"}),)
    laws = (Law("x./y.*y", "x", {"x": "vector(n)", "y": "vector(n)"}),)

    def value(self, node: Node, *arguments: Array) -> Array:
        return arguments[0] / arguments[1]

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return hadamard(arguments[0], power(arguments[1], -1))

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{left_operand(arguments[0])}./{arguments[1].within(Binding.POWER)}", Binding.PRODUCT)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"{arguments[0].within_latex(Binding.POWER)} \oslash {arguments[1].within_latex(Binding.POWER)}", Binding.PRODUCT)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.divide(*arguments)


@register
class EntryPower(EntryByEntry, PowerRules):
    """Power entry by entry, x .^ y."""

    name, symbol = "entry-power", ".^"
    samples = (
        Sample("x.^3", {"x": "vector(n)"}),
        Sample("A.^s", {"A": "matrix(m,n)"}),
        Sample("x.^y", {"x": "vector(n)", "y": "vector(n)"}),
        Sample("2.^x", {"x": "vector(n)"}),
    )
    bad_samples = (Sample("x.^y", {"x": "vector(m)", "y": "vector(n)"}),)
    laws = (Law("x.^2", "x.*x", {"x": "vector(n)"}),)

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.power(arguments[0], arguments[1])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        base, exponent = arguments
        if base is leaf("constant", "e"):
            return call("exp", exponent)
        return power(spread(base, exponent.shape), exponent)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        base, exponent = arguments
        return Printed(f"{base.within(Binding.POSTFIX)}.^{exponent.within(Binding.ATOM)}", Binding.POWER)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        base, exponent = arguments
        return Printed(rf"{base.within_latex(Binding.ATOM)}^{{\odot {exponent.within_latex(Binding.POSTFIX)}}}", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.power(*arguments)
