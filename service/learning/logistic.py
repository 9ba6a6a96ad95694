"""Binary regression: the probability of success is g⁻¹(x·b), with the links logit, probit and complementary log-log."""

from __future__ import annotations

from typing import Any

import numpy as np

from service.errors import InputError, MathematicsRefuses
from service.learning.families import BINOMIAL
from service.learning.generalized_linear import INCLUDES, INFORMATION, Likelihood, answer, fit, predictions
from service.learning.model import Model, Task
from service.learning.multinomial import multinomial_answer
from service.learning.profile import profile_intervals
from service.learning.sample import Column, Sample, new_rows, read_sample, refuse_exact

LINKS = tuple(BINOMIAL)


def _logistic(task: Task) -> dict[str, Any]:
    """A response of zeros and ones; of successes in `trials`; or of labels, of which the second in alphabetical order succeeds.
    Three labels and more make it multinomial.

    Raises Separated where there are no finite estimates, MathematicsRefuses for other responses, and what the sample raises.
    """
    link, information = _choice(task, "link", LINKS), _choice(task, "information", INFORMATION)
    refuse_exact(task)
    sample = read_sample(task, ("trials", "offset"))
    if len(sample.labels) > 2:
        if link != "logit" or sample.columns:
            raise InputError(f"there are {len(sample.labels)} labels, and the multinomial model has the link logit only", pointer="/link")
        return multinomial_answer(task, sample)
    trials = _trials(sample)
    offset = sample.columns.get("offset", np.zeros(len(trials)))
    found = fit(Likelihood(BINOMIAL[link], sample.X, sample.y, trials, offset, sample.weights), sample, information)
    members = answer(found, task.confidence_level, task.include, "odds_ratios" if link == "logit" else "")
    if sample.labels:
        members["classes"] = list(sample.labels)
    if "profile_intervals" in task.include:
        members["profile_intervals"] = profile_intervals(found, task.confidence_level)
    if task.predict is not None:
        rows = new_rows(task.predict, sample)
        members["predictions"] = predictions(found, rows, np.zeros(len(rows)), task.confidence_level)
    return members | {"checks": found.maximum.checks()}


def _choice(task: Task, name: str, allowed: tuple[str, ...]) -> str:
    value = task.options.get(name) or allowed[0]
    if value not in allowed:
        raise InputError(f"{name} is one of {', '.join(allowed)}", pointer=f"/{name}")
    return str(value)


def _trials(sample: Sample) -> Column:
    """The number of trials of each observation. Raises MathematicsRefuses where the response does not fit them."""
    y = sample.y
    if sample.labels and len(sample.labels) < 2:
        raise MathematicsRefuses(f'every response is "{sample.labels[0][:60]}"', "a binary response has two classes", "/y")
    if sample.labels and "trials" in sample.columns:
        raise MathematicsRefuses("with trials the response counts successes, and here it is made of texts", "send numbers", "/y")
    if "trials" not in sample.columns:
        if not np.isin(y, (0.0, 1.0)).all():
            place = int(np.flatnonzero(~np.isin(y, (0.0, 1.0)))[0])
            hint = 'counts of successes need "trials"; several classes are sent as texts, or with the model "multinomial"'
            raise MathematicsRefuses(f"a binary response is 0 or 1, and entry {place + 1} is {y[place]:g}", hint, "/y")
        return np.ones(len(y))
    trials = sample.columns["trials"]
    if not ((trials >= 1) & (trials == np.round(trials))).all():
        raise MathematicsRefuses("the number of trials is a whole number from 1 on", "leave out observations without trials", "/trials")
    wrong = np.flatnonzero((y < 0) | (y > trials) | (y != np.round(y)))
    if len(wrong):
        place = int(wrong[0])
        detail = f"entry {place + 1} has {y[place]:g} successes in {trials[place]:g} trials"
        raise MathematicsRefuses(detail, "y counts the successes: a whole number between 0 and the trials", "/y")
    return trials


LOGISTIC = Model(
    "logistic",
    "a binary response, successes in trials, or labels; links logit, probit, cloglog",
    _logistic,
    options=("link", "trials", "offset", "information"),
    includes=tuple(INCLUDES),
)
