"""The chain rule for named inner and outer functions: the sum over the paths from what is differentiated by to the outer function.

The derivative itself is taken of the composed function; the paths tell how it comes about, and must add up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.answers.chain_steps import chain_steps
from service.answers.composition import Composition, read_composition
from service.answers.derivation import derive, values
from service.answers.equivalence import compare
from service.answers.forms import expression_to_json
from service.answers.points import spread
from service.answers.targets import Targets, read_targets
from service.answers.task import Task, read_back
from service.calculus.differentiate import derivatives
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.calculus.verify import check_same
from service.certificates import Check, decided, require
from service.errors import InputError, Undecided
from service.expression.nodes import Node, make
from service.expression.operation import operation
from service.expression.products import product
from service.expression.shapes import SCALAR, axes
from service.expression.tensors import Tensor
from service.language import Parsed
from service.operations.leaves import Variable, tensor_of, variable

LITERAL = operation("literal")
PRINTED = ("text", "latex", "shape")


@dataclass(frozen=True)
class _Chain:
    composition: Composition
    targets: Targets
    notation: Notation


def chain_rule(request: Mapping[str, Any]) -> dict[str, Any]:
    """The derivative of outer(inner(...)) by `wrt`, path by path through the inner functions that depend on it.

    Raises InputError (inner functions that go round in a circle), NotDifferentiable, CheckFailed, Undecided and what the
    language raises.
    """
    chain = _read(request)
    composition = chain.composition
    task = _task(chain, composition.composed(composition.outer.node))
    found = derive(task)
    through = [name for name in composition.inner if composition.depends(name, chain.targets.names)]
    products = {name: _product(chain, name) for name in through}
    direct = _direct(chain)
    check = _adds_up(chain, [*products.values(), *([direct] if direct else [])], read_back(found["result"]["text"], task.parsed), task)
    answer: dict[str, Any] = {
        "operation": "chain-rule",
        "inner": {name: expression_to_json(parsed.node) for name, parsed in composition.inner.items()},
        "outer": expression_to_json(composition.outer.node),
        "expression": found["expression"],
        "wrt": chain.targets.names,
        "result": found["result"],
        "paths": [_path_to_json(chain, name, products[name]) for name in through],
    }
    if direct is not None:
        answer["direct"] = expression_to_json(direct)
    jacobians = _jacobians(chain, through)
    if jacobians:
        answer["jacobians"] = jacobians
    if "at" in request:
        answer["value"] = values(found, task, spread(request["at"], task.variables))
        answer["at"] = request["at"]
    answer["checks"] = [*found["checks"], *[check.to_json() for check in require([check])]]
    if request.get("steps"):
        told = chain_steps(composition, chain.targets, task, read_back(found["result"]["text"], task.parsed))
        answer["steps"] = derive(replace(task, explain="rules"))["steps"] if told is None else told
    return answer


def _read(request: Mapping[str, Any]) -> _Chain:
    composition = read_composition(request)
    occurring = composition.base_names()
    wrt = request.get("wrt")
    for place, name in enumerate([wrt] if isinstance(wrt, str) else wrt or []):
        if name in composition.inner:
            raise InputError(
                f"{name} is an inner function: the derivative is by what it is a function of",
                hint=f"by {name} itself it is the derivative of outer alone; by its variables: {', '.join(occurring) or 'none'}",
                pointer="/wrt" if isinstance(wrt, str) else f"/wrt/{place}",
            )
    targets = read_targets(wrt, occurring, composition.base)
    if len(targets.variables) > 1 and not targets.side_by_side:
        raise InputError("the chain rule is told by one array, or by several scalars side by side", hint='"wrt": "x"', pointer="/wrt")
    declared = {**composition.base, **{target.name: target for target in targets.variables}}
    inner = {name: Variable(name, parsed.node.shape) for name, parsed in composition.inner.items()}
    names = {name: variable(known) for name, known in {**declared, **inner}.items()}
    return _Chain(composition, targets, Notation(names, composition.outer.decimals))


def _task(chain: _Chain, parsed: Parsed, targets: Targets | None = None, kind: str = "derivative") -> Task:
    return Task(kind, parsed, targets or chain.targets, 1)


# --- one path -------------------------------------------------------------------------------------------------------


def _path_to_json(chain: _Chain, name: str, product_node: Node) -> dict[str, Any]:
    """∂outer/∂u with all other inner functions held, du/dx with what u is made of put in, and their product."""
    inner = chain.composition.inner[name]
    by_inner = Targets((Variable(name, inner.node.shape),), False)
    outer_derivative = derive(_task(chain, chain.composition.outer, by_inner))["result"]
    inner_derivative = derive(_task(chain, chain.composition.composed(inner.node)))["result"]
    return {
        "through": name,
        "outer_derivative": {key: outer_derivative[key] for key in PRINTED},
        "inner_derivative": {key: inner_derivative[key] for key in PRINTED},
        "product": expression_to_json(product_node),
    }


def _product(chain: _Chain, name: str) -> Node:
    """∂outer/∂u · du/dx, written in the inner names."""
    inner = chain.composition.inner[name]
    leaf = tensor_of(Variable(name, inner.node.shape))
    inside = lower(chain.composition.composed(inner.node).node)
    rates, brought = total_derivatives(inside, chain.targets.variables, chain.composition.base.values())
    chain.notation.declare(brought)

    def along(component: Node) -> list[Tensor]:
        (outer,) = derivatives(lower(component), [leaf])
        return [_contracted(outer, rate, len(inside.shape)) for rate in rates]

    return _arranged(chain, along)


def _direct(chain: _Chain) -> Node | None:
    """The derivative of the outer function with every inner one held; None where it is zero."""
    outer = lower(chain.composition.outer.node)
    if all(not _is_nonzero(found) for found in total_derivatives(outer, chain.targets.variables, chain.composition.base.values())[0]):
        return None

    def along(component: Node) -> list[Tensor]:
        found, brought = total_derivatives(lower(component), chain.targets.variables, chain.composition.base.values())
        chain.notation.declare(brought)
        return found

    return _arranged(chain, along)


def _is_nonzero(tensor: Tensor) -> bool:
    return getattr(tensor, "coefficient", 1) != 0


def _contracted(outer: Tensor, inner: Tensor, middle: int) -> Tensor:
    """Σ over the `middle` axes, the last of outer and the first of inner."""
    left = tuple(range(len(outer.shape)))
    start = len(left) - middle
    right = tuple(range(start, start + len(inner.shape)))
    return product(1, [(outer, left), (inner, right)], left[:start] + right[middle:])


def _arranged(chain: _Chain, along: Callable[[Node], list[Tensor]]) -> Node:
    """The derivatives of each component by each variable as one array: a gradient as a column, a Jacobian by rows."""
    function = chain.composition.outer.node
    if not chain.targets.side_by_side:
        (tensor,) = along(function)
        return chain.notation.node(tensor)
    rows = [[chain.notation.node(tensor) for tensor in along(component)] for component in _components(function)]
    if len(rows) == 1:
        rows = [[entry] for entry in rows[0]]
    return make("literal", *[entry for row in rows for entry in row], parameter=(len(rows), len(rows[0])))


def _components(function: Node) -> Sequence[Node]:
    """The entries of a scalar or vector function; of others the derivative by several scalars has been refused before."""
    if function.operation is LITERAL:
        return function.arguments
    (lengths,) = axes(function.shape) or (1,)
    assert isinstance(lengths, int)
    return [make("index", function, parameter=(place,)) for place in range(lengths)] if function.shape != SCALAR else [function]


# --- all paths ------------------------------------------------------------------------------------------------------


def _adds_up(chain: _Chain, terms: Sequence[Node], result: Node, task: Task) -> Check:
    """Whether the paths, with the inner functions put in, add up to the derivative of the composed function."""
    composed = [chain.composition.substituted(term) for term in terms]
    total = make("add", *composed) if composed else result
    try:
        verdict = compare(total, result)
    except Undecided:
        return check_same(total, result, task.variables, "sum-of-paths")
    return decided("sum-of-paths", verdict.equivalent, f"the paths add up to the derivative: {verdict.detail}")


def _jacobians(chain: _Chain, through: Sequence[str]) -> dict[str, Any]:
    """The Jacobian of outer by the inner functions and of these by the variables, where both are matrices of scalars or
    there is one inner function."""
    composition = chain.composition
    inner = [composition.inner[name] for name in through]
    if len(inner) == 1 and len(inner[0].node.shape) == 2 and inner[0].node.shape != SCALAR:
        by_inner = Targets((Variable(through[0], inner[0].node.shape),), False)
        pair = (_task(chain, composition.outer, by_inner, "jacobian"), _task(chain, composition.composed(inner[0].node), None, "jacobian"))
    elif inner and all(parsed.node.shape == SCALAR for parsed in inner) and all(v.shape == SCALAR for v in chain.targets.variables):
        outer = composition.outer.node
        if outer.shape != SCALAR and outer.operation is not LITERAL:
            return {}
        by_inner = Targets(tuple([Variable(name) for name in through]), True)
        column = make("literal", *[parsed.node for parsed in inner], parameter=(len(inner), 1))
        by = Targets(chain.targets.variables, True)
        pair = (_task(chain, composition.outer, by_inner, "jacobian"), _task(chain, composition.composed(column), by, "jacobian"))
    else:
        return {}
    return {side: derive(task)["result"] for side, task in zip(("outer", "inner"), pair, strict=True)}
