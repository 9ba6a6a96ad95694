"""Ways down: gradient descent, momentum, adaptive steps, Newton's method with a line search, BFGS. Each gives its path and why it stopped.

The gradient and the Hessian are the exact ones. (J. Nocedal, S. J. Wright: Numerical Optimization, 2nd edition, chapters 2, 3 and 6;
Y. Nesterov: Introductory Lectures on Convex Optimization, section 2.2; B. T. Polyak, USSR Comput. Math. Phys. 4, 1964.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import minimize as scipy_minimize

from service.expression.operation import Array
from service.functions.function import Function
from service.functions.unknowns import Unknowns

ARMIJO = 1e-4
SMALLEST_STEP = 2.0**-60
LARGEST = 1e100
FLATTEST = 1e-8
"""Eigenvalues of the Hessian are taken for at least this part of the largest one: a step stays within reach."""
ROUNDING = 1e-15
EPSILON = 1e-8
MANY = 200
SHOWN = 1_000  # iterates in an answer


@dataclass
class Path:
    """The iterates with the function and the norm of the gradient there; `reason` is why it stopped: gradient (as small as
    asked for), iterations, diverged, rounding (no step is shorter), enclosed (rounding, next to a proven critical point)."""

    columns: list[Array] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    reason: str = ""

    @property
    def converged(self) -> bool:
        return self.reason in ("gradient", "enclosed")

    def add(self, column: Array, value: float, gradient: Array) -> None:
        self.columns.append(column)
        self.values.append(value)
        self.norms.append(float(np.linalg.norm(gradient)))

    def to_json(self, unknowns: Unknowns) -> list[dict[str, Any]]:
        """The first iterates."""
        shown = list(zip(self.columns, self.values, self.norms, strict=True))[:SHOWN]
        return [{"point": unknowns.to_json(column), "value": value, "gradient_norm": norm} for column, value, norm in shown]

    def extend(self, further: Path) -> None:
        """Go on with a path that starts where this one ends."""
        self.columns += further.columns[1:]
        self.values += further.values[1:]
        self.norms += further.norms[1:]


@dataclass(frozen=True)
class Options:
    """`step` and `momentum` for the methods that have them; at most `iterations`, until the gradient is at most `tolerance`.

    `reach` bounds a step of Newton's method, relative to 1 + |x| entry by entry.
    """

    iterations: int
    tolerance: float
    step: float = 0.0
    momentum: float = 0.0
    reach: float = math.inf


def gradient_descent(function: Function, x: Array, options: Options) -> Path:
    """x - step·gradient."""
    return _first_order(function, x, options, lambda y, gradient, velocity: -options.step * gradient)


def momentum(function: Function, x: Array, options: Options) -> Path:
    """Polyak's heavy ball: v = momentum·v - step·gradient, x + v."""
    return _first_order(function, x, options, lambda y, gradient, velocity: options.momentum * velocity - options.step * gradient)


def nesterov(function: Function, x: Array, options: Options) -> Path:
    """As the heavy ball, the gradient taken where the momentum leads to."""

    def moved(y: Array, gradient: Array, velocity: Array) -> Array:
        ahead = function.gradient(y + options.momentum * velocity)
        return np.asarray(options.momentum * velocity - options.step * ahead)

    return _first_order(function, x, options, moved)


def _first_order(function: Function, x: Array, options: Options, move: Callable[[Array, Array, Array], Array]) -> Path:
    path, velocity = Path(), np.zeros_like(x)
    for k in range(options.iterations + 1):
        value, gradient = function.value(x), function.gradient(x)
        if not is_sound(x, value, gradient):
            path.reason = "diverged"
            return path
        path.add(x, value, gradient)
        if path.norms[-1] <= options.tolerance:
            path.reason = "gradient"
            return path
        if k < options.iterations:
            velocity = move(x, gradient, velocity)
            x = x + velocity
    path.reason = "iterations"
    return path


def adagrad(function: Function, x: Array, options: Options) -> Path:
    """Each entry's step divided by the root of the sum of its squared slopes. (J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011.)"""
    total = np.zeros_like(x)

    def moved(y: Array, gradient: Array, velocity: Array) -> Array:
        total[:] += gradient**2
        return np.asarray(-options.step * gradient / (np.sqrt(total) + EPSILON))

    return _first_order(function, x, options, moved)


def rmsprop(function: Function, x: Array, options: Options) -> Path:
    """As adagrad, with a mean that forgets in place of the sum. (T. Tieleman, G. Hinton, Coursera lecture 6.5, 2012.)"""
    mean = np.zeros_like(x)

    def moved(y: Array, gradient: Array, velocity: Array) -> Array:
        mean[:] = 0.9 * mean + 0.1 * gradient**2
        return np.asarray(-options.step * gradient / (np.sqrt(mean) + EPSILON))

    return _first_order(function, x, options, moved)


def adam(function: Function, x: Array, options: Options) -> Path:
    """Means of the slopes and of their squares that forget, freed of their bias. (D. Kingma, J. Ba: Adam, ICLR 2015, algorithm 1.)"""
    first, second, count = np.zeros_like(x), np.zeros_like(x), itertools.count(1)

    def moved(y: Array, gradient: Array, velocity: Array) -> Array:
        t = next(count)
        first[:] = 0.9 * first + 0.1 * gradient
        second[:] = 0.999 * second + 0.001 * gradient**2
        return np.asarray(-options.step * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + EPSILON))

    return _first_order(function, x, options, moved)


def is_sound(x: Array, value: float, gradient: Array) -> bool:
    return bool(np.isfinite(value) and np.isfinite(gradient).all() and np.max(np.abs(x), initial=0) < LARGEST and abs(value) < LARGEST)


def newton(function: Function, x: Array, options: Options) -> Path:
    """-|H|^-1·gradient, where |H| has the absolute values of H's eigenvalues, halved until the function falls enough (Armijo).

    Where the gradient is 0 and H has a negative eigenvalue, along that eigenvector.
    """
    path = Path()
    value = function.value(x)
    for k in range(options.iterations + 1):
        gradient, hessian = function.gradient(x), function.hessian(x)
        if not is_sound(x, value, gradient) or not np.isfinite(hessian).all():
            path.reason = "diverged"
            return path
        path.add(x, value, gradient)
        values, vectors = np.linalg.eigh(hessian)
        flat = path.norms[-1] <= options.tolerance
        curved = bool(values[0] < -FLATTEST * max(1.0, float(np.max(np.abs(values)))))
        if flat and not curved:
            path.reason = "gradient"
            return path
        if k == options.iterations:
            path.reason = "iterations"
            return path
        if flat:
            step = vectors[:, 0] * (1.0 + float(np.linalg.norm(x))) * 1e-2
        else:
            sizes = np.maximum(np.abs(values), FLATTEST * FLATTEST * float(np.max(np.abs(values), initial=1e-300)))
            with np.errstate(over="ignore", invalid="ignore"):
                step = -(vectors @ ((vectors.T @ gradient) / np.maximum(sizes, 1e-300)))
                length = float(np.linalg.norm(step / (1 + np.abs(x))))
            if length > options.reach:
                step = step * (options.reach / length)
        found = _line_search(function, x, value, gradient, step)
        if found is None:
            path.reason = "gradient" if path.norms[-1] <= 1e-6 * (1 + abs(value)) else "rounding"
            return path
        x, value = found
    return path


def _line_search(function: Function, x: Array, value: float, gradient: Array, step: Array) -> tuple[Array, float] | None:
    """x + t·step with the largest t = 1, 1/2, ... for which the function falls enough; None where none does."""
    slope = float(gradient @ step)
    share = 1.0
    while share > SMALLEST_STEP:
        following = x + share * step
        height = function.value(following)
        if np.isfinite(height) and height <= value + ARMIJO * share * min(slope, 0.0) and height < value:
            return following, height
        level = share == 1.0 and np.isfinite(height) and abs(height - value) <= 4 * ROUNDING * abs(value)
        if level and float(np.linalg.norm(function.gradient(following))) < float(np.linalg.norm(gradient)):
            return following, height  # so near the minimum that the value tells nothing more, the gradient does
        share /= 2
    return None


def bfgs(function: Function, x: Array, options: Options) -> Path:
    """SciPy's BFGS, or L-BFGS-B for many unknowns."""
    path = Path()
    path.add(x, function.value(x), function.gradient(x))

    def note(column: Array) -> None:
        path.add(np.array(column), function.value(column), function.gradient(column))

    asked: dict[str, Any] = {
        "jac": function.gradient,
        "method": "BFGS" if len(x) <= MANY else "L-BFGS-B",
        "callback": note,
        "options": {"maxiter": options.iterations, "gtol": options.tolerance},
    }
    with np.errstate(all="ignore"):
        found: Any = scipy_minimize(function.value, x, **asked)
    if not is_sound(found.x, float(found.fun), np.asarray(found.jac)):
        path.reason = "diverged"
        return path
    if path.norms[-1] > options.tolerance and found.nit < options.iterations:  # stopped by rounding: Newton's steps go on
        rest = newton(function, path.columns[-1], Options(min(50, options.iterations), options.tolerance))
        path.extend(rest)
        path.reason = rest.reason
        return path
    path.reason = "gradient" if path.norms[-1] <= options.tolerance else "iterations"
    return path


METHODS: dict[str, Callable[[Function, Array, Options], Path]] = {
    "gradient-descent": gradient_descent,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "newton": newton,
    "bfgs": bfgs,
}
"""By the name of the request."""
