"""The inner products of two arrays with each other and with themselves: ⟨x, y⟩ = Σ conj(xᵢ)·yᵢ, or xᴴ·W·y, exactly where the size allows.

Everything that an inner product says of two vectors (lengths, angle, Cauchy and Schwarz, projection) follows from these three numbers.
Near-parallel vectors need them exactly: ⟨x,x⟩⟨y,y⟩ − |⟨x,y⟩|² cancels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from service.linalg.bounds import SLACK, extended, extended_gamma
from service.linalg.matrix import Floats, Matrix
from service.linalg.norm import entry_rounding

EXACT_ENTRIES = 20_000  # entries of x up to which rationals cost some milliseconds
EXACT_WEIGHT = 100


@dataclass(frozen=True)
class Gram:
    """`xx`, `yy`, and the real and imaginary part of `xy`, as fmpq. `slack` is 0 when they are exact; else each is off by at most `slack`
    times the same sum of absolute values, of which `sizes` holds upper bounds (xx, xy, yy)."""

    xx: Any
    yy: Any
    re: Any
    im: Any
    slack: float
    sizes: tuple[float, float, float]

    @property
    def is_exact(self) -> bool:
        return self.slack == 0

    @property
    def squared(self) -> Any:
        """|⟨x, y⟩|²."""
        return self.re * self.re + self.im * self.im

    @property
    def determinant(self) -> Any:
        """⟨x,x⟩⟨y,y⟩ − |⟨x,y⟩|² ≥ 0: zero exactly when x and y are linearly dependent."""
        return self.xx * self.yy - self.squared

    @property
    def determinant_error(self) -> float:
        """How far the determinant can be from the true one; 0 when it is exact."""
        return self.slack * 4 * (self.sizes[0] * self.sizes[2] + self.sizes[1] ** 2)


def gram(x: Matrix, y: Matrix, weight: Matrix | None) -> Gram:
    """The three products for two arrays of one shape m×n and a Hermitian positive definite m×m weight."""
    size = x.shape[0] * x.shape[1]
    if size <= EXACT_ENTRIES and (weight is None or weight.shape[0] <= EXACT_WEIGHT):
        return _exactly(x, y, weight)
    return _in_floats(x.floats, y.floats, weight.floats if weight else None)


def _exactly(x: Matrix, y: Matrix, weight: Matrix | None) -> Gram:
    """With x = a + ib and y = c + id: ⟨x,y⟩ = (a'c + b'd) + i(a'd − b'c), and likewise under a weight."""
    a, b = real_and_imaginary(x)
    c, d = real_and_imaginary(y)
    wa, wb, wc, wd = (a, b, c, d) if weight is None else (*_weighted(weight, a, b), *_weighted(weight, c, d))
    xx, yy = _dot(a, wa) + _dot(b, wb), _dot(c, wc) + _dot(d, wd)
    re, im = _dot(a, wc) + _dot(b, wd), _dot(a, wd) - _dot(b, wc)
    sizes = tuple(_size(float_part(one), float_part(two), weight) for one, two in ((x, x), (x, y), (y, y)))
    return Gram(xx, yy, re, im, 0.0, sizes)


def real_and_imaginary(matrix: Matrix) -> tuple[Any, Any]:
    """Both parts as fmpq_mat; of the doubles as decimals, unless they are binary; the imaginary one is None for real entries."""
    if not matrix.is_complex:
        return matrix.exact, None
    re, im = (replace(matrix, numbers=np.ascontiguousarray(part)).exact for part in (matrix.floats.real, matrix.floats.imag))
    return re, im


def _weighted(weight: Matrix, re: Any, im: Any) -> tuple[Any, Any]:
    p, q = real_and_imaginary(weight)
    first = p * re if q is None or im is None else p * re - q * im
    parts = [part for part in (p * im if im is not None else None, q * re if q is not None else None) if part is not None]
    return first, sum(parts[1:], parts[0]) if parts else None


def _dot(one: Any, two: Any) -> Any:
    """Σ one[i,j]·two[i,j]."""
    if one is None or two is None:
        return flint.fmpq(0)
    left, right = one.entries(), two.entries()
    return (flint.fmpq_mat(1, len(left), left) * flint.fmpq_mat(len(right), 1, right))[0, 0]


def float_part(matrix: Matrix) -> Any:
    """Sizes of the entries, for bounds."""
    if matrix.numbers is not None:
        return np.abs(extended(matrix.numbers))
    return np.array([[_wide(entry) for entry in row] for row in matrix.exact.tolist()])


def _wide(value: Any) -> Any:
    """|value| in extended precision, whose range is wider than that of doubles."""
    shift = int(value.p).bit_length() - int(value.q).bit_length()
    scaled = Fraction(abs(int(value.p)), int(value.q)) / Fraction(2) ** shift
    return np.ldexp(np.longdouble(float(scaled)), max(min(shift, 16_000), -16_000))


def _size(one: Any, two: Any, weight: Matrix | None) -> Any:
    """Σ|one||two|, or |one|'|W||two| summed over the columns."""
    weighted = two if weight is None else float_part(weight) @ two
    return (one * weighted).sum() * SLACK


def _in_floats(x: Floats, y: Floats, w: Floats | None) -> Gram:
    """In extended precision."""
    kind = "c" if "c" in (x.dtype.kind, y.dtype.kind, "f" if w is None else w.dtype.kind) else "f"
    one, two = extended(x), extended(y)
    weighted = [part if w is None else extended(w) @ part for part in (one, two)]
    xx, xy, yy = (np.asarray((left.conj() * right).sum()) for left, right in ((one, weighted[0]), (one, weighted[1]), (two, weighted[1])))
    absolute = [np.abs(one), np.abs(two)]
    wide = [part if w is None else np.abs(extended(w)) @ part for part in absolute]
    sizes = tuple((left * right).sum() * SLACK for left, right in ((absolute[0], wide[0]), (absolute[0], wide[1]), (absolute[1], wide[1])))
    steps = extended_gamma(x.size + (0 if w is None else len(w)) + 4, kind)
    return Gram(_rational(xx.real), _rational(yy.real), _rational(xy.real), _rational(xy.imag), steps, sizes)


def _rational(value: Any) -> Any:
    """The number in extended precision, exactly."""
    numerator, denominator = np.longdouble(value).as_integer_ratio()
    return flint.fmpq(int(numerator), int(denominator))


def rounding(factors: Sequence[Matrix]) -> float:
    """What reading the entries as doubles can change in a product of one entry of each factor, relatively."""
    return math.expm1(math.fsum(math.log1p(entry_rounding(part, float_part(part))) for part in factors)) * SLACK
