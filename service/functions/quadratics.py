"""Quadratic functions of one array, of any size: their critical point in closed form, x = -inv(H)*g(0)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from service.answers.forms import expression_to_json
from service.answers.task import read_back
from service.calculus import build
from service.calculus.differentiate import derivatives
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.calculus.tensor_values import parts
from service.calculus.verify import check_same
from service.certificates import Check
from service.errors import Undecided
from service.expression.nodes import Node, make
from service.expression.shapes import axes
from service.expression.sums import scale
from service.expression.tensors import Leaf, Product, Sum, Tensor
from service.functions.function import Question
from service.functions.semidefinite import semidefinite
from service.operations.leaves import tensor_of, variable
from service.printing.printers import to_text


def quadratic(question: Question) -> tuple[dict[str, Any], list[Check]]:
    """The one critical point of a quadratic function of one vector. Raises Undecided where it is none."""
    if len(question.targets.variables) != 1 or len(axes(question.targets.variables[0].shape)) != 1:
        raise _undecided()
    (declared,) = question.targets.variables
    if declared.shape[1] != 1:
        raise _undecided()
    notation = Notation({name: variable(each) for name, each in question.variables.items()}, question.parsed.decimals)
    x = tensor_of(declared)
    (gradient,) = derivatives(lower(question.node), [x])
    (hessian,) = derivatives(gradient, [x])
    if any(isinstance(part, Leaf) and part is x for part in parts([hessian])):
        raise _undecided()
    if isinstance(hessian, Product) and hessian.coefficient == 0:
        raise Undecided(
            "the function is affine: its gradient is the same everywhere, and it has no isolated critical point", pointer="/expression"
        )
    sign = semidefinite(hessian)
    zero = build.filled("zeros", *declared.shape)
    constant = lower(substitute(notation.node(gradient), {declared.name: zero}))
    common = _content(hessian)
    inner = make("inv", notation.node(scale(1 / common, hessian)))
    solved = build.times(inner, notation.node(scale(-1 / common, constant)))
    point = notation.node(lower(solved))
    read = read_back(to_text(point), question.parsed, question.variables)
    checks = [_gradient_check(question, notation, hessian, constant, read)]
    value = notation.node(lower(substitute(question.node, {declared.name: read})))
    kinds = {1: "global minimum", -1: "global maximum", 0: "depends on the Hessian"}
    kind = kinds[sign.sign if sign else 0]
    text = to_text(notation.node(hessian))
    return {
        "point": {declared.name: to_text(point)},
        "latex": {declared.name: expression_to_json(point)["latex"]},
        "exact": True,
        "value": to_text(value),
        "kind": kind,
        "degenerate": False,
        "global": True if sign else None,
        "hessian": text,
        "provided": [] if sign and sign.strict else [f"{to_text(notation.node(scale(1 / common, hessian)))} is invertible"],
    }, checks


def _gradient_check(question: Question, notation: Notation, hessian: Tensor, constant: Tensor, point: Node) -> Check:
    """H·x against -g(0), at random points: what is 0 cannot be compared with 0."""
    moved = build.times(notation.node(hessian), point)
    against = notation.node(scale(-1, constant))
    return check_same(against, moved, question.variables, "gradient")


def _content(hessian: Tensor) -> Fraction:
    """The rational number in front of a tensor."""
    if isinstance(hessian, Product):
        return abs(Fraction(hessian.coefficient))
    if isinstance(hessian, Sum):
        weights = {
            abs(Fraction(weight) * (Fraction(term.coefficient) if isinstance(term, Product) else 1)) for weight, term in hessian.terms
        }
        return weights.pop() if len(weights) == 1 else Fraction(1)
    return Fraction(1)


def _undecided() -> Undecided:
    return Undecided(
        "with letters for sizes, or parameters without values, the critical points of quadratic functions of one vector are known only",
        hint='give sizes and the values of the parameters in "at"',
        pointer="/expression",
    )
