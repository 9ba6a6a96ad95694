"""Newton steps, -H^-1 g, with the Hessian in the form that it has: its core where that says it all, dense otherwise.

What is checked is H·step + g = 0, where H·step is derived along the step: nothing of the solving is used.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from service import limits
from service.answers.directional import Products
from service.answers.forms import expression_to_json
from service.answers.kinks import refuse_kinks
from service.answers.points import read_points
from service.answers.task import Task, direction_of
from service.calculus.core import Core, core_of, solve
from service.calculus.evaluate import Evaluator, Point, all_sizes_at, require_values, reshaped, value_at
from service.calculus.lower import lower
from service.calculus.structure import INDEPENDENT, is_structured
from service.calculus.total import total_derivatives
from service.certificates import Check, measured, require
from service.errors import LimitExceeded, MathematicsRefuses, UndefinedAtPoint
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import Size, axes, split
from service.operations.leaves import Variable

RESIDUAL = 1e-8
Free = Array | None
"""A matrix whose columns are the directions of the free entries; None where all entries are free."""


def newton(task: Task, at: object) -> tuple[Any, list[dict[str, Any]]]:
    """The Newton step at the point or points of `at`, and the checks.

    Raises SingularMatrix, UndefinedAtPoint (also on a kink), CheckFailed, LimitExceeded.
    """
    if any(declared.depends_on for declared in task.variables.values()):
        raise MathematicsRefuses("a Newton step needs the function in full: nothing may depend on its variables unsaid", pointer="/newton")
    work = _Work(replace(task, structure=INDEPENDENT))
    found = [work.at(point) for point in read_points(at, task.variables, task.parsed.sizes)]
    checks = require([*work.checks, *[check for _, check in found]])
    steps = [step for step, _ in found]
    return steps if isinstance(at, list) else steps[0], [check.to_json() for check in checks]


class _Work:
    """The gradient by each variable and the blocks of the Hessian, as nodes; the core where there is one variable."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.by = task.targets.variables
        taken = {*task.variables, *task.parsed.sizes}
        self.directions = {declared.name: direction_of(declared.name, declared, taken) for declared in self.by}
        products = Products(task, self.directions)
        self.products = products.hvp()
        self.checks = [check for _, check in self.products.values()]
        every = list(task.variables.values())
        gradients, _ = total_derivatives(lower(task.parsed.node), self.by, every)
        blocks = [total_derivatives(gradient, self.by, every)[0] for gradient in gradients]
        self.gradients = [products.notation.node(gradient) for gradient in gradients]
        alone = len(self.by) == 1 and axes(self.by[0].shape) and not is_structured(self.by[0])
        self.core = core_of(blocks[0][0]) if alone else Core("dense", ())
        self.cores = [(products.notation.node(tensor), tensor.shape) for tensor in self.core.cores]
        is_dense = self.core.form == "dense"
        self.blocks = [[products.notation.node(block) for block in row] for row in blocks] if is_dense else []

    def at(self, point: Point) -> tuple[dict[str, Any], Check]:
        """The step at one point, and the check of it."""
        value_at(self.task.parsed.node, self.task.variables, point)
        refuse_kinks(self.task.parsed.node, self.gradients[0], 2, self.task.targets.names, self.task.variables, point)
        nodes = [*self.gradients, *[node for node, _ in self.cores], *itertools.chain(*self.blocks)]
        sizes = all_sizes_at([self.task.parsed.node, *nodes], self.task.variables, point)
        values = reshaped(self.task.variables, point, sizes)
        gradients = [_value(node, sizes, values) for node in self.gradients]
        frees = [free_entries(declared, np.shape(gradient)) for declared, gradient in zip(self.by, gradients, strict=True)]
        if self.core.form == "dense":
            core, found = Core("dense", ()), [self._hessian(frees, gradients, sizes, values)]
            gradient = np.concatenate([_entries(part, free) for part, free in zip(gradients, frees, strict=True)])
        else:
            core = self.core
            found = [np.reshape(_value(node, sizes, values), _lengths(shape, sizes)) for node, shape in self.cores]
            gradient = np.reshape(gradients[0], _lengths(axes(self.by[0].shape), sizes))
        step, condition = solve(core, found, gradient)
        step = step + 0.0  # no negative zeros
        steps = _split(step, frees, gradients) if core.form == "dense" else [np.reshape(step, np.shape(gradients[0]))]
        scale = max(float(np.max(np.abs(part))) for part in found)
        return self._answer(gradients, steps, condition), self._check(frees, gradients, steps, scale, sizes, values)

    def _hessian(self, frees: Sequence[Free], gradients: Sequence[Array], sizes: Mapping[str, Size], values: Point) -> Array:
        """All blocks together, in the free entries of each variable; column by column where a part of them is too large.

        X'*diag(w)*X with 10,000 rows holds a matrix that X'*(w.*(X*d)) does not.
        """
        limits.check("cubic-size", sum(gradient.size for gradient in gradients))
        try:
            blocks = [[_value(block, sizes, values) for block in row] for row in self.blocks]
        except LimitExceeded:
            return self._by_columns(frees, gradients, sizes, values)
        rows = []
        for row, left, above in zip(blocks, frees, gradients, strict=True):
            parts = []
            for block, right, beside in zip(row, frees, gradients, strict=True):
                part = block.reshape(above.size, beside.size)
                part = part if left is None else left.T @ part
                parts.append(part if right is None else part @ right)
            rows.append(parts)
        return np.block(rows)

    def _by_columns(self, frees: Sequence[Free], gradients: Sequence[Array], sizes: Mapping[str, Size], values: Point) -> Array:
        evaluators = [Evaluator(node, sizes) for node, _ in self.products.values()]
        still = {direction.name: np.zeros_like(part) for direction, part in zip(self.directions.values(), gradients, strict=True)}
        columns = []
        for direction, free, part in zip(self.directions.values(), frees, gradients, strict=True):
            for unit in np.eye(part.size) if free is None else free.T:
                point = {**values, **still, direction.name: unit.reshape(part.shape)}
                columns.append(np.concatenate([_entries(f(point), left) for f, left in zip(evaluators, frees, strict=True)]))
        return np.stack(columns, axis=1)

    def _answer(self, gradients: Sequence[Array], steps: Sequence[Array], condition: float) -> dict[str, Any]:
        slope = math.fsum(float(np.sum(gradient * step)) for gradient, step in zip(gradients, steps, strict=True))
        named: Any = {declared.name: step for declared, step in zip(self.by, steps, strict=True)}
        answer = {
            "step": np.array(steps) if self.task.targets.side_by_side else named if len(named) > 1 else steps[0],
            "method": self.core.form,
            "condition_number": condition,
            "descent": slope < 0,
            "decrement": math.sqrt(-slope) if slope <= 0 else None,
        }
        if self.core.form != "dense":
            answer["cores"] = [expression_to_json(node) for node, _ in self.cores]
        return answer

    def _check(
        self,
        frees: Sequence[Free],
        gradients: Sequence[Array],
        steps: Sequence[Array],
        scale: float,
        sizes: Mapping[str, Size],
        values: Point,
    ) -> Check:
        """H·step, derived along the step, against -g."""
        along = {direction.name: step for direction, step in zip(self.directions.values(), steps, strict=True)}
        residual, size = 0.0, 0.0
        for (node, _), free, gradient, step in zip(self.products.values(), frees, gradients, steps, strict=True):
            left = _entries(_value(node, sizes, {**values, **along}) + gradient, free)
            residual = max(residual, float(np.max(np.abs(left), initial=0)))
            size = max(size, float(np.max(np.abs(gradient), initial=0)), scale * float(np.max(np.abs(step), initial=0)))
        detail = "|H*step + g| relative to |H||step| and |g|, in the largest entries; H*step by the derivative along the step"
        return measured("newton-residual", residual / (size or 1.0), RESIDUAL, detail)


def _value(node: Node, sizes: Mapping[str, Size], point: Point) -> Array:
    evaluator = Evaluator(node, sizes)
    require_values(evaluator, point)
    value = evaluator(point)
    if not np.isfinite(value).all():
        raise UndefinedAtPoint("the derivatives at this point are not finite", pointer="/at")
    return value


def _lengths(shape: Sequence[Size], sizes: Mapping[str, Size]) -> list[int]:
    """The axes of an array at these sizes, those of length 1 too."""
    lengths = []
    for size in shape:
        coefficient, letters = split(size)
        lengths.append(coefficient * math.prod([int(sizes[letter]) for letter in letters]))
    return lengths


def free_entries(declared: Variable, shape: tuple[int, ...]) -> Free:
    """Of a symmetric matrix the entries i ≤ j are free, of a diagonal one those of the diagonal."""
    if not is_structured(declared) or len(shape) != 2:
        return None
    columns = []
    for i, j in itertools.combinations_with_replacement(range(shape[0]), 2):
        if i == j or "diagonal" not in declared.properties:
            direction = np.zeros(shape)
            direction[i, j] = direction[j, i] = 1
            columns.append(direction.reshape(-1))
    return np.stack(columns, axis=1)


def _entries(gradient: Array, free: Free) -> Array:
    """The derivatives by the free entries."""
    flat = np.reshape(gradient, -1)
    return flat if free is None else free.T @ flat


def _split(step: Array, frees: Sequence[Free], gradients: Sequence[Array]) -> list[Array]:
    """The step of each variable."""
    counts = [gradient.size if free is None else free.shape[1] for free, gradient in zip(frees, gradients, strict=True)]
    parts = np.split(step, np.cumsum(counts)[:-1])
    return [
        np.reshape(part if free is None else free @ part, np.shape(gradient))
        for free, part, gradient in zip(frees, parts, gradients, strict=True)
    ]
