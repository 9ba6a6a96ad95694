"""The labels of a product: canonical names for them, so that equal products have equal keys, and what hangs together by them."""

from __future__ import annotations

from service.expression.tensors import Factor, Labels

MAXIMAL_TRIALS = 24


def canonical(factors: list[Factor], out: Labels) -> tuple[tuple[Factor, ...], dict[int, int]]:
    """The factors with their labels renamed and in canonical order, and the renaming (old label → new).

    Labels of `out` come first, in the order in which `out` has them; the summed ones are told apart by colour
    refinement, and where symmetry leaves several names possible the smallest resulting key is taken.
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
    return _best(factors, names, summed, [MAXIMAL_TRIALS])


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
