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
from service.errors import InputError, MathematicsRefuses, NablaError, NotDifferentiable, Undecided
from service.expression.nodes import in_order, make
from service.expression.tensors import Product
from service.functions.atoms import Rules
from service.functions.boxes import definite_on_box
from service.functions.chords import Verdict, chords, refuted
from service.functions.curvature import AFFINE, CONCAVE, CONSTANT, CONVEX
from service.functions.domains import Domain, domain_of, has_convex_domain, is_smooth
from service.functions.exact_convexity import exactly
from service.functions.function import Function, Question, read_named
from service.functions.quasi import quasi
from service.functions.semidefinite import Sign, positive_parts, semidefinite, sign_of
from service.functions.verified_constants import with_constants
from service.operations.leaves import Variable, variable
from service.printing.printers import to_text


def convexity(request: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a scalar function is convex on its domain. Raises Undecided, and what the language raises."""
    question = Question(request, "domain")
    question.require_scalar()
    _refuse_strangers(question)
    function = None if is_open(question) else Function(question)
    verdict = decide_convexity(question, function)
    if verdict.convex is None and not verdict.concave:
        raise Undecided(
            "it could not be decided whether the function is convex: no rule shows it, and no numbers were found that refute it",
            hint="write it as sums and compositions of convex functions, such as norms, squares, exp, logsumexp; or say where it is "
            'looked at, such as "domain": ["x > 0"]',
            pointer="/expression",
        )
    answer: dict[str, Any] = {
        "operation": "convexity",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "convex": verdict.convex,
        "strictly_convex": verdict.strictly if verdict.convex else False,
        "strongly_convex": _is_strong(verdict),
        "concave": verdict.concave,
        "quasiconvex": verdict.quasiconvex,
        "quasiconcave": verdict.quasiconcave,
        "strong_convexity_constant": _number_or_text(verdict.strong, verdict.formulas.get("strong_convexity_constant"))
        if verdict.convex
        else None,
        "lipschitz_constant": _number_or_text(verdict.lipschitz, verdict.formulas.get("lipschitz_constant")),
        "function_lipschitz_constant": _number_or_text(verdict.slope, verdict.formulas.get("function_lipschitz_constant")),
        "formulas": verdict.formulas,
        "certificate": verdict.reason,
        "counterexample": verdict.counterexample,
    }
    answer["checks"] = require([*verdict.checks, *kinks_check(question.node, question.targets.names)])
    return answer


def _refuse_strangers(question: Question) -> None:
    """Raises InputError for a condition on a name that is not in the expression."""
    known = {part.parameter.name for part in in_order([question.node]) if isinstance(part.parameter, Variable)} | set(question.given)
    for condition in question.conditions:
        for part in in_order([condition.excess]):
            if isinstance(part.parameter, Variable) and part.parameter.name not in known:
                raise InputError(
                    f"{part.parameter.name} is no variable of the expression",
                    hint=f"its variables are {', '.join(sorted(known)) or 'none'}",
                    pointer=condition.pointer,
                )


def _is_strong(verdict: Verdict) -> bool | None:
    if verdict.convex and verdict.strictly and "strong_convexity_constant" in verdict.formulas:
        return True
    return None if verdict.strong is None and verdict.convex else bool(verdict.strong and verdict.convex)


def _number_or_text(value: float | None, text: str | None) -> float | str | None:
    return text if value is None else value


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
    """The first of the methods that decides: exact, by structure, by rules, by constants, by numbers; with the constants.

    The domain is that of the question's conditions. Raises MathematicsRefuses where these do not make a convex set.
    """
    names = question.targets.names
    domain = domain_of(question, function)
    _require_convex(question, domain)
    smooth = is_smooth(question.node, names) and has_convex_domain(question.node, names, domain.stated)
    verdict = exactly(function, domain) if smooth and function is not None else Verdict()
    if smooth and verdict.convex is None and verdict.concave is None:
        verdict = _by_structure(question, domain)
    if verdict.convex is None and verdict.concave is None:
        verdict = _by_rules(question, function, domain)
    if smooth and function is not None and domain.conditions and verdict.convex is None and verdict.concave is None:
        verdict = definite_on_box(function, domain)
    verdict = with_constants(question, function, domain, _notation(question), verdict, smooth)
    if verdict.convex is None and function is not None:
        no = refuted(function, domain)
        if no.convex is False:
            verdict.convex, verdict.counterexample = False, no.counterexample
            verdict.checks = [*verdict.checks, *no.checks]
            verdict.reason = verdict.reason or no.reason
    if verdict.convex and verdict.concave is None and function is not None:
        negative = Function(question.about(make("negate", question.node)), function.start)
        verdict.concave = False if refuted(negative, domain).convex is False else None
    rules = Rules(question.node, names, domain.ranges, _notation(question))
    told = quasi(lower(question.node), rules.bases)
    verdict.quasiconvex, verdict.quasiconcave = told.convex or verdict.convex or None, told.concave or verdict.concave or None
    return verdict


def known_convexity(question: Question, function: Function) -> Verdict:
    """As `decide_convexity`; nothing where it cannot be asked."""
    try:
        return decide_convexity(question, function)
    except NablaError:
        return Verdict()


def _require_convex(question: Question, domain: Domain) -> None:
    """Raises MathematicsRefuses for a condition that is not known to cut out a convex set."""
    for condition in question.conditions:
        rules = Rules(condition.excess, question.targets.names, domain.stated, _notation(question))
        if rules.result.shape not in ((CONSTANT, AFFINE) if condition.equation else (CONSTANT, AFFINE, CONVEX)):
            raise MathematicsRefuses(
                f"{condition.text} is not known to describe a convex set, on which alone a function can be convex",
                hint="affine conditions such as x > 0 or x + y <= 1, or g <= c with a convex g",
                pointer=condition.pointer,
            )
    if domain.is_empty(question.targets.names):
        raise MathematicsRefuses("no point fulfils the conditions: the domain is empty (linear programming)", pointer="/domain")


def _notation(question: Question) -> Notation:
    return Notation({name: variable(each) for name, each in question.variables.items()}, question.parsed.decimals)


# --- by structure -------------------------------------------------------------------------------------------------------------


def _by_structure(question: Question, domain: Domain) -> Verdict:
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
    if isinstance(hessian, Product) and hessian.coefficient == 0:
        return Verdict()  # affine: the rules say so
    root = lower(question.node)
    sign = semidefinite(hessian) if hessian.shape else sign_of(hessian, positive_parts(root))
    if sign is None and not hessian.shape and (found := domain.ranges.of(hessian)).sign:
        sign = Sign(found.sign, found.strict)
    if sign is None:
        return Verdict()
    notation = _notation(question)
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


def _by_rules(question: Question, function: Function | None, domain: Domain) -> Verdict:
    """Sums and compositions of convex atoms, tried on random chords too."""
    rules = Rules(question.node, question.targets.names, domain.ranges, _notation(question))
    shape = rules.result.shape
    if shape not in (CONVEX, CONCAVE, AFFINE):
        return Verdict()
    text = "; ".join(rules.told) or "the function is affine"
    return Verdict(
        convex=True if shape != CONCAVE else None if function is not None else False,
        concave=shape in (CONCAVE, AFFINE) or None if function is not None else shape != CONVEX,
        strictly=False if shape == AFFINE else None,
        reason={"rule": "composition", "text": text, "rules": list(rules.told)},
        checks=[chords(question, 1 if shape != CONCAVE else -1, function, domain)],
    )
