"""The labels of a product: canonical names for them, so that equal products have equal keys, and what hangs together by them."""

from __future__ import annotations

from service.expression.tensors import Factor, Labels

MAXIMAL_TRIALS = 24
LONG = 8
"""Summed labels from which on paths are looked for: refinement takes as many rounds as a path of equal factors is long."""


def canonical(factors: list[Factor], out: Labels) -> tuple[tuple[Factor, ...], dict[int, int]]:
    """The factors with their labels renamed and in canonical order, and the renaming (old label → new).

    Labels of `out` come first, in the order in which `out` has them. Where many summed ones form paths and cycles, as in a
    long product of matrices, they are named along them. Otherwise they are told apart by colour refinement, and where
    symmetry leaves several names possible the smallest resulting key is taken.
    """
    names: dict[int, int] = {}
    for label in out:
        if label not in names:
            names[label] = len(names)
    summed: list[int] = []
    for _, labels in factors:
        for label in labels:
            if label not in names and label not in summed:
                summed.append(label)
    if len(summed) <= 1:
        for label in summed:
            names[label] = len(names)
        return _renamed(factors, names), names
    in_order = _along_paths(factors, names, summed) if len(summed) >= LONG else None
    if in_order is None:
        return _best(factors, names, summed, [MAXIMAL_TRIALS])
    for label in in_order:
        names[label] = len(names)
    return _renamed(factors, names), names


def _renamed(factors: list[Factor], names: dict[int, int]) -> tuple[Factor, ...]:
    renamed = []
    for tensor, labels in factors:
        new = tuple([names[label] for label in labels])
        if tensor.symmetric and new[0] > new[1]:
            new = (new[1], new[0])
        renamed.append((tensor, new))
    if len(renamed) > 1:
        renamed.sort(key=_order)
    return tuple(renamed)


def _order(factor: Factor) -> tuple[int, Labels]:
    return factor[0].id, factor[1]


# --- paths and cycles -----------------------------------------------------------------------------------------------

THIS, NEXT = -2, -1
View = tuple[int, tuple[int, ...]]
"""A factor as seen from a label: its id, and its labels: THIS one, the NEXT one on the way, or the name of a fixed one."""
Way = list[list[View]]
"""What stands along a path or cycle: at a label, between it and the next, at the next, ..."""


def _along_paths(factors: list[Factor], fixed: dict[int, int], summed: list[int]) -> list[int] | None:
    """The summed labels in canonical order where factors join them to paths and cycles; None where they branch.

    Each path is read from the end from which it reads as the smaller one, and each cycle from the place and in the direction.
    Linear in the number of labels for paths; for cycles linear times the number of places that look like the best start.
    """
    if any(len(labels) > 2 and len(set(labels) - fixed.keys()) > 2 for _, labels in factors):
        return None
    graph = _Joined(factors, fixed, summed)
    if any(len(joins) > 2 for joins in graph.joins.values()):
        return None
    ways: list[tuple[Way, list[int]]] = []
    seen: set[int] = set()
    for label in summed:
        if label not in seen and len(graph.joins[label]) < 2:
            way = graph.way(label, 0)
            ways.append(min(way, graph.way(way[1][-1], 0)))
            seen.update(way[1])
    for label in summed:
        if label not in seen:
            around = graph.way(label, 0)[1]
            seen.update(around)
            starts = [(graph.start(place, direction), place, direction) for place in around for direction in (0, 1)]
            least = min(start for start, _, _ in starts)
            ways.append(min(graph.way(place, direction) for start, place, direction in starts if start == least))
    ways.sort()
    return [label for _, labels in ways for label in labels]


class _Joined:
    """Summed labels, what stands at each, and the factors that join two of them."""

    def __init__(self, factors: list[Factor], fixed: dict[int, int], summed: list[int]) -> None:
        self.factors, self.fixed = factors, fixed
        self.at: dict[int, list[View]] = {label: [] for label in summed}
        self.joins: dict[int, list[tuple[int, int]]] = {label: [] for label in summed}  # (factor, label at its other end)
        for index, (_, labels) in enumerate(factors):
            ends = [label for label in dict.fromkeys(labels) if label in self.at]
            if len(ends) == 1:
                self.at[ends[0]].append(self.view(index, ends[0], ends[0]))
            elif ends:
                for label in ends:
                    self.joins[label] += [(index, other) for other in ends if other != label]
        for views in self.at.values():
            views.sort()

    def view(self, index: int, this: int, following: int) -> View:
        tensor, labels = self.factors[index]
        seen = [THIS if label == this else NEXT if label == following else self.fixed[label] for label in labels]
        return tensor.id, tuple(sorted(seen) if tensor.symmetric else seen)

    def start(self, label: int, direction: int) -> Way:
        """The first piece of a way."""
        index, following = self.joins[label][direction]
        return [self.at[label], [self.view(index, label, following)]]

    def way(self, start: int, direction: int) -> tuple[Way, list[int]]:
        """What stands along the way from a label, to its end or once around, and the labels on it."""
        found, labels = [self.at[start]], [start]
        label, join = start, self.joins[start][direction] if self.joins[start] else None
        while join is not None:
            index, following = join
            found.append([self.view(index, label, following)])
            if following == start:
                break
            found.append(self.at[following])
            labels.append(following)
            label = following
            join = next((other for other in self.joins[label] if other[0] != index), None)
        return found, labels


# --- any product ----------------------------------------------------------------------------------------------------


def _best(factors: list[Factor], fixed: dict[int, int], summed: list[int], trials: list[int]) -> tuple[tuple[Factor, ...], dict[int, int]]:
    """Refine, and on a tie try each label of the first tied class; `trials` bounds the work (past it: first come)."""
    colours = _refine(factors, fixed, summed)
    classes: dict[int, list[int]] = {}
    for label in summed:
        classes.setdefault(colours[label], []).append(label)
    names = dict(fixed)
    for colour in sorted(classes):
        members = classes[colour]
        if len(members) > 1 and trials[0] > 0:
            best = None
            rest = [label for label in summed if label not in names]
            for member in members:
                trials[0] -= 1
                chosen = {**names, member: len(names)}
                trial = _best(factors, chosen, [label for label in rest if label != member], trials)
                keys = [_order(factor) for factor in trial[0]]
                if best is None or keys < best[0]:
                    best = keys, trial
            assert best is not None
            return best[1]
        for label in members:
            names[label] = len(names)
    return _renamed(factors, names), names


def _refine(factors: list[Factor], fixed: dict[int, int], summed: list[int]) -> dict[int, int]:
    """Colours of labels: equal only where the product looks the same from both (1-dimensional Weisfeiler–Leman)."""
    colours = dict(fixed)
    start = len(fixed)
    for label in summed:
        colours[label] = start
    count = 1 if summed else 0
    while True:
        views: dict[int, list[tuple[int, int, tuple[int, ...]]]] = {label: [] for label in summed}
        for tensor, labels in factors:
            around = tuple([colours[label] for label in labels])
            symmetric = tensor.symmetric
            if symmetric:
                around = tuple(sorted(around))
            for position, label in enumerate(labels):
                if label in views:
                    views[label].append((tensor.id, -1 if symmetric else position, around))
        signatures = {label: (colours[label], tuple(sorted(view))) for label, view in views.items()}
        ranks = {signature: start + rank for rank, signature in enumerate(sorted(set(signatures.values())))}
        for label, signature in signatures.items():
            colours[label] = ranks[signature]
        if len(ranks) == count or len(ranks) == len(summed):
            return colours
        count = len(ranks)


def components(factors: list[Factor], anchors: set[int]) -> list[tuple[list[Factor], bool]]:
    """The factors in groups that share labels, and whether a group touches `out`."""
    groups: list[tuple[set[int], list[Factor]]] = []
    for factor in factors:
        labels, members = set(factor[1]), [factor]
        apart = []
        for group in groups:
            if group[0] & labels:
                labels |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (labels, members)]
    return [(members, bool(labels & anchors)) for labels, members in groups]
