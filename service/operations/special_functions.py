"""The error function and the gamma function with its relatives. (NIST Digital Library of Mathematical Functions, 5 and 7.)"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
from scipy import special

from service.errors import MathematicsRefuses
from service.expression import codes
from service.expression.algebra import call
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Elementwise, Law, Printed, Sample, register
from service.expression.products import power
from service.expression.sums import filled
from service.expression.tensors import Tensor, leaf, number_of
from service.operations.entrywise import Unary
from service.operations.samples import MATRIX, VECTOR


def _gaussian(x: Tensor) -> Tensor:
    """2/sqrt(π)·exp(-x²)."""
    return 2 * power(leaf("constant", "pi"), Fraction(-1, 2)) * call("exp", -(x**2))


@register
class Erf(Unary):
    """The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x."""

    name, ufunc = "erf", special.erf
    spelling = Spelling("special.erf")
    parity, exact, at_most_one = -1, {0: 0}, True
    laws = (Law("erf(x) + erfc(x)", "1"), Law("erf(-x)", "-erf(x)", VECTOR))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return _gaussian(x)


@register
class Erfc(Unary):
    """The complementary error function, 1 - erf(x)."""

    name, ufunc = "erfc", special.erfc
    spelling = Spelling("special.erfc")
    nonnegative, exact = True, {0: 1}
    laws = (Law("erfc(-x)", "2 - erfc(x)", VECTOR),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return -_gaussian(x)


@register
class Gamma(Unary):
    """The gamma function; gamma(n) = (n - 1)! for whole n ≥ 1."""

    name, ufunc, latex_name = "gamma", special.gamma, r"\Gamma"
    spelling = Spelling(
        "special.gamma", pytorch="torch.where({0} < 0, 1 - 2 * (torch.floor({0}) % 2), 1) * torch.exp(torch.special.gammaln({0}))"
    )
    domain, exact = (0.3, 3.7), {n: factorial(n - 1) for n in range(1, 21)}
    laws = (Law("gamma(x + 1)", "x*gamma(x)"), Law("gamma(5)", "24"), Law("gamma(1/2)", "sqrt(pi)"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return y * call("digamma", x)


@register
class Loggamma(Unary):
    """log|gamma(x)|, without overflow."""

    name, aliases, ufunc, latex_name = "loggamma", ("lgamma", "gammaln"), special.gammaln, r"\log \Gamma"
    spelling = Spelling("special.gammaln", julia="first(logabsgamma({0}))", matlab="gammaln")
    domain, exact = (0.3, 3.7), {1: 0, 2: 0}
    laws = (Law("loggamma(x)", "log(gamma(x))", VECTOR), Law("loggamma(x + 1)", "loggamma(x) + log(x)"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("digamma", x)


@register
class Digamma(Unary):
    """The derivative of loggamma."""

    name, ufunc, latex_name = "digamma", special.digamma, r"\psi"
    spelling = Spelling("special.digamma", matlab="psi")
    domain = (0.3, 3.7)
    laws = (Law("digamma(x + 1)", "digamma(x) + 1/x"),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("polygamma", filled(1, ()), x)


@register
class Polygamma(Elementwise):
    """polygamma(k, x): the derivative of order k of digamma, for a whole number k ≥ 0."""

    name, arity, signature = "polygamma", (2, 2), "polygamma(k, x)"
    samples = (
        Sample("polygamma(1, x)", {}, (0.3, 3.7)),
        Sample("polygamma(2, x)", VECTOR, (0.3, 3.7)),
        Sample("polygamma(0, A)", MATRIX, (0.3, 3.7)),
    )
    laws = (Law("polygamma(0, x)", "digamma(x)"), Law("polygamma(1, x + 1)", "polygamma(1, x) - 1/x^2"))

    def value(self, node: Node, *arguments: Array) -> Array:
        order, x = arguments
        return np.where((order >= 0) & (order == np.floor(order)), special.polygamma(np.int64(order), x), np.nan)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        order = number_of(arguments[0])
        if order is None or order < 0 or order.denominator != 1:
            raise MathematicsRefuses(
                "the order of polygamma is a whole number, 0 or more", hint="polygamma(1, x) is the derivative of digamma(x)"
            )
        return call("digamma", arguments[1]) if order == 0 else call(self.name, *arguments)

    def derivative(self, y: Tensor, *x: Tensor) -> tuple[Tensor, Tensor]:
        order, argument = x
        return filled(0, y.shape), call(self.name, order + 1, argument)

    def code(self, node: Node, *arguments: Code) -> Code:
        order, x = arguments
        called = f"polygamma({order.detail}, {{0}})"
        return codes.each(Spelling(f"special.{called}", matlab=f"psi({order.detail}, {{0}})"), (x,), node.shape)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        order, x = arguments
        return Printed(rf"\psi^{{({order.text})}}\left({x.text}\right)")
