"""Values of derivatives where their formula has none, though the derivative exists: det(X)*inv(X)' where X is singular.

Along a line x + t·d the formula is a function of t alone. From each side of the point it is extrapolated to t = 0 by the
polynomial through its values at Chebyshev points of (0, r): exact for the polynomials that determinants and products are,
and of geometric convergence for what is analytic on a slightly larger interval, with an amplification of rounding of
1 + (2/π)·log(n) only, for 0 is the end of that interval (Trefethen, Approximation Theory and Approximation Practice, ch. 8, 15).
The value is taken where it is the same along two random lines from both sides, and the function itself is continuous there:
then, by the mean value theorem, it is the derivative along these lines. |x| has two limits at 0, x/‖x‖ one for each line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np

from service.calculus.evaluate import Evaluator, Point, all_sizes_at, require_values, reshaped
from service.calculus.verify import draw_direction
from service.certificates import Check, measured
from service.expression.nodes import Node
from service.expression.operation import Array
from service.operations.leaves import Variable

TOLERANCE = 1e-9
NOISE = 1e-13
"""What is smaller than this part of the values beside it is rounding, and 0."""
SEED = 20_170_616
DIRECTIONS = 2
NODES = 16
ANGLES = (2 * np.arange(NODES) + 1) * np.pi / (2 * NODES)
PLACES = [float(place) for place in (1 - np.cos(ANGLES)) / 2]
"""The Chebyshev points of (0, 1)."""
WEIGHTS = (-1.0) ** np.arange(NODES) * np.sin(ANGLES) / PLACES
WEIGHTS /= WEIGHTS.sum()
"""Those of the values there in the value at 0 of the polynomial through them, by the barycentric formula."""
RADII = (0.5, 0.1, 0.02)
"""How far the lines go, in units of the largest entry of each variable."""


def removed(nodes: Sequence[Node], by: Collection[str], variables: Mapping[str, Variable], at: Point) -> tuple[Array, Check] | None:
    """The value of the last of some nodes at a point at which its formula has none, and the check of it; None where there is no limit.

    `nodes` are the function, its derivative by variables called `by`, the derivative of that and so on: a limit counts only
    where all before it are continuous.
    """
    sizes = all_sizes_at(nodes, variables, at)
    evaluators = [Evaluator(node, sizes) for node in nodes]
    for evaluator in evaluators:
        require_values(evaluator, at)
    point = reshaped(variables, at, sizes)
    for moving in ([name for name in point if name in by], list(point)):
        for radius in RADII:
            found = _limit(evaluators, point, moving, variables, radius)
            if found is not None:
                return found
    return None


def _limit(
    evaluators: list[Evaluator], point: Point, moving: list[str], variables: Mapping[str, Variable], radius: float
) -> tuple[Array, Check] | None:
    """The limits of all, those before the last being the values where there are values; None where one is in doubt."""
    worst, limit = 0.0, np.zeros(())
    for evaluator in evaluators:
        here = evaluator(point)
        sides, scale = ([here] if np.all(np.isfinite(here)) else []), 0.0
        for line in _lines(point, moving, variables, radius):
            values = np.asarray([evaluator(line(place)) for place in PLACES])
            sides.append(np.tensordot(WEIGHTS, values, axes=1))
            if not np.all(np.isfinite(sides[-1])):
                return None
            scale = max(scale, float(np.max(np.abs(values), initial=0)))
        mean = np.mean(sides, axis=0)
        spread = float(np.max(np.abs(np.asarray(sides) - mean), initial=0))
        if not spread <= TOLERANCE * scale:
            return None
        worst = max(worst, spread / (scale or 1.0))
        limit = np.where(np.abs(mean) <= NOISE * scale, 0.0, mean)
    detail = (
        "the formula has no value at this point, its limit is given: the largest difference of the limits along "
        f"{DIRECTIONS} random lines, from both sides, against the values on them; the function is continuous there"
    )
    return limit, measured("removable-singularity", worst, TOLERANCE, detail)


def _lines(
    point: Point, moving: list[str], variables: Mapping[str, Variable], radius: float
) -> Iterator[Callable[[float], dict[str, Array]]]:
    """Half-lines from the point: random directions that keep the declared properties, and their opposites."""
    random = np.random.default_rng(SEED)
    for _ in range(DIRECTIONS):
        directions = {
            name: radius * (float(np.max(np.abs(point[name]), initial=0)) or 1.0) * draw_direction(variables.get(name), point[name], random)
            for name in moving
        }
        for sign in (1, -1):
            yield _half_line(point, directions, sign)


def _half_line(point: Point, directions: Mapping[str, Array], sign: int) -> Callable[[float], dict[str, Array]]:
    return lambda t: {**point, **{name: point[name] + sign * t * direction for name, direction in directions.items()}}
