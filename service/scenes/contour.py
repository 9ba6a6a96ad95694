"""A function of two variables as contour lines, with its gradient field and the way that a descent takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.scenes.curve import MOST_TOLD, Mark
from service.scenes.numbers import listed, short, vector
from service.scenes.sections import Floats, Section

LINES, ARROWS, SCOUTS = 61, 13, 25  # samples of each coordinate
USUAL = 3.0
LEVELS = np.array([0.005, 0.02, 0.05, 0.1, 0.17, 0.26, 0.36, 0.47, 0.58, 0.69, 0.79, 0.88, 0.95])


@dataclass(frozen=True)
class ContourScene:
    """`values[j, i]` at (x[i], y[j]); the gradient (`slopes_x`, `slopes_y`)[j, i] at (at_x[i], at_y[j]). `point` is marked with
    its gradient; `path` (k×2) are the points of a descent."""

    names: tuple[str, str]
    x: Floats
    y: Floats
    values: Floats
    levels: Floats
    at_x: Floats
    at_y: Floats
    slopes_x: Floats
    slopes_y: Floats
    point: tuple[float, float] | None
    gradient: tuple[float, float] | None
    path: Floats | None
    marks: tuple[Mark, ...]
    title: str
    description: str


def contour_scene(found: Section, name: str, path: Floats | None = None, marks: tuple[Mark, ...] = ()) -> ContourScene | None:
    """A function and its gradient, the two expressions of the section; None where it has no value around."""
    found.check_work(LINES**2 + ARROWS**2 + SCOUTS**2)
    window = _chosen(found) or _window(found, path if path is not None or not marks else np.array([[mark.x, mark.y] for mark in marks]))
    if window is None:
        return None
    (left, right), (bottom, top) = window
    x, y = np.linspace(left, right, LINES), np.linspace(bottom, top, LINES)
    values = _values(found, x, y)[:, :, 0]
    finite = values[np.isfinite(values)]
    if len(finite) < 4:
        return None
    at_x, at_y = (np.linspace(low, high, ARROWS + 2)[1:-1] for low, high in window)
    slopes = _values(found, at_x, at_y)[:, :, 1:]
    gradient = None
    if found.centre is not None:
        rates = [float(each) for each in found.at(*found.centre)[1]]
        gradient = (rates[0], rates[1]) if np.isfinite(rates).all() else None
    first, second = found.names
    told = f"Contour lines of {name} for {first} from {short(left, 3)} to {short(right, 3)} and {second} from {short(bottom, 3)} to "
    told += f"{short(top, 3)}, where its values go from {short(float(finite.min()))} to {short(float(finite.max()))}. "
    told += "Arrows point along the gradient, at right angles to the lines; longer ones where it is larger."
    if found.centre is not None and gradient is not None:
        told += f" At {vector(found.centre)} the gradient is {vector(gradient, 4)}."
    if path is not None:
        told += f" A path of {len(path)} points goes from {vector(path[0])} to {vector(path[-1], 5)}."
    if marks:
        told += " Marked: " + listed(f"a {mark.name} at {vector((mark.x, mark.y), 4)}" for mark in marks[:MOST_TOLD]) + "."
    centre = (found.centre[0], found.centre[1]) if found.centre is not None else None
    return ContourScene(
        (first, second),
        x,
        y,
        values,
        _levels(finite),
        at_x,
        at_y,
        slopes[:, :, 0],
        slopes[:, :, 1],
        centre,
        gradient,
        path,
        marks,
        name,
        told,
    )


def _chosen(found: Section) -> list[tuple[float, float]] | None:
    """The window that was asked for; a range that was not is as long as the other one, around the point or 0."""
    if not any(found.shown):
        return None
    half = next((ends[1] - ends[0]) / 2 for ends in found.shown if ends)
    middle = found.centre or (0.0, 0.0)
    return [ends or (middle[i] - half, middle[i] + half) for i, ends in enumerate(found.shown)]


def _values(found: Section, x: Floats, y: Floats) -> Floats:
    """The function and its gradient (len(y)×len(x)×3), NaN where one is not finite."""
    values = np.array([[np.concatenate(found.at(float(i), float(j))) for i in x] for j in y])
    return np.where(np.isfinite(values), values, np.nan)


def _window(found: Section, path: Floats | None) -> list[tuple[float, float]] | None:
    """A square around the path, else around the point and the origin, else around the origin; cut to where there are values."""
    if path is not None:
        low, high = path.min(axis=0), path.max(axis=0)
        middle, half = (low + high) / 2, 0.65 * float((high - low).max()) or USUAL
    else:
        middle = np.array(found.centre or (0.0, 0.0))
        half = max(USUAL / 2, 1.5 * float(np.abs(middle).max())) if found.centre else USUAL
    x, y = (np.linspace(at - half, at + half, SCOUTS) for at in middle)
    there = np.isfinite(_values(found, x, y)[:, :, 0])
    if not there.any():
        return None
    columns, rows = np.flatnonzero(there.any(axis=0)), np.flatnonzero(there.any(axis=1))
    window = [(float(x[columns[0]]), float(x[columns[-1]])), (float(y[rows[0]]), float(y[rows[-1]]))]
    return window if all(high > low for low, high in window) else None


def _levels(finite: Floats) -> Floats:
    """Values that as much of the window lies between each two of, rounded for their labels."""
    levels = np.quantile(finite, LEVELS)
    span = float(levels[-1] - levels[0])
    if not span > 0:
        return np.array([float(np.median(finite))])
    rounded = [float(f"{level:.2g}") if abs(level) > 0.01 * span else 0.0 for level in levels]
    return np.unique(rounded)
