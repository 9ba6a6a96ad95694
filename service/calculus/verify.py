"""Checks of derivatives against differences of the function's own value.

The function is evaluated from the expression as it was read, operation by operation (NumPy, SciPy): nothing of the
derivative's own way of working is used. A derivative passes when, at random points and sizes, its contraction with a
random direction d agrees with Richardson-extrapolated central differences of t ↦ f(x + t·d):
D(h) = (f(x + hd) - f(x - hd))/(2h), (4·D(h/2) - D(h))/3 = f'·d + O(h⁴).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from service.calculus.evaluate import Evaluator, letters_of
from service.calculus.total import derivative_variable
from service.certificates import Check, measured
from service.errors import Undecided
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import Size, axes, split
from service.operations.leaves import Variable

TOLERANCE = 1e-6
POINTS = 3
SEED = 20_170_616
STEPS = (2e-3, 2e-5, 2e-4, 2e-6, 2e-7, 2e-8)
"""Of the differences, in the order in which they are tried: the short ones are for steep functions."""
AGREEMENT = 1e-3
"""Differences of three neighbouring steps agree where they differ by less than this part of their size: not by chance."""
LONG_STEPS = 3
ROUNDINGS = 2
SMALL = 1e-3
"""The part of the function's value that a derivative is compared with where it is smaller than that."""
NOISE = 1e-12
"""Values are compared on a scale on which their noise by rounding is at most this."""
DOMAINS = ((0.3, 1.7), (0.05, 0.95), (1.1, 2.4), (-0.9, 0.9), (-2.0, -0.2), (3.0, 6.0), (0.01, 0.1))
"""Where random entries are drawn; the first range in which the function is defined is used."""

Random = np.random.Generator


def check_derivative(
    function: Node,
    derivative: Node,
    by: Sequence[str],
    variables: Mapping[str, Variable],
    name: str,
    contracted: Callable[[Any], Any] = np.asarray,
) -> Check:
    """Compare a derivative with differences. `derivative` has the axes of the function, then those of the variable `by`
    (several scalars `by`: an axis that counts them). `name` names the check. The differences are along a direction d, and
    the derivative is contracted with `contracted(d)`: np.triu where it is by the free entries of a symmetric matrix.

    Raises Undecided when no point is found at which both are defined.
    """
    errors = _errors(
        _trials([function], [derivative], variables), lambda f, g, point, random: _error(f, g, point, by, variables, random, contracted)
    )
    return _measured(name, errors, _detail(by, len(errors)))


def check_derivatives(
    function: Node, derivatives: Mapping[tuple[str, ...], Node], variables: Mapping[str, Variable], name: str
) -> list[Check]:
    """Compare the derivatives of one function by several variables with differences, as `check_derivative` does with one.

    First all of them together, along one direction in all variables at once: f'·d is the sum of their parts. No part hides
    behind a larger one, for each direction is so short that the part is small. Where the sum does not pass, each derivative
    is checked by itself. Raises Undecided.
    """
    names = [by[0] for by in derivatives if len(by) == 1]
    if 1 < len(names) == len(derivatives):
        errors = _errors(
            _trials([function], list(derivatives.values()), variables),
            lambda f, g, point, random: _error_of_sum(f, g, point, names, variables, random),
        )
        if errors and max(errors) <= TOLERANCE:
            return [measured(name, max(errors), TOLERANCE, _detail(names, len(errors)))]
    return [check_derivative(function, derivative, by, variables, name) for by, derivative in derivatives.items()]


def _detail(by: Sequence[str], points: int) -> str:
    return f"by {', '.join(by)}: relative difference to central differences of the function's own value at {points} random points"


class Finding(NamedTuple):
    """The error at one point; it `decides` where the derivative is more there than the noise of the differences."""

    error: float
    decides: bool


def _errors(trials: Iterable[Trial], find: Callable[[Evaluator, Evaluator, dict[str, Array], Random], Finding | None]) -> list[float]:
    """The errors at the first POINTS points that decide; where none does, those at which both sides are next to nothing."""
    errors: list[float] = []
    others: list[float] = []
    for trial in trials:
        found = find(*trial)
        if found is not None:
            (errors if found.decides else others).append(found.error)
        if len(errors) == POINTS:
            break
    return errors or others[:POINTS]


def check_same(left: Node, right: Node, variables: Mapping[str, Variable], name: str, arranged: Callable[[Any], Any] = np.asarray) -> Check:
    """Compare the values of two expressions, the left one `arranged` (and both as one column, where shapes are a matter of
    layout). Raises Undecided when no point is found at which both are defined."""
    return check_all_same([(left, right, arranged)], variables, name)


def check_all_same(pairs: Sequence[tuple[Node, Node, Callable[[Any], Any]]], variables: Mapping[str, Variable], name: str) -> Check:
    """As `check_same`, of several pairs of expressions (left, right, arranged), computed together at the same points."""
    errors: dict[int, float] = {}
    for f, g, point, random in _trials([left for left, _, _ in pairs], [right for _, right, _ in pairs], variables):
        lefts, rights, noise = f.values(point), g.values(point), None
        for place, (a, b, (_, _, arranged)) in enumerate(zip(lefts, rights, pairs, strict=True)):
            if place not in errors and np.all(np.isfinite(a)) and np.all(np.isfinite(b)):
                noise = noise or _noise(f, lefts, point, random)
                shown, read = np.reshape(arranged(a), -1, order="F"), np.reshape(b, -1, order="F")
                scale = max(_largest(a), noise[place] / NOISE, 1e-300)
                errors[place] = _largest(shown - read) / scale if shown.shape == read.shape else np.inf
        if len(errors) == len(pairs):
            break
    detail = "relative difference to the value of the printed text, read back, at a random point"
    return _measured(name, list(errors.values()) if len(errors) == len(pairs) else [], detail, 1e-9)


def _noise(f: Evaluator, values: Sequence[Array], point: dict[str, Array], random: Random) -> list[float]:
    """How much each value changes when the numbers of the point are rounded otherwise: all that is left of it where it is 0."""
    return [_largest(other - value) for other, value in zip(f.values(_rounded(point, random)), values, strict=True)]


def _rounded(point: dict[str, Array], random: Random) -> dict[str, Array]:
    return {name: value * (1 + 4 * np.finfo(float).eps * random.uniform(-1, 1, np.shape(value))) for name, value in point.items()}


Trial = tuple[Evaluator, Evaluator, dict[str, Array], Random]


def _trials(lefts: Sequence[Node], rights: Sequence[Node], variables: Mapping[str, Variable]) -> Iterator[Trial]:
    """The expressions of both sides at random sizes and points, the likeliest domains first."""
    random = np.random.default_rng(SEED)
    sized: dict[int, tuple[Evaluator, Evaluator]] = {}
    letters = letters_of([*lefts, *rights])
    for low, high in DOMAINS:
        for attempt in range(2 * POINTS):
            sizes = draw_sizes(variables, attempt, letters)
            if attempt not in sized:
                sized[attempt] = Evaluator(lefts[0], sizes, lefts[1:]), Evaluator(rights[0], sizes, rights[1:])
            yield *sized[attempt], draw_point(variables, sizes, random, low, high), random


def _measured(name: str, errors: list[float], detail: str, tolerance: float = TOLERANCE) -> Check:
    if not errors:
        raise Undecided(
            "the answer could not be checked: no random point was found at which the function is defined and its differences are no noise",
            hint="is its domain empty or very small, or is it very steep?",
        )
    return measured(name, max(errors), tolerance, detail)


def _error(
    f: Evaluator,
    g: Evaluator,
    point: dict[str, Array],
    by: Sequence[str],
    variables: Mapping[str, Variable],
    random: Random,
    contracted: Callable[[Any], Any],
) -> Finding | None:
    """The smallest relative error over the step sizes (a kink nearby spoils the larger ones).

    None where the function is undefined, and where the point contradicts nothing: the differences of no two steps agree,
    the function lies on a kink, or rounding changes the derivative as much as the differences do.
    """
    value, slope = f(point), g(point)
    if not (np.all(np.isfinite(value)) and np.all(np.isfinite(slope))):
        return None
    directions = {name: draw_direction(variables.get(name), point[name], random) for name in by}
    direction = np.stack(list(directions.values())) if len(by) > 1 else contracted(directions[by[0]])

    def along(slope: Array) -> Any:
        return np.tensordot(slope.reshape(value.shape + direction.shape), direction, axes=direction.ndim)

    expected = along(slope)
    found: list[tuple[float, Any]] = []
    nearest = np.inf
    for step in STEPS:
        numeric = differences(f, point, directions, variables, step)
        if not np.all(np.isfinite(numeric)):
            continue
        found.append((step, numeric))
        size = max(_largest(expected), _largest(numeric))
        scale = max(size, SMALL * _largest(value), 1e-300)
        nearest = min(nearest, _largest(numeric - expected) / scale)
        if nearest <= TOLERANCE / 10:
            return Finding(nearest, size > SMALL * scale)
    if nearest <= TOLERANCE:
        return Finding(nearest, True)
    if is_on_kink(f, point):
        return None
    noise, unsteady = 16 * float(np.finfo(float).eps) * _largest(value), 0.0
    for rounded in (_rounded(point, random) for _ in range(ROUNDINGS)):
        noise = max(noise, _largest(f(rounded) - value))
        unsteady = max(unsteady, _largest(along(g(rounded)) - expected))
    found.sort(key=lambda pair: pair[0])
    neighbours = zip(found, found[1:], found[2:], strict=False)
    return Finding(nearest, True) if any(_contradict(three, expected, noise, unsteady) for three in neighbours) else None


def _contradict(found: Sequence[tuple[float, Any]], expected: Any, noise: float, unsteady: float) -> bool:
    """Whether the differences of several steps contradict what was expected: they agree with each other, far better than
    with that, and the contradiction is larger than what rounding makes of the differences and of the derivative. `noise` and
    `unsteady` are what it makes of the function and of the derivative.
    """
    numerics = [numeric for _, numeric in found]
    apart = max(_largest(left - right) for left, right in itertools.combinations(numerics, 2))
    contradiction = min(_largest(numeric - expected) for numeric in numerics)
    noise /= min(step for step, _ in found)
    return apart <= max(AGREEMENT * max(map(_largest, numerics)), noise) and contradiction > 10 * max(apart, unsteady, noise)


def is_on_kink(f: Evaluator, point: dict[str, Array]) -> bool:
    """Whether an entry lies exactly between two pieces of the function, as those of max(W, W') on the diagonal do."""
    values = dict(zip([node for node, _ in f.steps], f.all_values(point), strict=True))
    with np.errstate(all="ignore"):
        return any(
            bool(np.any(np.isnan(node.operation.side(node, *[np.asarray(values[argument]) for argument in node.arguments]))))
            for node in values
            if node.operation.kink
        )


def _error_of_sum(
    f: Evaluator, g: Evaluator, point: dict[str, Array], by: Sequence[str], variables: Mapping[str, Variable], random: Random
) -> Finding | None:
    """The smallest error over the step sizes of the sum of the derivatives, each along a direction of its own; None where
    one is undefined. No part is larger than what counts as small beside the function, so that an error in any is seen; it
    decides where each part can be seen there.
    """
    value, slopes = f(point), g.values(point)
    if not all(np.all(np.isfinite(array)) for array in (value, *slopes)):
        return None
    directions: dict[str, Array] = {}
    parts = []
    for name, slope in zip(by, slopes, strict=True):
        directions[name] = draw_direction(variables.get(name), point[name], random)
        parts.append(np.tensordot(slope.reshape(value.shape + directions[name].shape), directions[name], axes=directions[name].ndim))
    sizes = [_largest(part) for part in parts]
    small = SMALL * _largest(value) or max(sizes) or 1e-300
    expected = np.zeros_like(value)
    for name, part, size in zip(by, parts, sizes, strict=True):
        shorter = min(1.0, small / max(size, 1e-300))
        directions[name] = shorter * directions[name]
        expected = expected + shorter * part
    errors: list[float] = []
    for step in STEPS[:LONG_STEPS]:
        numeric = differences(f, point, directions, variables, step)
        if np.all(np.isfinite(numeric)):
            errors.append(_largest(numeric - expected) / small)
            if errors[-1] <= TOLERANCE / 10:
                break
    return Finding(min(errors), min(sizes) > SMALL * small) if errors else None


def _largest(array: Any) -> float:
    return float(np.max(np.abs(array), initial=0))


def differences(
    f: Evaluator, point: dict[str, Array], directions: Mapping[str, Array], variables: Mapping[str, Variable], step: float
) -> Any:
    """f'·d for directions d in all variables at once, by Richardson's extrapolation of central differences: O(step⁴)."""

    def central(h: float) -> Any:
        return (f(_moved(point, directions, variables, h)) - f(_moved(point, directions, variables, -h))) / (2 * h)

    return (4 * central(step / 2) - central(step)) / 3


def _moved(point: dict[str, Array], directions: Mapping[str, Array], variables: Mapping[str, Variable], by: float) -> dict[str, Array]:
    """The point moved along the directions, and with it what depends on them: A(x + t) = A + t·dA/dx to first order."""
    moved = {**point, **{name: point[name] + by * direction for name, direction in directions.items()}}
    for name, variable in variables.items():
        for other in variable.depends_on:
            rate = derivative_variable(variable, other).name
            if other in directions and rate in point:
                moved[name] = moved[name] + by * directions[other] * point[rate]
    return moved


def draw_direction(variable: Variable | None, value: Array, random: Random) -> Array:
    """A random direction in which the variable keeps its declared properties."""
    direction = np.asarray(random.standard_normal(value.shape))
    properties = variable.properties if variable and direction.ndim == 2 else frozenset[str]()
    if "diagonal" in properties:
        return np.diag(np.diag(direction))
    return np.asarray(direction + direction.T) if "symmetric" in properties else direction


def draw_sizes(variables: Mapping[str, Variable], attempt: int, further: Iterable[str] = ()) -> dict[str, Size]:
    """Distinct whole numbers for distinct letters, those of the variables and further ones."""
    letters: dict[str, None] = {}
    for variable in variables.values():
        for size in variable.shape:
            letters.update(dict.fromkeys(split(size)[1]))
    letters.update(dict.fromkeys(further))
    order = list(letters) if attempt < POINTS else list(reversed(letters))  # either of two letters is the larger one at some time
    return {letter: 2 + (position + attempt) % max(len(letters), 3) for position, letter in enumerate(order)}


def draw_point(variables: Mapping[str, Variable], sizes: Mapping[str, Size], random: Random, low: float, high: float) -> dict[str, Array]:
    """Random values with the declared properties; square matrices get a dominant diagonal, so that they have an inverse."""
    return {name: draw_value(variable, sizes, random, low, high) for name, variable in variables.items()}


def draw_value(variable: Variable, sizes: Mapping[str, Size], random: Random, low: float, high: float) -> Array:
    shape: Sequence[int] = [int(_number(size, sizes)) for size in axes(variable.shape)]
    shape = [length for length in shape if length != 1]
    value = random.uniform(low, high, shape)
    if len(shape) != 2 or shape[0] != shape[1]:
        return np.asarray(value)
    properties = variable.properties
    if "diagonal" in properties:
        return np.diag(np.diag(value) + 1)
    if "spd" in properties:
        return np.asarray(value @ value.T + shape[0] * np.eye(shape[0]))
    if "orthogonal" in properties:
        return np.asarray(np.linalg.qr(value)[0])
    value = value + shape[0] * max(abs(low), abs(high)) * np.eye(shape[0])
    return np.asarray(value + value.T if "symmetric" in properties else value)


def _number(size: Size, sizes: Mapping[str, Size]) -> int:
    coefficient, letters = split(size)
    for letter in letters:
        coefficient *= int(sizes[letter])
    return coefficient
