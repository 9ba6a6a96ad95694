"""What a generalized linear model is fitted to: the design in doubles, the response, and the columns that go with each observation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import InputError, NablaError, ShapeMismatch, Undecided, UnknownName
from service.learning.design import Design, Observations
from service.learning.exact_fit import dependent, relations_of
from service.learning.model import NewPoints, Task
from service.learning.prediction import new_points
from service.linalg.bounds import TRUSTED
from service.linalg.matrix import Floats, Matrix
from service.linalg.orthogonal_fit import basis_of

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """The design `X` (n×p, the intercept's ones first when there is one), the response and the weights (n, positive); `labels` are the
    texts of the response where it is made of texts, and `y` counts their places then. `columns` are the options that go with each
    observation (trials, offset, ...), by name."""

    design: Design
    X: Floats
    y: Column
    weights: Column
    columns: Mapping[str, Column]
    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.design.names

    @property
    def has_intercept(self) -> bool:
        return self.design.has_intercept

    @property
    def exact(self) -> Any:
        """The design as rationals (fmpq_mat), the decimals that were sent."""
        return self.design.integers.rational


def read_sample(task: Task, columns: tuple[str, ...] = ()) -> Sample:
    """The sample of a task; the options named in `columns` are vectors, numbers (for all observations) or names of columns of `data`.

    Raises what Observations.design raises, ShapeMismatch, UnknownName, RankDeficient (also for columns that depend on each other).
    """
    observations = task.observations
    data = None if observations.data is None else dict(observations.data)
    sent = {name: _sent(name, task.options[name], data) for name in columns if task.options.get(name) is not None}
    labels, observations = _labels(replace(observations, data=data))
    design = observations.design(task.intercept, "float")
    design.require_determined()
    n = design.observations
    read = {name: _column(name, value, n) for name, value in sent.items()}
    weights = np.ones(n) if design.w is None else design.w
    return Sample(design, design.floats, design.y, weights, read, labels)


def refuse_exact(task: Task) -> None:
    """Estimates that are roots of transcendental equations have no exact form. Raises InputError."""
    if task.arithmetic == "exact":
        hint = "leave it out: the estimates come with a bound on their error"
        raise InputError("the estimates of this model are no rational numbers", hint, "/arithmetic")


def _sent(name: str, value: Any, data: dict[str, Matrix] | None) -> Any:
    """The value of an option; a column of `data` that it names is no predictor then."""
    if not isinstance(value, str):
        return value
    if data is None or value not in data:
        known = f"the columns are {', '.join(data)}" if data else f'send {name} as a list, or as a column of "data"'
        raise UnknownName(f'{name} names the column "{value[:60]}", and data has none of this name', known, f"/{name}")
    return data.pop(value)


def _column(name: str, value: Any, n: int) -> Column:
    if not isinstance(value, Matrix):
        return np.full(n, float(value))
    if value.shape != (n, 1):
        detail = f"{name} has {value.shape[0]} entries for {n} observations"
        raise ShapeMismatch(detail, "an entry for each observation, or one number for all", f"/{name}")
    try:
        numbers = value.floats
    except NablaError as error:
        raise error.at(f"/{name}") from None
    if value.is_complex:
        raise InputError(f"{name} is made of real numbers", pointer=f"/{name}")
    return np.ascontiguousarray(numbers[:, 0])


def _labels(observations: Observations) -> tuple[tuple[str, ...], Observations]:
    """The labels of a response of texts, in alphabetical order, and the observations with their places instead."""
    y = observations.y if observations.y is not None else (observations.data or {}).get(observations.response)
    if y is None or y.kind != "symbolic" or y.shape[1] != 1:
        return (), observations
    texts = [str(row[0]) for row in y.rows]
    labels = tuple(sorted(set(texts)))
    places = {label: place for place, label in enumerate(labels)}
    numbers = Matrix(y.shape, "integer", np.array([[float(places[text])] for text in texts]), is_vector=y.is_vector)
    if observations.y is not None:
        return labels, replace(observations, y=numbers)
    return labels, replace(observations, data={**(observations.data or {}), observations.response: numbers})


def refuse_dependence(design: Design) -> None:
    """Raises RankDeficient, naming the relations where exact arithmetic can find them."""
    basis = basis_of(design.floats)
    if basis is None or not basis.defect < TRUSTED:
        relations = relations_of(design) if design.is_small else None
        if relations or not design.is_small:
            raise dependent(design, relations)
        hint = "centre and scale the predictors"
        raise Undecided("floats cannot tell whether the columns of the design are independent", hint, design.pointer)


def new_rows(points: NewPoints, sample: Sample) -> Floats:
    """The rows of the design at new points (k×p). Raises ShapeMismatch, UnknownName, InputError, LimitExceeded."""
    return sample.design.terms.floats(new_points(sample.design, points))
