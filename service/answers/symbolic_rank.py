"""The generic rank of a matrix whose entries are expressions: the rank that it has at almost every point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service.calculus.evaluate import Evaluator
from service.certificates import decided, require
from service.errors import Undecided
from service.language import declare, parse
from service.linalg.matrices import from_array
from service.linalg.rank import rank

SEED = 20_260_101
POINTS = 3
ATTEMPTS = 24
LARGEST = 97  # points are whole numbers, where polynomials of low degree have values that doubles hold exactly


def symbolic_rank(rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The rank of the matrix of scalar expressions `rows`, as the operation rank answers it.

    The rank at a point is at most the generic one, and less only where certain minors vanish: at random points that has
    probability zero, and for polynomials of degree d at most d/97 (Schwartz and Zippel) at each of them. Raises what the
    language raises, with pointers below /matrix, and Undecided.
    """
    node = parse([list(row) for row in rows], declare(variables), "/matrix").node
    shape = len(rows), len(rows[0])
    random = np.random.default_rng(SEED)
    evaluate = Evaluator(node, {})
    names = [step[0].parameter.name for step in evaluate.steps if hasattr(step[0].parameter, "name")]
    found: list[int] = []
    for _ in range(ATTEMPTS):
        point = {name: np.asarray(float(value)) for name, value in zip(names, random.integers(2, LARGEST, len(names)), strict=True)}
        values = np.asarray(evaluate(point), dtype=np.float64)
        if np.isfinite(values).all():
            try:
                found.append(rank(from_array(values.reshape(shape))).rank)
            except Undecided:
                continue
        if len(found) == POINTS:
            break
    if not found:
        raise Undecided("the rank could not be decided at any random point", "is the matrix defined nearly everywhere?", "/matrix")
    best = max(found)
    return {
        "rank": best,
        "max_rank": min(shape),
        "nullity": shape[1] - best,
        "dependencies": None,
        "explanation": f"the rank is {best} of at most {min(shape)} at almost every point; where certain minors vanish it is less",
        "arithmetic": "symbolic",
        "checks": require([decided("random-points", min(found) == best, f"the rank is {best} at each of {len(found)} random points")]),
    }
