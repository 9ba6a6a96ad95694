"""What a 2×2 matrix is drawn as: singular vectors that become the half-axes, eigenvectors that keep their lines."""

from __future__ import annotations

import numpy as np
import pytest

from service.linalg.matrices import read_matrix
from service.scenes.convergence import convergence
from service.scenes.plane import eigen_plane, map_plane, singular_plane
from service.scenes.singular_values import singular_values

MATRICES = [[[3, 1], [1, 2]], [[1, 2], [3, 4]], [[0, -1], [2, 0.5]], [[1e-9, 0], [2e-9, 1e-9]], [[1, 2], [2, 4]]]


@pytest.mark.parametrize("rows", MATRICES)
def test_images_are_images(rows: list[list[float]]) -> None:
    matrix = read_matrix(rows)
    for scene in (singular_plane(matrix), eigen_plane(matrix), map_plane(matrix.floats)):
        assert scene is not None
        assert np.allclose(scene.matrix * 10.0**scene.exponent, rows)
        for arrow in scene.arrows:
            assert np.allclose(scene.matrix @ arrow.vector, arrow.image, atol=1e-12 * np.abs(scene.matrix).max())


def test_half_axes_are_orthogonal_and_eigenvectors_stay_on_their_lines() -> None:
    matrix = read_matrix([[3, 1], [0, 2]])
    ellipse, lines = singular_plane(matrix), eigen_plane(matrix)
    assert ellipse is not None
    assert lines is not None
    first, second = ellipse.arrows
    assert abs(first.image @ second.image) < 1e-12
    for arrow in lines.arrows:
        assert abs(np.linalg.det(np.array([arrow.vector, arrow.image]))) < 1e-12


def test_rotations_have_no_eigenvectors_and_a_shear_has_one() -> None:
    turned, sheared = eigen_plane(read_matrix([[0, -1], [1, 0]])), eigen_plane(read_matrix([[1, 1], [0, 1]]))
    assert turned is not None
    assert sheared is not None
    assert not turned.arrows
    assert "no real eigenvectors" in turned.description
    assert len(sheared.arrows) == 1
    assert "defective" in sheared.description


def test_areas_beyond_doubles() -> None:
    assert "beyond the range of doubles" in map_plane(np.diag([1e300, 1e300])).description
    assert "of the area 1e+300" in map_plane(np.diag([1e300, 1.0])).description


def test_what_is_not_planar() -> None:
    assert singular_plane(read_matrix([[1, 2, 3], [4, 5, 6]])) is None
    assert eigen_plane(read_matrix([[{"re": 0, "im": 1}, 0], [0, 1]])) is None


def test_singular_values_tell_the_rank() -> None:
    scene = singular_values(read_matrix([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    assert scene is not None
    assert (scene.values > scene.tolerance).sum() == 2
    assert "The rank is 2" in scene.description


def test_convergence_is_measured_from_the_least_value() -> None:
    scene = convergence([4.0, 1.0, 0.5], [2.0, 1.0, 0.0], 0.5, "newton", "gradient")
    assert scene.gaps.tolist() == [3.5, 0.5, 0.0]
    assert "2 steps" in scene.description
