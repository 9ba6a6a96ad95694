"""Derivatives as answers: derivative, gradient, jacobian, hessian; printed, with code, checked.

What is checked and evaluated is the printed text read back, so that an answer that does not mean what it says cannot
leave the house.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import Any

import numpy as np

from service import limits, progress
from service.answers.forms import applied, expression_to_json, form_of, terms_to_json
from service.answers.kinks import kinks_check, refuse_kinks
from service.answers.points import read_points, values_at
from service.answers.removable import removed
from service.answers.result import Result
from service.answers.steps import Telling
from service.answers.targets import scalar_components
from service.answers.task import EINSUM, KRONECKER, STRUCTURED, Task, read_back
from service.calculus import build
from service.calculus.evaluate import Point, all_sizes_at, value_at
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.structure import DUPLICATED, INDEPENDENT, is_structured, structured, structured_value
from service.calculus.substitute import substitute
from service.calculus.total import total_derivatives
from service.calculus.vectorized import vectorized
from service.calculus.verify import check_all_same, check_derivative, check_derivatives
from service.certificates import Check, require
from service.errors import MathematicsRefuses, UndefinedAtPoint
from service.expression.arena import memo
from service.expression.nodes import Node, make
from service.expression.operation import Array
from service.expression.products import transpose
from service.expression.shapes import SCALAR, axes, describe
from service.expression.shapes import substitute as substitute_sizes
from service.expression.tensors import Tensor
from service.operations.leaves import Variable, variable
from service.printing.functions import to_code
from service.printing.printers import to_text

Path = Sequence[tuple[str, ...]]
"""The names of the variables that a result is differentiated by, one order after the other."""


def derive(task: Task) -> dict[str, Any]:
    """The derivation as JSON-able data: expression, wrt, layout, result (or results by name), checks, and steps if asked for.

    Raises NotDifferentiable, CheckFailed, Undecided, LimitExceeded.
    """
    answer: dict[str, Any] = {
        "operation": task.kind,
        "expression": expression_to_json(task.parsed.node),
        "wrt": task.targets.names,
        "layout": task.layout,
    }
    if any(is_structured(declared) for declared in task.targets.variables):
        answer["structure"] = task.structure
    if task.order > 1 and task.kind != "hessian":
        answer["order"] = task.order
    notation = Notation({name: variable(declared) for name, declared in task.variables.items()}, task.parsed.decimals)
    printed: dict[str, Any] = {}
    telling = Telling(task)
    found: list[tuple[Result, Path]] = []
    for path in _paths(task):
        progress.stage("differentiate")
        result = _by_arrays(task, notation, path) if path else _side_by_side(task, notation)
        found.append((result, [(declared.name,) for declared in path] or [tuple(task.targets.names)] * task.order))
        _put(printed, [declared.name for declared in path[: 1 if task.kind != "hessian" else 2]], _result_to_json(task, result))
        if task.explain:
            telling.tell(result, path)
    alone = len(task.targets.variables) == 1 or task.targets.side_by_side
    if alone:
        progress.found("result", str(_only_leaf(printed)["text"]))
    progress.stage("check")
    answer["result" if alone else "results"] = _only_leaf(printed) if alone else printed
    checks = [*_checks(task, found), *kinks_check(task.parsed.node, task.targets.names)]
    answer["checks"] = [check.to_json() for check in require(checks)]
    if task.explain:
        answer["steps"] = telling.steps
    return answer


def _paths(task: Task) -> list[tuple[Variable, ...]]:
    """The variables to differentiate by, in order, for each result; () for scalars side by side. A Hessian has mixed blocks."""
    if task.targets.side_by_side:
        return [()]
    chosen = task.targets.variables
    if task.kind == "hessian":
        return [(first, second) for first in chosen for second in chosen]
    return [(declared,) * task.order for declared in chosen]


def _put(tree: dict[str, Any], names: Sequence[str], leaf: dict[str, Any]) -> None:
    for name in names[:-1]:
        tree = tree.setdefault(name, {})
    tree[names[-1] if names else ""] = leaf


def _only_leaf(tree: dict[str, Any]) -> dict[str, Any]:
    while "text" not in tree:
        (tree,) = tree.values()
    return tree


# --- one variable after the other -----------------------------------------------------------------------------------


def _by_arrays(task: Task, notation: Notation, path: Sequence[Variable]) -> Result:
    """The derivative by one variable after the other, scalars or arrays."""
    free = freed(path)
    tensor, orders = lower(substitute(task.parsed.node, free)), [task.parsed.node]
    freely = Notation({**notation.variables, **free}, task.parsed.decimals)
    brought: list[Variable] = []
    for place, declared in enumerate(path):
        if place:
            orders.append(notation.node(tied(tensor, freely, notation, free)))
        by = free[declared.name].parameter if declared.name in free else declared
        tensor, more = _derivative(task, tensor, by, place, brought)
        brought += [new for new in more if new not in brought]
        notation.declare(more)
        freely.declare(more)
    tensor = tied(tensor, freely, notation, free)
    node = shown = notation.node(tensor)
    chain: tuple[Node, ...] = ()
    if task.structure != INDEPENDENT and any(is_structured(declared) for declared in path):
        tensor, chain = _structured(task, notation, path)
        shown = chain[-1]
    structure = partial(_structured_value, path, task.structure)
    held = (tuple(orders), node)
    if task.form == KRONECKER:
        leading = len(axes(task.parsed.node.shape)) or (len(axes(path[0].shape)) if len(path) > 1 else 0)
        if 0 < leading < len(tensor.shape) and len(tensor.shape) > 2:
            stacked, lies = vectorized(tensor, leading), task.layout == "denominator"
            shown = notation.node(transpose(stacked) if lies else stacked)
            stack = partial(_stacked, leading, lies)
            return Result(*held, shown, lambda value: stack(structure(value)), None, tuple(brought), chain, KRONECKER)
    turned = _is_turned(task, path, tensor)
    arranged = (lambda value: np.transpose(structure(value))) if turned else structure
    laid = transpose(tensor) if turned and len(tensor.shape) == 2 else tensor
    if laid is not tensor:
        shown = notation.node(laid)
    if task.form == EINSUM:
        shown = notation.in_indices(laid)
    if turned and laid is tensor:
        shown = build.transpose(shown)
    form = form_of(task.form, shown)
    if form != STRUCTURED:
        return Result(*held, shown, arranged, None, tuple(brought), chain, form)
    along = applied(task, notation, tensor, path, brought, chain[-1] if chain else node)
    return Result(*held, shown, arranged, None, tuple(brought), chain, form, tuple(notation.terms(laid)), along)


def _derivative(task: Task, tensor: Tensor, by: Variable, place: int, brought: Sequence[Variable]) -> tuple[Tensor, list[Variable]]:
    """The derivative of what was found at this place of a path, and the variables that it brings in.

    By all variables in one sweep where the other results want those; it is kept for them.
    """
    variables = [*task.variables.values(), *brought]
    together = (not place or task.kind == "hessian") and by in task.targets.variables and not any(v.depends_on for v in variables)
    if not together:
        (found,), more = total_derivatives(tensor, [by], variables)
        return found, more
    known: dict[tuple[Tensor, Variable], Tensor] = memo().setdefault("derivatives", {})
    if (tensor, by) not in known:
        wanted = task.targets.variables
        known.update(zip([(tensor, v) for v in wanted], total_derivatives(tensor, wanted, variables)[0], strict=True))
    return known[tensor, by], []


def freed(variables: Iterable[Variable]) -> dict[str, Node]:
    """The symmetric and diagonal ones among the variables, without these properties, by name."""
    return {declared.name: variable(declared._replace(properties=frozenset())) for declared in variables if is_structured(declared)}


def tied(tensor: Tensor, freely: Notation, notation: Notation, free: Mapping[str, Node]) -> Tensor:
    """A derivative by independent entries, taken where the variables have their declared properties again.

    While it is taken they have none: with S' = S used before, the derivative by an entry would come out for its mirror too.
    """
    if not free:
        return tensor
    return lower(substitute(freely.node(tensor), {name: notation.variables[name] for name in free}))


def _structured(task: Task, notation: Notation, path: Sequence[Variable]) -> tuple[Tensor, tuple[Node, ...]]:
    """The last derivative, and the function with its derivatives, each in the convention for the variable that it is by."""
    tensor, chain, brought = lower(task.parsed.node), [task.parsed.node], list[Variable]()
    for declared in path:
        (found,), more = total_derivatives(tensor, [declared], [*task.variables.values(), *brought])
        brought += [new for new in more if new not in brought]
        tensor = structured(found, declared, task.structure)
        chain.append(notation.node(tensor))
    return tensor, tuple(chain)


def _structured_value(path: Sequence[Variable], structure: str, value: Any) -> Any:
    """The value of the derivative by independent entries, in a convention for each variable of the path."""
    last = 0
    for declared in reversed(path):
        value = structured_value(np.asarray(value), last, declared, structure)
        last += len(axes(declared.shape))
    return value


def _stacked(leading: int, lies: bool, value: Any) -> Any:
    """∂vec(f)/∂vec(X)': vec of the leading axes and of the others, the first index fastest; its transpose if it lies."""
    rows = math.prod(np.shape(value)[:leading])
    matrix = np.reshape(value, (rows, -1), order="F")
    return matrix.T if lies else matrix


def _is_turned(task: Task, path: Sequence[Variable], tensor: Tensor) -> bool:
    """Whether the layout transposes the result. A column is turned to lie down."""
    function, by = task.parsed.node.shape, path[0].shape
    if len(tensor.shape) > 2 or not tensor.shape:
        return False
    if len(tensor.shape) == 2:
        is_gradient = function == SCALAR and len(path) == 1  # by a matrix
        return task.layout == ("numerator" if is_gradient else "denominator")
    if function == SCALAR:  # a gradient stands, the one row of a Jacobian lies
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
    tensors = [lower(component) for component in scalar_components(function)]
    orders, brought = [function], list[Variable]()
    for order in range(task.order):
        if order:
            orders.append(make("literal", *[notation.node(tensor) for tensor in tensors], parameter=(len(tensors), 1)))
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
    texts = _texts(shown)
    entries = [row[0] for row in texts] if texts and stands and not turned else texts
    arranged = np.transpose if turned else np.asarray
    return Result(tuple(orders), _array(nodes), _array(shown), arranged, entries, tuple(brought), form="entries")


def _texts(rows: list[list[Node]]) -> list[list[str]] | None:
    """Each component as a text of its own, or None beyond the limit: those of a long product repeat each other's parts."""
    texts: list[list[str]] = []
    room = limits.limit("entries-characters")
    for row in rows:
        texts.append([])
        for entry in row:
            texts[-1].append(to_text(entry))
            room -= len(texts[-1][-1])
            if room < 0:
                return None
    return texts


def _array(rows: list[list[Node]]) -> Node:
    return make("literal", *[entry for row in rows for entry in row], parameter=(len(rows), len(rows[0])))


# --- checks and forms -----------------------------------------------------------------------------------------------


def _checks(task: Task, found: Sequence[tuple[Result, Path]]) -> list[Check]:
    """Each order against differences of the one before; the printed texts, read back, against the last."""
    variables = {**task.variables, **{new.name: new for result, _ in found for new in result.brought}}
    derivatives: dict[tuple[int, Node], dict[tuple[str, ...], Node]] = {}
    for result, path in found:
        chain = [*result.orders, result.node]
        for place, names in enumerate(path):
            derivatives.setdefault((place, chain[place]), {})[names] = chain[place + 1]
    checks = []
    for (place, function), by in derivatives.items():
        checks += check_derivatives(function, by, variables, "finite-differences" if not place else f"finite-differences-{place + 1}")
    for result, path in found:
        checks += _structure_checks(task, result, variables, path)
        if result.applied:
            checks.append(result.applied.check(task, variables))
    pairs = [(result.node, read_back(to_text(result.shown), task.parsed), result.arranged) for result, _ in found]
    return [*checks, check_all_same(pairs, variables, "read-back")]


def _structure_checks(task: Task, result: Result, variables: Mapping[str, Variable], path: Path) -> list[Check]:
    """Each derivative in its convention against differences along directions with the structure of the variable."""
    checks = []
    for place, names in enumerate(path if result.structured else ()):
        name = "structured-differences" if not place else f"structured-differences-{place + 1}"
        free = task.structure == DUPLICATED and is_structured(variables[names[0]])
        contracted = np.triu if free else np.asarray
        checks.append(check_derivative(result.structured[place], result.structured[place + 1], names, variables, name, contracted))
    return checks


def _result_to_json(task: Task, result: Result) -> dict[str, Any]:
    shown, entries = result.shown, result.entries
    occurring = [node.parameter for node in task.parsed.variables.values()]
    arguments = list({declared.name: declared for declared in [*occurring, *task.targets.variables, *result.brought]}.values())
    summary = f"{task.kind.capitalize()} of {to_text(task.parsed.node)} by {', '.join(task.targets.names)}"
    coded, name = shown, task.kind
    if result.applied:
        coded, name, summary = result.applied.node, f"apply_{name}", f"{summary}, times {result.applied.direction.name}"
        arguments.append(result.applied.direction)
    answer = {
        **expression_to_json(shown),
        "form": result.form,
        "entries": entries,
        "code": {dialect: to_code(coded, arguments, name, f"{summary}.", dialect) for dialect in task.code},
    }
    if entries and shown.shape == SCALAR:
        answer["shape"] = [len(entries)]
    if result.form == STRUCTURED:
        answer["terms"] = terms_to_json(result.terms)
    if result.applied:
        answer["applied"] = result.applied.to_json()
    return answer


def values(answer: Mapping[str, Any], task: Task, at: object, most: str = "", checks: list[Any] | None = None) -> Any:
    """The value of each printed result at the point or points of `at`, by name where there are several results.

    `most` names a limit on the number of entries. Where a value is the limit of a formula without one, a check is added to
    `checks`. Raises LimitExceeded; UndefinedAtPoint also where the function itself has no value, and on its kinks; Undecided
    beside a kink.
    """
    values_at(task.parsed.node, task.variables, at, task.parsed.sizes)
    points = read_points(at, task.variables, task.parsed.sizes)

    def value(tree: Mapping[str, Any], by: list[str]) -> Any:
        if "text" in tree:
            node = read_back(tree["text"], task.parsed)
            found = []
            for point in points:
                if most:
                    sizes = all_sizes_at([node], task.variables, point)
                    limits.check(most, math.prod(int(substitute_sizes(size, sizes)) for size in node.shape) * len(points))
                refuse_kinks(task.parsed.node, node, task.order, by, task.variables, point)
                found.append(_value(node, task, by, point, [] if checks is None else checks))
            return found if isinstance(at, list) else found[0]
        return {name: value(branch, [*by, name]) for name, branch in tree.items()}

    return value(answer["result"], task.targets.names) if "result" in answer else value(answer["results"], [])


def _value(node: Node, task: Task, by: list[str], point: Point, checks: list[Any]) -> Array:
    """The value of a printed result at a point, or its limit there."""
    try:
        return value_at(node, task.variables, point)
    except UndefinedAtPoint:
        orders = [task.parsed.node, *[_of_order(order, task, by) for order in range(1, task.order)], node]
        found = removed(orders, by, task.variables, point)
        if found is None:
            raise
        checks.append(found[1].to_json())
        return found[0]


def _of_order(order: int, task: Task, by: list[str]) -> Node:
    """The derivative of a lower order, on the way to the one by the variables called `by`."""
    answer = derive(replace(task, kind="derivative", order=order, explain=""))
    tree = answer["result"] if "result" in answer else reduce(operator.getitem, by[:order], answer["results"])
    return read_back(tree["text"], task.parsed)


def steepest_ascent(gradient: Any) -> dict[str, Any] | None:
    """The direction of fastest increase and its rate, ∇f/‖∇f‖ and ‖∇f‖; None where the gradient is zero."""
    rate = float(np.linalg.norm(gradient))
    return {"direction": gradient / rate, "rate": rate} if rate else None
