"""What has no arguments: numbers, variables, constants, sizes used as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from service.expression import codes
from service.expression.codes import Code
from service.expression.nodes import Node, make
from service.expression.numbers import Rational, tidy
from service.expression.operation import Array, Binding, Operation, Printed, register
from service.expression.products import size_number
from service.expression.shapes import SCALAR, Shape, Size, Sizes, axes, substitute
from service.expression.sums import number as number_tensor
from service.expression.tensors import Tensor, leaf
from service.expression.tensors import variable as variable_tensor

GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
LETTERS = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", GREEK, strict=True))
ACCENTS = {"_dot": r"\dot", "_bar": r"\bar", "_hat": r"\hat", "_tilde": r"\tilde"}
_SUBSCRIPTED = re.compile(r"(.*?)_?(\d+)|([^_]+)_(.+)")


class Variable(NamedTuple):
    """What a request declares of a name. `depends_on` are the scalars that it is a function of; `derivative_of` the name
    whose derivative by `derivative_by` it stands for, `differential_of` the name whose differential it is."""

    name: str
    shape: Shape = SCALAR
    properties: frozenset[str] = frozenset()
    depends_on: tuple[str, ...] = ()
    derivative_of: str = ""
    derivative_by: tuple[str, ...] = ()
    differential_of: str = ""


class Leaf(Operation):
    family = "leaves"
    arity = (0, 0)
    in_language = False

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR


@register
class Number(Leaf):
    """An exact number. The parameter is an int or a Fraction, or the text of a decimal that is to be written as one."""

    name = "number"

    def value(self, node: Node, *arguments: Array) -> Array:
        try:
            return np.asarray(float(Fraction(node.parameter)))
        except OverflowError:
            return np.asarray(math.inf)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return number_tensor(Fraction(node.parameter))

    def text(self, node: Node, *arguments: Printed) -> Printed:
        negative = str(node.parameter).startswith("-")
        fraction = isinstance(node.parameter, Fraction)
        return Printed(str(node.parameter), Binding.NEGATIVE if negative else Binding.PRODUCT if fraction else Binding.ATOM)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        if not isinstance(node.parameter, Fraction):
            mantissa, _, exponent = str(node.parameter).lower().partition("e")
            text = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
            return Printed(text, Binding.NEGATIVE if text.startswith("-") else Binding.PRODUCT if exponent else Binding.ATOM)
        sign = "-" if node.parameter < 0 else ""
        return Printed(
            rf"{sign}\frac{{{abs(node.parameter.numerator)}}}{{{node.parameter.denominator}}}",
            Binding.NEGATIVE if sign else Binding.POSTFIX,
        )

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.number(node.parameter)


@register
class VariableLeaf(Leaf):
    """A name of the request; the parameter is its Variable."""

    name = "variable"

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        shape: Shape = parameter.shape
        return shape

    def sized(self, node: Node, sizes: Mapping[str, Size]) -> Any:
        return node.parameter._replace(shape=tuple([substitute(size, sizes) for size in node.shape]))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return tensor_of(node.parameter)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(node.parameter.name)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        declared: Variable = node.parameter
        if declared.differential_of:
            return Printed(rf"\mathrm{{d}} {name_to_latex(declared.differential_of)}")
        if not declared.derivative_of:
            return Printed(name_to_latex(declared.name))
        order = len(declared.derivative_by)
        by = " ".join(
            rf"\mathrm{{d}} {name_to_latex(name)}"
            + (f"^{{{declared.derivative_by.count(name)}}}" if declared.derivative_by.count(name) > 1 else "")
            for name in dict.fromkeys(declared.derivative_by)
        )
        power = f"^{{{order}}}" if order > 1 else ""
        return Printed(rf"\frac{{\mathrm{{d}}{power} {name_to_latex(declared.derivative_of)}}}{{{by}}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.variable(node.parameter.name, node.shape, "symmetric" in node.parameter.properties)


@register
class Constant(Leaf):
    """pi or e."""

    name = "constant"

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray({"pi": math.pi, "e": math.e}[node.parameter])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return leaf("constant", node.parameter)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(node.parameter)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(r"\pi" if node.parameter == "pi" else r"\mathrm{e}")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.constant(node.parameter)


@register
class SizeNumber(Leaf):
    """A size used as a number: sum(x)/n. The parameter is the letter."""

    name = "size"

    def sized(self, node: Node, sizes: Mapping[str, Size]) -> Any:
        return substitute(node.parameter, sizes)

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(float(node.parameter))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return size_number(node.parameter)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(str(node.parameter))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(name_to_latex(str(node.parameter)))

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.size(node.parameter)


def number(value: Rational | str) -> Node:
    """A number; a text such as "0.1" is kept as it is written and means exactly 1/10."""
    return make("number", parameter=value if isinstance(value, str) else tidy(value))


def variable(declared: Variable) -> Node:
    return make("variable", parameter=declared)


def constant(name: str) -> Node:
    return make("constant", parameter=name)


def size(letter: Size) -> Node:
    return make("size", parameter=letter)


def tensor_of(declared: Variable) -> Tensor:
    """The leaf that stands for a variable among tensors."""
    return variable_tensor(declared.name, axes(declared.shape), declared.properties)


def derivative_name(name: str, by: Sequence[str]) -> str:
    """How the derivative of a variable by scalars, in alphabetical order, is called: dA_dx, d2A_dx2, d2A_dxdy."""
    order = str(len(by)) if len(by) > 1 else ""
    powers = [f"d{scalar}{by.count(scalar) if by.count(scalar) > 1 else ''}" for scalar in dict.fromkeys(by)]
    return f"d{order}{name}_{''.join(powers)}"


@lru_cache(maxsize=4096)
def name_to_latex(name: str) -> str:
    """theta_1 as \\theta_{1}, x12 as x_{12}, x1_bar as \\bar{x}_{1}, learning_rate as \\mathrm{learning}_{\\mathrm{rate}}."""
    for ending, accent in ACCENTS.items():
        if name.endswith(ending) and len(name) > len(ending):
            base, _, subscript = name_to_latex(name.removesuffix(ending)).partition("_{")
            return f"{accent}{{{base}}}{'_{' if subscript else ''}{subscript}"
    match = _SUBSCRIPTED.fullmatch(name)
    base, subscript = (match[1] or match[3], match[2] or match[4]) if match else (name, "")
    if not base or base.endswith("_"):
        return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"
    return f"{_word(base)}_{{{_word(subscript)}}}" if subscript else _word(base)


def _word(word: str) -> str:
    word = LETTERS.get(word, word)
    if word in GREEK:
        return "\\" + word
    if len(word) == 1 or word.isdigit():
        return word
    return rf"\mathrm{{{word.replace('_', chr(92) + '_')}}}"
