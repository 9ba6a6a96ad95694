"""Sweeps through a computation graph at a point: forward, with a derivative beside each value, and backward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from service.calculus import build
from service.calculus.evaluate import Evaluator
from service.errors import UndefinedAtPoint
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import SCALAR, Size
from service.operations.leaves import number
from service.printing.printers import to_latex, to_text
from service.teaching.computation_graph import Graph, Part
from service.teaching.sentences import code_of, sentence, told
from service.teaching.traces import LocalRule

Named = dict[str, Array]


@dataclass(frozen=True)
class Sweep:
    """A graph at a point: `values` has a value for each part, `sizes` a number for each letter."""

    graph: Graph
    rules: Mapping[str, LocalRule]
    sizes: Mapping[str, Size]
    values: Mapping[str, Array]

    @cached_property
    def adjoints(self) -> dict[str, Node]:
        """v_bar of each part as the sum of what it gets from the values that it is used in, the seed apart."""
        terms: dict[str, list[Node]] = {}
        for part in self.graph.parts:
            if part.name in self.rules:
                for source, node in self.rules[part.name].contributions.items():
                    terms.setdefault(source, []).append(node)
        return {name: build.add(nodes) for name, nodes in terms.items()}

    @cached_property
    def _tangents(self) -> dict[str, Evaluator]:
        return {name: Evaluator(rule.tangent, self.sizes) for name, rule in self.rules.items()}

    @cached_property
    def _totals(self) -> dict[str, Evaluator]:
        return {name: Evaluator(node, self.sizes) for name, node in self.adjoints.items()}

    # Forward.

    def forward(self, directions: Mapping[str, Array]) -> Named:
        """v_dot of each part; inputs without a direction stand still. Raises UndefinedAtPoint."""
        dots: Named = {}
        known = dict(self.values)
        for part in self.graph.parts:
            if part.line is None:
                dots[part.name] = directions.get(part.name, np.zeros(np.shape(self.values[part.name])))
            else:
                dots[part.name] = _finite(self._tangents[part.name](known) + 0.0, part, "dot")
            known[f"{part.name}_dot"] = dots[part.name]
        return dots

    def forward_trace(self, dots: Mapping[str, Array]) -> list[dict[str, Any]]:
        """Each part with its value, v_dot, and the rule for it."""
        lines = []
        for part in self.graph.parts:
            rule = self.rules.get(part.name)
            shown = self._shown(part)
            if rule is None or part.line is None:
                lines.append(shown | {"dot": dots[part.name], "dot_expression": None, "text": sentence("trace direction", name=part.name)})
                continue
            result = f"{part.name}_dot = {to_text(rule.tangent)}"
            text = told("trace-forward", rule.rule, name=part.name, line=to_text(part.line), result=result)
            lines.append(shown | {"dot": dots[part.name], "dot_expression": _printed(rule.tangent), "text": text})
        return lines

    # Backward.

    def reverse(self, weights: Mapping[str, Array]) -> tuple[Named, list[dict[str, Any]]]:
        """v_bar of each part that depends on what is differentiated by, and the steps of the sweep. Raises UndefinedAtPoint."""
        bars, known, steps = Named(), dict(self.values), []
        for part in reversed(self.graph.parts):
            if not part.moves:
                continue
            bar = np.zeros(np.shape(self.values[part.name])) + weights.get(part.name, 0.0)
            if part.name in self._totals:
                bar = bar + self._totals[part.name](known)
            bars[part.name] = known[f"{part.name}_bar"] = _finite(bar + 0.0, part, "bar")
            if part.line is not None:
                steps.append(self._back_through(part, known))
        return bars, steps

    def _back_through(self, part: Part, known: Mapping[str, Array]) -> dict[str, Any]:
        rule = self.rules[part.name]
        assert part.line is not None
        contributions = [
            {"to": source, "expression": _printed(node), "value": Evaluator(node, self.sizes)(known) + 0.0}
            for source, node in rule.contributions.items()
        ]
        gets = ", ".join(f"{source}_bar gets {to_text(node)}" for source, node in rule.contributions.items())
        return {
            "through": part.name,
            "expression": _printed(part.line),
            "rule": rule.rule,
            "code": code_of(rule.rule),
            "contributions": contributions,
            "text": told("trace-backward", rule.rule, name=part.name, line=to_text(part.line), result=gets),
        }

    def reverse_trace(self, bars: Mapping[str, Array], weights: Mapping[str, Array]) -> list[dict[str, Any]]:
        """Each part with its value, v_bar (null where it does not depend on what is differentiated by), and what that is made of."""
        lines = []
        for part in self.graph.parts:
            shown = self._shown(part)
            total = self.adjoints.get(part.name) if part.moves else None
            seed = _seed(part, weights)
            nodes = [node for node in (seed, total) if node is not None]
            expression = build.add(nodes) if nodes else None
            if seed is not None and total is None:
                text = sentence("trace seed", result=f"{part.name}_bar = {to_text(seed)}")
            elif part.line is None:
                text = sentence("trace input", name=part.name)
            else:
                text = sentence("trace collected", name=part.name, line=to_text(part.line), result=_equals(part, expression))
            lines.append(shown | {"bar": bars.get(part.name), "bar_expression": expression and _printed(expression), "text": text})
        return lines

    def _shown(self, part: Part) -> dict[str, Any]:
        rule = self.rules[part.name].rule if part.name in self.rules else "input"
        shown = part.to_json()
        return {
            **{key: shown[key] for key in ("name", "latex", "kind")},
            "expression": shown.get("expression"),
            "value": self.values[part.name],
            "rule": rule,
            "code": code_of(rule),
        }


def _equals(part: Part, expression: Node | None) -> str:
    return f"{part.name}_bar = {'0' if expression is None else to_text(expression)}"


def _seed(part: Part, weights: Mapping[str, Array]) -> Node | None:
    """The weight of an output as a number; None where it has none, or an array of them."""
    if part.name not in weights or part.variable.shape != SCALAR:
        return None
    weight = float(weights[part.name])
    return number(int(weight) if weight.is_integer() and abs(weight) < 1e15 else repr(weight))


def _printed(node: Node) -> dict[str, str]:
    return {"text": to_text(node), "latex": to_latex(node)}


def _finite(array: Array, part: Part, mark: str) -> Array:
    if not np.all(np.isfinite(array)):
        where = f", where {part.name} = {to_text(part.whole)[:80]}" if part.line is not None else ""
        raise UndefinedAtPoint(
            f"{part.name}_{mark} has no finite value at this point{where}",
            hint="the rule of an operation divides by zero or overflows here",
            pointer="/at",
        )
    return np.asarray(array)
