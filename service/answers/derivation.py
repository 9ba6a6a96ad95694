"""Derivatives as answers: derivative, gradient, jacobian, hessian; printed, with code, checked.

What is checked and evaluated is the printed text read back, so that an answer that does not mean what it says cannot
leave the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service import limits
from service.answers.points import values_at
from service.answers.targets import Targets, read_targets
from service.calculus import build
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.calculus.verify import check_derivative, check_same
from service.certificates import Check, require
from service.errors import InputError, MathematicsRefuses
from service.expression.nodes import Node, in_order, make
from service.expression.products import transpose
from service.expression.shapes import SCALAR, Shape, axes, describe, public
from service.expression.tensors import Tensor
from service.language import Declarations, Parsed, declare, parse
from service.operations.leaves import Variable, variable
from service.printing.numpy_code import to_numpy
from service.printing.printers import to_latex, to_text

LAYOUTS = ("mixed", "numerator", "denominator")
HIGHEST_ORDER = 8


@dataclass(frozen=True)
class Task:
    """What is asked: `kind` is derivative, gradient, jacobian or hessian."""

    kind: str
    parsed: Parsed
    targets: Targets
    order: int
    layout: str

    @property
    def variables(self) -> dict[str, Variable]:
        """Everything with a name: what the expression holds, what was declared, what is differentiated by."""
        return {**all_variables(self.parsed), **{variable.name: variable for variable in self.targets.variables}}


@dataclass(frozen=True)
class Result:
    """One derivative. `node` has the axes of the function, then those of the variables; `shown` is it in the layout asked
    for; `previous` is what it is the derivative of; `brought` are the derivatives of variables that depend on others."""

    previous: Node
    node: Node
    shown: Node
    entries: list[Any] | None = None
    brought: tuple[Variable, ...] = ()


def read_task(kind: str, request: Mapping[str, Any]) -> Task:
    """The request's expression, variables, wrt, order and layout; raises what the language and the shapes raise."""
    declarations = declare(request.get("variables"))
    parsed = parse(request["expression"], declarations)
    targets = read_targets(request.get("wrt"), list(parsed.variables), all_variables(parsed))
    order = 2 if kind == "hessian" else request.get("order", 1)
    if not 1 <= order <= HIGHEST_ORDER:
        raise InputError(f"the order of a derivative is a whole number from 1 to {HIGHEST_ORDER}", pointer="/order")
    task = Task(kind, parsed, targets, order, request.get("layout", "mixed"))
    _refuse_wrong_kind(task)
    return task


def all_variables(parsed: Parsed) -> dict[str, Variable]:
    """The variables that occur, in order of appearance, then those that are only declared."""
    return {**{name: node.parameter for name, node in parsed.variables.items()}, **parsed.declared}


def _refuse_wrong_kind(task: Task) -> None:
    shape = task.parsed.node.shape
    if task.kind in ("gradient", "hessian") and shape != SCALAR:
        raise MathematicsRefuses(
            f"a {task.kind} is of a scalar function; this one is {describe(shape)}",
            hint="use jacobian for a vector or matrix function"
            if task.kind == "gradient"
            else "use derivative with order 2, or the hessian of each entry",
            pointer="/expression",
        )


def derive(task: Task) -> dict[str, Any]:
    """The derivation as JSON-able data: expression, wrt, layout, result (or results by name), checks.

    Raises NotDifferentiable, CheckFailed, Undecided, LimitExceeded.
    """
    answer: dict[str, Any] = {
        "operation": task.kind,
        "expression": expression_to_json(task.parsed.node),
        "wrt": task.targets.names,
        "layout": task.layout,
    }
    if task.order > 1 and task.kind != "hessian":
        answer["order"] = task.order
    notation = Notation({name: variable(declared) for name, declared in task.variables.items()}, task.parsed.decimals)
    if task.targets.side_by_side:
        results = {"": _side_by_side(task, notation)}
    else:
        results = {declared.name: _by_one(task, notation, declared) for declared in task.targets.variables}
    checks: list[Check] = []
    for name, result in results.items():
        checks += _checks(task, result, [name] if name else task.targets.names)
    printed = {name: _result_to_json(task, result) for name, result in results.items()}
    if len(printed) == 1:
        answer["result"] = next(iter(printed.values()))
    else:
        answer["results"] = printed
    answer["checks"] = [check.to_json() for check in require(checks)]
    return answer


def expression_to_json(node: Node) -> dict[str, Any]:
    return {"text": to_text(node), "latex": to_latex(node), "shape": public(node.shape)}


# --- one variable ---------------------------------------------------------------------------------------------------


def _by_one(task: Task, notation: Notation, declared: Variable) -> Result:
    """The derivative by one variable, scalar or array, `order` times."""
    tensor, previous = lower(task.parsed.node), task.parsed.node
    brought: list[Variable] = []
    for order in range(task.order):
        if order:
            previous = notation.node(tensor)
        (tensor,), more = total_derivatives(tensor, [declared], [*task.variables.values(), *brought])
        brought += [new for new in more if new not in brought]
        notation.declare(more)
    node = notation.node(tensor)
    return Result(previous, node, _laid_out(task, tensor, node, notation), None, tuple(brought))


def _laid_out(task: Task, tensor: Tensor, node: Node, notation: Notation) -> Node:
    """The node in the layout asked for: which axes are rows."""
    function, by = task.parsed.node.shape, task.targets.variables[0].shape
    if len(tensor.shape) > 2:
        return node
    if len(tensor.shape) == 2:
        gradient_by_matrix = function == SCALAR and task.order == 1
        flipped = task.layout == ("numerator" if gradient_by_matrix else "denominator")
        return notation.node(transpose(tensor)) if flipped else node
    if len(tensor.shape) == 1:
        row = _is_row(task, function, by)
        return build.transpose(node) if row else node
    return node


def _is_row(task: Task, function: Shape, by: Shape) -> bool:
    """Whether a result with one axis lies down."""
    if function == SCALAR:  # a gradient stands, a Jacobian of one row lies
        if task.kind == "jacobian":
            return task.layout != "denominator"
        return task.layout == "numerator" or (by[0] == 1 and task.layout == "mixed")
    return (function[0] == 1) != (task.layout == "denominator")


# --- scalars side by side -------------------------------------------------------------------------------------------


def _side_by_side(task: Task, notation: Notation) -> Result:
    """The derivatives by several scalars as the entries of one array."""
    by = list(task.targets.variables)
    function = task.parsed.node
    if task.order > 1 and (task.order > 2 or function.shape != SCALAR):
        raise MathematicsRefuses(
            f"the derivatives of order {task.order} of {describe(function.shape)} by several scalars are no matrix",
            hint='differentiate by one name at a time ("wrt": "x"), or one entry at a time',
            pointer="/wrt",
        )
    tensors = [lower(component) for component in _components(function)]
    previous, brought = function, list[Variable]()
    for order in range(task.order):
        if order:
            previous = make("literal", *[notation.node(tensor) for tensor in tensors], parameter=(len(tensors), 1))
        rows = []
        for tensor in tensors:
            row, more = total_derivatives(tensor, by, [*task.variables.values(), *brought])
            brought += [new for new in more if new not in brought]
            rows.append(row)
        tensors = [tensor for row in rows for tensor in row]
    notation.declare(brought)
    nodes = [[notation.node(tensor) for tensor in row] for row in rows]
    stands = len(rows) == 1 and task.kind != "jacobian"  # a gradient is a column, a Jacobian of one row is a row
    if stands:
        nodes = [list(column) for column in zip(*nodes, strict=True)]
    turned = task.layout == ("numerator" if stands else "denominator")
    shown = [list(column) for column in zip(*nodes, strict=True)] if turned else nodes
    texts = [[to_text(entry) for entry in row] for row in shown]
    return Result(previous, _array(nodes), _array(shown), [row[0] for row in texts] if stands and shown is nodes else texts, tuple(brought))


def _array(rows: list[list[Node]]) -> Node:
    return make("literal", *[entry for row in rows for entry in row], parameter=(len(rows), len(rows[0])))


def _components(function: Node) -> list[Node]:
    """The scalar components of a function: of a list its entries, of a vector of known size x[1], x[2], ..."""
    if function.shape == SCALAR:
        return [function]
    if function.operation.name == "literal" and function.shape[1] == 1:
        return list(function.arguments)
    lengths = axes(function.shape)
    if len(lengths) == 1 and isinstance(lengths[0], int):
        limits.check("variables", lengths[0])
        return [make("index", function, parameter=(place,)) for place in range(lengths[0])]
    raise MathematicsRefuses(
        f"the function is {describe(function.shape)}: its derivatives by several scalars are no matrix",
        hint='differentiate by one name at a time ("wrt": "x")',
        pointer="/wrt",
    )


# --- checks and forms -----------------------------------------------------------------------------------------------


def _checks(task: Task, result: Result, names: Sequence[str]) -> list[Check]:
    """The derivative against differences of what it is the derivative of; the printed text, read back, against the derivative."""
    variables = {**task.variables, **{new.name: new for new in result.brought}}
    name = "finite-differences" if task.order == 1 else "finite-differences-of-the-previous-order"
    checks = [check_derivative(result.previous, result.node, names, variables, name)]
    if len(result.shown.shape) == 2:
        checks.append(check_same(result.shown, read_back(to_text(result.shown), task.parsed), variables, "read-back"))
    return checks


def read_back(text: str, parsed: Parsed) -> Node:
    """The node of a printed answer, read as a client's expression would be."""
    return parse(text, Declarations(parsed.declared, parsed.sizes)).node


def _result_to_json(task: Task, result: Result) -> dict[str, Any]:
    shown, entries = result.shown, result.entries
    held = {node.parameter.name for node in in_order([shown]) if isinstance(node.parameter, Variable)}
    arguments = [declared for declared in [*task.variables.values(), *result.brought] if declared.name in held]
    summary = f"{task.kind.capitalize()} of {to_text(task.parsed.node)} by {', '.join(task.targets.names)}."
    return {
        "text": to_text(shown),
        "latex": to_latex(shown),
        "shape": [len(entries)] if entries and shown.shape == SCALAR else public(shown.shape),
        "form": "entries" if entries is not None else "einsum" if len(shown.shape) > 2 else "matrix",
        "entries": entries,
        "code": {"numpy": to_numpy(shown, arguments, task.kind, summary)},
    }


def values(answer: Mapping[str, Any], task: Task, at: object) -> Any:
    """The value of each printed result at the point or points of `at`, by name where there are several results.

    Raises UndefinedAtPoint also where the function itself has no value.
    """
    values_at(task.parsed.node, task.variables, at)
    if "result" in answer:
        return values_at(read_back(answer["result"]["text"], task.parsed), task.variables, at)
    return {name: values_at(read_back(result["text"], task.parsed), task.variables, at) for name, result in answer["results"].items()}


def steepest_ascent(gradient: Any) -> dict[str, Any] | None:
    """The direction of fastest increase and its rate, ∇f/‖∇f‖ and ‖∇f‖; None where the gradient is zero."""
    rate = float(np.linalg.norm(gradient))
    return {"direction": gradient / rate, "rate": rate} if rate else None
