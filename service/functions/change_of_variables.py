"""The determinant of a Jacobian: by what factor a change of variables stretches volumes (its sign: whether it turns them round)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.answers.forms import expression_to_json
from service.answers.points import read_points
from service.answers.rational_functions import Letters, Quotient, quotient_text, reduced
from service.answers.symbolic_matrix import check_terms, minors, whole_rows
from service.answers.task import Task, read_back
from service.calculus.evaluate import value_at
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.verify import check_same
from service.certificates import Check, require
from service.errors import MathematicsRefuses
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR, describe
from service.expression.tensors import Apply, Tensor
from service.operations.leaves import variable

PARTNERS = {"sin": "cos", "sinh": "cosh"}


def jacobian_determinant(task: Task, answer: Mapping[str, Any], at: object = None) -> tuple[dict[str, Any], list[Check]]:
    """The determinant of the Jacobian that `answer` holds, and its value at the point or points of `at`.

    Raises MathematicsRefuses for a Jacobian that is not square, LimitExceeded, CheckFailed.
    """
    if "result" not in answer:
        raise MathematicsRefuses(
            "the determinant is of one Jacobian; this function has one by each variable",
            hint='name one variable, or scalars alone, in "wrt"',
            pointer="/determinant",
        )
    jacobian = read_back(answer["result"]["text"], task.parsed)
    if len(jacobian.shape) != 2 or jacobian.shape[0] != jacobian.shape[1]:
        raise MathematicsRefuses(
            f"the Jacobian is {describe(jacobian.shape)}: only a square matrix has a determinant",
            hint="as many entries of the function as variables",
            pointer="/determinant",
        )
    whole = jacobian if jacobian.shape == SCALAR else make("det", jacobian)
    node = _by_entries(task, jacobian) if jacobian.operation.name == "literal" else whole
    notation = Notation({name: variable(declared) for name, declared in task.variables.items()}, task.parsed.decimals)
    node = notation.node(lower(node)) if node is whole else node
    printed = expression_to_json(node)
    checks = require([check_same(whole, read_back(printed["text"], task.parsed), task.variables, "determinant")])
    if at is not None:
        values = [value_at(node, task.variables, point) for point in read_points(at, task.variables, task.parsed.sizes)]
        printed["value"] = values if isinstance(at, list) else values[0]
    return printed, checks


def _by_entries(task: Task, jacobian: Node) -> Node:
    """The determinant as a quotient of polynomials in the variables and in what is not rational, shortened by sin² + cos² = 1 and
    cosh² - sinh² = 1."""
    count = int(jacobian.shape[0])
    letters = Letters([lower(entry) for entry in jacobian.arguments])
    names = letters.texts(Notation({name: variable(declared) for name, declared in task.variables.items()}, task.parsed.decimals))
    quotients = letters.quotients
    rows, scales = whole_rows([quotients[i * count : (i + 1) * count] for i in range(count)])
    check_terms(rows)
    zero = letters.context.constant(0)
    top, below = minors(rows, zero).get((1 << count) - 1, zero), zero + 1
    for scale in scales:
        below = below * scale
    quotient: Quotient = reduced(with_unit_circles(top, letters), with_unit_circles(below, letters))
    return read_back(quotient_text(quotient, names), task.parsed)


def with_unit_circles(polynomial: Any, letters: Letters) -> Any:
    """The polynomial with cos² put as 1 - sin², cosh² as 1 + sinh², or the other way round, where that makes it shorter."""
    generators = letters.context.gens()
    places: dict[tuple[str, Tensor], int] = {
        (tensor.operation.name, tensor.arguments[0]): place for tensor, place in letters.places.items() if isinstance(tensor, Apply)
    }
    for (name, argument), place in places.items():
        other = places.get((PARTNERS.get(name, ""), argument))
        if other is None:
            continue
        first, second = generators[place], generators[other]
        turned = (1 - first**2, 1 - second**2) if name == "sin" else (1 + first**2, second**2 - 1)
        for gone, square in zip((other, place), turned, strict=True):
            shorter = _replaced_squares(polynomial, gone, square)
            if len(shorter) < len(polynomial):
                polynomial = shorter
    return polynomial


def _replaced_squares(polynomial: Any, place: int, square: Any) -> Any:
    """The polynomial with the square of one generator put as `square`."""
    context = polynomial.context()
    generator = context.gens()[place]
    total = context.constant(0)
    powers: dict[int, dict[tuple[int, ...], Any]] = {}
    for exponents, coefficient in polynomial.terms():
        rest = tuple(0 if i == place else int(exponent) for i, exponent in enumerate(exponents))
        powers.setdefault(int(exponents[place]), {})[rest] = coefficient
    for exponent, terms in powers.items():
        total = total + context.from_dict(terms) * square ** (exponent // 2) * generator ** (exponent % 2)
    return total
