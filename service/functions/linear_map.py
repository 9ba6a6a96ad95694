"""Whether a function is linear: its matrix, kernel and image, or numbers for which additivity or homogeneity fails."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import Any

import flint
import numpy as np

from service import limits
from service.answers.forms import expression_to_json
from service.answers.targets import Targets
from service.answers.task import all_variables, read_function
from service.calculus import build
from service.calculus.ball_functions import Imprecise
from service.calculus.balls import Balls, balls
from service.calculus.compare import decide
from service.calculus.differentiate import derivatives
from service.calculus.forward import differential_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.sampling import READABLE, draw_point, draw_sizes, letters_of
from service.calculus.substitute import substitute
from service.calculus.tensor_values import NotRational, Rationals
from service.certificates import Check, decided, require
from service.errors import MathematicsRefuses, NotDifferentiable, Undecided, UndefinedAtPoint
from service.expression.nodes import Node, make
from service.expression.operation import Array
from service.expression.shapes import SCALAR, axes
from service.expression.tensors import Tensor
from service.functions.unknowns import Unknowns
from service.language import Parsed
from service.operations.leaves import Variable, number, tensor_of, variable
from service.precision import precision
from service.printing.printers import to_text

BITS = 256
ATTEMPTS = 60
LARGEST = 1e300
SCALARS = (2, -1, 3)


def linear_map(request: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the function of the variables `wrt` is linear, f(u + v) = f(u) + f(v) and f(c·u) = c·f(u), with the proof.

    Raises Undecided and what the language raises.
    """
    parsed, targets = read_function(request)
    variables = all_variables(parsed)
    for declared in targets.variables:
        variables.setdefault(declared.name, declared)
    if any(declared.depends_on for declared in variables.values()):
        raise MathematicsRefuses("the function has to be given in full: nothing may depend on its variables unsaid", pointer="/variables")
    answer: dict[str, Any] = {"operation": "linear-map", "expression": expression_to_json(parsed.node), "wrt": targets.names}
    tangent, differential = _tangent(parsed, targets, variables)
    checks: list[Check] = []
    linear = False
    if tangent is not None:
        try:
            verdict = decide(parsed.node, tangent, f"linear-map {to_text(parsed.node)}")
            linear, checks = verdict.equivalent, list(verdict.checks)
        except Undecided:  # as where f'(0) has no value: then numbers have to show it
            tangent = None
    answer["linear"] = linear
    if linear:
        more, further = _described(parsed, targets, variables, differential)
        answer.update(more)
        checks += further
    else:
        answer["counterexample"], check = _counterexample(parsed.node, targets, variables)
        answer["affine"] = _is_affine(parsed.node, targets, tangent)
        checks = [check]
    answer["checks"] = require(checks)
    return answer


def _zero(declared: Variable) -> Node:
    return number(0) if declared.shape == SCALAR else build.filled("zeros", *declared.shape)


def _tangent(parsed: Parsed, targets: Targets, variables: Mapping[str, Variable]) -> tuple[Node | None, Any]:
    """f'(0)·x as a node: what f is if it is linear. None where it has no derivative at 0."""
    moves = {tensor_of(declared): tensor_of(declared._replace(name=f"{declared.name} moved")) for declared in targets.variables}
    notation = Notation({name: variable(declared) for name, declared in variables.items()}, parsed.decimals)
    notation.declare([declared._replace(name=f"{declared.name} moved") for declared in targets.variables])
    try:
        along = notation.node(differential_of(lower(parsed.node), moves))
        moved = {declared.name: _zero(declared) for declared in targets.variables}
        back = {f"{declared.name} moved": variable(declared) for declared in targets.variables}
        tensor = lower(substitute(substitute(along, moved), back))
        node = notation.node(tensor)
    except (NotDifferentiable, UndefinedAtPoint, ZeroDivisionError):
        return None, None
    if node.shape != parsed.node.shape:
        node = build.transpose(node)
    return (node, tensor) if node.shape == parsed.node.shape else (None, None)


def _is_affine(function: Node, targets: Targets, tangent: Node | None) -> bool | None:
    """Whether f(x) = f'(0)·x + f(0); None where that could not be decided."""
    if tangent is None:
        return False
    constant = substitute(function, {declared.name: _zero(declared) for declared in targets.variables})
    try:
        return decide(function, build.add([tangent, constant]), f"affine {to_text(function)}").equivalent
    except (Undecided, UndefinedAtPoint):
        return None


# --- the matrix of a linear map -----------------------------------------------------------------------------------------------


def _described(
    parsed: Parsed, targets: Targets, variables: Mapping[str, Variable], differential: Tensor
) -> tuple[dict[str, Any], list[Check]]:
    """The matrix, entry by entry where the sizes are numbers, else as one expression; for rational entries kernel and image."""
    by = targets.variables
    sized = all(isinstance(size, int) for declared in by for size in declared.shape) and all(
        isinstance(size, int) for size in parsed.node.shape
    )
    notation = Notation({name: variable(declared) for name, declared in variables.items()}, parsed.decimals)
    root = lower(parsed.node)
    if not sized:
        if len(by) > 1:
            return {"matrix": None}, []
        jacobian = notation.node(derivatives(root, [tensor_of(by[0])])[0])
        return {"matrix": expression_to_json(jacobian)}, []
    unknowns = Unknowns(by, {})
    length = math.prod(int(size) for size in parsed.node.shape)
    limits.check("unknowns", max(unknowns.count, length), "/expression")
    columns = []
    for place in range(unknowns.count):
        unit = np.array([int(place == other) for other in range(unknowns.count)], dtype=object)
        arrays = unknowns.arrays(unit)
        values = {declared.name: _literal(arrays[declared.name]) for declared in by}
        columns.append(entries_of(substitute(parsed.node, values)))
    rows = [list(row) for row in zip(*columns, strict=True)]
    answer: dict[str, Any] = {"matrix": [[to_text(notation.node(entry)) for entry in row] for row in rows], "columns": unknowns.names}
    numbers = [[_rational(entry) for entry in row] for row in rows]
    if any(entry is None for row in numbers for entry in row):
        return answer, []
    matrix = flint.fmpq_mat([[flint.fmpq(entry.numerator, entry.denominator) for entry in row if entry is not None] for row in numbers])
    more, checks = _spaces(matrix)
    return {**answer, **more}, checks


def _literal(array: Array) -> Node:
    if array.ndim == 0:
        return number(int(array))
    table = array.reshape(len(array), -1)
    return make("literal", *[number(int(entry)) for entry in table.ravel()], parameter=table.shape)


def entries_of(function: Node) -> list[Tensor]:
    """The entries of an array of known sizes, row by row."""
    if function.shape == SCALAR:
        return [lower(function)]
    if function.operation.name == "literal":
        return [lower(entry) for entry in function.arguments]
    lengths_ = [int(size) for size in axes(function.shape)]
    return [lower(make("index", function, parameter=place)) for place in itertools.product(*map(range, lengths_))]


def _rational(tensor: Tensor) -> Fraction | None:
    try:
        return Fraction(Rationals({}, {})(tensor).item())
    except NotRational:
        return None


def _spaces(matrix: Any) -> tuple[dict[str, Any], list[Check]]:
    """Rank, kernel and image by elimination (fmpq_mat.rref)."""
    reduced, rank = matrix.rref()
    count = matrix.ncols()
    pivots: list[int] = []
    for i in range(rank):
        pivots.append(next(j for j in range(count) if reduced[i, j] != 0))
    kernel = []
    for free in (j for j in range(count) if j not in pivots):
        vector = [flint.fmpq(0)] * count
        vector[free] = flint.fmpq(1)
        for i, pivot in enumerate(pivots):
            vector[pivot] = -reduced[i, free]
        kernel.append(vector)
    image = [[matrix[i, j] for i in range(matrix.nrows())] for j in pivots]
    zero = all((matrix * flint.fmpq_mat(count, 1, vector)).rank() == 0 for vector in kernel)
    checks = [
        decided("rank-nullity", zero and rank + len(kernel) == count, "M·k = 0 for the basis of the kernel; rank + nullity = columns")
    ]
    return {
        "rank": int(rank),
        "kernel": [[str(entry) for entry in vector] for vector in kernel],
        "image": [[str(entry) for entry in vector] for vector in image],
        "injective": not kernel,
        "surjective": rank == matrix.nrows(),
    }, checks


# --- numbers for which an axiom fails -----------------------------------------------------------------------------------------


def _counterexample(function: Node, targets: Targets, variables: Mapping[str, Variable]) -> tuple[dict[str, Any], Check]:
    """Raises Undecided where none is found."""
    random = Random(f"linear-map {to_text(function)}")
    tensor = lower(function)
    letters = letters_of([function, *[variable(declared) for declared in variables.values()]])
    names = targets.names
    others = [declared for name, declared in variables.items() if name not in names]
    with precision(BITS):
        for attempt in range(ATTEMPTS):
            sizes = draw_sizes(letters, attempt)
            style = READABLE[attempt % len(READABLE)]
            u, v = (draw_point(targets.variables, sizes, style, random) for _ in range(2))
            if attempt == 0:
                u = v = {name: np.ones_like(value) * Fraction(1) for name, value in u.items()}
            fixed = draw_point(others, sizes, style, random)
            scalar = SCALARS[attempt % len(SCALARS)]
            sums = {name: np.asarray(u[name] + v[name], dtype=object) for name in names}
            scaled = {name: np.asarray(scalar * u[name], dtype=object) for name in names}
            try:
                f_u, f_v, f_sum, f_scaled = (_values(tensor, {**fixed, **point}, sizes) for point in (u, v, sums, scaled))
            except Imprecise:
                continue
            if _differ(f_scaled, [scalar * entry for entry in f_u]):
                return _told("homogeneity", scalar, u, None, f_scaled, [scalar * entry for entry in f_u], fixed)
            if _differ(f_sum, [a + b for a, b in zip(f_u, f_v, strict=True)]):
                return _told("additivity", None, u, v, f_sum, [a + b for a, b in zip(f_u, f_v, strict=True)], fixed)
    raise Undecided(
        "it could not be decided whether the function is linear: it is not known to be, and no numbers were found that show it is not",
        pointer="/expression",
    )


def _values(tensor: Tensor, point: Mapping[str, Array], sizes: Mapping[str, int]) -> list[Any]:
    found = np.ravel(Balls({name: balls(array) for name, array in point.items()}, sizes)(tensor)).tolist()
    if not all(entry.is_finite() and abs(entry) < LARGEST for entry in found):
        raise Imprecise
    return list(found)


def _differ(left: list[Any], right: list[Any]) -> bool:
    return any(not a.overlaps(b) for a, b in zip(left, right, strict=True))


def _told(
    axiom: str,
    scalar: int | None,
    u: Mapping[str, Array],
    v: Mapping[str, Array] | None,
    left: list[Any],
    right: list[Any],
    fixed: Mapping[str, Array],
) -> tuple[dict[str, Any], Check]:
    shown_left, shown_right = [_number(entry) for entry in left], [_number(entry) for entry in right]
    formula = "f(u + v) = f(u) + f(v)" if scalar is None else f"f({scalar}*u) = {scalar}*f(u)".replace("-1*", "-")
    points = f"u: {_point(u)}" + (f"; v: {_point(v)}" if v else "")
    with_values = f"; with {_point(fixed)}" if fixed else ""
    sides = f"the left side is {_list(shown_left)}, the right side {_list(shown_right)}"
    text = f"{axiom} fails: {formula} is wrong for {points}{with_values}: {sides}"
    counterexample = {
        "axiom": axiom,
        "scalar": scalar,
        "u": _json(u),
        "v": None if v is None else _json(v),
        **({"at": _json(fixed)} if fixed else {}),
        "left": shown_left,
        "right": shown_right,
        "text": text,
    }
    gap = max(float(abs(a - b).lower()) for a, b in zip(left, right, strict=True))
    return counterexample, decided("counterexample", gap > 0, f"both sides computed in ball arithmetic; they differ by at least {gap:.6g}")


def _number(entry: Any) -> float | int:
    value = float(entry.mid())
    return int(value) if value == int(value) else value


def _json(point: Mapping[str, Array]) -> dict[str, Any]:
    return {
        name: np.vectorize(lambda entry: int(entry) if entry == int(entry) else float(entry), otypes=[object])(array).tolist()
        for name, array in point.items()
    }


def _list(values: list[Any]) -> str:
    return str(values[0]) if len(values) == 1 else f"({', '.join(map(str, values))})"


def _point(point: Mapping[str, Array] | None) -> str:
    return ", ".join(f"{name} = {value}" for name, value in _json(point or {}).items())
