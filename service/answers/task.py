"""What is asked of a derivative: the expression, what to differentiate by, the order, the layout and the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.answers.targets import Targets, read_targets
from service.calculus.evaluate import Evaluator
from service.calculus.structure import INDEPENDENT, is_structured
from service.errors import InputError, MathematicsRefuses, UndefinedAtPoint
from service.expression.nodes import Node, in_order
from service.expression.operation import is_function
from service.expression.shapes import SCALAR, axes, describe
from service.language import Declarations, Parsed, declare, parse
from service.operations.leaves import Variable
from service.printing.printers import to_text

LAYOUTS = ("mixed", "numerator", "denominator")
FORMS = ("automatic", "einsum", "structured", "kronecker")
AUTOMATIC, EINSUM, STRUCTURED, KRONECKER = FORMS
EXPLANATIONS = ("rules", "index", "differential", "paths")
HIGHEST_ORDER = 8


@dataclass(frozen=True)
class Task:
    """What is asked: `kind` is derivative, gradient, jacobian or hessian."""

    kind: str
    parsed: Parsed
    targets: Targets
    order: int
    layout: str = "mixed"
    form: str = AUTOMATIC
    code: tuple[str, ...] = ("numpy",)
    """The dialects of the generated code."""
    structure: str = INDEPENDENT
    """The convention of derivatives by symmetric and diagonal matrices (service/calculus/structure.py)."""
    explain: str = ""
    """How the steps are told, one of EXPLANATIONS; empty where none were asked for."""

    @property
    def variables(self) -> dict[str, Variable]:
        """Everything with a name: what the expression holds, what was declared, what is differentiated by."""
        return {**all_variables(self.parsed), **{variable.name: variable for variable in self.targets.variables}}


def read_task(kind: str, request: Mapping[str, Any]) -> Task:
    """The request's expression, variables, wrt, order and layout; raises what the language and the shapes raise."""
    parsed, targets = read_function(request)
    order = 2 if kind == "hessian" else request.get("order", 1)
    if not 1 <= order <= HIGHEST_ORDER:
        raise InputError(f"the order of a derivative is a whole number from 1 to {HIGHEST_ORDER}", pointer="/order")
    form = KRONECKER if request.get("vectorized") else request.get("form", AUTOMATIC)
    explain = request.get("explain", "rules") if request.get("steps") else ""
    structure = _read_structure(request, targets)
    task = Task(kind, parsed, targets, order, request.get("layout", "mixed"), form, read_dialects(request), structure, explain)
    _refuse_wrong_kind(task)
    _refuse_undefined_constants(parsed.node)
    return task


def read_function(request: Mapping[str, Any]) -> tuple[Parsed, Targets]:
    """The expression, and what it is differentiated by.

    The entries of an orthogonal matrix that is differentiated by, or that depends on what is, count as independent: that
    Q'*Q = eye(n) is not used.
    """
    parsed = parse(request["expression"], declare(request.get("variables")))
    targets = read_targets(request.get("wrt"), list(parsed.variables), all_variables(parsed))
    moving = set(targets.names)
    bound = {
        name
        for name, each in parsed.declared.items()
        if "orthogonal" in each.properties and (name in moving or moving & {*each.depends_on})
    }
    if not bound:
        return parsed, targets
    declared = {
        name: each._replace(properties=each.properties - {"orthogonal"}) if name in bound else each
        for name, each in parsed.declared.items()
    }
    parsed = parse(request["expression"], Declarations(declared, parsed.sizes))
    return parsed, read_targets(request.get("wrt"), list(parsed.variables), all_variables(parsed))


def _read_structure(request: Mapping[str, Any], targets: Targets) -> str:
    """The convention; raises InputError where one is asked for, and no variable has a structure."""
    structure: str = request.get("structure", INDEPENDENT)
    if structure != INDEPENDENT and not any(is_structured(variable) for variable in targets.variables):
        raise InputError(
            f"structure is about derivatives by symmetric and diagonal matrices, and {', '.join(targets.names)} is none",
            hint='declare it, as in "variables": {"S": "symmetric(n)"}, or leave structure out',
            pointer="/structure",
        )
    return structure


def read_dialects(request: Mapping[str, Any]) -> tuple[str, ...]:
    """The dialects of the generated code: NumPy, and what the request asks for."""
    return tuple(dict.fromkeys(("numpy", *request.get("code", ()))))


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


def _refuse_undefined_constants(root: Node) -> None:
    """9^9^9 and log(0) have no finite double, whatever the variables are."""
    constant: set[Node] = set()
    for node in in_order([root]):
        if isinstance(node.parameter, Variable) or any(axes(argument.shape) for argument in (node, *node.arguments)):
            continue
        if node.operation.name == "size" or not all(argument in constant for argument in node.arguments):
            continue
        constant.add(node)
        if node.arguments and not np.all(np.isfinite(Evaluator(node, {})({}))):
            raise UndefinedAtPoint(
                f"{to_text(node)[:80]} has no finite value in double precision",
                hint="it is too large, or not defined",
                pointer="/expression",
            )


def read_back(text: str, parsed: Parsed, known: Mapping[str, Variable] | None = None) -> Node:
    """The node of a printed answer, read as a client's expression would be; `known` are variables that the answer brought."""
    return parse(text, Declarations({**parsed.declared, **(known or {})}, parsed.sizes)).node


def direction_of(name: str, of: Variable, taken: set[str]) -> Variable:
    """The variable dx of x, and u for the weights; another name where that is taken. Structured as what it is a direction of."""
    names = [f"d{name}", f"d_{name}"] if name else ["u", "w", "weights"]
    fresh = next((each for each in names if each not in taken and not is_function(each)), names[-1])
    while fresh in taken:
        fresh += "_"
    taken.add(fresh)
    return Variable(fresh, of.shape, of.properties & {"symmetric", "diagonal"}, differential_of=name)


def declaration(declared: Variable) -> str | dict[str, Any]:
    """A variable as a request declares it: "scalar", "vector(n)", "matrix(m,n)", "symmetric(n)"; an object for a row."""
    rows, columns = declared.shape
    if columns == 1:
        return "scalar" if rows == 1 else f"vector({rows})"
    for kind in ("diagonal", "spd", "symmetric", "orthogonal"):
        if kind in declared.properties:
            return f"{kind}({rows})"
    return {"shape": [rows, columns]} if rows == 1 else f"matrix({rows},{columns})"
