"""Taylor polynomials told step by step: the derivatives, and by one scalar what Taylor's formula makes of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from service.answers.derivation import derive
from service.answers.task import HIGHEST_ORDER, read_back, read_task
from service.calculus import build
from service.calculus.substitute import substitute
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR
from service.language import Declarations, parse
from service.operations.leaves import Variable, number, variable
from service.teaching.sentences import sentence
from service.teaching.steps import Step, Trials, equal, proved

Named = Mapping[str, Any]
RULE = "Taylor's formula"


def taylor_steps(request: Named, answer: Named) -> list[dict[str, Any]]:
    """The derivatives up to the order of the polynomial, by several scalars up to the second one; by one scalar also the formula.

    Raises CheckFailed, Undecided.
    """
    order = min(answer["order"], HIGHEST_ORDER)
    if not order:
        return []
    asked = {"expression": request["expression"], "variables": request.get("variables"), "wrt": answer["wrt"], "steps": True}
    task = read_task("derivative", {**asked, "order": 1})
    if len(task.targets.variables) > 1:
        is_scalar = task.parsed.node.shape == SCALAR
        kind = "hessian" if order > 1 and is_scalar else "derivative"
        return list(derive(read_task(kind, asked))["steps"])
    (by,) = task.targets.variables
    if by.shape != SCALAR:
        return list(derive(read_task("derivative", {**asked, "wrt": by.name, "order": min(order, 2)}))["steps"])
    told = derive(read_task("derivative", {**asked, "wrt": by.name, "order": order}))
    steps = list(told["steps"])
    if order == answer["order"]:
        steps += _formula(request, answer, by, order)
    return steps


def _formula(request: Named, answer: Named, by: Variable, order: int) -> list[dict[str, Any]]:
    """Σ f^(k)(a)·(x - a)^k/k!, with the derivatives put in, and the polynomial."""
    asked = {"expression": request["expression"], "variables": request.get("variables"), "wrt": by.name}
    task = read_task("derivative", asked)
    functions = [task.parsed.node]
    for k in range(1, order + 1):
        functions.append(read_back(derive(read_task("derivative", {**asked, "order": k}))["result"]["text"], task.parsed))
    known = Declarations({**task.parsed.declared, **task.variables}, task.parsed.sizes)
    center = parse((request.get("about") or {}).get(by.name, 0), known, f"/about/{by.name}")
    result = parse(answer["result"]["text"], known)
    step = variable(by) if center.node is number(0) else build.add([variable(by), build.negate(center.node)])
    before = make("add", *[_term(substitute(function, {by.name: center.node}), step, k) for k, function in enumerate(functions)])
    named = {name: node.parameter for read in (center, result) for name, node in read.variables.items()}
    told = Step(RULE, before, result.node, sentence(RULE, variable=by.name, where=_written(center.node, by)), equal)
    trials = Trials({**task.variables, **named}, [before, result.node])
    return [each.to_json([by.name]) for each in proved([told], trials)]


def _term(value: Node, step: Node, k: int) -> Node:
    if k == 0:
        return value
    power = step if k == 1 else make("power", step, number(k))
    scaled = build.times(value, power)
    return scaled if k == 1 else make("divide", scaled, number(math.factorial(k)))


def _written(center: Node, by: Variable) -> str:
    """How the formula is written about this point."""
    step = by.name if center is number(0) else f"({by.name} - a)"
    return f"f + f'*{step} + f''*{step}^2/2! + ..."
