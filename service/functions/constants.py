"""Constants in closed form: sin(pi/6) is 1/2, atan(1) is pi/4."""

from __future__ import annotations

from fractions import Fraction

from service.calculus.lower import lower
from service.expression.nodes import Node, in_order, make
from service.expression.numbers import Rational
from service.expression.shapes import SCALAR
from service.expression.tensors import Leaf, Power, Product, Tensor
from service.functions.algebraic import surd_of
from service.language import parse_number
from service.operations.leaves import number

SINES = {0: "0", 2: "1/2", 3: "sqrt(2)/2", 4: "sqrt(3)/2", 6: "1"}
"""sin(k·pi/12) for those k up to 6 with square roots only (the others need nested ones)."""
TANGENTS = {0: "0", 2: "sqrt(3)/3", 3: "1", 4: "sqrt(3)"}
LARGEST_UNDER_ROOT = 10**12
TWELFTH = Fraction(1, 12)
AT_NUMBERS: dict[tuple[str, Fraction], str] = {
    ("exp", Fraction(1)): "e",
    ("exp", Fraction(-1)): "1/e",
    ("log", Fraction(1)): "0",
    ("sigmoid", Fraction(0)): "1/2",
    ("softplus", Fraction(0)): "log(2)",
    ("atan", Fraction(1)): "pi/4",
    ("atan", Fraction(-1)): "-pi/4",
    ("asin", Fraction(1)): "pi/2",
    ("asin", Fraction(-1)): "-pi/2",
    ("asin", Fraction(1, 2)): "pi/6",
    ("asin", Fraction(-1, 2)): "-pi/6",
    ("acos", Fraction(1)): "0",
    ("acos", Fraction(0)): "pi/2",
    ("acos", Fraction(-1)): "pi",
    ("acos", Fraction(1, 2)): "pi/3",
    **{
        (name, Fraction(0)): "0"
        for name in ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "log1p", "expm1", "abs")
    },
    **{(name, Fraction(0)): "1" for name in ("exp", "cos", "cosh", "sech", "erfc", "sec")},
}


def folded(root: Node) -> Node:
    """The expression with such values of functions put in closed form."""
    rebuilt: dict[Node, Node] = {}
    for node in in_order([root]):
        arguments = tuple([rebuilt[argument] for argument in node.arguments])
        new = node if arguments == node.arguments else make(node.operation.name, *arguments, parameter=node.parameter)
        rebuilt[node] = _value(new) if len(arguments) == 1 and new.shape == SCALAR and arguments[0].shape == SCALAR else new
    return rebuilt[root]


def _value(node: Node) -> Node:
    tensor = lower(node.arguments[0])
    name = node.operation.name
    value = rational(tensor)
    if value is not None:
        text = AT_NUMBERS.get((name, Fraction(value)))
        if text is not None:
            return parse_number(text)
        if name == "sqrt" and 0 < value < LARGEST_UNDER_ROOT:
            return parse_number(surd_of(Fraction(value)))
    if name == "log" and (exponent := _power_of_e(tensor)) is not None:
        return number(exponent)
    turns = times_pi(tensor) if name in ("sin", "cos", "tan") else None
    if turns is None:
        return node
    text = _tangent(turns) if name == "tan" else _sine(turns + Fraction(1, 2) if name == "cos" else turns)
    return node if text is None else parse_number(text)


def rational(tensor: Tensor) -> Rational | None:
    """The rational number that a scalar is; None for any other."""
    return tensor.coefficient if isinstance(tensor, Product) and not tensor.factors and not tensor.shape and not tensor.sizes else None


def times_pi(tensor: Tensor) -> Fraction | None:
    """r where the tensor is r·pi."""
    if isinstance(tensor, Leaf) and tensor.kind == "constant" and tensor.name == "pi":
        return Fraction(1)
    if isinstance(tensor, Product) and len(tensor.factors) == 1 and not tensor.shape:
        factor = tensor.factors[0][0]
        if isinstance(factor, Leaf) and factor.kind == "constant" and factor.name == "pi":
            return Fraction(tensor.coefficient)
    return None


def _power_of_e(tensor: Tensor) -> Rational | None:
    """r where the tensor is e^r."""
    base, exponent = (tensor.base, tensor.exponent) if isinstance(tensor, Power) else (tensor, 1)
    is_e = isinstance(base, Leaf) and base.kind == "constant" and base.name == "e"
    return exponent if is_e and not isinstance(exponent, Tensor) else None


def _sine(turns: Fraction) -> str | None:
    turns %= 2
    sign, turns = ("-", turns - 1) if turns >= 1 else ("", turns)
    turns = min(turns, 1 - turns)
    text = SINES.get(int(turns / TWELFTH)) if (turns / TWELFTH).denominator == 1 else None
    return None if text is None else text if text == "0" else sign + text


def _tangent(turns: Fraction) -> str | None:
    turns %= 1
    sign, turns = ("-", 1 - turns) if turns > Fraction(1, 2) else ("", turns)
    text = TANGENTS.get(int(turns / TWELFTH)) if (turns / TWELFTH).denominator == 1 else None
    return None if text is None else text if text == "0" else sign + text
