"""Nonlinear regression: y = f(x, θ) + error for a model that is an expression of the language.

Standard errors from s²(JᵀWJ)⁻¹ and t intervals, as NIST's reference sets and R's nls have them; R² = 1 − RSS/TSS about the mean.
(Bates, Watts: Nonlinear Regression Analysis and Its Applications, 1988.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.calculus.pointwise import NotExtended
from service.certificates import Check, require
from service.errors import InputError, MathematicsRefuses, NoConvergence, RankDeficient, ShapeMismatch, UndefinedAtPoint, UnknownName
from service.learning.expression_model import Column, ExpressionModel, Response, check_size, one_column, pointer_of, read_expression
from service.learning.generalized_linear import listed
from service.learning.model import Model, Task
from service.learning.nonlinear_answer import INCLUDES, Found, answer
from service.learning.nonlinear_polish import descend, minimum_at
from service.learning.nonlinear_search import Problem, searches
from service.learning.sample import refuse_exact
from service.linalg.matrix import Matrix

Vector = NDArray[np.float64]
Start = Mapping[str, float]


def _nonlinear(task: Task) -> dict[str, Any]:
    """Raises NoConvergence (with where it stopped), UndefinedAtPoint, RankDeficient, UnknownName, and what the language raises."""
    refuse_exact(task)
    starts = _starts(task)
    columns = _columns(task)
    names = tuple(starts[0])
    both = next((name for name in names if name in columns), None)
    if both is not None:
        raise InputError(f"{both} is a column of the data, and has a starting value too", "a name is one or the other", f"/start/{both}")
    parsed = read_expression(task.options.get("expression"), columns, names)
    unused = next((name for name in names if name not in parsed.variables), None)
    if unused is not None:
        near = f"its parameters are {', '.join(name for name in parsed.variables if name not in columns) or 'none'}"
        raise UnknownName(f"{unused} has a starting value, and the expression has no such parameter", near, f"/start/{unused}")
    used = {name: Column(columns[name], pointer_of(name)) for name in parsed.variables if name in columns}
    response = Response(task.observations.response, columns)
    n = _observations(used, response, task)
    weights = None if task.observations.weights is None else Column(task.observations.weights, "/weights")
    model = ExpressionModel(parsed, names, used)
    check_size(model, n)
    if not np.isfinite(response.floats()).all():
        place = int(np.flatnonzero(~np.isfinite(response.floats()))[0])
        raise UndefinedAtPoint(f"the response is undefined at observation {place + 1}", "such as the logarithm of 0", "/response")
    lower, upper = _bounds(task, names)
    problem = Problem(model, response, weights, lower, upper, n)
    tried: list[dict[str, Any]] = []
    best: Found | None = None
    last: MathematicsRefuses | None = None
    for place, start in enumerate(starts):
        pointer = f"/start/{place}" if len(starts) > 1 else "/start"
        try:
            found = _from(problem, np.array([float(start[name]) for name in names]), pointer)
        except (NoConvergence, UndefinedAtPoint, RankDeficient) as error:
            if len(starts) == 1:
                raise
            tried.append({"start": dict(start), "residual_sum_of_squares": None, "reason": error.detail})
            last = error
            continue
        tried.append({"start": dict(start), "residual_sum_of_squares": found.minimum.residual_sum, "reason": None})
        if best is None or found.minimum.residual_sum < best.minimum.residual_sum * (1 - 1e-9):
            best = found
    if best is None:
        assert last is not None
        raise last
    return answer(task, problem, best, tried if len(starts) > 1 else None)


# --- what was sent ------------------------------------------------------------------------------------------------------


def _starts(task: Task) -> list[Start]:
    """The starting values; all starts have the same names."""
    sent = task.options.get("start")
    if not sent:
        raise InputError("a nonlinear fit needs starting values", '"start": {"b1": 1, "b2": 0.5}, or a list of such', "/start")
    starts: list[Start] = list(sent) if isinstance(sent, list) else [sent]
    limits.check("points", len(starts), "/start")
    for place, start in enumerate(starts):
        if not start:
            raise InputError("a start names every parameter with its value", '{"b1": 1, "b2": 0.5}', "/start")
        if set(start) != set(starts[0]):
            raise InputError("the starts differ in their parameters", f"each has {', '.join(starts[0])}", f"/start/{place}")
    limits.check("cubic-size", len(starts[0]), "/start")
    return starts


def _columns(task: Task) -> dict[str, Matrix]:
    """All columns by name: of data, x1, x2, ... of X, x, y."""
    observed = task.observations
    found: dict[str, Matrix] = dict(observed.data or {})
    more: dict[str, Matrix] = {}
    if observed.X is not None:
        more |= {f"x{j + 1}": one_column(observed.X, j) for j in range(observed.X.shape[1])}
    more |= {name: value for name, value in (("x", observed.x), ("y", observed.y)) if value is not None}
    for name, value in more.items():
        if name in found:
            raise InputError(f"{name} stands in data and beside it", "send it once", f"/{name}")
        found[name] = value
    return found


def _observations(used: Mapping[str, Column], response: Response, task: Task) -> int:
    """How many there are. Raises ShapeMismatch."""
    heights = {name: len(column.doubles) for name, column in (*used.items(), *response.columns.items())}
    n = next(iter({name: heights[name] for name in response.columns}.values()))
    for name, height in heights.items():
        if height != n:
            raise ShapeMismatch(f"{name} has {height} entries, and the response {n}", "an entry for each observation", pointer_of(name))
    weights = task.observations.weights
    if weights is not None and (weights.shape != (n, 1) or weights.is_complex or not (weights.floats > 0).all()):
        raise InputError("a weight is a positive number, one for each observation", pointer="/weights")
    return n


def _bounds(task: Task, names: tuple[str, ...]) -> tuple[Vector, Vector]:
    sent: Mapping[str, Any] = task.options.get("bounds") or {}
    lower, upper = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    for name, (low, high) in sent.items():
        if name not in names:
            raise UnknownName(f"{name[:60]} has bounds, and is no parameter", f"the parameters are {', '.join(names)}", f"/bounds/{name}")
        place = names.index(name)
        lower[place] = -np.inf if low is None else low
        upper[place] = np.inf if high is None else high
        if not lower[place] < upper[place]:
            raise InputError("a lower bound is below the upper one", "[lower, upper]; null for none", f"/bounds/{name}")
    return lower, upper


# --- the fit ------------------------------------------------------------------------------------------------------------


def _from(problem: Problem, start: Vector, pointer: str) -> Found:
    """The minimum that is reached from one start. Raises UndefinedAtPoint, RankDeficient, NoConvergence, CheckFailed."""
    names, n = problem.model.names, problem.observations
    if n < len(names):
        raise RankDeficient(f"{n} observations cannot determine {len(names)} parameters", "send more observations", pointer_of("y"))
    if not ((problem.lower <= start) & (start <= problem.upper)).all():
        place = int(np.flatnonzero((start < problem.lower) | (start > problem.upper))[0])
        raise InputError(f"the start of {names[place]} is outside its bounds", "start inside them", f"{pointer}/{names[place]}")
    _refuse_undefined(problem, start, pointer)
    stopped = start
    refused: list[Check] | None = None
    for method, theta in searches(problem, start):
        if _sum(problem, theta) <= _sum(problem, stopped):
            stopped = theta
        free = _free(problem, theta)
        held = _held(problem, theta, free)
        if not free:
            raise NoConvergence(
                "the fit drives every parameter to a bound: nothing is left to estimate",
                "loosen the bounds, or leave them out",
                "/bounds",
                facts={"stopped_at": dict(zip(names, theta.tolist(), strict=True)), "residual_sum_of_squares": _sum(problem, theta)},
            )
        try:
            there = descend(held, theta[free])
        except NotExtended:
            there = theta[free].astype(np.longdouble), 0
        found = None if there is None else minimum_at(held, *there)
        if found is None:
            continue
        whole = theta.copy()
        whole[free] = found.theta
        if ((whole < problem.lower) | (whole > problem.upper)).any():
            continue
        if all(check.passed for check in found.checks()):
            return Found(found, whole, free, method)
        refused = found.checks()
    if refused is not None:
        require(refused)
    raise _no_convergence(problem, start, stopped, pointer)


def _sum(problem: Problem, theta: Vector) -> float:
    with np.errstate(all="ignore"):
        value = float((problem.residuals(theta) ** 2).sum())
    return value if np.isfinite(value) else np.inf


def _refuse_undefined(problem: Problem, start: Vector, pointer: str) -> None:
    with np.errstate(all="ignore"):
        values, slopes = problem.residuals(start), problem.jacobian(start)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        shown = ", ".join(f"{name} = {values_[int(wrong[0])]:g}" for name, values_ in _shown(problem))
        raise UndefinedAtPoint(
            f"the model is undefined at the start for observation {int(wrong[0]) + 1}{f' ({shown})' if shown else ''}",
            "a logarithm or root outside its domain, a division by zero, or an overflow: start elsewhere",
            pointer,
        )
    if not np.isfinite(slopes).all():
        name = problem.model.names[int(np.flatnonzero(~np.isfinite(slopes).all(axis=0))[0])]
        raise UndefinedAtPoint(f"the derivative by {name} is undefined at the start", "start elsewhere", pointer)


def _shown(problem: Problem) -> list[tuple[str, Vector]]:
    return [(name, column.doubles) for name, column in problem.model.columns.items()][:4]


def _free(problem: Problem, theta: Vector) -> list[int]:
    """The places of the parameters that are not held at a bound: at it, and driven further by the gradient."""
    if not problem.is_bounded:
        return list(range(len(theta)))
    gradient = problem.jacobian(theta).T @ problem.residuals(theta)
    scale = np.maximum(np.abs(theta), 1e-8)
    low = (theta - problem.lower <= 1e-8 * scale) & (gradient > 0)
    high = (problem.upper - theta <= 1e-8 * scale) & (gradient < 0)
    theta[low], theta[high] = problem.lower[low], problem.upper[high]
    return [int(place) for place in np.flatnonzero(~(low | high))]


def _held(problem: Problem, theta: Vector, free: list[int]) -> Problem:
    """The problem in the free parameters, the others being columns of one number."""
    names = problem.model.names
    if len(free) == len(names):
        return problem
    fixed = {
        name: Column(Matrix((problem.observations, 1), "float", np.full((problem.observations, 1), theta[j]), is_binary=True), "/bounds")
        for j, name in enumerate(names)
        if j not in free
    }
    model = ExpressionModel(problem.model.parsed, tuple(names[j] for j in free), {**problem.model.columns, **fixed})
    return Problem(model, problem.response, problem.weights, problem.lower[free], problem.upper[free], problem.observations)


def _no_convergence(problem: Problem, start: Vector, stopped: Vector, pointer: str) -> NoConvergence | RankDeficient:
    """Why there is no minimum where the best of the searches stopped, and where that was."""
    names = problem.model.names
    with np.errstate(all="ignore"):
        J, J0 = problem.jacobian(stopped), problem.jacobian(start)
        r = problem.residuals(stopped)
    facts: dict[str, Any] = {
        "stopped_at": dict(zip(names, listed(stopped), strict=True)),
        "residual_sum_of_squares": _sum(problem, stopped),
    }
    reason = "no solver came to rest at a minimum"
    if np.isfinite(J).all() and np.isfinite(r).all():
        facts["gradient"] = dict(zip(names, listed(-2 * J.T @ r), strict=True))
        direction = _undetermined(J)
        if direction is not None:
            moving = " and ".join(names[j] for j in direction[:4])
            reason = f"there the data do not determine {moving}: the Jacobian is singular"
            if np.isfinite(J0).all() and _undetermined(J0) is not None:
                return RankDeficient(
                    f"the parameters are not determined: the Jacobian is singular wherever it was tried, along {moving}",
                    "two parameters may do the same, or there are too few different points: fix one, or leave it out",
                    pointer,
                    facts=facts,
                )
    where = ", ".join(f"{name} = {value:.6g}" for name, value in zip(names[:6], stopped.tolist(), strict=False))
    return NoConvergence(
        f"the fit did not converge: {reason}; it stopped at {where}, with a sum of squares of {facts['residual_sum_of_squares']:.6g}",
        "start nearer to the answer, send several starts as a list, or give bounds",
        pointer,
        facts=facts,
    )


def _undetermined(J: Vector) -> list[int] | None:
    """The parameters along which nothing changes, the most moving first; None where the Jacobian has full rank."""
    largest = np.abs(J).max(axis=0)
    if not largest.all():
        return [int(j) for j in np.flatnonzero(largest == 0)]
    scaled = J / largest
    _, values, rows = np.linalg.svd(scaled / np.linalg.norm(scaled, axis=0), full_matrices=False)
    if values[-1] > 1e-10 * values[0]:
        return None
    return [int(j) for j in np.argsort(-np.abs(rows[-1])) if abs(rows[-1][j]) > 0.1]


NONLINEAR = Model(
    "nonlinear",
    "any expression with parameters, by least squares from starting values",
    _nonlinear,
    ("expression", "start", "bounds"),
    INCLUDES,
)
