"""The shortest way that is known to write an expression, shown to be the same function.

Tried are the normal form of the whole, which collects, cancels and uses the laws of the operations; entry by entry, the
quotient of polynomials in lowest terms, factored and multiplied out; and what SymPy finds for the entries.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

from service.answers.equivalence import compare, domains_to_json
from service.answers.forms import expression_to_json
from service.answers.rational_functions import Letters, expanded_text, quotient_text
from service.answers.task import read_back
from service.calculus.compare import Verdict
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.certificates import require
from service.errors import LimitExceeded, Undecided, UndefinedAtPoint
from service.expression.nodes import Node, make
from service.expression.shapes import SCALAR
from service.language import Parsed, declare, parse
from service.printing.printers import to_text

NAME = re.compile(r"[^\W\d]\w*")


def simplify(request: Mapping[str, Any]) -> dict[str, Any]:
    """The shortest of the candidates that is decided to be the same function; the expression itself where none is shorter.

    Raises what the language raises, and Undecided where the expression has no value at any point that was tried.
    """
    parsed = parse(request["expression"], declare(request.get("variables")))
    found, verdict = _first_same(parsed.node, _candidates(parsed))
    answer: dict[str, Any] = {
        "operation": "simplify",
        "expression": expression_to_json(parsed.node),
        "result": expression_to_json(found),
        "decided_by": verdict.decided_by,
        "error_probability": verdict.error_probability,
    }
    if verdict.domains is not None:
        answer["domains"] = domains_to_json(verdict.domains)
    answer["checks"] = [check.to_json() for check in require(verdict.checks)]
    return answer


def _first_same(node: Node, candidates: list[Node]) -> tuple[Node, Verdict]:
    """The shortest candidate that means what the expression means, as it reads when it is sent back."""
    for candidate in sorted(candidates, key=_cost):
        if _cost(candidate) >= _cost(node):
            break
        try:
            verdict = compare(node, candidate)
        except Undecided:
            continue
        if verdict.equivalent:
            return candidate, verdict
    return node, compare(node, node)


def _candidates(parsed: Parsed) -> list[Node]:
    """Each as its text reads."""
    node, notation = parsed.node, Notation(parsed.variables, parsed.decimals)
    found = [_read(to_text(notation.node(lower(node))), parsed)]
    if node.shape == SCALAR:
        return found + _forms(node, parsed, notation)
    if node.operation.name == "literal":
        entries = [_first_same(entry, _forms(entry, parsed, notation))[0] for entry in node.arguments]
        found.append(make("literal", *entries, parameter=node.shape))
    return found


def _forms(entry: Node, parsed: Parsed, notation: Notation) -> list[Node]:
    """Ways to write a scalar, unproven."""
    texts = [simplified(entry)]
    try:
        letters = Letters([lower(entry)])
        names = letters.texts(notation)
        texts += [write(letters.quotients[0], names) for write in (quotient_text, expanded_text)]
    except (LimitExceeded, UndefinedAtPoint):
        pass
    forms = [_read(text, parsed) for text in texts if text]
    return [form for form in forms if form.shape == SCALAR]


def simplified(node: Node) -> str | None:
    """What SymPy says, which is loaded when it is first asked: it takes a quarter of a second."""
    text: str | None = importlib.import_module("service.answers.sympy_forms").simplified(node)
    return text


def _read(text: str, parsed: Parsed) -> Node:
    """As the language prints it: no brackets that are not needed."""
    return read_back(to_text(read_back(text, parsed)), parsed)


def _cost(node: Node) -> int:
    """Its characters, spaces apart, and as much again for each name: 2*x is less than x + x."""
    text = to_text(node).replace(" ", "")
    return len(text) + sum(map(len, NAME.findall(text)))
