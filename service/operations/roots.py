"""Roots."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from service.expression.algebra import call
from service.expression.codes import Spelling
from service.expression.nodes import Node
from service.expression.operation import Law, Printed, register
from service.expression.products import power
from service.expression.tensors import Power, Tensor
from service.operations.entrywise import Unary
from service.operations.samples import BOTH_SIGNS, VECTOR


@register
class Sqrt(Unary):
    """The square root of each entry, x^(1/2) (that of a matrix is sqrtm)."""

    name, ufunc = "sqrt", np.sqrt
    domain, nonnegative = (0.3, 1.7), True
    laws = (
        Law("sqrt(x)^2", "x"),
        Law("sqrt(x)", "x.^(1/2)", VECTOR),
        Law("sqrt(x^2)", "abs(x)", {}, BOTH_SIGNS),
        Law("sqrt(9/4)", "3/2"),
    )

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (x,) = arguments
        if isinstance(x, Power) and x.exponent == 2:
            return call("abs", x.base)
        return power(x, Fraction(1, 2))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\sqrt{{{arguments[0].text}}}")


@register
class Cbrt(Unary):
    """The real cube root: that of -8 is -2 (x^(1/3) exists only for x ≥ 0)."""

    name, ufunc = "cbrt", np.cbrt
    spelling = Spelling("cbrt", pytorch="torch.sign({0}) * torch.abs({0}) ** (1 / 3)", matlab="nthroot({0}, 3)")
    parity, exact = -1, {k**3: k for k in range(65)}
    laws = (Law("cbrt(x)^3", "x"), Law("cbrt(-8)", "-2"), Law("cbrt(x)", "x.^(1/3)", VECTOR, (0.3, 1.7)))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return power(y, -2) / 3

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\sqrt[3]{{{arguments[0].text}}}")
