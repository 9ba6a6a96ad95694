"""Poisson regression of counts: log of the mean is x·b + offset, the offset often the logarithm of an exposure."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.errors import InputError, MathematicsRefuses
from service.learning.families import POISSON
from service.learning.generalized_linear import INCLUDES, Likelihood, answer, fit, predictions
from service.learning.model import Model, Task
from service.learning.profile import profile_intervals
from service.learning.sample import Column, Sample, new_rows, read_sample, refuse_exact


def _poisson(task: Task) -> dict[str, Any]:
    """Raises Separated where there are no finite estimates, MathematicsRefuses for what is no count, and what the sample raises."""
    refuse_exact(task)
    sample = read_sample(task, ("offset", "exposure"))
    y = sample.y
    if sample.labels:
        raise MathematicsRefuses(f'a count is a number, and entry 1 is a text such as "{sample.labels[0][:60]}"', pointer="/y")
    wrong = np.flatnonzero((y < 0) | (y != np.round(y)))
    if len(wrong):
        place = int(wrong[0])
        raise MathematicsRefuses(f"a count is a whole number from 0 on, and entry {place + 1} is {y[place]:g}", pointer="/y")
    if not y.any():
        raise MathematicsRefuses("every count is 0: the likelihood has no maximum", "there is nothing to fit", "/y")
    likelihood = Likelihood(POISSON, sample.X, y, np.ones(len(y)), _offset(sample), sample.weights)
    found = fit(likelihood, sample)
    members = answer(found, task.confidence_level, task.include, "rate_ratios")
    if "profile_intervals" in task.include:
        members["profile_intervals"] = profile_intervals(found, task.confidence_level)
    if task.predict is not None:
        rows = new_rows(task.predict, sample)
        members["predictions"] = predictions(found, rows, np.zeros(len(rows)), task.confidence_level)
    return members | {"checks": found.maximum.checks()}


def _offset(sample: Sample) -> Column:
    if {"offset", "exposure"} <= set(sample.columns):
        raise InputError("offset and exposure are two ways to say one thing", "offset = log(exposure)", "/offset")
    if "exposure" in sample.columns:
        exposure = sample.columns["exposure"]
        if not (exposure > 0).all():
            raise MathematicsRefuses("an exposure is a positive number", "leave out observations without exposure", "/exposure")
        return np.asarray(np.log(exposure))
    return sample.columns.get("offset", np.zeros(len(sample.y)))


POISSON_MODEL = Model(
    "poisson", "counts, the logarithm of their mean linear; offset or exposure", _poisson, ("offset", "exposure"), tuple(INCLUDES)
)
