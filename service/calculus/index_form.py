"""Terms of cores and deltas as nodes: 2*einsum(ik,jl->ijkl, eye(m), V'*V)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from service.calculus import build
from service.calculus.compression import Core, Term
from service.expression.nodes import Node, in_order, make
from service.expression.products import transpose
from service.expression.shapes import Axes, Size
from service.expression.sums import scale
from service.expression.tensors import Tensor
from service.operations.index_notation import Pattern

Labelled = tuple[Node, tuple[int, ...]]


@dataclass(frozen=True)
class WrittenTerm:
    """A term with its cores as nodes; a core that would be a transpose has its axes turned round instead."""

    scalar: Node
    cores: tuple[Labelled, ...]
    deltas: tuple[tuple[int, int], ...]

    def node(self, shape: Axes) -> Node:
        """The whole array, the deltas as eye(n); its axes are of these sizes."""
        eyes = [(build.filled("eye", shape[first]), (first, second)) for first, second in self.deltas]
        array = contracted([*self.cores, *eyes], len(shape))
        return build.scaled_by(self.scalar, array)


def write(terms: Sequence[Term], node: Callable[[Tensor], Node]) -> list[WrittenTerm]:
    """The terms, `node` writing their arrays; a minus sign goes into a core that does not get longer by it."""
    written = []
    for term in terms:
        scalar, cores = node(term.scalar), [_written(core, node) for core in term.cores]
        for place, core in enumerate(term.cores if scalar.operation is build.NEGATE else ()):
            opposite, axes = _written(Core(scale(-1, core.tensor), core.axes), node)
            if opposite.operation is not build.NEGATE:
                scalar, cores[place] = scalar.arguments[0], (opposite, axes)
                break
        written.append(WrittenTerm(scalar, tuple(cores), term.deltas))
    return written


def _written(core: Core, node: Callable[[Tensor], Node]) -> Labelled:
    """The core or its transpose, whichever is simpler to read."""
    straight = node(core.tensor)
    if len(core.axes) != 2 or _transposes(straight) == 0:
        return straight, core.axes
    turned = node(transpose(core.tensor))
    return (turned, core.axes[::-1]) if _transposes(turned) < _transposes(straight) else (straight, core.axes)


def _transposes(node: Node) -> int:
    return sum(inner.operation is build.TRANSPOSE for inner in in_order([node]))


def contracted(parts: Sequence[Labelled], rank: int) -> Node:
    """The parts side by side, in the order of their axes; the labels of the result count up."""
    ordered = sorted(parts, key=lambda part: min(part[1]))
    pattern = Pattern(tuple([labels for _, labels in ordered]), tuple(range(rank)))
    if pattern.inputs == (pattern.out,):
        return ordered[0][0]
    return make("einsum", *[node for node, _ in ordered], parameter=pattern)


def by_axes(parts: Sequence[Labelled], out: tuple[int, ...], sizes: Sequence[Size]) -> Node:
    """A contraction with its labels numbered: those of the axes first, in their order, then the summed ones.

    An axis whose label stands there before is tied to it by an eye, and one that no part has gets a ones, so that the
    text tells every size.
    """
    names: dict[int, int] = {}
    labelled: list[Labelled] = []
    for axis, label in enumerate(out):
        if label in names:
            labelled.append((build.filled("eye", sizes[label]), (names[label], axis)))
        names.setdefault(label, axis)
    carried = {label for _, labels in parts for label in labels}
    for label in dict.fromkeys(out):
        if label not in carried and out.count(label) == 1:
            labelled.append((build.filled("ones", sizes[label]), (names[label],)))
    for label in dict.fromkeys(label for _, labels in parts for label in labels):
        names.setdefault(label, len(out) + sum(name >= len(out) for name in names.values()))
    given = [(node, tuple([names[label] for label in labels])) for node, labels in parts]
    if len(given) == 1 and not labelled and given[0][1] == tuple(range(len(out))):
        return given[0][0]
    everything = sorted([*given, *labelled], key=lambda part: min(part[1]))
    pattern = Pattern(tuple([labels for _, labels in everything]), tuple(range(len(out))))
    return make("einsum", *[node for node, _ in everything], parameter=pattern)
