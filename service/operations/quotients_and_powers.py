"""The operators / and ^."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from service.expression import codes
from service.expression.algebra import call, hadamard
from service.expression.code_products import matmul
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node, make
from service.expression.numbers import absolute
from service.expression.operation import Array, Binding, Law, Printed, Sample, register
from service.expression.products import power, product
from service.expression.shapes import SCALAR, Shape, Sizes, describe
from service.expression.tensors import Tensor, leaf, number_of
from service.operations.arithmetic import Operator, left_operand

LARGEST_MATRIX_POWER = 64
_MATRIX_POWER = Spelling("linalg.matrix_power({0}, {1})", julia="{0} ^ {1}", matlab="{0} ^ {1}")


class Quotient(Operator):
    """Division, all at once or entry by entry: d(u/v) = (du·v - u·dv)/v²; `times` and `power` name its kind of them."""

    times: ClassVar[str]
    power: ClassVar[str]

    def rule_name(self, *changing: bool) -> str:
        return "quotient rule" if changing[1] else "constant factor"

    def differential(self, node: Node, *changes: Node | None) -> Node | None:
        (above, below), (d_above, d_below) = node.arguments, changes
        if d_below is None:
            return None if d_above is None else make(self.name, d_above, below)
        falling = make("negate", make(self.times, above, d_below))
        whole = falling if d_above is None else make("add", make(self.times, d_above, below), falling)
        return make(self.name, whole, make(self.power, below, make("number", parameter=2)))


@register
class Divide(Quotient):
    """Division by a scalar, a / b."""

    name, symbol, times, power = "divide", "/", "times", "power"
    samples = (Sample("x/(y + 2)"), Sample("A/s", {"A": "matrix(m,n)"}), Sample("x/norm2(x)", {"x": "vector(n)"}))
    bad_samples = (Sample("x/y", {"x": "vector(n)", "y": "vector(n)"}), Sample("1/A", {"A": "matrix(n,n)"}))
    laws = (Law("(x + y)/z", "x/z + y/z"),)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        if arguments[1] != SCALAR:
            numerator, denominator = arguments
            square = denominator[0] == denominator[1]
            raise self.refuse(
                f"only a scalar divides: the denominator is {describe(denominator)}",
                "use inv(...) for a matrix"
                if square
                else "use ./ to divide entry by entry"
                if numerator != SCALAR
                else "use 1./(...) entry by entry",
            )
        return arguments[0]

    def value(self, node: Node, *arguments: Array) -> Array:
        return arguments[0] / arguments[1]

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return hadamard(arguments[0], power(arguments[1], -1))

    def text(self, node: Node, *arguments: Printed) -> Printed:
        numerator, denominator = arguments
        return Printed(f"{left_operand(numerator)}/{denominator.within(Binding.POWER)}", Binding.PRODUCT)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        if _is_whole(node.arguments[0]) and not node.arguments[1].arguments:
            return Printed(rf"\frac{{1}}{{{arguments[1].text}}} {arguments[0].within_latex(Binding.PRODUCT)}", Binding.PRODUCT)
        return Printed(rf"\frac{{{arguments[0].text}}}{{{arguments[1].text}}}", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.divide(*arguments)


def _is_whole(node: Node) -> bool:
    """Whether a numerator is an array of several parts without a number before it: 1/m goes before X'*(X*w - y), not below."""
    first = node.arguments[0] if node.arguments else node
    return node.shape != SCALAR and isinstance(node.operation, Operator) and (first.shape != SCALAR or node.operation.symbol == "+")


class PowerRules(Operator):
    """What the rules for b^e are called."""

    def rule_name(self, *changing: bool) -> str:
        return ("exponential rule" if not changing[0] else "general power rule") if changing[1] else "power rule"


@register
class PowerOperator(PowerRules):
    """x^y of scalars; A^k of a square matrix and a whole number k."""

    name, symbol = "power", "^"
    aliases = ("**",)
    samples = (
        Sample("x^3"),
        Sample("x^y"),
        Sample("e^x"),
        Sample("2^-x"),
        Sample("A^3", {"A": "matrix(n,n)"}),
        Sample("A^-2", {"A": "matrix(n,n)"}),
    )
    bad_samples = (Sample("x^2", {"x": "vector(n)"}), Sample("A^2", {"A": "matrix(m,n)"}), Sample("A^s", {"A": "matrix(n,n)"}))
    laws = (Law("x^y*x^z", "x^(y + z)"), Law("A^2*A", "A^3", {"A": "matrix(n,n)"}), Law("A^-1", "inv(A)", {"A": "matrix(n,n)"}))

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        base, exponent = arguments
        if exponent != SCALAR:
            raise self.refuse(f"the exponent of ^ is a scalar, here it is {describe(exponent)}", "use .^ to raise entry by entry")
        if base == SCALAR:
            return base
        if not sizes.unify(base[0], base[1]):
            raise self.refuse(f"only a square matrix has a power: the base is {describe(base)}", "use .^ to raise entry by entry")
        return sizes.resolve_shape(base)

    def value(self, node: Node, *arguments: Array) -> Array:
        base, exponent = arguments
        if not base.ndim:
            return np.power(base, exponent)
        whole = float(exponent) == round(float(exponent))
        return np.linalg.matrix_power(base, round(float(exponent))) if whole else np.full_like(base, np.nan)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        base, exponent = arguments
        if base is leaf("constant", "e"):
            return call("exp", exponent)
        if not base.shape:
            return power(base, exponent)
        times = number_of(exponent)
        if times is None or times.denominator != 1 or absolute(times) > LARGEST_MATRIX_POWER:
            raise self.refuse(
                f"a matrix is raised to whole powers from -{LARGEST_MATRIX_POWER} to {LARGEST_MATRIX_POWER}",
                "use sqrtm(A) for A^(1/2), expm(A) for e^A, .^ to raise entry by entry",
            )
        if times < 0:
            base, times = call("inv", base), -times
        factors = [(base, (k, k + 1)) for k in range(int(times))]
        return product(1, factors, (0, int(times)) if times else (0, 0), {0: base.shape[0]})

    def text(self, node: Node, *arguments: Printed) -> Printed:
        base, exponent = arguments
        return Printed(f"{base.within(Binding.POSTFIX)}^{exponent.within(Binding.ATOM)}", Binding.POWER)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        base, exponent = arguments
        return Printed(f"{base.within_latex(Binding.ATOM)}^{{{exponent.text}}}", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        base, exponent = arguments
        if node.shape == SCALAR:
            return codes.power(base, exponent)
        return matmul(base, base) if exponent is codes.number(2) else codes.call(_MATRIX_POWER, arguments, node.shape)
