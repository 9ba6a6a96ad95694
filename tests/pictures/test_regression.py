"""The pictures of a regression: what they show is what the fit says, for usual and for odd data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.learning.design import Observations
from service.learning.model import Task
from service.linalg.matrices import read_matrix, read_vector
from service.pictures.regression import draw
from service.scenes import regression as scenes
from tests.learning.data_of_r import DIST, SPEED, STACKLOSS

CARS = Task(Observations(data={"speed": read_vector(SPEED), "dist": read_vector(DIST)}, response="dist"))
STACK = Task(Observations(data={name: read_vector(column) for name, column in STACKLOSS.items()}, response="stack.loss"))


def test_the_bands_of_cars() -> None:
    """predict(lm(dist ~ speed), interval = ...) at speed 12, between two places of the grid."""
    scene = scenes.fitted_line(CARS, "ols")
    assert scene is not None
    assert scene.curve is not None
    x, middle = scene.curve
    assert np.interp(12, x, middle) == pytest.approx(29.60981, abs=1e-5)
    bands = {name: (np.interp(12, x, lower), np.interp(12, x, upper)) for name, lower, upper in scene.bands}
    assert bands["95 % confidence"] == pytest.approx((24.39514, 34.82448), abs=0.02)
    assert bands["95 % prediction"] == pytest.approx((-1.749529, 60.96915), abs=0.02)
    assert scene.description.startswith("50 observations with the fitted line (-17.58 + 3.932·speed), R² 0.6511")


def test_what_stands_out_in_stackloss_is_named() -> None:
    for name in ("residuals", "qq", "leverage"):
        scene = scenes.SCENES[name](STACK, "ols")
        assert scene is not None
        place, number = scene.named[0]
        assert number == 21
        assert scene.y[place] == min(scene.y)


def test_many_observations_are_thinned_out_and_it_is_said() -> None:
    n = 5_000
    x = np.arange(n) / 10
    y = x + np.where(np.arange(n) == 1234, 50.0, np.arange(n) % 7)
    scene = scenes.residuals(Task(Observations(x=read_vector(x.tolist()), y=read_vector(y.tolist()))), "ols")
    assert scene is not None
    assert len(scene.x) <= scenes.MOST_POINTS + scenes.NAMED
    assert f"{len(scene.x)} of 5000 observations" in scene.description
    assert scene.named[0][1] == 1235


ODD: list[tuple[Any, Any]] = [
    ([1, 2], [1, 2]),
    ([1, 2, 3], [5, 5, 5]),
    ([1, 2, 3], [2, 4, 6]),
    ([1e300, 2e300, 4e300], [1e-300, 2e-300, 5e-300]),
    ([1e-200, 2e-200, 4e-200], [1, 2, 3.5]),
    (["1/3", 2, 3, 5], [1, 2, 3, "9/2"]),
    ([0, 0, 0, 1], [1, 2, 4, 9]),
]


@pytest.mark.parametrize(("x", "y"), ODD)
@pytest.mark.parametrize("name", list(scenes.SCENES))
def test_odd_data_are_drawn_or_have_no_picture(x: Any, y: Any, name: str) -> None:
    scene = scenes.SCENES[name](Task(Observations(x=read_vector(x), y=read_vector(y))), "ols")
    if scene is not None:
        assert draw(scene) == draw(scene)
        assert b"nan" not in draw(scene)


def test_there_is_no_curve_of_several_predictors_and_none_of_other_models() -> None:
    assert scenes.fitted_line(STACK, "ols") is None
    assert scenes.residuals(STACK, "ridge") is None
    assert scenes.fitted_line(Task(Observations(X=read_matrix([[1], [2], [4]]), y=read_vector([1, 2, 3]))), "ols") is not None
