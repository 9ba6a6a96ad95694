"""Discrete convolution in two dimensions, its block Toeplitz matrix, its Jacobians and its adjoint.

y[i, j] = Σ kernel[a, b]·signal[i − a, j − b]. With columns stacked (vec, as in MATLAB's convmtx2), vec(y) = T(kernel)·vec(signal), where T
has a block for each pair of columns, constant along diagonals, and each block is a Toeplitz matrix. y is linear in the kernel too, vec(y) =
T(signal)·vec(kernel): these matrices are the two Jacobians, and T' is the adjoint, a correlation with the kernel. A vector is a
matrix with one column. The modes are those of `service/linalg/convolution.py`, along both axes.

The values are those of one convolution of sequences: columns are stacked with so many zeros between them that no sums mix (Kronecker
substitution), so that its bounds and checks hold here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, ShapeMismatch
from service.linalg.bounds import UNIT, extended, extended_gamma, gamma
from service.linalg.convolution import SMALLEST, Mode, as_text, exactly, in_floats, places
from service.linalg.exact import check_entries
from service.linalg.exact_numbers import beyond_doubles
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic

Shape = tuple[int, int]
Table = NDArray[Any]  # of doubles, or of whole numbers and fmpq


@np.errstate(all="ignore")  # an overflow is refused
def convolution_2d(
    kernel: Matrix, signal: Matrix | None, shape: Sequence[int] | None, mode: Mode = "full", arithmetic: Arithmetic | None = None
) -> dict[str, Any]:
    """The convolution of the matrices `kernel` and `signal`, and its matrix T; without a signal the matrix for signals of `shape`.

    T is left out (None) when it would be over the limit matrix-entries and a signal was sent. Raises InputError, ShapeMismatch,
    LimitExceeded, MathematicsRefuses (overflow), CheckFailed.
    """
    size = _shape(signal, shape)
    rows = grid(kernel.shape, size, mode)
    check_entries(arithmetic, kernel=kernel, signal=signal)
    arithmetic = choose_arithmetic(arithmetic, kernel=kernel, signal=signal)
    count = len(rows[0]) * len(rows[1]) * size[0] * size[1]
    if signal is None:
        limits.check("matrix-entries", count, "/signal_shape")
    matrix, checks = None, list[Check]()
    if count <= limits.limit("matrix-entries"):
        entries = table_of(kernel, arithmetic)
        matrix = block_toeplitz(wrapped(entries, size) if mode == "circular" else entries, size, rows, mode)
        checks.append(block_check(matrix, entries, size, rows, mode))
    values, bounds = None, None
    if signal is not None:
        values, bounds, found = _values(kernel, signal, rows, mode, arithmetic)
        checks = found + checks
    return {
        "convolution": values,
        "matrix": written(matrix),
        "shape": [len(rows[0]) * len(rows[1]), size[0] * size[1]],
        "output_shape": [len(rows[0]), len(rows[1])],
        "mode": mode,
        "arithmetic": arithmetic,
        "error_bounds": bounds,
        "checks": require(checks),
    }


def _shape(signal: Matrix | None, shape: Sequence[int] | None) -> Shape:
    if signal is None and shape is None:
        hint = 'send "signal", or "signal_shape": [rows, columns]'
        raise InputError("a convolution takes a signal, or the shape of one for its matrix", hint, "/signal")
    if signal is not None and shape is not None and signal.shape != tuple(shape):
        detail = f"the signal is {signal.shape[0]}×{signal.shape[1]}, and signal_shape says {shape[0]}×{shape[1]}"
        raise ShapeMismatch(detail, "leave signal_shape out", "/signal_shape")
    found = signal.shape if signal is not None else (shape[0], shape[1]) if shape is not None else (0, 0)
    limits.check("matrix-entries", found[0] * found[1], "/signal" if signal is not None else "/signal_shape")
    return found


def grid(kernel: Shape, signal: Shape, mode: Mode) -> tuple[range, range]:
    """The rows and columns of the full convolution that `mode` keeps. Raises ShapeMismatch."""
    return places(kernel[0], signal[0], mode), places(kernel[1], signal[1], mode)


def table_of(matrix: Matrix, arithmetic: Arithmetic) -> Table:
    """The entries as doubles, or as fmpq in exact arithmetic."""
    return np.array(matrix.exact.tolist(), dtype=object) if arithmetic == "exact" else matrix.floats


def written(table: Table | None) -> Any:
    """Exact entries as texts."""
    return table if table is None or table.dtype != object else [[str(entry) for entry in row] for row in table.tolist()]


# --- values ---------------------------------------------------------------------------------------------------------


def _values(kernel: Matrix, signal: Matrix, rows: tuple[range, range], mode: Mode, arithmetic: Arithmetic) -> tuple[Any, Any, list[Check]]:
    height = kernel.shape[0] + signal.shape[0] - 1
    one, two = stacked(kernel, height), stacked(signal, height)
    whole = range(height * (kernel.shape[1] + signal.shape[1] - 1))
    if arithmetic == "exact" or (kernel.kind == "integer" and signal.kind == "integer"):
        limits.check("exact-entries", len(whole), "/signal")
        values, checks = exactly(one, two, whole, "full")
        kept = _kept(np.array(values, dtype=object).reshape(-1, height).T, rows, mode, signal.shape)
        return [[as_text(value, arithmetic) for value in row] for row in kept.tolist()], None, checks
    floats, bounds, checks = in_floats(one, two, whole, "full")
    full = extended(floats).reshape(-1, height).T
    found = _kept(full, rows, mode, signal.shape)
    folded = _kept(extended(bounds).reshape(-1, height).T, rows, mode, signal.shape)
    if mode == "circular":  # sums of rounded numbers, rounded once more
        sizes = _kept(np.abs(full), rows, mode, signal.shape)
        folded = (folded + extended_gamma(sum(kernel.shape), floats.dtype.kind) * sizes + UNIT * np.abs(found)) * (1 + 8 * UNIT)
    answer = found.astype(floats.dtype) + 0.0
    if not np.isfinite(answer).all():
        raise beyond_doubles()
    return answer, np.minimum(folded.astype(np.float64), np.finfo(np.float64).max), checks


def stacked(matrix: Matrix, height: int) -> Matrix:
    """The columns of a matrix one after the other, each filled up with zeros to `height` (but for the last), as one vector."""
    m, n = matrix.shape
    length = height * (n - 1) + m
    if matrix.numbers is not None:
        filled = np.zeros((n, height), dtype=matrix.numbers.dtype)
        filled[:, :m] = matrix.numbers.T
        return replace(matrix, shape=(length, 1), numbers=filled.ravel()[:length, None], is_vector=True)
    columns = [[row[j] for row in matrix.rows] + [0] * (height - m) for j in range(n)]
    entries = [[entry] for column in columns for entry in column][:length]
    return Matrix((length, 1), matrix.kind, None, entries, True, matrix.is_binary)


def _kept(full: Table, rows: tuple[range, range], mode: Mode, signal: Shape) -> Table:
    return wrapped(full, signal) if mode == "circular" else full[rows[0].start : rows[0].stop, rows[1].start : rows[1].stop]


def wrapped(table: Table, period: Shape) -> Table:
    """The sums of the entries whose places are equal modulo the period."""
    zero = flint.fmpq(0) if table.dtype == object else 0
    total = np.full(period, zero, dtype=table.dtype)
    for i in range(0, table.shape[0], period[0]):
        for j in range(0, table.shape[1], period[1]):
            part = table[i : i + period[0], j : j + period[1]]
            total[: part.shape[0], : part.shape[1]] += part
    return total


# --- matrices -------------------------------------------------------------------------------------------------------


def block_toeplitz(table: Table, columns: Shape, rows: tuple[range, range], mode: Mode) -> Table:
    """T with T[(i, j), (a, b)] = table[i − a, j − b], 0 outside the table; for circular the places count modulo its shape. Pairs are
    numbered column by column."""
    differences = [np.asarray(line)[:, None] - np.arange(size) for line, size in zip(rows, columns, strict=True)]
    if mode == "circular":
        first, second = (difference % size for difference, size in zip(differences, table.shape, strict=True))
        inside: list[Any] = [np.ones(difference.shape, dtype=bool) for difference in differences]
    else:
        inside = [(difference >= 0) & (difference < size) for difference, size in zip(differences, table.shape, strict=True)]
        first, second = (np.where(within, difference, 0) for within, difference in zip(inside, differences, strict=True))
    entries = table[first[None, :, None, :], second[:, None, :, None]]  # axes j, i, b, a
    within = inside[0][None, :, None, :] & inside[1][:, None, :, None]
    zero: Any = flint.fmpq(0) if table.dtype == object else 0
    return np.asarray(np.where(within, entries, zero).reshape(len(rows[0]) * len(rows[1]), columns[0] * columns[1]))


def block_check(matrix: Table, kernel: Table, signal: Shape, rows: tuple[range, range], mode: Mode) -> Check:
    """That each column is the convolution of the kernel with a signal that is 1 at one place: the kernel, moved there."""
    height, width = (k + n - 1 for k, n in zip(kernel.shape, signal, strict=True))
    zero = flint.fmpq(0) if kernel.dtype == object else 0
    holds = matrix.shape == (len(rows[0]) * len(rows[1]), signal[0] * signal[1])
    for place in range(signal[0] * signal[1]) if holds else ():
        j, i = divmod(place, signal[0])
        full = np.full((height, width), zero, dtype=kernel.dtype)
        full[i : i + kernel.shape[0], j : j + kernel.shape[1]] = kernel
        holds = holds and bool((_kept(full, rows, mode, signal).ravel(order="F") == matrix[:, place]).all())
    return decided("block-toeplitz", holds, "each column of the matrix holds the kernel, moved to its place")


# --- Jacobians and adjoint --------------------------------------------------------------------------------------------


@np.errstate(all="ignore")  # an overflow makes a check fail
def jacobians(kernel: Matrix, signal: Matrix, mode: Mode, arithmetic: Arithmetic) -> tuple[dict[str, Any], list[Check]]:
    """∂vec(y)/∂vec(signal) = T(kernel) and ∂vec(y)/∂vec(kernel) = T(signal). Raises LimitExceeded."""
    rows = grid(kernel.shape, signal.shape, mode)
    count = len(rows[0]) * len(rows[1])
    for name, array in (("signal", signal), ("kernel", kernel)):
        limits.check("matrix-entries", count * array.shape[0] * array.shape[1], f"/{name}")
    k, s = table_of(kernel, arithmetic), table_of(signal, arithmetic)
    by_signal = block_toeplitz(wrapped(k, signal.shape) if mode == "circular" else k, signal.shape, rows, mode)
    by_kernel = block_toeplitz(s, kernel.shape, rows, mode)
    return {"signal": written(by_signal), "kernel": written(by_kernel)}, [bilinear_check(by_signal, by_kernel, k, s)]


def bilinear_check(by_signal: Table, by_kernel: Table, kernel: Table, signal: Table) -> Check:
    """The convolution is linear in each: J_signal·vec(signal) and J_kernel·vec(kernel) are both its value."""
    s, k = signal.ravel(order="F"), kernel.ravel(order="F")
    if kernel.dtype != object:
        s, k = extended(s), extended(k)
    one, two = by_signal @ s, by_kernel @ k
    detail = "J_signal vec(signal) = J_kernel vec(kernel)"
    if kernel.dtype == object:
        return decided("jacobians", bool((one == two).all()), f"{detail}, exactly")
    return _compared("jacobians", one, two, np.abs(by_signal) @ np.abs(s), len(s) + len(k), detail)


@np.errstate(all="ignore")  # an overflow is refused
def adjoint(
    kernel: Matrix, signal: Shape, weights: Matrix, mode: Mode, arithmetic: Arithmetic | None = None
) -> tuple[Any, Arithmetic, list[Check]]:
    """T'·vec(weights) in the shape of the signal, for weights of the shape of the convolution: the product that backpropagation takes.

    Raises ShapeMismatch, LimitExceeded, MathematicsRefuses.
    """
    rows = grid(kernel.shape, signal, mode)
    shape = len(rows[0]), len(rows[1])
    if weights.shape != shape:
        detail = f"adjoint is {weights.shape[0]}×{weights.shape[1]}, and the convolution {shape[0]}×{shape[1]}"
        raise ShapeMismatch(detail, "it has the shape of the convolution", "/adjoint")
    limits.check("matrix-entries", shape[0] * shape[1] * signal[0] * signal[1], "/adjoint")
    arithmetic = choose_arithmetic(arithmetic, kernel=kernel, adjoint=weights)
    k, w = table_of(kernel, arithmetic), table_of(weights, arithmetic)
    matrix = block_toeplitz(wrapped(k, signal) if mode == "circular" else k, signal, rows, mode)
    if arithmetic == "float":
        k, w, matrix = extended(k), extended(w), extended(matrix)
    found = (matrix.T @ w.ravel(order="F")).reshape(signal, order="F")
    check = adjoint_check(found, k, w, rows, mode)
    if arithmetic == "exact":
        return written(found), arithmetic, [check]
    rounded = found.astype(np.complex128 if found.dtype.kind == "c" else np.float64) + 0.0
    if not np.isfinite(rounded).all():
        raise beyond_doubles()
    return rounded, arithmetic, [check]


def adjoint_check(found: Table, kernel: Table, weights: Table, rows: tuple[range, range], mode: Mode) -> Check:
    """Against the correlation Σ kernel[a, b]·w[i + a, j + b], entry of the kernel by entry."""
    zero = flint.fmpq(0) if kernel.dtype == object else 0
    m, n = found.shape
    full = np.full((kernel.shape[0] + m - 1, kernel.shape[1] + n - 1), zero, dtype=weights.dtype)
    total = np.full(found.shape, zero, dtype=np.result_type(kernel, weights) if kernel.dtype != object else object)
    sizes = extended(np.zeros(found.shape))
    if mode == "circular":
        full = np.tile(weights, [-(-size // period) for size, period in zip(full.shape, weights.shape, strict=True)])
    else:
        full[rows[0].start : rows[0].stop, rows[1].start : rows[1].stop] = weights
    for a in range(kernel.shape[0]):
        for b in range(kernel.shape[1]):
            term = kernel[a, b] * full[a : a + m, b : b + n]
            total = total + term
            if kernel.dtype != object:
                sizes = sizes + np.abs(term)
    detail = "T' w against the correlation of the kernel with w"
    if kernel.dtype == object:
        return decided("adjoint", bool((total == found).all()), f"{detail}, exactly")
    return _compared("adjoint", total, found, sizes, kernel.size + weights.size, detail)


def _compared(name: str, one: Table, two: Table, sizes: Any, terms: int, detail: str) -> Check:
    difference = np.abs(one - two)
    error = float((difference / np.maximum(sizes, SMALLEST / UNIT)).max())  # relative, down to where doubles lose digits
    return measured(name, error, 4 * gamma(terms + 4), f"{detail}, relative to the sums of absolute values")
