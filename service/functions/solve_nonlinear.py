"""Systems of equations F(x) = 0 by Newton's method with the exact Jacobian, the root proven in ball arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from service import limits
from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.calculus.verify import check_derivatives
from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses, NoConvergence, SingularMatrix, UndefinedAtPoint
from service.expression.nodes import Node
from service.expression.operation import Array
from service.functions.enclosure import Enclosure, enclose
from service.functions.function import Function, Question, read_named

TOLERANCE = 1e-12
ITERATIONS = 100
SMALLEST_STEP = 2.0**-30
RESIDUAL = 1e-8
NOISE = 1e-11
"""Errors below this, relative to the root, tell nothing of the order of convergence."""


def solve_nonlinear(request: Mapping[str, Any]) -> dict[str, Any]:
    """A root of `expression` (a list, or an array, of as many entries as there are unknowns) near `start`.

    Raises NoConvergence with the place where it stopped, SingularMatrix, UndefinedAtPoint, MathematicsRefuses.
    """
    question = Question(request)
    question.require_values()
    start = read_start(question, request.get("start"))
    function = Function(question, start)
    if function.length != function.unknowns.count:
        raise MathematicsRefuses(
            f"Newton's method takes as many equations as unknowns; here are {function.length} and {function.unknowns.count}",
            hint="minimize the sum of their squares instead",
            pointer="/expression",
        )
    most = request.get("iterations", ITERATIONS)
    limits.check("iterations", most, "/iterations")
    tolerance = request.get("tolerance", TOLERANCE)
    path, residuals = _newton(function, function.unknowns.column(function.start), most, tolerance)
    found = enclose(function.value_balls, function.jacobian_balls, path[-1])
    root = path[-1] if found is None else found.column
    names = function.unknowns
    answer = {
        "operation": "solve-nonlinear",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "method": "newton",
        "solution": names.to_json(root),
        "residual_norm": float(np.linalg.norm(function.values(root))),
        "iterations": len(path) - 1,
        "path": [{"point": names.to_json(x), "residual_norm": r} for x, r in zip(path, residuals, strict=True)],
        "convergence": _order(path, root),
        "proof": _proof(found),
    }
    answer["checks"] = require(_checks(function, root, residuals[0], found))
    return answer


def read_start(question: Question, start: Any, pointer: str = "/start") -> dict[str, Array]:
    """The arrays of the unknowns where the search starts."""
    if not isinstance(start, Mapping):
        hint = f'"start": {{"{question.targets.names[0]}": 1}}'
        raise InputError("a start is due: where to begin, with a value for each unknown", hint=hint, pointer=pointer)
    unknown = {declared.name: declared for declared in question.targets.variables}
    found = read_named(start, unknown, pointer)
    if missing := [name for name in unknown if name not in found]:
        raise InputError(f"the start has no value for {', '.join(missing)}", hint="give one for each unknown", pointer=pointer)
    return found


def _newton(function: Function, x: Array, most: int, tolerance: float) -> tuple[list[Array], list[float]]:
    """The iterates and the norms of their residuals. A step is halved while it makes the residual grow."""
    value = function.values(x)
    if not np.isfinite(value).all():
        raise UndefinedAtPoint("the function has no value at the start", pointer="/start")
    path, residuals = [x], [float(np.linalg.norm(value))]
    for _ in range(most):
        if residuals[-1] == 0:
            return path, residuals
        step = _step(function, path, value, residuals[-1])
        length, scale = float(np.linalg.norm(step)), 1 + float(np.linalg.norm(path[-1]))
        share = 1.0
        while True:
            following = path[-1] + share * step
            value_there = function.values(following)
            norm = float(np.linalg.norm(value_there))
            if np.isfinite(value_there).all() and (norm < residuals[-1] or length <= 1e-6 * scale):
                break
            share /= 2
            if share < SMALLEST_STEP:
                raise _stopped(function, path, residuals[-1], "no step along Newton's direction makes the residual smaller")
        if length <= 1e-6 * scale and norm >= residuals[-1]:  # rounding is all that is left
            return path, residuals
        path.append(following)
        residuals.append(norm)
        value = value_there
        if share * length <= tolerance * scale:
            return path, residuals
    raise _stopped(function, path, residuals[-1], f"it has not converged after {most} iterations")


def _step(function: Function, path: list[Array], value: Array, residual: float) -> Array:
    jacobian = function.jacobian(path[-1])
    if not np.isfinite(jacobian).all():
        raise UndefinedAtPoint(
            f"the Jacobian has no value at iterate {len(path) - 1}", facts=_place(function, path, residual), pointer="/start"
        )
    try:
        step = np.linalg.solve(jacobian, -value)
    except np.linalg.LinAlgError:
        raise SingularMatrix(
            f"the Jacobian is singular at iterate {len(path) - 1}: Newton's method has no step there",
            hint="start elsewhere",
            pointer="/start",
            facts=_place(function, path, residual),
        ) from None
    return np.asarray(step)


def _stopped(function: Function, path: list[Array], residual: float, detail: str) -> NoConvergence:
    return NoConvergence(
        f"Newton's method found no root: {detail}; it stopped at a point with the residual {residual:.6g}",
        hint="start elsewhere; is there a root?",
        pointer="/start",
        facts=_place(function, path, residual),
    )


def _place(function: Function, path: list[Array], residual: float) -> dict[str, Any]:
    return {"stopped_at": function.unknowns.to_json(path[-1]), "iterations": len(path) - 1, "residual_norm": residual}


def _order(path: list[Array], root: Array) -> dict[str, Any]:
    """The errors of the iterates, e_(k+1)/e_k², and the order log(e_(k+2)/e_(k+1)) / log(e_(k+1)/e_k) where it shows last."""
    errors = [float(np.linalg.norm(x - root)) for x in path]
    floor = NOISE * (1 + float(np.linalg.norm(root)))
    told = [error for error in errors if error > floor]
    ratios = [after / before**2 for before, after in itertools.pairwise(told)]
    orders = [float(np.log(c / b) / np.log(b / a)) for a, b, c in zip(told, told[1:], told[2:], strict=False) if a > b > c and c < 0.1]
    order = orders[-1] if orders else None
    return {"errors": errors, "quadratic_ratios": ratios, "order": order, "quadratic": None if order is None else order > 1.5}


def _proof(found: Enclosure | None) -> dict[str, Any] | None:
    return None if found is None else {"method": "krawczyk", "radius": found.radius, "unique_in_box": True}


def _checks(function: Function, root: Array, first: float, found: Enclosure | None) -> list[Check]:
    values = function.values(root)
    jacobian = function.jacobian(root)
    constant = np.abs(function.values(0 * root))
    scale = float(np.max(np.abs(jacobian) @ np.abs(root), initial=0)) + float(np.max(constant[np.isfinite(constant)], initial=0))
    scale = max(scale, first)
    question = function.question
    derivatives: dict[tuple[str, ...], Node] = {
        (v.name,): function.notation.node(tensor) for v, tensor in zip(function.by, function.first, strict=True)
    }
    variables = {**question.variables, **{v.name: v for v in function.by}}
    checks = [
        measured(
            "residual",
            float(np.max(np.abs(values))) / (scale or 1.0),
            RESIDUAL,
            "|F(x)| relative to |F'(x)||x| + |F(0)|, or |F| at the start if that is more",
        ),
        *check_derivatives(function.root, derivatives, variables, "finite-differences"),
        *kinks_check(question.node, question.targets.names),
    ]
    if found is not None:
        checks.append(
            decided("krawczyk", True, f"there is one root, and only one, within {found.radius:.3g} of the solution (ball arithmetic)")
        )
    return checks
