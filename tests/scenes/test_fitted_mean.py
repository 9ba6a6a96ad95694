"""The curve of a logistic or Poisson regression: what stands in the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.learning.design import Observations
from service.learning.model import Task
from service.linalg.matrices import read_matrix, read_vector
from service.scenes.fitted_mean import fitted_mean

X = [[1], [2], [3], [4], [5]]


def task(rows: Any, y: Any, **options: Any) -> Task:
    return Task(Observations(X=read_matrix(rows), y=read_vector(y)), options=options)


def test_the_fitted_probability() -> None:
    scene = fitted_mean(task(X, [0, 1, 0, 1, 1]), "logistic")
    assert scene is not None
    assert scene.curve is not None
    x, p = scene.curve
    # R: glm(c(0,1,0,1,1) ~ x, binomial): intercept -2.6486, slope 1.0904.
    assert np.allclose(p, 1 / (1 + np.exp(2.648586615460588 - 1.0904255602981152 * x)), atol=1e-9)
    ((_, lower, upper),) = scene.bands
    assert (lower < p).all()
    assert (p < upper).all()
    assert scene.y.tolist() == [0, 1, 0, 1, 1]


def test_successes_are_parts_of_their_trials() -> None:
    scene = fitted_mean(task(X, [1, 3, 4, 8, 9], trials=read_vector([10] * 5)), "logistic")
    assert scene is not None
    assert np.allclose(scene.y, [0.1, 0.3, 0.4, 0.8, 0.9])


def test_the_fitted_count() -> None:
    scene = fitted_mean(task(X, [1, 3, 4, 10, 12]), "poisson")
    assert scene is not None
    assert scene.curve is not None
    assert (np.diff(scene.curve[1]) > 0).all()


@pytest.mark.parametrize(("rows", "model"), [([[1, 2], [2, 1], [3, 3], [4, 1], [5, 0]], "logistic"), (X, "ols")])
def test_there_is_no_curve_of_two_predictors_or_another_model(rows: Any, model: str) -> None:
    assert fitted_mean(task(rows, [0, 1, 0, 1, 1]), model) is None
