"""A real 2×2 matrix as what it does to the plane: where the unit circle, the unit square and some vectors go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.linalg.eigen import decompose
from service.linalg.matrix import Floats, Matrix
from service.linalg.svd import svd
from service.scenes.numbers import listed, power_of_ten, short, vector

Plane = NDArray[np.float64]


@dataclass(frozen=True)
class Arrow:
    """A vector called `name`, and its image, called `image_name`."""

    name: str
    vector: Plane
    image_name: str
    image: Plane


@dataclass(frozen=True)
class PlaneMap:
    """The matrix, 2×2, in units of 10^`exponent`, as are the images of the arrows."""

    matrix: Plane
    exponent: int
    arrows: tuple[Arrow, ...]
    title: str
    description: str


def singular_plane(matrix: Matrix) -> PlaneMap | None:
    """A = U·S·V' in the plane: the unit circle becomes an ellipse, whose half-axes σᵢuᵢ are the images of the vᵢ.

    None where the matrix is not real 2×2. Raises as `svd`.
    """
    if not _is_planar(matrix):
        return None
    found = svd(matrix)
    unit, exponent = power_of_ten(matrix.floats)
    arrows = [
        Arrow(f"v{i + 1}", found.vt[i], f"σ{i + 1}u{i + 1}", found.singular_values[i] / unit * found.u[:, i])
        for i in range(2)
        if found.singular_values[i] > found.tolerance
    ]
    first, second = (short(value if value > found.tolerance else 0.0) for value in found.singular_values.tolist())
    told = (
        f"Two panels. Left: the unit circle, the unit square and the right singular vectors v1 = {vector(found.vt[0])} and "
        f"v2 = {vector(found.vt[1])}. Right: their images. The circle becomes an ellipse with the half-axes {first} along "
        f"u1 = {vector(found.u[:, 0])} and {second} along u2 = {vector(found.u[:, 1])}; the square becomes a parallelogram."
    )
    return PlaneMap(matrix.floats / unit, exponent, tuple(arrows), f"Singular values {first} and {second}", told)


def eigen_plane(matrix: Matrix) -> PlaneMap | None:
    """The eigenvectors of a matrix in the plane: they keep their line, and are stretched by their eigenvalues.

    None where the matrix is not real 2×2. Raises as `eigen`.
    """
    if not _is_planar(matrix):
        return None
    found = decompose(matrix)
    unit, exponent = power_of_ten(matrix.floats)
    values = found.values.tolist()
    arrows, told = [], "It has no real eigenvectors: no line through the origin is mapped to itself."
    if found.values.dtype.kind != "c" and found.right is not None:
        scaled = matrix.floats / unit
        places = range(found.right.shape[1])
        arrows = [Arrow(f"x{i + 1}", found.right[:, i], f"λ{i + 1}x{i + 1}", scaled @ found.right[:, i]) for i in places]
        names = listed(f"x{i + 1} = {vector(found.right[:, i])} by {short(values[i])}" for i in places)
        told = f"The eigenvectors stay on their lines and are stretched: {names}."
        if len(arrows) < 2:
            told += " There is no second direction: the matrix is defective."
    title = f"Eigenvalues {listed(short(value) for value in values)}"
    description = f"Two panels. Left: the unit circle and the unit square. Right: their images, an ellipse and a parallelogram. {told}"
    return PlaneMap(matrix.floats / unit, exponent, tuple(arrows), title, description)


def map_plane(matrix: Floats) -> PlaneMap:
    """A 2×2 matrix with the images of the standard basis, its columns."""
    unit, exponent = power_of_ten(matrix)
    basis = np.eye(2)
    arrows = [Arrow(f"e{i + 1}", basis[i], f"A·e{i + 1}", matrix[:, i] / unit) for i in range(2)]
    with np.errstate(over="ignore", under="ignore"):
        area = float(np.linalg.det(matrix / unit)) * unit * unit
    size = f"of the area {short(abs(area))}" if np.isfinite(area) else "of an area beyond the range of doubles"
    described = (
        "Two panels. Left: the unit circle, the unit square and the standard basis. Right: their images, an ellipse and a parallelogram "
        f"{size}; the basis goes to {vector(matrix[:, 0])} and {vector(matrix[:, 1])}."
    )
    title = f"A linear map of determinant {short(area)}" if np.isfinite(area) else "A linear map"
    return PlaneMap(matrix / unit, exponent, tuple(arrows), title, described)


def _is_planar(matrix: Matrix) -> bool:
    return matrix.shape == (2, 2) and matrix.kind != "symbolic" and not matrix.is_complex
