"""Discrete convolution of two sequences, and the Toeplitz matrix that does it: y[i] = Σ_j kernel[j]·signal[i − j].

The matrix T(kernel) has as many columns as the signal has entries; `full` keeps every row where the two overlap, `same` the middle
ones (as many as the signal has entries, from row (k − 1)//2, as scipy.signal has it), `valid` those where the kernel lies
inside the signal, and `circular` wraps the signal around: a circulant matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, ShapeMismatch
from service.linalg.bounds import SLACK, UNIT, extended, extended_gamma, gamma
from service.linalg.exact import check_entries
from service.linalg.exact_numbers import beyond_doubles
from service.linalg.matrix import LARGEST_INTEGER, Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.norm import entry_rounding

Mode = Literal["full", "same", "valid", "circular"]
MODES: tuple[Mode, ...] = ("full", "same", "valid", "circular")
POINT = flint.fmpq(1_000_003, 7)  # where the products of polynomials are compared
SMALLEST = 2.0**-1074


@dataclass(frozen=True)
class Convolution:
    """`matrix` is r×n, `convolution` has its r entries (None where no signal was sent): floats, or exact texts. `error_bounds` bounds
    the error of each entry, the rounding of decimals to doubles included."""

    matrix: Any
    convolution: Any
    mode: Mode
    shape: tuple[int, int]
    arithmetic: Arithmetic
    error_bounds: Any
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "convolution": self.convolution,
            "matrix": self.matrix,
            "shape": list(self.shape),
            "mode": self.mode,
            "arithmetic": self.arithmetic,
            "error_bounds": self.error_bounds,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow is refused
def convolution(
    kernel: Matrix, signal: Matrix | None = None, length: int | None = None, mode: Mode = "full", arithmetic: Arithmetic | None = None
) -> Convolution:
    """The convolution of the vectors `kernel` (k) and `signal` (n), and its matrix; without a signal the matrix for signals of `length` n.

    The matrix is left out (None) when it would be over the limit matrix-entries and a signal was sent. Raises InputError,
    ShapeMismatch (valid with a kernel longer than the signal), LimitExceeded, MathematicsRefuses (overflow).
    """
    n = _length(signal, length)
    k = kernel.shape[0]
    rows = places(k, n, mode)
    limits.check("matrix-entries", n + k, "/length" if signal is None else "/signal")
    check_entries(arithmetic, kernel=kernel, signal=signal)
    arithmetic = choose_arithmetic(arithmetic, kernel=kernel, signal=signal)
    if signal is None:
        limits.check("matrix-entries", len(rows) * n, "/length")
    entries = entries_of(kernel, arithmetic)
    matrix = toeplitz(entries, n, rows, mode) if len(rows) * n <= limits.limit("matrix-entries") else None
    if signal is None:
        checks = [toeplitz_check(matrix, entries, n, rows, mode)]
        return Convolution(as_texts(matrix), None, mode, (len(rows), n), arithmetic, None, require(checks))
    values: Any
    if arithmetic == "exact" or (kernel.kind == "integer" and signal.kind == "integer"):
        values, checks = exactly(kernel, signal, rows, mode)
        bounds = None
    else:
        values, bounds, checks = in_floats(kernel, signal, rows, mode)
    if matrix is not None:
        checks.append(toeplitz_check(matrix, entries, n, rows, mode))
    found = [as_text(value, arithmetic) for value in values] if isinstance(values, list) else values
    return Convolution(as_texts(matrix), found, mode, (len(rows), n), arithmetic, bounds, require(checks))


def _length(signal: Matrix | None, length: int | None) -> int:
    if signal is None and length is None:
        raise InputError("a convolution takes a signal, or the length of one for its matrix", 'send "signal": [1, 2, 3]', "/signal")
    if signal is not None and length is not None and signal.shape[0] != length:
        raise ShapeMismatch(f"the signal has {signal.shape[0]} entries, and length says {length}", "leave length out", "/length")
    return signal.shape[0] if signal is not None else int(length or 0)


def places(k: int, n: int, mode: Mode) -> range:
    """The rows of the full convolution (of k + n − 1) that `mode` keeps."""
    if mode == "full":
        return range(k + n - 1)
    if mode == "valid":
        if k > n:
            detail = f"the kernel has {k} entries and the signal {n}: it lies nowhere inside"
            raise ShapeMismatch(detail, 'exchange the two, or send "mode": "full"', "/kernel")
        return range(k - 1, n)
    return range(n) if mode == "circular" else range((k - 1) // 2, (k - 1) // 2 + n)


def entries_of(kernel: Matrix, arithmetic: Arithmetic) -> NDArray[Any]:
    """The kernel's entries as doubles, whole numbers or fmpq."""
    if arithmetic == "exact":
        return np.array([row[0] for row in kernel.exact.tolist()], dtype=object)
    return kernel.floats[:, 0]


def toeplitz(kernel: NDArray[Any], n: int, rows: range, mode: Mode) -> NDArray[Any]:
    """T[i, j] = kernel[i − j] for the rows i; for circular the sum of the entries that fall on one place when the signal repeats."""
    k = len(kernel)
    zero = np.array([flint.fmpq(0)] if kernel.dtype == object else [0], dtype=kernel.dtype)
    matrix = np.repeat(zero, len(rows) * n).reshape(len(rows), n)
    for i, row in enumerate(rows):
        if mode == "circular":
            matrix[i] = _wrapped(kernel, n)[(row - np.arange(n)) % n]
        else:
            first, last = max(0, row - k + 1), min(row, n - 1)
            matrix[i, first : last + 1] = kernel[row - last : row - first + 1][::-1]
    return matrix


def toeplitz_check(matrix: Any, kernel: NDArray[Any], n: int, rows: range, mode: Mode) -> Check:
    """That each column holds the kernel once, moved down by one from column to column."""
    holds = matrix.shape == (len(rows), n)
    for j in range(n) if holds else ():
        column = np.repeat(kernel[:1] * 0, len(kernel) + 2 * n)
        column[j : j + len(kernel)] = kernel
        if mode == "circular":
            holds = holds and bool((_wrapped(column, n) == matrix[:, j]).all())
        else:
            holds = holds and bool((column[rows.start : rows.stop] == matrix[:, j]).all())
    return decided("toeplitz", holds, "each column of the matrix is the kernel, one place further down than in the column before")


def _wrapped(values: NDArray[Any], n: int) -> NDArray[Any]:
    """The sums of the entries whose places are equal modulo n."""
    padded = np.concatenate([values, np.repeat(values[:1] * 0, -len(values) % n)])
    rows = padded.reshape(-1, n)
    total = rows[0].copy()
    for row in rows[1:]:  # one after the other, so that the zeros of a shifted kernel change nothing
        total += row
    return np.asarray(total)


# --- exact -----------------------------------------------------------------------------------------------------------


def exactly(kernel: Matrix, signal: Matrix, rows: range, mode: Mode) -> tuple[list[Any], list[Check]]:
    """As the product of two polynomials."""
    check_entries("exact", kernel=kernel, signal=signal)
    one, two = (flint.fmpq_poly([row[0] for row in part.exact.tolist()]) for part in (kernel, signal))
    product = one * two
    full = [product[i] for i in range(kernel.shape[0] + signal.shape[0] - 1)]
    check = polynomial_check(one, two, full)
    if mode == "circular":
        n = signal.shape[0]
        return [sum(full[i::n], flint.fmpq(0)) for i in range(n)], [check]
    return [full[i] for i in rows], [check]


def polynomial_check(one: Any, two: Any, full: list[Any]) -> Check:
    """That the entries are those of the product of the polynomials, at one point (which a wrong entry cannot satisfy alone)."""
    value = flint.fmpq_poly(full)(POINT)
    return decided("polynomial", value == one(POINT) * two(POINT), "kernel(t) signal(t) = convolution(t) at t = 1000003/7, exactly")


def as_text(value: Any, arithmetic: Arithmetic) -> Any:
    if arithmetic == "exact" or abs(value) > LARGEST_INTEGER:
        return str(value)
    return int(value.p)


def as_texts(matrix: NDArray[Any] | None) -> Any:
    if matrix is None or matrix.dtype != object:
        return matrix
    return [[str(value) for value in row] for row in matrix.tolist()]


# --- floats ----------------------------------------------------------------------------------------------------------


def in_floats(kernel: Matrix, signal: Matrix, rows: range, mode: Mode) -> tuple[Floats, Floats, list[Check]]:
    """By sums in extended precision, rounded once; each entry with a bound."""
    k, n = kernel.shape[0], signal.shape[0]
    limits.check("convolution-products", k * n, "/signal")
    a, b = kernel.floats[:, 0], signal.floats[:, 0]
    kind = np.result_type(a, b)
    full = np.convolve(extended(a), extended(b))
    sizes = np.convolve(np.abs(extended(a)), np.abs(extended(b)))
    values, sizes = _kept(full, rows, mode, n), _kept(sizes, rows, mode, n)
    found = values.astype(kind) + 0.0
    if not np.isfinite(found).all():
        raise beyond_doubles()
    steps = extended_gamma(min(k, n) + 2 + k // n + 1, kind.kind)
    entries = math.expm1(math.fsum(math.log1p(entry_rounding(part, np.abs(part.floats))) for part in (kernel, signal))) * SLACK
    bounds = ((steps + entries) * sizes + UNIT * np.abs(values) + 4 * SMALLEST * min(k, n)) * SLACK
    check = float_check(a, b, found, sizes, rows, mode)
    return found, np.asarray(np.minimum(bounds, np.finfo(np.float64).max), dtype=np.float64), [check]


def _kept(full: NDArray[Any], rows: range, mode: Mode, n: int) -> NDArray[Any]:
    return _wrapped(full, n) if mode == "circular" else full[rows.start : rows.stop]


def float_check(a: Floats, b: Floats, found: Floats, sizes: NDArray[Any], rows: range, mode: Mode) -> Check:
    """Each entry against the same sum in doubles, taken from the other end, relative to the sum of absolute values."""
    scale_a, scale_b = (float(np.ldexp(1.0, min(max(int(np.frexp(np.abs(part).max())[1]), -1000), 1000))) for part in (a, b))
    again = _kept(np.convolve((b / scale_b)[::-1], (a / scale_a)[::-1])[::-1], rows, mode, len(b))
    unit = np.longdouble(scale_a) * np.longdouble(scale_b)
    difference = np.abs(extended(found) - extended(again) * unit)
    allowed = sizes + 8 * SMALLEST / UNIT * np.maximum(unit, 1)  # what underflow can cost here
    error = float((difference / allowed).max())
    tolerance = 4 * gamma(min(len(a), len(b)) + len(a) // len(b) + 8, found.dtype.kind)
    return measured("recomputed", error, tolerance, "each entry against the sum taken in doubles, relative to the sum of |kernel||signal|")
