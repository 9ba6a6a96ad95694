"""Trigonometric functions, in radians, and their inverses."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from service.expression import codes
from service.expression.algebra import call
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Elementwise, Law, Sample, register
from service.expression.products import power
from service.expression.tensors import Tensor
from service.operations.entrywise import Unary
from service.operations.samples import BOTH_SIGNS, MATRIX, VECTOR, VECTORS


@register
class Sin(Unary):
    """sin x."""

    name, ufunc, latex_name = "sin", np.sin, r"\sin"
    parity, undoes, exact = -1, "asin", {0: 0}
    laws = (Law("sin(x)^2 + cos(x)^2", "1"), Law("sin(2*x)", "2*sin(x).*cos(x)", VECTOR))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("cos", x)


@register
class Cos(Unary):
    """cos x."""

    name, ufunc, latex_name = "cos", np.cos, r"\cos"
    parity, undoes, exact = 1, "acos", {0: 1}
    laws = (Law("cos(2*x)", "1 - 2*sin(x)^2"), Law("cos(x + pi)", "-cos(x)", VECTOR))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return -call("sin", x)


@register
class Tan(Unary):
    """tan x = sin x / cos x."""

    name, ufunc, latex_name = "tan", np.tan, r"\tan"
    domain, parity, undoes, exact = (-1.2, 1.2), -1, "atan", {0: 0}
    laws = (Law("tan(x)", "sin(x)./cos(x)", VECTOR, (0.3, 1.2)),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 + y**2


class Reciprocal(Unary):
    """1/f for the trigonometric or hyperbolic function f that `ufunc` computes."""

    of: str
    """The name of f in generated code."""

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = 1 / self.ufunc(arguments[0])
        return result

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.divide(codes.number(1), codes.each(self.of, arguments, node.shape))


@register
class Sec(Reciprocal):
    """The secant, 1/cos x."""

    name, of, ufunc, latex_name = "sec", "cos", np.cos, r"\sec"
    domain, parity, exact = (-1.2, 1.2), 1, {0: 1}
    laws = (Law("sec(x)*cos(x)", "1", {}, (0.3, 1.2)), Law("sec(x)^2", "1 + tan(x)^2", {}, (0.3, 1.2)))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return y * call("tan", x)


@register
class Csc(Reciprocal):
    """The cosecant, 1/sin x."""

    name, of, ufunc, latex_name = "csc", "sin", np.sin, r"\csc"
    domain, parity = (0.3, 2.7), -1
    laws = (Law("csc(x)*sin(x)", "1"), Law("csc(x)^2", "1 + cot(x)^2"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return -(y * call("cot", x))


@register
class Cot(Reciprocal):
    """The cotangent, cos x / sin x."""

    name, of, ufunc, latex_name = "cot", "tan", np.tan, r"\cot"
    domain, parity = (0.3, 1.4), -1
    laws = (Law("cot(x)*tan(x)", "1", {}, (0.3, 1.4)),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return -(1 + y**2)


@register
class Asin(Unary):
    """The inverse of the sine, between -π/2 and π/2."""

    name, aliases, ufunc, latex_name = "asin", ("arcsin",), np.arcsin, r"\arcsin"
    spelling = Spelling("arcsin", julia="asin", matlab="asin")
    domain, parity, exact = (-0.9, 0.9), -1, {0: 0}
    laws = (Law("sin(asin(x))", "x", {}, (-0.9, 0.9)), Law("asin(x) + acos(x)", "pi/2", {}, (-0.9, 0.9)))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return power(1 - x**2, Fraction(-1, 2))


@register
class Acos(Unary):
    """The inverse of the cosine, between 0 and π."""

    name, aliases, ufunc, latex_name = "acos", ("arccos",), np.arccos, r"\arccos"
    spelling = Spelling("arccos", julia="acos", matlab="acos")
    domain, exact = (-0.9, 0.9), {1: 0}
    laws = (Law("cos(acos(x))", "x", {}, (-0.9, 0.9)), Law("acos(-x)", "pi - acos(x)", {}, (-0.9, 0.9)))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return -power(1 - x**2, Fraction(-1, 2))


@register
class Atan(Unary):
    """The inverse of the tangent, between -π/2 and π/2."""

    name, aliases, ufunc, latex_name = "atan", ("arctan",), np.arctan, r"\arctan"
    spelling = Spelling("arctan", julia="atan", matlab="atan")
    parity, exact = -1, {0: 0}
    laws = (Law("tan(atan(x))", "x"), Law("atan(x) + atan(1/x)", "pi/2"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 / (1 + x**2)


@register
class Atan2(Elementwise):
    """atan2(y, x): the angle of the point (x, y), between -π and π."""

    name, aliases = "atan2", ("arctan2",)
    spelling = Spelling("arctan2", julia="atan", matlab="atan2")
    arity, signature = (2, 2), "atan2(y, x)"
    samples = (
        Sample("atan2(y, x)", {}, BOTH_SIGNS),
        Sample("atan2(y, x)", VECTORS, BOTH_SIGNS),
        Sample("atan2(A, x)", MATRIX),
        Sample("atan2(2, x')", VECTOR),
    )
    bad_samples = (Sample("atan2(x, A)", {"x": "vector(m)", "A": "matrix(m,n)"}),)
    laws = (Law("atan2(y, x)", "atan(y./x)", VECTORS), Law("atan2(3*y, 3*x)", "atan2(y, x)", {}, BOTH_SIGNS))

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = np.arctan2(*arguments)
        return result

    def derivative(self, y: Tensor, *x: Tensor) -> tuple[Tensor, Tensor]:
        ordinate, abscissa = x
        square = ordinate**2 + abscissa**2
        return abscissa / square, -ordinate / square
