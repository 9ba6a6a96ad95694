"""What operations on matrices share: shapes in words, arrays with both axes, the parts of a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression.operation import Array, Operation
from service.expression.products import product, transpose
from service.expression.shapes import Shape, Size, Sizes, axes, describe, multiply
from service.expression.sums import add, number
from service.expression.tensors import Factor, Labels, Leaf, Product, Sum, Tensor, leaf, unit


class SquareMatrixFunction(Operation):
    """A function of one square matrix; a scalar is 1×1. The value is of the same shape."""

    family = "matrix functions"

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return require_square(self, arguments[0], sizes)

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        return arguments[0].symmetric


def require_square(operation: Operation, shape: Shape, sizes: Sizes) -> Shape:
    """The shape, if it is square (a scalar is 1×1) or can be; raises ShapeMismatch otherwise."""
    rows, columns = shape
    vector = (rows == 1) != (columns == 1)
    if vector or (rows != columns and not sizes.unify(rows, columns)):
        raise operation.refuse(
            f"{operation.name} takes a square matrix: this is {describe(shape)}",
            "x*x' is a square matrix, and diag(x)" if vector else "rows and columns must be equal in number, as in A'*A",
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
    """The array itself; raises LinAlgError where an entry is not finite (LAPACK's SVD may never return on infinities)."""
    if not np.isfinite(array).all():
        raise np.linalg.LinAlgError("an entry is not finite")
    return array


def real(array: Array) -> Array:
    """The real part of an array that is real but for rounding; not a number where it is not."""
    if not np.iscomplexobj(array):
        return array
    scale = np.abs(array).max(initial=0.0)
    return np.where(np.abs(array.imag) <= 1e-9 * scale, array.real, np.nan)


COINCIDENCE = 1e-12
"""Eigenvalues and singular values that differ relatively by less are taken for one that is there twice, or for 0."""


def off_double(values: Array) -> Array:
    """1 where the largest of these numbers is simple; NaN where it is there twice, or all are 0."""
    ordered = np.sort(values)[::-1]
    scale = COINCIDENCE * np.max(np.abs(values))
    simple = scale > 0 and (len(ordered) == 1 or ordered[0] - ordered[1] > scale)
    return np.asarray(1.0 if simple else np.nan)


def off_deficient(A: Array) -> Array:
    """1 where a matrix has full rank; NaN where it has not."""
    values = np.linalg.svd(finite(A), compute_uv=False)
    return np.asarray(1.0 if values[-1] > COINCIDENCE * values[0] else np.nan)


# --- what a tensor is made of ---------------------------------------------------------------------------------------


def diagonal_of(tensor: Tensor) -> Tensor | None:
    """The vector x, where the tensor is diag(x), else None."""
    if not isinstance(tensor, Product) or len(tensor.out) != 2 or tensor.out[0] != tensor.out[1]:
        return None
    return product(tensor.coefficient, tensor.factors, tensor.out[:1], dict(enumerate(tensor.sizes)))


def is_orthogonal(tensor: Tensor) -> bool:
    """Whether the tensor is a matrix that is declared orthogonal."""
    return isinstance(tensor, Leaf) and "orthogonal" in tensor.properties


def transpose_of(tensor: Tensor) -> Tensor | None:
    """The tensor A, where this one is A' but for scalars; else None. Of a sum and its transpose one is written so (sums.py)."""
    return transpose(tensor) if _is_transposed(tensor) else None


def _is_transposed(tensor: Tensor) -> bool:
    """Whether the tensor is one matrix with its labels swapped, times scalars."""
    if not isinstance(tensor, Product) or len(tensor.out) != 2:
        return False
    arrays = [labels for _, labels in tensor.factors if labels]
    return len(arrays) == 1 and arrays[0] == tensor.out[::-1] and arrays[0] != tensor.out


def square_factors(tensor: Tensor) -> tuple[Tensor, list[tuple[Tensor, bool]]] | None:
    """A scalar and square matrices whose product the tensor is, each with whether it is transposed; None if it is none.

    The factors form a path of labels from the row of the tensor to its column.
    """
    if not isinstance(tensor, Product) or len(set(tensor.out)) != 2:
        return None
    matrices: list[Factor] = [factor for factor in tensor.factors if factor[1]]
    scalar = product(tensor.coefficient, [factor for factor in tensor.factors if not factor[1]])
    path = []
    end, column = tensor.out
    while matrices:
        position = next((place for place, (_, labels) in enumerate(matrices) if end in labels), None)
        if position is None:
            return None
        matrix, labels = matrices.pop(position)
        if len(labels) != 2 or labels[0] == labels[1] or matrix.shape[0] != matrix.shape[1]:
            return None
        transposed = labels[1] == end
        path.append((matrix, transposed))
        end = labels[0] if transposed else labels[1]
        if any(end in others for _, others in matrices) == (end == column):
            return None
    return (scalar, path) if end == column else None


def written_out(tensor: Tensor, most: int) -> list[list[Tensor]] | None:
    """The entries of a square matrix that is written entry by entry, [a, b; c, d], with at most `most` rows; else None."""
    rows = tensor.shape[0] if len(tensor.shape) == 2 else 0
    if not isinstance(rows, int) or not 0 < rows <= most or tensor.shape[1] != rows:
        return None
    if not is_written_out(tensor):
        return None
    return [[entry_of(tensor, (row, column)) for column in range(rows)] for row in range(rows)]


def is_written_out(tensor: Tensor, depth: int = 8) -> bool:
    """Whether the tensor is a sum of terms scalar·e_i·e_j', or scalar·e_i, or of such sums, at most `depth` in each other."""
    if isinstance(tensor, Leaf):
        return tensor.kind == "unit"
    if isinstance(tensor, Sum):
        return bool(tensor.shape) and depth > 0 and all(is_written_out(term, depth - 1) for _, term in tensor.terms)
    labelled = [factor for factor in tensor.factors if factor[1]] if isinstance(tensor, Product) else []
    covered = [label for _, labels in labelled for label in labels]
    complete = bool(covered) and sorted(covered) == list(range(len(tensor.shape)))
    return complete and depth > 0 and all(is_written_out(factor, depth - 1) for factor, _ in labelled)


def entry_of(tensor: Tensor, places: tuple[int, ...]) -> Tensor:
    """One entry, counted from 0, of an array that is written out."""
    if isinstance(tensor, Leaf):
        return number(int((tensor.name,) == places))
    if isinstance(tensor, Sum):
        return add([(weight, entry_of(term, places)) for weight, term in tensor.terms], ())
    assert isinstance(tensor, Product)
    position = dict(zip(tensor.out, places, strict=True))
    entries = [entry_of(factor, tuple([position[label] for label in labels])) if labels else factor for factor, labels in tensor.factors]
    return product(tensor.coefficient, [(entry, ()) for entry in entries])


def is_constant(vector: Tensor) -> bool:
    """Whether the vector is a scalar in every place."""
    return isinstance(vector, Product) and not any(labels for _, labels in vector.factors)


def arranged(entries: Sequence[Sequence[Tensor]]) -> Tensor:
    """The matrix with these entries."""
    size = len(entries)
    terms = [
        (1, product(1, [(entry, ()), (unit(i, size), (0,)), (unit(j, size), (1,))], (0, 1)))
        for i, row in enumerate(entries)
        for j, entry in enumerate(row)
    ]
    return add([(weight, term) for weight, term in terms], (size, size))


def minor(entries: Sequence[Sequence[Tensor]], row: int, column: int) -> list[list[Tensor]]:
    """The entries without a row and a column."""
    return [[entry for j, entry in enumerate(line) if j != column] for i, line in enumerate(entries) if i != row]


def determinant(entries: Sequence[Sequence[Tensor]]) -> Tensor:
    """By Laplace's expansion along the first row."""
    if not entries:
        return number(1)
    terms = [((-1) ** j, product(1, [(entry, ()), (determinant(minor(entries, 0, j)), ())])) for j, entry in enumerate(entries[0])]
    return add(terms, ())


# --- Kronecker products ---------------------------------------------------------------------------------------------


def pairing(rows: Size, columns: Size) -> Tensor:
    """The index map of vec for a rows×columns matrix."""
    return leaf("pairing", (rows, columns), (multiply(rows, columns), rows, columns))


def kronecker(A: Tensor, B: Tensor) -> Tensor:
    """kron(A, B)[I, J] = P(p,m)[I, k, i]·P(q,n)[J, l, j]·A[i, j]·B[k, l], for matrices."""
    (m, n), (p, q) = A.shape, B.shape
    return product(1, [(A, (0, 1)), (B, (2, 3)), (pairing(p, m), (4, 2, 0)), (pairing(q, n), (5, 3, 1))], (4, 5))


def kronecker_factors(tensor: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
    """The scalar and the matrices A and B, where the tensor is scalar·kron(A, B); else None."""
    if not isinstance(tensor, Product) or len(set(tensor.out)) != 2:
        return None
    ends = {}
    rest: list[Factor] = []
    for factor, labels in tensor.factors:
        if isinstance(factor, Leaf) and factor.kind == "pairing" and labels[0] in tensor.out and labels[0] not in ends:
            ends[labels[0]] = labels[1:]
        elif labels:
            rest.append((factor, labels))
    if len(ends) != 2 or any(set(labels) & set(tensor.out) for _, labels in rest):
        return None
    (fast_row, slow_row), (fast_column, slow_column) = (ends[label] for label in tensor.out)
    slow = _hanging_on({slow_row, slow_column}, rest)
    fast = [factor for factor in rest if factor not in slow]
    if any(label in labels for label in (fast_row, fast_column) for _, labels in slow) or {slow_row, slow_column} & {fast_row, fast_column}:
        return None
    scalar = product(tensor.coefficient, [factor for factor in tensor.factors if not factor[1]])
    return scalar, _between(slow, (slow_row, slow_column), tensor), _between(fast, (fast_row, fast_column), tensor)


def _hanging_on(labels: set[int], factors: Sequence[Factor]) -> list[Factor]:
    """The factors that are joined, directly or through others, to one of the labels."""
    found: list[Factor] = []
    reached = set(labels)
    while more := [factor for factor in factors if factor not in found and reached & {*factor[1]}]:
        found += more
        reached.update(*[own for _, own in more])
    return found


def _between(factors: Sequence[Factor], out: Labels, within: Product) -> Tensor:
    used = set(out).union(*[labels for _, labels in factors])
    return product(1, factors, out, {label: size for label, size in enumerate(within.sizes) if label in used})
