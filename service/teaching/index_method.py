"""The index method: write the function entry by entry, differentiate with ∂x_k/∂x_j = δ_jk, let each delta pick one term
of its sum, and return to matrix notation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from service.calculus import build
from service.calculus.lower import lower
from service.calculus.tensor_values import length
from service.expression.nodes import Node, in_order
from service.expression.shapes import Size, axes
from service.operations.leaves import Variable, number, variable
from service.printing.printers import to_text
from service.teaching.components import Components, EntryDerivative
from service.teaching.indexed import KRONECKER, SUM_OVER, Label, count_values, renamed, subscript, sum_over
from service.teaching.inert import By, inert, remake
from service.teaching.sentences import sentence
from service.teaching.steps import Step, entries_of, equal
from service.teaching.telling import tell
from service.teaching.values import FEW

CONTRACTION = "contraction"
LONGEST_CLAUSE = 200
MOST_LETTERS = 20
MOST_VALUES = 200_000


class IndexMethod:
    """The derivative of a function by an array, told with indices.

    `letters` are the indices in use, when it has been told, `free` those of the result, and `mirrored` those of a
    symmetric variable; `subject` is what the function is called.
    """

    def __init__(self, function: Node, by: Variable, result: Node, taken: frozenset[str], decimals: bool, subject: str) -> None:
        self.function, self.by, self.result, self.decimals, self.subject = function, by, result, decimals, subject
        variables = {node.parameter.name: node for node in in_order([function]) if isinstance(node.parameter, Variable)}
        self.components = Components({**variables, by.name: variable(by)}, taken, decimals)
        self.rows = self.components.labels(axes(function.shape))
        self.columns = self.components.labels(axes(by.shape))
        self.free = self.rows + self.columns
        self.mirrored = self.columns if "symmetric" in by.properties else ()

    @property
    def letters(self) -> Mapping[str, Size]:
        return self.components.letters

    def steps(self) -> Iterator[Step]:
        """From the function to the result. Raises NotDifferentiable."""
        body = self.components.write(lower(self.function), self.rows)
        if to_text(body) != to_text(self.function):
            where = f"Entry {subscript(self.rows)} of {self.subject}" if self.rows else self.subject[0].upper() + self.subject[1:]
            yield Step("components", self.function, body, sentence("components", where=where), entries_of(self.rows, first=True))
        line = inert(EntryDerivative(self.components), body, By(self.by, self.columns))
        for step in tell(line, self.decimals):
            yield step
            line = step.after
        contracted = contract(line)
        if contracted is not line:
            yield Step(CONTRACTION, line, contracted, sentence(CONTRACTION), equal)
        text = sentence("matrix notation", entry=subscript(self.free), result=to_text(self.result)[:LONGEST_CLAUSE])
        yield Step("matrix notation", contracted, self.result, text, entries_of(self.free, first=False))

    def is_practical(self, steps: Sequence[Step]) -> bool:
        """Whether the indices are few enough to be read, and have few enough values at once to check the steps by."""
        if len(self.letters) > MOST_LETTERS:
            return False
        drawn = defaultdict[str, int](lambda: FEW)  # of a size that is a letter; those of a point are not larger
        lengths = {letter: length(size, drawn) for letter, size in self.letters.items()}
        lengths.update({letter: min(lengths[letter], FEW) for letter in self.free})
        return all(count_values(line, lengths) <= MOST_VALUES for step in steps for line in (step.before, step.after))


# --- contraction ----------------------------------------------------------------------------------------------------

Split = list[tuple[Label | None, Node]]
"""A sum of terms, each a delta (the index that it ties the letter to; None: there is no delta) times a rest."""


def contract(line: Node) -> Node:
    """The line with every sum carried out that a Kronecker delta decides: sum_k δ_jk·a_k = a_j. Inner sums first."""
    made: dict[Node, Node] = {}
    for node in in_order([line]):
        arguments = [made[argument] for argument in node.arguments]
        if node.operation is SUM_OVER:
            made[node] = _contracted(arguments[0], node.parameter)
        elif all(new is old for new, old in zip(arguments, node.arguments, strict=True)):
            made[node] = node
        else:
            made[node] = remake(node.operation, arguments, node.parameter)
    return made[line]


def _contracted(body: Node, letters: tuple[str, ...]) -> Node:
    """The sum of the body over the letters."""
    terms = [(letters, body)]
    for letter in letters:
        after: list[tuple[tuple[str, ...], Node]] = []
        for left, term in terms:
            kept = []
            for tied, rest in _split(term, letter):
                if tied is None:
                    kept.append(rest)
                else:
                    after.append((tuple([other for other in left if other != letter]), renamed(rest, letter, tied)))
            if kept:
                after.append((left, remake(build.ADD, kept, None) if len(kept) > 1 else kept[0]))
        terms = after
    sums = [sum_over(left, term) for left, term in terms]
    return sums[0] if len(sums) == 1 else remake(build.ADD, sums, None)


def _split(body: Node, letter: str) -> Split:
    """The body as a sum of terms with and without a delta of this letter."""
    splits: dict[Node, Split] = {}
    for node in in_order([body]):
        splits[node] = _split_one(node, letter, splits)
    return splits[body]


def _split_one(node: Node, letter: str, splits: Mapping[Node, Split]) -> Split:
    operation, arguments = node.operation, node.arguments
    if operation is KRONECKER and letter in node.parameter:
        (tied,) = [label for label in node.parameter if label != letter]
        return [(tied, number(1))]
    tied_arguments = [place for place, argument in enumerate(arguments) if any(tied is not None for tied, _ in splits[argument])]
    if not tied_arguments:
        return [(None, node)]
    if operation is build.ADD:
        return [part for argument in arguments for part in splits[argument]]
    place = tied_arguments[0]
    if operation.linear == "each" or (operation is build.DIVIDE and place == 0):
        return [
            (tied, remake(operation, [*arguments[:place], rest, *arguments[place + 1 :]], node.parameter))
            for tied, rest in splits[arguments[place]]
        ]
    return [(None, node)]
