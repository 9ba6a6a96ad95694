"""What operations on matrices share: shapes in words, arrays with both axes, the parts of a product of square matrices."""

from __future__ import annotations

import numpy as np

from service.errors import UndefinedAtPoint
from service.expression.operation import Array, Operation
from service.expression.shapes import Shape, Sizes, axes, describe


def require_square(operation: Operation, shape: Shape, sizes: Sizes) -> Shape:
    """The shape, if it is square (a scalar is 1×1) or can be; raises ShapeMismatch otherwise."""
    rows, columns = shape
    vector = (rows == 1) != (columns == 1)
    if vector or (rows != columns and not sizes.unify(rows, columns)):
        raise operation.refuse(
            f"{operation.name} takes a square matrix: this is {describe(shape)}",
            "rows and columns must be equal in number" if not vector else "x*x' is a square matrix, diag(x) too",
        )
    return sizes.resolve_shape(shape)


def is_vector(shape: Shape) -> bool:
    """Whether there is one axis: a vector or a row."""
    return len(axes(shape)) == 1


def axes_of(shape: Shape) -> tuple[int, ...]:
    """The shape of the array that holds the value, where all sizes are whole numbers."""
    return tuple([size for size in axes(shape) if isinstance(size, int)])


def as_matrix(array: Array, shape: Shape) -> Array:
    """The array with both axes, those of length 1 too."""
    array = np.asarray(array)
    if array.ndim == 2:
        return array
    return array.reshape(-1, 1) if shape[1] == 1 else array.reshape(1, -1)


def finite(array: Array) -> Array:
    """The array itself; raises UndefinedAtPoint where an entry is not finite (LAPACK's SVD may never return on infinities)."""
    if not np.isfinite(array).all():
        raise UndefinedAtPoint("an entry of a matrix is not a finite number here")
    return array
