"""Whether a function is convex or concave, with what shows it; constants of smoothness and strong convexity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.calculus.evaluate import letters_of, sizes_at
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.calculus.verify import check_derivatives
from service.certificates import require
from service.errors import NablaError, NotDifferentiable, Undecided
from service.functions.atoms import Rules
from service.functions.chords import Verdict, chords, refuted
from service.functions.domains import has_convex_domain, is_smooth
from service.functions.exact_convexity import exactly
from service.functions.function import Function, Question, read_named
from service.functions.semidefinite import positive_parts, semidefinite, sign_of
from service.operations.leaves import variable
from service.printing.printers import to_text


def convexity(request: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a scalar function is convex on its domain. Raises Undecided, and what the language raises."""
    question = Question(request)
    question.require_scalar()
    function = None if is_open(question) else Function(question)
    verdict = decide_convexity(question, function)
    if verdict.convex is None:
        raise Undecided(
            "it could not be decided whether the function is convex: no rule shows it, and no numbers were found that refute it",
            hint="write it as sums and compositions of convex functions, such as norms, squares, exp, logsumexp",
            pointer="/expression",
        )
    answer: dict[str, Any] = {
        "operation": "convexity",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "convex": verdict.convex,
        "strictly_convex": verdict.strictly if verdict.convex else False,
        "strongly_convex": None if verdict.strong is None and verdict.convex else bool(verdict.strong and verdict.convex),
        "concave": verdict.concave,
        "strong_convexity_constant": verdict.strong if verdict.convex else None,
        "lipschitz_constant": verdict.lipschitz,
        "certificate": verdict.reason,
        "counterexample": verdict.counterexample,
    }
    answer["checks"] = require([*verdict.checks, *kinks_check(question.node, question.targets.names)])
    return answer


def curvature_of(question: Question, function: Function | None) -> str | None:
    """convex, concave, or None where it is neither or was not decided."""
    try:
        verdict = decide_convexity(question, function)
    except NablaError:
        return None
    return "convex" if verdict.convex else "concave" if verdict.concave else None


def is_open(question: Question) -> bool:
    """Whether sizes are letters that nothing tells, or names have no value."""
    known = {*question.given, *question.targets.names}
    if any(name not in known for name in question.parsed.variables):
        return True
    return not sizes_are_known(question)


def sizes_are_known(question: Question) -> bool:
    """Whether every size is a number, or told by a value."""
    told = sizes_at(question.variables, read_named(question.given, question.variables, "/at"))
    return not set(letters_of([question.node, *[variable(declared) for declared in question.targets.variables]])) - set(told)


def decide_convexity(question: Question, function: Function | None) -> Verdict:
    """The first of the methods that decides: exact, by structure, by numbers."""
    verdict = Verdict()
    names = question.targets.names
    smooth = is_smooth(question.node, names) and has_convex_domain(question.node, names)
    if smooth and function is not None:
        verdict = exactly(function)
    if smooth and verdict.convex is None:
        verdict = _by_structure(question)
    if verdict.convex is None:
        verdict = _by_rules(question)
    if verdict.convex is None and function is not None:
        verdict = refuted(function)
    return verdict


# --- by structure -------------------------------------------------------------------------------------------------------------


def _by_structure(question: Question) -> Verdict:
    """The Hessian semidefinite by how it is made."""
    if len(question.targets.variables) != 1:
        return Verdict()
    (declared,) = question.targets.variables
    if len(declared.shape) != 2 or declared.shape[1] != 1 or declared.properties:
        return Verdict()
    every = question.variables.values()
    try:
        gradient = total_derivatives(lower(question.node), [declared], every)[0][0]
        hessian = total_derivatives(gradient, [declared], every)[0][0]
    except NotDifferentiable:
        return Verdict()
    root = lower(question.node)
    sign = semidefinite(hessian) if hessian.shape else sign_of(hessian, positive_parts(root))
    if sign is None:
        return Verdict()
    notation = Notation({name: variable(each) for name, each in question.variables.items()}, question.parsed.decimals)
    nodes = [notation.node(gradient), notation.node(hessian)]
    text = to_text(nodes[1])
    checks = check_derivatives(question.node, {(declared.name,): nodes[0]}, question.variables, "finite-differences")
    checks += check_derivatives(nodes[0], {(declared.name,): nodes[1]}, question.variables, "finite-differences-2")
    word = "positive" if sign.sign > 0 else "negative"
    kind = f"{word} {'definite' if sign.strict else 'semidefinite'}"
    told = f"the Hessian {text} is {kind} by how it is made"
    if not hessian.shape:
        told = (
            f"the second derivative {text} is {'above' if sign.sign > 0 else 'below'} 0{'' if sign.strict else ', or 0,'} by how it is made"
        )
    reason = {"rule": "hessian-structure", "text": told, "hessian": text}
    return Verdict(
        convex=sign.sign > 0,
        concave=sign.sign < 0,
        strictly=sign.strict if sign.sign > 0 and sign.strict else None if sign.sign > 0 else False,
        reason=reason,
        checks=checks,
    )


# --- by rules -----------------------------------------------------------------------------------------------------------------


def _by_rules(question: Question) -> Verdict:
    """Sums and compositions of convex atoms, tried on random chords too."""
    rules = Rules(question.node, question.targets.names)
    shape = rules.result.shape
    if shape not in ("convex", "concave", "affine"):
        return Verdict()
    text = "; ".join(rules.told) or "the function is affine"
    return Verdict(
        convex=shape in ("convex", "affine"),
        concave=shape in ("concave", "affine"),
        strictly=False if shape == "affine" else None,
        reason={"rule": "composition", "text": text, "rules": list(rules.told)},
        checks=[chords(question, 1 if shape != "concave" else -1)],
    )
