"""The gradient and the Hessian that a Taylor polynomial is made of, at its point; of a vector function the Jacobian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.answers.derivation import derive
from service.answers.forms import expression_to_json
from service.answers.task import read_back, read_task
from service.calculus.evaluate import Evaluator, letters_of
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.substitute import substitute
from service.certificates import Check
from service.expression.nodes import Node, at_sizes, in_order
from service.expression.shapes import SCALAR
from service.functions.constants import folded
from service.language import Parsed
from service.operations.leaves import Variable, variable


def local_derivatives(
    request: Mapping[str, Any],
    parsed: Parsed,
    variables: Mapping[str, Variable],
    sizes: Mapping[str, Any],
    about: Mapping[str, Node],
    order: int,
) -> tuple[dict[str, Any], list[Check]]:
    """`gradient` and `hessian`, or `jacobian`, as far as the order goes, and their checks. Raises what deriving them raises."""
    kinds = ("gradient", "hessian") if parsed.node.shape == SCALAR else ("jacobian",)
    asked = {name: request[name] for name in ("expression", "variables") if name in request}
    notation = Notation({name: variable(each) for name, each in variables.items()}, parsed.decimals)

    def at_point(found: Mapping[str, Any]) -> Any:
        if "text" not in found:
            return {name: at_point(inner) for name, inner in found.items()}
        node = substitute(at_sizes(read_back(found["text"], parsed), sizes), about)
        for _ in range(2):
            node = folded(notation.node(lower(folded(node))))
        shown = expression_to_json(node)
        if not any(isinstance(part.parameter, Variable) for part in in_order([node])) and not letters_of([node]):
            shown["value"] = Evaluator(node, {})({}) + 0.0
        return shown

    answer: dict[str, Any] = {}
    checks: list[Check] = []
    for kind in kinds[:order]:
        found = derive(read_task(kind, {**asked, "wrt": list(about)}))
        answer[kind] = at_point(found.get("result") or found["results"])
        checks += [Check(**{**told, "name": f"{kind}-{told['name']}"}) for told in found["checks"]]
    return answer, checks
