"""Where a function is looked at: the conditions of a request, and where the function itself has values.

Arguments from second derivatives hold for functions without kinks, on convex domains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from scipy.optimize import linprog

from service.answers.kinks import kinked_nodes, with_its_kinks
from service.calculus.ball_functions import Imprecise
from service.calculus.differentiate import derivatives
from service.calculus.lower import lower
from service.calculus.tensor_values import parts
from service.errors import NotDifferentiable
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.tensors import Apply, Leaf, Power, Tensor
from service.functions.conditions import Condition
from service.functions.function import Function, Question
from service.functions.ranges import ARGUMENTS, NOT_NEGATIVE, POSITIVE, Range, Ranges
from service.functions.semidefinite import semidefinite
from service.functions.unknowns import Unknowns

EVERYWHERE = frozenset(
    "exp expm1 sigmoid softplus sin cos sinh cosh tanh sech atan asinh erf erfc logsumexp softmax softmax_rows expm".split()
)
"""Functions with a value for every argument."""
POSITIVE_ARGUMENT = frozenset(("log", "log2", "log10"))
OF_DEFINITE = ("logdet", "inv", "det")
DEPTH = 1e-3
MARGIN = 1e-9
SIZES = (1.0, 0.1, 10.0, 3.0, 1e-3)


@dataclass
class Domain:
    """`conditions` are those of the request. `stated` knows the ranges that follow from them, `ranges` those, too, that follow from
    where the function has values; `functions` are the conditions' excesses at known sizes."""

    conditions: list[Condition] = field(default_factory=list)
    stated: Ranges = field(default_factory=Ranges)
    ranges: Ranges = field(default_factory=Ranges)
    functions: list[Function] = field(default_factory=list)
    unknowns: Unknowns | None = None

    @property
    def has_equations(self) -> bool:
        return any(condition.equation for condition in self.conditions)

    def holds(self, column: Array) -> bool:
        """Whether a point lies in the domain, in doubles; matrices that are declared positive definite are so by a margin."""
        if self.unknowns is not None:
            for declared, array in zip(self.unknowns.variables, self.unknowns.arrays(column).values(), strict=True):
                if "spd" in declared.properties:
                    values = np.linalg.eigvalsh(np.atleast_2d(array))
                    if values[0] <= MARGIN * values[-1]:
                        return False
        for condition, function in zip(self.conditions, self.functions, strict=True):
            values = function.values(column)
            if not (values < 0 if condition.strict else values <= 0).all():
                return False
        return True

    def proves(self, column: Array) -> bool:
        """Whether a point of balls lies in the domain; inside `precision(bits)`."""
        try:
            if not self.holds(np.array([float(entry) for entry in column])):
                return False
            for condition, function in zip(self.conditions, self.functions, strict=True):
                for value in function.value_balls(column):
                    if not (value < 0 if condition.strict else value <= 0):
                        return False
        except Imprecise:
            return False
        return True

    def places(self, count: int, random: np.random.Generator) -> Iterator[Array]:
        """Points of the domain, for ever, as long as one is found now and then; rounded to three digits where that stays inside."""
        middle = self._middle(count)
        for attempt in range(100_000):
            size = SIZES[attempt // 2 % len(SIZES)]
            column = random.normal(size=count) * (size if attempt else 0.0)
            if attempt % 4 == 0:
                column = np.abs(column) + 0.001
            if middle is not None and attempt % 2:
                column = middle + column
                for _ in range(12):
                    if self.holds(column):
                        break
                    column = (column + middle) / 2
            for place in (np.round(column, 6 if size < 0.01 else 3), column):
                if self.holds(place):
                    yield place
                    break

    def is_empty(self, names: Collection[str]) -> bool:
        """Whether linear programming finds no point for the affine conditions; with letters for sizes, that is not tried."""
        if not self.functions:
            return False
        rows, right = [], []
        for condition, function in zip(self.conditions, self.functions, strict=True):
            if condition.equation or not is_affine(function.tensor, names):
                continue
            zero = np.zeros(function.unknowns.count)
            slopes, values = function.jacobian(zero), function.values(zero)
            if np.isfinite(slopes).all() and np.isfinite(values).all():
                rows += list(slopes)
                right += list(-values)
        if not rows:
            return False
        found: Any = linprog(np.zeros(len(rows[0])), A_ub=rows, b_ub=right, bounds=(None, None))
        return bool(found.status == 2)

    def _middle(self, count: int) -> Array | None:
        """A point inside the affine conditions, and inside the others where it happens to be: by linear programming."""
        if self.unknowns is not None and any("spd" in declared.properties for declared in self.unknowns.variables):
            shapes = zip(self.unknowns.variables, self.unknowns.shapes, strict=True)
            return self.unknowns.column(
                {declared.name: np.eye(*shape) if len(shape) == 2 else np.full(shape, 0.7) for declared, shape in shapes}
            )
        rows, right = [], []
        zero = np.full(count, 0.7)
        for condition, function in zip(self.conditions, self.functions, strict=True):
            slopes, values = function.jacobian(zero), function.values(zero)
            if condition.equation or not np.isfinite(slopes).all() or not np.isfinite(values).all():
                continue
            for slope, value in zip(slopes, values, strict=True):
                rows.append([*slope, float(np.linalg.norm(slope))])
                right.append(float(slope @ zero - value))
        if not rows:
            return None
        bounds = [(-10.0, 10.0)] * count + [(0.0, 1.0)]
        found: Any = linprog([0.0] * count + [-1.0], A_ub=rows, b_ub=right, bounds=bounds)
        return np.asarray(found.x[:count]) if found.status == 0 and found.x[count] > DEPTH else None


def domain_of(question: Question, function: Function | None) -> Domain:
    """The domain of a request."""
    facts = [(lower(condition.excess), _below(condition)) for condition in question.conditions]
    own = list(natural_facts(lower(question.node), question.targets.names))
    functions = [Function(question.about(condition.excess), function.start) for condition in question.conditions] if function else []
    return Domain(question.conditions, Ranges(facts), Ranges([*facts, *own]), functions, function.unknowns if function else None)


def _below(condition: Condition) -> Range:
    return Range(Fraction(0), Fraction(0)) if condition.equation else Range(high=Fraction(0), below=condition.strict)


def natural_facts(function: Tensor, names: Collection[str]) -> Iterator[tuple[Tensor, Range]]:
    """What is known of affine parts of a function wherever it has a value. Of others, where it has one need be no convex set."""
    found = parts([function])
    if any(isinstance(part, Apply) and part.operation.name == "where" for part in found):
        return  # of the branch that is not taken nothing is known
    for part in found:
        if isinstance(part, Apply) and part.operation.name in ARGUMENTS and is_affine(part.arguments[0], names):
            yield part.arguments[0], ARGUMENTS[part.operation.name]
        if (
            isinstance(part, Power)
            and not isinstance(part.exponent, Tensor)
            and part.exponent.denominator != 1
            and is_affine(part.base, names)
        ):
            yield part.base, POSITIVE if part.exponent < 0 else NOT_NEGATIVE


def columns_to_balls(column: Array) -> Array:
    return np.array([flint.arb(float(entry)) for entry in column], dtype=object)


def is_smooth(function: Node, names: Collection[str]) -> bool:
    """Whether the function has no kinks in the unknowns."""
    return not kinked_nodes(with_its_kinks(function), names)


def has_convex_domain(function: Node, names: Collection[str], stated: Ranges) -> bool:
    """Whether the function has values on all of what is stated, or where affine functions of the unknowns are in an interval."""
    for part in parts([lower(function)]):
        if not _moves(part, names):
            continue
        if isinstance(part, Apply) and part.operation.name not in EVERYWHERE:
            name = part.operation.name
            if name in OF_DEFINITE:
                found = semidefinite(part.arguments[0])
                if name != "det" and not (found and found.strict and found.sign > 0):
                    return False
            elif name not in ARGUMENTS or not _is_inside(part.arguments[0], ARGUMENTS[name], names, stated):
                return False
        if isinstance(part, Power) and not _is_tame(part, names, stated):
            return False
    return True


def _is_tame(part: Power, names: Collection[str], stated: Ranges) -> bool:
    if isinstance(part.exponent, Tensor):
        return stated.of(part.base).within(POSITIVE)  # x^x has values at negative whole numbers, too
    if part.exponent.denominator == 1:
        return part.exponent > 0 or stated.of(part.base).strict
    return _is_inside(part.base, POSITIVE, names, stated)  # where it is 0 inside the domain, the root has a kink


def _is_inside(tensor: Tensor, wanted: Range, names: Collection[str], stated: Ranges) -> bool:
    """Whether a tensor is everywhere in an interval, or affine, so that where it is in it is convex."""
    return stated.of(tensor).within(wanted) or is_affine(tensor, names)


def has_kinks(tensor: Tensor, names: Collection[str]) -> bool:
    """Whether a part that moves with the unknowns has kinks or jumps: derivatives away from them do not tell all."""
    return any(isinstance(part, Apply) and part.operation.kink and _moves(part, names) for part in parts([tensor]))


def is_affine(tensor: Tensor, names: Collection[str]) -> bool:
    """Whether the derivatives by the unknowns do not depend on them, and there are no kinks or jumps."""
    if has_kinks(tensor, names):
        return False
    moving = [part for part in parts([tensor]) if isinstance(part, Leaf) and part.kind == "variable" and part.name in names]
    try:
        return not any(_moves(slope, names) for slope in derivatives(tensor, moving))
    except NotDifferentiable:
        return False


def _moves(tensor: Tensor, names: Collection[str]) -> bool:
    return any(isinstance(part, Leaf) and part.kind == "variable" and part.name in names for part in parts([tensor]))
