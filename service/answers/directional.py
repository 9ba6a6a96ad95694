"""Products with derivatives that are never formed: J·d (jvp), J'·u (vjp) and H·d (hvp).

The direction is a variable of its own, and the product is derived along it: a matrix never meets a matrix where a vector
would do, so that the Hessian of a logistic loss times d reads X'*(w.*(X*dx)) and costs two products with X.
(Pearlmutter, Neural Computation 6, 1994, for H·d.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.answers.derivation import freed, tied
from service.answers.differential import STEP
from service.answers.forms import expression_to_json
from service.answers.kinks import refuse_kinks
from service.answers.points import check_properties, read_array, read_points
from service.answers.task import Task, declaration, direction_of, read_back
from service.calculus import build
from service.calculus.evaluate import Point, value_at
from service.calculus.forward import differential_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.structure import DUPLICATED, is_structured, structured
from service.calculus.substitute import substitute
from service.calculus.total import derivative_variable, total_derivatives
from service.calculus.verify import check_derivative
from service.certificates import Check, require
from service.errors import InputError, MathematicsRefuses, NablaError
from service.expression.algebra import hadamard, total
from service.expression.nodes import Node, make
from service.expression.operation import Array
from service.expression.shapes import SCALAR, describe
from service.expression.sums import add
from service.expression.tensors import Tensor
from service.operations.leaves import Variable, tensor_of, variable
from service.printing.functions import to_code
from service.printing.printers import to_text

KINDS = ("jvp", "vjp", "hvp")
WEIGHTS = ""
"""Stands for the name of the variable that the weights u of J'·u belong to: they have the shape of the function."""


@dataclass(frozen=True)
class Asked:
    """A product as it was asked for. `directions` are the new variables that stand for the vectors multiplied with, by the
    names of the variables that they are directions of (WEIGHTS for a vjp), and `arrays` their values."""

    kind: str
    directions: Mapping[str, Variable]
    arrays: Mapping[str, Array]

    def pointer(self, name: str) -> str:
        return f"/product/{self.kind}/{name}" if name else f"/product/{self.kind}"


def read_product(task: Task, product: object) -> Asked:
    """The field "product": {"jvp": {"x": [...]}}, {"vjp": [...]} or {"hvp": {"x": [...]}}.

    Raises InputError, MatrixFormatError, MathematicsRefuses (the Hessian of a vector function; a direction without the
    properties of its variable), with pointers.
    """
    if not isinstance(product, Mapping) or len(product) != 1 or next(iter(product)) not in KINDS:
        raise InputError(
            "a product is one of jvp (J*d), vjp (J'*u) and hvp (H*d)", hint='{"hvp": {"x": [1, 0]}} or {"vjp": [1, 2]}', pointer="/product"
        )
    ((kind, value),) = product.items()
    if kind == "hvp" and task.parsed.node.shape != SCALAR:
        raise MathematicsRefuses(
            f"hvp is about the Hessian of a scalar function; this one is {describe(task.parsed.node.shape)}",
            hint="jvp and vjp are for its Jacobian",
            pointer="/product/hvp",
        )
    if kind == "vjp":
        given, of = {WEIGHTS: value}, {WEIGHTS: Variable("u", task.parsed.node.shape)}
    else:
        if not isinstance(value, Mapping) or not value:
            raise InputError(f"{kind} maps variables to directions", hint='{"x": [1, 0]}', pointer=f"/product/{kind}")
        given, of = dict(value), {declared.name: declared for declared in task.targets.variables}
        for name in given:
            if name not in of:
                raise InputError(
                    f"{name} is not among the variables that are differentiated by",
                    hint=f"they are {', '.join(of)}",
                    pointer=f"/product/{kind}/{name}",
                )
    taken = {*task.variables, *task.parsed.sizes}
    directions = {name: direction_of(name, of[name], taken) for name in given}
    arrays = {}
    for name, array in given.items():
        pointer = f"/product/{kind}/{name}" if name else f"/product/{kind}"
        try:
            arrays[name] = read_array(array)
        except NablaError as error:
            raise error.at(pointer) from None
        check_properties(directions[name], arrays[name], pointer)
    return Asked(kind, directions, arrays)


# --- deriving -------------------------------------------------------------------------------------------------------


def derive_product(task: Task, asked: Asked) -> dict[str, Any]:
    """The product as JSON-able data: kind, result (or results by name), what was introduced, checks. Not the values.

    Raises NotDifferentiable, CheckFailed, Undecided, LimitExceeded.
    """
    work = Products(task, asked.directions)
    parts = {"jvp": work.jvp, "vjp": work.vjp, "hvp": work.hvp}[asked.kind]()
    nodes, checks = {name: part[0] for name, part in parts.items()}, [part[1] for part in parts.values()]
    if task.targets.side_by_side and asked.kind != "jvp":
        nodes = {"": make("literal", *nodes.values(), parameter=(len(nodes), 1))}
    printed = {name: work.to_json(node, asked.kind) for name, node in nodes.items()}
    alone = len(printed) == 1
    return {
        "kind": asked.kind,
        "result" if alone else "results": next(iter(printed.values())) if alone else printed,
        "introduced": {declared.name: declaration(declared) for declared in asked.directions.values()},
        "checks": [check.to_json() for check in require(checks)],
    }


class Products:
    """`known` are all variables, `notation` writes them."""

    def __init__(self, task: Task, directions: Mapping[str, Variable]) -> None:
        self.task = task
        self.directions = directions
        self.free = freed(task.targets.variables)
        self.root = lower(substitute(task.parsed.node, self.free))
        self.known = {**task.variables, **{declared.name: declared for declared in directions.values()}}
        self.notation = Notation({name: variable(declared) for name, declared in self.known.items()}, task.parsed.decimals)
        self.freely = Notation({**self.notation.variables, **self.free}, task.parsed.decimals)

    def jvp(self) -> dict[str, tuple[Node, Check]]:
        moves = self._moves(self.task.variables.values())
        node = self._node(self._along(self.root, moves), self.task.parsed.node)
        return {"": (node, self._check_along(self.task.parsed.node, node, moves, "jvp"))}

    def hvp(self) -> dict[str, tuple[Node, Check]]:
        parts = {}
        for declared in self.task.targets.variables:
            (found,), brought = total_derivatives(self.root, [self._free(declared.name)], self.task.variables.values())
            self._declare(brought)
            gradient = structured(found, declared, self.task.structure)
            moves = self._moves([*self.task.variables.values(), *brought])
            node = self._node(self._along(gradient, moves), variable(declared))
            parts[declared.name] = node, self._check_along(self._node(gradient, variable(declared)), node, moves, f"hvp-{declared.name}")
        return parts

    def vjp(self) -> dict[str, tuple[Node, Check]]:
        """The gradient of u·f with u constant."""
        weights = self.directions[WEIGHTS]
        u, f = variable(weights), self.task.parsed.node
        weighted = make("times", u, f) if f.shape == SCALAR else make("sum", make("hadamard", u, f))
        by = [self._free(declared.name) for declared in self.task.targets.variables]
        found, brought = total_derivatives(total(hadamard(tensor_of(weights), self.root)), by, self.task.variables.values())
        self._declare(brought)
        parts = {}
        for declared, gradient in zip(self.task.targets.variables, found, strict=True):
            node = self._node(structured(gradient, declared, self.task.structure), variable(declared))
            contracted = np.triu if self.task.structure == DUPLICATED and is_structured(declared) else np.asarray
            check = check_derivative(weighted, node, [declared.name], self.known, f"vjp-{declared.name}", contracted)
            parts[declared.name] = node, check
        return parts

    def _free(self, name: str) -> Variable:
        """The variable as it is differentiated by: without its structure (derivation.tied tells why)."""
        found: Variable = self.free[name].parameter if name in self.free else self.known[name]
        return found

    def _along(self, tensor: Tensor, moves: Mapping[str, Tensor]) -> Tensor:
        return differential_of(tensor, {tensor_of(self._free(name)): move for name, move in moves.items()})

    def _moves(self, variables: Iterable[Variable]) -> dict[str, Tensor]:
        """What each moving variable changes by: dx, and for an A that depends on x, dA_dx*dx."""
        moves = {name: tensor_of(direction) for name, direction in self.directions.items()}
        for declared in variables:
            for by in declared.depends_on:
                if by in self.directions:
                    rate = derivative_variable(declared, by)
                    self._declare([rate])
                    moved = hadamard(tensor_of(rate), tensor_of(self.directions[by]))
                    moves[declared.name] = add([(1, moves[declared.name]), (1, moved)], moved.shape) if declared.name in moves else moved
        return moves

    def _declare(self, brought: Sequence[Variable]) -> None:
        self.known.update({declared.name: declared for declared in brought})
        self.notation.declare(brought)
        self.freely.declare(brought)

    def _node(self, tensor: Tensor, pattern: Node) -> Node:
        """The node of a derivative."""
        return self._like(tied(tensor, self.freely, self.notation, self.free), pattern)

    def _like(self, tensor: Tensor, pattern: Node) -> Node:
        """The node of a tensor, lying down where the pattern does."""
        node = self.notation.node(tensor)
        return build.transpose(node) if pattern.shape[0] == 1 and pattern.shape[1] != 1 else node

    def _check_along(self, function: Node, product: Node, moves: Mapping[str, Tensor], name: str) -> Check:
        """φ(t) = F(x + t·dx) has the derivative F'·dx at x + t·dx: the product read back against differences of F."""
        read = read_back(to_text(product), self.task.parsed, self.known)
        step = variable(STEP)
        moved = {
            name: build.add([variable(self.known[name]), build.times(step, self._like(move, variable(self.known[name])))])
            for name, move in moves.items()
        }
        return check_derivative(substitute(function, moved), substitute(read, moved), [STEP.name], {**self.known, STEP.name: STEP}, name)

    def to_json(self, node: Node, kind: str) -> dict[str, Any]:
        held = [each.parameter for each in self.task.parsed.variables.values()]
        brought = [declared for name, declared in self.known.items() if name not in self.task.variables]
        arguments = list({declared.name: declared for declared in [*held, *self.task.targets.variables, *brought]}.values())
        code = to_code(node, arguments, kind, f"{kind} of {to_text(self.task.parsed.node)}.")
        return {**expression_to_json(node), "code": {"numpy": code}}


# --- values ---------------------------------------------------------------------------------------------------------


def product_values(found: Mapping[str, Any], task: Task, asked: Asked, at: object) -> Any:
    """The value of the product at the point or points of `at`, by name where there are several results.

    Raises UndefinedAtPoint, also on a kink, ShapeMismatch.
    """
    directions = {declared.name: asked.arrays[name] for name, declared in asked.directions.items()}
    known = {**task.variables, **{declared.name: declared for declared in asked.directions.values()}}
    points = [{**point, **directions} for point in read_points(at, task.variables, task.parsed.sizes)]

    def value(printed: Mapping[str, Any]) -> Any:
        node = read_back(printed["text"], task.parsed, known)
        values = []
        for point in points:
            try:
                values.append(_value_at(node, task, asked, known, point))
            except NablaError as error:
                raise _relocated(error, asked) from None
        return values if isinstance(at, list) else values[0]

    return value(found["result"]) if "result" in found else {name: value(printed) for name, printed in found["results"].items()}


def _value_at(node: Node, task: Task, asked: Asked, known: Mapping[str, Variable], point: Point) -> Any:
    value_at(task.parsed.node, known, point)  # where the function has no value, it has no derivative
    by = list(asked.directions) if asked.kind == "jvp" else task.targets.names
    refuse_kinks(task.parsed.node, node, 2 if asked.kind == "hvp" else 1, by, known, point)
    return np.asarray(value_at(node, known, point))


def _relocated(error: NablaError, asked: Asked) -> NablaError:
    """Where a direction does not fit, the place is in "product", not in "at"."""
    for name, declared in asked.directions.items():
        if error.pointer == f"/at/{declared.name}":
            error.pointer = asked.pointer(name)
    return error
