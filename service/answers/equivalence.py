"""Whether two expressions are the same function, as an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.answers.forms import expression_to_json
from service.calculus.compare import Counterexample, Domains, Place, Verdict, decide
from service.certificates import require
from service.expression.nodes import Node
from service.language import declare, parse_together
from service.printing.printers import to_text


def equivalent(request: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict on `left` and `right`, with what decided it.

    Raises Undecided, CheckFailed (a proven equality that doubles contradict), and what the language raises.
    """
    sources = {f"/{side}": request[side] for side in ("left", "right")}
    left, right = parse_together(sources, declare(request.get("variables"))).values()
    verdict = compare(left, right)
    answer: dict[str, Any] = {
        "operation": "equivalent",
        "left": expression_to_json(left),
        "right": expression_to_json(right),
        "equivalent": verdict.equivalent,
        "decided_by": verdict.decided_by,
        "error_probability": verdict.error_probability,
        "detail": verdict.detail,
    }
    if verdict.counterexample is not None:
        answer["counterexample"] = counterexample_to_json(verdict.counterexample)
    if verdict.domains is not None:
        answer["domains"] = domains_to_json(verdict.domains)
    answer["checks"] = [check.to_json() for check in require(verdict.checks)]
    return answer


def compare(left: Node, right: Node) -> Verdict:
    """The verdict on two expressions; all that is random in it depends on their texts only. Raises Undecided."""
    return decide(left, right, f"{to_text(left)}\n{to_text(right)}")


def counterexample_to_json(found: Counterexample) -> dict[str, Any]:
    return {**_place_to_json(found.place), "left": found.left, "right": found.right, "difference": found.difference}


def _place_to_json(place: Place) -> dict[str, Any]:
    sizes = {"sizes": dict(place.sizes)} if place.sizes else {}
    return {**sizes, "point": dict(place.point)}


def domains_to_json(domains: Domains) -> dict[str, Any]:
    """Where, among the points tried, only one side is defined."""
    told = []
    found: dict[str, Any] = {}
    for side, other, place in (("left", "right", domains.left_only), ("right", "left", domains.right_only)):
        found[f"{side}_only"] = None if place is None else _place_to_json(place)
        if place is not None:
            told.append(f"the {side} side is defined{_in_words(place)} where the {other} side is not")
    if not told:
        return {"same": True, "detail": f"at {domains.tried} points either both sides are defined or neither is", **found}
    return {"same": False, "detail": f"{' and '.join(told)}; they are compared where both are defined", **found}


def _in_words(place: Place) -> str:
    if place.sizes or any(value.ndim for value in place.point.values()):
        return " at a point"
    return " at " + ", ".join(f"{name} = {float(value):g}" for name, value in place.point.items())
