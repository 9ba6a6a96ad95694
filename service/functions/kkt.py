"""The answer of a minimum under constraints: its multipliers, and the conditions of Karush, Kuhn and Tucker as checks.

With g(x) ≤ 0, h(x) = 0, low ≤ x ≤ high: ∇f + Σ w∇g + Σ v∇h - lower + upper = 0, w, lower, upper ≥ 0, and a multiplier above 0 only
where its constraint holds with equality. For a convex function, convex g and affine h they suffice for a global minimum.
(S. Boyd, L. Vandenberghe: Convex Optimization, section 5.5.3; J. Nocedal, S. J. Wright: Numerical Optimization, 12.3 and 12.5.)
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog

from service import limits
from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.calculus.lower import lower as to_tensor
from service.calculus.verify import check_derivatives
from service.certificates import Check, decided, measured, require
from service.errors import InputError, NablaError, NoConvergence, NoSolution, UndefinedAtPoint
from service.expression.nodes import Node, at_sizes, make
from service.expression.operation import Array
from service.expression.shapes import SCALAR, axes
from service.functions.chords import Verdict
from service.functions.conditions import Condition
from service.functions.constrained import BOUNDED_ONLY, CONSTRAINED, NEARNESSES, Problem, Solution, run, solved
from service.functions.convexity import decide_convexity
from service.functions.descent import FLATTEST, Options, Path
from service.functions.domains import is_affine
from service.functions.function import Function, Question
from service.functions.solve_nonlinear import read_start
from service.operations.leaves import number, variable

ITERATIONS = 1_000
TOLERANCE = 1e-10
FEASIBLE, STATIONARY, SIGNED, SLACK = 1e-8, 1e-7, 1e-9, 1e-8
ESCAPES, ASIDE = 4, 1e-2
End = tuple[Path, str, Solution | None, list[Check]]
MOST_ENTRIES = 30


def minimize_constrained(question: Question, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for a request with `constraints` or `bounds`.

    Raises NoConvergence, NoSolution for linear constraints that contradict each other, UndefinedAtPoint, InputError.
    """
    problem = Problem(question, read_start(question, request.get("start")), request.get("bounds"))
    limits.check("unknowns", problem.n + len(problem.equations), "/constraints")
    if not np.isfinite(problem.constraints(problem.start)).all():
        raise UndefinedAtPoint("a constraint has no value at the start", hint="another start", pointer="/start")
    methods = _methods(request.get("method"), question)
    most = request.get("iterations", ITERATIONS)
    limits.check("iterations", most, "/iterations")
    path, method, solution, checks = _found(problem, methods, Options(most, request.get("tolerance", TOLERANCE)))
    if solution is None or not all(check.passed for check in checks):
        raise _failed(problem, path, solution, checks)
    problem.objective.require_definite(solution.x)
    path.reason = "kkt"
    verdict, convex = _verdict(problem)
    values, kind = _curvature(problem, solution, convex)
    names = problem.objective.unknowns
    value = problem.objective.value(solution.x)
    answer: dict[str, Any] = {
        "operation": "minimize",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "method": method,
        "minimum": {"point": names.to_json(solution.x), "value": value},
        "converged": True,
        "reason": path.reason,
        "iterations": len(path.columns) - 1,
        "gradient_norm": float(np.linalg.norm(problem.objective.gradient(solution.x))),
        "hessian_eigenvalues": values,
        "kind": kind,
        "convex": verdict.convex,
        "convex_problem": convex,
        "lipschitz_constant": verdict.lipschitz,
        "strong_convexity_constant": verdict.strong,
        "step": None,
        "multipliers": _told(problem, solution),
        "bound_multipliers": {"lower": names.to_json(solution.lower), "upper": names.to_json(solution.upper)} if problem.bounded else None,
        "path": [
            {**iterate, "constraint_violation": problem.violation(column)}
            for iterate, column in zip(path.to_json(names), path.columns, strict=False)  # the first ones
        ],
        "proof": None if solution.proof is None else {"method": "krawczyk", "radius": solution.proof.radius, "unique_in_box": True},
    }
    if solution.proof is not None:
        text = f"there is one point with these active constraints and gradient L = 0, and only one, within {solution.proof.radius:.3g}"
        checks.append(decided("krawczyk", True, f"{text} (ball arithmetic)"))
    answer["checks"] = require([*_derivative_checks(problem), *checks])
    return answer


def _found(problem: Problem, methods: list[str], options: Options) -> End:
    """The end of the way from the start; where it is a saddle, of ways from beside it, as long as they lead further down."""
    end = _tried(problem, methods, options, problem.start)
    for _ in range(ESCAPES):
        path, _method, solution, checks = end
        direction = None if solution is None or not all(check.passed for check in checks) else _downwards(problem, solution)
        if solution is None or direction is None:
            break
        height = problem.objective.value(solution.x)
        further = None
        for sign in (1, -1):
            start = np.clip(solution.x + sign * ASIDE * (1 + np.abs(solution.x)) * direction, problem.low, problem.high)
            if not np.isfinite(problem.objective.value(start)):
                continue
            tried = _tried(problem, methods, options, start)
            if tried[2] is not None and all(check.passed for check in tried[3]):
                value = problem.objective.value(tried[2].x)
                if value < height - 1e-9 * (1 + abs(height)):
                    further, height = tried, value
        if further is None:
            break
        path.extend(further[0])
        end = (path, *further[1:])
    return end


def _tried(problem: Problem, methods: list[str], options: Options, start: Array) -> End:
    """The end of the first method whose end passes, else that of the last."""
    for method in methods:
        path = run(problem, method, options, start)
        solution, checks = _end(problem, path)
        if solution is not None and all(check.passed for check in checks):
            break
    return path, method, solution, checks


def _downwards(problem: Problem, solution: Solution) -> Array | None:
    """The direction along the active constraints in which the Lagrangian bends down most; None where it does not."""
    basis, hessian = _tangents(problem, solution)
    if not basis.size:
        return None
    values, vectors = np.linalg.eigh(basis.T @ hessian @ basis)
    if values[0] >= -FLATTEST * max(1.0, float(np.max(np.abs(hessian)))):
        return None
    direction = basis @ vectors[:, 0]
    return np.asarray(direction * (1 if direction[np.argmax(np.abs(direction))] > 0 else -1))


def _end(problem: Problem, path: Path) -> tuple[Solution | None, list[Check]]:
    """The solution at the end of a way with its certificate, as soon as one guess of the active constraints passes."""
    solution, checks = None, list[Check]()
    if path.reason != "diverged" and _is_finite(problem, path.columns[-1]):
        for nearness in NEARNESSES:
            solution = solved(problem, path.columns[-1], nearness)
            checks = certificate(problem, solution)
            if all(check.passed for check in checks):
                break
    return solution, checks


def _is_finite(problem: Problem, x: Array) -> bool:
    """Whether the function, the constraints and their derivatives have values."""
    whole = problem.at(x)
    return bool(np.isfinite(problem.lagrangian.gradient(whole)).all() and np.isfinite(problem.lagrangian.hessian(whole)).all())


def _methods(asked: str | None, question: Question) -> list[str]:
    if asked is None:
        return ["slsqp", "trust-constr"] if question.conditions else ["l-bfgs-b", "slsqp", "trust-constr"]
    if asked not in CONSTRAINED:
        raise InputError(
            f"{asked} takes neither constraints nor bounds", hint=f"the methods that do: {', '.join(CONSTRAINED)}", pointer="/method"
        )
    if asked in BOUNDED_ONLY and question.conditions:
        raise InputError(f"{asked} takes bounds, and no constraints", hint="slsqp or trust-constr take both", pointer="/method")
    return [asked]


def certificate(problem: Problem, solution: Solution) -> list[Check]:
    """The four conditions, each relative to the size of what it adds up."""
    x, w, low, high = solution.x, solution.w, solution.lower, solution.upper
    g, slopes = problem.constraints(x), problem.slopes(x)
    gradient = problem.objective.gradient(x)
    reach = 1 + np.abs(slopes) @ (1 + np.abs(x))
    outside = np.where(problem.equations, np.abs(g), g) / reach
    size = 1 + np.abs(x)
    feasible = max(0.0, *[float(np.max(part, initial=0.0)) for part in (outside, (problem.low - x) / size, (x - problem.high) / size)])
    largest = max(1.0, *np.abs(w), *low, *high)
    negative = max(0.0, *-w[~problem.equations], *-low, *-high) / largest
    left = gradient + slopes.T @ w - low + high
    scale = 1 + np.max(np.abs(gradient), initial=0) + np.max(np.abs(slopes).T @ np.abs(w), initial=0)
    with np.errstate(invalid="ignore"):
        gaps = [
            np.abs(w * g) / (reach * largest),
            np.where(low > 0, low * (x - problem.low), 0.0) / (size * largest),
            np.where(high > 0, high * (problem.high - x), 0.0) / (size * largest),
        ]
    slack = max(float(np.max(np.where(np.isnan(gap), np.inf, gap), initial=0.0)) for gap in gaps)
    return [
        measured("primal-feasibility", feasible, FEASIBLE, "how far the constraints and bounds are violated, relative to their size"),
        measured("dual-feasibility", negative, SIGNED, "how far multipliers of inequalities are below 0, relative to the largest"),
        measured("stationarity", float(np.max(np.abs(left), initial=0)) / scale, STATIONARY, "the Lagrangian's gradient, relative"),
        measured("complementary-slackness", slack, SLACK, "multipliers times slacks, relative"),
    ]


def _failed(problem: Problem, path: Path, solution: Solution | None, checks: list[Check]) -> NablaError:
    x = solution.x if solution is not None else path.columns[-1] if path.columns else problem.start
    if _contradict(problem, x):
        return NoSolution(
            "the constraints contradict each other: no point fulfils all of them (linear programming)", pointer="/constraints"
        )
    finite = bool(np.isfinite(x).all())
    violation = problem.violation(x) if finite else None
    missing = ", ".join(check.name for check in checks if not check.passed)
    why = "the way left every bound, or the domain: has the function a lower bound there?" if not missing else f"{missing} not reached"
    hint = "another start, one that fulfils the constraints; or the other method of slsqp and trust-constr"
    if kinks_check(problem.question.node, problem.question.targets.names):
        hint = "at a kink there is no gradient: write abs(x) as a further unknown t with t >= x and t >= -x, and max(x, y) likewise"
    return NoConvergence(
        f"no minimum was found: {why}",
        hint=hint,
        pointer="/start",
        facts={
            "stopped_at": problem.objective.unknowns.to_json(x) if finite else None,
            "value": path.values[-1] if path.values and np.isfinite(path.values[-1]) else None,
            "constraint_violation": violation,
            "iterations": max(len(path.columns) - 1, 0),
        },
    )


def _contradict(problem: Problem, x: Array) -> bool:
    """Whether linear programming finds no point for the affine constraints and bounds."""
    if not len(problem.equations) or not np.isfinite(x).all():
        return False
    affine = np.repeat([_is_affine(problem.question, place) for place in range(len(problem.counts))], problem.counts)
    slopes = problem.slopes(x)
    right = slopes @ x - problem.constraints(x)
    above, equal = affine & ~problem.equations, affine & problem.equations
    if not np.isfinite(slopes).all() or not np.isfinite(right).all():
        return False
    found = linprog(
        np.zeros(problem.n),
        A_ub=slopes[above] if above.any() else None,
        b_ub=right[above] if above.any() else None,
        A_eq=slopes[equal] if equal.any() else None,
        b_eq=right[equal] if equal.any() else None,
        bounds=list(zip(problem.low, problem.high, strict=True)),
    )
    return bool(found.status == 2)


def _is_affine(question: Question, place: int) -> bool:
    return is_affine(to_tensor(question.conditions[place].excess), question.targets.names)


def _verdict(problem: Problem) -> tuple[Verdict, bool | None]:
    """What is known of the function, and whether the problem is convex: the function and the inequalities, the equations affine."""
    question = problem.question
    verdict = Verdict()
    for asked in (question.under([*question.conditions, *_bounds(problem)]), question.under([])):
        try:
            verdict = decide_convexity(asked, problem.objective)
        except NablaError:
            continue
        if verdict.convex:
            break
    if not verdict.convex:
        return verdict, verdict.convex
    for place, condition in enumerate(question.conditions):
        if _is_affine(question, place):
            continue
        if condition.equation or not all(_is_convex(problem, node) for node in _entries(problem, place)):
            return verdict, None
    return verdict, True


def _bounds(problem: Problem) -> list[Condition]:
    """The bounds that are one number, as conditions."""
    found = []
    names = problem.objective.unknowns
    start = 0
    for declared, count in zip(names.variables, names.counts, strict=True):
        part = slice(start, start + count)
        start += count
        for ends, sign in ((problem.low[part], 1), (problem.high[part], -1)):
            if len(set(ends)) == 1 and np.isfinite(ends[0]):
                bound, node = number(Fraction(repr(float(sign * ends[0])))), variable(declared)
                excess = make("add", bound, make("negate", node) if sign > 0 else node)
                found.append(Condition(f"the bounds of {declared.name}", "/bounds", excess, False, False))
    return found


def _entries(problem: Problem, place: int) -> list[Any]:
    node = problem.question.conditions[place].excess
    if node.shape == SCALAR:
        return [node]
    if problem.counts[place] > MOST_ENTRIES:
        return [None]
    node = at_sizes(node, problem.objective.sizes)
    lengths = [size for size in axes(node.shape) if isinstance(size, int)]
    return [make("index", node, parameter=tuple(int(i) for i in index)) for index in np.ndindex(*lengths)] if lengths else [node]


def _is_convex(problem: Problem, node: Any) -> bool:
    if node is None:
        return False
    question = problem.question.about(node)
    try:
        return bool(decide_convexity(question, Function(question, problem.objective.start)).convex)
    except NablaError:
        return False


def _tangents(problem: Problem, solution: Solution) -> tuple[Array, Array]:
    """A basis of the directions along the active constraints, and the Lagrangian's Hessian in the unknowns."""
    n = problem.n
    hessian = problem.lagrangian.hessian(problem.at(solution.x, solution.w))[:n, :n]
    held = problem.equations | (solution.w > 0)
    rows = np.concatenate([problem.slopes(solution.x)[held], np.eye(n)[_fixed(problem, solution)]])
    return np.asarray(null_space(rows) if len(rows) else np.eye(n)), hessian


def _fixed(problem: Problem, solution: Solution) -> Array:
    return np.asarray((solution.lower > 0) | (solution.upper > 0) | (problem.low == problem.high))


def _curvature(problem: Problem, solution: Solution, convex: bool | None) -> tuple[list[float], str]:
    """The eigenvalues of the Lagrangian's Hessian along the active constraints, and what the point is."""
    basis, hessian = _tangents(problem, solution)
    values = np.linalg.eigvalsh(basis.T @ hessian @ basis) if basis.size else np.zeros(0)
    told = sorted((float(value) + 0.0 for value in values), reverse=True)
    if convex:
        return told, "global minimum"
    scale = FLATTEST * max(1.0, float(np.max(np.abs(hessian), initial=0)))
    if not len(values) or values[0] > scale:
        return told, "local minimum"
    g = problem.constraints(solution.x)
    held, fixed = problem.equations | (solution.w > 0), _fixed(problem, solution)
    weak = bool(((g >= -scale) & ~held).any() or (((solution.x == problem.low) | (solution.x == problem.high)) & ~fixed).any())
    return told, "saddle point" if values[0] < -scale and not weak else "degenerate"


def _told(problem: Problem, solution: Solution) -> list[dict[str, Any]]:
    """The multipliers by constraint, in the order of the request."""
    found, start = [], 0
    g = problem.constraints(solution.x)
    for condition, count in zip(problem.question.conditions, problem.counts, strict=True):
        part = slice(start, start + count)
        start += count
        w, values = (solution.w[part] + 0.0).tolist(), (g[part] + 0.0).tolist()
        scalar = condition.excess.shape == SCALAR
        found.append(
            {
                "constraint": condition.text,
                "kind": "equation" if condition.equation else "inequality",
                "multiplier": w[0] if scalar else w,
                "excess": values[0] if scalar else values,
                "active": bool(condition.equation or any(w)),
            }
        )
    return found


def _derivative_checks(problem: Problem) -> list[Check]:
    """The derivatives of the Lagrangian, which are those of the function and of every constraint."""
    function = problem.lagrangian
    question = function.question
    derivatives: dict[tuple[str, ...], Node] = {
        (v.name,): function.notation.node(tensor) for v, tensor in zip(function.by, function.first, strict=True)
    }
    variables = {**question.variables, **{v.name: v for v in function.by}}
    return [
        *check_derivatives(function.root, derivatives, variables, "finite-differences"),
        *kinks_check(question.node, question.targets.names),
    ]
