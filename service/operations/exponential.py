"""Exponentials, logarithms, and the two functions of machine learning made of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy import special

from service.expression import codes
from service.expression.algebra import call, spread
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Printed, Sample, register
from service.expression.products import product
from service.expression.shapes import SCALAR
from service.expression.sums import coefficient_of, number
from service.expression.tensors import Apply, Product, Sum, Tensor, number_of
from service.operations.entrywise import Unary
from service.operations.samples import BOTH_SIGNS, MATRIX, VECTOR, VECTOR_AND_MATRIX


@register
class Exp(Unary):
    """e^x, the exponential of each entry (the exponential of a matrix is expm)."""

    name, ufunc = "exp", np.exp
    undoes, nonnegative, exact = "log", True, {0: 1}
    laws = (Law("exp(x + y)", "exp(x)*exp(y)"), Law("exp(x)", "e.^x", VECTOR))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return y

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        if node.shape == SCALAR:
            return Printed(rf"\mathrm{{e}}^{{{arguments[0].text}}}", Binding.POWER)
        return Printed(rf"\exp\left({arguments[0].text}\right)")

    def share(self, *arguments: Tensor) -> Tensor | None:
        return call("softmax", *arguments)


@register
class Log(Unary):
    """log(x), the natural logarithm; log(x, b) is the logarithm to the base b, log(x)/log(b)."""

    name, aliases, ufunc = "log", ("ln",), np.log
    arity, signature, latex_name = (1, 2), "log(x) or log(x, b)", r"\log"
    domain, undoes, exact = (0.3, 1.7), "exp", {1: 0}
    samples = (
        Sample("log(x, b)", {}, (1.2, 2.7)),
        Sample("log(x, b)", VECTOR, (1.2, 2.7)),
        Sample("log(2, b)", {"b": "vector(n)"}, (1.2, 2.7)),
    )
    bad_samples = (Sample("log(x, A)", VECTOR_AND_MATRIX),)
    laws = (
        Law("log(x*y)", "log(x) + log(y)"),
        Law("log(x, b)", "log(x)/log(b)"),
        Law("log(abs(x))", "log(x^2)/2", {}, BOTH_SIGNS),
        Law("log(1 + exp(x))", "softplus(x)", VECTOR),
        Law("log(sigmoid(x))", "-softplus(-x)", VECTOR),
        Law("log(softmax(x))", "x - logsumexp(x)", VECTOR),
        Law("log(sum(exp(x)))", "logsumexp(x)", VECTOR),
        Law("log(det(S))", "logdet(S)", {"S": "spd(n)"}),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        logarithms = [np.log(argument) for argument in arguments]
        return logarithms[0] if len(arguments) == 1 else logarithms[0] / logarithms[1]

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        logarithm = call(self.name, arguments[0])
        return logarithm if len(arguments) == 1 else logarithm / call(self.name, arguments[1])

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 / x

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """The stable forms of log(1 + exp(x)), log(sum(exp(x))), log(softmax(x)), log(sigmoid(x)) and log(det(A)).

        And log(exp(x)*r) = x + log(r), log|x| = log(x²)/2, whose derivative is 1/x at sight. Each replaces a composition by
        functions of the same argument, of a power, or of fewer factors, so rewriting ends.
        """
        (x,) = arguments
        if isinstance(x, Apply):
            inner = x.arguments[0]
            if x.operation.name == "softmax":
                return inner - spread(call("logsumexp", inner), inner.shape)
            if x.operation.name == "sigmoid":
                return -call("softplus", -inner)
            if x.operation.name == "abs":
                return call(self.name, inner**2) / 2
            if x.operation.name == "det":
                return call("logdet", inner)
        elif isinstance(x, Sum) and len(x.terms) == 2:
            exponent = [
                term.arguments[0] for weight, term in x.terms if weight == 1 and isinstance(term, Apply) and term.operation.name == "exp"
            ]
            if len(exponent) == 1 and any(weight == 1 and _is_ones(term) for weight, term in x.terms):
                return call("softplus", exponent[0])
        elif isinstance(x, Product) and x.coefficient == 1 and not x.out and len(x.factors) == 1:
            (term, labels), *_ = x.factors
            if isinstance(term, Apply) and term.operation.name == "exp" and len(set(labels)) == len(labels):
                return call("logsumexp", term.arguments[0])
        elif isinstance(x, Product) and not x.shape and (found := _exponent_of_factor(x)) is not None:
            exponent_out, rest = found
            return exponent_out + call(self.name, rest)
        return super().rewrite(x)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        base = f"_{{{arguments[1].text}}}" if len(arguments) == 2 else ""
        return Printed(rf"\log{base}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        logarithms = [codes.each("log", (argument,), argument.shape) for argument in arguments]
        return logarithms[0] if len(arguments) == 1 else codes.divide(*logarithms)


def _exponent_of_factor(tensor: Product) -> tuple[Tensor, Tensor] | None:
    """x and r of a number exp(x)*r; None where there is no such factor."""
    for place, (factor, labels) in enumerate(tensor.factors):
        if not labels and isinstance(factor, Apply) and factor.operation.name == "exp":
            rest = [*tensor.factors[:place], *tensor.factors[place + 1 :]]
            return factor.arguments[0], product(tensor.coefficient, rest, (), dict(enumerate(tensor.sizes)))
    return None


def _is_ones(tensor: Tensor) -> bool:
    return isinstance(tensor, Product) and tensor.coefficient == 1 and not tensor.factors and len(set(tensor.out)) == len(tensor.out)


@register
class Log2(Unary):
    """The logarithm to the base 2."""

    name, ufunc, latex_name = "log2", np.log2, r"\log_{2}"
    domain, exact = (0.3, 1.7), {2**k: k for k in range(64)}
    laws = (Law("log2(2*x)", "1 + log2(x)"),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 / (call("log", number(2)) * x)


@register
class Log10(Unary):
    """The logarithm to the base 10."""

    name, ufunc, latex_name = "log10", np.log10, r"\log_{10}"
    domain, exact = (0.3, 1.7), {10**k: k for k in range(19)}
    laws = (Law("log10(10*x)", "1 + log10(x)"),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 / (call("log", number(10)) * x)


@register
class Log1p(Unary):
    """log(1 + x), accurate for small x."""

    name, ufunc = "log1p", np.log1p
    domain, undoes, exact = (-0.8, 1.7), "expm1", {0: 0}
    laws = (Law("log1p(x)", "log(1 + x)", VECTOR), Law("log1p(expm1(x))", "x"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return 1 / (1 + x)


@register
class Expm1(Unary):
    """exp(x) - 1, accurate for small x (the exponential of a matrix is expm)."""

    name, ufunc = "expm1", np.expm1
    undoes, exact = "log1p", {0: 0}
    laws = (Law("expm1(x)", "exp(x) - 1", VECTOR),)

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("exp", x)


@register
class Sigmoid(Unary):
    """The logistic function, 1/(1 + exp(-x))."""

    name, aliases, ufunc, latex_name = "sigmoid", ("logistic", "expit"), special.expit, r"\sigma"
    spelling = Spelling("special.expit", pytorch="torch.sigmoid", julia="logistic", matlab="1 ./ (1 + exp(-{0}))")
    nonnegative, at_most_one = True, True
    laws = (Law("sigmoid(x)", "1./(1 + exp(-x))", VECTOR), Law("sigmoid(x) + sigmoid(-x)", "1"), Law("sigmoid(0)", "1/2"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return y * (1 - y)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        return number(Fraction(1, 2)) if number_of(arguments[0]) == 0 else None

    def as_sum(self, *arguments: Tensor) -> Tensor | None:
        (x,) = arguments
        return 1 - call(self.name, -x) if coefficient_of(x)[0] < 0 else None


@register
class Softplus(Unary):
    """log(1 + exp(x)), a smooth relu, without overflow."""

    name, ufunc, nonnegative = "softplus", np.logaddexp, True
    spelling = Spelling(
        "logaddexp(0, {0})",
        pytorch="torch.logaddexp({0}, torch.tensor(0.0, **like))",
        julia="log1pexp",
        matlab="max({0}, 0) + log1p(exp(-abs({0})))",
    )
    laws = (Law("softplus(x) - softplus(-x)", "x"), Law("softplus(x)", "log(1 + exp(x))", MATRIX))

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = np.logaddexp(0, arguments[0])
        return result

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("sigmoid", x)
