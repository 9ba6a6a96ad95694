"""Minima under constraints and bounds: found by SciPy, led on by Newton's method on the active constraints, certified by KKT.

The Lagrangian L(x, w) = f(x) + w'g(x) is one function of the language: its gradient is that of f with the constraints below it, its
Hessian the matrix of the Newton step. (J. Nocedal, S. J. Wright: Numerical Optimization, 2nd edition, chapters 12 and 18.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from scipy.optimize import Bounds, NonlinearConstraint, lsq_linear
from scipy.optimize import minimize as scipy_minimize

from service.answers.points import read_array
from service.calculus.evaluate import Point
from service.errors import InputError, NablaError, UndefinedAtPoint
from service.expression.nodes import Node, make
from service.expression.operation import Array
from service.expression.shapes import SCALAR
from service.functions.descent import Options, Path
from service.functions.enclosure import Enclosure, enclose
from service.functions.function import Function, Question
from service.operations.leaves import Variable, variable

CONSTRAINED = ("slsqp", "trust-constr", "l-bfgs-b")
BOUNDED_ONLY = ("l-bfgs-b",)
NEARNESSES = (1e-6, 1e-4, 1e-2)
"""A constraint is taken for active when it is this near to equality, relative to its gradient and the point: tried in turn."""
POSITIVE = 1e-9
"""Multipliers above this part of the largest one are taken for positive."""
NEWTON_STEPS = 30
NEAR = 1e-2
"""No further than this, relative to 1 + |x|, do Newton's steps lead from where SciPy ended."""
MOST_PROVEN = 100
FAR = 1e100


class Problem:
    """A function at known sizes with its constraints as rows of g, at most 0 or equal to 0, and bounds of its unknowns."""

    def __init__(self, question: Question, start: Point, bounds: Mapping[str, Any] | None) -> None:
        self.question = question
        for condition in question.conditions:
            if condition.strict:
                raise InputError(
                    f"{condition.text} leaves its border out, where the minimum may be", hint="write <= or >=", pointer=condition.pointer
                )
        self.objective = Function(question, start)
        self.n = self.objective.unknowns.count
        multipliers = [Variable(_free_name(question, place), each.excess.shape) for place, each in enumerate(question.conditions, 1)]
        self.lagrangian_question = question.about(_lagrangian(question, multipliers), multipliers)
        self.lagrangian = Function(self.lagrangian_question, start) if multipliers else self.objective
        self.counts = self.lagrangian.unknowns.counts[len(self.objective.unknowns.counts) :]
        owners = [place for place, count in enumerate(self.counts) for _ in range(count)]
        self.equations = np.array([question.conditions[place].equation for place in owners], dtype=bool)
        self.low, self.high = read_bounds(self.objective, bounds)
        self.start = np.clip(self.objective.unknowns.column(self.objective.start), self.low, self.high)

    @property
    def bounded(self) -> bool:
        return bool(np.isfinite(self.low).any() or np.isfinite(self.high).any())

    def at(self, x: Array, w: Array | None = None) -> Array:
        return np.concatenate([x, np.zeros(len(self.equations)) if w is None else w])

    def constraints(self, x: Array) -> Array:
        """g(x): one entry a row, equations too."""
        return self.lagrangian.gradient(self.at(x))[self.n :]

    def slopes(self, x: Array) -> Array:
        """The Jacobian of g."""
        return self.lagrangian.hessian(self.at(x))[self.n :, : self.n]

    def violation(self, x: Array) -> float:
        """How far x is outside, at most, in the units of the constraints and bounds."""
        g = self.constraints(x)
        parts = [np.where(self.equations, np.abs(g), g), self.low - x, x - self.high]
        return max(0.0, *[float(np.max(part, initial=0.0)) for part in parts])


@dataclass(frozen=True)
class Solution:
    """A point, a multiplier for each row of g, and those of the bounds, `lower` and `upper`, none below 0."""

    x: Array
    w: Array
    lower: Array
    upper: Array
    proof: Enclosure | None = None


def _free_name(question: Question, place: int) -> str:
    name = f"multiplier_{place}"
    while name in question.variables:
        name += "_"
    return name


def _lagrangian(question: Question, multipliers: Sequence[Variable]) -> Node:
    terms = [question.node]
    for condition, declared in zip(question.conditions, multipliers, strict=True):
        weight = variable(declared)
        scalar = declared.shape == SCALAR
        terms.append(make("times", weight, condition.excess) if scalar else make("sum", make("hadamard", weight, condition.excess)))
    return make("add", *terms) if len(terms) > 1 else question.node


def read_bounds(function: Function, bounds: Mapping[str, Any] | None) -> tuple[Array, Array]:
    """The lower and the upper bounds of the unknowns as columns, infinite where there is none. Raises InputError, MatrixFormatError."""
    ends: list[dict[str, Array]] = [{}, {}]
    names = function.question.targets.names
    for declared, shape in zip(function.unknowns.variables, function.unknowns.shapes, strict=True):
        pair = (bounds or {}).get(declared.name) or [None, None]
        for place, missing in enumerate((-np.inf, np.inf)):
            pointer = f"/bounds/{declared.name}/{place}"
            try:
                value = np.asarray(missing) if pair[place] is None else read_array(pair[place])
                ends[place][declared.name] = np.broadcast_to(value if not value.ndim else np.reshape(value, shape), shape).astype(float)
            except NablaError as error:
                raise error.at(pointer) from None
            except ValueError:
                raise InputError(
                    f"the bounds of {declared.name} have the shape {list(np.shape(pair[place]))}, and {declared.name} has {list(shape)}",
                    hint="a number for all entries, or an array of the variable's shape",
                    pointer=pointer,
                ) from None
        if (ends[0][declared.name] > ends[1][declared.name]).any():
            raise InputError("a lower bound is above the upper one", hint="[low, high]", pointer=f"/bounds/{declared.name}")
    if unknown := [name for name in bounds or {} if name not in names]:
        raise InputError(f"{unknown[0]} is no unknown", hint=f"the unknowns are {', '.join(names)}", pointer=f"/bounds/{unknown[0]}")
    return function.unknowns.column(ends[0]), function.unknowns.column(ends[1])


# --- the way ------------------------------------------------------------------------------------------------------------------


def run(problem: Problem, method: str, options: Options, start: Array) -> Path:
    """SciPy's way from a start; its iterates, with the gradient of f."""
    function = problem.objective
    path = Path()
    if not np.isfinite(function.value(start)):
        raise UndefinedAtPoint("the function has no value at the start", hint="a start inside its domain, and the bounds", pointer="/start")

    def note(column: Array, *_: Any) -> None:
        path.add(np.array(column), function.value(column), function.gradient(column))

    note(start)
    asked: dict[str, Any] = {"jac": function.gradient, "method": method, "callback": note, "bounds": Bounds(problem.low, problem.high)}
    if method == "slsqp":
        asked["options"] = {"maxiter": options.iterations, "ftol": 1e-9}
        asked["constraints"] = _dictionaries(problem)
    elif method == "trust-constr":
        asked["hess"] = function.hessian
        asked["options"] = {
            "maxiter": options.iterations,
            "gtol": 1e-10,
            "xtol": 1e-14,
            "sparse_jacobian": False,
            "factorization_method": "SVDFactorization",
        }
        asked["constraints"] = _nonlinear(problem)
    else:
        asked["options"] = {"maxiter": options.iterations, "gtol": options.tolerance, "ftol": 0.0}
    try:
        with np.errstate(all="ignore"):
            found: Any = scipy_minimize(function.value, start, **asked)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):  # it stepped to where nothing is finite
        path.reason = "diverged"
        return path
    note(np.clip(found.x, problem.low, problem.high))
    last = path.columns[-1]
    sound = bool(np.isfinite(path.values[-1]) and np.isfinite(last).all() and np.max(np.abs(last), initial=0) < FAR)
    path.reason = "diverged" if not sound else "iterations" if found.get("nit", 0) >= options.iterations else "kkt"
    return path


def _dictionaries(problem: Problem) -> list[dict[str, Any]]:
    found = []
    for kind, rows, sign in (("eq", problem.equations, 1.0), ("ineq", ~problem.equations, -1.0)):
        if rows.any():
            found.append(
                {
                    "type": kind,
                    "fun": lambda x, rows=rows, sign=sign: sign * problem.constraints(x)[rows],
                    "jac": lambda x, rows=rows, sign=sign: sign * problem.slopes(x)[rows],
                }
            )
    return found


def _nonlinear(problem: Problem) -> list[NonlinearConstraint]:
    if not len(problem.equations):
        return []

    def bend(x: Array, w: Array) -> Array:
        n = problem.n
        return np.asarray(problem.lagrangian.hessian(problem.at(x, w))[:n, :n] - problem.objective.hessian(x))

    low = np.where(problem.equations, 0.0, -np.inf)
    options: dict[str, Any] = {"jac": problem.slopes, "hess": bend}
    return [NonlinearConstraint(problem.constraints, low, np.zeros(len(low)), **options)]


# --- its end ------------------------------------------------------------------------------------------------------------------


def solved(problem: Problem, x: Array, nearness: float) -> Solution:
    """The multipliers at the end of a way, both led on by Newton's method on what is active, and proven where that succeeds."""
    low, high, rows = _active(problem, x, nearness)
    w, lower, upper = _multipliers(problem, x, low, high, rows)
    most = max([1.0, *np.abs(w), *lower, *upper])
    fixed = (lower > POSITIVE * most) | (upper > POSITIVE * most) | (problem.low == problem.high)
    x = np.where(lower > POSITIVE * most, problem.low, np.where(upper > POSITIVE * most, problem.high, x))
    held = problem.equations | (w > POSITIVE * most)
    chosen = np.concatenate([~fixed, held])
    z = problem.at(x, np.where(held, w, 0.0))
    z = _newton(problem, z, chosen)
    proof = _proven(problem, z, chosen)
    if proof is not None:
        z[chosen] = proof.column
    x, w = z[: problem.n], z[problem.n :]
    slope = problem.lagrangian.gradient(z)[: problem.n]
    lower, upper = np.where(fixed & (x <= problem.low), slope, 0.0), np.where(fixed & (x >= problem.high), -slope, 0.0)
    both = problem.low == problem.high
    return Solution(x, w, np.where(both, np.maximum(slope, 0), lower), np.where(both, np.maximum(-slope, 0), upper), proof)


def _active(problem: Problem, x: Array, nearness: float) -> tuple[Array, Array, Array]:
    """Which lower bounds, upper bounds and rows of g hold with equality, as far as the way has come."""
    size = 1 + np.abs(x)
    g, slopes = problem.constraints(x), problem.slopes(x)
    reach = nearness * (1 + np.abs(slopes) @ size) if len(g) else np.zeros(0)
    return x - problem.low <= nearness * size, problem.high - x <= nearness * size, problem.equations | (g >= -reach)


def _multipliers(problem: Problem, x: Array, low: Array, high: Array, rows: Array) -> tuple[Array, Array, Array]:
    """The multipliers of the active constraints that come nearest to a gradient 0 of the Lagrangian, signs as they have to be."""
    n = problem.n
    identity = np.eye(n)
    columns = np.concatenate([problem.slopes(x)[rows].T, -identity[:, low], identity[:, high]], axis=1)
    if not columns.shape[1]:
        return np.zeros(len(problem.equations)), np.zeros(n), np.zeros(n)
    least = np.concatenate([np.where(problem.equations[rows], -np.inf, 0.0), np.zeros(low.sum() + high.sum())])
    found = lsq_linear(columns, -problem.objective.gradient(x), bounds=(least, np.inf), method="bvls").x
    w, lower, upper = np.zeros(len(problem.equations)), np.zeros(n), np.zeros(n)
    count = int(rows.sum())
    w[rows] = found[:count]
    lower[low] = found[count : count + int(low.sum())]
    upper[high] = found[count + int(low.sum()) :]
    return w, lower, upper


def _newton(problem: Problem, z: Array, chosen: Array) -> Array:
    """Newton's method on gradient L = 0 in the chosen unknowns and multipliers, as long as it comes nearer, and stays near the end."""
    n, end = problem.n, z[: problem.n]
    residual = _residual(problem, z, chosen)
    for _ in range(NEWTON_STEPS):
        matrix = problem.lagrangian.hessian(z)[np.ix_(chosen, chosen)]
        if not np.isfinite(matrix).all() or not chosen.any():
            break
        step = np.linalg.lstsq(matrix, -problem.lagrangian.gradient(z)[chosen], rcond=None)[0]
        following = z.copy()
        following[chosen] += step
        after = _residual(problem, following, chosen)
        far = float(np.max(np.abs(following[:n] - end) / (1 + np.abs(end)), initial=0)) > NEAR
        if far or not after < residual or problem.violation(following[:n]) > max(1e-9, 2 * problem.violation(z[:n])):
            break
        z, residual = following, after
    return z


def _residual(problem: Problem, z: Array, chosen: Array) -> float:
    found = problem.lagrangian.gradient(z)[chosen]
    return float(np.linalg.norm(found)) if np.isfinite(found).all() else np.inf


def _proven(problem: Problem, z: Array, chosen: Array) -> Enclosure | None:
    """The one root of gradient L = 0 with this active set, in ball arithmetic."""
    if not 0 < chosen.sum() <= MOST_PROVEN:
        return None
    places = np.flatnonzero(chosen)

    def whole(column: Array) -> Array:
        balls = np.array([flint.arb(float(entry)) for entry in z], dtype=object)
        balls[places] = column
        return balls

    return enclose(
        lambda column: problem.lagrangian.jacobian_balls(whole(column))[0][places],
        lambda column: problem.lagrangian.hessian_balls(whole(column))[np.ix_(places, places)],
        z[places],
    )
