"""What there is to see of a linear regression: the fit with its bands, residuals, their quantiles, leverage."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from service.learning.design import INTERCEPT
from service.learning.diagnostics import Diagnostics
from service.learning.linear_fit import LinearFit
from service.learning.model import Task
from service.learning.ols import linear_fit_of
from service.learning.prediction import predict
from service.linalg.matrix import Matrix
from service.scenes.numbers import power_of_ten, short

GRID = 121
MOST_POINTS = 2_000  # points that are drawn: more cannot be told apart, and make a large file
NAMED = 3

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """Numbers in units of 10^`exponent`, and what they are."""

    name: str
    exponent: int = 0


@dataclass(frozen=True)
class Scatter:
    """Points (k), and in the same units what is drawn with them: `curves` by name, each a line (x, y), a band between `lower` and
    `upper` around it, and the `numbers` of the observations that stand out, by their places among the points."""

    x: Vector
    y: Vector
    across: Axis
    up: Axis
    title: str
    description: str
    curve: tuple[Vector, Vector] | None = None
    bands: tuple[tuple[str, Vector, Vector], ...] = ()
    contours: tuple[tuple[str, Vector, Vector], ...] = ()
    level: float | None = None
    named: tuple[tuple[int, int], ...] = ()


def fitted_line(task: Task, name: str) -> Scatter | None:
    """The observations and the curve with its bands; None unless there is one predictor."""
    fit = linear_fit_of(task, name)
    if fit is None or len(fit.design.labels) != 1:
        return None
    design, label = fit.design, fit.design.labels[0]
    x, y = design.observed.floats[:, 0], design.y
    low, high = float(x.min()), float(x.max())
    room = 0.03 * (high / 2 - low / 2) * 2
    grid = np.linspace(low - room, high + room, GRID) if high > low else np.array([low])
    rows = predict(fit, Matrix((len(grid), 1), "float", grid[:, None]), task.confidence_level)
    middle = np.array([float(row["estimate"]) if isinstance(row["estimate"], float) else math.nan for row in rows])
    if fit.arithmetic == "exact":
        middle = design.terms.floats(Matrix((len(grid), 1), "float", grid[:, None])) @ fit.estimates
    bands: list[tuple[str, Vector, Vector]] = []
    if rows[0]["standard_error"] is not None:
        percent = f"{100 * task.confidence_level:g} %"
        for text, member in ((f"{percent} prediction", "prediction_interval"), (f"{percent} confidence", "confidence_interval")):
            bounds = np.array([row[member] for row in rows])
            bands.append((text, bounds[:, 0], bounds[:, 1]))
    (x_unit, x_power), (y_unit, y_power) = power_of_ten(x), power_of_ten(np.r_[y, middle])
    keep = points_drawn(len(x), np.abs(fit.residuals))
    response = task.observations.response if task.observations.y is None else "y"
    r_squared = "not defined" if fit.sums.r_squared is None else short(fit.sums.r_squared)
    return Scatter(
        x[keep] / x_unit,
        y[keep] / y_unit,
        Axis(label, x_power),
        Axis(response, y_power),
        f"{response} against {label}",
        f"{told_count(len(x), len(keep))} with the fitted {'line' if design.terms.degree in (None, 1) else 'polynomial'} "
        f"({_equation(fit)}), R² {r_squared}" + (", and bands: " + ", ".join(text for text, *_ in bands) if bands else "") + ".",
        (grid / x_unit, middle / y_unit),
        tuple((text, lower / y_unit, upper / y_unit) for text, lower, upper in bands),
    )


def residuals(task: Task, name: str) -> Scatter | None:
    """Residuals against fitted values."""
    fit = linear_fit_of(task, name)
    if fit is None:
        return None
    x, y = fit.fitted, fit.residuals
    return _of_residuals(fit, x, y, "fitted value", "residual", "Residuals against fitted values", 0.0)


def quantiles(task: Task, name: str) -> Scatter | None:
    """Standardised residuals in order, against the quantiles of the normal distribution, with the line through the quartiles."""
    fit = linear_fit_of(task, name)
    if fit is None:
        return None
    values = Diagnostics(fit).standardized
    there = np.flatnonzero(np.isfinite(values))
    if len(there) < 2:
        return None
    n = len(there)
    order = there[np.argsort(values[there], kind="stable")]
    offset = 0.375 if n <= 10 else 0.5  # as ppoints of R
    expected = special.ndtri((np.arange(1, n + 1) - offset) / (n + 1 - 2 * offset))
    y = values[order]
    low, high = np.quantile(y, [0.25, 0.75])
    slope = float(high - low) / (2 * float(special.ndtri(0.75)))
    ends = expected[[0, -1]]
    keep = points_drawn(n, np.abs(y))
    return Scatter(
        expected[keep],
        y[keep],
        Axis("normal quantile"),
        Axis("standardised residual"),
        "Normal Q–Q plot of the standardised residuals",
        f"{told_count(n, len(keep))}; the line goes through the quartiles. Normal residuals lie on it. "
        + _names(order[np.argsort(-np.abs(y), kind="stable")]),
        (ends, (low + high) / 2 + slope * ends),
        named=_named(keep, np.abs(y), order),
    )


def leverage(task: Task, name: str) -> Scatter | None:
    """Standardised residuals against leverage, with the curves where Cook's distance is 0.5 and 1."""
    fit = linear_fit_of(task, name)
    if fit is None:
        return None
    found = Diagnostics(fit)
    there = np.flatnonzero(np.isfinite(found.standardized))
    if not len(there):
        return None
    h, r, p = found.leverage[there], found.standardized[there], fit.sums.parameters
    grid = np.linspace(max(float(h.min()), 1e-3) * 0.8, min(float(h.max()) * 1.1, 0.999), GRID)
    reach = 1.15 * max(float(np.abs(r).max()), 1.0)
    contours = []
    for distance in (0.5, 1.0):
        height = np.sqrt(distance * p * (1 - grid) / grid)
        seen = height <= reach
        if seen.any():
            contours.append((f"Cook's distance {distance:g}", grid[seen], height[seen]))
    cooks = found.cooks_distance[there]
    keep = points_drawn(len(h), cooks)
    return Scatter(
        h[keep],
        r[keep],
        Axis("leverage"),
        Axis("standardised residual"),
        "Standardised residuals against leverage",
        f"{told_count(len(h), len(keep))}; mean leverage {short(p / fit.sums.observations)}, "
        f"largest Cook's distance {short(float(cooks.max()))} (observation {int(there[int(cooks.argmax())]) + 1}).",
        contours=tuple(contours),
        level=0.0,
        named=_named(keep, cooks, there),
    )


Scene = Callable[[Task, str], Scatter | None]
SCENES: dict[str, Scene] = {"fit": fitted_line, "residuals": residuals, "qq": quantiles, "leverage": leverage}


def _of_residuals(fit: LinearFit, x: Vector, y: Vector, across: str, up: str, title: str, level: float) -> Scatter:
    (x_unit, x_power), (y_unit, y_power) = power_of_ten(x), power_of_ten(y)
    size = np.abs(y)
    keep = points_drawn(len(x), size)
    return Scatter(
        x[keep] / x_unit,
        y[keep] / y_unit,
        Axis(across, x_power),
        Axis(up, y_power),
        title,
        f"{told_count(len(x), len(keep))}; without a pattern where the model is right. {_names(np.argsort(-size, kind='stable'))}",
        level=level,
        named=_named(keep, size, np.arange(len(x))),
    )


def points_drawn(count: int, size: Vector) -> NDArray[np.intp]:
    """The places to draw: all, or evenly spread ones and those that stand out."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.union1d(np.linspace(0, count - 1, MOST_POINTS).astype(np.intp), np.argsort(-size, kind="stable")[:NAMED])


def _named(keep: NDArray[np.intp], size: Vector, numbers: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    """Where among the points drawn the largest stand, and the numbers of their observations, from 1."""
    largest = np.argsort(-size, kind="stable")[:NAMED]
    return tuple((int(np.flatnonzero(keep == place)[0]), int(numbers[place]) + 1) for place in largest.tolist())


def _names(order: NDArray[np.intp]) -> str:
    numbers = ", ".join(str(int(place) + 1) for place in order[:NAMED])
    return f"The largest: observation{'s' if len(order) > 1 else ''} {numbers}."


def told_count(n: int, drawn: int) -> str:
    return f"{n} observations" if drawn == n else f"{drawn} of {n} observations"


def _equation(fit: LinearFit) -> str:
    pairs = zip(fit.design.names, map(short, fit.estimates.tolist()), strict=True)
    terms = [value if name == INTERCEPT else f"{value}·{name}" for name, value in pairs]
    return (" + ".join(terms[:4]) + (" + ..." if len(terms) > 4 else "")).replace("+ -", "- ")
