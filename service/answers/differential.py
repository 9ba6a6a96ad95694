"""The differential of a function, as an answer: df in the differentials dx, dA of its variables.

What is checked is the printed text read back, along random directions: f(X + t·dX) against its differences by t.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from service.answers.derivation import derive
from service.answers.equivalence import compare
from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.answers.task import all_variables, declaration, read_dialects, read_function, read_task
from service.calculus import build
from service.calculus.differentiate import derivatives
from service.calculus.forward import differential_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.calculus.total import derivative_variable
from service.calculus.verify import check_derivative
from service.certificates import Check, decided, require
from service.errors import InvalidDeclaration
from service.expression.algebra import hadamard
from service.expression.nodes import Node, in_order, make
from service.expression.operation import is_function, operation
from service.expression.products import product
from service.expression.shapes import SCALAR, public
from service.expression.sums import add
from service.expression.tensors import Tensor
from service.language import Declarations, Parsed, parse
from service.operations.leaves import Variable, tensor_of, variable
from service.printing.functions import to_code
from service.printing.printers import to_latex, to_text

LITERAL, TRACE = operation("literal"), operation("tr")
STEP = Variable("t along the direction")
"""No name of the language: it never meets a client's variable, and is never printed."""


@dataclass(frozen=True)
class _Task:
    """`differentials` are the variables dx by x."""

    parsed: Parsed
    variables: Mapping[str, Variable]
    differentials: Mapping[str, Variable]
    code: tuple[str, ...]

    def known(self) -> dict[str, Variable]:
        """Everything with a name."""
        return {**self.variables, **{declared.name: declared for declared in self.differentials.values()}}


def differential(request: Mapping[str, Any]) -> dict[str, Any]:
    """df by the variables of `wrt` together, and for a scalar function the gradient by each, read off df = tr(G'·dX).

    Raises NotDifferentiable, InvalidDeclaration (a name such as dA is taken), CheckFailed, Undecided and what the language
    raises.
    """
    task = _read(request)
    notation = Notation({name: variable(declared) for name, declared in task.known().items()}, task.parsed.decimals)
    notation.declare(rate for _, _, rate in _rates(task.variables.values(), task.differentials))
    root = lower(task.parsed.node)
    moves, tensor = _forward(task, root)
    node = notation.node(tensor)
    if task.parsed.node.shape[0] == 1 and task.parsed.node.shape[1] != 1:
        node = build.transpose(node)
    node = _differentials_last(node, {declared.name for declared in task.differentials.values()})
    read = parse(to_text(node), Declarations({**task.parsed.declared, **task.known()}, task.parsed.sizes)).node
    checks = [_check_along_directions(task, notation, moves, read), *kinks_check(task.parsed.node, list(task.differentials))]
    answer: dict[str, Any] = {
        "operation": "differential",
        "expression": expression_to_json(task.parsed.node),
        "wrt": list(task.differentials),
        "result": _result_to_json(task, node),
        "introduced": {declared.name: declaration(declared) for declared in task.differentials.values()},
    }
    if task.parsed.node.shape == SCALAR and set(moves) == set(task.differentials):
        answer["gradients"], check = _gradients(task, notation, root, tensor)
        checks.append(check)
    answer["checks"] = [check.to_json() for check in require(checks)]
    if request.get("steps"):
        asked = {name: request[name] for name in ("expression", "variables", "wrt") if name in request}
        told = derive(read_task("derivative", {**asked, "steps": True, "explain": "differential"}))
        answer["steps"] = told["steps"]
    return answer


def _read(request: Mapping[str, Any]) -> _Task:
    parsed, targets = read_function(request)
    variables = all_variables(parsed)
    variables = {**variables, **{declared.name: declared for declared in targets.variables}}
    differentials = {declared.name: _differential_of(declared, variables) for declared in targets.variables}
    return _Task(parsed, variables, differentials, read_dialects(request))


def _moves(task: _Task, differentials: Mapping[str, Variable]) -> dict[str, Tensor]:
    """What each moving variable changes by: dx, and for an A that depends on x, dA_dx*dx."""
    moves = {name: tensor_of(declared) for name, declared in differentials.items()}
    for of, by, rate in _rates(task.variables.values(), differentials):
        moved = hadamard(tensor_of(rate), tensor_of(differentials[by]))
        moves[of] = add([(1, moves[of]), (1, moved)], moved.shape) if of in moves else moved
    return moves


def _forward(task: _Task, root: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """What moves, and df. Scalar factors are written in order of age, and the differential last: all else is made before it."""
    placeholders = {name: declared._replace(name=f"{name} moved") for name, declared in task.differentials.items()}
    for differentials in (placeholders, task.differentials):
        moves = _moves(task, differentials)
        tensor = differential_of(root, {tensor_of(task.variables[name]): move for name, move in moves.items()})
    return moves, tensor


def _differential_of(declared: Variable, variables: Mapping[str, Variable]) -> Variable:
    """dA of A: of its shape, and symmetric or diagonal where that is."""
    name = f"d{declared.name}"
    if is_function(name):  # det, diag, digamma
        name = f"d_{declared.name}"
    if name in variables:
        raise InvalidDeclaration(
            f"{name} would be the differential of {declared.name}, and is a variable of the request",
            hint=f"give {name} another name",
            pointer=f"/variables/{name}",
        )
    return Variable(name, declared.shape, declared.properties & {"symmetric", "diagonal"}, differential_of=declared.name)


class _Rate(NamedTuple):
    """`rate` stands for the derivative of the variable `of` by the scalar `by`: dA_dx."""

    of: str
    by: str
    rate: Variable


def _rates(variables: Iterable[Variable], names: Collection[str]) -> list[_Rate]:
    """The derivatives of what depends on the variables named."""
    return [
        _Rate(declared.name, name, derivative_variable(declared, name))
        for declared in variables
        for name in declared.depends_on
        if name in names and declared.name not in names
    ]


def _result_to_json(task: _Task, node: Node) -> dict[str, Any]:
    arguments = [held.parameter for held in task.parsed.variables.values()]
    rates = [rate for _, _, rate in _rates(arguments, task.differentials)]
    names = ", ".join(task.differentials)
    summary = f"Differential of {to_text(task.parsed.node)} by {names}."
    every = {declared.name: declared for declared in [*arguments, *task.differentials.values(), *rates]}
    entries = [to_text(entry) for entry in node.arguments] if _is_list(node) else None
    return {
        "text": to_text(node),
        "latex": to_latex(node),
        "shape": public(node.shape),
        "form": "entries" if entries else "matrix" if len(node.shape) == 2 else "einsum",
        "entries": entries,
        "code": {dialect: to_code(node, list(every.values()), "differential", summary, dialect) for dialect in task.code},
    }


def _differentials_last(root: Node, names: Collection[str]) -> Node:
    """The expression with dx behind what it commutes with, as one writes it: cos(x)*dx, exp(x).*dx, tr(inv(A)*dA)."""

    def is_differential(node: Node) -> bool:
        return isinstance(node.parameter, Variable) and node.parameter.name in names

    rebuilt: dict[Node, Node] = {}
    for node in in_order([root]):
        arguments = [rebuilt[argument] for argument in node.arguments]
        scalars = node.operation is build.TIMES and all(argument.shape == SCALAR for argument in arguments)
        if scalars or node.operation is build.HADAMARD:
            arguments.sort(key=is_differential)
        elif node.operation is TRACE and arguments[0].operation is build.TIMES:
            factors = arguments[0].arguments
            place = next((place for place, factor in enumerate(factors) if is_differential(factor)), None)
            if place is not None and SCALAR not in [factor.shape for factor in factors]:
                arguments = [make("times", *factors[place + 1 :], *factors[: place + 1])]
        rebuilt[node] = make(node.operation.name, *arguments, parameter=node.parameter)
    return rebuilt[root]


def _is_list(node: Node) -> bool:
    return node.operation is LITERAL and node.shape[1] == 1


# --- proof ----------------------------------------------------------------------------------------------------------


def _check_along_directions(task: _Task, notation: Notation, moves: Mapping[str, Tensor], read: Node) -> Check:
    """φ(t) = f(X + t·dX) has the derivative df at X + t·dX: the printed df against differences of the function's value."""
    step = variable(STEP)
    moved: dict[str, Node] = {}
    for name, move in moves.items():
        here = variable(task.variables[name])
        change = notation.node(move)
        moved[name] = build.add([here, build.times(step, build.transpose(change) if change.shape != here.shape else change)])
    rates = {rate.name: rate for _, _, rate in _rates(task.variables.values(), task.differentials)}
    variables = {**task.known(), STEP.name: STEP, **rates}
    return check_derivative(
        substitute(task.parsed.node, moved), substitute(read, moved), [STEP.name], variables, "differences-along-random-directions"
    )


def _gradients(task: _Task, notation: Notation, root: Tensor, tensor: Tensor) -> tuple[dict[str, Any], Check]:
    """G by each variable, and whether Σ tr(G'·dX) is df."""
    by = [task.variables[name] for name in task.differentials]
    found = derivatives(root, [tensor_of(declared) for declared in by])
    terms = []
    answer = {}
    for gradient, declared in zip(found, by, strict=True):
        labels = tuple(range(len(gradient.shape)))
        terms.append((1, product(1, [(gradient, labels), (tensor_of(task.differentials[declared.name]), labels)])))
        node = notation.node(gradient)
        answer[declared.name] = expression_to_json(build.transpose(node) if node.shape != declared.shape else node)
    total = add(terms, ())
    if total is tensor:
        check = decided("gradients-read-off", True, "df is the sum of tr(G'*dX): both have the same normal form")
    else:
        verdict = compare(notation.node(total), notation.node(tensor))
        check = decided("gradients-read-off", verdict.equivalent, f"df is the sum of tr(G'*dX): {verdict.detail}")
    return answer, check
