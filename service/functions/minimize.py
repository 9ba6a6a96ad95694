"""Minima found by going down, with the path, the reason for stopping, and what shows that it is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import flint
import numpy as np

from service import limits
from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.calculus.ball_functions import Imprecise
from service.calculus.verify import check_derivatives
from service.certificates import Check, decided, measured, require
from service.errors import InputError, NoConvergence, UndefinedAtPoint
from service.expression.nodes import Node
from service.expression.operation import Array
from service.functions.chords import Verdict
from service.functions.constrained import CONSTRAINED
from service.functions.convexity import known_convexity
from service.functions.descent import FLATTEST, METHODS, Options, Path, newton
from service.functions.enclosure import Enclosure, enclose
from service.functions.function import Function, Question
from service.functions.inertia import in_balls
from service.functions.kkt import minimize_constrained
from service.functions.solve_nonlinear import read_start
from service.functions.stochastic import minimize_stochastic
from service.precision import precision

ADAPTIVE = ("adagrad", "rmsprop", "adam")
FIRST_ORDER = ("gradient-descent", "momentum", "nesterov", *ADAPTIVE)
ITERATIONS = {"newton": 1_000, "bfgs": 5_000}
MOST_ITERATIONS = 10_000
TOLERANCE = 1e-10
MOMENTUM = 0.9
REACHES = (np.inf, 1.0, 0.3)
"""How far a step of Newton's method leads, relative to 1 + |x|: at the first try, the second, the third."""
POLISHING, FINEST = 200, 1e-30
BITS = 160


def minimize(request: Mapping[str, Any]) -> dict[str, Any]:
    """A local minimum of a scalar function, from `start`.

    Raises NoConvergence with the place where it stopped, UndefinedAtPoint, InputError, and what the language raises.
    """
    question = Question(request, "constraints")
    question.require_scalar()
    question.require_values()
    if question.conditions or request.get("bounds"):
        return minimize_constrained(question, request)
    if request.get("method") in CONSTRAINED:
        raise InputError(
            f"{request['method']} is for constraints and bounds, and there are none",
            hint='"constraints": ["x + y <= 1"] or "bounds": {"x": [0, 1]}; newton and bfgs do without',
            pointer="/method",
        )
    if request.get("method") == "sgd":
        return minimize_stochastic(question, request)
    function = Function(question, read_start(question, request.get("start")))
    x = function.unknowns.column(function.start)
    method = request.get("method") or "newton"
    verdict = known_convexity(question, function)
    options = _options(request, method, verdict)
    if not np.isfinite(function.value(x)):
        raise UndefinedAtPoint("the function has no value at the start", pointer="/start")
    path, proof = _descended(function, x, method, options, verdict, request)
    _refuse(function, path, "iterations" in request)
    column = path.columns[-1] if proof is None else proof.column
    if path.converged:
        function.require_definite(column)
    values = np.linalg.eigvalsh(function.hessian(column))
    gradient = float(np.linalg.norm(function.gradient(column)))
    names = function.unknowns
    answer: dict[str, Any] = {
        "operation": "minimize",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "method": method,
        "minimum": {"point": names.to_json(column), "value": _value(function, proof, column)},
        "converged": path.converged,
        "reason": path.reason,
        "iterations": len(path.columns) - 1,
        "gradient_norm": gradient,
        "hessian_eigenvalues": sorted((float(value) + 0.0 for value in values), reverse=True),
        "kind": _kind(function, verdict, column, values, path.converged, proof is not None),
        "convex": verdict.convex,
        "lipschitz_constant": verdict.lipschitz,
        "strong_convexity_constant": verdict.strong,
        "step": options.step or None,
        "path": path.to_json(names),
    }
    checks = _checks(function, path, gradient)
    if method == "gradient-descent":
        answer["rate_bound"], more = _rate_bound(function, path, verdict, options.step)
        checks += more
    answer["proof"] = None if proof is None else {"method": "krawczyk", "radius": proof.radius, "unique_in_box": True}
    if proof is not None:
        checks.append(decided("krawczyk", True, f"there is one critical point, and only one, within {proof.radius:.3g} (ball arithmetic)"))
    answer["checks"] = require(checks)
    return answer


def _options(request: Mapping[str, Any], method: str, verdict: Verdict) -> Options:
    most = request.get("iterations", ITERATIONS.get(method, MOST_ITERATIONS))
    limits.check("iterations", most, "/iterations")
    tolerance = request.get("tolerance", TOLERANCE)
    step = request.get("step", 0.0)
    if method in FIRST_ORDER and not step:
        if not verdict.lipschitz or method in ADAPTIVE:
            raise InputError(
                f"{method} needs a step"
                + ("" if method in ADAPTIVE else ": no Lipschitz constant of the gradient is known, whose inverse it would be"),
                hint='"step": 0.01; or the method newton, which needs none',
                pointer="/step",
            )
        step = 1 / verdict.lipschitz
    if method not in FIRST_ORDER:
        step = 0.0
    return Options(most, tolerance, step, request.get("momentum", MOMENTUM) if method in ("momentum", "nesterov") else 0.0)


def _descended(
    function: Function, x: Array, method: str, options: Options, verdict: Verdict, request: Mapping[str, Any]
) -> tuple[Path, Enclosure | None]:
    """The way down, and the proof of its end where there is one.

    Where Newton's method ends at a plateau, a saddle or nowhere, it is tried again with shorter steps: the lowest end counts.
    """
    if method in FIRST_ORDER:
        return METHODS[method](function, x, options), None
    ends = []
    for reach in REACHES if method == "newton" and "iterations" not in request else REACHES[:1]:
        tried = replace(options, reach=reach)
        path, proof = _finished(function, METHODS[method](function, x, tried), tried, "tolerance" in request)
        ends.append((path, proof))
        if proof is not None or (path.converged and verdict.convex):
            return path, proof
    return min(ends, key=lambda end: (not end[0].converged, end[0].values[-1] if end[0].values else np.inf))


def _refuse(function: Function, path: Path, asked: bool) -> None:
    """Raises NoConvergence; so many iterations as were asked for are no failure."""
    if path.converged or (asked and path.reason == "iterations"):
        return
    told = {
        "diverged": "it left every bound, or the domain of the function: the step is too long, or the function has no lower bound",
        "iterations": "it has not converged in so many iterations",
        "rounding": "no step makes the function smaller, though the gradient is not small",
    }[path.reason]
    raise NoConvergence(
        f"no minimum was found: {told}; it stopped after {max(len(path.columns) - 1, 0)} iterations",
        hint="another start, a shorter step, or the method newton",
        pointer="/start",
        facts={
            "stopped_at": function.unknowns.to_json(path.columns[-1]) if path.columns else None,
            "value": path.values[-1] if path.values else None,
            "gradient_norm": path.norms[-1] if path.norms else None,
            "iterations": max(len(path.columns) - 1, 0),
            "reason": path.reason,
        },
    )


def _finished(function: Function, path: Path, options: Options, asked: bool) -> tuple[Path, Enclosure | None]:
    """The path led on by Newton's steps where it ends at a saddle, or creeps towards a singular Hessian; the minimum proven.

    Where rounding stopped it, the proof tells that it is there.
    """
    if path.reason not in ("gradient", "rounding"):
        return path, None
    proof = _proven(function, path.columns[-1])
    if proof is None and path.reason == "gradient":
        lowest = float(np.linalg.eigvalsh(function.hessian(path.columns[-1]))[0])
        finest = options.tolerance if asked or lowest < 0 else FINEST
        further = newton(function, path.columns[-1], Options(POLISHING, finest))
        if further.values and further.values[-1] <= path.values[-1]:
            path.extend(further)
            path.reason = "gradient" if path.norms[-1] <= options.tolerance else path.reason
            proof = _proven(function, path.columns[-1])
    if proof is not None and path.reason == "rounding":
        path.reason = "enclosed"
    return path, proof


def _proven(function: Function, column: Array) -> Enclosure | None:
    """The critical point next to `column`, where the Hessian has no negative eigenvalue."""
    values = np.linalg.eigvalsh(function.hessian(column))
    if values[0] < -1e-12 * max(1.0, float(values[-1])):
        return None
    return enclose(lambda box: function.jacobian_balls(box)[0], function.hessian_balls, column)


def _value(function: Function, proof: Enclosure | None, column: Array) -> float:
    """The value, to all digits of a double where the point is proven: the point is not, rounded."""
    if proof is None:
        return function.value(column)
    with precision(BITS):
        try:
            balls = np.array([flint.arb(float(entry)) for entry in column], dtype=object)
            found = function.value_balls(balls)[0]
        except Imprecise:
            return function.value(column)
        return float(found.mid()) if found.is_finite() else function.value(column)


def _kind(function: Function, verdict: Verdict, column: Array, values: Array, converged: bool, proven: bool) -> str:
    """What the point is, as far as convexity and the Hessian there tell, in balls where the point is proven."""
    if not converged:
        return "not converged"
    if verdict.convex:
        return "global minimum"
    if proven:
        with precision(BITS):
            try:
                inertia = in_balls(function.hessian_balls(np.array([flint.arb(float(x)) for x in column], dtype=object)))
            except Imprecise:
                inertia = None
        if inertia is not None:
            return inertia.kind
    scale = FLATTEST * max(1.0, float(np.max(np.abs(values), initial=0)))
    if values[0] > scale:
        return "local minimum"
    return "saddle point" if values[0] < -scale else "degenerate"


def _rate_bound(function: Function, path: Path, verdict: Verdict, step: float) -> tuple[dict[str, Any], list[Check]]:
    """f(x_k) - f* ≤ |x_0 - x*|²/(2·step·k) for convex f and step ≤ 1/L, at every k of the path. (Nesterov, theorem 2.1.14.)"""
    formula = "f(x_k) - f* <= |x_0 - x*|^2/(2*step*k)"
    if not verdict.convex or not verdict.lipschitz or step > (1 + 1e-12) / verdict.lipschitz:
        why = "the function is not known to be convex" if not verdict.convex else "the step is longer than 1/L, or L is not known"
        return {"formula": formula, "applies": False, "holds": None, "text": f"the bound is not promised: {why}"}, []
    best = newton(function, path.columns[-1], Options(200, 1e-13))
    optimum, lowest = best.columns[-1], min(best.values[-1], *path.values)
    distance = float(np.sum((path.columns[0] - optimum) ** 2))
    bounds = [distance / (2 * step * k) for k in range(1, len(path.values))]
    gaps = [value - lowest for value in path.values[1:]]
    noise = 1e-12 * max(1.0, *[abs(value) for value in path.values])
    holds = all(gap <= bound + noise for gap, bound in zip(gaps, bounds, strict=True))
    worst = max([gap / bound for gap, bound in zip(gaps, bounds, strict=True) if bound > 0], default=0.0)
    answer = {
        "formula": formula,
        "applies": True,
        "holds": holds,
        "distance_squared": distance,
        "last_bound": bounds[-1] if bounds else None,
        "last_gap": gaps[-1] if gaps else None,
        "largest_ratio": worst,
        "text": f"at each of the {len(bounds)} iterates the gap is at most {worst:.3g} of the bound",
    }
    return answer, [decided("rate-bound", holds, f"{formula} at each of the {len(bounds)} iterates")]


def _checks(function: Function, path: Path, gradient: float) -> list[Check]:
    question = function.question
    derivatives: dict[tuple[str, ...], Node] = {
        (v.name,): function.notation.node(tensor) for v, tensor in zip(function.by, function.first, strict=True)
    }
    variables = {**question.variables, **{v.name: v for v in function.by}}
    checks = [
        *check_derivatives(function.root, derivatives, variables, "finite-differences"),
        *kinks_check(question.node, question.targets.names),
        decided("descent", path.values[-1] <= path.values[0], f"the function fell from {path.values[0]:.6g} to {path.values[-1]:.6g}"),
    ]
    if path.converged and path.reason == "gradient":
        scale = 1 + abs(path.values[-1]) + path.norms[0]
        checks.append(
            measured("gradient", gradient / scale, 1e-6, "|gradient| at the minimum relative to 1 + |f| + |gradient at the start|")
        )
    return checks
