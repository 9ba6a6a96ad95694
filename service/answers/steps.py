"""The steps of an answer, told in the way that was asked for, each of them proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.answers.result import Result
from service.answers.targets import scalar_components
from service.answers.task import Task
from service.calculus.structure import DUPLICATED, PROJECTED
from service.errors import LimitExceeded
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR, axes
from service.operations.leaves import Variable
from service.teaching.by_paths import by_paths, by_paths_of_arrays, is_scalar
from service.teaching.by_rules import by_array, by_scalars, derivative_by, is_large, laid_out
from service.teaching.computation_graph import computation_graph
from service.teaching.index_method import IndexMethod
from service.teaching.inert import inert_parts
from service.teaching.sentences import sentence
from service.teaching.steps import Step, Trials, equal, proved

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
            for place, function in enumerate(chain[:-1]):
                is_last = place == len(chain) - 2
                self._by_several(function, chain[place + 1], result.shown if is_last else chain[place + 1], result, is_last)
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
        if self._is_told_by_paths(function, [by], derivative, result, False):
            return
        if by.shape == SCALAR and not self._in_differentials(by.name):
            steps = list(by_scalars(derivative_by(function, by, self._is_partial), derivative, self._decimals))
        else:
            steps = list(by_array(function, by, derivative, self._decimals))
        self._add(steps, Trials(variables, defined), [by.name])

    def _entry_by_entry(self, function: Node, by: Variable) -> Node:
        """The derivative by one scalar, not carried out: of each entry, where the function is written out."""
        if function.operation.name != "literal":
            return derivative_by(function, by, self._is_partial)
        entries = [derivative_by(entry, by, self._is_partial) for entry in function.arguments]
        return make("literal", *entries, parameter=function.parameter)

    def _in_differentials(self, *names: str) -> bool:
        """Whether derivatives by these scalars are told in differentials: not where others are declared to depend on them."""
        depends = any(set(names) & {*declared.depends_on} for declared in self.task.variables.values())
        return self.task.explain == "differential" and not depends

    def _by_several(self, function: Node, derivative: Node, shown: Node, result: Result, is_last: bool) -> None:
        """The derivatives by several scalars, side by side; in differentials one after the other."""
        names, by_each = self.task.targets.names, list(self.task.targets.variables)
        variables = self._variables(result)
        if self._is_told_by_paths(function, by_each, shown, result, True, is_last):
            return
        line = self._side_by_side(function, shown, is_last)
        if not self._in_differentials(*names) or is_large(line):
            self._add(list(by_scalars(line, shown, self._decimals)), Trials(variables, [function, derivative]), names)
            return
        components = len(derivative.arguments) // len(by_each)
        for place, by in enumerate(by_each):
            column = derivative.arguments[place :: len(by_each)]
            partial = column[0] if components == 1 else make("literal", *column, parameter=(components, 1))
            self._add(list(by_array(function, by, partial, self._decimals)), Trials(variables, [function, derivative]), [by.name])
        rule = "partial derivatives"
        self._add([Step(rule, line, shown, sentence(rule), equal)], Trials(variables, [function, derivative]), names)

    def _is_told_by_paths(
        self, function: Node, by_each: Sequence[Variable], shown: Node, result: Result, side_by_side: bool, is_last: bool = False
    ) -> bool:
        """Tell the derivatives by scalars by the paths of the computation graph, where that was asked for; False where the
        rules tell it: where there are arrays between several scalars and what is made of them, too many paths, or variables that are
        declared to depend on others."""
        if self.task.explain != "paths" or any(declared.depends_on for declared in self.task.variables.values()):
            return False
        try:
            graph = computation_graph(function, by_each, self._decimals, [*self.task.variables, *self.task.parsed.sizes])
            if not is_scalar(graph):
                if side_by_side or len(graph.outputs) != 1:
                    return False
                steps = list(by_paths_of_arrays(function, by_each[0], shown, graph, self._decimals))
            else:
                outputs = {part.whole: part.name for part in graph.outputs}
                line = self._side_by_side(function, shown, is_last) if side_by_side else self._entry_by_entry(function, by_each[0])
                waiting = {part: (part.parameter.variable.name, outputs[part.arguments[0]]) for part in inert_parts(line)}
                steps = list(by_paths(line, graph, waiting, shown))
        except LimitExceeded:
            return False
        named = {part.name: part.whole for part in graph.parts if part.line is not None}
        self._add(steps, Trials(self._variables(result), [function, shown], named=named), [by.name for by in by_each])
        return True

    def _side_by_side(self, function: Node, derivative: Node, is_last: bool) -> Node:
        """An array of derivatives that are not carried out, arranged as the derivative is."""
        by_each = self.task.targets.variables
        table = [[derivative_by(entry, by, self._is_partial) for by in by_each] for entry in scalar_components(function)]
        if is_last and self.task.layout == "denominator" and len(table) > 1:
            table = [list(column) for column in zip(*table, strict=True)]
        return make("literal", *[entry for row in table for entry in row], parameter=derivative.parameter)
