"""What pictures of principal components show."""

from __future__ import annotations

import numpy as np
import pytest

from service.learning.pca import pca
from service.linalg.matrices import read_matrix
from service.scenes.components import MOST_POINTS, biplot, scree

DATA = [[2.5, 2.4, 1.0], [0.5, 0.7, 0.2], [2.2, 2.9, -1.0], [1.9, 2.2, 0.5], [3.1, 3.0, 0.0]]


def test_shares_add_up() -> None:
    scene = scree(pca(read_matrix(DATA)))
    assert scene.ratios.sum() == pytest.approx(1)
    assert len(scene.ratios) == 3


def test_arrows_are_the_loadings_times_one_factor() -> None:
    found = pca(read_matrix(DATA))
    scene = biplot(found)
    assert scene is not None
    loadings = {name: found.components[:2, int(name[1:]) - 1] for name in scene.names}
    factors = [arrow / loadings[name] for arrow, name in zip(scene.arrows, scene.names, strict=True)]
    assert np.allclose(factors, factors[0])
    assert np.allclose(scene.scores, found.scores[:, :2])
    assert np.abs(scene.arrows).max() <= np.abs(scene.scores).max()


def test_one_variable_has_no_plane() -> None:
    assert biplot(pca(read_matrix([[1.0], [2.0], [4.0]]))) is None


def test_many_observations_are_thinned_and_it_is_said() -> None:
    rows = [[float(i), float(i * i % 7)] for i in range(MOST_POINTS + 1)]
    scene = biplot(pca(read_matrix(rows)))
    assert scene is not None
    assert len(scene.scores) == MOST_POINTS // 2 + 1
    assert f"{MOST_POINTS // 2 + 1} of {MOST_POINTS + 1}" in scene.description
