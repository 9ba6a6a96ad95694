"""The forms in which a derivative is given: matrix notation, index notation, cores and deltas, Kronecker products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.answers.task import AUTOMATIC, EINSUM, Task, declaration, direction_of, read_back
from service.calculus import build
from service.calculus.index_form import WrittenTerm
from service.calculus.notation import Notation
from service.calculus.verify import check_same
from service.certificates import Check
from service.expression.nodes import Node, make
from service.expression.products import product
from service.expression.shapes import SCALAR, axes, public
from service.expression.tensors import Tensor
from service.operations.index_notation import Pattern
from service.operations.leaves import Variable, name_to_latex, tensor_of, variable
from service.printing.printers import to_latex, to_text


@dataclass(frozen=True)
class Applied:
    """A derivative contracted with a direction of its last variable, which does not form it; `whole` is the derivative."""

    node: Node
    direction: Variable
    whole: Node

    def check(self, task: Task, variables: Mapping[str, Variable]) -> Check:
        """The printed text, read back, against the whole derivative contracted with the direction."""
        rank, by = len(axes(self.whole.shape)), len(axes(self.direction.shape))
        labels = tuple(range(rank))
        pattern = Pattern((labels, labels[rank - by :]), labels[: rank - by])
        contracted = make("einsum", self.whole, variable(self.direction), parameter=pattern)
        known = {**variables, self.direction.name: self.direction}
        return check_same(contracted, read_back(to_text(self.node), task.parsed, known), known, "applied-read-back")

    def to_json(self) -> dict[str, Any]:
        """With an upright d before the variable's own name."""
        name = self.direction.name
        printed = expression_to_json(self.node)
        if not name.startswith("d_"):
            printed["latex"] = printed["latex"].replace(name_to_latex(name), rf"\mathrm{{d}} {name_to_latex(name[1:])}")
        return {**printed, "introduced": {self.direction.name: declaration(self.direction)}}


def expression_to_json(node: Node) -> dict[str, Any]:
    return {"text": to_text(node), "latex": to_latex(node), "shape": public(node.shape)}


def applied(
    task: Task, notation: Notation, tensor: Tensor, path: Sequence[Variable], brought: Sequence[Variable], whole: Node
) -> Applied | None:
    """The derivative along a direction of the variable that its last axes are; None for a scalar, and where nothing is left."""
    by, function = path[-1], task.parsed.node
    inner = len(axes(by.shape))
    if not inner or inner == len(tensor.shape):
        return None
    taken = {*task.variables, *task.parsed.sizes, *[new.name for new in brought]}
    direction = direction_of(by.name, by, taken)._replace(properties=frozenset())
    notation.declare([direction])
    labels = tuple(range(len(tensor.shape)))
    outer = labels[: len(labels) - inner]
    contracted = product(1, [(tensor, labels), (tensor_of(direction), labels[len(outer) :])], outer)
    node = notation.node(contracted)
    lies = len(outer) == 1 and (path[0] if function.shape == SCALAR else function).shape[0] == 1
    return Applied(build.transpose(node) if lies else node, direction, whole)


def terms_to_json(terms: Sequence[WrittenTerm]) -> list[dict[str, Any]]:
    """Each term as its cores, with the axes of the whole that theirs are, and the pairs of axes that a delta ties.

    The number in front is part of the first core; a term of deltas only has a core without axes.
    """
    found = []
    for term in terms:
        (first, places), *others = term.cores or ((None, ()),)
        node = term.scalar if first is None else build.scaled_by(term.scalar, first)
        cores = [(node, places), *others]
        found.append(
            {
                "cores": [{**expression_to_json(core), "axes": list(labels)} for core, labels in cores],
                "deltas": [list(pair) for pair in term.deltas],
            }
        )
    return found


def form_of(asked: str, node: Node) -> str:
    """The form that a result is in: only an array has another form than matrix notation."""
    if asked != AUTOMATIC and node.shape != SCALAR:
        return asked
    return EINSUM if len(node.shape) > 2 else "matrix"
