"""Critical points: where the gradient is 0, what the Hessian makes of them, and whether they are all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.calculus.ball_functions import Imprecise
from service.certificates import Check, decided, measured, require
from service.errors import NablaError, Undecided
from service.expression.operation import Array
from service.expression.shapes import axes
from service.functions.algebraic import AlgebraicPoint
from service.functions.closed_values import value_text
from service.functions.convexity import curvature_of, is_open, sizes_are_known
from service.functions.domains import is_smooth
from service.functions.families import Families
from service.functions.family_answers import FamilyAnswers, inverted_points, special_values
from service.functions.function import Function, Question
from service.functions.inertia import Inertia
from service.functions.inverted import Inverted
from service.functions.periodic import waves, with_periods
from service.functions.quadratics import quadratic
from service.functions.radicals import Unsolvable
from service.functions.search import search
from service.functions.stationary import Gradient, NotFinite, NotPolynomial, Stationary, TooLarge
from service.precision import precision

BITS = 256
GRADIENT = 1e-9


def critical_points(request: Mapping[str, Any]) -> dict[str, Any]:
    """The critical points of a scalar function, classified; in terms of the parameters where there are names without values.

    Raises Undecided where they cannot be found with certainty, MathematicsRefuses, and what the language raises.
    """
    answer, special = _answered(request)
    if special:
        answer["special_cases"] = [_special(request, answer["wrt"], name, value) for name, value in special]
    return answer


def _special(request: Mapping[str, Any], wrt: list[str], name: str, value: str) -> dict[str, Any]:
    """The answer where a parameter has a value that is an exception."""
    told: dict[str, Any] = {"when": f"{name} = {value}"}
    try:
        answer, _ = _answered({**request, "wrt": wrt, "at": {**(request.get("at") or {}), name: value}})
    except NablaError as error:
        return {**told, "undecided": error.detail}
    return {**told, **{member: answer[member] for member in ("points", "families", "complete", "provided") if member in answer}}


def _answered(request: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The answer, and the values of parameters for which it does not hold."""
    question = Question(request)
    question.require_scalar()
    answer: dict[str, Any] = {
        "operation": "critical-points",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
    }
    if not sizes_are_known(question):
        return _quadratic(question, answer), []
    function = Function(question)
    try:
        gradient = Gradient(function)
        if gradient.exact.parameters:
            return _with_families(answer, gradient)
        points, complex_count = gradient.solutions()
    except NotFinite:
        return _with_families(answer, gradient)
    except (NotPolynomial, TooLarge):
        if is_open(question) and any(axes(declared.shape) for declared in question.targets.variables):
            return _quadratic(question, answer), []
        if is_open(question) and (inverted := _inverted(question, function, answer)):
            return inverted
        question.require_values()
        exactly = waves(function, request.get("within"))
        found, checks = exactly or with_periods(function, *search(function, request.get("within")))
        found["complete"] = found["complete"] and is_smooth(question.node, question.targets.names)
        return {**answer, **found, "checks": require([*checks, *kinks_check(question.node, question.targets.names)])}, []
    answer |= {
        "points": _described(gradient, points),
        "complete": is_smooth(question.node, question.targets.names),
        "method": "exact",
        "complex_solutions": complex_count,
    }
    answer["checks"] = require(_checks(function, gradient, points))
    return answer, []


def _quadratic(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    point, checks = quadratic(question)
    return {**answer, "points": [point], "complete": True, "method": "closed-form", "checks": require(checks)}


def _inverted(question: Question, function: Function, answer: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]] | None:
    """With parameters, by the inverse of an exponential or a logarithm; None where that does not help."""
    try:
        found = Inverted(function)
    except (NotPolynomial, Unsolvable, ZeroDivisionError):
        return None
    points, nodes = inverted_points(question, found)
    told = {
        "points": points,
        "families": [],
        "complete": is_smooth(question.node, question.targets.names),
        "method": "exact",
        "parameters": found.exact.parameters,
        "provided": [f"{found.texts.polynomial(polynomial)} != 0" for polynomial in found.exceptions.values()],
    }
    checks = [*found.checks(nodes), *kinks_check(question.node, question.targets.names)]
    return {**answer, **told, "checks": require(checks)}, special_values(list(found.exceptions.values()), found.exact.names)


def _with_families(answer: dict[str, Any], gradient: Gradient) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """With parameters, or where the points are not isolated."""
    question = gradient.function.question
    try:
        solving = Families(gradient)
        found = solving.found()
        telling = FamilyAnswers(gradient, solving.radicals, found)
        shown = [telling.to_json(family) for family in found.families]
    except Unsolvable:
        raise Undecided(
            "the critical points could not be found in terms of the parameters"
            if gradient.exact.parameters
            else "the critical points are not isolated: infinitely many, real or complex, solve gradient = 0",
            hint='give the values of parameters in "at"' if gradient.exact.parameters else "fix a variable with a value in at",
            pointer="/expression",
        ) from None
    isolated = _described(gradient, found.points) if found.points else []
    answer |= {
        "points": [*isolated, *[entry for entry in shown if "dimension" not in entry]],
        "families": [entry for entry in shown if "dimension" in entry],
        "complete": is_smooth(question.node, question.targets.names),
        "method": "exact",
    }
    if gradient.exact.parameters:
        answer |= {"parameters": gradient.exact.parameters, "provided": telling.exceptions()}
    checks = telling.checks(shown)
    if found.points:
        checks += _point_checks(gradient.function, gradient, found.points)
    answer["checks"] = require([*checks, *kinks_check(question.node, question.targets.names)])
    return answer, special_values(found.exceptions, gradient.exact.names)


def _described(gradient: Gradient, points: Sequence[AlgebraicPoint]) -> list[dict[str, Any]]:
    described = gradient.described(points)
    shown = [_shown(gradient, each) for each in described]
    question = gradient.function.question
    for entry, is_global in zip(shown, _globals(question, gradient.function, gradient, described), strict=True):
        entry["global"] = is_global
    return shown


def _shown(gradient: Gradient, found: Stationary) -> dict[str, Any]:
    """One point: exact texts where there are closed forms, else numbers rounded from proven balls."""
    point, unknowns = found.point, gradient.function.unknowns
    texts = [point.text(coordinate) for coordinate in point.coordinates]
    numbers = [point.number(coordinate) for coordinate in point.coordinates]
    exact = all(text is not None for text in texts)
    column = np.array(numbers)
    value = gradient.function.value(column)
    text = None
    if found.value is not None:
        value = point.number(found.value)
        text = point.text(found.value)
    elif exact:
        text = value_text(gradient.function, [str(text) for text in texts])
    inertia = found.inertia
    kind, degenerate = _kind(gradient, found)
    return {
        "point": unknowns.to_json([number if text is None else text for text, number in zip(texts, numbers, strict=True)]),
        "exact": exact,
        "numeric": unknowns.to_json(numbers),
        "value": value if text is None else text,
        "numeric_value": value,
        "kind": kind,
        "degenerate": degenerate,
        "hessian_eigenvalues": _eigenvalues(gradient.function, column, inertia),
    }


def _eigenvalues(function: Function, column: Array, inertia: Inertia | None) -> list[float]:
    """In falling order; those that are exactly 0 are put so."""
    found = sorted((float(value) for value in np.linalg.eigvalsh(function.hessian(column))), reverse=True)
    if inertia is not None:
        for place in range(inertia.positive, inertia.positive + inertia.zero):
            found[place] = 0.0
    return [value + 0.0 for value in found]


def _kind(gradient: Gradient, found: Stationary) -> tuple[str, bool]:
    """By the signs of the Hessian's eigenvalues; of one unknown by the first derivative that is not 0."""
    if found.inertia is None:
        return "degenerate", True
    if gradient.count == 1 and found.inertia.zero:
        return _by_higher_derivatives(gradient, found.point), True
    return found.inertia.kind, bool(found.inertia.zero)


def _by_higher_derivatives(gradient: Gradient, point: AlgebraicPoint) -> str:
    """f'(a) = ... = f^(k-1)(a) = 0 and f^(k)(a) not: an extremum where k is even, else an inflection point."""
    if gradient.exact.letters or gradient.entries[0].below != 1:
        return "degenerate"
    derivative = gradient.entries[0].top.derivative(0)
    order = 2
    while derivative != 0:
        value = gradient.element(point, type(gradient.entries[0])(derivative, gradient.exact.one))
        sign = 0 if value is None else point.sign(value)
        if sign:
            return "inflection point" if order % 2 else "local minimum" if sign > 0 else "local maximum"
        derivative = derivative.derivative(0)
        order += 1
    return "degenerate"


def _globals(question: Question, function: Function, gradient: Gradient, found: list[Stationary]) -> list[bool | None]:
    """Whether each extremum is global: by convexity, or for a polynomial of one unknown by its values and its growth."""
    curvature = curvature_of(question, function)
    if curvature in ("convex", "concave"):
        return [True for _ in found]
    ends = _ends(gradient)
    result: list[bool | None] = []
    heights = [None if each.value is None else each.point.number(each.value) for each in found]
    for each, height in zip(found, heights, strict=True):
        kind, _ = _kind(gradient, each)
        if kind in ("saddle point", "inflection point"):
            result.append(False)
        elif ends is None or height is None or kind == "degenerate":
            result.append(None)
        else:
            best = min if kind == "local minimum" else max
            grows = ends[0] > 0 and ends[1] > 0 if kind == "local minimum" else ends[0] < 0 and ends[1] < 0
            others = [other for other in heights if other is not None]
            result.append(bool(grows and abs(height - best(others)) <= 1e-14 * max(1.0, abs(height))))
    return result


def _ends(gradient: Gradient) -> tuple[int, int] | None:
    """The signs of a polynomial of one unknown at -∞ and ∞."""
    if gradient.count != 1 or gradient.exact.letters or gradient.entries[0].below != 1:
        return None
    top = gradient.entries[0].top  # f'
    lead = top.leading_coefficient()
    degree = int(top.total_degree()) + 1
    right = 1 if lead > 0 else -1
    return (right if degree % 2 == 0 else -right), right


def _checks(function: Function, gradient: Gradient, points: Sequence[AlgebraicPoint]) -> list[Check]:
    return [*_point_checks(function, gradient, points), *kinks_check(function.question.node, function.question.targets.names)]


def _point_checks(function: Function, gradient: Gradient, points: Sequence[AlgebraicPoint]) -> list[Check]:
    """The gradient in balls around each point, and the gradient of the numbers."""
    worst, holds = 0.0, True
    for point in points:
        numbers = np.array([point.number(c) for c in point.coordinates])
        slope = float(np.max(np.abs(function.gradient(numbers)), initial=0))
        scale = float(np.max(np.abs(function.hessian(numbers)), initial=0)) * float(np.max(np.abs(numbers), initial=0)) + 1.0
        worst = max(worst, slope / scale)
        with precision(BITS):
            try:
                holds = holds and all(entry.contains(0) for entry in np.ravel(function.jacobian_balls(gradient.column(point))))
            except Imprecise:
                holds = False
    return [
        decided("gradient-encloses-zero", holds, f"in balls of {BITS} bits around each of the {len(points)} points"),
        measured("gradient", worst, GRADIENT, "at the rounded points, relative to 1 + |H||x|"),
    ]
