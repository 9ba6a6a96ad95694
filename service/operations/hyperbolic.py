"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from service.expression.algebra import call
from service.expression.codes import Spelling
from service.expression.operation import Law, register
from service.expression.products import power
from service.expression.tensors import Tensor
from service.operations.entrywise import Unary
from service.operations.samples import VECTOR
from service.operations.trigonometric import Reciprocal


@register
class Sinh(Unary):
    """The hyperbolic sine, (exp(x) - exp(-x))/2."""

    name, ufunc, latex_name = "sinh", np.sinh, r"\sinh"
    parity, undoes, exact = -1, "asinh", {0: 0}
    laws = (Law("sinh(x)", "(exp(x) - exp(-x))/2", VECTOR),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("cosh", x)


@register
class Cosh(Unary):
    """The hyperbolic cosine, (exp(x) + exp(-x))/2."""

    name, ufunc, latex_name = "cosh", np.cosh, r"\cosh"
    parity, undoes, nonnegative, exact = 1, "acosh", True, {0: 1}
    laws = (Law("cosh(x)^2 - sinh(x)^2", "1"),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("sinh", x)


@register
class Tanh(Unary):
    """The hyperbolic tangent, sinh x / cosh x."""

    name, ufunc, latex_name = "tanh", np.tanh, r"\tanh"
    parity, undoes, exact, at_most_one = -1, "atanh", {0: 0}, True
    laws = (Law("tanh(x)", "sinh(x)./cosh(x)", VECTOR), Law("tanh(x)", "2*sigmoid(2*x) - 1"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 - y**2


@register
class Sech(Reciprocal):
    """The hyperbolic secant, 1/cosh x."""

    name, of, ufunc = "sech", "cosh", np.cosh
    parity, nonnegative, exact = 1, True, {0: 1}
    laws = (Law("sech(x)*cosh(x)", "1"), Law("sech(x)^2", "1 - tanh(x)^2"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return -(y * call("tanh", x))


@register
class Asinh(Unary):
    """The inverse of the hyperbolic sine, log(x + sqrt(x^2 + 1))."""

    name, aliases, ufunc, latex_name = "asinh", ("arcsinh", "arsinh"), np.arcsinh, r"\operatorname{arsinh}"
    spelling = Spelling("arcsinh", julia="asinh", matlab="asinh")
    parity, undoes, exact = -1, "sinh", {0: 0}
    laws = (Law("asinh(x)", "log(x + sqrt(x^2 + 1))"), Law("asinh(sinh(x))", "x", VECTOR))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return power(1 + x**2, Fraction(-1, 2))


@register
class Acosh(Unary):
    """The inverse of the hyperbolic cosine, log(x + sqrt(x^2 - 1)), for x ≥ 1."""

    name, aliases, ufunc, latex_name = "acosh", ("arccosh", "arcosh"), np.arccosh, r"\operatorname{arcosh}"
    spelling = Spelling("arccosh", julia="acosh", matlab="acosh")
    domain, exact = (1.3, 2.7), {1: 0}
    laws = (Law("acosh(x)", "log(x + sqrt(x^2 - 1))", {}, (1.3, 2.7)), Law("cosh(acosh(x))", "x", {}, (1.3, 2.7)))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        """1/sqrt((x - 1)(x + 1)), split so that it exists only where acosh does."""
        return power(x - 1, Fraction(-1, 2)) * power(x + 1, Fraction(-1, 2))


@register
class Atanh(Unary):
    """The inverse of the hyperbolic tangent, log((1 + x)/(1 - x))/2, for |x| < 1."""

    name, aliases, ufunc, latex_name = "atanh", ("arctanh", "artanh"), np.arctanh, r"\operatorname{artanh}"
    spelling = Spelling("arctanh", julia="atanh", matlab="atanh")
    domain, parity, undoes, exact = (-0.9, 0.9), -1, "tanh", {0: 0}
    laws = (Law("atanh(x)", "log((1 + x)/(1 - x))/2", {}, (-0.9, 0.9)), Law("tanh(atanh(x))", "x", {}, (-0.9, 0.9)))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 / (1 - x**2)
