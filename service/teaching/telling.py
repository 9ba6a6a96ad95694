"""A derivation told line by line: in each line the first derivative that waits, and all like it, get their rule."""

from __future__ import annotations

from collections.abc import Iterator

from service.expression.nodes import Node
from service.printing.printers import to_text
from service.teaching.components import KRONECKER_RULE
from service.teaching.inert import names_in, open_parts, replaced
from service.teaching.rules import Applied, apply_rule
from service.teaching.sentences import sentence
from service.teaching.steps import Step, equal

LINEAR = frozenset({"sum rule", "constant factor"})
MOST_STEPS = 24
"""Of one derivation; the rest of a longer one is told as a single step."""
LONG_LINE = 240
"""Characters: in a longer line all that waits gets its rule at once."""


def tell(line: Node, decimals: bool) -> Iterator[Step]:
    """The steps from a line with derivatives to the line in which all of them are carried out.

    Each pass carries out at least one derivative and leaves only those of its arguments, so it ends. Raises
    NotDifferentiable.
    """
    taken = names_in(line)
    known: dict[Node, Applied] = {}

    def applied(part: Node) -> Applied:
        if part not in known:
            known[part] = apply_rule(part, decimals, taken)
        return known[part]

    for _ in range(MOST_STEPS):
        parts = open_parts(line)
        if not parts:
            return
        rules = {part: applied(part) for part in parts}
        waiting = [rule.rule for rule in rules.values() if rule.rule != KRONECKER_RULE] or [KRONECKER_RULE]
        if len(set(waiting)) > 1 and len(to_text(line)) > LONG_LINE:
            chosen = frozenset(waiting)
        else:
            chosen = LINEAR if waiting[0] in LINEAR else frozenset({waiting[0]})
        after, used = line, list[Applied]()
        while batch := {part: applied(part) for part in open_parts(after) if applied(part).rule in chosen}:
            used += batch.values()
            after = replaced(after, {part: rule.after for part, rule in batch.items()})
            if chosen is not LINEAR:
                break
        yield _step(line, after, used)
        line = after
    before, names = line, dict[str, None]()
    while parts := open_parts(line):
        rules = {part: applied(part) for part in parts}
        names.update(dict.fromkeys(rule.rule for rule in rules.values()))
        line = replaced(line, {part: rule.after for part, rule in rules.items()})
    if names:
        yield Step("the remaining rules", before, line, sentence("the remaining rules", names=", ".join(names)), equal)


def _step(before: Node, after: Node, used: list[Applied]) -> Step:
    """One step for all derivatives that got their rule, each rule told by the first of them."""
    texts: dict[str, list[str]] = {}
    for applied in used:
        texts.setdefault(applied.rule, []).append(applied.text)
    if len(texts) > 1 and set(texts) <= LINEAR:
        return Step("linear rules", before, after, sentence("linear rules"), equal)
    told = []
    for found in texts.values():
        more = len(set(found)) - 1
        told.append(found[0] + (f" Likewise {'once' if more == 1 else f'{more} times'} more." if more else ""))
    return Step(", ".join(texts), before, after, " ".join(told), equal)
