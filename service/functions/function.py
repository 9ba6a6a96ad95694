"""A function at known sizes: its value and derivatives in doubles, in balls, and exactly where it is rational."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from service import limits
from service.answers.derivation import freed
from service.answers.points import check_properties, read_array
from service.answers.targets import Targets, read_targets
from service.answers.task import all_variables
from service.calculus.balls import Balls, ball
from service.calculus.evaluate import Evaluator, Point, all_sizes_at, reshaped
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.calculus.tensor_values import lengths
from service.calculus.total import total_derivatives
from service.errors import InputError, MathematicsRefuses, NablaError, NoConvergence, UndefinedAtPoint
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import SCALAR, axes, describe
from service.expression.tensors import Power, Tensor
from service.functions.conditions import Condition, read_condition, texts_of
from service.functions.unknowns import Unknowns
from service.language import Parsed, declare, parse_each, parse_number
from service.operations.leaves import Variable, variable

Named = Mapping[str, Any]
SINGULAR = 1e-9


class Question:
    """An expression, its unknowns `targets`, and the values that the request gives for other names in `at`.

    `conditions` are the inequalities and equations of a field of the request, read over the same variables.
    """

    def __init__(self, request: Named, conditions: str | None = None) -> None:
        self.request = request
        texts = texts_of(request.get(conditions), f"/{conditions}") if conditions else {}
        parsed = parse_each({"/expression": request["expression"], **texts}, declare(request.get("variables")))
        self.parsed: Parsed = parsed.pop("/expression")
        self.conditions = [read_condition(each.node, texts[pointer], pointer) for pointer, each in parsed.items()]
        self.variables: dict[str, Variable] = all_variables(self.parsed)
        self.given: Named = request.get("at") or {}
        if isinstance(self.given, list):
            raise InputError("one point is due here, not a list of points", pointer="/at")
        wrt = request.get("wrt")
        occurring = [name for name in self.parsed.variables if name not in self.given]
        self.targets: Targets = read_targets(wrt, occurring, self.variables)
        for declared in self.targets.variables:
            self.variables.setdefault(declared.name, declared)
        for name, declared in self.variables.items():
            if declared.depends_on:
                raise MathematicsRefuses(
                    f"{name} is declared to depend on other variables, but not how", hint="write it out", pointer=f"/variables/{name}"
                )
        if both := [name for name in self.targets.names if name in self.given]:
            raise InputError(
                f"{both[0]} is an unknown, and has a value", hint='"at" gives the values of the others', pointer=f"/at/{both[0]}"
            )

    @property
    def node(self) -> Node:
        return self.parsed.node

    def about(self, node: Node, multipliers: Sequence[Variable] = ()) -> Question:
        """The same unknowns, and further ones, of another function over the same variables."""
        other = copy.copy(self)
        other.parsed = replace(self.parsed, node=node)
        other.conditions = []
        other.targets = Targets((*self.targets.variables, *multipliers), self.targets.side_by_side)
        other.variables = {**self.variables, **{declared.name: declared for declared in multipliers}}
        return other

    def under(self, conditions: list[Condition]) -> Question:
        """The same question under other conditions."""
        other = copy.copy(self)
        other.conditions = conditions
        return other

    def with_values(self, given: Named) -> Question:
        """The same question with other values of the names that are no unknowns."""
        other = copy.copy(self)
        other.given = given
        return other

    def require_scalar(self) -> None:
        if self.node.shape != SCALAR:
            raise MathematicsRefuses(
                f"the function has to be scalar; this one is {describe(self.node.shape)}",
                hint="sum its squares, or take a norm",
                pointer="/expression",
            )

    def require_values(self) -> None:
        """Raises UndefinedAtPoint where a name that is no unknown has no value."""
        known = {*self.given, *self.targets.names}
        if missing := [name for name in self.parsed.variables if name not in known]:
            raise UndefinedAtPoint(
                f"{', '.join(missing)} {'has' if len(missing) == 1 else 'have'} no value",
                hint=f'give it in "at": {{"{missing[0]}": ...}}, or name it in "wrt"',
                pointer="/at",
            )


def read_named(values: Named, variables: Mapping[str, Variable], pointer: str) -> dict[str, Array]:
    """The arrays of an object from names to numbers. Raises InputError, MatrixFormatError with pointers below `pointer`."""
    found = {}
    for name, value in values.items():
        if name not in variables:
            raise InputError(
                f"{name} is not a variable of the expression", hint=f"they are {', '.join(variables)}", pointer=f"{pointer}/{name}"
            )
        try:
            found[name] = read_array(value)
        except NablaError as error:
            raise error.at(f"{pointer}/{name}") from None
        check_properties(variables[name], found[name], f"{pointer}/{name}")
    return found


class Function:
    """The function of a question at known sizes. `start` are arrays of the unknowns, where the sizes need them."""

    def __init__(self, question: Question, start: Point | None = None) -> None:
        self.question = question
        known = read_named(question.given, question.variables, "/at")
        point = {**known, **(start or {})}
        self.sizes = {name: int(size) for name, size in all_sizes_at([question.node], question.variables, point).items()}
        shaped = reshaped(question.variables, point, self.sizes)
        self.known = {name: shaped[name] for name in known}
        self.start = {name: shaped[name] for name in start or {}}
        self.unknowns = Unknowns(question.targets.variables, self.sizes)
        free = freed(question.targets.variables)
        self.root = substitute(question.node, free)
        self.by = [free[v.name].parameter if v.name in free else v for v in question.targets.variables]
        self.notation = Notation({name: free.get(name) or variable(declared) for name, declared in question.variables.items()})
        self.tensor = lower(self.root)
        self.length = int(np.prod(lengths(axes(self.root.shape), self.sizes), dtype=int))

    # Derivatives as tensors, by each unknown variable.

    @cached_property
    def first(self) -> list[Tensor]:
        return total_derivatives(self.tensor, self.by, self.question.variables.values())[0]

    @cached_property
    def second(self) -> list[list[Tensor]]:
        return [total_derivatives(tensor, self.by, self.question.variables.values())[0] for tensor in self.first]

    # In doubles.

    @cached_property
    def _value(self) -> Evaluator:
        return Evaluator(self.root, self.sizes)

    @cached_property
    def _first(self) -> Evaluator:
        nodes = [self.notation.node(tensor) for tensor in self.first]
        return Evaluator(nodes[0], self.sizes, nodes[1:])

    @cached_property
    def _second(self) -> Evaluator:
        nodes = [self.notation.node(tensor) for row in self.second for tensor in row]
        return Evaluator(nodes[0], self.sizes, nodes[1:])

    def point(self, column: Array) -> dict[str, Array]:
        limits.check("unknowns", self.unknowns.count, "/wrt")
        return {**self.known, **self.unknowns.arrays(column)}

    def require_definite(self, column: Array) -> None:
        """Raises NoConvergence where a matrix that is declared positive definite is singular: the infimum is not reached there."""
        for declared, array in zip(self.unknowns.variables, self.unknowns.arrays(column).values(), strict=True):
            if "spd" in declared.properties:
                values = np.linalg.eigvalsh(np.atleast_2d(array))
                if values[0] <= SINGULAR * max(1.0, float(values[-1])):
                    raise NoConvergence(
                        f"no minimum was found among positive definite {declared.name}: the function falls towards a singular one",
                        hint=f'declare "{declared.name}": "symmetric(n)", or add a condition that keeps it away from there',
                        pointer=f"/variables/{declared.name}",
                        facts={"stopped_at": self.unknowns.to_json(column)},
                    )

    def values(self, column: Array) -> Array:
        """The entries of the function as one column; not finite where it is undefined."""
        return np.reshape(self._value(self.point(column)), -1)

    def value(self, column: Array) -> float:
        return float(self.values(column)[0])

    def jacobian(self, column: Array) -> Array:
        """A row for each entry of the function, a column for each unknown."""
        parts = self._first.values(self.point(column))
        return self.unknowns.by_column(
            [self._full(part, shape) for part, shape in zip(parts, self.unknowns.shapes, strict=True)], self.length
        )

    def gradient(self, column: Array) -> Array:
        return np.asarray(self.jacobian(column)[0])

    def hessian(self, column: Array) -> Array:
        """Of a scalar function, symmetric."""
        parts = self._second.values(self.point(column))
        count = len(self.by)
        rows = []
        for i, shape in enumerate(self.unknowns.shapes):
            entries = int(np.prod(shape, dtype=int))
            block = self.unknowns.by_column(
                [np.reshape(parts[i * count + j], (entries, -1)) for j in range(count)],
                entries,
            )
            free = self.unknowns.frees[i]
            rows.append(block if free is None else free.T @ block)
        matrix = np.concatenate(rows)
        return np.asarray((matrix + matrix.T) / 2)

    def _full(self, part: Array, shape: Sequence[int]) -> Array:
        return np.reshape(part, (self.length, int(np.prod(shape, dtype=int))))

    # In balls, inside `precision(bits)`.

    def enclosures(self, tensors: Sequence[Tensor], column: Array, further: Mapping[str, Array] | None = None) -> list[Array]:
        """The values of tensors over a column of balls: what they are for every point in it. Raises Imprecise."""
        arrays = {**self.known_balls(), **self.unknowns.arrays(column), **(further or {})}
        values = Intervals(arrays, self.sizes)
        return [values(tensor) for tensor in tensors]

    def value_balls(self, column: Array) -> Array:
        return np.reshape(self.enclosures([self.tensor], column)[0], -1)

    def jacobian_balls(self, column: Array) -> Array:
        return self.unknowns.by_column(self.enclosures(self.first, column), self.length)

    def hessian_balls(self, column: Array) -> Array:
        found = self.enclosures([tensor for row in self.second for tensor in row], column)
        count = len(self.by)
        rows = []
        for i, shape in enumerate(self.unknowns.shapes):
            entries = int(np.prod(shape, dtype=int))
            block = self.unknowns.by_column(found[i * count : (i + 1) * count], entries)
            free = self.unknowns.frees[i]
            rows.append(block if free is None else free.T.astype(int) @ block)
        return np.asarray(np.concatenate(rows))

    def known_balls(self) -> dict[str, Array]:
        """What the request gives, as it is written: 0.1 is 1/10, "pi/2" is π/2."""
        found = {}
        for name, shape in ((name, np.shape(array)) for name, array in self.known.items()):
            flat = np.array([_entry_ball(entry) for entry in _flat(self.question.given[name])], dtype=object)
            found[name] = np.reshape(flat, lengths(axes(self.question.variables[name].shape), self.sizes) if shape else ())
        return found


def _flat(value: Any) -> list[Any]:
    return [entry for part in value for entry in _flat(part)] if isinstance(value, list) else [value]


def _entry_ball(entry: Any) -> Any:
    if isinstance(entry, str):
        return Balls({}, {})(lower(parse_number(entry))).item()
    return ball(Fraction(repr(entry)))


def exact_entry(entry: Any) -> Fraction | None:
    """A number as it is written; None for a text that is no rational number."""
    try:
        return Fraction(entry if isinstance(entry, str) else repr(entry))
    except ValueError:
        return None


class Intervals(Balls):
    """Balls whose whole powers are bounded by the powers of their ends."""

    def power(self, tensor: Power, base: Array) -> Any:
        exponent = tensor.exponent
        if not isinstance(exponent, Tensor) and exponent.denominator == 1 and exponent > 1:
            return np.frompyfunc(lambda entry: _power(entry, int(exponent)), 1, 1)(base)
        return super().power(tensor, base)


def _power(entry: Any, exponent: int) -> Any:
    if entry.is_exact():
        return entry**exponent
    low, high = flint.arb(entry.lower()), flint.arb(entry.upper())
    if exponent % 2 == 0 and low < 0 < high:
        return flint.arb(0).union((-low).max(high) ** exponent)
    return (low**exponent).union(high**exponent)
