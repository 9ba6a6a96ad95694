"""Taylor polynomials: T(x) = Σ_k d^k f(a; x - a)/k!, with d^k f the k-th differential, of scalars, vectors and matrices alike.

The remainder of order k + 1 lies between the bounds of d^(k+1) f(ξ; x - a)/(k+1)! for ξ and x in the box (Lagrange's form along
the segment from a to x), which ball arithmetic bounds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import flint
import numpy as np

from service import limits
from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check, refuse_kinks
from service.answers.points import read_points
from service.answers.task import all_variables, direction_of, read_back, read_dialects, read_function
from service.calculus import build
from service.calculus.ball_functions import Imprecise
from service.calculus.balls import Balls, balls
from service.calculus.evaluate import Evaluator, sizes_at, value_at
from service.calculus.forward import differential_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.sampling import GENERIC, draw_point, draw_sizes, letters_of
from service.calculus.substitute import substitute
from service.calculus.tensor_values import lengths
from service.calculus.verify import check_same
from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses, ShapeMismatch, Undecided, UndefinedAtPoint
from service.expression.nodes import Node, at_sizes, in_order, make
from service.expression.shapes import SCALAR, axes, describe
from service.expression.shapes import substitute as substitute_sizes
from service.expression.sums import filled, scale
from service.expression.tensors import Tensor
from service.functions.constants import folded
from service.functions.function import Intervals
from service.functions.taylor_derivatives import local_derivatives
from service.language import Declarations, parse
from service.operations.leaves import Variable, number, tensor_of, variable
from service.precision import precision
from service.printing.functions import to_code
from service.printing.printers import to_text

DEFAULT_ORDER = 2
BITS, STEP_BITS = 3000, 60
PIECES = 256
SAMPLES = 32
SLACK = 0.5
Named = Mapping[str, Any]


class _Task:
    """The function, the point, and the differentials d^k f(a; x - a)/k! as nodes, `terms[k]`."""

    def __init__(self, request: Named) -> None:
        parsed, targets = read_function(request)
        self.order = request.get("order", DEFAULT_ORDER)
        limits.check("taylor-order", self.order, "/order")
        self.parsed = parsed
        self.given: Named = request.get("about") or {}
        if isinstance(self.given, list):
            raise InputError("a Taylor polynomial is about one point", pointer="/about")
        variables = all_variables(parsed)
        for declared in targets.variables:
            variables.setdefault(declared.name, declared)
        if dependent := next((name for name, declared in variables.items() if declared.depends_on), None):
            raise MathematicsRefuses(f"{dependent} depends on other variables, but it is not said how", "write it out", "/variables")
        for name in self.given:
            if name not in targets.names:
                raise InputError(
                    f"{name} is not among the variables of the expansion", f"they are {', '.join(targets.names)}", f"/about/{name}"
                )
        self.wrt = targets.names
        self.sizes = self._sizes(variables)
        self.node = at_sizes(parsed.node, self.sizes)
        self.variables = {name: declared._replace(shape=_sized(declared, self.sizes)) for name, declared in variables.items()}
        self.by = [self.variables[name] for name in self.wrt]
        self.about = {declared.name: self._center(declared) for declared in self.by}
        taken = {*self.variables, *parsed.sizes}
        self.directions = {declared.name: direction_of(declared.name, declared, taken) for declared in self.by}
        self.differentials = self._differentials()
        self.steps = {self.directions[name].name: self._step(self.variables[name], node) for name, node in self.about.items()}

    def _step(self, declared: Variable, center: Node) -> Node:
        """x - a."""
        node = variable(declared)
        return node if lower(center) is filled(0, lower(center).shape) else build.add([node, build.negate(center)])

    def _sizes(self, variables: Mapping[str, Variable]) -> dict[str, Any]:
        """The letters that the arrays of the point tell."""
        point = {}
        for name, value in self.given.items():
            if isinstance(value, list) and value:
                rows = [row for row in value if isinstance(row, list)]
                point[name] = np.empty((len(value), len(rows[0])) if rows else (len(value),))
        try:
            return sizes_at(variables, point)
        except ShapeMismatch as error:
            error.pointer = error.pointer.replace("/at", "/about")
            raise

    def _center(self, declared: Variable) -> Node:
        """The point as an expression: as it is given, else 0."""
        value = self.given.get(declared.name)
        if value is None:
            return number(0) if declared.shape == SCALAR else make("zeros", parameter=declared.shape)
        pointer = f"/about/{declared.name}"
        read = parse(value, Declarations(self.variables, self.parsed.sizes), pointer)
        for name, node in read.variables.items():
            if name in self.wrt:
                raise InputError(f"the point holds {name}, a variable of the expansion", "give it numbers, or other names", pointer)
            self.variables.setdefault(name, node.parameter)
        if read.node.shape != declared.shape:
            raise ShapeMismatch(
                f"{declared.name} is {describe(declared.shape)}, and the point for it {describe(read.node.shape)}", pointer=pointer
            )
        return read.node

    def _differentials(self) -> list[Tensor]:
        """f, df, d²f, ... along the directions."""
        moves = {tensor_of(declared): tensor_of(self.directions[declared.name]) for declared in self.by}
        found = [lower(self.node)]
        for _ in range(self.order + 1):
            found.append(differential_of(found[-1], moves))
        return found

    def notation(self) -> Notation:
        known = {**self.variables, **{declared.name: declared for declared in self.directions.values()}}
        return Notation({name: variable(declared) for name, declared in known.items()}, self.parsed.decimals)

    def term(self, order: int) -> Node:
        """d^k f(a; x - a)/k!, its constants in closed form."""
        tensor = scale(Fraction(1, math.factorial(order)), self.differentials[order])
        node = self.notation().node(tensor)
        at_point = self.notation().node(lower(folded(substitute(node, self.about))))
        at_point = folded(self.notation().node(lower(folded(at_point))))
        return substitute(at_point, self.steps)

    def numeric_point(self) -> dict[str, Any] | None:
        """The point in doubles; None where it, or the function, has other names in it."""
        names = {node.parameter.name for node in in_order([self.node, *self.about.values()]) if isinstance(node.parameter, Variable)}
        inside = {node.parameter.name for node in in_order(self.about.values()) if isinstance(node.parameter, Variable)}
        if names - set(self.wrt) or inside or letters_of([self.node, *self.about.values()]):
            return None
        return {name: np.asarray(Evaluator(node, {})({})) for name, node in self.about.items()}


def _sized(declared: Variable, sizes: Mapping[str, Any]) -> Any:
    return tuple([substitute_sizes(size, sizes) for size in declared.shape])


def taylor(request: Named) -> dict[str, Any]:
    """The Taylor polynomial of `expression` about the point `about` (left out: 0), up to the order `order`.

    With `within`, a bound of the remainder there. Raises UndefinedAtPoint where the function or a derivative has no value at
    the point, NotDifferentiable, LimitExceeded, CheckFailed, Undecided and what the language raises.
    """
    task = _Task(request)
    _refuse_undefined(task)
    terms = [task.term(order) for order in range(task.order + 1)]
    zero = task.notation().node(filled(0, lower(task.node).shape))
    whole = _sum([term for term in terms if lower(term) is not lower(zero)] or [zero])
    read = read_back(to_text(whole), task.parsed, task.variables)
    checks = [
        _contact(task, read),
        check_same(whole, read, task.variables, "read-back"),
        *kinks_check(task.node, task.wrt),
    ]
    arguments = list({node.parameter.name: node.parameter for node in in_order([whole]) if isinstance(node.parameter, Variable)}.values())
    summary = f"Taylor polynomial of order {task.order} of {to_text(task.node)} by {', '.join(task.wrt)}."
    answer: dict[str, Any] = {
        "operation": "taylor",
        "expression": expression_to_json(task.node),
        "wrt": task.wrt,
        "about": {name: to_text(node) for name, node in task.about.items()},
        "order": task.order,
        "result": {
            **expression_to_json(whole),
            "code": {dialect: to_code(whole, arguments, "taylor", summary, dialect) for dialect in read_dialects(request)},
        },
        "terms": [{"order": order, **expression_to_json(term)} for order, term in enumerate(terms)],
    }
    found, further = local_derivatives(request, task.parsed, task.variables, task.sizes, task.about, task.order)
    answer |= found
    if "within" in request:
        answer["remainder"], check = _remainder(task, read, request["within"])
        checks.append(check)
    if request.get("at") is not None:
        points = read_points(request["at"], task.variables, task.parsed.sizes)
        values = [value_at(read, task.variables, point) for point in points]
        answer["value"] = values if isinstance(request["at"], list) else values[0]
        answer["at"] = request["at"]
    answer["checks"] = require([*checks, *further])
    return answer


def _sum(terms: Sequence[Node]) -> Node:
    return build.add(list(terms)) if len(terms) > 1 else terms[0]


def _refuse_undefined(task: _Task) -> None:
    """Raises UndefinedAtPoint, where the point is numbers."""
    point = task.numeric_point()
    if point is None:
        return
    names = [declared.name for declared in task.directions.values()]
    known = {**task.variables, **{declared.name: declared for declared in task.directions.values()}}
    ones = {name: np.ones_like(point[by]) for by, name in zip(task.directions, names, strict=True)}
    try:
        for tensor in task.differentials[: task.order + 1]:
            value_at(task.notation().node(tensor), known, {**point, **ones})
        if task.order:
            first = task.notation().node(task.differentials[1])
            along = {name: _ones(task, by) for by, name in zip(task.directions, names, strict=True)}
            refuse_kinks(task.node, substitute(first, along), max(2, task.order), task.wrt, task.variables, point)
    except UndefinedAtPoint as error:
        raise UndefinedAtPoint(
            "the function has no Taylor polynomial here: it or a derivative has no value at the point",
            hint=error.hint or "is the point in the domain, and the function smooth there?",
            pointer="/about",
        ) from None


def _ones(task: _Task, by: str) -> Node:
    shape = task.variables[by].shape
    return number(1) if shape == SCALAR else make("ones", parameter=shape)


# --- the check: f and T touch -----------------------------------------------------------------------------------------------


def _contact(task: _Task, polynomial: Node) -> Check:
    """f(a + h·d) - T(a + h·d) falls like h^(order + 1): its ratio at h and h/2, in balls of 3000 bits along a random line."""
    random = Random(f"taylor {to_text(task.node)}")
    sides = lower(task.node), lower(polynomial)
    nodes = [task.node, polynomial, *task.about.values()]
    letters = letters_of([*nodes, *[variable(declared) for declared in task.variables.values()]])
    unknown = [declared for name, declared in task.variables.items() if name not in task.wrt]
    with precision(BITS):
        for attempt, style in enumerate((*GENERIC, *GENERIC)):
            sizes = draw_sizes(letters, attempt)
            others = {name: balls(value) for name, value in draw_point(unknown, sizes, style, random).items()}
            lines = {name: balls(value) for name, value in draw_point(task.by, sizes, style, random).items()}
            try:
                found = _falls(task, sides, sizes, others, lines)
            except Imprecise:
                continue
            if found is not None:
                detail = (
                    f"f - T falls at least {task.order} + 1/2 powers of the distance to the point, between 2^-{STEP_BITS} and half of it"
                )
                return measured("contact", max(0.0, task.order + 1 - found), SLACK, detail)
    raise Undecided("the polynomial could not be checked: no line was found along which the function has a value", pointer="/expression")


def _falls(task: _Task, sides: tuple[Tensor, Tensor], sizes: Named, others: Named, lines: Named) -> float | None:
    """With how many powers of the distance f - T falls; None where the balls do not tell."""
    centers = Balls(others, sizes)
    rests = []
    for bits in (STEP_BITS, STEP_BITS + 1):
        step = flint.arb(2) ** -bits
        point = {**others}
        for name, node in task.about.items():
            center = centers(lower(node))
            point[name] = np.asarray(center + step * lines[name], dtype=object)
        values = Balls(point, sizes)
        rests.append([abs(entry) for entry in np.ravel(values(sides[0]) - values(sides[1]))])
    sizes_of = [[float(entry.upper().log().mid()) / math.log(2) if entry > 0 else None for entry in rest] for rest in rests]
    if any(not entry.is_finite() for rest in rests for entry in rest):
        return None
    powers = []
    for far, near, ball_far in zip(sizes_of[0], sizes_of[1], rests[0], strict=True):
        if far is None or near is None:
            bound = flint.arb(2) ** (-STEP_BITS * (task.order + 2))
            if ball_far < bound:  # as good as zero: a polynomial
                powers.append(task.order + 1.0)
                continue
            return None
        powers.append(far - near)
    return float(min(powers, default=task.order + 1.0))


# --- the remainder ------------------------------------------------------------------------------------------------------------


def _remainder(task: _Task, polynomial: Node, within: Named) -> tuple[dict[str, Any], Check]:
    """The largest |f - T| in a box around the point, bounded from above."""
    point = task.numeric_point()
    if point is None:
        raise MathematicsRefuses(
            "a bound of the remainder needs a function of the expanded variables alone, about a point in numbers", pointer="/within"
        )
    box = {name: _range(name, within.get(name), task) for name in task.wrt}
    count = task.order + 1
    tensor = scale(Fraction(1, math.factorial(count)), task.differentials[count])
    with precision(128):
        try:
            bound = _bound(task, tensor, box)
        except Imprecise:
            bound = math.inf
        if not math.isfinite(bound):
            raise Undecided(
                "the derivative that bounds the remainder could not be bounded in this box",
                "is the function smooth in all of it?",
                "/within",
            )
    largest = _largest_difference(task, polynomial, box)
    check = decided("remainder", largest <= bound, f"|f - T| at points of the box is at most {largest:.6g}")
    return {"bound": bound, "order": count, "within": {name: list(ends) for name, ends in box.items()}, "largest_seen": largest}, check


def _range(name: str, ends: Any, task: _Task) -> tuple[float, float]:
    if ends is None:
        raise InputError(f"the box has no range for {name}", hint=f'"within": {{"{name}": [-1, 1]}}', pointer="/within")
    if not isinstance(ends, list) or len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends):
        raise InputError("a range is two numbers", hint="such as [-1, 1]", pointer=f"/within/{name}")
    low, high = float(ends[0]), float(ends[1])
    center = Evaluator(task.about[name], {})({})
    if not (math.isfinite(low) and math.isfinite(high) and low < high and np.all(low <= center) and np.all(center <= high)):
        raise InputError("a range goes from a smaller number to a larger one, with the point between them", pointer=f"/within/{name}")
    return low, high


def _bound(task: _Task, tensor: Tensor, box: Mapping[str, tuple[float, float]]) -> float:
    centers = Balls({}, {})
    around: dict[str, Any] = {}
    for declared in task.by:
        low, high = box[declared.name]
        whole = np.full(lengths(axes(declared.shape), {}), None, dtype=object)
        whole[...] = flint.arb(low).union(flint.arb(high))
        around[task.directions[declared.name].name] = np.asarray(whole - centers(lower(task.about[declared.name])), dtype=object)
    scalars = [declared for declared in task.by if declared.shape == SCALAR]
    pieces = max(1, int(PIECES ** (1 / len(scalars)))) if scalars else 1
    worst = flint.arb(0)
    for places in itertools.product(range(pieces), repeat=len(scalars)):
        arrays = dict(around)
        for declared in task.by:
            low, high = box[declared.name]
            shape = lengths(axes(declared.shape), {})
            part = np.full(shape, None, dtype=object)
            if declared in scalars:
                place, width = places[scalars.index(declared)], (flint.arb(high) - flint.arb(low)) / pieces
                part[...] = (flint.arb(low) + width * place).union(flint.arb(low) + width * (place + 1))
            else:
                part[...] = flint.arb(low).union(flint.arb(high))
            arrays[declared.name] = part
        for entry in np.ravel(Intervals(arrays, {})(tensor)):
            if not entry.is_finite():
                return math.inf
            worst = worst.max(flint.arb(entry.abs_upper()))
    return float(np.nextafter(float(worst.upper()), math.inf)) if worst > 0 else 0.0


def _between(low: float, high: float, share: Any) -> Any:
    """Without high - low, which may overflow."""
    return low * (1 - share) + high * share


def _largest_difference(task: _Task, polynomial: Node, box: Mapping[str, tuple[float, float]]) -> float:
    """At the ends and at random points between, in balls, so that what is seen is no rounding."""
    random = np.random.default_rng(20_260_104)
    sides = lower(task.node), lower(polynomial)
    largest = 0.0
    for attempt in range(SAMPLES):
        point = {}
        for declared in task.by:
            low, high = box[declared.name]
            shape = lengths(axes(declared.shape), {})
            drawn = random.choice([low, high], shape) if attempt < SAMPLES // 4 else _between(low, high, random.random(shape))
            point[declared.name] = np.asarray(np.frompyfunc(lambda entry: flint.arb(float(entry)), 1, 1)(drawn), dtype=object)
        with precision(128):
            values = Balls(point, {})
            for entry in np.ravel(values(sides[0]) - values(sides[1])):
                if entry.is_finite():
                    largest = max(largest, float(entry.abs_lower()))
    return largest
