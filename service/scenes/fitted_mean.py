"""The curve of a logistic or Poisson regression by one predictor: the fitted probability, or the fitted count, with its confidence band."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from service.learning.model import Task
from service.learning.models import MODELS
from service.learning.sample import read_sample
from service.linalg.matrix import Matrix
from service.scenes.numbers import power_of_ten
from service.scenes.regression import GRID, Axis, Scatter, points_drawn, told_count

MEANS = {"logistic": "probability", "poisson": "count"}
OFFSETS = ("offset", "exposure")


def fitted_mean(task: Task, name: str) -> Scatter | None:
    """The observations (successes as a part of their trials) and the fitted mean; None unless there is one predictor and no offset.

    Raises what the fit raises.
    """
    if name not in MEANS or any(task.options.get(offset) is not None for offset in OFFSETS):
        return None
    sample = read_sample(task, ("trials",) if name == "logistic" else ())
    if len(sample.design.labels) != 1 or len(sample.labels) > 2:
        return None
    label, x = sample.design.labels[0], sample.X[:, -1]
    y = sample.y / sample.columns.get("trials", np.ones(len(x)))
    low, high = float(x.min()), float(x.max())
    room = 0.03 * (high - low)
    grid = np.linspace(low - room, high + room, GRID)
    found = MODELS[name].fit(replace(task, include=(), steps=False, predict=Matrix((GRID, 1), "float", grid[:, None])))
    middle = np.array([row["estimate"] for row in found["predictions"]], dtype=float)
    bounds = np.array([row["confidence_interval"] for row in found["predictions"]], dtype=float)
    (x_unit, x_power), (y_unit, y_power) = power_of_ten(x), power_of_ten(np.r_[y, middle])
    keep = points_drawn(len(x), np.abs(y - np.interp(x, grid, middle)))
    band = f"{100 * task.confidence_level:g} % confidence"
    response = task.observations.response if task.observations.y is None else "y"
    mean = f"{MEANS[name]} of {response}" if name == "logistic" else response
    if len(sample.labels) == 2:
        mean = f'probability of "{sample.labels[1]}"'
    return Scatter(
        x[keep] / x_unit,
        y[keep] / y_unit,
        Axis(label, x_power),
        Axis(mean, y_power),
        f"{mean} against {label}",
        f"{told_count(len(x), len(keep))} with the fitted {MEANS[name]} ({found['link']} link), and its band: {band}.",
        (grid / x_unit, middle / y_unit),
        ((band, bounds[:, 0] / y_unit, bounds[:, 1] / y_unit),),
    )
