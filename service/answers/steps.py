"""The steps of an answer, told in the way that was asked for, each of them proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.answers.result import Result
from service.answers.targets import scalar_components
from service.answers.task import Task
from service.calculus.structure import DUPLICATED, PROJECTED
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR, axes
from service.operations.leaves import Variable
from service.teaching.by_rules import by_array, by_scalars, derivative_by, is_large, laid_out
from service.teaching.index_method import IndexMethod
from service.teaching.steps import Step, Trials, proved

CONVENTIONS = {PROJECTED: "the projected convention, (G + G')/2,", DUPLICATED: "the convention of free entries, G + G' - diag(diag(G)),"}


class Telling:
    """The steps of one answer after the other. What several results have in common, a first derivative, is told once."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.steps: list[dict[str, Any]] = []
        self.told: set[tuple[Variable, ...]] = set()

    def tell(self, result: Result, path: Sequence[Variable]) -> None:
        """The steps to a result: by the variables of the path one after the other, () for scalars side by side.

        Raises CheckFailed where a step does not hold, Undecided where one cannot be checked.
        """
        chain = [*result.orders, result.node]
        if not path:
            chain[-1] = result.shown
            for place, function in enumerate(chain[:-1]):
                derivative = chain[place + 1]
                line = self._side_by_side(function, derivative, is_last=derivative is result.shown)
                steps = list(by_scalars(line, derivative, self._decimals))
                self._add(steps, Trials(self._variables(result), [function, derivative]), self.task.targets.names)
            return
        for place, by in enumerate(path):
            if tuple(path[: place + 1]) not in self.told:
                self.told.add(tuple(path[: place + 1]))
                self._by_one(chain[place], by, chain[place + 1], result)
        arrangement = "the Kronecker form" if self.task.form == "kronecker" else f"the {self.task.layout} layout"
        if result.structured:
            arrangement += f" with {CONVENTIONS[self.task.structure]}"
        steps = list(laid_out(result.node, result.shown, result.arranged, arrangement))
        self._add(steps, Trials(self._variables(result), [result.node]), [path[-1].name])

    @property
    def _is_partial(self) -> bool:
        return len(self.task.targets.variables) > 1

    @property
    def _decimals(self) -> bool:
        return self.task.parsed.decimals

    def _variables(self, result: Result) -> dict[str, Variable]:
        return {**self.task.variables, **{new.name: new for new in result.brought}}

    def _add(self, steps: list[Step], trials: Trials, by: Sequence[str]) -> None:
        self.steps += [step.to_json(by) for step in proved(steps, trials)]

    def _by_one(self, function: Node, by: Variable, derivative: Node, result: Result) -> None:
        """One derivative by one variable. By a scalar there are no indices that a delta could tie together, and where there
        are too many to be read, the rules tell it better."""
        variables, defined = self._variables(result), [function, derivative]
        if self.task.explain == "index" and axes(by.shape) and not is_large(function):
            subject = "the function" if function is self.task.parsed.node else "the derivative before"
            taken = frozenset(variables) | self.task.parsed.sizes
            method = IndexMethod(function, by, derivative, taken, self._decimals, subject)
            steps = list(method.steps())
            if method.is_practical(steps):
                self._add(steps, Trials(variables, defined, method.letters, method.free, method.mirrored), [by.name])
                return
        if by.shape == SCALAR:
            steps = list(by_scalars(derivative_by(function, by, self._is_partial), derivative, self._decimals))
        else:
            steps = list(by_array(function, by, derivative, self._decimals))
        self._add(steps, Trials(variables, defined), [by.name])

    def _side_by_side(self, function: Node, derivative: Node, is_last: bool) -> Node:
        """An array of derivatives that are not carried out, arranged as the derivative is."""
        by_each = self.task.targets.variables
        table = [[derivative_by(entry, by, self._is_partial) for by in by_each] for entry in scalar_components(function)]
        if is_last and self.task.layout == "denominator" and len(table) > 1:
            table = [list(column) for column in zip(*table, strict=True)]
        return make("literal", *[entry for row in table for entry in row], parameter=derivative.parameter)
